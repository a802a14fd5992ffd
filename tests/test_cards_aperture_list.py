"""The table of apertures: what of a browser's messages it takes."""

import pytest

from tpfdash.cards.aperture_list import ACTIONS, ApertureList


@pytest.fixture
def told():
    return []


@pytest.fixture
def listed(told):
    rows = [{"number": n, "name": "A", "actions": list(ACTIONS)} for n in range(2)]
    return ApertureList(lambda *what: told.append(what), rows=rows)


def test_what_is_pressed_is_told(listed, told):
    messages = [[what, 1, ""] for what in ACTIONS] + [["rename", 0, "x"], ["cancel", 0, ""]]
    for message in messages:
        listed._handle_msg(message)
    assert told == [tuple(message) for message in messages]


@pytest.mark.parametrize(
    "message",
    [
        None,
        "grow",
        ["grow"],
        ["grow", 0],
        ["grow", 2, ""],
        ["grow", -1, ""],
        ["grow", float("nan"), ""],
        ["grow", "0", ""],
        ["rename", 0, None],
        ["exec", 0, ""],
    ],
)
def test_what_makes_no_sense_is_not(listed, told, message):
    listed._handle_msg(message)
    assert not told
