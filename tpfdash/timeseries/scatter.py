"""How much a light curve scatters within hours: what a correction is judged by."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tpfdash.timeseries.series import BREAK_GAP, pieces, positive, usable
from tpfdash.timeseries.trend import running_trend

__all__ = ["scatter_ppm", "step_scatter_ppm"]

#: Days of the trend that is taken off first.
_TREND = 1.0
#: Means that a scatter can be told from.
_FEWEST = 20


def scatter_ppm(
    lightcurve: xr.Dataset,
    hours: float = 6.5,
    *,
    good: ArrayLike | None = None,
    break_gap: float = BREAK_GAP,
) -> float:
    """The scatter of means over some hours, in ppm, after a trend of 1 day is taken off.

    As the missions' combined differential photometric precision (CDPP), but of means that are
    moved on cadence by cadence, and by 1.4826 times their median absolute deviation, so that
    transits and flares do not count.

    Parameters
    ----------
    lightcurve : Dataset
        With `flux` over `time`.
    hours : float
    good : array_like of bool (time,), optional
        The cadences that count. Default: those that the mission's default quality mask keeps.
    break_gap : float
        Days without a cadence over which no mean reaches.

    Returns
    -------
    float
        NaN where there are fewer than 20 such means, and where the level is not above 0.

    Raises
    ------
    TPFError
        On what is no light curve, no number above 0 or no array of cadences.
    """
    hours, break_gap = positive(hours, "hours", "hours"), positive(break_gap, "break_gap")
    order = usable(lightcurve, None if good is None else np.asarray(good))
    times = lightcurve["time"].values[order]
    flux = lightcurve["flux"].values[order].astype(np.float64)
    level = float(np.median(flux))
    steps = np.diff(times)
    if not (steps > 0).any() or not level > 0:
        return np.nan
    width = max(1, round(hours / 24 / float(np.median(steps[steps > 0]))))
    away = flux - running_trend(times, flux, _TREND, break_gap=break_gap).level
    means = np.concatenate(
        [
            np.convolve(away[piece], np.full(width, 1 / width), "valid")
            for piece in pieces(times, break_gap)
            if piece.stop - piece.start >= width
        ]
        or [np.zeros(0)]
    )
    if means.size < _FEWEST:
        return np.nan
    return float(1.4826e6 * np.median(np.abs(means - np.median(means))) / level)


def step_scatter_ppm(lightcurve: xr.Dataset, *, good: ArrayLike | None = None) -> float:
    """The scatter from one cadence to the next, in ppm: what is slower does not count.

    1.4826 times the median of the differences between successive cadences, over the root of 2.

    Parameters
    ----------
    lightcurve, good
        As for `scatter_ppm`.

    Returns
    -------
    float
        NaN where there are fewer than 20 differences, and where the level is not above 0.

    Raises
    ------
    TPFError
        As `scatter_ppm`.
    """
    order = usable(lightcurve, None if good is None else np.asarray(good))
    flux = lightcurve["flux"].values[order].astype(np.float64)
    level = float(np.median(flux))
    if flux.size <= _FEWEST or not level > 0:
        return np.nan
    return float(1.4826e6 * np.median(np.abs(np.diff(flux))) / np.sqrt(2) / level)
