"""`interact`, the one-call form, and the keywords of lightkurve's as params of the Inspector.

All that is wrong with one is said at the call, naming it and its values. lightkurve itself is
needed only where a function of the user's wants one of its light curves.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from tpfdash.app.dashboard import TPFDashboard
from tpfdash.app.notebook import open_tab
from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.inspector import Inspector
from tpfdash.io import open_tpf, to_lightkurve
from tpfdash.missions import APERTURE_OPTIMAL
from tpfdash.stamp.masks import default_mask, pipeline_mask
from tpfdash.timeseries.transform import function_name

__all__ = ["KEYWORDS", "check_functions", "inspector_params", "interact"]

_APERTURES = ("default", "pipeline", "threshold", "all", "empty")

#: Names of Bokeh and matplotlib -> ours. "Greys" begins with white, "Greys256" with black.
_CMAPS = {
    **{f"{name.capitalize()}256": name for name in ("viridis", "magma", "inferno", "cividis")},
    "Greys256": "gray",
    "grey": "gray",
    "Greys": "gray_r",
    "Greys_r": "gray",
    "gist_gray": "gray",
    "gist_gray_r": "gray_r",
    "binary": "gray_r",
    "binary_r": "gray",
}

#: Days within which a cadence of a transformed light curve is one of the file's: 0.1 s.
_SAME_TIME = 1e-6


def interact(source, **keywords) -> TPFDashboard:
    """The dashboard over `source`, to be displayed at the end of a notebook's cell.

    In a script or at a prompt, where nothing would display it, it opens a browser tab.

    Parameters
    ----------
    source
        Anything that `open_tpf` takes.
    **keywords
        Params of the `Inspector`, and those of lightkurve's `interact()`: aperture_mask,
        transform_func, ylim_func, scale, cmap, vmin, vmax, exported_filename.

    Raises
    ------
    TPFError
        Where the source or a keyword is no good.
    """
    tpf = open_tpf(source)
    dashboard = TPFDashboard(tpf, **inspector_params(tpf, keywords))
    check_functions(dashboard.inspector)
    open_tab(dashboard)
    return dashboard


def inspector_params(tpf: xr.Dataset, keywords: dict) -> dict:
    """Params of an Inspector over `tpf`, from keywords of `interact()` and params alike.

    Parameters
    ----------
    tpf : Dataset
    keywords : dict
        `aperture_mask`, `transform_func`, `ylim_func`, `vmin`, `vmax`, `cmap`, `scale` and
        `exported_filename` as lightkurve takes them; anything else is left as it is.

    Raises
    ------
    TPFError
        Where a keyword cannot be understood, has no use any more, or contradicts a param.
    """
    params = {name: value for name, value in keywords.items() if name not in KEYWORDS}
    for name, value in keywords.items():
        if name in KEYWORDS:
            for param, meaning in KEYWORDS[name](tpf, value).items():
                if param in params and param != "limits":
                    raise TPFError(f"{name} and {param} mean the same: only one should be given.")
                params[param] = meaning
    if {"vmin", "vmax"} & keywords.keys():
        params["limits"] = _limits(keywords.get("vmin"), keywords.get("vmax"))
    return params


def check_functions(inspector: Inspector) -> None:
    """Let the functions of the user's fail now, and not at some click.

    Raises
    ------
    TPFError
        Where `transform` or `flux_range` makes nothing of the light curve as it is.
    """
    if inspector.transform is not None and "trouble" in inspector.lightcurve.attrs:
        raise TPFError(inspector.lightcurve.attrs["trouble"])
    if inspector.flux_range is not None and np.isfinite(inspector.flux).any():
        inspector.flux_range(inspector.lightcurve)


def _aperture(tpf, value) -> dict:
    if value is None:
        return {"aperture": "all"}
    if isinstance(value, str):
        if value not in _APERTURES:
            words = ", ".join(map(repr, _APERTURES))
            raise TPFError(
                f"aperture_mask is {value!r}: it should be one of {words}, None (all), or a "
                "boolean array (rows, columns)."
            )
        if value == "default" or value == "pipeline" and not pipeline_mask(tpf).any():
            return {"aperture": default_mask(tpf)}
        return {"aperture": value}
    array = np.asarray(value)
    if array.dtype.kind in "iu" and (array & APERTURE_OPTIMAL).any():  # the pipeline's own bits
        value = (array & APERTURE_OPTIMAL) != 0
    return {"aperture": value}


def _cmap(tpf, value) -> dict:
    return {"cmap": _CMAPS.get(value, value) if isinstance(value, str) else value}


def _limits(vmin, vmax) -> tuple | None:
    numbers = []
    for name, value in (("vmin", vmin), ("vmax", vmax)):
        try:
            numbers.append(None if value is None else float(value))
        except NO_NUMBER:
            numbers.append(np.nan)
        if value is not None and not np.isfinite(numbers[-1]):
            raise TPFError(f"{name} is {value!r}: it should be a number of e-/s, or None.")
    low, high = numbers
    if None not in numbers and low >= high:
        raise TPFError(f"vmin is {vmin!r} and vmax {vmax!r}: vmin should be the smaller one.")
    return low, high


def _filename(tpf, value) -> dict:
    if value is None:
        return {}
    name = value if isinstance(value, str) else ""
    if not name or set(name) & set("/\\\0"):
        raise TPFError(
            f"exported_filename is {value!r}: it should be the name of a file, without a folder: "
            "it is the browser that saves it."
        )
    return {"filename": name}


def _transform(tpf, function) -> dict:
    if function is None:
        return {}
    _check(function, "transform_func", "takes and gives a LightCurve of lightkurve")

    def transform(lightcurve: xr.Dataset) -> xr.Dataset:
        before = to_lightkurve(lightcurve)
        after = _call(function, "transform_func", before)
        try:
            where = _places(after.time, before.time)
            columns = {name: after[name] for name in ("flux", "flux_err")}
        except (AttributeError, KeyError, TypeError) as error:
            raise TPFError(
                f"transform_func gave {type(after).__name__}: it should give a LightCurve."
            ) from error
        changed = {}
        for name, column in columns.items():
            values = np.full(lightcurve.sizes["time"], np.nan)
            values[where] = np.ma.filled(np.ma.asarray(getattr(column, "value", column)), np.nan)
            unit = getattr(column, "unit", None)
            changed[name] = ("time", values, {"units": str(unit) if unit is not None else ""})
        return lightcurve.assign(changed)

    transform.__name__ = function_name(function)
    return {"transform": transform}


def _places(after, before) -> np.ndarray:
    """Which of the times `before` each of those `after` is."""
    before, after = before.jd, np.asarray(after.jd, dtype=float)
    order = np.argsort(before)
    at = np.searchsorted(before[order], after - _SAME_TIME).clip(max=before.size - 1)
    where = order[at]
    if (np.abs(before[where] - after) > _SAME_TIME).any() or np.unique(where).size < where.size:
        raise TPFError(
            "transform_func gave times that are none of the light curve's: it may change fluxes "
            "and drop cadences, but should neither bin nor fold."
        )
    return where


def _flux_range(tpf, function) -> dict:
    if function is None:
        return {}
    _check(function, "ylim_func", "takes a LightCurve of lightkurve and gives (low, high)")

    def flux_range(lightcurve: xr.Dataset) -> tuple[float, float]:
        good = (lightcurve["quality"].values & lightcurve.attrs.get("quality_bitmask", 0)) == 0
        ends = _call(function, "ylim_func", to_lightkurve(lightcurve.isel(time=good)))
        try:
            low, high = sorted(float(getattr(end, "value", end)) for end in ends)
        except NO_NUMBER:
            low = high = np.nan
        if not (np.isfinite([low, high]).all() and low < high):
            raise TPFError(f"ylim_func gave {ends!r}: it should give two numbers, (low, high).")
        return low, high

    flux_range.__name__ = function_name(function)
    return {"flux_range": flux_range}


def _check(function, name: str, right: str) -> None:
    if not callable(function):
        raise TPFError(f"{name} is {function!r}: it should be a function that {right}, or None.")


def _call(function: Callable, name: str, lightcurve):
    try:
        return function(lightcurve)
    except TPFError:
        raise
    except Exception as error:  # whatever a function of the user's may raise
        words = " ".join(str(error).split()) or type(error).__name__
        raise TPFError(f"{name} failed on this light curve ({words}).") from error


def _needless(name: str, why: str) -> Callable:
    def refuse(tpf, value):
        raise TPFError(f"{name} is not needed any more and should be left out: {why}.")

    return refuse


#: Keyword of `interact()` -> function of (tpf, value) that gives the Inspector's params.
KEYWORDS: dict[str, Callable[[xr.Dataset, object], dict]] = {
    "aperture_mask": _aperture,
    "transform_func": _transform,
    "ylim_func": _flux_range,
    "vmin": lambda tpf, value: {},  # both together, in `_limits`
    "vmax": lambda tpf, value: {},
    "cmap": _cmap,
    "exported_filename": _filename,
    "max_cadences": _needless("max_cadences", "light curves of any length are drawn"),
    "notebook_url": _needless("notebook_url", "the notebook is found without it"),
}
