"""Frames: what the postage stamp shows of one cadence, column by column.

A column is a quantity per pixel, as in the file or worked out of several of the file's columns.
Colours are not chosen here: see `tpfdash.views.pixels`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from tpfdash.stamp.residual import local_median
from tpfdash.stamp.units import USUAL_FLUX, spelled

__all__ = ["COLUMNS", "FrameColumn", "available_columns", "column_unit", "frame", "sample_frames"]

#: How many frames stand for the whole observation where statistics over time are wanted.
_SAMPLE = 64


@dataclass(frozen=True)
class FrameColumn:
    """A quantity that has a value in each pixel at each cadence.

    Parameters
    ----------
    label : str
    needs : tuple of str
        The variables of the Dataset that it is made of.
    combine : callable
        Those variables' frames, and the Dataset's attrs, -> the quantity's frame.
    ratio : bool
        Whether the unit of what it is made of cancels out.
    less : callable, optional
        (Dataset, cadence) -> a frame that is taken off.
    even : bool
        Whether its values go both ways from 0.
    """

    label: str
    needs: tuple[str, ...]
    combine: Callable[..., np.ndarray] = lambda value, attrs: value
    ratio: bool = False
    less: Callable[[xr.Dataset, int], np.ndarray] | None = None
    even: bool = False


def _raw_counts(raw: np.ndarray, attrs: dict) -> np.ndarray:
    """Counts above the pipeline's fixed offset (LCFXDOFF, SCFXDOFF); -1 is "no value"."""
    return np.where(raw == -1, np.nan, raw - np.float64(attrs.get("raw_counts_offset", 0)))


def _as_seen(flux: np.ndarray, background: np.ndarray, rays: np.ndarray, attrs: dict) -> np.ndarray:
    """What the detector saw, before the pipeline took background and cosmic rays off."""
    return flux + background + np.nan_to_num(rays)


def _signal_to_noise(flux: np.ndarray, error: np.ndarray, attrs: dict) -> np.ndarray:
    return np.where(error > 0, flux / error, np.nan)


#: Name -> column, in the order of a menu.
COLUMNS = {
    "flux": FrameColumn("Flux", ("flux",)),
    "background": FrameColumn("Background", ("flux_bkg",)),
    "raw counts": FrameColumn("Raw counts", ("raw_cnts",), _raw_counts),
    "error": FrameColumn("Flux error", ("flux_err",)),
    "cosmic rays": FrameColumn("Cosmic rays removed", ("cosmic_rays",)),
    "as seen": FrameColumn(
        "Flux + background + cosmic rays", ("flux", "flux_bkg", "cosmic_rays"), _as_seen
    ),
    "residual": FrameColumn("Residual", ("flux",), less=local_median, even=True),
    "S/N": FrameColumn("Signal to noise", ("flux", "flux_err"), _signal_to_noise, ratio=True),
}


def available_columns(tpf: xr.Dataset) -> list[str]:
    """Names of the columns that this file has the values for.

    A variable that is NaN or 0 throughout, as FLUX_BKG is where no background was measured, counts
    as missing; that is judged by up to 8 frames. Cosmic rays are few, and need not be in them. A
    residual takes other cadences to compare with.
    """
    silent = {
        name
        for name in ("flux_bkg", "flux_err", "raw_cnts")
        if name in tpf and not np.nan_to_num(tpf[name].variable[_spread(tpf, 8)].values).any()
    }
    return [
        name
        for name, column in COLUMNS.items()
        if all(variable in tpf and variable not in silent for variable in column.needs)
        and (column.less is None or tpf.sizes["time"] > 2)
    ]


def column_unit(tpf: xr.Dataset, column: str) -> str:
    """The unit of a column in this file, for a reader ("e⁻/s"); "" where it has none."""
    spec = COLUMNS[column]
    if spec.ratio:
        return ""
    name = spec.needs[0]
    usual = "count" if name == "raw_cnts" else USUAL_FLUX
    return spelled(tpf[name].attrs.get("units", usual), "words")


def frame(tpf: xr.Dataset, column: str, cadence: int | np.ndarray) -> np.ndarray:
    """One frame, or several, of a column.

    Parameters
    ----------
    column : str
        A key of `COLUMNS` that is available in `tpf`.
    cadence : int or array of int

    Returns
    -------
    float array (row, col), or (cadence, row, col) for an array of cadences; NaN where the file
    has no value.
    """
    spec = COLUMNS[column]
    values = (tpf[name].variable[cadence].values for name in spec.needs)
    with np.errstate(all="ignore"):  # what overflows is infinite, what has no value NaN
        frames = np.asarray(spec.combine(*values, tpf.attrs), dtype=np.float64)
        if spec.less is not None:
            off = [spec.less(tpf, int(one)) for one in np.atleast_1d(cadence)]
            frames = frames - np.reshape(off, frames.shape)  # never in the file's own values
        return frames


def sample_frames(tpf: xr.Dataset, column: str) -> np.ndarray:
    """Up to 64 frames spread evenly over the observation, of cadences with no quality flag.

    Returns
    -------
    float array (frame, row, col)
        Of all cadences where every one is flagged. Frames that are exactly 0 throughout carry
        no data and are left out.
    """
    frames = frame(tpf, column, _spread(tpf, _SAMPLE))
    return frames[~(np.nan_to_num(frames) == 0).all(axis=(1, 2))]


def _spread(tpf: xr.Dataset, most: int) -> np.ndarray:
    """Up to `most` cadences spread evenly over the unflagged ones, or over all where none is."""
    cadences = np.flatnonzero(tpf["quality"].values == 0)
    if not cadences.size:
        cadences = np.arange(tpf.sizes["time"])
    picks = np.linspace(0, cadences.size - 1, min(most, cadences.size)).round().astype(int)
    return cadences[picks]
