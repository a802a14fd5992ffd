"""Columns of a regression of a light curve: slow curves in time, what goes with the pointing."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.interpolate import BSpline

from tpfdash.timeseries.series import BREAK_GAP, pieces

__all__ = ["Hats", "polynomial", "robust_fit", "slow_columns", "spline", "varying"]

#: Cadences that a piece needs for each of the numbers of a slow curve.
_FEWEST = 3
#: Of the fit: first with weights that fall slowly, from these on with those that end at 0.
_ITERATIONS, _BIWEIGHT_FROM = 15, 4
#: The fit is done when no misfit changes by so many standard deviations.
_SETTLED = 0.01
#: In standard deviations (Huber's and Tukey's, at 95 % of the efficiency of least squares).
_HUBER, _BIWEIGHT = 1.345, 10.0
#: Of the mean square of the columns; keeps apart what the cadences do not tell apart.
_RIDGE = 1e-8
#: By what share of itself the function of the pointing changes from node to node.
_CHANGE = 0.3
#: The penalty on changes at first and at most, of the mean square of the columns.
_STIFFEST = 1e4


def slow_columns(
    times: np.ndarray, timescale: float, break_gap: float = BREAK_GAP
) -> sparse.csr_array:
    """Cubic B-splines in time, for each piece its own, with knots about a timescale apart.

    Parameters
    ----------
    times : float64 array (n,)
        Ascending, days.

    Returns
    -------
    sparse float64 array (n, column)
    """
    blocks = []
    for piece in pieces(times, break_gap):
        own = times[piece]
        length = own[-1] - own[0]
        intervals = max(1, round(length / timescale))
        intervals = min(intervals, max(own.size // _FEWEST - 3, 1))
        if own.size < 4 * _FEWEST or not length > 0:
            blocks.append(sparse.csr_array(np.ones((own.size, 1))))
            continue
        blocks.append(sparse.csr_array(_splines(own, np.linspace(own[0], own[-1], intervals + 1))))
    return sparse.csr_array(sparse.block_diag(blocks, format="csr"))


def _splines(x: np.ndarray, knots: np.ndarray) -> sparse.csr_array:
    """Cubic B-splines at x, which is within the first and the last knot."""
    padded = np.concatenate([np.repeat(knots[0], 3), knots, np.repeat(knots[-1], 3)])
    return BSpline.design_matrix(np.clip(x, knots[0], knots[-1]), padded, 3)


def spline(x: np.ndarray, known: np.ndarray, bins: int) -> np.ndarray:
    """Cubic B-splines in a place, with as many cadences between two knots as between others.

    Parameters
    ----------
    x : float64 array (n,)
        Finite; what is beyond the known ones is taken to be at their end.
    known : float64 array
        The places that are known.
    bins : int
        Between knots.

    Returns
    -------
    float64 array (n, bins + 2), or less where many places are the same
        Without the constant: of `known`, the mean of each is 0. Of one place alone it is 0.
    """
    knots = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)))
    if knots.size < 2:
        return np.zeros((x.size, 1))
    usual = np.asarray(_splines(known, knots).mean(axis=0)).ravel()
    # They add up to 1 everywhere: without one of them, no constant can be made of the others.
    return (_splines(x, knots).toarray() - usual)[:, 1:]


def polynomial(places: np.ndarray, known: np.ndarray, order: int) -> np.ndarray:
    """Powers and products of two places up to an order, without the constant.

    Parameters
    ----------
    places, known : float64 arrays (n, 2), (m, 2)
        Finite. What is beyond the known ones is taken to be at their end.

    Returns
    -------
    float64 array (n, column); of `known`, the mean of each column is 0
    """
    low, high = known.min(axis=0), known.max(axis=0)
    middle, scale = known.mean(axis=0), np.maximum(known.std(axis=0), 1e-12)

    def columns(at: np.ndarray) -> np.ndarray:
        row, col = ((np.clip(at, low, high) - middle) / scale).T
        powers = [(a - b, b) for a in range(1, order + 1) for b in range(a + 1)]
        return np.stack([row**a * col**b for a, b in powers], axis=1)

    return columns(places) - columns(known).mean(axis=0)


class Hats:
    """Straight lines between nodes in time, by which a number changes from one node to the next.

    Parameters
    ----------
    times : float64 array (n,)
        Ascending, days: each of their pieces has nodes at its ends.
    spacing : float
        Days between nodes, about.
    """

    def __init__(self, times: np.ndarray, spacing: float, break_gap: float = BREAK_GAP) -> None:
        made = []
        for piece in pieces(times, break_gap):
            first, last = times[piece.start], times[piece.stop - 1]
            intervals = round((last - first) / spacing)
            made.append(
                np.linspace(first, last, intervals + 1)
                if intervals
                else np.array([(first + last) / 2])
            )
        self.nodes = np.concatenate(made)

    def changes(self, k: int) -> sparse.csr_array:
        """What takes k numbers a node, as `varying` has them, to their changes to the next node."""
        steps = sparse.eye_array(self.nodes.size, format="csr")
        steps = steps[1:] - steps[:-1]
        return sparse.csr_array(sparse.kron(steps, sparse.eye_array(k)))

    def __call__(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The two nodes about each time, int (n, 2), and the share of each, float64 (n, 2).

        Beyond all nodes the nearest counts alone.
        """
        if self.nodes.size == 1:
            alone = np.zeros((times.size, 1), dtype=int)
            return alone, np.ones((times.size, 1))
        right = np.clip(np.searchsorted(self.nodes, times), 1, self.nodes.size - 1)
        left = right - 1
        share = (times - self.nodes[left]) / (self.nodes[right] - self.nodes[left])
        share = np.clip(share, 0.0, 1.0)
        return np.stack([left, right], axis=1), np.stack([1 - share, share], axis=1)


def varying(columns: np.ndarray, times: np.ndarray, hats: Hats) -> sparse.csr_array:
    """Columns whose numbers change with time along straight lines from node to node.

    Parameters
    ----------
    columns : float64 array (n, column)
    times : float64 array (n,)

    Returns
    -------
    sparse float64 array (n, node times column)
    """
    n, k = columns.shape
    nodes, shares = hats(times)
    values = (shares[:, :, None] * columns[:, None, :]).reshape(n, -1)
    places = (nodes[:, :, None] * k + np.arange(k)).reshape(n, -1)
    starts = np.arange(0, values.size + 1, max(values.shape[1], 1))[: n + 1]
    shape = n, hats.nodes.size * k
    return sparse.csr_array((values.ravel(), places.ravel(), starts), shape=shape)


def robust_fit(
    slow: sparse.csr_array,
    fast: sparse.csr_array,
    changes: sparse.csr_array,
    values: np.ndarray,
    *,
    multiplied: bool,
) -> tuple[np.ndarray, float]:
    """Fit values by slow columns and fast ones, whose numbers change little from node to node.

    Least squares by weights that fall with the misfit (Huber's, then Tukey's biweight), so that
    neither flares nor transits nor damaged cadences count; and a penalty on changes, which are
    expected to be a share of what the fast columns make on the whole.

    Parameters
    ----------
    slow, fast : sparse float64 arrays (n, column)
    changes : sparse float64 array (change, column)
        Of `Hats.changes`.
    values : float64 array (n,)
    multiplied : bool
        Whether the fast columns are to be multiplied by what the slow ones make, which should be
        about 1.

    Returns
    -------
    numbers : float64 array (column,)
        Of the fast columns.
    criterion : float
        Schwarz's (1978): the less the better, of fits of the same values.
    """
    split, n = slow.shape[1], values.size
    weights, trend, size = np.ones(n), np.ones(n), 0.0
    numbers = np.zeros(split + fast.shape[1])
    penalty = np.zeros((numbers.size, numbers.size))
    penalty[split:, split:] = (changes.T @ changes).toarray()
    strength, misfit, scale = np.inf, np.zeros(n), 1.0
    for iteration in range(_ITERATIONS):
        own = fast.multiply(trend[:, None]) if multiplied else fast
        every = sparse.hstack([slow, own], format="csr")
        weighted = every.multiply(weights[:, None]).tocsr()
        told = (every.T @ weighted).toarray()
        usual = max(float(np.trace(told)) / len(told), 1e-300)
        gram = told + min(strength, _STIFFEST * usual) * penalty
        gram[np.diag_indices(len(gram))] += _RIDGE * usual
        numbers = np.linalg.solve(gram, weighted.T @ values)
        trend = slow @ numbers[:split]
        before, misfit = misfit, np.abs(values - every @ numbers)
        scale = max(1.4826 * float(np.median(misfit)), 1e-15)
        if iteration < _BIWEIGHT_FROM:
            weights = np.minimum(1.0, _HUBER * scale / np.maximum(misfit, 1e-300))
        else:
            weights = np.clip(1 - (misfit / (_BIWEIGHT * scale)) ** 2, 0, None) ** 2
            if np.abs(misfit - before).max() < _SETTLED * scale:
                break
        if iteration == 1:  # with numbers that hardly change
            made = fast @ numbers[split:]
            size = max(1.4826 * float(np.median(np.abs(made - np.median(made)))), 1e-15)
        if iteration >= 1:
            strength = (scale / (_CHANGE * size)) ** 2
    free = float(np.trace(np.linalg.solve(gram, told)))  # how many numbers the penalty leaves
    return numbers[split:], 2 * n * np.log(scale) + free * np.log(n)
