"""What depths of single events say together: their mean, and whether they are of one kind."""

from __future__ import annotations

import numpy as np

__all__ = ["mean_depth", "strength"]

#: An event's depth may differ from the others' by this share: stars have spots, and boxes no limb.
_UNLIKE = 0.1
#: From so many events on their median tells what is typical. Half of a Gaussian's absolute values
#: are below so many standard deviations.
_MANY, _HALF = 4, 0.6744897501960817
#: An event further from the median than so many sigma counts as if it were at that; the mean of
#: like events is this far above the median at most, but for chance.
_FAR, _ABOVE_MEDIAN = 3.0, 1.3


def mean_depth(depth: np.ndarray, err: np.ndarray) -> tuple[float, float]:
    """Mean of depths by their errors, and its error."""
    weight = err**-2.0
    return float(weight @ depth / weight.sum()), float(weight.sum() ** -0.5)


def strength(depth: np.ndarray, err: np.ndarray) -> tuple[float, float]:
    """Strength and consistency of events' depths, as `BoxPeak` of `box_search` explains them.

    Parameters
    ----------
    depth, err : float64 arrays (event,)

    Returns
    -------
    strength : float
        0 with less than two events.
    consistency : float
        NaN with less than two events.
    """
    if depth.size < 2:
        return 0.0, np.nan
    others = np.arange(depth.size) != int(np.argmax(depth / err))
    if depth.size < _MANY:
        mean, _ = mean_depth(depth, err)
        apart = (depth - mean) / np.hypot(err, _UNLIKE * mean)
        consistency = float((apart**2).sum() / (depth.size - 1))
        typical, typical_err = mean_depth(depth[others], err[others])
    else:
        middle = float(np.median(depth))
        own = np.hypot(err, _UNLIKE * middle)
        consistency = (float(np.median(np.abs(depth - middle) / own)) / _HALF) ** 2
        near = np.clip(depth, middle - _FAR * own, middle + _FAR * own)
        typical, typical_err = mean_depth(near[others], err[others])
        typical = min(typical, _ABOVE_MEDIAN * middle)
    return typical / typical_err / max(1.0, consistency) ** 0.5, consistency
