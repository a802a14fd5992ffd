"""What an event looks like: a box, a triangle, a decay, a rise or a step; or it cannot be told."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cache

import numpy as np

__all__ = ["UNCLEAR", "UNRESOLVED", "Shape", "shape_at_step", "shape_of", "whole"]

UNCLEAR, UNRESOLVED = "unclear", "unresolved"
#: Cadences that an event needs to have a shape.
_FEWEST = 4
#: By how much a shape's chi2 should be lower than that of the next one, to be it.
_MARGIN = 6.0
#: Points that shapes are fitted to at most; beyond, means of neighbouring cadences are taken.
_POINTS = 200
#: What is tried, by the length of the box that was found. A trapezoid's edges, its width where it
#: is half as deep, its middle; a triangle is one with edges as long as that width.
_EDGES, _WIDTHS, _MIDDLES = (0.0, 0.2, 0.4), (0.88, 1.0, 1.12, 1.25), (0.42, 0.5, 0.58)
_WIDE = (1.6, 2.1, 2.8)
#: A triangle's width where it is half as deep, by the box that is strongest in it: 3/4.
_TRIANGLE = 0.75
#: A decay's first cadence, how long it rises, and how long until 1/e is left.
_ONSETS, _RISES, _DECAYS = (-0.3, -0.15, 0.0, 0.1), (0.0, 0.15, 0.3), (0.3, 0.5, 0.8, 1.2)
_SLOW = (2.0, 3.0)
#: What is wider than the box that was found has to fit by so much better.
_BETTER = 1.1
#: So many of those belong to the event.
_TAIL = 3.0
#: Where a step is tried by the length of a box that is found at it.
_STEP_PLACES = np.linspace(-0.5, 1.5, 41)
#: Steps, and boxes on each side, that are tried about a step.
_STEPS, _BOXES = 41, 16
#: The ends of a box are looked for so far from where they were found, by its length.
_ENDS_APART = 0.2
#: The same numbers of a decay by the length of a step.
_SLOPE_ONSETS, _SLOPE_RISES, _SLOPES = (-0.5, -0.2, 0.0), (0.0, 0.2, 0.5), (0.1, 0.2, 0.4, 0.8, 1.6)


@dataclass(frozen=True)
class Shape:
    """What an event looks like.

    Parameters
    ----------
    name : str
        "box" (flat, with edges up to two fifths of it), "triangle", "decay" (sudden, then slow),
        "rise" (the reverse), "step"; "unclear" where two of them fit alike, "unresolved" where it
        is shorter than four cadences.
    start, stop : float
        Where it begins and ends, in slots.
    """

    name: str
    start: float
    stop: float


def shape_of(
    slot: np.ndarray,
    flux: np.ndarray,
    weight: np.ndarray,
    start: int,
    stop: int,
    factor: float,
) -> Shape:
    """The shape of what lies from slot `start` to before `stop`.

    Each shape is fitted with a straight line beside it, by least squares.

    Parameters
    ----------
    slot, flux, weight : arrays (n,)
        Cadences in and around it, in order.
    factor : float
        By how much they scatter more than their weights say, at its length.
    """
    every = slot, flux, weight
    slot, flux, weight = _binned(slot, flux, weight)
    at = (slot + 0.5 - start) / (stop - start)
    made = [one for one in _kinds() if stop - start >= _FEWEST or one[0] == "step"]
    if stop - start < _FEWEST:
        made.append(("box", (0.5, 1.0, 0.0)))
    kinds = np.array([name for name, _ in made], dtype=object)
    wide = np.array([_is_wide(*one) for one in made])
    ends = np.array([_ends(*one) for one in made])
    templates = np.stack([_template(*one, at) for one in made])
    gains = _gains(at, flux, weight, templates) / factor**2
    gains = np.where(wide, gains / _BETTER - _MARGIN, gains)
    best = {kind: max(np.flatnonzero(kinds == kind), key=lambda n: gains[n]) for kind in set(kinds)}
    ranked = sorted(best, key=lambda kind: (-gains[best[kind]], kind))
    first, second = (gains[best[kind]] for kind in ranked[:2])
    if ranked[0] == "step":
        return Shape("step", *_slots(ends[best["step"]], start, stop))
    if stop - start < _FEWEST:
        return Shape(UNRESOLVED, start, stop)
    if first < second + _MARGIN:
        return Shape(UNCLEAR, start, stop)
    first_slot, last_slot = _slots(ends[best[ranked[0]]], start, stop)
    if ranked[0] != "box":
        return Shape(ranked[0], first_slot, last_slot)
    edge = made[best["box"]][1][2] * (stop - start)
    near = max(2, round(_ENDS_APART * (stop - start)))
    ends_at = [
        _step_place(*every, round(place), near)
        for place in (first_slot + edge / 2, last_slot - edge / 2)
    ]
    return Shape("box", ends_at[0] - edge / 2, max(ends_at) + edge / 2)


def _step_place(
    slot: np.ndarray, flux: np.ndarray, weight: np.ndarray, place: int, near: int
) -> int:
    """Where near a place a step fits best, by what lies twice as near: the first slot after it."""
    its = np.abs(slot + 0.5 - place) < 2 * near
    at = slot[its] + 0.5
    places = np.unique(np.rint(np.linspace(-near, near, _STEPS)).astype(np.int64)) + place
    steps = (at > places[:, None]).astype(np.float64)
    gains = _gains(np.zeros_like(at), flux[its], weight[its], steps)
    return int(places[gains.argmax()])


def shape_at_step(
    slot: np.ndarray, flux: np.ndarray, weight: np.ndarray, place: int, length: int
) -> Shape:
    """What it is that looks like a step at a place: that, or a box or a slope that returns.

    Parameters
    ----------
    slot, flux, weight : arrays (n,)
        Cadences around it, in order.
    place : int
        The first slot of the new level, about.
    length : int
        Slots of the levels that were seen.

    Returns
    -------
    Shape
        "step" (with its first slot as start), "box", "decay" or "rise", whichever fits best.
    """
    slot, flux, weight = _binned(slot, flux, weight)
    at = slot + 0.5
    near = max(2, length // 4)
    steps = np.unique(np.rint(np.linspace(-near, near, _STEPS)).astype(np.int64)) + place
    made = [(Shape("step", float(n), float(n)), (at > n).astype(np.float64)) for n in steps]
    for n in np.unique(np.rint(np.geomspace(1, max(length, 1), _BOXES)).astype(np.int64)).tolist():
        for start in (place, place - n):
            inside = (at > start) & (at < start + n)
            made.append((Shape("box", start, start + n), inside.astype(np.float64)))
    if length >= _FEWEST:
        place_of = (at - place) / length
        for name, numbers in _slopes(_SLOPE_ONSETS, _SLOPE_RISES, _SLOPES):
            # Mirrored about the step itself.
            ends = np.array(_ends(name, numbers)) - (0 if name == "decay" else 1)
            start, stop = (place + length * ends).tolist()
            values = _template(name, numbers, place_of + (0 if name == "decay" else 1))
            made.append((Shape(name, start, stop), values))
    gains = _gains((at - place) / length, flux, weight, np.stack([values for _, values in made]))
    return made[int(gains.argmax())][0]


def _gains(
    at: np.ndarray, flux: np.ndarray, weight: np.ndarray, templates: np.ndarray
) -> np.ndarray:
    """By how much chi2 falls with each template (k, n) beside a straight line in `at`.

    Beside a constant where `at` is 0.
    """
    root = np.sqrt(weight)
    line, _ = np.linalg.qr(np.stack([root, root * at], axis=1) if at.any() else root[:, None])
    values = root * flux
    values = values - line @ (line.T @ values)
    shapes = root * templates
    before = np.einsum("ij,ij->i", shapes, shapes)
    shapes = shapes - (shapes @ line) @ line.T
    power = np.einsum("ij,ij->i", shapes, shapes)
    known = power > 1e-6 * before
    return np.where(known, (shapes @ values) ** 2 / np.where(known, power, 1), 0)


def _slots(ends: np.ndarray, start: int, stop: int) -> tuple[float, float]:
    first, last = (start + (stop - start) * ends).tolist()
    return first, last


def _binned(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    slot, flux, weight = arrays
    n = -(-slot.size // _POINTS)
    if n == 1:
        return arrays
    size = slot.size // n * n
    slot, flux, weight = (x[:size].reshape(-1, n) for x in arrays)
    total = weight.sum(axis=1)
    used = total > 0
    slot, flux, weight = slot[used], flux[used], weight[used]
    total = total[used]
    return (slot * weight).sum(axis=1) / total, (flux * weight).sum(axis=1) / total, total


@cache
def _kinds() -> tuple[tuple[str, tuple[float, ...]], ...]:
    """(name, numbers) of each template."""
    made: list[tuple[str, tuple[float, ...]]] = [("step", (place,)) for place in _STEP_PLACES]
    for middle in _MIDDLES:
        for width in (*_WIDTHS, *_WIDE):
            made += [("box", (middle, width, edge * width)) for edge in _EDGES]
            base = _TRIANGLE * width
            made.append(("triangle", (middle, base, base)))
    return (*made, *_slopes(_ONSETS, _RISES, (*_DECAYS, *_SLOW)))


def _slopes(
    onsets: tuple[float, ...], rises: tuple[float, ...], decays: tuple[float, ...]
) -> list[tuple[str, tuple[float, ...]]]:
    numbers = itertools.product(("decay", "rise"), onsets, rises, decays)
    return [(name, (onset, rise, decay)) for name, onset, rise, decay in numbers]


def _is_wide(name: str, numbers: tuple[float, ...]) -> bool:
    most = {"box": _WIDTHS[-1], "triangle": _TRIANGLE * _WIDTHS[-1]}
    return name in most and numbers[1] > most[name] or numbers[-1] in _SLOW


def _template(name: str, numbers: tuple[float, ...], at: np.ndarray) -> np.ndarray:
    if name == "step":
        return (at > numbers[0]).astype(np.float64)
    if name in ("box", "triangle"):
        middle, width, edge = numbers
        inside = (width + edge) / 2 - np.abs(at - middle)
        return np.clip(inside / edge, 0, 1) if edge else (inside >= 0).astype(np.float64)
    onset, rise, decay = numbers
    after = (at if name == "decay" else 1 - at) - onset - rise
    falling = np.exp(-np.clip(after, 0, None) / decay)
    rising = np.clip(1 + after / rise, 0, 1) if rise else (after >= 0).astype(np.float64)
    return np.where(after >= 0, falling, rising)


def _ends(name: str, numbers: tuple[float, ...]) -> tuple[float, float]:
    if name == "step":
        return numbers[0], numbers[0]
    if name in ("box", "triangle"):
        middle, width, edge = numbers
        return middle - (width + edge) / 2, middle + (width + edge) / 2
    onset, rise, decay = numbers
    first, last = onset, onset + rise + _TAIL * decay
    return (first, last) if name == "decay" else (1 - last, 1 - first)


def whole(shape: Shape) -> tuple[int, int]:
    """The slots that a shape takes, from one to before another."""
    start = math.floor(shape.start + 0.5)
    return start, max(math.ceil(shape.stop - 0.5), start + 1)
