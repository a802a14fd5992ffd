"""The rows of the list of events, in words."""

from dataclasses import replace
from math import nan

import pytest
from test_timeseries_events_found import DIP, RAY, STEP

from tpfdash.cards.eventrows import HEADINGS, KINDS, SORTS, event_beside, event_row
from tpfdash.inspector.choices import EVENT_ORDERS
from tpfdash.inspector.said import Said, listed_event
from tpfdash.timeseries.events.measure import unmeasured

MARK = unmeasured((10.0, 10.5))


def test_every_column_has_a_heading_and_what_it_is_sorted_by_is_known():
    assert set(event_row(0, DIP)) - {"number"} | {"tick", "verdict", "why", "word", "note"} == set(
        HEADINGS
    )
    assert set(KINDS) | set(SORTS) <= set(HEADINGS) and set(SORTS.values()) <= set(EVENT_ORDERS)


def test_words_of_a_row():
    row = event_row(0, DIP)
    assert row["name"] == "1" and row["duration"] == "12.0 h" and row["time"] == "10.5000"
    assert row["depth"] == "3.00 ± 0.30 %" and row["snr"] == "10" and row["flagged"] == "4%"
    assert event_row(1, RAY)["depth"].startswith("3") and event_row(1, RAY)["shape"] == ""
    assert event_row(2, STEP)["depth"] == "30.0 ± 3.0" and event_row(2, STEP)["flagged"] == ""
    faint = replace(DIP, relative_depth=-1.234e-4, relative_depth_err=1.2e-5, snr=6.54)
    assert event_row(0, faint)["depth"] == "−123 ± 12 ppm" and event_row(0, faint)["snr"] == "6.5"


@pytest.mark.parametrize(
    "days, words",
    [(0.02, "29 min"), (0.5, "12.0 h"), (3.0, "3.0 d"), (0.0, "")],
)
def test_durations(days, words):
    assert event_row(0, replace(DIP, duration=days))["duration"] == words


def test_a_mark_can_be_taken_off_and_says_what_is_not_measured():
    row = event_row(0, MARK)
    assert row["drop"] and row["depth"] == "not measured" and row["snr"] == row["flagged"] == ""
    assert not event_row(0, DIP)["drop"]
    measured = replace(DIP, kind="mark", rank=0)
    said = Said("neighbour", 0.91, 12.0, "offset 3.0 px", measured)
    beside = event_beside(listed_event(measured, said, None), ticked=True)
    assert beside["depth"] == "3.00 ± 0.30 %" and beside["verdict"] == "neighbour 0.91"
    assert beside["why"] == "offset 3.0 px" and beside["tick"] is True and "note" not in beside


def test_what_nobody_said_is_not_sent():
    assert event_beside(listed_event(DIP, None, None), ticked=False) == {}
    said = Said("inconclusive", 0.4, nan, "nothing stands out")
    beside = event_beside(listed_event(DIP, said, (*DIP.window, "real", "x")), ticked=False)
    assert beside == {
        "verdict": "cannot tell",
        "why": "nothing stands out",
        "word": "real",
        "note": "x",
    }
