"""The user's own words on the file: kept with the session, printed in the report."""

from __future__ import annotations

import panel as pn

from tpfdash.cards.widgets import CSS, note, widget
from tpfdash.inspector import Inspector

__all__ = ["notes_card"]

_TEXT = "textarea.bk-input { height: auto !important; }"


def notes_card(inspector: Inspector) -> pn.Column:
    """The card with a field for notes."""
    field = widget(
        pn.widgets.TextAreaInput,
        inspector.param.notes,
        "notes",
        label="",
        placeholder="What you see, and what it may be.",
        stylesheets=[CSS, _TEXT],
        rows=5,
        max_length=10_000,
        sizing_mode="stretch_width",
    )
    words = note("They go into the report and into a saved session, and not into the address.")
    return pn.Column(field, words, margin=0, sizing_mode="stretch_width", styles={"gap": "6px"})
