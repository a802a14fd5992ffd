"""A page's search of the archive: a field, what it finds, and the file that is opened.

All that asks the network runs in threads, so that neither this page nor any other waits for it.
What can be searched for is `tpfdash.archive`, the table over the page `tpfdash.cards.hits`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import panel as pn
import xarray as xr

from tpfdash.app.roots import without_folders
from tpfdash.archive.fetch import fetch
from tpfdash.archive.results import SearchResult
from tpfdash.archive.search import search
from tpfdash.cards.background import Background, Job
from tpfdash.cards.hits import Hits, rows_of
from tpfdash.cards.widgets import CSS, control
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf

__all__ = ["Finding", "is_archived", "parse_words"]

_INTERVAL = re.compile(r"^(?P<target>.*\S)\s+(?P<kind>[QCS])(?P<number>\d{1,3})$")
_KINDS = {"Q": "quarter", "C": "campaign", "S": "sector"}
_OPEN_ALREADY = "Files that are open already are not listed."
_HINT = "KIC, EPIC or TIC, a name, or RA Dec; then Q4, C13 or S15 if you like"


def parse_words(words: str) -> tuple[str, dict[str, int]]:
    """What a user types, as a target and the keywords of a search.

    "KIC 3248033 Q4" -> ("KIC 3248033", {"quarter": 4}); so do C13 and S15, in capitals.
    """
    found = _INTERVAL.match(words.strip())
    if found is None:
        return words.strip(), {}
    return found["target"], {_KINDS[found["kind"]]: int(found["number"])}


def is_archived(name: str) -> bool:
    """Whether a file's name in an address is one of the archive's, "mast:..." or "tesscut:..."."""
    return name.startswith(("mast:", "tesscut:"))


class Finding:
    """The search of one page.

    Parameters
    ----------
    add : callable
        Called with (uri, Dataset) of each file that was fetched, by the loop that serves the page.

    Attributes
    ----------
    field : TextInput
        For the page's header.
    hits : Hits
        To be put anywhere on the page.
    """

    def __init__(self, add: Callable[[str, xr.Dataset], None]):
        self._add = add
        self._found: SearchResult | None = None
        self.hits = Hits(self._act)
        self._background = Background(self.hits)
        self.field = control(
            pn.widgets.TextInput,
            "search",
            f"Search the archive (MAST): {_HINT}. Enter starts.",
            placeholder="Search the archive: KIC, EPIC, TIC, name, RA Dec",
            stylesheets=[CSS, _FIELD],
            max_length=200,
            sizing_mode="stretch_width",
            max_width=420,
            min_width=50,
            margin=(0, 0, 0, 10),
        )
        self.field.param.watch(self._asked, "enter_pressed")

    def search(self, words: str, without: Collection[str] = ()) -> None:
        """Search for what a user typed, in place of what is searched for or fetched now.

        `without`: addresses and names of files that are open already, and are not offered.
        """
        target, keywords = parse_words(words)
        if not target:
            return
        self._found = None
        self.hits.param.update(title=words, rows=[], notes=[], shown=True)

        def work(job: Job) -> Callable[[], None]:
            found = search(target, **keywords, stage=job.say, cancel=job.cancel)
            is_open = np.array([not {row.uri, row.file}.isdisjoint(without) for row in found])
            new = found[~is_open.astype(bool)]
            rows = rows_of(new)  # looks into the cache
            notes = [*found.notes, *([_OPEN_ALREADY] if is_open.any() else [])]
            return lambda: self._show(new, rows, notes)

        self._background.start(work)

    def open(self, uri: str, then: Callable[[], None] = lambda: None) -> None:
        """Fetch a file of the archive and open it; `then` is called once it is in view."""

        def work(job: Job) -> Callable[[], None]:
            path = fetch(uri, stage=job.say, progress=job.tell, cancel=job.cancel)
            job.say("opening the file")
            try:
                tpf = open_tpf(path)
            except TPFError as error:
                raise without_folders(error, path) from error
            return lambda: self._opened(uri, tpf, then)

        self.hits.param.update(shown=True, title=self.hits.title or Path(uri).name)
        self._background.start(work)

    def _asked(self, event) -> None:
        self.search(self.field.value_input or self.field.value)

    def _act(self, what: str, number: int, size: int) -> None:
        if what == "open":
            if self._found is not None and 0 <= number < len(self._found):
                row = self._found[number]
                try:
                    self.open(row.resized(size).uri)
                except TPFError as error:  # of a size that is none
                    self.hits.error = str(error)
            return
        self._background.cancel()
        if what == "close":
            self.hits.shown = False

    def _show(self, found: SearchResult, rows: list, notes: list[str]) -> None:
        self._found = found
        self.hits.param.update(rows=rows, notes=notes)

    def _opened(self, uri: str, tpf: xr.Dataset, then: Callable[[], None]) -> None:
        self._add(uri, tpf)
        then()
        self.hits.shown = False


#: White on the header's blue, in both themes.
_FIELD = """
:host { --ink: #fff; --line: rgb(255 255 255 / 0.5); --accent: #fff; }
input.bk-input::placeholder { color: rgb(255 255 255 / 0.85); opacity: 1; }
"""
