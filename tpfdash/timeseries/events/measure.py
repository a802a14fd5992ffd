"""`measure_windows`: how deep a light curve is in windows of one's own, as `find_events` has it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.timeseries.events.filters import Sums
from tpfdash.timeseries.events.found import MARK, FoundEvent, FoundEvents
from tpfdash.timeseries.events.motion import without_motion
from tpfdash.timeseries.events.scale import Scale
from tpfdash.timeseries.events.series import Series, as_series
from tpfdash.timeseries.events.weighed import Weighed, position_of, quality_of, weighed

__all__ = ["measure_windows", "unmeasured"]

Window = tuple[float, float]
#: Gaps count for so many times the longest window at most.
_GAP = 3


def measure_windows(
    lightcurve: xr.Dataset,
    windows: Sequence[Window],
    *,
    good: np.ndarray | None = None,
    beside: Sequence[Window] = (),
) -> FoundEvents:
    """Measure what a light curve does in some windows, whether anything stands out or not.

    Each is a box from its first to its last cadence, over the straight line between two flanks
    beside it; its S/N is that over how far the same box scatters elsewhere. What follows the
    pointing is taken off first. All as `find_events` does it, but that it moves the box to where it
    is strongest.

    Parameters
    ----------
    lightcurve : Dataset
        As `find_events` takes it.
    windows : sequence of (t0, t1)
        Days.
    good : bool array (time,), optional
        The cadences to look at. Default: all with a finite time and flux.
    beside : sequence of (t0, t1)
        Windows of other events: their cadences do not count as what lies beside.

    Returns
    -------
    FoundEvents
        Of the kind "mark" and rank 0, one for each window, in their order. Depth and S/N are NaN
        where they cannot be measured: without a cadence in the window, or for one longer than an
        eighth of the light curve or so.

    Raises
    ------
    TPFError
        Where this is no light curve, and on windows that are none.
    """
    own, others = _pairs(windows), _pairs(beside)
    longest = max((t1 - t0 for t0, t1 in own), default=1.0)
    series = as_series(lightcurve, good, longest_gap=_GAP * max(longest, 1.0))
    quality = quality_of(lightcurve, series)
    flux = series.flux
    position, _ = position_of(lightcurve, "auto", series)
    inside = [_inside(series, window) for window in own]
    away = _within(series, own + others)
    if position is not None and series.time.size:
        flux, _ = without_motion(series.time, flux, position, ~away)
    made = weighed(series, flux, quality) if series.time.size > 2 else None
    return FoundEvents(
        (
            _mark(window, its, series, made, away, quality)
            for window, its in zip(own, inside, strict=True)
        ),
        {"flux_unit": str(lightcurve["flux"].attrs.get("units", ""))},
    )


def unmeasured(window: Window) -> FoundEvent:
    """A mark of which no more is known than when it is."""
    start, end = window
    nothing = dict.fromkeys(
        ("depth", "depth_err", "relative_depth", "relative_depth_err", "snr", "flagged"), math.nan
    )
    return FoundEvent(
        rank=0,
        kind=MARK,
        time=(start + end) / 2,
        start=start,
        end=end,
        duration=end - start,
        shape="",
        cadences=0,
        first=-1,
        last=-1,
        **nothing,
    )


def _pairs(windows: Iterable[Window]) -> list[Window]:
    try:
        made = [(float(t0), float(t1)) for t0, t1 in windows]
    except (TypeError, ValueError):
        made = [(math.nan, math.nan)]
    if not all(math.isfinite(t0) and math.isfinite(t1) and t0 <= t1 for t0, t1 in made):
        raise TPFError(f"the windows are {windows!r}: they should be (t0, t1) each, in days.")
    return made


def _inside(series: Series, window: Window) -> slice:
    """The cadences in a window, by their number in the series."""
    first = int(np.searchsorted(series.time, window[0]))
    return slice(first, int(np.searchsorted(series.time, window[1], "right")))


def _within(series: Series, windows: Sequence[Window]) -> np.ndarray:
    """Whether each cadence lies in any of them: bool (n,)."""
    made = np.zeros(series.time.size, dtype=bool)
    for window in windows:
        made[_inside(series, window)] = True
    return made


def _mark(
    window: Window,
    its: slice,
    series: Series,
    made: Weighed | None,
    away: np.ndarray,
    quality: np.ndarray | None,
) -> FoundEvent:
    """One window as an event."""
    mark = unmeasured(window)
    if its.stop <= its.start or made is None:
        return mark
    index = series.index[its]
    mark = replace(
        mark,
        cadences=index.size,
        flagged=math.nan if quality is None else float(np.mean(quality[its] != 0)),
        first=int(index.min()),
        last=int(index.max()),
    )
    height, error = _box(series, made, its, away)
    if not math.isfinite(error):
        return mark
    depth, error = -height * made.unit, error * made.unit
    level = float(np.median(series.flux))
    relative = 1 / level if level > 0 else math.nan
    return replace(
        mark,
        depth=depth,
        depth_err=error,
        relative_depth=depth * relative,
        relative_depth_err=error * relative,
        snr=abs(depth) / error,
    )


def _box(series: Series, made: Weighed, its: slice, away: np.ndarray) -> tuple[float, float]:
    """Height and error of a box over some cadences, in the unit of noise; inf: not known."""
    start, stop = int(series.slot[its.start]), int(series.slot[its.stop - 1]) + 1
    length = stop - start
    weight = made.weight.copy()
    left_out = away.copy()
    left_out[its] = False
    weight[series.slot[left_out]] = 0
    sums = Sums(made.flux, weight, 8 * length + 32)
    (scaled,) = Scale.measured(sums, [("box", length)])
    response = scaled.filter.respond(sums, np.array([start]))
    factor = Scale([scaled]).factor("box", np.array([length]), start, response.sides)
    return float(response.height[0]), float(response.error[0] * factor[0])
