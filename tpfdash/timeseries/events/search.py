"""Which responses are events: the strongest first, each taken out before the next are looked for.

What is taken out cannot ring in the filters of what lies beside it, and is found once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from tpfdash.timeseries.events.filters import Filter, Sums, box_response
from tpfdash.timeseries.events.merge import merged, paired
from tpfdash.timeseries.events.rest import BESIDE, Found, Rest, filled
from tpfdash.timeseries.events.scale import Scale, Scaled
from tpfdash.timeseries.events.shapes import (
    UNCLEAR,
    UNRESOLVED,
    Shape,
    shape_at_step,
    shape_of,
)

__all__ = ["search"]

#: Places of a filter are far apart: what reaches this share of the S/N wanted is looked at closely.
_NEARLY = 0.9
#: How often what is left is searched at most.
_ROUNDS = 15
#: Lengths and places that are tried about a box, by its length.
_LENGTHS, _PLACES = np.geomspace(0.7, 1.42, 15), np.linspace(-0.5, 0.5, 21)
#: A shape is looked at with so much beside it, by the length of its box.
_CONTEXT = 2.5
#: The levels beside a step are looked at over so many slots at least, since they may be a flare's;
#: and this share of them has to be there.
_NEAR, _SEEN = 12, 0.6
#: A box in place of a step should have this share of its S/N.
_REST = 0.5


def search(
    flux: np.ndarray,
    weight: np.ndarray,
    lengths: Sequence[int],
    min_snr: float,
    tell: Callable[[float], None],
) -> list[Found]:
    """Events in flux on a grid, in order of time.

    Parameters
    ----------
    flux, weight : float64 arrays (slot,)
        A weight of 0 where there is no cadence.
    lengths : sequence of int
        Slots of the filters.
    min_snr : float
    tell : callable
        Called with the share that is done, 0 to 1.
    """
    kinds = [("box", n) for n in lengths] + [("step", n) for n in lengths if n >= 3]
    rest = Rest(flux, weight, max(lengths))
    found: list[Found] = []
    for turn in range(_ROUNDS):
        sums, scaled = rest.sums(), []
        for number, one in enumerate(Scale.measured(sums, kinds)):
            scaled.append(one)
            tell(1 - 0.5 ** (turn + (number + 1) / len(kinds)))
        scale = Scale(scaled)
        new = list(_strongest(rest, sums, scale, min_snr))
        if not new:
            break
        for event in new:
            rest.take_out(event)
        found += new
    final = [
        _measured(rest, scale, event)
        for event in merged(paired(rest, scale, found, max(lengths), min_snr))
    ]
    return sorted((event for event in final if event.snr >= min_snr), key=lambda event: event.start)


def _strongest(rest: Rest, sums: Sums, scale: Scale, min_snr: float) -> Iterator[Found]:
    """Events that no stronger one lies within the filter of."""
    taken = np.zeros(sums.size, dtype=bool)
    rows = _candidates(scale.scaled, _NEARLY * min_snr)
    for _, place, number in rows:
        filter = scale.scaled[number].filter
        low, high = filter.reach()
        if taken[max(place + low, 0) : max(place + high, 0)].any():
            continue
        event = _refined(rest, sums, scale, filter, place, min_snr)
        # It may have turned out to lie beside its filter.
        if event is not None and not taken[max(event.start - 1, 0) : event.stop + 1].any():
            taken[event.start : event.stop] = True
            yield event


def _candidates(scaled: Sequence[Scaled], least: float) -> list[tuple[float, int, int]]:
    """(S/N, place, number of the filter) of the responses that stand out, strongest first."""
    rows = []
    for number, one in enumerate(scaled):
        snr = np.abs(one.snr)
        if not snr.size:
            continue
        peak = snr >= least
        peak[1:] &= snr[1:] >= snr[:-1]
        peak[:-1] &= snr[:-1] >= snr[1:]
        rows += [(float(snr[at]), one.places[at], number) for at in np.flatnonzero(peak).tolist()]
    return sorted(rows, key=lambda row: (-row[0], row[1], row[2]))


def _refined(
    rest: Rest, sums: Sums, scale: Scale, filter: Filter, place: int, min_snr: float
) -> Found | None:
    """The event at a response: where and as long as it is strongest; None where it is too weak."""
    if filter.kind == "step":
        near = np.arange(place - filter.stride, place + filter.stride + 1)
        step = _step(sums, near, [filter], scale, min_snr)
        return None if step is None else _settled(rest, sums, scale, step, min_snr)
    found = _box(sums, scale, filter, place, min_snr)
    if found is None:
        return None
    shape = _shape(rest, scale, found, rest.weight)
    if shape.name == "step":
        steps = [one.filter for one in scale.scaled if one.filter.kind == "step"]
        step = _step(sums, round(shape.start) + np.arange(-1, 2), steps, scale, min_snr)
        return found if step is None else _settled(rest, sums, scale, step, min_snr)
    return _widened(found, shape, rest.weight)


def _settled(rest: Rest, sums: Sums, scale: Scale, step: Found, min_snr: float) -> Found:
    """A step, or what looks like one from near: an event that begins or ends there."""
    piece = _piece(rest, step)
    if piece is not None:
        return piece
    length = max(step.core.length, _NEAR)
    low, high = replace(step.core, length=length).reach()
    slots = filled(rest.weight, step.place + low, step.place + high)
    shape = shape_at_step(slots, rest.flux[slots], rest.weight[slots], step.place, length)
    if shape.name == "step":
        exact = _step(sums, np.array([int(shape.start)]), [step.core], scale, min_snr)
        return exact or step
    start, stop = shape.whole()
    box = _box(sums, scale, scale.nearest("box", stop - start), start, min_snr)
    if box is not None and box.snr >= _REST * step.snr:
        shape = _shape(rest, scale, box, rest.weight)
        return box if shape.name == "step" else _widened(box, shape, rest.weight)
    # What is too long, or too slow, to stand out of the noise by itself may have an edge that does.
    sign = 1 if abs(start - step.place) < abs(stop - step.place) else -1
    seen = replace(step, kind="box", height=sign * step.height, shape=shape.name)
    return _ended(seen, start, stop, rest.weight)


def _piece(rest: Rest, step: Found) -> Found | None:
    """What lies between a step and a gap or an event, too near for a level; None if nothing is."""
    place, weight = step.place, rest.weight
    for start, stop, sign in ((place, place + _NEAR, 1), (place - _NEAR, place, -1)):
        slots = filled(weight, start, stop)
        if slots.size < _SEEN * _NEAR:
            shape = UNRESOLVED if slots.size < _NEAR // 3 else UNCLEAR
            piece = replace(step, kind="box", height=sign * step.height, shape=shape)
            return _ended(piece, start, stop, weight)
    return None


def _step(
    sums: Sums, places: np.ndarray, filters: Sequence[Filter], scale: Scale, min_snr: float
) -> Found | None:
    """The strongest step of some filters at some places; None where none is strong enough."""
    best: Found | None = None
    places = places[(places > 0) & (places < sums.size)]
    if not places.size:
        return None
    for core in filters:
        response = core.respond(sums, places)
        factor = scale.factor_at("step", core.length, int(places[0]))
        snr = np.abs(response.strength) / factor
        at = int(snr.argmax())
        if snr[at] >= max(min_snr, best.snr if best else 0):
            place = int(places[at])
            height, error = float(response.height[at]), float(response.error[at] * factor)
            best = Found(
                "step", place - 1, place + 1, core, place, height, error, float(snr[at]), "step"
            )
    return best


def _box(sums: Sums, scale: Scale, filter: Filter, place: int, min_snr: float) -> Found | None:
    """The strongest box about as long as a filter and near a place; None if it is too weak."""
    lengths = np.unique(np.rint(filter.length * _LENGTHS).astype(np.int64))
    shifts = np.unique(np.rint(filter.length * _PLACES).astype(np.int64))
    length = np.repeat(lengths, shifts.size)
    places = place + np.tile(shifts, lengths.size) + (filter.length - length) // 2
    inside = (places >= 0) & (places + length <= sums.size)
    length, places = length[inside], places[inside]
    if not length.size:
        return None
    response = box_response(sums, places, length, filter.flank)
    factor = scale.factor("box", length, place, response.sides)
    snr = np.abs(response.strength) / factor
    at = int(snr.argmax())
    if not snr[at] >= min_snr:
        return None
    start, size = int(places[at]), int(length[at])
    height, error = float(response.height[at]), float(response.error[at] * factor[at])
    core = Filter("box", size, filter.flank)
    return Found("box", start, start + size, core, start, height, error, float(snr[at]), UNRESOLVED)


def _shape(rest: Rest, scale: Scale, event: Found, weight: np.ndarray) -> Shape:
    """The shape of a box."""
    low, high = event.core.reach()
    start, length = event.place, event.core.length
    beside = round(_CONTEXT * length)
    slots = filled(weight, start + min(low, -beside), start + max(high, length + beside))
    factor = scale.factor_at("box", length, start)
    return shape_of(slots, rest.flux[slots], weight[slots], start, start + length, factor)


def _widened(event: Found, shape: Shape, weight: np.ndarray) -> Found:
    """The event with the window of its shape, which ends where cadences do."""
    start, stop = shape.whole()
    stop = max(stop, event.place + event.core.length)
    return _ended(replace(event, shape=shape.name), min(start, event.place), stop, weight)


def _ended(event: Found, start: int, stop: int, weight: np.ndarray) -> Found:
    """The event with a window that ends where cadences do."""
    slots = filled(weight, start, stop)
    if slots.size:
        start, stop = int(slots[0]), int(slots[-1]) + 1
    return replace(event, start=start, stop=stop)


def _measured(rest: Rest, scale: Scale, event: Found) -> Found:
    """An event as all others are taken out."""
    if event.kind != event.core.kind:
        return event
    low, high = event.core.reach()
    near = slice(max(event.place + low, 0), max(event.place + high, 0))
    beside = max(1, (event.stop - event.start) // BESIDE)
    weight = rest.put_back(max(event.start - beside, 0), event.stop + beside)
    sums = Sums(rest.flux[near], weight[near], 8 * event.core.length + 32)
    response = event.core.respond(sums, np.array([event.place - near.start]))
    if not response.sides[0]:
        return event
    height = float(response.height[0])
    if event.kind == "step":
        height += event.height
    factor = scale.factor(event.kind, np.array([event.core.length]), event.place, response.sides)
    error = float(response.error[0] * factor[0])
    if not np.isfinite(error) or height * event.height <= 0:
        return event
    made = replace(event, height=height, error=error, snr=abs(height) / error)
    if event.kind == "step" or (shape := _shape(rest, scale, made, weight)).name == "step":
        return made
    wide = _widened(made, shape, weight)
    return replace(wide, start=min(wide.start, event.start), stop=max(wide.stop, event.stop))
