"""Opening the file of a page in a thread, so that no other page of the server waits for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

import xarray as xr
from bokeh.document import Document

from tpfdash.app.roots import Roots, resolve, without_folders
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf

__all__ = ["Named", "open_named"]

_log = logging.getLogger(__name__)

#: Files that one process opens at a time; and as many that it fetches, which takes longer.
_AT_ONCE = 4
#: Milliseconds between two looks whether a browser has come.
_LOOK = 30


def open_named(
    name: str, roots: Roots, open_file: Callable[[Path], xr.Dataset] = open_tpf
) -> xr.Dataset:
    """The file that an address may mean by `name`.

    Raises
    ------
    TPFError
        Where there is none, or it is no good; of folders it says nothing.
    """
    path = resolve(name, roots)
    try:
        return open_file(path)
    except TPFError as error:
        raise without_folders(error, path) from error


class Named:
    """The file of a page that is an empty shell until the file is open and a browser is there.

    A server of several processes may answer for the page in one and talk to its browser in
    another; and many who ask for a page are no browser. Neither is worth a dashboard.

    Parameters
    ----------
    name : str
        What the page calls it.
    open_file : callable
        -> Dataset.
    in_address : bool
        Whether the address names it by something else than `file=`.
    fetched : bool
        Whether it has to come from elsewhere: nobody who opens a file waits for that.

    Attributes
    ----------
    came : bool
        Whether a browser has come for it.
    """

    def __init__(
        self,
        name: str,
        open_file: Callable[[], xr.Dataset],
        *,
        in_address: bool = True,
        fetched: bool = False,
    ):
        self.name = name
        self.came = False
        self._open = open_file
        self._in_address = in_address
        self._fetched = fetched
        self._opened: Future | None = None

    def start(self, document: Document, then: Callable[[], None]) -> None:
        """Open it, and have the document's loop call something once it can be shown."""
        opened = self._opened = _threads(os.getpid(), self._fetched).submit(self._open)

        def look():
            context = document.session_context
            session = getattr(context, "session", None)  # it is there once the shell is made
            connected = session is not None and session.connection_count > 0
            self.came = self.came or context is None or connected
            if opened.done() and self.came:
                then()
            else:
                document.add_timeout_callback(look, _LOOK)

        look()

    def result(self) -> tuple[dict[str, xr.Dataset], str | None]:
        """The file by its name, and that name where the address has it in another way."""
        tpf = self._open() if self._opened is None else self._opened.result()
        return {self.name: tpf}, self.name if self._in_address else None


@cache
def _threads(process: int, fetch: bool) -> ThreadPoolExecutor:
    """The threads of a process: one that was forked has none of its parent's."""
    return ThreadPoolExecutor(_AT_ONCE, f"tpfdash-{'fetch' if fetch else 'open'}")
