"""The difference image: where on the stamp the light of an event is missing, or comes from.

The mean image outside a window minus the mean image in it, as in Kepler's data validation (the
out-of-transit minus in-transit image; Bryson et al. 2013, PASP 125, 889). What the image means is
for its reader to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter
from scipy.special import ndtri

from tpfdash.diagnosis.windows import (
    Place,
    Window,
    as_windows,
    nothing_beside,
    nothing_in,
    places,
    usable_cadences,
)
from tpfdash.errors import TPFError
from tpfdash.stamp.blocks import all_zero, finite_median, pixel_series
from tpfdash.stamp.geometry import corner

__all__ = [
    "CHANCE",
    "DifferenceImage",
    "centroid_noise",
    "centroids",
    "difference_image",
    "light_around",
    "sign_of",
    "star_centroid",
]

#: Cadences on each side of the window that the noise is measured on, at least.
_NOISE = 50
#: How often noise alone may pass for a signal somewhere on the stamp.
CHANCE = 0.001
#: Pixel values worked on at a time.
_BLOCK = 1 << 21
#: Standard deviation, in pixels, of the Gaussian that light is weighed with: about as wide as the
#: missions' stars, which takes in little of a neighbour.
_WIDTH = 0.75
#: Pixels looked at on each side of a peak, how far from it a centroid may be, and how often that is
#: bettered.
_NEAR, _FURTHEST, _ROUNDS = 5, 3, 15


@dataclass(frozen=True)
class DifferenceImage:
    """A difference image and what it is made of.

    All images are float64 arrays (row, col), NaN in pixels that have no finite value in the window,
    or none on a side of it that the others have.

    Parameters
    ----------
    outside, inside : mean flux out of the window and in it, e-/s
    image : `outside - inside`, e-/s: positive where light is missing in the window
    snr : `image` over its standard error
    centroid : (row, col), detector pixels, of the difference image; None where it has no signal,
        which is where noise alone would reach its highest S/N once in 1,000 such stamps
    outside_centroid : (row, col), detector pixels, of the image out of the window
    n_inside, n_outside : how many cadences each mean is of, over all windows
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
    tpf: xr.Dataset, window: Window | Sequence[Window], good: np.ndarray | None = None
) -> DifferenceImage:
    """Mean image out of a window of time minus the mean image in it.

    The cadences outside are taken from both sides, each side as long as the window, so that a
    slow trend cancels. The noise that the S/N is measured against is half the mean square of the
    steps between successive cadences, in the window and on at least 50 cadences on each side of
    it, so that a trend does not count as noise and a short window has its noise known well.
    Frames without a finite pixel, or exactly 0 throughout, do not count.

    Several windows are the same event again: each is compared with flanks of its own, and counts,
    pixel by pixel, by the number of cadences in it.

    Parameters
    ----------
    tpf : Dataset
    window : (t0, t1), or a sequence of them
        In the file's own days. Windows that overlap are one; one that holds no usable cadence, or
        has none beside it, is left out.
    good : bool array (time,), optional
        Cadences to use; by default those with no quality flag.

    Raises
    ------
    TPFError
        Where no window, or the time beside none of them, holds a usable cadence.
    """
    if good is None:
        good = tpf["quality"].values == 0
    order = usable_cadences(tpf["time"].values, good)
    windows = as_windows(window)
    found = places(tpf["time"].values[order], windows)
    measured = [_measure(tpf, order, place, found) for place in found]
    used = [one for one in measured if one.n_inside and one.n_outside]
    if not used:
        nowhere = not any(one.n_inside for one in measured)
        raise TPFError((nothing_in if nowhere else nothing_beside)(windows[0]))
    counts = np.stack([one.count for one in used])
    share = counts / np.maximum(counts.sum(axis=0), 1)
    nothing = ~counts.any(axis=0)
    inside = _total(share, [one.inside for one in used])
    outside = _total(share, [one.outside for one in used])
    weight = _total(share**2, [one.weight for one in used])
    inside[nothing] = outside[nothing] = np.nan
    difference = outside - inside
    with np.errstate(divide="ignore", invalid="ignore"):
        # Var(x[i+1] - x[i]) is twice the variance of one cadence.
        variance = sum(one.squares for one in used) / sum(one.steps for one in used) / 2
        snr = difference / np.sqrt(variance * weight)
    seen = (np.abs(snr) > -ndtri(CHANCE / 2 / snr.size)).any()
    signed = sign_of(difference, snr)
    bright = np.where(np.abs(snr) > 3, signed * difference, -np.inf)
    centroid = centroids((signed * difference)[None], bright[None])[0] if seen else None
    return DifferenceImage(
        outside=outside,
        inside=inside,
        image=difference,
        snr=np.where(np.isfinite(snr), snr, np.nan),
        centroid=_on_detector(tpf, centroid),
        outside_centroid=star_centroid(tpf, outside),
        n_inside=sum(one.n_inside for one in used),
        n_outside=sum(one.n_outside for one in used),
    )


def _total(shares: np.ndarray, images: Sequence[np.ndarray]) -> np.ndarray:
    """Sum of images (row, col) times their shares; what has no share may be anything."""
    return (shares * np.where(shares > 0, np.stack(images), 0)).sum(axis=0)


def sign_of(difference: np.ndarray, snr: np.ndarray) -> float:
    """1.0 where light is missing in the window, -1.0 where it comes from: the stronger counts."""
    return 1.0 if np.nansum(np.where(np.abs(snr) > 3, difference, 0)) >= 0 else -1.0


@dataclass
class _Measured:
    """One window against its flanks, pixel by pixel: arrays (row, col).

    Parameters
    ----------
    inside, outside : mean in the window; mean of the means of the flanks
    count : how many finite values are in the window; 0 where `inside` or `outside` is NaN
    weight : variance of `outside - inside`, that of one cadence being 1
    squares, steps : as `_Moments`, over all cadences that tell the noise
    n_inside, n_outside : frames with data
    """

    inside: np.ndarray
    outside: np.ndarray
    count: np.ndarray
    weight: np.ndarray
    squares: np.ndarray
    steps: np.ndarray
    n_inside: int
    n_outside: int


def _measure(
    tpf: xr.Dataset, order: np.ndarray, place: Place, others: Sequence[Place]
) -> _Measured:
    """One window against its flanks; `order` and the places are as `tpfdash.diagnosis.windows`."""
    middle = _moments(tpf, order[place.begin : place.end])
    sides = [
        _moments(tpf, order[place.before : place.begin]),
        _moments(tpf, order[place.end : place.after]),
    ]
    # What only tells the noise: further cadences, none of them in a window.
    first = max([0, *(one.end for one in others if one.end <= place.before)])
    last = min([order.size, *(one.begin for one in others if one.begin >= place.after)])
    noise = [
        _moments(tpf, order[max(place.begin - _NOISE, first) : place.before]),
        _moments(tpf, order[place.after : min(place.end + _NOISE, last)]),
    ]
    sides = [side for side in sides if side.frames]
    every = [middle, *sides, *noise]
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = middle.total / middle.count
        outside = sum((side.total / side.count for side in sides), np.zeros_like(inside))
        outside = outside / len(sides) if sides else np.full_like(inside, np.nan)
        weight = 1 / middle.count
        for side in sides:
            weight = weight + 1 / side.count / len(sides) ** 2
    known = np.isfinite(inside) & np.isfinite(outside)
    return _Measured(
        inside=inside,
        outside=outside,
        count=np.where(known, middle.count, 0),
        weight=weight,
        squares=np.sum([moments.squares for moments in every], axis=0),
        steps=np.sum([moments.steps for moments in every], axis=0),
        n_inside=middle.frames,
        n_outside=sum(side.frames for side in sides),
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


def star_centroid(
    tpf: xr.Dataset, image: np.ndarray, mask: np.ndarray | None = None
) -> tuple[float, float] | None:
    """(row, col), detector pixels, of the brightest star of an image; None without light.

    Parameters
    ----------
    image : float array (row, col)
        Its median is taken off: a leftover background would pull the centroid to the middle.
    mask : bool array (row, col), optional
        Where the star's brightest pixel is looked for.
    """
    above = np.clip(np.nan_to_num(image - finite_median(image.reshape(-1, 1))), 0, None)
    where = above if mask is None else np.where(mask, above, 0)
    return _on_detector(tpf, centroids(above[None], where[None])[0])


def centroids(images: np.ndarray, prominence: np.ndarray) -> np.ndarray:
    """Where the light of images is centred near their peaks, by first moments under a Gaussian.

    The Gaussian is about as wide as a star and centred on the centroid itself, which is what is
    iterated for (the windowed centroid of SExtractor's manual). No pixel comes in or drops out as
    a star moves across its border, so that noise moves the centroid evenly. A star narrower than
    its pixels may be some 0.06 pixel off: a star and an event on it alike.

    Parameters
    ----------
    images : float array (image, row, col)
        What is not finite counts as 0.
    prominence : float array (image, row, col)
        The centroid is looked for within 3 pixels of the pixel where this is largest.

    Returns
    -------
    float64 array (image, 2)
        (row, col) counted from the stamp's first pixel; NaN where there is no light, or none that
        has a centre there.
    """
    n, rows, cols = images.shape
    light = np.zeros((n, rows + 2 * _NEAR, cols + 2 * _NEAR))
    light[:, _NEAR:-_NEAR, _NEAR:-_NEAR] = np.where(np.isfinite(images), images, 0)
    peak = np.nan_to_num(prominence, nan=-np.inf).reshape(n, -1).argmax(axis=1)
    row, col = np.unravel_index(peak, (rows, cols))
    near = np.arange(2 * _NEAR + 1)
    patches = light[
        np.arange(n)[:, None, None],
        (row[:, None] + near)[:, :, None],
        (col[:, None] + near)[:, None, :],
    ]
    arms = near - float(_NEAR)
    place = np.zeros((n, 2))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for _ in range(_ROUNDS):
            away = arms - place[:, :, None]  # (image, axis, pixel)
            down, across = np.moveaxis(np.exp(-(away**2) / (2 * _WIDTH**2)), 1, 0)
            by_row = np.einsum("nij,nj->ni", patches, across) * down
            by_col = np.einsum("nij,ni->nj", patches, down) * across
            moments = np.stack(
                [(by_row * away[:, 0]).sum(axis=1), (by_col * away[:, 1]).sum(axis=1)], axis=1
            )
            total = by_row.sum(axis=1)
            # A step of more than a pixel is none towards a star.
            place = place + np.clip(
                2 * moments / np.where(total > 0, total, np.nan)[:, None], -1, 1
            )
    place[(np.abs(place) > _FURTHEST).any(axis=1)] = np.nan
    return np.stack([row, col], axis=1) + place


def light_around(images: np.ndarray) -> np.ndarray:
    """The light about each pixel, as `centroids` weighs it: float64 array (image, row, col).

    In the unit of the images but for a factor; what is not finite counts as 0.
    """
    return gaussian_filter(
        np.where(np.isfinite(images), images, 0.0), (0, _WIDTH, _WIDTH), mode="constant"
    )


def centroid_noise(image: np.ndarray, error: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Covariance of a centroid that white noise makes, in pixel**2: float64 array (2, 2).

    Parameters
    ----------
    image, error : float arrays (row, col)
        As `centroids` takes an image; the pixels' standard errors, NaN counting as 0.
    place : float array (2,)
        What `centroids` gives for it.
    """
    away = np.indices(image.shape) - place[:, None, None]
    weight = np.exp(-(away**2).sum(axis=0) / (2 * _WIDTH**2))
    # How the moments that are 0 at the centroid change with the pixels, over how with the place.
    slopes = (np.nan_to_num(image) * weight * (1 - away**2 / _WIDTH**2)).sum(axis=(1, 2))
    arms = (away * weight * np.nan_to_num(error)).reshape(2, -1) / slopes[:, None]
    return arms @ arms.T


def _on_detector(tpf: xr.Dataset, place: np.ndarray | None) -> tuple[float, float] | None:
    if place is None or not np.isfinite(place).all():
        return None
    row, col = corner(tpf)
    return float(row + place[0]), float(col + place[1])
