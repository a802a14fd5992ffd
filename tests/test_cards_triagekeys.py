"""The keys of a triage, from what the page sends on."""

import pytest

from tests.triageparts import tell, write_lines
from tpfdash.cards.inhand import JUDGED_BY
from tpfdash.cards.triagekeys import TRIAGE_GESTURES, TriageKeys
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.inspector.triage import Walk
from tpfdash.views.faults import faults_of


@pytest.fixture
def walk(tmp_path):
    return Walk(Results(write_lines(tmp_path / "results.jsonl")))


def test_keys_are_those_that_the_list_names(walk):
    keys = TriageKeys(walk)
    listed = {key for lines in TRIAGE_GESTURES.values() for key, _ in lines}
    assert set(JUDGED_BY) <= listed
    for key, word in JUDGED_BY.items():
        walk.row = 0
        tell(keys, ["judge", int(key)])
        assert walk.judgement(0).word == word and walk.row == 1
    tell(keys, ["undo"])
    assert walk.judgement(0).word == "artefact" and walk.row == 0
    tell(keys, ["judge", 0])
    assert walk.judgement(0).word == ""
    tell(keys, ["step", 1])
    assert walk.row == 1
    for odd in (["step"], ["judge", 9], ["judge", "1"], ["judge", 1e9], ["fly", 1], "undo", None):
        tell(keys, odd)
    assert walk.row == 1 and not faults_of(walk).words
