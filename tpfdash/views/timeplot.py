"""A quantity against time: points where few are in sight, a datashader raster where many are.

The light curve and the panels under it are such plots. They share the time axis through the
Inspector's `time_range`, and all carry the bar at the current cadence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import holoviews as hv
import numpy as np
from bokeh.models import BasicTickFormatter

from tpfdash.inspector import Inspector
from tpfdash.views import gestures
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live
from tpfdash.views.patches import Figures, patch, set_columns, simplify, weakly
from tpfdash.views.ranges import axis_range
from tpfdash.views.raster import LEVELS, fit_range, rasterize

__all__ = ["CADENCE_COLOR", "Kind", "TimePlot"]

CADENCE_COLOR = "#ff2d55"

#: Up to so many cadences in sight are drawn as points, that can be told apart; 4 bytes each a
#: change. Beyond that they are drawn as a raster, whose size does not depend on their number.
MOST_POINTS = 2000

_NOWHERE = np.zeros(0)
#: A point beyond is drawn nowhere: what is worked out of it has to be a number in float32 too.
_LARGEST_POINT = 1e37


@dataclass(frozen=True)
class Kind:
    """A kind of points in the plot, with the colour that says which."""

    name: str
    color: str


class TimePlot:
    """A plot of one or more kinds of points against time.

    Parameters
    ----------
    inspector : Inspector
    kinds : list of Kind
    values : callable
        -> list of (x, y), one a kind: float arrays over all cadences, NaN where there is no point.
    label : callable
        -> the y axis' label.
    height : int
        In screen pixels.
    follows : tuple of str
        The Inspector's params and derived values that values and label are made of.

    Attributes
    ----------
    plot : DynamicMap
        To be displayed by HoloViews or Panel, with the gestures on it.
    live : Live
        Whether the data in it are in sight.
    """

    def __init__(
        self,
        inspector: Inspector,
        kinds: list[Kind],
        values: Callable[[], list[tuple[np.ndarray, np.ndarray]]],
        label: Callable[[], str],
        height: int,
        follows: tuple[str, ...],
    ):
        self.inspector = inspector
        self._kinds = kinds
        self._values = values
        self._label = label
        self._height = height
        self._figures = Figures()
        self._zooming = False
        self._clock = inspector.timeline.clock
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
        Live(inspector, self._draw_bar, "cadence")
        self.live = Live(inspector, self.draw, "time_range", "show_all", *follows)

    @property
    def colors(self) -> dict[str, str]:
        """The colour of each kind of points, for a legend."""
        return {kind.name: kind.color for kind in self._kinds}

    # -- gestures --------------------------------------------------------------------------------

    def _click(self, x, y, shift):
        self.inspector.seek(x)

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

    # -- what is drawn ---------------------------------------------------------------------------

    @property
    def full_range(self) -> tuple[float, float]:
        """(first, last) time of the file, with a margin; (0, 1) where no cadence has a time."""
        if self.inspector.timeline.span is None:
            return 0.0, 1.0
        first, last = self.inspector.timeline.span
        return axis_range(first, last, 0.01 * (last - first) or 0.5)

    @property
    def x_range(self) -> tuple[float, float]:
        """The stretch of time in sight."""
        chosen = self.inspector.time_range
        return axis_range(*chosen) if chosen else self.full_range

    def _picture(self) -> dict:
        """All that depends on the data in sight: ranges, raster, points."""
        series, x_range = self._values(), self.x_range
        in_sight = slice(*np.searchsorted(self._clock, x_range))
        y_range = axis_range(*self._y_range(series, in_sight))
        nothing = np.zeros((1, 1), np.uint8)
        if in_sight.stop - in_sight.start > MOST_POINTS:
            pieces = [(x[in_sight], y[in_sight]) for x, y in series]
            codes = rasterize(pieces, x_range, y_range)
            return {
                "x_range": x_range,
                "y_range": y_range,
                "codes": codes,
                "points": [(_NOWHERE, _NOWHERE)] * len(series),
            }
        # A short light curve is sent whole, so that a zoom has nothing to send.
        part = slice(None) if self._clock.size <= MOST_POINTS else in_sight
        points, (first, last) = [], self.full_range
        for x, y in series:
            there = (x[part] >= first) & (x[part] <= last)  # not so for NaN
            y = y[part][there]
            with np.errstate(invalid="ignore"):  # what is too large for the browser is not in sight
                y = np.where(np.abs(y) < _LARGEST_POINT, y, np.nan)
            points.append((x[part][there], y.astype(np.float32)))
        return {"x_range": x_range, "y_range": y_range, "codes": nothing, "points": points}

    def _y_range(self, series, visible: slice) -> tuple[float, float]:
        """Fits the first kind that has points; all kinds where asked to."""
        everything = self.inspector.show_all
        ranges = []
        for x, y in series:
            fitted = fit_range(x[visible], y[visible], everything)
            if fitted is not None:
                ranges.append(fitted)
                if not (everything or self._fits_all_kinds):
                    break
        if not ranges:
            return 0.0, 1.0
        return min(low for low, _ in ranges), max(high for _, high in ranges)

    #: Whether every kind counts for the y range; the light curve fits its good cadences only.
    _fits_all_kinds = True

    def _bar(self) -> dict[str, object]:
        time = float(self.inspector.time[self.inspector.cadence])
        timed = bool(np.isfinite(time))
        return {"location": time if timed else 0.0, "visible": timed}

    def _build(self, tpf) -> hv.Overlay:
        picture = self._picture()
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        finish = weakly(self._finish)
        raster = hv.Image(
            picture["codes"][::-1], bounds=(x0, y0, x1, y1), kdims=["t", "f"], vdims=["code"]
        ).opts(cmap=["#000000"], hooks=[self._figures.hook("raster", self._color)])
        points = [
            hv.Scatter((x, y), "t", "f").opts(
                color=kind.color,
                size=3,
                alpha=0.75,
                line_color=None,
                hooks=[self._figures.hook(kind.name)],
            )
            for kind, (x, y) in zip(self._kinds, picture["points"], strict=True)
        ]
        bar = hv.VLine(self._bar()["location"]).opts(
            color=CADENCE_COLOR,
            line_width=1.5,
            alpha=0.9,
            level="overlay",  # a canvas of its own: where it moves, nothing else is painted again
            visible=self._bar()["visible"],
            hooks=[self._figures.hook("bar")],
        )
        return hv.Overlay([*self._under(), raster, *points, *self._over(), bar]).opts(
            responsive=True,
            height=self._height,
            min_width=200,
            xlabel=self._time_label(),
            ylabel=self._label(),
            default_tools=["xwheel_zoom", "xpan", "xbox_zoom", "reset", "save"],
            active_tools=["xwheel_zoom"],
            yformatter=BasicTickFormatter(use_scientific=False),
            toolbar="above",
            show_legend=False,
            shared_axes=False,
            xlim=(x0, x1),
            ylim=(y0, y1),
            hooks=[lambda plot, element: finish(plot.state, picture)],
        )

    def _under(self) -> list:
        """Further elements under the points."""
        return []

    def _over(self) -> list:
        """Further elements over the points."""
        return []

    def _time_label(self) -> str:
        attrs = self.inspector.tpf.attrs
        clock = attrs.get("time_format", "")
        return f"time (BJD − {attrs.get('time_reference', 0):.0f}, days)" + (
            f"  {clock}" if clock else ""
        )

    def _color(self, plot, element) -> None:
        """One block of the palette a kind; HoloViews cannot mix transparent and opaque colours."""
        colors = ["#00000000"]
        for kind in self._kinds:
            alphas = np.linspace(0.65, 1, LEVELS) * 255
            colors += [f"{kind.color}{round(alpha):02x}" for alpha in alphas] + ["#00000000"]
        mapper = plot.handles["color_mapper"]
        mapper.update(palette=colors, low=-0.5, high=len(colors) - 0.5)

    def _finish(self, figure, picture) -> None:
        """What HoloViews leaves as it was when it rebuilds a plot: the ranges."""
        first, last = self.full_range
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        figure.x_range.update(start=x0, end=x1, reset_start=first, reset_end=last)
        figure.y_range.update(start=y0, end=y1, reset_start=y0, reset_end=y1)
        simplify(figure)
        figure.min_border_left = 86  # the plots below each other share where their axes begin

    # -- keeping up ------------------------------------------------------------------------------

    def draw(self, *events) -> None:
        """Draw the data anew, on every page."""
        if not self._figures.pages():
            return
        picture = self._picture()
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        # The figure that was zoomed has its x range already, and may be further on by now.
        zooming = self._zooming

        def change(plots):
            figure = plots["raster"].state
            if not zooming:
                figure.x_range.update(start=x0, end=x1)
            reset = {} if self.inspector.time_range else {"reset_start": y0, "reset_end": y1}
            figure.y_range.update(start=y0, end=y1, **reset)
            figure.yaxis.axis_label = self._label()
            box = {"x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0]}
            source = plots["raster"].handles["source"]
            if picture["codes"].size > 1 or source.data["image"][0].size > 1:
                set_columns(source, image=[picture["codes"]], **box)
            for kind, (x, y) in zip(self._kinds, picture["points"], strict=True):
                set_columns(plots[kind.name].handles["source"], t=x, f=y)
            self._draw_more(plots)

        patch(self._figures, change)

    def _draw_more(self, plots) -> None:
        """Further changes that belong to a drawing of the data."""

    def _draw_bar(self, *events) -> None:
        patch(self._figures, lambda plots: plots["bar"].handles["glyph"].update(**self._bar()))
