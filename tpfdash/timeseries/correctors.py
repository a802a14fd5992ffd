"""lightkurve's correctors as functions from a light curve to a light curve, where it is installed.

Our own is `tpfdash.timeseries.pointing`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.io.objects import to_lightkurve
from tpfdash.timeseries.series import kept_cadences, with_flux

__all__ = ["LIGHTKURVE_CORRECTORS", "lightkurve_corrector"]

#: Name -> lightkurve's class, and what it takes.
LIGHTKURVE_CORRECTORS = {"SFF": "SFFCorrector", "PLD": "PLDCorrector", "CBV": "CBVCorrector"}


def lightkurve_corrector(
    name: str, *, tpf: Any = None, **arguments: Any
) -> Callable[[xr.Dataset], xr.Dataset]:
    """One of lightkurve's correctors, as a function of our light curves.

    Parameters
    ----------
    name : {"SFF", "PLD", "CBV"}
        Self-flat-fielding, pixel-level decorrelation, co-trending basis vectors. "CBV" fetches the
        vectors from the archive.
    tpf : lightkurve TargetPixelFile
        For "PLD", which looks at the pixels. It should hold all the cadences of the light curve,
        `lightkurve.read(path, quality_bitmask="none")`.
    **arguments
        For lightkurve's `correct`: `windows`, `bins`, `timescale`; `pca_components` ...

    Returns
    -------
    callable
        Takes a Dataset that `aperture_photometry` gave and gives one with as many cadences, whose
        flux is NaN at those that the corrector leaves out; `flux_raw` and attrs["corrections"] are
        as `tpfdash.corrected` gives them. Only cadences are given to lightkurve that have a flux, a
        time and centroids, and that the mission's default quality mask keeps. It raises a TPFError
        where lightkurve cannot correct the light curve. It can be the `transform` of an Inspector.

    Raises
    ------
    TPFError
        On another name, where lightkurve is not installed, and where "PLD" is given no `tpf`.
    """
    if name not in LIGHTKURVE_CORRECTORS:
        known = ", ".join(map(repr, LIGHTKURVE_CORRECTORS))
        raise TPFError(f"{name!r} is no corrector of lightkurve's: it should be one of {known}.")
    lightkurve = _lightkurve()
    if name == "PLD" and tpf is None:
        raise TPFError("PLD looks at the pixels: tpf should be a lightkurve TargetPixelFile.")

    def correct(lightcurve: xr.Dataset) -> xr.Dataset:
        return _corrected(lightkurve, name, tpf, arguments, lightcurve)

    correct.__name__ = f"lightkurve_{name}"
    return correct


def _lightkurve() -> ModuleType:
    try:
        import lightkurve.correctors
    except ImportError as error:
        raise TPFError(
            "lightkurve is not installed: its correctors come with `pip install lightkurve` or "
            '`pip install "tpfdash[lightkurve]"`.'
        ) from error
    return lightkurve


def _corrected(
    lightkurve: ModuleType, name: str, tpf: Any, arguments: dict, lightcurve: xr.Dataset
) -> xr.Dataset:
    time = lightcurve["time"].values
    flux = lightcurve["flux"].values.astype(np.float64)
    given = kept_cadences(lightcurve) & np.isfinite(flux) & np.isfinite(time)
    for centroid in ("centroid_row", "centroid_col"):
        if centroid in lightcurve:
            given &= np.isfinite(lightcurve[centroid].values)
    given = np.flatnonzero(given)
    curve = to_lightkurve(lightcurve.isel(time=given))
    corrector = getattr(lightkurve.correctors, LIGHTKURVE_CORRECTORS[name])
    level = float(np.median(flux[given])) if given.size else np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if name == "PLD":
                same = np.isin(tpf.cadenceno, lightcurve["cadenceno"].values[given])
                made = corrector(tpf[same], aperture_mask=lightcurve.attrs["aperture"])
            else:
                made = corrector(curve)
            found = made.correct(**arguments)
            values = np.asarray(found.flux.value, dtype=np.float64)
        except Exception as error:  # whatever lightkurve has to say
            raise TPFError(
                f"lightkurve's {LIGHTKURVE_CORRECTORS[name]} could not correct this light curve "
                f"({type(error).__name__}: {error})."
            ) from error
    # SFF gives a relative flux.
    relative = str(found.flux.unit) == ""
    out = np.full(flux.size, np.nan)
    at = given[np.searchsorted(time[given], np.asarray(found.time.value))]
    out[at] = values * level if relative else values
    words = "".join(f", {key}={value!r}" for key, value in arguments.items())
    return with_flux(
        lightcurve, out, np.ones(flux.size), f"lightkurve {lightkurve.__version__} {name}{words}"
    )
