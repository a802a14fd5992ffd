"""The slow trend of a light curve: a running biweight location that knows gaps and edges.

What is done with the trend is `tpfdash.timeseries.flatten` and `tpfdash.timeseries.outliers`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tpfdash.timeseries.series import BREAK_GAP, pieces

__all__ = ["Trend", "running_trend"]

#: Values further from the middle than so many times the median absolute deviation do not count
#: (Hippke et al. 2019, AJ 158, 143, find 5 best for transits).
TUNING = 5.0
#: How often the middle is found anew with the weights of the one before.
ITERATIONS = 3
#: A window is moved on by this share of its length at most.
_STEP = 1 / 80
#: Numbers that are worked on at a time: 8 MB.
_BLOCK = 2**20


class Trend(NamedTuple):
    """A trend at some times.

    Parameters
    ----------
    level : float64 array
        In the unit of the flux.
    scatter : float64 array
        Of single cadences about it: 1.4826 times the median absolute deviation.
    """

    level: np.ndarray
    scatter: np.ndarray


def running_trend(
    times: np.ndarray,
    flux: np.ndarray,
    window_length: float,
    *,
    kept: np.ndarray | None = None,
    break_gap: float = BREAK_GAP,
    at: np.ndarray | None = None,
) -> Trend:
    """The trend of a light curve, from windows that are no longer than its pieces.

    In each window it is the biweight location (Beers et al. 1990, AJ 100, 32) of the flux. Where a
    window's cadences do not lie evenly about its middle, at the ends of pieces and at gaps, a
    straight line with the same weights carries the location to the middle. Windows follow each
    other by an eightieth of their length, or by a cadence if that is longer, with straight lines
    between them.

    Parameters
    ----------
    times, flux : float64 arrays (n,)
        Times ascending, in days; all finite.
    window_length : float
        Days.
    kept : bool array (n,), optional
        Those that the trend is made from. Default: all.
    break_gap : float
        Days without a cadence over which no window reaches.
    at : float array (m,), optional
        Where the trend is wanted. Default: `times`. Between pieces, and where no cadence is kept,
        it is on a straight line between what is known; beyond all that it stays as it is at the
        end.

    Returns
    -------
    Trend
        Of float64 arrays (m,); NaN throughout where no cadence is kept.
    """
    at = times if at is None else at
    kept = np.ones(times.size, dtype=bool) if kept is None else kept
    nodes, first, last = _nodes(times, window_length, kept, break_gap)
    times, flux = times[kept], flux[kept]
    there = last > first
    nodes, first, last = nodes[there], first[there], last[there]
    if not nodes.size:
        return Trend(*np.full((2, at.size), np.nan))
    level, scatter = np.empty((2, nodes.size))
    step = max(1, _BLOCK // int((last - first).max()))
    for begin in range(0, nodes.size, step):
        some = slice(begin, begin + step)
        level[some], scatter[some] = _locations(times, flux, nodes[some], first[some], last[some])
    return Trend(np.interp(at, nodes, level), np.interp(at, nodes, scatter))


def _nodes(
    times: np.ndarray, window_length: float, kept: np.ndarray, break_gap: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middles of windows, and the first cadence in each and the one after the last, of those kept.

    A cadence just half a window away is in it.
    """
    number = np.concatenate([[0], np.cumsum(kept)])
    half = window_length / 2 * (1 + 1e-9)
    made = []
    for piece in pieces(times, break_gap):
        own = times[piece]
        which = np.zeros(own.size, dtype=bool)
        which[np.searchsorted(own, np.arange(own[0], own[-1], window_length * _STEP))] = True
        which[-1] = True
        middle = own[which]
        first = piece.start + np.searchsorted(own, middle - half, "left")
        last = piece.start + np.searchsorted(own, middle + half, "right")
        made.append((middle, number[first], number[last]))
    middles, firsts, lasts = zip(*made, strict=True)
    return np.concatenate(middles), np.concatenate(firsts), np.concatenate(lasts)


def _locations(
    times: np.ndarray, flux: np.ndarray, nodes: np.ndarray, first: np.ndarray, last: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Level and scatter in each window: float64 arrays (window,)."""
    index = first[:, None] + np.arange(int((last - first).max()))
    inside = index < last[:, None]
    index = np.minimum(index, times.size - 1)
    values = np.where(inside, flux[index], np.nan)
    count = inside.sum(axis=1)
    level = _median(values, count)
    deviation = _median(np.abs(values - level[:, None]), count)
    for _ in range(ITERATIONS):
        weights = _weights(values - level[:, None], deviation)
        level = _mean(values, weights)
    # Where all that is kept lies on one side, the line is not carried on beyond it.
    middle = np.clip(nodes, times[first], times[last - 1])
    away = np.where(inside, times[index] - middle[:, None], 0.0)
    lopsided = np.flatnonzero(np.abs(away.sum(axis=1)) > 1e-3 * count * np.abs(away).max(axis=1))
    if lopsided.size:
        level[lopsided], deviation[lopsided] = _by_line(
            values[lopsided], away[lopsided], count[lopsided], level[lopsided], deviation[lopsided]
        )
    return level, 1.4826 * deviation


def _by_line(
    values: np.ndarray,
    away: np.ndarray,
    count: np.ndarray,
    level: np.ndarray,
    deviation: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Straight lines through windows by biweight weights: their values where `away` is 0.

    The first line goes through the medians of the earlier and the later half of a window: a slope
    that is found with the weights of a constant is too small.
    """
    halves = np.arange(values.shape[1]) < (count // 2)[:, None]
    there = np.isfinite(values)
    number = np.maximum(count // 2, 1), np.maximum(count - count // 2, 1)
    parts = there & halves, there & ~halves
    middles = [_median(np.where(p, values, np.nan), n) for p, n in zip(parts, number, strict=True)]
    at = [_mean(away, part) for part in parts]
    length = at[1] - at[0]
    known = (length > 0) & np.isfinite(middles[0])
    slope = np.divide(middles[1] - middles[0], length, out=np.zeros(len(level)), where=known)
    intercept = _median(values - slope[:, None] * away, count)
    for _ in range(ITERATIONS + 1):
        misfit = values - intercept[:, None] - slope[:, None] * away
        deviation = _median(np.abs(misfit), count)
        weights = _weights(misfit, deviation)
        middle, center = _mean(values, weights), _mean(away, weights)
        from_center = away - center[:, None]
        power = (weights * from_center**2).sum(axis=1)
        along = np.nansum(weights * from_center * values, axis=1)
        slope = np.divide(along, power, out=np.zeros(len(level)), where=power > 0)
        intercept = middle - slope * center
    return intercept, deviation


def _weights(misfit: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Tukey's biweight of each value, 0 of NaN; where half of all values are the same, of those."""
    scale = np.maximum(TUNING * deviation, 1e-300)[:, None]
    with np.errstate(over="ignore"):
        distance = (misfit / scale) ** 2
    return np.where(distance < 1, (1 - np.nan_to_num(distance, nan=1.0, posinf=1.0)) ** 2, 0.0)


def _mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    total = weights.sum(axis=1)
    summed = np.nansum(values * weights, axis=1)
    return np.divide(summed, total, out=np.zeros(len(values)), where=total > 0)


def _median(values: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Median along axis 1 of the first `count` values once those are in order and NaN is last."""
    ordered = np.sort(values, axis=1)
    middle = np.maximum([(count - 1) // 2, count // 2], 0).T
    return np.take_along_axis(ordered, middle, axis=1).mean(axis=1)
