"""Cadences along time: order, neighbours, flags; against loops written out."""

import numpy as np
import pytest

from tpfdash.inspector.history import MaskHistory
from tpfdash.inspector.timeline import Timeline, nearest_to, pulled, step_from

TIME = np.array([np.nan, 3.0, 1.0, np.nan, 2.0, 5.0])
QUALITY = np.array([0, 1, 0, 2, 3, 0], dtype=np.int32)


def test_times():
    line = Timeline(TIME, QUALITY)
    assert line.span == (1, 5)
    np.testing.assert_array_equal(line.clock, [np.nan, 3, 3, 3, 3, 5])
    index, times = line.in_order(np.ones(6, bool))
    assert index.tolist() == [2, 4, 1, 5] and times.tolist() == [1, 2, 3, 5]
    assert line.first(np.ones(6, bool)) == 1 and line.first(np.zeros(6, bool)) == 0
    assert Timeline(np.full(3, np.nan), QUALITY[:3]).span is None


def test_flags():
    line = Timeline(TIME, QUALITY)
    assert line.flagged(1).tolist() == [False, True, False, False, True, False]
    assert line.flag_counts() == [(1, 2), (2, 2)]
    assert [line.next_flagged(2, cadence) for cadence in (0, 3, 4)] == [3, 4, 3]
    assert line.next_flagged(4, 5) == 5


@pytest.mark.parametrize(
    ("cadence", "n", "arrival"),
    [(3, 1, 5), (3, 9, 8), (3, -1, 2), (0, -1, 0), (8, 1, 8), (4, 0, 4)],
)
def test_steps(cadence, n, arrival):
    assert step_from(cadence, n, np.array([2, 5, 8])) == arrival


def test_nearest():
    drawn, times = np.array([7, 4, 9]), np.array([1.0, 2.0, 4.0])
    assert [nearest_to(t, drawn, times) for t in (-9, 1.4, 3.1, 99)] == [7, 7, 9, 9]
    assert nearest_to(np.nan, drawn, times) is None
    assert nearest_to(1.0, drawn[:0], times[:0]) is None


def test_history_forgets_what_was_taken_back_only_for_something_new():
    def state(number):
        return {"aperture": np.array([number]), "background": np.array([0])}

    history = MaskHistory(state(1))
    for number in (2, 2, 3):
        history.record(state(number))
    assert history.undo()["aperture"] == 2 and history.can_redo
    history.record(state(2))
    assert history.can_redo and history.redo()["aperture"] == 3 and not history.can_redo
    assert history.redo()["aperture"] == 3
    twin = history.copy()
    for _ in range(5):
        history.undo()
    history.record(state(9))
    assert not history.can_redo and history.undo()["aperture"] == 1 and not history.can_undo
    assert twin.undo()["aperture"] == 2


@pytest.mark.parametrize(
    ("time", "moved"),
    [
        (15.0, (10.0, 20.0)),
        (20.0, (10.0, 20.0)),
        (24.0, (21.5, 31.5)),
        (8.0, (0.5, 10.5)),
        (1.0, (0.0, 10.0)),
        (99.0, (90.0, 100.0)),
        (np.nan, (10.0, 20.0)),
    ],
)
def test_a_stretch_of_time_is_pulled_along_as_wide_as_it_is(time, moved):
    assert pulled((10.0, 20.0), time, (0.0, 100.0)) == moved


def test_a_stretch_wider_than_the_span_begins_where_that_begins():
    assert pulled((10.0, 200.0), 5.0, (0.0, 100.0)) == (0.0, 190.0)
