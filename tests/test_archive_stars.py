"""Stars found: from a TAP server of our own and its faults, the TIC, tables on disk."""

import json
import sys
import threading
import types
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from starparts import CORNER, IDS, STARS, gaia, stamp, tic
from tap_server import star_server

from tpfdash.archive import ask, sessions
from tpfdash.archive.gaia import _ANSWERS as GAIA_ANSWERS
from tpfdash.archive.gaia import gaia_stars
from tpfdash.archive.links import star_links
from tpfdash.archive.stars import find_stars, magnitude_limit, read_stars
from tpfdash.archive.tic import _ANSWERS as TIC_ANSWERS
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.stamp.stars import tess_magnitude


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    GAIA_ANSWERS.forget()
    TIC_ANSWERS.forget()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "TPFDASH_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sessions, "TIMEOUTS", (1.0, 0.7))
    monkeypatch.setattr(sessions, "PAUSE", 0.01)


@pytest.fixture
def tpf():
    return stamp()


@pytest.fixture
def server(monkeypatch, tpf):
    with star_server() as server:
        source = gaia(tpf)
        server.tables["gaiadr3.gaia_source"] = source
        server.tic = tic(tpf, source)
        monkeypatch.setenv("TPFDASH_GAIA_TAP", f"{server.url}/tap")
        monkeypatch.setenv("TPFDASH_MAST", server.url)
        yield server


def notes(stars):
    return " ".join(stars.meta["notes"])


def test_gaias_stars_stand_where_they_are_when_observed(server, tpf):
    stars = find_stars(tpf)
    assert list(stars["source_id"]) == [str(each) for each in IDS[:4]]
    assert stars["source_id"].dtype.kind == "U"
    expected = np.array([star[:2] for star in STARS[:4]]) + CORNER
    np.testing.assert_allclose(stars["row"], expected[:, 0], atol=1e-3)
    np.testing.assert_allclose(stars["col"], expected[:, 1], atol=1e-3)
    assert stars["name"][0] == f"Gaia DR3 {IDS[0]}"
    assert list(stars["variable"].filled(False)) == [True, False, False, False]
    assert list(stars["variable"].mask) == [False, True, False, True]
    assert list(stars["binary"]) == [False, True, False, False]
    assert stars["parallax"][0] == 20.0 and stars["ruwe"][1] == 1.5
    assert np.isnan(stars["pmra"][1])
    assert "1 of 4 stars have no proper motion" in notes(stars)
    assert "127.0.0.1" in stars.meta["source"] and "TIC" in stars.meta["source"]
    assert stars["epoch"][0] == 2016.0


def test_the_tic_names_them_by_number_and_by_place(server, tpf):
    stars = find_stars(tpf)
    assert list(stars["tic"]) == ["1000", "1001", "1002", "1003"]
    np.testing.assert_allclose(stars["tmag"], stars["g"] - 0.5)
    np.testing.assert_allclose(stars["magnitude"], stars["tmag"])
    np.testing.assert_allclose(stars["flux"], 10 ** (-0.4 * (stars["tmag"] - 20.44)))
    assert stars.meta["magnitude_band"] == "Tmag"
    server.executing, server.tic[0]["Tmag"] = 1, 15.0  # no star of G = 10.5
    TIC_ANSWERS.forget()
    assert list(find_stars(tpf)["tic"]) == ["", "1001", "1002", "1003"]


def test_kepler_stars_have_no_tic(server):
    tpf = stamp("Kepler")
    server.tables["gaiadr3.gaia_source"] = gaia(tpf)
    stars = find_stars(tpf)
    assert not [path for path, _ in server.asked if "invoke" in path]
    np.testing.assert_allclose(stars["magnitude"], stars["g"])
    assert stars["flux"][1] == pytest.approx(1.74e5, rel=0.01)  # G = 12
    assert set(stars["tic"]) == {""}
    assert stars.meta["magnitude_band"] == "Kp"


def test_without_the_tic_tmag_is_worked_out_and_that_is_said(server, tpf):
    server.faults["/api/v0/invoke"] = "error"
    stars = find_stars(tpf)
    expected = tess_magnitude(stars["g"], stars["bp_rp"])
    np.testing.assert_allclose(stars["magnitude"], expected)
    assert "No TESS ids" in notes(stars) and "no disk" in notes(stars)


def test_tess_magnitudes_by_stassuns_relation():
    # Worked by hand: G = 10, BP - RP = 1.
    assert tess_magnitude([10], [1])[0] == pytest.approx(10 - 0.51756755, abs=1e-7)
    assert tess_magnitude([10, 10, 10], [np.nan, -0.3, 3.6]) == pytest.approx([9.57] * 3)
    assert np.isnan(tess_magnitude([np.nan], [1])).all()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("error", "refused the question"),
        ("error 400", "refused the question"),
        ("broken", "no VOTable"),
        ("html", "no VOTable"),
        ("hang", "did not answer within"),
        ("503", "error (503)"),
    ],
)
def test_a_service_that_fails_is_said_and_the_rest_is_shown(server, tpf, fault, words):
    server.faults["/tap/sync"] = fault
    stars = find_stars(tpf)
    assert list(stars["tic"]) == ["1000", "1001", "1002", "1003"]
    assert words in notes(stars) and "The stars are the TIC's" in notes(stars)
    expected = np.array([star[:2] for star in STARS[:4]]) + CORNER
    np.testing.assert_allclose(stars["row"], expected[:, 0], atol=5e-3)
    server.faults["/api/v0/invoke"] = "error"
    TIC_ANSWERS.forget()
    with pytest.raises(TPFError, match="could not be had") as refusal:
        find_stars(tpf)
    assert words in str(refusal.value) and "no disk" in str(refusal.value)
    server.faults.clear()  # nothing that failed is kept
    assert len(find_stars(tpf)) == 4


def test_the_next_service_is_asked(monkeypatch, server, tpf):
    server.faults["/first/sync"] = "html"
    server.faults["/second/sync"] = "empty"
    urls = [f"{server.url}/{name}" for name in ("first", "second", "third")]
    monkeypatch.setenv("TPFDASH_GAIA_TAP", ", ".join(urls))
    stars = find_stars(tpf)
    assert len(stars) == 4 and "no VOTable" in notes(stars)
    paths = [path for path, _ in server.asked if path.endswith("sync")]
    assert list(dict.fromkeys(paths)) == ["/first/sync", "/second/sync", "/third/sync"]


def test_nothing_found_is_said_and_never_kept(server, tpf):
    server.faults["/tap/sync"] = "empty"
    stars = find_stars(tpf)
    assert len(stars) == 0 and "no star" in notes(stars)
    assert {"row", "col", "flux", "source_id"} <= set(stars.colnames)
    server.faults.clear()
    assert len(find_stars(tpf)) == 4


def test_an_overflow_is_said(server, tpf):
    server.faults["/tap/sync"] = "overflow"
    stars = find_stars(tpf)
    assert len(stars) == 3 and "the brightest 3" in notes(stars)


def test_a_good_answer_is_asked_for_once(server, tpf):
    first = find_stars(tpf)
    first["row"] = 0.0  # the user's own
    asked = len(server.asked)
    assert find_stars(tpf)["row"][0] > 400 and len(server.asked) == asked


def test_a_dripping_service_is_given_up(monkeypatch, server, tpf):
    monkeypatch.setattr(ask, "LONGEST", 0.6)
    server.faults["/tap/sync"] = "drip"
    assert "was not done after" in notes(find_stars(tpf))


def test_a_search_can_be_stopped(server, tpf):
    stop, stages = threading.Event(), []

    def stage(words):
        stages.append(words)
        if "Gaia" in words:
            stop.set()

    with pytest.raises(TPFError, match="Stopped"):
        find_stars(tpf, stage=stage, cancel=stop)
    assert "asking" in stages[0]
    assert not [path for path, _ in server.asked if "invoke" in path]


def test_no_server_at_all(monkeypatch, tpf):
    monkeypatch.setenv("TPFDASH_GAIA_TAP", "http://127.0.0.1:9/tap")
    monkeypatch.setenv("TPFDASH_MAST", "http://127.0.0.1:9")
    with pytest.raises(TPFError, match="was not reached"):
        find_stars(tpf)


def test_other_services_have_other_columns(monkeypatch, server, tpf):
    source = server.tables.pop("gaiadr3.gaia_source")
    vizier = {
        "source_id": "Source", "ra": "RA_ICRS", "dec": "DE_ICRS", "pmra": "pmRA", "pmdec": "pmDE",
        "parallax": "Plx", "ruwe": "RUWE", "phot_g_mean_mag": "Gmag", "phot_bp_mean_mag": "BPmag",
        "phot_rp_mean_mag": "RPmag", "phot_variable_flag": "VarFlag", "non_single_star": "NSS",
    }  # fmt: skip
    theirs = source[list(vizier)]
    theirs.rename_columns(list(vizier), list(vizier.values()))
    server.tables['"I/355/gaiadr3"'] = theirs
    stars = find_stars(tpf)
    assert list(stars["source_id"]) == [str(each) for each in IDS[:4]]
    np.testing.assert_allclose(stars["row"][0], STARS[0][0] + CORNER[0], atol=1e-3)
    assert bool(stars["variable"][0]) and bool(stars["binary"][1])
    del server.tables['"I/355/gaiadr3"']
    GAIA_ANSWERS.forget()
    few = source["source_id", "ra", "dec", "pmra", "pmdec", "phot_g_mean_mag"]
    server.tables["gaiadr3.gaia_source"] = few
    stars = find_stars(tpf)
    assert len(stars) == 4 and np.isnan(stars["ruwe"]).all()
    del server.tables["gaiadr3.gaia_source"]
    GAIA_ANSWERS.forget()
    lite = source.copy()
    lite.remove_columns(["ref_epoch", "phot_variable_flag", "non_single_star"])
    server.tables["gaia.dr3lite"] = lite
    stars = find_stars(tpf)
    assert len(stars) == 4 and stars["epoch"][0] == 2016.0
    assert stars["variable"].mask.all()


def test_esas_own_answer_is_read(server):
    """Two rows of gaiadr3.gaia_source as ESA's archive sent them, kept by astroquery."""
    folder = Path(pytest.importorskip("astroquery").__file__).parent / "gaia" / "tests" / "data"
    path = folder / "1710099405832VAL-result.vot"
    if not path.exists():
        pytest.skip("this astroquery has no such file")
    server.raw["/tap/sync"] = path.read_bytes()
    stars = gaia_stars((270.0, 30.0, 0.1), 20.0)
    assert sorted(stars["source_id"]) == ["4583627001381815936", "5348723816842275584"]
    assert (stars["epoch"] == 2016.0).all() and (stars["g"] < 21).all()
    assert stars["name"][0].startswith("Gaia DR3 ")


def test_astroquerys_cone_has_stars_without_proper_motion():
    folder = Path(pytest.importorskip("astroquery").__file__).parent / "gaia" / "tests" / "data"
    if not (folder / "cone_search.json").exists():
        pytest.skip("this astroquery has no such file")
    answer = json.loads((folder / "cone_search.json").read_text())
    rows = [
        dict(zip([m["name"] for m in answer["metadata"]], r, strict=True)) for r in answer["data"]
    ]
    names = ("source_id", "ra", "dec", "ref_epoch", "pmra", "pmdec", "phot_g_mean_mag")
    columns = {
        name: np.ma.masked_invalid([np.nan if r[name] is None else r[name] for r in rows])
        for name in names[1:]
    }
    table = Table({"source_id": [r["source_id"] for r in rows]} | columns)
    stars = read_stars(table)
    assert stars["source_id"][0] == "6636090334814214528"
    assert any("6 of 50 stars have no proper motion" in note for note in stars.meta["notes"])


def test_limit_and_radius_are_those_asked_for(server, tpf):
    assert list(find_stars(tpf, limit=12.5)["g"]) == [10.5, 12.0]
    assert "<= 12.5" in server.queries()[-1]
    wide = find_stars(tpf, radius=900)
    assert len(wide) == 5 and wide["source_id"][0] == "77"
    assert wide["distance"][0] == pytest.approx(35 * 21, rel=0.02)
    assert wide["distance"][wide["source_id"] == str(IDS[0])] < 1
    for bad in ({"limit": "faint"}, {"limit": np.nan}, {"radius": 0}, {"radius": True}):
        with pytest.raises(TPFError, match="should be a number"):
            find_stars(tpf, **bad)


def test_how_faint_follows_the_target(tpf):
    assert magnitude_limit(tpf.assign_attrs(magnitude=5.0)) == 18.0
    assert magnitude_limit(tpf.assign_attrs(magnitude=12.0)) == 19.0
    assert magnitude_limit(tpf.assign_attrs(magnitude=16.0)) == 20.0
    assert magnitude_limit(tpf.assign_attrs(magnitude=np.nan)) == 18.0


def test_offline_says_so_and_tables_still_serve(monkeypatch, server, tpf, tmp_path):
    monkeypatch.setenv("TPFDASH_OFFLINE", "1")
    with pytest.raises(TPFError, match="TPFDASH_OFFLINE"):
        find_stars(tpf)
    path = tmp_path / "stars.ecsv"
    gaia(tpf).write(path)
    stars = find_stars(tpf, source=path)
    assert len(stars) == 4 and stars.meta["source"] == "stars.ecsv"
    assert len(find_stars(tpf, source=gaia(tpf))) == 4
    assert server.asked == []


def test_an_unusable_wcs_refuses_before_anybody_is_asked(server, tpf):
    with pytest.raises(TPFError, match="not usable"):
        find_stars(tpf.assign_attrs(wcs=""))
    assert server.asked == []


@pytest.mark.realdata
def test_the_file_whose_wcs_is_wrong_says_not_usable(data_file, server):
    tpf = open_tpf(data_file("tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits"))
    with pytest.raises(TPFError, match="not usable"):
        find_stars(tpf)


@pytest.mark.realdata
def test_a_real_target_is_found_where_its_star_is(data_file, server):
    """Its Gaia position is worked out from the header's at epoch 2000."""
    tpf = open_tpf(data_file("tess-sip_tpf2.fits"))
    attrs = tpf.attrs
    years = 16.0 / 3.6e6
    source = server.tables["gaiadr3.gaia_source"][:1]
    source["ra"] = attrs["ra"] + years * attrs["pmra"] / np.cos(np.radians(attrs["dec"]))
    source["dec"] = attrs["dec"] + years * attrs["pmdec"]
    source["pmra"], source["pmdec"] = attrs["pmra"], attrs["pmdec"]
    server.tables["gaiadr3.gaia_source"] = source
    star = find_stars(tpf)[0]
    assert np.hypot(star["row"] - 888.902, star["col"] - 1078.376) < 0.15
    assert star["distance"] < 0.05


def test_gaiaoffline_where_it_is_installed(monkeypatch, server, tpf):
    source = gaia(tpf)

    class Gaia:
        def __init__(self, magnitude_limit, photometry_output):
            assert photometry_output == "mag"
            self.limit = max(magnitude_limit)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def conesearch(self, ra, dec, radius):
            frame = source["source_id", "ra", "dec", "pmra", "pmdec", "phot_g_mean_mag"].to_pandas()
            return frame[frame["phot_g_mean_mag"] < self.limit]

    with pytest.raises(TPFError, match="not installed"):
        find_stars(tpf, source="gaiaoffline")
    module = types.ModuleType("gaiaoffline")
    module.Gaia = Gaia
    module.__spec__ = types.SimpleNamespace(name="gaiaoffline")
    monkeypatch.setitem(sys.modules, "gaiaoffline", module)
    stars = find_stars(tpf, source="gaiaoffline")
    assert list(stars["source_id"]) == [str(each) for each in IDS[:4]]
    assert server.asked == []
    server.faults["/tap/sync"] = "html"
    stars = find_stars(tpf)
    assert "gaiaoffline has them" in notes(stars) and stars["tic"][0] == "1000"
    monkeypatch.setenv("TPFDASH_OFFLINE", "1")
    stars = find_stars(tpf)
    assert len(stars) == 4 and "TPFDASH_OFFLINE" in notes(stars)


@pytest.mark.parametrize("source", ["gaya", "nothing/here.csv", 7, None])
def test_what_is_no_source(tpf, source):
    with pytest.raises(TPFError, match="source of stars|Table"):
        find_stars(tpf, source=source)


@pytest.mark.parametrize("format", ["csv", "ascii.ecsv", "fits", "votable", "ascii.tab"])
def test_tables_of_many_formats(tmp_path, tpf, format):
    path = tmp_path / f"stars.{format.split('.')[-1]}"
    as_bytes = {"tabledata_format": "binary2"} if format == "votable" else {}
    gaia(tpf).write(path, format=format, **as_bytes)
    stars = read_stars(path)
    assert list(stars["source_id"]) == [str(each) for each in IDS]
    np.testing.assert_allclose(stars["ra"], gaia(tpf)["ra"])
    assert np.isnan(stars["pmra"][1]) and stars["g"][2] == 13.0


def test_a_table_that_cannot_be_used_says_what_was_looked_for(tmp_path):
    with pytest.raises(TPFError, match="a, mag.*RAJ2000"):
        read_stars(Table({"a": [1.0], "mag": [2.0]}))
    with pytest.raises(TPFError, match="phot_g_mean_mag"):
        read_stars(Table({"ra": [1.0], "dec": [2.0]}))
    with pytest.raises(TPFError, match="numbers"):
        read_stars(Table({"ra": ["x y"], "dec": [[1, 2]], "mag": [2.0]}))
    path = tmp_path / "stars.csv"
    path.write_bytes(b"\x00\xff\x01")
    with pytest.raises(TPFError, match="stars.csv"):
        read_stars(path)
    with pytest.raises(TPFError, match="no file"):
        read_stars(tmp_path / "none.csv")
    with pytest.raises(TPFError, match="should be an astropy Table"):
        read_stars(3)


def test_links_lead_to_the_star():
    star = {"source_id": str(IDS[0]), "tic": "12345", "ra": 10.0, "dec": -5.0}
    links = star_links(star)
    assert list(links) == ["SIMBAD", "VizieR", "Gaia", "ExoFOP"]
    assert all(str(IDS[0]) in links[name] for name in ("SIMBAD", "VizieR", "Gaia"))
    assert links["ExoFOP"].endswith("12345")
    by_place = star_links({"source_id": "", "tic": "", "ra": 10.0, "dec": -5.0})
    assert list(by_place) == ["SIMBAD", "VizieR"] and "10.000000" in by_place["SIMBAD"]
    assert star_links({"source_id": "", "ra": np.nan, "dec": np.nan}) == {}
