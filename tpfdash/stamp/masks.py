"""Aperture masks: boolean arrays over a stamp's (row, col), and the ways to make them.

A mask here is an array and nothing more; who holds it, undoes it or draws it is elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
import xarray as xr
from scipy import ndimage

from tpfdash.errors import TPFError
from tpfdash.missions import APERTURE_OPTIMAL, get_mission
from tpfdash.stamp.columns import sample_frames
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.sky import target_position

__all__ = [
    "APERTURES",
    "BACKGROUNDS",
    "MODES",
    "as_mask",
    "combine",
    "default_mask",
    "grown",
    "halo",
    "mission_background",
    "named_aperture",
    "named_background",
    "pipeline_mask",
    "shrunk",
    "sky_mask",
    "start_pixel",
    "threshold_mask",
    "typical_image",
]


def as_mask(value: Any, shape: tuple[int, ...], name: str = "aperture") -> np.ndarray:
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


def typical_image(tpf: xr.Dataset) -> np.ndarray:
    """The median of up to 64 frames spread over the observation: float64 (row, col), e-/s.

    NaN in pixels that have no finite value in any of them.
    """
    frames = sample_frames(tpf, "flux")
    image = np.full(frames.shape[1:], np.nan)
    finite = np.isfinite(frames).any(axis=0)
    image[finite] = np.nanmedian(frames[:, finite], axis=0)
    return image


def threshold_mask(tpf: xr.Dataset, sigma: float = 3.0) -> np.ndarray:
    """The pixels brighter than the stamp by `sigma`, in one piece, nearest to the target.

    The image is the median of up to 64 frames spread over the observation; its scatter is 1.4826
    times the median absolute deviation. Of the connected pieces above the threshold the one
    nearest to the catalogue position is taken, or to the stamp's centre where there is none on it.
    With nothing above the threshold it is the brightest pixel, and it is empty where the flux is
    nowhere finite.
    """
    image = typical_image(tpf)
    finite = np.isfinite(image)
    if not finite.any():
        return finite
    image[~finite] = -np.inf
    middle = np.median(image[finite])
    scatter = 1.4826 * np.median(np.abs(image[finite] - middle))
    bright = image > middle + sigma * scatter
    if not bright.any():
        bright.flat[np.argmax(image)] = True
    row, col = _target(tpf)
    rows, cols = np.nonzero(bright)
    nearest = np.argmin((rows - row) ** 2 + (cols - col) ** 2)
    pieces, _ = ndimage.label(bright)
    return pieces == pieces[rows[nearest], cols[nearest]]


def _target(tpf: xr.Dataset) -> tuple[float, float]:
    """Where the target is on the stamp, or else the stamp's centre, from its first pixel."""
    centre = (np.array(tpf["aperture"].shape) - 1) / 2
    if position := target_position(tpf):
        place = np.array(position) - corner(tpf)
        if (np.abs(place - centre) <= centre + 0.5).all():  # a WCS may be wrong by a whole CCD
            centre = place
    return float(centre[0]), float(centre[1])


def start_pixel(tpf: xr.Dataset, aperture: np.ndarray) -> tuple[int, int]:
    """Detector (row, col) of the pixel at the middle of an aperture.

    Where the aperture is empty it is the target's, or the stamp's middle if the target is not on
    it.
    """
    place = np.argwhere(aperture).mean(axis=0) if aperture.any() else _target(tpf)
    row, col = np.clip(np.rint(place), 0, np.subtract(aperture.shape, 1)).astype(int).tolist()
    first_row, first_col = corner(tpf)
    return first_row + row, first_col + col


def default_mask(tpf: xr.Dataset) -> np.ndarray:
    """The pipeline's aperture, or a threshold mask where the file has none (TESSCut, K2 C9a)."""
    mask = pipeline_mask(tpf)
    return mask if mask.any() else threshold_mask(tpf)


def sky_mask(tpf: xr.Dataset, aperture: np.ndarray) -> np.ndarray:
    """The fainter half of the pixels outside an aperture: bool (row, col).

    Faint in the median of up to 64 frames spread over the observation. Pixels that share a side
    with the aperture are left out as long as others remain.
    """
    image = typical_image(tpf)
    outside = np.isfinite(image) & ~aperture
    apart = outside & ~ndimage.binary_dilation(aperture)
    candidates = apart if apart.any() else outside
    if not candidates.any():
        return candidates
    return candidates & (image <= np.median(image[candidates]))


def mission_background(tpf: xr.Dataset) -> np.ndarray:
    """The pixels that the mission's APERTURE marks as background (TESS bit 4): bool (row, col)."""
    bits = get_mission(tpf.attrs["mission"]).background_bit
    return (tpf["aperture"].values & bits) != 0


def grown(mask: np.ndarray, n: int = 1) -> np.ndarray:
    """A mask and the pixels up to `n` steps over a side from it, inside the stamp: bool (row, col).

    Raises
    ------
    TPFError
        Where the mask is empty, or `n` is no whole number of at least 1.
    """
    if not mask.any():
        raise TPFError("the mask is empty: it should have a pixel to be grown from.")
    return ndimage.binary_dilation(mask, iterations=_steps(n))


def shrunk(mask: np.ndarray, n: int = 1) -> np.ndarray:
    """A mask without the pixels up to `n` steps over a side from its edge: bool (row, col).

    The stamp's edge is one of the mask's.

    Raises
    ------
    TPFError
        Where no pixel would be left, or `n` is no whole number of at least 1.
    """
    made = ndimage.binary_erosion(mask, iterations=_steps(n))
    if not made.any():
        raise TPFError(
            f"the mask has {np.count_nonzero(mask)} pixels, none of them further than {n} from its "
            "edge: shrunk by so much it would be empty."
        )
    return made


def halo(mask: np.ndarray, n: int = 1) -> np.ndarray:
    """The pixels up to `n` steps over a side from a mask, without the mask: bool (row, col).

    Raises
    ------
    TPFError
        Where the mask is empty or fills the stamp, or `n` is no whole number of at least 1.
    """
    made = grown(mask, n) & ~mask
    if not made.any():
        raise TPFError("the mask fills the stamp: there is no pixel left for a halo.")
    return made


def _steps(n: int) -> int:
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
        raise TPFError(f"n is {n!r}: it should be a whole number of pixels of at least 1.")
    return int(n)


def combine(mask: np.ndarray, pixels: np.ndarray, mode: str) -> np.ndarray:
    """A mask changed by some pixels, both bool (row, col).

    Raises
    ------
    TPFError
        Where `mode` is none of "replace", "add", "remove" and "toggle".
    """
    if mode not in MODES:
        raise TPFError(f"{mode!r} is no mode: it should be one of {', '.join(MODES)}.")
    return MODES[mode](mask, pixels)


#: How pixels change a mask: name -> (mask, pixels) -> the new mask.
MODES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "replace": lambda mask, pixels: pixels,
    "add": np.logical_or,
    "remove": lambda mask, pixels: mask & ~pixels,
    "toggle": np.logical_xor,
}

#: Names that stand for an aperture -> how it is made.
APERTURES = {
    "pipeline": pipeline_mask,
    "threshold": threshold_mask,
    "all": lambda tpf: np.ones(tpf["aperture"].shape, dtype=bool),
    "empty": lambda tpf: np.zeros(tpf["aperture"].shape, dtype=bool),
}

#: Names that stand for a background -> how it is made, of the aperture too.
BACKGROUNDS = {
    "sky": sky_mask,
    "mission": lambda tpf, aperture: mission_background(tpf),
    "rest": lambda tpf, aperture: ~aperture,
    "empty": lambda tpf, aperture: np.zeros_like(aperture),
}


def named_aperture(tpf: xr.Dataset, name: str) -> np.ndarray:
    """The aperture called "pipeline", "threshold", "all" or "empty"; a TPFError for another."""
    _check_name(name, APERTURES, "aperture")
    return APERTURES[name](tpf)


def named_background(tpf: xr.Dataset, name: str, aperture: np.ndarray) -> np.ndarray:
    """The background mask called by a name, for an aperture: bool (row, col).

    "sky" (see `sky_mask`), "mission" (the pixels that the file itself marks as background), "rest"
    (all but the aperture) or "empty".

    Raises
    ------
    TPFError
        On another name, and on "mission" where the file marks no pixel so.
    """
    _check_name(name, BACKGROUNDS, "background")
    mask = BACKGROUNDS[name](tpf, aperture)
    if name == "mission" and not mask.any():
        raise TPFError(
            "this file marks no pixel as background: the background should be 'sky', 'rest', "
            "'empty' or a boolean array."
        )
    return mask


def _check_name(name: str, known: dict, what: str) -> None:
    if name not in known:
        words = ", ".join(repr(word) for word in known)
        raise TPFError(f"{name!r} is no {what}: it should be one of {words}, or a boolean array.")
