"""Each pixel's own light curve, all of them in one figure that has the stamp's orientation.

One line goes through all cells, so that thousands of cadences of a hundred pixels are drawn at
once; the tint lies under it, and the masks' borders over it on a canvas of their own, so that an
edited mask paints no curve again. Which curves they are is `tpfdash.inspector.grid`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor

import holoviews as hv
import numpy as np
from bokeh.models import ColumnDataSource, Glyph, Line, Segment, VStrip

from tpfdash.inspector import Inspector
from tpfdash.stamp.geometry import corner
from tpfdash.timeseries.pixel_grid import PixelGrid
from tpfdash.views import gestures
from tpfdash.views.asking import Asked
from tpfdash.views.difference import has_difference
from tpfdash.views.faults import guarded
from tpfdash.views.kinds import EDGE_COLOR
from tpfdash.views.lightcurve import CURVE_KINDS
from tpfdash.views.live import Live
from tpfdash.views.patches import Figures, add_glyph, patch, set_columns, simplify
from tpfdash.views.pixels import OUTLINES
from tpfdash.views.stamp import HALO_COLOR, add_outline, frame_around, segments
from tpfdash.views.timeplot import WINDOW_COLOR

__all__ = ["GridView", "curve_lines", "fullest", "tint"]

#: Parts of a cell's width and height that its curve has.
_WIDE, _HIGH = 0.92, 0.84
#: Screen pixels: of a row of cells, of all of them, and of the axis below.
_ROW, _LOWEST, _HIGHEST, _AXIS = 28, 180, 340, 42
#: S/N that has the full colour, at least; and how much that covers of what is below.
_FULL, _ALPHA = 5.0, 0.28
#: Where light was added, and where it is missing.
_ADDED, _MISSING = "#0b5fd6", "#d6230b"
_MARKS = ("background", "aperture", "pointed")


class GridView:
    """The light curves of the pixels of an Inspector's stamp, or of a part of it.

    Parameters
    ----------
    inspector : Inspector

    Attributes
    ----------
    plot : DynamicMap
        To be displayed by HoloViews or Panel, with the gestures on it; as wide as its place.
    grid : PixelGrid or None
        What is drawn; None until it is known.
    drawn : callable
        Called each time that other curves, another scale or another tint have been drawn.
    lives : list of Live
        Whether it is in sight.
    """

    def __init__(self, inspector: Inspector):
        self.inspector = inspector
        self.grid: PixelGrid | None = None
        self.drawn: Callable[[], None] = lambda: None
        self._figures = Figures()
        build = guarded(inspector, reraise=True)(self._build)
        self.plot = hv.DynamicMap(build, streams=[gestures.follow(inspector, ["tpf"])])
        gestures.listen(
            inspector,
            self.plot,
            {
                gestures.ClickStream: self._click,
                gestures.PointerStream: self._hover,
                gestures.LeaveStream: self._leave,
            },
        )
        self.lives = [
            Live(inspector, self._draw_outlines, *_MARKS),
            Live(inspector, self._draw_tint, "answer"),
            Live(inspector, self._draw, "grid_scale"),
            Asked(inspector, "grid_asked", self._take).live,
        ]

    # -- gestures --------------------------------------------------------------------------------

    def _click(self, x, y, shift):
        pixel = self._pixel(x, y)
        if pixel is not None:
            self.inspector.toggle(*pixel)

    def _hover(self, x, y):
        self.inspector.change(pointed=self._pixel(x, y), pointed_star=None)

    def _leave(self, x, y):
        self.inspector.change(pointed=None)

    def _pixel(self, x: float, y: float) -> tuple[int, int] | None:
        """(row, col) of the detector pixel whose cell is at a position; None beside the cells."""
        left, right, bottom, top = self._frame()
        inside = left <= x < right and bottom <= y < top
        return (floor(y + 0.5), floor(x + 0.5)) if inside else None

    # -- what is drawn ---------------------------------------------------------------------------

    @property
    def _part(self) -> tuple[int, int, int, int]:
        return self.inspector.grid_part if self.grid is None else self.grid.part

    def _frame(self) -> tuple[float, float, float, float]:
        """(left, right, bottom, top) of all cells, in detector pixels."""
        (first_row, first_col), (row, col, rows, cols) = corner(self.inspector.tpf), self._part
        left, bottom = first_col + col - 0.5, first_row + row - 0.5
        return left, left + cols, bottom, bottom + rows

    def _columns(self) -> dict[str, dict]:
        """Name of a source -> its columns, of all but the tint."""
        grid, inspector = self.grid, self.inspector
        left, _, bottom, _ = frame = self._frame()
        if grid is None:
            windows, curves = {"left": [], "right": []}, {"x": np.zeros(0), "y": np.zeros(0)}
        else:
            same = grid.reach if inspector.grid_scale == "same" else None
            windows = _strips(inspector.windows, grid, left)
            curves = curve_lines(grid, left + 0.5, bottom + 0.5, same)
        return {"cells": _cells(frame), "windows": windows, "curves": curves}

    def _tint(self) -> dict[str, dict]:
        left, right, bottom, top = self._frame()
        box = {"x": [left], "y": [bottom], "dw": [right - left], "dh": [top - bottom]}
        return {"tint": {"image": [tint(self.inspector, self._part)]} | box}

    def _outlines(self, names) -> dict[str, dict[str, list[float]]]:
        inspector, shown = self.inspector, np.zeros(self.inspector.tpf["aperture"].shape, bool)
        row, col, rows, cols = self._part
        shown[row : row + rows, col : col + cols] = True
        return {
            name: frame_around(inspector.pointed)
            if name == "pointed"
            else segments(inspector.tpf, getattr(inspector, name) & shown)
            for name in names
        }

    def _build(self, tpf) -> hv.Image:
        left, right, bottom, top = self._frame()
        rows, cols = self._part[2:]
        height = int(np.clip(rows * _ROW, _LOWEST, _HIGHEST)) + _AXIS
        return hv.Image(
            np.zeros((rows, cols)),  # until it is filled in
            bounds=(left, bottom, right, top),
            kdims=["col", "row"],
            vdims=["snr"],
        ).opts(
            cmap=["#000000"],
            responsive=True,
            height=height,
            min_height=height,  # the drawer scrolls
            min_width=200,
            toolbar=None,
            default_tools=[],
            shared_axes=False,
            xlim=(left, right),
            ylim=(bottom, top),
            xlabel="column (pixel)",
            ylabel="row (pixel)",
            fontsize={"labels": "11px", "ticks": "10px"},
            hooks=[
                self._figures.hook("tint", self._finish),
                lambda plot, element: simplify(plot.state),
            ],
        )

    def _finish(self, plot, element) -> None:
        """What HoloViews has no option for: curves, borders, and colours that let others through.

        The curves as an element would take long.
        """
        figure, handles = plot.state, plot.handles
        columns = self._columns()
        handles["color_mapper"].update(palette=_palette(), low=-1, high=1, nan_color="#00000000")
        handles["sources"] = {"tint": handles["source"]} | {
            name: add_glyph(figure, glyph, level, columns[name])
            for name, (glyph, level) in _glyphs().items()
        }
        handles["outlines"] = {
            name: _add_border(figure, name, border)
            for name, border in self._outlines(_MARKS).items()
        }
        for axis in (*figure.xaxis, *figure.yaxis):
            axis.ticker.update(min_interval=1, desired_num_ticks=8, num_minor_ticks=0)
        figure.update(min_border_left=58, min_border_top=4, min_border_right=4)
        _fill(handles["sources"], self._tint())

    # -- keeping up ------------------------------------------------------------------------------

    def _change(self) -> Callable[[dict], None]:
        """What draws all that there is into the figure of a page."""
        columns, outlines = self._columns() | self._tint(), self._outlines(_MARKS)
        left, right, bottom, top = self._frame()

        def change(plots):
            figure, handles = plots["tint"].state, plots["tint"].handles
            _fill(handles["sources"], columns)
            _fill(handles["outlines"], outlines)
            figure.x_range.update(start=left, end=right, reset_start=left, reset_end=right)
            figure.y_range.update(start=bottom, end=top, reset_start=bottom, reset_end=top)

        return change

    def _take(self, grid: PixelGrid) -> None:
        self.grid = grid
        self._draw()

    def _draw(self, *events) -> None:
        if self._figures.pages():
            patch(self._figures, self._change())
        self.drawn()

    def _draw_tint(self, *events) -> None:
        columns = self._tint()
        patch(self._figures, lambda plots: _fill(plots["tint"].handles["sources"], columns))
        self.drawn()

    def _draw_outlines(self, *events) -> None:
        borders = self._outlines([event.name for event in events] or _MARKS)
        patch(self._figures, lambda plots: _fill(plots["tint"].handles["outlines"], borders))


def _fill(sources: dict, columns: dict[str, dict]) -> None:
    """Put columns into some of these data sources, by name."""
    for name, some in columns.items():
        set_columns(sources[name], **some)


def curve_lines(
    grid: PixelGrid, col: float, row: float, span: float | None = None
) -> dict[str, np.ndarray]:
    """All curves of a grid as one line with gaps.

    Parameters
    ----------
    grid : PixelGrid
    col, row : float
        The middle of its first cell.
    span : float, optional
        Flux from the bottom of a cell to its top, about the middle of the pixel's scale; None: each
        pixel has its own scale.

    Returns
    -------
    dict of float64 arrays (point,)
        x and y; NaN where the line is broken. What lies beyond the scale is at its end.
    """
    rows, cols, points = grid.low.shape
    if not points:
        return {"x": np.zeros(0), "y": np.zeros(0)}
    # Up in one stretch and down in the next, so that the line needs no return.
    pairs = np.stack([grid.low, grid.high], axis=-1)
    pairs[..., 1::2, :] = pairs[..., 1::2, ::-1]
    middle = (grid.floor + grid.ceiling) / 2
    height = grid.ceiling - grid.floor if span is None else span
    share = (pairs.reshape(rows, cols, -1) - middle[..., None]) / np.broadcast_to(
        height, middle.shape
    )[..., None]
    t0, t1 = grid.times
    at = np.repeat((grid.time - t0) / ((t1 - t0) or 1.0) - 0.5, 2) * _WIDE
    order = np.insert(np.arange(2 * points), 2 * (grid.breaks + 1), -1)
    order = np.append(order, -1)  # the last of each curve is no point, as is each gap
    x = np.append(at, np.nan)[order] + col + np.arange(cols)[None, :, None]
    y = np.clip(share, -0.5, 0.5) * _HIGH + row + np.arange(rows)[:, None, None]
    y = np.concatenate([y, np.full((rows, cols, 1), np.nan)], axis=-1)[..., order]
    return {"x": np.broadcast_to(x, y.shape).ravel(), "y": y.ravel()}


def tint(inspector: Inspector, part: tuple[int, int, int, int]) -> np.ndarray:
    """The S/N of the event in each pixel over `fullest`: float64 (row, col); NaN: not known."""
    row, col, rows, cols = part
    if not has_difference(inspector):
        return np.full((rows, cols), np.nan)
    snr = inspector.answer.difference.snr[row : row + rows, col : col + cols]
    return snr / fullest(inspector)


def fullest(inspector: Inspector) -> float:
    """The S/N of an event that is drawn in the full colour."""
    snr = np.abs(inspector.answer.difference.snr)
    return max(float(np.nanmax(snr)) if np.isfinite(snr).any() else 0.0, _FULL)


def _palette() -> list[str]:
    """From blue by nothing to red."""
    return [
        f"{_ADDED if share < 0 else _MISSING}{round(255 * _ALPHA * abs(share)):02x}"
        for share in np.linspace(-1, 1, 255)
    ]


def _cells(frame: tuple[float, float, float, float]) -> dict[str, list[float]]:
    """The lines between the cells, as segments."""
    left, right, bottom, top = frame
    across, up = np.arange(bottom, top + 1).tolist(), np.arange(left, right + 1).tolist()
    return {
        "x0": [left] * len(across) + up,
        "y0": across + [bottom] * len(up),
        "x1": [right] * len(across) + up,
        "y1": across + [top] * len(up),
    }


def _strips(windows, grid: PixelGrid, left: float) -> dict[str, list[float]]:
    """The windows in each column of cells, as far as they are in sight."""
    t0, t1 = grid.times
    ends = np.clip((np.reshape(windows, (-1, 2)) - t0) / ((t1 - t0) or 1.0) - 0.5, -0.5, 0.5)
    ends = ends[ends[:, 0] < ends[:, 1]] * _WIDE
    middles = left + 0.5 + np.arange(grid.part[3])
    places = (middles[:, None, None] + ends).reshape(-1, 2)
    return {"left": places[:, 0].tolist(), "right": places[:, 1].tolist()}


def _glyphs() -> dict[str, tuple[Glyph, str]]:
    """Name of a source -> what draws it, and on which of Bokeh's levels."""
    curve = {"line_color": CURVE_KINDS[0].color, "line_width": 1.2, "line_join": "bevel"}
    window = {"fill_color": WINDOW_COLOR, "line_color": WINDOW_COLOR}
    return {
        "cells": (Segment(line_color=EDGE_COLOR, line_alpha=0.35), "underlay"),
        "windows": (
            VStrip(x0="left", x1="right", fill_alpha=0.16, line_alpha=0.16, **window),
            "underlay",
        ),
        "curves": (Line(**curve), "glyph"),
    }


def _add_border(figure, name: str, border: dict[str, list[float]]) -> ColumnDataSource:
    look = OUTLINES[name]
    return add_outline(
        figure, border, {HALO_COLOR: look.width + 1, look.color: look.width}, look.dash
    )
