"""What the telescope, the detector and the solar system do to a stamp.

What lives here: one class a kind of artefact. Their shapes in time and over the pixels, and the
default numbers, are this project's own simple ones, not fits to what the missions measured. Which
QUALITY bits they get is `tpfdash.simulate.flags`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tpfdash.errors import NO_NUMBER
from tpfdash.simulate.events import Event, Pointing, View, is_finite, require

__all__ = [
    "Argabrightening",
    "AttitudeTweak",
    "CollateralRay",
    "CosmicRay",
    "GuidancePattern",
    "Jitter",
    "MovingObject",
    "RollingBand",
    "ScatteredLight",
    "SensitivityDropout",
    "Smear",
    "ThermalSlope",
    "ThrusterFiring",
    "VideoCrosstalk",
]

#: Pixels beyond the stamp at which a moving object still counts as there: its wings reach in.
_MARGIN = 3.0


def _hump(view: View, start: float, stop: float) -> np.ndarray:
    """A smooth rise and fall from start to stop, 1 in the middle: float64 (n,)."""
    phase = (view.time - start + view.cadence / 2) / (stop - start + view.cadence)
    return np.where(view.span(start, stop), np.sin(np.pi * np.clip(phase, 0, 1)) ** 2, 0)


class _Spanned(Event):
    """An event from `start` to `stop`, in days; where they agree it is one cadence."""

    start: float
    stop: float

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.start <= self.stop, f"start should not be after stop: got {self}.")

    def when(self, view: View) -> np.ndarray:
        return view.span(self.start, self.stop)


class _Sudden(Event):
    """An event that lasts, but is flagged only where it begins."""

    time: float

    def flagged(self, view: View) -> np.ndarray:
        return view.at(self.time)


class _Pixels(Event):
    """An event of named pixels, (row, col) each."""

    pixels: Sequence[tuple[int, int]]

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            pixels = tuple((int(row), int(col)) for row, col in self.pixels)
            good = all(tuple(pair) == made for pair, made in zip(self.pixels, pixels, strict=True))
        except NO_NUMBER:
            pixels, good = (), False
        require(
            good and bool(pixels) and len(set(pixels)) == len(pixels),
            f"pixels should be different (row, col) pairs of whole numbers: got {self}.",
        )
        object.__setattr__(self, "pixels", pixels)

    def inside(self, shape: tuple[int, int]) -> list[tuple[int, tuple[int, int]]]:
        """Number and place of those pixels that a stamp has."""
        return [
            (number, (row, col))
            for number, (row, col) in enumerate(self.pixels)
            if 0 <= row < shape[0] and 0 <= col < shape[1]
        ]

    def touches(self, mask: np.ndarray) -> bool:
        return any(mask[pixel] for _, pixel in self.inside(mask.shape))


# --- the pointing ------------------------------------------------------------------------------


@dataclass(frozen=True)
class AttitudeTweak(_Sudden):
    """A step of the pointing, which lasts.

    Parameters
    ----------
    time : float
        Of the step, days: the first cadence that holds it is moved.
    d_row, d_col : float
        Pixels.
    stop : float, optional
        When the pointing goes back; never by default.
    measured : bool
        Whether POS_CORR follows.
    """

    time: float
    d_row: float
    d_col: float
    stop: float | None = None
    measured: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.stop is None or self.stop >= self.time,
            f"stop should be a time not before the step: got {self}.",
        )

    def when(self, view: View) -> np.ndarray:
        return view.span(self.time, np.inf if self.stop is None else self.stop)

    def pointing(self, view: View) -> Pointing:
        moved = self.when(view)
        return Pointing.steady(moved.size, d_row=self.d_row * moved, d_col=self.d_col * moved)


@dataclass(frozen=True)
class ThrusterFiring(_Sudden):
    """A smeared cadence and a step that drifts back.

    Parameters
    ----------
    time : float
        Of the firing, days. The cadence that holds it sees both ends of the step.
    d_row, d_col : float
        The step, in pixels.
    back : float
        Days until the pointing has drifted back, along a straight line.
    measured : bool
        Whether POS_CORR follows.
    """

    time: float
    d_row: float
    d_col: float
    back: float = 0.245
    measured: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.back > 0, f"back should be above 0, in days: got {self}.")

    def when(self, view: View) -> np.ndarray:
        return view.at(self.time) | (self._left(view) > 0)

    def pointing(self, view: View) -> Pointing:
        fired = view.at(self.time)
        left = np.where(fired, 0.5, self._left(view))
        return Pointing.steady(
            left.size,
            d_row=self.d_row * left,
            d_col=self.d_col * left,
            blur_row=abs(self.d_row) / 2 * fired,
            blur_col=abs(self.d_col) / 2 * fired,
        )

    def _left(self, view: View) -> np.ndarray:
        """The share of the step that is left after the firing: float64 (n,)."""
        after = view.time - self.time
        return np.where(after > view.cadence / 2, np.clip(1 - after / self.back, 0, 1), 0)


@dataclass(frozen=True)
class Jitter(_Spanned):
    """Unsteady pointing: stars are blurred, and wander from cadence to cadence.

    Parameters
    ----------
    start, stop : float
        Days.
    blur : float
        Standard deviation of the motion during an exposure, in pixels, in either direction.
    wander : float
        That of the mean place from cadence to cadence.
    seed : int
        Of the wander.
    measured : bool
        Whether POS_CORR follows.
    """

    start: float
    stop: float
    blur: float
    wander: float = 0.0
    seed: int = 0
    measured: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            min(self.blur, self.wander) >= 0 and isinstance(self.seed, int) and self.seed >= 0,
            f"blur, wander and the whole number seed should not be negative: got {self}.",
        )

    def pointing(self, view: View) -> Pointing:
        moved = self.when(view)
        row, col = np.zeros((2, moved.size))
        draws = np.random.default_rng(self.seed).normal(size=(2, int(moved.sum())))
        row[moved], col[moved] = self.wander * draws
        blur = self.blur * moved
        return Pointing.steady(moved.size, d_row=row, d_col=col, blur_row=blur, blur_col=blur)


@dataclass(frozen=True)
class ThermalSlope(Event):
    """Focus and sensitivity that settle exponentially, as after a safe mode.

    Parameters
    ----------
    start : float
        When it begins, days: the end of a gap.
    decay : float
        Days in which what is left of it falls to 1/e. It ends after ten of them.
    width : float
        By how much wider the PRF is at the start, as a fraction of its width; above -1.
    sensitivity : float
        By how much more light is seen at the start, as a fraction; above -1.
    """

    start: float
    decay: float
    width: float = 0.0
    sensitivity: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.decay > 0 and min(self.width, self.sensitivity) > -1,
            f"decay should be above 0, width and sensitivity above -1: got {self}.",
        )

    def when(self, view: View) -> np.ndarray:
        return self._left(view) > 0

    def pointing(self, view: View) -> Pointing:
        left = self._left(view)
        return Pointing.steady(left.size, width=1 + self.width * left)

    def scale(self, view: View) -> np.ndarray:
        return 1 + self.sensitivity * self._left(view)

    def _left(self, view: View) -> np.ndarray:
        after = (view.time - self.start) / self.decay
        inside = view.span(self.start, self.start + 10 * self.decay)
        return np.where(inside, np.exp(-np.clip(after, 0, 10)), 0)


# --- light on pixels ---------------------------------------------------------------------------


@dataclass(frozen=True)
class CosmicRay(_Pixels):
    """Charge in one pixel or a few, in one cadence.

    Parameters
    ----------
    time : float
        Days.
    pixels : sequence of (int, int)
        Row and column of each, from the stamp's first pixel.
    flux : float, or sequence of float, one a pixel
        e-/s.
    """

    time: float
    pixels: Sequence[tuple[int, int]]
    flux: float | Sequence[float]

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            flux = tuple(np.broadcast_to(np.asarray(self.flux, float), len(self.pixels)).tolist())
        except NO_NUMBER:
            flux = (np.nan,)
        require(
            is_finite(*flux),
            f"flux should be a finite number, or one a pixel: got {self}.",
        )
        object.__setattr__(self, "flux", flux)

    def when(self, view: View) -> np.ndarray:
        return view.at(self.time) & bool(self.inside(view.shape))

    def added(self, view: View) -> np.ndarray:
        made = np.zeros((*view.shape, view.time.size))
        for number, pixel in self.inside(view.shape):
            made[pixel] = self.flux[number] * view.at(self.time)  # type: ignore[index]
        return made


class _Line(Event):
    """Light in a whole row or column."""

    line: int
    flux: float

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            is_finite(self.line) and self.line == int(self.line),
            f"line should be a whole number: got {self}.",
        )

    def _is_row(self) -> bool:
        return False

    def _lines(self, shape: tuple[int, ...]) -> np.ndarray:
        """Its pixels: bool (row, col)."""
        row, col = np.indices(shape)
        return (row if self._is_row() else col) == self.line

    def touches(self, mask: np.ndarray) -> bool:
        return bool((mask & self._lines(mask.shape)).any())

    def added(self, view: View) -> np.ndarray:
        return self.flux * self._lines(view.shape)[..., None] * self.when(view)


@dataclass(frozen=True)
class CollateralRay(_Line):
    """A cosmic ray in the pixels that calibrate a row or a column: all of it, in one cadence.

    Parameters
    ----------
    time : float
        Days.
    axis : {"column", "row"}
    line : int
        Which, from the stamp's first.
    flux : float
        e-/s in each of its pixels, of either sign.
    """

    time: float
    axis: str
    line: int
    flux: float

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.axis in ("row", "column"),
            f'axis should be "row" or "column": got {self}.',
        )

    def _is_row(self) -> bool:
        return self.axis == "row"

    def when(self, view: View) -> np.ndarray:
        return view.at(self.time) & self._lines(view.shape).any()


@dataclass(frozen=True)
class Smear(_Spanned, _Line):
    """Light of a bright star elsewhere in the column, smeared along it while it is read out.

    Parameters
    ----------
    start, stop : float
        Days.
    line : int
        Which column, from the stamp's first.
    flux : float
        e-/s in each of its pixels, of either sign.
    """

    start: float
    stop: float
    line: int
    flux: float

    def when(self, view: View) -> np.ndarray:
        return super().when(view) & self._lines(view.shape).any()


@dataclass(frozen=True)
class RollingBand(_Spanned):
    """Rows that brighten or darken together, drifting from row to row.

    Parameters
    ----------
    start, stop : float
        Days; it rises from nothing and falls to nothing.
    row : float
        Where its middle is half-way, in pixels.
    height : float
        Standard deviation over the rows, in pixels; positive.
    flux : float
        e-/s a pixel at its peak, of either sign.
    drift : float
        Rows a day.
    known : bool
        Whether RB_LEVEL and its flags know of it.
    """

    start: float
    stop: float
    row: float
    height: float
    flux: float
    drift: float = 0.0
    known: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.height > 0, f"height should be above 0: got {self}.")

    def profile(self, view: View) -> np.ndarray:
        """What each pixel of a row has: float64 (row, n) e-/s."""
        middle = self.row + self.drift * (view.time - (self.start + self.stop) / 2)
        apart = (np.arange(view.shape[0])[:, None] - middle) / self.height
        shape = self.flux * _hump(view, self.start, self.stop)
        return np.where(shape != 0, shape * np.exp(-(apart**2) / 2), 0)

    def added(self, view: View) -> np.ndarray:
        return np.repeat(self.profile(view)[:, None], view.shape[1], axis=1)

    def levels(self, view: View) -> np.ndarray | None:
        return self.profile(view) if self.known else None


@dataclass(frozen=True)
class Argabrightening(_Spanned):
    """Diffuse light over all pixels, for one cadence or a few.

    Parameters
    ----------
    start, stop : float
        Days.
    flux : float
        e-/s in the middle of the stamp.
    tilt_row, tilt_col : float
        By how much more one edge of the stamp has than the other, beyond its last row (column)
        and before its first, as a fraction of `flux`.
    """

    start: float
    stop: float
    flux: float
    tilt_row: float = 0.0
    tilt_col: float = 0.0

    def shape(self, view: View) -> np.ndarray:
        """How it goes in time: float64 (n,)."""
        return self.when(view).astype(float)

    def added(self, view: View) -> np.ndarray:
        row, col = view.offsets()
        plane = self.flux * (1 + self.tilt_row * row + self.tilt_col * col)
        return plane * self.shape(view)


@dataclass(frozen=True)
class ScatteredLight(Argabrightening):
    """A smooth gradient of light that rises and falls, over hours to days.

    Parameters are those of `Argabrightening`.
    """

    def shape(self, view: View) -> np.ndarray:
        """How it goes in time: float64 (n,)."""
        return _hump(view, self.start, self.stop)


class _Wanderer(Event):
    """A point of light on a straight way: the PRF, trailed over the exposure."""

    row: float
    col: float
    d_row: float
    d_col: float
    flux: float

    def _way(self, view: View, time: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row and column at each cadence, and whether it reaches the stamp there: arrays (n,)."""
        row = self.row + self.d_row * (view.time - time)
        col = self.col + self.d_col * (view.time - time)
        inside = np.isfinite(row)
        for place, size in ((row, view.shape[0]), (col, view.shape[1])):
            inside = inside & (place > -0.5 - _MARGIN) & (place < size - 0.5 + _MARGIN)
        return row, col, inside

    def _light(self, view: View, time: float, there: np.ndarray) -> np.ndarray:
        row, col, _ = self._way(view, time)
        made = np.zeros((*view.shape, there.size))
        # The standard deviation of an even motion is its length over sqrt(12).
        blur_row, blur_col = (
            abs(speed) * view.cadence / np.sqrt(12) for speed in (self.d_row, self.d_col)
        )
        if there.any():
            made[..., there] = self.flux * view.prf.images(
                view.shape, row[there], col[there], 1.0, blur_row, blur_col
            )
        return made


@dataclass(frozen=True)
class MovingObject(_Wanderer):
    """An asteroid, a planet or a comet that crosses the stamp.

    Parameters
    ----------
    time : float
        When it is at `row` and `col`, days.
    row, col : float
        Pixels.
    d_row, d_col : float
        Pixels a day.
    flux : float
        e-/s over all of its PRF; not negative.
    """

    time: float
    row: float
    col: float
    d_row: float
    d_col: float
    flux: float

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.flux >= 0 and bool(self.d_row or self.d_col),
            f"A moving object needs a flux not below 0, and to move: got {self}.",
        )

    def when(self, view: View) -> np.ndarray:
        return self._way(view, self.time)[2]

    def added(self, view: View) -> np.ndarray:
        return self._light(view, self.time, self.when(view))


@dataclass(frozen=True)
class VideoCrosstalk(_Spanned, _Wanderer):
    """The ghost of a star on another output of the same module; it may move and be negative.

    Parameters
    ----------
    start, stop : float
        Days.
    row, col : float
        Pixels, at `start`.
    flux : float
        e-/s over all of its PRF, of either sign.
    d_row, d_col : float
        Pixels a day.
    """

    start: float
    stop: float
    row: float
    col: float
    flux: float
    d_row: float = 0.0
    d_col: float = 0.0

    def when(self, view: View) -> np.ndarray:
        return super().when(view) & self._way(view, self.start)[2]

    def added(self, view: View) -> np.ndarray:
        return self._light(view, self.start, self.when(view))


@dataclass(frozen=True)
class GuidancePattern(_Spanned):
    """Crosstalk of the fine guidance sensors' clocks: a pattern of rows that moves.

    Parameters
    ----------
    start, stop : float
        Days.
    row : float
        A row of the pattern at `start`, in pixels.
    flux : float
        e-/s a pixel in the pattern's rows, of either sign.
    spacing : float
        Rows from one to the next, at least 2.
    drift : float
        Rows a day.
    """

    start: float
    stop: float
    row: float
    flux: float
    spacing: float = 8.0
    drift: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.spacing >= 2, f"spacing should be at least 2 rows: got {self}.")

    def added(self, view: View) -> np.ndarray:
        there = self.when(view)
        row = self.row + self.drift * np.where(there, view.time - self.start, 0)
        apart = np.arange(view.shape[0])[:, None] - row
        apart -= self.spacing * np.round(apart / self.spacing)
        # A row of light between two pixels is shared by them.
        profile = self.flux * np.clip(1 - np.abs(apart), 0, 1) * there
        return np.repeat(profile[:, None], view.shape[1], axis=1)


# --- pixels ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SensitivityDropout(_Sudden, _Pixels):
    """Pixels that lose sensitivity at once and regain a part of it.

    Parameters
    ----------
    time : float
        Days.
    pixels : sequence of (int, int)
        Row and column of each, from the stamp's first pixel.
    drop : float
        Fraction of the sensitivity lost, above 0 and up to 1.
    recovered : float
        Fraction of the loss that comes back, 0 to 1.
    decay : float
        Days in which what is still to come back falls to 1/e.
    """

    time: float
    pixels: Sequence[tuple[int, int]]
    drop: float
    recovered: float = 0.5
    decay: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            0 < self.drop <= 1 and 0 <= self.recovered <= 1 and self.decay > 0,
            f"drop should be above 0 and up to 1, recovered 0 to 1 and decay above 0: got {self}.",
        )

    def when(self, view: View) -> np.ndarray:
        return view.span(self.time, np.inf) & bool(self.inside(view.shape))

    def gain(self, view: View) -> np.ndarray:
        made = np.ones((*view.shape, view.time.size))
        after = np.clip((view.time - self.time) / self.decay, 0, 700)
        left = 1 - self.recovered * (1 - np.exp(-after))
        for _, pixel in self.inside(view.shape):
            made[pixel] = np.where(self.when(view), 1 - self.drop * left, 1)
        return made
