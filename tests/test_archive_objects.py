"""Known variables and solar-system objects, from a server of our own and real answers."""

from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astropy.time import Time
from starparts import stamp
from tap_server import star_server, votable_bytes

from tpfdash.archive import sessions
from tpfdash.archive.skybot import solar_system_objects
from tpfdash.archive.vsx import _ANSWERS, known_variables
from tpfdash.errors import TPFError
from tpfdash.stamp.sky import to_sky


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    _ANSWERS.forget()
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
        ra, dec = to_sky(tpf, np.array([505.0, 560.0]), np.array([304.0, 304.0]))
        server.tables['"B/vsx/vsx"'] = Table(
            {
                "OID": [123, 124],
                "Name": ["V0001 Tst", "Far Off"],
                "RAJ2000": ra,
                "DEJ2000": dec,
                "Type": ["EA", "RRAB"],
                "max": [10.1, 12.0],
                "min": [10.9, 13.0],
                "Period": np.ma.masked_array([1.25, 0.5], mask=[False, True]),
            }
        )
        monkeypatch.setenv("TPFDASH_VIZIER_TAP", f"{server.url}/vizier/")
        monkeypatch.setenv("TPFDASH_SKYBOT", f"{server.url}/skybot")
        yield server


def test_known_variables_stand_on_the_stamp(server, tpf):
    found = known_variables(tpf)
    assert list(found["name"]) == ["V0001 Tst"] and list(found["type"]) == ["EA"]
    assert found["period"][0] == 1.25 and found["brightest"][0] == pytest.approx(10.1)
    assert found["oid"][0] == "123" and found["link"][0].endswith("oid=123")
    assert (found["row"][0], found["col"][0]) == pytest.approx((505, 304), abs=1e-3)
    assert known_variables(tpf)["row"][0] == found["row"][0]
    assert len(server.asked) == 1


def test_no_variable_is_an_answer_that_is_not_kept(server, tpf):
    server.faults["/vizier/sync"] = "empty"
    assert len(known_variables(tpf)) == 0
    server.faults.clear()
    assert len(known_variables(tpf)) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("error", "refused"),
        ("html", "no VOTable"),
        ("broken", "no VOTable"),
        ("hang", "not answer"),
    ],
)
def test_variables_that_cannot_be_had(server, tpf, fault, words):
    server.faults["/vizier/sync"] = fault
    with pytest.raises(TPFError, match=words):
        known_variables(tpf)


def skybot(rows, words="OK"):
    names = ("Num", "Name", "RA", "DEC", "Class", "Mv", "ErrPos", "dRAcosDec", "dDEC")
    table = Table(rows=rows, names=names) if rows else None
    return votable_bytes(table, words, "no such place" if words == "ERROR" else "")


def test_solar_system_objects_at_the_cadences_time(server, tpf):
    ra, dec = to_sky(tpf, np.array([503.0]), np.array([305.0]))
    here = SkyCoord(ra[0], dec[0], unit="deg")
    words = here.to_string("hmsdms", sep=" ", precision=4).split()
    ra_text, dec_text = " ".join(words[:3]), " ".join(words[3:])
    row = ("3552", "Don Quixote", ra_text, dec_text, "NEA", 17.3, 0.03, 40.5, -12.0)
    server.skybot = skybot([row])
    tpf["timecorr"] = ("time", np.full(40, 0.003, np.float32))
    found = solar_system_objects(tpf, 7)
    assert found["name"][0] == "Don Quixote" and found["number"][0] == "3552"
    assert found["magnitude"][0] == pytest.approx(17.3) and found["rate_dec"][0] == -12.0
    assert (found["row"][0], found["col"][0]) == pytest.approx((503, 305), abs=0.01)
    asked = server.asked[-1][1]
    at = Time(tpf["time"].values[7] - 0.003 + 2457000, format="jd", scale="tdb").utc.jd
    assert float(asked["-ep"]) == pytest.approx(at, abs=1e-6)
    assert asked["-loc"] == "C57" and asked["-mime"] == "votable"
    assert float(asked["-rd"]) < 0.1


def test_no_object_is_an_answer(server, tpf):
    server.skybot = b"# No solar system object was found in the requested FOV"
    found = solar_system_objects(tpf, 0)
    assert len(found) == 0 and {"name", "row", "col"} <= set(found.colnames)


def test_skybots_own_answer_is_read(server, tpf):
    folder = Path(pytest.importorskip("astroquery").__file__).parent / "imcce" / "tests" / "data"
    if not (folder / "skybot_query.vot").exists():
        pytest.skip("this astroquery has no such file")
    server.skybot = (folder / "skybot_query.vot").read_bytes()
    found = solar_system_objects(tpf, 0)
    assert len(found) == 4 and np.isfinite(found["ra"]).all() and np.isfinite(found["dec"]).all()
    assert np.hypot((found["ra"] - 81.2833), found["dec"] - 4.49278).max() < 0.3
    assert (found["name"] != "").all()


@pytest.mark.parametrize(
    ("cadence", "words"), [(3, "has no time"), (99, "has 40"), (1.5, "index"), (True, "index")]
)
def test_a_cadence_without_a_time(server, tpf, cadence, words):
    tpf["time"].values[3] = np.nan
    with pytest.raises(TPFError, match=words):
        solar_system_objects(tpf, cadence)
    assert server.asked == []


def test_objects_that_cannot_be_had(server, tpf, monkeypatch):
    server.skybot = b"<html>"
    with pytest.raises(TPFError, match="no VOTable"):
        solar_system_objects(tpf, 0)
    server.skybot = skybot([], "ERROR")
    with pytest.raises(TPFError, match="no such place"):
        solar_system_objects(tpf, 0)
    server.faults["/skybot/skybotconesearch_query.php"] = "503"
    with pytest.raises(TPFError, match="503"):
        solar_system_objects(tpf, 0)
    monkeypatch.setenv("TPFDASH_OFFLINE", "1")
    for ask in (lambda: solar_system_objects(tpf, 0), lambda: known_variables(tpf)):
        with pytest.raises(TPFError, match="TPFDASH_OFFLINE"):
            ask()
    with pytest.raises(TPFError, match="not usable"):
        known_variables(tpf.assign_attrs(wcs=""))
