"""The light curve of several files of a target on one time axis, with the file in view marked.

Always a raster, whose size does not depend on the number of cadences; segments that follow each
other have two colours by turns, and their names stand above them.
"""

from __future__ import annotations

from collections.abc import Callable

import holoviews as hv
import numpy as np
from bokeh.models import Text, VSpan, VStrip, WheelZoomTool

from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.segments import Segments
from tpfdash.missions import time_format
from tpfdash.stamp.epoch import time_reference
from tpfdash.views import gestures
from tpfdash.views.faults import guarded
from tpfdash.views.kinds import EDGE_COLOR, Kind, code_image, raster_palette
from tpfdash.views.live import Live
from tpfdash.views.patches import Figures, add_glyph, patch, set_columns, simplify, weakly
from tpfdash.views.ranges import axis_range, tick_labels
from tpfdash.views.raster import fit_range, rasterize
from tpfdash.views.timeplot import LEFT_BORDER, RIGHT_BORDER, SMALL_AXIS, add_bar, cadence_bar

__all__ = ["SegmentsView"]

_KINDS = [Kind("odd", "#4285d0"), Kind("even", "#2a8f7f")]
_HEIGHT = 124
#: Rows and columns of the raster.
_SHAPE = (50, 500)
#: Share of the axis' width that a name needs.
_NAMED = 0.04
#: Share of the axis' height that names stand in.
_ABOVE = 0.16


class SegmentsView:
    """The stitched light curve of `Segments`.

    Parameters
    ----------
    segments : Segments
    go : callable
        Called with (name, cadence) where a point is clicked.

    Attributes
    ----------
    plot : DynamicMap
        To be displayed by HoloViews or Panel, with the gestures on it.
    lives : list of Live
        Whether the points in it are in sight.
    """

    def __init__(self, segments: Segments, go: Callable[[str, int], None]):
        self.segments = segments
        self._go = go
        self._inspector: Inspector | None = None
        self._zoomed: tuple[float, float] | None = None  # what the browser has put in sight itself
        self._figures = Figures()
        build = guarded(segments, reraise=True)(self._build)
        self.plot = hv.DynamicMap(build, streams=[gestures.follow(segments, [])])
        gestures.listen(
            segments,
            self.plot,
            {
                gestures.ClickStream: self._click,
                gestures.ZoomStream: self._zoom,
                gestures.ResetStream: self._reset,
            },
        )
        self.lives = [Live(segments, self.draw, "members", "rule", "time_range", later=True)]

    def follow(self, inspector: Inspector) -> list[Live]:
        """Mark the file of this Inspector as the one in view, and its cadence."""
        self._inspector = inspector
        patch(self._figures, self._draw_marks)
        move = lambda *events: patch(self._figures, self._draw_bar)  # noqa: E731
        return [Live(inspector, move, "cadence")]

    # -- gestures --------------------------------------------------------------------------------

    def _click(self, x, y, shift):
        here = self.segments.at(x)
        if here is not None:
            self._go(*here)

    def _zoom(self, x_range):
        first, last = self.full_range
        everything = x_range[0] <= first and x_range[1] >= last
        self._zoomed = x_range
        self.segments.time_range = None if everything else x_range

    def _reset(self, resetting):
        self._zoomed = None
        self.segments.time_range = None
        self.draw()  # the browser has put the axes back already

    # -- what is drawn ---------------------------------------------------------------------------

    @property
    def full_range(self) -> tuple[float, float]:
        """(first, last) time of all segments, with a margin."""
        spans = [self.segments.span_of(name) for name in self.segments]
        first, last = min(low for low, _ in spans), max(high for _, high in spans)
        return axis_range(first, last, 0.01 * (last - first) or 0.5)

    @property
    def x_range(self) -> tuple[float, float]:
        """The stretch of time in sight."""
        chosen = self.segments.time_range
        return axis_range(*chosen) if chosen else self.full_range

    def summary(self) -> str:
        """One line over the plot: what it shows, or why it shows nothing."""
        try:
            lightcurve, good = self.segments.lightcurve, self.segments.good
        except TPFError as error:
            return str(error)
        count, total = int(np.count_nonzero(good)), lightcurve.sizes["time"]
        done = lightcurve.attrs["corrections"][-1].partition("; ")[2]
        reference = time_reference(self.segments[next(iter(self.segments))].tpf)
        clock = time_format(reference)
        return f"{count:,} of {total:,} cadences kept, {done} · time in days, {clock}"

    def _series(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """(time, flux) of the kept cadences of every other segment, and of those between."""
        try:
            lightcurve, good = self.segments.lightcurve, self.segments.good
        except TPFError:  # the summary says so
            return [(np.zeros(0), np.zeros(0))] * 2
        time, flux = lightcurve["time"].values, lightcurve["flux"].values
        turn = lightcurve["segment"].values % 2
        return [(time[good & (turn == n)], flux[good & (turn == n)]) for n in range(2)]

    def _picture(self) -> dict:
        series, x_range = self._series(), self.x_range
        seen = []
        for x, y in series:
            there = (x >= x_range[0]) & (x <= x_range[1])
            fitted = fit_range(x[there], y[there])
            seen += [] if fitted is None else [fitted]
        low = min((low for low, _ in seen), default=0.0)
        high = max((high for _, high in seen), default=1.0)
        pieces = [(x, np.clip(y, low, high)) for x, y in series]
        y_range = axis_range(low, high + _ABOVE / (1 - _ABOVE) * (high - low))
        codes = rasterize(pieces, x_range, y_range, _SHAPE)
        return {"x_range": x_range, "y_range": y_range, "codes": codes}

    def _marks(self, picture: dict) -> dict[str, dict]:
        """Columns of what is drawn beside the points."""
        (x0, x1), (_, top) = picture["x_range"], picture["y_range"]
        spans = {name: self.segments.span_of(name) for name in self.segments}
        here = None if self._inspector is None else self.segments.name_of(self._inspector.tpf)
        named, free = [], -np.inf
        for name, (low, high) in spans.items():
            middle = (max(low, x0) + min(high, x1)) / 2
            if low < x1 and high > x0 and middle >= free:
                named.append((middle, name))
                free = middle + _NAMED * (x1 - x0)
        strip = [spans[here]] if here in spans else []
        return {
            "here": {"left": [low for low, _ in strip], "right": [high for _, high in strip]},
            "begins": {"t": [low for low, _ in spans.values()]},
            "names": {
                "t": [middle for middle, _ in named],
                "f": [top] * len(named),
                "n": [name for _, name in named],
            },
        }

    def _build(self) -> hv.Image:
        picture = self._picture()
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        finish = weakly(self._finish)
        return code_image(picture["codes"], picture["x_range"], picture["y_range"]).opts(
            cmap=["#000000"],
            responsive=True,
            height=_HEIGHT,
            min_width=200,
            default_tools=["xwheel_zoom", "xpan", "reset"],
            active_tools=["xwheel_zoom", "xpan"],
            toolbar="above",
            xlabel="",
            ylabel=self._flux_label(),
            shared_axes=False,
            xlim=(x0, x1),
            ylim=(y0, y1),
            hooks=[
                self._figures.hook("raster", self._add_marks),
                lambda plot, element: finish(plot.state, picture),
            ],
        )

    def _flux_label(self) -> str:
        return "relative flux" if self.segments.rule != "level" else "flux"

    def _add_marks(self, plot, element) -> None:
        colors = raster_palette(_KINDS)
        plot.handles["color_mapper"].update(palette=colors, low=-0.5, high=len(colors) - 0.5)
        if "here" in plot.handles:  # the figure was built before, and its raster is new
            return
        figure, marks = plot.state, self._marks(self._picture())
        glyphs = {
            "here": VStrip(
                x0="left", x1="right", fill_color=EDGE_COLOR, fill_alpha=0.2, line_color=None
            ),
            "begins": VSpan(x="t", line_color=EDGE_COLOR, line_alpha=0.6, line_width=1),
            "names": Text(
                x="t",
                y="f",
                text="n",
                text_color=EDGE_COLOR,
                text_font_size="11px",
                text_align="center",
                text_baseline="top",
                y_offset=2,
            ),
        }
        levels = {"names": "annotation"}
        for name, glyph in glyphs.items():
            level = levels.get(name, "underlay")
            plot.handles[name] = add_glyph(figure, glyph, level, marks[name])
        plot.handles["bar"] = add_bar(figure, self._inspector)
        self._draw_bar({"raster": plot})

    def _bar(self) -> dict[str, object]:
        """The bar at the current cadence, on this time axis."""
        bar, inspector = cadence_bar(self._inspector), self._inspector
        name = self.segments.name_of(inspector.tpf)
        if name is None:
            return bar | {"visible": False}
        time = self.segments.time_of(name, inspector.cadence)
        return bar | ({"location": time} if bar["visible"] else {})

    def _finish(self, figure, picture) -> None:
        first, last = self.full_range
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        figure.x_range.update(
            start=x0, end=x1, reset_start=first, reset_end=last, bounds=(first, last)
        )
        figure.y_range.update(start=y0, end=y1, reset_start=y0, reset_end=y1)
        for tool in figure.tools:
            if isinstance(tool, WheelZoomTool):
                tool.maintain_focus = False  # at one bound, go on to the other
        figure.yaxis.formatter = tick_labels()
        figure.yaxis.ticker.desired_num_ticks = 3
        simplify(figure)
        gestures.mend(figure)
        figure.min_border_left, figure.min_border_right = LEFT_BORDER, RIGHT_BORDER
        figure.min_border_top = figure.min_border_bottom = 2
        figure.xaxis[0].update(**SMALL_AXIS)
        figure.title.update(
            text=self.summary(), text_font_style="normal", text_font_size="12px", align="left"
        )
        figure.html_attributes = self._spoken()

    def _spoken(self) -> dict[str, str]:
        names = ", ".join(self.segments)
        return {
            "role": "figure",
            "aria-label": f"Light curve of {names}. {self.summary()}.",
            "title": "Click: go to that file and cadence. Drag: move. Ctrl and wheel: zoom.",
        }

    # -- keeping up ------------------------------------------------------------------------------

    def draw(self, *events) -> None:
        """Draw all of it anew, on every page."""
        if not self._figures.pages():
            return
        picture = self._picture()
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        box = {"x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0]}
        first, last = self.full_range

        def change(plots):
            figure = plots["raster"].state
            figure.x_range.update(reset_start=first, reset_end=last, bounds=(first, last))
            if (x0, x1) != self._zoomed:  # it may be further on by now
                figure.x_range.update(start=x0, end=x1)
            figure.y_range.update(start=y0, end=y1, reset_start=y0, reset_end=y1)
            figure.yaxis.axis_label = self._flux_label()
            figure.title.text = self.summary()
            figure.html_attributes = self._spoken()
            set_columns(plots["raster"].handles["source"], image=[picture["codes"]], **box)
            self._draw_marks(plots, picture)

        patch(self._figures, change)

    def _draw_marks(self, plots, picture: dict | None = None) -> None:
        for name, columns in self._marks(picture or self._picture()).items():
            set_columns(plots["raster"].handles[name], **columns)
        self._draw_bar(plots)

    def _draw_bar(self, plots) -> None:
        plots["raster"].handles["bar"].update(**self._bar())
