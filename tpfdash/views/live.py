"""What is on the page and follows the Inspector: told of the changes that concern it, in sight."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable

import panel as pn
from bokeh.document import Document

from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import params_of
from tpfdash.views.faults import guarded

__all__ = ["Live", "is_being_drawn", "served_document"]

#: Milliseconds that the browser has for what is looked at, before the rest follows.
_AFTER = 80


class Live:
    """A part of the page that is kept up with values of an Inspector while it is in sight.

    Out of sight it only notes that it is behind, and catches up when it is shown again. What goes
    wrong in one part is told on the page and keeps no other part from being brought up to date.

    Parameters
    ----------
    inspector : Inspector
        It keeps the part alive.
    act : callable
        Brings the part up to date. Called with the param events of a change, or with none.
    *values : str
        The params and derived values that the part is made of.
    precedence : int
        Parts of a lower precedence are told first.
    shown : bool
        Whether the part is in sight from the start, and up to date already.
    later : bool
        Whether the part is one that nobody waits for: where a server's loop can be asked to, it is
        brought up to date once the others have been painted, whatever has changed until then.
    """

    def __init__(
        self,
        inspector: Inspector,
        act: Callable[..., None],
        *values: str,
        precedence: int = 0,
        shown: bool = True,
        later: bool = False,
    ):
        self._act = guarded(inspector)(act)
        self._later = later
        self._asked: weakref.ref | None = None  # the page whose loop was asked, and has not acted
        self._shown = shown
        self._behind = not shown
        inspector.param.watch(
            self._changed, list(params_of(type(inspector), *values)), precedence=precedence
        )

    @property
    def shown(self) -> bool:
        """Whether the part is in sight; setting it to True brings the part up to date."""
        return self._shown

    @shown.setter
    def shown(self, value: bool) -> None:
        self._shown = value
        if value and self._behind:
            self._behind = False
            self._act()

    def _changed(self, *events) -> None:
        document = served_document() if self._later else None
        if not self._shown:
            self._behind = True
        elif document is None:
            self._act(*events)
        elif self._asked is None or self._asked() is not document:  # or it was closed since
            self._asked = weakref.ref(document)
            document.add_timeout_callback(self._catch_up, _AFTER)

    def _catch_up(self) -> None:
        self._asked = None
        if self._shown:
            self._act()
        else:
            self._behind = True


#: Document of a session -> the thread of the loop that serves it, which makes its page too.
_threads: weakref.WeakKeyDictionary[Document, int] = weakref.WeakKeyDictionary()


def served_document() -> Document | None:
    """The document of this session; None where no server's loop serves it, or in another thread.

    Bokeh's current document is that of whichever thread set it last.
    """
    document = pn.state.curdoc
    if document is None or document.session_context is None:
        return None
    here = threading.get_ident()
    return document if _threads.setdefault(document, here) == here else None


def is_being_drawn(document) -> bool:
    """Whether the browser has got a page, and not yet said that it is there.

    Panel sends nothing of what is changed meanwhile, nor ever after.
    """
    session = getattr(document.session_context, "session", None)
    return session is not None and session.connection_count > 0 and not pn.state.loaded
