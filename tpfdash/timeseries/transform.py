"""A function of the user's, applied to a light curve on its way to the screen and into files.

How a function that knows lightkurve's objects becomes one that knows ours is told by
`tpfdash.app.interact`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from tpfdash.errors import TPFError

__all__ = ["function_name", "transformed"]


def transformed(
    lightcurve: xr.Dataset, good: np.ndarray, transform: Callable[[xr.Dataset], xr.Dataset]
) -> xr.Dataset:
    """The light curve with `transform` applied to those of its cadences that are kept.

    Parameters
    ----------
    lightcurve : Dataset
        As `aperture_photometry` gives it.
    good : bool array (time,)
        The cadences that the quality choice keeps; those without a time are left out too.
    transform : callable
        Takes a Dataset of this kind and gives one with as many cadences, whose `flux` and
        `flux_err` are NaN at cadences that it drops; or raises a TPFError.

    Returns
    -------
    Dataset
        Every cadence of `lightcurve`, NaN in flux and flux_err at those left out and dropped.
        `attrs["transform"]` is the function's name. Where it raised a TPFError the flux is NaN
        throughout and `attrs["trouble"]` has its words: a click should not fail for it. Without
        any finite flux there is nothing to transform, and the function is not called.
    """
    kept = np.flatnonzero(good & np.isfinite(lightcurve["time"].values))
    attrs = {"transform": function_name(transform)}
    changed = before = lightcurve.isel(time=kept)
    if np.isfinite(before["flux"].values).any():
        try:
            changed = transform(before)
        except TPFError as error:
            changed = before.assign(flux=before["flux"] * np.nan)
            attrs["trouble"] = str(error)
    out = lightcurve.assign_attrs(attrs)
    for name in ("flux", "flux_err"):
        values = np.full(lightcurve.sizes["time"], np.nan)
        values[kept] = changed[name].values
        values.flags.writeable = False
        out[name] = ("time", values, dict(changed[name].attrs))
    return out


def function_name(function: Callable) -> str:
    """What a function is called, or the class of a callable that has no name."""
    return getattr(function, "__name__", type(function).__name__)
