"""A page's search of the archive: a field, what it finds, and the file that is opened.

All that asks the network runs in threads, so that neither this page nor any other waits for it.
What can be searched for is `tpfdash.archive`, the table over the page `tpfdash.cards.hits`.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import panel as pn
import xarray as xr

from tpfdash.app.roots import without_folders
from tpfdash.archive.fetch import fetch
from tpfdash.archive.results import SearchResult
from tpfdash.archive.search import search
from tpfdash.archive.stages import Cancelled
from tpfdash.cards.hits import Hits, rows_of
from tpfdash.cards.widgets import CSS, control
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf

__all__ = ["Finding", "is_archived", "parse_words"]

_log = logging.getLogger(__name__)

#: So many searches and downloads of all pages run at once; a further one is told to wait.
_AT_ONCE = 8
_free = threading.BoundedSemaphore(_AT_ONCE)
#: Seconds between two tellings of how far a download is.
_TELL = 0.2
_INTERVAL = re.compile(r"^(?P<target>.*\S)\s+(?P<kind>[QCS])(?P<number>\d{1,3})$")
_KINDS = {"Q": "quarter", "C": "campaign", "S": "sector"}
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
        self._document = pn.state.curdoc
        self._job: _Job | None = None
        self._found: SearchResult | None = None
        self.hits = Hits(self._act)
        self.field = control(
            pn.widgets.TextInput,
            "search",
            f"Search the archive (MAST): {_HINT}. Enter starts.",
            placeholder="Search the archive: KIC, EPIC, TIC, name, RA Dec",
            stylesheets=[CSS, _FIELD],
            max_length=200,
            sizing_mode="stretch_width",
            max_width=420,
            min_width=90,
            margin=(0, 0, 0, 14),
        )
        self.field.param.watch(self._asked, "enter_pressed")

    def search(self, words: str) -> None:
        """Search for what a user typed, in place of what is searched for or fetched now."""
        target, keywords = parse_words(words)
        if not target:
            return
        self._found = None
        self.hits.param.update(title=words, rows=[], notes=[])

        def work(job: _Job) -> Callable[[], None]:
            found = search(target, **keywords, stage=job.say, cancel=job.cancel)
            rows = rows_of(found)  # looks into the cache
            return lambda: self._show(found, rows)

        self._start(work)

    def open(self, uri: str, then: Callable[[], None] = lambda: None) -> None:
        """Fetch a file of the archive and open it; `then` is called once it is in view."""

        def work(job: _Job) -> Callable[[], None]:
            path = fetch(uri, stage=job.say, progress=job.tell, cancel=job.cancel)
            job.say("opening the file")
            try:
                tpf = open_tpf(path)
            except TPFError as error:
                raise without_folders(error, path) from error
            return lambda: self._opened(uri, tpf, then)

        if not self.hits.title:
            self.hits.title = Path(uri).name
        self._start(work)

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
        if self._job is not None:
            self._job.cancel.set()
            self._job = None
        self.hits.stage = ""
        if what == "close":
            self.hits.shown = False

    def _start(self, work: Callable[[_Job], Callable[[], None]]) -> None:
        """Do some work in a thread; what it gives is called by the page's loop."""
        if self._job is not None:
            self._job.cancel.set()
        self.hits.param.update(shown=True, error="", done=0.0, total=0.0)
        if not _free.acquire(blocking=False):
            self.hits.error = f"{_AT_ONCE} searches are under way: try again in a moment."
            return
        job = self._job = _Job(self)
        self.hits.stage = "starting"

        def run() -> None:
            try:
                done = work(job)
            except Cancelled:
                done = None
            except TPFError as error:
                words = str(error)
                done = lambda: self._failed(words)  # noqa: E731
            except Exception:  # a traceback with the server's paths is not for a browser
                _log.exception("a search of the archive failed")
                done = lambda: self._failed("This failed: the server's log says why.")  # noqa: E731
            finally:
                _free.release()
            if done is not None:
                self.call(lambda: self._ended(job, done))

        if self._document is None:  # nobody serves it: at once
            run()
        else:
            threading.Thread(target=run, name="tpfdash-archive", daemon=True).start()

    def call(self, act: Callable[[], None]) -> None:
        """Have the page's loop call something, from any thread."""
        if self._document is None:
            act()
            return
        try:
            self._document.add_next_tick_callback(act)
        except RuntimeError:  # the page is gone
            _log.debug("a page went before its search ended")

    def is_current(self, job: _Job) -> bool:
        """Whether the page still waits for this."""
        return job is self._job

    def _ended(self, job: _Job, done: Callable[[], None]) -> None:
        if self.is_current(job):
            self._job = None
            self.hits.param.update(stage="", done=0.0, total=0.0)
            done()

    def _failed(self, words: str) -> None:
        self.hits.error = words

    def _show(self, found: SearchResult, rows: list) -> None:
        self._found = found
        self.hits.param.update(rows=rows, notes=list(found.notes))

    def _opened(self, uri: str, tpf: xr.Dataset, then: Callable[[], None]) -> None:
        try:
            self._add(uri, tpf)
            then()
        except TPFError as error:
            self._failed(str(error))
        else:
            self.hits.shown = False


class _Job:
    """One search or download, told of from its thread, a few times a second at most."""

    def __init__(self, finding: Finding):
        self.cancel = threading.Event()
        self._finding = finding
        self._news: dict[str, object] = {}
        self._told = 0.0

    def say(self, words: str) -> None:
        """What is done now."""
        self._tell(now=not words.startswith("fetching "), stage=words)

    def tell(self, done: int, total: int | None) -> None:
        """So many bytes have come, of so many."""
        self._tell(now=False, done=float(done), total=float(total or 0))

    def _tell(self, *, now: bool, **news) -> None:
        self._news |= news
        if now or time.monotonic() - self._told > _TELL:
            self._told = time.monotonic()
            told, self._news = self._news, {}
            self._finding.call(lambda: self._show(told))

    def _show(self, news: dict) -> None:
        if self._finding.is_current(self):
            self._finding.hits.param.update(**news)


#: White on the header's blue, in both themes.
_FIELD = """
:host { --ink: #fff; --line: rgb(255 255 255 / 0.5); --accent: #fff; }
input.bk-input::placeholder { color: rgb(255 255 255 / 0.85); opacity: 1; }
"""
