"""What takes its time, asked without keeping anybody waiting: a thread works it out meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import panel as pn

from tpfdash.inspector import Inspector
from tpfdash.inspector.question import Once
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live, is_being_drawn, served_document

__all__ = ["Asked", "Asking", "loop_of_this_session"]

#: Milliseconds until it is looked anew whether a page is there.
_SOON = 50
#: One for all pages: several would each take as much of the interpreter's time as the loop that
#: serves the pages has (50 users at work: a click took 430 ms with four of them, 40 with one).
_thread = ThreadPoolExecutor(1, thread_name_prefix="tpfdash-asking")
#: And one for what takes many times longer.
_long_thread = ThreadPoolExecutor(1, thread_name_prefix="tpfdash-asking-long")
_LONG = ("correction",)


class Asked:
    """Has a value of an Inspector worked out each time that it is another.

    On a page and in a notebook it comes later, by the loop that serves them; where there is no
    loop, at once. What nobody asks for any more by then is not taken.

    Parameters
    ----------
    inspector : Inspector
    name : str
        The derived value that is a `Once`, or None.
    take : callable
        Called with what came of it, or with None.

    Attributes
    ----------
    live : Live
        Whether it is asked at all.
    """

    def __init__(self, inspector: Inspector, name: str, take: Callable[[Any], None]):
        self._inspector, self._name = inspector, name
        self._give = take
        self._latest: Once | None = None
        self.live = Live(inspector, self._ask, name, later=True)
        self._ask()

    @property
    def _wanted(self) -> Once | None:
        return getattr(self._inspector, self._name)

    def _ask(self, *events) -> None:
        question = self._latest = self._wanted
        if question is None:
            self._give(None)
            return
        call = None if question.answered else loop_of_this_session()
        if call is None:
            self._take(question)
        else:
            thread = _long_thread if self._name in _LONG else _thread
            thread.submit(self._work, question, call)

    def _work(self, question: Once, call: Callable[[Callable[[], None]], object]) -> None:
        """In a thread: work it out, if it is asked for still, and have the loop take it."""
        if question is not self._latest:
            return
        try:
            question.answer()
        finally:  # what went wrong is raised again for who takes it
            call(lambda: self._take(question))

    def _take(self, question: Once) -> None:
        document = served_document()
        if document is not None and is_being_drawn(document):
            document.add_timeout_callback(lambda: self._take(question), _SOON)
            return
        batch = nullcontext() if document is None else pn.io.hold(document)
        with guarded(self._inspector), batch:
            if question is self._wanted:
                self._give(question.answer())


class Asking:
    """Keeps a param of an Inspector up with something that takes long to work out.

    Until the answer comes, that to what was asked before stays.

    Parameters
    ----------
    inspector : Inspector
    question : str
        Name of the derived value that is asked: a `Once`, or None where there is nothing to ask.
    answer : str
        Name of the param that is given the answer, or None.
    forget : str
        With a change of this the answer to what was asked before is none any more; "": it stays.

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
        def give(value: Any) -> None:
            setattr(inspector, answer, value)

        self.lives = [Live(inspector, lambda *events: give(None), forget)] if forget else []
        self.lives.append(Asked(inspector, question, give).live)


def loop_of_this_session() -> Callable | None:
    """What has a function called by the loop that runs now, from any thread; None without one."""
    document = served_document()
    if document is not None:
        return document.add_next_tick_callback
    try:
        return asyncio.get_running_loop().call_soon_threadsafe
    except RuntimeError:
        return None
