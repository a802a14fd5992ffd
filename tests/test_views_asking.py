"""Who asks what an event is gets the answer later, and the loop goes on meanwhile."""

import asyncio
import queue
import threading
from contextlib import nullcontext

import pytest
from bokeh.document import Document
from eventparts import NEIGHBOURS, TRANSIT, two_stars

from tpfdash.diagnosis.diagnose import diagnose
from tpfdash.inspector import Inspector, question
from tpfdash.inspector.corrected import Curve
from tpfdash.timeseries.corrections import Flatten
from tpfdash.views import asking
from tpfdash.views.asking import Asking
from tpfdash.views.faults import faults_of


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def held(monkeypatch):
    """Diagnoses wait until this is set; where they are worked out is noted in `held.threads`."""
    go_on = threading.Event()
    go_on.threads = []

    def wait(*arguments):
        go_on.threads.append(threading.current_thread())
        assert go_on.wait(20)
        return diagnose(*arguments)

    monkeypatch.setattr(question, "diagnose", wait)
    yield go_on
    go_on.set()


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


def test_without_a_loop_the_answer_is_there_at_once(inspector):
    Asking(inspector)
    assert inspector.answer is None
    inspector.window = TRANSIT
    assert inspector.answer is inspector.diagnosis and inspector.answer.verdict == "on_target"
    inspector.window = None
    assert inspector.answer is None


def test_a_window_that_is_there_from_the_start_is_answered(tpf):
    inspector = Inspector(tpf, window=TRANSIT)
    Asking(inspector)
    assert inspector.answer.verdict == "on_target"


def test_a_loop_goes_on_while_a_thread_works(inspector, held):
    async def use():
        Asking(inspector)
        inspector.window = TRANSIT
        await until(lambda: held.threads)
        assert inspector.answer is None and held.threads[0] is not threading.main_thread()
        held.set()
        await until(lambda: inspector.answer is not None)

    asyncio.run(use())
    assert inspector.answer.verdict == "on_target" and len(held.threads) == 1


def test_a_long_correction_holds_no_answer_up(tpf, held, monkeypatch):
    """What takes many times longer has a thread of its own."""
    held.set()
    at_work, slow, make = threading.Event(), threading.Event(), Curve._make

    def wait(curve):
        at_work.set()
        assert slow.wait(20)
        return make(curve)

    inspector = Inspector(tpf)
    inspector.deferred = True
    monkeypatch.setattr(Curve, "takes_long", lambda curve, mission: bool(inspector.corrections))

    async def use():
        Asking(inspector)
        Asking(inspector, "correction", "corrected", forget="")
        monkeypatch.setattr(Curve, "_make", wait)
        inspector.corrections = (Flatten(),)
        await until(at_work.is_set)
        inspector.window = TRANSIT
        await until(lambda: inspector.answer is not None)
        assert inspector.waiting
        slow.set()
        await until(lambda: not inspector.waiting)

    asyncio.run(use())


def test_only_the_last_window_is_answered(inspector, held):
    told = []

    async def use():
        Asking(inspector)
        inspector.param.watch(lambda event: told.append(event.new), "answer")
        inspector.window = NEIGHBOURS
        await until(lambda: held.threads)
        inspector.window = TRANSIT
        held.set()
        await until(lambda: inspector.answer is not None)

    asyncio.run(use())
    assert [answer.verdict for answer in told if answer is not None] == ["on_target"]


def test_another_aperture_leaves_the_answer_until_the_next(inspector, held):
    async def use():
        Asking(inspector)
        held.set()
        inspector.window = TRANSIT
        await until(lambda: inspector.answer is not None)
        before = inspector.answer
        held.clear()
        inspector.set_aperture("all")
        await until(lambda: len(held.threads) == 2)
        assert inspector.answer is before
        held.set()
        await until(lambda: inspector.answer is not before)
        assert inspector.answer.level > before.level

    asyncio.run(use())


def test_what_goes_wrong_in_the_thread_is_told(inspector, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(question, "diagnose", fail)

    async def use():
        Asking(inspector)
        inspector.window = TRANSIT
        await until(lambda: faults_of(inspector).words)

    asyncio.run(use())
    assert "Something went wrong" in faults_of(inspector).words and inspector.answer is None


def test_a_served_page_is_told_by_its_own_loop(inspector, monkeypatch):
    document, ticks = Document(), queue.Queue()
    monkeypatch.setattr(document, "add_next_tick_callback", ticks.put)
    monkeypatch.setattr("tpfdash.views.asking.served_document", lambda: document)
    Asking(inspector)
    inspector.window = TRANSIT
    tick = ticks.get(timeout=20)  # put there by the thread, once it knows
    assert inspector.question.answered and inspector.answer is None
    tick()
    assert inspector.answer.verdict == "on_target" and ticks.empty()


def test_a_page_that_is_being_drawn_gets_its_answer_once_it_is_there(inspector, monkeypatch):
    """Panel would never send what changes meanwhile."""

    class Page:
        session_context = object()

        def __init__(self):
            self.later = []

        def add_timeout_callback(self, act, milliseconds):
            self.later.append(act)

    page, drawn = Page(), []
    monkeypatch.setattr(asking, "served_document", lambda: page)
    monkeypatch.setattr(asking, "is_being_drawn", lambda document: not drawn)
    monkeypatch.setattr(asking, "loop_of_this_session", lambda: None)
    monkeypatch.setattr(asking.pn.io, "hold", nullcontext)
    Asking(inspector)
    inspector.param.update(window=TRANSIT)
    while page.later and len(drawn) < 3:
        page.later.pop()()
        if inspector.answer is None and page.later:
            assert not drawn
            drawn.append(True)
    assert drawn and inspector.answer is not None
