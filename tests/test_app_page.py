"""Of many who open a page at once each gets its shell before anybody's dashboard is built."""

import threading
import time

import panel as pn
import pytest

from tests.wire import Wire, find, serving
from tpfdash import simulate_tpf
from tpfdash.app import page as page_module
from tpfdash.app.page import make_page


def steps(*acts):
    """What fills a page, in steps."""
    for act in acts:
        act()
        yield


class Loop:
    """Documents whose callbacks are called one after the other, in the order of their times."""

    session_context = None

    def __init__(self):
        self.due = []

    def add_timeout_callback(self, act, ms):
        self.due.append(act)

    def run(self):
        while self.due:
            self.due.pop(0)()


def test_a_page_is_filled_after_those_asked_for_meanwhile_have_their_shells():
    loop, done, turns = Loop(), [], page_module._Turns()

    def ask(name):
        done.append(f"shell {name}")
        turns.ask(loop, steps(lambda: done.append(f"fill {name}")))

    ask("a")
    loop.due.pop(0)()  # the loop has gone round once
    ask("b")
    ask("c")
    loop.run()
    assert done == ["shell a", "shell b", "shell c", "fill a", "fill b", "fill c"]


def test_between_two_pages_the_loop_goes_round():
    loop, done, turns = Loop(), [], page_module._Turns()
    for name in "ab":
        turns.ask(loop, steps(lambda name=name: done.append(name)))
    rounds = {}
    while loop.due:
        loop.due.pop(0)()
        rounds.setdefault(len(done), []).append(1)
    assert done == ["a", "b"] and len(rounds[1]) >= page_module._ROUNDS


def test_between_two_steps_of_a_page_the_loop_goes_round_and_no_other_page_comes_between():
    loop, done, turns = Loop(), [], page_module._Turns()
    for name in "ab":
        turns.ask(loop, steps(*(lambda step=f"{name}{n}": done.append(step) for n in range(3))))
    loop.add_timeout_callback(lambda: None, 0)
    while loop.due:
        before = len(done)
        loop.due.pop(0)()
        assert len(done) <= before + 1
    assert done == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_a_page_that_cannot_be_filled_keeps_no_other_from_it():
    loop, done, turns = Loop(), [], page_module._Turns()

    def fail():
        done.append("failed")
        raise RuntimeError

    turns.ask(loop, steps(fail, fail))
    turns.ask(loop, steps(lambda: done.append("filled")))
    while loop.due:
        try:
            loop.run()
        except RuntimeError:
            pass
    assert done == ["failed", "filled"]


@pytest.mark.slow
def test_the_shells_of_a_server_come_first():
    tpf = simulate_tpf("K2", n_cadences=50, shape=(3, 3))
    shells, filled = [], []

    def build():
        return make_page({"a": tpf})

    with serving({"/": build}) as port:
        with Wire(port) as first:
            first.pull()  # what is made once a process is made

        def one():
            with Wire(port) as wire:
                wire.pull(filled=False)
                shells.append(time.monotonic())
                wire.pull()
                filled.append(time.monotonic())

        pages = [threading.Thread(target=one) for _ in range(4)]
        for page in pages:
            page.start()
        for page in pages:
            page.join()
    assert pn.state.curdoc is None
    assert len(filled) == 4 and sorted(shells)[-1] < sorted(filled)[1]


def test_a_page_that_takes_its_time_to_draw_the_shell_is_filled_then_and_holds_nobody_up():
    tpf = simulate_tpf("K2", n_cadences=50, shape=(3, 3))
    with serving({"/": lambda: make_page({"a": tpf})}) as port:
        with Wire(port) as slow, Wire(port) as quick:
            shell = slow.pull(filled=False)
            assert not list(find(shell, "tpf-dashboard"))
            quick.pull()
            slow.drawn()
            while not list(find(slow.read()["content"], "tpf-dashboard")):
                pass
