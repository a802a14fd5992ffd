"""The rows of a triage's table and what is said over it."""

import pytest

from tests.triageparts import write_lines
from tpfdash.cards.triagerows import HEADINGS, VERDICT_CHOICES, count_html, row_beside, row_of
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.inspector.triage import VERDICTS, Walk


@pytest.fixture
def walk(tmp_path):
    return Walk(Results(write_lines(tmp_path / "results.jsonl")))


def test_a_row_has_all_columns(walk):
    texts = row_of(walk, 1)
    assert {"number", *texts} == {*HEADINGS, "number"} - {"word", "agrees", "note"}
    assert texts | {"number": 1} == {
        **{"number": 1, "name": "KIC a.fits", "mission": "Kepler", "time": "20.250"},
        **{"verdict": "neighbour", "confidence": "0.90", "snr": "8.0", "depth": "900 ppm"},
        **{"duration": "12.0 h", "offset": "1.7"},
    }
    assert row_of(walk, 4)["snr"] == row_of(walk, 4)["depth"] == row_of(walk, 4)["offset"] == ""
    assert row_of(walk, 4)["name"] == "c.fits"  # it says no object
    walk.say(1, word="real", note="?")
    assert row_beside(walk, 1) == {"word": "real", "note": "?", "agrees": "≠"}
    assert row_beside(walk, 0) == {}


def test_every_verdict_can_be_chosen():
    assert set(VERDICT_CHOICES.values()) == set(VERDICTS)


def test_how_many_there_are(walk):
    assert "5 events in 5 files · 1 with an error · 0 judged" in count_html(walk)
    walk.judge("real")
    walk.verdict = "on_target"
    assert "1 in the table" in count_html(walk) and "1 judged" in count_html(walk)
