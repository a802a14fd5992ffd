"""Windows of time as cadences: which are in a window, and which beside it are its flanks.

Whatever is measured of an event is measured on these cadences. No pixel is looked at here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tpfdash.errors import TPFError

__all__ = [
    "Place",
    "Shape",
    "Window",
    "as_windows",
    "cadence_length",
    "nothing_beside",
    "nothing_in",
    "places",
    "usable_cadences",
]

Window = tuple[float, float]
#: Cadences of the flank before, of the window and of the flank after.
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Place:
    """A window and its two flanks, as positions among the usable cadences in order of time.

    Parameters
    ----------
    before, begin, end, after : int
        One flank is `before` to `begin`, the window `begin` to `end`, the other flank `end` to
        `after`, ends not included.
    """

    before: int
    begin: int
    end: int
    after: int

    @property
    def shape(self) -> Shape:
        """How many cadences the flank before, the window and the flank after have."""
        return self.begin - self.before, self.end - self.begin, self.after - self.end


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
    except (TypeError, ValueError):
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


def places(times: np.ndarray, windows: Sequence[Window]) -> list[Place]:
    """Where windows are among the usable cadences.

    A flank has as many cadences as its window, the nearest ones. It holds none of another window,
    and none further off than twice the window's length and a cadence: what lies beyond a gap has a
    level of its own. Windows without a cadence, or with none beside them, are left out.

    Parameters
    ----------
    times : float array
        Of the usable cadences, ascending.
    windows : sequence of (t0, t1)
        As `as_windows` gives them.

    Raises
    ------
    TPFError
        Where no window is left.
    """
    step = cadence_length(times)
    begins = [int(np.searchsorted(times, t0, "left")) for t0, _ in windows]
    ends = [int(np.searchsorted(times, t1, "right")) for _, t1 in windows]
    found, wrong = [], ""
    for number, (t0, t1) in enumerate(windows):
        begin, end = begins[number], ends[number]
        n = end - begin
        if not n:
            wrong = wrong or nothing_in((t0, t1))
            continue
        first = ends[number - 1] if number else 0
        last = begins[number + 1] if number + 1 < len(windows) else times.size
        if np.isfinite(step):
            reach = (2 * n + 1.5) * step
            first = max(first, int(np.searchsorted(times, times[begin] - reach)))
            last = min(last, int(np.searchsorted(times, times[end - 1] + reach, "right")))
        place = Place(max(begin - n, first), begin, end, min(end + n, last))
        if place.after - place.before > n:
            found.append(place)
        else:
            wrong = wrong or nothing_beside((t0, t1))
    if not found:
        raise TPFError(wrong)
    return found


def nothing_in(window: Window) -> str:
    """What is wrong with a window without a cadence."""
    t0, t1 = window
    return (
        f"the window {t0:.4f} to {t1:.4f} holds no usable cadence: it should span at least one "
        "that the quality choice keeps."
    )


def nothing_beside(window: Window) -> str:
    """What is wrong with a window that can be compared with nothing."""
    t0, t1 = window
    return (
        f"there is no usable cadence beside the window {t0:.4f} to {t1:.4f} to compare with: it "
        "should be narrower than the stretch of the light curve that it is in."
    )
