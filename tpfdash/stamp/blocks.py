"""A cube by blocks of cadences: pixel series, medians over a mask, frames without data.

Whatever goes through a whole cube goes through it here, so that a lazy one is read a part at a
time. What the sums mean is `tpfdash.photometry`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import xarray as xr

__all__ = [
    "all_zero",
    "finite_median",
    "long_median",
    "median_level",
    "pixel_rows",
    "pixel_series",
    "spans",
    "zero_frames",
]

#: Bytes of pixels worked on at a time: small enough to stay in a processor's cache where the cube
#: is in memory, large enough for sequential reads where it is on disk.
_IN_MEMORY = 1 << 20
_ON_DISK = 1 << 23


def median_level(tpf: xr.Dataset, mask: np.ndarray, name: str = "flux") -> np.ndarray:
    """Median over the finite pixels of a mask at each cadence, in the cube's unit per pixel.

    Returns
    -------
    float64 array (time,); NaN where no pixel of the mask is finite.
    """
    level = np.empty(tpf.sizes["time"])
    for block in spans(tpf, [name], mask):
        level[block] = finite_median(pixel_series(tpf, name, block)[mask])
    return level


def zero_frames(tpf: xr.Dataset) -> np.ndarray:
    """Which cadences carry no data: every finite pixel of the frame is exactly 0.

    Returns
    -------
    bool array (time,); False where no pixel is finite (such a frame is NaN, not 0).
    """
    empty = np.zeros(tpf.sizes["time"], dtype=bool)
    for block in spans(tpf, ["flux"], np.ones(tpf["aperture"].shape, dtype=bool)):
        empty[block] = all_zero(pixel_series(tpf, "flux", block))
    return empty


def all_zero(pixels: np.ndarray) -> np.ndarray:
    """As `zero_frames`, of an array (row, col, cadence): bool array (cadence,)."""
    pixels = pixels.reshape(-1, pixels.shape[-1])
    suspects = np.arange(pixels.shape[-1])
    zeros = np.zeros(suspects.size, dtype=bool)
    # Nearly every cadence is cleared by the first pixel or two.
    for series in pixels:
        values = series[suspects] if suspects.size < series.size else series
        zero = values == 0
        keep = zero | ~np.isfinite(values)
        suspects, zeros = suspects[keep], (zeros | zero)[keep]
        if not suspects.size:
            break
    empty = np.zeros(pixels.shape[-1], dtype=bool)
    empty[suspects[zeros]] = True
    return empty


def pixel_series(tpf: xr.Dataset, name: str, cadences: slice | np.ndarray) -> np.ndarray:
    """A cube over some cadences with each pixel's series contiguous: array (row, col, cadence)."""
    return tpf[name].variable[cadences].values.transpose(1, 2, 0)


def pixel_rows(tpf: xr.Dataset, name: str) -> np.ndarray | None:
    """A cube in memory as float32 array (pixel, cadence), contiguous, in place.

    None where that would take reading it, or a copy.
    """
    variable = tpf[name].variable
    if not variable._in_memory:
        return None
    cube = variable.values.transpose(1, 2, 0)
    if cube.dtype != np.float32 or not cube.flags.c_contiguous:
        return None
    return cube.reshape(-1, cube.shape[-1])


def spans(tpf: xr.Dataset, names: Iterable[str], *masks: np.ndarray | None) -> Iterator[slice]:
    """Slices of cadences that cover the cubes, so that what is read of each one fits the budget."""
    n = tpf.sizes["time"]
    wanted = sum(np.count_nonzero(mask) for mask in masks if mask is not None)
    step = n
    for variable in (tpf[name].variable for name in names):
        # A cube on disk is read whole frames at a time. (xarray has no public word for "read".)
        pixels, budget = (
            (wanted, _IN_MEMORY) if variable._in_memory else (tpf["aperture"].size, _ON_DISK)
        )
        step = min(step, budget // (max(pixels, 1) * variable.dtype.itemsize))
    step = max(1, step)
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def finite_median(series: np.ndarray) -> np.ndarray:
    """Median over axis 0 of the finite values; NaN where there are none.

    numpy's nanmedian goes column by column in Python for so few values a column, and sorting is
    quicker where the values to be sorted lie side by side.
    """
    finite = np.isfinite(series)
    ordered = np.where(finite, series, np.nan).T.copy()
    ordered.sort(axis=1)  # NaN goes last
    count = finite.sum(axis=0)
    middle = np.maximum([(count - 1) // 2, count // 2], 0).T
    return np.take_along_axis(ordered, middle, axis=1).mean(axis=1, dtype=np.float64)


def long_median(values: np.ndarray) -> float:
    """Median of many finite values, float (n,), which are put into another order; NaN of none.

    numpy's median looks for NaN and for both middle values at once, which takes four times longer.
    """
    if not values.size:
        return np.nan
    middle = values.size // 2
    values.partition(middle)
    upper = float(values[middle])
    return upper if values.size % 2 else (float(values[:middle].max()) + upper) / 2
