"""What stands on the stamp while nothing happens: the target, other stars, the sky, the PRF.

The target's own image is the best template of what happens on the target, and needs no PRF where
the target stands alone; where it does not, each pixel's light is shared out by PRFs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.optimize import least_squares, nnls

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.prf import EllipticalPRF, OnPixels
from tpfdash.diagnosis.tess_prf import tess_prf
from tpfdash.missions import get_mission
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.pointing import usual_motion
from tpfdash.stamp.prf import PRF
from tpfdash.stamp.sky import pixel_scale, target_position
from tpfdash.stamp.units import USUAL_FLUX

__all__ = ["Scene", "overflowing", "see_scene", "usual_prf"]

#: Core of a PRF in pixels where the file's star cannot tell it (Kepler, TESS: handbooks).
_USUAL = 0.65
#: By what stars differ from it: sigma_row, sigma_col, rho, wing.
_SPREAD = np.array([0.15, 0.15, 0.2, 0.1])
#: Peaks nearer to each other than this, in pixels, are one star: a star is never split in two.
_APART = 1.8


@dataclass(frozen=True)
class Scene:
    """The stamp out of the event.

    Parameters
    ----------
    image : float64 array (pixel,)
        e-/s out of the event, less the sky.
    target : float64 array (pixel,)
        The target's share of it.
    places : float64 array (star, 2)
        (row, col) of the stars, counted from the stamp's first pixel; the target is the first.
    fluxes : float64 array (star,)
        e-/s over the whole PRF.
    prf : OnPixels
    star : float64 array (2,)
        Where the target is in these pixels, measured by the PRF.
    catalogue : float64 array (2,) or None
        Where the file's WCS and POS_CORR put the target.
    elsewhere : bool
        Whether the catalogue's place is not that of the star.
    seen : bool
        Whether a star stands out at all.
    full : bool array (pixel,)
        Pixels that overflow, and those above and below that their charge may reach.
    """

    image: np.ndarray
    target: np.ndarray
    places: np.ndarray
    fluxes: np.ndarray
    prf: OnPixels
    star: np.ndarray
    catalogue: np.ndarray | None
    elsewhere: bool
    seen: bool
    full: np.ndarray

    @property
    def reference(self) -> str:
        """What `target_place` is the place of, in words."""
        if self.elsewhere or self.catalogue is None:
            return "the star in the aperture"
        return "the target"

    @property
    def target_place(self) -> np.ndarray:
        """Where the target is: between what its pixels say and what the WCS does, (row, col).

        Either errs by some tenth of a pixel: PRF and blends the one, the WCS the other.
        """
        if self.catalogue is None or self.elsewhere:
            return self.star
        return (self.star + self.catalogue) / 2


def see_scene(
    tpf: xr.Dataset,
    image: np.ndarray,
    noise: np.ndarray,
    pixels: np.ndarray,
    aperture: np.ndarray,
    prf: PRF | None = None,
) -> Scene:
    """The stars of a stamp.

    Parameters
    ----------
    image, noise : float64 arrays (pixel,)
        Mean out of the event and its error, e-/s.
    pixels : int array (pixel, 2)
    aperture : bool array (row, col)
        Where the target is looked for if the file's WCS is of no use.
    """
    subtracted = tpf.attrs.get("background_subtracted", True)
    sky = min(0.0, float(np.median(image))) if subtracted else float(np.quantile(image, 0.15))
    light = image - sky
    catalogue = _catalogue(tpf)
    where = aperture[pixels[:, 0], pixels[:, 1]]
    start = _start(light, pixels, where, catalogue)
    mission = get_mission(tpf.attrs["mission"])
    full = overflowing(tpf, image, pixels, settings.FULL * mission.saturation)
    peaks = _peaks(light, noise, pixels, start)
    stands = _stands_out(light, noise, pixels, peaks[0])
    # What overflows has no PRF's shape, and one that is given has its own.
    own_shape = prf is None and stands and not full.any()
    star, model = _fitted(light, noise, pixels, peaks, prf or usual_prf(tpf), own_shape)
    places = np.concatenate([star[None], peaks[1:]])
    models = model.images(places)
    away = np.hypot(*(pixels - star).T)
    near = away <= 3
    fluxes, _ = nnls(models.T / _weight(light, noise)[:, None], light / _weight(light, noise))
    seen = bool(fluxes[0] > 0 and stands)
    total = fluxes @ models
    if len(places) > 1:
        share = np.divide(fluxes[0] * models[0], total, out=np.zeros_like(total), where=total > 0)
    else:
        share = np.where(near | full, 1.0, np.clip(1.5 - away / 6, 0, 1))
    target = np.clip(light, 0, None) * share
    if not seen or not (target > 0).any():
        target = models[0] * max(float(fluxes[0]), 1.0)
    distance = None if catalogue is None else float(np.hypot(*(catalogue - star)))
    return Scene(
        light,
        target,
        places,
        fluxes,
        model,
        star,
        catalogue,
        distance is not None and distance > 1.0,
        seen,
        full,
    )


def _weight(light: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Errors to fit a scene with: its own noise, and what the PRF cannot describe."""
    return (
        np.sqrt(noise**2 + (0.05 * np.abs(light)) ** 2 + (2e-3 * np.abs(light).max()) ** 2) + 1e-9
    )


def _catalogue(tpf: xr.Dataset) -> np.ndarray | None:
    position = target_position(tpf)
    if position is None or pixel_scale(tpf) is None:
        return None
    return np.add(position, usual_motion(tpf)) - corner(tpf)


def _start(
    light: np.ndarray, pixels: np.ndarray, where: np.ndarray, catalogue: np.ndarray | None
) -> np.ndarray:
    """The pixel that the target is in: the brightest near the catalogue's place, or in the mask."""
    candidates = where
    if catalogue is not None:
        near = np.hypot(*(pixels - catalogue).T) <= 1.5
        if (near & where).any():
            candidates = near & where
        elif not where.any():
            candidates = near
    if not candidates.any():
        candidates = np.ones(len(pixels), dtype=bool)
    return pixels[np.argmax(np.where(candidates, light, -np.inf))].astype(float)


def _peaks(
    light: np.ndarray, noise: np.ndarray, pixels: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Places of stars: the target's, then local maxima that stand out, brightest first."""
    grid = np.full(pixels.max(axis=0) + 3, -np.inf)
    grid[pixels[:, 0] + 1, pixels[:, 1] + 1] = light
    around = np.stack(
        [
            grid[pixels[:, 0] + 1 + dr, pixels[:, 1] + 1 + dc]
            for dr in (-1, 0, 1)
            for dc in (-1, 0, 1)
            if dr or dc
        ]
    )
    known = np.where(np.isfinite(around), around, np.nan)
    beside = np.nanmedian(np.where(np.isfinite(known).any(axis=0), known, 0), axis=0)
    limit = np.maximum(8 * noise, 0.01 * light.max())
    peak = (light >= around.max(axis=0)) & (light - beside > np.maximum(limit, 0.25 * beside))
    found = [start]
    for index in np.argsort(-light):
        if len(found) > 12 or not peak[index]:
            if len(found) > 12:
                break
            continue
        place = pixels[index].astype(float)
        if min(np.hypot(*(place - other)) for other in found) >= _APART:
            found.append(place + _parabola(grid, pixels[index] + 1))
    found[0] = start + _parabola(grid, start.astype(int) + 1)
    return np.array(found)


def _parabola(grid: np.ndarray, at: np.ndarray) -> np.ndarray:
    """How far a peak is from its pixel's middle, by a parabola along either axis."""
    shift = np.zeros(2)
    for axis in range(2):
        step = np.eye(2, dtype=int)[axis]
        low, middle, high = (grid[tuple(at + k * step)] for k in (-1, 0, 1))
        if np.isfinite([low, middle, high]).all() and low + high < 2 * middle:
            shift[axis] = np.clip((high - low) / (2 * (2 * middle - low - high)), -0.5, 0.5)
    return shift


def usual_prf(tpf: xr.Dataset) -> EllipticalPRF:
    """The PRF that a mission's stars usually have, at this place of its detector."""
    camera, ccd = tpf.attrs.get("camera"), tpf.attrs.get("ccd")
    if tpf.attrs["mission"] == "TESS" and camera and ccd:
        row, col = (float(tpf[axis].values.mean()) for axis in ("row", "col"))
        known = tess_prf(int(camera), int(ccd), row, col)
        if known is not None:
            return known
    return EllipticalPRF(_USUAL, _USUAL)


def _fitted(
    light: np.ndarray,
    noise: np.ndarray,
    pixels: np.ndarray,
    peaks: np.ndarray,
    usual: PRF,
    own_shape: bool,
) -> tuple[np.ndarray, OnPixels]:
    """The target's place and, with `own_shape`, the PRF's widths, by least squares near the target.

    The widths are held near those of the usual PRF, by what stars differ from it.
    """
    near = np.hypot(*(pixels - peaks[0]).T) <= 3.6
    others = peaks[1:][np.hypot(*(peaks[1:] - peaks[0]).T) <= 5.5]
    sigma = _weight(light, noise)[near]
    fit_widths = own_shape and near.sum() >= 9 and isinstance(usual, EllipticalPRF)
    expected = np.zeros(0)
    if isinstance(usual, EllipticalPRF) and fit_widths:
        expected = np.array([usual.sigma_row, usual.sigma_col, usual.rho, usual.wing])

    def model(x: np.ndarray) -> PRF:
        if not expected.size or not isinstance(usual, EllipticalPRF):
            return usual
        return EllipticalPRF(x[2], x[3], x[4], x[5], usual.reach)

    def residual(x: np.ndarray) -> np.ndarray:
        places = np.concatenate([x[None, :2], others])
        stars = OnPixels(model(x), pixels[near]).images(places)
        a = (np.concatenate([stars, np.ones((1, len(sigma)))]) / sigma).T
        b = light[near] / sigma
        gram = a.T @ a + 1e-9 * np.trace(a.T @ a) * np.eye(a.shape[1])
        misfit = b - a @ np.linalg.solve(gram, a.T @ b)
        return np.concatenate([misfit, (x[2:] - expected) / _SPREAD[: expected.size]])

    first = np.concatenate([peaks[0], expected])
    lower = np.concatenate([peaks[0] - 0.8, [0.25, 0.25, -0.7, 0.0][: expected.size]])
    upper = np.concatenate([peaks[0] + 0.8, [1.6, 1.6, 0.7, 0.6][: expected.size]])
    best = least_squares(
        residual, np.clip(first, lower + 1e-6, upper - 1e-6), bounds=(lower, upper), max_nfev=25
    )
    return best.x[:2], OnPixels(model(best.x), pixels)


def _stands_out(light: np.ndarray, noise: np.ndarray, pixels: np.ndarray, star: np.ndarray) -> bool:
    """Whether the star's pixels are brighter than those around them."""
    away = np.hypot(*(pixels - star).T)
    core, around = away <= 1.0, (away > 2.0) & (away <= 4.5)
    if not core.any():
        return False
    if not around.any():
        return True
    level = np.median(light[around])
    spread = 1.4826 * np.median(np.abs(light[around] - level))
    return bool(light[core].max() > level + max(3 * spread, 5 * np.median(noise)))


def overflowing(tpf: xr.Dataset, image: np.ndarray, pixels: np.ndarray, limit: float) -> np.ndarray:
    """Pixels that overflow, and in the same column those up to three rows beyond.

    Parameters
    ----------
    image : float array (pixel,)
        e-/s; in a file of another unit nothing is known to overflow.
    pixels : int array (pixel, 2)
    limit : float
        e-/s.

    Returns
    -------
    bool array (pixel,)
    """
    full = np.zeros(len(pixels), dtype=bool)
    if tpf["flux"].attrs.get("units", USUAL_FLUX) != USUAL_FLUX:
        return full
    over = pixels[image >= limit]
    for row, col in over:
        full |= (pixels[:, 1] == col) & (np.abs(pixels[:, 0] - row) <= 3)
    return full
