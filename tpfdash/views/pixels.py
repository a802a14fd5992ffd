"""The postage stamp: one frame with its colour bar, the masks on it, and the mouse that edits them.

What a frame is of each column, and which masks there are, is `tpfdash.stamp.columns` and
`tpfdash.stamp.masks`; the difference images are drawn with the same figure in `views.difference`.
"""

from __future__ import annotations

from dataclasses import dataclass

import holoviews as hv
import numpy as np
from bokeh.models import BoxSelectTool, FixedTicker

from tpfdash.inspector import Inspector
from tpfdash.stamp.columns import COLUMNS, column_unit
from tpfdash.stamp.geometry import extent
from tpfdash.stamp.masks import pipeline_mask
from tpfdash.stamp.sky import target_position
from tpfdash.stamp.stretch import shades, values_of
from tpfdash.views import gestures
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live
from tpfdash.views.patches import Figures, drag_with, patch, set_columns, simplify
from tpfdash.views.stamp import (
    APERTURE_COLOR,
    BACKGROUND_COLOR,
    HINT_COLOR,
    MISSING_COLOR,
    add_outline,
    palette,
    segments,
    stamp_size,
)

__all__ = ["PixelView"]

_TICKS = np.linspace(0, 1, 6)


@dataclass(frozen=True)
class _Outline:
    """How a mask is drawn."""

    color: str
    width: float
    dash: str


_OUTLINES = {
    "pipeline": _Outline(HINT_COLOR, 1.5, "dotted"),
    "background": _Outline(BACKGROUND_COLOR, 2.5, "dashed"),
    "aperture": _Outline(APERTURE_COLOR, 3.0, "solid"),
}


class PixelView:
    """The postage stamp of an Inspector.

    Parameters
    ----------
    inspector : Inspector
    side : int
        The longer side of the stamp in screen pixels.

    Attributes
    ----------
    plot : DynamicMap
        To be displayed by HoloViews or Panel, with the gestures on it.
    """

    def __init__(self, inspector: Inspector, side: int = 290):
        self.inspector = inspector
        self._side = side
        self._figures = Figures()
        structure = gestures.follow(inspector, ["column", "cmap", "scale"])
        build = guarded(inspector, reraise=True)(self._build)
        self.plot = hv.DynamicMap(build, streams=[structure])
        gestures.listen(
            inspector,
            self.plot,
            {
                gestures.ClickStream: self._click,
                gestures.BoxStream: self._box,
                gestures.PointerStream: self._hover,
                gestures.LeaveStream: self._leave,
            },
        )
        Live(inspector, self._draw_masks, "aperture", "background")
        Live(inspector, self._draw_frame, "frame", "levels", "scale")

    # -- gestures --------------------------------------------------------------------------------

    def _click(self, x, y, shift):
        pixel = self._pixel(x, y)
        if pixel is None:
            return
        row, col = pixel
        if shift or self.inspector.mode == "toggle":
            self.inspector.toggle(row, col)
        else:
            self.inspector.select_box(row, row, col, col, self.inspector.mode)

    def _box(self, bounds, shift):
        x0, y0, x1, y1 = bounds
        mode = self.inspector.mode
        if shift or mode == "toggle":
            mode = "add"
        # A pixel is in the box when its centre is; a box within one pixel means that pixel.
        (row0, row1), (col0, col1) = _centres(y0, y1), _centres(x0, x1)
        self.inspector.select_box(row0, row1, col0, col1, mode)

    def _hover(self, x, y):
        self.inspector.pointed = self._pixel(x, y)

    def _leave(self, x, y):
        self.inspector.pointed = None

    def _pixel(self, x: float, y: float) -> tuple[int, int] | None:
        """(row, col) of the detector pixel at a position; None beside the stamp."""
        row, col = round(y), round(x)
        tpf = self.inspector.tpf
        return (row, col) if row in tpf["row"].values and col in tpf["col"].values else None

    # -- what is drawn ---------------------------------------------------------------------------

    def _image(self) -> np.ndarray:
        """The frame as it is coloured, from 0 to 1: float32 (row, col)."""
        inspector = self.inspector
        return shades(inspector.frame(), inspector.levels(), inspector.scale)

    def _segments(self, name: str) -> dict[str, list[float]]:
        tpf = self.inspector.tpf
        mask = pipeline_mask(tpf) if name == "pipeline" else getattr(self.inspector, name)
        return segments(tpf, mask)

    def _build(self, column, cmap, scale) -> hv.Overlay:
        tpf = self.inspector.tpf
        left, bottom, right, top = extent(tpf)
        width, height = stamp_size(tpf["aperture"].shape, self._side)
        stamp = hv.Image(
            self._image()[::-1],  # hv has row 0 on top
            bounds=(left, bottom, right, top),
            kdims=["col", "row"],
            vdims=["shade"],
        ).opts(
            cmap=palette(cmap),
            clim=(0, 1),
            clipping_colors={"NaN": MISSING_COLOR},
            colorbar=True,
            colorbar_opts={"ticker": FixedTicker(ticks=list(_TICKS)), "width": 12},
            clabel=_label(self.inspector.tpf, column),
            tools=[BoxSelectTool(renderers=[])],
            hooks=[self._figures.hook("image", self._finish)],
        )
        position = target_position(tpf)
        inside = position and bottom <= position[0] <= top and left <= position[1] <= right
        target = hv.Points([position[::-1]] if inside else [], kdims=["col", "row"]).opts(
            marker="cross", size=14, line_width=2, color="white", line_color="white"
        )
        return hv.Overlay([stamp, target]).opts(
            frame_width=width,
            frame_height=height,
            xlabel="column (pixel)",
            ylabel="row (pixel)",
            xlim=(left, right),
            ylim=(bottom, top),
            default_tools=["wheel_zoom", "pan", "reset", "save"],
            toolbar="above" if width > 200 else "right",  # where it has the room
            show_legend=False,
            shared_axes=False,
            hooks=[
                lambda plot, element: simplify(plot.state),
                lambda plot, element: drag_with(plot.state, BoxSelectTool),
            ],
        )

    def _finish(self, plot, element) -> None:
        """What HoloViews has no option for: outlines, and a colour bar labelled in true values."""
        if "outlines" not in plot.handles:  # or the figure was built before, and its image is new
            plot.handles["outlines"] = {
                name: add_outline(
                    plot.state, self._segments(name), {style.color: style.width}, style.dash
                )
                for name, style in _OUTLINES.items()
            }
        self._label_colors(plot)
        for axis in (*plot.state.xaxis, *plot.state.yaxis):
            axis.ticker.num_minor_ticks = 0
            axis.ticker.update(min_interval=1, desired_num_ticks=5)

    def _label_colors(self, plot) -> None:
        low, high = ends = self.inspector.levels()
        values = values_of(_TICKS, ends, self.inspector.scale)
        plot.handles["colorbar"].update(
            # HoloViews leaves the title of the first column
            title=_label(self.inspector.tpf, self.inspector.column),
            major_label_overrides={
                float(tick): _number(value, high - low)
                for tick, value in zip(_TICKS, values, strict=True)
            },
        )

    # -- keeping up ------------------------------------------------------------------------------

    def _draw_masks(self, *events) -> None:
        names = [event.name for event in events]
        columns = {name: self._segments(name) for name in names}

        def change(plots):
            for name in names:
                set_columns(plots["image"].handles["outlines"][name], **columns[name])

        patch(self._figures, change)

    def _draw_frame(self, *events) -> None:
        image = self._image()

        def change(plots):
            plot = plots["image"]
            set_columns(plot.handles["source"], image=[image])
            self._label_colors(plot)

        patch(self._figures, change)


def _centres(a: float, b: float) -> tuple[int, int]:
    low, high = sorted((a, b))
    first, last = int(np.ceil(low)), int(np.floor(high))
    return (first, last) if first <= last else (round(low), round(low))


def _label(tpf, column: str) -> str:
    label, unit = COLUMNS[column].label, column_unit(tpf, column)
    return f"{label} ({unit})" if unit else label


def _number(value: float, span: float) -> str:
    """A colour bar label: as many digits as tell the ticks apart."""
    decimals = int(np.clip(2 - np.floor(np.log10(max(span, 1e-12))), 0, 8))
    return f"{value:,.{decimals}f}" if abs(value) < 1e7 else f"{value:.3g}"
