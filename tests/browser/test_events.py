"""The drawer of events, in a browser: found, said what they are, gone to, saved."""

import pytest


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
