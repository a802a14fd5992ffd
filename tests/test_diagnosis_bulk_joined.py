"""Results and words as one table: beside each other, read again as written, and over a run anew."""

import json

import numpy as np
import pytest
from astropy.table import Table

import tpfdash
from tests.triageparts import event, record, write_lines
from tpfdash.diagnosis.bulk import judged_table
from tpfdash.diagnosis.bulk.joined import table_bytes
from tpfdash.diagnosis.bulk.judged import Judged, judged_path
from tpfdash.errors import TPFError

WINDOW = (9.8, 10.2)


@pytest.fixture
def results(tmp_path):
    path = write_lines(tmp_path / "results.jsonl")
    judged = Judged(judged_path(path))
    assert judged.path == tmp_path / "results.judged.jsonl"
    judged.say("a.fits", WINDOW, word="real", note="deep, with\na comma", who="Ada")
    judged.say("b.fits", (3.0, 3.2), word="elsewhere")
    judged.say("c.fits", (1.0, 1.5), word="artefact")
    judged.say("bad.fits", None, note="again")
    return path


def test_results_and_words_are_one_table(results):
    table = judged_table(results)
    assert tpfdash.judged_table is judged_table
    assert list(table["word"]) == ["real", "", "elsewhere", "", "artefact", ""]
    assert list(table["agrees"]) == ["yes", "", "no", "", "", ""]
    assert table["note"][3] == "again" and table["who"][0] == "Ada"
    assert list(table["verdict"][:2]) == ["on_target", "neighbour"]
    np.testing.assert_allclose(table["snr"], [20, 8, 60, np.nan, np.nan, 12])
    assert str(table["start"].unit) == "d"


@pytest.mark.parametrize("format", ["csv", "ecsv", "json"])
def test_the_table_is_read_again_as_it_was(results, tmp_path, format):
    table = judged_table(results)
    path = tmp_path / f"out.{format}"
    path.write_bytes(table_bytes(table, format))
    if format == "json":
        read = Table(rows=json.loads(path.read_text())["events"])
        assert read["snr"][3] is None and read["rank"][3] == -1
    else:
        read = Table.read(path, format=f"ascii.{format}", fill_values=[])
    for name in ("word", "note", "agrees", "source"):
        assert list(read[name]) == list(table[name])
    np.testing.assert_allclose(read["start"][:3].astype(float), table["start"][:3])


def test_an_unknown_format_is_told(results):
    with pytest.raises(TPFError, match="xlsx"):
        table_bytes(judged_table(results), "xlsx")


def test_what_is_odd_in_a_record_is_not_known_in_the_table(tmp_path):
    odd = event() | {
        "snr": "x",
        "rank": [],
        "offset_arcsec": 5,
        "sentence": 7,
        "depth_ppm": 10**999,
    }
    path = write_lines(tmp_path / "odd.jsonl", [record("a.fits", odd, cadences="many")])
    (row,) = judged_table(path)
    assert np.isnan([row[name] for name in ("snr", "offset_arcsec_row", "depth_ppm")]).all()
    assert row["rank"] == row["cadences"] == -1 and row["sentence"] == "7"


def test_words_outlive_a_run_anew(results):
    write_lines(results, [record("a.fits", event(start=9.81, end=10.21))])
    table = judged_table(results)
    assert list(table["word"]) == ["real"] and table["start"][0] == 9.81
