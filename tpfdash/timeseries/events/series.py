"""The cadences that are searched, in order of time on an even grid, with their weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from tpfdash.timeseries.series import check_lightcurve, in_order

__all__ = ["Series", "as_series"]

#: All gaps together have no more slots than this for each cadence: two clocks in one light curve
#: would make a grid of nothing but gaps.
_SLOTS = 50


@dataclass(frozen=True, eq=False)
class Series:
    """Cadences in order of time, each on a slot of an even grid.

    Parameters
    ----------
    index : int array (n,)
        Where in the file each is.
    time, flux : float64 arrays (n,)
        Ascending days, each once; finite.
    slot : int array (n,)
        Ascending places on the grid, from 0. A gap has the slots of the cadences that it lacks, but
        for long ones, which are cut to `longest_gap`.
    cadence : float
        Days from slot to slot; NaN where there is but one cadence.
    """

    index: np.ndarray
    time: np.ndarray
    flux: np.ndarray
    slot: np.ndarray
    cadence: float

    @property
    def size(self) -> int:
        """How many slots there are."""
        return int(self.slot[-1]) + 1 if self.slot.size else 0

    def on_grid(self, values: np.ndarray) -> np.ndarray:
        """Values of the cadences (n,) on the slots (size,), 0 where there is none."""
        made = np.zeros(self.size)
        made[self.slot] = values
        return made

    def cadences(self, start: int, stop: int) -> slice:
        """Those cadences, by their number here, that lie on slots from `start` to before `stop`."""
        first, last = np.searchsorted(self.slot, [start, stop])
        return slice(int(first), int(last))


def as_series(lightcurve: xr.Dataset, good: np.ndarray | None, longest_gap: float) -> Series:
    """The cadences of a light curve that can be searched.

    Those of `good` with a finite time and flux; of several at one time, the first.

    Parameters
    ----------
    lightcurve : Dataset
        `flux` over `time`, in days.
    good : bool array (time,), optional
    longest_gap : float
        Days; longer gaps count as this.

    Raises
    ------
    TPFError
        Where it is no light curve, or `good` is not one boolean a cadence.
    """
    check_lightcurve(lightcurve)
    every = np.ones(lightcurve.sizes["time"], dtype=bool)
    index = in_order(lightcurve, every if good is None else good)
    time, flux = (lightcurve[name].values[index].astype(float) for name in ("time", "flux"))
    time, first = np.unique(time, return_index=True)
    index, flux = index[first], flux[first]
    steps = np.diff(time)
    cadence = float(np.median(steps)) if steps.size else np.nan
    slots = np.zeros(index.size, dtype=np.int64)
    if steps.size:
        gaps = max(int(np.count_nonzero(steps > 1.5 * cadence)), 1)
        most = max(min(round(longest_gap / cadence), _SLOTS * index.size // gaps), 1)
        slots[1:] = np.cumsum(np.clip(np.rint(steps / cadence), 1, most))
    return Series(index, time, flux, slots, cadence)
