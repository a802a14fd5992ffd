"""What every picture of a stamp shares: its size on the screen, colours, palettes, marks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from bokeh.models import Arrow, ColumnDataSource, Plot
from bokeh.palettes import all_palettes, diverging_palette, interp_palette

from tpfdash.stamp.geometry import corner, outline

__all__ = [
    "APERTURE_COLOR",
    "BACKGROUND_COLOR",
    "HALO_COLOR",
    "HINT_COLOR",
    "MISSING_COLOR",
    "Outline",
    "add_arrows",
    "add_outline",
    "frame_around",
    "palette",
    "segments",
    "stamp_aspect",
]

#: Colours of the masks, chosen to stand out from every colour map in light and dark.
APERTURE_COLOR = "#ff2d55"
BACKGROUND_COLOR = "#19c3ff"
HINT_COLOR = "#f5f5f5"
MISSING_COLOR = "#9aa0a680"
#: What lies under a line or a mark so that it stands out from any colour.
HALO_COLOR = "#11141c"

#: Screen pixels of a stamp's figure that are not the stamp: beside it, and above and below it; and
#: the width for which its pixels are made square. Between 286 and 414 they are, within a tenth.
_BESIDE, _ABOVE_AND_BELOW, _USUAL_WIDTH = 68, 140, 350


@dataclass(frozen=True)
class Outline:
    """How a mask is drawn: a line on a wider dark one, so that it stands out from any colour."""

    color: str
    width: float
    dash: str


def palette(name: str) -> list[str]:
    """256 colours of a colour map by its name."""
    if name.startswith("gray"):
        ramp = [f"#{level:02x}{level:02x}{level:02x}" for level in range(256)]
        return ramp[::-1] if name.endswith("_r") else ramp
    if name == "coolwarm":
        blues, reds = all_palettes["Blues"][9], all_palettes["Reds"][9]
        return diverging_palette(interp_palette(blues, 128), interp_palette(reds, 128), 256)
    return list(all_palettes[name.capitalize()][256])


def stamp_aspect(shape: tuple[int, int]) -> float:
    """Width over height of the whole figure of a stamp of (rows, columns), as wide as its place.

    So that the stamp's pixels are near square; a long stamp is squeezed, to be no higher than wide
    by a sixth, nor lower than a quarter of its width.
    """
    rows, cols = shape
    width = _USUAL_WIDTH - _BESIDE
    height = width / np.clip(cols / rows, 6 / 7, 4)
    return float(_USUAL_WIDTH / (height + _ABOVE_AND_BELOW))


def frame_around(pixel: tuple[int, int] | None) -> dict[str, list[float]]:
    """As `segments`, a frame just within one detector pixel (row, col); nothing for None."""
    if pixel is None:
        return {name: [] for name in ("x0", "y0", "x1", "y1")}
    row, col = pixel
    bottom, top, left, right = row - 0.42, row + 0.42, col - 0.42, col + 0.42
    return {
        "x0": [left, right, right, left],
        "y0": [bottom, bottom, top, top],
        "x1": [right, right, left, left],
        "y1": [bottom, top, top, bottom],
    }


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
    dash : str
        As Bokeh has it, of the last of them.

    Returns
    -------
    ColumnDataSource
        The segments that are drawn, to be changed.
    """
    source = ColumnDataSource(columns)
    *_, last = widths
    for color, width in widths.items():
        add_arrows(figure, source, color, width, dash if color == last else "solid")
    return source


def add_arrows(
    figure: Plot, source: ColumnDataSource, color: str, width: float, dash: str = "solid"
) -> None:
    """The same of a source, in one colour and dash, or in those of its columns of these names."""
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
        line_cap="square" if dash == "solid" else "butt",
        level="overlay",
    )
    figure.add_layout(arrows)
