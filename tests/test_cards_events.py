"""The card of the events: found, listed, said what they are, gone to; and when they are old."""

import numpy as np
import pytest
from cardparts import part, press, words

from tpfdash.cards import events as events_module
from tpfdash.cards.events import event_row, events_card
from tpfdash.cards.widgets import is_in_sight
from tpfdash.inspector import Inspector
from tpfdash.simulate import Eclipse, Star, simulate_tpf
from tpfdash.timeseries.events.find import find_events


@pytest.fixture(scope="module")
def tpf():
    return simulate_tpf(
        "Kepler",
        n_cadences=900,
        stars=[Star(5.2, 4.8, magnitude=12.5)],
        events=[Eclipse(0, 6.1, 0.0, 0.3, 0.02)],
        columns=("flux", "flux_err"),
        seed=4,
    )


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def card(inspector):
    return events_card(inspector)[0]


def test_events_are_found_listed_and_said_what_they_are(inspector, card):
    assert not part(card, "event-list").rows
    press(card, "find-events")
    rows = part(card, "event-list").rows
    found = find_events(inspector.lightcurve, good=inspector.good)
    assert len(rows) == len(found) >= 2
    assert [row["kind"] for row in rows] == [event.kind for event in found]
    assert all(row["verdict"].startswith("on target") for row in rows if row["kind"] == "dip")
    assert words(part(card, "events-words").object) == f"{len(found)} events"


def test_a_row_that_is_pressed_is_the_window(inspector, card):
    press(card, "find-events")
    listed = part(card, "event-list")
    event = find_events(inspector.lightcurve, good=inspector.good)[1]
    listed._handle_msg(["choose", 1])
    assert inspector.window == event.window and listed.chosen == 1
    assert abs(inspector.time[inspector.cadence] - event.time) < 0.02
    inspector.clear_windows()
    assert listed.chosen == -1


def test_events_of_another_light_curve_are_said_to_be_old(inspector, card):
    press(card, "find-events")
    inspector.set_aperture("all")
    assert "has changed since" in part(card, "events-words").object
    press(card, "find-events")
    assert "has changed since" not in part(card, "events-words").object


def test_the_list_is_saved_once_there_is_one(inspector, card):
    save = part(card, "save-events")
    assert not is_in_sight(
        next(iter(one for one in card.select() if save in getattr(one, "objects", [])))
    )
    press(card, "find-events")
    text = save.callback().read().decode()
    assert text.splitlines()[0].startswith("rank,") and len(text.splitlines()) >= 3


def test_nothing_to_find_is_said(tpf):
    flat = tpf.assign(flux=tpf["flux"] * 0 + 100)
    card = events_card(Inspector(flat))[0]
    press(card, "find-events")
    assert "Nothing stands out" in part(card, "events-words").object


def test_what_is_cancelled_changes_nothing_more(inspector, card, monkeypatch):
    listed = part(card, "event-list")

    def stopped(lightcurve, *, good, progress):
        listed._handle_msg(["cancel", 0])
        progress(1, 2)

    monkeypatch.setattr(events_module, "find_events", stopped)
    press(card, "find-events")
    assert not listed.rows and not listed.stage and not listed.error


def test_messages_of_no_sense_do_nothing(inspector, card):
    press(card, "find-events")
    for message in (["choose", 999], ["drop", 1], ["choose", "1"], 5, ["choose"]):
        part(card, "event-list")._handle_msg(message)
    assert inspector.window is None


def test_words_of_a_row(inspector):
    found = find_events(inspector.lightcurve, good=inspector.good)
    row = event_row(0, found[0])
    assert row["name"] == "1" and row["duration"].endswith("h") and "%" in row["depth"]
    assert np.isclose(float(row["time"]), found[0].time, atol=1e-4)


def test_events_found_elsewhere_are_listed_and_walked(inspector, card):
    found = find_events(inspector.lightcurve, good=inspector.good)
    inspector.events = found
    assert len(part(card, "event-list").rows) == len(found)
    seen = []
    for _ in range(len(found)):
        assert inspector.walk(1)
        seen.append(inspector.window)
    assert sorted(seen) == [event.window for event in found]  # each once, round the end
    inspector.walk(-1)
    assert inspector.window == seen[-2]
    inspector.clear_windows()
    inspector.cadence = int(found[1].last) + 1
    inspector.walk(-1)
    assert inspector.window == found[1].window
    inspector.events = None
    assert not inspector.walk(1) and not part(card, "event-list").rows
