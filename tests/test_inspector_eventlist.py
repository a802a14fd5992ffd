"""The list of events: found ones and own ones, what is known of each, the ticks and their stack."""

import copy
import json

import numpy as np
import pytest
from eventparts import AGAIN, NEIGHBOURS, QUIET, TRANSIT, two_stars
from test_app_truth import events_in

from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.said import Said, said_of
from tpfdash.inspector.session import restore, session_of
from tpfdash.timeseries.events.found import FoundEvents
from tpfdash.timeseries.events.measure import measure_windows


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


@pytest.fixture
def inspector(tpf):
    """With two events that were found, and a mark between them."""
    found = [*measure_windows(Inspector(tpf).lightcurve, [TRANSIT, AGAIN])]
    kinds = [type(one)(**vars(one) | {"kind": "dip", "rank": n + 1}) for n, one in enumerate(found)]
    return Inspector(tpf, events=FoundEvents(kinds, {"min_snr": 6.0}), marks=[NEIGHBOURS])


SAID = Said("on_target", 0.9, 0.5, "offset 0.5 σ")


def test_found_and_own_events_are_numbered_in_order_of_time(inspector):
    assert inspector.listed.windows == [TRANSIT, NEIGHBOURS, AGAIN]
    assert [event.kind for event in inspector.listed] == ["dip", "mark", "dip"]
    assert np.isnan(inspector.listed[1].snr) and inspector.listed.meta["min_snr"] == 6
    inspector.events = None
    assert inspector.listed.windows == [NEIGHBOURS] and not inspector.listed.meta
    inspector.marks = ()
    assert not inspector.listed and not inspector.shown_events and not inspector.walk(1)


def test_the_window_is_listed_once(inspector):
    with pytest.raises(TPFError, match="there is no window"):
        inspector.mark_window()
    for window in (QUIET, QUIET, TRANSIT):  # the last was found
        inspector.window = window
        inspector.mark_window()
    assert inspector.marks == (NEIGHBOURS, QUIET)


def test_a_mark_goes_with_all_that_was_said_of_it(inspector):
    inspector.tick(1)
    inspector.remark(1, word="unsure", note="a binary?")
    inspector.keep_said({NEIGHBOURS: SAID, TRANSIT: SAID})
    with pytest.raises(TPFError, match="was found"):
        inspector.unmark(0)
    inspector.unmark(1)
    assert inspector.marks == inspector.ticked == inspector.remarks == ()
    assert list(inspector.said) == [TRANSIT]
    for number in (3, -1, "1", 0.5):
        with pytest.raises(TPFError, match="event"):
            inspector.unmark(number)


def test_remarks_are_changed_and_taken_back_by_themselves(inspector):
    inspector.remark(0, word="real")
    inspector.remark(0, note="deep")
    inspector.remark(2, note="again")
    assert inspector.remarks == ((*TRANSIT, "real", "deep"), (*AGAIN, "", "again"))
    assert [(event.word, event.note) for event in inspector.told] == [
        *(("real", "deep"), ("", ""), ("", "again"))
    ]
    inspector.remark(0, word="", note="")
    assert inspector.remarks == ((*AGAIN, "", "again"),)
    with pytest.raises(TPFError, match="one of '', 'real'"):
        inspector.remark(0, word="fake")


def test_ticked_events_are_stacked_and_measured_as_one(inspector):
    inspector.tick(2)
    with pytest.raises(TPFError, match="two events or more"):
        inspector.stack_ticked()
    inspector.tick(0)
    inspector.tick(0)
    inspector.stack_ticked()
    assert inspector.windows == (TRANSIT, AGAIN)
    assert TRANSIT[0] < inspector.time[inspector.cadence] < TRANSIT[1]
    answer = inspector.diagnosis
    assert answer.verdict == "on_target" and answer.windows == (TRANSIT, AGAIN)
    inspector.tick(0, False)
    assert inspector.ticked == (AGAIN,) and inspector.windows == (TRANSIT, AGAIN)
    inspector.ticked = [(0.0, 1.0), TRANSIT]  # what is not listed is no event
    assert [event.window for event in inspector.ticked_events] == [TRANSIT]


def test_what_goes_down_and_what_goes_up_are_no_stack(tpf):
    inspector = Inspector(tpf)
    dip, outlier = events_in(tpf)
    up = type(dip)(**vars(outlier) | {"kind": "brightening"})
    inspector.events = FoundEvents([dip, up], {})
    inspector.ticked = [dip.window, up.window]
    with pytest.raises(TPFError, match="dips and brightenings are ticked"):
        inspector.stack_ticked()
    assert inspector.window is None


def test_what_the_page_has_worked_out_is_kept_in_the_list(inspector):
    inspector.window = TRANSIT
    inspector.answer = inspector.diagnosis
    assert inspector.said == {TRANSIT: said_of(inspector.answer)}
    told = inspector.told[0]
    assert (told.verdict, told.confidence) == ("on_target", inspector.answer.confidence)
    inspector.window = QUIET  # is none of them
    inspector.answer = inspector.diagnosis
    inspector.change(window=TRANSIT, stacked=[AGAIN])  # is more than one of them
    inspector.answer = inspector.diagnosis
    assert list(inspector.said) == [TRANSIT]


def test_what_was_said_goes_with_the_aperture_and_the_stars(inspector):
    measured = measure_windows(inspector.lightcurve, [NEIGHBOURS])[0]
    known = {NEIGHBOURS: Said("neighbour", 0.9, 9.0, "", measured), TRANSIT: SAID}
    inspector.keep_said(known)
    assert inspector.told[1].snr == measured.snr
    inspector.set_background("rest")  # is nothing to the pixels, but to the depth
    assert inspector.said[NEIGHBOURS].measured is None and len(inspector.said) == 2
    assert np.isnan(inspector.told[1].snr) and inspector.told[1].verdict == "neighbour"
    inspector.set_aperture("all")
    assert not inspector.said
    inspector.change(said=known, quality_bitmask="none")  # chosen together
    assert inspector.said == known
    twin = copy.copy(inspector)
    assert twin.said == known and twin.told.to_json() == inspector.told.to_json()


def test_the_list_is_sorted_and_what_is_not_known_comes_last(inspector):
    inspector.keep_said({TRANSIT: SAID})
    assert inspector.event_rows == (0, 1, 2)
    inspector.event_order = "-time"
    assert inspector.event_rows == (2, 1, 0)
    deeper = [e.relative_depth for e in inspector.listed]
    down = (2, 0, 1) if deeper[2] > deeper[0] else (0, 2, 1)
    for order, rows in {"-depth": down, "depth": (*down[1::-1], 1), "verdict": (0, 1, 2)}.items():
        inspector.event_order = order
        assert inspector.event_rows == rows
    inspector.event_order = "-snr"
    assert inspector.event_rows[-1] == 1


def test_a_kind_alone_is_shown_and_walked(inspector):
    inspector.event_kind = "dip"
    assert inspector.shown_events == inspector.event_rows == (0, 2)
    seen = [inspector.walk(1) and inspector.window for _ in range(3)]
    assert seen[0] == seen[2] and set(seen) == {TRANSIT, AGAIN}
    inspector.window = NEIGHBOURS  # is not shown: from its cadence on
    inspector.seek(549.0)
    assert inspector.walk(1) and inspector.window == AGAIN
    inspector.event_kind = "step"
    assert not inspector.walk(1)


def test_marks_remarks_and_ticks_survive_a_session_and_find_their_events_again(tpf, inspector):
    inspector.tick(0)
    inspector.remark(0, "real", "the planet")
    inspector.remark(1, "artefact")
    inspector.keep_said({TRANSIT: SAID})
    session = json.loads(json.dumps(session_of(inspector)))
    again = Inspector(tpf)
    restore(again, session)
    assert again.marks == (NEIGHBOURS,) and again.told[0].word == "artefact"
    assert not again.said and again.events is None
    again.events = inspector.events
    assert [event.note for event in again.told] == ["the planet", "", ""]
    assert [event.window for event in again.ticked_events] == [TRANSIT]


def test_a_light_curve_has_a_name_of_its_own(inspector):
    before = inspector.curve_name
    aperture = inspector.aperture
    inspector.set_aperture("all")
    assert inspector.curve_name != before and len(before) == 16
    inspector.aperture = aperture
    assert inspector.curve_name == before
