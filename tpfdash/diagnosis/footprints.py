"""What each cause looks like: shapes in time, templates on the pixels, paths of moving objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.noise import Noise
from tpfdash.diagnosis.reference import Stretches
from tpfdash.diagnosis.scene import Scene
from tpfdash.missions import get_mission

__all__ = ["Footprints", "Shapes", "footprints", "shapes"]


@dataclass(frozen=True)
class Shapes:
    """What may happen in time inside a window.

    Parameters
    ----------
    values : float64 array (shape, bin)
        Height 1.
    kinds : str array (shape,)
        "box", "hump", "decay" or "step".
    begins, ends : int arrays (shape,)
        First bin, and the one after the last; a step ends with the stretch.
    misfit : float64 array (shape,)
        By how much the ends lie off the window's, in units of what a drag of the mouse misses.
    single : bool array (shape,)
        Shapes of one cadence.
    lone : bool array (shape,)
        Boxes of one bin, be that one cadence or several.
    early : bool array (shape,)
        Decays that begin before the window, and are highest there.
    """

    values: np.ndarray
    kinds: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    misfit: np.ndarray
    single: np.ndarray
    lone: np.ndarray
    early: np.ndarray


def shapes(data: Stretches) -> Shapes:
    """All shapes that are tried: boxes, humps, decays and steps that begin near the window."""
    first, last = data.region.start, data.region.stop
    w0, w1 = data.window.start, data.window.stop
    n, length = w1 - w0, data.length
    loose = 0.15 * n + 0.7
    bins = np.arange(length)
    found: list[tuple[np.ndarray, str, int, int, float]] = []

    def add(values: np.ndarray, kind: str, begin: int, end: int, misfit: float) -> None:
        found.append((values, kind, begin, end, misfit))

    least = max(1, n // 3)
    for begin in range(first, last):
        for end in range(begin + 1, last + 1):
            off = ((begin - w0) / loose) ** 2 + ((end - w1) / loose) ** 2
            size = end - begin
            if begin >= w1 or end <= w0:
                continue
            if size < least and size > 1:
                continue
            if size == 1 and n > 1:
                off = 4.0 if n <= 3 else 6.0
            box = ((bins >= begin) & (bins < end)).astype(float)
            add(box, "box", begin, end, off)
            if size >= 3:
                at = (bins - begin + 0.5) / size
                hump = np.where(box > 0, np.sin(np.pi * np.clip(at, 0, 1)), 0)
                add(hump, "hump", begin, end, off)
    for begin in range(first, min(w0 + max(1, n // 2) + 1, last)):
        off = ((begin - w0) / loose) ** 2
        for tau in (n / 6, n / 2.5):
            if n < 2:
                continue
            values = np.where(bins >= begin, np.exp(-(bins - begin) / max(tau, 0.5)), 0)
            add(values, "decay", begin, min(length, begin + max(1, round(3 * tau))), off)
        if begin < 2 or begin > length - 3:
            continue
        for kept, tau in ((1.0, 1.0), (0.3, n / 3), (0.6, n / 2), (0.5, 2.0 * n)):
            values = np.where(
                bins >= begin, kept + (1 - kept) * np.exp(-(bins - begin) / max(tau, 0.5)), 0
            )
            add(values, "step", begin, length, off)
    near = [each for each in found if each[4] <= settings.MOST_MISFIT]
    values, kinds, begins, ends, misfits = zip(*near, strict=True)
    kind, begin_at, end_at = np.array(kinds), np.array(begins), np.array(ends)
    lone = (kind == "box") & (end_at - begin_at == 1)
    single = lone & (data.bin_cadences == 1)
    early = (kind == "decay") & (begin_at < w0)
    return Shapes(np.array(values), kind, begin_at, end_at, np.array(misfits), single, lone, early)


@dataclass(frozen=True)
class Footprints:
    """Templates on the pixels: float64 arrays (template, pixel), e-/s for an amplitude of 1.

    Parameters
    ----------
    target : (1, pixel)
    bleed : (0 and more, pixel)
        Pixels of a saturated star's bleed trails: what they do tells nothing of the cause, be it
        the star, its focus or its motion.
    all_stars : (1, pixel)
    width : (1, pixel)
        How the scene changes as the PRF widens.
    spread : (1, pixel)
        How it changes as it blurs alike in all directions: so do stars that are round each and
        too close to be told apart, which a PRF as long as both does not.
    motion : (2, pixel)
        How it changes as it moves by a row, by a column.
    slope : (2, pixel); blur : (1, pixel)
        The same from the pixels themselves, without a PRF: half the differences of the neighbours,
        and by how much their mean is brighter.
    smear : (3, pixel)
        Its second derivatives.
    learned : (2 or 0, pixel)
        How the pixels follow POS_CORR in this file.
    firings : (0 to 3, pixel)
        What the file's own odd cadences have in common, where its pointing rolls.
    grid : float64 array (place, 2); stars : (place, pixel)
        Stars of 1 e-/s at unknown places.
    rows, columns : (row, pixel), (column, pixel)
    uniform : (1, pixel); plane : (3, pixel)
    banded : bool
        Whether the mission's electronics make rolling bands.
    """

    target: np.ndarray
    bleed: np.ndarray
    all_stars: np.ndarray
    width: np.ndarray
    spread: np.ndarray
    motion: np.ndarray
    slope: np.ndarray
    blur: np.ndarray
    smear: np.ndarray
    learned: np.ndarray
    firings: np.ndarray
    grid: np.ndarray
    stars: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    uniform: np.ndarray
    plane: np.ndarray
    banded: bool


def footprints(scene: Scene, noise: Noise, data: Stretches, mission: str) -> Footprints:
    """The templates for one stamp."""
    pixels = data.pixels
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    axes = [
        np.arange(a - settings.OUTSIDE, b + settings.OUTSIDE + 0.01, settings.GRID)
        for a, b in zip(low, high, strict=True)
    ]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    rows = (pixels[:, 0] == np.unique(pixels[:, 0])[:, None]).astype(float)
    columns = (pixels[:, 1] == np.unique(pixels[:, 1])[:, None]).astype(float)
    uniform = np.ones((1, len(pixels)))
    tilt = (pixels - pixels.mean(axis=0)) / np.maximum(np.ptp(pixels, axis=0), 1)
    motion, smear, width = _moved(scene)
    slope, blur = _from_pixels(scene.image, pixels)
    strength = np.abs(noise.response).max(axis=1)
    learned = noise.response[strength > 0]
    return Footprints(
        target=scene.target[None],
        bleed=np.eye(len(pixels))[scene.full] * scene.target.max(),
        all_stars=np.clip(scene.image, 0, None)[None],
        width=width,
        spread=smear[:2].sum(axis=0, keepdims=True),
        motion=motion,
        slope=slope,
        blur=blur,
        smear=smear,
        learned=learned,
        firings=noise.recurring if get_mission(mission).rolls else noise.recurring[:0],
        grid=grid,
        stars=scene.prf.images(grid),
        rows=rows,
        columns=columns,
        uniform=uniform,
        plane=np.concatenate([uniform, tilt.T]),
        banded=mission != "TESS",  # rolling bands are of Kepler's electronics
    )


def _moved(scene: Scene) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First and second derivatives of the scene by place, and by the PRF's width."""
    h = 0.25

    def seen(dr: float, dc: float) -> np.ndarray:
        return scene.fluxes @ scene.prf.images(scene.places + [dr, dc])

    middle = seen(0, 0)
    up, down, right, left = seen(h, 0), seen(-h, 0), seen(0, h), seen(0, -h)
    motion = np.stack([up - down, right - left]) / (2 * h)
    cross = (seen(h, h) + seen(-h, -h) - seen(h, -h) - seen(-h, h)) / (4 * h * h)
    smear = np.stack([(up + down - 2 * middle) / h**2, (right + left - 2 * middle) / h**2, cross])
    wide = scene.fluxes @ scene.prf.images(scene.places, width=1.05)
    return motion, smear, ((wide - middle) / 0.05)[None]


def _from_pixels(image: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The image's slopes along rows and columns, negative, and its Laplacian."""
    at = pixels - pixels.min(axis=0)
    grid = np.zeros(at.max(axis=0) + 1)
    grid[at[:, 0], at[:, 1]] = image
    wide = np.pad(grid, 1, mode="edge")
    up, down = wide[2:, 1:-1], wide[:-2, 1:-1]
    right, left = wide[1:-1, 2:], wide[1:-1, :-2]
    made = np.stack([down - up, left - right, up + down + left + right - 4 * grid])
    made = made[:, at[:, 0], at[:, 1]]
    return made[:2] / 2, made[2:] / 4
