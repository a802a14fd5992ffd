"""Work in the background of a page: told of, taken, cancelled, and over when the page is."""

import gc
import threading
import weakref

import panel as pn
import pytest

from tests.wire import Wire, serving, until
from tpfdash.archive.stages import Cancelled
from tpfdash.cards.background import Background, Progress
from tpfdash.errors import TPFError

#: A session ends so soon after its browser has gone.
SHORT = {"unused_session_lifetime_milliseconds": 1000, "check_unused_sessions_milliseconds": 50}


def test_without_a_page_it_is_done_at_once():
    shown, said = Progress(), []
    shown.param.watch(lambda event: said.append(event.new), "stage")
    done = []

    def work(job):
        job.say("first")
        job.have(lambda: done.append("so far"))
        return lambda: done.append("all")

    Background(shown).start(work)
    assert said == ["starting", "first", ""] and done == ["so far", "all"] and not shown.error


def test_what_is_refused_is_said():
    shown = Progress()

    def work(job):
        raise TPFError("there is no such star.")

    Background(shown).start(work)
    assert shown.error == "there is no such star." and not shown.stage


class Endless:
    """Work that goes on, a word at a time, until it is told to stop."""

    def __init__(self):
        self.started, self.stopped = threading.Event(), threading.Event()
        self.words = 0

    def __call__(self, job):
        self.started.set()
        while not job.cancel.wait(0.01):
            self.words += 1
            job.say(f"word {self.words}")
            job.have(lambda: None)
        self.stopped.set()
        raise Cancelled("Stopped, as asked.")


@pytest.fixture
def served():
    """What builds a page that starts endless work once it is served; `served.works`: all of it."""

    def build():
        text, shown, work = pn.pane.HTML(""), Progress(), Endless()
        shown.param.watch(lambda event: setattr(text, "object", event.new), "stage")
        background = Background(shown)
        build.works.append(work)
        build.held.add(background)
        pn.state.curdoc.add_next_tick_callback(lambda: background.start(work))
        return text

    build.works, build.held = [], weakref.WeakSet()
    yield build
    assert all(work.stopped.is_set() for work in build.works if work.started.is_set())


def work_on(wire, served):
    """The work of a page that has just been opened, once it is under way."""
    wire.pull(filled=False)
    work = served.works[-1]  # of a session that was over before the websocket came, there is more
    until(lambda: work.words > 3, "words")
    return work


def test_it_ends_with_its_page_and_no_error_is_logged(served, caplog):
    with serving(served, **SHORT) as port:
        with Wire(port) as wire:
            work = work_on(wire, served)
            assert not work.stopped.is_set()
        assert work.stopped.wait(60), "it goes on for nobody"
    assert not [record for record in caplog.records if record.name.startswith("tpfdash")]

    def let_go():
        gc.collect()
        return not served.held

    until(let_go, "the end of what worked for the page")


def test_other_pages_go_on(served):
    with serving(served, **SHORT) as port:
        with Wire(port) as stays:
            one = work_on(stays, served)
            with Wire(port) as goes:
                other = work_on(goes, served)
            assert other.stopped.wait(60) and other is not one
            before = one.words
            until(lambda: one.words > before, "further words")
        assert one.stopped.wait(60)
