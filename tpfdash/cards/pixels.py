"""The postage stamp with its controls: what the mouse does, which masks, which colours."""

from __future__ import annotations

import panel as pn

from tpfdash.cards.widgets import CSS, RangeSlider, button, choice, plot_pane, readout, row, widget
from tpfdash.cards.words import pixel_html
from tpfdash.inspector import Inspector
from tpfdash.views.pixels import PixelView

__all__ = ["pixel_card"]

WIDTH = 470

_MASKS = {
    "pipeline": ("Pipeline", "The mission pipeline's optimal aperture."),
    "threshold": ("Threshold", "Pixels 3 σ above the stamp, connected to the target."),
    "all": ("All", "Every pixel."),
    "empty": ("Clear", "No pixel."),
}


def pixel_card(inspector: Inspector, view: PixelView) -> pn.Column:
    """The card of an Inspector's postage stamp."""
    p = inspector.param
    masks = [
        button(label, "clear" if name == "empty" else name, _setter(inspector, name), doc)
        for name, (label, doc) in _MASKS.items()
    ]
    return pn.Column(
        row(choice(p.mode, "mode"), pn.Spacer(width=4), *_undo_redo(inspector)),
        row(choice(p.editing, "editing"), pn.Spacer(width=4), *masks),
        pn.Row(
            pn.HSpacer(),
            plot_pane(view.plot, "pixels"),
            pn.HSpacer(),
            min_height=368,
            margin=(4, 0),
        ),
        readout(
            inspector,
            lambda: pixel_html(inspector),
            ["pointed", "cadence", "column"],
            "pixel-readout",
        ),
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


def _setter(inspector: Inspector, name: str):
    return lambda: inspector.set_mask(name)


def _undo_redo(inspector: Inspector) -> list[pn.widgets.Button]:
    undo = button("Undo", "undo", inspector.undo, "Take back the last change of a mask.")
    redo = button("Redo", "redo", inspector.redo, "Do again what undo took back.")

    def enable(*events):
        undo.disabled, redo.disabled = not inspector.can_undo, not inspector.can_redo

    enable()
    inspector.param.watch(enable, ["aperture", "background"], precedence=1)
    return [undo, redo]
