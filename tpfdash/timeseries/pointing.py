"""A light curve less what goes with the pointing: regression on it, or K2's roll by arclength.

The columns of the regression are `tpfdash.timeseries.design`, the way of the roll is
`tpfdash.timeseries.roll`.
"""

from __future__ import annotations

from numbers import Integral

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy import sparse

from tpfdash.errors import TPFError
from tpfdash.missions import get_mission
from tpfdash.stamp.pointing import motion
from tpfdash.stamp.threads import one_thread
from tpfdash.timeseries.design import (
    Hats,
    polynomial,
    robust_fit,
    slow_columns,
    spline,
    varying,
)
from tpfdash.timeseries.roll import along_path, on_path
from tpfdash.timeseries.series import (
    BREAK_GAP,
    as_cadences,
    check_lightcurve,
    positive,
    usable,
    with_flux,
)

__all__ = ["METHODS", "POSITIONS", "check_choices", "without_pointing"]

#: How the flux follows the pointing.
METHODS = ("roll", "regression")
#: What says how the pointing was.
POSITIONS = ("pos_corr", "centroid")
_WORDS = {"pos_corr": "POS_CORR", "centroid": "centroids"}
#: A light curve's POS_CORR are used where so many of its cadences have them.
_MOST = 0.8
_MOST_BINS, _MOST_ORDERS = 50, 2
#: Of which the best is taken: stars that fall between pixels need many.
_BINS = (5, 10, 20)
#: Columns of a second-order polynomial in (length, beside) that have to do with `beside`.
_WITH_BESIDE = [1, 3, 4]
#: Cadences that a correction can be learned from.
_FEWEST = 30
#: And so many numbers are fitted at most.
_MOST_FITTED = 20_000
#: The pointing's factor is not divided by below this.
_LOWEST = 0.1


def without_pointing(
    lightcurve: xr.Dataset,
    *,
    method: str | None = None,
    position: str | None = None,
    window: float = 4.0,
    timescale: float = 1.5,
    bins: int | None = None,
    order: int = 2,
    good: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    break_gap: float = BREAK_GAP,
) -> xr.Dataset:
    """Take off what goes with the pointing: the pixels do not hold all of a star, nor alike.

    The flux is fitted by a slow curve in time, times 1 and a function of the pointing that changes
    slowly too; only that function is taken off. Outliers do not count in the fit, nor do thruster
    firings where `quality` marks them.

    Parameters
    ----------
    lightcurve : Dataset
        With `flux` over `time`, and `pos_corr1` and `pos_corr2`, or `centroid_row` and
        `centroid_col`, in pixels.
    method : {"roll", "regression"}, optional
        "roll": cubic splines in the arclength along which the stars go to and fro, the
        self-flat-fielding of Vanderburg & Johnson (2014, PASP 126, 948), with the slow curve
        fitted at once. "regression": a polynomial in row and column. Default: "roll" in a mission
        that rolls (K2).
    position : {"pos_corr", "centroid"}, optional
        Default: POS_CORR where four in five cadences have it, or else the aperture's centroids,
        whose noise is that of the flux.
    window : float
        Days within which the function of the pointing stays about the same: it changes along
        straight lines between nodes so far apart.
    timescale : float
        Days between the knots of the slow curve: what the star does more slowly is not touched.
    bins : int, optional
        Of arclength, between knots, each with as many cadences ("roll"). Default: 5, 10 or 20, as
        the cadences need.
    order : int
        Of the polynomial, 1 or 2 ("regression").
    good : array_like of bool (time,), optional
        The cadences that are fitted. Default: those that the mission's default quality mask keeps.
    mask : array_like of bool (time,), optional
        Cadences that are not fitted besides: transits, say. They are corrected like the others.
    break_gap : float
        Days without a cadence over which the slow curve may jump.

    Returns
    -------
    Dataset
        As it came, every cadence kept, and

        - `flux` over the pointing's factor; NaN where the pointing is not known and where the
          factor is below 0.1, which attrs["corrections"] counts. Where the light curve's level is
          not above 0 the pointing's share is taken off.
        - `pointing`: float64 (time,), the factor, about 1, or the share in the unit of the flux;
          beyond the pointings that were fitted it is that of their ends;
        - `flux_raw` and attrs["corrections"] as `flatten` gives them.

    Raises
    ------
    TPFError
        On arguments that are none of these; where the light curve has no pointing, or fewer than 30
        cadences to learn from.
    """
    check_choices(method, position, bins, order)
    method, position, places = _chosen(lightcurve, method, position)
    window, timescale = positive(window, "window"), positive(timescale, "timescale")
    break_gap = positive(break_gap, "break_gap")
    n = lightcurve.sizes["time"]
    kept = usable(lightcurve, None if good is None else np.asarray(good))
    fitted = kept if mask is None else kept[~as_cadences(mask, n, "mask")[kept]]
    fitted = fitted[~_firing(lightcurve)[fitted]]
    fitted = fitted[on_path(places[fitted])]
    if fitted.size < _FEWEST:
        raise TPFError(
            f"only {fitted.size} cadences have a flux and a pointing to learn from: it should be "
            f"at least {_FEWEST}."
        )
    time = lightcurve["time"].values
    flux = lightcurve["flux"].values.astype(np.float64)
    there = np.flatnonzero(np.isfinite(time) & np.isfinite(places).all(axis=1))
    at = np.searchsorted(there, fitted)
    fit = _Fit(time[there], flux[there], at, window, timescale, break_gap)
    pointing = np.full(n, np.nan)
    with one_thread():
        if method == "roll":
            chosen, pointing[there] = _by_roll(fit, places[there], at, bins)
        else:
            chosen = f"a polynomial of order {order}"
            _, pointing[there] = fit(polynomial(places[there], places[fitted], order))
    if fit.divided:
        pointing += 1
        with np.errstate(invalid="ignore", divide="ignore"):
            factor = np.where(pointing > _LOWEST, 1 / pointing, np.nan)
        made = flux * factor
    else:
        pointing *= fit.scale
        factor, made = np.ones(n), flux - pointing
    done = (
        f"pointing {'divided by' if fit.divided else 'taken off'}: {chosen} of {_WORDS[position]}, "
        f"within windows of {window:g} d, beside a curve with knots {timescale:g} d apart"
    )
    if lost := int(np.isnan(made[kept]).sum()):
        done += f"; cadences without a known pointing, which are NaN: {lost}"
    out = with_flux(lightcurve, made, factor, done)
    out["pointing"] = "time", pointing, {} if fit.divided else dict(lightcurve["flux"].attrs)
    return out


class _Fit:
    """Fits of one light curve by functions of its pointing.

    Parameters
    ----------
    times, flux : float64 arrays (n,)
        Of the cadences with a pointing, in any order.
    at : int array
        Those that are fitted, in order of time, by their numbers.
    """

    def __init__(
        self,
        times: np.ndarray,
        flux: np.ndarray,
        at: np.ndarray,
        window: float,
        timescale: float,
        break_gap: float,
    ) -> None:
        self._times, self._at = times, at
        level = float(np.median(flux[at]))
        #: Whether the pointing makes a factor, and what its share is to be multiplied by if not.
        self.divided = level > 0
        self.scale = level if self.divided else max(float(np.abs(flux[at]).max()), 1e-300)
        self._hats = Hats(times[at], window, break_gap)
        # Neighbours of many cadences are fitted by their means.
        together = -(-at.size // _MOST_FITTED)
        groups = np.arange(at.size) // together
        self._means = sparse.csr_array(
            (1 / np.bincount(groups)[groups], (groups, np.arange(at.size)))
        )
        self._slow = self._means @ slow_columns(times[at], timescale, break_gap)
        self._values = self._means @ (flux[at] / self.scale)

    def __call__(self, columns: np.ndarray) -> tuple[float, np.ndarray]:
        """How well columns (n, column) fit, the less the better, and the pointing's share (n,)."""
        fast = varying(columns, self._times, self._hats)
        numbers, criterion = robust_fit(
            self._slow,
            self._means @ fast[self._at],
            self._hats.changes(columns.shape[1]),
            self._values,
            multiplied=self.divided,
        )
        return criterion, fast @ numbers


def _by_roll(
    fit: _Fit,
    places: np.ndarray,
    known: np.ndarray,
    bins: int | None,
) -> tuple[str, np.ndarray]:
    """The pointing's share by arclength, with as many bins as the cadences need, and words for it.

    How far the star is beside its usual way counts where that makes the fit better.
    """
    length, beside = along_path(places, known)
    made = []
    for number in _BINS if bins is None else (bins,):
        columns = spline(length, length[known], number)
        made.append((*fit(columns), f"{number} bins of arclength", columns))
    criterion, share, words, columns = min(made, key=lambda each: each[0])
    both = polynomial(
        np.stack([length, beside], axis=1), np.stack([length, beside], axis=1)[known], 2
    )
    aside = both[:, _WITH_BESIDE]
    other, wider = fit(np.concatenate([columns, aside], axis=1))
    if other < criterion:
        return f"{words} and the way beside it", wider
    return words, share


def check_choices(method: str | None, position: str | None, bins: int | None, order: int) -> None:
    """Nothing, if these are choices that `without_pointing` knows; a TPFError if one is not."""
    for value, name, known in ((method, "method", METHODS), (position, "position", POSITIONS)):
        if value is not None and value not in known:
            words = ", ".join(map(repr, known))
            raise TPFError(f"{name} is {value!r}: it should be one of {words}, or None.")
    numbers = [(order, "order", _MOST_ORDERS)]
    if bins is not None:
        numbers.append((bins, "bins", _MOST_BINS))
    for number, name, most in numbers:
        whole = isinstance(number, Integral) and not isinstance(number, bool)
        if not whole or not 1 <= number <= most:
            raise TPFError(f"{name} is {number!r}: it should be a whole number of 1 to {most}.")


def _chosen(
    lightcurve: xr.Dataset, method: str | None, position: str | None
) -> tuple[str, str, np.ndarray]:
    """The method, what says the pointing, and the pointing: float64 (time, 2), (row, col)."""
    check_lightcurve(lightcurve)
    mission = lightcurve.attrs.get("mission")
    if method is None:
        method = "roll" if mission is not None and get_mission(mission).rolls else "regression"
    here = usable(lightcurve)
    still = None
    for name in POSITIONS if position is None else (position,):
        places = motion(lightcurve) if name == "pos_corr" else _centroids(lightcurve)
        own = places[here][np.isfinite(places[here]).all(axis=1)]
        if len(own) and len(own) >= (_MOST if position is None else 0) * here.size:
            if np.ptp(own, axis=0).any():
                return method, name, places
            still = still or (method, name, places)  # as POS_CORR is 0 throughout in TESSCut
    if still is not None:
        return still
    wanted = "neither POS_CORR nor centroids" if position is None else f"no {_WORDS[position]}"
    raise TPFError(
        f"the light curve has {wanted}, and nothing else says how it was pointed: it should have "
        "pos_corr1 and pos_corr2, or centroid_row and centroid_col."
    )


def _centroids(lightcurve: xr.Dataset) -> np.ndarray:
    names = "centroid_row", "centroid_col"
    if not set(names) <= set(lightcurve.variables):
        return np.full((lightcurve.sizes["time"], 2), np.nan)
    return np.stack([lightcurve[name].values.astype(np.float64) for name in names], axis=1)


def _firing(lightcurve: xr.Dataset) -> np.ndarray:
    """Cadences in which thrusters fired, or may have, by `quality`: bool (time,)."""
    fired = np.zeros(lightcurve.sizes["time"], dtype=bool)
    if "quality" in lightcurve.variables and "mission" in lightcurve.attrs:
        flags = get_mission(lightcurve.attrs["mission"]).quality_flags
        bits = sum(bit for bit, name in flags.items() if "thruster firing" in name)
        fired = (lightcurve["quality"].values & bits) != 0
    return fired
