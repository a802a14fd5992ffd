"""The card of the quality flags: the table, and the ticks that leave cadences out."""

import numpy as np
import panel as pn
import pytest
from cardparts import odd_tpf, part, put_on_page

from tpfdash.cards.quality import quality_card
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
def card(inspector):
    return quality_card(inspector)


def occurring(tpf):
    return [1 << n for n in range(31) if (tpf["quality"].values & (1 << n)).any()]


def test_every_flag_that_occurs_has_a_tick(inspector, card, tpf):
    ticks = part(card, "flags")
    assert list(ticks.options.values()) == occurring(tpf)
    assert ticks.options["attitude tweak (1)"] == 1
    assert ticks.options["desaturation event (32)"] == 32
    assert 128 in ticks.options.values() and 64 not in ticks.options.values()


def test_ticks_are_the_bits_that_leave_a_cadence_out(inspector, card, tpf):
    ticks = part(card, "flags")
    for choice in ("default", "none", "hardest", 128 | 8, 0):
        inspector.quality_bitmask = choice
        bits = inspector.mission.bitmask(choice)
        assert ticks.value == [bit for bit in occurring(tpf) if bit & bits]


def test_a_tick_leaves_its_cadences_out_and_takes_no_other_in(inspector, card, tpf):
    ticks = part(card, "flags")
    before = inspector.good
    assert before[5] and not before[6]
    ticks.value = [*ticks.value, 128]
    np.testing.assert_array_equal(inspector.good, before & (tpf["quality"].values & 128 == 0))
    ticks.value = [bit for bit in ticks.value if bit != 1]
    assert inspector.good[3]
    assert not inspector.good[5]


def test_bits_that_do_not_occur_stay_as_they_are(inspector, card):
    ticks = part(card, "flags")
    ticks.value = []
    assert inspector.quality_bitmask == HIDDEN != 0
    ticks.value = [8]
    assert inspector.quality_bitmask == HIDDEN | 8
    inspector.quality_bitmask = 1 << 30 | 128
    assert ticks.value == [128]
    ticks.value = [1, 8]
    assert inspector.quality_bitmask == 1 << 30 | 1 | 8


def test_ticks_that_say_what_a_word_says_leave_the_word(inspector, card):
    ticks = part(card, "flags")
    told = []
    inspector.param.watch(told.append, "quality_bitmask")
    ticks.value = list(reversed(ticks.value))
    assert inspector.quality_bitmask == "default"
    inspector.quality_bitmask = "hard"
    assert [event.new for event in told] == ["hard"]


def test_a_file_without_a_flag_has_no_tick(tpf):
    tpf["quality"].values[:] = 0
    inspector = Inspector(tpf)
    card = quality_card(inspector)
    ticks = part(card, "flags")
    assert not ticks.options and ticks.value == []
    assert list(part(card, "flag-table").object["flag"]) == ["no flag is set"]
    put_on_page(card)
    assert inspector.quality_bitmask == "default"


def test_bits_that_the_mission_does_not_know_are_named_by_their_number(tpf):
    tpf["quality"].values[9] = 1 << 21
    inspector = Inspector(tpf)
    ticks = part(quality_card(inspector), "flags")
    assert ticks.options["bit 2097152 (2097152)"] == 1 << 21
    ticks.value = [*ticks.value, 1 << 21]
    assert not inspector.good[9]


def test_the_table_counts_the_cadences_of_each_flag(card, tpf):
    table = part(card, "flag-table").object
    counts = {bit: int((tpf["quality"].values & bit != 0).sum()) for bit in occurring(tpf)}
    assert dict(zip(table["value"], table["cadences"], strict=True)) == counts
    assert table["flag"][0] == "attitude tweak"
    assert isinstance(part(card, "flag-table"), pn.pane.HoloViews)
