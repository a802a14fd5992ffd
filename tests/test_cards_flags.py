"""The table of the quality flags, from what the page sends on."""

import numpy as np
import pytest
from cardparts import odd_tpf, part, put_on_page
from panel.models.esm import DataEvent

from tpfdash.cards.flags import flags_card
from tpfdash.inspector import Inspector

#: Of the default bitmask of K2 those that do not occur in `odd_tpf`.
HIDDEN = 1130799 & ~(1 | 2 | 8 | 32 | 65536 | 1048576)


@pytest.fixture
def tpf():
    return odd_tpf()


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def table(inspector):
    card, lives = flags_card(inspector)
    for live in lives:
        live.shown = True
    return part(card, "flags")


def tell(table, *message):
    table._process_event(DataEvent(model=None, data=list(message)))


def occurring(tpf):
    return [1 << n for n in range(31) if (tpf["quality"].values & (1 << n)).any()]


def left_out(table):
    return [row["bit"] for row in table.rows if row["left_out"]]


def test_every_flag_that_occurs_has_a_row_with_its_count(table, tpf):
    assert [row["bit"] for row in table.rows] == occurring(tpf)
    for row in table.rows:
        assert row["count"] == int((tpf["quality"].values & row["bit"] != 0).sum())
    assert table.rows[0]["name"] == "attitude tweak"


def test_ticks_are_the_bits_that_leave_a_cadence_out(inspector, table, tpf):
    for choice in ("default", "none", "hardest", 128 | 8, 0):
        inspector.quality_bitmask = choice
        bits = inspector.mission.bitmask(choice)
        assert left_out(table) == [bit for bit in occurring(tpf) if bit & bits]


def test_a_tick_leaves_its_cadences_out_and_takes_no_other_in(inspector, table, tpf):
    before = inspector.good
    assert before[5] and not before[6]
    tell(table, "leave out", 128)
    np.testing.assert_array_equal(inspector.good, before & (tpf["quality"].values & 128 == 0))
    tell(table, "keep", 1)
    assert inspector.good[3] and not inspector.good[5]


def test_bits_that_do_not_occur_stay_as_they_are(inspector, table, tpf):
    for bit in occurring(tpf):
        tell(table, "keep", bit)
    assert inspector.quality_bitmask == HIDDEN != 0
    tell(table, "leave out", 8)
    assert inspector.quality_bitmask == HIDDEN | 8


def test_bits_that_a_word_stands_for_are_the_word(inspector, table):
    tell(table, "leave out", 128)
    assert inspector.quality_bitmask == 1130799 | 128
    tell(table, "keep", 128)
    assert inspector.quality_bitmask == "default"


def test_a_name_marks_its_flag_and_goes_on_each_time_it_is_picked(inspector, table):
    for cadence in (5, 6, 5):
        tell(table, "mark", 128)
        assert (inspector.marked_flag, inspector.cadence, table.marked) == (128, cadence, 128)


def test_next_and_previous_go_round(inspector, table):
    inspector.cadence = 5
    for what, cadence in [("next", 6), ("next", 5), ("previous", 6), ("previous", 5)]:
        tell(table, what, 128)
        assert inspector.cadence == cadence


@pytest.mark.parametrize(
    "bad", [None, [], ["mark"], ["mark", 64], ["mark", 1, 2], ["fly", 128], "mark", {"bit": 128}]
)
def test_what_no_table_sends_does_nothing(inspector, table, bad):
    before = inspector.quality_bitmask, inspector.cadence
    table._process_event(DataEvent(model=None, data=bad))
    assert (inspector.quality_bitmask, inspector.cadence) == before
    assert inspector.marked_flag == 0


def test_a_file_without_a_flag_says_so(tpf):
    tpf["quality"].values[:] = 0
    card, _ = flags_card(Inspector(tpf))
    assert "No cadence of this file has a quality flag." in card[0].object and len(card) == 1
    put_on_page(card)


def test_bits_that_the_mission_does_not_know_are_named_by_their_number(tpf):
    tpf["quality"].values[9] = 1 << 21
    inspector = Inspector(tpf)
    card, _ = flags_card(inspector)
    table = part(card, "flags")
    assert table.rows[-1]["name"] == "bit 2097152"
    tell(table, "leave out", 1 << 21)
    assert not inspector.good[9]
