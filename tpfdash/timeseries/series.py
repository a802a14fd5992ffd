"""What every correction asks of a light curve: its cadences in order of time, and its pieces.

A light curve here is a Dataset with `flux` over `time`, as `aperture_photometry` gives it; one of
the user's own with nothing else in it will do.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.missions import get_mission

__all__ = [
    "BREAK_GAP",
    "as_cadences",
    "check_lightcurve",
    "in_order",
    "kept_cadences",
    "pieces",
    "positive",
    "usable",
    "with_flux",
]

#: Days without a cadence that part a light curve in two: longer than what quality flags leave out,
#: shorter than the downlinks of Kepler and TESS.
BREAK_GAP = 0.5


def check_lightcurve(lightcurve: Any) -> None:
    """Nothing, if this is a light curve; a TPFError if it is none."""
    if not isinstance(lightcurve, xr.Dataset):
        raise TPFError(
            f"a {type(lightcurve).__name__} is no light curve: it should be a Dataset with `flux` "
            "over `time`, as aperture_photometry gives it."
        )
    for name in ("time", "flux"):
        if name not in lightcurve.variables or lightcurve[name].dims != ("time",):
            raise TPFError(
                f"the light curve has no `{name}` over `time`: it should be a Dataset as "
                "aperture_photometry gives it."
            )
        if lightcurve[name].dtype.kind not in "fiu":
            raise TPFError(
                f"`{name}` of the light curve has {lightcurve[name].dtype} values: it should have "
                "numbers, times in days."
            )


def kept_cadences(lightcurve: xr.Dataset) -> np.ndarray:
    """bool (time,): those that the default quality mask of their mission keeps.

    All, where the light curve has no `quality` or names no mission. One that `stitch` made names
    the mission of each segment.
    """
    quality = lightcurve.variables.get("quality")
    kept = np.ones(lightcurve.sizes["time"], dtype=bool)
    if quality is None:
        return kept
    attrs = lightcurve.attrs
    if "segment" not in lightcurve.variables or "segments" not in attrs:
        own = [(attrs.get("mission"), np.s_[:])]
    else:
        segment = lightcurve["segment"].values
        own = [(each.get("mission"), segment == n) for n, each in enumerate(attrs["segments"])]
    for mission, which in own:
        if mission is not None:
            bits = get_mission(mission).bitmask("default")
            kept[which] = (quality.values[which] & bits) == 0
    return kept


def as_cadences(value: Any, n: int, name: str) -> np.ndarray:
    """A bool array (time,) as it is, or a TPFError that says what is wrong with it."""
    array = np.asarray(value)
    if array.dtype != bool or array.shape != (n,):
        raise TPFError(
            f"{name} is an array of {array.dtype} and shape {array.shape}: it should be one of "
            f"bool and shape ({n},), a value for each cadence."
        )
    return array


def positive(value: Any, name: str, unit: str = "days") -> float:
    """A finite number above 0 as a float, or a TPFError."""
    try:
        number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else 0.0
    except OverflowError:
        number = math.inf
    if not 0 < number < math.inf:
        raise TPFError(f"{name} is {value!r}: it should be a number of {unit} above 0.")
    return number


def in_order(lightcurve: xr.Dataset, good: np.ndarray | None = None) -> np.ndarray:
    """The cadences that are kept and have a time and a flux, in order of time: int array.

    Parameters
    ----------
    lightcurve : Dataset
    good : bool array (time,), optional
        Default: `kept_cadences`.

    Raises
    ------
    TPFError
        On what is no light curve or no such array.
    """
    check_lightcurve(lightcurve)
    if good is None:
        good = kept_cadences(lightcurve)
    good = as_cadences(good, lightcurve.sizes["time"], "good")
    time = lightcurve["time"].values
    there = np.flatnonzero(good & np.isfinite(time) & np.isfinite(lightcurve["flux"].values))
    return there[np.argsort(time[there], kind="stable")]


def usable(lightcurve: xr.Dataset, good: np.ndarray | None = None) -> np.ndarray:
    """The same as `in_order`, and a TPFError where no cadence is left."""
    there = in_order(lightcurve, good)
    if not there.size:
        raise TPFError(
            "the light curve has no cadence with a time and a flux among those that are kept: "
            "there is nothing to correct."
        )
    return there


def pieces(times: np.ndarray, break_gap: float = BREAK_GAP) -> list[slice]:
    """Stretches of ascending times without a gap of `break_gap` days or more.

    Nor is a gap shorter than three steps from one cadence to the next, as in binned light curves.
    """
    steps = np.diff(times)
    usual = float(np.median(steps)) if steps.size else 0.0
    ends = (np.flatnonzero(steps >= max(break_gap, 3 * usual)) + 1).tolist()
    return [slice(a, b) for a, b in zip([0, *ends], [*ends, times.size], strict=True)]


def with_flux(
    lightcurve: xr.Dataset, flux: np.ndarray, factor: np.ndarray, done: str
) -> xr.Dataset:
    """A light curve with a corrected flux beside the raw one, and what was done in its attrs.

    Parameters
    ----------
    lightcurve : Dataset
    flux : float64 array (time,)
    factor : float64 array (time,)
        By which `flux_err` is multiplied.
    done : str
        A line that says what was done.

    Returns
    -------
    Dataset
        `flux_raw` is the flux before the first correction; `attrs["corrections"]` a tuple of
        lines, in the order in which they were applied.
    """
    made = lightcurve.copy()
    if "flux_raw" not in made:
        made["flux_raw"] = lightcurve["flux"].variable
    made["flux"] = "time", flux, dict(lightcurve["flux"].attrs)
    if "flux_err" in made:
        errors = np.where(np.isfinite(flux), lightcurve["flux_err"].values * factor, np.nan)
        made["flux_err"] = "time", errors, dict(lightcurve["flux_err"].attrs)
    return made.assign_attrs(corrections=(*lightcurve.attrs.get("corrections", ()), done))
