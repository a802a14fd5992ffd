"""How far values scatter, whatever outliers are among them."""

from __future__ import annotations

import numpy as np

__all__ = ["ONE_SIGMA", "robust_covariance", "robust_scatter"]

#: Values further from the median than this many times their scatter are outliers.
_OUTLIER = 5.0
#: The share of a Gaussian within one standard deviation.
ONE_SIGMA = 0.682689492137086


def robust_scatter(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Which values are no outliers (bool array), and the scatter of those; NaN of none.

    The scatter is the width about the median that 68.27 % of them lie within, a Gaussian's
    standard deviation. What a third of the places or more do is no outlier.
    """
    kept = np.isfinite(values)
    scatter = np.nan
    while kept.any():
        apart = np.abs(values - np.median(values[kept]))
        scatter = float(np.quantile(apart[kept], ONE_SIGMA))
        inner = kept & (apart <= _OUTLIER * scatter)
        if inner.sum() == kept.sum():
            break
        kept = inner
    return kept, scatter


def robust_covariance(moved: np.ndarray) -> np.ndarray:
    """Second moments about (0, 0) of pairs of numbers that are no outliers.

    What an outlier is says a first estimate, by the widths that 68.27 % of the values lie within:
    of both numbers, and of their sum and their difference once these are on one scale (the
    orthogonalised estimate of Gnanadesikan and Kettenring for two numbers).

    Parameters
    ----------
    moved : float array (n, 2)
        Pairs with a NaN do not count.

    Returns
    -------
    float64 array (2, 2); positive semidefinite, 0 where there is no pair.
    """
    moved = moved[np.isfinite(moved).all(axis=1)]
    width = _width(moved) if moved.size else np.zeros(2)
    if not width.all():
        return np.diag(width**2)
    scaled = moved / width
    both = scaled @ np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    narrow = np.maximum(_width(both), 1e-9)  # of pairs on a line one of the two does not scatter
    inner = ((both / narrow) ** 2).sum(axis=1) <= _OUTLIER**2
    return moved[inner].T @ moved[inner] / np.count_nonzero(inner)


def _width(values: np.ndarray) -> np.ndarray:
    return np.quantile(np.abs(values), ONE_SIGMA, axis=0)
