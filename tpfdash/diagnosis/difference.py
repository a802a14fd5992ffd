"""The difference image: where on the stamp the light of an event is missing, or comes from.

The mean image outside a window minus the mean image in it, as in Kepler's data validation (the
out-of-transit minus in-transit image; Bryson et al. 2013, PASP 125, 889). What the image means is
for its reader to judge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.special import ndtri

from tpfdash.errors import TPFError
from tpfdash.stamp.blocks import all_zero, pixel_series

__all__ = ["DifferenceImage", "difference_image"]

#: Cadences on each side of the window that the noise is measured on, at least.
_NOISE = 50
#: How often noise alone may pass for a signal somewhere on the stamp.
_CHANCE = 0.001
#: Pixel values worked on at a time.
_BLOCK = 1 << 21


@dataclass(frozen=True)
class DifferenceImage:
    """A difference image and what it is made of.

    All images are float64 arrays (row, col), NaN in pixels with no finite value on either side.

    Parameters
    ----------
    outside, inside : mean flux out of the window and in it, e-/s
    image : `outside - inside`, e-/s: positive where light is missing in the window
    snr : `image` over its standard error
    centroid : (row, col), detector pixels, of the difference image; None where it has no signal,
        which is where noise alone would reach its highest S/N once in 1,000 such stamps
    outside_centroid : (row, col), detector pixels, of the image out of the window
    n_inside, n_outside : how many cadences each mean is of
    """

    outside: np.ndarray
    inside: np.ndarray
    image: np.ndarray
    snr: np.ndarray
    centroid: tuple[float, float] | None
    outside_centroid: tuple[float, float] | None
    n_inside: int
    n_outside: int

    @property
    def offset(self) -> tuple[float, float] | None:
        """(row, col) pixels from the out-of-window centroid to that of the difference image."""
        if self.centroid is None or self.outside_centroid is None:
            return None
        return tuple(np.subtract(self.centroid, self.outside_centroid).tolist())


def difference_image(
    tpf: xr.Dataset, window: tuple[float, float], good: np.ndarray | None = None
) -> DifferenceImage:
    """Mean image out of a window of time minus the mean image in it.

    The cadences outside are taken from both sides, each side as long as the window, so that a
    slow trend cancels. The noise that the S/N is measured against is half the mean square of the
    steps between successive cadences, in the window and on at least 50 cadences on each side of
    it, so that a trend does not count as noise and a short window has its noise known well.
    Frames without a finite pixel, or exactly 0 throughout, do not count.

    Parameters
    ----------
    tpf : Dataset
    window : (t0, t1), in the file's own days
    good : bool array (time,), optional
        Cadences to use; by default those with no quality flag.

    Raises
    ------
    TPFError
        Where the window, or the time beside it, holds no usable cadence.
    """
    time = tpf["time"].values
    if good is None:
        good = tpf["quality"].values == 0
    usable = good & np.isfinite(time)
    t0, t1 = sorted(window)
    inside = np.flatnonzero(usable & (time >= t0) & (time <= t1))
    before = np.flatnonzero(usable & (time < t0))
    after = np.flatnonzero(usable & (time > t1))
    n = max(inside.size, 1)
    # What the window is compared with, the window itself, and what only tells the noise.
    sides = [_moments(tpf, before[-n:]), _moments(tpf, after[:n])]
    middle = _moments(tpf, inside)
    noise = [_moments(tpf, before[-max(n, _NOISE) : -n]), _moments(tpf, after[n:_NOISE])]
    n_inside, n_outside = middle.frames, sum(side.frames for side in sides)
    if not n_inside:
        raise TPFError(
            f"the window {t0:.4f} to {t1:.4f} holds no usable cadence: it should span at least "
            "one that the quality choice keeps."
        )
    if not n_outside:
        raise TPFError(
            f"there is no usable cadence beside the window {t0:.4f} to {t1:.4f} to compare with: "
            "it should be narrower than the light curve."
        )
    sides = [side for side in sides if side.frames]
    every = [middle, *sides, *noise]
    with np.errstate(divide="ignore", invalid="ignore"):
        # Var(x[i+1] - x[i]) is twice the variance of one cadence.
        variance = sum(m.squares for m in every) / sum(m.steps for m in every) / 2
        in_mean = middle.total / middle.count
        out_mean = sum(side.total / side.count for side in sides) / len(sides)
        weight = 1 / middle.count + sum(1 / side.count for side in sides) / len(sides) ** 2
        difference = out_mean - in_mean
        snr = difference / np.sqrt(variance * weight)
    significant = np.abs(snr) > 3
    if not (np.abs(snr) > -ndtri(_CHANCE / 2 / snr.size)).any():
        significant[:] = False
    # A dip is positive in the difference, a brightening negative: follow the stronger.
    sign = 1.0 if np.nansum(np.where(significant, difference, 0)) >= 0 else -1.0
    return DifferenceImage(
        outside=out_mean,
        inside=in_mean,
        image=difference,
        snr=np.where(np.isfinite(snr), snr, np.nan),
        centroid=_centroid(tpf, np.where(significant, sign * difference, 0)),
        outside_centroid=_centroid(tpf, _star_only(out_mean)),
        n_inside=n_inside,
        n_outside=n_outside,
    )


@dataclass
class _Moments:
    """Sums over some cadences, pixel by pixel: arrays (row, col).

    Parameters
    ----------
    total, count : sum of the finite values, and how many they are
    squares, steps : sum of the squared steps between successive cadences, and how many they are
    frames : int
        How many of the cadences have data.
    """

    total: np.ndarray
    count: np.ndarray
    squares: np.ndarray
    steps: np.ndarray
    frames: int = 0


def _moments(tpf: xr.Dataset, cadences: np.ndarray) -> _Moments:
    shape = tpf["aperture"].shape
    sums = _Moments(*np.zeros((4, *shape)))
    last = np.full((*shape, 1), np.nan)
    length = max(1, _BLOCK // last.size)
    for start in range(0, cadences.size, length):
        series = pixel_series(tpf, "flux", cadences[start : start + length]).astype(np.float64)
        series[..., all_zero(series)] = np.nan
        finite = np.isfinite(series)
        series[~finite] = np.nan  # of infinite ones there are no steps
        steps = np.diff(series, axis=-1, prepend=last)
        known = np.isfinite(steps)
        sums.total += np.where(finite, series, 0).sum(axis=-1)
        sums.count += finite.sum(axis=-1)
        sums.squares += (np.where(known, steps, 0) ** 2).sum(axis=-1)
        sums.steps += known.sum(axis=-1)
        sums.frames += int(finite.any(axis=(0, 1)).sum())
        last = series[..., -1:]
    return sums


def _star_only(image: np.ndarray) -> np.ndarray:
    """The image above its median: a leftover background would pull its centroid to the middle."""
    return np.clip(np.nan_to_num(image - np.nanmedian(image)), 0, None)


def _centroid(tpf: xr.Dataset, weights: np.ndarray) -> tuple[float, float] | None:
    """First moments around the strongest pixel (3x3), in detector pixels; None without signal."""
    weights = np.clip(np.nan_to_num(weights), 0, None)
    if not weights.any():
        return None
    row, col = np.unravel_index(np.argmax(weights), weights.shape)
    near = (slice(max(row - 1, 0), row + 2), slice(max(col - 1, 0), col + 2))
    patch = weights[near]
    rows, cols = tpf["row"].values[near[0]], tpf["col"].values[near[1]]
    return (
        float(patch.sum(axis=1) @ rows / patch.sum()),
        float(patch.sum(axis=0) @ cols / patch.sum()),
    )
