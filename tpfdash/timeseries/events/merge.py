"""What was found more than once, or in parts: each event is one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tpfdash.timeseries.events.filters import Filter, Sums
from tpfdash.timeseries.events.rest import BESIDE, Found, Rest
from tpfdash.timeseries.events.scale import Scale
from tpfdash.timeseries.events.shapes import UNCLEAR, UNRESOLVED

__all__ = ["merged", "paired"]

#: Something this much weaker that touches a stronger event is the rest of it, and so is what lies
#: by more than this share within it.
_REST, _OVERLAP = 0.5, 0.5
#: Two opposite steps whose heights differ by no more than this share are one event's ends.
_ALIKE = 0.35
#: Slots between two steps from which on each is seen by itself.
_FEWEST = 3


def paired(
    rest: Rest, scale: Scale, found: Sequence[Found], longest: int, min_snr: float
) -> list[Found]:
    """Events, those that are two opposite steps being one that lies between them.

    What the light curve says of them together is measured again: a step that was none has left an
    opposite one behind when it was taken out.

    Parameters
    ----------
    longest : int
        Slots between two steps that belong together, at most.
    """
    steps = sorted((event for event in found if event.kind == "step"), key=lambda e: e.place)
    made, n = [event for event in found if event.kind != "step"], 0
    while n < len(steps):
        first, last = steps[n], steps[min(n + 1, len(steps) - 1)]
        apart, left = last.place - first.place, abs(first.height + last.height)
        opposite = first.height * last.height < 0
        error = math.hypot(first.error, last.error)
        alike = left <= max(_ALIKE * max(abs(first.height), abs(last.height)), 2 * error)
        one: Found | None = first
        if opposite and alike and 0 < apart <= longest:
            one = _between(rest, scale, first, last)
            n += 1
        elif opposite and apart < max(first.core.length, last.core.length):
            one = _net(rest, scale, first, last)
            n += 1
        if one is not None and one.snr >= min_snr:
            made.append(one)
        n += 1
    return made


def _as_it_was(rest: Rest, first: Found, last: Found, reach: int) -> tuple[Sums, int]:
    """Sums of the flux with two steps in it, and their first slot."""
    low, high = max(first.place - reach, 0), last.place + reach
    flux = rest.flux[low:high].copy()
    for step in (first, last):
        flux[step.place - low :] += step.height
    beside = [max(1, step.core.length // BESIDE) for step in (first, last)]
    weight = rest.put_back(max(first.place - beside[0], 0), last.place + beside[1])
    return Sums(flux, weight[low:high], 2 * reach), low


def _between(rest: Rest, scale: Scale, first: Found, last: Found) -> Found | None:
    """The event between two opposite steps, by its two ends or as a whole."""
    apart = last.place - first.place
    sums, low = _as_it_was(rest, first, last, 6 * apart + 32)
    flank = scale.nearest("box", apart).flank
    response = Filter("box", apart, flank).respond(sums, np.array([first.place - low]))
    factor = scale.factor("box", np.array([apart]), first.place, response.sides)
    height, error = float(response.height[0]), float(response.error[0] * factor[0])
    snr, shape = abs(height) / error if np.isfinite(error) else 0.0, UNRESOLVED
    if apart >= _FEWEST:
        shape = UNCLEAR
        # No level is longer than the event; what each end says by the best of those filters.
        filters = [each.filter for each in scale.scaled if each.filter.kind == "step"]
        filters = [core for core in filters if core.length <= apart]
        ends = [_end(sums, scale, filters, step.place, low) for step in (first, last)]
        together = math.hypot(*(abs(each) / its for each, its in ends))
        if together > snr:
            (h0, e0), (h1, e1) = ends
            height, error, snr = (h0 - h1) / 2, abs(h0 - h1) / 2 / together, together
            shape = "box"
    if not height * first.height > 0:
        return None
    core = first.core if first.snr >= last.snr else last.core
    return Found("box", first.place, last.place, core, first.place, height, error, snr, shape)


def _end(
    sums: Sums, scale: Scale, filters: Sequence[Filter], place: int, low: int
) -> tuple[float, float]:
    """Height and error of a step by that filter which sees it best."""
    best = 0.0, np.inf
    for core in filters:
        response = core.respond(sums, np.array([place - low]))
        error = float(response.error[0]) * scale.factor_at("step", core.length, place)
        height = float(response.height[0])
        if abs(height) / error > abs(best[0]) / best[1]:
            best = height, error
    return best


def _net(rest: Rest, scale: Scale, first: Found, last: Found) -> Found:
    """Of two steps too near for a level between them, what is left in the end, as one."""
    step = first if first.snr >= last.snr else last
    low, high = step.core.reach()
    sums, start = _as_it_was(rest, first, last, high - low + 32)
    height, error = _end(sums, scale, [step.core], step.place, start)
    return replace(step, height=height, error=error, snr=abs(height) / error)


def merged(found: Sequence[Found]) -> list[Found]:
    """Events less those that are a part of a stronger one."""
    kept: list[Found] = []
    for event in sorted(found, key=lambda event: (-event.snr, event.start)):
        for number, stronger in enumerate(kept):
            if _is_part(event, stronger):
                kept[number] = _with_part(stronger, event)
                break
        else:
            kept.append(event)
    return kept


def _is_part(event: Found, stronger: Found) -> bool:
    """Whether an event belongs to a stronger one."""
    apart = max(event.start, stronger.start) - min(event.stop, stronger.stop)
    if apart < 0:
        most = _OVERLAP * (event.stop - event.start)
        return -apart > most or _alike(event, stronger)
    touching = apart <= max(1, stronger.length // BESIDE)
    return touching and (_alike(event, stronger) or event.snr < _REST * stronger.snr)


def _alike(one: Found, other: Found) -> bool:
    return one.kind == other.kind == "box" and one.height * other.height > 0


def _with_part(event: Found, part: Found) -> Found:
    """An event whose window holds a part of it too, where that is no longer than itself."""
    if not _alike(event, part) or part.stop - part.start > event.length:
        return event
    return replace(event, start=min(event.start, part.start), stop=max(event.stop, part.stop))
