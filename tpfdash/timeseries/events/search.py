"""Which responses are events: the strongest first, each taken out before the next are looked for.

What is taken out cannot ring in the filters of what lies beside it, and is found once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tpfdash.timeseries.events.filters import BOTH, Filter, Sums, box_response
from tpfdash.timeseries.events.scale import Scale, Scaled
from tpfdash.timeseries.events.shapes import UNRESOLVED, Shape, box_in_step, shape_of, whole

__all__ = ["Found", "search"]

#: Places of a filter are far apart: what reaches this share of the S/N wanted is looked at closely.
_NEARLY = 0.9
#: How often what is left is searched at most.
_ROUNDS = 15
#: Lengths and places that are tried about a box, by its length.
_LENGTHS, _PLACES = np.geomspace(0.7, 1.42, 15), np.linspace(-0.5, 0.5, 21)
#: Slots beside an event that are taken out with it, by its length.
_BESIDE = 8
#: Something this much weaker that touches a stronger event is the rest of it; and something much
#: weaker still that is no further away than a few times its length.
_REST, _TAIL, _TAIL_LENGTHS = 0.5, 0.2, 3


@dataclass(frozen=True)
class Found:
    """An event on the grid.

    Parameters
    ----------
    kind : {"box", "step"}
    start, stop : int
        Its slots; of a step, those it is looked at in.
    core : Filter
        The filter that it is strongest in; at `place`.
    place : int
    height, error : float
        In the unit of the flux searched; the error with all noise.
    snr : float
        Not negative.
    shape : str
    """

    kind: str
    start: int
    stop: int
    core: Filter
    place: int
    height: float
    error: float
    snr: float
    shape: str


class _Rest:
    """What is left of a light curve: flux less its steps, and weights without events."""

    def __init__(self, flux: np.ndarray, weight: np.ndarray, longest: int):
        self.flux, self.weight = flux.copy(), weight.copy()
        self._whole = weight
        self._reach = 8 * longest + 32

    def sums(self) -> Sums:
        return Sums(self.flux, self.weight, self._reach)

    def take_out(self, event: Found) -> None:
        """Have no part in what is searched next."""
        if event.kind == "step":
            self.flux[event.place :] -= event.height
            beside = max(1, event.core.length // _BESIDE)
            self.weight[max(event.place - beside, 0) : event.place + beside] = 0
        else:
            beside = (event.stop - event.start) // _BESIDE
            self.weight[max(event.start - beside, 0) : event.stop + beside] = 0

    def put_back(self, start: int, stop: int) -> np.ndarray:
        """The weights with those from `start` to before `stop` as they were."""
        weight = self.weight.copy()
        weight[start:stop] = self._whole[start:stop]
        return weight


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
    rest = _Rest(flux, weight, max(lengths))
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
    final = [_measured(rest, scale, event) for event in _merged(found)]
    return sorted((event for event in final if event.snr >= min_snr), key=lambda event: event.start)


def _strongest(rest: _Rest, sums: Sums, scale: Scale, min_snr: float) -> Iterator[Found]:
    """Events that no stronger one lies within the filter of."""
    taken = np.zeros(sums.size, dtype=bool)
    rows = _candidates(scale.scaled, _NEARLY * min_snr)
    for _, place, number in rows:
        filter = scale.scaled[number].filter
        low, high = filter.reach()
        if taken[max(place + low, 0) : max(place + high, 0)].any():
            continue
        event = _refined(rest, sums, scale, filter, place, min_snr)
        if event is not None:
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
    rest: _Rest, sums: Sums, scale: Scale, filter: Filter, place: int, min_snr: float
) -> Found | None:
    """The event at a response: where and as long as it is strongest; None where it is too weak."""
    if filter.kind == "box":
        return _box(rest, sums, scale, filter, place, min_snr)
    near = np.arange(place - filter.stride, place + filter.stride + 1)
    step = _step(sums, near, [filter], scale, min_snr)
    if step is None:
        return None
    low, high = filter.reach()
    slots = _filled(rest.weight, step.place + low, step.place + high)
    box = box_in_step(slots, rest.flux[slots], rest.weight[slots], step.place, filter.length)
    if box is None:
        return step
    length = box[1] - box[0]
    return _box(rest, sums, scale, scale.nearest("box", length), box[0], min_snr)


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
        factor = float(scale.factor("step", core.length, int(places[0]), BOTH))
        snr = np.abs(response.strength) / factor
        at = int(snr.argmax())
        if snr[at] >= max(min_snr, best.snr if best else 0):
            place = int(places[at])
            height, error = float(response.height[at]), float(response.error[at] * factor)
            best = Found(
                "step", place - 1, place + 1, core, place, height, error, float(snr[at]), "step"
            )
    return best


def _box(
    rest: _Rest, sums: Sums, scale: Scale, filter: Filter, place: int, min_snr: float
) -> Found | None:
    lengths = np.unique(np.rint(filter.length * _LENGTHS).astype(np.int64))
    shifts = np.unique(np.rint(filter.length * _PLACES).astype(np.int64))
    length = np.repeat(lengths, shifts.size)
    places = place + np.tile(shifts, lengths.size) + (filter.length - length) // 2
    inside = (places >= 0) & (places + length <= sums.size)
    length, places = length[inside], places[inside]
    with np.errstate(divide="ignore", invalid="ignore"):
        response = box_response(sums, places, length, filter.flank)
    factor = scale.factor("box", length, place, response.sides)
    snr = np.abs(response.strength) / factor
    at = int(snr.argmax())
    if not snr[at] >= min_snr:
        return None
    core = Filter("box", int(length[at]), filter.flank)
    found = Found(
        "box",
        int(places[at]),
        int(places[at] + length[at]),
        core,
        int(places[at]),
        float(response.height[at]),
        float(response.error[at] * factor[at]),
        float(snr[at]),
        UNRESOLVED,
    )
    shape = _shape(rest, found, rest.weight, float(factor[at]))
    if shape.name == "step":
        steps = [one.filter for one in scale.scaled if one.filter.kind == "step"]
        return _step(sums, round(shape.start) + np.arange(-1, 2), steps, scale, min_snr) or found
    return _widened(found, shape, rest.weight)


def _shape(rest: _Rest, event: Found, weight: np.ndarray, factor: float) -> Shape:
    low, high = event.core.reach()
    slots = _filled(weight, event.place + low, event.place + high)
    return shape_of(
        slots, rest.flux[slots], weight[slots], event.place, event.place + event.core.length, factor
    )


def _filled(weight: np.ndarray, start: int, stop: int) -> np.ndarray:
    """The slots from `start` to before `stop` that have a weight."""
    start = max(start, 0)
    return np.flatnonzero(weight[start : max(stop, 0)]) + start


def _widened(event: Found, shape: Shape, weight: np.ndarray) -> Found:
    """The event with the window of its shape, which ends where cadences do."""
    start, stop = whole(shape)
    start, stop = max(min(start, event.place), 0), max(stop, event.place + event.core.length)
    filled = _filled(weight, start, stop)
    if filled.size:
        start, stop = int(filled[0]), int(filled[-1]) + 1
    return replace(event, start=start, stop=stop, shape=shape.name)


def _merged(found: Sequence[Found]) -> list[Found]:
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
        return True
    if event.snr < _TAIL * stronger.snr and apart <= _TAIL_LENGTHS * stronger.core.length:
        return True
    touching = apart <= max(1, stronger.core.length // _BESIDE)
    return touching and (_alike(event, stronger) or event.snr < _REST * stronger.snr)


def _alike(one: Found, other: Found) -> bool:
    return one.kind == other.kind == "box" and one.height * other.height > 0


def _with_part(event: Found, part: Found) -> Found:
    """An event whose window holds a part of it too, where that is no longer than itself."""
    if not _alike(event, part) or part.stop - part.start > event.core.length:
        return event
    return replace(event, start=min(event.start, part.start), stop=max(event.stop, part.stop))


def _measured(rest: _Rest, scale: Scale, event: Found) -> Found:
    """An event as all others are taken out."""
    low, high = event.core.reach()
    near = slice(max(event.place + low, 0), max(event.place + high, 0))
    beside = max(1, (event.stop - event.start) // _BESIDE)
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
    if event.kind == "step":
        return made
    shape = _shape(rest, made, weight, float(factor[0]))
    if shape.name == "step":
        return made
    wide = _widened(made, shape, weight)
    return replace(wide, start=min(wide.start, event.start), stop=max(wide.stop, event.stop))
