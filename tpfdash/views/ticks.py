"""The ticks of events on a time axis: when, their numbers, and which are measured now."""

from __future__ import annotations

import numpy as np

from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows
from tpfdash.views.kinds import EVENT_COLOR, STACK_COLOR

__all__ = ["event_ticks"]


@follows("shown_events", "windows")
def event_ticks(inspector: Inspector) -> dict[str, np.ndarray]:
    """The events that are shown, in order of time.

    Returns
    -------
    dict
        `t`: days; `n`: the number in the list, from "1"; `c`: the colour, by whether the event is
        the window, or stacked with it.
    """
    listed, windows = inspector.listed, set(inspector.windows)
    shown = [(n, listed[n]) for n in inspector.shown_events]
    return {
        "t": np.array([event.time for _, event in shown], dtype=np.float64),
        "n": np.array([str(n + 1) for n, _ in shown], dtype=object),
        "c": np.array(
            [STACK_COLOR if e.window in windows else EVENT_COLOR for _, e in shown], dtype=object
        ),
    }
