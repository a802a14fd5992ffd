"""The slow part of a light curve: a spline that outliers and short dips do not pull."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.interpolate import BSpline
from scipy.sparse import diags
from scipy.sparse.linalg import spsolve

__all__ = ["slow_trend"]

#: Medians in a spline's piece: enough to stand for the cadences, few enough to be quick.
_MEDIANS = 24
#: A gap of so many days ends a piece of light curve: what comes after it may have another level.
_GAP = 0.5
#: Rounds of the fit: of absolute values first, which deep events do not pull, then by weights that
#: leave out what is further off than so many robust scatters (Tukey's biweight).
_FIRST_ROUNDS, _ROUNDS, _CUT = 4, 4, 4.685
#: The scatter is taken to be this share of what the values range over, at least.
_LEAST_SCATTER = 1e-3
#: How stiff the spline is where it has no data, by what the data weigh.
_STIFF = 1e-8


def slow_trend(
    time: np.ndarray,
    flux: np.ndarray,
    scale: float,
    fitted: np.ndarray | None = None,
    *,
    gap: float = _GAP,
) -> np.ndarray:
    """What of a light curve is slower than a scale.

    A cubic spline with a knot about every `scale` days, on its own on each side of a gap.

    Parameters
    ----------
    time : float64 array (n,)
        Days, ascending, finite.
    flux : float64 array (n,)
        Finite.
    scale : float
        Days. Dips that noise hides keep their depth where they last a tenth of it, and four fifths
        of it where they last three tenths; those that stand out keep more.
    fitted : bool array (n,), optional
        The cadences to learn it from; the others are crossed. Default: all.
    gap : float
        Days without a cadence from which on a new piece begins.

    Returns
    -------
    float64 array (n,)
    """
    fitted = np.ones(time.size, dtype=bool) if fitted is None else fitted
    trend = np.empty(time.size)
    begins = np.append(0, np.flatnonzero(np.diff(time) > gap) + 1)
    for begin, end in zip(begins, np.append(begins[1:], time.size), strict=True):
        piece = slice(begin, end)
        trend[piece] = _piece(time[piece], flux[piece], scale, fitted[piece])
    return trend


def _piece(time: np.ndarray, flux: np.ndarray, scale: float, fitted: np.ndarray) -> np.ndarray:
    if not fitted.any():  # nothing else is known of it
        fitted = np.ones(time.size, dtype=bool)
    at, middle = _medians(time[fitted], flux[fitted], scale / _MEDIANS)
    span = time[-1] - time[0]
    # A piece shorter than the scale bends less.
    degree = min(3, int(4 * span / scale), at.size - 1)
    if degree < 1:
        return np.full(time.size, np.median(flux[fitted]))
    inner = max(round(span / scale), 1)
    edges = np.linspace(time[0], time[-1], inner + 1)
    knots = np.concatenate([[edges[0]] * degree, edges, [edges[-1]] * degree])
    spline = BSpline(knots, _robust(at, middle, knots, degree), degree)
    return spline(time)


def _medians(time: np.ndarray, flux: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Median of time and flux in bins of a width: float64 arrays, without empty bins."""
    if np.median(np.diff(time, prepend=time[0])) >= width:
        return time, flux
    bins = np.floor((time - time[0]) / width).astype(np.int64)
    made = pd.DataFrame({"time": time, "flux": flux}).groupby(bins).median()
    return made["time"].to_numpy(), made["flux"].to_numpy()


def _robust(at: np.ndarray, values: np.ndarray, knots: np.ndarray, degree: int) -> np.ndarray:
    """Coefficients of a spline, by least squares with weights that outliers have none of."""
    design = BSpline.design_matrix(at, knots, degree)
    n = design.shape[1]
    level = float(np.median(values))
    stiff = 1e-3 * diags(np.ones(n))
    if n > 2:
        bend = diags([1.0, -2.0, 1.0], [0, 1, 2], shape=(n - 2, n)).tocsr()
        stiff = stiff + bend.T @ bend
    stiff = _STIFF * at.size / n * stiff
    coefficients, weights = np.zeros(n), np.ones(at.size)
    least = max(_LEAST_SCATTER * float(np.ptp(np.quantile(values, [0.05, 0.95]))), 1e-30)
    for number in range(_FIRST_ROUNDS + _ROUNDS):
        weighed = design.T @ diags(weights)
        coefficients = spsolve((weighed @ design + stiff).tocsc(), weighed @ (values - level))
        apart = np.abs(values - level - design @ coefficients)
        scatter = max(1.4826 * float(np.median(apart)), least)
        if number < _FIRST_ROUNDS:
            weights = scatter / np.maximum(apart, scatter)
        else:
            weights = np.clip(1 - (apart / (_CUT * scatter)) ** 2, 0, None) ** 2
    return coefficients + level
