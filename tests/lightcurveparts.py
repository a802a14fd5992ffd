"""Light curves for the tests of what is done to them."""

import numpy as np
import xarray as xr


def lightcurve(flux, time=None, **variables):
    """A light curve of the user's own: `flux` over `time`, and what else is given."""
    flux = np.asarray(flux, dtype=float)
    time = 100 + 0.02 * np.arange(flux.size) if time is None else np.asarray(time, dtype=float)
    made = xr.Dataset(
        {name: ("time", np.asarray(values)) for name, values in variables.items()}
        | {"flux": ("time", flux, {"units": "electron / s"})}
    )
    return made.assign_coords(xr.Coordinates({"time": ("time", time)}, indexes={}))


def noisy(n=1000, seed=1, sigma=1.0, level=1000.0, step=0.02, **variables):
    """A constant star's light curve with white noise and its errors."""
    flux = level + np.random.default_rng(seed).normal(0, sigma, n)
    time = 100 + step * np.arange(n)
    return lightcurve(flux, time, flux_err=np.full(n, sigma), **variables)
