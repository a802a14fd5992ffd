"""An event and its reference: the same stretch of cadences, around the event and at quiet places.

The window is cut into bins, which are single cadences where it is short. Around it come a guard,
because a window is a human's drag, and two flanks. The same pattern at some 240 quiet places of the
file tells what chance and the instrument do on that time scale. The pixels alone say which
cadences are quiet: no quality flag is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.windows import Window, cadence_length, usable_cadences
from tpfdash.stamp.blocks import all_zero, pixel_rows, pixel_series, zero_frames

__all__ = ["Nothing", "Stretches", "on_stamp", "pixels_near", "stretches"]

#: Pixel values read at a time.
_BLOCK = 1 << 21
#: What a star's image may be moved by, in pixels; POS_CORR beyond it is no pointing.
_FURTHEST = 5.0
#: Cadences in a bin from which a median tells the odd ones.
_ROBUST = 4
#: With more odd cadences than this share the file is like that.
_MOST_OUT = 0.25
#: Of a Gaussian's absolute values 30 per cent are below so many standard deviations.
_THIRTY_PER_CENT = 0.3853
#: Share of its bins that a pixel needs.
_THERE = 0.7


class Nothing(Exception):
    """There is nothing to measure, and the message says why, without a full stop."""


@dataclass(frozen=True)
class Stretches:
    """The pixels around an event and around nothing.

    Parameters
    ----------
    event : float64 array (bin, pixel)
        e-/s; the mean of several windows, aligned at their middles.
    quiet : float64 array (place, bin, pixel)
    event_pointing, quiet_pointing : float64 arrays (bin, 2), (place, bin, 2)
        POS_CORR1 and POS_CORR2, 0 where the file has none.
    region, window : slice
        Bins that may hold the event (the guard included), and those of the window itself.
    bin_cadences : int
        Cadences in a bin.
    bin_days : float
    pixels : int array (pixel, 2)
        (row, col) of each pixel counted from the stamp's first.
    cadences : int array
        The file's cadences in the windows.
    usable : int array
        All usable cadences, in order of time.
    n_windows : int
    quiet_cadences : int array (place,)
        The file's cadence at which the window would begin at each quiet place.
    independent : float
        How many measurements these places are worth.
    """

    event: np.ndarray
    quiet: np.ndarray
    event_pointing: np.ndarray
    quiet_pointing: np.ndarray
    region: slice
    window: slice
    bin_cadences: int
    bin_days: float
    pixels: np.ndarray
    cadences: np.ndarray
    usable: np.ndarray
    n_windows: int
    quiet_cadences: np.ndarray
    independent: float

    @property
    def length(self) -> int:
        """Bins of the whole stretch."""
        return self.event.shape[0]


def stretches(tpf: xr.Dataset, windows: Sequence[Window], centre: tuple[float, float]) -> Stretches:
    """The pixels around windows, and around quiet places.

    Parameters
    ----------
    tpf : Dataset
    windows : sequence of (t0, t1), ascending, none overlapping another
    centre : (row, col), counted from the stamp's first pixel
        A large stamp is cut around it.

    Raises
    ------
    Nothing
        Where no window holds a usable cadence, or the time beside it too few.
    """
    time = tpf["time"].values
    usable = order = usable_cadences(time, ~zero_frames(tpf))
    times = time[order]
    step = cadence_length(times)
    spans = [
        (int(np.searchsorted(times, t0, "left")), int(np.searchsorted(times, t1, "right")))
        for t0, t1 in windows
    ]
    held = [(begin, end) for begin, end in spans if end > begin]
    if not held:
        raise Nothing("the window holds no cadence with data")
    longest = int(np.median([end - begin for begin, end in held]))
    size = max(1, round(longest / settings.WINDOW_BINS))
    n = max(1, round(longest / size))
    guard = max(1, round(settings.GUARD * n))
    flank = max(n, settings.FLANK)
    grid = _Bins(times, size, held[0][0], step)
    starts = [grid.nearest((begin + end) / 2, n) for begin, end in held]
    before, after = grid.beside(starts[0], n, guard, flank)
    if before + after - 2 * guard < settings.FEWEST_BESIDE:
        raise Nothing("there are too few cadences with data beside the window to compare it with")
    length = before + n + after
    firsts = np.array([s - before for s in starts])
    whole = [f for f in firsts if f >= 0 and grid.unbroken(np.array([f]), length)[0]]
    firsts = np.array(whole or firsts[:1])
    busy = np.zeros(grid.count, dtype=bool)
    for first in starts:
        busy[max(first - guard, 0) : first + n + guard] = True
    rows, cols = tpf["aperture"].shape
    pixels = pixels_near((rows, cols), centre)
    order = _without_outliers(tpf, order, grid, pixels)
    if longest >= settings.SIBLING_CADENCES:
        busy |= _siblings(tpf, order, grid, starts, n, guard, pixels)
    places = grid.places(length, busy)
    free = grid.free / length
    event, quiet, known, intact = _read(tpf, order, grid, firsts, places, length, pixels)
    free, places = free * float(intact.mean() if intact.size else 0), places[intact]
    event_pos, quiet_pos = _pointing(tpf, order, grid, firsts, places, length)
    if len(firsts) > 1:
        quiet, quiet_pos = _together(quiet, len(firsts)), _together(quiet_pos, len(firsts))
    cadences = np.concatenate([usable[begin:end] for begin, end in held])
    region = slice(max(before - guard, 0), min(before + n + guard, length))
    return Stretches(
        event=event.mean(axis=0),
        quiet=quiet,
        event_pointing=event_pos.mean(axis=0),
        quiet_pointing=quiet_pos,
        region=region,
        window=slice(before, before + n),
        bin_cadences=size,
        bin_days=size * step,
        pixels=pixels[known],
        cadences=cadences,
        usable=usable,
        n_windows=len(firsts),
        quiet_cadences=usable[np.minimum(grid.first + (places + before) * size, usable.size - 1)],
        independent=min(len(places), free),
    )


def _together(quiet: np.ndarray, windows: int) -> np.ndarray:
    """Quiet places as the mean of several windows sees them: about their own mean, the root nearer.

    Means of as many places would be too few that differ, and their scatter too well known.
    """
    if not quiet.size:
        return quiet
    middle = quiet.mean(axis=(0, 1))
    return middle + (quiet - middle) / np.sqrt(windows)


class _Bins:
    """The usable cadences cut into bins of `size`, one of which begins at `anchor`."""

    def __init__(self, times: np.ndarray, size: int, anchor: int, step: float) -> None:
        self.size, self.first = size, anchor % size
        self.count = (times.size - self.first) // size
        edges = self.first + size * np.arange(self.count)
        self.begins = times[edges]
        self.ends = times[edges + size - 1]
        self.days = size * step
        self.free = 0.0

    def nearest(self, middle: float, n: int) -> int:
        """First of `n` bins about a place among the usable cadences."""
        first = round((middle - self.first) / self.size - n / 2)
        return int(np.clip(first, 0, max(self.count - n, 0)))

    def beside(self, start: int, n: int, guard: int, flank: int) -> tuple[int, int]:
        """How many bins before `start` and after `start + n` belong to the event's stretch.

        A flank ends where the data do, and at a gap as long as half the window and two bins.
        """
        widest = (max(n / 2, 1) + 2) * self.days
        gap = np.append(self.begins[1:] - self.ends[:-1], np.inf) > widest
        gap |= self.ends - self.begins > widest + self.days
        before = after = 0
        while before < guard + flank and start - before > 0 and not gap[start - before - 1]:
            before += 1
        while after < guard + flank and start + n + after < self.count:
            if gap[start + n + after - 1]:
                break
            after += 1
        return before, after

    def unbroken(self, firsts: np.ndarray, length: int) -> np.ndarray:
        """Which stretches are inside the file and span no long gap: bool array."""
        inside = (firsts >= 0) & (firsts + length <= self.count)
        at = np.where(inside, firsts, 0)
        last = np.minimum(at + length - 1, self.count - 1)
        spans = self.ends[last] - self.begins[at]
        return inside & (spans <= (1.25 * length + 3) * self.days)

    def places(self, length: int, busy: np.ndarray) -> np.ndarray:
        """First bins of quiet stretches, spread over the file."""
        firsts = np.arange(max(self.count - length + 1, 0))
        touched = np.concatenate([[0], np.cumsum(busy)])
        clear = touched[firsts + length] == touched[firsts]
        firsts = firsts[clear & self.unbroken(firsts, length)]
        self.free = float(firsts.size + length - 1) if firsts.size else 0.0
        picked = np.linspace(0, firsts.size - 1, min(firsts.size, settings.PLACES))
        return firsts[picked.round().astype(int)]


def pixels_near(shape: tuple[int, int], centre: tuple[float, float]) -> np.ndarray:
    """The pixels of a stamp that are looked at: (row, col) of each, int array (pixel, 2)."""
    rows, cols = (
        np.flatnonzero(np.abs(np.arange(size) - at) <= settings.REACH)
        for size, at in zip(shape, centre, strict=True)
    )
    return np.stack(np.meshgrid(rows, cols, indexing="ij"), axis=-1).reshape(-1, 2)


def on_stamp(values: np.ndarray, pixels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Values of some pixels as an image, NaN elsewhere, that cannot be changed."""
    made = np.full(shape, np.nan)
    made[pixels[:, 0], pixels[:, 1]] = values
    made.flags.writeable = False
    return made


def _without_outliers(
    tpf: xr.Dataset, order: np.ndarray, grid: _Bins, pixels: np.ndarray
) -> np.ndarray:
    """The usable cadences, -1 in place of those that single out of a long event.

    Momentum dumps, rays, flashes: what one cadence in ten or more of a window does is its own.
    """
    if grid.size == 1:
        return order
    find = _off_their_bins if grid.size >= _ROBUST else _off_their_neighbours
    out = find(tpf, order, grid, pixels)
    return order if out.mean() > _MOST_OUT else np.where(out, -1, order)


def _off_their_bins(
    tpf: xr.Dataset, order: np.ndarray, grid: _Bins, pixels: np.ndarray
) -> np.ndarray:
    """Cadences, bool, whose light or its first moments leave the median of their bin."""
    centred = pixels - pixels.mean(axis=0)
    weights = np.concatenate([np.ones((1, len(pixels))), centred.T]).astype(np.float32)
    sums = np.empty((3, order.size))
    for part in _parts(order.size, len(pixels)):
        block = _series(tpf, order[part], pixels)
        if not np.isfinite(block).all():
            block = np.nan_to_num(block)
        sums[:, part] = weights @ block
    out = np.zeros(order.size, dtype=bool)
    inside = slice(grid.first, grid.first + grid.count * grid.size)
    cut = sums[:, inside].reshape(3, grid.count, grid.size)
    away = np.abs(cut - np.median(cut, axis=2, keepdims=True)).reshape(3, -1)
    usual = np.quantile(away[:, :: max(1, away.shape[1] // 20_000)], 0.683, axis=1)
    out[inside] = (away > settings.OUTLIER * usual[:, None]).any(axis=0)
    return out


@np.errstate(over="ignore", invalid="ignore")  # what is beyond all numbers is not lonely
def _off_their_neighbours(
    tpf: xr.Dataset, order: np.ndarray, grid: _Bins, pixels: np.ndarray
) -> np.ndarray:
    """Cadences, bool, of which a pixel leaves both neighbours to the same side.

    By much more than these leave theirs: the middle of an eclipse does not. A bin of two or three
    has no median that one of them does not move.
    """
    out = np.zeros(order.size, dtype=bool)
    limit = None
    for part in _parts(order.size - 4, len(pixels)):
        steps = np.diff(_series(tpf, order[part.start : part.stop + 4], pixels), axis=1)
        before, after = steps[:, 1:-2], -steps[:, 2:-1]
        if limit is None:  # by its own scatter: a pixel that rolls along an edge has much
            jumps = np.where(np.isfinite(before + after), np.abs(before + after), 0)
            usual = np.maximum(np.quantile(jumps, 0.683, axis=1), 1e-12) / np.sqrt(6)
            limit = settings.LONELY * np.sqrt(2) * usual[:, None]
        around = settings.SPIKE * np.fmax(np.abs(steps[:, :-3]), np.abs(steps[:, 3:]))
        least = np.minimum(np.abs(before), np.abs(after))
        lonely = (least > limit) & (before * after > 0) & ~(around > least)
        out[part.start + 2 : part.stop + 2] = lonely.any(axis=0)
    return out


def _parts(count: int, pixels: int) -> Iterator[slice]:
    """So many cadences in turn, as many at a time as are to be read."""
    at_a_time = max(1, _BLOCK // pixels)
    for start in range(0, count, at_a_time):
        yield slice(start, min(start + at_a_time, count))


def _siblings(
    tpf: xr.Dataset,
    order: np.ndarray,
    grid: _Bins,
    starts: Sequence[int],
    n: int,
    guard: int,
    pixels: np.ndarray,
) -> np.ndarray:
    """Bins in which the file does the same again, bool (bin,): the next eclipses of a binary.

    They are no quiet places. The pixels are added up by how they change in the event, and what
    then stands out as the event itself does is one more. Where the event does not stand out, or
    half of the file is like it (roll, a star that varies), nothing does.
    """
    none = np.zeros(grid.count, dtype=bool)
    if grid.count < 3 * n + 2 * guard:
        return none
    at = starts[0] + np.arange(-guard - n, n + guard + n)
    at = at[(at >= 0) & (at < grid.count)]
    inside = (at >= starts[0]) & (at < starts[0] + n)
    beside = (at < starts[0] - guard) | (at >= starts[0] + n + guard)
    if not beside.any():
        return none
    bins = np.nan_to_num(_means(tpf, order, grid, at, pixels))
    noise = np.maximum(np.diff(bins, axis=0).std(axis=0), 1e-30)
    change = bins[inside].mean(axis=0) - bins[beside].mean(axis=0)
    weights = np.where(noise > 1e-29, change / noise**2, 0.0)
    every = np.arange(grid.count)
    at_a_time = max(1, _BLOCK // (len(pixels) * grid.size))
    parts = [every[first : first + at_a_time] for first in range(0, grid.count, at_a_time)]
    sums = [np.nan_to_num(_means(tpf, order, grid, some, pixels)) @ weights for some in parts]
    return _alike(np.concatenate(sums), starts, n, guard)


def _alike(sums: np.ndarray, starts: Sequence[int], n: int, guard: int) -> np.ndarray:
    """Bins, bool (bin,), about each place where a level does what it does in the event."""
    total = np.concatenate([[0.0], np.cumsum(sums - np.median(sums))])
    firsts = np.arange(n + guard, sums.size - 2 * n - guard + 1)
    means = [
        (total[firsts + begin + n] - total[firsts + begin]) / n
        for begin in (-guard - n, 0, guard + n)
    ]
    response = means[1] - (means[0] + means[2]) / 2
    own = np.interp(starts, firsts, response)
    busy = np.zeros(sums.size, dtype=bool)
    # By the quieter places: about each event the filter is off its level for thrice as long.
    scatter = np.quantile(np.abs(response), 0.3) / _THIRTY_PER_CENT
    if not abs(own.mean()) > settings.SIBLING_SIGMA * scatter:
        return busy
    for first in firsts[response * np.sign(own.mean()) > abs(own.mean()) / 2]:
        busy[first - guard : first + n + guard] = True
    return busy if busy.mean() < 0.5 else np.zeros_like(busy)


def _series(tpf: xr.Dataset, cadences: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Pixels over some cadences: array (pixel, cadence); NaN where a cadence is -1."""
    gone = cadences < 0
    if gone.any():
        cadences = np.where(gone, cadences.max(), cadences)
    cube = pixel_rows(tpf, "flux")
    index = pixels[:, 0] * tpf["aperture"].shape[1] + pixels[:, 1]
    whole = len(pixels) == tpf["aperture"].size
    if cube is None:
        block = pixel_series(tpf, "flux", cadences)
        block = np.where(all_zero(block), np.nan, block).reshape(-1, cadences.size)[index]
    elif cadences[-1] - cadences[0] + 1 == cadences.size and not gone.any():
        block = cube[:, cadences[0] : cadences[-1] + 1]
        block = block if whole else block[index]
    else:
        block = (cube if whole else cube[index])[:, cadences]
    return np.where(gone, np.nan, block) if gone.any() else block


def _read(
    tpf: xr.Dataset,
    order: np.ndarray,
    grid: _Bins,
    firsts: np.ndarray,
    places: np.ndarray,
    length: int,
    pixels: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Bins of the event (window, bin, pixel) and of the places (place, bin, pixel), in e-/s.

    Pixels that lack three tenths of the event's bins or more are left out, and `known` says which
    are not; so are places that lack as much of one of those, and `whole` says which do not. Other
    gaps are closed by what is beside them.
    """
    wanted = np.zeros(grid.count, dtype=bool)
    for first in np.concatenate([firsts, places]).astype(int):
        wanted[first : first + length] = True
    bins = np.flatnonzero(wanted)
    means = _means(tpf, order, grid, bins, pixels)
    where = np.searchsorted(bins, np.arange(length) + firsts[:, None])
    event = means[where]
    known = np.isfinite(event).mean(axis=(0, 1)) > _THERE
    if not known.any():
        raise Nothing("no pixel has data in most of the window and of the time beside it")
    event = _closed(event[..., known])
    quiet = means[np.searchsorted(bins, np.arange(length) + places[:, None])][..., known]
    # A gap that is closed has no noise.
    whole = (np.isfinite(quiet).mean(axis=1) > _THERE).all(axis=1)
    return event, _closed(quiet[whole]), known, whole


def _means(
    tpf: xr.Dataset, order: np.ndarray, grid: _Bins, bins: np.ndarray, pixels: np.ndarray
) -> np.ndarray:
    """Mean of each pixel in some bins: float64 (bin, pixel); NaN where it has none."""
    means = np.full((bins.size, len(pixels)), np.nan)
    at_a_time = max(1, _BLOCK // (tpf["aperture"].size * grid.size))
    for start in range(0, bins.size, at_a_time):
        some = bins[start : start + at_a_time]
        cadences = order[(grid.first + some[:, None] * grid.size + np.arange(grid.size)).ravel()]
        block = _series(tpf, cadences, pixels)
        block = block.reshape(len(pixels), some.size, grid.size)
        finite = np.isfinite(block)
        if finite.all():
            means[start : start + at_a_time] = block.mean(axis=2, dtype=np.float64).T
            continue
        count = finite.sum(axis=2)
        total = np.where(finite, block, 0).sum(axis=2, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            means[start : start + at_a_time] = (
                np.where(count > 0, total, np.nan) / np.maximum(count, 1)
            ).T
    return means


def _closed(values: np.ndarray) -> np.ndarray:
    """Arrays (place, bin, pixel) without NaN: a gap is crossed in a straight line, from bin to bin.

    A mean of all bins would be far from what the bins beside a gap within an event hold.
    """
    finite = np.isfinite(values)
    if finite.all():
        return values
    last = values.shape[1] - 1
    at = np.arange(last + 1)[:, None]
    before = np.maximum.accumulate(np.where(finite, at, -1), axis=1)
    after = np.minimum.accumulate(np.where(finite, at, last + 1)[:, ::-1], axis=1)[:, ::-1]
    # Beyond the first and the last value there is one neighbour; with none at all, 0.
    before, after = np.where(before < 0, after, before), np.where(after > last, before, after)
    known = np.where(finite, values, 0.0)
    low, high = (
        np.take_along_axis(known, np.clip(side, 0, last), axis=1) for side in (before, after)
    )
    part = (at - before) / np.maximum(after - before, 1)
    return low + (high - low) * part


def _pointing(
    tpf: xr.Dataset,
    order: np.ndarray,
    grid: _Bins,
    firsts: np.ndarray,
    places: np.ndarray,
    length: int,
) -> tuple[np.ndarray, np.ndarray]:
    """POS_CORR of the same bins; what is missing or no pointing is 0 from the median."""
    binned = np.zeros((grid.count, 2))
    for axis, name in enumerate(("pos_corr1", "pos_corr2")):
        if name not in tpf:
            continue
        values = np.where(order < 0, np.nan, tpf[name].values[order]).astype(np.float64)
        finite = np.isfinite(values)
        if not finite.any():
            continue
        values -= np.median(values[finite])
        values[~(np.abs(values) <= _FURTHEST)] = np.nan
        cut = values[grid.first : grid.first + grid.count * grid.size]
        cut = cut.reshape(grid.count, grid.size)
        known = np.isfinite(cut)
        count = known.sum(axis=1)
        total = np.where(known, cut, 0).sum(axis=1)
        mean = total / np.maximum(count, 1)
        held = np.flatnonzero(count)
        if held.size:  # a gap takes the value before it
            mean = mean[
                held[np.maximum(np.searchsorted(held, np.arange(grid.count), "right") - 1, 0)]
            ]
        binned[:, axis] = mean
    inside = np.arange(length)
    return binned[firsts[:, None] + inside], binned[places[:, None] + inside]
