"""The card of the events: found, listed, said what they are, gone to; and when they are old."""

import csv
import io
from dataclasses import replace

import pytest
from cardparts import part, press, words

from tpfdash.cards import judging
from tpfdash.cards.events import events_card
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


@pytest.fixture(scope="module")
def worked_out(tpf):
    """An Inspector whose events were found and diagnosed."""
    inspector = Inspector(tpf)
    press(events_card(inspector)[0], "find-events")
    return inspector


@pytest.fixture
def card(inspector):
    return events_card(inspector)[0]


@pytest.fixture
def full(inspector, card, worked_out):
    """The card with that list."""
    inspector.change(events=worked_out.events, said=worked_out.said)
    return card


def told(card):
    """What the list says of each event, in its order."""
    table = part(card, "event-list")
    rows = {row["number"]: row | table.beside.get(str(row["number"]), {}) for row in table.rows}
    return [rows[n] for n in table.order]


def in_sight(card, tag):
    """Whether the bar shows a control, and what holds it."""
    control = part(card, tag)
    around = [one for one in card.select() if control in getattr(one, "objects", [])]
    return all(map(is_in_sight, [control, *around]))


def test_events_are_found_listed_and_said_what_they_are(inspector, card):
    assert not part(card, "event-list").rows and not in_sight(card, "diagnose-events")
    press(card, "find-events")
    rows = told(card)
    found = find_events(inspector.lightcurve, good=inspector.good)
    assert len(rows) == len(found) >= 2
    assert [row["kind"] for row in rows] == [event.kind for event in found]
    assert all(row["verdict"].startswith("on target") for row in rows if row["kind"] == "dip")
    assert all("PRF" in row["why"] for row in rows if row["kind"] == "dip")
    assert words(part(card, "events-words").object) == f"{len(found)} events"


def test_another_page_says_the_same_and_another_aperture_takes_it_back(inspector, full):
    assert told(events_card(inspector)[0]) == told(full)
    inspector.set_aperture("all")
    assert not any("verdict" in row for row in told(full))
    assert in_sight(full, "diagnose-events")
    press(full, "diagnose-events")
    assert all(row["verdict"] for row in told(full)) and not in_sight(full, "diagnose-events")


def test_a_row_that_is_pressed_is_the_window(inspector, full):
    listed = part(full, "event-list")
    event = inspector.events[1]
    listed._handle_msg(["choose", 1])
    assert inspector.window == event.window and listed.chosen == 1
    assert abs(inspector.time[inspector.cadence] - event.time) < 0.02
    inspector.clear_windows()
    assert listed.chosen == -1


def test_events_of_another_light_curve_are_said_to_be_old(inspector, full):
    inspector.set_aperture("all")
    assert "has changed since" in part(full, "events-words").object
    assert "has changed since" in part(events_card(inspector)[0], "events-words").object
    inspector.undo()
    assert "has changed since" not in part(full, "events-words").object


def test_the_list_is_saved_once_there_is_one(inspector, card, worked_out):
    assert not in_sight(card, "save-events")
    inspector.change(events=worked_out.events, said=worked_out.said)
    part(card, "event-list")._handle_msg(["type", 0, "note", "a transit, or not"])
    part(card, "event-list")._handle_msg(["type", 0, "word", "unsure"])
    text = part(card, "save-events").callback().read().decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(inspector.listed)
    assert (rows[0]["word"], rows[0]["note"]) == ("unsure", "a transit, or not")
    assert rows[0]["verdict"] == "on_target" and 0.5 < float(rows[0]["confidence"]) <= 1
    assert float(rows[0]["offset_sigma"]) == inspector.told[0].offset_sigma


def test_ticked_rows_are_stacked(inspector, full):
    table = part(full, "event-list")
    dips = [n for n, event in enumerate(inspector.listed) if event.kind == "dip"][:2]
    for n in dips:
        assert not in_sight(full, "stack-events")
        table._handle_msg(["tick", n, True])
    assert part(full, "stack-events").label == "Stack 2 events" and in_sight(full, "stack-events")
    press(full, "stack-events")
    assert inspector.windows == tuple(inspector.listed[n].window for n in dips)
    assert table.together == dips and table.chosen == dips[0]
    assert [row["number"] for row in told(full) if row.get("tick")] == dips
    press(full, "untick-events")
    assert not inspector.ticked and not in_sight(full, "stack-events")
    assert table.together == dips  # until another window is set


def test_what_is_no_stack_is_said(inspector, full):
    dip, *others = inspector.events
    up = replace(others[0], kind="brightening")
    inspector.events = type(inspector.events)([dip, up], inspector.events.meta)
    inspector.ticked = [dip.window, up.window]
    assert not in_sight(full, "stack-events") and in_sight(full, "untick-events")
    assert "would take each other off" in words(part(full, "events-words").object)


def test_the_window_is_added_measured_and_taken_off_again(inspector, card):
    assert not in_sight(card, "mark-window")
    window = tuple(inspector.time[[100, 112]].tolist())
    inspector.window = window
    assert in_sight(card, "mark-window")
    press(card, "mark-window")
    (row,) = told(card)
    assert row["kind"] == "mark" and row["verdict"] and row["depth"].endswith(("ppm", "%"))
    assert not in_sight(card, "mark-window")
    assert words(part(card, "events-words").object) == "1 mark of your own"
    inspector.set_background("rest")  # another light curve, of which nothing is known yet
    assert told(card)[0]["depth"] == "not measured" and in_sight(card, "diagnose-events")
    press(card, "find-events")
    assert "1 mark of your own" in words(part(card, "events-words").object)
    assert all(row["depth"] != "not measured" for row in told(card))
    number = inspector.event_of[window]
    part(card, "event-list")._handle_msg(["drop", number])
    assert not inspector.marks and "mark" not in words(part(card, "events-words").object)


def test_the_list_is_sorted_by_a_heading_and_shows_one_kind(inspector, full):
    table = part(full, "event-list")
    table._handle_msg(["sort", 0, "-snr"])
    ranks = [inspector.listed[row["number"]].rank for row in told(full)]
    assert ranks == sorted(ranks) and table.sorted == "-snr"
    part(full, "event-kind").value = "dip"
    assert {row["kind"] for row in told(full)} == {"dip"}
    if len(inspector.shown_events) != len(inspector.listed):
        assert "of this kind" in words(part(full, "events-words").object)


def test_remarks_on_what_is_not_listed_are_told_of(inspector, card):
    inspector.remarks = [(1.0, 2.0, "real", ""), (5.0, 6.0, "", "a note")]
    assert "2 more remarks of yours" in words(part(card, "events-words").object)


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

    monkeypatch.setattr(judging, "find_events", stopped)
    press(card, "find-events")
    assert not listed.rows and not listed.stage and not listed.error


def test_messages_of_no_sense_do_nothing(inspector, full):
    for message in (["choose", 999], ["drop", 99], ["choose", "1"], 5, ["choose"]):
        part(full, "event-list")._handle_msg(message)
    assert inspector.window is None


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
