"""The table on the page: what a browser may tell it."""

import pytest

from tpfdash.cards.picks import PickList


@pytest.fixture
def told():
    return []


HEADINGS = {"name": ("star", "Its name.")}
#: Columns that can tell all there is to tell.
KINDS = {"name": "pick", "tick": "tick", "note": "type", "drop": "drop"}


@pytest.fixture
def table(told):
    return PickList(
        lambda *said: told.append(said), HEADINGS, "stars", kinds=KINDS, sorts={"snr": "-snr"}
    )


GOOD = [
    ["choose", 3],
    ["cancel", 0],
    ["drop", 2],
    ["tick", 4, True],
    ["type", 1, "note", "a text"],
    ["sort", 0, "-snr"],
]
BAD = [
    *(5, None, "choose", [], ["choose"], ["choose", "1"], ["choose", -1], ["choose", float("nan")]),
    *(["choose", 1, 2], ["tick", 1], ["tick", 1, "yes"], ["tick", 1, 1], ["type", 1, "note"]),
    *(["type", 1, "note", 5], ["type", 1, "note", "a" * 1001], ["sort", 0], ["close", 1]),
    *({"choose": 1}, [["choose"], 1], ["choose", 1e12]),
]


@pytest.mark.parametrize("message", GOOD, ids=str)
def test_a_gesture_is_passed_on(table, told, message):
    table._handle_msg(message)
    assert told == [tuple(message)]


@pytest.mark.parametrize("message", GOOD[2:], ids=str)
def test_a_list_without_such_columns_takes_none_of_it(told, message):
    PickList(lambda *said: told.append(said), HEADINGS, "stars")._handle_msg(message)
    assert not told


@pytest.mark.parametrize("message", BAD, ids=lambda message: str(message)[:30])
def test_what_makes_no_sense_does_nothing(table, told, message):
    table._handle_msg(message)
    assert not told


def test_it_has_its_headings_and_its_name(table):
    assert table.headings == [("name", "star", "Its name.")]
    assert table.css_classes == ["tpf-stars"] and table.order is None
