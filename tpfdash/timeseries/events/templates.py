"""Shapes that an event may have, as values at any times: steps, trapezoids and slopes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Templates", "joined", "slopes", "steps", "trapezoids"]

#: So many times the time in which a slope falls to 1/e belong to the event.
_TAIL = 3.0


@dataclass(frozen=True, eq=False)
class Templates:
    """Some shapes at some times.

    Parameters
    ----------
    name : sequence of str
        Of each: "step", "box", "triangle", "decay" or "rise".
    start, stop, edge : float64 arrays (k,)
        Where it begins and ends, and how long it takes from nothing to all of it.
    values : float64 array (k, n)
        At each time; 1 at most.
    """

    name: Sequence[str]
    start: np.ndarray
    stop: np.ndarray
    edge: np.ndarray
    values: np.ndarray


def joined(*parts: Templates) -> Templates:
    """All shapes of some, one after the other."""
    return Templates(
        [name for part in parts for name in part.name],
        *(
            np.concatenate([getattr(part, field) for part in parts])
            for field in ("start", "stop", "edge", "values")
        ),
    )


def steps(at: np.ndarray, places: np.ndarray) -> Templates:
    """0 before a place, 1 after it."""
    places = np.asarray(places, dtype=np.float64)
    values = (at > places[:, None]).astype(np.float64)
    return Templates(["step"] * places.size, places, places, np.zeros_like(places), values)


def trapezoids(
    at: np.ndarray, name: str, middle: np.ndarray, width: np.ndarray, edge: np.ndarray
) -> Templates:
    """Flat between two straight edges; width is where it is half as high."""
    half = (width + edge) / 2
    inside = half[:, None] - np.abs(at - middle[:, None])
    sloped = np.clip(inside / np.where(edge > 0, edge, 1)[:, None], 0, 1)
    values = np.where((edge > 0)[:, None], sloped, inside > 0)
    return Templates([name] * middle.size, middle - half, middle + half, edge, values)


def slopes(
    at: np.ndarray,
    onsets: Sequence[float],
    rises: Sequence[float],
    decays: Sequence[float],
    mirror: float,
) -> Templates:
    """A straight rise and an exponential decay, and the same mirrored about a time.

    Parameters
    ----------
    onsets, rises, decays : sequence of float
        When it begins, how long it rises, and in which time what is left falls to 1/e: each with
        each.
    mirror : float
    """
    onset, rise, decay = np.array(list(itertools.product(onsets, rises, decays))).T
    made = []
    for name, x in (("decay", at), ("rise", 2 * mirror - at)):
        after = x - (onset + rise)[:, None]
        falling = np.exp(-np.clip(after, 0, None) / decay[:, None])
        rising = np.clip(1 + after / np.where(rise > 0, rise, 1e-9)[:, None], 0, 1)
        start, stop = onset, onset + rise + _TAIL * decay
        if name == "rise":
            start, stop = 2 * mirror - stop, 2 * mirror - start
        values = np.where(after >= 0, falling, rising)
        made.append(Templates([name] * onset.size, start, stop, rise, values))
    return joined(*made)
