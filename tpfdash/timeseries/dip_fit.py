"""A dip that comes again, fitted to the cadences: period, time, duration and depth with errors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import least_squares
from scipy.special import erf

from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.timeseries.prepared import Series, red_noise

__all__ = ["event_depths", "fit_dip"]

#: How far from an event's middle cadences are fitted, in durations.
_REACH = 1.5
#: A straight ingress of length L is as steep as an error function of scale L over this: both have
#: the same standard deviation.
_RAMP = np.sqrt(6.0)
#: Where the cadences do not tell how long ingress is: this share of the duration, and its logarithm
#: give or take so much. Noise would else make edges steep, and times surer than they are.
_INGRESS, _INGRESS_ERR = 0.12, 0.5
#: Least share of an event's cadences without which its depth is not told.
_COVERED = 0.5


def event_depths(
    series: Series, ephemeris: Ephemeris, red: float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How deep each event is.

    Parameters
    ----------
    series : Series
    ephemeris : Ephemeris
        With a duration.
    red : float
        What errors of white noise are multiplied by, for the noise on the scale of the duration.

    Returns
    -------
    epochs : int64 array (event,)
        Of the events that have half of their cadences or more.
    depth, depth_err : float64 arrays (event,)
        Mean below 0 within the duration, and its error.
    """
    inside = np.flatnonzero(ephemeris.inside(series.time))
    number = ephemeris.epoch(series.time[inside]).astype(np.int64)
    epochs, which, count = np.unique(number, return_inverse=True, return_counts=True)
    weight = series.flux_err[inside] ** -2.0
    total = np.bincount(which, weight, epochs.size)
    depth = -np.bincount(which, weight * series.flux[inside], epochs.size) / np.maximum(
        total, 1e-300
    )
    there = count >= max(1.0, _COVERED * (ephemeris.duration / series.days - 1))
    return epochs[there], depth[there], red * total[there] ** -0.5


def fit_dip(series: Series, start: Ephemeris) -> Ephemeris:
    """The ephemeris near one found on a grid that fits the cadences best, with errors.

    A box whose edges are error functions, as a trapezoid smeared over the exposure nearly is, with
    one level outside: least squares in period, time, duration, ingress and depth, over the
    cadences within one and a half durations of an event. Errors are those of the linear model at
    the best fit, times the red noise on the scale of the duration (`red_noise`, against the level
    beside) or the root of the reduced chi2, whichever is larger.

    Parameters
    ----------
    series : Series
        Cadences, or bins much shorter than the duration.
    start : Ephemeris

    Returns
    -------
    Ephemeris
        t0 is that of the event nearest to the mean time of what was fitted, where it is known best.
        The duration is from first to last contact. Where the fit does not hold it is `start`.
    """
    near = np.abs(start.phase(series.time)) * start.period <= _REACH * start.duration
    time, flux, error = (values[near] for values in (series.time, series.flux, series.flux_err))
    if time.size < 8:
        return start
    start = start.near(float(time.mean()))
    epoch = start.epoch(time)
    model = _dip(time - start.t0, epoch)
    shortest = series.days / _RAMP
    first = np.array(
        [
            start.period,
            0.0,
            start.duration,
            max(_INGRESS * start.duration, 1.01 * shortest),
            start.depth if start.depth > 0 else 1e-6,
            0.0,
        ]
    )
    lower = first - [0, start.duration, 0.7 * start.duration, np.inf, np.inf, np.inf]
    upper = first + [0, start.duration, 1.0 * start.duration, np.inf, np.inf, np.inf]
    # No event may drift by more than a duration.
    reach = start.duration / max(float(np.ptp(epoch)), 1.0)
    lower[0], upper[0] = start.period - reach, start.period + reach
    lower[2] = max(lower[2], series.days / 2)
    upper[2] = max(min(upper[2], 0.9 * start.period), 1.01 * start.duration)
    lower[3], upper[3] = shortest, max(start.duration, 2 * shortest)
    usual = max(_INGRESS * start.duration, shortest)

    def residual(x: np.ndarray) -> np.ndarray:
        return np.append((model(x)[0] - flux) / error, np.log(x[3] / usual) / _INGRESS_ERR)

    def slopes(x: np.ndarray) -> np.ndarray:
        made = model(x)[1] / error[:, None]
        return np.vstack([made, [0, 0, 0, 1 / (_INGRESS_ERR * x[3]), 0, 0]])

    scale = np.array([reach, start.duration, start.duration, usual, first[4], first[4]])
    best = least_squares(
        residual, np.clip(first, lower, upper), slopes, (lower, upper), x_scale=scale, max_nfev=40
    )
    # At a bound a number is not told by the data: the others are as if it were known.
    free = best.active_mask == 0
    free[[0, 1, 4]] = True
    if float(np.ptp(epoch)) == 0:
        free[0] = False
    jacobian = best.jac[:, free]
    covariance = np.full((6, 6), np.nan)
    try:
        covariance[np.ix_(free, free)] = np.linalg.inv(jacobian.T @ jacobian)
    except np.linalg.LinAlgError:
        return start
    period, t0, duration, ingress, depth, _ = best.x.tolist()
    if not (0 < duration < period and depth > 0):
        return start
    red = float(red_noise(series, np.array([duration]), beside=True)[0])
    chi2 = 2 * best.cost / max(time.size - int(free.sum()), 1)
    factor = max(red, np.sqrt(chi2))
    err = np.sqrt(np.clip(covariance.diagonal(), 0, None)) * factor
    whole = duration + _RAMP * ingress
    return Ephemeris(
        period,
        start.t0 + t0,
        min(whole, 0.95 * period),
        depth,
        float(err[0]),
        float(err[1]),
        float(np.hypot(np.nan_to_num(err[2]), _RAMP * np.nan_to_num(err[3]))),
        float(err[4]),
        start.name,
    )


def _dip(
    time: np.ndarray, epoch: np.ndarray
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The light of a dip and its slopes by (period, t0, duration, ingress, depth, level).

    Times count from t0 of the start, epochs are whole.
    """

    def made(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        period, t0, duration, scale, depth, level = x
        # The period's change moves an event by as many times as it is counted from t0.
        away = time - t0 - epoch * period
        up, down = (away + duration / 2) / scale, (away - duration / 2) / scale
        shape = (erf(up) - erf(down)) / 2
        rising, falling = np.exp(-(up**2)), np.exp(-(down**2))
        norm = depth / (np.sqrt(np.pi) * scale)
        by_time = -norm * (rising - falling)
        slopes = np.stack(
            [
                -by_time * epoch,
                -by_time,
                -norm * (rising + falling) / 2,
                norm * (rising * up - falling * down),
                -shape,
                np.ones_like(away),
            ],
            axis=1,
        )
        return level - depth * shape, slopes

    return made
