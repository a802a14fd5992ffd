"""Align to the stars: the one shift between where a catalogue's stars should be and are seen.

Where they should be is `tpfdash.stamp.stars`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from astropy.table import Table
from scipy.optimize import least_squares

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.scene import overflowing, usual_prf
from tpfdash.errors import TPFError
from tpfdash.missions import get_mission
from tpfdash.stamp.masks import typical_image
from tpfdash.stamp.pointing import usual_motion
from tpfdash.stamp.prf import PRF
from tpfdash.stamp.stars import expected_image, place_stars, shifted
from tpfdash.stamp.units import USUAL_FLUX

__all__ = ["Alignment", "align"]

#: Pixels in either direction that are searched: a WCS further off than this is no WCS.
_REACH = 2.5
_STEP = 0.5
#: Pixels off the stamp's edge from which a star's light still counts.
_MARGIN = 3.0
#: Stars that are looked at, at most: the brightest; fewer on stamps of many pixels.
_MOST, _FEWEST, _WORK = 150, 10, 60_000
#: Stars of this share of the brightest one's light are fitted on the pixels so near to them.
_BRIGHT, _NEAR = 0.01, 3.5
#: It takes so many pixels.
_PIXELS = 9
#: What the PRF does not know of a star's light, as a share of it, and of the brightest pixel.
_PRF_ERROR, _FLOOR = 0.05, 0.05
#: How well a position is known at best, in pixels: a PRF that is not quite the star's.
_AT_BEST = 0.02
#: The stars have to explain so much of the image's variance, or they are not seen.
_EXPLAINED = 0.3


@dataclass(frozen=True)
class Alignment:
    """The one shift that brings a catalogue's stars onto those of the image.

    Parameters
    ----------
    shift : (row, col)
        Pixels to add to the stars' places: `tpfdash.stamp.stars.shifted` does.
    error : (row, col)
        Of the shift, pixels.
    scale : float
        How many times as bright as expected the stars are, together.
    explained : float
        The share of the image's variance that the shifted stars explain, 0 to 1.
    stars : int
        How many stars the fit looked at.
    """

    shift: tuple[float, float]
    error: tuple[float, float]
    scale: float
    explained: float
    stars: int

    @property
    def words(self) -> str:
        """The shift in a sentence."""
        (row, col), (row_error, col_error) = self.shift, self.error
        return (
            f"The stars are seen {row:+.2f} ± {row_error:.2f} rows and {col:+.2f} ± "
            f"{col_error:.2f} columns from where the catalogue and the file's WCS put them."
        )


def align(tpf: xr.Dataset, stars: Table, *, prf: PRF | None = None) -> Alignment:
    """Fit one shift between the expected and the seen image.

    The image is the median of up to 64 frames; the model all stars by their expected fluxes, times
    one free scale, a width of the PRF and a constant sky. Stars that are not as bright as expected
    count for less (a soft L1 loss). Pixels that overflow are left out.

    Parameters
    ----------
    tpf : Dataset
    stars : Table
        Of `place_stars`, or of any catalogue. A shift that they have already is taken back first:
        what is found is the whole shift.
    prf : PRF, optional
        Default: what the mission's stars usually have, at this place of the detector.

    Returns
    -------
    Alignment

    Raises
    ------
    TPFError
        If the file's sky coordinates are not usable, no star of known brightness stands on the
        stamp, the stars do not explain what is seen, or fit best at the end of the 2.5 pixels that
        are searched.
    """
    if not {"row", "col", "flux"} <= set(getattr(stars, "colnames", ())):
        stars = place_stars(tpf, stars)
    prf = usual_prf(tpf) if prf is None else prf
    chosen = _brightest(tpf, shifted(stars, (0.0, 0.0)))
    fit = _Fit(tpf, chosen, prf)
    row, col, scale = fit.search()
    fit.look_near(row, col)
    best = least_squares(
        fit.residual,
        [row, col, 1.0, *scale],
        bounds=(
            [-_REACH - _STEP, -_REACH - _STEP, 0.6, -np.inf, -np.inf],
            [_REACH + _STEP, _REACH + _STEP, 1.7, np.inf, np.inf],
        ),
        x_scale=[0.1, 0.1, 0.1, max(abs(scale[0]), 1e-6), max(abs(scale[1]), fit.floor)],
        loss="soft_l1",
        max_nfev=60,
    )
    explained = fit.explained(best.x)
    if not explained > _EXPLAINED or best.x[3] <= 0:
        raise TPFError(
            "The stars cannot be aligned: those that the catalogue lets expect are not what is "
            f"seen on the stamp (they explain {max(explained, 0):.0%} of it)."
        )
    if np.abs(best.x[:2]).max() > _REACH:
        raise TPFError(
            f"The stars cannot be aligned: they fit best more than {_REACH:g} pixels off, and no "
            "WCS is that wrong."
        )
    errors = _errors(best.jac, 2 * best.cost, fit.pixels)
    (row, col), (row_error, col_error) = best.x[:2].tolist(), errors.tolist()
    return Alignment((row, col), (row_error, col_error), float(best.x[3]), explained, len(chosen))


def _brightest(tpf: xr.Dataset, stars: Table) -> Table:
    """The stars that matter, brightest first."""
    first = np.array([tpf[axis].values[0] for axis in ("row", "col")], dtype=np.float64)
    last = np.array([tpf[axis].values[-1] for axis in ("row", "col")], dtype=np.float64)
    places = np.stack([np.asarray(stars[axis], np.float64) for axis in ("row", "col")], axis=1)
    flux = np.asarray(stars["flux"], dtype=np.float64)
    with np.errstate(invalid="ignore"):
        inside = (places >= first - _MARGIN) & (places <= last + _MARGIN)
        near = np.flatnonzero(inside.all(axis=1) & (flux > 0))
    if not near.size:
        raise TPFError(
            "The stars cannot be aligned: none of known brightness stands on or beside the stamp."
        )
    most = int(np.clip(_WORK // tpf["aperture"].size, _FEWEST, _MOST))
    return stars[near[np.argsort(-flux[near], kind="stable")][:most]]


class _Fit:
    """The seen image, and what stars at a shift would make of it."""

    def __init__(self, tpf: xr.Dataset, stars: Table, prf: PRF) -> None:
        self._tpf, self._stars, self._prf = tpf, stars, prf
        seen = typical_image(tpf)
        self._used = np.isfinite(seen)
        if tpf["flux"].attrs.get("units", USUAL_FLUX) == USUAL_FLUX:
            at = np.argwhere(self._used)
            limit = settings.FULL * get_mission(tpf.attrs["mission"]).saturation
            full = overflowing(tpf, seen[self._used], at, limit)
            self._used[tuple(at[full].T)] = False
        self.pixels = int(self._used.sum())
        if self.pixels < _PIXELS:
            raise TPFError(
                f"The stars cannot be aligned: {self.pixels} pixels of the stamp have light and do "
                f"not overflow, and it takes {_PIXELS}."
            )
        self._seen = seen[self._used]
        light = np.abs(self._seen - np.quantile(self._seen, 0.2))
        self.floor = max(float(_FLOOR * light.max()), 1e-9)
        self._sigma = np.hypot(_PRF_ERROR * light, self.floor)

    def _model(self, row: float, col: float, width: float = 1.0) -> np.ndarray:
        stars = shifted(self._stars, (row, col))
        return expected_image(self._tpf, stars, self._prf, width=width)[self._used]

    def search(self) -> tuple[float, float, tuple[float, float]]:
        """The best shift of a grid, and its (scale, sky)."""
        steps = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
        best = np.inf, 0.0, 0.0, (0.0, float(np.median(self._seen)))
        for row in steps.tolist():
            for col in steps.tolist():
                template = np.stack([self._model(row, col), np.ones(self.pixels)]) / self._sigma
                seen = self._seen / self._sigma
                (scale, sky), *_ = np.linalg.lstsq(template.T, seen, rcond=None)
                misfit = np.abs(seen - scale * template[0] - sky * template[1]).sum()
                if scale > 0 and misfit < best[0]:
                    best = misfit, row, col, (float(scale), float(sky))
        return best[1:]

    def look_near(self, row: float, col: float) -> None:
        """Leave out the pixels where only stars that no catalogue lists may be, but for the sky."""
        flux = np.asarray(self._stars["flux"])
        bright = self._stars[flux > _BRIGHT * flux.max()]
        ride = usual_motion(self._tpf)
        rows, cols = (self._tpf[axis].values.astype(np.float64) for axis in ("row", "col"))
        near = np.zeros(self._used.shape, dtype=bool)
        for star in bright:
            away = np.hypot.outer(rows - (star["row"] + row + ride[0]), 0 * cols)
            near |= np.hypot(away, cols - (star["col"] + col + ride[1])) <= _NEAR
        kept = near[self._used]
        if kept.sum() >= _PIXELS:
            self._used &= near
            self._seen, self._sigma = self._seen[kept], self._sigma[kept]
            self.pixels = int(kept.sum())

    def residual(self, x: np.ndarray) -> np.ndarray:
        row, col, width, scale, sky = x.tolist()
        misfit = (self._seen - scale * self._model(row, col, width) - sky) / self._sigma
        return np.append(misfit, (width - 1) / 0.2)  # held near 1 where no star tells

    def explained(self, x: np.ndarray) -> float:
        """Share of the image's variance that the model explains."""
        row, col, width, scale, sky = x.tolist()
        left = self._seen - scale * self._model(row, col, width) - sky
        spread = self._seen - self._seen.mean()
        return float(1 - (left @ left) / max(spread @ spread, 1e-300))


def _errors(jacobian: np.ndarray, chi2: float, pixels: int) -> np.ndarray:
    """Errors of the shift, by how well the fit fits."""
    curvature = jacobian.T @ jacobian
    covariance = np.linalg.pinv(curvature) * chi2 / max(pixels - 5, 1)
    return np.hypot(np.sqrt(covariance.diagonal()[:2]), _AT_BEST)
