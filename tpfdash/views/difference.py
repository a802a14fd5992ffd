"""The images of an event: where on the stamp its light is missing, or comes from.

One figure with one of `IMAGES` in it. It is built once; another event, another picture or another
aperture is patched into it. What the images are worked out of is `tpfdash.diagnose`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import holoviews as hv
import numpy as np
import xarray as xr
from bokeh.models import BasicTicker, ColumnDataSource, HoverTool, Plot

from tpfdash.diagnosis.diagnose import Diagnosis, EventImages
from tpfdash.inspector import Inspector
from tpfdash.stamp.columns import column_unit
from tpfdash.stamp.geometry import extent
from tpfdash.stamp.sky import target_position
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live
from tpfdash.views.patches import Figures, patch, set_columns, simplify
from tpfdash.views.stamp import APERTURE_COLOR, MISSING_COLOR, add_outline, palette, segments
from tpfdash.views.stars import StarLayer

__all__ = [
    "HALO_COLOR",
    "IMAGES",
    "MARKS",
    "DifferenceView",
    "Mark",
    "ellipse_of",
    "error_ellipse",
    "has_difference",
    "signs_text",
]

#: Drawn under every mark, a little wider: on the darkest pixels it is what tells the mark.
HALO_COLOR = "#ffffff"


@dataclass(frozen=True)
class Mark:
    """A place on the picture: how it is marked, and what its reader is told that it is."""

    marker: str
    size: int
    color: str
    words: str


#: Marks by what they mark, each with a shape of its own; dark, to be told from `HALO_COLOR`.
MARKS = {
    "star": Mark("circle", 17, "#004a6e", "target"),
    "event": Mark("x", 11, "#7a2a00", "event, 1 σ"),
    "target": Mark("cross", 13, "#111111", "catalogue"),
}


@dataclass(frozen=True)
class _Picture:
    """What is drawn of an event, and in which colours.

    Parameters
    ----------
    label : str
        With "{flux}" for the unit of the flux.
    cmap : str
    values : callable
        (EventImages, footprint or None) -> (the image, the ends of its colours).
    """

    label: str
    cmap: str
    values: Callable[[EventImages, np.ndarray | None], tuple[np.ndarray, tuple[float, float]]]


#: What the figure can show; of an Inspector's `picture` the rest is drawn elsewhere.
IMAGES = {
    "difference": _Picture("out − in ({flux})", "coolwarm", lambda d, _: (d.image, _even(d.image))),
    "S/N": _Picture("S/N of out − in (σ)", "coolwarm", lambda d, _: (d.snr, _even(d.snr))),
    # In the colours of the first, so that they can be compared.
    "expected": _Picture(
        "expected ({flux})", "coolwarm", lambda d, print: (_or(print, d.model), _even(d.image))
    ),
    "out": _Picture(
        "out of the event ({flux})", "viridis", lambda d, _: (d.outside, _bright(d.outside))
    ),
}


def _or(footprint: np.ndarray | None, model: np.ndarray) -> np.ndarray:
    return model if footprint is None else footprint


class DifferenceView:
    """The image of an Inspector's event that its `picture` names, with its place and the aperture.

    It should not be in sight where there is no difference image (`has_difference`): the last one
    is still drawn.

    Parameters
    ----------
    inspector : Inspector
    picture : str, optional
        One of `IMAGES`, whatever the Inspector's is.

    Attributes
    ----------
    plot : DynamicMap
        To be displayed by HoloViews or Panel. It is as wide as its place; where that has the CSS
        property `--tpf-picture-height`, no higher than that.
    lives : list of Live
        What is kept up while it is in sight.
    """

    #: The Inspector's value that is drawn.
    _of: tuple[str, ...] = ("answer",)
    #: Width of the figure in screen pixels for which its aspect makes the stamp's square; nearly
    #: so at other widths. Around the frame: left, right, above, below, for axes and colour bar.
    _width, _borders = 280, (46, 10, 6, 68)
    _colorbar = True

    def __init__(self, inspector: Inspector, picture: str = ""):
        self.inspector = inspector
        self._fixed = picture
        self._figures = Figures()
        self._stars = StarLayer(inspector, self._figures, rides=False)
        self.plot = hv.DynamicMap(guarded(inspector, reraise=True)(self._build))
        self.lives = [
            Live(inspector, self._draw, *self._of, "picture", "check", "star_shift"),
            Live(inspector, self._draw_aperture, "aperture"),
        ]

    @property
    def answer(self) -> Diagnosis | None:
        """What is drawn: the answer on the window, or what has its images and its place."""
        return self.inspector.answer

    @property
    def _has_images(self) -> bool:
        return self.answer is not None and self.answer.difference is not None

    # -- what is drawn ---------------------------------------------------------------------------

    @property
    def _picture(self) -> _Picture:
        return IMAGES.get(self._fixed or self.inspector.picture, IMAGES["difference"])

    def _colors(self) -> list[str]:
        return palette(self._picture.cmap)

    def _label(self) -> str:
        return self._picture.label.format(flux=column_unit(self.inspector.tpf, "flux"))

    def _tooltip(self) -> str:
        unit = escape(self._label())
        return (
            "<div style='font-size: 12px; line-height: 1.4; color: #222'>"
            f"row $y{{0}}, column $x{{0}}<br>{unit}: @image{{0,0.[000]}}</div>"
        )

    def _marks(self, answer: Diagnosis) -> dict[str, list[float]]:
        """The place of each of `MARKS`, in their order; NaN where there is nothing to mark."""
        tpf = self.inspector.tpf
        left, bottom, right, top = extent(tpf)
        target = target_position(tpf)
        if target is not None:  # by the catalogue, as that was moved to fit
            target = tuple(np.add(target, self.inspector.star_shift).tolist())
        places = {"star": answer.target, "event": answer.position, "target": target}
        marks = [places[name] or (np.nan, np.nan) for name in MARKS]
        inside = [bottom <= row <= top and left <= col <= right for row, col in marks]
        return {
            name: [mark[k] if there else np.nan for mark, there in zip(marks, inside, strict=True)]
            for k, name in enumerate(("row", "col"))
        }

    def _ellipse(self, answer: Diagnosis) -> dict[str, list[float]]:
        row, col = ellipse_of(answer)
        return {"row": row.tolist(), "col": col.tolist()}

    def _border(self) -> dict[str, list[float]]:
        return segments(self.inspector.tpf, self.inspector.aperture)

    def _build(self) -> hv.Image:
        tpf = self.inspector.tpf
        bounds = left, bottom, right, top = extent(tpf)
        return hv.Image(
            np.zeros(tpf["aperture"].shape),  # until it is filled in
            bounds=bounds,
            kdims=["col", "row"],
            vdims=["value"],
        ).opts(
            cmap=self._colors(),
            clim=(-1, 1),
            clipping_colors={"NaN": MISSING_COLOR},
            colorbar=self._colorbar,
            colorbar_position="bottom",
            colorbar_opts={
                "height": 8,
                "padding": 2,
                "ticker": BasicTicker(desired_num_ticks=4, num_minor_ticks=0),
                "title_text_font_size": "11px",
                "major_label_text_font_size": "10px",
            },
            clabel=self._label(),
            tools=[HoverTool(tooltips=self._tooltip())],
            default_tools=[],
            toolbar=None,
            responsive=True,
            xlim=(left, right),
            ylim=(bottom, top),
            xlabel="",  # the stamp says it, as does each pixel
            ylabel="row",
            fontsize={"labels": "11px", "ticks": "10px"},
            hooks=[
                self._figures.hook("image", self._finish),
                lambda plot, element: simplify(plot.state),
            ],
        )

    def _finish(self, plot, element) -> None:
        """What HoloViews has no option for: the marks with their halos, and the figure's aspect."""
        figure = plot.state
        plot.handles["outline"] = add_outline(
            figure, self._border(), {HALO_COLOR: 4.0, APERTURE_COLOR: 2.0}
        )
        plot.handles["ellipse"] = _add_ellipse(figure)
        plot.handles["marks"] = _add_marks(figure)
        self._stars.add(plot)
        for axis in (*figure.xaxis, *figure.yaxis):
            axis.ticker.update(min_interval=1, desired_num_ticks=3, num_minor_ticks=0)
        _fit(figure, self.inspector.tpf, self._width, self._borders)
        if self._has_images:
            self._change()({"image": plot})

    # -- keeping up ------------------------------------------------------------------------------

    def _change(self) -> Callable[[dict], None]:
        """What draws the images there are into the figure of a page."""
        answer = self.answer
        image, (low, high) = self._picture.values(answer.difference, self._footprint())
        marks, ellipse = self._marks(answer), self._ellipse(answer)
        label, tooltip, colors = self._label(), self._tooltip(), self._colors()

        def change(plots):
            handles = plots["image"].handles
            set_columns(handles["source"], image=[image])
            set_columns(handles["marks"], **marks)
            set_columns(handles["ellipse"], **ellipse)
            handles["color_mapper"].update(low=low, high=high)
            if handles["hover"].tooltips != tooltip:
                handles["color_mapper"].palette = colors
                handles["hover"].tooltips = tooltip
                if "colorbar" in handles:
                    handles["colorbar"].title = label

        return change

    def _footprint(self) -> np.ndarray | None:
        """Of the check that is chosen, in place of the model's; None where none is."""
        return self.answer.footprint(self.inspector.check) if self.inspector.check else None

    def _draw(self, *events) -> None:
        if self._has_images and self._figures.pages():
            patch(self._figures, self._change())

    def _draw_aperture(self, *events) -> None:
        border = self._border()
        patch(
            self._figures,
            lambda plots: set_columns(plots["image"].handles["outline"], **border),
        )


def has_difference(inspector: Inspector) -> bool:
    """Whether there is a difference image: a window was looked at, and could be measured."""
    return inspector.answer is not None and inspector.answer.difference is not None


def signs_text(picture: str) -> str:
    """What the colours of a picture say; "" where they are brightness alone."""
    if picture not in IMAGES or IMAGES[picture].cmap != "coolwarm":
        return ""
    return "red: light is missing; blue: light was added"


def ellipse_of(answer: Diagnosis) -> tuple[np.ndarray, np.ndarray]:
    """`error_ellipse` of an event's place; of length 0 where that, or its error, is not known."""
    if answer.position is None or answer.covariance is None:
        return np.zeros(0), np.zeros(0)
    return error_ellipse(answer.position, np.array(answer.covariance))


def error_ellipse(
    centre: tuple[float, float], covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The 1 sigma ellipse of a place, closed: 39 % of such places fall into theirs.

    Parameters
    ----------
    centre : (row, col), detector pixels
    covariance : float array (2, 2) of (row, col), pixels squared

    Returns
    -------
    row, col : float64 arrays (n,), of length 0 where the covariance is not finite.
    """
    covariance = np.asarray(covariance, dtype=float)
    if not np.isfinite(covariance).all():
        return np.zeros(0), np.zeros(0)
    squares, axes = np.linalg.eigh(covariance)
    angle = np.linspace(0, 2 * np.pi, 49)
    lengths = np.sqrt(np.clip(squares, 0, None))  # rounding makes a 0 negative
    around = axes @ (lengths[:, None] * [np.cos(angle), np.sin(angle)])
    row, col = around + np.reshape(centre, (2, 1))
    return row, col


def _even(image: np.ndarray) -> tuple[float, float]:
    """Limits that put 0 in the middle of the colours."""
    largest = float(np.nanmax(np.abs(image))) if np.isfinite(image).any() else 0.0
    return (-largest, largest) if largest else (-1.0, 1.0)


def _bright(image: np.ndarray) -> tuple[float, float]:
    """Limits from the faintest pixel to the brightest but for one in 100."""
    values = image[np.isfinite(image)]
    low, high = (values.min(), np.percentile(values, 99)) if values.size else (0.0, 0.0)
    return (float(low), float(high)) if low < high else (float(low), float(low) + 1.0)


def _add_marks(figure: Plot) -> ColumnDataSource:
    """Draw `MARKS`, for now nowhere: the columns row and col of the source are their places."""
    marks, nowhere = MARKS.values(), [np.nan] * len(MARKS)
    looks = {name: [getattr(mark, name) for mark in marks] for name in ("marker", "size", "color")}
    source = ColumnDataSource({"row": nowhere, "col": nowhere} | looks)
    for color, width in ((HALO_COLOR, 5), ("color", 2.5)):
        figure.scatter(
            "col",
            "row",
            source=source,
            marker="marker",
            size="size",
            line_color=color,
            line_width=width,
            fill_color=None,
            level="overlay",
        )
    return source


def _add_ellipse(figure: Plot) -> ColumnDataSource:
    """A line through the columns row and col of a source, empty for now."""
    source = ColumnDataSource({"row": [], "col": []})
    for color, width in ((HALO_COLOR, 4), (MARKS["event"].color, 2)):
        figure.line("col", "row", source=source, line_color=color, line_width=width)
    return source


def _fit(figure: Plot, tpf: xr.Dataset, width: int, borders: tuple[int, int, int, int]) -> None:
    """Give the figure an aspect in which pixels are nearly square, within reason."""
    rows, cols = tpf["aperture"].shape
    left, right, above, below = borders
    aspect = width / ((width - left - right) / np.clip(cols / rows, 0.6, 3.0) + above + below)
    figure.update(
        min_border_left=left,
        min_border_right=right,
        min_border_top=above,
        sizing_mode="stretch_width",
        aspect_ratio=float(aspect),
        stylesheets=[
            f":host {{ width: min(100%, calc(var(--tpf-picture-height, 9999px) * {aspect:.4f})); }}"
        ],
    )
