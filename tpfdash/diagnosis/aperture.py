"""A better aperture: the pixels that together have the target's best signal to noise.

What stands on the stamp is `tpfdash.diagnosis.scene`; where catalogue stars are is
`tpfdash.stamp.stars`.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import xarray as xr
from astropy.table import Table
from numpy.typing import ArrayLike
from scipy.optimize import nnls

from tpfdash.diagnosis.scene import Scene, see_scene
from tpfdash.diagnosis.windows import cadence_length, usable_cadences
from tpfdash.errors import TPFError
from tpfdash.stamp.columns import sample_frames
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.masks import as_mask, default_mask, typical_image
from tpfdash.stamp.model import check_tpf
from tpfdash.stamp.pointing import motion, usual_motion
from tpfdash.stamp.prf import PRF
from tpfdash.stamp.stars import place_stars
from tpfdash.stamp.threads import one_thread

__all__ = ["BestAperture", "aperture_numbers", "best_aperture"]

#: Stars so many pixels off the stamp still shine onto it.
_MARGIN = 4.0
#: By what share neighbours' light varies as a rule, of its own or by pointing: it cannot be told
#: from the target's, and does not average out over pixels.
_UNSTEADY = 1e-3
#: What a catalogue's brightness is trusted to, in parts of it.
_MAGNITUDE_ERROR = 0.2
#: Up to so many pixels from the target light that no star explains is its own, and none of it at
#: three times as many.
_FAR = 3.0
#: The pointing's motion within so many hours counts: half a cycle of K2's roll.
_HOURS = 3.0
#: The smallest aperture is taken that reaches so much of the best signal to noise.
_ENOUGH = 0.995
#: Stars fainter than this share of the target add nothing that matters.
_FAINTEST = 1e-4


@dataclass(frozen=True, eq=False)
class BestAperture:
    """An aperture, and what is in it.

    Parameters
    ----------
    mask : bool array (row, col), read-only
    crowdsap : float
        The target's share of the light in the aperture, less the sky, as the missions' CROWDSAP.
    flfrcsap : float
        The share of the target's light that is in the aperture, as the missions' FLFRCSAP.
    snr : float
        Of the target's light in it, in one cadence.
    source : "catalogue" or "image"
        What the neighbours are known from: `stars`, or the stamp alone.
    words : str
        A sentence for a reader.
    """

    mask: np.ndarray
    crowdsap: float
    flfrcsap: float
    snr: float
    source: str
    words: str


@dataclass(frozen=True)
class _Light:
    """What is in each pixel: float64 arrays (pixel,), e-/s.

    `riding` (2, pixel) is by how much the target's light in it changes as the pointing does, along
    rows and columns, by one standard deviation.
    """

    target: np.ndarray
    others: np.ndarray
    noise: np.ndarray
    riding: np.ndarray
    pixels: np.ndarray
    total: float
    source: str
    neighbours: int


def best_aperture(
    tpf: xr.Dataset, *, stars: Table | None = None, prf: PRF | None = None
) -> BestAperture:
    """Propose an aperture: pixels in one piece that have the target's best signal to noise.

    As Kepler's were chosen (Bryson et al. 2010, Proc. SPIE 7740, 77401D): pixels are added, next
    the one with the highest signal to noise of those that share a side with the others, and the
    aperture is the smallest of these sets that reaches 99.5 % of the highest signal to noise of
    all. Signal is the target's light, as PRFs share out what is there. Noise is the pixels' errors
    in quadrature, a thousandth of the neighbours' light, and what the aperture loses and wins as
    the pointing (POS_CORR) moves within 3 hours.

    Parameters
    ----------
    tpf : Dataset
        As `open_tpf` gives it; up to 64 frames of it are read.
    stars : Table, optional
        Stars of a catalogue, as `tpfdash.archive.stars.find_stars` gives them. Default: those that
        stand out of the stamp.
    prf : PRF, optional
        Default: an elliptical Gaussian with a wing, fitted to the file's own star.

    Returns
    -------
    BestAperture

    Raises
    ------
    TPFError
        On what is no target pixel file, where no pixel has a flux, where no star stands out of the
        stamp, and on stars that cannot be placed.
    """
    light = _light(tpf, stars, prf)
    where = _grown_by_snr(light, tpf["aperture"].shape)
    return _numbers(light, where, tpf["aperture"].shape)


def aperture_numbers(
    tpf: xr.Dataset, mask: ArrayLike, *, stars: Table | None = None, prf: PRF | None = None
) -> BestAperture:
    """The same numbers of an aperture of one's own.

    Parameters
    ----------
    mask : array_like of bool (row, col), not empty
    tpf, stars, prf
        As for `best_aperture`.

    Raises
    ------
    TPFError
        As `best_aperture`; on a mask that is none, or has no pixel with a flux.
    """
    check_tpf(tpf)
    shape = tpf["aperture"].shape
    mask = as_mask(mask, shape)
    light = _light(tpf, stars, prf)
    where = mask[light.pixels[:, 0], light.pixels[:, 1]]
    if not where.any():
        raise TPFError("the mask has no pixel with a flux: it should have one at least.")
    return _numbers(light, where, shape)


def _light(tpf: xr.Dataset, stars: Table | None, prf: PRF | None) -> _Light:
    """The target's light and that of others, pixel by pixel."""
    check_tpf(tpf)
    image = typical_image(tpf)
    pixels = np.argwhere(np.isfinite(image))
    if not len(pixels):
        raise TPFError("no pixel of this file has a flux: there is nothing to choose from.")
    flux = image[pixels[:, 0], pixels[:, 1]]
    noise = _noise(tpf, image)[pixels[:, 0], pixels[:, 1]]
    # A typical image is a median of many frames.
    with one_thread():
        scene = see_scene(tpf, flux, noise / 8, pixels, default_mask(tpf), prf)
    if not scene.seen:
        raise TPFError("no star stands out of this stamp: an aperture cannot be proposed by it.")
    models, fluxes = scene.prf.images(scene.places), scene.fluxes
    source = "image"
    if stars is not None:
        source = "catalogue"
        models, fluxes = _by_catalogue(tpf, stars, scene, noise)
    light = np.clip(scene.image, 0, None)
    target = light * _share(scene, models, fluxes)
    within = float(models[0].sum())  # of the PRF, on the stamp
    total = float(target.sum()) / within if within > 0 else np.nan
    riding = _riding(tpf, scene) * target.sum() / max(within, 1e-300)
    return _Light(target, light - target, noise, riding, pixels, total, source, len(fluxes) - 1)


def _riding(tpf: xr.Dataset, scene: Scene) -> np.ndarray:
    """By how much of a star's light each pixel's changes with the pointing: (2, pixel)."""
    order = usable_cadences(tpf["time"].values, tpf["quality"].values == 0)
    ride = motion(tpf, order)
    order, ride = (each[np.isfinite(ride).all(axis=1)] for each in (order, ride))
    step = cadence_length(tpf["time"].values[order])
    lag = max(1, round(_HOURS / 24 / step)) if step > 0 else len(ride)
    if len(ride) <= lag:
        return np.zeros((2, len(scene.prf.pixels)))
    apart = ride[lag:] - ride[:-lag]  # what is slower can be flattened
    one_sigma = np.diag(1.4826 * np.median(np.abs(apart), axis=0) / np.sqrt(2))
    ahead, behind = (scene.prf.images(scene.star + way * one_sigma) for way in (1, -1))
    return (ahead - behind) / 2


def _share(scene: Scene, models: np.ndarray, fluxes: np.ndarray) -> np.ndarray:
    """The target's part of the light of each pixel: float64 (pixel,), 0 to 1.

    PRFs share out the light that is there, which they need not describe: that of stars between
    pixels, or that overflow. Far from the target light is somebody else's, if nobody knows whose.
    """
    parts = fluxes[:, None] * models
    total = parts.sum(axis=0)
    share = np.divide(parts[0], total, out=np.ones_like(total), where=total > 0)
    away = np.hypot(*(scene.prf.pixels - scene.star).T)
    return np.where(scene.full, share, share * np.clip(1.5 - away / (2 * _FAR), 0, 1))


def _noise(tpf: xr.Dataset, image: np.ndarray) -> np.ndarray:
    """The error of each pixel in one cadence: the file's, or that of its photons: (row, col)."""
    made = np.full(image.shape, np.nan)
    if "flux_err" in tpf:
        errors = sample_frames(tpf, "error")
        known = (np.isfinite(errors) & (errors > 0)).any(axis=0)
        made[known] = np.nanmedian(np.where(errors > 0, errors, np.nan)[:, known], axis=0)
    known = np.isfinite(made)
    if known.any():
        made[~known] = np.median(made[known])
        return made
    seconds = float(tpf.attrs.get("cadence_seconds", np.nan))
    seconds = seconds if seconds > 0 else 1.0
    level = np.median(image[np.isfinite(image)])
    return np.sqrt(np.maximum(np.nan_to_num(image), max(level, 1.0)) / seconds)


def _by_catalogue(
    tpf: xr.Dataset, stars: Table, scene: Scene, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Images of the catalogue's stars and their fluxes, the target first.

    Fluxes are those that the image shows, in ratios near those that the magnitudes let expect,
    which tell apart what the pixels do not. Places are shifted together so that the target's falls
    on the star that is there, where that fits better.
    """
    placed = place_stars(tpf, stars, margin=_MARGIN)
    known = np.isfinite(placed["row"] + placed["col"] + placed["flux"])
    placed = placed[np.asarray(known)]
    if not len(placed):
        raise TPFError("stars has none with a place and a magnitude on this stamp or beside it.")
    places = np.stack([np.asarray(placed[axis], np.float64) for axis in ("row", "col")], axis=1)
    places += np.subtract(usual_motion(tpf), corner(tpf))
    expected = np.asarray(placed["flux"], np.float64)
    # The target: the brightest of those about as near to its place as the place is known.
    where = scene.star if scene.catalogue is None or scene.elsewhere else scene.catalogue
    away = np.hypot(*(places - where).T)
    target = int(np.argmax(np.where(away <= max(1.0, away.min() + 1e-9), expected, -1)))
    bright = expected >= _FAINTEST * expected[target]
    order = [target, *(n for n in np.flatnonzero(bright).tolist() if n != target)]
    places, expected = places[order], expected[order]
    # Where the target is one of two blended stars its image is not in its place.
    shifts = (0.0, 0.0), (0.0, 0.0) if scene.elsewhere else tuple(scene.star - places[0])
    fits = [_shared_out(scene, places + shift, expected, noise) for shift in shifts]
    _, models, fluxes = min(fits, key=lambda fit: fit[0])
    return models, fluxes


def _shared_out(
    scene: Scene, places: np.ndarray, expected: np.ndarray, noise: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """The misfit of the image by stars at these places, their images, and their fluxes.

    The ratios of their fluxes to the first one's are held near those of the expected ones.
    """
    models = scene.prf.images(places)
    weight = np.sqrt(noise**2 + (0.05 * np.abs(scene.image)) ** 2 + 1e-12)
    usable = ~scene.full
    ratio = expected[1:] / expected[0]
    usual = _MAGNITUDE_ERROR * max(float(scene.fluxes[0]), 1e-300)
    held = np.concatenate([np.full((ratio.size, 1), -1 / usual), np.diag(1 / (ratio * usual))], 1)
    rows = np.concatenate([(models / weight).T[usable], held])
    values = np.concatenate([(scene.image / weight)[usable], np.zeros(ratio.size)])
    fluxes, misfit = nnls(rows, values)
    return float(misfit), models, fluxes


def _grown_by_snr(light: _Light, shape: tuple[int, ...]) -> np.ndarray:
    """The pixels of the best aperture: bool (pixel,)."""
    own = light.target / np.sqrt(light.noise**2 + (_UNSTEADY * light.others) ** 2)
    number = np.full(np.add(shape, 2), -1)
    number[light.pixels[:, 0] + 1, light.pixels[:, 1] + 1] = np.arange(len(light.pixels))
    first = int(np.argmax(own))
    beside = [(-own[first], first)]  # a heap: the best is taken next
    met = {first}
    chosen: list[int] = []
    while beside and (beside[0][0] < 0 or not chosen):
        _, n = heappop(beside)
        chosen.append(n)
        row, col = light.pixels[n] + 1
        for near in number[[row - 1, row + 1, row, row], [col, col, col - 1, col + 1]].tolist():
            if near >= 0 and near not in met:
                met.add(near)
                heappush(beside, (-own[near], near))
    reached = _snr(light, np.array(chosen))
    length = int(np.argmax(reached >= _ENOUGH * reached.max())) + 1
    made = np.zeros(len(light.pixels), dtype=bool)
    made[chosen[:length]] = True
    return made


def _snr(light: _Light, which: np.ndarray) -> np.ndarray:
    """Signal to noise of the target in one cadence, of the first pixels, as they are added."""
    variance = np.cumsum(light.noise[which] ** 2)
    variance += (_UNSTEADY * np.cumsum(light.others[which])) ** 2
    variance += (np.cumsum(light.riding[:, which], axis=1) ** 2).sum(axis=0)
    made: np.ndarray = np.cumsum(light.target[which]) / np.sqrt(np.maximum(variance, 1e-300))
    return made


def _numbers(light: _Light, where: np.ndarray, shape: tuple[int, ...]) -> BestAperture:
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(light.pixels[where].T)] = True
    mask.flags.writeable = False
    target, others = float(light.target[where].sum()), float(light.others[where].sum())
    crowd = target / (target + others) if target + others > 0 else np.nan
    part = min(target / light.total, 1.0) if light.total > 0 else np.nan
    known = (
        f"{_count(light.neighbours, 'catalogue star')} beside the target"
        if light.source == "catalogue"
        else "neighbours only by what stands out of the stamp"
    )
    words = (
        f"{_count(where.sum(), 'pixel')} with {part:.0%} of the target's light, which is "
        f"{crowd:.1%} of the light there; {known}."
    )
    snr = float(_snr(light, np.flatnonzero(where))[-1])
    return BestAperture(mask, crowd, part, snr, light.source, words)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
