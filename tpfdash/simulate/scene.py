"""What a simulated stamp sees: stars, their events, the motion over the pixels, the PRF.

What lives here: the noiseless light of stars on pixels. The instruments' numbers are in
`tpfdash.simulate.instruments`, noise in `tpfdash.simulate.exposure`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from scipy.special import erf

from tpfdash.errors import TPFError

__all__ = [
    "Drift",
    "Eclipse",
    "Roll",
    "Scene",
    "Star",
    "Transit",
    "is_finite",
    "relative_light",
    "require",
]


def require(good: bool, message: str) -> None:
    """Raise TPFError with this message unless all is good."""
    if not good:
        raise TPFError(message)


def is_finite(*values: Any) -> bool:
    """Whether these are all numbers, and finite."""
    return all(isinstance(value, Real) and math.isfinite(value) for value in values)


@dataclass(frozen=True)
class Star:
    """A star of the simulated stamp.

    Parameters
    ----------
    row, col : float
        Place in pixels from the centre of the stamp's first pixel (0, 0); it may lie outside.
    flux : float, optional
        Photoelectrons per second, all over the PRF.
    magnitude : float, optional
        Kp or Tmag, in place of `flux`.
    """

    row: float
    col: float
    flux: float | None = None
    magnitude: float | None = None

    def __post_init__(self) -> None:
        require(
            (self.flux is None) != (self.magnitude is None),
            f"A star needs its flux or its magnitude, not both or neither: got {self}.",
        )
        require(
            is_finite(self.row, self.col, self.flux or 0, self.magnitude or 0)
            and (self.flux or 0) >= 0
            and abs(self.magnitude or 0) <= 60,
            "A star's place and flux should be finite, its flux not negative and its magnitude "
            f"within 60: got {self}.",
        )


@dataclass(frozen=True)
class Transit:
    """Trapezoidal dips of one star.

    Parameters
    ----------
    star : int
        Which star, an index into `stars`.
    period, duration : float
        Days. The duration is from first to last contact.
    epoch : float
        Mid-time of one transit, in the mission's clock (BKJD or BTJD).
    depth : float
        Fraction of that star's light that is lost at the bottom, 0 to 1.
    ingress : float
        Fraction of the duration taken by the ingress, and again by the egress, 0 to 0.5.
    """

    star: int
    period: float
    epoch: float
    duration: float
    depth: float
    ingress: float = 0.1

    def __post_init__(self) -> None:
        require(
            is_finite(self.period, self.duration, self.epoch) and 0 < self.duration <= self.period,
            f"An event needs 0 < duration <= period (days) and a finite epoch: got {self}.",
        )
        require(
            is_finite(self.depth, self.ingress)
            and 0 <= self.depth <= 1
            and 0 <= self.ingress <= 0.5,
            f"An event's depth should be 0 to 1 and its ingress 0 to 0.5: got {self}.",
        )

    def light(self, time: np.ndarray) -> np.ndarray:
        """The fraction of the star's light that is left at `time` (days, float64)."""
        return 1 - self.depth * self._shape(time, self.epoch)

    def _shape(self, time: np.ndarray, epoch: float) -> np.ndarray:
        """0 outside the event, 1 at its bottom."""
        phase = np.abs((time - epoch + self.period / 2) % self.period - self.period / 2)
        inside = self.duration / 2 - phase
        ingress = self.ingress * self.duration
        return np.clip(inside / ingress, 0, 1) if ingress > 0 else (inside >= 0).astype(float)


@dataclass(frozen=True)
class Eclipse(Transit):
    """V-shaped eclipses of one star, with a secondary eclipse half a period later.

    Parameters are those of `Transit`, and

    secondary_depth : float
        Fraction of the star's light lost in the middle of the secondary eclipse, 0 to 1.
    """

    ingress: float = 0.5
    secondary_depth: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            is_finite(self.secondary_depth) and 0 <= self.secondary_depth <= 1,
            f"An eclipse's secondary_depth should be 0 to 1: got {self}.",
        )

    def light(self, time: np.ndarray) -> np.ndarray:
        """The fraction of the star's light that is left at `time` (days, float64)."""
        secondary = self._shape(time, self.epoch + self.period / 2)
        return super().light(time) - self.secondary_depth * secondary


@dataclass(frozen=True)
class Drift:
    """Steady pointing: a straight line, `row` and `col` pixels from first to last cadence."""

    row: float = 0.0
    col: float = 0.0

    def __post_init__(self) -> None:
        require(is_finite(self.row, self.col), f"A drift should be finite: got {self}.")

    def path(self, time: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Offsets in row and column (pixels), and where thrusters fired (bool), over time."""
        fraction = np.linspace(-0.5, 0.5, time.size) if time.size > 1 else np.zeros(time.size)
        return self.row * fraction, self.col * fraction, np.zeros(time.size, dtype=bool)

    @property
    def smear(self) -> tuple[float, float]:
        """Standard deviation of the motion within a firing's cadence, in row and in column."""
        return 0.0, 0.0


@dataclass(frozen=True)
class Roll:
    """K2's roll: a sawtooth along one direction, taken back by the thrusters.

    Parameters
    ----------
    amplitude : float
        Pixels from one end of the sawtooth to the other.
    period : float
        Days between firings (K2: some 6 h).
    angle : float
        Direction of the motion in degrees, from +column towards +row.
    """

    amplitude: float = 0.3
    period: float = 0.245
    angle: float = 20.0

    def __post_init__(self) -> None:
        require(
            is_finite(self.amplitude, self.period, self.angle) and self.period > 0,
            f"A roll's numbers should be finite and its period positive, in days: got {self}.",
        )

    def path(self, time: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Offsets in row and column (pixels), and where thrusters fired (bool), over time.

        The cadence of a firing sees both ends of the sawtooth: its mean place is the middle.
        """
        cycles = (time - time[:1]) / self.period + 0.5
        fired = np.diff(np.floor(cycles), prepend=0) > 0
        along = np.where(fired, 0, self.amplitude * (cycles % 1 - 0.5))
        angle = math.radians(self.angle)
        return along * math.sin(angle), along * math.cos(angle), fired

    @property
    def smear(self) -> tuple[float, float]:
        """Standard deviation of the motion within a firing's cadence, in row and in column."""
        angle = math.radians(self.angle)
        half = self.amplitude / 2
        return abs(half * math.sin(angle)), abs(half * math.cos(angle))


@dataclass(frozen=True)
class Scene:
    """Stars that move over a stamp.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    stars : sequence of Star
        All with a flux.
    events : sequence of Transit
    prf : sequence of (weight, sigma)
        Circular Gaussians, sigma in pixels; the weights add up to 1.
    background : float
        e-/s a pixel.
    time : array (time,) of float64
    d_row, d_col : array (time,) of float64
        Offsets in pixels.
    smear_row, smear_col : float
        Standard deviation, in pixels, of the motion within a cadence in which a thruster fired.
    fired : array (time,) of bool
    """

    shape: tuple[int, int]
    stars: Sequence[Star]
    events: Sequence[Transit]
    prf: Sequence[tuple[float, float]]
    background: float
    time: np.ndarray
    d_row: np.ndarray
    d_col: np.ndarray
    fired: np.ndarray
    smear_row: float = 0.0
    smear_col: float = 0.0

    def starlight(self, span: slice) -> np.ndarray:
        """e-/s of all stars, float32 (row, col, time), in a span of cadences."""
        light = np.zeros((*self.shape, self.time[span].size), dtype=np.float32)
        for index, star in enumerate(self.stars):
            flux = star.flux * relative_light(self.events, index, self.time[span])
            for weight, sigma in self.prf:
                rows = self._profile(0, star.row, sigma, span) * (weight * flux)
                cols = self._profile(1, star.col, sigma, span)
                light += rows.astype(np.float32)[:, None] * cols.astype(np.float32)[None]
        return light

    def sky(self, span: slice) -> np.ndarray:
        """e-/s of background, float32 (row, col, time), in a span of cadences."""
        days = self.time[span] - self.time[0]
        level = self.background * (1 + 0.05 * np.sin(2 * np.pi * days / 27.4))
        row, col = (np.arange(n) - (n - 1) / 2 for n in self.shape)
        tilt = 1 + 0.01 * (row[:, None] / self.shape[0] + col / self.shape[1])
        return tilt.astype(np.float32)[..., None] * level.astype(np.float32)

    def images(self) -> np.ndarray:
        """e-/s of each star at its mean place, out of its events, float64 (star, row, col)."""
        still = dataclasses.replace(
            self,
            events=(),
            time=self.time[:1],
            d_row=np.zeros(1),
            d_col=np.zeros(1),
            fired=np.zeros(1, bool),
        )
        every = slice(None)
        return np.stack(
            [dataclasses.replace(still, stars=[s]).starlight(every)[..., 0] for s in self.stars]
        ).astype(float)

    def _profile(self, axis: int, place: float, sigma: float, span: slice) -> np.ndarray:
        """The Gaussian's share in each row (axis 0) or column (1): float64 (pixel, time)."""
        offset, smear = (self.d_row, self.smear_row) if axis == 0 else (self.d_col, self.smear_col)
        offset = offset[span]
        width = np.where(self.fired[span], math.hypot(sigma, smear), sigma)
        if offset.size and np.ptp(offset) == 0 and np.ptp(width) == 0:
            offset, width = offset[:1], width[:1]
        edges = np.arange(self.shape[axis] + 1)[:, None] - 0.5 - place
        return np.diff(0.5 * erf((edges - offset) / (math.sqrt(2) * width)), axis=0)


def relative_light(events: Sequence[Transit], star: int, time: np.ndarray) -> np.ndarray:
    """The fraction of a star's light left at `time` by its own events, never below 0: float64."""
    light = np.ones(np.shape(time))
    for event in events:
        if event.star == star:
            light *= event.light(time)
    return np.clip(light, 0, None)
