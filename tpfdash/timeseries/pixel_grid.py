"""Each pixel's own light curve in as few points as a small plot of it can show.

Arrays in, arrays out; where they are drawn is `tpfdash.views.grid`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from tpfdash.stamp.blocks import spans

__all__ = ["COLUMNS", "Part", "PixelGrid", "pixel_grid"]

#: (first row, first column, rows, columns) of a part of a stamp, counted from its corner.
Part = tuple[int, int, int, int]

#: Stretches of time that a curve is told in, each by its lowest and its highest value; up to twice
#: as many cadences are told one by one.
COLUMNS = 60
#: Pairs of neighbours, at least, from which a curve's scatter is known, and what of it is shown
#: beyond the levels that the curve keeps.
_PAIRS, _SCATTERS = 1000, 2.0
#: Below so many cadences each of them counts for the scale.
_FEW = 18
#: Steps of the usual length that part two points where the line between them is broken.
_GAP = 5.0


@dataclass(frozen=True, eq=False)
class PixelGrid:
    """The light curves of the pixels of a part of a stamp.

    Parameters
    ----------
    part : (first row, first column, rows, columns), counted from the stamp's corner
    times : (t0, t1)
        The stretch of time that they are to be seen against, days.
    cadences : int
        How many they are made of.
    time : float64 array (point,)
        Days, ascending: of each cadence, or the middle of a stretch of them.
    breaks : int array
        The points after which a gap comes.
    low, high : float32 arrays (row, col, point)
        The lowest and the highest flux at each point, in the file's unit; NaN: none is known.
    floor, ceiling : float64 arrays (row, col)
        The scale that shows a pixel's curve well: all levels that three successive cadences reach
        and what is in an event, with the scatter around them. NaN where nothing is known.
    """

    part: Part
    times: tuple[float, float]
    cadences: int
    time: np.ndarray
    breaks: np.ndarray
    low: np.ndarray
    high: np.ndarray
    floor: np.ndarray
    ceiling: np.ndarray

    @property
    def reach(self) -> float:
        """Flux from the floor to the ceiling of the pixel that needs most; NaN of none."""
        spans = self.ceiling - self.floor
        return float(np.nanmax(spans)) if np.isfinite(spans).any() else np.nan


def pixel_grid(
    tpf: xr.Dataset,
    part: Part,
    times: tuple[float, float],
    kept: np.ndarray,
    held: np.ndarray | None = None,
) -> PixelGrid:
    """The light curves of the pixels of a part of a stamp.

    Parameters
    ----------
    tpf : Dataset
        As `open_tpf` gives it.
    part : (first row, first column, rows, columns)
    times : (t0, t1)
    kept : bool array (time,)
        The cadences that are shown, as far as they have a time in `times`.
    held : bool array (time,), optional
        Those of an event: they are shown too, and count for the scale one by one.
    """
    held = np.zeros_like(kept) if held is None else held
    cadences = _in_order(tpf["time"].values, times, kept | held)
    group, points = _grouped(tpf["time"].values[cadences].astype(np.float64))
    low, high = (np.full((*part[2:], points.size), np.nan, dtype=np.float32) for _ in range(2))
    scale = _Scale(part[2:], cadences.size)
    for block in _blocks(tpf, part, cadences.size):
        flux = _read(tpf, part, cadences[block])
        starts = np.flatnonzero(np.diff(group[block], prepend=-1))
        at = group[block][starts]
        low[..., at] = np.fmin(low[..., at], np.fmin.reduceat(flux, starts, axis=-1))
        high[..., at] = np.fmax(high[..., at], np.fmax.reduceat(flux, starts, axis=-1))
        scale.add(flux, held[cadences[block]])
    return PixelGrid(part, times, cadences.size, points, _breaks(points), low, high, *scale.ends())


def _in_order(time: np.ndarray, times: tuple[float, float], which: np.ndarray) -> np.ndarray:
    """The cadences of `which` within a stretch of time, in order of time."""
    with np.errstate(invalid="ignore"):
        there = np.flatnonzero(which & (time >= times[0]) & (time <= times[1]))
    return there[np.argsort(time[there], kind="stable")]


def _grouped(time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number of the point that each cadence belongs to, ascending from 0; the points' times."""
    if time.size <= 2 * COLUMNS:
        return np.arange(time.size), time
    width = (time[-1] - time[0]) / COLUMNS or 1.0
    column = np.minimum(((time - time[0]) / width).astype(int), COLUMNS - 1)
    there, group = np.unique(column, return_inverse=True)
    return group, time[0] + (there + 0.5) * width


def _breaks(points: np.ndarray) -> np.ndarray:
    """The points after which a gap comes."""
    steps = np.diff(points)
    return np.flatnonzero(steps > _GAP * np.median(steps)) if steps.size else steps.astype(int)


def _blocks(tpf: xr.Dataset, part: Part, n: int) -> Iterator[slice]:
    """Slices of `n` cadences, each read at a time."""
    mask = np.zeros(tpf["aperture"].shape, dtype=bool)
    mask[part[0] : part[0] + part[2], part[1] : part[1] + part[3]] = True
    step = max(next(spans(tpf, ["flux"], mask)).stop, _FEW)
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def _read(tpf: xr.Dataset, part: Part, cadences: np.ndarray) -> np.ndarray:
    """Their flux, float32 (row, col, cadence), contiguous along time; NaN where not finite."""
    row, col, rows, cols = part
    first, last = int(cadences.min()), int(cadences.max())
    cube = tpf["flux"].variable[first : last + 1, row : row + rows, col : col + cols].values
    flux = np.ascontiguousarray(cube.transpose(1, 2, 0)[..., cadences - first], dtype=np.float32)
    flux[~np.isfinite(flux)] = np.nan
    return flux


class _Scale:
    """The scale of each pixel's curve, while the cube goes by."""

    def __init__(self, shape: tuple[int, int], n: int):
        self._few = n < _FEW
        self._stride = max(n // _PAIRS, 1)
        self._low, self._high = np.full(shape, np.nan), np.full(shape, np.nan)
        self._steps = [np.full((*shape, 1), np.nan, dtype=np.float32)]  # never of none

    def add(self, flux: np.ndarray, held: np.ndarray) -> None:
        """Take in further cadences, float32 (row, col, cadence), and which are of an event."""
        if self._few or flux.shape[-1] < 3:
            self._hold(flux, flux)
        else:
            a, b, c = flux[..., :-2], flux[..., 1:-1], flux[..., 2:]
            self._hold(np.maximum(np.maximum(a, b), c), np.minimum(np.minimum(a, b), c))
        if held.any():
            self._hold(flux[..., held], flux[..., held])
        pairs = slice(0, flux.shape[-1] - 1, self._stride)
        self._steps.append(np.abs(flux[..., 1:][..., pairs] - flux[..., :-1][..., pairs]))

    def _hold(self, low: np.ndarray, high: np.ndarray) -> None:
        self._low = np.fmin(self._low, np.fmin.reduce(low, axis=-1))
        self._high = np.fmax(self._high, np.fmax.reduce(high, axis=-1))

    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """(floor, ceiling), float64 (row, col); never the same number."""
        steps = np.sort(np.concatenate(self._steps, axis=-1), axis=-1)  # NaN goes last
        known = np.isfinite(steps).sum(axis=-1, keepdims=True)
        middle = np.take_along_axis(steps, np.maximum(known - 1, 0) // 2, axis=-1)[..., 0]
        scatter = 1.4826 * np.nan_to_num(middle.astype(np.float64)) / np.sqrt(2)
        margin = np.maximum(_SCATTERS * scatter, 0.06 * (self._high - self._low))
        margin = np.where(margin > 0, margin, np.maximum(0.01 * np.abs(self._high), 1e-6))
        return self._low - margin, self._high + margin
