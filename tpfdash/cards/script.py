"""The light curve on screen as Python, to be read and copied."""

from __future__ import annotations

import panel as pn

from tpfdash.cards.widgets import CSS, control, copy_button, note, row, section
from tpfdash.inspector import Inspector
from tpfdash.inspector.script import SCRIPTS
from tpfdash.views.live import Live

__all__ = ["script_part"]

_TEXT = "textarea.bk-input { font: 12px/1.5 monospace !important; height: auto !important; }"


def script_part(inspector: Inspector) -> tuple[list, Live]:
    """A choice between the packages, the text, and a button that copies it; and what is live."""
    choice = control(
        pn.widgets.RadioButtonGroup,
        "script-package",
        "The package that the text uses.",
        options=list(SCRIPTS),
        variant="outline",
    )
    area = control(
        pn.widgets.TextAreaInput,
        "script",
        "The light curve on screen as Python.",
        stylesheets=[CSS, _TEXT],
        rows=12,
        max_length=1_000_000,
        sizing_mode="stretch_width",
        min_width=280,
    )
    copy = copy_button(area, "copy-script")

    def write(*events):
        area.value = SCRIPTS[choice.value](inspector)

    choice.param.watch(write, "value")
    inputs = {name for script in SCRIPTS.values() for name in script.inputs}
    live = Live(inspector, write, *sorted(inputs), precedence=1, shown=False)
    parts = [
        section("Copy as Python"),
        row(choice, copy, gap=10),
        note("Makes this light curve again, beside the file."),
        area,
    ]
    return parts, live
