"""Events of a stitched light curve, as those of one of its segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tpfdash.timeseries.events.found import FoundEvent, FoundEvents

__all__ = ["events_of_segment"]


def events_of_segment(
    found: FoundEvents,
    which: Sequence[int],
    cadence: np.ndarray,
    *,
    days: float = 0.0,
    level: float = 1.0,
    meta: Mapping[str, Any],
) -> FoundEvents:
    """Some events of a stitched light curve, as if they had been found in one segment of it.

    Parameters
    ----------
    found : FoundEvents
    which : sequence of int
        The events, by their numbers from 0.
    cadence : int array (time,)
        For each cadence of the stitched light curve its number in the segment, -1 in another.
    days : float
        Added to times: from the stitched light curve's clock to the segment's.
    level : float
        What the segment's flux was divided by.
    meta : mapping
        What is to be said of the segment, in place of what `found` says.

    Returns
    -------
    FoundEvents
        Ranked among themselves; windows that reach beyond the segment have its cadences alone.
    """
    ranked = sorted(found[n].rank for n in which)
    made = [
        _own(found[n], cadence, days, level, 1 + ranked.index(found[n].rank)) for n in sorted(which)
    ]
    return FoundEvents(made, dict(found.meta) | dict(meta))


def _own(
    event: FoundEvent, cadence: np.ndarray, days: float, level: float, rank: int
) -> FoundEvent:
    inside = cadence[event.first : event.last + 1]
    inside = inside[inside >= 0]
    return replace(
        event,
        rank=rank,
        time=event.time + days,
        start=event.start + days,
        end=event.end + days,
        depth=event.depth * level,
        depth_err=event.depth_err * level,
        first=int(inside.min()),
        last=int(inside.max()),
    )
