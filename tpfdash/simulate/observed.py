"""What a file shows of its stars, learned from the file: their light, and how it moves.

What lives here: `learn_scene`, and what an `ObservedScene` can say. It stands for the scene that a
simulation knows, where events are put into a file that somebody else made.

The light of each pixel is a quadratic in POS_CORR1 and POS_CORR2, fitted to cadences without a
flag; without usable POS_CORR it is the median image. Which share of it is the target's is said by a
scene of stars: the PRF at each peak of the median image, places and one common width fitted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy import ndimage, optimize
from scipy.spatial import cKDTree

from tpfdash.missions import get_mission
from tpfdash.simulate.detector import to_bleed_ends
from tpfdash.simulate.events import Pointing, require
from tpfdash.stamp.blocks import pixel_series
from tpfdash.stamp.masks import default_mask
from tpfdash.stamp.model import check_tpf
from tpfdash.stamp.prf import PRF, as_prf

__all__ = ["ObservedScene", "learn_scene"]

#: Cadences that are learned from at most, and pixel values of them in all.
_CADENCES, _VALUES = 2000, 4_000_000
#: Fewer cadences than these teach no response to motion.
_FEWEST = 100
#: Outliers are further off than this many times the robust scatter.
_OUTLIER = 5.0
#: How near, in pixels, the file must have pointed for its own response to be used.
_NEAR = 0.05
#: Across a narrow path that many times the path's scatter is near.
_ACROSS = 3.0
#: Terms of the response that are this much alike teach nothing apart: a straight path has such.
_ALIKE = 1e-5
#: At how many of an event's cadences that is asked for: a quadratic may reach a little further.
_MOST_OF = 0.9
#: Peaks that are taken for stars: how bright by the brightest, and how many.
_FAINTEST, _MOST = 0.03, 8
#: A pixel above this share of the mission's full well cannot take more.
_FULL = 0.85


@dataclass(frozen=True)
class ObservedScene:
    """The stars of a file.

    Parameters
    ----------
    prf : PRF
    width : float
        How many times as wide as `prf` the stars are.
    stars : float64 array (star, 3)
        Row and col in pixels from the stamp's first pixel, e-/s; the target is the first.
    sky : float
        e-/s a pixel that belong to no star; 0 where the background was taken off FLUX.
    share : float64 array (row, col)
        The target's share of the light of a pixel above the sky.
    full : bool array (row, col)
        Pixels that are full and bleed.
    coefficients : float64 array (6, row, col), or (1, row, col)
        Of each pixel's light in 1, x, y, x^2, xy, y^2, or in 1 alone; NaN where it has no value.
    places : float64 array (n, 2)
        POS_CORR2 (row) and POS_CORR1 (col) that they were learned at, less their medians.
    path : float64 array (time, 2)
        The same of each cadence, kept within what was learned; 0 where it is not known.
    """

    prf: PRF
    width: float
    stars: np.ndarray
    sky: float
    share: np.ndarray
    full: np.ndarray
    coefficients: np.ndarray
    places: np.ndarray
    path: np.ndarray

    @property
    def learned(self) -> bool:
        """Whether the response to motion was learned from POS_CORR."""
        return len(self.coefficients) > 1

    def light(self, cadences: np.ndarray) -> np.ndarray:
        """What each pixel holds at these cadences, without noise: float64 (row, col, n) e-/s."""
        return self._at(self.path[cadences])

    def target(self, cadences: np.ndarray) -> np.ndarray:
        """The target's light at these cadences: float64 (row, col, n) e-/s, not negative."""
        return self.share[..., None] * np.clip(self.light(cadences) - self.sky, 0, None)

    def dim(self, change: np.ndarray) -> np.ndarray:
        """A change of starlight as the pixels show it: full ones pass it on to the bleed's ends."""
        return to_bleed_ends(change, self.full)

    def knows(self, cadences: np.ndarray, pointing: Pointing) -> bool:
        """Whether the file itself has pointed where this pointing goes at most cadences."""
        moved = (pointing.d_row != 0) | (pointing.d_col != 0)
        if not self.learned or not moved.any():
            return False
        shifted = self._shifted(cadences, pointing)[moved]
        _, scatter, axes = np.linalg.svd(
            self.places - self.places.mean(axis=0), full_matrices=False
        )
        scatter = np.maximum(scatter / np.sqrt(len(self.places)), 1e-12)
        scaled = axes.T / np.minimum(_ACROSS * scatter, _NEAR)
        apart, _ = cKDTree(self.places @ scaled).query(shifted @ scaled)
        return bool(np.quantile(apart, _MOST_OF) <= 1)

    def moved(self, cadences: np.ndarray, pointing: Pointing, own: bool) -> np.ndarray:
        """What another pointing changes at these cadences: float64 (row, col, n) e-/s.

        With `own` the pixels' own response to motion says it, and the PRF at the stars' places
        only what a blur or a width adds; else the PRF says all of it.
        """
        steady = Pointing.steady(cadences.size)
        if not own:
            return self._stars(pointing) - self._stars(steady)
        displaced = dataclasses.replace(steady, d_row=pointing.d_row, d_col=pointing.d_col)
        here, there = self._at(self.path[cadences]), self._at(self._shifted(cadences, pointing))
        return there - here + self._stars(pointing) - self._stars(displaced)

    def _shifted(self, cadences: np.ndarray, pointing: Pointing) -> np.ndarray:
        return self.path[cadences] + np.stack([pointing.d_row, pointing.d_col], axis=1)

    def _at(self, places: np.ndarray) -> np.ndarray:
        terms = _terms(places)[:, : len(self.coefficients)]
        return np.einsum("krc,nk->rcn", self.coefficients, terms)

    def _stars(self, pointing: Pointing) -> np.ndarray:
        """The PRF's light of all stars: float64 (row, col, n) e-/s."""
        wide = pointing + Pointing.steady(
            pointing.d_row.size, width=np.full(pointing.d_row.size, self.width)
        )
        made = np.zeros((*self.share.shape, pointing.d_row.size))
        for row, col, flux in self.stars:
            made += flux * wide.images(self.prf, self.share.shape, row, col)
        return made


def learn_scene(
    tpf: xr.Dataset,
    prf: PRF | Sequence[tuple[float, float]],
    leave_out: np.ndarray | None = None,
) -> ObservedScene:
    """The stars of a file, learned from its unflagged cadences.

    Parameters
    ----------
    tpf : Dataset
        A lazy cube is read at up to 2,000 cadences.
    prf : PRF, or sequence of (weight, sigma)
    leave_out : bool array (time,), optional
        Cadences not to learn from.

    Returns
    -------
    ObservedScene

    Raises
    ------
    TPFError
        If `tpf` is no target pixel file, none of its pixels has a value, or `prf` is no PRF.
    """
    check_tpf(tpf)
    prf = as_prf(prf)
    if leave_out is None:
        leave_out = np.zeros(tpf.sizes["time"], dtype=bool)
    learned_from = _sample(tpf, leave_out)
    series = pixel_series(tpf, "flux", learned_from).astype(np.float64)
    require(
        bool(np.isfinite(series).any()),
        "No pixel of the file has a value: there are no stars to learn of.",
    )
    path = _path(tpf)
    coefficients, places = _response(series, path[learned_from])
    if len(coefficients) > 1:
        path = np.clip(np.nan_to_num(path), places.min(axis=0), places.max(axis=0))
    else:
        path = np.zeros_like(path)
    image = _median(series)
    full = np.nan_to_num(image) > _FULL * get_mission(tpf.attrs["mission"]).saturation
    width, stars, sky = _fit_stars(image, prf, _peaks(image, full, default_mask(tpf)), full)
    if tpf.attrs.get("background_subtracted"):
        sky = 0.0  # what is left is the stars' wings: Kepler-8's transits are in them
    share = _target_share(image.shape, prf, width, stars)
    # The charge of a full column is that of the star that fills it.
    at = np.clip(np.rint(stars[0][:2]), 0, np.array(image.shape) - 1).astype(int)
    labels, _ = ndimage.label(full)
    if labels[tuple(at)]:
        share = np.where(labels == labels[tuple(at)], 1, share)
    return ObservedScene(prf, width, stars, sky, share, full, coefficients, places, path)


def _target_share(shape: tuple[int, int], prf: PRF, width: float, stars: np.ndarray) -> np.ndarray:
    """The target's share of each pixel's light, float64 (row, col): all of it if it is alone."""
    if len(stars) == 1:
        return np.ones(shape)
    each = [flux * prf.images(shape, row, col, width)[..., 0] for row, col, flux in stars]
    together = np.sum(each, axis=0)
    return np.divide(each[0], together, out=np.zeros(shape), where=together > 0)


def _sample(tpf: xr.Dataset, leave_out: np.ndarray) -> np.ndarray:
    """Cadences to learn from, spread over the file: those without a flag where there are some."""
    there = np.isfinite(tpf["time"].values)
    choices = (there & (tpf["quality"].values == 0) & ~leave_out, there & ~leave_out, there)
    cadences = next((np.flatnonzero(c) for c in choices if c.any()), np.arange(there.size))
    at_most = max(min(_CADENCES, _VALUES // tpf["aperture"].size), 20)
    picked = np.linspace(0, cadences.size - 1, min(at_most, cadences.size))
    return cadences[np.unique(picked.round().astype(int))]


def _median(series: np.ndarray) -> np.ndarray:
    """The median image; NaN where a pixel has no value."""
    dead = ~np.isfinite(series).any(axis=-1)
    image = np.full(series.shape[:2], np.nan)
    image[~dead] = np.nanmedian(series[~dead], axis=-1)
    return image


def _path(tpf: xr.Dataset) -> np.ndarray:
    """POS_CORR2 and POS_CORR1 less their medians: float64 (time, 2), NaN where not known."""
    path = np.full((tpf.sizes["time"], 2), np.nan)
    for axis, name in enumerate(("pos_corr2", "pos_corr1")):
        if name in tpf:
            path[:, axis] = tpf[name].values
    if np.isfinite(path).any():
        path -= np.nanmedian(path, axis=0)
    return path


def _terms(places: np.ndarray) -> np.ndarray:
    row, col = places.T
    return np.stack([np.ones_like(row), row, col, row**2, row * col, col**2], axis=1)


def _response(series: np.ndarray, path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of each pixel's light, and the places that they were learned at."""
    static = _median(series)[None], np.zeros((0, 2))
    known = np.isfinite(path).all(axis=1)
    if known.sum() < _FEWEST or not (np.ptp(path[known], axis=0) > 0).all():
        return static
    apart = np.abs(path - np.median(path[known], axis=0))
    reach = _OUTLIER * np.median(apart[known], axis=0) * 1.4826
    dead = ~np.isfinite(series).any(axis=-1)
    whole = np.isfinite(series[~dead]).all(axis=0)
    kept = known & whole & (apart <= np.maximum(reach, 1e-6)).all(axis=1)
    for _ in range(3):
        if kept.sum() < _FEWEST:
            return static
        terms = _terms(path[kept])
        size = np.sqrt((terms**2).mean(axis=0))
        solved = np.linalg.lstsq(terms / size, series[~dead][:, kept].T, rcond=_ALIKE)[0]
        solved /= size[:, None]
        left = (series[~dead][:, kept] - (terms @ solved).T).sum(axis=0)
        off = np.abs(left - np.median(left))
        inner = off <= _OUTLIER * 1.4826 * np.median(off)
        if inner.all():
            break
        kept[np.flatnonzero(kept)[~inner]] = False
    coefficients = np.full((6, *series.shape[:2]), np.nan)
    coefficients[:, ~dead] = solved
    return coefficients, path[kept]


def _peaks(image: np.ndarray, full: np.ndarray, aperture: np.ndarray) -> np.ndarray:
    """Where stars are, the target first: int (star, 2).

    The target is the brightest pixel of the aperture, the brightest of the stamp where that is
    empty. A full column, whichever its brightest pixel is, counts once.
    """
    bright = np.where(np.isfinite(image), image, -np.inf)
    labels, n = ndimage.label(full)
    for number in range(1, n + 1):  # a full column peaks in its middle
        row, col = (int(round(float(x))) for x in ndimage.center_of_mass(labels == number))
        top = bright[labels == number].max()
        bright[labels == number] = np.minimum(bright[labels == number], 0.99 * top)
        bright[row, col] = top
    inside = aperture if (aperture & np.isfinite(image)).any() else np.isfinite(image)
    target = np.unravel_index(np.argmax(np.where(inside, bright, -np.inf)), image.shape)
    base = np.nanquantile(image, 0.25)
    peak = (bright == ndimage.maximum_filter(bright, 3)) & (
        bright - base > _FAINTEST * (bright[target] - base)
    )
    peak &= ~ndimage.binary_dilation(full) | (bright >= bright[target])
    peak[target] = False
    places = np.argwhere(peak)
    order = np.argsort(-bright[peak], kind="stable")[: _MOST - 1]
    return np.concatenate([[target], places[order]])


def _fit_stars(
    image: np.ndarray, prf: PRF, peaks: np.ndarray, full: np.ndarray
) -> tuple[float, np.ndarray, float]:
    """Width, stars and sky that fit an image best; full pixels do not count."""
    used = np.isfinite(image) & ~full
    if not used.any():
        used = np.isfinite(image)
    data = image[used]
    weight = 1 / np.sqrt(np.clip(data - data.min(), 0, None) + 0.01 * np.ptp(data) + 1e-9)

    def solve(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        width, places = parameters[0], parameters[1:].reshape(-1, 2)
        wide = np.full(len(places), width)
        shares = prf.images(image.shape, places[:, 0], places[:, 1], wide)[used]
        design = np.concatenate([shares, np.ones((data.size, 1)), -np.ones((data.size, 1))], axis=1)
        solved, _ = optimize.nnls(design * weight[:, None], data * weight)
        return solved, (design @ solved - data) * weight

    first = np.concatenate([[1.0], peaks.ravel().astype(float)])
    lowest = np.concatenate([[0.4], peaks.ravel() - 0.8])
    highest = np.concatenate([[2.5], peaks.ravel() + 0.8])
    if data.size > first.size + len(peaks) + 1:
        fitted = optimize.least_squares(
            lambda p: solve(p)[1], first, bounds=(lowest, highest), x_scale=0.1, max_nfev=30
        ).x
    else:
        fitted = first
    solved, _ = solve(fitted)
    flux, (up, down) = solved[:-2], solved[-2:]
    stars = np.column_stack([fitted[1:].reshape(-1, 2), flux])
    return float(fitted[0]), stars, float(up - down)
