"""What is known of events, and which of the user's remarks is on which of them."""

from dataclasses import asdict, replace

import pytest
from eventparts import TRANSIT, two_stars
from test_timeseries_events_found import DIP, RAY

from tpfdash.diagnosis.diagnose import diagnose
from tpfdash.inspector.said import ListedEvent, Said, listed_event, remarks_on, said_of
from tpfdash.timeseries.events.found import FoundEvents


def test_a_diagnosis_in_a_line():
    answer = diagnose(two_stars(), TRANSIT)
    said = said_of(answer)
    assert (said.verdict, said.confidence) == ("on_target", answer.confidence)
    assert said.offset_sigma == answer.offset_sigma and "PRF" in said.why


def test_an_event_with_all_that_is_known_of_it():
    said = Said("neighbour", 0.9, 12.0, "offset")
    event = listed_event(DIP, said, (*DIP.window, "real", "a note"))
    assert isinstance(event, ListedEvent) and event.window == DIP.window
    assert (event.verdict, event.confidence, event.why) == ("neighbour", 0.9, "offset")
    assert (event.word, event.note) == ("real", "a note")
    bare = listed_event(DIP, None, None)
    assert asdict(bare).items() >= asdict(DIP).items() and bare.verdict == bare.note == ""


def test_a_table_has_columns_for_it_and_null_for_what_is_not_known():
    events = FoundEvents([listed_event(DIP, None, None)], {})
    assert events.table.colnames[-6:] == [
        *("verdict", "confidence", "offset_sigma", "why", "word", "note")
    ]
    assert (
        '"confidence": null' in events.to_json()
        and "offset_sigma" in events.to_bytes("csv").decode()
    )


@pytest.mark.parametrize("shift, same", [(0.0, True), (0.1, True), (0.3, False), (5.0, False)])
def test_a_remark_is_on_what_is_mostly_the_same(shift, same):
    moved = replace(DIP, start=DIP.start + shift, end=DIP.end + shift)
    remark = (*DIP.window, "real", "")
    assert remarks_on([RAY, moved], [remark]) == [None, remark if same else None]


def test_one_that_is_exactly_on_another_event_is_on_that_alone():
    near = replace(DIP, start=DIP.start + 0.02)
    remark = (*DIP.window, "", "mine")
    assert remarks_on([DIP, near, RAY], [remark]) == [remark, None, None]
