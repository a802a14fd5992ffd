"""Asks what an event is, without keeping anybody waiting: a thread works it out meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import panel as pn

from tpfdash.inspector import Inspector
from tpfdash.inspector.question import Asked
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live, is_being_drawn, served_document

__all__ = ["Asking"]

#: Milliseconds until it is looked anew whether a page is there.
_SOON = 50
_threads = ThreadPoolExecutor(2, thread_name_prefix="tpfdash-diagnosis")


class Asking:
    """Keeps an answer of an Inspector's up with its question: what an event is, if not said else.

    On a page and in a notebook the answer comes later, by the loop that serves them; where there is
    no loop, at once. While another window is looked at there is no answer; else the next answer
    takes the place of the one that is there.

    Parameters
    ----------
    inspector : Inspector
    question, answer : str
        The derived value that is asked, an `Asked` or None, and the param that is set.
    forget : str
        With another of this value there is no answer until the next; "": the old one stays.

    Attributes
    ----------
    lives : list of Live
        It asks only while they are in sight.
    """

    def __init__(
        self,
        inspector: Inspector,
        question: str = "question",
        answer: str = "answer",
        forget: str = "windows",
    ):
        self._inspector = inspector
        self._question, self._answer = question, answer
        self._latest: Asked | None = None
        self.lives = [Live(inspector, self._forget, forget)] if forget else []
        self.lives.append(Live(inspector, self._ask, question, later=True))
        self._ask()

    def _forget(self, *events) -> None:
        setattr(self._inspector, self._answer, None)

    def _ask(self, *events) -> None:
        question = self._latest = getattr(self._inspector, self._question)
        if question is None:
            self._forget()
            return
        call = None if question.answered else _loop_of_this_session()
        if call is None:
            self._take(question)
        else:
            _threads.submit(self._work, question, call)

    def _work(self, question: Asked, call: Callable[[Callable[[], None]], object]) -> None:
        """In a thread: work it out, if it is asked for still, and have the loop take it."""
        if question is not self._latest:
            return
        try:
            question.answer()
        finally:  # what went wrong is raised again for who takes it
            call(lambda: self._take(question))

    def _take(self, question: Asked) -> None:
        document = served_document()
        if document is not None and is_being_drawn(document):
            document.add_timeout_callback(lambda: self._take(question), _SOON)
            return
        batch = nullcontext() if document is None else pn.io.hold(document)
        with guarded(self._inspector), batch:
            if question is getattr(self._inspector, self._question):
                setattr(self._inspector, self._answer, question.answer())


def _loop_of_this_session() -> Callable | None:
    """What has a function called by the loop that runs now, from any thread; None without one."""
    document = served_document()
    if document is not None:
        return document.add_next_tick_callback
    try:
        return asyncio.get_running_loop().call_soon_threadsafe
    except RuntimeError:
        return None
