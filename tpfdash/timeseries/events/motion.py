"""Taking off what the pointing does to the flux: K2's roll, and what else follows POS_CORR."""

from __future__ import annotations

import numpy as np

from tpfdash.timeseries.events.noise import scatter

__all__ = ["without_motion"]

#: Days of a window in which flux and position go together in one way, and cadences at least.
_WINDOW, _FEWEST = 6.0, 100
#: Days from knot to knot of the trend beside it.
_KNOTS = 0.75
#: The scatter has to fall to this share of what it was, with each further curve as well.
_GAIN = 0.93
#: A cubic is not asked for more than what lies between these quantiles of the positions.
_ENDS = (0.01, 0.99)
#: Places along the roll between which the flux may bend, and cadences that each of them needs.
_BENDS, _CADENCES_A_BEND = (0, 8, 20), 10
#: Bends next to each other are held together by so much, by the weight of a cadence.
_STIFF = 0.3
#: Iterations of the robust fit; its weights are Tukey's biweight (Beaton & Tukey 1974).
_ITERATIONS, _TUKEY = 6, 4.685
#: Cadences that a window is fitted on at most.
_POINTS = 3000


def without_motion(
    time: np.ndarray, flux: np.ndarray, position: np.ndarray
) -> tuple[np.ndarray, float]:
    """Flux with its dependence on the position taken off, where that makes it quieter.

    In windows of 6 days, each overlapping the next by half, flux is fitted robustly as a trend
    (straight lines between knots 0.75 d apart), a curve of the position along the line that it
    mostly moves on, a straight line across it, and one that turns along it. The curve is a cubic,
    or straight lines between 8 or 20 places, as self-flat-fielding has it (Vanderburg & Johnson
    2014): each in turn where the scatter about the fit falls by another 7 %. What goes with the
    position is then taken off.

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
    along, across = _line(position, known)
    total, weights, best = np.zeros(flux.size), np.zeros(flux.size), 1.0
    for start in np.arange(time[0] - _WINDOW / 2, time[-1], _WINDOW / 2):
        inside = slice(*np.searchsorted(time, [start, start + _WINDOW]))
        inside = np.flatnonzero(known[inside]) + inside.start
        if inside.size < _FEWEST:
            continue
        effect, gain = _effect(time[inside], flux[inside], along[inside], across[inside])
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


def _line(position: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far along and across the line that it mostly moves on, of about unit size."""
    place = position - np.median(position[known], axis=0)
    _, _, axes = np.linalg.svd(place[known], full_matrices=False)
    along, across = (np.where(known[:, None], place, 0) @ axes.T).T
    return along / _size(along[known]), across / _size(across[known])


def _size(values: np.ndarray) -> float:
    return max(scatter(values), 1e-12)


def _effect(
    time: np.ndarray, flux: np.ndarray, along: np.ndarray, across: np.ndarray
) -> tuple[np.ndarray, float]:
    """What of a window's flux goes with the position, and the factor that it scatters less."""
    knots = np.arange(time[0], time[-1] + _KNOTS, _KNOTS)
    some = slice(None, None, -(-time.size // _POINTS))
    trend = np.clip(1 - np.abs(time[some, None] - knots) / _KNOTS, 0, None)
    trend = trend[:, trend.any(axis=0)]
    values = flux[some] - np.median(flux)
    _, before = _robust_fit(trend, values, np.zeros(trend.shape[1]))
    best, effect = before, np.zeros(time.size)
    for bends in _BENDS:
        if bends * _CADENCES_A_BEND > values.size:
            break
        curve, stiff = _curve(along, bends)
        terms = np.hstack([curve, np.stack([across, along * across], axis=1)])
        middle = terms[some].mean(axis=0)
        columns = np.hstack([trend, terms[some] - middle])
        loose = np.zeros(columns.shape[1])
        loose[trend.shape[1] : trend.shape[1] + stiff] = _STIFF
        solution, after = _robust_fit(columns, values, loose)
        if after < _GAIN * best:
            best, effect = after, (terms - middle) @ solution[trend.shape[1] :]
    if best == before:
        return effect, 1.0
    return effect, float(before / best) if best > 0 else np.inf


def _curve(along: np.ndarray, bends: int) -> tuple[np.ndarray, int]:
    """What the flux may do along the roll, float64 (n, columns), and how many columns bend."""
    if not bends:
        x = np.clip(along, *np.quantile(along, _ENDS))
        return np.stack([x, x**2, x**3], axis=1), 0
    places = np.unique(np.quantile(along, np.linspace(0, 1, bends)))
    return _hats(along, places), places.size


def _hats(x: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The share of each place in what lies between it and the next: float64 (x, places)."""
    made = np.zeros((x.size, places.size))
    if places.size < 2:
        return made
    cell = np.clip(np.searchsorted(places, x, "right") - 1, 0, places.size - 2)
    share = np.clip((x - places[cell]) / (places[cell + 1] - places[cell]), 0, 1)
    rows = np.arange(x.size)
    made[rows, cell], made[rows, cell + 1] = 1 - share, share
    return made


def _robust_fit(
    columns: np.ndarray, values: np.ndarray, loose: np.ndarray
) -> tuple[np.ndarray, float]:
    """A fit that outliers have no part in, and the scatter about it for its degrees of freedom.

    `loose` says of each column by how much it is to differ little from the next one.
    """
    weights = np.ones(values.size)
    solution, spread = np.zeros(columns.shape[1]), 0.0
    bound = np.diag(loose) - np.diag(loose[:-1], 1)
    ends = np.flatnonzero(loose)
    bound = bound[ends[:-1]] if ends.size else bound[:0]
    held = bound.T @ bound
    for _ in range(_ITERATIONS):
        weighted = columns * weights[:, None]
        normal = columns.T @ weighted + held
        normal[np.diag_indices_from(normal)] += 1e-9 * max(np.trace(normal), 1e-30)
        solution = np.linalg.solve(normal, weighted.T @ values)
        rest = values - columns @ solution
        spread = scatter(rest)
        if not spread > 0:
            break
        weights = np.clip(1 - (rest / (_TUKEY * spread)) ** 2, 0, None) ** 2
    free = max(values.size - columns.shape[1], 1)
    return solution, spread * np.sqrt(values.size / free)
