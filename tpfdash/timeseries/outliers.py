"""A light curve without its outliers."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tpfdash.timeseries.series import BREAK_GAP, as_cadences, positive, usable, with_flux
from tpfdash.timeseries.trend import running_trend

__all__ = ["without_outliers"]

#: By this share of the trend a flux may differ from it for its last digits.
_ROUNDING = 1e-9


def without_outliers(
    lightcurve: xr.Dataset,
    sigma: float = 5.0,
    *,
    keep_dips: bool = False,
    window_length: float = 1.0,
    good: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    break_gap: float = BREAK_GAP,
) -> xr.Dataset:
    """Leave out the cadences that lie far from the running trend.

    Parameters
    ----------
    lightcurve : Dataset
        With `flux` over `time`.
    sigma : float
        How far, in the scatter of the cadences of the same window: 1.4826 times the median absolute
        deviation.
    keep_dips : bool
        Whether what lies below the trend stays, so that transits and eclipses do.
    window_length : float
        Of the trend, days.
    good : array_like of bool (time,), optional
        The cadences that the trend is made from. Default: those that the mission's default quality
        mask keeps. Others are compared with it as well.
    mask : array_like of bool (time,), optional
        Cadences that stay, whatever they are, and that the trend passes over.
    break_gap : float
        Days without a cadence over which the trend may jump.

    Returns
    -------
    Dataset
        As it came, every cadence kept; `flux` and `flux_err` are NaN at outliers, and `outlier`
        (bool over time) is True there. `flux_raw` and attrs["corrections"] as `flatten` gives them.

    Raises
    ------
    TPFError
        On what is no light curve, no number above 0 or no array of cadences.
    """
    sigma = positive(sigma, "sigma", "standard deviations")
    window_length = positive(window_length, "window_length")
    break_gap = positive(break_gap, "break_gap")
    order = usable(lightcurve, None if good is None else np.asarray(good))
    n = lightcurve.sizes["time"]
    stays = np.zeros(n, dtype=bool) if mask is None else as_cadences(mask, n, "mask")
    time = lightcurve["time"].values
    flux = lightcurve["flux"].values.astype(np.float64)
    timed = np.flatnonzero(np.isfinite(time))
    trend = running_trend(
        time[order],
        flux[order],
        window_length,
        kept=~stays[order],
        break_gap=break_gap,
        at=time[timed],
    )
    away = flux[timed] - trend.level
    with np.errstate(invalid="ignore"):
        least = _ROUNDING * np.abs(trend.level)  # a constant has no outliers
        far = (away if keep_dips else np.abs(away)) > np.maximum(sigma * trend.scatter, least)
    outlier = np.zeros(n, dtype=bool)
    outlier[timed[far]] = True
    outlier &= ~stays
    done = (
        f"outliers removed: {int(outlier.sum())} cadences beyond {sigma:g} sigma "
        f"{'above' if keep_dips else 'above or below'} a biweight trend, windows of "
        f"{window_length:g} d"
    )
    out = with_flux(lightcurve, np.where(outlier, np.nan, flux), np.ones(n), done)
    if "outlier" in lightcurve:
        outlier = outlier | lightcurve["outlier"].values.astype(bool)
    out["outlier"] = "time", outlier
    return out
