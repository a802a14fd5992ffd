"""The table on the page: what a browser may tell it."""

import pytest

from tpfdash.cards.picks import PickList


@pytest.fixture
def told():
    return []


@pytest.fixture
def table(told):
    """With columns of every kind."""
    kinds = {"name": "pick", "tick": "tick", "note": "type", "drop": "drop"}
    headings = {name: (name, f"Its {name}.") for name in kinds}
    return PickList(
        lambda *said: told.append(said), headings, "events", kinds=kinds, sorts={"name": "-snr"}
    )


@pytest.fixture
def plain(told):
    """With a name alone, as the list of stars."""
    return PickList(lambda *said: told.append(said), {"name": ("star", "Its name.")}, "stars")


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


@pytest.mark.parametrize("message", BAD, ids=lambda message: str(message)[:30])
def test_what_makes_no_sense_does_nothing(table, told, message):
    table._handle_msg(message)
    assert not told


@pytest.mark.parametrize("message", GOOD, ids=str)
def test_what_a_list_has_no_column_for_it_is_not_told(plain, told, message):
    plain._handle_msg(message)
    assert told == ([tuple(message)] if message[0] in ("choose", "cancel") else [])


def test_it_has_its_headings_and_its_name(plain):
    assert plain.headings == [("name", "star", "Its name.")]
    assert plain.css_classes == ["tpf-stars"] and plain.order is None
