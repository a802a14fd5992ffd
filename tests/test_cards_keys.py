"""The keys, from what the page sends on."""

import numpy as np
import pytest
from cardparts import odd_tpf
from panel.models.esm import DataEvent
from test_app_truth import events_in

from tpfdash.cards.keys import GESTURES, Keys
from tpfdash.inspector import Inspector


@pytest.fixture
def inspector():
    return Inspector(odd_tpf(), cadence=15)


def tell(inspector, *message):
    Keys(inspector)._process_event(DataEvent(model=None, data=list(message)))


@pytest.mark.parametrize("by", [-10, -1, 1, 10])
def test_a_key_that_the_page_tells_of_is_a_step(inspector, by):
    twin = Inspector(odd_tpf(), cadence=15)
    tell(inspector, "step", by)
    twin.step(by)
    assert inspector.cadence == twin.cadence != 15


def test_undo_and_redo(inspector):
    before = inspector.aperture
    inspector.set_aperture("all")
    tell(inspector, "undo")
    np.testing.assert_array_equal(inspector.aperture, before)
    tell(inspector, "redo")
    assert inspector.aperture.all()


def test_a_window_begins_and_ends_at_the_cadence(inspector):
    half = inspector.tpf.attrs["cadence_seconds"] / 86400 / 2
    tell(inspector, "window")
    time = inspector.time
    assert inspector.window == pytest.approx((time[15] - half, time[15] + half))
    inspector.cadence = 19
    tell(inspector, "window")
    assert inspector.window == pytest.approx((time[15] - half, time[19] + half))
    inspector.cadence = 25
    tell(inspector, "window")
    inspector.cadence = 22
    tell(inspector, "window")
    assert inspector.window == pytest.approx((time[22] - half, time[25] + half))


def test_the_brackets_walk_from_event_to_event(inspector):
    tell(inspector, "walk", 1)  # there is none
    assert inspector.window is None
    inspector.events = events_in(inspector.tpf)
    inspector.cadence = 0
    tell(inspector, "walk", 1)
    assert inspector.window == inspector.events[0].window
    tell(inspector, "walk", 1)
    assert inspector.window == inspector.events[1].window
    tell(inspector, "walk", -1)
    assert inspector.window == inspector.events[0].window


def test_zoom_keeps_the_cadence_where_it_is(inspector):
    tell(inspector, "zoom", 0.5)
    low, high = inspector.time_range
    first, last = inspector.timeline.span
    assert high - low == pytest.approx((last - first) / 2)
    time = inspector.time[15]
    assert (time - low) / (high - low) == pytest.approx((time - first) / (last - first))
    tell(inspector, "zoom", 2)
    assert inspector.time_range is None
    tell(inspector, "zoom", 0.5)
    tell(inspector, "pan", 0.5)
    assert inspector.time_range[0] > low
    tell(inspector, "zoom", 0.5)
    tell(inspector, "zoom", 0)
    assert inspector.time_range is None


def test_a_pixel_is_pointed_at_and_taken(inspector):
    row, col = int(inspector.tpf["row"][1]), int(inspector.tpf["col"][2])
    inspector.pointed = row, col
    tell(inspector, "select")
    assert np.argwhere(inspector.aperture).tolist() == [[1, 2]]
    tell(inspector, "extend", 1, 0)
    assert np.argwhere(inspector.aperture).tolist() == [[1, 2], [2, 2]]
    tell(inspector, "point", 0, 1)
    tell(inspector, "toggle")
    assert np.argwhere(inspector.aperture).tolist() == [[1, 2], [2, 2], [2, 3]]
    tell(inspector, "toggle")
    assert np.argwhere(inspector.aperture).tolist() == [[1, 2], [2, 2]]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "step",
        [1],
        {},
        [],
        ["fly"],
        ["step", "1"],
        ["step", float("nan")],
        ["step", 10**400],
        ["step", 1, 2, 3],
        ["zoom", None],
        [["step"]],
    ],
)
def test_what_no_key_sends_does_nothing(inspector, bad):
    Keys(inspector)._process_event(DataEvent(model=None, data=bad))
    assert inspector.cadence == 15 and inspector.window is None and inspector.time_range is None


def test_every_gesture_is_told():
    words = Keys(Inspector(odd_tpf())).words
    for lines in GESTURES.values():
        assert all(does.split(",")[0] in words for _, does in lines)
