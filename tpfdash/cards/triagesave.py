"""Saving what was said in a triage, from the browser."""

from __future__ import annotations

import asyncio
import io
from html import escape

import panel as pn

from tpfdash.cards.widgets import control, note, row
from tpfdash.diagnosis.bulk.joined import FORMATS
from tpfdash.inspector.triage import Walk
from tpfdash.views.faults import guarded

__all__ = ["save_card"]

_SAVE = "Save table"
_ALL, _ONLY = "all events", "those in the table"


def save_card(walk: Walk) -> pn.Column:
    """What is saved, its format, and the button that has the browser save it."""
    which = control(
        pn.widgets.RadioButtonGroup,
        "save-which",
        "Which events are saved.",
        options=[_ALL, _ONLY],
        variant="outline",
    )
    format = control(
        pn.widgets.RadioButtonGroup,
        "save-format",
        "The format of the saved table.",
        options=list(FORMATS),
        variant="outline",
    )
    stem = walk.results.path.name.removesuffix(".jsonl")

    def name() -> str:
        return f"{stem}_judged.{format.value}"

    async def make() -> io.BytesIO:
        """In a thread: of many events it takes seconds, and the page goes on meanwhile."""
        save.param.update(label="Making the table …", disabled=True)
        try:
            with guarded(walk, reraise=True):
                work = walk.saving(format.value, only=which.value == _ONLY)
                return io.BytesIO(await asyncio.to_thread(work))
        finally:
            save.param.update(label=_SAVE, disabled=False)

    save = control(
        pn.widgets.FileDownload,
        "save-judged",
        "Save results and words as one table in the browser's own folder.",
        callback=make,
        filename=name(),
        label=_SAVE,
    )

    def rename(event):
        save.filename = name()

    format.param.watch(rename, "value")
    kept = escape(walk.judged.path.name)
    words = note(
        f"Each event with its word, note, who said it and when. All that is said is kept in {kept} "
        "beside the results as it is said."
    )
    return pn.Column(
        row(which, format, save, gap=12),
        words,
        margin=0,
        sizing_mode="stretch_width",
        styles={"gap": "8px"},
    )
