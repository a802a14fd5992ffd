"""The kinds of points on a time axis: colour and shape of each, alone and as cells of a raster.

Every colour keeps 3:1 against a white and against a dark page (#121212 to #1e1e1e), alone and in
the faintest shade of the raster. What is of which kind is decided by the views.
"""

from __future__ import annotations

from dataclasses import dataclass

import holoviews as hv
import numpy as np

from tpfdash.views.raster import LEVELS

__all__ = [
    "CADENCE_COLOR",
    "EDGE_COLOR",
    "EVENT_COLOR",
    "REPEAT_COLOR",
    "STACK_COLOR",
    "Kind",
    "code_image",
    "glyph_options",
    "point_size",
    "raster_palette",
]

CADENCE_COLOR = "#ff2d55"
#: Of error bars and of the marks of points beyond the axis.
EDGE_COLOR = "#767c88"
#: Of the ticks of events, and of what their white numbers stand on, in both themes.
EVENT_COLOR = "#6d4fd0"
#: Of the events of an ephemeris on the time axis.
REPEAT_COLOR = "#2c9366"
#: Of those that are measured now: of the window, and of what is stacked with it.
STACK_COLOR = "#9a5b00"

#: Shape -> Bokeh's marker, whether it is filled, and by how much it is larger than a dot.
_SHAPES = {
    "dot": ("circle", True, 0.0),
    "ring": ("circle", False, 2.0),
    "diamond": ("diamond", False, 5.0),
    "square": ("square", False, 2.0),
    "triangle": ("triangle", False, 3.0),
}
#: The faintest shade of a raster's colour.
_FAINTEST = 0.86
#: (points in sight, screen pixels of a dot): between them by the logarithm.
_MANY, _FEW = (2000, 3.0), (100, 7.0)


@dataclass(frozen=True)
class Kind:
    """A kind of points in a plot, with what tells it from others.

    Parameters
    ----------
    name : str
    color : str
        As "#rrggbb".
    shape : {"dot", "ring", "diamond", "square", "triangle"}
        Only a dot is filled.
    """

    name: str
    color: str
    shape: str = "dot"


def point_size(in_sight: int) -> float:
    """Screen pixels of a dot where so many cadences are in sight, to half a pixel."""
    (many, least), (few, most) = _MANY, _FEW
    part = np.log(max(in_sight, 1) / few) / np.log(many / few)
    return round(2 * float(np.interp(part, (0, 1), (most, least)))) / 2


def glyph_options(kind: Kind, size: float) -> dict[str, object]:
    """The options of Bokeh's Scatter glyph for points of a kind, dots being `size` wide."""
    marker, filled, more = _SHAPES[kind.shape]
    return {
        "marker": marker,
        "size": size + more,
        "fill_color": kind.color if filled else None,
        "line_color": None if filled else kind.color,
        "line_width": 1.3,
    }


def code_image(
    codes: np.ndarray, x_range: tuple[float, float], y_range: tuple[float, float]
) -> hv.Image:
    """The codes of a raster as an element, whose middles of cells are told to HoloViews.

    Told its ends instead, it holds what it works out of them against them, and refuses those that
    are next to nothing of the axis: as of one from -0.02 to 1e16.

    Parameters
    ----------
    codes : uint8 array (rows, columns), row 0 lowest
    x_range, y_range : (low, high)
        The outer borders of the cells.
    """
    middles, density = [], {}
    for name, (low, high), n in zip("xy", (x_range, y_range), codes.shape[::-1], strict=True):
        middles.append(low + (high - low) * (np.arange(n) + 0.5) / n)
        density[f"{name}density"] = n / (high - low)
    return hv.Image((*middles, codes), kdims=["t", "f"], vdims=["code"], **density)


def raster_palette(kinds: list[Kind]) -> list[str]:
    """The colours of the codes of `raster.rasterize`, one block a kind, as "#rrggbbaa"."""
    colors = ["#00000000"]
    for kind in kinds:
        alphas = np.linspace(_FAINTEST, 1, LEVELS) * 255
        colors += [f"{kind.color}{round(alpha):02x}" for alpha in alphas] + ["#00000000"]
    return colors
