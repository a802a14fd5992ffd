"""The drawer of events, in a browser: found, said what they are, gone to, stacked, saved."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from tests.test_app_truth import events_in
from tpfdash.timeseries.events.found import FoundEvents


@pytest.fixture
def events(fresh):
    fresh.tab("Events")
    return fresh


def test_from_the_light_curve_to_an_event(events):
    events.press("find-events")
    rows = events.part("event-list", "tbody tr")
    rows.first.wait_for()
    stage = events.part("event-list", ".stage")
    events.until(lambda: not stage.is_visible(), "all are said what they are")
    dip = rows.filter(has_text="dip").filter(has_text="neighbour").first
    dip.locator("button").click()
    events.until(lambda: events.inspector.answer is not None, "the answer")
    assert events.inspector.answer.verdict == "neighbour"
    events.until(lambda: "chosen" in (dip.get_attribute("class") or ""), "its row is marked")


def test_the_users_own_events_words_and_stacks(events):
    """Listed with a click, said in the row, ticked and measured as one, and in the file."""
    time, inspector = events.inspector.time, events.inspector
    windows = [tuple(time[[at, at + 20]].tolist()) for at in (140, 400)]
    for window in windows:
        events.in_session(lambda window=window: setattr(inspector, "window", window))
        events.part("mark-window").wait_for()
        events.press("mark-window")
        events.until(lambda window=window: window in inspector.said, "what its pixels say")
    rows = events.part("event-list", "tbody tr")
    events.until(lambda: rows.count() == 2, "two rows")
    rows.nth(0).get_by_role("combobox").select_option("artefact")
    note = rows.nth(0).get_by_role("textbox")
    note.fill("w[0]: a key is no key here")
    note.press("Enter")
    events.until(lambda: len(inspector.remarks) == 1 and inspector.remarks[0][3], "the note")
    assert inspector.remarks == ((*windows[0], "artefact", "w[0]: a key is no key here"),)
    for n in (0, 1):
        rows.nth(n).get_by_role("checkbox").click()
    events.until(lambda: len(inspector.ticked) == 2, "two ticks")
    events.press("stack-events")
    events.becomes(lambda: inspector.windows, tuple(windows))
    events.until(lambda: inspector.answer is not None, "the joint answer")
    assert inspector.answer.windows == tuple(windows)
    events.until(
        lambda: events.part("event-list", "tr.together").count() == 2, "what is stacked is marked"
    )
    events.part("event-list", "th button").filter(has_text="time").click()
    events.becomes(lambda: inspector.event_order, "-time")
    events.until(lambda: rows.nth(1).get_by_role("textbox").input_value() != "", "turned round")
    with events.page.expect_download() as download:
        events.press("save-events")
    saved = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert [row["word"] for row in saved] == ["artefact", ""] and saved[0]["verdict"]
    rows.nth(0).get_by_role("button", name="Take this mark off").click()
    events.until(lambda: rows.count() == 1 and inspector.marks == (windows[0],), "one row")


def test_the_event_that_is_walked_to_is_in_sight_in_the_list(events):
    one = events_in(events.inspector.tpf)[0]
    days = np.linspace(0, 5, 40)
    many = [
        replace(one, time=one.time + day, start=one.start + day, end=one.end + day) for day in days
    ]
    events.in_session(lambda: setattr(events.inspector, "events", FoundEvents(many, {})))
    events.part("event-list", "tbody tr").nth(39).wait_for()
    chosen = events.part("event-list", "tr.chosen")

    def in_sight():
        if not chosen.count():
            return False
        row, drawer = chosen.bounding_box(), events.part("drawer").bounding_box()
        return drawer["y"] <= row["y"] + 1 and (
            row["y"] + row["height"] <= drawer["y"] + drawer["height"] + 1
        )

    events.page.keyboard.press("]")  # round again from the last to the first, and back
    events.until(in_sight, "the first row in the drawer")
    events.page.keyboard.press("[")
    events.until(lambda: events.inspector.window == many[39].window, "the last event")
    events.until(lambda: "40" in chosen.inner_text().split() and in_sight(), "the last row")
