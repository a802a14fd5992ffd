"""What is searched of a light curve: its flux on the grid, the weights, and where the star is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.timeseries.events.filters import Filter, Sums
from tpfdash.timeseries.events.noise import flag_factors, white_noise
from tpfdash.timeseries.events.series import Series

__all__ = ["Weighed", "position_of", "quality_of", "weighed"]

#: A position further off than this, in pixels, is none: Kepler's files have -687.
_FURTHEST = 5.0


@dataclass(frozen=True, eq=False)
class Weighed:
    """A flux on the slots of a grid, with weights.

    Parameters
    ----------
    flux, weight : float64 arrays (slot,)
        The flux less its median, in `unit`; a weight of 0 where there is no cadence.
    unit : float
        The usual noise of a cadence, in the flux's own unit.
    """

    flux: np.ndarray
    weight: np.ndarray
    unit: float


def weighed(series: Series, flux: np.ndarray, quality: np.ndarray | None) -> Weighed:
    """A flux of the cadences, (n,), by its noise, and by how loud their flags are."""
    noise = white_noise(flux)
    unit = float(np.median(noise))
    grid = series.on_grid((flux - np.median(flux)) / unit)
    weight = (unit / noise) ** 2
    if quality is not None:
        weight /= _loudness(series, grid, weight, quality) ** 2
    return Weighed(grid, series.on_grid(weight), unit)


def quality_of(lightcurve: xr.Dataset, series: Series) -> np.ndarray | None:
    """QUALITY of the cadences searched; None where there is none."""
    if "quality" not in lightcurve.variables:
        return None
    variable = lightcurve.variables["quality"]
    if variable.dims != ("time",) or variable.dtype.kind not in "iu":
        return None
    return np.asarray(variable.values)[series.index].astype(np.int64)


def position_of(
    lightcurve: xr.Dataset, motion: str | np.ndarray | None, series: Series
) -> tuple[np.ndarray | None, str | None]:
    """Where the star is at the cadences searched, (n, 2), and what says so."""
    if motion is None:
        return None, None
    if isinstance(motion, str):
        if motion != "auto":
            raise TPFError(
                f'the motion is {motion!r}: it should be "auto", None or positions (time, 2).'
            )
        for name, pair in (
            ("pos_corr", ("pos_corr1", "pos_corr2")),
            ("centroid", ("centroid_col", "centroid_row")),
        ):
            if not set(pair) <= set(lightcurve.variables):
                continue
            values = [np.asarray(lightcurve.variables[one].values) for one in pair]
            if all(value.shape == lightcurve.variables["time"].shape for value in values):
                made = _near(np.stack(values, axis=1)[series.index])
                if 2 * np.count_nonzero(np.isfinite(made).all(axis=1)) > len(made):
                    return made, name
        return None, None
    given = np.asarray(motion)
    shape = (lightcurve.sizes["time"], 2)
    if given.shape != shape or given.dtype.kind not in "fiu":
        raise TPFError(
            f"the motion has {given.dtype} values of shape {given.shape}: it should be numbers of "
            f"shape {shape}, pixels."
        )
    return _near(given[series.index]), "given"


def _loudness(
    series: Series, grid: np.ndarray, weight: np.ndarray, quality: np.ndarray
) -> np.ndarray:
    """By how much more the cadences scatter than the noise, by their flags: float64 (n,)."""
    sums = Sums(grid, series.on_grid(weight), 32)
    strength = Filter("box", 1, 6.0).respond(sums, range(sums.size)).strength
    return flag_factors(strength[series.slot], quality)


def _near(position: np.ndarray) -> np.ndarray:
    """Positions as float64, NaN where they are too far from what is usual to be any."""
    made = position.astype(np.float64)
    known = np.isfinite(made).all(axis=1)
    if known.any():
        away = np.abs(made - np.median(made[known], axis=0))
        known &= (np.nan_to_num(away, nan=np.inf) <= _FURTHEST).all(axis=1)
    made[~known] = np.nan
    return made
