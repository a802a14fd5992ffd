"""What went wrong, in words above the cards, until it is dismissed."""

from __future__ import annotations

from html import escape

import panel as pn

from tpfdash.cards.widgets import button, html, put_in_sight, row
from tpfdash.inspector import Inspector
from tpfdash.views.faults import faults_of

__all__ = ["fault_alert"]


def fault_alert(inspector: Inspector) -> pn.Row:
    """The line that says what went wrong last; not there while nothing did."""
    faults = faults_of(inspector)
    text = html("", sizing_mode="stretch_width")

    def dismiss():
        faults.words = ""

    away = button(inspector, "Dismiss", "dismiss", dismiss, "Take this message away.")
    line = row(text, away, css_classes=["tpf-fault"], sizing_mode="stretch_width")

    def show(*events):
        text.object = f"<div class='error' role='alert'>{escape(faults.words)}</div>"
        put_in_sight(line, bool(faults.words))

    show()
    faults.param.watch(show, "words")
    return line
