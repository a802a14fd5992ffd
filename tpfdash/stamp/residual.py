"""What a frame would be if nothing happened in it: the local median, like pointing to like.

Taking it off shows what moves or changes within hours. What a frame is of other columns is
`tpfdash.stamp.columns`; the difference between a window and the time beside it is
`tpfdash.diagnose`.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from tpfdash.missions import get_mission
from tpfdash.stamp.blocks import finite_median

__all__ = ["local_median", "reference_cadences"]

#: Days between two cadences at least, 0.1 s: the times of damaged files come near 0.
_SHORTEST = 1e-6

#: Days to each side from which the references are taken, and within which none is taken: what
#: moves is still on the same pixels there. In 29.4 min cadences 12, and the nearest neighbour.
_SPAN = 0.25
_GAP = 0.031
#: How many references at most: their median is five times less noisy than a frame.
_MOST = 24

#: Where the pointing rolls there and back every 6 h (K2): days to each side, 8 cycles, and how many
#: cadences of them are taken, those that were pointed most alike. On EPIC 210994964 the scatter of
#: the star's pixel falls from 22 to 3 e-/s against the nearest 24 cadences; on EPIC 211983544,
#: which varies by itself, its largest tenth falls from 29 to 21. Cadences as long after a thruster
#: firing are no better than the nearest ones: where there is no POS_CORR those have to do.
_ROLL_SPAN = 2.0
_ROLL_MOST = 16


def local_median(tpf: xr.Dataset, cadence: int) -> np.ndarray:
    """The median of the cadences that one is to be compared with, pixel by pixel.

    Returns
    -------
    float64 array (row, col), e-/s; NaN where the file has no value in any of them, or has none of
    them. Of a lazy cube only these cadences are read.
    """
    frames = tpf["flux"].variable[reference_cadences(tpf, cadence)].values
    if not len(frames):
        return np.full(frames.shape[1:], np.nan)
    return finite_median(frames.reshape(len(frames), -1)).reshape(frames.shape[1:])


def reference_cadences(tpf: xr.Dataset, cadence: int) -> np.ndarray:
    """The cadences near in time that show what one would be without what happened in it.

    Up to 24 spread over 6 h to each side, without the 45 min around the cadence, in which what
    moves has not left its pixels; in a mission whose pointing rolls, the 16 most alike in POS_CORR
    within 2 days. Those that the mission's default quality mask keeps, or all where it keeps none.

    Returns
    -------
    int array, ascending; empty where the file has no other cadence.
    """
    step = _step(tpf["time"].values, cadence)
    gap = max(1, int(_GAP / step))
    if get_mission(tpf.attrs["mission"]).rolls:
        near = _around(tpf, cadence, round(_ROLL_SPAN / step), gap)
        apart = _apart(tpf, cadence, near)
        if np.isfinite(apart).sum() >= _ROLL_MOST:  # NaN goes last
            return np.sort(near[np.argsort(apart, kind="stable")[:_ROLL_MOST]])
    near = _around(tpf, cadence, round(_SPAN / step), gap)
    picks = np.linspace(0, near.size - 1, min(_MOST, near.size)).round().astype(int)
    return near[picks]


def _step(time: np.ndarray, cadence: int) -> float:
    """Days from one cadence to the next, as a rule, near one; 29.4 min where nothing says so."""
    steps = np.diff(time[max(cadence - 25, 0) : cadence + 26])
    steps = steps[np.isfinite(steps) & (steps > 0)]
    return max(float(np.median(steps)), _SHORTEST) if steps.size else 0.0204


def _around(tpf: xr.Dataset, cadence: int, span: int, gap: int) -> np.ndarray:
    """The cadences up to `span` from one, but for those up to `gap` from it."""
    first = max(cadence - max(span, 12), 0)
    quality = tpf["quality"].values[first : cadence + max(span, 12) + 1]
    cadences = first + np.arange(quality.size)
    bits = get_mission(tpf.attrs["mission"]).bitmask("default")
    for around in (gap, 1):  # in a file of few minutes there are none further away
        away = np.abs(cadences - cadence) > around
        for kept in (quality & bits == 0, True):
            if (found := away & kept).any():
                return cadences[found]
    return cadences[:0]


def _apart(tpf: xr.Dataset, cadence: int, others: np.ndarray) -> np.ndarray:
    """How far the pointing of others is from one's, in pixels; NaN where the file does not say."""
    distance = np.zeros(others.size)
    for name in ("pos_corr1", "pos_corr2"):
        if name not in tpf:
            return np.full(others.size, np.nan)
        place = tpf[name].values
        distance = np.hypot(distance, place[others] - float(place[cadence]))
    return distance
