"""Objects that nothing needs are looked for while a server is at rest."""

import asyncio
import gc
import weakref

import pytest
from bokeh.document import Document
from panel.io.state import set_curdoc

from tpfdash.server import garbage
from tpfdash.server.garbage import Collecting, collect_at_rest


class Ring:
    def __init__(self):
        self.itself = self


@pytest.fixture
def clocks(monkeypatch):
    """Clocks that stand still, but for what a test adds: {"monotonic": s, "process_time": s}."""
    times = {"monotonic": 1000.0, "process_time": 50.0}
    for name in times:
        monkeypatch.setattr(garbage.time, name, lambda name=name: times[name])
    gc.collect()
    gc.disable()
    yield times
    gc.unfreeze()
    gc.enable()


def look(collecting, clocks, *, worked=0.0, before=0.0):
    """A second passes in which the process works for so long, after some work `before`."""
    clocks["process_time"] += before
    collecting.look()
    clocks["process_time"] += worked
    clocks["monotonic"] += 1.0
    collecting.look()


def seconds_until(gone, collecting, clocks):
    """For how many seconds a process works all the time before a thing is gone."""
    passed = 0
    while gone() is not None:
        look(collecting, clocks, worked=0.95)
        passed += 1
        assert passed < 300
    return passed


def ring():
    return weakref.ref(Ring())


@pytest.fixture
def looked_at(clocks):
    """What has been looked at while it was needed, and is not any more: (Collecting, its ref)."""
    collecting, kept = Collecting(), Ring()
    look(collecting, clocks, worked=0.01, before=2.5)
    return collecting, weakref.ref(kept)


def test_what_is_new_goes_at_rest(clocks):
    collecting = Collecting()
    gone = ring()
    look(collecting, clocks, worked=0.95)
    assert gone() is not None
    look(collecting, clocks, worked=0.01, before=2.0)
    assert gone() is None
    gone = ring()
    look(collecting, clocks, worked=0.01)  # nothing was done since
    assert gone() is not None


def test_it_goes_too_where_the_process_is_never_at_rest(clocks):
    assert 10 < seconds_until(ring(), Collecting(), clocks) < 40


def test_what_has_been_looked_at_is_so_again_once_a_session_has_ended(
    looked_at, clocks, monkeypatch
):
    (collecting, gone), given_back = looked_at, []
    monkeypatch.setattr(garbage, "_give_back", lambda: given_back.append(True))
    look(collecting, clocks, worked=0.01, before=2.5)
    assert gone() is not None and not given_back
    collecting.end(None)
    collecting._took = 1.0
    look(collecting, clocks, worked=0.9)
    assert gone() is not None  # while there is something to do
    look(collecting, clocks, worked=0.01)
    assert gone() is not None  # somebody may still need something of the session
    clocks["monotonic"] += 6.0
    look(collecting, clocks, worked=0.01)
    assert gone() is None and given_back
    look(collecting, clocks, worked=0.01)
    assert len(given_back) == 1


def test_what_has_ended_does_not_wait_for_ever_where_there_is_always_something_to_do(
    looked_at, clocks
):
    collecting, gone = looked_at
    collecting.end(None)
    collecting._took = 0.7  # it was long: the server has to get on with its work for longer
    assert 4 < seconds_until(gone, collecting, clocks) < 20


def test_all_is_looked_at_some_time_in_any_case(looked_at, clocks):
    collecting, gone = looked_at
    assert 20 < seconds_until(gone, collecting, clocks) < 300


def test_a_process_begins_once_in_the_loop_that_serves(monkeypatch, request):
    before = gc.get_threshold()
    request.addfinalizer(lambda: gc.set_threshold(*before))
    ended = []
    monkeypatch.setattr(garbage.pn.state, "on_session_destroyed", ended.append)
    monkeypatch.setattr(garbage, "_begun", {})
    monkeypatch.setattr(garbage, "_LOOK", 5.0)
    looked, looks = asyncio.Event(), []
    monkeypatch.setattr(Collecting, "look", lambda self: (looks.append(self), looked.set()))

    async def serve():
        collect_at_rest()
        collect_at_rest()
        await asyncio.wait_for(looked.wait(), 15)

    asyncio.run(serve())
    assert set(looks) == set(garbage._begun.values()) and len(garbage._begun) == 1
    Document().on_session_destroyed(*ended)  # as Panel hands it on
    with set_curdoc(Document()):  # in a session it has to be told of the end of each
        collect_at_rest()
    assert ended == 2 * ended[:1]
    del ended[1:]
    assert ended == [one.end for one in garbage._begun.values()]
    assert gc.get_threshold()[2] > before[2]
