"""A file's cadences along time: what quality flags leave out, which is next, which nearest."""

from __future__ import annotations

from functools import cached_property

import numpy as np

__all__ = ["Timeline", "nearest_to", "pulled", "step_from"]


class Timeline:
    """The times and quality flags of a file's cadences; it holds no choice of the user's.

    Parameters
    ----------
    time : float array (time,)
        Days; NaN where a cadence has no time.
    quality : int array (time,)
    """

    def __init__(self, time: np.ndarray, quality: np.ndarray):
        self.time = time
        self.quality = quality

    @cached_property
    def clock(self) -> np.ndarray:
        """The latest time up to each cadence, so that a stretch of time is a slice of cadences.

        float64 (time,), ascending; NaN before the first cadence that has a time.
        """
        return np.fmax.accumulate(np.where(np.isfinite(self.time), self.time, np.nan))

    @cached_property
    def span(self) -> tuple[float, float] | None:
        """(first, last) time; None where no cadence has one."""
        timed = self.time[np.isfinite(self.time)]
        return (float(timed.min()), float(timed.max())) if timed.size else None

    def flagged(self, bits: int) -> np.ndarray:
        """bool (time,): the cadences whose QUALITY has any of `bits`, of 32, set."""
        return (self.quality & np.uint32(bits & 0xFFFFFFFF).astype(self.quality.dtype)) != 0

    def flag_counts(self) -> list[tuple[int, int]]:
        """(bit, number of cadences) of each quality flag that occurs, lowest bit first."""
        present = int(np.bitwise_or.reduce(self.quality))
        return [
            (bit, int(np.count_nonzero(self.flagged(bit))))
            for bit in (1 << n for n in range(32))
            if present & bit
        ]

    def first(self, good: np.ndarray) -> int:
        """The first cadence of `good`, bool (time,), that has a time; 0 where there is none."""
        kept = np.flatnonzero(good & np.isfinite(self.time))
        return int(kept[0]) if kept.size else 0

    def in_order(self, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(cadence, time) of those of `which`, bool (time,), that have a time, in order of time."""
        index = np.flatnonzero(np.isfinite(self.time) & which)
        index = index[np.argsort(self.time[index], kind="stable")]
        return index, self.time[index]

    def next_flagged(self, bits: int, cadence: int, back: bool = False) -> int:
        """The next cadence after this one, round again from the first, that has any of `bits` set.

        `back`: the one before it, round again from the last. The cadence itself where there is
        none.
        """
        hits = np.flatnonzero(self.flagged(bits))
        if not hits.size:
            return cadence
        if back:
            before = hits[hits < cadence]
            return int(before[-1] if before.size else hits[-1])
        after = hits[hits > cadence]
        return int(after[0] if after.size else hits[0])


def step_from(cadence: int, n: int, stops: np.ndarray) -> int:
    """`n` stops on from a cadence (back, if negative), as far as there are stops on that side.

    Parameters
    ----------
    stops : int array, ascending
        The cadences that count.
    """
    if n > 0:
        ahead = stops[np.searchsorted(stops, cadence, "right") :]
    else:
        ahead = stops[: np.searchsorted(stops, cadence, "left")][::-1]
    return int(ahead[min(abs(n), ahead.size) - 1]) if n and ahead.size else cadence


def nearest_to(time: float, drawn: np.ndarray, times: np.ndarray) -> int | None:
    """Which of the cadences `drawn`, with their ascending `times`, is nearest; None of none."""
    if not drawn.size or not np.isfinite(time):
        return None
    after = int(np.searchsorted(times, time))
    around = np.arange(max(after - 1, 0), min(after + 1, drawn.size))
    return int(drawn[around[np.argmin(np.abs(times[around] - time))]])


def pulled(
    stretch: tuple[float, float], time: float, span: tuple[float, float]
) -> tuple[float, float]:
    """A stretch of time moved, as wide as it is, so that a time beyond it comes into it.

    The time is then a quarter of the width from the end that it was beyond the other of, so that
    the next ones in the same direction need no further move; but the stretch does not go further
    than the span, unless it is wider than that. NaN moves nothing.
    """
    low, high = stretch
    if not (time < low or time > high):
        return stretch
    width = high - low
    low = time - (0.25 if time > high else 0.75) * width
    low = max(min(low, span[1] - width), span[0])
    return low, low + width
