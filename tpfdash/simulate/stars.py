"""Stars, and what they do by themselves: transits, eclipses, flares, pulsations.

What lives here: light curves. How a star's light falls onto pixels is `tpfdash.stamp.prf` and
`tpfdash.simulate.scene`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tpfdash.simulate.events import Event, View, is_finite, require

__all__ = ["Eclipse", "Flare", "Pulsation", "Star", "StarEvent", "Transit", "relative_light"]


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


class StarEvent(Event):
    """What one star does: `star` is its index, or, for `tpfdash.inject`, any `Star`."""

    star: int | Star

    def light(self, time: np.ndarray) -> np.ndarray:
        """What the star's light is multiplied by at `time` (days, float64)."""
        raise NotImplementedError

    def when(self, view: View) -> np.ndarray:
        """The cadences that it changes: bool (n,)."""
        return np.isfinite(view.time) & (self.light(view.time) != 1)


@dataclass(frozen=True)
class Transit(StarEvent):
    """Trapezoidal dips of one star.

    Parameters
    ----------
    star : int or Star
        Which star, an index into `stars`; `tpfdash.inject` also takes any `Star`.
    period, duration : float
        Days. The duration is from first to last contact. A period of None makes a single event.
    epoch : float
        Mid-time of one transit, in the mission's clock (BKJD or BTJD).
    depth : float
        Fraction of that star's light that is lost at the bottom, 0 to 1.
    ingress : float
        Fraction of the duration taken by the ingress, and again by the egress, 0 to 0.5.
    """

    star: int | Star
    period: float | None
    epoch: float
    duration: float
    depth: float
    ingress: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        period = self.duration if self.period is None else self.period
        require(
            0 < self.duration <= period,
            f"An event needs 0 < duration <= period, in days: got {self}.",
        )
        require(
            0 <= self.depth <= 1 and 0 <= self.ingress <= 0.5,
            f"An event's depth should be 0 to 1 and its ingress 0 to 0.5: got {self}.",
        )

    def light(self, time: np.ndarray) -> np.ndarray:
        """The fraction of the star's light that is left at `time` (days, float64)."""
        return 1 - self.depth * self._shape(time, self.epoch)

    def _shape(self, time: np.ndarray, epoch: float) -> np.ndarray:
        """0 outside the event, 1 at its bottom."""
        if self.period is None:
            phase = np.abs(time - epoch)
        else:
            phase = np.abs((time - epoch + self.period / 2) % self.period - self.period / 2)
        inside = self.duration / 2 - phase
        ingress = self.ingress * self.duration
        return np.clip(inside / ingress, 0, 1) if ingress > 0 else (inside >= 0).astype(float)


@dataclass(frozen=True)
class Eclipse(Transit):
    """V-shaped eclipses of one star, with a secondary eclipse half a period later.

    Parameters are those of `Transit`, and

    secondary_depth : float
        Fraction of the star's light lost in the middle of the secondary eclipse, 0 to 1; a single
        event has none.
    """

    ingress: float = 0.5
    secondary_depth: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            0 <= self.secondary_depth <= 1
            and (self.period is not None or not self.secondary_depth),
            f"An eclipse's secondary_depth should be 0 to 1, and 0 without a period: got {self}.",
        )

    def light(self, time: np.ndarray) -> np.ndarray:
        """The fraction of the star's light that is left at `time` (days, float64)."""
        light = super().light(time)
        if self.period is None:
            return light
        return light - self.secondary_depth * self._shape(time, self.epoch + self.period / 2)


@dataclass(frozen=True)
class Flare(StarEvent):
    """One brightening of a star: a straight rise, an exponential decay.

    Parameters
    ----------
    star : int or Star
        As for `Transit`.
    time : float
        Of the peak, days.
    amplitude : float
        At the peak, as a fraction of the star's light; not negative.
    rise : float
        Days from nothing to the peak; not negative.
    decay : float
        Days in which what is left falls to 1/e; positive. It ends after ten of them.
    """

    star: int | Star
    time: float
    amplitude: float
    rise: float
    decay: float

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            min(self.amplitude, self.rise) >= 0 and self.decay > 0,
            f"A flare needs an amplitude and a rise not below 0 and a decay above 0: got {self}.",
        )

    def light(self, time: np.ndarray) -> np.ndarray:
        """What the star's light is multiplied by at `time` (days, float64)."""
        after = np.asarray(time - self.time, dtype=np.float64)
        up = np.clip(1 + after / self.rise, 0, None) if self.rise > 0 else np.zeros_like(after)
        with np.errstate(over="ignore"):
            down = np.where(after <= 10 * self.decay, np.exp(-after / self.decay), 0.0)
        shape = np.where(after < 0, up, down)
        return 1 + self.amplitude * np.where(np.isfinite(after), shape, np.nan)


@dataclass(frozen=True)
class Pulsation(StarEvent):
    """A star that varies as a sine, all the time.

    Parameters
    ----------
    star : int or Star
        As for `Transit`.
    period : float
        Days, positive.
    epoch : float
        Of one maximum, days.
    amplitude : float
        Half from trough to crest, as a fraction of the star's light, 0 to 1.
    """

    star: int | Star
    period: float
    epoch: float
    amplitude: float

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.period > 0 and 0 <= self.amplitude <= 1,
            f"A pulsation needs a period above 0 and an amplitude of 0 to 1: got {self}.",
        )

    def light(self, time: np.ndarray) -> np.ndarray:
        """What the star's light is multiplied by at `time` (days, float64)."""
        turns = (np.asarray(time, dtype=np.float64) - self.epoch) / self.period
        return 1 + self.amplitude * np.cos(2 * np.pi * turns)


def relative_light(events: Sequence[Event], star: int | Star, time: np.ndarray) -> np.ndarray:
    """What a star's own events multiply its light by at `time`, never below 0: float64."""
    light = np.ones(np.shape(time))
    for event in events:
        if isinstance(event, StarEvent) and event.star == star:
            light *= event.light(time)
    return np.clip(light, 0, None)
