"""Where in a window that was drawn too wide its event is: a short box on the light curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from tpfdash.diagnosis.windows import Window, cadence_length, usable_cadences
from tpfdash.stamp.blocks import pixel_series, zero_frames

__all__ = ["narrowed"]

#: An event is worth going for from this S/N on the light curve on.
_SIGMA = 8.0
#: And up to this share of its window; a window is drawn no closer than that by hand.
_SHARE = 0.6
#: What the rest of the window may do on the whole, in its own sigma and by the event's height.
_REST_SIGMA, _REST_SHARE = 4.0, 0.2
#: An event's edges beyond its box, by the length of that.
_EDGE = 0.25
#: Cadences that a window needs to have a part.
_FEWEST = 4
#: Boxes are tried in lengths that grow by so much.
_STEP = 1.2
#: Cadences beside the window from which the level is taken, at least and at most.
_BESIDE = 30, 3000


def narrowed(tpf: xr.Dataset, windows: Sequence[Window], mask: np.ndarray) -> list[Window] | None:
    """The parts of windows in which the aperture's light changes, where they hold much more.

    A box is fitted to the light curve within each window, less the straight line through what is
    beside the box. It is taken where it stands out by 8 sigma, fills three fifths of the window or
    less, and nothing like it happens in the rest of it.

    Parameters
    ----------
    tpf : Dataset
    windows : sequence of (t0, t1), ascending
    mask : bool array (row, col)

    Returns
    -------
    list of (t0, t1), as many, those that hold no such part as they were; None where none does.
    """
    if not mask.any():
        return None
    time = tpf["time"].values
    order = usable_cadences(time, ~zero_frames(tpf))
    made = [_part(tpf, order, time[order], window, mask) or window for window in windows]
    return None if made == list(windows) else made


def _part(
    tpf: xr.Dataset, order: np.ndarray, times: np.ndarray, window: Window, mask: np.ndarray
) -> Window | None:
    begin, end = _inside(times, window)
    beside = int(np.clip(end - begin, *_BESIDE))
    near = slice(max(begin - beside, 0), end + beside)
    series = pixel_series(tpf, "flux", order[near])[mask]
    known = np.isfinite(series).any(axis=0)
    times, series = times[near][known], series[:, known]
    series = series[np.isfinite(series).all(axis=1)]  # a pixel that comes and goes makes steps
    begin, end = _inside(times, window)
    if end - begin < _FEWEST or not len(series):
        return None
    flux = series.sum(axis=0, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # of damaged files
        box = _best_box(flux, slice(begin, end)) if np.isfinite(flux @ flux) else None
    if box is None:
        return None
    half = cadence_length(times) / 2
    return float(times[box.start] - half), float(times[box.stop - 1] + half)


def _inside(times: np.ndarray, window: Window) -> tuple[int, int]:
    """The first of ascending times in a window, and the one after the last."""
    t0, t1 = window
    return int(np.searchsorted(times, t0, "left")), int(np.searchsorted(times, t1, "right"))


def _best_box(flux: np.ndarray, own: slice) -> slice | None:
    """The box within `own` that is an event there and leaves nothing in the rest of it."""
    inside = np.zeros(flux.size, dtype=bool)
    inside[own] = True
    kept = np.ones(flux.size, dtype=bool)
    box = None
    for _ in range(2):  # at first the line is bent by the event
        change = flux - _line(flux, kept)
        noise = _noise(change[kept])
        box = _strongest(change[own], noise)
        box = slice(box.start + own.start, box.stop + own.start)
        kept = np.ones(flux.size, dtype=bool)
        kept[box] = False
        if np.count_nonzero(kept) < 2:  # nothing to hold it against: the light of all is the same
            return None
    assert box is not None
    n, length = own.stop - own.start, box.stop - box.start
    error = max(noise / np.sqrt(length), _red_noise(change[kept], length))
    height = abs(change[box].mean())
    if height < _SIGMA * error or length > _SHARE * n:
        return None
    pad = max(1, round(_EDGE * length))
    rest = inside.copy()
    rest[max(box.start - pad, 0) : box.stop + pad] = False
    if not rest.any():
        return None
    left = abs(change[rest].mean())
    if left > _REST_SIGMA * noise / np.sqrt(rest.sum()) and left > _REST_SHARE * height:
        return None
    again = np.where(rest, change, 0.0)[own]
    at = _strongest(again, noise)
    return box if abs(again[at].sum()) < _SIGMA * noise * np.sqrt(at.stop - at.start) else None


def _line(flux: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """A straight line, by the cadences' numbers, through those kept that are no outliers of it."""
    at = np.linspace(-1.0, 1.0, flux.size)
    line: np.ndarray = np.zeros(flux.size)
    for _ in range(3):
        line = np.polyval(np.polyfit(at[kept], flux[kept], 1), at)
        away = np.abs(flux - line)
        kept = kept & (away <= 3 * 1.4826 * np.median(away[kept]) + 1e-12)
    return line


def _noise(values: np.ndarray) -> float:
    """Scatter of single values about their neighbours, whatever outliers are among them."""
    return max(1.4826 * float(np.median(np.abs(np.diff(values)))) / np.sqrt(2), 1e-12)


def _red_noise(values: np.ndarray, length: int) -> float:
    """Scatter of means over so many values in a row; 0 where there are too few to tell."""
    means = np.convolve(values, np.full(length, 1 / length), "valid")[:: max(length // 2, 1)]
    if means.size < 8:
        return 0.0
    return 1.4826 * float(np.median(np.abs(means - np.median(means))))


def _strongest(change: np.ndarray, noise: float) -> slice:
    """The box that stands out most of white noise about 0."""
    total = np.concatenate([[0.0], np.cumsum(change)])
    best, found, length = -1.0, slice(0, 1), 1
    while length <= change.size:
        sums = np.abs(total[length:] - total[:-length]) / (noise * np.sqrt(length))
        at = int(sums.argmax())
        if sums[at] > best:
            best, found = float(sums[at]), slice(at, at + length)
        length = max(length + 1, round(length * _STEP))
    return found
