"""From pixel values to shades of a colour map, and back: limits, scales.

Numbers only; which colours the shades have is `tpfdash.views.stamp`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["SCALES", "Scale", "levels", "shades", "values_of"]


@dataclass(frozen=True)
class Scale:
    """A way from a value to a shade, both from 0 to 1, and the way back."""

    shade: Callable[[np.ndarray], np.ndarray]
    value: Callable[[np.ndarray], np.ndarray]


#: Name -> scale, in the order of a menu. log tells values 1/1000 of the range apart, asinh 1/10.
SCALES = {
    "log": Scale(
        lambda x: np.log1p(1000 * x) / np.log(1001),
        lambda y: np.expm1(y * np.log(1001)) / 1000,
    ),
    "linear": Scale(lambda x: x, lambda y: y),
    "sqrt": Scale(np.sqrt, np.square),
    "asinh": Scale(
        lambda x: np.arcsinh(10 * x) / np.arcsinh(10),
        lambda y: np.sinh(y * np.arcsinh(10)) / 10,
    ),
}


def levels(
    values: np.ndarray,
    percentiles: tuple[float, float],
    limits: tuple[float | None, float | None] | None = None,
) -> tuple[float, float]:
    """The pixel values at the two ends of the shades, low < high.

    Parameters
    ----------
    values : float array, ascending, none NaN
        Pixel values that stand for all there are.
    percentiles : (low, high), 0 to 100
    limits : (low, high), optional
        Values to use instead; None in either: as the percentile has it.
    """
    if not values.size:
        return 0.0, 1.0
    low, high = (values[round((values.size - 1) * end / 100)] for end in percentiles)
    if limits is not None:
        bottom, top = limits
        low = low if bottom is None else bottom
        high = high if top is None else top
        if top is not None and top <= low:
            low = top - 1
    if high <= low:
        high = values[-1] if values[-1] > low else low + max(1.0, 1e-6 * abs(low))
    return float(low), float(high)


def shades(image: np.ndarray, ends: tuple[float, float], scale: str) -> np.ndarray:
    """An image as shades from 0 to 1, float32; NaN stays NaN.

    Parameters
    ----------
    image : float array
    ends : (low, high)
        The values that get the shades 0 and 1.
    scale : str
        A key of `SCALES`.
    """
    low, high = ends
    return SCALES[scale].shade(np.clip((image - low) / (high - low), 0, 1)).astype(np.float32)


def values_of(shade: np.ndarray, ends: tuple[float, float], scale: str) -> np.ndarray:
    """The pixel values that have these shades: the way back of `shades`."""
    low, high = ends
    return low + (high - low) * SCALES[scale].value(shade)
