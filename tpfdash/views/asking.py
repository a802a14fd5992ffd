"""Asks what an event is, without keeping anybody waiting: a thread works it out meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import panel as pn

from tpfdash.inspector import Inspector
from tpfdash.inspector.question import Question
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live, is_being_drawn, served_document

__all__ = ["Asking"]

#: Milliseconds until it is looked anew whether a page is there.
_SOON = 50
_threads = ThreadPoolExecutor(2, thread_name_prefix="tpfdash-diagnosis")


class Asking:
    """Keeps an Inspector's `answer` up with its windows and its aperture.

    On a page and in a notebook the answer comes later, by the loop that serves them; where there is
    no loop, at once. While another window is looked at there is no answer; the one for another
    aperture takes the place of the one that is there.

    Parameters
    ----------
    inspector : Inspector
    """

    def __init__(self, inspector: Inspector):
        self._inspector = inspector
        self._latest: Question | None = None
        Live(inspector, self._forget, "windows")
        Live(inspector, self._ask, "question", later=True)
        self._ask()

    def _forget(self, *events) -> None:
        self._inspector.answer = None

    def _ask(self, *events) -> None:
        question = self._latest = self._inspector.question
        if question is None:
            self._inspector.answer = None
            return
        call = None if question.answered else _loop_of_this_session()
        if call is None:
            self._take(question)
        else:
            _threads.submit(self._work, question, call)

    def _work(self, question: Question, call: Callable[[Callable[[], None]], object]) -> None:
        """In a thread: work it out, if it is asked for still, and have the loop take it."""
        if question is not self._latest:
            return
        try:
            question.answer()
        finally:  # what went wrong is raised again for who takes it
            call(lambda: self._take(question))

    def _take(self, question: Question) -> None:
        document = served_document()
        if document is not None and is_being_drawn(document):
            document.add_timeout_callback(lambda: self._take(question), _SOON)
            return
        batch = nullcontext() if document is None else pn.io.hold(document)
        with guarded(self._inspector), batch:
            if question is self._inspector.question:
                self._inspector.answer = question.answer()


def _loop_of_this_session() -> Callable | None:
    """What has a function called by the loop that runs now, from any thread; None without one."""
    document = served_document()
    if document is not None:
        return document.add_next_tick_callback
    try:
        return asyncio.get_running_loop().call_soon_threadsafe
    except RuntimeError:
        return None
