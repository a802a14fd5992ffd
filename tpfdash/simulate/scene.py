"""What a simulated stamp sees: stars, all that happens to them and to the pixels, the motion.

What lives here: the noiseless light on pixels. The instruments' numbers are in
`tpfdash.simulate.instruments`, noise in `tpfdash.simulate.exposure`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tpfdash.simulate.events import Event, Pointing, View, is_finite, product, require, total
from tpfdash.simulate.stars import Star, relative_light
from tpfdash.stamp.prf import PRF

__all__ = ["Drift", "Roll", "Scene"]


@dataclass(frozen=True)
class Drift:
    """Steady pointing: a straight line, `row` and `col` pixels from first to last cadence."""

    row: float = 0.0
    col: float = 0.0

    def __post_init__(self) -> None:
        require(is_finite(self.row, self.col), f"A drift should be finite: got {self}.")

    def path(self, time: np.ndarray) -> tuple[Pointing, np.ndarray]:
        """The pointing, and where thrusters fired, bool (time,)."""
        fraction = np.linspace(-0.5, 0.5, time.size) if time.size > 1 else np.zeros(time.size)
        path = Pointing.steady(time.size, d_row=self.row * fraction, d_col=self.col * fraction)
        return path, np.zeros(time.size, dtype=bool)


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

    def path(self, time: np.ndarray) -> tuple[Pointing, np.ndarray]:
        """The pointing, and where thrusters fired, bool (time,).

        The cadence of a firing sees both ends of the sawtooth: its mean place is the middle.
        """
        cycles = (time - time[:1]) / self.period + 0.5
        fired = np.diff(np.floor(cycles), prepend=0) > 0
        along = np.where(fired, 0, self.amplitude * (cycles % 1 - 0.5))
        angle = math.radians(self.angle)
        half = abs(self.amplitude) / 2 * fired
        path = Pointing.steady(
            time.size,
            d_row=along * math.sin(angle),
            d_col=along * math.cos(angle),
            blur_row=half * abs(math.sin(angle)),
            blur_col=half * abs(math.cos(angle)),
        )
        return path, fired


@dataclass(frozen=True)
class Scene:
    """Stars that move over a stamp, and what happens there.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    stars : sequence of Star
        All with a flux.
    events : sequence of Event
    prf : PRF
    background : float
        e-/s a pixel.
    time : array (time,) of float64
    pointing : Pointing
        Of each cadence, that of the events included.
    cadence : float
        Days from cadence to cadence.
    """

    shape: tuple[int, int]
    stars: Sequence[Star]
    events: Sequence[Event]
    prf: PRF
    background: float
    time: np.ndarray
    pointing: Pointing
    cadence: float

    def view(self, span: slice = slice(None)) -> View:
        """What events are asked about, in a span of cadences."""
        return View(self.shape, self.time[span], self.cadence, self.prf)

    def starlight(self, span: slice) -> np.ndarray:
        """e-/s of all stars, float32 (row, col, time), in a span of cadences."""
        light = np.zeros((*self.shape, self.time[span].size), dtype=np.float32)
        pointing, scale = (
            self.pointing[span],
            product(e.scale(self.view(span)) for e in self.events),
        )
        for index, star in enumerate(self.stars):
            flux = star.flux * relative_light(self.events, index, self.time[span])
            if scale is not None:
                flux = flux * scale
            light += pointing.images(self.prf, self.shape, star.row, star.col) * flux
        return light

    def added(self, span: slice) -> np.ndarray | None:
        """e-/s that events add to pixels, float64 (row, col, time); None where none does."""
        return total(event.added(self.view(span)) for event in self.events)

    def gain(self, span: slice) -> np.ndarray | None:
        """What events multiply pixels by, float64 (row, col, time); None where none does."""
        return product(event.gain(self.view(span)) for event in self.events)

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
            self, events=(), time=self.time[:1], pointing=Pointing.steady(1)
        )
        every = slice(None)
        return np.stack(
            [dataclasses.replace(still, stars=[s]).starlight(every)[..., 0] for s in self.stars]
        ).astype(float)
