"""Windows of time, and a file's cadences in order of time. No pixel is looked at here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from tpfdash.errors import NO_NUMBER, TPFError

__all__ = ["Window", "as_windows", "cadence_length", "known_of", "usable_cadences"]

Window = tuple[float, float]
_Known = TypeVar("_Known")
#: Two windows are of the same event where they share this much of what they take together.
_SAME = 0.5


def as_windows(windows: Window | Sequence[Window]) -> list[Window]:
    """One window or several as a list of (t0, t1), in order, those that overlap made one.

    Each cadence then counts once, however often it was marked.

    Raises
    ------
    TPFError
        Where these are no pairs of finite numbers.
    """
    try:
        ends = np.atleast_2d(np.asarray(windows, dtype=np.float64))
    except NO_NUMBER:
        ends = np.empty(0)
    if ends.ndim != 2 or ends.shape[1] != 2 or not np.isfinite(ends).all():
        raise TPFError(
            f"the window is {windows!r}: it should be (t0, t1), two finite numbers, or several."
        )
    made: list[Window] = []
    for t0, t1 in sorted(np.sort(ends, axis=1).tolist()):
        if made and t0 <= made[-1][1]:
            made[-1] = made[-1][0], max(t1, made[-1][1])
        else:
            made.append((t0, t1))
    return made


def usable_cadences(time: np.ndarray, good: np.ndarray) -> np.ndarray:
    """The cadences of `good`, bool (time,), that have a time, in order of time: int array."""
    index = np.flatnonzero(good & np.isfinite(time))
    return index[np.argsort(time[index], kind="stable")]


def cadence_length(times: np.ndarray) -> float:
    """The usual step between ascending times, in days; NaN where there is none."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    return float(np.median(steps)) if steps.size else np.nan


def known_of(windows: Sequence[Window], known: Mapping[Window, _Known]) -> list[_Known | None]:
    """What is known of each window: of itself, or of one that is mostly the same.

    What is found again, in another light curve, may begin or end a cadence later.
    """
    asked = set(windows)
    others = {window: what for window, what in known.items() if window not in asked}
    return [known[one] if one in known else _nearly(one, others) for one in windows]


def _nearly(window: Window, known: Mapping[Window, _Known]) -> _Known | None:
    best = max(known, key=lambda other: _shared(window, other), default=window)
    return known[best] if best in known and _shared(window, best) > _SAME else None


def _shared(one: Window, other: Window) -> float:
    """The share of what two windows take together that lies in both."""
    both = min(one[1], other[1]) - max(one[0], other[0])
    whole = max(one[1], other[1]) - min(one[0], other[0])
    return both / whole if both > 0 else 0.0
