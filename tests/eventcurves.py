"""What the tests of events share: light curves of noise with something put into them."""

import numpy as np
import xarray as xr

#: Days from one cadence to the next, and the level and noise of the flux.
CADENCE, LEVEL, NOISE = 0.02, 1000.0, 1.0


def lightcurve(flux, time=None, **variables):
    """A light curve of the user's own: no more than `time`, `flux` and what is given."""
    flux = np.asarray(flux, dtype=np.float64)
    time = 100 + CADENCE * np.arange(flux.size) if time is None else time
    return xr.Dataset(
        {"flux": ("time", flux)} | {name: ("time", values) for name, values in variables.items()},
        coords=xr.Coordinates({"time": ("time", time)}, indexes={}),
    )


def noise(n=2000, seed=1):
    """White noise about the level."""
    return LEVEL + np.random.default_rng(seed).normal(0, NOISE, n)
