"""The way along which a rolling telescope's stars go: how far along it, and beside it."""

from __future__ import annotations

import numpy as np

__all__ = ["along_path", "on_path"]

#: Of the curve through the places, in the direction in which they scatter most.
_ORDER = 5
#: Places further from the rest than so many standard deviations, in either direction, are off it.
_FAR = 5.0
#: Points of the curve between which its length is added up.
_POINTS = 1000


def on_path(places: np.ndarray) -> np.ndarray:
    """Which places are among the rest: bool array (n,), False where they are NaN.

    Parameters
    ----------
    places : float64 array (n, 2)
    """
    kept = np.isfinite(places).all(axis=1)
    for _ in range(5):
        if kept.sum() < 3:
            break
        along, across = ((places - np.median(places[kept], axis=0)) @ _axes(places[kept])).T
        inside = kept.copy()
        for each in (along, across):
            scatter = 1.4826 * np.median(np.abs(each[kept]))
            with np.errstate(invalid="ignore"):
                inside &= np.abs(each) <= max(_FAR * scatter, 1e-9)
        if inside.sum() == kept.sum():
            break
        kept = inside
    return kept


def _axes(places: np.ndarray) -> np.ndarray:
    """The direction in which places scatter most and the other, as columns: float64 (2, 2)."""
    _, vectors = np.linalg.eigh(np.cov(places.T))
    return vectors[:, ::-1]


def along_path(places: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far along their usual way places are, and how far beside it: two float64 arrays (n,).

    The way is a polynomial of fifth order over the direction in which the places scatter most, and
    the first number its arclength (Vanderburg & Johnson 2014, PASP 126, 948).

    Parameters
    ----------
    places : float64 array (n, 2)
        Finite, pixels.
    known : int array
        The places that the way is made from, by their numbers.

    Returns
    -------
    length, beside : float64 arrays (n,), pixels
        From the beginning of the way, and off it; a place beside it is where it is nearest in that
        direction, one beyond an end is at the end.
    """
    axes = _axes(places[known])
    along, across = ((places - places[known].mean(axis=0)) @ axes).T
    low, high = float(along[known].min()), float(along[known].max())
    middle, half = (low + high) / 2, max((high - low) / 2, 1e-12)

    def powers(x: np.ndarray) -> np.ndarray:
        inside = np.clip((x - middle) / half, -1.0, 1.0)
        return np.polynomial.legendre.legvander(inside, _ORDER)

    # Least squares of the smallest numbers, where the places do not tell all of them.
    numbers = np.linalg.lstsq(powers(along[known]), across[known], rcond=None)[0]
    grid = np.linspace(low, high, _POINTS)
    lengths = np.hypot(np.diff(grid), np.diff(powers(grid) @ numbers))
    length = np.interp(along, grid, np.concatenate([[0.0], np.cumsum(lengths)]))
    return length, across - powers(along) @ numbers
