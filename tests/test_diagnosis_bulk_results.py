"""The index of a file of results: rows, what is read as it is looked at, a file that grows."""

import json

import numpy as np
import pytest

from tests.triageparts import FILES, event, record, write_lines
from tpfdash.diagnosis.bulk.records import read_records
from tpfdash.diagnosis.bulk.results import CODES, Results, lines_of
from tpfdash.errors import TPFError


@pytest.fixture
def path(tmp_path):
    return write_lines(tmp_path / "results.jsonl")


def test_a_row_for_each_event_and_each_error(path):
    results = Results(path)
    assert len(results) == 6 and results.files == 5 and results.errors == 1
    names = ["on_target", "neighbour", "pointing", None, "inconclusive", "cosmic_ray"]
    assert [None if code < 0 else list(CODES)[code] for code in results.verdict] == names
    np.testing.assert_array_equal(results.file, [0, 0, 1, 2, 4, 4])
    np.testing.assert_allclose(results.numbers["snr"], [20, 8, 60, np.nan, np.nan, 12])
    np.testing.assert_allclose(results.numbers["time"][[0, 5]], [10.0, 5.01])
    assert results.text("mission", 2) == "K2" and results.text("object", 4) == ""
    assert results.window(1) == (20.0, 20.5) and results.window(3) is None
    assert results.rows_of("a.fits") == range(2) and results.rows_of("empty.fits") == range(4, 4)
    assert results.rows_of("c.fits") == range(4, 6) and not len(results.rows_of("no.fits"))


def test_the_rest_of_a_record_is_read_when_it_is_looked_at(path):
    results = Results(path)
    seen = results.event(5)
    assert seen["verdict"] == "cosmic_ray" and seen["source"] == "c.fits"
    assert seen["curve"] == FILES[0]["events"][0]["curve"] and "events" not in seen
    assert results.event(3)["error"] == FILES[2]["error"]
    for row in range(6):  # as one who reads all of it finds them
        whole = list(read_records(path))[results.file[row]]
        events = whole.get("events") or [{}]
        nth = row - results.rows_of(whole["source"]).start
        assert events[nth].items() <= results.event(row).items()


def test_lines_that_come_later_are_taken_in(path):
    results = Results(path)
    assert not results.has_grown and not results.update()
    line = json.dumps(record("later.fits", event(snr=5.0)))
    with open(path, "a") as file:
        file.write(line[:50])
    assert results.has_grown and not results.update() and len(results) == 6
    with open(path, "a") as file:
        file.write(line[50:] + "\n")
    assert results.update() and len(results) == 7 and not results.has_grown
    assert results.event(6)["source"] == "later.fits" and results.rows_of("later.fits") == range(
        6, 7
    )
    np.testing.assert_allclose(results.numbers["snr"][-1], 5.0)


def test_a_file_that_is_empty_yet(tmp_path):
    path = tmp_path / "new.jsonl"
    path.touch()
    results = Results(path)
    assert len(results) == results.files == 0 and not results.has_grown
    write_lines(path, mode="a")
    assert results.has_grown and results.update() and len(results) == 6


def test_another_file_in_its_place_is_read_anew(path, tmp_path):
    results = Results(path)
    results.event(0)
    write_lines(tmp_path / "other.jsonl", FILES[1:2]).replace(path)
    assert results.has_grown and results.update()
    assert len(results) == 1 and results.event(0)["source"] == "b.fits"


def test_a_file_that_changed_behind_is_told(path):
    results = Results(path)
    with open(path, "r+b") as file:
        file.write(b'{"source": "x"')
    with pytest.raises(TPFError):
        results.event(0)


def test_how_far_it_is(path):
    told = []
    Results(path, lambda done, total: told.append((done, total)))
    size = path.stat().st_size
    assert len(told) == 5 and told[-1] == (size, size) and told == sorted(told)


def test_a_table_has_its_lines_beside_it(path, tmp_path):
    assert lines_of(path) == path
    (tmp_path / "r.ecsv").write_text("")
    with pytest.raises(TPFError, match=r"r\.ecsv\.jsonl"):
        Results(tmp_path / "r.ecsv")
    write_lines(tmp_path / "r.ecsv.jsonl")
    assert len(Results(tmp_path / "r.ecsv")) == 6


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[1]",
        '{"source": "a.fits"}',
        '{"source": 3, "events": []}',
        '{"source": "a.fits", "events": [{}]}',
        '{"source": "a.fits", "events": [{"verdict": ["on_target"]}]}',
        '{"source": "a.fits", "events": 5}',
        '{"source": "a.fits", "error": 5}',
        "[" * 100_000,
    ],
)
def test_a_line_that_holds_no_record_is_told(path, line):
    with open(path, "a") as file:
        file.write(line + "\n")
    with pytest.raises(TPFError, match="line 6 holds no record"):
        Results(path)


@pytest.mark.parametrize("name", ["no.jsonl", "no.txt", "."])
def test_what_is_no_file_of_results_is_told(tmp_path, name):
    with pytest.raises(TPFError):
        Results(tmp_path / name)


def test_odd_numbers_are_not_known(tmp_path):
    odd = event(snr="many", confidence=None, depth_ppm=10**400, duration=True) | {"start": "a"}
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps(record("a.fits", odd)).replace('"many"', "1e999") + "\n")
    results = Results(path)
    assert np.isnan([results.numbers[name][0] for name in ("snr", "depth_ppm")]).all()
    assert results.window(0) == (9.8, 10.2)  # that of the windows measured


def test_the_file_of_a_row_where_it_is(path, tmp_path):
    results = Results(path)
    assert results.path_of(0) is None
    (tmp_path / "a.fits").write_text("")
    assert results.path_of(0) == tmp_path / "a.fits"
