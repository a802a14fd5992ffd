"""Adding up pixels at each cadence: by a kernel in machine code, or by numpy where there is none.

Both add the pixels in the same order and so give the same numbers to the last bit. Numba compiles
the kernel when `compile_kernel` is called, not before; `tpfdash.views.warm` has a thread do so.
What the sums mean is `tpfdash.photometry`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["compile_kernel", "compiled_kernel", "order_matters", "pixel_sum"]

#: Cadences added up at a time: their sums stay in the processor's cache from pixel to pixel.
_BLOCK = 2048

_compiled: Callable[..., None] | None = None


def compiled_kernel() -> Callable[..., None] | None:
    """The function `_add_pixels` in machine code; None until `compile_kernel` has made it."""
    return _compiled


def compile_kernel() -> None:
    """Have numba compile the kernel: seconds, or less where it is in numba's cache on disk.

    Raises
    ------
    Exception
        Whatever numba has to say where it cannot; sums are then left to numpy.
    """
    global _compiled
    if _compiled is not None:
        return
    from numba import boolean, float32, float64, int32, intp, njit, types, uint8

    cube = types.Array(float32, 2, "C", readonly=True)  # takes those that can be written to as well
    signature = types.void(
        cube, intp[::1], boolean, boolean, float64[::1], int32[::1], uint8[::1], uint8[::1]
    )
    try:
        _compiled = njit(signature, nogil=True, cache=True)(_add_pixels)
    except Exception:  # as where there is no folder that can be written to
        _compiled = njit(signature, nogil=True)(_add_pixels)


def _add_pixels(
    cube: np.ndarray,
    pixels: np.ndarray,
    afresh: bool,
    off: bool,
    total: np.ndarray,
    count: np.ndarray,
    largest: np.ndarray,
    least: np.ndarray,
) -> None:
    """Add pixels to running sums, or take them off; those that are not finite count as none.

    Parameters
    ----------
    cube : float32 array (pixel, cadence)
    pixels : intp array
        The rows of the cube that are added, in this order.
    afresh : bool
        Whether to forget first what the four arrays below hold.
    off : bool
        Whether to take the pixels off instead.
    total : float64 array (cadence,)
    count : int32 array (cadence,)
        How many finite pixels are in the sum.
    largest, least : uint8 arrays (cadence,)
        The largest and the smallest exponent of all values that ever came into the sum, of those
        that are not 0, as float32 writes them; 0 and 255 where there is none.
    """
    # No branch in the inner loop, and two pixels at a time: the processor then works on many
    # cadences at once, and writes the sums half as often. An odd pixel's partner is NaN.
    bits = cube.view(np.int32)
    nothing = np.full(_BLOCK, np.nan, np.float32)
    nothing_bits = nothing.view(np.int32)
    zero = np.float32(0)
    sign, one, none = (-1.0 if off else 1.0), np.int32(-1 if off else 1), np.int32(0)
    for start in range(0, cube.shape[1], _BLOCK):
        stop = min(start + _BLOCK, cube.shape[1])
        sums, counts = total[start:stop], count[start:stop]
        highs, lows = largest[start:stop], least[start:stop]
        if afresh:
            sums[:], counts[:], highs[:], lows[:] = 0, 0, 0, 255
        for k in range(0, pixels.size, 2):
            a, a_bits = cube[pixels[k], start:stop], bits[pixels[k], start:stop]
            b, b_bits = nothing, nothing_bits
            if k + 1 < pixels.size:
                b, b_bits = cube[pixels[k + 1], start:stop], bits[pixels[k + 1], start:stop]
            for i in range(stop - start):
                a_size, b_size = a_bits[i] & 0x7FFFFFFF, b_bits[i] & 0x7FFFFFFF
                a_power, b_power = a_size >> 23, b_size >> 23
                a_there, b_there = a_power < 255, b_power < 255  # neither NaN nor infinite
                first = sums[i] + sign * (a[i] if a_there else zero)
                sums[i] = first + sign * (b[i] if b_there else zero)
                counts[i] += (one if a_there else none) + (one if b_there else none)
                high = max(a_power if a_there else 0, b_power if b_there else 0)
                highs[i] = max(highs[i], high)
                low = min(a_power if a_size > 0 else 255, b_power if b_size > 0 else 255)
                lows[i] = min(lows[i], low)


def order_matters(largest: np.ndarray, least: np.ndarray, n: int) -> np.ndarray:
    """The cadences at which a sum of pixels may depend on the order in which they were added.

    Elsewhere float64 holds the sum of any of them without rounding, and so what is added and taken
    off again leaves no trace. A float32 of exponent p is a multiple of 2**(p - 150) and smaller
    than 2**(p - 126), and float64 has 53 bits.

    Parameters
    ----------
    largest, least : uint8 arrays (cadence,)
        As the kernel notes them.
    n : int
        How many pixels there are at the most.

    Returns
    -------
    intp array of indices
    """
    gap = np.uint8(53 - 24 - (n - 1).bit_length())
    return np.flatnonzero(np.maximum(largest, gap) - gap > least)


def pixel_sum(series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum over the finite pixels at each cadence.

    Parameters
    ----------
    series : float array (pixel, cadence)

    Returns
    -------
    total : float64 array (cadence,); 0 where no pixel is finite
    count : int32 array (cadence,)
        How many pixels are finite.
    """
    n = series.shape[1]
    total, count = np.zeros(n), np.zeros(n, dtype=np.int32)
    if _compiled is not None and series.dtype == np.float32:
        rows, notes = np.arange(len(series)), np.empty((2, n), dtype=np.uint8)
        series = np.ascontiguousarray(series, dtype=np.float32)
        _compiled(series, rows, True, False, total, count, *notes)
        return total, count
    with np.errstate(invalid="ignore"):  # infinities of both signs
        for pixel in series:
            total += pixel
        all_there = np.isfinite(total.sum())  # one NaN anywhere shows in the sum of all
    if all_there:
        count[:] = len(series)
        return total, count
    total[:] = 0
    for pixel in series:
        finite = np.isfinite(pixel)
        total += np.where(finite, pixel, 0)
        count += finite
    return total, count
