"""A quantity against time: points where few are in sight, a datashader raster where many are.

The light curve and the panels under it are such plots. They share the time axis through the
Inspector's `time_range`, and all carry the bar at the current cadence and the windows. Every point
is in the plot, or marked at its edge: the y axis fits what is usual and holds the current cadence
and the windows, and triangles stand for what lies beyond it.
"""

from __future__ import annotations

from collections.abc import Callable

import holoviews as hv
import numpy as np
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.models import BoxSelectTool, Glyph, Scatter, Span, VStrip, WheelZoomTool

from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import params_of
from tpfdash.views import gestures
from tpfdash.views.faults import guarded
from tpfdash.views.kinds import (
    CADENCE_COLOR,
    EDGE_COLOR,
    Kind,
    code_image,
    glyph_options,
    point_size,
    raster_palette,
)
from tpfdash.views.live import Live
from tpfdash.views.patches import (
    Figures,
    add_glyph,
    drag_with,
    patch,
    set_columns,
    simplify,
    weakly,
)
from tpfdash.views.ranges import axis_range, tick_labels
from tpfdash.views.raster import (
    FARTHEST,
    HEIGHT,
    WIDTH,
    beyond,
    extremes,
    fit_range,
    rasterize,
    widened,
)

__all__ = [
    "LEFT_BORDER",
    "MOST_POINTS",
    "RIGHT_BORDER",
    "SMALL_AXIS",
    "TimePlot",
    "WINDOW_COLOR",
    "add_bar",
    "cadence_bar",
    "full_range",
    "window_spans",
]

#: Up to so many cadences in sight are drawn as points, that can be told apart; 4 bytes each a
#: change. Beyond that they are drawn as a raster, whose size does not depend on their number.
MOST_POINTS = 2000
#: The plots below each other share where their axes begin and end; in screen pixels.
LEFT_BORDER, RIGHT_BORDER = 86, 12
#: Properties of a time axis that takes little room.
SMALL_AXIS = {
    "axis_label_standoff": 1,
    "axis_label_text_font_size": "11px",
    "major_label_standoff": 2,
    "major_label_text_font_size": "11px",
    "major_tick_out": 3,
}
WINDOW_COLOR = "#4285d0"
#: Screen pixels: from one triangle to the next, from the edge to its middle, and how near to the
#: edge the mouse has to be.
_APART, _INSIDE, _NEAR_EDGE = 8, 7, 14

_NOWHERE = np.zeros(0)


def full_range(inspector: Inspector) -> tuple[float, float]:
    """(first, last) time of the file, with a margin; (0, 1) where no cadence has a time."""
    if inspector.timeline.span is None:
        return 0.0, 1.0
    first, last = inspector.timeline.span
    return axis_range(first, last, 0.01 * (last - first) or 0.5)


def window_spans(inspector: Inspector) -> dict[str, list[float]]:
    """The windows as the columns of a data source."""
    windows = inspector.windows
    return {"left": [low for low, _ in windows], "right": [high for _, high in windows]}


def cadence_bar(inspector: Inspector) -> dict[str, object]:
    """The bar at the current cadence, as properties of Bokeh's Span."""
    time = float(inspector.time[inspector.cadence])
    timed = bool(np.isfinite(time))
    return {"location": time if timed else 0.0, "visible": timed}


def add_bar(figure, inspector: Inspector, **looks) -> Span:
    """Draw the bar on a canvas of its own: where it moves, nothing else is painted again."""
    looks = {"line_color": CADENCE_COLOR, "line_width": 1.5, "level": "overlay"} | looks
    bar = Span(dimension="height", **looks, **cadence_bar(inspector))
    figure.add_layout(bar)
    return bar


class TimePlot:
    """A plot of one or more kinds of points against time.

    Parameters
    ----------
    inspector : Inspector
    kinds : list of Kind
    values : callable
        -> list of (x, y), one a kind: float arrays over all cadences, NaN where there is no point;
        of length 0 for a kind that has none.
    label : callable
        -> the y axis' label.
    follows : tuple of str
        The Inspector's params and derived values that values and label are made of.

    Attributes
    ----------
    plot : DynamicMap
        To be displayed by HoloViews or Panel, with the gestures on it.
    live : Live
        Whether the data in it are in sight.
    """

    #: Options of HoloViews for the size, the tools and the y axis of the plot.
    _options: dict[str, object] = {}
    #: Whether every kind counts for the y range; the light curve fits its good cadences only.
    _fits_all_kinds = True
    #: (width, height) of a usual frame in screen pixels. What is drawn is made for that, so that
    #: the same state is the same picture, whatever a browser has told by then.
    _usual_frame = 900, 320
    #: (rows, columns) of the raster.
    _cells = HEIGHT, WIDTH
    #: About how many numbers stand at the flux axis; they have room in the lowest frame.
    _y_ticks = 4

    def __init__(
        self,
        inspector: Inspector,
        kinds: list[Kind],
        values: Callable[[], list[tuple[np.ndarray, np.ndarray]]],
        label: Callable[[], str],
        follows: tuple[str, ...],
    ):
        self.inspector = inspector
        #: The kinds of points with their colours and shapes, for a legend.
        self.kinds = kinds
        #: Kinds below these, whose points `_under` gives, and which a subclass draws where few.
        self.kinds_under: list[Kind] = []
        self._values = values
        self._label = label
        self._figures = Figures()
        self._zooming = False
        self._shows_time_axis = True
        self._drawn: dict | None = None
        self._clock = inspector.timeline.clock
        build = guarded(inspector, reraise=True)(self._build)
        self.plot = hv.DynamicMap(build, streams=[gestures.follow(inspector, ["tpf"])])
        gestures.listen(
            inspector,
            self.plot,
            {
                gestures.ClickStream: self._click,
                gestures.BoxStream: self._box,
                gestures.ZoomStream: self._zoom,
                gestures.ResetStream: self._reset,
            },
        )
        #: The values of the Inspector that say what lies beyond the y axis.
        self.beyond_follows = ("time_range", "show_all", "cadence", "windows", *follows)
        self._moves_marks = {"cadence", *params_of(type(inspector), "windows")}
        self.live = Live(inspector, self._keep_up, *self.beyond_follows)
        Live(inspector, self._tell, *follows, later=True)

    def on_page(self, page: str | None):
        """Its Bokeh figure on a page that `Figures` knows by this name; None where it has none."""
        plots = self._figures.on(page)
        return plots["raster"].state if "raster" in plots else None

    @property
    def show_time_axis(self) -> bool:
        """Whether the time axis has labels: the lowest of the plots below each other has."""
        return self._shows_time_axis

    @show_time_axis.setter
    def show_time_axis(self, value: bool) -> None:
        self._shows_time_axis = bool(value)
        patch(self._figures, lambda plots: self._show_time_axis(plots["raster"].state))

    @property
    def beyond(self) -> tuple[int, int]:
        """How many points of the stretch of time in sight lie (above, below) the y axis."""
        drawn = self._drawn or self._picture()
        above, below = (len(cadences) for cadences, _ in drawn["beyond"])
        return above, below

    @property
    def beyond_text(self) -> str:
        """The same in words; "" where none does."""
        above, below = self.beyond
        counts = ((above, "above"), (below, "below"))
        return ", ".join(f"{count:,} {side}" for count, side in counts if count)

    # -- gestures --------------------------------------------------------------------------------

    def _click(self, x, y, shift):
        cadence = self._at_edge(x, y)
        if cadence is None:
            self.inspector.seek(x)
        else:
            self.inspector.cadence = cadence

    def _box(self, bounds, shift):
        if shift:
            self.inspector.add_window(*bounds[::2])
        else:
            self.inspector.new_window(*bounds[::2])

    def _zoom(self, x_range):
        full = self.full_range
        everything = x_range[0] <= full[0] and x_range[1] >= full[1]
        self._zooming = True
        try:
            self.inspector.time_range = None if everything else x_range
        finally:
            self._zooming = False

    def _reset(self, resetting):
        if self.inspector.time_range is None:
            self.draw()  # the browser has put the axes back already: draw what they should show
        self.inspector.time_range = None

    def _frame(self) -> tuple[float, float]:
        """(width, height) of the frame in screen pixels, of the page shown last."""
        width, height = self._usual_frame
        try:
            figure = self._figures.pages()[-1]["raster"].state
            return figure.inner_width or width, figure.inner_height or height
        except (IndexError, UnsetValueError):
            return width, height

    def _at_edge(self, x: float, y: float) -> int | None:
        """The cadence of the triangle under the mouse; None where there is none."""
        if self._drawn is None:
            return None
        width, height = self._frame()
        (x0, x1), (y0, y1) = self._drawn["x_range"], self._drawn["y_range"]
        reach_x, reach_y = (x1 - x0) / width * _APART, (y1 - y0) / height * _NEAR_EDGE
        for (cadences, times), near in zip(
            self._drawn["triangles"], (y > y1 - reach_y, y < y0 + reach_y), strict=True
        ):
            if near and times.size:
                nearest = int(np.argmin(np.abs(times - x)))
                if abs(times[nearest] - x) <= reach_x:
                    return int(cadences[nearest])
        return None

    # -- what is drawn ---------------------------------------------------------------------------

    @property
    def full_range(self) -> tuple[float, float]:
        """(first, last) time of the file, with a margin; (0, 1) where no cadence has a time."""
        return full_range(self.inspector)

    @property
    def x_range(self) -> tuple[float, float]:
        """The stretch of time in sight."""
        chosen = self.inspector.time_range
        return axis_range(*chosen) if chosen else self.full_range

    def _picture(self) -> dict:
        """All that depends on the data in sight: ranges, raster, points, what lies beyond."""
        series, x_range = [*self._values(), *self._under()], self.x_range
        in_sight = slice(*np.searchsorted(self._clock, x_range))
        fitted = self._y_range(series, in_sight)
        picture = {"series": series, "x_range": x_range, "in_sight": in_sight, "fitted": fitted}
        y_range = self._grown(picture)
        picture |= {"y_range": y_range, "size": point_size(in_sight.stop - in_sight.start)}
        picture["beyond"] = beyond(self._marked(series), in_sight, x_range, y_range)
        picture["triangles"] = self._triangles(picture)
        if in_sight.stop - in_sight.start > MOST_POINTS:
            pieces = [(x[in_sight], y[in_sight]) for x, y in series]
            layers = [*pieces[len(self.kinds) :], *pieces[: len(self.kinds)]]
            codes = rasterize(layers, x_range, y_range, self._cells)
            return picture | {"codes": codes, "points": [(_NOWHERE, _NOWHERE)] * len(series)}
        # A short light curve is sent whole, so that a zoom has nothing to send.
        part = slice(None) if self._clock.size <= MOST_POINTS else in_sight
        points, (first, last) = [], self.full_range
        for x, y in series:
            there = (x[part] >= first) & (x[part] <= last)  # not so for NaN
            y = y[part][there]
            with np.errstate(invalid="ignore"):  # what is too large for the browser is not in sight
                y = np.where(np.abs(y) < FARTHEST, y, np.nan)
            points.append((x[part][there], y.astype(np.float32)))
        return picture | {"codes": np.zeros((1, 1), np.uint8), "points": points}

    def _under(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """(x, y) of each of `kinds_under`, as `values` gives those of `kinds`."""
        return []

    def _marked(self, series):
        """Those of whose points it is said where they lie beyond the y axis."""
        return series

    def _y_range(self, series, visible: slice) -> tuple[float, float]:
        """Fits the first kind that has points, and those below; all kinds where asked to."""
        everything = self.inspector.show_all
        ranges: list[tuple[float, float]] = []
        for number, (x, y) in enumerate(series):
            if number < len(self.kinds) and ranges and not (everything or self._fits_all_kinds):
                continue
            fitted = fit_range(x[visible], y[visible], everything)
            if fitted is not None:
                ranges.append(fitted)
        if not ranges:
            return 0.0, 1.0
        return min(low for low, _ in ranges), max(high for _, high in ranges)

    def _grown(self, picture: dict) -> tuple[float, float]:
        """The y axis: what fits, and the current cadence and the windows' kept ones in sight."""
        inspector, (x0, x1) = self.inspector, picture["x_range"]
        time = inspector.time[inspector.cadence]
        cadence = inspector.cadence if x0 <= time <= x1 else -1
        windows = [
            slice(
                np.searchsorted(self._clock, max(low, x0)),
                np.searchsorted(self._clock, min(high, x1), "right"),
            )
            for low, high in inspector.windows
        ]
        ends = [
            widened(picture["fitted"], x, y, cadence, windows, inspector.good)
            for x, y in picture["series"]
            if x.size
        ]
        low, high = picture["fitted"]
        return axis_range(
            min((low, *(end for end, _ in ends))), max((high, *(end for _, end in ends)))
        )

    def _triangles(self, picture: dict) -> list[tuple[np.ndarray, np.ndarray]]:
        """(cadence, time) of those that have a mark at the upper, and at the lower edge.

        One in so many screen pixels: of those close together the one farthest off.
        """
        columns = self._usual_frame[0] // _APART
        marked = []
        for (cadences, values), sign in zip(picture["beyond"], (1, -1), strict=True):
            times = self.inspector.time[cadences]
            chosen = extremes(times, sign * values, picture["x_range"], columns)
            marked.append((cadences[chosen], times[chosen]))
        return marked

    def _edges(self, picture: dict) -> dict[str, dict[str, np.ndarray]]:
        """The triangles as the columns of two data sources, a little inside the frame."""
        below, above = self._edge_places(picture)
        places = {"above": above, "below": below}
        return {
            side: {"t": times, "f": np.full(times.size, place)}
            for (side, place), (_, times) in zip(places.items(), picture["triangles"], strict=True)
        }

    def _edge_places(self, picture: dict) -> tuple[float, float]:
        """Where on the y axis (below, above) is marked what lies beyond."""
        y0, y1 = picture["y_range"]
        inside = _INSIDE / self._usual_frame[1] * (y1 - y0)
        return y0 + inside, y1 - inside

    def _build(self, tpf) -> hv.Overlay:
        self._drawn = picture = self._picture()
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        finish = weakly(self._finish)
        raster = code_image(picture["codes"], picture["x_range"], picture["y_range"]).opts(
            cmap=["#000000"],
            tools=[BoxSelectTool(dimensions="width", renderers=[])],
            hooks=[self._figures.hook("raster", self._add_marks)],
        )
        points = [
            hv.Scatter((x, y), "t", "f").opts(
                **glyph_options(kind, picture["size"]), hooks=[self._figures.hook(kind.name)]
            )
            for kind, (x, y) in zip(self.kinds, picture["points"], strict=False)
        ]
        return hv.Overlay([raster, *points]).opts(
            min_width=200,
            xlabel=self._time_label(),
            ylabel=self._label(),
            active_tools=["xwheel_zoom"],
            show_legend=False,
            shared_axes=False,
            xlim=(x0, x1),
            ylim=(y0, y1),
            hooks=[lambda plot, element: finish(plot.state, picture)],
            **self._options,
        )

    def _glyphs(self) -> dict[str, tuple[Glyph, str]]:
        """What is drawn beside the points: name -> Bokeh's glyph, and its level."""
        looks = {"size": 9, "fill_color": EDGE_COLOR, "line_color": None}
        window = VStrip(
            x0="left", x1="right", fill_color=WINDOW_COLOR, fill_alpha=0.18, line_color=None
        )
        return {
            "windows": (window, "underlay"),
            "above": (Scatter(x="t", y="f", marker="triangle", **looks), "annotation"),
            "below": (Scatter(x="t", y="f", marker="inverted_triangle", **looks), "annotation"),
        }

    def _marks(self, picture: dict) -> dict[str, dict]:
        """Where they are: name -> columns of the glyph's source."""
        return {"windows": window_spans(self.inspector)} | self._edges(picture)

    def _add_marks(self, plot, element) -> None:
        """Draw the marks. (An element of HoloViews for each would take a page a third longer.)"""
        self._color(plot, element)
        if "marks" not in plot.handles:  # or the figure was built before, and its raster is new
            columns = self._marks(self._drawn or self._picture())
            plot.handles["marks"] = {
                name: add_glyph(plot.state, glyph, level, columns[name])
                for name, (glyph, level) in self._glyphs().items()
            }
            plot.handles["bar"] = add_bar(plot.state, self.inspector, line_alpha=0.9)

    def _time_label(self) -> str:
        attrs = self.inspector.tpf.attrs
        clock = attrs.get("time_format", "")
        return (f"time ({clock} = " if clock else "time (") + (
            f"BJD − {attrs.get('time_reference', 0):.0f}, days)"
        )

    def _color(self, plot, element) -> None:
        """HoloViews cannot mix transparent and opaque colours."""
        colors = raster_palette([*self.kinds_under, *self.kinds])
        plot.handles["color_mapper"].update(palette=colors, low=-0.5, high=len(colors) - 0.5)

    def _finish(self, figure, picture) -> None:
        """What HoloViews leaves as it was when it rebuilds a plot, or has no option for."""
        first, last = self.full_range
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        # Bokeh's own tools go no further than the bounds.
        figure.x_range.update(
            start=x0, end=x1, reset_start=first, reset_end=last, bounds=self._bounds()
        )
        figure.y_range.update(start=y0, end=y1, reset_start=y0, reset_end=y1)
        for tool in figure.tools:
            if isinstance(tool, WheelZoomTool):
                tool.maintain_focus = False  # at one bound, go on to the other
        figure.yaxis.formatter = tick_labels()
        figure.yaxis.ticker.desired_num_ticks = self._y_ticks
        simplify(figure)
        gestures.mend(figure)
        drag_with(figure, BoxSelectTool)
        figure.min_border_left, figure.min_border_right = LEFT_BORDER, RIGHT_BORDER
        figure.min_border_top = figure.min_border_bottom = 4
        figure.xaxis[0].update(**SMALL_AXIS)
        self._show_time_axis(figure)
        figure.html_attributes = self._spoken()

    def _bounds(self) -> tuple[float, float]:
        """How far the time axis may be moved: to all of the file, and to what is in sight."""
        (first, last), (x0, x1) = self.full_range, self.x_range
        return min(first, x0), max(last, x1)

    def _show_time_axis(self, figure) -> None:
        figure.xaxis.visible = self._shows_time_axis

    def _spoken(self) -> dict[str, str]:
        """The plot in words, for those who cannot see it."""
        return {"role": "img", "aria-label": f"{self._label()} against {self._time_label()}"}

    # -- keeping up ------------------------------------------------------------------------------

    def _tell(self, *events) -> None:
        def change(plots):
            plots["raster"].state.html_attributes = self._spoken()

        patch(self._figures, change)

    def _keep_up(self, *events) -> None:
        """Move the bar and the windows; draw the data anew where it is they that changed."""
        marks_alone = bool(events) and {event.name for event in events} <= self._moves_marks
        drawn = self._drawn if marks_alone else None
        if drawn and not self._is_old(drawn) and self._grown(drawn) == drawn["y_range"]:
            patch(self._figures, self._draw_marks)
        else:
            self.draw()

    def _is_old(self, drawn: dict) -> bool:
        """Whether the points are others, though it is but the cadence or the windows that moved."""
        return False

    def _draw_marks(self, plots) -> None:
        handles = plots["raster"].handles
        handles["bar"].update(**cadence_bar(self.inspector))
        set_columns(handles["marks"]["windows"], **window_spans(self.inspector))

    def draw(self, *events) -> None:
        """Draw the data anew, on every page."""
        if not self._figures.pages():
            self._drawn = None
            return
        self._drawn = picture = self._picture()
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        # The figure that was zoomed has its x range already, and may be further on by now.
        zooming = self._zooming

        def change(plots):
            figure = plots["raster"].state
            if not zooming:
                figure.x_range.update(start=x0, end=x1, bounds=self._bounds())
            reset = {} if self.inspector.time_range else {"reset_start": y0, "reset_end": y1}
            figure.y_range.update(start=y0, end=y1, **reset)
            figure.yaxis.axis_label = self._label()
            box = {"x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0]}
            source = plots["raster"].handles["source"]
            if picture["codes"].size > 1 or source.data["image"][0].size > 1:
                set_columns(source, image=[picture["codes"]], **box)
            for kind, (x, y) in zip(self.kinds, picture["points"], strict=False):
                set_columns(plots[kind.name].handles["source"], t=x, f=y)
                size = glyph_options(kind, picture["size"])["size"]
                plots[kind.name].handles["glyph"].update(size=size)
            for name, columns in self._marks(picture).items():
                set_columns(plots["raster"].handles["marks"][name], **columns)
            self._draw_marks(plots)
            self._draw_more(plots, picture)

        patch(self._figures, change)

    def _draw_more(self, plots, picture: dict) -> None:
        """Further changes that belong to a drawing of the data."""
