"""Saving a session from the browser, and taking one up: for the card of files."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import panel as pn

from tpfdash.cards.upload import LARGEST, Upload
from tpfdash.cards.widgets import control, html, note
from tpfdash.inspector import Inspector
from tpfdash.inspector.session import restore_all, session_of
from tpfdash.io.sessions import LARGEST_SESSION, read_session, session_bytes
from tpfdash.views.faults import guarded

__all__ = ["load_session", "save_session"]

assert LARGEST_SESSION <= LARGEST  # what can be read can be sent


def save_session(
    inspector: Inspector, others: Callable[[], Sequence[Inspector]] = tuple
) -> pn.widgets.FileDownload:
    """The button that saves what is chosen, in the browser's own folder: `tpf-save-session`.

    `others`: -> further Inspectors, of files of the same target, whose choices go with it.
    """
    attrs = inspector.tpf.attrs
    source = Path(str(attrs.get("source") or attrs.get("object") or "tpf")).name
    return control(
        pn.widgets.FileDownload,
        "save-session",
        "Save all that is chosen here (masks, window, zoom, settings), to go on with later.",
        callback=guarded(inspector, reraise=True)(
            lambda: io.BytesIO(session_bytes(session_of(inspector, others())))
        ),
        filename=f"{source.partition('.fit')[0].replace(' ', '_')}_session.json",
        label="Save session",
        width=150,
    )


def load_session(inspector: Inspector, others: Callable[[], Sequence[Inspector]] = tuple) -> list:
    """The field for a session's file (`tpf-load-session`), a note, and a line for what is wrong."""
    message = html("", css_classes=["tpf-session-message"])

    def say(words: str, kind: str = "error"):
        message.object = words and f"<div class='{kind}' role='alert'>{escape(words)}</div>"

    left: tuple[str, ...] = ()

    def read(name: str, contents: bytes):
        nonlocal left
        file = io.BytesIO(contents)
        file.name = name  # for messages
        left = restore_all([inspector, *others()], read_session(file))

    def done(words: str):
        if words or not left:
            return say(words)
        say(f"Restored, but for what is not known here: {', '.join(left)[:400]}.", "note")

    load = Upload(
        read,
        done,
        words="Choose a file …",
        accept=".json",
        hint="The file of a session that was saved here, on this target pixel file.",
        css_classes=["tpf-load-session"],
    )
    return [load, note("A session of this target's files; masks can be undone."), message]
