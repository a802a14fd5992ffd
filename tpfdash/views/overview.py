"""The whole light curve in a strip, with a brush over what the plot below it has in sight.

The brush is the Inspector's `time_range`: dragged, it is moved or resized, and drawn anew where
the drag begins beside it. The strip is drawn after the light curve, which does not wait for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil

import holoviews as hv
import numpy as np
import panel as pn
from bokeh.models import VSpan, VStrip

from tpfdash.inspector import Inspector
from tpfdash.views import gestures
from tpfdash.views.faults import guarded
from tpfdash.views.kinds import code_image, raster_palette
from tpfdash.views.lightcurve import CURVE_KINDS, curve_series, same_arrays
from tpfdash.views.live import Live, served_document
from tpfdash.views.patches import Figures, add_glyph, patch, set_columns, simplify, weakly
from tpfdash.views.ranges import axis_range
from tpfdash.views.raster import fit_range, rasterize
from tpfdash.views.ticks import event_ticks
from tpfdash.views.timeplot import (
    LEFT_BORDER,
    RIGHT_BORDER,
    WINDOW_COLOR,
    add_bar,
    cadence_bar,
    full_range,
    window_spans,
)

__all__ = ["OverviewView"]

#: Screen pixels: the strip, and its frame.
_HEIGHT, _FRAME = 44, 36
#: Rows and columns of the raster.
_SHAPE = (18, 500)
#: An end of the brush is taken hold of within so much of the strip's width, and the brush is no
#: narrower than the other.
_REACH, _NARROWEST = 0.008, 0.002
#: Seconds left to the browser between two movements of the brush.
_TIME_TO_PAINT = 0.03
_BRUSH_COLOR = "#767c88"


class OverviewView:
    """The whole light curve of an Inspector, and the stretch of it that is in sight below.

    Attributes
    ----------
    plot : DynamicMap
        To be displayed by HoloViews or Panel, with the gestures on it.
    live : Live
        Whether the points in it are in sight.
    """

    def __init__(self, inspector: Inspector):
        self.inspector = inspector
        self._figures = Figures()
        self._hold = self._new_brush
        self._series: list = []  # the arrays that are drawn
        self._begun = 0.0
        self._wanted: float | None = None  # where the mouse has dragged the brush by now
        self._free = 0.0  # when the browser has had its time, on the clock of time.monotonic
        self._moves_later = False
        build = guarded(inspector, reraise=True)(self._build)
        self.plot = hv.DynamicMap(build, streams=[gestures.follow(inspector, ["tpf"])])
        gestures.listen(
            inspector,
            self.plot,
            {gestures.DragStream: self._drag, gestures.ClickStream: self._click},
        )
        Live(inspector, self._draw_marks, "cadence", "time_range", "windows", "shown_events")
        self.live = Live(inspector, self.draw, "flux", "times_by_kind", later=True)

    # -- the brush -------------------------------------------------------------------------------

    @property
    def full_range(self) -> tuple[float, float]:
        """(first, last) time of the file, with a margin; (0, 1) where no cadence has a time."""
        return full_range(self.inspector)

    @property
    def brush(self) -> tuple[float, float]:
        """The stretch of time in sight."""
        return self.inspector.time_range or self.full_range

    def _drag(self, x, starts):
        if starts:
            self._begun, self._hold, self._wanted = x, self._held_at(x), None
            return
        self._wanted = x
        wait = self._free - time.monotonic()
        document = served_document()
        if wait <= 0 or document is None:
            self._move()
        elif not self._moves_later:  # of what comes until then the last counts
            self._moves_later = True
            document.add_timeout_callback(guarded(self.inspector)(self._move), ceil(1000 * wait))

    def _move(self) -> None:
        self._moves_later = False
        if self._wanted is not None:
            with pn.io.hold(pn.state.curdoc):
                self._show(*self._hold(self._wanted))
            self._free = time.monotonic() + _TIME_TO_PAINT

    def _held_at(self, x: float) -> Callable[[float], tuple[float, float]]:
        """What a drag does that begins at a time: where the mouse is -> the brush."""
        (first, last), (low, high) = self.full_range, self.brush
        reach = _REACH * (last - first)
        if min(abs(x - low), abs(x - high)) <= reach:
            fixed = high if abs(x - low) < abs(x - high) else low
            return lambda now: (fixed, now)
        if low < x < high and self.inspector.time_range is not None:
            return lambda now: self._moved(low, high, now - x)
        return self._new_brush

    def _new_brush(self, now: float) -> tuple[float, float]:
        return self._begun, now

    def _moved(self, low: float, high: float, by: float) -> tuple[float, float]:
        """A brush moved, no further than the strip goes."""
        first, last = self.full_range
        by = max(min(by, last - high), first - low)
        return low + by, high + by

    def _click(self, x, y, shift):
        """Have the brush centred there."""
        if self.inspector.time_range is not None:
            low, high = self.brush
            self._show(*self._moved(low, high, x - (low + high) / 2))

    def _show(self, one: float, other: float) -> None:
        """Have this stretch of time in sight below."""
        first, last = self.full_range
        low, high = (min(max(end, first), last) for end in sorted((one, other)))
        least = _NARROWEST * (last - first)
        if high - low < least:
            return
        everything = low <= first + least and high >= last - least
        self.inspector.time_range = None if everything else (low, high)

    # -- what is drawn ---------------------------------------------------------------------------

    def _picture(self) -> dict:
        """The raster of all points, those beyond its y range at its edge."""
        self._series = series = curve_series(self.inspector)
        fits = (fit_range(x, y) for x, y in series if x.size)
        y_range = axis_range(*next((fit for fit in fits if fit is not None), (0.0, 1.0)))
        x_range = self.full_range
        pieces = [(x, np.clip(y, *y_range)) for x, y in series]
        return {
            "y_range": y_range,
            "x_range": x_range,
            "codes": rasterize(pieces, x_range, y_range, _SHAPE),
        }

    def _tick_columns(self) -> dict[str, np.ndarray]:
        ticks = event_ticks(self.inspector)
        return {"t": ticks["t"], "c": ticks["c"]}

    def _brush_columns(self) -> dict[str, list[float]]:
        low, high = self.brush
        return {"left": [low], "right": [high]}

    def _build(self, tpf) -> hv.Image:
        picture = self._picture()
        self._moves_later = False  # what an earlier page waited for
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        finish = weakly(self._finish)
        return code_image(picture["codes"], picture["x_range"], picture["y_range"]).opts(
            cmap=["#000000"],
            responsive=True,
            height=_HEIGHT,
            min_width=200,
            xaxis=None,
            yaxis=None,
            toolbar=None,
            shared_axes=False,
            xlim=(x0, x1),
            ylim=(y0, y1),
            hooks=[
                self._figures.hook("raster", self._add_marks),
                lambda plot, element: finish(plot.state, picture),
            ],
        )

    def _add_marks(self, plot, element) -> None:
        """Draw windows, brush and bar; elements of HoloViews for them would take long."""
        colors = raster_palette(CURVE_KINDS)
        plot.handles["color_mapper"].update(palette=colors, low=-0.5, high=len(colors) - 0.5)
        if "brush" in plot.handles:  # the figure was built before, and its raster is new
            return
        figure, both = plot.state, {"x0": "left", "x1": "right"}
        window = VStrip(
            **both,
            fill_color=WINDOW_COLOR,
            line_color=WINDOW_COLOR,
            fill_alpha=0.35,
            line_alpha=0.35,
        )
        looks = {"line_width": 2, "line_alpha": 0.5, "fill_alpha": 0.2}
        brush = VStrip(**both, fill_color=_BRUSH_COLOR, line_color=_BRUSH_COLOR, **looks)
        plot.handles["windows"] = add_glyph(
            figure, window, "underlay", window_spans(self.inspector)
        )
        plot.handles["brush"] = add_glyph(figure, brush, "underlay", self._brush_columns())
        tick = VSpan(x="t", line_color="c", line_alpha=0.5, line_width=1.5)
        plot.handles["ticks"] = add_glyph(figure, tick, "annotation", self._tick_columns())
        plot.handles["bar"] = add_bar(figure, self.inspector)

    def _finish(self, figure, picture) -> None:
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        figure.x_range.update(start=x0, end=x1, reset_start=x0, reset_end=x1)
        figure.y_range.update(start=y0, end=y1, reset_start=y0, reset_end=y1)
        simplify(figure)
        figure.tools = []  # or Bokeh's own would pan the strip
        gestures.mend(figure)
        figure.title.visible = False
        figure.min_border_left, figure.min_border_right = LEFT_BORDER, RIGHT_BORDER
        figure.min_border_top = figure.min_border_bottom = (_HEIGHT - _FRAME) // 2
        figure.html_attributes = {
            "role": "img",
            "aria-label": "The whole light curve; the box over it is the stretch shown below.",
            "title": "Drag the box or its ends to say what is shown below; drag beside it for a "
            "new one.",
        }

    # -- keeping up ------------------------------------------------------------------------------

    def _draw_marks(self, *events) -> None:
        def change(plots):
            handles = plots["raster"].handles
            handles["bar"].update(**cadence_bar(self.inspector))
            set_columns(handles["windows"], **window_spans(self.inspector))
            set_columns(handles["brush"], **self._brush_columns())
            set_columns(handles["ticks"], **self._tick_columns())

        patch(self._figures, change)

    def draw(self, *events) -> None:
        """Draw the points anew, on every page."""
        if not self._figures.pages() or same_arrays(curve_series(self.inspector), self._series):
            return
        picture = self._picture()
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        box = {"x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0]}

        def change(plots):
            plots["raster"].state.y_range.update(start=y0, end=y1, reset_start=y0, reset_end=y1)
            set_columns(plots["raster"].handles["source"], image=[picture["codes"]], **box)

        patch(self._figures, change)
