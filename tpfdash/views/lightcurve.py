"""The light curve: the aperture's sum against time, with the window and the hovered cadence.

How points and rasters are drawn and zoomed is `views.timeplot`; the numbers come from the
Inspector.
"""

from __future__ import annotations

import holoviews as hv
import numpy as np
from bokeh.models import BoxSelectTool

from tpfdash.inspector import Inspector
from tpfdash.views import gestures
from tpfdash.views.live import Live
from tpfdash.views.patches import drag_with, patch, set_columns
from tpfdash.views.timeplot import CADENCE_COLOR, Kind, TimePlot

__all__ = ["LightCurveView"]

_KINDS = [
    Kind("kept", "#4285d0"),
    Kind("flagged", "#e8912d"),
    Kind("marked", "#c2399f"),
]
_WINDOW_COLOR = "#4285d0"
#: The mouse is on a point within so much of the figure's width, and takes the nearest.
_REACH = 0.01


class LightCurveView(TimePlot):
    """The light curve of an Inspector; see `TimePlot` for what it shares with other plots."""

    _fits_all_kinds = False

    def __init__(self, inspector: Inspector, height: int = 320):
        super().__init__(
            inspector,
            _KINDS,
            self._series,
            self._flux_label,
            height,
            follows=("flux", "flux_unit", "flux_limits", "times_by_kind"),
        )
        gestures.listen(
            inspector,
            self.plot,
            {
                gestures.BoxStream: self._box,
                gestures.PointerStream: self._hover,
                gestures.LeaveStream: self._leave,
            },
        )
        Live(inspector, self._draw_window, "window")
        Live(inspector, self._draw_hover, "hovered", "flux")

    # -- gestures --------------------------------------------------------------------------------

    def _box(self, bounds, shift):
        self.inspector.window = bounds[::2]

    def _hover(self, x, y):
        inspector = self.inspector
        low, high = self.x_range
        plot = self._figures.pages()[-1]["raster"].state
        reach = _REACH * (high - low)
        near = slice(*np.searchsorted(self._clock, (x - reach, x + reach)))
        drawn = np.isfinite(inspector.time[near]) & np.isfinite(inspector.flux[near])
        if not inspector.show_flagged:
            drawn &= inspector.good[near]
        at = np.flatnonzero(drawn)
        if not at.size:
            inspector.hovered = None
            return
        # Distances as the eye sees them, in parts of the figure's sides.
        across = (inspector.time[near][at] - x) / (high - low) * (plot.inner_width or 900)
        up = (inspector.flux[near][at] - y) / (plot.y_range.end - plot.y_range.start)
        up *= plot.inner_height or 300
        inspector.hovered = int(near.start + at[np.argmin(across**2 + up**2)])

    def _leave(self, x, y):
        self.inspector.hovered = None

    # -- what is drawn ---------------------------------------------------------------------------

    def _series(self):
        flux = self.inspector.flux
        times = self.inspector.times_by_kind
        return [(times[kind.name], flux[: times[kind.name].size]) for kind in self._kinds]

    def _flux_label(self) -> str:
        unit = self.inspector.flux_unit
        name = "normalised flux" if self.inspector.normalized else "flux"
        return f"{name} ({unit})" if unit else name

    def _y_range(self, series, visible):
        return self.inspector.flux_limits() or super()._y_range(series, visible)

    def _window(self) -> dict[str, list]:
        window = self.inspector.window
        return {"left": [window[0]], "right": [window[1]]} if window else {"left": [], "right": []}

    def _hovered(self) -> dict[str, list]:
        at = self.inspector.hovered
        if at is None:
            return {"t": [], "f": []}
        return {"t": [float(self.inspector.time[at])], "f": [float(self.inspector.flux[at])]}

    def _under(self):
        return [
            hv.VSpans(tuple(self._window().values()), kdims=["left", "right"]).opts(
                color=_WINDOW_COLOR,
                alpha=0.18,
                tools=[BoxSelectTool(dimensions="width", renderers=[])],
                line_color=None,
                hooks=[self._figures.hook("window")],
            )
        ]

    def _over(self):
        return [
            hv.Scatter(tuple(self._hovered().values()), "t", "f").opts(
                marker="circle",
                size=10,
                fill_color=None,
                line_color=CADENCE_COLOR,
                line_width=2,
                hooks=[self._figures.hook("hovered")],
            )
        ]

    def summary(self) -> str:
        """One line over the plot: what the light curve is the sum of, or why there is none."""
        inspector = self.inspector
        if inspector.timeline.span is None:
            return "No cadence of this file has a time: none can be drawn, but stepped to."
        pixels = int(inspector.aperture.sum())
        if not pixels:
            return "The aperture is empty: click a pixel or drag a box on the stamp."
        flux = inspector.flux
        if inspector.transform is not None and "trouble" in inspector.lightcurve.attrs:
            return inspector.lightcurve.attrs["trouble"]
        if not _has_any(flux):
            return "No pixel of this aperture has data."
        kept = int(np.count_nonzero(inspector.good))
        if not kept:
            return "Every cadence is flagged: choose a milder quality bitmask to keep some."
        background = " − background" if inspector.background.any() else ""
        if inspector.overlap:
            background += f" ({_count(inspector.overlap)} in both masks)"
        return f"{_count(pixels)}{background} · {kept:,} of {flux.size:,} cadences kept"

    def _finish(self, figure, picture):
        super()._finish(figure, picture)
        drag_with(figure, BoxSelectTool)
        figure.title.update(
            text=self.summary(), text_font_style="normal", text_font_size="12px", align="left"
        )

    # -- keeping up ------------------------------------------------------------------------------

    def _draw_more(self, plots):
        plots["raster"].state.title.text = self.summary()

    def _draw_window(self, *events):
        patch(
            self._figures,
            lambda plots: set_columns(plots["window"].handles["source"], **self._window()),
        )

    def _draw_hover(self, *events):
        patch(
            self._figures,
            lambda plots: set_columns(plots["hovered"].handles["source"], **self._hovered()),
        )


def _count(pixels: int) -> str:
    return f"{pixels} pixel" if pixels == 1 else f"{pixels} pixels"


def _has_any(flux: np.ndarray) -> bool:
    """Whether any number is finite; of a long curve some are looked at first."""
    return bool(np.isfinite(flux[:: max(1, flux.size // 1000)]).any() or np.isfinite(flux).any())
