"""A question is answered once, whoever asks, and an Inspector's are those of its windows."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from eventparts import NEIGHBOURS, TRANSIT, two_stars

from tpfdash.diagnosis.diagnose import diagnose
from tpfdash.inspector import Inspector, question
from tpfdash.inspector.question import Question


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def asked(monkeypatch):
    """What was diagnosed: (windows, pixels of the aperture)."""
    calls = []

    def noted(tpf, windows, aperture):
        calls.append((tuple(windows), int(aperture.sum())))
        return diagnose(tpf, windows, aperture)

    monkeypatch.setattr(question, "diagnose", noted)
    return calls


def test_it_is_worked_out_once_in_whatever_thread(tpf, asked):
    one = Question(tpf, [TRANSIT], tpf["aperture"].values > 1)
    assert not one.answered
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: one.answer(), range(8)))
    assert len(asked) == 1 and one.answered
    assert all(answer is answers[0] for answer in answers)


def test_the_diagnosis_is_that_of_the_windows_and_the_aperture(inspector, asked):
    assert inspector.diagnosis is None
    inspector.window = TRANSIT
    found = inspector.diagnosis
    assert found.verdict == "on_target" and inspector.diagnosis is found
    inspector.cadence, inspector.normalized, inspector.picture = 9, True, "S/N"
    inspector.quality_bitmask = "none"
    assert inspector.diagnosis is found
    inspector.set_aperture("all")
    assert inspector.diagnosis.level > found.level
    inspector.add_window(*NEIGHBOURS)
    assert inspector.diagnosis is not found
    assert asked == [
        ((TRANSIT,), int(asked[0][1])),
        ((TRANSIT,), inspector.aperture.size),
        ((NEIGHBOURS, TRANSIT), inspector.aperture.size),
    ]
    inspector.clear_windows()
    assert inspector.diagnosis is None


def test_it_can_be_watched_and_is_not_worked_out_for_nobody(inspector, asked):
    inspector.window = TRANSIT
    assert asked == []
    told = []
    inspector.param.watch(lambda event: told.append(event.new.verdict), "diagnosis")
    inspector.window = NEIGHBOURS
    assert told == ["neighbour"] and len(asked) == 1
    inspector.cadence = 4
    assert len(told) == 1


def test_it_cannot_be_set(inspector, tpf):
    inspector.window = TRANSIT
    with pytest.raises(TypeError, match="read-only"):
        inspector.diagnosis = None
    for name in ("diagnosis", "answer"):
        with pytest.raises(Exception, match=f"no param '{name}' that can be set"):
            Inspector(tpf, **{name: None})


def test_copies_ask_anew(inspector):
    inspector.window = TRANSIT
    inspector.answer = inspector.diagnosis
    for twin in (copy.copy(inspector), pickle.loads(pickle.dumps(inspector))):
        assert twin.answer is None and twin.diagnosis.verdict == "on_target"


def test_a_window_that_holds_nothing_is_answered_too(inspector):
    inspector.window = 1, 2
    assert inspector.diagnosis.verdict == "inconclusive"
    assert "holds no cadence" in inspector.diagnosis.reason
