"""The drawer of events, in a browser: found, said what they are, gone to, saved."""

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
    with events.page.expect_download() as download:
        events.press("save-events")
    assert "rank," in download.value.path().read_text().splitlines()[0]


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
