"""Catalogue stars on a figure of the stamp: dots by brightness, variables, moving objects, north.

Which stars there are and where they stand is `tpfdash.stamp.stars`; how the stars ride with the
pointing is `tpfdash.stamp.pointing`.
"""

from __future__ import annotations

import numpy as np
from bokeh.models import Plot, Scatter, Segment, Text

from tpfdash.inspector import Inspector
from tpfdash.stamp.geometry import extent
from tpfdash.stamp.sky import compass
from tpfdash.views.live import Live
from tpfdash.views.patches import Figures, add_glyph, patch, set_columns
from tpfdash.views.stamp import HALO_COLOR

__all__ = ["STAR_MARKS", "StarLayer", "star_sizes"]

#: Kind -> (marker of Bokeh's, colour), also for legends.
STAR_MARKS = {
    "stars": ("circle", "#ffffff"),
    "variables": ("triangle", "#ffb000"),
    "movers": ("diamond", "#7ce38b"),
}
#: BP - RP from, to, and the colours between them: blue is hot.
_BLUE, _RED = -0.3, 3.0
_COLORS = ("#8fb3ff", "#c4d6ff", "#ffffff", "#ffe9a8", "#ffc07a", "#ff8f6b")
#: Screen pixels of the brightest dot, of each magnitude less, and of the faintest.
_LARGEST, _LESS, _SMALLEST = 17.0, 1.7, 4.0
_CHOSEN = "#ff2d55"
#: Length of the arrows of north and east, by the shorter side of the stamp, and where their
#: letters stand.
_ARROW, _LETTER = 0.16, 1.35


def star_sizes(magnitudes: np.ndarray) -> np.ndarray:
    """Screen pixels of each dot, the brightest star's the largest; the smallest where not known."""
    known = np.asarray(magnitudes, dtype=np.float64)
    brightest = np.nanmin(known) if np.isfinite(known).any() else 0.0
    sizes = np.clip(_LARGEST - _LESS * (known - brightest), _SMALLEST, _LARGEST)
    return np.where(np.isfinite(known), sizes, _SMALLEST)


class StarLayer:
    """The stars of an Inspector on the figures of one view, at the current cadence.

    Parameters
    ----------
    inspector : Inspector
    figures : Figures
        Of the view; its plots are found there as "image".
    rides : bool
        Whether the stars ride with the pointing; else they stand where they do as a rule.
    """

    def __init__(self, inspector: Inspector, figures: Figures, *, rides: bool = True):
        self._inspector = inspector
        self._figures = figures
        self._rides = rides
        ways = ("ride",) if rides else ()
        values = ("seen_stars", "show_stars", "star", "star_colors", "variables", "movers")
        Live(inspector, self._draw, *values, *ways)

    def add(self, plot) -> None:
        """Draw them on a plot that was just built; nothing as long as there are none."""
        self._change(plot)

    def _draw(self, *events) -> None:
        patch(self._figures, lambda plots: self._change(plots["image"]))

    def _change(self, plot) -> None:
        inspector = self._inspector
        shown = inspector.show_stars and inspector.stars is not None
        if not shown and "stars" not in plot.handles:
            return
        if "stars" not in plot.handles:
            plot.handles["stars"] = _add_glyphs(plot.state, inspector, north=self._rides)
        sources, renderers = plot.handles["stars"]
        for name, columns in self._columns().items():
            set_columns(sources[name], **columns)
        for renderer in renderers:
            renderer.visible = shown

    def _columns(self) -> dict[str, dict[str, np.ndarray]]:
        inspector = self._inspector
        away = inspector.ride if self._rides else (0.0, 0.0)
        seen = inspector.stars[inspector.seen_stars] if inspector.stars is not None else None
        stars = _placed(seen, away)
        sizes = star_sizes(seen["magnitude"]) if seen is not None else np.zeros(0)
        colors = _colors(seen) if inspector.star_colors and seen is not None else None
        if colors is None:
            colors = np.full(sizes.size, STAR_MARKS["stars"][1])
        made = {
            "halo": stars | {"size": sizes},
            "stars": stars | {"size": sizes, "color": colors},
        }
        for name in ("variables", "movers"):
            made[name] = _placed(getattr(inspector, name), away)
        star = inspector.star
        chosen = inspector.stars[[star]] if star is not None and inspector.stars else None
        made["chosen"] = _placed(chosen, away)
        return made


def _placed(stars, away: tuple[float, float]) -> dict[str, np.ndarray]:
    if stars is None:
        return {"row": np.zeros(0), "col": np.zeros(0)}
    return {
        name: np.asarray(stars[name], dtype=np.float64) + more
        for name, more in zip(("row", "col"), away, strict=True)
    }


def _colors(stars) -> np.ndarray:
    """A colour for each star by BP - RP, white where it is not known."""
    part = (np.asarray(stars["bp_rp"], dtype=np.float64) - _BLUE) / (_RED - _BLUE)
    step = np.clip(np.nan_to_num(part, nan=0.4) * len(_COLORS), 0, len(_COLORS) - 1)
    return np.array(_COLORS)[step.astype(int)]


def _add_glyphs(figure: Plot, inspector: Inspector, *, north: bool) -> tuple[dict, list]:
    """Empty glyphs of all kinds on a figure: their sources by name, and what draws them."""
    before = set(figure.renderers)
    none = {"row": [], "col": []}
    sources = {
        "halo": add_glyph(
            figure,
            Scatter(
                x="col", y="row", size="size", fill_color=None, line_color=HALO_COLOR, line_width=4
            ),
            "glyph",
            none | {"size": []},
        ),
        "stars": add_glyph(
            figure,
            Scatter(
                x="col",
                y="row",
                size="size",
                fill_color="color",
                fill_alpha=0.35,
                line_color="color",
                line_width=1.8,
            ),
            "glyph",
            none | {"size": [], "color": []},
        ),
    }
    for name in ("variables", "movers"):
        marker, color = STAR_MARKS[name]
        sources[name] = add_glyph(
            figure,
            Scatter(
                x="col",
                y="row",
                size=15,
                marker=marker,
                fill_color=None,
                line_color=color,
                line_width=2.5,
            ),
            "glyph",
            dict(none),
        )
    sources["chosen"] = add_glyph(
        figure,
        Scatter(x="col", y="row", size=24, fill_color=None, line_color=_CHOSEN, line_width=2.5),
        "glyph",
        dict(none),
    )
    if north:
        _add_compass(figure, inspector)
    return sources, [one for one in figure.renderers if one not in before]


def _add_compass(figure: Plot, inspector: Inspector) -> None:
    """Arrows to north and east in the lower left corner, dark on light on dark."""
    ways = compass(inspector.tpf)
    if ways is None:
        return
    left, bottom, right, top = extent(inspector.tpf)
    length = _ARROW * min(right - left, top - bottom)
    # Far enough from the edges, whichever way they point.
    row0, col0 = bottom + _LETTER * length + 0.3, left + _LETTER * length + 0.3
    ends = np.array([ways.north, ways.east]) * length
    lines = {"x0": [col0] * 2, "y0": [row0] * 2, "x1": col0 + ends[:, 1], "y1": row0 + ends[:, 0]}
    for width, color in ((5, HALO_COLOR), (2, "#ffffff")):
        line = Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_color=color, line_width=width)
        add_glyph(figure, line, "glyph", lines)
    letters = {
        "x": col0 + _LETTER * ends[:, 1],
        "y": row0 + _LETTER * ends[:, 0],
        "text": ["N", "E"],
    }
    text = Text(
        x="x",
        y="y",
        text="text",
        text_color="#ffffff",
        text_outline_color=HALO_COLOR,
        text_align="center",
        text_baseline="middle",
        text_font_size="12px",
        text_font_style="bold",
    )
    add_glyph(figure, text, "glyph", letters)
