"""Whether a server can build pages: it gets ready for that when it starts, and says so."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from tornado.ioloop import IOLoop
from tornado.web import RequestHandler

from tpfdash.app.page import make_page
from tpfdash.simulate import simulate_tpf
from tpfdash.views.warm import warm_up

__all__ = ["Readiness", "ReadyHandler"]

_log = logging.getLogger(__name__)


class Readiness:
    """Whether this process can build pages.

    Parameters
    ----------
    check : callable
        -> what is wrong, in words, or "": asked each time.

    Attributes
    ----------
    begun : bool
        Whether it gets ready, or is.
    """

    def __init__(self, check: Callable[[], str] = str):
        self.begun = False
        self._check = check
        self._wrong = "it is starting"

    def prepare(self) -> None:
        """Build a page that nobody sees, once: what it needs is imported and compiled by then."""
        if self.begun:
            return
        self.begun = True
        start = time.perf_counter()
        try:
            tpf = simulate_tpf("K2", n_cadences=60, shape=(4, 4))
            make_page({"": tpf}, archive=False).main[0].get_root()
            warm_up()
        except Exception:
            self._wrong = "it cannot build pages: its log says why"
            _log.exception("this process cannot build pages")
            return
        self._wrong = ""
        seconds = round(time.perf_counter() - start, 3)
        _log.info("ready for pages", extra={"told": {"event": "ready", "seconds": seconds}})

    @property
    def wrong(self) -> str:
        """What keeps it from building pages; "" where nothing does."""
        return self._wrong or self._check()


class ReadyHandler(RequestHandler):
    """Answers 200 where pages can be built, and 503 with the reason where not."""

    def initialize(self, readiness: Readiness) -> None:
        self._readiness = readiness

    def get(self) -> None:
        IOLoop.current().add_callback(self._readiness.prepare)
        wrong = self._readiness.wrong
        self.set_status(503 if wrong else 200)
        self.set_header("Cache-Control", "no-store")
        self.write({"ready": not wrong} | ({"because": wrong} if wrong else {}))
