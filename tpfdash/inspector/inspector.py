"""The Inspector: all that the user has chosen in one inspection of one file, and no display.

Everything a gesture does is a method here, so that it can be scripted and tested without a
browser. What can be chosen is `tpfdash.inspector.choices`, what follows from it
`tpfdash.inspector.values` and, with gestures of their own, `tpfdash.inspector.apertures` and
`tpfdash.inspector.recurring`; the history of the masks, the timeline, the stretch and descriptions
are parts that know nothing of an Inspector.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, SupportsIndex

import numpy as np
import param
import xarray as xr
from numpy.typing import ArrayLike

from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.inspector.apertures import SeveralApertures
from tpfdash.inspector.corrected import switched
from tpfdash.inspector.derived import follows, params_of
from tpfdash.inspector.describe import cadence_facts
from tpfdash.inspector.eventlist import EventList
from tpfdash.inspector.grid import GridValues
from tpfdash.inspector.history import MaskHistory
from tpfdash.inspector.recurring import Recurring
from tpfdash.inspector.timeline import nearest_to, pulled, step_from
from tpfdash.stamp.geometry import corner, rectangle
from tpfdash.stamp.masks import (
    combine,
    default_mask,
    named_aperture,
    named_background,
    start_pixel,
)
from tpfdash.stamp.model import check_tpf
from tpfdash.timeseries.corrections import CORRECTIONS, Correction

__all__ = ["LOOKED_UP", "NOT_COPIED", "Inspector"]


class Inspector(EventList, SeveralApertures, Recurring, GridValues):
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

    #: Name of a correction -> the one that was in use last.
    _used_last: Mapping[str, Correction] = MappingProxyType({})

    def __init__(self, tpf: xr.Dataset, **params: Any):
        unknown = [name for name in params if name not in self.param or name in FOLLOWING]
        if unknown:
            raise TPFError(f"an Inspector has no param {unknown[0]!r} that can be set.")
        check_tpf(tpf)
        super().__init__(tpf)
        aperture, background = params.pop("aperture", None), params.pop("background", None)
        with param.parameterized.discard_events(self):
            self.set_aperture(default_mask(tpf) if aperture is None else aperture)
            self.set_background("empty" if background is None else background)
        self._history = MaskHistory(self._masks)
        self.param.watch(self._forget_star, ["stars", "star"])
        self.param.watch(self._forget_said, [*params_of(type(self), "curve_name"), "stars", "said"])
        self.param.watch(self._follow_stretch, ["stretch", "levels_from"], onlychanged=False)
        limits = params.pop("limits", None)
        if "cadence" not in params:
            bits = self.mission.bitmask(params.get("quality_bitmask", "default"))
            params["cadence"] = self.timeline.first(~self.timeline.flagged(bits))
        try:
            self.change(**params)
            self.limits = limits  # last: a stretch would take them back
        except TPFError:
            raise
        except ValueError as error:
            raise TPFError(str(error)) from None
        for name in ("lightcurve", "diagnosis"):
            tell = partial(self._tell, name)
            self.param.watch(tell, list(params_of(type(self), name)))

    def __repr__(self) -> str:
        return f"<Inspector of {self.tpf.attrs.get('object') or self.tpf.attrs.get('source')}>"

    def __reduce__(self) -> tuple:
        params = {name: getattr(self, name) for name in self.param if name not in NOT_COPIED}
        return _rebuild, (self.tpf, params, self._history)

    # -- pixels --------------------------------------------------------------------------------

    def point(self, d_row: int, d_col: int) -> None:
        """Move `pointed` by so many rows and columns, within the stamp.

        Where no pixel is pointed at it goes from the aperture's middle, or the target, or the
        stamp's middle.
        """
        steps = _whole(d_row, "a step along the rows"), _whole(d_col, "a step along the columns")
        start = self.pointed or start_pixel(self.tpf, self.aperture)
        ends = zip(start, steps, corner(self.tpf), self.aperture.shape, strict=True)
        self.pointed = tuple(
            min(max(place + step, first), first + count - 1) for place, step, first, count in ends
        )

    # -- stars ---------------------------------------------------------------------------------

    def star_near(self, row: float, col: float) -> int | None:
        """The row in `stars` of the one drawn nearest to a place, a quarter of a pixel at most.

        None where there is none, or none is drawn.
        """
        seen = self.seen_stars if self.show_stars else self.seen_stars[:0]
        if not seen.size:
            return None
        away_row, away_col = self.ride
        apart = np.hypot(
            self.stars["row"][seen] + away_row - row, self.stars["col"][seen] + away_col - col
        )
        if not np.isfinite(apart).any():
            return None
        nearest = int(np.nanargmin(apart))
        return int(seen[nearest]) if apart[nearest] <= _NEAR_A_STAR else None

    def _forget_star(self, *events: Any) -> None:
        """Another table has other rows, unless one is chosen together with it."""
        changed = {event.name for event in events}
        if "stars" in changed:
            self.param.update(pointed_star=None, **({} if "star" in changed else {"star": None}))

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

    def edit_pointed(self, mode: str = "toggle") -> None:
        """Change the mask being edited by the pixel pointed at; nothing where there is none.

        Parameters
        ----------
        mode : {"replace", "add", "remove", "toggle"}
        """
        if self.pointed is not None:
            row, col = self.pointed
            self._edit(rectangle(self.tpf, row, row, col, col), mode)

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
    @follows("_masks")
    def can_undo(self) -> bool:
        """Whether there is a change of a mask to take back."""
        return self._history.can_undo

    @property
    @follows("_masks")
    def can_redo(self) -> bool:
        """Whether there is a change of a mask that was taken back."""
        return self._history.can_redo

    def undo(self) -> None:
        """Take back the last change of the apertures or the background; nothing without one."""
        self.change(**self._history.undo())

    def redo(self) -> None:
        """Do again what `undo` took back; nothing without one."""
        self.change(**self._history.redo())

    @property
    @follows("aperture", "background", "aperture_list")
    def _masks(self) -> dict[str, Any]:
        return {
            "aperture": self.aperture,
            "background": self.background,
            "aperture_list": self.aperture_list,
        }

    @param.depends("aperture", "background", "aperture_list", watch=True)
    def _remember_masks(self) -> None:
        self._history.record(self._masks)

    # -- time ----------------------------------------------------------------------------------

    def step(self, n: int) -> None:
        """Go `n` cadences on (back, if negative) among those that the quality choice keeps.

        Stops at the first and the last of them, and stays where there is none on that side.
        Where it keeps none at all, every cadence counts. The time axis goes along.
        """
        self.go_to_cadence(step_from(self.cadence, _whole(n, "a step"), self._stops))

    def play_on(self, through: str = "all", again: bool = True) -> bool:
        """Go on to the next cadence that the quality choice keeps, as a film does.

        Parameters
        ----------
        through : {"all", "in sight", "window"}
            Which cadences are played: those on the time axis, or those of the window; all where
            there is no window, or the axis shows all.
        again : bool
            Whether the first of them follows the last.

        Returns
        -------
        bool
            Whether there was one to go to.
        """
        ends = {"all": None, "in sight": self.time_range, "window": self.window}
        if through not in ends:
            raise TPFError(f"what is played is {through!r}: it should be one of {list(ends)}.")
        stops = self._stops
        if ends[through] is not None:
            low, high = ends[through]
            at = self.time[stops]
            stops = stops[(at >= low) & (at <= high)]
        after = np.searchsorted(stops, self.cadence, "right")
        if not stops.size or (after == stops.size and not again):
            return False
        before = self.cadence
        inside = stops[0] <= before < stops[-1]
        self.go_to_cadence(int(stops[after] if inside else stops[0]))
        return self.cadence != before

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
        except NO_NUMBER:
            raise TPFError(f"{time!r} is no time: it should be a number of days.") from None
        return nearest_to(time, *self.drawn)

    def seek_flag(self, bit: int, back: bool = False) -> None:
        """Go to the next cadence whose QUALITY has `bit` set, round again from the first.

        `back`: to the one before, round again from the last. The time axis goes along.
        """
        bit = _whole(bit, "a quality bit")
        self.go_to_cadence(self.timeline.next_flagged(bit, self.cadence, back))

    def set_window_here(self) -> None:
        """Begin a window at the current cadence, or end it there.

        A window of one cadence is one that was begun: it is widened to the current cadence. Any
        other makes room for a new one of the current cadence alone.
        """
        time = float(self.time[self.cadence])
        if not np.isfinite(time):
            raise TPFError("this cadence has no time: a window should begin and end at one.")
        half = self.tpf.attrs.get("cadence_seconds", np.nan) / 86400 / 2
        half = half if half > 0 else 1e-4
        here = (time - half, time + half)
        if self.window is not None and self.window[1] - self.window[0] < 2.5 * half:
            self.window = (min(self.window[0], here[0]), max(self.window[1], here[1]))
        else:
            self.new_window(*here)

    def zoom(self, factor: float) -> None:
        """Show `factor` times as much time; 0: all. The current cadence stays where it is.

        About the middle, where the cadence is not in sight; no further than the file goes, and down
        to a few cadences.
        """
        if self.timeline.span is None or not factor > 0:
            self.time_range = None
            return
        (first, last), (low, high) = self.timeline.span, self.time_range or self.timeline.span
        time = self.time[self.cadence]
        about = time if low <= time <= high else (low + high) / 2  # not so for NaN
        least = _FEWEST * (last - first) / max(self.time.size, 1)
        if high > low:
            factor = max(factor, least / (high - low))
        self._look_at(about - factor * (about - low), about + factor * (high - about))

    def pan(self, part: float) -> None:
        """Go on by a part of what is in sight (back, if negative), no further than the file."""
        if self.time_range is None or self.timeline.span is None:
            return
        (first, last), (low, high) = self.timeline.span, self.time_range
        by = max(min(part * (high - low), last - high), first - low)
        self._look_at(low + by, high + by)

    def _look_at(self, low: float, high: float) -> None:
        """Have a stretch of time in sight, as far as the file goes."""
        first, last = self.timeline.span or (low, high)
        everything = low <= first and high >= last
        self.time_range = None if everything else (max(low, first), min(high, last))

    def new_window(self, t0: float, t1: float) -> None:
        """Look at another event: this is its window, and nothing is stacked."""
        self.change(window=(t0, t1), stacked=())

    def add_window(self, t0: float, t1: float) -> None:
        """Measure the event in another window too: that is `window` now, the former is stacked."""
        before = self.windows
        with param.parameterized.batch_call_watchers(self):
            self.window = t0, t1
            self.stacked = tuple(window for window in before if window != self.window)

    def walk(self, n: int) -> bool:
        """Have the n-th of the events that are shown on from here as the window, and its cadence.

        From the event that is the window, or else from the current cadence; round again at the
        ends. `n` below 0: back.

        Returns
        -------
        bool
            Whether there is any event.
        """
        n = _whole(n, "a number of events")
        shown = self.shown_events
        if not shown or not n:
            return bool(shown)
        here = self.event_of.get(self.window)
        if here in shown:
            k = shown.index(here) + n
        else:
            now = self.time[self.cadence]
            before = sum(self.listed[each].time <= now for each in shown)  # none where it is NaN
            k = before + n - (n > 0)
        self.go_to_event(shown[k % len(shown)])
        return True

    def go_to_event(self, k: int) -> None:
        """Have the event of this number of `listed`, from 0, as the window, and its cadence."""
        event = self.listed_at(k)
        self.new_window(*event.window)
        self.seek(event.time)

    def stack_ticked(self) -> None:
        """Measure the ticked events as one: the first is the window, the others are stacked.

        Raises
        ------
        TPFError
            Where fewer than two are, or dips and brightenings are.
        """
        self.check_stack()
        first, *others = self.ticked_events
        self.change(window=first.window, stacked=tuple(event.window for event in others))
        self.seek(first.time)

    def clear_windows(self) -> None:
        """Set no window, and stack none."""
        self.change(window=None, stacked=())

    @param.depends("window", watch=True)
    def _drop_stacked(self) -> None:
        """What is stacked belongs to a window: it does not come back with another event's."""
        if self.window is None:
            self.stacked = ()

    def go_to_cadence(self, cadence: int) -> None:
        """Go to a cadence, and move the stretch of time in sight where it lies beyond that."""
        stretch, span = self.time_range, self.timeline.span
        if stretch is not None and span is not None:
            stretch = pulled(stretch, float(self.time[cadence]), span)
        self.change(cadence=cadence, time_range=stretch)

    def flag_counts(self) -> list[tuple[int, str, int]]:
        """(bit, name, number of cadences) of each quality flag that occurs in the file."""
        return [
            (bit, self.mission.flag_names(bit)[0], count)
            for bit, count in self.timeline.flag_counts()
        ]

    def _tell(self, name: str, *events: param.parameterized.Event) -> None:
        """Tell those who watch what follows, if it is another; it is not worked out for none."""
        if self.param.watchers.get(name, {}).get("value"):
            derived = {"diagnosis": "question", "lightcurve": "curve"}[name]
            before = self.__dict__.get("_worked_out", {}).get(derived)
            if before is None or before[1] is not getattr(self, derived):
                self.param.trigger(name)

    def _follow_stretch(self, *events: param.parameterized.Event) -> None:
        """Whoever sets the stretch wants to see it, unless the same change says otherwise."""
        if {event.name for event in events} == {"stretch"}:
            self.levels_from = "percentiles"

    @param.depends("stretch", "levels_from", "column", watch=True)
    def _drop_limits(self) -> None:
        """Limits are those of one column, until the ends are to come from elsewhere."""
        self.limits = None

    def use_corrections(self, names: Collection[str]) -> None:
        """Have these corrections and no others, in the usual order, each as it was used last.

        Parameters
        ----------
        names : collection of str
            Keys of `tpfdash.timeseries.corrections.CORRECTIONS`.
        """
        if unknown := set(names) - set(CORRECTIONS):
            words = ", ".join(CORRECTIONS)
            raise TPFError(f"{sorted(unknown)} are no corrections: they should be of {words}.")
        self.corrections = switched(self.corrections, names, self._used_last)

    @param.depends("corrections", watch=True)
    def _note_corrections(self) -> None:
        now = {type(each).__name__: each for each in self.corrections}
        self._used_last = {**self._used_last, **now}

    # -- what is said --------------------------------------------------------------------------

    @follows("flux", "_summed", "aperture", "_changed", "flux_scale", "_median_flux")
    def describe(self, cadence: int) -> dict[str, object]:
        """What is known of one cadence, for a reader.

        Returns
        -------
        dict
            `cadence` (index), `cadenceno`, `time` (days; NaN where it has none), `date` (ISO,
            TDB, barycentric; "" where it has no time), `flux` as drawn, `flux_err` (on the same
            scale; NaN where not available), `relative` (the flux over the median of the kept
            cadences, less 1; NaN where that is not positive), `quality` (None where the file has
            none), `flags` (their names).
        """
        median = self._median_flux
        error = self._flux_err(cadence) / self.flux_scale
        relative = self._summed[cadence] / median - 1 if median > 0 else np.nan
        facts = cadence_facts(self.tpf, self.mission, cadence, self.flux[cadence], error)
        return facts | {"relative": float(relative)}

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


#: Pixels from a star within which it is meant.
_NEAR_A_STAR = 0.25
#: Cadences in sight, about, beyond which nobody zooms in.
_FEWEST = 5
#: Params that follow from the others.
FOLLOWING = (
    *("lightcurve", "diagnosis", "answer", "corrected", "scatter"),
    *("fold_answer", "zoom_answer"),
)
#: Params that no copy and no session takes over: the name, what follows from the rest, the mouse.
NOT_COPIED = ("name", "tpf", *FOLLOWING, "pointed", "hovered", "pointed_star")
#: Params that no session holds though a copy has them: what was looked up.
LOOKED_UP = (
    *("stars", "variables", "movers", "star", "events", "said"),
    *("periodogram", "known"),
)


def _rebuild(tpf: xr.Dataset, params: dict, history: MaskHistory) -> Inspector:
    made = Inspector(tpf, **params)
    made._history = history.copy()
    return made


def _whole(value: SupportsIndex, name: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise TPFError(f"{name} is {value!r}: it should be a whole number.") from None
