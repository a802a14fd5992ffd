"""The strip of small pictures."""

import pytest

from tests.triageparts import tell, write_lines
from tpfdash.cards.gallery import gallery_card
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.inspector.triage import Walk


@pytest.fixture
def walk(tmp_path):
    return Walk(Results(write_lines(tmp_path / "results.jsonl")))


def test_the_strip_shows_the_page_and_chooses(walk):
    gallery, _ = gallery_card(walk)
    assert [one["number"] for one in gallery.pictures] == [0, 1, 2, 4, 5]
    assert [bool(one["curve"]) for one in gallery.pictures] == [True, True, True, False, True]
    tell(gallery, 5)
    assert walk.row == gallery.chosen == 5
    for odd in (99, -1, "1", [1], None, float("nan")):
        tell(gallery, odd)
    assert walk.row == 5
    walk.judge("artefact")
    assert gallery.words == {"5": "artefact"}
