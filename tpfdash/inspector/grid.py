"""The pixels' own light curves as a grid: which pixels, which time, and how it is moved."""

from __future__ import annotations

from functools import partial

import numpy as np

from tpfdash.inspector.derived import derived
from tpfdash.inspector.question import Once
from tpfdash.inspector.values import Values
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.masks import default_mask, start_pixel
from tpfdash.timeseries.pixel_grid import Part, PixelGrid, pixel_grid

__all__ = ["GridValues", "LARGEST_PART"]

#: Rows and columns of pixels at most.
LARGEST_PART = 15
#: Times the window's length shown on each side of it, and cadences at least.
_BESIDE, _FEWEST = 1.5, 6


class GridValues(Values):
    """What the grid of an Inspector shows."""

    @derived("grid_corner")
    def grid_part(self) -> Part:
        """(first row, first column, rows, columns) of the pixels in it, from the stamp's corner.

        Where none is chosen they lie around the aperture that the file opens with, so that the
        curves stay where they are while a mask is edited.
        """
        shape = self.tpf["aperture"].shape
        rows, cols = (min(count, LARGEST_PART) for count in shape)
        if self.grid_corner is None and (rows, cols) != shape:
            first = self._corner_around(default_mask(self.tpf))
        else:
            first = np.subtract(self.grid_corner or corner(self.tpf), corner(self.tpf))
        return (*self._on_stamp(first), rows, cols)

    @derived("grid_time", "time_range", "windows")
    def grid_times(self) -> tuple[float, float]:
        """(t0, t1) that the curves are seen against; (0, 1) where no cadence has a time.

        The window with some time on both sides; where there is none, what is in sight.
        """
        everything = self.timeline.span or (0.0, 1.0)
        if self.grid_time == "all":
            return everything
        if self.grid_time == "in sight" or not self.windows:
            return self.time_range or everything
        t0, t1 = self.windows[0]
        cadence = np.nan_to_num(self.tpf.attrs.get("cadence_seconds", np.nan)) / 86400
        beside = max(_BESIDE * (t1 - t0), _FEWEST * float(cadence))
        return t0 - beside, t1 + beside

    @derived("grid_part", "grid_times", "good", "windows")
    def grid_asked(self) -> Once[PixelGrid]:
        """The curves of the cadences that are kept, and of all in the windows; in any thread."""
        held = np.zeros(self.time.size, dtype=bool)
        for t0, t1 in self.windows:
            with np.errstate(invalid="ignore"):
                held |= (self.time >= t0) & (self.time <= t1)
        return Once(partial(pixel_grid, self.tpf, self.grid_part, self.grid_times, self.good, held))

    def move_grid(self, rows: int, cols: int) -> None:
        """Show the pixels so many rows up and columns to the right, as far as the stamp goes."""
        self._show_grid(np.add(self.grid_part[:2], (rows, cols)))

    def center_grid(self) -> None:
        """Show the pixels around the aperture."""
        self._show_grid(self._corner_around(self.aperture))

    def _show_grid(self, first: np.ndarray) -> None:
        row, col = np.add(self._on_stamp(first), corner(self.tpf)).tolist()
        self.grid_corner = row, col

    def _corner_around(self, mask: np.ndarray) -> np.ndarray:
        """The first pixel of a part around a mask, from the stamp's corner; maybe beyond it."""
        middle = np.subtract(start_pixel(self.tpf, mask), corner(self.tpf))
        return middle - LARGEST_PART // 2

    def _on_stamp(self, first: np.ndarray) -> tuple[int, int]:
        """The first pixel of a part moved so that all of the part is on the stamp."""
        last = np.maximum(np.subtract(self.tpf["aperture"].shape, LARGEST_PART), 0)
        row, col = np.clip(first, 0, last).tolist()
        return row, col
