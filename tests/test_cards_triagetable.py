"""What is done in a triage's table, and what no page sends."""

import pytest

from tests.triageparts import tell, write_lines
from tpfdash.cards.picks import PickList
from tpfdash.cards.triagetable import table_card
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.inspector.triage import Walk
from tpfdash.views.faults import faults_of


@pytest.fixture
def walk(tmp_path):
    return Walk(Results(write_lines(tmp_path / "results.jsonl")))


def test_what_is_done_in_the_table(walk):
    card, _ = table_card(walk)
    (table,) = card.select(PickList)
    assert [row["number"] for row in table.rows] == [0, 1, 2, 4, 5]
    tell(table, ["choose", 2])
    assert walk.row == table.chosen == 2
    tell(table, ["sort", 0, "-snr"])
    assert walk.order == table.sorted == "-snr" and walk.row == 2
    assert [row["number"] for row in table.rows] == [2, 0, 5, 1, 4]
    tell(table, ["type", 5, "word", "artefact"])
    tell(table, ["type", 5, "note", "a ray"])
    assert table.beside == {"5": {"word": "artefact", "note": "a ray", "agrees": "="}}
    assert walk.row == 2


@pytest.mark.parametrize(
    "message",
    [
        ["sort", 0, "size"],
        ["sort", 0, "--snr"],
        ["choose", 99],
        ["choose", -1],
        ["type", 99, "word", "real"],
        ["type", 0, "verdict", "real"],
        ["drop", 0],
        "choose",
    ],
)
def test_what_no_page_sends_does_nothing(walk, message):
    card, _ = table_card(walk)
    tell(card.select(PickList)[0], message)
    assert (walk.row, walk.order) == (0, "") and not walk.judged.path.exists()


def test_a_word_that_is_none_is_told(walk):
    card, _ = table_card(walk)
    tell(card.select(PickList)[0], ["type", 0, "word", "nova"])
    assert "nova" in faults_of(walk).words and not walk.judged.path.exists()
