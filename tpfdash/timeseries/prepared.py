"""A light curve made ready to be searched: what is kept, its trend taken off, binned, its noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.timeseries.series import in_order
from tpfdash.timeseries.spline import slow_trend

__all__ = ["Series", "binned", "ready", "red_noise"]

#: A single cadence this many sigma above both neighbours is a ray or a glitch, and no dip.
_LONELY = 5.0
#: Half of a Gaussian's absolute values are below so many standard deviations.
_HALF = 0.6744897501960817
#: Share of a Gaussian within one standard deviation.
_ONE_SIGMA = 0.682689492137086
#: Share of its bins that a stretch needs for its mean to count, and stretches for their scatter to.
_THERE, _FEWEST = 0.6, 12


@dataclass(frozen=True, eq=False)
class Series:
    """Cadences in order of time, about 0.

    Parameters
    ----------
    time : float64 array (n,)
        Days.
    flux : float64 array (n,)
        Relative to the trend, 0 on it, where `relative`; else the flux less the trend, in its unit.
    flux_err : float64 array (n,)
        One standard deviation of each, of white noise.
    cadence : int array (n,)
        The light curve's own number of each; of a bin, of its first.
    days : float
        From one to the next.
    per_bin : int
        Cadences that one of these is made of.
    relative : bool
        Whether the light is always above 0, so that shares of it can be told.
    level : float
        Median of the light curve, in its unit.
    trend_scale : float
        Days; NaN where no trend was taken off.
    error_factor : float
        What the light curve's own errors were multiplied by, so that they tell of its scatter from
        cadence to cadence; NaN where it has none.
    """

    time: np.ndarray
    flux: np.ndarray
    flux_err: np.ndarray
    cadence: np.ndarray
    days: float
    per_bin: int
    relative: bool
    level: float
    trend_scale: float
    error_factor: float

    @property
    def span(self) -> float:
        """Days from the first to the last."""
        return float(self.time[-1] - self.time[0])


def ready(
    lightcurve: xr.Dataset,
    good: np.ndarray | None,
    trend_scale: float,
    *,
    apart: np.ndarray | None = None,
    gap: float | None = None,
    rays: bool = True,
    fewest: int = 10,
) -> Series:
    """A light curve's kept cadences, less its trend.

    Parameters
    ----------
    lightcurve, good
        As for `tpfdash.timeseries.series.in_order`. `flux_err` is used where there is one.
    trend_scale : float
        Days; NaN: only the median is taken off.
    apart : bool array (time,), optional
        Cadences of the light curve from which no trend is learned: those in events.
    gap : float, optional
        As for `tpfdash.timeseries.spline.slow_trend`.
    rays : bool
        Whether single cadences that stand above both neighbours are left out.
    fewest : int
        So many cadences it takes.

    Raises
    ------
    TPFError
        As `in_order`, or where fewer cadences are kept.
    """
    index = in_order(lightcurve, good)
    if index.size < fewest:
        raise TPFError(
            f"The light curve has {index.size} cadences with time and flux that are kept: it "
            f"should have {fewest} or more."
        )
    time = lightcurve["time"].values[index].astype(np.float64)
    flux = lightcurve["flux"].values[index].astype(np.float64)
    error = np.full(index.size, np.nan)
    if "flux_err" in lightcurve.variables:
        error = lightcurve["flux_err"].values[index].astype(np.float64)
    if time[-1] == time[0]:
        raise TPFError("All cadences of the light curve have the same time.")
    level = float(np.median(flux))
    trend = np.full(index.size, level)
    if np.isfinite(trend_scale):
        fitted = None if apart is None else ~apart[index]
        extra = {} if gap is None else {"gap": gap}
        trend = slow_trend(time, flux, trend_scale, fitted, **extra)
    relative = bool((trend > 0).all())
    change = flux / trend - 1 if relative else flux - trend
    error = error / trend if relative else error
    error, factor = _honest(change, error)
    kept = np.ones(index.size, dtype=bool)
    if rays:
        kept = ~_lonely(change, error)
    steps = np.diff(time)
    days = float(np.median(steps[steps > 0]))
    scale = float(trend_scale)
    return Series(
        time[kept],
        change[kept],
        error[kept],
        index[kept],
        days,
        1,
        relative,
        level,
        scale,
        factor,
    )


def _honest(change: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, float]:
    """Errors that tell of the scatter from cadence to cadence, and what they were multiplied by.

    The scatter is that of differences of neighbours, by their median, over the square root of 2.
    """
    known = np.isfinite(error) & (error > 0)
    step = np.abs(np.diff(change))
    if known.all():
        by_error = step / np.hypot(error[1:], error[:-1])
        factor = float(np.median(by_error)) / _HALF
        if factor > 0:
            return error * factor, factor
    scatter = float(np.median(step)) / _HALF / np.sqrt(2)
    if not scatter > 0:  # most neighbours are equal: simulated without noise, or rounded
        scatter = float(np.std(change)) or 1e-12
    return np.full(change.size, scatter), np.nan


def _lonely(change: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Cadences above both neighbours by more than noise: bool (n,)."""
    before, after = change[1:-1] - change[:-2], change[1:-1] - change[2:]
    out = np.zeros(change.size, dtype=bool)
    out[1:-1] = np.minimum(before, after) > _LONELY * error[1:-1]
    return out


def binned(series: Series, per_bin: int) -> Series:
    """Means of so many cadences, each by its weight, at the mean of their times.

    Bins are of equal length in time: none spans a gap, and none is empty.
    """
    if per_bin <= 1:
        return series
    width = per_bin * series.days
    # A cadence at a bin's edge belongs to the bin that rounding cannot take it out of.
    number = np.floor((series.time - series.time[0]) / width + 0.5 / per_bin).astype(np.int64)
    first = np.flatnonzero(np.diff(number, prepend=-1))
    weight = series.flux_err**-2.0
    total = np.add.reduceat(weight, first)
    mean_time = np.add.reduceat(weight * (series.time - series.time[0]), first) / total
    return Series(
        mean_time + series.time[0],
        np.add.reduceat(weight * series.flux, first) / total,
        total**-0.5,
        series.cadence[first],
        width,
        series.per_bin * per_bin,
        series.relative,
        series.level,
        series.trend_scale,
        series.error_factor,
    )


def red_noise(series: Series, durations: np.ndarray, beside: bool = False) -> np.ndarray:
    """By how much means over a duration scatter more than white noise lets them.

    The beta of Winn et al. 2008, ApJ 683, 1076, with a robust scatter, at every place of the light
    curve that has data.

    Parameters
    ----------
    durations : float array (d,)
        Days.
    beside : bool
        Whether the mean of the two stretches beside, each as long, is taken off: for what is
        measured against the level beside it.

    Returns
    -------
    float64 array (d,), 1 or above; 1 where there are too few places to tell.
    """
    place = np.round((series.time - series.time[0]) / series.days).astype(np.int64)
    n = int(place[-1]) + 1
    sums = np.zeros((3, n + 1))
    for row, values in zip(
        sums, (series.flux, series.flux_err**2, np.ones(place.size)), strict=True
    ):
        np.add.at(row[1:], place, values)
    sums = sums.cumsum(axis=1)
    made = np.ones(len(durations))
    for number, duration in enumerate(durations):
        length = max(1, round(duration / series.days))
        if length >= n or series.span < _FEWEST * duration:
            continue
        total, variance, count = sums[:, length:] - sums[:, :-length]
        there = count >= max(1.0, _THERE * length)
        count = np.maximum(count, 1.0)
        mean, variance = total / count, variance / count**2
        if beside and mean.size > 2 * length:
            before, own, after = slice(-2 * length), slice(length, -length), slice(2 * length, None)
            mean = mean[own] - (mean[before] + mean[after]) / 2
            variance = variance[own] + (variance[before] + variance[after]) / 4
            there = there[before] & there[own] & there[after]
        if there.any():
            ratio = np.abs(mean[there]) / np.sqrt(variance[there])
            made[number] = max(1.0, float(np.quantile(ratio, _ONE_SIGMA)))
    return made
