"""The PRF that an event's place is judged by: a few Gaussians, fitted to the file's own star."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tpfdash.stamp.prf import PRF

__all__ = ["EllipticalPRF", "OnPixels"]

#: A Gaussian over a pixel is close to one wider by a pixel's own variance at the pixel's middle:
#: within 1 % of the peak for stars of sigma 0.4 pixel and more.
_PIXEL = np.eye(2) / 12


@dataclass(frozen=True)
class EllipticalPRF:
    """An elliptical Gaussian core in a round wing, as the missions' stars are in their stamps.

    Parameters
    ----------
    sigma_row, sigma_col : float
        Of the core, pixels.
    rho : float
        Correlation of the core's two axes, -1 to 1.
    wing : float
        Share of the light in the wing.
    reach : float
        How many times as wide as the core the wing is.
    """

    sigma_row: float
    sigma_col: float
    rho: float = 0.0
    wing: float = 0.12
    reach: float = 2.6

    def images(
        self,
        shape: tuple[int, int],
        row: float | np.ndarray,
        col: float | np.ndarray,
        width: float | np.ndarray = 1.0,
        blur_row: float | np.ndarray = 0.0,
        blur_col: float | np.ndarray = 0.0,
    ) -> np.ndarray:
        """As `tpfdash.stamp.prf.PRF.images`: float64 (row, col, n)."""
        row, col = np.atleast_1d(row), np.atleast_1d(col)
        r = np.arange(shape[0])[:, None, None] - row
        c = np.arange(shape[1])[None, :, None] - col
        cross = self.rho * self.sigma_row * self.sigma_col
        broad = self.reach**2 * self.sigma_row * self.sigma_col
        parts = (
            (1 - self.wing, self.sigma_row**2, self.sigma_col**2, cross),
            (self.wing, broad, broad, 0.0),
        )
        light = np.zeros(np.broadcast_shapes(r.shape, c.shape))
        for weight, rr, cc, rc in parts:
            vr = rr * width**2 + blur_row**2 + _PIXEL[0, 0]
            vc = cc * width**2 + blur_col**2 + _PIXEL[1, 1]
            vx = rc * width**2
            det = vr * vc - vx**2
            chi2 = (vc * r * r - 2 * vx * r * c + vr * c * c) / det
            light += weight / (2 * np.pi * np.sqrt(det)) * np.exp(-chi2 / 2)
        return light


class OnPixels:
    """A PRF on the pixels that a diagnosis looks at.

    Parameters
    ----------
    prf : PRF
    pixels : int array (pixel, 2)
        (row, col) counted from the stamp's first pixel.
    """

    def __init__(self, prf: PRF, pixels: np.ndarray) -> None:
        self.prf, self.pixels = prf, pixels
        self._low = pixels.min(axis=0)
        high = pixels.max(axis=0) - self._low + 1
        self._shape = int(high[0]), int(high[1])
        self._at = tuple((pixels - self._low).T)

    def images(self, places: np.ndarray, width: float = 1.0) -> np.ndarray:
        """Light of stars of 1 e-/s at places (star, 2): float64 (star, pixel)."""
        row, col = (np.atleast_2d(places) - self._low).T
        return self.prf.images(self._shape, row, col, width)[self._at].T
