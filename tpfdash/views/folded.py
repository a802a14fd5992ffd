"""The light curve folded with the Inspector's ephemeris: odd and even events, and means of bins."""

from __future__ import annotations

from collections.abc import Callable

import holoviews as hv
import numpy as np
from bokeh.models import BoxAnnotation, Scatter, Segment

from tpfdash.inspector import Inspector
from tpfdash.timeseries.fold import Folded
from tpfdash.views import gestures
from tpfdash.views.faults import guarded
from tpfdash.views.kinds import (
    CADENCE_COLOR,
    Kind,
    glyph_options,
    point_size,
    raster_palette,
)
from tpfdash.views.live import Live
from tpfdash.views.patches import (
    Figures,
    add_glyph,
    patch,
    set_columns,
    simplify,
    slim_toolbar,
    weakly,
)
from tpfdash.views.ranges import axis_range, tick_labels
from tpfdash.views.raster import fit_range, rasterize
from tpfdash.views.timeplot import MOST_POINTS, SMALL_AXIS, WINDOW_COLOR

__all__ = ["FOLD_KINDS", "FoldedView"]

EVEN, ODD = Kind("even", "#4285d0", "dot"), Kind("odd", "#c96a00", "ring")
BINNED = Kind("binned", "#2c9366", "diamond")
#: For a legend.
FOLD_KINDS = [EVEN, ODD, BINNED]
#: Rows and columns of the raster that stands for many points.
_CELLS = 90, 260
#: About an event so many of its durations are shown on either side, unless more is asked for.
_DURATIONS = 2.0
#: A click takes the nearest point within so many shares of the frame.
_REACH = 0.06
#: From this share of the light on it is told in per cent.
_PERCENT_FROM = 0.02
_NONE = np.zeros(0)


class FoldedView:
    """The folded light curve of an Inspector's `fold_answer`, as far as `phase_range` goes.

    It should not be in sight where there is none (`folded`).

    Attributes
    ----------
    plot : DynamicMap
        To be displayed by HoloViews or Panel, with the gestures on it: a click on a point goes to
        its cadence.
    lives : list of Live
        What is kept up while it is in sight.
    """

    def __init__(self, inspector: Inspector):
        self.inspector = inspector
        self._figures = Figures()
        self._zooming = False
        build = guarded(inspector, reraise=True)(self._build)
        self.plot = hv.DynamicMap(build, streams=[gestures.follow(inspector, ["tpf"])])
        gestures.listen(
            inspector,
            self.plot,
            {
                gestures.ClickStream: self._click,
                gestures.ZoomStream: self._zoom,
                gestures.ResetStream: self._reset,
            },
        )
        self.lives = [
            Live(inspector, self.draw, "fold_answer", "phase_range", "phase_unit"),
            Live(inspector, self._draw_cadence, "cadence"),
        ]

    @property
    def folded(self) -> Folded | None:
        """What is drawn."""
        answer = self.inspector.fold_answer
        return None if answer is None else answer.folded

    @property
    def beyond(self) -> int:
        """How many points in sight lie above or below the axis."""
        folded = self.folded
        if folded is None:
            return 0
        low, high = self._y_range(folded)
        flux = self._flux(folded)[self._in_sight(folded)]
        return int(np.count_nonzero((flux < low) | (flux > high)))

    # -- gestures --------------------------------------------------------------------------------

    def _click(self, x, y, shift):
        folded = self.folded
        if folded is None:
            return
        (left, right), (bottom, top) = self.x_range, self._y_range(folded)
        across = (folded.phase * self._per_period() - x) / (right - left)
        up = (np.clip(self._flux(folded), bottom, top) - y) / (top - bottom)
        away = np.hypot(across, up)
        if away.size and away.min() <= _REACH:
            self.inspector.cadence = int(folded.cadence[np.argmin(away)])

    def _zoom(self, x_range):
        low, high = np.clip(np.sort(x_range) / self._per_period(), -0.5, 0.5).tolist()
        if low < high:
            self._zooming = True
            try:
                self.inspector.phase_range = low, high
            finally:
                self._zooming = False

    def _reset(self, resetting):
        if self.inspector.phase_range is None:
            self.draw()
        self.inspector.phase_range = None

    def _take_event(self, box: BoxAnnotation) -> None:
        """The event was dragged to where its box is now: its middle is T0 then."""
        folded = self.folded
        if folded is None:
            return
        ephemeris = folded.ephemeris
        days = ephemeris.period / self._per_period()
        low, high = sorted((box.left * days, box.right * days))
        try:
            self.inspector.set_ephemeris(
                ephemeris.period, ephemeris.t0 + (low + high) / 2, high - low
            )
        finally:
            self._draw_event()  # where that was none, it goes back

    # -- what is drawn ---------------------------------------------------------------------------

    def _per_period(self) -> float:
        """Units of the axis in a period."""
        hours = self.inspector.phase_unit == "hours"
        return 24 * self.folded.ephemeris.period if hours and self.folded else 1.0

    @property
    def phases(self) -> tuple[float, float]:
        """The phases in sight, in periods."""
        if self.inspector.phase_range is not None or self.folded is None:
            return self.inspector.phase_range or (-0.5, 0.5)
        ephemeris = self.folded.ephemeris
        reach = (0.5 + _DURATIONS) * ephemeris.duration / ephemeris.period
        return (-reach, reach) if reach < 0.5 else (-0.5, 0.5)  # not so for NaN

    @property
    def x_range(self) -> tuple[float, float]:
        """The axis, in its unit."""
        low, high = self.phases
        return axis_range(low * self._per_period(), high * self._per_period())

    def _in_sight(self, folded: Folded) -> slice:
        return slice(*np.searchsorted(folded.phase, self.phases))

    def _scale(self, folded: Folded) -> tuple[float, str]:
        """What the flux is multiplied by, about 0, and the unit that this is."""
        if not folded.relative:
            return 1.0, self.inspector.flux_unit
        deepest = np.abs(folded.bin_flux - 1).max() if folded.bin_flux.size else 0.0
        return (100.0, "%") if deepest >= _PERCENT_FROM else (1e6, "ppm")

    def _flux(self, folded: Folded) -> np.ndarray:
        return (folded.flux - float(folded.relative)) * self._scale(folded)[0]

    def _y_range(self, folded: Folded) -> tuple[float, float]:
        part = self._in_sight(folded)
        fitted = fit_range(folded.phase[part], self._flux(folded)[part])
        bins = self._bins(folded)
        ends = [*(fitted or ()), *(bins["f"] - bins["e"]), *(bins["f"] + bins["e"])]
        return axis_range(min(ends), max(ends)) if ends else (-1.0, 1.0)

    def _bins(self, folded: Folded) -> dict[str, np.ndarray]:
        low, high = self.phases
        seen = (folded.bin_phase >= low) & (folded.bin_phase <= high)
        scale, _ = self._scale(folded)
        return {
            "t": folded.bin_phase[seen] * self._per_period(),
            "f": (folded.bin_flux[seen] - float(folded.relative)) * scale,
            "e": folded.bin_flux_err[seen] * scale,
        }

    def _picture(self) -> dict:
        """All that depends on the fold and on what is in sight of it."""
        folded = self.folded
        if folded is None:
            nothing = {"codes": np.zeros((1, 1), np.uint8), "points": [(_NONE, _NONE)] * 2}
            return nothing | {"x_range": (-1.0, 1.0), "y_range": (-1.0, 1.0), "size": 3.0}
        part = self._in_sight(folded)
        x, y = folded.phase[part] * self._per_period(), self._flux(folded)[part]
        odd = folded.odd[part]
        series = [(x[which], y[which]) for which in (~odd, odd)]
        picture = {"x_range": self.x_range, "y_range": self._y_range(folded)}
        picture["size"] = point_size(max(x.size, 200))
        if x.size <= MOST_POINTS:
            return picture | {"codes": np.zeros((1, 1), np.uint8), "points": series}
        codes = rasterize(series, picture["x_range"], picture["y_range"], _CELLS)
        return picture | {"codes": codes, "points": [(_NONE, _NONE)] * 2}

    def _labels(self) -> tuple[str, str]:
        """Of the axes."""
        x = "hours from mid-event" if self.inspector.phase_unit == "hours" else "phase (periods)"
        unit = "" if self.folded is None else self._scale(self.folded)[1]
        return x, f"change ({unit})" if unit else "change"

    def _marks(self) -> dict[str, dict]:
        """The bins with their errors, the current cadence: columns by name."""
        folded = self.folded
        if folded is None:
            return {
                "errors": {"t": [], "f": [], "t1": [], "f1": []},
                "bins": {"t": [], "f": []},
                "cadence": {"t": [], "f": []},
            }
        bins = self._bins(folded)
        t, f, e = bins["t"], bins["f"], bins["e"]
        return {
            "errors": {"t": t, "f": f - e, "t1": t, "f1": f + e},
            "bins": {"t": t, "f": f},
            "cadence": self._cadence(folded),
        }

    def _event(self) -> dict:
        """How long the event is, as properties of Bokeh's BoxAnnotation."""
        ephemeris = None if self.folded is None else self.folded.ephemeris
        if ephemeris is None or not np.isfinite(ephemeris.duration):
            return {"visible": False}
        half = ephemeris.duration / ephemeris.period / 2 * self._per_period()
        return {"left": -half, "right": half, "visible": True}

    def _cadence(self, folded: Folded) -> dict[str, np.ndarray]:
        at = np.flatnonzero(folded.cadence == self.inspector.cadence)
        bottom, top = self._y_range(folded)
        return {
            "t": folded.phase[at] * self._per_period(),
            "f": np.clip(self._flux(folded)[at], bottom, top),
        }

    def _event_box(self) -> BoxAnnotation:
        made = BoxAnnotation(
            editable=True,
            movable="x",
            resizable="x",
            level="underlay",
            fill_color=WINDOW_COLOR,
            fill_alpha=0.12,
            line_color=None,
            hover_fill_color=WINDOW_COLOR,
            hover_fill_alpha=0.2,
            **self._event(),
        )
        take = guarded(self.inspector)(weakly(self._take_event))
        made.on_change("tags", lambda attr, old, new: take(made))
        return made

    def _glyphs(self) -> dict:
        bars = Segment(x0="t", y0="f", x1="t1", y1="f1", line_color=BINNED.color, line_width=1.5)
        looks = {"line_color": "#ffffff", "line_width": 0.8, "fill_color": BINNED.color}
        ring = {"size": 12, "fill_color": None, "line_color": CADENCE_COLOR, "line_width": 2}
        return {
            "errors": (bars, "annotation"),
            "bins": (Scatter(x="t", y="f", marker="diamond", size=9, **looks), "annotation"),
            "cadence": (Scatter(x="t", y="f", **ring), "overlay"),
        }

    def _build(self, tpf) -> hv.Overlay:
        """The figure, still empty: a drawer that is opened again shows what was built first."""
        finish = weakly(self._finish)
        raster = hv.Image(np.zeros((1, 1), np.uint8), kdims=["t", "f"], vdims=["code"]).opts(
            cmap=["#000000"], hooks=[self._figures.hook("raster", self._add_marks)]
        )
        points = [
            hv.Scatter((_NONE, _NONE), "t", "f").opts(
                **glyph_options(kind, 3.0), hooks=[self._figures.hook(kind.name)]
            )
            for kind in (EVEN, ODD)
        ]
        return hv.Overlay([raster, *points]).opts(
            responsive=True,
            min_width=120,
            min_height=100,
            fontsize={"labels": "11px", "ticks": "10px"},
            default_tools=["xwheel_zoom", "xbox_zoom", "reset"],
            active_tools=["xwheel_zoom", "xbox_zoom"],
            show_legend=False,
            shared_axes=False,
            hooks=[lambda plot, element: finish(plot.state)],
        )

    def _add_marks(self, plot, element) -> None:
        colors = raster_palette([EVEN, ODD])
        plot.handles["color_mapper"].update(palette=colors, low=-0.5, high=len(colors) - 0.5)
        if "marks" not in plot.handles:
            columns = self._marks()
            plot.handles["marks"] = {
                name: add_glyph(plot.state, glyph, level, columns[name])
                for name, (glyph, level) in self._glyphs().items()
            }
            event = plot.handles["event"] = self._event_box()
            plot.state.add_layout(event)

    def _finish(self, figure) -> None:
        figure.xaxis[0].update(**SMALL_AXIS)
        figure.yaxis.formatter = tick_labels()
        figure.yaxis.ticker.desired_num_ticks = 3
        figure.min_border_left, figure.min_border_right = 58, 10
        figure.min_border_top = figure.min_border_bottom = 2
        simplify(figure)
        slim_toolbar(figure)
        gestures.mend(figure)
        plots = self._figures.on(self._figures.page_of(figure))
        gestures.tell_end_of_drag(figure, plots["raster"].handles["event"])
        figure.html_attributes = {
            "role": "figure",
            "aria-label": "The folded light curve. Click a point to go to its cadence; drag the "
            "event or its ends to move it or to have it longer or shorter.",
        }
        self._change()(plots)

    # -- keeping up ------------------------------------------------------------------------------

    def _draw_cadence(self, *events) -> None:
        folded = self.folded
        if folded is not None:
            where = self._cadence(folded)
            patch(
                self._figures,
                lambda plots: set_columns(plots["raster"].handles["marks"]["cadence"], **where),
            )

    def _draw_event(self) -> None:
        looks = self._event()
        patch(self._figures, lambda plots: plots["raster"].handles["event"].update(**looks))

    def draw(self, *events) -> None:
        """Draw it anew, on every page."""
        if self._figures.pages():
            patch(self._figures, self._change())

    def _change(self) -> Callable[[dict], None]:
        """What draws it into the figure of a page."""
        event = self._event()
        picture, marks, (xlabel, ylabel) = self._picture(), self._marks(), self._labels()
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        box = {"x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0]}
        zooming = self._zooming  # the figure that was zoomed has its range already

        def change(plots):
            figure = plots["raster"].state
            if not zooming:
                figure.x_range.update(start=x0, end=x1)
            figure.y_range.update(start=y0, end=y1, reset_start=y0, reset_end=y1)
            figure.xaxis.axis_label, figure.yaxis.axis_label = xlabel, ylabel
            set_columns(plots["raster"].handles["source"], image=[picture["codes"]], **box)
            for kind, (x, y) in zip((EVEN, ODD), picture["points"], strict=True):
                set_columns(plots[kind.name].handles["source"], t=x, f=y)
                size = glyph_options(kind, picture["size"])["size"]
                plots[kind.name].handles["glyph"].update(size=size)
            for name, columns in marks.items():
                set_columns(plots["raster"].handles["marks"][name], **columns)
            plots["raster"].handles["event"].update(**event)

        return change
