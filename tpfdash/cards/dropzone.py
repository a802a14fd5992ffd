"""A place where a file is dropped that is to be sent to the server by HTTP, with its progress.

By its websocket Bokeh takes messages of 20 MB, and holds the page up while one comes. The field of
`tpfdash.cards.upload` does so, for the small files that belong to a page.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import param
from panel.custom import JSComponent

from tpfdash.cards.widgets import CSS

__all__ = ["TICKET_HEADER", "DropZone"]

#: The header of a request that brings a file, with the page's ticket.
TICKET_HEADER = "X-Tpfdash-Ticket"

_CSS = (Path(__file__).parent / "dropzone.css").read_text()


class DropZone(JSComponent):
    """A place for a file; once it has been sent the browser goes where the server says.

    Parameters
    ----------
    admit : callable
        -> a ticket, with which this page may send files. Called when the first is sent.
    largest : int
        Bytes that may be sent.
    """

    ticket = param.String("", doc="With which this page may send files.")
    largest = param.Integer(0, doc="Bytes that may be sent.")
    header = param.String(TICKET_HEADER, constant=True, doc="The header with the ticket.")
    url = param.String("upload", constant=True, doc="Where files go, relative to the page.")

    _esm = (Path(__file__).parent / "dropzone.js").read_text()

    def __init__(self, admit: Callable[[], str], **params):
        super().__init__(
            css_classes=["tpf-dropzone"],
            stylesheets=[CSS, _CSS],
            margin=0,
            sizing_mode="stretch_width",
            **params,
        )
        self._admit = admit

    def _handle_msg(self, msg) -> None:
        if msg == "ticket" and not self.ticket:  # whoever sent it
            self.ticket = self._admit()
