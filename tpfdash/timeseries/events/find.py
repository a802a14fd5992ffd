"""`find_events`: every dip, brightening, step and outlier of a light curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr

from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.timeseries.events.found import KINDS, FoundEvent, FoundEvents, as_kinds
from tpfdash.timeseries.events.motion import without_motion
from tpfdash.timeseries.events.rest import Found
from tpfdash.timeseries.events.search import search
from tpfdash.timeseries.events.series import Series, as_series
from tpfdash.timeseries.events.weighed import position_of, quality_of, weighed
from tpfdash.version import __version__

__all__ = ["find_events"]

#: Days of the longest event that is looked for by default.
_LONGEST = 1.5
#: Filters grow by so much from one to the next.
_STEP = 1.3
#: An event takes no more than this share of the light curve.
_SHARE = 1 / 8
#: Days after a step that are looked at to say what made it, and cadences at least.
_STEP_WINDOW, _STEP_CADENCES = 0.25, 3
#: What a light curve says of itself that goes with its events.
_FACTS = ("mission", "object", "id", "quarter", "campaign", "sector", "source", "time_reference")
_STEPS = 1000


def find_events(
    lightcurve: xr.Dataset,
    *,
    good: np.ndarray | None = None,
    kinds: str | Iterable[str] = KINDS,
    min_snr: float = 6.0,
    durations: Sequence[float] | None = None,
    motion: str | np.ndarray | None = "auto",
    progress: Callable[[int, int], object] | None = None,
) -> FoundEvents:
    """Find dips, brightenings, steps and single cadences that stand out.

    Boxes and steps of many durations are tried at every time. A box is measured over the straight
    line between two flanks beside it, 0.5, 1.5 or 4 times as long as the box, whichever is quietest
    in this light curve: trends that are straight over that time do not count. Its S/N is what it
    measures over how far the same box scatters elsewhere in the light curve, robustly, and near by
    where there are enough places. The strongest event is taken out before the next is looked for,
    so that each is found once; two opposite steps of one height are one event. With only one flank,
    at a gap, 1.3 times the S/N is asked for.

    What follows the pointing is taken off first (see `motion`), then all is searched, and both are
    done again with what was found left out of what is learned.

    What cannot be found: anything longer than the longest duration (a slow change, or the two
    steps that it begins and ends with), what lasts longer than an eighth of the light curve, what
    is no faster than the star's own variability, what goes with the pointing, and what lies within
    a gap. A step is not seen across a gap of more than four cadences. A step that recovers is a
    dip, and its remainder may be another.

    Parameters
    ----------
    lightcurve : Dataset
        `flux` over `time` (days), as `aperture_photometry` gives it; any other variables may be
        missing. Times may come in any order, and more than once (the first then counts). Where
        there is a `quality`, a flag whose cadences scatter more than others (thruster firings,
        momentum dumps) has them count for as much less; no flag leaves one out. Errors of the flux
        are not used.
    good : bool array (time,), optional
        The cadences to search. Default: all with a finite time and flux; others never are.
    kinds : some of "dip", "brightening", "step", "outlier"
        Those to give. All are looked for whatever is wanted: a step is no dip.
    min_snr : float
        The lowest S/N of an event, 3 or more. At 6, about one light curve of noise in a hundred
        has an event (4,000 cadences); at 5.5 one in thirty.
    durations : sequence of float, optional
        Days. Default: from one cadence to 1.5 d, each 30 % longer than the last.
    motion : "auto", None or float array (time, 2)
        Positions (pixels) whose effect is taken off where that makes the flux quieter. "auto": the
        light curve's `pos_corr1` and `pos_corr2`, or its centroids where it has no such; None:
        nothing is taken off.
    progress : callable, optional
        Called with how much is done and how much there is to do, often; what it raises ends the
        search.

    Returns
    -------
    FoundEvents
        In order of time; the same for the same light curve. Empty where nothing was found, and
        where there is nothing to search.

    Raises
    ------
    TPFError
        Where this is no light curve, and on arguments that make no sense.
    """
    wanted = as_kinds(kinds)
    if not _is_number(min_snr) or min_snr < 3:
        raise TPFError(f"min_snr is {min_snr!r}: it should be a number, 3 or more.")
    longest = max(_as_durations(durations), default=_LONGEST)
    series = as_series(lightcurve, good, longest_gap=3 * longest)
    lengths = _lengths(series, durations)
    told = 0

    def tell(share: float) -> None:
        nonlocal told
        told = max(told, min(int(_STEPS * share), _STEPS))
        if progress is not None:
            progress(told, _STEPS)

    tell(0.0)
    position, name = position_of(lightcurve, motion, series)
    quality = quality_of(lightcurve, series)
    flux, gain = series.flux, 1.0
    if position is not None and series.time.size:
        flux, gain = without_motion(series.time, flux, position)
    half = 1.0 if gain == 1 else 0.5
    found, unit = _search(series, flux, quality, lengths, min_snr, lambda x: tell(half * x))
    if gain > 1 and position is not None and found:
        # Once more, with what the pointing does learned from where nothing happens.
        calm, steps = _calm(found, series, unit)
        flux, gain = without_motion(series.time, series.flux, position, calm, steps)
        found, unit = _search(series, flux, quality, lengths, min_snr, lambda x: tell(0.5 + x / 2))
    events = [_event(each, series, unit, quality) for each in found]
    events = [event for event in events if event.kind in wanted]
    tell(1.0)
    meta = {
        "min_snr": float(min_snr),
        "kinds": list(wanted),
        "durations": [float(n * series.cadence) for n in lengths],
        "cadence": series.cadence if math.isfinite(series.cadence) else None,
        "flux_unit": str(lightcurve["flux"].attrs.get("units", "")),
        "median_flux": float(np.median(series.flux)) if series.flux.size else None,
        "searched": int(series.time.size),
        "motion": name if gain > 1 else None,
        "motion_gain": float(gain),
    }
    facts = {
        name: lightcurve.attrs[name]
        for name in _FACTS
        if isinstance(lightcurve.attrs.get(name), str | Real)
    }
    return FoundEvents(_ranked(events), meta | facts | {"tpfdash_version": __version__})


def _search(
    series: Series,
    flux: np.ndarray,
    quality: np.ndarray | None,
    lengths: Sequence[int],
    min_snr: float,
    tell: Callable[[float], None],
) -> tuple[list[Found], float]:
    """Events of a flux, and the unit in which their heights are."""
    if not lengths:
        return [], 1.0
    made = weighed(series, flux, quality)
    return search(made.flux, made.weight, lengths, float(min_snr), tell), made.unit


def _calm(found: Sequence[Found], series: Series, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """The cadences in no event, bool (n,), and the steps up to each, float64 (n,)."""
    calm, steps = np.ones(series.slot.size, dtype=bool), np.zeros(series.slot.size)
    for event in found:
        calm[series.cadences(event.start, event.stop)] = False
        if event.kind == "step":
            steps[series.slot >= event.place] += unit * event.height
    return calm, steps


def _ranked(events: list[FoundEvent]) -> list[FoundEvent]:
    order = sorted(range(len(events)), key=lambda n: (-events[n].snr, n))
    ranks = {n: rank for rank, n in enumerate(order, 1)}
    return [replace(event, rank=ranks[n]) for n, event in enumerate(events)]


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _as_durations(durations: Sequence[float] | None) -> list[float]:
    if durations is None:
        return []
    try:
        values = np.asarray(durations, dtype=np.float64).ravel()
    except NO_NUMBER:
        values = np.empty(0)
    if not values.size or not (np.isfinite(values) & (values > 0)).all():
        raise TPFError(
            f"the durations are {durations!r}: they should be days, one or more, each above 0."
        )
    made: list[float] = values.tolist()
    return made


def _lengths(series: Series, durations: Sequence[float] | None) -> list[int]:
    """The filters' lengths in slots, ascending; none where there is too little to search."""
    most = int(series.time.size * _SHARE)
    if most < 1:
        return []
    wished = _as_durations(durations)
    if wished:
        lengths = np.maximum(np.rint(np.array(wished) / series.cadence), 1)
    else:
        last = max(_LONGEST / series.cadence, 1)
        lengths = np.rint(_STEP ** np.arange(math.ceil(math.log(last, _STEP)) + 1))
    return [int(n) for n in np.unique(lengths) if n <= most]


def _event(found: Found, series: Series, unit: float, quality: np.ndarray | None) -> FoundEvent:
    """An event in days and in the flux's unit."""
    half = series.cadence / 2
    if found.kind == "step":
        at = series.cadences(found.place, series.size).start
        time = float((series.time[at - 1] + series.time[at]) / 2) if at else float(series.time[0])
        kind, start, shape = "step", time, "step"
        long = max(_STEP_WINDOW, _STEP_CADENCES * series.cadence)
        long = min(long, found.core.length * series.cadence)
        its = slice(at, int(np.searchsorted(series.time, time + long)))
        end = float(series.time[max(its.stop - 1, at)] + half)
        duration = 0.0
    else:
        its = series.cadences(found.start, found.stop)
        start, end = float(series.time[its.start] - half), float(series.time[its.stop - 1] + half)
        time, duration = (start + end) / 2, end - start
        kind, shape = ("brightening" if found.height > 0 else "dip"), found.shape
        if its.stop - its.start == 1:
            kind = "outlier"
    level = float(np.median(series.flux))
    relative = 1 / level if level > 0 else math.nan
    depth, error = -found.height * unit, found.error * unit
    flagged = math.nan if quality is None else float(np.mean(quality[its] != 0))
    return FoundEvent(
        rank=0,
        kind=kind,
        time=time,
        start=start,
        end=end,
        duration=duration,
        depth=depth,
        depth_err=error,
        relative_depth=depth * relative,
        relative_depth_err=error * relative,
        snr=found.snr,
        shape=shape,
        cadences=its.stop - its.start,
        flagged=flagged,
        first=int(series.index[its].min()),
        last=int(series.index[its].max()),
    )
