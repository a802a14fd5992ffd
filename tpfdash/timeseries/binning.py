"""A light curve in bins of time."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tpfdash.timeseries.series import BREAK_GAP, pieces, positive, usable

__all__ = ["bin_lightcurve"]

#: Variables whose mean means something, where the light curve has them.
_AVERAGED = ("flux_raw", "trend", "centroid_row", "centroid_col", "pos_corr1", "pos_corr2")
#: Cadences that a bin's own scatter can be told from.
_FEWEST = 3


def bin_lightcurve(
    lightcurve: xr.Dataset,
    width: float,
    *,
    good: ArrayLike | None = None,
    break_gap: float = BREAK_GAP,
) -> xr.Dataset:
    """Averages of a light curve over bins of time, none of which reaches over a gap.

    Parameters
    ----------
    lightcurve : Dataset
        With `flux` over `time`.
    width : float
        Days. The first bin begins with the first cadence, and anew after each gap.
    good : array_like of bool (time,), optional
        The cadences that are averaged, of those with a time and a flux. Default: those that the
        mission's default quality mask keeps.
    break_gap : float
        Days without a cadence that are a gap.

    Returns
    -------
    Dataset over `time`, one value a bin that holds a cadence, in order of time:

    time : float64
        Mean of the cadences' times, days.
    flux : float64
        Mean.
    flux_err : float64
        Of that mean: the cadences' errors added in quadrature, over their number; NaN where one of
        them is not known. Where the light curve knows no errors, the scatter in the bin, over the
        square root of their number; NaN in bins of less than 3.
    cadences : int64
        How many cadences the bin holds.
    flux_raw, trend, centroid_row, centroid_col, pos_corr1, pos_corr2 : float64
        Means, of those that the light curve has; NaN where one is not known.

    The attrs are those of `lightcurve`, and `corrections` says what was done.

    Raises
    ------
    TPFError
        On what is no light curve, no width above 0 or no array of cadences.
    """
    width = positive(width, "width")
    break_gap = positive(break_gap, "break_gap")
    order = usable(lightcurve, None if good is None else np.asarray(good))
    times = lightcurve["time"].values[order]
    begins = _begins(times, width, break_gap)
    count = np.diff(begins, append=times.size)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, begins) / count

    flux = lightcurve["flux"].values[order].astype(np.float64)
    binned = mean(flux)
    made = {"flux": binned, "flux_err": np.full(count.size, np.nan), "cadences": count}
    known = "flux_err" in lightcurve and np.isfinite(lightcurve["flux_err"].values[order]).any()
    if known:
        errors = lightcurve["flux_err"].values[order].astype(np.float64)
        made["flux_err"] = np.sqrt(np.add.reduceat(errors**2, begins)) / count
    else:
        enough = count >= _FEWEST
        squares = np.add.reduceat((flux - np.repeat(binned, count)) ** 2, begins)[enough]
        made["flux_err"][enough] = np.sqrt(squares / (count[enough] - 1) / count[enough])
    for name in _AVERAGED:
        if name in lightcurve.variables:
            made[name] = mean(lightcurve[name].values[order].astype(np.float64))
    done = f"binned: means over {width:g} d, errors {'added up' if known else 'by the scatter'}"
    out = xr.Dataset(
        {name: ("time", values) for name, values in made.items()},
        attrs=lightcurve.attrs | {"corrections": (*lightcurve.attrs.get("corrections", ()), done)},
    )
    for name in made:
        like = "flux" if name == "flux_err" and name not in lightcurve else name
        if like in lightcurve:
            out[name].attrs.update(lightcurve[like].attrs)
    # About the first of them: days since 2000 have no digits to spare.
    time = times[0] + mean(times - times[0])
    return out.assign_coords(
        xr.Coordinates({"time": xr.Variable("time", time, lightcurve["time"].attrs)}, indexes={})
    )


def _begins(times: np.ndarray, width: float, break_gap: float) -> np.ndarray:
    """The first of ascending times in each bin: int array."""
    made = []
    for piece in pieces(times, break_gap):
        # A cadence on the edge of two bins is in the later one, whatever its last digit.
        number = np.floor((times[piece] - times[piece.start]) / width + 1e-9)
        made.append(piece.start + np.flatnonzero(np.diff(number, prepend=-1.0)))
    return np.concatenate(made)
