"""Places on a stamp: its corner, its extent, rectangles and the borders of masks.

Detector pixels throughout, a pixel's centre at the integer. Which pixels make a mask is
`tpfdash.stamp.masks`; where the sky falls on them is `tpfdash.stamp.sky`.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np
import xarray as xr

from tpfdash.errors import NO_NUMBER, TPFError

__all__ = [
    "LARGEST_PIXEL",
    "corner",
    "extent",
    "outline",
    "rectangle",
    "rectangles",
    "runs",
]


#: The number of a detector pixel is smaller than this: it fits into a file's integers.
LARGEST_PIXEL = 2**31


def corner(tpf: xr.Dataset) -> tuple[int, int]:
    """Detector (row, col) of the stamp's first pixel.

    Raises
    ------
    TPFError
        Where the rows or columns are not consecutive whole numbers, ascending: a stamp that was
        thinned out, turned round or binned is no rectangle of detector pixels.
    """
    return _first_pixel(tpf, "row"), _first_pixel(tpf, "col")


def _first_pixel(tpf: xr.Dataset, axis: str) -> int:
    pixels = tpf.variables[axis].values
    if (
        pixels.dtype.kind not in "iu"
        or not pixels.size
        or not (np.diff(pixels) == 1).all()
        or abs(int(pixels[0])) >= LARGEST_PIXEL
    ):
        raise TPFError(
            f"The stamp's {axis} is {np.array2string(pixels, threshold=8)}: it should be "
            "consecutive whole detector pixels, ascending."
        )
    return int(pixels[0])


def extent(tpf: xr.Dataset) -> tuple[float, float, float, float]:
    """(left, bottom, right, top) of the stamp: the outer edges of its pixels, columns first."""
    (row, col), (rows, cols) = corner(tpf), tpf["aperture"].shape
    return col - 0.5, row - 0.5, col + cols - 0.5, row + rows - 0.5


def rectangle(tpf: xr.Dataset, row0: float, row1: float, col0: float, col1: float) -> np.ndarray:
    """The pixels of a rectangle, in detector pixels, both ends included, in either order.

    What lies outside the stamp is cut off; a rectangle wholly outside is empty.

    Raises
    ------
    TPFError
        Where an end is no number.
    """
    ends = row0, row1, col0, col1
    try:
        row0, row1, col0, col1 = numbers = [float(end) for end in ends]
    except NO_NUMBER:
        numbers = [np.nan]
    if np.isnan(numbers).any():
        raise TPFError(f"a rectangle has the ends {ends!r}: they should be detector pixels.")
    row, col = (tpf.variables[axis].values for axis in ("row", "col"))
    (row0, row1), (col0, col1) = sorted((row0, row1)), sorted((col0, col1))
    return np.outer((row >= row0) & (row <= row1), (col >= col0) & (col <= col1))


def rectangles(mask: np.ndarray) -> list[tuple[int, int, int, int]]:
    """The rectangles that a mask is made of, by indices: equal rows that follow each other are one.

    Parameters
    ----------
    mask : bool array (row, col)

    Returns
    -------
    list of (first row, last row, first column, last column)
        Both ends included, lowest row first; no two of them overlap.
    """
    found = []
    for _, group in groupby(range(len(mask)), key=lambda index: mask[index].tobytes()):
        rows = list(group)
        for begin, end in runs(mask[rows[0]]).tolist():
            found.append((rows[0], rows[-1], begin, end - 1))
    return found


def outline(mask: np.ndarray, row0: int, col0: int) -> tuple[np.ndarray, ...]:
    """The border of a mask as line segments between pixel corners.

    Parameters
    ----------
    mask : bool array (row, col)
    row0, col0 : int
        Detector pixel of the stamp's first pixel; pixel centres are at integers.

    Returns
    -------
    x0, y0, x1, y1 : float arrays
        One entry a segment; x counts columns, y rows. Sides that continue each other are one
        segment, so that a long straight border is cheap to send and to draw.
    """
    padded = np.zeros(np.add(mask.shape, 2), dtype=np.int8)
    padded[1:-1, 1:-1] = mask
    # +1 where a pixel begins, -1 where one ends, going up the rows / along the columns.
    y, x0, x1 = _runs(padded[1:] - padded[:-1])
    x, y0, y1 = _runs((padded[:, 1:] - padded[:, :-1]).T)
    return (
        np.concatenate([x0, x]) + col0 - 0.5,
        np.concatenate([y, y0]) + row0 - 0.5,
        np.concatenate([x1, x]) + col0 - 0.5,
        np.concatenate([y, y1]) + row0 - 0.5,
    )


def runs(line: np.ndarray) -> np.ndarray:
    """(begin, end) of each stretch of True in a bool array, end not included: int (n, 2)."""
    padded = np.zeros(line.size + 2, dtype=np.int8)
    padded[1:-1] = line
    return np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)


def _runs(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(line, begin, end) of each run of equal non-zero values along axis 1, 0 at both its ends.

    Counted without the ends: the second value of a line is number 0.
    """
    changes = edges[:, 1:] != edges[:, :-1]
    line, begin = np.nonzero(changes & (edges[:, 1:] != 0))
    _, end = np.nonzero(changes & (edges[:, :-1] != 0))
    return line, begin, end
