"""When Python looks for objects that nothing needs any more: while nobody waits.

By itself it looks once there are enough new ones, and then at all that live: beside 25 pages for
half a second, in which the server answers nobody. Most of them are those of open pages and of
modules, which are needed. Only what refers to itself in a ring has to be looked for at all;
everything else goes as soon as nothing needs it.

So what is there is set apart whenever it has been looked at, and what is new alone is looked at
next. All of it is once a session has ended.
"""

from __future__ import annotations

import ctypes
import gc
import os
import time
from contextlib import suppress

import panel as pn
from bokeh.application.application import SessionContext
from tornado.ioloop import IOLoop, PeriodicCallback

__all__ = ["Collecting", "collect_at_rest"]

#: Milliseconds between two looks at how busy the process is, and what share of a processor it may
#: use while it counts for being at rest.
_LOOK, _AT_REST = 1000.0, 0.1
#: Seconds of work after which what is new is looked at: at rest, and at the latest.
_WORTH, _LATEST = 2.0, 20.0
#: Seconds of work after which all is, whether the process is at rest or not: where a session has
#: ended, and it was so many times as long as that takes, and at the latest.
_SOON, _TIMES, _LONGEST = 10.0, 20, 60.0
#: Seconds after its end in which something may still be needed of a session.
_LINGERS = 6.0
#: Of three ages of objects Python itself looks at the oldest once it has looked at those of the
#: middle so often: next to never.
_SELDOM = 1000

_begun: dict[int, Collecting] = {}  # by process: one that was forked has none of its parent's


class Collecting:
    """Looks for objects that nothing needs any more, whenever the process is at rest."""

    def __init__(self) -> None:
        self._looked = time.monotonic()
        self._used = self._collected = self._collected_all = time.process_time()
        self._ended: float | None = None  # when a session has, of which something may be left
        self._took = 0.0

    def look(self) -> None:
        """See how busy the process was since it was called last, and act on it."""
        now, used = time.monotonic(), time.process_time()
        at_rest = used - self._used < _AT_REST * (now - self._looked)
        gone = self._ended is not None and now - self._ended > _LINGERS
        if (at_rest and gone) or used - self._collected_all > self._longest():
            gc.unfreeze()
            self._collect()
            self._took = self._collected - used
            _give_back()
            self._collected_all = time.process_time()
            self._ended = None if gone else self._ended
        elif used - self._collected > (_WORTH if at_rest else _LATEST):
            self._collect()
        self._looked, self._used = now, time.process_time()

    def _longest(self) -> float:
        """Seconds of work after which all objects are looked at."""
        return _LONGEST if self._ended is None else max(_SOON, _TIMES * self._took)

    def _collect(self) -> None:
        gc.collect()
        gc.freeze()
        self._collected = time.process_time()

    def end(self, session_context: SessionContext | None) -> None:
        """A session has ended: its page is not needed any more."""
        self._ended = time.monotonic()


def _give_back() -> None:
    """Have the C library give back to the system what it holds in case it is asked for it again.

    What many sessions need at once would be its own for good. Only that of Linux does so.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def collect_at_rest() -> None:
    """Have this process look for objects that nothing needs when it is at rest, from now on.

    To be called where the loop that serves is, or will be, the one of this thread: once before the
    first session, or in each of them.
    """
    process = os.getpid()
    first = process not in _begun
    if first:
        _begun[process] = collecting = Collecting()
        gc.set_threshold(*gc.get_threshold()[:2], _SELDOM)
        looking = PeriodicCallback(collecting.look, _LOOK)
        IOLoop.current().add_callback(looking.start)
    if first or pn.state.curdoc is not None:
        pn.state.on_session_destroyed(_begun[process].end)  # of all sessions, or of this one
