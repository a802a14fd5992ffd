"""The agreement, counted as one judges."""

import pytest

from tests.triageparts import write_lines
from tpfdash.cards.agreed import agreed_card
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.inspector.triage import Walk


@pytest.fixture
def walk(tmp_path):
    return Walk(Results(write_lines(tmp_path / "results.jsonl")))


def test_agreement_is_counted_as_one_judges(walk):
    card, _ = agreed_card(walk)
    show, words = card[0][0], card[1]
    assert "Once events are judged" in words.object
    for row, word in ((0, "real"), (1, "real"), (4, "real"), (5, "unsure")):
        walk.say(row, word=word)
    assert "50 % agree" in words.object and "κ" in words.object
    assert "S/N below 10" in words.object and "Kepler" in words.object
    show.clicks += 1
    assert walk.said == "disagree" and walk.rows.tolist() == [1]
