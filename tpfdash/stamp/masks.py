"""Aperture masks: boolean arrays over a stamp's (row, col), and the ways to make them.

A mask here is an array and nothing more; who holds it, undoes it or draws it is elsewhere.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy import ndimage

from tpfdash.errors import TPFError
from tpfdash.missions import APERTURE_OPTIMAL
from tpfdash.stamp.columns import sample_frames
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.sky import target_position

__all__ = [
    "as_mask",
    "default_mask",
    "named_mask",
    "pipeline_mask",
    "threshold_mask",
]


def as_mask(value, shape: tuple[int, int], name: str = "aperture") -> np.ndarray:
    """A read-only boolean copy of `value`, or a TPFError that says what is wrong with it.

    Parameters
    ----------
    value : array_like of bool, or of numbers that are all 0 or 1
    shape : (rows, columns) of the stamp
    name : str
        What the error calls it.
    """
    if not hasattr(value, "shape") and not isinstance(value, (list, tuple)):
        raise TPFError(
            f"the {name} mask is {value!r}: it should be a boolean array of shape {shape}."
        )
    try:
        array = np.asarray(value)
    except ValueError:
        raise TPFError(
            f"the {name} mask is ragged: it should be a boolean array of shape {shape}."
        ) from None
    if array.shape != tuple(shape):
        raise TPFError(
            f"the {name} mask has shape {array.shape}: this stamp has {shape} (rows, columns)."
        )
    if array.dtype != bool:
        if array.dtype.kind not in "iuf" or not np.isin(array, (0, 1)).all():
            raise TPFError(
                f"the {name} mask holds {array.dtype} values: it should be boolean, or 0 and 1, of "
                f"shape {shape}."
            )
    mask = array.astype(bool)  # always a copy
    mask.flags.writeable = False
    return mask


def pipeline_mask(tpf: xr.Dataset) -> np.ndarray:
    """The pixels of the mission pipeline's optimal aperture (bit 2); empty where it has none."""
    return (tpf["aperture"].values & APERTURE_OPTIMAL) != 0


def threshold_mask(tpf: xr.Dataset, sigma: float = 3.0) -> np.ndarray:
    """The pixels brighter than the stamp by `sigma`, in one piece, nearest to the target.

    The image is the median of up to 64 frames spread over the observation; its scatter is 1.4826
    times the median absolute deviation. Of the connected pieces above the threshold the one
    nearest to the catalogue position is taken, or to the stamp's centre where there is none on it.
    With nothing above the threshold it is the brightest pixel, and it is empty where the flux is
    nowhere finite.
    """
    frames = sample_frames(tpf, "flux")
    finite = np.isfinite(frames).any(axis=0)
    empty = np.zeros(finite.shape, dtype=bool)
    if not finite.any():
        return empty
    image = np.full(finite.shape, -np.inf)
    image[finite] = np.nanmedian(frames[:, finite], axis=0)
    middle = np.median(image[finite])
    scatter = 1.4826 * np.median(np.abs(image[finite] - middle))
    bright = image > middle + sigma * scatter
    if not bright.any():
        bright.flat[np.argmax(image)] = True
    centre = (np.array(bright.shape) - 1) / 2
    row, col = centre
    if position := target_position(tpf):
        place = np.array(position) - corner(tpf)
        if (np.abs(place - centre) <= centre + 0.5).all():  # a WCS may be wrong by a whole CCD
            row, col = place
    rows, cols = np.nonzero(bright)
    nearest = np.argmin((rows - row) ** 2 + (cols - col) ** 2)
    pieces, _ = ndimage.label(bright)
    return pieces == pieces[rows[nearest], cols[nearest]]


def default_mask(tpf: xr.Dataset) -> np.ndarray:
    """The pipeline's aperture, or a threshold mask where the file has none (TESSCut, K2 C9a)."""
    mask = pipeline_mask(tpf)
    return mask if mask.any() else threshold_mask(tpf)


#: Names that stand for a mask -> how it is made.
_NAMED = {
    "pipeline": pipeline_mask,
    "threshold": threshold_mask,
    "all": lambda tpf: np.ones(tpf["aperture"].shape, dtype=bool),
    "empty": lambda tpf: np.zeros(tpf["aperture"].shape, dtype=bool),
}


def named_mask(tpf: xr.Dataset, name: str) -> np.ndarray:
    """The mask called "pipeline", "threshold", "all" or "empty"; a TPFError for another name."""
    if name not in _NAMED:
        words = ", ".join(repr(word) for word in _NAMED)
        raise TPFError(f"{name!r} is no aperture: it should be one of {words}, or a boolean array.")
    return _NAMED[name](tpf)
