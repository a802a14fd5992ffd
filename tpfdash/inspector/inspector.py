"""The Inspector: all that the user has chosen in one inspection of one file, and no display.

Everything a gesture does is a method here, so that it can be scripted and tested without a
browser. What can be chosen is `tpfdash.inspector.choices`, what follows from it
`tpfdash.inspector.values`; the history of the masks, the timeline, the stretch and descriptions
are parts that know nothing of an Inspector.
"""

from __future__ import annotations

import operator
from typing import Any, SupportsIndex

import numpy as np
import param
import xarray as xr
from numpy.typing import ArrayLike

from tpfdash.errors import TPFError
from tpfdash.inspector.derived import follows, params_of
from tpfdash.inspector.describe import cadence_facts
from tpfdash.inspector.history import MaskHistory
from tpfdash.inspector.timeline import nearest_to, step_from
from tpfdash.inspector.values import Values
from tpfdash.stamp.geometry import corner, rectangle
from tpfdash.stamp.masks import combine, default_mask, named_aperture, named_background
from tpfdash.stamp.model import check_tpf

__all__ = ["NOT_COPIED", "Inspector"]


class Inspector(Values):
    """The state of one inspection.

    It can be pickled and copied (`copy.copy` shares the file): those who watch it are not.

    Parameters
    ----------
    tpf : Dataset
        As `open_tpf` gives it. Its flux is read into memory, unless it is chunked.
    **params
        Any of the params below.

    Raises
    ------
    TPFError
        On any value that a param cannot take; the state is then as it was before.
    """

    def __init__(self, tpf: xr.Dataset, **params: Any):
        unknown = [name for name in params if name not in self.param or name == "lightcurve"]
        if unknown:
            raise TPFError(f"an Inspector has no param {unknown[0]!r} that can be set.")
        check_tpf(tpf)
        super().__init__(tpf)
        aperture, background = params.pop("aperture", None), params.pop("background", None)
        with param.parameterized.discard_events(self):
            self.set_aperture(default_mask(tpf) if aperture is None else aperture)
            self.set_background("empty" if background is None else background)
        self._history = MaskHistory(self._masks)
        limits = params.pop("limits", None)
        if "cadence" not in params:
            bits = self.mission.bitmask(params.get("quality_bitmask", "default"))
            params["cadence"] = self.timeline.first(~self.timeline.flagged(bits))
        try:
            self._set(**params)
            self.limits = limits  # last: a stretch would take them back
        except TPFError:
            raise
        except ValueError as error:
            raise TPFError(str(error)) from None
        self.param.watch(self._tell_lightcurve, list(params_of(type(self), "lightcurve")))

    def __repr__(self) -> str:
        return f"<Inspector of {self.tpf.attrs.get('object') or self.tpf.attrs.get('source')}>"

    def __reduce__(self) -> tuple:
        params = {name: getattr(self, name) for name in self.param if name not in NOT_COPIED}
        return _rebuild, (self.tpf, params, self._history)

    # -- masks ---------------------------------------------------------------------------------

    def select(self, row: int, col: int) -> None:
        """Make the mask being edited that one detector pixel."""
        self._edit(rectangle(self.tpf, row, row, col, col), "replace")

    def toggle(self, row: int, col: int) -> None:
        """Add a detector pixel to the mask being edited, or take it off if it was in."""
        self._edit(rectangle(self.tpf, row, row, col, col), "toggle")

    def select_box(
        self, row0: float, row1: float, col0: float, col1: float, mode: str = "replace"
    ) -> None:
        """Change the mask being edited by a rectangle of detector pixels, both ends included.

        Parameters
        ----------
        row0, row1, col0, col1 : int
            What lies outside the stamp is cut off; a rectangle wholly outside changes nothing.
        mode : {"replace", "add", "remove"}
        """
        if mode == "toggle":
            raise TPFError("a box cannot toggle: its mode should be replace, add or remove.")
        self._edit(rectangle(self.tpf, row0, row1, col0, col1), mode)

    def _edit(self, pixels: np.ndarray, mode: str) -> None:
        mask = combine(getattr(self, self.editing), pixels, mode)
        if pixels.any():
            setattr(self, self.editing, mask)

    def set_aperture(self, aperture: str | ArrayLike) -> None:
        """Set the aperture: "pipeline", "threshold", "all", "empty", or a bool array (row, col)."""
        self.aperture = (
            named_aperture(self.tpf, aperture) if isinstance(aperture, str) else aperture
        )

    def set_background(self, background: str | ArrayLike) -> None:
        """Set the background: "sky", "mission", "rest", "empty", or a bool array (row, col).

        See `tpfdash.stamp.masks.named_background`.
        """
        if isinstance(background, str):
            background = named_background(self.tpf, background, self.aperture)
        self.background = background

    def set_mask(self, mask: str | ArrayLike) -> None:
        """As `set_aperture` or `set_background`, for the mask that is being edited."""
        {"aperture": self.set_aperture, "background": self.set_background}[self.editing](mask)

    @property
    @follows("aperture", "background")
    def can_undo(self) -> bool:
        """Whether there is a change of a mask to take back."""
        return self._history.can_undo

    @property
    @follows("aperture", "background")
    def can_redo(self) -> bool:
        """Whether there is a change of a mask that was taken back."""
        return self._history.can_redo

    def undo(self) -> None:
        """Take back the last change of the aperture or the background; nothing without one."""
        self._set(**self._history.undo())

    def redo(self) -> None:
        """Do again what `undo` took back; nothing without one."""
        self._set(**self._history.redo())

    @property
    def _masks(self) -> dict[str, np.ndarray]:
        return {"aperture": self.aperture, "background": self.background}

    @param.depends("aperture", "background", watch=True)
    def _remember_masks(self) -> None:
        self._history.record(self._masks)

    # -- time ----------------------------------------------------------------------------------

    def step(self, n: int) -> None:
        """Go `n` cadences on (back, if negative) among those that the quality choice keeps.

        Stops at the first and the last of them, and stays where there is none on that side.
        Where it keeps none at all, every cadence counts.
        """
        self.cadence = step_from(self.cadence, _whole(n, "a step"), self._stops)

    def seek(self, time: float) -> None:
        """Go to the cadence nearest in time, among those that are drawn.

        Cadences that the quality choice leaves out count where they are shown.
        """
        cadence = self.nearest(time)
        if cadence is not None:
            self.cadence = cadence

    def nearest(self, time: float) -> int | None:
        """Index of the drawn cadence nearest to `time`; None where none has a time."""
        try:
            time = float(time)
        except (TypeError, ValueError):
            raise TPFError(f"{time!r} is no time: it should be a number of days.") from None
        return nearest_to(time, *self.drawn)

    def seek_flag(self, bit: int) -> None:
        """Go to the next cadence (round again from the first) whose QUALITY has `bit` set."""
        self.cadence = self.timeline.next_flagged(_whole(bit, "a quality bit"), self.cadence)

    def flag_counts(self) -> list[tuple[int, str, int]]:
        """(bit, name, number of cadences) of each quality flag that occurs in the file."""
        return [
            (bit, self.mission.flag_names(bit)[0], count)
            for bit, count in self.timeline.flag_counts()
        ]

    def _tell_lightcurve(self, *events: param.parameterized.Event) -> None:
        """Tell those who watch the light curve, if it is another; it is not worked out for none."""
        if self.param.watchers.get("lightcurve", {}).get("value"):
            before = self.__dict__.get("_worked_out", {}).get("_derive_lightcurve")
            if before is None or before[1] is not self.lightcurve:
                self.param.trigger("lightcurve")

    @param.depends("stretch", "column", watch=True)
    def _drop_limits(self) -> None:
        """Limits are those of one column, until the stretch is moved."""
        self.limits = None

    # -- what is said --------------------------------------------------------------------------

    @follows("flux", "aperture", "transform", "lightcurve", "normalized", "_median_flux")
    def describe(self, cadence: int) -> dict[str, object]:
        """What is known of one cadence, for a reader.

        Returns
        -------
        dict
            `cadence` (index), `cadenceno`, `time` (days; NaN where it has none), `date` (ISO,
            TDB, barycentric; "" where it has no time), `flux` as drawn, `flux_err` (on the same
            scale; NaN where not available), `quality` (None where the file has none), `flags`
            (their names).
        """
        error = self._flux_err(cadence) / (self._median_flux if self.normalized else 1.0)
        return cadence_facts(self.tpf, self.mission, cadence, self.flux[cadence], error)

    @follows("pointed", "frame")
    def describe_pixel(self) -> dict[str, object]:
        """What the stamp shows of the pixel pointed at, at the current cadence.

        Returns
        -------
        dict
            `row`, `col` (detector pixel) and `value` (of the column shown; NaN where the file has
            none); each None where no pixel is pointed at.
        """
        if self.pointed is None:
            return dict.fromkeys(("row", "col", "value"))
        row, col = self.pointed
        first_row, first_col = corner(self.tpf)
        return {
            "row": row,
            "col": col,
            "value": float(self.frame()[row - first_row, col - first_col]),
        }

    def _set(self, **values: Any) -> None:
        """Set params as one change. (`param.update` would work out the light curve to do so.)"""
        with param.parameterized.batch_call_watchers(self):
            for name, value in values.items():
                setattr(self, name, value)


#: Params that no copy and no session takes over: the name, what follows from the rest, the mouse.
NOT_COPIED = ("name", "tpf", "lightcurve", "pointed", "hovered")


def _rebuild(tpf: xr.Dataset, params: dict, history: MaskHistory) -> Inspector:
    made = Inspector(tpf, **params)
    made._history = history.copy()
    return made


def _whole(value: SupportsIndex, name: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise TPFError(f"{name} is {value!r}: it should be a whole number.") from None
