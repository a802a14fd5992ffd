"""The postage stamp: one frame with its colour bar, the masks on it, and the mouse that edits them.

What a frame is of each column, and which masks there are, is `tpfdash.stamp.columns` and
`tpfdash.stamp.masks`; the difference images are drawn with the same figure in `views.difference`.
"""

from __future__ import annotations

import holoviews as hv
import numpy as np
from bokeh.models import BoxSelectTool, FixedTicker, Scatter

from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows
from tpfdash.stamp.columns import COLUMNS, column_unit
from tpfdash.stamp.geometry import extent
from tpfdash.stamp.masks import pipeline_mask
from tpfdash.stamp.sky import target_position
from tpfdash.stamp.stretch import color_ticks, shades
from tpfdash.views import gestures
from tpfdash.views.apertures import add_others, other_segments
from tpfdash.views.difference import ellipse_of
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live
from tpfdash.views.patches import Figures, add_glyph, drag_with, patch, set_columns, simplify
from tpfdash.views.stamp import (
    APERTURE_COLOR,
    BACKGROUND_COLOR,
    HALO_COLOR,
    HINT_COLOR,
    MISSING_COLOR,
    Outline,
    add_outline,
    frame_around,
    palette,
    segments,
    stamp_aspect,
)
from tpfdash.views.stars import StarLayer

__all__ = ["OUTLINES", "PixelView", "drawn_marks"]

#: What is drawn on the stamp, from the lowest to the uppermost: masks, the pixel pointed at, and an
#: event's place with its error.
OUTLINES = {
    "pipeline": Outline(HINT_COLOR, 1.5, "dotted"),
    "background": Outline(BACKGROUND_COLOR, 2.5, "dashed"),
    "aperture": Outline(APERTURE_COLOR, 3.0, "solid"),
    "pointed": Outline("#ffffff", 1.0, "solid"),
    "event": Outline("#ffd60a", 2.0, "solid"),
}
#: How much wider the dark line is.
_HALO = 2.0
#: Half the width of the x at an event's place, in pixels of the stamp.
_ARM = 0.12


@follows("aperture", "background", "answer")
def drawn_marks(inspector: Inspector) -> list[str]:
    """What is marked on the stamp now: names of `OUTLINES`, and "target"; not the mouse's pixel."""
    masks = {
        "aperture": inspector.aperture,
        "background": inspector.background,
        "pipeline": pipeline_mask(inspector.tpf),
    }
    marks = [name for name, mask in masks.items() if mask.any()]
    if _target(inspector.tpf):
        marks.append("target")
    return [*marks, "event"] if _event_place(inspector) else marks


class PixelView:
    """The postage stamp of an Inspector.

    Parameters
    ----------
    inspector : Inspector

    Attributes
    ----------
    plot : DynamicMap
        To be displayed by HoloViews or Panel, with the gestures on it; as wide as its place.
    """

    def __init__(self, inspector: Inspector):
        self.inspector = inspector
        self._figures = Figures()
        structure = gestures.follow(inspector, ["column", "cmap"])
        build = guarded(inspector, reraise=True)(self._build)
        self.plot = hv.DynamicMap(build, streams=[structure])
        gestures.listen(
            inspector,
            self.plot,
            {
                gestures.ClickStream: self._click,
                gestures.BoxStream: self._box,
                gestures.PointerStream: self._hover,
                gestures.LeaveStream: self._leave,
            },
        )
        self._stars = StarLayer(inspector, self._figures)
        Live(inspector, self._draw_outlines, "aperture", "background", "pointed")
        Live(inspector, self._draw_others, *other_segments.inputs)
        Live(inspector, self._draw_target, "ride", "star_shift")
        Live(inspector, self._draw_event, "answer")
        Live(inspector, self._draw_frame, "frame", "levels", "color_scale")

    # -- gestures --------------------------------------------------------------------------------

    def _click(self, x, y, shift):
        star = self.inspector.star_near(y, x)
        if star is not None and not shift:
            self.inspector.star = star
            return
        pixel = self._pixel(x, y)
        if pixel is None:
            return
        row, col = pixel
        if shift or self.inspector.mode == "toggle":
            self.inspector.toggle(row, col)
        else:
            self.inspector.select_box(row, row, col, col, self.inspector.mode)

    def _box(self, bounds, shift):
        x0, y0, x1, y1 = bounds
        mode = self.inspector.mode
        if shift or mode == "toggle":
            mode = "add"
        # From the pixel that was pressed to the one that was let go, both included.
        self.inspector.select_box(round(y0), round(y1), round(x0), round(x1), mode)

    def _hover(self, x, y):
        star = self.inspector.star_near(y, x)
        self.inspector.change(pointed=self._pixel(x, y), pointed_star=star)

    def _leave(self, x, y):
        self.inspector.change(pointed=None, pointed_star=None)

    def _pixel(self, x: float, y: float) -> tuple[int, int] | None:
        """(row, col) of the detector pixel at a position; None beside the stamp."""
        row, col = round(y), round(x)
        tpf = self.inspector.tpf
        return (row, col) if row in tpf["row"].values and col in tpf["col"].values else None

    # -- what is drawn ---------------------------------------------------------------------------

    def _image(self) -> np.ndarray:
        """The frame as it is coloured, from 0 to 1: float32 (row, col)."""
        inspector = self.inspector
        return shades(inspector.frame(), inspector.levels(), inspector.color_scale())

    def _segments(self, name: str) -> dict[str, list[float]]:
        tpf = self.inspector.tpf
        if name == "pointed":
            return frame_around(self.inspector.pointed)
        if name == "event":
            return _event_segments(self.inspector)
        mask = pipeline_mask(tpf) if name == "pipeline" else getattr(self.inspector, name)
        return segments(tpf, mask)

    def _build(self, column, cmap) -> hv.Image:
        tpf = self.inspector.tpf
        left, bottom, right, top = extent(tpf)
        image = self._image()
        return hv.Image(
            # HoloViews warns where there is no number: the frame itself is put into the figure.
            np.nan_to_num(image[::-1]),  # hv has row 0 on top
            bounds=(left, bottom, right, top),
            kdims=["col", "row"],
            vdims=["shade"],
        ).opts(
            cmap=palette(self.inspector.colors),
            clim=(0, 1),
            clipping_colors={"NaN": MISSING_COLOR},
            colorbar=True,
            colorbar_position="bottom",
            colorbar_opts={"ticker": FixedTicker(ticks=[]), "height": 10, "padding": 6},
            clabel=_label(tpf, column),
            tools=[BoxSelectTool(renderers=[])],
            responsive="width",
            aspect=stamp_aspect(tpf["aperture"].shape),
            xlabel="column (pixel)",
            ylabel="row (pixel)",
            xlim=(left, right),
            ylim=(bottom, top),
            toolbar="above",
            shared_axes=False,
            hooks=[
                self._figures.hook("image", self._finish),
                lambda plot, element: simplify(plot.state),
                lambda plot, element: drag_with(plot.state, BoxSelectTool),
                # As Panel has it; built anew it would be "scale_width", which is no other here.
                lambda plot, element: plot.state.update(sizing_mode="stretch_width"),
            ],
        )

    def _finish(self, plot, element) -> None:
        """What HoloViews has no option for: outlines, and a colour bar labelled in true values.

        And the target's mark, which as an element of HoloViews would take long.
        """
        if "outlines" not in plot.handles:  # or the figure was built before, and its image is new
            plot.handles["target"] = _mark_target(plot.state, self.inspector)
            plot.handles["others"] = add_others(plot.state, self.inspector, _HALO)
            plot.handles["outlines"] = {
                name: add_outline(
                    plot.state,
                    self._segments(name),
                    {HALO_COLOR: style.width + _HALO, style.color: style.width},
                    style.dash,
                )
                for name, style in OUTLINES.items()
            }
            self._stars.add(plot)
        gestures.mend(plot.state, least=6)
        self._fill(plot, self._image())
        for axis in (*plot.state.xaxis, *plot.state.yaxis):
            axis.ticker.num_minor_ticks = 0
            axis.ticker.update(min_interval=1, desired_num_ticks=5)

    def _fill(self, plot, image: np.ndarray) -> None:
        """Put an image, as `_image` gives it, into a figure, and its values beside its colours."""
        set_columns(plot.handles["source"], image=[image])
        ticks = color_ticks(self.inspector.levels(), self.inspector.color_scale())
        bar = plot.handles["colorbar"]
        # HoloViews leaves the title of the first column
        bar.title = _label(self.inspector.tpf, self.inspector.column)
        bar.major_label_overrides = dict(ticks)
        bar.ticker.ticks = [shade for shade, _ in ticks]

    # -- keeping up ------------------------------------------------------------------------------

    def _draw_outlines(self, *events) -> None:
        self._outline([event.name for event in events])

    def _draw_target(self, *events) -> None:
        columns = _target_columns(self.inspector)

        def change(plots):
            for source in plots["image"].handles["target"]:
                set_columns(source, **columns)

        if columns["row"]:
            patch(self._figures, change)

    def _draw_event(self, *events) -> None:
        self._outline(["event"])

    def _draw_others(self, *events) -> None:
        columns = other_segments(self.inspector)
        patch(
            self._figures,
            lambda plots: set_columns(plots["image"].handles["others"], **columns),
        )

    def _outline(self, names: list[str]) -> None:
        columns = {name: self._segments(name) for name in names}

        def change(plots):
            for name in names:
                set_columns(plots["image"].handles["outlines"][name], **columns[name])

        patch(self._figures, change)

    def _draw_frame(self, *events) -> None:
        image = self._image()

        patch(self._figures, lambda plots: self._fill(plots["image"], image))


def _event_place(inspector: Inspector) -> tuple[float, float] | None:
    """(row, col) of the event where it is known and on the stamp."""
    position = inspector.answer.position if inspector.answer is not None else None
    return position if position is not None and _on_stamp(inspector.tpf, position) else None


def _event_segments(inspector: Inspector) -> dict[str, list[float]]:
    """An x at the event's place and the ellipse of its error, as `segments`."""
    place = _event_place(inspector)
    if place is None:
        return frame_around(None)
    arms = np.array([[-1, -1, 1, 1], [-1, 1, 1, -1]]) * _ARM + np.reshape(place, (2, 1))
    row, col = ellipse_of(inspector.answer)
    return {
        "x0": [*arms[1, :2], *col[:-1]],
        "y0": [*arms[0, :2], *row[:-1]],
        "x1": [*arms[1, 2:], *col[1:]],
        "y1": [*arms[0, 2:], *row[1:]],
    }


def _on_stamp(tpf, position: tuple[float, float]) -> bool:
    left, bottom, right, top = extent(tpf)
    return bottom <= position[0] <= top and left <= position[1] <= right


def _mark_target(figure, inspector: Inspector) -> list:
    """Draw a white cross on a wider dark one at the target, if it is on the stamp; the sources."""
    columns = _target_columns(inspector)
    if not columns["row"]:
        return []
    return [
        add_glyph(
            figure,
            Scatter(
                x="col", y="row", marker="cross", size=size, line_width=width, line_color=color
            ),
            "glyph",
            dict(columns),
        )
        for size, width, color in ((17, 5, HALO_COLOR), (14, 2, "white"))
    ]


def _target_columns(inspector: Inspector) -> dict[str, list[float]]:
    """Where the catalogue has the target at this cadence; empty where it is not on the stamp."""
    place = _target(inspector.tpf)
    if place is None:
        return {"row": [], "col": []}
    row, col = np.sum([place, inspector.ride, inspector.star_shift], axis=0).tolist()
    return {"row": [row], "col": [col]}


def _target(tpf) -> tuple[float, float] | None:
    """(row, col) of the target where it is on the stamp."""
    position = target_position(tpf)
    return position if position is not None and _on_stamp(tpf, position) else None


def _label(tpf, column: str) -> str:
    label, unit = COLUMNS[column].label, column_unit(tpf, column)
    return f"{label} ({unit})" if unit else label
