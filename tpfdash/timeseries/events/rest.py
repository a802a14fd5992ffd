"""An event on the grid, and what is left of a light curve as events are taken out of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tpfdash.timeseries.events.filters import Filter, Sums

__all__ = ["BESIDE", "Found", "Rest", "filled"]

#: Slots beside an event that are taken out with it, by its length.
BESIDE = 8


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

    An event that is seen by an edge alone is a box whose core is a step.
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

    @property
    def length(self) -> int:
        """Slots that it is strongest over."""
        by_edge = self.kind != self.core.kind
        return self.stop - self.start if by_edge else self.core.length


class Rest:
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
            beside = max(1, event.core.length // BESIDE)
            self.weight[max(event.place - beside, 0) : event.place + beside] = 0
        else:
            beside = (event.stop - event.start) // BESIDE
            self.weight[max(event.start - beside, 0) : event.stop + beside] = 0

    def put_back(self, start: int, stop: int) -> np.ndarray:
        """The weights with those from `start` to before `stop` as they were."""
        weight = self.weight.copy()
        weight[start:stop] = self._whole[start:stop]
        return weight


def filled(weight: np.ndarray, start: int, stop: int) -> np.ndarray:
    """The slots from `start` to before `stop` that have a weight."""
    start = max(start, 0)
    return np.flatnonzero(weight[start : max(stop, 0)]) + start
