"""The difference image of the window, in words and pictures."""

from __future__ import annotations

from html import escape

import panel as pn

from tpfdash.cards.widgets import button, note, plot_pane, row
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.views.difference import DifferenceView, difference_text
from tpfdash.views.live import Live

__all__ = ["difference_card"]


def difference_card(inspector: Inspector) -> tuple[pn.Column, list[Live]]:
    """The card of the difference image, empty until it is shown, and what is live in it.

    It says how to get one where no window is set.
    """
    card = pn.Column(sizing_mode="stretch_width", margin=0, min_height=60, styles={"gap": "8px"})
    view = DifferenceView(inspector)
    clear = button(
        inspector, "Clear window", "clear-window", lambda: _clear(inspector), "Set no window."
    )

    def show(*events):
        try:
            found = inspector.difference()
        except TPFError as error:
            card.objects = [row(note(escape(str(error))), pn.HSpacer(), clear)]
            return
        if found is None:
            card.objects = [
                note("Drag over the light curve to set a window: its difference image shows here.")
            ]
            return
        card.objects = [
            row(note(difference_text(found)), pn.HSpacer(), clear, sizing_mode="stretch_width"),
            plot_pane(view.layout(found), "difference"),
        ]

    return card, [Live(inspector, show, "difference", precedence=1, shown=False)]


def _clear(inspector: Inspector) -> None:
    inspector.window = None
