"""The list of a server's files: searched and sorted on the server, of which it shows the first.

What is listed is decided by who is asked; a row is a link to the page of its file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import param
from panel.custom import JSComponent

from tpfdash.cards.widgets import CSS

__all__ = ["ORDERS", "PAGE_OF_ROWS", "Shelf"]

#: Rows that are shown at first, and that are added each time that more are wanted.
PAGE_OF_ROWS = 100
_MOST_ROWS = 2000
_LONGEST_WORDS = 200

#: What the list can be sorted by; with a "-" before it the other way round.
ORDERS = ("", "target", "when", "cadences", "size", "name")

_CSS = (Path(__file__).parent / "shelf.css").read_text()


class Shelf(JSComponent):
    """A table of files with a field to search it.

    Parameters
    ----------
    ask : callable
        Called with (words, how many rows, order) when the user looks for something else.

    Attributes
    ----------
    rows : list of dict
        Texts `name`, `target`, `mission`, `when`, `cadence`, `cadences`, `stamp`, `size`.
    """

    rows = param.List([], doc="What is shown.")
    count = param.Integer(0, doc="How many files were found.")
    total = param.Integer(0, doc="How many there are.")
    scanning = param.Boolean(False, doc="Whether more are being looked for.")

    _esm = (Path(__file__).parent / "shelf.js").read_text()

    def __init__(self, ask: Callable[[str, int, str], None], **params):
        super().__init__(
            css_classes=["tpf-shelf"],
            stylesheets=[CSS, _CSS],
            margin=0,
            sizing_mode="stretch_width",
            **params,
        )
        self._ask = ask

    def _handle_msg(self, msg) -> None:
        if (
            isinstance(msg, list)
            and len(msg) == 3
            and isinstance(msg[0], str)
            and isinstance(msg[1], int)
            and isinstance(msg[2], str)
            and msg[2].removeprefix("-") in ORDERS
        ):  # whoever sent it
            self._ask(msg[0][:_LONGEST_WORDS], min(max(msg[1], 1), _MOST_ROWS), msg[2])
