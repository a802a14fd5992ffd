"""A walk through results: filters, order, words and what follows, undo, agreement, saving."""

import csv
import io
import json

import numpy as np
import pytest

from tests.triageparts import FILES, event, record, write_lines
from tpfdash.diagnosis.bulk.judged import Judged, judged_path
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.errors import TPFError
from tpfdash.inspector.triage import ORDERS, PAGE, Walk


@pytest.fixture
def path(tmp_path):
    return write_lines(tmp_path / "results.jsonl")


@pytest.fixture
def walk(path):
    """Rows 0 on target, 1 neighbour, 2 pointing, 3 an error, 4 inconclusive, 5 cosmic ray."""
    return Walk(Results(path), who="Ada")


def rows(walk):
    return walk.rows.tolist()


# -- which rows -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        ({}, [0, 1, 2, 4, 5]),
        ({"verdict": "error"}, [3]),
        ({"verdict": "on_target"}, [0]),
        ({"verdict": "elsewhere"}, [1]),
        ({"verdict": "artefact"}, [2, 5]),
        ({"verdict": "inconclusive"}, [4]),
        ({"mission": "K2"}, [2]),
        ({"snr_from": 12}, [0, 2, 5]),
        ({"snr_to": 20}, [1, 5]),
        ({"snr_from": 8.0, "snr_to": 20.0, "mission": "Kepler"}, [1]),
        ({"text": " epic "}, [2]),
        ({"text": "C.FITS"}, [4, 5]),
        ({"text": "nobody"}, []),
    ],
)
def test_filters_leave_rows(walk, chosen, left):
    walk.param.update(**chosen)
    assert rows(walk) == left


@pytest.mark.parametrize(
    ("order", "sorted"),
    [
        ("snr", [1, 5, 0, 2, 4]),
        ("-snr", [2, 0, 5, 1, 4]),  # what is not known is last, whichever way
        ("time", [4, 2, 5, 0, 1]),
        ("-time", [1, 0, 5, 2, 4]),
        ("verdict", [0, 1, 5, 2, 4]),
        ("target", [4, 5, 2, 0, 1]),
        ("mission", [2, 0, 1, 4, 5]),
        ("depth", [0, 1, 2, 5, 4]),
        ("", [0, 1, 2, 4, 5]),
    ],
)
def test_rows_are_sorted(walk, order, sorted):
    walk.order = order
    assert rows(walk) == sorted


def test_every_order_sorts_a_file_without_events(tmp_path):
    walk = Walk(Results(write_lines(tmp_path / "none.jsonl", [record("a.fits")])))
    for name in ORDERS:
        walk.order = f"-{name}"
        assert rows(walk) == [] and walk.row == -1
    walk.step(1)
    walk.turn(1)
    walk.undo()
    with pytest.raises(TPFError, match="no event is in hand"):
        walk.judge("real")


@pytest.mark.parametrize(
    ("name", "bad"), [("order", "size"), ("verdict", "nova"), ("said", "no"), ("order", None)]
)
def test_a_bad_choice_is_refused(walk, name, bad):
    with pytest.raises(TPFError, match=name):
        setattr(walk, name, bad)


# -- words ----------------------------------------------------------------------------------------


def test_after_a_word_the_next_row_of_the_table_is_in_hand(walk, path):
    walk.order = "-snr"
    walk.row = 2
    for word, following in (("artefact", 0), ("real", 5), ("elsewhere", 1), ("unsure", 4)):
        walk.judge(word)
        assert walk.row == following
    walk.judge("unsure")
    assert walk.row == 4  # the last one
    kept = Judged(judged_path(path))
    assert kept.of("b.fits", [(3.0, 3.2)])[0].word == "artefact"
    assert kept.of("b.fits", [(3.0, 3.2)])[0].who == "Ada"
    again = Walk(Results(path))
    assert [again.judgement(row).word for row in range(6)] == [
        *("real", "unsure", "artefact", "", "unsure", "elsewhere")
    ]


def test_of_those_not_judged_the_next_one_comes_and_undo_brings_back(walk):
    walk.said = "not judged"
    walk.judge("real")
    assert walk.row == 1 and rows(walk) == [1, 2, 4, 5]
    walk.judge("real")
    walk.undo()
    assert walk.row == 1 and rows(walk) == [1, 2, 4, 5] and walk.judgement(1).word == ""
    walk.undo()
    walk.undo()  # there is none
    assert walk.row == 0 and rows(walk) == [0, 1, 2, 4, 5]
    walk.row = 5
    walk.judge("unsure")
    assert walk.row == 5 and 5 not in walk.rows
    walk.step(-1)
    assert walk.row == 4


def test_a_word_taken_back_stays_where_it_is(walk):
    walk.judge("real")
    walk.row = 0
    walk.judge("")
    assert walk.row == 0 and walk.judgement(0).word == "" and walk.words[0] == 0
    walk.undo()
    assert walk.judgement(0).word == "real"


def test_notes_and_words_are_undone_one_by_one(walk):
    walk.note("dip")
    walk.say(0, word="real", note="dip!")
    walk.say(0, word="real")  # the same again is nothing
    walk.undo()
    assert (walk.judgement(0).word, walk.judgement(0).note) == ("", "dip")
    walk.undo()
    assert walk.judgement(0).note == ""


def test_an_error_has_a_note_alone(walk):
    walk.verdict = "error"
    walk.note("fetch it")
    assert walk.judgement(3).note == "fetch it"
    with pytest.raises(TPFError):
        walk.judge("real")
    assert walk.judgement(3).word == ""


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("judged", [0, 1, 2, 4]),
        ("not judged", [5]),
        ("real", [0, 1]),
        ("unsure", [4]),
        ("agree", [0, 2]),
        ("disagree", [1]),
    ],
)
def test_filters_by_word(walk, said, left):
    for row, word in enumerate(("real", "real", "artefact", None, "unsure")):
        walk.say(row, word=word) if word else None
    walk.said = said
    assert rows(walk) == left


def test_what_somebody_else_says_comes_in(walk, path):
    other = Walk(Results(path), who="Bo")
    other.judge("artefact")
    assert walk.judgement(0).word == ""
    walk.row = 1
    walk.judge("elsewhere")  # with it comes what was said since
    assert walk.judgement(0).word == "artefact" and walk.judgement(0).who == "Bo"
    other.read_again()
    assert other.judgement(1).word == "elsewhere"


def test_walks_over_the_same_results_hear_of_each_other(path):
    results, judged = Results(path), Judged(judged_path(path))
    one, other = Walk(results, judged), Walk(results, judged)
    one.judge("real")
    other.catch_up()
    assert other.judgement(0).word == "real" and other.row == 0


def test_a_walk_goes_on_when_another_has_read_more(path):
    results, judged = Results(path), Judged(judged_path(path))
    one, other = Walk(results, judged), Walk(results, judged)
    write_lines(path, [record("d.fits", event(snr=3.0))], mode="a")
    one.read_again()
    other.judge("real")
    assert other.row == 1 and len(other.rows) == 6
    write_lines(path, [record("e.fits", event(snr=2.0))], mode="a")
    one.read_again()
    other.order = "snr"
    assert rows(other)[:2] == [7, 6]


# -- walking --------------------------------------------------------------------------------------


@pytest.fixture
def long(tmp_path):
    events = [event(start=10.0 * n, end=10.0 * n + 1, snr=5.0 + n) for n in range(60)]
    return Walk(Results(write_lines(tmp_path / "long.jsonl", [record("a.fits", *events)])))


def test_steps_turn_the_pages(long):
    assert long.pages == 3 and long.page_rows == list(range(PAGE))
    long.step(PAGE)
    assert (long.row, long.page) == (PAGE, 1)
    long.step(-1)
    assert (long.row, long.page) == (PAGE - 1, 0)
    long.step(1000)
    assert (long.row, long.page, long.page_rows) == (59, 2, list(range(50, 60)))
    long.turn(-1)
    assert (long.row, long.page) == (25, 1)
    long.turn(-5)
    long.turn(-1)
    assert (long.row, long.page) == (0, 0)


def test_the_row_in_hand_stays_where_filters_leave_it(long):
    long.row = 40
    long.snr_from = 20
    assert long.row == 40 and long.page == 1 and 40 in long.page_rows
    long.snr_from = 50
    assert long.row == 45 and long.page == 0


def test_a_page_that_is_judged_away_is_left(long):
    long.said = "not judged"
    for row in range(9):
        long.row = row
        long.judge("real")
    long.row = 59
    assert long.page == 2 and len(long.page_rows) == 1
    long.judge("real")
    assert long.row == 59 and long.page == 1 and len(long.page_rows) == 25
    long.undo()
    assert long.page == 2 and long.page_rows == [59]


def test_in_another_order_a_walk_begins_with_the_first(long):
    long.row = 3
    long.order = "-snr"
    assert long.row == 59 and long.page == 0
    long.row = 3
    assert long.page == 2
    long.order = "-time"
    assert long.row == 59


def test_more_results_come_in_when_they_are_asked_for(long):
    long.row = 30
    write_lines(long.results.path, [record("b.fits", event(snr=9.0))], mode="a")
    assert len(long.rows) == 60
    long.read_again()
    assert len(long.rows) == 61 and long.row == 30 and long.page == 1
    long.row = 60
    long.judge("real")
    assert Walk(Results(long.results.path)).judgement(60).word == "real"


def test_another_file_in_its_place_begins_anew(long, tmp_path):
    long.row = 59
    write_lines(tmp_path / "x.jsonl", FILES).replace(long.results.path)
    long.read_again()
    assert long.row == 0 and rows(long) == [0, 1, 2, 4, 5]
    long.undo()


def test_a_hundred_thousand_events_are_walked_by_their_index_alone(long):
    """Filters and order never read a record: the file may be gone."""
    long.results.path.unlink()
    long.order = "-depth"
    long.verdict = "elsewhere"
    long.verdict = "all"
    long.step(3)
    with pytest.raises(TPFError, match="cannot be read"):
        long.results.event(long.row)


# -- agreement and what is saved ------------------------------------------------------------------


def test_agreement_by_mission_and_snr(walk):
    for row, word in ((0, "real"), (1, "real"), (2, "artefact"), (4, "artefact"), (5, "unsure")):
        walk.say(row, word=word)
    said = walk.agreement
    assert list(said) == ["all", "K2", "Kepler", "TESS"] + [
        *("S/N below 10", "S/N 10 to 50", "S/N 50 and above")
    ]
    np.testing.assert_array_equal(said["all"].counts, [[1, 1, 0], [0, 0, 0], [0, 0, 1]])
    assert said["all"].undecided.tolist() == [0, 0, 1] and said["all"].unsure == 1
    assert said["Kepler"].share == 0.5 and said["K2"].share == 1.0
    assert said["S/N below 10"].share == 0.0 and said["TESS"].number == 0


def test_what_is_saved(walk):
    walk.say(1, word="elsewhere", note='a "note", with a comma')
    everything = list(csv.DictReader(io.StringIO(walk.saving("csv")().decode())))
    assert len(everything) == 6 and everything[1]["word"] == "elsewhere"
    assert everything[1]["note"] == 'a "note", with a comma' and everything[1]["agrees"] == "yes"
    walk.order, walk.verdict = "-snr", "artefact"
    only = json.loads(walk.saving("json", only=True)())["events"]
    assert [row["verdict"] for row in only] == ["pointing", "cosmic_ray"]
