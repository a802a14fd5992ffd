"""Events are worked out beside the page, and what is out of date is thrown away."""

import pytest
from eventparts import AGAIN, NEIGHBOURS, TRANSIT, two_stars

from tpfdash.cards import judging as module
from tpfdash.cards.background import Progress
from tpfdash.cards.judging import Judging
from tpfdash.inspector import Inspector
from tpfdash.simulate import MovingObject, inject
from tpfdash.timeseries.events.measure import measure_windows


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf, marks=[NEIGHBOURS, TRANSIT])


@pytest.fixture
def judging(inspector):
    return Judging(inspector, Progress())


def test_marks_are_diagnosed_and_measured_beside_each_other(inspector, judging):
    assert set(judging.unsaid) == {NEIGHBOURS, TRANSIT}
    judging.ask()
    assert not judging.unsaid
    assert {window: said.verdict for window, said in inspector.said.items()} == {
        NEIGHBOURS: "neighbour",
        TRANSIT: "on_target",
    }
    (alone,) = measure_windows(
        inspector.lightcurve, [TRANSIT], good=inspector.good, beside=[NEIGHBOURS]
    )
    assert inspector.said[TRANSIT].measured == alone
    told = list(inspector.said.items())
    judging.ask()  # there is nothing more
    assert list(inspector.said.items()) == told


def test_no_more_than_some_at_a_time(inspector, judging, monkeypatch):
    monkeypatch.setattr(module, "JUDGED", 1)
    monkeypatch.setattr(judging, "_go_on_with_marks", lambda: None)
    judging.ask()
    assert len(inspector.said) == 1 and len(judging.unsaid) == 1


def test_what_was_found_knows_its_light_curve(inspector, judging):
    judging.find()
    assert inspector.events.meta["lightcurve"] == inspector.curve_name
    assert not judging.unsaid and len(inspector.said) == len(inspector.listed)


def test_what_crosses_the_stamp_is_an_event_with_its_verdict_too(monkeypatch):
    asteroid = MovingObject(548.0, row=0.0, col=4.0, d_row=1.0, d_col=20.0, flux=400.0)
    inspector = Inspector(inject(two_stars(), asteroid))
    shown = Progress()
    judging = Judging(inspector, shown)
    judging.find()
    (crossing,) = (event for event in inspector.listed if event.kind == "crossing")
    assert crossing.start < 548.0 < crossing.end
    assert inspector.said[crossing.window].verdict == "moving_object"
    assert sorted(event.rank for event in inspector.events) == [
        *range(1, len(inspector.events) + 1)
    ]
    inspector.events = None
    monkeypatch.setattr("tpfdash.diagnosis.crossings._MOST", 10)  # it cannot be searched for
    judging.find()
    assert inspector.events and not shown.error
    assert not any(event.kind == "crossing" for event in inspector.listed)


@pytest.mark.parametrize("change", ["aperture", "background", "marks"])
def test_an_answer_to_another_question_is_thrown_away(inspector, judging, monkeypatch, change):
    """What is changed while the first event is looked at."""
    measure, done = module.measure_windows, []

    def measured_late(*args, **kwargs):
        if not done:
            done.append(True)
            if change == "marks":
                inspector.marks = ()
            else:
                setattr(inspector, change, ~inspector.aperture)
        return measure(*args, **kwargs)

    monkeypatch.setattr(module, "measure_windows", measured_late)
    monkeypatch.setattr(judging, "_go_on_with_marks", lambda: None)
    judging.ask()
    known = [said.measured for said in inspector.said.values()]
    assert known == {"aperture": [], "background": [None, None], "marks": []}[change]


def test_a_window_that_is_added_is_asked_about_once_nothing_else_is_done(inspector, judging):
    judging._shown.stage = "searching"
    inspector.window = AGAIN
    judging.add()
    assert AGAIN in inspector.marks and not inspector.said
    judging._shown.stage = ""
    judging._go_on_with_marks()
    assert len(inspector.said) == 3
