"""The light curve: the aperture's sum against time, with its errors and the hovered cadence.

How points and rasters are drawn and zoomed is `views.timeplot`; the numbers come from the
Inspector.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from bokeh.models import Scatter, Segment, Text

from tpfdash.inspector import Inspector
from tpfdash.inspector.corrected import in_words
from tpfdash.inspector.derived import follows
from tpfdash.timeseries.transform import function_name
from tpfdash.views import gestures
from tpfdash.views.apertures import (
    NO_SERIES,
    OTHER_KINDS,
    Series,
    compared_label,
    compared_series,
    is_measured_against,
    other_points,
    other_points_glyph,
)
from tpfdash.views.kinds import CADENCE_COLOR, EDGE_COLOR, REPEAT_COLOR, Kind
from tpfdash.views.live import Live
from tpfdash.views.patches import patch, set_columns
from tpfdash.views.ticks import event_ticks
from tpfdash.views.timeplot import MOST_POINTS, TimePlot

__all__ = [
    "BINS",
    "CURVE_KINDS",
    "RAW",
    "LightCurveView",
    "bins_note",
    "curve_series",
    "legend_kinds",
    "same_arrays",
]

CURVE_KINDS = [
    Kind("kept", "#4285d0", "dot"),
    Kind("flagged", "#c96a00", "ring"),
    Kind("marked", "#c84aa8", "diamond"),
]
RAW = Kind("raw", EDGE_COLOR, "dot")
BINS = Kind("bins", "#2c9366", "dot")
#: The mouse is on a point within so much of the figure's width, and takes the nearest.
_REACH = 0.01
#: Below so many cadences in sight each has its error bar.
_WITH_ERRORS = 300
#: Height of an event's tick, by the axis; so many in sight have their numbers.
_TICK, _NUMBERED = 0.035, 40
#: Height of the mark of an event of the ephemeris, and so many in sight that have one.
_RAISED, _TOLD_APART = 0.012, 150


def curve_series(inspector: Inspector) -> list[Series]:
    """(time, flux) of each of `CURVE_KINDS`, over all cadences or of length 0; NaN: no point.

    None of them has a point where other apertures are measured against it.
    """
    if is_measured_against(inspector):
        return [NO_SERIES] * len(CURVE_KINDS)
    flux, times = inspector.flux, inspector.times_by_kind
    return [_over(times[kind.name], flux) for kind in CURVE_KINDS]


def raw_series(inspector: Inspector) -> Series:
    """The same of `RAW`."""
    if is_measured_against(inspector):
        return NO_SERIES
    return _over(inspector.raw_times, inspector.raw_flux)


def _over(times: np.ndarray, flux: np.ndarray) -> Series:
    """The very same arrays; the times twice where there are none."""
    return times, flux if times.size else times


def same_arrays(some: list[Series], others: list[Series]) -> bool:
    """Whether these series are made of the very arrays that others are made of."""
    pairs = zip(some, others, strict=False)
    return len(some) == len(others) and all(
        one is other for both in pairs for one, other in zip(*both, strict=True)
    )


@follows("raw_times", "binned_lightcurve", "waiting", *is_measured_against.inputs)
def legend_kinds(inspector: Inspector) -> list[Kind]:
    """The kinds of points that are drawn, or may be."""
    if is_measured_against(inspector):
        return []
    raw = [RAW] if inspector.raw_times.size else []
    return [*CURVE_KINDS, *raw, *([BINS] if _bins(inspector) is not None else [])]


def _bins(inspector: Inspector) -> xr.Dataset | None:
    """The bins of the light curve that is drawn; None while it is another that is to be binned."""
    hidden = inspector.waiting or is_measured_against(inspector)
    return None if hidden else inspector.binned_lightcurve


@follows("binned_lightcurve", "waiting", "time_range", *is_measured_against.inputs)
def bins_note(inspector: Inspector) -> str:
    """Why no bins are drawn where there are some; "" where they are."""
    binned = _bins(inspector)
    if binned is None:
        return ""
    seen = _bins_within(binned, inspector.time_range or (-np.inf, np.inf))
    count = seen.stop - seen.start
    return f"{count:,} bins in sight are too many to be drawn: zoom in" * (count > MOST_POINTS)


def _bins_within(binned: xr.Dataset, ends: tuple[float, float]) -> slice:
    return slice(*np.searchsorted(binned["time"].values, ends).tolist())


class LightCurveView(TimePlot):
    """The light curve of an Inspector; see `TimePlot` for what it shares with other plots."""

    _options = {
        "responsive": True,
        "min_height": 140,
        "toolbar": "above",
        "default_tools": ["xwheel_zoom", "xpan", "xbox_zoom", "reset", "save"],
    }
    _fits_all_kinds = False

    def __init__(self, inspector: Inspector):
        super().__init__(
            inspector,
            CURVE_KINDS,
            lambda: curve_series(inspector),
            self._flux_label,
            follows=(
                *("flux", "flux_unit", "flux_limits", "flux_errors", "times_by_kind", "raw_flux"),
                *legend_kinds.inputs,
                *compared_series.inputs,
            ),
        )
        self.kinds_under = [RAW, *OTHER_KINDS]
        gestures.listen(
            inspector,
            self.plot,
            {gestures.PointerStream: self._hover, gestures.LeaveStream: self._leave},
        )
        Live(inspector, self._draw_hover, "hovered")
        Live(inspector, self._draw_ticks, "shown_events", "windows", "ephemeris")

    # -- gestures --------------------------------------------------------------------------------

    def _hover(self, x, y):
        self.inspector.hovered = self._under_the_mouse(x, y)

    def _under_the_mouse(self, x, y) -> int | None:
        inspector, at_edge = self.inspector, self._at_edge(x, y)
        if at_edge is not None:
            return at_edge
        low, high = self.x_range
        bottom, top = (self._drawn or self._picture())["y_range"]
        width, height = self._frame()
        reach = _REACH * (high - low)
        near = slice(*np.searchsorted(self._clock, (x - reach, x + reach)))
        drawn = np.isfinite(inspector.time[near]) & np.isfinite(inspector.flux[near])
        if not inspector.show_flagged:
            drawn &= inspector.good[near]
        at = np.flatnonzero(drawn)
        if not at.size:
            return None
        # Distances as the eye sees them, to where a point is drawn or marked.
        across = (inspector.time[near][at] - x) / (high - low) * width
        shown = np.clip(inspector.flux[near][at], bottom, top)
        up = (shown - y) / (top - bottom) * height
        if is_measured_against(inspector):
            up = np.zeros(at.size)  # the flux is not drawn
        return int(near.start + at[np.argmin(across**2 + up**2)])

    def _leave(self, x, y):
        self.inspector.hovered = None

    # -- what is drawn ---------------------------------------------------------------------------

    def _under(self):
        return [raw_series(self.inspector), *compared_series(self.inspector)]

    def _flux_label(self) -> str:
        unit = self.inspector.flux_unit
        name = "normalised flux" if self.inspector.normalized else "flux"
        return compared_label(self.inspector, f"{name} ({unit})" if unit else name)

    def _y_range(self, series, visible):
        return self._wished_limits() or super()._y_range(series, visible)

    def _marked(self, series):
        """All but the raw light curve's, which is there for comparison."""
        own = len(self.kinds)
        return [*series[:own], *series[own + 1 :]]

    def _is_old(self, drawn):
        now = [*self._values(), raw_series(self.inspector)]
        return not same_arrays(now, drawn["series"][: len(now)])

    def _grown(self, picture):
        # Who names the ends of the axis means them.
        return self._wished_limits() or super()._grown(picture)

    def _wished_limits(self):
        """The ends of the flux axis that are asked for, where it is the flux's."""
        return None if is_measured_against(self.inspector) else self.inspector.flux_limits()

    def _hovered(self) -> dict[str, list]:
        """Where the ring is: round the point, or at the edge that it lies beyond."""
        at = self.inspector.hovered
        if at is None or is_measured_against(self.inspector):
            return {"t": [], "f": []}
        flux, picture = float(self.inspector.flux[at]), self._drawn or self._picture()
        (low, high), (below, above) = picture["y_range"], self._edge_places(picture)
        if flux > high:
            flux = above
        elif flux < low:
            flux = below
        return {"t": [float(self.inspector.time[at])], "f": [flux]}

    def _error_bars(self, picture: dict) -> dict[str, np.ndarray]:
        """The error bars of the points in sight, where these are few enough to have them."""
        part = picture["in_sight"]
        if part.stop - part.start >= _WITH_ERRORS:
            return dict.fromkeys(("t", "f", "t1", "f1"), np.zeros(0))
        errors = self.inspector.flux_errors(part)
        flux, there = self.inspector.flux[part], np.zeros(errors.size, dtype=bool)
        for x, _ in picture["series"]:
            if x.size:
                there |= np.isfinite(x[part])
        there &= np.isfinite(errors) & np.isfinite(flux)
        time, flux, errors = self.inspector.time[part][there], flux[there], errors[there]
        return {"t": time, "f": flux - errors, "t1": time, "f1": flux + errors}

    def _bins(self, picture: dict) -> dict[str, dict[str, np.ndarray]]:
        """The bins in sight, each with its error, where these are few enough to be told apart."""
        binned = _bins(self.inspector)
        time, flux, errors = np.zeros((3, 0))
        if binned is not None:
            seen = _bins_within(binned, picture["x_range"])
            if seen.stop - seen.start <= MOST_POINTS:
                scale = self.inspector.flux_scale
                time = binned["time"].values[seen]
                flux = binned["flux"].values[seen] / scale
                errors = binned["flux_err"].values[seen] / scale
        bars = np.isfinite(errors)
        t, f, by = time[bars], flux[bars], errors[bars]
        return {
            "bins": {"t": time, "f": flux},
            "bin_errors": {"t": t, "f": f - by, "t1": t, "f1": f + by},
        }

    def _ticks(self, picture: dict) -> dict[str, dict]:
        """The ticks of the events in sight, at the lower edge, and their numbers."""
        (low, high), (y0, y1) = self.x_range, picture["y_range"]
        every = event_ticks(self.inspector)
        seen = (every["t"] >= low) & (every["t"] <= high)
        ticks = {name: column[seen] for name, column in every.items()}
        times = ticks["t"]
        top = np.full(times.size, y0 + _TICK * (y1 - y0))
        named = slice(None) if times.size <= _NUMBERED else slice(0)
        return {
            "ticks": {
                "t": times,
                "f": np.full(times.size, y0),
                "t1": times,
                "f1": top,
                "c": ticks["c"],
            },
            "tick_numbers": {
                "t": times[named],
                "f": top[named],
                "n": ticks["n"][named],
                "c": ticks["c"][named],
            },
            "repeats": self._repeats((low, high), (y0, y1)),
        }

    def _repeats(self, x_range, y_range) -> dict[str, np.ndarray]:
        """The events of the ephemeris that are in sight, where they can be told apart."""
        times = self.inspector.mid_times
        times = times[(times >= x_range[0]) & (times <= x_range[1])]
        times = times if times.size <= _TOLD_APART else times[:0]
        return {"t": times, "f": np.full(times.size, y_range[0] + _RAISED * np.ptp(y_range))}

    def _glyphs(self):
        tick = Segment(
            x0="t", y0="f", x1="t1", y1="f1", line_color="c", line_width=2, line_cap="butt"
        )
        number = Text(
            x="t",
            y="f",
            text="n",
            text_color="white",
            text_font_size="10px",
            background_fill_color="c",
            padding=2,
            border_radius=3,
            text_align="center",
            text_baseline="bottom",
        )
        bars = Segment(x0="t", y0="f", x1="t1", y1="f1", line_color=EDGE_COLOR)
        ring = {"size": 12, "fill_color": None, "line_color": CADENCE_COLOR, "line_width": 2}
        repeat = {"size": 8, "fill_color": REPEAT_COLOR, "line_color": None}
        return {
            "errors": (bars, "underlay"),  # below the windows
            "others": (other_points_glyph(), "glyph"),
            **super()._glyphs(),
            "bin_errors": (
                Segment(x0="t", y0="f", x1="t1", y1="f1", line_color=BINS.color, line_width=1.5),
                "annotation",
            ),
            "bins": (
                Scatter(
                    x="t",
                    y="f",
                    size=5.5,
                    fill_color=BINS.color,
                    line_color="white",
                    line_width=0.5,
                ),
                "annotation",
            ),
            "ticks": (tick, "annotation"),
            "tick_numbers": (number, "annotation"),
            "repeats": (Scatter(x="t", y="f", marker="triangle", **repeat), "annotation"),
            "hovered": (Scatter(x="t", y="f", **ring), "annotation"),
        }

    def _marks(self, picture):
        mine = {
            "errors": self._error_bars(picture),
            "hovered": self._hovered(),
            "others": other_points(picture["points"][len(self.kinds) :], self.kinds_under),
        }
        return super()._marks(picture) | mine | self._bins(picture) | self._ticks(picture)

    def summary(self) -> str:
        """One line over the plot: what the light curve is the sum of, or why there is none."""
        inspector = self.inspector
        if inspector.timeline.span is None:
            return "No cadence of this file has a time: none can be drawn, but stepped to."
        pixels = int(inspector.aperture.sum())
        if not pixels:
            return "The aperture is empty: click a pixel or drag a box on the stamp."
        flux = inspector.flux
        if inspector.trouble:
            return inspector.trouble
        if not _has_any(flux):
            return "No pixel of this aperture has data."
        kept = int(np.count_nonzero(inspector.good))
        if not kept:
            return "Every cadence is flagged: choose a milder quality bitmask to keep some."
        background = " − background" if inspector.background.any() else ""
        if inspector.overlap:
            background += f" ({_count(inspector.overlap)} in both masks)"
        with_data = int(np.count_nonzero(inspector.good & np.isfinite(flux)))
        data = "" if with_data == kept else f", {with_data:,} with data"
        done = self._corrections()
        name = f"{inspector.aperture_name}: " if len(inspector.aperture_list) > 1 else ""
        of = f"{kept:,} of {flux.size:,} cadences kept{data}"
        return f"{name}{_count(pixels)}{background} · {of}{done}"

    def _corrections(self) -> str:
        """What is done to the light curve, or to be done to it soon."""
        inspector = self.inspector
        names = in_words(inspector.corrections)
        if inspector.waiting:
            names = names or function_name(inspector.transform)
            until_then = "" if inspector.is_corrected else "; raw until then"
            return f"\ncorrecting ({names}) …{until_then}"
        if not names:
            return ""
        raw = "; raw in grey" if inspector.raw_times.size else ""
        return f"\n{names}{raw}"

    def _spoken(self):
        # Not an image, whose tools nobody would be told of.
        return super()._spoken() | {
            "role": "figure",
            "aria-label": f"Light curve: {super()._spoken()['aria-label']}. {self.summary()}",
        }

    def _finish(self, figure, picture):
        super()._finish(figure, picture)
        figure.title.update(
            text=self.summary(), text_font_style="normal", text_font_size="12px", align="left"
        )

    # -- keeping up ------------------------------------------------------------------------------

    def _draw_more(self, plots, picture):
        plots["raster"].state.title.text = self.summary()

    def _draw_ticks(self, *events):
        ticks = self._ticks(self._drawn or self._picture())

        def change(plots):
            for name, columns in ticks.items():
                set_columns(plots["raster"].handles["marks"][name], **columns)

        patch(self._figures, change)

    def _draw_hover(self, *events):
        patch(
            self._figures,
            lambda plots: set_columns(
                plots["raster"].handles["marks"]["hovered"], **self._hovered()
            ),
        )


def _count(pixels: int) -> str:
    return f"{pixels} pixel" if pixels == 1 else f"{pixels:,} pixels"


def _has_any(flux: np.ndarray) -> bool:
    """Whether any number is finite; of a long curve some are looked at first."""
    return bool(np.isfinite(flux[:: max(1, flux.size // 1000)]).any() or np.isfinite(flux).any())
