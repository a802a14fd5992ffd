"""The events as a sequence, a table and files."""

import dataclasses
import json
import math
import pickle

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table

from tpfdash.errors import TPFError
from tpfdash.timeseries.events.found import KINDS, FoundEvent, FoundEvents, as_kinds

DIP = FoundEvent(
    rank=2,
    kind="dip",
    time=10.5,
    start=10.25,
    end=10.75,
    duration=0.5,
    depth=30.0,
    depth_err=3.0,
    relative_depth=0.03,
    relative_depth_err=0.003,
    snr=10.0,
    shape="box",
    cadences=25,
    flagged=0.04,
    first=500,
    last=524,
)
RAY = dataclasses.replace(
    DIP, rank=1, kind="outlier", time=12.0, start=11.99, end=12.01, depth=-90.0, snr=30.0
)
STEP = dataclasses.replace(
    DIP, rank=3, kind="step", time=20.0, duration=0.0, flagged=math.nan, relative_depth=math.nan
)


@pytest.fixture
def found():
    meta = {"min_snr": 5.5, "flux_unit": "electron / s", "median_flux": 1000.0, "object": "A"}
    return FoundEvents([DIP, RAY, STEP], meta)


def test_it_is_a_sequence(found):
    assert len(found) == 3 and list(found) == [DIP, RAY, STEP]
    assert found[0] is DIP and found[-1] is STEP and found[np.int64(1)] is RAY
    assert list(found[1:]) == [RAY, STEP] and found[1:].meta == found.meta
    assert list(found[[2, 0]]) == [STEP, DIP]
    assert list(found[np.array([True, False, True])]) == [DIP, STEP]
    assert not FoundEvents([], {}) and STEP in found
    with pytest.raises(IndexError, match="no event 3: there are 3"):
        found[3]


def test_it_can_be_chosen_from(found):
    assert list(found.of_kind("dip", "step")) == [DIP, STEP]
    assert list(found.strongest(2)) == [RAY, DIP] and len(found.strongest()) == 3
    assert found.windows == [e.window for e in found] and DIP.window == (10.25, 10.75)
    with pytest.raises(TPFError, match="'flare' is no kind of event: it should be some of 'dip'"):
        found.of_kind("flare")


def test_nothing_of_it_can_be_changed(found):
    with pytest.raises(dataclasses.FrozenInstanceError):
        found[0].snr = 5
    with pytest.raises(TypeError):
        found.meta["min_snr"] = 3
    with pytest.raises(TypeError):
        found[0] = RAY


def test_it_survives_pickling(found):
    again = pickle.loads(pickle.dumps(found))
    assert list(again)[:2] == [DIP, RAY] and dict(again.meta) == dict(found.meta)


def test_table_has_every_field_with_its_unit(found):
    table = found.table
    assert table.colnames == [field.name for field in dataclasses.fields(FoundEvent)]
    assert table["time"].unit == u.day and table["depth"].unit == u.electron / u.s
    assert table["snr"].unit is None and table["kind"].tolist() == ["dip", "outlier", "step"]
    assert table["first"].dtype == np.int64 and np.isnan(table["flagged"][2])
    assert table.meta["object"] == "A"
    empty = FoundEvents([], found.meta).table
    assert len(empty) == 0 and empty.colnames == table.colnames and empty["time"].unit == u.day
    assert FoundEvents([DIP], {"flux_unit": ""}).table["depth"].unit is None


def test_files_hold_all_of_it(found, tmp_path):
    ecsv = Table.read(found.write(tmp_path / "events.ecsv"), format="ascii.ecsv")
    assert ecsv["duration"].unit == u.day and ecsv.meta["min_snr"] == 5.5
    csv = Table.read(found.write(tmp_path / "events.csv"), format="ascii.csv")
    for made in (ecsv, csv):
        assert made.colnames == found.table.colnames
        assert made["depth"].tolist() == [30, -90, 30] and made["kind"][1] == "outlier"
    document = json.loads(found.write(tmp_path / "events.json").read_text())
    assert document["meta"]["object"] == "A" and document["events"][0] == DIP.to_dict()
    assert document["events"][2]["flagged"] is None
    assert json.loads(found.to_json()) == document
    with pytest.raises(TPFError, match="exists"):
        found.write(tmp_path / "events.json")
    found[:1].write(tmp_path / "events.json", overwrite=True)
    assert len(json.loads((tmp_path / "events.json").read_text())["events"]) == 1
    with pytest.raises(TPFError, match="'txt' is no format of events"):
        found.write(tmp_path / "events.txt")


def test_it_can_be_read(found):
    text = repr(found)
    assert text.startswith("<FoundEvents: 3 events>") and "depth (ppm)" in text
    lines = str(found).splitlines()
    assert len(lines) == 5 and "30000" in lines[2] and "12.00" in lines[2] and "4 %" in lines[2]
    assert len({len(line) for line in lines[:2]}) == 1
    assert "<th>kind</th>" in found._repr_html_() and "<td>outlier</td>" in found._repr_html_()
    bare = FoundEvents([DIP], {"flux_unit": "adu", "median_flux": -5.0})
    assert "depth (adu)" in str(bare) and " 30 " in str(bare)


def test_kinds_are_checked_and_ordered():
    assert as_kinds("step") == ("step",) and as_kinds(["outlier", "dip", "dip"]) == (
        "dip",
        "outlier",
    )
    assert as_kinds(KINDS) == KINDS
    with pytest.raises(TPFError, match="no kind of event is wanted"):
        as_kinds([])
