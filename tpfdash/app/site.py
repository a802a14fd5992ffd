"""What a server has for strangers, and which page each address gets.

An address names a file of a folder that is served (`?tpf=NAME`), one that was uploaded
(`?upload=TOKEN`) or one of the archive (`?file=mast:...`); one that names nothing gets the page
that lists them. Each browser has a page, an Inspector and a session of its own; files are shared.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import partial

import panel as pn
import panel_material_ui as pmui
import xarray as xr
from astropy.table import Table

from tpfdash.app.address import FILE
from tpfdash.app.finding import is_archived
from tpfdash.app.holdings import Holdings
from tpfdash.app.landing import landing_page
from tpfdash.app.library import CACHE_BYTES, Library
from tpfdash.app.opening import Named, open_named
from tpfdash.app.page import error_page, make_page
from tpfdash.app.roots import LONGEST_NAME, Roots, labelled, without_folders
from tpfdash.app.uploads import Uploads
from tpfdash.app.visit import said_in_address
from tpfdash.archive.fetch import fetch
from tpfdash.cards.widgets import html
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf

__all__ = ["MOST_SESSIONS", "Site"]

_log = logging.getLogger(__name__)

#: Pages that one process has open at a time, unless told otherwise.
MOST_SESSIONS = 200

_HOME = """
:host { align-self: center !important; }
a { display: block; box-sizing: border-box; height: 28px; padding: 4px 10px; margin-left: 12px;
    color: #fff; font-size: 12.5px; line-height: 18px; text-decoration: none; white-space: nowrap;
    border: 1px solid rgb(255 255 255 / 0.5); border-radius: 6px; }
a:hover { background: rgb(255 255 255 / 0.15); }
a:focus-visible { outline: 2px solid #fff; outline-offset: 2px; }
"""


class Site:
    """All that the pages of a server share.

    Parameters
    ----------
    roots : path, sequence of paths, or None
        The folders whose files can be opened, and are listed.
    opened : mapping of str to Dataset, optional
        Files that are shown by an address that names none, in place of the list.
    archive : bool, optional
        Whether the archive can be searched; unless given, where no folder is served.
    catalog : Table, optional
        Stars to be drawn on every file.
    cache_bytes : int
        Of files that are kept in memory for whoever comes next.
    uploads : Uploads, optional
        Where the files go that are sent.
    most_sessions : int
        Pages that are open at a time.

    Raises
    ------
    TPFError
        Where a root is no folder.
    """

    def __init__(
        self,
        roots: Roots = None,
        *,
        opened: Mapping[str, xr.Dataset] | None = None,
        archive: bool | None = None,
        catalog: Table | None = None,
        cache_bytes: int = CACHE_BYTES,
        uploads: Uploads | None = None,
        most_sessions: int = MOST_SESSIONS,
    ):
        self.library = Library(cache_bytes)
        self.holdings = Holdings(roots) if roots else None
        self.uploads = uploads
        self.sessions = 0
        self._roots = roots
        self._bases = list(labelled(roots).values())
        self._opened = dict(opened or {})
        self._archive = not roots if archive is None else archive
        self._catalog = catalog
        self._most = most_sessions

    def page(self) -> pmui.Page:
        """The page that the current address asks for; what is wrong with it is said in words."""
        said = said_in_address()
        try:
            self._count()
            return self._page(said)
        except TPFError as error:
            told = {"event": "refused", "words": str(error)}
            _log.warning("refused a page: %s", error, extra={"told": told})
            return error_page(error, [self._home()])

    def look(self) -> None:
        """Have the folders looked through, before anybody comes."""
        if self.holdings is not None:
            self.holdings.refresh()

    def wrong(self) -> str:
        """What is wrong with the folders that are served; "" where nothing is."""
        gone = [base for base in self._bases if not os.access(base, os.R_OK | os.X_OK)]
        return f"{len(gone)} of the folders that are served cannot be read" if gone else ""

    def _count(self) -> None:
        """Count one more session, and one less at its end."""
        if self.sessions >= self._most:
            raise TPFError(
                f"{self._most} pages of this server are open, and it takes no more at a time: try "
                "again in a few minutes."
            )
        if pn.state.curdoc is None:
            return
        self.sessions += 1
        _log.info("a session begins", extra={"told": {"event": "session begins"}})

        def end(context) -> None:
            self.sessions -= 1
            told = {"event": "session ends", "session": context.id}
            _log.info("a session ends", extra={"told": told})

        pn.state.on_session_destroyed(end)

    def _page(self, said: dict[str, str]) -> pmui.Page:
        if "upload" in said:
            return self._showing("upload", self._uploaded(said["upload"]))
        if "tpf" in said:
            name = said["tpf"]
            if len(name) > LONGEST_NAME:
                raise TPFError("the name of the file in the address is too long: it is none here.")
            open_it = partial(open_named, name, self._roots, self.library.open)
            return self._showing("file", Named(name, open_it))
        wanted = said.get(FILE, "")
        if self._archive and is_archived(wanted) and not self._opened:
            fetch_it = partial(self._fetched, wanted)
            return self._showing("archive", Named(wanted, fetch_it, in_address=False, fetched=True))
        if self._opened:
            return make_page(self._opened, archive=self._archive, catalog=self._catalog)
        _log.info("the list of files", extra={"told": {"event": "opened", "kind": "list"}})
        return landing_page(self.holdings, uploads=self.uploads, archive=self._archive)

    def _showing(self, kind: str, named: Named) -> pmui.Page:
        told = {"event": "opened", "kind": kind, "file": named.name}
        _log.info("a page of %s", named.name, extra={"told": told})
        return make_page(
            {},
            archive=self._archive,
            catalog=self._catalog,
            named=named,
            links=[self._home()],
        )

    def _uploaded(self, token: str) -> Named:
        """A file that was sent, which stays as long as its page is there."""
        if self.uploads is None:
            raise TPFError("no file can be uploaded here.")
        held = self.uploads.hold(token)

        def open_file() -> xr.Dataset:
            try:
                return open_tpf(held.path)
            except TPFError as error:
                raise without_folders(error, held.path) from error

        named = Named(held.path.name, open_file)
        if pn.state.curdoc is not None:
            # Where no browser has come here, it may be on its way to another process.
            pn.state.on_session_destroyed(lambda context: held.release(keep=not named.came))
        return named

    def _fetched(self, uri: str) -> xr.Dataset:
        path = fetch(uri)
        try:
            return self.library.open(path)
        except TPFError as error:
            raise without_folders(error, path) from error

    def _home(self) -> pn.pane.HTML:
        """The link to the page that lists the files."""
        return html(
            "<a href='?' title='The files of this server.'>All files</a>",
            stylesheets=[_HOME],
            css_classes=["tpf-home"],
        )
