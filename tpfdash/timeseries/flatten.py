"""A light curve less its slow trend."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tpfdash.errors import TPFError
from tpfdash.timeseries.series import BREAK_GAP, as_cadences, positive, usable, with_flux
from tpfdash.timeseries.trend import running_trend

__all__ = ["flatten"]

#: A trend is divided by where it never falls below this share of its median.
_LOWEST = 0.1


def flatten(
    lightcurve: xr.Dataset,
    window_length: float = 1.0,
    *,
    good: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    break_gap: float = BREAK_GAP,
) -> xr.Dataset:
    """Take the slow trend off a light curve: a running biweight that knows gaps and edges.

    Parameters
    ----------
    lightcurve : Dataset
        With `flux` over `time`; `flux_err` comes along.
    window_length : float
        Days. What lasts longer is trend; a transit should last no longer than a third of it.
    good : array_like of bool (time,), optional
        The cadences that the trend is made from. Default: those that the mission's default quality
        mask keeps.
    mask : array_like of bool (time,), optional
        Cadences that are left out of the trend besides: transits, say, which it then passes over.
    break_gap : float
        Days without a cadence over which the trend may jump.

    Returns
    -------
    Dataset
        As it came, every cadence kept, and

        - `flux` over the trend, times the trend's median, so that level and unit stay; where the
          trend comes near 0 or below it, `flux` less the trend, plus its median;
        - `flux_raw`: the flux before the first correction;
        - `trend`: float64 (time,), in the unit of the flux (see
          `tpfdash.timeseries.trend.running_trend`); NaN at cadences without a time;
        - attrs["corrections"]: what was done, a tuple of lines.

    Raises
    ------
    TPFError
        On what is no light curve, no length above 0 or no array of cadences, and where no cadence
        is left to make a trend from.
    """
    window_length = positive(window_length, "window_length")
    break_gap = positive(break_gap, "break_gap")
    order = usable(lightcurve, None if good is None else np.asarray(good))
    n = lightcurve.sizes["time"]
    kept = np.ones(order.size, dtype=bool)
    if mask is not None:
        kept = ~as_cadences(mask, n, "mask")[order]
    if not kept.any():
        raise TPFError(
            "mask leaves out every cadence that is kept: the trend needs some to be made from."
        )
    time = lightcurve["time"].values
    flux = lightcurve["flux"].values.astype(np.float64)
    timed = np.isfinite(time)
    trend = np.full(n, np.nan)
    trend[timed] = running_trend(
        time[order], flux[order], window_length, kept=kept, break_gap=break_gap, at=time[timed]
    ).level
    level = float(np.median(trend[order]))
    divided = level > 0 and float(trend[order].min()) > _LOWEST * level
    if divided:
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(trend > 0, level / trend, np.nan)
        made = flux * factor
    else:
        factor, made = np.ones(n), flux - trend + level
    done = (
        f"flattened: biweight trend, windows of {window_length:g} d, parted at gaps of "
        f"{break_gap:g} d, {'divided by' if divided else 'taken off'}"
    )
    if mask is not None:
        done += f"; {int(n - as_cadences(mask, n, 'mask').sum())} of {n} cadences not masked"
    out = with_flux(lightcurve, made, factor, done)
    out["trend"] = "time", trend, dict(lightcurve["flux"].attrs)
    return out
