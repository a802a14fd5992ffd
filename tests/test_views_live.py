"""What follows the Inspector is told of what concerns it, in sight."""

from tpfdash import TPFError, simulate_tpf
from tpfdash.inspector import Inspector
from tpfdash.views import live as live_module
from tpfdash.views.faults import faults_of
from tpfdash.views.live import Live


def test_a_part_out_of_sight_catches_up_once_it_is_shown():
    inspector = Inspector(simulate_tpf("K2", n_cadences=20, shape=(3, 3)))
    seen = []
    live = Live(inspector, lambda *events: seen.append(inspector.cadence), "frame")
    inspector.cadence = 3
    inspector.normalized = True  # concerns no frame
    assert seen == [3]
    live.shown = False
    inspector.cadence, inspector.cadence = 4, 5
    assert seen == [3]
    live.shown = True
    live.shown = True
    assert seen == [3, 5]
    live.shown = False
    live.shown = True
    assert seen == [3, 5]


def test_a_part_that_was_never_shown_is_made_when_it_is():
    inspector = Inspector(simulate_tpf("K2", n_cadences=20, shape=(3, 3)))
    made = []
    live = Live(inspector, lambda *events: made.append(events), "cadence", shown=False)
    inspector.cadence = 9
    assert not made
    live.shown = True
    assert made == [()]


def test_a_part_that_fails_keeps_no_other_from_being_told():
    inspector = Inspector(simulate_tpf("K2", n_cadences=20, shape=(3, 3)))
    seen = []

    def fail(*events):
        raise TPFError("this readout cannot be had.")

    Live(inspector, fail, "cadence")
    Live(inspector, lambda *events: seen.append(inspector.cadence), "cadence")
    inspector.param.watch(lambda event: seen.append("the user's own"), "cadence")
    inspector.cadence = 7
    assert seen == [7, "the user's own"]
    assert "this readout cannot be had (error " in faults_of(inspector).words


class _Served:
    """A document as a session's server would hold it."""

    def __init__(self):
        self.put_off = []

    def add_timeout_callback(self, act, ms):
        self.put_off.append(act)


def test_a_part_that_nobody_waits_for_is_told_once_after_the_others(monkeypatch):
    inspector = Inspector(simulate_tpf("K2", n_cadences=20, shape=(3, 3)))
    page, another, seen = _Served(), _Served(), []
    live = Live(inspector, lambda: seen.append(inspector.cadence), "cadence", later=True)
    monkeypatch.setattr(live_module, "served_document", lambda: page)
    inspector.cadence = 3
    inspector.cadence = 4
    assert not seen and len(page.put_off) == 1
    page.put_off.pop()()
    assert seen == [4]
    inspector.cadence = 5
    monkeypatch.setattr(live_module, "served_document", lambda: another)
    inspector.cadence = 6  # the first page may be gone
    assert len(page.put_off) == len(another.put_off) == 1
    live.shown = False
    another.put_off.pop()()
    assert seen == [4]
    live.shown = True
    assert seen == [4, 6]


def test_without_a_server_nothing_is_put_off():
    inspector = Inspector(simulate_tpf("K2", n_cadences=20, shape=(3, 3)))
    seen = []
    Live(inspector, lambda event: seen.append(event.new), "cadence", later=True)
    inspector.cadence = 3
    assert seen == [3]
