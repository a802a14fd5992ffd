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
#: Values that differ by this share of the level are the same.
_ROUNDING = 1e-12
#: Numbers that are worked on at a time: 8 MB.
_BLOCK = 2**20


class Trend(NamedTuple):
    """A trend at some times.

    Parameters
    ----------
    level : float64 array
        In the unit of the flux.
    scatter : float64 array
        Of single cadences about it in a window: 1.4826 times the median absolute deviation.
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

    In each window it is the biweight location (Beers et al. 1990, AJ 100, 32) of the flux less a
    straight line, which is 0 in the middle of the window and goes from the median of its earlier
    half to that of its later half: a slope hides no outlier, and bends nothing at the ends of
    pieces. Windows follow each other by an eightieth of their length, or by a cadence if that is
    longer, with straight lines between them.

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
    blocks = [slice(begin, begin + step) for begin in range(0, nodes.size, step)]
    for some in blocks:
        level[some] = _locations(times, flux, nodes[some], first[some], last[some])
    away = np.abs(flux - np.interp(times, nodes, level))
    for some in blocks:
        values, count = _in_windows(away, first[some], last[some])
        scatter[some] = 1.4826 * _median(values, count)
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
        wanted = np.searchsorted(own, np.arange(own[0], own[-1], window_length * _STEP))
        which[np.minimum(wanted, own.size - 1)] = which[-1] = True
        middle = own[which]
        first = piece.start + np.searchsorted(own, middle - half, "left")
        last = piece.start + np.searchsorted(own, middle + half, "right")
        made.append((middle, number[first], number[last]))
    middles, firsts, lasts = zip(*made, strict=True)
    return np.concatenate(middles), np.concatenate(firsts), np.concatenate(lasts)


def _in_windows(
    series: np.ndarray, first: np.ndarray, last: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Each window's part of a series, (window, cadence) with NaN at the end, and how many it is."""
    index = first[:, None] + np.arange(int((last - first).max()))
    values = np.where(index < last[:, None], series[np.minimum(index, series.size - 1)], np.nan)
    return values, last - first


def _locations(
    times: np.ndarray, flux: np.ndarray, nodes: np.ndarray, first: np.ndarray, last: np.ndarray
) -> np.ndarray:
    """The level in each window: float64 array (window,)."""
    values, count = _in_windows(flux, first, last)
    # Where all that is kept lies on one side, the line is not carried on beyond it.
    middle = np.clip(nodes, times[first], times[last - 1])
    away = _in_windows(times, first, last)[0] - middle[:, None]
    values -= _slopes(values, away, count)[:, None] * away
    level = _median(values, count)
    deviation = _median(np.abs(values - level[:, None]), count)
    for _ in range(ITERATIONS):
        weights = _weights(values - level[:, None], deviation, level)
        level = np.nansum(values * weights, axis=1) / weights.sum(axis=1)
    return level


def _slopes(values: np.ndarray, away: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The slope from the median of each window's earlier half to that of its later half."""
    half = count // 2
    earlier = np.arange(values.shape[1]) < half[:, None]
    middles = []
    for series in (values, away):
        parts = np.where(earlier, series, np.nan), np.where(earlier, np.nan, series)
        middles.append(_median(parts[1], count - half) - _median(parts[0], np.maximum(half, 1)))
    rise, run = middles
    # Of a single cadence there is no earlier half.
    return np.divide(rise, run, out=np.zeros(len(count)), where=run > 0)


def _weights(misfit: np.ndarray, deviation: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Tukey's biweight of each value, 0 of NaN; where half of all values are the same, of those."""
    scale = np.maximum(TUNING * deviation, _ROUNDING * np.abs(level) + 1e-150)[:, None]
    distance = np.minimum(np.abs(misfit) / scale, 1.0)
    return np.nan_to_num((1 - distance**2) ** 2)


def _median(values: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Median along axis 1 of the first `count` values once those are in order and NaN is last."""
    ordered = np.sort(values, axis=1)
    middle = np.maximum([(count - 1) // 2, count // 2], 0).T
    return np.take_along_axis(ordered, middle, axis=1).mean(axis=1)
