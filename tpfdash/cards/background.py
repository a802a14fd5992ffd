"""Work that may take long, such as asking an archive: in a thread, with stage, progress, Cancel.

What is done, and what shows it, belongs to whoever asks for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import panel as pn
import param

from tpfdash.archive.stages import Cancelled
from tpfdash.errors import TPFError
from tpfdash.views.live import served_document
from tpfdash.views.patches import weakly

__all__ = ["Background", "Job", "Progress"]

_log = logging.getLogger(__name__)

#: So many pieces of work of all pages run at once; a further one is told to wait.
_AT_ONCE = 8
_free = threading.BoundedSemaphore(_AT_ONCE)
#: Seconds between two tellings of how far a download is.
_TELL = 0.2


class Progress(param.Parameterized):
    """How far some work is, for a component of the page that shows it."""

    stage = param.String("", doc='What is done now; "": nothing is.')
    done = param.Number(0.0, doc="Bytes that have come.")
    total = param.Number(0.0, doc="Bytes that will; 0 where nobody knows.")
    error = param.String("", doc="What went wrong, in words.")


class Background:
    """Does one piece of work at a time for a page; a new one takes the place of the one before.

    It ends with the page: once a server's session is over, nobody wants the rest.

    Parameters
    ----------
    shown : Progress
        What shows it.
    """

    def __init__(self, shown: Progress):
        self._shown = shown
        self._document = pn.state.curdoc
        self._job: Job | None = None
        self._served = served_document() is not None
        if self._served:
            self._document.on_session_destroyed(weakly(self._leave))

    def start(self, work: Callable[[Job], Callable[[], None]]) -> None:
        """Do some work in a thread; what it gives is called by the page's loop.

        A TPFError of either is shown. Without a page it is done at once.
        """
        self.cancel()
        self._shown.param.update(error="", done=0.0, total=0.0)
        if not _free.acquire(blocking=False):
            self._shown.error = f"{_AT_ONCE} searches are under way: try again in a moment."
            return
        job = self._job = Job(self)
        self._shown.stage = "starting"
        if self._document is None:
            self._run(job, work)
            return
        thread = threading.Thread(target=self._run, args=(job, work), name="tpfdash-archive")
        thread.daemon = True
        thread.start()

    def cancel(self) -> None:
        """Want no more of what is done now."""
        if self._job is not None:
            self._job.cancel.set()
            self._job = None
        self._shown.stage = ""

    def call(self, act: Callable[[], None]) -> None:
        """Have the page's loop call something, from any thread."""
        if self._document is None:
            act()
        elif not self._is_gone:
            try:
                self._document.add_next_tick_callback(act)
            except (AttributeError, RuntimeError):  # it goes just now, or its loop has
                _log.debug("a page went before its search ended")

    @property
    def _is_gone(self) -> bool:
        """Whether the session is over that the page was served in; it takes no call any more."""
        return self._served and self._document.session_context is None

    def _leave(self, session_context: Any) -> None:
        if self._job is not None:
            self._job.cancel.set()
            self._job = None

    def show(self, job: Job, news: dict[str, Any]) -> None:
        """Show how far a job is, if it is wanted still."""
        if job is self._job:
            self._shown.param.update(**news)

    def _run(self, job: Job, work: Callable[[Job], Callable[[], None]]) -> None:
        done: Callable[[], None] | None = None
        error = ""
        try:
            done = work(job)
        except Cancelled:
            return
        except TPFError as refusal:
            error = str(refusal)
        except Exception:  # a traceback with the server's paths is not for a browser
            _log.exception("a search failed")
            error = "This failed: the server's log says why."
        finally:
            _free.release()
        self.call(lambda: self._end(job, done, error))

    def _end(self, job: Job, done: Callable[[], None] | None, error: str) -> None:
        if job is not self._job:
            return
        self._job = None
        self._shown.param.update(stage="", done=0.0, total=0.0)
        try:
            if done is not None:
                done()
        except TPFError as refusal:
            error = str(refusal)
        self._shown.error = error


class Job:
    """One piece of work, told of from its thread, a few times a second at most.

    Attributes
    ----------
    cancel : threading.Event
        Set where it is wanted no more.
    """

    def __init__(self, background: Background):
        self.cancel = threading.Event()
        self._background = background
        self._news: dict[str, Any] = {}
        self._told = 0.0

    def say(self, words: str, often: bool = False) -> None:
        """What is done now; `often`: it is said many times a second."""
        self._tell(not (often or words.startswith("fetching ")), stage=words)

    def have(self, act: Callable[[], None]) -> None:
        """Have the page's loop do something with what there is so far, if it is wanted still."""
        self._background.call(lambda: None if self.cancel.is_set() else act())

    def tell(self, done: int, total: int | None) -> None:
        """So many bytes have come, of so many."""
        self._tell(False, done=float(done), total=float(total or 0))

    def _tell(self, now: bool, **news: Any) -> None:
        self._news |= news
        if now or time.monotonic() - self._told > _TELL:
            self._told = time.monotonic()
            told, self._news = self._news, {}
            self._background.call(lambda: self._background.show(self, told))
