"""The difference image of the window: the first answer to "where does this come from?"."""

from __future__ import annotations

import holoviews as hv
import numpy as np
from bokeh.models import HoverTool

from tpfdash.diagnosis.difference import DifferenceImage
from tpfdash.inspector import Inspector
from tpfdash.stamp.geometry import extent
from tpfdash.stamp.sky import target_position
from tpfdash.views.live import Live
from tpfdash.views.patches import Figures, patch, set_columns, simplify
from tpfdash.views.stamp import APERTURE_COLOR, MISSING_COLOR, palette, segments, stamp_size

__all__ = ["DifferenceView", "difference_text"]

OUTSIDE_COLOR = "#19c3ff"
DIFFERENCE_COLOR = "#ffb000"


class DifferenceView:
    """The image out of the window, the difference and its S/N, with centroids and aperture."""

    def __init__(self, inspector: Inspector, side: int = 230):
        self.inspector = inspector
        self._side = side
        self._figures = Figures()
        Live(inspector, self._draw_aperture, "aperture")

    def layout(self, found: DifferenceImage) -> hv.Layout:
        """The three images of a difference, beside each other."""
        images = {
            "out of the window": (found.outside, "e⁻/s", "viridis", _bright(found.outside)),
            "difference: out − in": (
                found.image,
                "e⁻/s",
                "coolwarm",
                _even(found.image),
            ),
            "S/N of the difference": (found.snr, "σ", "coolwarm", _even(found.snr)),
        }
        stamps = [self._stamp(found, title, *image) for title, image in images.items()]
        return hv.Layout(stamps).opts(shared_axes=False, toolbar=None)

    def _stamp(self, found, title, image, unit, cmap, clim) -> hv.Overlay:
        tpf = self.inspector.tpf
        bounds = extent(tpf)
        width, height = stamp_size(image.shape, self._side)
        hover = HoverTool(
            tooltips=[("row", "$y{0}"), ("column", "$x{0}"), (title, "@image{0,0.[000]} " + unit)]
        )
        stamp = hv.Image(image[::-1], bounds=bounds, kdims=["col", "row"], vdims=["value"]).opts(
            cmap=palette(cmap),
            clim=clim,
            clipping_colors={"NaN": MISSING_COLOR},
            colorbar=True,
            colorbar_opts={"width": 8},
            clabel=unit,
            tools=[hover],
            xlim=(bounds[0], bounds[2]),
            ylim=(bounds[1], bounds[3]),
            frame_width=width,
            frame_height=height,
            title=title,
            fontsize={"title": "10pt"},
            xlabel="column (pixel)",
            ylabel="row (pixel)",
            default_tools=[],
            hooks=[lambda plot, element: simplify(plot.state)],
        )
        border = hv.Segments(tuple(self._border().values()), ["x0", "y0", "x1", "y1"]).opts(
            color=APERTURE_COLOR, line_width=2, hooks=[self._figures.hook(title)]
        )
        marks = [
            _point(found.outside_centroid, "circle", OUTSIDE_COLOR),
            _point(found.centroid, "x", DIFFERENCE_COLOR),
            _point(target_position(tpf), "cross", "white"),
        ]
        return hv.Overlay([stamp, border, *marks])

    def _border(self) -> dict[str, list[float]]:
        return segments(self.inspector.tpf, self.inspector.aperture)

    def _draw_aperture(self, *events) -> None:
        def change(plots):
            for plot in plots.values():
                set_columns(plot.handles["source"], **self._border())

        patch(self._figures, change)


def difference_text(found: DifferenceImage) -> str:
    """One sentence on what the images say, and on what they do not."""
    cadences = (
        f"Mean of {found.n_outside} cadences on both sides of the window minus the mean of the "
        f"{found.n_inside} in it"
    )
    if found.centroid is None:
        return f"{cadences}: no pixel stands out of the noise, so nothing is seen in this stamp."
    row, col = found.offset
    return (
        f"{cadences}. The difference is centred {np.hypot(row, col):.2f} pixel from the star out "
        f"of the window (row {row:+.2f}, column {col:+.2f}); its strongest pixel has "
        f"{np.nanmax(np.abs(found.snr)):.0f} σ."
    )


def _even(image: np.ndarray) -> tuple[float, float]:
    """Limits that put 0 in the middle of the colours."""
    largest = np.nanmax(np.abs(image)) if np.isfinite(image).any() else 0
    return (-largest, largest) if largest else (-1, 1)


def _bright(image: np.ndarray) -> tuple[float, float]:
    """Limits from the faintest pixel to the brightest but for one in a hundred."""
    if not np.isfinite(image).any():
        return 0, 1
    return np.nanmin(image), np.nanpercentile(image, 99)


def _point(position, marker: str, color: str) -> hv.Points:
    points = [] if position is None else [position[::-1]]
    return hv.Points(points, kdims=["col", "row"]).opts(
        marker=marker, size=13, line_width=2.5, line_color=color, color=color, fill_alpha=0
    )
