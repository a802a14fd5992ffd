"""A mask of one file on the pixels of another of the same sky: another quarter, say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.masks import as_mask
from tpfdash.stamp.pointing import usual_motion
from tpfdash.stamp.sky import sky_state, to_detector, to_sky

__all__ = ["CarriedMask", "mask_by_sky"]

#: Points of a pixel, along each side, that are carried over.
_POINTS = 8
#: A pixel is in the mask if so much of it is covered.
_COVERED = 0.5


@dataclass(frozen=True, eq=False)
class CarriedMask:
    """A mask carried from one file to another.

    Parameters
    ----------
    mask : bool array (row, col), read-only
        Of the other file.
    covered : float64 array (row, col)
        The share of each of its pixels that the first mask covers.
    outside : float
        The share of the first mask's area that is not on the other stamp, 0 to 1.
    words : str
        A sentence for a reader.
    """

    mask: np.ndarray
    covered: np.ndarray
    outside: float
    words: str


def mask_by_sky(mask: np.ndarray, tpf_from: xr.Dataset, tpf_to: xr.Dataset) -> CarriedMask:
    """Propose a mask by the place on the sky that the mask of another file has.

    By both files' WCS and how their stars usually ride on the pixels (POS_CORR), whichever way
    either camera was turned.

    Parameters
    ----------
    mask : bool array (row, col)
        Of `tpf_from`; not empty.
    tpf_from, tpf_to : Dataset

    Returns
    -------
    CarriedMask
        The pixels of `tpf_to` that the mask covers to one half at least. Where there are none,
        since the mask is small and falls between them, those that it covers most; the mask is empty
        only where nothing of it is on the stamp.

    Raises
    ------
    TPFError
        If the mask is none of `tpf_from` or empty, or a file's sky coordinates are not usable, in
        the words of `sky_state`.
    """
    mask = as_mask(mask, tpf_from["aperture"].shape)
    if not mask.any():
        raise TPFError("the mask is empty: it should have a pixel that has a place on the sky.")
    for tpf in (tpf_from, tpf_to):
        state = sky_state(tpf)
        if not state.usable:
            name = tpf.attrs.get("source") or tpf.attrs.get("object") or "one of the files"
            raise TPFError(f"No mask can be carried by the sky: of {name}, {state.words}")
    covered, outside = _covered(mask, tpf_from, tpf_to)
    made = covered >= _COVERED
    if not made.any() and covered.any():
        made = covered >= covered.max() * (1 - 1e-6)
    made.flags.writeable = covered.flags.writeable = False
    words = f"By its place on the sky {np.count_nonzero(mask)} px become {np.count_nonzero(made)}"
    if outside > 0.005:
        words += f"; {outside:.0%} of the mask lies outside this stamp"
    return CarriedMask(made, covered, outside, words + ".")


def _covered(
    mask: np.ndarray, tpf_from: xr.Dataset, tpf_to: xr.Dataset
) -> tuple[np.ndarray, float]:
    inner = (np.arange(_POINTS) + 0.5) / _POINTS - 0.5
    rows, cols = np.nonzero(mask)
    first = np.subtract(corner(tpf_from), usual_motion(tpf_from))
    row = (rows[:, None, None] + inner[:, None] + 0 * inner + first[0]).ravel()
    col = (cols[:, None, None] + 0 * inner[:, None] + inner + first[1]).ravel()
    sky = to_sky(tpf_from, row, col)
    placed = None if sky is None else to_detector(tpf_to, *sky)
    assert placed is not None, "sky_state says that both can be used"
    places = placed + usual_motion(tpf_to) - corner(tpf_to)
    shape = tpf_to["aperture"].shape
    known = np.isfinite(places).all(axis=1)
    pixel = np.full(places.shape, -1)
    pixel[known] = np.floor(places[known] + 0.5).astype(int)
    on = ((pixel >= 0) & (pixel < shape)).all(axis=1)
    covered = np.zeros(shape)
    np.add.at(covered, tuple(pixel[on].T), 1 / _POINTS**2)
    return covered, float(1 - on.mean())
