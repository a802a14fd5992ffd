"""The arrow keys, from what the page sends on."""

import pytest
from cardparts import odd_tpf
from panel.models.esm import DataEvent

from tpfdash.cards.keys import ArrowKeys
from tpfdash.inspector import Inspector


@pytest.mark.parametrize("by", [-10, -1, 1, 10])
def test_a_key_that_the_page_tells_of_is_a_step(by):
    inspector = Inspector(odd_tpf(), cadence=15)
    twin = Inspector(odd_tpf(), cadence=15)
    keys = ArrowKeys(inspector.step)
    keys._process_event(DataEvent(model=None, data=by))  # what Panel does with a message
    twin.step(by)
    assert inspector.cadence == twin.cadence != 15


@pytest.mark.parametrize("bad", [None, "1", [1], {}, 0, 2.5, float("nan"), 10**400])
def test_what_no_key_sends_is_no_step(bad):
    steps = []
    ArrowKeys(steps.append)._process_event(DataEvent(model=None, data=bad))
    assert not steps
