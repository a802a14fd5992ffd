"""Rows as a table: reading, slicing, choosing."""

import copy
import json
import math
import pickle
from xml.etree import ElementTree

import numpy as np
import pytest

from tpfdash import TPFError
from tpfdash.archive.results import SearchResult, sort_key
from tpfdash.archive.rows import Row


def row(mission="K2", interval=4, seconds=1765.46, author=None, **more):
    more = {"distance": 0.0, "uri": "mast:x", "target": "EPIC 210994964"} | more
    return Row(
        mission=mission,
        interval=interval,
        seconds=seconds,
        author=author or mission,
        **more,
    )


ROWS = [
    row("Kepler", 4, target="KIC 3248033", year=2010, size=1_800_000, file="a.fits"),
    row("Kepler", 5, 58.85, month=2, target="KIC 3248033"),
    row("K2", 91),
    row("K2", 13, distance=3.21),
    row("TESS", 15, 20.0, "SPOC", target="<TIC 5>"),
    row("TESS", 15, 120.0, "SPOC", target="<TIC 5>"),
    row("TESS", 15, 1800.0, "TESScut", uri="tesscut:1.0,2.0,15,10", target="a place"),
    row("TESS", None, math.nan, "QLP", distance=math.nan),
]


@pytest.fixture
def found(monkeypatch, tmp_path):
    monkeypatch.setenv("TPFDASH_CACHE", str(tmp_path))
    return SearchResult(ROWS, "somewhere", ["A note."])


def test_it_reads_as_a_table(found):
    lines = str(found).splitlines()
    assert len(lines) == 2 + len(ROWS) + 1 and lines[-1] == "A note."
    assert lines[2].split() == "0 KIC 3248033 Kepler Q4 long (29.4 min) Kepler 2010 0.0 1.8".split()
    assert "Q5 month 2" in lines[3] and "C9a" in lines[4] and "C13" in lines[5]
    # Each column begins, or ends, where its heading does.
    start = lines[0].index("mission")
    assert all(line[start - 2 : start] == "  " and line[start] != " " for line in lines[1:-1])
    end = lines[0].index('distance (")') + len('distance (")')
    assert [line[end - 3 : end].strip() for line in lines[2:6]] == ["0.0", "0.0", "0.0", "3.2"]
    assert repr(found).startswith("<SearchResult of 'somewhere': 8 rows>\n")


def test_as_html_names_cannot_be_markup(found):
    html = found._repr_html_()
    tree = ElementTree.fromstring(f"<div>{html}</div>")
    assert len(tree.findall(".//tbody/tr")) == len(ROWS)
    assert "<TIC 5>" in [cell.text for cell in tree.iter("td")]


def test_rows_are_taken_by_number_by_slice_and_by_choice(found):
    assert found[0] is ROWS[0] and found[-1] is ROWS[-1] and found[np.int64(1)] is ROWS[1]
    assert list(found[2:4]) == ROWS[2:4]
    assert list(found[[0, 3]]) == [ROWS[0], ROWS[3]]
    seconds = np.array([each.seconds for each in found])
    assert list(found[seconds == 20]) == [ROWS[4]]
    assert found[:2].notes == found.notes and found[:2].target == "somewhere"
    with pytest.raises(IndexError, match="no row 8: there are 8"):
        found[8]


@pytest.mark.parametrize(
    "wanted, numbers",
    [
        ({"mission": "Kepler"}, [0, 1]),
        ({"mission": ["kepler", "K2"]}, [0, 1, 2, 3]),
        ({"quarter": 5}, [1]),
        ({"month": 2}, [1]),
        ({"campaign": 9}, [2]),
        ({"campaign": 91}, [2]),
        ({"campaign": "13"}, [3]),
        ({"sector": 15}, [4, 5, 6]),
        ({"sector": range(14, 16), "author": "spoc"}, [4, 5]),
        ({"cadence": "fast"}, [4]),
        ({"cadence": "short"}, [1, 5]),
        ({"cadence": "long"}, [0, 2, 3, 6]),
        ({"cadence": "ffi"}, [6]),
        ({"cadence": "20 s"}, [4]),
        ({"cadence": "2 min"}, [5]),
        ({"cadence": 1800}, [0, 2, 3, 6]),
        ({"cadence": [20, "120s"]}, [4, 5]),
        ({"author": "any"}, list(range(8))),
        ({}, list(range(8))),
    ],
)
def test_where(found, wanted, numbers):
    assert [ROWS.index(each) for each in found.where(**wanted)] == numbers


def test_where_of_something_else(found):
    with pytest.raises(TPFError, match="colour"):
        found.where(colour="red")


def test_the_table_has_a_column_for_each_field(found):
    table = found.table
    assert len(table) == len(ROWS)
    assert list(table["quarter"].mask) == [False, False] + [True] * 6
    assert table["sector"][4] == 15 and table["campaign"][2] == 9
    assert table["distance"].unit == "arcsec" and table["distance"].mask[7]
    assert table["size"][0] == 1_800_000
    assert len(found[:0].table) == 0


def test_rows_for_json(found):
    assert json.loads(json.dumps([each.to_dict() for each in found]))[7]["seconds"] is None


def test_the_only_row(found):
    assert found[2:3].only() is ROWS[2]
    assert found[5:7].only() is ROWS[5]
    assert found[6:7].only() is ROWS[6]
    with pytest.raises(TPFError, match=r"7 files.*\[0\] KIC 3248033 Q4.*\[1\] KIC 3248033 Q5"):
        found.only()
    with pytest.raises(TPFError, match="no rows"):
        found[:0].only()


def test_many_are_counted():
    many = SearchResult([row("TESS", n, uri=f"mast:{n}") for n in range(1, 31)])
    with pytest.raises(TPFError, match="and 22 more"):
        many.only()


def test_sorting():
    assert sorted(ROWS[::-1], key=sort_key) == [
        ROWS[0],
        ROWS[1],
        ROWS[2],
        ROWS[3],
        ROWS[7],
        ROWS[4],
        ROWS[5],
        ROWS[6],
    ]


def test_another_size_of_a_cutout():
    assert ROWS[6].resized(15).uri == "tesscut:1.0,2.0,15,15"
    assert ROWS[6].resized((5, 7)).uri == "tesscut:1.0,2.0,15,7x5"
    assert ROWS[0].resized(15) is ROWS[0]


def test_rows_can_be_copied_and_pickled(found):
    for made in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert made.table.pformat() == found.table.pformat() and made.target == found.target
