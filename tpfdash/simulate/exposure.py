"""What a detector records of a scene: apertures, noise, cosmic rays, calibrated and raw cubes.

What lives here: numbers only. The Dataset around them is made in `tpfdash.simulate.tpf`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tpfdash.missions import APERTURE_COLLECTED, APERTURE_OPTIMAL, Mission
from tpfdash.simulate.detector import bleed
from tpfdash.simulate.instruments import Detector, Mode
from tpfdash.simulate.scene import Scene

__all__ = ["CUBES", "aperture_bits", "cosmic_ray_hits", "optimal_aperture", "pixel_cubes"]

CUBES = ("flux", "flux_err", "flux_bkg", "flux_bkg_err", "raw_cnts")
#: Cadence, flat pixel and e-/s of each cosmic ray.
Hits = tuple[np.ndarray, np.ndarray, np.ndarray]
_BACKGROUND_PIXELS = 40  # that the pipeline's background is taken to come from
_BLOCK_VALUES = 2**21  # pixel values worked on at a time: 8 MB of float32


def _variance(rate: np.ndarray, mode: Mode, detector: Detector) -> np.ndarray:
    """Variance of a pixel in (e-/s)^2 at `rate` e-/s: photons, and one read noise a read."""
    return (
        np.maximum(rate, 0) / mode.exposure
        + mode.reads * (detector.read_noise / mode.exposure) ** 2
    )


def optimal_aperture(
    scene: Scene, images: np.ndarray, mode: Mode, detector: Detector
) -> np.ndarray:
    """The pipeline aperture, bool (row, col): the pixels of the target's best S/N.

    Pixels are taken in the order of the target's own S/N in them, for as long as that of their sum
    grows; the same idea as Kepler's, Bryson et al. 2010.
    """
    target = images[0].ravel()
    variance = _variance(images.sum(axis=0).ravel() + scene.background, mode, detector)
    order = np.argsort(-target / np.sqrt(variance), kind="stable")
    growing = np.cumsum(target[order]) / np.sqrt(np.cumsum(variance[order]))
    optimal = np.zeros(target.size, dtype=bool)
    optimal[order[: np.argmax(growing) + 1]] = True
    return optimal.reshape(scene.shape)


def cosmic_ray_hits(
    rate: float, n: int, shape: tuple[int, int], mode: Mode, rng: np.random.Generator
) -> Hits:
    """Cadence, flat pixel and e-/s of each hit, in order of time.

    Each hit leaves 1,000 e- or more in one pixel, exponentially fewer of the large ones.
    """
    values = n * shape[0] * shape[1]
    hits = rng.poisson(rate * mode.seconds / 86400 * values)
    when, where = np.divmod(np.sort(rng.integers(values, size=hits)), shape[0] * shape[1])
    electrons = 1000 + rng.exponential(4000, size=hits)
    return when, where, (electrons / mode.exposure).astype(np.float32)


def pixel_cubes(
    scene: Scene,
    mode: Mode,
    detector: Detector,
    columns: Iterable[str],
    noise: bool,
    rays: Hits,
    gap: np.ndarray,
    seed: int,
    full_well: float | None = None,
) -> dict[str, np.ndarray]:
    """The pixel cubes, (time, row, col) views of (row, col, time) arrays, by blocks of cadences.

    Above `full_well`, in e-/s, pixels bleed; None has none do so.
    The random numbers of FLUX do not depend on which columns are made.
    """
    n = scene.time.size
    pixels = scene.shape[0] * scene.shape[1]
    names = list(columns) + ["cosmic_rays"] * (mode.repairs_cosmic_rays and rays[0].size > 0)
    cubes = {
        name: np.empty((*scene.shape, n), dtype=np.int32 if name == "raw_cnts" else np.float32)
        for name in names
    }
    never_lost = {"flux_bkg", "flux_bkg_err"} if mode.product == "TESSCut" else set()
    rng = np.random.default_rng([seed, 0])
    length = max(1, _BLOCK_VALUES // pixels)
    for first in range(0, n, length):
        span = slice(first, min(first + length, n))
        block = _block(scene, mode, detector, set(names), noise, rays, span, rng, full_well)
        lost = gap[span]
        for name, cube in cubes.items():
            cube[..., span] = block[name]
            if lost.any() and name not in never_lost:
                cube[..., span][..., lost] = -1 if name == "raw_cnts" else np.nan
    return {name: cube.transpose(2, 0, 1) for name, cube in cubes.items()}


def _block(
    scene: Scene,
    mode: Mode,
    detector: Detector,
    names: set[str],
    noise: bool,
    rays: Hits,
    span: slice,
    rng: np.random.Generator,
    full_well: float | None,
) -> dict[str, np.ndarray]:
    """The values of one block of cadences, by column, each broadcast to (row, col, time)."""
    flux, sky = _light(scene, span, full_well)
    error = np.sqrt(_variance(flux + sky, mode, detector))
    if noise:
        flux += error * rng.standard_normal(flux.shape, dtype=np.float32)
    hits = np.zeros_like(flux) if rays[0].size else np.float32(0)
    if rays[0].size:
        inside = slice(*np.searchsorted(rays[0], (span.start, span.stop)))
        when, where, what = (part[inside] for part in rays)
        np.add.at(hits.reshape(-1, flux.shape[-1]), (where, when - span.start), what)
    if not mode.repairs_cosmic_rays:
        flux += hits
        hits = np.float32(0)
    if mode.product == "TESSCut":
        return {
            "flux": flux + sky,
            "flux_err": error,
            "flux_bkg": np.float32(0),
            "flux_bkg_err": np.float32(0),
            "raw_cnts": np.int32(-1),
        }
    values = {"flux": flux, "flux_err": error, "flux_bkg": sky}
    if "flux_bkg_err" in names:
        values["flux_bkg_err"] = np.sqrt(sky / (mode.exposure * _BACKGROUND_PIXELS))
    if "cosmic_rays" in names:
        values["cosmic_rays"] = np.where(hits > 0, hits, np.float32(np.nan))
    if "raw_cnts" in names:
        counts = (flux + sky + hits) * np.float32(mode.exposure / detector.gain)
        counts = np.rint(counts) + np.float64(mode.counts_offset)
        values["raw_cnts"] = np.clip(counts, 0, np.iinfo(np.int32).max).astype(np.int32)
    return values


def _light(scene: Scene, span: slice, full_well: float | None) -> tuple[np.ndarray, np.ndarray]:
    """What the pixels hold without noise beyond the background, and that: float32 e-/s each.

    The pipeline's background knows of no event.
    """
    flux, sky = scene.starlight(span), scene.sky(span)
    added, gain = scene.added(span), scene.gain(span)
    if added is not None:
        flux += added.astype(np.float32)
    if gain is not None:
        flux = (flux + sky) * gain.astype(np.float32) - sky
    if full_well is not None:
        flux = bleed(flux + sky, full_well) - sky
    return flux, sky


def aperture_bits(
    facts: Mission, cut: bool, optimal: np.ndarray, images: np.ndarray, col0: int
) -> np.ndarray:
    """The bits of the APERTURE extension in the mission's own convention, int32 (row, col)."""
    bits = np.full(optimal.shape, APERTURE_COLLECTED, dtype=np.int32)
    if cut:
        return bits
    bits |= np.where(optimal, APERTURE_OPTIMAL, 0).astype(np.int32)
    if facts.name == "TESS":
        light = images.sum(axis=0)
        dark = (light <= np.quantile(light, 0.25)) & ~optimal
        bits |= np.where(dark, 4, 0).astype(np.int32)
        output = np.clip((col0 + np.arange(optimal.shape[1]) - 45) // 512, 0, 3)
        bits |= (32 << output).astype(np.int32)
    return bits
