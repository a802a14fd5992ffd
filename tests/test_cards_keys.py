"""The arrow keys as they arrive from a page."""

import pytest

from tpfdash.cards.keys import ArrowKeys


def test_a_key_is_a_step():
    steps = []
    keys = ArrowKeys(steps.append)
    for by in (1, -1, 10, -10):
        keys._handle_msg(by)
    assert steps == [1, -1, 10, -10]


@pytest.mark.parametrize("bad", [None, "1", [1], {}, 0, 2.5, float("nan"), 10**400])
def test_what_no_key_sends_is_no_step(bad):
    steps = []
    ArrowKeys(steps.append)._handle_msg(bad)
    assert not steps
