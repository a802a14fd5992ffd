"""What follows the Inspector is told of what concerns it, in sight."""

from tpfdash import TPFError, simulate_tpf
from tpfdash.inspector import Inspector
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
