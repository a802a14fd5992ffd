"""Quiet places of a file: where nothing happens, what is measured there is noise.

The filter is that of `tpfdash.diagnosis.windows`: the mean of two flanks less the mean in the
window between them. At quiet places it tells what chance and the instrument do on the time scale
of an event, on the aperture's light curve and in each pixel. What that says of an event is
`tpfdash.diagnosis.event`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import xarray as xr

from tpfdash.diagnosis.windows import Place, Shape, cadence_length
from tpfdash.stamp.blocks import all_zero, pixel_series

__all__ = [
    "ONE_SIGMA",
    "QuietPlaces",
    "filter_response",
    "quiet_differences",
    "quiet_places",
    "robust_covariance",
    "robust_scatter",
]

#: Places looked at in the pixels, at most, and pixel values that they may have in all.
_PLACES, _VALUES = 200, 1 << 20
#: Pixel values read at a time.
_BLOCK = 1 << 19
#: Responses further from the median than this many times their scatter are no quiet places'.
_OUTLIER = 5.0
#: The share of a Gaussian within one standard deviation.
ONE_SIGMA = 0.682689492137086


@dataclass(frozen=True)
class QuietPlaces:
    """Where a filter of one shape sees nothing.

    Parameters
    ----------
    shape : (int, int, int)
        Cadences of the flank before, of the window and of the flank after.
    starts : int array
        Places to look at in the pixels, spread over the file: positions of their first cadence
        among the usable cadences.
    scatter : float
        Of the filter's response at all quiet places, robust; NaN where there are none.
    independent : float
        How many measurements these places are worth, since those that overlap are no two.
    """

    shape: Shape
    starts: np.ndarray
    scatter: float
    independent: float


def filter_response(flux: np.ndarray, shape: Shape) -> np.ndarray:
    """Mean of the flanks less the mean of the window, wherever the filter fits.

    Parameters
    ----------
    flux : float array (cadence,)
        Of the usable cadences, in order of time; what is not finite does not count.
    shape : (int, int, int)
        Cadences of the flank before, of the window and of the flank after; a flank may have none.

    Returns
    -------
    float64 array (cadence - sum(shape) + 1,), by the filter's first cadence; NaN where one of its
    parts has no finite value.
    """
    finite = np.isfinite(flux)
    middle = np.median(flux[finite]) if finite.any() else 0.0  # keeps the digits of the sums
    totals = np.concatenate([[0.0], np.cumsum(np.where(finite, flux - middle, 0.0))])
    counts = np.concatenate([[0.0], np.cumsum(finite)])
    starts = np.arange(max(flux.size - sum(shape) + 1, 0))
    return _response(totals, counts, [starts + end for end in _ends(shape)])


def _ends(shape: Shape) -> np.ndarray:
    """Where the parts of a filter begin and end: int (4,), counted from its first cadence."""
    return np.cumsum([0, *shape])


def _response(totals: np.ndarray, counts: np.ndarray, ends: Sequence[np.ndarray]) -> np.ndarray:
    """The filter, of sums and numbers of all that goes before a cadence: arrays (..., cadence).

    `ends` are four int arrays: where in those the parts of the filter begin and end.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        means = [
            (totals[..., end] - totals[..., begin]) / (counts[..., end] - counts[..., begin])
            for begin, end in pairwise(ends)
        ]
    flanks = [
        means[part] for part in (0, 2) if ends[part].size and (ends[part + 1] > ends[part]).all()
    ]
    if not flanks:
        return np.zeros_like(means[1])
    return sum(flanks[1:], flanks[0]) / len(flanks) - means[1]


def robust_scatter(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Which values are no outliers (bool array), and the scatter of those; NaN of none.

    The scatter is the width about the median that 68.27 % of them lie within, a Gaussian's
    standard deviation. What a third of the places or more do is no outlier.
    """
    kept = np.isfinite(values)
    scatter = np.nan
    while kept.any():
        apart = np.abs(values - np.median(values[kept]))
        scatter = float(np.quantile(apart[kept], ONE_SIGMA))
        inner = kept & (apart <= _OUTLIER * scatter)
        if inner.sum() == kept.sum():
            break
        kept = inner
    return kept, scatter


def robust_covariance(moved: np.ndarray) -> np.ndarray:
    """Second moments about (0, 0) of pairs of numbers that are no outliers.

    What an outlier is says a first estimate, by the widths that 68.27 % of the values lie within:
    of both numbers, and of their sum and their difference once these are on one scale (the
    orthogonalised estimate of Gnanadesikan and Kettenring for two numbers).

    Parameters
    ----------
    moved : float array (n, 2)
        Pairs with a NaN do not count.

    Returns
    -------
    float64 array (2, 2); positive semidefinite, 0 where there is no pair.
    """
    moved = moved[np.isfinite(moved).all(axis=1)]
    width = _width(moved) if moved.size else np.zeros(2)
    if not width.all():
        return np.diag(width**2)
    scaled = moved / width
    both = scaled @ np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    inner = ((both / _width(both)) ** 2).sum(axis=1) <= _OUTLIER**2
    return moved[inner].T @ moved[inner] / np.count_nonzero(inner)


def _width(values: np.ndarray) -> np.ndarray:
    return np.quantile(np.abs(values), ONE_SIGMA, axis=0)


def quiet_places(
    times: np.ndarray, flux: np.ndarray, shape: Shape, events: Sequence[Place], pixels: int
) -> QuietPlaces:
    """Where a filter of one shape sees nothing happen.

    It touches no window there, spans no gap of half its length, and its response on the
    aperture's light curve is no outlier. Where there is no light curve, that is not asked.

    Parameters
    ----------
    times, flux : float arrays (cadence,)
        Of the usable cadences, in order of time.
    events : sequence of Place
        The windows to keep clear of.
    pixels : int
        How many pixels the stamp has: a very large one is looked at in fewer places.
    """
    length = sum(shape)
    response = filter_response(flux, shape)
    free = np.ones(response.size, dtype=bool)
    if not free.size:
        return QuietPlaces(shape, np.arange(0), np.nan, 0.0)
    spans = times[length - 1 :] - times[: times.size - length + 1]
    free &= spans <= (1.5 * length - 1) * cadence_length(times)
    for event in events:
        free[max(event.begin - length + 1, 0) : event.end] = False
    scatter = np.nan
    if np.isfinite(flux).any():
        free, scatter = robust_scatter(np.where(free, response, np.nan))
    starts = np.flatnonzero(free)
    at_most = max(min(_PLACES, _VALUES // pixels), 1)
    picked = np.linspace(0, starts.size - 1, min(starts.size, at_most)).round().astype(int)
    independent = min(picked.size, starts.size / shape[1])
    return QuietPlaces(shape, starts[picked], scatter, independent)


def quiet_differences(
    tpf: xr.Dataset, order: np.ndarray, quiet: Sequence[QuietPlaces]
) -> list[np.ndarray]:
    """The difference images at quiet places, the cube being gone through once and by blocks.

    Parameters
    ----------
    tpf : Dataset
    order : int array
        The usable cadences, in order of time.
    quiet : sequence of QuietPlaces

    Returns
    -------
    list of float64 arrays (place, row, col)
        One array for each of `quiet`, in e-/s; 0 in pixels without a value there.
    """
    bounds = [each.starts[:, None] + _ends(each.shape) for each in quiet]
    edges = np.unique(np.concatenate([np.ravel(each) for each in bounds]))
    if not edges.size:
        return [np.zeros((0, *tpf["aperture"].shape)) for _ in quiet]
    inside = np.zeros(order.size + 1, dtype=np.intp)
    for each in bounds:
        np.add.at(inside, each[:, 0], 1)
        np.add.at(inside, each[:, -1], -1)
    wanted = np.flatnonzero(np.cumsum(inside) > 0)
    totals, counts = _sums_up_to(tpf, order[wanted], np.searchsorted(wanted, edges))
    return [
        np.nan_to_num(_response(totals, counts, list(np.searchsorted(edges, its).T))).T.reshape(
            -1, *tpf["aperture"].shape
        )
        for its in bounds
    ]


def _sums_up_to(
    tpf: xr.Dataset, cadences: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sum and number of each pixel's finite values before each edge, of some cadences.

    Parameters
    ----------
    cadences : int array
    edges : int array, ascending, the first one 0
        Positions in `cadences`.

    Returns
    -------
    totals, counts : float64 arrays (pixel, edge)
    """
    pixels = tpf["aperture"].size
    totals, counts = np.zeros((2, pixels, edges.size))
    length = max(1, _BLOCK // pixels)
    for start in range(0, cadences.size, length):
        block = pixel_series(tpf, "flux", cadences[start : start + length])
        empty = all_zero(block)
        series = block.reshape(pixels, -1)
        finite = np.isfinite(series) & ~empty
        if not finite.all():
            series = np.where(finite, series, 0)
        cuts = edges[(edges > start) & (edges < start + series.shape[1])] - start
        cuts = np.unique(np.concatenate([[0], cuts]))
        into = np.searchsorted(edges, start + cuts, "right") - 1
        totals[:, into] += np.add.reduceat(series, cuts, axis=1, dtype=np.float64)
        counts[:, into] += np.add.reduceat(finite, cuts, axis=1, dtype=np.float64)
    for sums in (totals, counts):
        sums[:, 1:] = np.cumsum(sums[:, :-1], axis=1)
        sums[:, 0] = 0
    return totals, counts
