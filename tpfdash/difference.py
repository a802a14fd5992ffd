"""The difference image: where on the stamp the light of an event is missing, or comes from.

The mean image outside a window minus the mean image in it, as in Kepler's data validation (the
out-of-transit minus in-transit image; Bryson et al. 2013, PASP 125, 889). What the image means is
for its reader to judge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.photometry import pixel_series

__all__ = ["Difference", "difference_image"]


@dataclass(frozen=True)
class Difference:
    """A difference image and what it is made of.

    All images are float64 arrays (row, col), NaN in pixels with no finite value on either side.

    Parameters
    ----------
    outside, inside : mean flux out of the window and in it, e-/s
    difference : `outside - inside`, e-/s: positive where light is missing in the window
    snr : `difference` over its standard error
    centroid : (row, col), detector pixels, of the difference image; None where it has no signal
    outside_centroid : (row, col), detector pixels, of the image out of the window
    n_inside, n_outside : how many cadences each mean is of
    """

    outside: np.ndarray
    inside: np.ndarray
    difference: np.ndarray
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
) -> Difference:
    """Mean image out of a window of time minus the mean image in it.

    The cadences outside are taken from both sides, each side as long as the window, so that a
    slow trend cancels. The scatter that the S/N is measured against is that between successive
    cadences, on each side of the window and in it, so that a trend does not count as noise.

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
    before = before[-max(inside.size, 1) :]
    after = after[: max(inside.size, 1)]
    if not inside.size:
        raise TPFError(
            f"the window {t0:.4f} to {t1:.4f} holds no usable cadence: it should span at least "
            "one that the quality choice keeps."
        )
    if not before.size + after.size:
        raise TPFError(
            f"there is no usable cadence beside the window {t0:.4f} to {t1:.4f} to compare with: "
            "it should be narrower than the light curve."
        )
    in_mean, in_error = _mean(tpf, [inside])
    out_mean, out_error = _mean(tpf, [before, after])
    difference = out_mean - in_mean
    with np.errstate(divide="ignore", invalid="ignore"):
        snr = difference / np.hypot(in_error, out_error)
    snr[~np.isfinite(snr)] = np.nan
    significant = np.abs(np.nan_to_num(snr)) > 3
    # A dip is positive in the difference, a brightening negative: follow the stronger.
    sign = 1.0 if np.nansum(np.where(significant, difference, 0)) >= 0 else -1.0
    return Difference(
        outside=out_mean,
        inside=in_mean,
        difference=difference,
        snr=snr,
        centroid=_centroid(tpf, np.where(significant, sign * difference, 0)),
        outside_centroid=_centroid(tpf, _star_only(out_mean)),
        n_inside=inside.size,
        n_outside=before.size + after.size,
    )


def _mean(tpf: xr.Dataset, groups: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean image of the mean of each group of cadences, and its standard error, (row, col)."""
    means, variances = [], []
    for cadences in groups:
        if not cadences.size:
            continue
        series = pixel_series(tpf, "flux", cadences).astype(np.float64)
        finite = np.isfinite(series)
        count = finite.sum(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            means.append(np.where(finite, series, 0).sum(axis=-1) / count)
            steps = np.diff(series, axis=-1)
            # Var(x[i+1] - x[i]) is twice the variance of one cadence.
            scatter = np.sum(np.nan_to_num(steps) ** 2, axis=-1) / np.isfinite(steps).sum(axis=-1)
            variances.append(scatter / 2 / count)
        if cadences.size < 4 and "flux_err" in tpf:  # too few steps to measure a scatter by
            errors = pixel_series(tpf, "flux_err", cadences).astype(np.float64)
            with np.errstate(divide="ignore", invalid="ignore"):
                variances[-1] = np.where(finite, errors, 0).__pow__(2).sum(axis=-1) / count**2
    n = len(means)
    return sum(means) / n, np.sqrt(sum(variances)) / n


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
