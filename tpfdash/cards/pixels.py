"""The postage stamp with its controls: what the mouse does, which masks, which colours."""

from __future__ import annotations

from functools import partial

import panel as pn

from tpfdash.cards.widgets import CSS, RangeSlider, button, choice, plot_pane, readout, row, widget
from tpfdash.cards.words import pixel_html
from tpfdash.inspector import Inspector
from tpfdash.stamp.masks import mission_background
from tpfdash.views.live import Live
from tpfdash.views.pixels import PixelView

__all__ = ["pixel_card"]

WIDTH = 470

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
    """The card of an Inspector's postage stamp."""
    p = inspector.param
    return pn.Column(
        row(choice(p.mode, "mode"), pn.Spacer(width=4), *_undo_redo(inspector)),
        row(choice(p.editing, "editing"), pn.Spacer(width=4), _masks(inspector)),
        pn.Row(
            pn.HSpacer(),
            plot_pane(view.plot, "pixels"),
            pn.HSpacer(),
            min_height=368,
            margin=(4, 0),
        ),
        readout(inspector, pixel_html, "pixel-readout", height=36, sizing_mode="stretch_width"),
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
            widget(pn.widgets.Select, p.column, "column", label="Column", width=150),
            widget(pn.widgets.Select, p.scale, "scale", label="Scale", width=105),
            widget(pn.widgets.Select, p.cmap, "cmap", label="Colours", width=115),
            gap=10,
        ),
        width=WIDTH,
        css_classes=["card"],
        stylesheets=[CSS],
        styles={"padding": "12px", "gap": "6px", "flex": "none"},
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
