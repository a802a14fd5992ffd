"""Searching an archive of our own: what is found, what is asked, what is said when nothing is."""

import subprocess
import sys
import threading

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

import tpfdash
from tests.archive_holdings import HL_TAU, RY_TAU
from tpfdash import TPFError, search
from tpfdash.archive.stages import Cancelled


def whens(found):
    return [(row.when, row.author, row.seconds) for row in found]


def test_a_name_and_a_campaign_to_a_dataset(stocked):
    found = search("HL Tau", campaign=13)
    (row,) = found
    assert (row.target, row.mission, row.when) == ("EPIC 247589423", "K2", "C13")
    assert row.distance == pytest.approx(0, abs=0.01)
    assert found.open().sizes == {"time": 50, "row": 7, "col": 8}
    assert row.cached


@pytest.mark.parametrize("target", [3248033, "3248033", "KIC 3248033", "kplr003248033"])
def test_a_number_and_a_quarter_to_a_dataset(stocked, target):
    found = search(target, quarter=4)
    assert [row.target for row in found] == ["KIC 3248033"]
    assert found.open().sizes == {"time": 50, "row": 5, "col": 6}
    assert not stocked.asked("name")


def test_what_is_asked_is_as_the_archive_wants_it(stocked):
    search("HL Tau", campaign=13)
    (name,), (position,), (products,) = map(stocked.asked, ("name", "observations", "products"))
    assert name["service"] == "Mast.Name.Lookup"
    assert name["params"] == {"input": "HL Tau", "format": "json"}
    assert position["service"] == "Mast.Caom.Filtered.Position"
    assert position["params"]["columns"] == "*"
    ra, dec, radius = map(float, position["params"]["position"].split(", "))
    assert (ra, dec) == HL_TAU and radius == pytest.approx(2 / 3600)
    filters = {each["paramName"]: each["values"] for each in position["params"]["filters"]}
    assert filters["dataproduct_type"] == ["cube", "timeseries"]
    assert products["service"] == "Mast.Caom.Products"
    assert products["params"] == {"obsid": "1000"}
    assert not stocked.asked("columns")


def test_an_id_is_asked_for_by_the_name_that_the_archive_has_for_it(stocked):
    search("EPIC 221312395", mission="K2")
    (asked,) = stocked.asked("observations")
    assert asked["service"] == "Mast.Caom.Filtered"
    filters = {each["paramName"]: each["values"] for each in asked["params"]["filters"]}
    assert filters["target_name"] == ["ktwo221312395"]


def test_every_quarter_of_the_one_observation_that_kepler_has_of_a_target(stocked):
    found = search("KIC 3248033", mission="Kepler")
    assert [(row.when, row.cadence) for row in found] == [
        ("Q4", "long (29.4 min)"),
        ("Q5", "long (29.4 min)"),
        ("Q5 month 1", "short (58.8 s)"),
        ("Q5 month 2", "short (58.8 s)"),
    ]
    assert [row.month for row in search(3248033, quarter=5, month=2)] == [2]
    assert [row.when for row in search(3248033, quarter=[4, 5], cadence="long")] == ["Q4", "Q5"]


def test_twenty_seconds_and_two_minutes_stand_side_by_side_with_who_made_them(stocked):
    found = search("TIC 273589987", sector=15)
    assert whens(found) == [
        ("S15", "SPOC", 20.0),
        ("S15", "SPOC", 120.0),
        ("S15", "TESS-SPOC", 1800.0),
        ("S15", "TESScut", 1800.0),
    ]
    with pytest.raises(TPFError, match="3 files.*20 s, SPOC.*2 min, SPOC"):
        found.open()
    assert whens(search("TIC 273589987", sector=15, cadence="fast")) == [("S15", "SPOC", 20.0)]
    assert [row.author for row in search("TIC 273589987", author="spoc")] == ["SPOC"] * 3


def test_a_file_goes_before_the_cutout_of_its_place(stocked):
    stocked.holdings = [one for one in stocked.holdings if one.name.endswith("-s_tp.fits")]
    found = search("TIC 273589987", sector=15)
    assert [row.author for row in found] == ["SPOC", "TESScut"]
    assert found.only().author == "SPOC"
    assert found.open().attrs["source"] == "tess2019226182529-s0015-0000000273589987-0151-s_tp.fits"


def test_both_halves_of_a_campaign(stocked):
    assert [row.when for row in search("EPIC 221312395", campaign=9)] == ["C9a", "C9b"]
    assert [row.when for row in search("EPIC 221312395", campaign=92)] == ["C9b"]
    assert [row.campaign for row in search("EPIC 221312395")] == [9, 9]


def test_campaign_0_is_a_campaign(stocked):
    with pytest.raises(TPFError, match="campaign 0.*There is instead: K2 C13"):
        search("HL Tau", campaign=0)


def test_a_bare_number_lists_all_that_it_may_be(stocked, archived_files):
    name = "tess2019226182529-s0015-0000000003248033-0151-s_tp.fits"
    stocked.add(archived_files["TESS"], name, ra=1.0, dec=2.0)
    assert {row.target for row in search(3248033)} >= {"KIC 3248033", "TIC 3248033"}
    assert {row.target for row in search(3248033, sector=15)} == {"TIC 3248033"}
    assert {row.target for row in search(3248033, mission="Kepler")} == {"KIC 3248033"}


def test_cutouts_of_a_place_are_rows(stocked):
    found = search("RY Tau")
    assert whens(found) == [("S19", "TESScut", 1800.0), ("S43", "TESScut", 600.0)]
    assert found[0].uri == "tesscut:65.489205,28.44321,19,10"
    assert found[0].year == 2019
    data = found[0].open(cutout_size=(12, 10))
    assert data.sizes["time"] == 50
    (asked,) = stocked.asked("astrocut")
    assert asked == {
        "x": "10",
        "y": "12",
        "units": "px",
        "sector": "19",
        "ra": "65.489205",
        "dec": "28.44321",
    }
    (sector,) = stocked.asked("sector")
    assert set(sector) == {"ra", "dec", "radius"}
    assert tpfdash.search_tesscut("RY Tau", 43)[0].sector == 43


@pytest.mark.parametrize(
    "wanted",
    [
        {"campaign": 13},
        {"author": "K2"},
        {"cadence": "short"},
        {"mission": ("Kepler", "K2")},
    ],
)
def test_cutouts_are_asked_for_only_where_they_may_be_wanted(stocked, wanted):
    try:
        search("EPIC 247589423", **wanted)
    except TPFError:
        return  # then they are asked for, to say that there are some
    assert not stocked.asked("sector")


@pytest.mark.parametrize(
    "place",
    ["65.4892 28.4432", SkyCoord(*RY_TAU, unit="deg"), RY_TAU, "04h21m57.41s +28d26m35.6s"],
)
def test_a_place_asks_for_no_name(stocked, place):
    assert [row.sector for row in search(place)] == [19, 43]
    assert not stocked.asked("name")


def test_neighbours_come_with_their_distances(stocked, archived_files):
    ra, dec = HL_TAU
    stocked.add(
        archived_files["K2"], "ktwo247589999-c13_lpd-targ.fits.gz", ra=ra, dec=dec + 10 / 3600
    )
    assert len(search("HL Tau", campaign=13)) == 1
    found = search("HL Tau", campaign=13, radius=15)
    assert [row.target for row in found] == ["EPIC 247589423", "EPIC 247589999"]
    assert [row.distance for row in found] == pytest.approx([0, 10], abs=1e-3)
    assert len(search("HL Tau", campaign=13, radius=0.25 * u.arcmin)) == 2
    with pytest.raises(TPFError, match="2 files"):
        found.open()


def test_an_answer_of_many_pages(stocked):
    stocked.page = 2
    assert len(search("TIC 273589987", author=["SPOC", "TESS-SPOC"])) == 4
    assert len(stocked.asked("products")) > 1


def test_lightkurves_keywords(stocked):
    found = tpfdash.search_targetpixelfile(
        "TIC 273589987", None, "short", author="SPOC", sector=(15, 16)
    )
    assert [row.when for row in found] == ["S15", "S16"]
    assert not stocked.asked("sector")
    assert len(tpfdash.search_targetpixelfile("TIC 273589987", limit=2)) == 2
    assert len(tpfdash.search_targetpixelfile(3248033, quarter=4, cadence="long")) == 1
    with pytest.raises(TPFError, match="cutouts of TESS S19, S43"):
        tpfdash.search_targetpixelfile("RY Tau")


@pytest.mark.parametrize(
    "target, wanted, said",
    [
        ("HL Tau", {"campaign": 4}, "campaign 4. There is instead: K2 C13"),
        ("KIC 3248033", {"quarter": 9}, "quarter 9. There is instead: Kepler Q4, Q5"),
        ("HL Tau", {"mission": "TESS"}, "TESS. There is instead: K2 C13"),
        ("RY Tau", {"quarter": 3}, "There is instead: cutouts of TESS S19, S43"),
        ("TIC 273589987", {"sector": 3}, "sector 3. There is instead: TESS S15, S16; cutouts of"),
        ("TIC 273589987", {"quarter": 3}, "There is instead: TESS S15, S16"),
        ("TIC 5", {}, "Kepler, K2 and TESS have no target pixel file of it"),
        ("10.0 -80.0", {}, "within 2 arcsec, and no cutout. A larger radius="),
        ("Nobody's star", {}, 'knows no object called "Nobody\'s star"'),
    ],
)
def test_where_nothing_is_found_it_is_said_what_there_is(stocked, target, wanted, said):
    with pytest.raises(TPFError) as caught:
        search(target, **wanted)
    assert said in str(caught.value)


def test_nothing_found_is_asked_again_the_next_time(archive, archived_files):
    archive.names["HL Tau"] = HL_TAU
    for _ in range(2):
        with pytest.raises(TPFError, match="no target pixel file"):
            search("HL Tau")
    ra, dec = HL_TAU
    archive.add(archived_files["K2"], "ktwo247589423-c13_lpd-targ.fits.gz", ra=ra, dec=dec)
    assert len(search("HL Tau")) == 1


@pytest.mark.parametrize(
    "wanted, said",
    [
        ({"quarter": 1, "campaign": 2}, "quarter= and campaign= contradict"),
        ({"quarter": 1, "mission": "TESS"}, "contradicts"),
        ({"mission": "Hubble"}, "Hubble"),
        ({"sector": 0}, "sector=0"),
        ({"quarter": "first"}, "quarter='first'"),
        ({"quarter": True}, "quarter=True"),
        ({"quarter": []}, "names none"),
        ({"cadence": "quick"}, "cadence='quick'"),
        ({"cadence": -3}, "cadence=-3"),
        ({"author": 3}, "author=3"),
        ({"radius": 0}, "radius=0"),
        ({"radius": "wide"}, "radius='wide'"),
        ({"radius": 3 * u.s}, "radius="),
        ({"cutout_size": 0}, "0 rows"),
        ({"cutout_size": 10.5}, "cutout_size=10.5"),
        ({"cutout_size": "10"}, "cutout_size='10'"),
        ({"cutout_size": (3, 4, 5)}, "cutout_size=(3, 4, 5)"),
    ],
)
def test_a_keyword_that_makes_no_sense_is_said_before_anything_is_asked(stocked, wanted, said):
    with pytest.raises(TPFError) as caught:
        search("HL Tau", **wanted)
    assert said in str(caught.value)
    assert not stocked.requests


def test_the_stages_of_a_search_and_a_download_are_told(stocked):
    told = []
    search("HL Tau", campaign=13, stage=told.append).download(stage=told.append)
    assert told[:4] == [
        "asking for the name",
        "asking for observations",
        "asking for files",
        "asking for the file",
    ]
    assert all(words.startswith("fetching ") and words.endswith(" MB") for words in told[4:])


def test_a_search_is_stopped_between_requests(stocked):
    stop = threading.Event()

    def stage(words):
        if words == "asking for observations":
            stop.set()

    with pytest.raises(Cancelled, match="asking for observations"):
        search("HL Tau", campaign=13, stage=stage, cancel=stop)
    assert not stocked.asked("products")


def test_offline_nothing_is_asked(stocked, monkeypatch):
    monkeypatch.setenv("TPFDASH_OFFLINE", "1")
    with pytest.raises(TPFError, match="TPFDASH_OFFLINE"):
        search("HL Tau")
    assert not stocked.requests


def test_the_proxy_of_the_environment_is_asked(stocked, monkeypatch):
    monkeypatch.setenv("TPFDASH_MAST", "http://archive.example")
    monkeypatch.setenv("HTTP_PROXY", stocked.url)
    assert search("HL Tau", campaign=13).open().sizes["time"] == 50


def test_importing_the_package_imports_no_client():
    code = (
        "import sys, tpfdash; tpfdash.search, tpfdash.search_tesscut, tpfdash.open_tpf\n"
        "sys.exit(', '.join({'astroquery', 'pyvo', 'requests'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_rows_are_sorted(stocked):
    found = search("TIC 273589987")
    assert [row.sector for row in found] == sorted(row.sector for row in found)
    assert [row.is_cutout for row in found if row.sector == 15] == [False, False, False, True]


@pytest.mark.realdata
@pytest.mark.parametrize(
    "target, wanted, name, shape",
    [
        ("KIC 6922244", {"quarter": 1}, "kplr006922244-2009166043257_lpd-targ.fits", (1639, 6, 6)),
        ("EPIC 210994964", {"campaign": 4}, "ktwo210994964-c04_lpd-targ.fits.gz", (3470, 10, 11)),
        ("TIC 273589987", {"sector": 15}, "tess-sip_tpf2.fits", (100, 11, 11)),
    ],
)
def test_real_files(archive, data_file, target, wanted, name, shape):
    given = {"tess-sip_tpf2.fits": "tess2019226182529-s0015-0000000273589987-0151-s_tp.fits"}
    held = archive.add(data_file(name), given.get(name, name), ra=300.0, dec=40.0)
    held.description += " - Q1" if "quarter" in wanted else ""
    data = search(target, **wanted).open()
    assert tuple(data.sizes[dim] for dim in ("time", "row", "col")) == shape
    direct = tpfdash.open_tpf(data_file(name))
    np.testing.assert_array_equal(data["flux"].values, direct["flux"].values)
    assert data.attrs["object"] == direct.attrs["object"] == target


@pytest.mark.realdata
def test_a_real_cutout(archive, data_file):
    name = "tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits"
    archive.names["RY Tau"] = RY_TAU
    archive.add_cutout(data_file(name), ra=RY_TAU[0], dec=RY_TAU[1], sector=19)
    data = search("RY Tau", sector=19).open()
    assert data["flux"].shape == (1155, 10, 10)
    asked = len(archive.requests)
    again = tpfdash.open_tpf("tesscut:65.489205,28.443210,19,10")
    np.testing.assert_array_equal(again["flux"].values, data["flux"].values)
    assert len(archive.requests) == asked
