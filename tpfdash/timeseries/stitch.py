"""Several light curves of one target on one time axis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.missions import get_mission, time_format
from tpfdash.stamp.target import interval_name
from tpfdash.timeseries.series import usable

__all__ = ["RULES", "stitch"]

Rule = str | Callable[[xr.Dataset], float] | None

#: What a segment is divided by, and whether it is multiplied by that of the first one again.
RULES: dict[str, tuple[Callable[[np.ndarray], float], bool]] = {
    "median": (lambda flux: float(np.median(flux)), False),
    "mean": (lambda flux: float(np.mean(flux)), False),
    "level": (lambda flux: float(np.median(flux)), True),
}
#: Variables in the unit of the flux.
_IN_FLUX = ("flux", "flux_err", "flux_raw", "trend")
#: What a segment's own entry says of it, of the attrs of its light curve.
_OF_A_SEGMENT = (
    "mission",
    "product",
    "cadence_type",
    "cadence_seconds",
    "source",
    "aperture",
    "background",
    "corner",
)


def stitch(
    lightcurves: Sequence[xr.Dataset],
    rule: Rule = "median",
    *,
    good: Sequence[ArrayLike | None] | None = None,
) -> xr.Dataset:
    """Join light curves of quarters, campaigns or sectors into one, in order of time.

    Parameters
    ----------
    lightcurves : sequence of Dataset
        Each with `flux` over `time`, of any cadence.
    rule : "median", "mean", "level", callable or None
        What is done to each segment: "median" and "mean" divide it by its own, so that the flux is
        relative; "level" scales it so that its median is that of the earliest, in whose unit the
        flux stays; a callable takes the segment's light curve, its kept cadences alone, and gives
        what to divide it by; None leaves the flux as it is.
    good : sequence of bool arrays (time,), optional
        For each light curve the cadences that the rule looks at. Default: those that the mission's
        default quality mask keeps.

    Returns
    -------
    Dataset over `time`, every cadence of each light curve kept:

    flux, flux_err, and what else is a number of each cadence
        float64, NaN where a segment does not have it; whole numbers and truths (`quality`,
        `cadenceno`) of those that all segments have.
    segment : int64
        Which segment a cadence is of, 0 the earliest.

    A cadence without a time stays between its neighbours. Gaps stay as they are: `flatten`,
    `bin_lightcurve` and the like know them. The attrs are those that all have in common;
    `segments`, a tuple with a dict for each segment: `name` ("Q4"), `begin` and `end` (days),
    `cadences`, `divided_by` (1 without a rule), and what it was made from; `corrections` as
    `tpfdash.corrected` gives them. Times are in the clock of the earliest segment: others are
    converted, where both clocks are known, and attrs["clock_changed"] names those segments.

    Raises
    ------
    TPFError
        On what is no light curve or no rule, where a segment has nothing to be normalised by or a
        level that is not above 0, where units differ that are not divided by, and where one clock
        is known and another is not.
    """
    several = isinstance(lightcurves, Iterable) and not isinstance(lightcurves, xr.Dataset)
    segments = list(lightcurves) if several else []
    if not segments:
        raise TPFError(
            f"stitch was given a {type(lightcurves).__name__} without light curves in it: it "
            "should be a list of them."
        )
    kept = [None] * len(segments) if good is None else list(good)
    if len(kept) != len(segments):
        raise TPFError(
            f"good has {len(kept)} arrays for {len(segments)} light curves: it should be one each."
        )
    orders = [
        usable(one, None if which is None else np.asarray(which))
        for one, which in zip(segments, kept, strict=True)
    ]
    begins = [one["time"].values[order[0]] for one, order in zip(segments, orders, strict=True)]
    shifts = _clock_shifts(segments)
    by_time = np.argsort(np.add(begins, shifts), kind="stable").tolist()
    segments, orders = [segments[n] for n in by_time], [orders[n] for n in by_time]
    shifts = _clock_shifts(segments)
    levels, unit, words = _levels(segments, orders, rule)
    names = [_name(one, n) for n, one in enumerate(segments)]
    made = [
        _scaled(one, n, level, shift)
        for n, (one, level, shift) in enumerate(zip(segments, levels, shifts, strict=True))
    ]
    joined = _joined(made, unit)
    facts = tuple(
        {
            "name": name,
            "begin": float(np.nanmin(one["time"].values)),
            "end": float(np.nanmax(one["time"].values)),
            "cadences": one.sizes["time"],
            "divided_by": level,
        }
        | {key: source.attrs[key] for key in _OF_A_SEGMENT if key in source.attrs}
        for name, one, level, source in zip(names, made, levels, segments, strict=True)
    )
    done = f"stitched: {', '.join(names)}; {words}"
    attrs = _common([one.attrs for one in segments])
    attrs |= {"segments": facts, "corrections": (*attrs.get("corrections", ()), done)}
    for key in ("time_reference", "time_format", "time_scale"):
        if key in segments[0].attrs:
            attrs[key] = segments[0].attrs[key]
    changed = tuple(name for name, shift in zip(names, shifts, strict=True) if shift)
    if changed:
        attrs["clock_changed"] = changed
    return joined.assign_attrs(attrs)


def _clock_shifts(segments: Sequence[xr.Dataset]) -> list[float]:
    """Days to be added to each segment's times for them to be in the first one's clock."""
    clocks = []
    for one in segments:
        reference = one.attrs.get("time_reference")
        if reference is None and "mission" in one.attrs:
            reference = get_mission(one.attrs["mission"]).time_reference
        clocks.append(None if reference is None else float(reference))
    if any(clock is None for clock in clocks):
        known = sorted({time_format(clock) for clock in clocks if clock is not None})
        if known:
            raise TPFError(
                f"one light curve does not say its clock, and another's is {known[0]}: all or none "
                "should have attrs['time_reference'], the Julian date at which time is 0."
            )
        return [0.0] * len(segments)
    return [clock - clocks[0] for clock in clocks]  # type: ignore[operator]  # all are known


def _levels(
    segments: Sequence[xr.Dataset], orders: Sequence[np.ndarray], rule: Rule
) -> tuple[list[float], str | None, str]:
    """What each segment is divided by, the unit that its flux then has, and words for the rule."""
    units = {str(one["flux"].attrs.get("units", "")) for one in segments}
    unit = units.pop() if len(units) == 1 else None
    if rule is None:
        levels, words, relative = [1.0] * len(segments), "as they are", False
    elif isinstance(rule, str) and rule in RULES:
        function, again = RULES[rule]
        levels = [
            function(one["flux"].values[order].astype(np.float64))
            for one, order in zip(segments, orders, strict=True)
        ]
        _check_levels(levels, segments)
        relative = not again
        words = f"each divided by its {rule}"
        if again:
            levels = [level / levels[0] for level in levels]
            words = "each scaled to the median of the first"
    elif callable(rule):
        levels = [
            _as_level(rule(one.isel(time=order)), rule)
            for one, order in zip(segments, orders, strict=True)
        ]
        _check_levels(levels, segments)
        relative = True
        words = f"each divided by what {getattr(rule, '__name__', 'a function')} gives"
    else:
        known = ", ".join(map(repr, RULES))
        raise TPFError(f"rule is {rule!r}: it should be one of {known}, a function, or None.")
    if unit is None and not relative:
        raise TPFError(
            "the light curves are in different units, which a rule like 'median' divides by: "
            f"rule is {rule!r}."
        )
    return levels, "" if relative else unit, words


def _as_level(value: Any, rule: Callable) -> float:
    try:
        return float(value)
    except NO_NUMBER:
        name = getattr(rule, "__name__", "rule")
        raise TPFError(f"{name} gave {value!r}: it should give a number to divide by.") from None


def _check_levels(levels: Sequence[float], segments: Sequence[xr.Dataset]) -> None:
    for n, (level, one) in enumerate(zip(levels, segments, strict=True)):
        if not 0 < level < np.inf:
            raise TPFError(
                f"the level of {_name(one, n)} is {level:.4g}: it should be above 0 to be divided "
                "by; rule=None leaves the flux as it is."
            )


def _name(lightcurve: xr.Dataset, n: int) -> str:
    """What a segment is called: its quarter, campaign or sector, or else its number from 1."""
    return interval_name(lightcurve.attrs) or f"segment {n + 1}"


def _scaled(lightcurve: xr.Dataset, n: int, level: float, shift: float) -> xr.Dataset:
    """A segment in the common clock, divided by its level, with its number."""
    made = lightcurve.drop_vars([name for name in lightcurve.variables if name != "time"])
    for name, variable in lightcurve.variables.items():
        if variable.dims != ("time",) or name == "time":
            continue
        if name in _IN_FLUX:
            variable = variable.astype(np.float64) / level
        made[name] = variable
    made["segment"] = "time", np.full(lightcurve.sizes["time"], n)
    time = lightcurve["time"].values.astype(np.float64) + shift
    return made.assign_coords(xr.Coordinates({"time": ("time", time)}, indexes={}))


def _joined(segments: Sequence[xr.Dataset], unit: str | None) -> xr.Dataset:
    """All cadences in order of time."""
    order = np.argsort(
        np.concatenate([_in_order(one["time"].values) for one in segments]), kind="stable"
    )
    names = list(dict.fromkeys(str(name) for one in segments for name in one.data_vars))
    made = xr.Dataset()
    for name in names:
        there = [one[name].values for one in segments if name in one]
        whole = all(values.dtype.kind in "iub" for values in there)
        if whole and len(there) < len(segments):
            continue
        filled = [
            one[name].values if name in one else np.full(one.sizes["time"], np.nan)
            for one in segments
        ]
        attrs = next(one[name].attrs for one in segments if name in one)
        made[name] = "time", np.concatenate(filled)[order], dict(attrs)
        if name in _IN_FLUX and unit is not None:
            made[name].attrs["units"] = unit
    time = np.concatenate([one["time"].values for one in segments])[order]
    attrs = dict(segments[0]["time"].attrs)
    return made.assign_coords(
        xr.Coordinates({"time": xr.Variable("time", time, attrs)}, indexes={})
    )


def _in_order(time: np.ndarray) -> np.ndarray:
    """Times to sort by: a cadence without one is put between its neighbours."""
    known = np.flatnonzero(np.isfinite(time))
    return np.interp(np.arange(time.size), known, time[known])


def _common(attrs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The attributes that are the same everywhere."""
    first, *rest = attrs
    return {
        name: value
        for name, value in first.items()
        if name not in ("aperture", "background", "corner", "source", "wcs", "wcs_corner")
        and all(name in other and _same(value, other[name]) for other in rest)
    }


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(np.array_equal(one, other))
    except (TypeError, ValueError):
        return False
