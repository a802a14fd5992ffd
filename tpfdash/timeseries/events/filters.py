"""Matched filters on a grid of cadences, by running sums: a box between two flanks, and a step.

Each place of a filter is a weighted fit of its own, so that gaps, flagged cadences and the ends of
the data cost it S/N and bend nothing. What S/N its response has in this light curve is
`tpfdash.timeseries.events.scale`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["BOTH", "LEFT", "RIGHT", "Filter", "Response", "Sums"]

#: Which flanks a response has.
LEFT, RIGHT, BOTH = 1, 2, 3
#: Slots on each side of a box or a step that belong to neither, by its length: an edge is no jump.
_GUARD = 8
#: The share of its slots that a box, and a flank, must have cadences on.
_BOX_FILLED, _FLANK_FILLED = 0.6, 0.35
#: A flank is as long as that of a box of so many slots, at least.
_SHORTEST = 2
#: Slots without a cadence that a step may have happened in.
_UNSEEN = 4

Places = range | np.ndarray


class Sums:
    """Sums of weight, time and flux from any slot to any other, at the cost of two look-ups.

    Parameters
    ----------
    flux, weight : float64 arrays (slot,)
        A weight of 0: no cadence, or none that counts.
    reach : int
        Slots beyond either end that may be asked for; there is nothing there.
    """

    def __init__(self, flux: np.ndarray, weight: np.ndarray, reach: int):
        self.size = flux.size
        self._reach = reach
        parts = np.empty((4, flux.size))
        parts[0], parts[1] = weight > 0, weight
        parts[2] = weight * np.arange(flux.size)
        parts[3] = weight * flux
        self._sums = np.zeros((4, flux.size + 1 + 2 * reach))
        np.cumsum(parts, axis=1, out=self._sums[:, reach + 1 : reach + 1 + flux.size])
        self._sums[:, reach + 1 + flux.size :] = self._sums[:, reach + flux.size, None]
        filled = np.flatnonzero(weight > 0)
        slots = np.arange(flux.size + 1)
        after = np.searchsorted(filled, slots)
        ends = np.concatenate([[-flux.size], filled, [2 * flux.size]])
        #: Slots without a cadence on both sides of the start of each: int (slot + 1,).
        self.unseen = ends[after + 1] - ends[after] - 1

    def at(self, places: Places, offset: int | np.ndarray) -> np.ndarray:
        """The sums of all before the slots that lie `offset` after `places`: (4, places)."""
        offset = offset + self._reach
        if isinstance(places, range):
            return self._sums[:, places.start + offset : places.stop + offset : places.step]
        return self._sums[:, places + offset]


@dataclass(frozen=True, eq=False)
class Response:
    """What a filter says at each place.

    Parameters
    ----------
    height : float64 array
        Of the box over its flanks, or of the level after over that before; 0 where not known.
    error : float64 array
        By the weights alone; inf where not known.
    sides : uint8 array
        LEFT, RIGHT, BOTH; 0 where not known.
    """

    height: np.ndarray
    error: np.ndarray
    sides: np.ndarray

    @property
    def strength(self) -> np.ndarray:
        """Height over error; 0 where not known."""
        return self.height / self.error


@dataclass(frozen=True)
class Filter:
    """A box or a step of one length.

    Parameters
    ----------
    kind : {"box", "step"}
    length : int
        Slots of the box, or of the levels that a step is seen between.
    flank : float
        How many times as long a box's flanks are, or a step's far windows, which tell the slope.
    """

    kind: str
    length: int
    flank: float = 3.0

    @property
    def stride(self) -> int:
        """Slots from place to place at which the filter misses little."""
        return max(1, self.length // (8 if self.kind == "box" else 4))

    def reach(self) -> tuple[int, int]:
        """First slot that it looks at and the one after the last, counted from its place."""
        guard = self.length // _GUARD
        if self.kind == "box":
            side = guard + int(_flank(self.length, self.flank))
            return -side, self.length + side
        side = guard + self.length + round(self.flank * self.length)
        return -side, side

    def extent(self) -> tuple[int, int]:
        """The slots that it takes for the event, counted from its place; a step has one or two."""
        return (0, self.length) if self.kind == "box" else (-1, 1)

    def respond(self, sums: Sums, places: Places, sides: int = BOTH) -> Response:
        """The response at places: where the box begins, or the first slot of the new level.

        Parameters
        ----------
        sums : Sums
        places : range or int array
        sides : int
            The flanks of a box that may be used. With one alone, the level is that of its mean;
            with both, a straight line goes through their means.
        """
        if self.kind == "box":
            return box_response(sums, places, self.length, self.flank, sides)
        return _step_response(sums, places, self.length, self.flank)


def _flank(length: int | np.ndarray, flank: float) -> np.ndarray:
    return np.maximum(np.rint(np.asarray(length) * flank), np.rint(_SHORTEST * flank) + 1).astype(
        np.int64
    )


class _Window:
    """Weight, mean time and mean flux from some slot to another, at each place."""

    def __init__(self, sums: Sums, places: Places, start: int | np.ndarray, stop: int | np.ndarray):
        count, weight, moment, total = sums.at(places, stop) - sums.at(places, start)
        self.filled = count / (stop - start)
        self.variance = 1 / weight
        self.time = moment / weight
        self.flux = total / weight


@np.errstate(divide="ignore", invalid="ignore")
def box_response(
    sums: Sums, places: Places, length: int | np.ndarray, flank: float, sides: int = BOTH
) -> Response:
    """As `Filter.respond` of a box; of one length, or of one for each place."""
    guard, side = length // _GUARD, _flank(length, flank)
    box = _Window(sums, places, 0, length)
    left = _Window(sums, places, -guard - side, -guard)
    right = _Window(sums, places, length + guard, length + guard + side)
    seen = LEFT * (left.filled >= _FLANK_FILLED) + RIGHT * (right.filled >= _FLANK_FILLED)
    seen = np.where(box.filled >= _BOX_FILLED, seen & sides, 0).astype(np.uint8)
    share = (right.time - box.time) / (right.time - left.time)
    share = np.where(seen == BOTH, share, seen == LEFT)
    height, variance = box.flux, box.variance
    for part, window in ((share, left), (1 - share, right)):
        used = part != 0
        height = height - np.where(used, part * window.flux, 0)
        variance = variance + np.where(used, part**2 * window.variance, 0)
    return _response(height, variance, seen)


@np.errstate(divide="ignore", invalid="ignore")
def _step_response(sums: Sums, places: Places, length: int, flank: float) -> Response:
    """The level after less the level before, less the slope that both sides have."""
    guard, far = length // _GUARD, round(flank * length)
    before = _Window(sums, places, -guard - length, -guard)
    after = _Window(sums, places, guard, guard + length)
    older = _Window(sums, places, -guard - length - far, -guard - length)
    newer = _Window(sums, places, guard + length, guard + length + far)
    has_older, has_newer = older.filled >= _FLANK_FILLED, newer.filled >= _FLANK_FILLED
    one = np.where(has_older & has_newer, 0.5, 1.0)
    apart = after.time - before.time
    up = np.where(has_newer, one * apart / (newer.time - after.time), 0)
    down = np.where(has_older, one * apart / (before.time - older.time), 0)
    height = (1 + up) * after.flux - (1 + down) * before.flux
    variance = (1 + up) ** 2 * after.variance + (1 + down) ** 2 * before.variance
    for used, part, window in ((has_newer, up, newer), (has_older, -down, older)):
        height = height - np.where(used, part * window.flux, 0)
        variance = variance + np.where(used, part**2 * window.variance, 0)
    seen = (before.filled >= _BOX_FILLED) & (after.filled >= _BOX_FILLED)
    seen &= has_older & has_newer
    if isinstance(places, range):
        unseen = sums.unseen[places.start : places.stop : places.step]
    else:
        unseen = sums.unseen[np.clip(places, 0, sums.size)]
    seen &= unseen <= _UNSEEN
    return _response(height, variance, np.where(seen, BOTH, 0).astype(np.uint8))


def _response(height: np.ndarray, variance: np.ndarray, seen: np.ndarray) -> Response:
    known = (seen > 0) & np.isfinite(height) & (variance > 0)
    return Response(
        np.where(known, height, 0.0),
        np.where(known, np.sqrt(variance), np.inf),
        np.where(known, seen, 0).astype(np.uint8),
    )
