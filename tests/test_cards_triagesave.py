"""What is saved of a triage."""

import asyncio

import pytest

from tests.triageparts import write_lines
from tpfdash.cards.triagesave import save_card
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.errors import TPFError
from tpfdash.inspector.triage import Walk
from tpfdash.views.faults import faults_of


@pytest.fixture
def walk(tmp_path):
    return Walk(Results(write_lines(tmp_path / "results.jsonl")))


def test_what_is_saved_is_named_by_the_results(walk):
    card = save_card(walk)
    which, format, save = card[0]
    assert save.filename == "results_judged.csv"
    format.value = "json"
    assert save.filename == "results_judged.json"
    assert len(asyncio.run(save.callback()).getvalue()) > 1000
    assert save.label == "Save table" and not save.disabled
    walk.verdict, which.value = "on_target", "those in the table"
    assert asyncio.run(save.callback()).getvalue().count(b'"verdict"') == 1


def test_where_it_cannot_be_saved_that_is_told(tmp_path):
    walk = Walk(Results(write_lines(tmp_path / "results.jsonl")))
    save = save_card(walk)[0][2]
    walk.results.path.unlink()
    with pytest.raises(TPFError):
        asyncio.run(save.callback())
    assert "cannot be read" in faults_of(walk).words and not save.disabled
