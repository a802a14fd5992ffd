"""The light curves of the pixels that an event is seen in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from tpfdash.diagnosis.diagnose import Diagnosis
from tpfdash.diagnosis.windows import Window
from tpfdash.stamp.geometry import corner

__all__ = ["PixelCurve", "pixel_curves"]

#: Times the window's length shown on each side of it, and cadences at least.
_BESIDE, _FEWEST = 1.5, 6
#: Points of a curve at most; beyond, means of neighbouring cadences are taken.
_POINTS = 240


@dataclass(frozen=True, eq=False)
class PixelCurve:
    """One pixel's flux about an event.

    Parameters
    ----------
    row, col : int
        Detector pixel.
    snr : float
        Of the event in this pixel: above 0 where light is missing.
    time, flux : float64 arrays (point,)
        Days and e-/s; NaN where not available.
    cadences : int
        How many cadences a point is the mean of.
    """

    row: int
    col: int
    snr: float
    time: np.ndarray
    flux: np.ndarray
    cadences: int


def pixel_curves(tpf: xr.Dataset, window: Window, found: Diagnosis, n: int = 4) -> list[PixelCurve]:
    """The light curves of the `n` pixels with the highest S/N in the event, strongest first.

    Parameters
    ----------
    tpf : Dataset
    window : (t0, t1)
    found : Diagnosis
        Of that window; without a difference image there is no curve.
    """
    if found.difference is None:
        return []
    strength = np.abs(np.nan_to_num(found.difference.snr))
    best = np.argsort(strength, axis=None)[::-1][:n]
    cadences = _around(tpf["time"].values, window)
    if not cadences.size:
        return []
    first_row, first_col = corner(tpf)
    merged = -(-cadences.size // _POINTS)
    rows, cols = np.unravel_index(best, strength.shape)
    block = tpf["flux"].variable[cadences[0] : cadences[-1] + 1]
    block = np.asarray(block.values)[cadences - cadences[0]]
    time = _means(tpf["time"].values[cadences], merged)
    return [
        PixelCurve(
            row=int(first_row + row),
            col=int(first_col + col),
            snr=float(found.difference.snr[row, col]),
            time=time,
            flux=_means(block[:, row, col].astype(np.float64), merged),
            cadences=merged,
        )
        for row, col in zip(rows, cols, strict=True)
        if strength[row, col] > 0
    ]


def _around(time: np.ndarray, window: Window) -> np.ndarray:
    """The cadences in a window and on both sides of it, in order of the file."""
    t0, t1 = window
    inside = np.flatnonzero((time >= t0) & (time <= t1))
    if not inside.size:
        return inside
    beside = max(int(_BESIDE * inside.size), _FEWEST)
    near = np.arange(max(inside[0] - beside, 0), min(inside[-1] + beside + 1, time.size))
    return near[np.isfinite(time[near])]


def _means(values: np.ndarray, n: int) -> np.ndarray:
    """Means of so many values in turn, NaN where there is none that is finite."""
    padded = np.concatenate([values, np.full(-values.size % n, np.nan)]).reshape(-1, n)
    finite = np.isfinite(padded)
    total, count = np.where(finite, padded, 0).sum(axis=1), finite.sum(axis=1)
    return np.divide(total, count, out=np.full(len(padded), np.nan), where=count > 0)
