"""The Inspector: all that the user has chosen in one inspection of one file, and no display.

Everything a gesture does is a method here, so that it can be scripted and tested without a
browser; the views only listen to the params.
"""

from __future__ import annotations

import operator
from functools import cached_property

import numpy as np
import param
import xarray as xr

from tpfdash import photometry
from tpfdash.diagnosis.difference import Difference, difference_image
from tpfdash.errors import TPFError
from tpfdash.inspector.describe import iso_date
from tpfdash.inspector.params import (
    Choice,
    Derived,
    FileName,
    Function,
    Interval,
    Levels,
    Mask,
    Percentiles,
    Pixel,
    Quality,
    Switch,
    Whole,
)
from tpfdash.missions import Mission, get_mission
from tpfdash.stamp.blocks import median_level
from tpfdash.stamp.columns import COLUMNS, available_columns, frame, sample_frames
from tpfdash.stamp.geometry import corner, rectangle
from tpfdash.stamp.masks import default_mask, named_mask
from tpfdash.timeseries.transform import transformed

__all__ = ["MODES", "SCALES", "Inspector"]

_NEEDS = ("flux", "quality", "aperture", "time", "row", "col")
MODES = ("replace", "add", "remove", "toggle")
SCALES = ("log", "linear", "sqrt", "asinh")
CMAPS = ("viridis", "magma", "inferno", "cividis", "gray", "gray_r", "coolwarm")


class Inspector(param.Parameterized):
    """The state of one inspection.

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

    tpf = param.ClassSelector(class_=xr.Dataset, constant=True, doc="The file under inspection.")
    aperture = Mask(doc="Pixels whose sum is the light curve: bool (row, col).")
    background = Mask(
        doc="Pixels whose median is taken off each aperture pixel: bool (row, col); none: no pixel."
    )
    cadence = Whole(0, bounds=(0, None), doc="Index of the current cadence in the file.")
    quality_bitmask = Quality(
        "default",
        doc="Which quality flags leave a cadence out: none, default, hard, hardest, or the bits.",
    )
    window = Interval(None, doc="(t0, t1) of the event to look at, in the file's days, or None.")
    time_range = Interval(None, doc="(t0, t1) that the time axes show, or None: all.")
    column = Choice(default="flux", objects=list(COLUMNS), doc="What the postage stamp shows.")
    scale = Choice(default="log", objects=list(SCALES), doc="How values become colours.")
    stretch = Percentiles((1.0, 95.0), doc="Percentiles of the pixels at the ends of the colours.")
    limits = Levels(
        None,
        doc="(low, high) pixel values at the ends of the colours, in place of the stretch, until "
        "that is moved; None in either: as the stretch has it.",
    )
    cmap = Choice(default="viridis", objects=list(CMAPS), doc="Colour map of the postage stamp.")
    mode = Choice(default="replace", objects=list(MODES), doc="What a click or a box does.")
    editing = Choice(
        default="aperture",
        objects=["aperture", "background"],
        doc="Which mask the mouse edits on the postage stamp.",
    )
    normalized = Switch(False, doc="Divide the light curve by its median.")
    show_flagged = Switch(
        True, doc="Draw the cadences that the quality choice leaves out, apart from the others."
    )
    show_all = Switch(False, doc="Let the flux axis reach every point, single outliers included.")
    transform = Function(
        None,
        doc="Applied to the kept cadences' light curve: see `timeseries.transform`; or None.",
    )
    flux_range = Function(
        None, doc="Light curve -> (low, high) of the flux axis; None: it fits the data."
    )
    filename = FileName("", doc="What saved files are named after; empty: the source.")
    pointed = Pixel(None, doc="(row, col) of the detector pixel pointed at, or None.")
    hovered = Whole(None, bounds=(0, None), allow_None=True, doc="Index of the cadence pointed at.")
    marked_flag = Whole(0, bounds=(0, None), doc="Quality bit whose cadences are marked.")
    lightcurve = Derived(doc="The aperture's light curve, as aperture_photometry gives it.")

    def __init__(self, tpf: xr.Dataset, **params):
        unknown = [name for name in params if name not in self.param or name == "lightcurve"]
        if unknown:
            raise TPFError(f"an Inspector has no param {unknown[0]!r} that can be set.")
        if not isinstance(tpf, xr.Dataset):
            raise TPFError(f"an Inspector takes a Dataset, as open_tpf gives it, not {type(tpf)}.")
        missing = [name for name in _NEEDS if name not in tpf.variables or not tpf[name].size]
        if missing:
            raise TPFError(
                f"this Dataset has no {missing[0]}: an Inspector takes one as open_tpf gives it."
            )
        super().__init__(tpf=tpf)
        if tpf["flux"].chunks is None:
            tpf["flux"].load()
        self.mission: Mission = get_mission(tpf.attrs["mission"])
        self._sum = photometry.RunningSum(tpf)
        self._cache: dict[str, tuple[tuple, object]] = {}
        self._history: list[tuple[np.ndarray, np.ndarray]] = []
        self._at = -1
        self.param.cadence.bounds = (0, tpf.sizes["time"] - 1)
        self.param.column.objects = available_columns(tpf)
        masks = {name: params.pop(name, None) for name in ("aperture", "background")}
        with param.parameterized.discard_events(self):
            self._put("background", "empty" if masks["background"] is None else masks["background"])
            self._put(
                "aperture", default_mask(tpf) if masks["aperture"] is None else masks["aperture"]
            )
        self._remember()
        self._told = self._inputs
        limits = params.pop("limits", None)
        if "cadence" not in params:
            params["cadence"] = self._first_good(params.get("quality_bitmask", "default"))
        try:
            self._set(**params)
            self.limits = limits  # last: a stretch would take them back
        except TPFError:
            raise
        except ValueError as error:
            raise TPFError(str(error)) from None

    def __repr__(self) -> str:
        return f"<Inspector of {self.tpf.attrs.get('object') or self.tpf.attrs.get('source')}>"

    # -- masks ---------------------------------------------------------------------------------

    def select(self, row: int, col: int) -> None:
        """Make the mask being edited that one detector pixel."""
        self.select_box(row, row, col, col, "replace")

    def toggle(self, row: int, col: int) -> None:
        """Add a detector pixel to the mask being edited, or take it off if it was in."""
        self._edit(self._mask ^ rectangle(self.tpf, row, row, col, col))

    def select_box(self, row0, row1, col0, col1, mode: str = "replace") -> None:
        """Change the mask being edited by a rectangle of detector pixels, both ends included.

        Parameters
        ----------
        row0, row1, col0, col1 : int
            What lies outside the stamp is cut off; a rectangle wholly outside changes nothing.
        mode : {"replace", "add", "remove"}
        """
        box = rectangle(self.tpf, row0, row1, col0, col1)
        if not box.any():
            return
        ways = {"replace": box, "add": self._mask | box, "remove": self._mask & ~box}
        if mode not in ways:
            raise TPFError(f"a box cannot {mode!r}: the mode should be one of {', '.join(ways)}.")
        self._edit(ways[mode])

    def set_aperture(self, aperture) -> None:
        """Set the aperture: "pipeline", "threshold", "all", "empty", or a bool array (row, col)."""
        self._put("aperture", aperture)

    def set_mask(self, mask) -> None:
        """As `set_aperture`, for the mask that is being edited."""
        self._put(self.editing, mask)

    @property
    def _mask(self) -> np.ndarray:
        return getattr(self, self.editing)

    def _edit(self, mask: np.ndarray) -> None:
        setattr(self, self.editing, mask)

    def _put(self, name: str, mask) -> None:
        setattr(self, name, named_mask(self.tpf, mask) if isinstance(mask, str) else mask)

    # -- undo ----------------------------------------------------------------------------------

    @property
    def can_undo(self) -> bool:
        """Whether there is a change of a mask to take back."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a change of a mask that was taken back."""
        return self._at < len(self._history) - 1

    def undo(self) -> None:
        """Take back the last change of the aperture or the background; nothing without one."""
        self._go(self._at - 1)

    def redo(self) -> None:
        """Do again what `undo` took back; nothing without one."""
        self._go(self._at + 1)

    def _go(self, at: int) -> None:
        if 0 <= at < len(self._history):
            self._at = at  # first, so that the watcher finds the masks in the history already
            aperture, background = self._history[at]
            self._set(aperture=aperture, background=background)

    def _remember(self) -> None:
        now = (self.aperture, self.background)
        if self._at >= 0 and all(map(np.array_equal, now, self._history[self._at])):
            return
        del self._history[self._at + 1 :]
        self._history.append(now)
        self._at += 1

    # -- time ----------------------------------------------------------------------------------

    def step(self, n: int) -> None:
        """Go `n` cadences on (back, if negative) among those that the quality choice keeps.

        Stops at the first and the last of them, and stays where there is none on that side.
        Where it keeps none at all, every cadence counts.
        """
        n = _whole(n, "a step")
        kept = self._kept
        if n > 0:
            ahead = kept[np.searchsorted(kept, self.cadence, "right") :]
        else:
            ahead = kept[: np.searchsorted(kept, self.cadence, "left")][::-1]
        if n and ahead.size:
            self.cadence = int(ahead[min(abs(n), ahead.size) - 1])

    @property
    def _kept(self) -> np.ndarray:
        """The cadences that `step` goes through."""

        def work():
            return np.flatnonzero(self.good) if self.good.any() else np.arange(self.good.size)

        return self._cached("kept", work, self._bits)

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
        drawn, times = self._drawn
        if not drawn.size or not np.isfinite(time):
            return None
        after = int(np.searchsorted(times, time))
        around = np.arange(max(after - 1, 0), min(after + 1, drawn.size))
        return int(drawn[around[np.argmin(np.abs(times[around] - time))]])

    def seek_flag(self, bit: int) -> None:
        """Go to the next cadence (round again from the first) whose QUALITY has `bit` set."""
        hits = np.flatnonzero(self._flagged(_whole(bit, "a quality bit")))
        if hits.size:
            after = hits[hits > self.cadence]
            self.cadence = int(after[0] if after.size else hits[0])

    @property
    def _drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """(cadence, time) of the cadences on the light curve, in order of time."""

        def work():
            time = self.time
            drawn = np.isfinite(time) if self.show_flagged else np.isfinite(time) & self.good
            index = np.flatnonzero(drawn)
            index = index[np.argsort(time[index], kind="stable")]
            return index, time[index]

        return self._cached("drawn", work, self.show_flagged or self._bits)

    def _first_good(self, quality) -> int:
        good = ~self._flagged(self.mission.bitmask(quality))
        kept = np.flatnonzero(good & np.isfinite(self.time))
        return int(kept[0]) if kept.size else 0

    # -- what follows from the state ------------------------------------------------------------

    @cached_property
    def time(self) -> np.ndarray:
        """Time of each cadence in the file's days; NaN where it has none."""
        return self.tpf["time"].values

    @cached_property
    def quality(self) -> np.ndarray:
        """QUALITY of each cadence."""
        return self.tpf["quality"].values

    @property
    def good(self) -> np.ndarray:
        """bool (time,): the cadences that the quality choice keeps."""
        return self._cached("good", lambda: ~self._flagged(self._bits), self._bits)

    def _flagged(self, bits: int) -> np.ndarray:
        """bool (time,): the cadences whose QUALITY has any of `bits`, of 32, set."""
        return (self.quality & np.uint32(bits & 0xFFFFFFFF).astype(self.quality.dtype)) != 0

    @property
    def flux(self) -> np.ndarray:
        """The light curve as it is drawn: float64 (time,), e-/s, or relative where normalised."""
        if not self.normalized:
            return self._summed
        return self._cached("normalized", lambda: self._summed / self._median_flux, *self._inputs)

    @property
    def _summed(self) -> np.ndarray:
        if self.transform is not None:
            return self.lightcurve["flux"].values

        def work():
            self._sum.update(self.aperture)
            return self._sum.flux(self._background_level)

        return self._cached("flux", work, *self._pixels)

    @property
    def _median_flux(self) -> float:
        """Median over the kept cadences; NaN where it is 0 or nothing is kept."""

        def work():
            kept = self._summed[self.good & np.isfinite(self._summed)]
            return float(np.median(kept)) or np.nan if kept.size else np.nan

        return self._cached("median", work, *self._inputs)

    @property
    def _background_level(self) -> np.ndarray | None:
        if not self.background.any():
            return None
        return self._cached(
            "background",
            lambda: median_level(self.tpf, self.background),
            self._pixels[1],
        )

    def _derive_lightcurve(self) -> xr.Dataset:
        def work():
            lightcurve = photometry.aperture_photometry(
                self.tpf,
                self.aperture,
                background=self.background if self.background.any() else None,
            )
            for name in ("flux", "flux_err", "centroid_row", "centroid_col"):
                lightcurve[name].values.flags.writeable = False
            return lightcurve

        photometric = self._cached("photometry", work, *self._pixels)

        def finish():
            lightcurve = photometric.assign_attrs(quality_bitmask=self._bits)
            if self.transform is None:
                return lightcurve
            return transformed(lightcurve, self.good, self.transform)

        return self._cached("lightcurve", finish, *self._inputs)

    @property
    def flux_unit(self) -> str:
        """The unit of `flux` in words; "" where it has none."""
        if self.normalized:
            return ""
        unit = "electron / s"
        if self.transform is not None:
            unit = self.lightcurve["flux"].attrs.get("units", "")
        return "e⁻/s" if unit == "electron / s" else unit

    def flux_limits(self) -> tuple[float, float] | None:
        """The ends of the flux axis that `flux_range` asks for; None where they fit the data."""
        if self.flux_range is None or self.show_all:
            return None

        def work():
            try:
                return self.flux_range(self.lightcurve)
            except TPFError:  # this aperture's light curve has no such range
                return None

        limits = self._cached("flux limits", work, *self._inputs, self.flux_range)
        return limits and tuple(
            end / self._median_flux if self.normalized else end for end in limits
        )

    def levels(self) -> tuple[float, float]:
        """Pixel values at the two ends of the stretch, of the column being shown.

        Percentiles of up to 64 frames spread over the observation, so that the colours of two
        cadences can be compared.
        """

        def sorted_values():
            values = sample_frames(self.tpf, self.column)
            return np.sort(values[np.isfinite(values)])

        values = self._cached(f"values {self.column}", sorted_values)
        if not values.size:
            return 0.0, 1.0
        low, high = (values[round((values.size - 1) * end / 100)] for end in self.stretch)
        if self.limits is not None:
            bottom, top = self.limits
            low = low if bottom is None else bottom
            high = high if top is None else top
            if top is not None and top <= low:
                low = top - 1
        if high <= low:
            high = values[-1] if values[-1] > low else low + 1
        return float(low), float(high)

    def frame(self) -> np.ndarray:
        """The stamp now: float64 (row, col) of the column and cadence chosen."""
        where = self.column, self.cadence
        return self._cached("frame", lambda: frame(self.tpf, *where), *where)

    def difference(self) -> Difference | None:
        """The difference image of the window, of the kept cadences; None where no window is set.

        Raises
        ------
        TPFError
            Where the window, or the time beside it, holds no such cadence.
        """
        if self.window is None:
            return None
        return difference_image(self.tpf, self.window, self.good)

    def describe(self, cadence: int) -> dict[str, object]:
        """What is known of one cadence, for a reader.

        Returns
        -------
        dict
            `cadence` (index), `cadenceno`, `time` (days; NaN where it has none), `date` (ISO,
            TDB, barycentric; "" where it has no time), `flux` as drawn, `flux_err` (on the same
            scale; NaN where not available), `quality`, `flags` (their names).
        """
        time = float(self.time[cadence])
        quality = int(self.quality[cadence])
        flux = float(self.flux[cadence])
        error = np.nan
        if self.transform is not None:
            error = float(self.lightcurve["flux_err"].values[cadence])
        elif "flux_err" in self.tpf and self.aperture.any():
            errors = self._cached("errors", lambda: self._errors(cadence), cadence)[self.aperture]
            errors = errors[np.isfinite(errors)]
            error = float(np.sqrt(np.sum(errors**2))) if errors.size else np.nan
        if self.normalized:
            error /= self._median_flux
        return {
            "cadence": int(cadence),
            "cadenceno": int(self.tpf["cadenceno"].values[cadence]),
            "time": time,
            "date": iso_date(time, self._time_reference),
            "flux": flux,
            "flux_err": error,
            "quality": quality,
            "flags": self.mission.flag_names(quality),
        }

    @property
    def _time_reference(self) -> float:
        return self.tpf.attrs.get("time_reference", self.mission.time_reference)

    def _errors(self, cadence: int) -> np.ndarray:
        """FLUX_ERR of one cadence: float64 (row, col)."""
        return self.tpf.variables["flux_err"][cadence].values.astype(float)

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
        value = self.frame()[row - first_row, col - first_col]
        return {"row": row, "col": col, "value": float(value)}

    def flag_counts(self) -> list[tuple[int, str, int]]:
        """(bit, name, number of cadences) of each quality flag that occurs in the file."""
        present = int(np.bitwise_or.reduce(self.quality))
        return [
            (bit, self.mission.flag_names(bit)[0], int(np.count_nonzero(self._flagged(bit))))
            for bit in (1 << n for n in range(32))
            if present & bit
        ]

    # -- keeping up ------------------------------------------------------------------------------

    @property
    def _pixels(self) -> tuple[bytes, bytes]:
        """The masks, in a form that can be compared."""
        return self.aperture.tobytes(), self.background.tobytes()

    @property
    def _bits(self) -> int:
        return self.mission.bitmask(self.quality_bitmask)

    @property
    def _inputs(self) -> tuple:
        """All that the light curve depends on."""
        return *self._pixels, self._bits, self.transform

    def _cached(self, name: str, work, *inputs):
        """What `work` gives, worked out again only where `inputs` are not those of last time."""
        if name not in self._cache or self._cache[name][0] != inputs:
            value = work()
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            self._cache[name] = inputs, value
        return self._cache[name][1]

    def _set(self, **values) -> None:
        """Set params as one change. (`param.update` would work out the light curve to do so.)"""
        with param.parameterized.batch_call_watchers(self):
            for name, value in values.items():
                setattr(self, name, value)

    @param.depends("stretch", "column", watch=True)
    def _let_go(self) -> None:
        self.limits = None

    @param.depends("aperture", "background", "quality_bitmask", "transform", watch=True)
    def _changed(self) -> None:
        """Remember the masks, and tell those who watch the light curve where it is another one.

        It is not worked out where nobody watches.
        """
        self._remember()
        if self._told != self._inputs:
            self._told = self._inputs
            if self.param.watchers.get("lightcurve", {}).get("value"):
                self.param.trigger("lightcurve")


def _whole(value, name: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise TPFError(f"{name} is {value!r}: it should be a whole number.") from None
