"""What every picture of a stamp shares: its size on the screen, colours, palettes, marks."""

from __future__ import annotations

import numpy as np
import xarray as xr
from bokeh.models import Arrow, ColumnDataSource, Plot
from bokeh.palettes import all_palettes, diverging_palette, interp_palette

from tpfdash.stamp.geometry import corner, outline

__all__ = [
    "APERTURE_COLOR",
    "BACKGROUND_COLOR",
    "HINT_COLOR",
    "MISSING_COLOR",
    "add_outline",
    "palette",
    "segments",
    "stamp_size",
]

#: Colours of the masks, chosen to stand out from every colour map in light and dark.
APERTURE_COLOR = "#ff2d55"
BACKGROUND_COLOR = "#19c3ff"
HINT_COLOR = "#f5f5f5"
MISSING_COLOR = "#9aa0a680"


def palette(name: str) -> list[str]:
    """256 colours of a colour map by its name."""
    if name.startswith("gray"):
        ramp = [f"#{level:02x}{level:02x}{level:02x}" for level in range(256)]
        return ramp[::-1] if name.endswith("_r") else ramp
    if name == "coolwarm":
        blues, reds = all_palettes["Blues"][9], all_palettes["Reds"][9]
        return diverging_palette(interp_palette(blues, 128), interp_palette(reds, 128), 256)
    return list(all_palettes[name.capitalize()][256])


def stamp_size(shape: tuple[int, int], side: int) -> tuple[int, int]:
    """(width, height) in screen pixels of a stamp of (rows, columns) within a square of `side`.

    Pixels are square up to a ratio of 4 (2 where upright); a longer stamp is squeezed, so that its
    pixels can be clicked.
    """
    rows, cols = shape
    ratio = np.clip(cols / rows, 0.5, 4)
    width, height = (side, side / ratio) if ratio >= 1 else (side * ratio, side)
    return int(width), int(height)


def segments(tpf: xr.Dataset, mask: np.ndarray) -> dict[str, list[float]]:
    """The border of a mask as the columns of a data source: x0, y0, x1, y1 in detector pixels."""
    ends = outline(mask, *corner(tpf))
    # As lists: a few numbers travel quicker inside the message than as buffers.
    return {name: end.tolist() for name, end in zip(("x0", "y0", "x1", "y1"), ends, strict=True)}


def add_outline(
    figure: Plot, columns: dict[str, list[float]], widths: dict[str, float], dash: str = "solid"
) -> ColumnDataSource:
    """Draw line segments on the canvas that lies over the figure's own.

    So a new mask paints neither image nor axes again. Of what Bokeh draws many of, only an arrow
    stays within the frame there: one without a head.

    Parameters
    ----------
    figure : Bokeh figure
    columns : dict
        As `segments` gives them.
    widths : dict
        Colour -> width of the line in screen pixels; several are drawn over each other in turn.

    Returns
    -------
    ColumnDataSource
        The segments that are drawn, to be changed.
    """
    source = ColumnDataSource(columns)
    for color, width in widths.items():
        arrows = Arrow(
            source=source,
            x_start="x0",
            y_start="y0",
            x_end="x1",
            y_end="y1",
            end=None,
            line_color=color,
            line_width=width,
            line_dash=dash,
            level="overlay",
        )
        figure.add_layout(arrows)
    return source
