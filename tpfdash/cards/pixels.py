"""The postage stamp with its controls: what the mouse does, which masks, which colours."""

from __future__ import annotations

from functools import partial
from html import escape

import numpy as np
import panel as pn
import param

from tpfdash.cards.sky import pointed_html
from tpfdash.cards.widgets import (
    CSS,
    RangeSlider,
    button,
    choice,
    described,
    html,
    line_key,
    on_dark,
    plot_pane,
    put_in_sight,
    readout,
    row,
    widget,
)
from tpfdash.cards.words import pixel_html
from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows
from tpfdash.stamp.columns import COLUMNS, column_unit
from tpfdash.stamp.masks import mission_background
from tpfdash.views.apertures import OTHER_LOOKS
from tpfdash.views.live import Live
from tpfdash.views.pixels import OUTLINES, PixelView, drawn_marks
from tpfdash.views.stars import STAR_MARKS

__all__ = ["marks_html", "pixel_card", "stamp_text"]

#: Mark on the stamp -> what it is, in the legend.
_MARKS = {
    "aperture": "aperture",
    "background": "background",
    "pipeline": "pipeline’s aperture",
    "target": "target (catalogue)",
    "event": "event, 1 σ",
}

#: The part that is folded away: no frame of its own within the card.
_FOLDED = """
:host(.card) { border: 0; outline: 0; box-shadow: none; border-radius: 0; gap: 8px; }
.card-header {
  padding: 0 !important; min-height: 28px !important; gap: 6px; align-items: center;
  color: var(--soft) !important; background: none !important; border: 0 !important;
}
.card-button { margin: 0 !important; }
.card-button svg { stroke: currentColor; }
.card-header:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
"""

#: Mask being edited -> name of a mask -> its button's label and tooltip.
_MASKS = {
    "aperture": {
        "pipeline": ("Pipeline", "The mission pipeline's optimal aperture."),
        "threshold": ("Threshold", "Pixels 3 σ above the stamp, connected to the target."),
        "all": ("All", "Every pixel."),
        "empty": ("Clear", "No pixel."),
    },
    "background": {
        "sky": ("Sky", "The fainter half of the pixels outside the aperture."),
        "mission": ("Mission", "The pixels that the mission's file marks as background."),
        "rest": ("Rest", "Every pixel that is not in the aperture."),
        "empty": ("None", "No pixel: nothing is taken off."),
    },
}


def pixel_card(inspector: Inspector, view: PixelView) -> pn.Column:
    """The card of an Inspector's postage stamp, as wide as its place: made for 312 to 440 px."""
    p = inspector.param
    return pn.Column(
        row(
            _menu(p.column, "column", "Shown", beside=True),
            _menu(p.levels_from, "levels-from", "Colours", beside=True),
            gap=10,
            sizing_mode="stretch_width",
        ),
        described(
            inspector, plot_pane(view.plot, "pixels", sizing_mode="stretch_width"), stamp_text
        ),
        readout(inspector, marks_html, "marks", sizing_mode="stretch_width"),
        readout(
            inspector,
            pixel_html,
            "pixel-readout",
            height=18,
            sizing_mode="stretch_width",
        ),
        _pointed_star(inspector),
        choice(p.mode, "mode"),
        row(choice(p.editing, "editing"), pn.HSpacer(), *_undo_redo(inspector), width_policy="max"),
        _masks(inspector),
        _colors(inspector),
        css_classes=["card"],
        stylesheets=[CSS],
        sizing_mode="stretch_width",
        margin=0,
        styles={"padding": "8px 12px", "gap": "6px"},
    )


def _pointed_star(inspector: Inspector) -> pn.pane.HTML:
    """The star pointed at; there once there are stars."""
    words = readout(inspector, pointed_html, "pointed-star", sizing_mode="stretch_width")

    def show(*events):
        put_in_sight(words, inspector.stars is not None and inspector.show_stars)

    show()
    Live(inspector, show, "stars", "show_stars")
    return words


def _menu(
    parameter: param.Parameter, tag: str, label: str, beside: bool = False
) -> pn.widgets.Widget:
    """A param's choices in a menu, its label above or beside it."""
    made = widget(
        pn.widgets.Select, parameter, tag, label=label, sizing_mode="stretch_width", min_width=80
    )
    if beside:
        made.css_classes = [*made.css_classes, "tpf-beside"]
    return made


def _colors(inspector: Inspector) -> pn.Card:
    """What is wanted now and then of the colours, folded away."""
    p = inspector.param
    return pn.Card(
        widget(
            RangeSlider,
            p.stretch,
            "stretch",
            label="Stretch (percentiles of the pixels)",
            start=0,
            end=100,
            step=0.1,
            format="0.0",
            sizing_mode="stretch_width",
        ),
        row(
            _menu(p.scale, "scale", "Scale"),
            _menu(p.cmap, "cmap", "Colour map"),
            gap=10,
            sizing_mode="stretch_width",
        ),
        header=html(
            "<div class='label' title='Percentiles, scale and colour map.'>Colours</div>",
        ),
        collapsed=True,
        css_classes=["tpf-colors"],
        stylesheets=[CSS, _FOLDED],
        margin=0,
        sizing_mode="stretch_width",
    )


@follows("column", "frame", "aperture", "background", "aperture_list")
def stamp_text(inspector: Inspector) -> str:
    """What the stamp shows, for those who cannot see it."""
    tpf, column = inspector.tpf, inspector.column
    rows, cols = tpf["aperture"].shape
    frame, unit = inspector.frame(), column_unit(tpf, column)
    parts = [
        f"Postage stamp, {rows} rows by {cols} columns: {COLUMNS[column].label.lower()} at cadence "
        f"{int(tpf['cadenceno'].values[inspector.cadence])}."
    ]
    if np.isfinite(frame).any():
        row, col = np.unravel_index(np.nanargmax(frame), frame.shape)
        parts.append(
            f"Highest in row {tpf['row'].values[row]}, column {tpf['col'].values[col]}: "
            f"{frame[row, col]:,.4g} {unit}".rstrip()
            + "."
        )
    else:
        parts.append("No pixel has a value.")
    for name in ("aperture", "background"):
        mask = getattr(inspector, name)
        if not mask.any():
            parts.append(f"The {name} is empty.")
            continue
        ends = (
            tpf[axis].values[np.flatnonzero(mask.any(axis=other))[[0, -1]]]
            for axis, other in (("row", 1), ("col", 0))
        )
        (row0, row1), (col0, col1) = ends
        count = np.count_nonzero(mask)
        parts.append(
            f"The {name} has {count} {'pixel' if count == 1 else 'pixels'}, in rows {row0} to "
            f"{row1} and columns {col0} to {col1}."
        )
    others = [one.name for one in inspector.aperture_list if one.mask is not None]
    if others:
        parts.append(f"It is {inspector.aperture_name}; beside it there are {', '.join(others)}.")
    return " ".join(parts)


#: What a catalogue's kinds of dots are, in the legend.
_STARS = {"stars": "stars", "variables": "variable stars", "movers": "solar-system objects"}
#: Bokeh's markers in a box of 26 by 14.
_DOTS = {
    "circle": "<circle cx='13' cy='7' r='4.5'/>",
    "triangle": "<path d='M13 2L18.5 12H7.5Z'/>",
    "diamond": "<path d='M13 1.5L18 7L13 12.5L8 7Z'/>",
}


@follows(*drawn_marks.inputs, "aperture_list", "stars", "variables", "movers", "show_stars")
def marks_html(inspector: Inspector) -> str:
    """What is marked on the stamp: each line as it is drawn, on a ground as dark as a sky."""
    listed = inspector.aperture_list
    several = f" {escape(inspector.aperture_name)}" if len(listed) > 1 else ""
    marks = [
        (_key(name), _MARKS[name] + (several if name == "aperture" else ""))
        for name in drawn_marks(inspector)
    ]
    marks += [
        (line_key(OTHER_LOOKS[place]), escape(one.name))
        for place, one in enumerate(listed)
        if one.mask is not None and not one.hidden
    ]
    if inspector.show_stars and inspector.stars is not None:
        marks += [
            (_dot(name), words)
            for name, words in _STARS.items()
            if getattr(inspector, name) is not None
        ]
    keys = "".join(
        f"<span style='display:inline-flex;align-items:center;gap:5px'>{drawn}{words}</span>"
        for drawn, words in marks
    )
    style = "flex-wrap:wrap;line-height:18px;gap:4px 12px;min-height:18px"
    return f"<div class='legend' style='{style}'>{keys}</div>"


def _dot(kind: str) -> str:
    marker, color = STAR_MARKS[kind]
    return on_dark(f"<g fill='none' stroke='{color}' stroke-width='2'>{_DOTS[marker]}</g>")


def _key(mark: str) -> str:
    if mark == "target":
        return on_dark("<path d='M13 2v10M8 7h10' stroke='white' stroke-width='2'/>")
    style = OUTLINES[mark]
    if mark != "event":
        return line_key(style)
    return on_dark(
        f"<g fill='none' stroke='{style.color}' stroke-width='{style.width}'>"
        "<ellipse cx='13' cy='7' rx='10' ry='5'/><path d='M11 5l4 4M11 9l4 -4'/></g>"
    )


def _masks(inspector: Inspector) -> pn.Row:
    """A button for each named mask of the kind that is being edited, as far as the file has it."""
    buttons = {
        editing: [
            button(
                inspector,
                label,
                "clear" if name == "empty" else name,
                partial(inspector.set_mask, name),
                doc,
            )
            for name, (label, doc) in masks.items()
            if name != "mission" or mission_background(inspector.tpf).any()
        ]
        for editing, masks in _MASKS.items()
    }
    place = row(*buttons[inspector.editing])

    def show(*events):
        place.objects = buttons[inspector.editing]

    Live(inspector, show, "editing")
    return place


def _undo_redo(inspector: Inspector) -> list[pn.widgets.Button]:
    undo = button(inspector, "Undo", "undo", inspector.undo, "Take back the last change of a mask.")
    redo = button(inspector, "Redo", "redo", inspector.redo, "Do again what undo took back.")

    def enable(*events):
        undo.disabled, redo.disabled = not inspector.can_undo, not inspector.can_redo

    enable()
    Live(inspector, enable, "can_undo", "can_redo", precedence=1)
    return [undo, redo]
