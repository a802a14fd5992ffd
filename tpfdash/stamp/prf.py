"""PRFs: the share of a star's light in each pixel, given where the star is.

What lives here: what a PRF is to the rest of the package (`PRF`), and the ones there are: sums of
Gaussians, an elliptical Moffat profile, and measured ones out of a table of samples. Where stars
are, and how bright, is for others to know.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from zipfile import BadZipFile

import numpy as np
from scipy import ndimage
from scipy.special import erf

from tpfdash.errors import NO_NUMBER, TPFError

__all__ = ["PRF", "GaussianPRF", "MeasuredPRF", "MoffatPRF", "as_prf"]

Places = float | np.ndarray
Shape = tuple[int, int]


@runtime_checkable
class PRF(Protocol):
    """Whatever can say how a star's light falls onto pixels."""

    def images(
        self,
        shape: Shape,
        row: Places,
        col: Places,
        width: Places = 1.0,
        blur_row: Places = 0.0,
        blur_col: Places = 0.0,
    ) -> np.ndarray:
        """Share of a star's light in each pixel of a stamp, for one place or several.

        Parameters
        ----------
        shape : (int, int)
            Rows and columns of the stamp.
        row, col : float or array (n,)
            Where the star is, in pixels from the centre of the stamp's first pixel; it may lie
            outside.
        width : float or array (n,)
            How many times as wide as it usually is the PRF is.
        blur_row, blur_col : float or array (n,)
            Standard deviation in pixels of the star's motion during the exposure.

        Returns
        -------
        float64 array (row, col, n); n is 1 where all of these are numbers. All pixels of the
        detector together hold 1.
        """
        ...


class _Profile:
    """What the PRFs here have in common: numbers made into arrays, and the motion averaged over."""

    def images(
        self,
        shape: Shape,
        row: Places,
        col: Places,
        width: Places = 1.0,
        blur_row: Places = 0.0,
        blur_col: Places = 0.0,
    ) -> np.ndarray:
        """As `PRF.images`."""
        places = np.broadcast_arrays(
            *(np.atleast_1d(value) for value in (row, col, width, blur_row, blur_col))
        )
        return self._blurred(shape, *(np.array(each, dtype=np.float64) for each in places))

    def _blurred(self, shape: Shape, *places: np.ndarray) -> np.ndarray:
        """Images with the motion in them; `places` are float64 (n,), in the order of `images`.

        A Gaussian motion is averaged over by three nodes in each direction (Gauss-Hermite
        quadrature), where there is any.
        """
        row, col, width, blur_row, blur_col = places
        made = self._sharp(shape, row, col, width)
        moved = np.flatnonzero((blur_row > 0) | (blur_col > 0))
        if moved.size:
            nodes, weights = np.polynomial.hermite_e.hermegauss(3)
            weights = weights / weights.sum()
            made[..., moved] = sum(
                by_row
                * by_col
                * self._sharp(
                    shape,
                    row[moved] + up * blur_row[moved],
                    col[moved] + right * blur_col[moved],
                    width[moved],
                )
                for up, by_row in zip(nodes, weights, strict=True)
                for right, by_col in zip(nodes, weights, strict=True)
            )
        return made

    def _sharp(
        self, shape: Shape, row: np.ndarray, col: np.ndarray, width: np.ndarray
    ) -> np.ndarray:
        """Images without motion, of float64 (n,) arrays."""
        raise NotImplementedError


@dataclass(frozen=True)
class GaussianPRF(_Profile):
    """A sum of circular Gaussians, integrated over each pixel exactly, motion included.

    Parameters
    ----------
    components : sequence of (weight, sigma)
        Sigma in pixels; the weights are made to add up to 1.
    """

    components: Sequence[tuple[float, float]]

    def __post_init__(self) -> None:
        try:
            pairs = [(float(weight), float(sigma)) for weight, sigma in self.components]
        except NO_NUMBER:
            pairs = []
        if not pairs or not all(0 < number < math.inf for pair in pairs for number in pair):
            raise TPFError(
                "prf should hold pairs of a positive weight and a positive sigma: got "
                f"{self.components!r}."
            )
        total = sum(weight for weight, _ in pairs)
        made = tuple((weight / total, sigma) for weight, sigma in pairs)
        object.__setattr__(self, "components", made)

    def _blurred(self, shape: Shape, *places: np.ndarray) -> np.ndarray:
        row, col, width, blur_row, blur_col = places
        made = np.zeros((*shape, row.size))
        for weight, sigma in self.components:
            rows = _gaussian_share(shape[0], row, np.hypot(sigma * width, blur_row))
            cols = _gaussian_share(shape[1], col, np.hypot(sigma * width, blur_col))
            made += weight * rows[:, None] * cols[None]
        return made


def _gaussian_share(size: int, place: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """A Gaussian's share in each of `size` rows or columns: float64 (pixel, n)."""
    edges = np.arange(size + 1)[:, None] - 0.5
    return np.diff(0.5 * erf((edges - place) / (math.sqrt(2) * sigma)), axis=0)


@dataclass(frozen=True)
class MoffatPRF(_Profile):
    """An elliptical Moffat profile, (1 + (r / radius)^2)^-beta (Moffat 1969, A&A 3, 455).

    It is integrated by Gauss-Legendre quadrature of 6 x 6 points a pixel.

    Parameters
    ----------
    radius : float
        Pixels along the long axis.
    beta : float
        How steep the wings are, above 1.
    ratio : float
        Short axis by long axis, above 0 and up to 1.
    angle : float
        Of the long axis in degrees, from +column towards +row.
    """

    radius: float
    beta: float = 3.0
    ratio: float = 1.0
    angle: float = 0.0

    def __post_init__(self) -> None:
        numbers = (self.radius, self.beta, self.ratio, self.angle)
        if (
            not all(isinstance(number, Real) and math.isfinite(number) for number in numbers)
            or self.radius <= 0
            or self.beta <= 1
            or not 0 < self.ratio <= 1
        ):
            raise TPFError(
                "A Moffat PRF needs a radius above 0, a beta above 1 and a ratio of 0 to 1: got "
                f"{self}."
            )

    def _sharp(
        self, shape: Shape, row: np.ndarray, col: np.ndarray, width: np.ndarray
    ) -> np.ndarray:
        nodes, weights = np.polynomial.legendre.leggauss(6)
        nodes, weights = nodes / 2, weights / 2
        made = np.zeros((*shape, row.size))
        for up, by_row in zip(nodes, weights, strict=True):
            for right, by_col in zip(nodes, weights, strict=True):
                y = np.arange(shape[0])[:, None, None] + up - row
                x = np.arange(shape[1])[:, None] + right - col
                made += by_row * by_col * self._density(y / width, x / width)
        return made / width**2

    def _density(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        angle = math.radians(self.angle)
        along = (x * math.cos(angle) + y * math.sin(angle)) / self.radius
        across = (y * math.cos(angle) - x * math.sin(angle)) / (self.radius * self.ratio)
        norm = (self.beta - 1) / (math.pi * self.radius**2 * self.ratio)
        return norm * (1 + along**2 + across**2) ** -self.beta


@dataclass(frozen=True, eq=False)
class MeasuredPRF(_Profile):
    """A measured PRF: what a pixel holds of a star, sampled several times a pixel.

    Between the samples are cubic splines, beyond them it is 0.

    Parameters
    ----------
    samples : float array (row, col), of odd sizes
        What a pixel holds, by its distance from the star, which is 0 at the middle sample. Samples
        a whole pixel apart are made to add up to 1.
    per_pixel : int
        Samples a pixel, in either direction.
    """

    samples: np.ndarray = field(repr=False)
    per_pixel: int
    _spline: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        try:
            samples = np.array(self.samples, dtype=np.float64)  # a copy: it is to stay as it is
        except NO_NUMBER:
            raise TPFError(
                f"the samples of a PRF should be an array of numbers: got {self.samples!r}."
            ) from None
        if samples.ndim != 2 or not all(size % 2 for size in samples.shape):
            raise TPFError(
                f"the samples of a PRF have shape {samples.shape}: they should be over rows and "
                "columns, an odd number of each."
            )
        if not isinstance(self.per_pixel, int) or self.per_pixel < 1:
            raise TPFError(
                f"per_pixel is {self.per_pixel!r}: it should be a whole number of at least 1."
            )
        if not np.isfinite(samples).all() or not samples.sum() > 0:
            raise TPFError(
                "the samples of a PRF should be finite, and their sum above 0: these are not."
            )
        samples *= self.per_pixel**2 / samples.sum()
        spline = ndimage.spline_filter(samples, order=3, mode="constant")
        for array in (samples, spline):
            array.flags.writeable = False
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "_spline", spline)

    @classmethod
    def from_npz(
        cls, path: str | Path, *, camera: int, ccd: int, row: float, col: float
    ) -> MeasuredPRF:
        """TESS' PRF at a place of a CCD, from a table of them.

        The nearest four of that CCD count by one over their squared distance.

        Parameters
        ----------
        path : str or Path
            An .npz with `prf` (n, row, col), nine samples a pixel, and the `camera`, `ccd`, `row`
            and `col` (n,) of each.
        camera, ccd : int
        row, col : float
            Detector pixel.

        Raises
        ------
        TPFError
            If it is no such file, or has no PRF of that CCD.
        """
        try:
            with np.load(path) as table:
                prf, *place = (table[name] for name in ("prf", "camera", "ccd", "row", "col"))
            if prf.ndim != 3 or any(each.shape != prf.shape[:1] for each in place):
                raise ValueError("its arrays are not of one length")
        except (OSError, EOFError, BadZipFile, KeyError, TypeError, ValueError) as error:
            raise TPFError(
                f"{path} cannot be read as a table of PRFs ({error}): it should be an .npz with "
                "prf, camera, ccd, row and col."
            ) from error
        here = np.flatnonzero((place[0] == camera) & (place[1] == ccd))
        if not here.size:
            raise TPFError(
                f"{path} has no PRF of camera {camera}, CCD {ccd}: it should be one of TESS' "
                "4 x 4 that the file has."
            )
        apart = np.hypot(place[2][here] - float(row), place[3][here] - float(col))
        nearest = np.argsort(apart, kind="stable")[:4]
        weights = 1 / np.maximum(apart[nearest], 1e-3) ** 2
        return cls(np.average(prf[here[nearest]], axis=0, weights=weights), 9)

    def _sharp(
        self, shape: Shape, row: np.ndarray, col: np.ndarray, width: np.ndarray
    ) -> np.ndarray:
        middle = [(size - 1) / 2 for size in self.samples.shape]
        y = (np.arange(shape[0])[:, None] - row) / width * self.per_pixel + middle[0]
        x = (np.arange(shape[1])[:, None] - col) / width * self.per_pixel + middle[1]
        at = np.broadcast_arrays(y[:, None], x[None])
        made = ndimage.map_coordinates(self._spline, at, order=3, prefilter=False, mode="constant")
        return made / width**2


def as_prf(prf: Any) -> PRF:
    """A PRF as it is; pairs of (weight, sigma) as a sum of Gaussians.

    Raises
    ------
    TPFError
        If it is neither.
    """
    its = isinstance(prf, PRF) and not isinstance(prf, type)  # a class has `images`, too
    return prf if its else GaussianPRF(prf)
