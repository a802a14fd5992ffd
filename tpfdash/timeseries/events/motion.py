"""Taking off what the pointing does to the flux: K2's roll, and what else follows POS_CORR."""

from __future__ import annotations

import numpy as np

from tpfdash.timeseries.events.noise import scatter

__all__ = ["without_motion"]

#: Days of a window in which flux and position go together in one way, and cadences at least.
_WINDOW, _FEWEST = 6.0, 100
#: Days from knot to knot of the trend beside it.
_KNOTS = 0.75
#: The scatter has to fall to this share of what it was.
_GAIN = 0.95
#: Positions are used between these quantiles, and by up to this power along the roll.
_ENDS, _POWER = (0.003, 0.997), 3
#: Iterations of the robust fit; its weights are Tukey's biweight (Beaton & Tukey 1974).
_ITERATIONS, _TUKEY = 6, 4.685
#: Cadences that a window is fitted on at most.
_POINTS = 3000


def without_motion(
    time: np.ndarray, flux: np.ndarray, position: np.ndarray
) -> tuple[np.ndarray, float]:
    """Flux with its dependence on the position taken off, where that makes it quieter.

    In windows of 6 days, each overlapping the next by half, flux is fitted robustly as a trend
    (straight lines between knots 0.75 d apart), a cubic of the position along the line that it
    mostly moves on, a straight line across it, and their product. What was fitted of the position
    is taken off where the scatter about the fit falls by 5 % or more.

    Parameters
    ----------
    time, flux : float64 arrays (n,)
        Ascending, finite.
    position : float array (n, 2)
        Pixels; NaN where not known.

    Returns
    -------
    flux : float64 array (n,)
    gain : float
        The largest factor by which the scatter fell in a window; 1 where nothing was taken off.
    """
    known = np.isfinite(position).all(axis=1)
    if np.count_nonzero(known) < _FEWEST or not np.ptp(position[known], axis=0).any():
        return flux, 1.0
    terms = _terms(position, known)
    total, weights, best = np.zeros(flux.size), np.zeros(flux.size), 1.0
    for start in np.arange(time[0] - _WINDOW / 2, time[-1], _WINDOW / 2):
        inside = np.flatnonzero((time >= start) & (time < start + _WINDOW) & known)
        if inside.size < _FEWEST:
            continue
        effect, gain = _effect(time[inside], flux[inside], terms[inside])
        # Each window counts most in its middle.
        hat = 1 - np.abs(time[inside] - start - _WINDOW / 2) / (_WINDOW / 2) + 1e-6
        total[inside] += hat * effect
        weights[inside] += hat
        best = max(best, gain)
    if best == 1:
        return flux, 1.0
    fitted = np.flatnonzero(weights > 0)
    effect = np.interp(np.arange(flux.size), fitted, total[fitted] / weights[fitted])
    return flux - effect, best


def _terms(position: np.ndarray, known: np.ndarray) -> np.ndarray:
    """What flux may depend on, of about unit size: float64 (n, 5); 0 where not known."""
    low, high = np.quantile(position[known], _ENDS, axis=0)
    place = np.where(known[:, None], np.clip(position, low, high), (low + high) / 2)
    place = place - np.median(place[known], axis=0)
    _, _, axes = np.linalg.svd(place[known], full_matrices=False)
    along, across = (place @ axes.T).T
    along, across = (x / max(scatter(x[known]), 1e-12) for x in (along, across))
    powers = [along**power for power in range(1, _POWER + 1)]
    return np.stack([*powers, across, along * across], axis=1)


def _effect(time: np.ndarray, flux: np.ndarray, terms: np.ndarray) -> tuple[np.ndarray, float]:
    """What of the flux of one window goes with the terms, and the factor that it scatters less."""
    knots = np.arange(time[0], time[-1] + _KNOTS, _KNOTS)
    trend = np.clip(1 - np.abs(time[:, None] - knots) / _KNOTS, 0, None)
    trend = trend[:, trend.any(axis=0)]
    some = slice(None, None, -(-time.size // _POINTS))
    level = np.median(flux)
    values = flux - level
    terms = terms - terms.mean(axis=0)
    columns = np.hstack([trend, terms])
    _, before = _robust_fit(trend[some], values[some])
    solution, after = _robust_fit(columns[some], values[some])
    if not after < _GAIN * before:
        return np.zeros(time.size), 1.0
    return terms @ solution[trend.shape[1] :], float(before / after) if after > 0 else np.inf


def _robust_fit(columns: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, float]:
    """A fit that outliers have no part in, and the scatter about it for its degrees of freedom."""
    weights = np.ones(values.size)
    solution, spread = np.zeros(columns.shape[1]), 0.0
    for _ in range(_ITERATIONS):
        weighted = columns * weights[:, None]
        normal = columns.T @ weighted
        normal[np.diag_indices_from(normal)] += 1e-9 * max(np.trace(normal), 1e-30)
        solution = np.linalg.solve(normal, weighted.T @ values)
        rest = values - columns @ solution
        spread = scatter(rest)
        if not spread > 0:
            break
        weights = np.clip(1 - (rest / (_TUKEY * spread)) ** 2, 0, None) ** 2
    free = max(values.size - columns.shape[1], 1)
    return solution, spread * np.sqrt(values.size / free)
