"""A light curve folded with a period: phases, odd and even events, binned points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.timeseries.dip_fit import event_depths
from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.timeseries.periods import check_count
from tpfdash.timeseries.prepared import Series, ready, red_noise

__all__ = ["Folded", "fold"]

#: The trend is this many times slower than an event, and never quicker than so many days.
_SLOWER, _QUICKEST = 3.5, 0.75
#: Share of the duration that depths are told from: ingress and egress are not.
_MIDDLE = 0.7
#: Bins in a duration, and over the whole period without one, where nobody says how many.
_IN_DURATION, _WITHOUT = 6, 60
#: Most bins that are made unasked.
_MOST_BINS = 500


@dataclass(frozen=True, eq=False)
class Folded:
    """A folded light curve. Arrays over (cadence,) are in order of phase.

    Parameters
    ----------
    ephemeris : Ephemeris
    phase : float64 array (cadence,)
        -0.5 to below 0.5; 0 in the middle of an event.
    flux, flux_err : float64 arrays (cadence,)
        About 1 and in shares of the trend, where `relative`; else less the trend, in the light
        curve's unit.
    cadence : int64 array (cadence,)
        Which cadence of the light curve each is.
    epoch : int64 array (cadence,)
        The number of the event that each is nearest to, 0 at t0.
    bin_phase, bin_flux, bin_flux_err : float64 arrays (bin,)
        Means by weight within equal stretches of phase, without empty ones. The error is of white
        noise, or by the scatter within the bin where that is larger.
    bin_count : int64 array (bin,)
    depth, depth_err : float
        Mean of the events' depths by weight, as shares where `relative`: of the middle 70 % of the
        duration, without ingress and egress. NaN without a duration or an event that has half of
        its cadences. Errors have the red noise in them.
    depth_odd, depth_odd_err, depth_even, depth_even_err : float
        The same of events of odd and of even number.
    odd_even_sigma : float
        How many sigma these two differ by.
    n_events : int
        Events that have half of their cadences or more.
    detrended : float
        Scale in days of the trend taken off, which was learned beside the events; NaN: none was.
    relative : bool
    """

    ephemeris: Ephemeris
    phase: np.ndarray
    flux: np.ndarray
    flux_err: np.ndarray
    cadence: np.ndarray
    epoch: np.ndarray
    bin_phase: np.ndarray
    bin_flux: np.ndarray
    bin_flux_err: np.ndarray
    bin_count: np.ndarray
    depth: float
    depth_err: float
    depth_odd: float
    depth_odd_err: float
    depth_even: float
    depth_even_err: float
    odd_even_sigma: float
    n_events: int
    detrended: float
    relative: bool

    @property
    def odd(self) -> np.ndarray:
        """Which cadences belong to an event of odd number: bool array (cadence,)."""
        return self.epoch % 2 == 1


def fold(
    lightcurve: xr.Dataset,
    ephemeris: Ephemeris,
    *,
    good: np.ndarray | None = None,
    bins: int | None = None,
    detrend: bool | None = None,
) -> Folded:
    """Fold a light curve.

    Parameters
    ----------
    lightcurve, good
        As for `tpfdash.timeseries.periodogram.box_periodogram`.
    ephemeris : Ephemeris
    bins : int, optional
        Over the whole period. Default: six in a duration, 500 at most; 60 without a duration.
    detrend : bool, optional
        Whether to take a slow trend off first, learned beside the events. Default: where the
        ephemeris has a duration.

    Returns
    -------
    Folded

    Raises
    ------
    TPFError
        Where there is no light curve to fold, no ephemeris, or `bins` is no number of bins.
    """
    if not isinstance(ephemeris, Ephemeris):
        raise TPFError(
            f"A {type(ephemeris).__name__} is no ephemeris: it should be a tpfdash.Ephemeris."
        )
    dips = bool(np.isfinite(ephemeris.duration))
    if bins is None:
        wanted = _IN_DURATION * ephemeris.period / ephemeris.duration if dips else _WITHOUT
        bins = int(np.clip(round(wanted), 1, _MOST_BINS))
    bins = check_count(bins, "bins")
    scale, apart = np.nan, None
    if dips if detrend is None else detrend:
        scale = max(_SLOWER * ephemeris.duration, _QUICKEST) if dips else ephemeris.period
        time = lightcurve["time"].values if "time" in getattr(lightcurve, "variables", ()) else None
        apart = ephemeris.inside(time) if dips and time is not None else None
    series = ready(lightcurve, good, scale, apart=apart, rays=False, fewest=2)
    base = 1.0 if series.relative else 0.0
    phase = ephemeris.phase(series.time)
    order = np.argsort(phase, kind="stable")
    arrays: dict[str, Any] = {
        "phase": phase[order],
        "flux": series.flux[order] + base,
        "flux_err": series.flux_err[order],
        "cadence": series.cadence[order].astype(np.int64),
        "epoch": ephemeris.epoch(series.time).astype(np.int64)[order],
        **_bins(phase[order], series.flux[order], series.flux_err[order], bins, base),
    }
    for values in arrays.values():
        values.flags.writeable = False
    return Folded(
        ephemeris=ephemeris,
        **arrays,
        **(_depths(series, ephemeris) if dips else _NO_DEPTHS),
        detrended=series.trend_scale,
        relative=series.relative,
    )


def _bins(
    phase: np.ndarray, flux: np.ndarray, error: np.ndarray, bins: int, base: float
) -> dict[str, np.ndarray]:
    """Means in equal stretches of phase, by weight."""
    which = np.clip(np.floor((phase + 0.5) * bins), 0, bins - 1).astype(np.int64)
    weight = error**-2.0
    count = np.bincount(which, minlength=bins)
    held = count > 0
    total = np.bincount(which, weight, bins)[held]
    mean = np.bincount(which, weight * flux, bins)[held] / total
    square = np.bincount(which, weight * flux**2, bins)[held] / total
    many = count[held]
    scatter = np.sqrt(np.clip(square - mean**2, 0, None) / np.maximum(many - 1, 1))
    return {
        "bin_phase": ((np.arange(bins) + 0.5) / bins - 0.5)[held],
        "bin_flux": mean + base,
        "bin_flux_err": np.maximum(total**-0.5, np.where(many > 3, scatter, 0.0)),
        "bin_count": many.astype(np.int64),
    }


_NO_DEPTHS: dict[str, Any] = {
    **dict.fromkeys(
        (
            "depth",
            "depth_err",
            "depth_odd",
            "depth_odd_err",
            "depth_even",
            "depth_even_err",
            "odd_even_sigma",
        ),
        np.nan,
    ),
    "n_events": 0,
}


def _depths(series: Series, ephemeris: Ephemeris) -> dict[str, Any]:
    middle = replace(ephemeris, duration=_MIDDLE * ephemeris.duration)
    red = float(red_noise(series, np.array([middle.duration]))[0])
    epochs, depth, err = event_depths(series, middle, red)
    all_of_them = _mean(depth, err)
    odd, even = (_mean(depth[epochs % 2 == n], err[epochs % 2 == n]) for n in (1, 0))
    return {
        "depth": all_of_them[0],
        "depth_err": all_of_them[1],
        "depth_odd": odd[0],
        "depth_odd_err": odd[1],
        "depth_even": even[0],
        "depth_even_err": even[1],
        "odd_even_sigma": abs(odd[0] - even[0]) / float(np.hypot(odd[1], even[1])),
        "n_events": int(epochs.size),
    }


def _mean(depth: np.ndarray, err: np.ndarray) -> tuple[float, float]:
    """Mean by weight, and its error: by the scatter of the events where that is larger."""
    if not depth.size:
        return np.nan, np.nan
    weight = err**-2.0
    mean = float(weight @ depth / weight.sum())
    formal = float(weight.sum() ** -0.5)
    if depth.size < 4:
        return mean, formal
    chi2 = float(weight @ (depth - mean) ** 2) / (depth.size - 1)
    return mean, formal * max(1.0, float(np.sqrt(chi2)))
