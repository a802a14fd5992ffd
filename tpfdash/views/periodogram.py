"""How well each period explains the light curve: power over period, to be clicked and zoomed."""

from __future__ import annotations

import time
from collections.abc import Callable

import holoviews as hv
import numpy as np
from bokeh.models import FixedTicker, Span

from tpfdash.inspector import Inspector
from tpfdash.timeseries.sine_search import SinePeriodogram
from tpfdash.views import gestures
from tpfdash.views.faults import guarded
from tpfdash.views.kinds import CADENCE_COLOR
from tpfdash.views.live import Live
from tpfdash.views.patches import Figures, patch, set_columns, simplify, slim_toolbar, weakly
from tpfdash.views.ranges import axis_range, tick_labels
from tpfdash.views.raster import extremes
from tpfdash.views.timeplot import SMALL_AXIS

__all__ = ["PeriodogramView"]

#: Columns of the picture: of each the lowest and the highest point is drawn.
_COLUMNS = 700
#: A click takes the highest peak within this share of the axis.
_REACH = 0.012
#: The period that is chosen, and how its multiples are told from it.
_MULTIPLES = {1.0: {}, 0.5: {"line_dash": "dotted"}, 2.0: {"line_dash": "dotted"}}
_COLOR = "#4285d0"
#: Seconds that a period being dragged waits at most for the fold of the one before.
_PATIENCE = 1.0


class PeriodogramView:
    """An Inspector's periodogram, with the period of its ephemeris, half of it and twice.

    The line of the period can be dragged, and is followed by all that depends on it.

    Parameters
    ----------
    inspector : Inspector
    pick : callable
        Called with (low, high), days, of a click: the strongest period between them is meant.

    Attributes
    ----------
    plot : DynamicMap
        To be displayed by HoloViews or Panel, with the gestures on it. The axis goes by the
        logarithm of the period.
    lives : list of Live
        What is kept up while it is in sight.
    """

    def __init__(self, inspector: Inspector, pick: Callable[[float, float], None]):
        self.inspector = inspector
        self._pick = pick
        self._figures = Figures()
        self._zooming = False
        self._dragged_to: float | None = None  # a period that is not the Inspector's yet
        self._taken = -_PATIENCE  # when the last one became it, on the clock of time.monotonic
        self._in_hand: Span | None = None  # the line that follows the mouse by itself
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
            Live(inspector, self.draw, "powers", "period_range"),
            Live(inspector, self._draw_period, "ephemeris"),
            Live(inspector, self._take_dragged, "fold_answer"),
        ]

    # -- gestures --------------------------------------------------------------------------------

    def _click(self, x, y, shift):
        low, high = np.log(self.x_range)
        reach = np.exp(_REACH * (high - low))
        if x > 0:
            self._pick(x / reach, x * reach)

    def _zoom(self, x_range):
        low, high = sorted(x_range)
        first, last = self.full_range
        low, high = max(low, first), min(high, last)
        if not 0 < low < high:
            return
        self._zooming = True
        try:
            everything = low <= first and high >= last
            self.inspector.period_range = None if everything else (low, high)
        finally:
            self._zooming = False

    def _reset(self, resetting):
        if self.inspector.period_range is None:
            self.draw()
        self.inspector.period_range = None

    def _drag(self, line: Span, period: float) -> None:
        """The line of the period is dragged; of what comes while one is folded the last counts."""
        ephemeris = self.inspector.ephemeris
        if ephemeris is None or period == ephemeris.period:  # it was moved from here
            return
        self._dragged_to, self._in_hand = period, line
        try:
            self._take_dragged()
        finally:
            self._in_hand = None

    def _take_dragged(self, *events) -> None:
        period, inspector = self._dragged_to, self.inspector
        if period is None:
            return
        answer, now = inspector.fold_answer, time.monotonic()
        folding = answer is None or answer.ephemeris is not inspector.ephemeris
        if folding and now - self._taken < _PATIENCE:
            return
        self._dragged_to, self._taken = None, now
        if inspector.ephemeris is not None:
            inspector.set_ephemeris(period=period)

    # -- what is drawn ---------------------------------------------------------------------------

    @property
    def full_range(self) -> tuple[float, float]:
        """(shortest, longest) period of the periodogram, days; (1, 10) without one."""
        period, _ = self.inspector.powers
        return (float(period[0]), float(period[-1])) if period.size > 1 else (1.0, 10.0)

    @property
    def x_range(self) -> tuple[float, float]:
        """The periods in sight."""
        low, high = self.inspector.period_range or self.full_range
        return (low, high) if high > low * (1 + 1e-9) else self.full_range

    def _label(self) -> str:
        sine = isinstance(self.inspector.periodogram, SinePeriodogram)
        return "power" if sine else "ln L gain"

    def _picture(self) -> dict:
        """The highest and the lowest point in each column of what is in sight."""
        period, power = self.inspector.powers
        low, high = self.x_range
        # One more on either side, for the lines to go on to the edges.
        first, last = np.searchsorted(period, (low, high), "left") + (-1, 1)
        part = slice(max(int(first), 0), int(last))
        period, power = period[part], np.nan_to_num(power[part])
        if period.size > 2 * _COLUMNS:
            where, ends = np.log(period), tuple(np.log([period[0], period[-1]]).tolist())
            ends = ends[0], ends[1] * (1 + 1e-12) + 1e-12
            both = [extremes(where, sign * power, ends, _COLUMNS) for sign in (1, -1)]
            kept = np.unique(np.concatenate(both))
            period, power = period[kept], power[kept]
        top = float(power.max()) if power.size else 1.0
        bottom = min(float(power.min()), 0.0) if power.size else 0.0
        top = top if top > bottom else bottom + 1.0
        return {
            "columns": {"period": period, "power": power},
            "x_range": (low, high),
            "y_range": axis_range(bottom, top + 0.06 * (top - bottom)),
        }

    def _ticks(self) -> list[float]:
        """Round periods in sight: Bokeh's own on an axis of logarithms are few and far between."""
        low, high = self.x_range
        powers = range(int(np.floor(np.log10(low))) - 1, int(np.ceil(np.log10(high))) + 1)
        made = [float(f"{by}e{power}") for power in powers for by in (1, 2, 5)]
        seen = [tick for tick in made if low <= tick <= high]
        if len(seen) > 2:
            return seen if len(seen) < 7 else [tick for tick in seen if f"{tick:e}"[0] == "1"]
        step = 10.0 ** np.floor(np.log10((high - low) / 2))
        while (high - low) / step > 5:
            step *= 2
        return [float(n * step) for n in range(int(np.ceil(low / step)), int(high / step) + 1)]

    def _axis(self) -> dict:
        """The ticks as properties of Bokeh's axis."""
        ticks = self._ticks()
        labels = {tick: f"{tick:.6g}" for tick in ticks}
        return {"ticker": FixedTicker(ticks=ticks), "major_label_overrides": labels}

    def _lines(self) -> list[dict]:
        """Where the period and its multiples are, as properties of Bokeh's Span."""
        ephemeris = self.inspector.ephemeris
        if ephemeris is None:
            return [{"location": 1.0, "visible": False}] * len(_MULTIPLES)
        return [{"location": by * ephemeris.period, "visible": True} for by in _MULTIPLES]

    def _build(self, tpf) -> hv.Curve:
        """The figure, still empty: a drawer that is opened again shows what was built first."""
        return hv.Curve(([1.0, 10.0], [0.0, 0.0]), "period", "power").opts(
            color=_COLOR,
            line_width=1.2,
            logx=True,
            responsive=True,
            min_width=120,
            min_height=100,
            xlabel="period (d)",
            fontsize={"labels": "11px", "ticks": "10px"},
            default_tools=["xwheel_zoom", "xbox_zoom", "reset"],
            active_tools=["xwheel_zoom", "xbox_zoom"],
            shared_axes=False,
            hooks=[self._figures.hook("curve", self._finish)],
        )

    def _finish(self, plot, element) -> None:
        figure = plot.state
        if "lines" not in plot.handles:
            plot.handles["lines"] = [
                Span(dimension="height", line_color=CADENCE_COLOR, level="overlay", **looks, **line)
                for looks, line in zip(_MULTIPLES.values(), self._lines(), strict=True)
            ]
            for line in plot.handles["lines"]:
                figure.add_layout(line)
            own = plot.handles["lines"][0]
            own.editable = True
            drag = guarded(self.inspector)(weakly(self._drag))
            own.on_change("location", lambda attr, old, new: drag(own, new))
        figure.xaxis[0].update(**SMALL_AXIS)
        figure.yaxis.formatter = tick_labels()
        figure.yaxis.ticker.desired_num_ticks = 3
        figure.min_border_left, figure.min_border_right = 58, 10
        figure.min_border_top = figure.min_border_bottom = 2
        simplify(figure)
        slim_toolbar(figure)
        gestures.mend(figure)
        figure.html_attributes = {
            "role": "figure",
            "aria-label": "Periodogram: power against period. Click a peak to take its period, or "
            "drag the line.",
        }
        self._change()({"curve": plot})

    # -- keeping up ------------------------------------------------------------------------------

    def _draw_period(self, *events) -> None:
        lines, in_hand = self._lines(), self._in_hand

        def change(plots):
            for line, looks in zip(plots["curve"].handles["lines"], lines, strict=True):
                if line is not in_hand:
                    line.update(**looks)

        patch(self._figures, change)

    def draw(self, *events) -> None:
        """Draw it anew, on every page."""
        if self._figures.pages():
            patch(self._figures, self._change())

    def _change(self) -> Callable[[dict], None]:
        """What draws it into the figure of a page."""
        picture, label, axis = self._picture(), self._label(), self._axis()
        (x0, x1), (y0, y1) = picture["x_range"], picture["y_range"]
        first, last = self.full_range
        zooming = self._zooming  # the figure that was zoomed has its range already

        def change(plots):
            figure = plots["curve"].state
            if not zooming:
                figure.x_range.update(start=x0, end=x1, reset_start=first, reset_end=last)
            figure.y_range.update(start=y0, end=y1, reset_start=y0, reset_end=y1)
            figure.yaxis.axis_label = label
            figure.xaxis[0].update(**axis)
            set_columns(plots["curve"].handles["source"], **picture["columns"])

        return change
