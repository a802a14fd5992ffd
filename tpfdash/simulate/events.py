"""What an event is to the simulator: the effects that it may have, each of them on what it acts.

What lives here: `Event`, of which every kind is one (`tpfdash.simulate.stars`,
`tpfdash.simulate.artefacts`), the `View` that it is asked about, and how effects add up. An event
may scale the light of one star, move or blur all stars, scale all stars, add light to pixels, or
scale pixels; whoever has a scene, simulated or real, asks for each and does it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, get_type_hints

import numpy as np

from tpfdash.errors import TPFError
from tpfdash.stamp.prf import PRF, GaussianPRF

__all__ = [
    "Event",
    "Pointing",
    "View",
    "is_finite",
    "nonzero_cadences",
    "plain",
    "pointing_of",
    "product",
    "require",
    "total",
]


def require(good: bool, message: str) -> None:
    """Raise TPFError with this message unless all is good."""
    if not good:
        raise TPFError(message)


def is_finite(*values: Any) -> bool:
    """Whether these are all numbers, and finite."""
    return all(isinstance(value, Real) and math.isfinite(value) for value in values)


@dataclass(frozen=True)
class View:
    """Cadences and pixels that an event is asked about.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the stamp.
    time : float64 array (n,)
        Middle of each cadence in days; a NaN is in no event.
    cadence : float
        Days from cadence to cadence.
    prf : PRF
    """

    shape: tuple[int, int]
    time: np.ndarray
    cadence: float
    prf: PRF

    def span(self, start: float, stop: float) -> np.ndarray:
        """Cadences that hold a part of start to stop: bool (n,); exactly one where these agree."""
        half = self.cadence / 2
        return (self.time > start - half) & (self.time <= stop + half)

    def at(self, time: float) -> np.ndarray:
        """The cadence that holds a time: bool (n,)."""
        return self.span(time, time)

    def offsets(self) -> tuple[np.ndarray, np.ndarray]:
        """Distance of each pixel from the stamp's middle, by its size: (row, 1, 1), (col, 1)."""
        row, col = ((np.arange(size) - (size - 1) / 2) / size for size in self.shape)
        return row[:, None, None], col[:, None]


@dataclass(frozen=True)
class Pointing:
    """Where the stars are, and how sharp, at each cadence: float64 arrays (n,).

    Parameters
    ----------
    d_row, d_col : array
        Offsets in pixels.
    blur_row, blur_col : array
        Standard deviation of the motion during the exposure, in pixels.
    width : array
        How many times as wide as it usually is the PRF is.
    """

    d_row: np.ndarray
    d_col: np.ndarray
    blur_row: np.ndarray
    blur_col: np.ndarray
    width: np.ndarray

    @classmethod
    def steady(cls, n: int, **arrays: np.ndarray) -> Pointing:
        """No motion and no blur over `n` cadences, but for the `arrays` given."""
        zero = np.zeros(n)
        names = ("d_row", "d_col", "blur_row", "blur_col")
        return cls(**(dict.fromkeys(names, zero) | {"width": np.ones(n)} | arrays))

    def __add__(self, other: Pointing) -> Pointing:
        """Both at once: offsets add, blurs add in quadrature, widths multiply."""
        return Pointing(
            self.d_row + other.d_row,
            self.d_col + other.d_col,
            np.hypot(self.blur_row, other.blur_row),
            np.hypot(self.blur_col, other.blur_col),
            self.width * other.width,
        )

    def __getitem__(self, cadences: slice | np.ndarray) -> Pointing:
        """That of some cadences."""
        return Pointing(*(array[cadences] for array in self._arrays()))

    def images(self, prf: PRF, shape: tuple[int, int], row: float, col: float) -> np.ndarray:
        """Share of the light of a star of that mean place: float64 (row, col, n).

        Where all cadences are alike, n is 1.
        """
        arrays = self._arrays()
        if arrays[0].size and all((array == array[0]).all() for array in arrays):
            arrays = [array[:1] for array in arrays]
        d_row, d_col, blur_row, blur_col, width = arrays
        return prf.images(shape, row + d_row, col + d_col, width, blur_row, blur_col)

    def _arrays(self) -> list[np.ndarray]:
        return [getattr(self, field.name) for field in dataclasses.fields(self)]


class Event:
    """Anything that happens; what a kind does not do stays as it is here.

    Each kind is a frozen dataclass. Rows and columns are in pixels from the centre of the stamp's
    first pixel (0, 0), times in days of the mission's clock, light in e-/s.
    """

    #: Whether POS_CORR knows of its motion.
    measured: bool = True

    def __post_init__(self) -> None:
        """Raise TPFError unless all that is a float is finite; kinds that check more call this."""
        for name, kind in get_type_hints(type(self)).items():
            value = getattr(self, name)
            if kind is float or (kind == float | None and value is not None):
                require(is_finite(value), f"{name} should be a finite number: got {self}.")

    def when(self, view: View) -> np.ndarray:
        """The cadences that it changes: bool (n,)."""
        raise NotImplementedError

    def flagged(self, view: View) -> np.ndarray:
        """The cadences that a pipeline would flag: bool (n,)."""
        return self.when(view)

    def touches(self, mask: np.ndarray) -> bool:
        """Whether it happens in a mask, bool (row, col)."""
        return bool(mask.any())

    def pointing(self, view: View) -> Pointing | None:
        """The motion and the width that it gives to all stars; `view` has every cadence."""
        return None

    def scale(self, view: View) -> np.ndarray | None:
        """What it multiplies the light of all stars by: float64 (n,)."""
        return None

    def added(self, view: View) -> np.ndarray | None:
        """Light that it adds to pixels: float64 (row, col, n) e-/s."""
        return None

    def gain(self, view: View) -> np.ndarray | None:
        """What it multiplies all that pixels hold by: float64 (row, col, n)."""
        return None

    def levels(self, view: View) -> np.ndarray | None:
        """Light that it adds to each row, as a pipeline would know it: float64 (row, n) e-/s."""
        return None


def pointing_of(events: Iterable[Event], view: View, measured: bool = False) -> Pointing:
    """The motion and width of all events together, or only what POS_CORR knows of."""
    made = Pointing.steady(view.time.size)
    for event in events:
        its = event.pointing(view) if event.measured or not measured else None
        if its is not None:
            made = made + its
    return made


def total(parts: Iterable[np.ndarray | None]) -> np.ndarray | None:
    """The sum of those that are there; None where none is."""
    there = [part for part in parts if part is not None]
    return sum(there[1:], there[0]) if there else None


def product(parts: Iterable[np.ndarray | None]) -> np.ndarray | None:
    """The product of those that are there; None where none is."""
    there = [part for part in parts if part is not None]
    return math.prod(there[1:], start=there[0]) if there else None


def nonzero_cadences(events: Sequence[Event], view: View) -> np.ndarray:
    """The cadences that any of the events changes: bool (n,)."""
    changed = np.zeros(view.time.size, dtype=bool)
    for event in events:
        changed |= event.when(view)
    return changed


def plain(thing: Any) -> Any:
    """Dataclasses, tuples and NumPy numbers as dicts with their type, lists and Python numbers.

    Of a sum of Gaussians only its pairs, of other PRFs what they show of themselves.
    """
    if isinstance(thing, GaussianPRF):
        return plain(thing.components)
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        fields = (field.name for field in dataclasses.fields(thing) if field.init and field.repr)
        return {"type": type(thing).__name__} | {
            name: plain(getattr(thing, name)) for name in fields
        }
    if isinstance(thing, np.ndarray):
        return thing.tolist()
    if isinstance(thing, np.generic):
        return thing.item()
    if isinstance(thing, tuple | list):
        return [plain(each) for each in thing]
    return {"type": type(thing).__name__} if isinstance(thing, PRF) else thing
