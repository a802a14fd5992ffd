"""Sine and cosine of one frequency in each pixel, and the same at frequencies beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.interpolate import BSpline

from tpfdash.diagnosis.windows import cadence_length, usable_cadences
from tpfdash.errors import TPFError
from tpfdash.missions import get_mission
from tpfdash.stamp.blocks import all_zero, pixel_rows, pixel_series
from tpfdash.stamp.pointing import motion

__all__ = ["Waves", "measure_waves"]

#: Bins in a period: a wave keeps 99.4 % of its amplitude in the mean over a bin.
_BINS = 16
#: Fewer cadences than this are no time series.
_FEWEST = 30
#: The trend is this many times slower than the wave, and has so many pieces at most.
_SLOWER, _PIECES = 2.5, 24
#: Days without a cadence from which on there is another level.
_GAP = 0.5
#: Frequencies beside, on each side, and how far the nearest is, in 1/span.
_BESIDE, _NEAREST = 30, 2.5
#: A cadence whose pixels leave the median of their bin, or their neighbours, by so many scatters.
_ODD = 6.0
#: Share of its bins that a pixel needs.
_THERE = 0.7
#: A wave that keeps less than this share of its square beside trend and pointing is one with them.
_LOST = 1e-3
#: Pixel values read at a time.
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Waves:
    """Waves of one frequency: in pixel p, cos[p] * cos(w (t - middle)) + sin[p] * sin(...).

    Parameters
    ----------
    cos, sin : float64 arrays (pixel,)
        e-/s.
    covariance : float64 array (pixel, pixel)
        Of either.
    quiet : float64 array (sample, pixel)
        What either is at frequencies beside.
    mean, mean_err : float64 arrays (pixel,)
        e-/s.
    pixels : int array (pixel, 2)
        (row, col) from the stamp's first pixel of those that have data.
    middle : float
        Days.
    n_cadences, binned : int
    """

    cos: np.ndarray
    sin: np.ndarray
    covariance: np.ndarray
    quiet: np.ndarray
    mean: np.ndarray
    mean_err: np.ndarray
    pixels: np.ndarray
    middle: float
    n_cadences: int
    binned: int

    def common_phase(self) -> float:
        """The angle in which the pixels vary most, radians, -pi to pi.

        Of two opposite ones that at which most of what varies is brightest.
        """
        weight = 1 / self.covariance.diagonal()
        twice = np.arctan2(2 * weight @ (self.cos * self.sin), weight @ (self.cos**2 - self.sin**2))
        angle = float(twice / 2)
        image, _ = self.turned(angle)
        if float((weight * image**2) @ np.sign(image)) < 0:
            angle += np.pi
        return float(np.angle(np.exp(1j * angle)))

    def turned(self, angle: float) -> tuple[np.ndarray, np.ndarray]:
        """The images in phase with an angle, and a quarter of a period later."""
        cos, sin = np.cos(angle), np.sin(angle)
        return self.cos * cos + self.sin * sin, self.sin * cos - self.cos * sin


def measure_waves(
    tpf: xr.Dataset, frequency: float, pixels: np.ndarray, good: np.ndarray | None
) -> Waves:
    """Fit each pixel by a wave, a slow trend and the pointing.

    Parameters
    ----------
    tpf : Dataset
    frequency : float
        1/d.
    pixels : int array (pixel, 2)
    good : bool array (time,) or None

    Raises
    ------
    TPFError
        As `tpfdash.sine_image`.
    """
    time = tpf["time"].values.astype(np.float64)
    order = usable_cadences(time, _good(tpf, good))
    if order.size < _FEWEST:
        raise TPFError(
            f"{order.size} cadences of the file are used: it should be {_FEWEST} or more."
        )
    span, step = float(time[order[-1]] - time[order[0]]), cadence_length(time[order])
    if not 1 / span <= frequency <= 1 / (2 * step):
        raise TPFError(
            f"frequency is {frequency:.6g} / d: it should be between one cycle in the observation "
            f"and in two cadences, {1 / span:.4g} to {1 / (2 * step):.4g} / d."
        )
    per_bin = max(1, int(1 / frequency / _BINS / step))
    times, series, ride = _binned(tpf, order, pixels, per_bin, step)
    times, series, ride, known = _whole(times, series, ride)
    middle = float(time[order[0]] + time[order[-1]]) / 2
    nuisance = _nuisance(times, ride, frequency)
    beside = _beside(frequency, span, 1 / (2 * step * per_bin))
    mean = series.mean(axis=1)
    values = series - mean[:, None]
    values -= (values @ nuisance) @ nuisance.T
    own = _fit(values, times - middle, frequency, nuisance)
    rest = values - own[0] @ own[1].T
    quiet = np.concatenate([_fit(rest, times - middle, each, nuisance)[0].T for each in beside])
    return Waves(
        own[0][:, 0],
        own[0][:, 1],
        _covariance(quiet),
        quiet,
        mean,
        rest.std(axis=1) / np.sqrt(times.size),
        pixels[known],
        middle,
        int(order.size),
        per_bin,
    )


def _good(tpf: xr.Dataset, good: np.ndarray | None) -> np.ndarray:
    if good is None:
        bits = get_mission(tpf.attrs["mission"]).bitmask("default")
        return (tpf["quality"].values.astype(np.int64) & bits) == 0
    good = np.asarray(good)
    if good.dtype != bool or good.shape != (tpf.sizes["time"],):
        raise TPFError(
            f"good has the shape {good.shape} and the type {good.dtype}: it should be an array of "
            f"bool of shape ({tpf.sizes['time']},)."
        )
    return good


def _binned(
    tpf: xr.Dataset, order: np.ndarray, pixels: np.ndarray, per_bin: int, step: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times (bin,), means of pixels (pixel, bin), POS_CORR (bin, 2), without odd cadences.

    NaN where there is none.
    """
    time = tpf["time"].values.astype(np.float64)[order]
    number = np.floor((time - time[0]) / (per_bin * step) + 0.5 / per_bin).astype(np.int64)
    firsts = np.flatnonzero(np.diff(number, prepend=-1))
    ends = np.append(firsts[1:], order.size)
    ride = motion(tpf, order)
    index = pixels[:, 0] * tpf["aperture"].shape[1] + pixels[:, 1]
    cube = pixel_rows(tpf, "flux")
    at_a_time = max(1, _BLOCK // len(pixels) // per_bin)
    parts, times, rides = [], [], []
    for begin in range(0, firsts.size, at_a_time):
        bins = slice(begin, min(begin + at_a_time, firsts.size))
        part = slice(firsts[bins][0], ends[bins][-1])
        if cube is None:
            block = pixel_series(tpf, "flux", order[part])
        else:
            block = cube[:, order[part]].reshape(*tpf["aperture"].shape, -1)
        block = np.where(all_zero(block), np.nan, block).reshape(-1, block.shape[-1])[index]
        at = firsts[bins] - part.start
        parts.append(_means(block.astype(np.float64), at))
        times.append(_means(time[None, part], at)[0])
        rides.append(_means(ride[part].T, at).T)
    return np.concatenate(times), np.concatenate(parts, axis=1), np.concatenate(rides)


def _means(values: np.ndarray, firsts: np.ndarray) -> np.ndarray:
    """Means (n, bin) of the finite values of stretches that begin at `firsts`."""
    finite = np.isfinite(values)
    count = np.add.reduceat(finite, firsts, axis=1, dtype=np.int64)
    total = np.add.reduceat(np.where(finite, values, 0.0), firsts, axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _whole(
    times: np.ndarray, series: np.ndarray, ride: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Bins and pixels that have data, without odd bins; and which pixels these are.

    The few values that are missing are those of neighbours, in a straight line.
    """
    there = np.isfinite(series).mean(axis=1) > _THERE
    if there.sum() < 2:
        raise TPFError(
            f"{there.sum()} pixels of the file have data in most cadences: it should be 2 or more."
        )
    series = series[there]
    kept = np.isfinite(series).mean(axis=0) > _THERE
    total = np.nansum(series, axis=0)
    jump = np.abs(total[1:-1] - (total[:-2] + total[2:]) / 2)
    scatter = 1.4826 * float(np.median(jump[np.isfinite(jump)])) if jump.size else 0.0
    kept[1:-1] &= ~(jump > _ODD * max(scatter, 1e-30))
    if kept.sum() < _FEWEST:
        raise TPFError(
            f"{kept.sum()} bins of cadences have data in most pixels: it should be {_FEWEST} or "
            "more."
        )
    times, series, ride = times[kept], series[:, kept], ride[kept]
    for values in (*series, *ride.T):
        gone = ~np.isfinite(values)
        if gone.all():
            values[:] = 0.0
        elif gone.any():
            values[gone] = np.interp(times[gone], times[~gone], values[~gone])
    return times, series, ride, there


def _nuisance(times: np.ndarray, ride: np.ndarray, frequency: float) -> np.ndarray:
    """Orthonormal columns (bin, k): level and trend, steps at gaps, the pointing."""
    span = float(times[-1] - times[0])
    scale = max(_SLOWER / frequency, span / _PIECES)
    pieces = max(1, int(span / scale))
    edges = np.linspace(times[0], times[-1], pieces + 1)
    # A wave of few cycles is not to be taken for a trend.
    degree = 3 if span * frequency > 4 else 1
    knots = np.concatenate([[edges[0]] * degree, edges, [edges[-1]] * degree])
    columns = [BSpline.design_matrix(times, knots, degree).toarray()]
    begins = np.flatnonzero(np.diff(times) > _GAP) + 1
    if 0 < begins.size <= _PIECES and span * frequency > 4:
        columns.append((np.arange(times.size)[:, None] >= begins).astype(float))
    ride = ride - np.median(ride, axis=0)
    x, y = (ride / np.maximum(ride.std(axis=0), 1e-12)).T
    pointing = np.stack([x, y, x * x, x * y, y * y], axis=1)
    columns.append(pointing[:, pointing.std(axis=0) > 0])
    made = np.concatenate(columns, axis=1)
    made /= np.maximum(np.sqrt((made**2).sum(axis=0)), 1e-300)
    u, s, _ = np.linalg.svd(made, full_matrices=False)
    return u[:, s > 1e-8 * s[0]]


def _beside(frequency: float, span: float, highest: float) -> np.ndarray:
    """Frequencies on both sides, one cycle over the observation apart, and none of a trend."""
    away = (_NEAREST + np.arange(_BESIDE)) / span
    each = np.concatenate([frequency - away, frequency + away])
    each = each[(each > max(0.5 * frequency, 1 / span)) & (each < highest)]
    if each.size < 4:  # a wave of few cycles: the next ones above it
        each = frequency + away[: 2 * _BESIDE]
    return each


def _fit(
    values: np.ndarray, times: np.ndarray, frequency: float, nuisance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sine in pixels (pixel, 2) free of nuisance, and their columns (bin, 2) so too."""
    angle = 2 * np.pi * frequency * times
    wave = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    wave -= nuisance @ (nuisance.T @ wave)
    gram = wave.T @ wave
    gram[np.diag_indices(2)] += _LOST * times.size / 2
    return np.linalg.solve(gram, (values @ wave).T).T, wave


def _covariance(quiet: np.ndarray) -> np.ndarray:
    """Second moments of samples (sample, pixel), with the part that they cannot tell taken away.

    Values far off are brought in; correlations count less the fewer samples a pixel there are.
    """
    width = np.maximum(np.quantile(np.abs(quiet), 0.6827, axis=0), 1e-12)
    clipped = np.clip(quiet, -5 * width, 5 * width)
    moments = clipped.T @ clipped / len(clipped)
    share = len(moments) / (len(moments) + len(quiet))
    return (1 - share) * moments + share * np.diag(moments.diagonal())
