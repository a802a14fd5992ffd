"""How the stars ride over the detector while it is observed: POS_CORR.

Where they would stand by the file's WCS alone is `tpfdash.stamp.sky`.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

__all__ = ["motion", "motion_at", "usual_motion"]

#: A pointing further off than this, in pixels, is no pointing: Kepler's files have -687.
_FURTHEST = 5.0
#: So many cadences are enough to know what is usual.
_SAMPLE = 1000


def motion(tpf: xr.Dataset, cadences: np.ndarray | slice = np.s_[:]) -> np.ndarray:
    """How far from its place by the WCS a star stands at each cadence, by POS_CORR.

    Files whose stars were fitted cadence by cadence show that POS_CORR is to be added as it is,
    its mean over the observation included.

    Parameters
    ----------
    cadences : array of int, or slice
        Default: all.

    Returns
    -------
    float64 array (cadence, 2)
        (row, col) in pixels, which is POS_CORR2 and POS_CORR1; NaN where either is missing or no
        pointing (beyond 5 pixels), and throughout where the file has none.
    """
    if not {"pos_corr1", "pos_corr2"} <= set(tpf.variables):
        return np.full((np.arange(tpf.sizes["time"])[cadences].size, 2), np.nan)
    pair = [tpf.variables[name][cadences].values for name in ("pos_corr2", "pos_corr1")]
    made = np.stack(pair, axis=-1).astype(np.float64)
    made[~(np.abs(made) <= _FURTHEST).all(axis=-1)] = np.nan
    return made


def usual_motion(tpf: xr.Dataset) -> tuple[float, float]:
    """The median of `motion` over up to 1000 unflagged cadences, (row, col) in pixels.

    (0, 0) where the file has none.
    """
    cadences = np.flatnonzero(tpf["quality"].values == 0)
    if not cadences.size:
        cadences = np.arange(tpf.sizes["time"])
    made = motion(tpf, cadences[:: max(1, cadences.size // _SAMPLE)])
    made = made[np.isfinite(made).all(axis=1)]
    row, col = np.median(made, axis=0).tolist() if len(made) else (0.0, 0.0)
    return row, col


def motion_at(tpf: xr.Dataset, cadence: int) -> tuple[float, float]:
    """How far a star stands from its place by the WCS at one cadence, (row, col) in pixels.

    Where the file does not say it for this cadence, what is usual.
    """
    row, col = motion(tpf, np.array([cadence]))[0].tolist()
    return (row, col) if np.isfinite(row) else usual_motion(tpf)
