"""What an event looks like: a box, a triangle, a decay, a rise or a step; or it cannot be told."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tpfdash.timeseries.events.templates import Templates, joined, slopes, steps, trapezoids

__all__ = ["UNCLEAR", "UNRESOLVED", "Shape", "shape_at_step", "shape_of"]

UNCLEAR, UNRESOLVED = "unclear", "unresolved"
#: Cadences that an event needs to have a shape.
_FEWEST = 4
#: By how much a shape's chi2 should be lower than that of the next one, to be it.
_MARGIN = 6.0
#: Points that shapes are fitted to at most; beyond, means of neighbouring cadences are taken.
_POINTS = 200

# What is tried, by the length of the box that was found.
#: A trapezoid's edges, its width where it is half as deep, and its middle. A triangle's edges are
#: as long as that width, and the box that is strongest in it 4/3 as long.
_EDGES, _WIDTHS, _MIDDLES = (0.0, 0.2, 0.4), (0.88, 1.0, 1.12, 1.25), (0.42, 0.5, 0.58)
_TRIANGLE = 0.75
#: A slope's first cadence, how long it rises, and how long until 1/e is left.
_ONSETS, _RISES, _DECAYS = (-0.3, -0.15, 0.0, 0.1), (0.0, 0.15, 0.3), (0.3, 0.5, 0.8, 1.2)
#: Widths and decays of what is wider than that box: it has to fit by so much better.
_WIDE, _SLOW, _BETTER = (1.6, 2.1, 2.8), (2.0, 3.0), 1.1
_STEPS = np.linspace(-0.5, 1.5, 41)
#: The ends of a box are looked for so far from where they were found.
_ENDS = 0.2

# What is tried about a step, by the length of the levels that it was seen between.
_BOXES = 16
_STEP_ONSETS, _STEP_RISES, _STEP_DECAYS = (
    (-0.5, -0.2, 0.0),
    (0.0, 0.2, 0.5),
    (0.1, 0.2, 0.4, 0.8),
)
#: Places that are tried for a step at most.
_PLACES = 41


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

    def whole(self) -> tuple[int, int]:
        """The slots that it takes, from one to before another."""
        start = math.floor(self.start + 0.5)
        return start, max(math.ceil(self.stop - 0.5), start + 1)


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
    length = stop - start
    every = slot, flux, weight
    slot, flux, weight = _binned(slot, flux, weight)
    at = (slot + 0.5 - start) / length
    tried, wide = _about_box(at, length)
    gains = _gains(at, flux, weight, tried.values) / factor**2
    gains = np.where(wide, gains / _BETTER - _MARGIN, gains)
    best: dict[str, int] = {}
    for n in np.argsort(-gains, kind="stable").tolist():
        best.setdefault(tried.name[n], n)
    (name, first), (_, second) = list(best.items())[:2]
    shape = Shape(name, *(start + length * end[first] for end in (tried.start, tried.stop)))
    if name == "step":
        return shape
    if length < _FEWEST:
        return Shape(UNRESOLVED, start, stop)
    if gains[first] < gains[second] + _MARGIN:
        return Shape(UNCLEAR, start, stop)
    if name != "box":
        return shape
    near, edge = max(2, round(_ENDS * length)), length * float(tried.edge[first]) / 2
    begin = _step_place(*every, round(shape.start + edge), near) - edge
    end = _step_place(*every, round(shape.stop - edge), near) + edge
    return Shape("box", begin, max(begin + 1, end))


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
    sizes = np.unique(np.rint(np.geomspace(1, max(length, 1), _BOXES)))
    middles = np.concatenate([place + sizes / 2, place - sizes / 2])
    parts = [
        steps(at, _near(place, max(2, length // 4))),
        trapezoids(at, "box", middles, np.tile(sizes, 2), np.zeros(middles.size)),
    ]
    if length >= _FEWEST:
        onsets = [place + length * onset for onset in _STEP_ONSETS]
        rises, decays = ([length * x for x in each] for each in (_STEP_RISES, _STEP_DECAYS))
        parts.append(slopes(at, onsets, rises, decays, mirror=place))
    tried = joined(*parts)
    best = int(_gains((at - place) / length, flux, weight, tried.values).argmax())
    return Shape(tried.name[best], float(tried.start[best]), float(tried.stop[best]))


def _about_box(at: np.ndarray, length: int) -> tuple[Templates, np.ndarray]:
    """What is tried about a box that lies from 0 to 1, and which of it is wider than that."""
    if length < _FEWEST:
        whole, none = np.ones(1), np.zeros(1)
        tried = joined(steps(at, _STEPS), trapezoids(at, "box", whole / 2, whole, none))
        return tried, np.zeros(len(tried.name), dtype=bool)
    grid = (*_WIDTHS, *_WIDE)
    middle, width, share = (x.ravel() for x in np.meshgrid(_MIDDLES, grid, _EDGES))
    middles, widths = (x.ravel() for x in np.meshgrid(_MIDDLES, grid))
    base = _TRIANGLE * widths
    decays = (*_DECAYS, *_SLOW)
    slope = slopes(at, _ONSETS, _RISES, decays, mirror=0.5)
    slow = np.tile(np.isin(decays, _SLOW), len(slope.name) // len(decays))
    parts = [
        (steps(at, _STEPS), np.zeros(_STEPS.size, dtype=bool)),
        (trapezoids(at, "box", middle, width, share * width), width > _WIDTHS[-1]),
        (trapezoids(at, "triangle", middles, base, base), widths > _WIDTHS[-1]),
        (slope, slow),
    ]
    return joined(*(part for part, _ in parts)), np.concatenate([wide for _, wide in parts])


def _near(place: int, most: int) -> np.ndarray:
    """Slots up to so far from a place, not too many."""
    return np.unique(np.rint(np.linspace(-most, most, _PLACES))) + place


def _step_place(
    slot: np.ndarray, flux: np.ndarray, weight: np.ndarray, place: int, near: int
) -> int:
    """Where near a place a step fits best, by what lies twice as near: the first slot after it."""
    its = np.abs(slot + 0.5 - place) < 2 * near
    at = slot[its] + 0.5
    tried = steps(at, _near(place, near))
    gains = _gains(np.zeros_like(at), flux[its], weight[its], tried.values)
    return int(tried.start[gains.argmax()])


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


def _binned(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Weighted means of neighbouring cadences, where there are many."""
    slot, flux, weight = arrays
    n = -(-slot.size // _POINTS)
    if n == 1:
        return arrays
    slot, flux, weight = (x[: slot.size // n * n].reshape(-1, n) for x in arrays)
    total = weight.sum(axis=1)
    return (slot * weight).sum(axis=1) / total, (flux * weight).sum(axis=1) / total, total
