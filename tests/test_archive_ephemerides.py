"""Known ephemerides by name, from a TAP server of our own, and its faults."""

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from tap_server import star_server

from tpfdash import Ephemeris, TPFError
from tpfdash.archive import ephemerides as module
from tpfdash.archive import sessions
from tpfdash.archive.ephemerides import ephemerides

PLANETS = "pl_orbper", "pl_tranmid", "pl_trandur", "pl_trandep"


def with_errors(table, columns, joint=""):
    """The columns of errors that the archive has beside others: upwards above 0, downwards below"""
    for column in columns:
        values = np.asarray(np.ma.filled(np.ma.asarray(table[column], float), np.nan))
        table[f"{column}{joint}err1"] = np.abs(values) * 1e-5
        table[f"{column}{joint}err2"] = np.abs(values) * -3e-5
    return table


@pytest.fixture
def server(monkeypatch):
    module._ANSWERS.forget()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "TPFDASH_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sessions, "TIMEOUTS", (1.0, 0.7))
    monkeypatch.setattr(sessions, "PAUSE", 0.01)
    planets = Table(
        {
            "pl_name": ["Kepler-8 b", "TOI-813 b", "Barnard's b"],
            "hostname": ["Kepler-8", "TOI-813", "Barnard's"],
            "tic_id": ["TIC 1", "TIC 55525572", "TIC 2"],
            "pl_orbper": [3.5224991, 83.8911, 3.1],
            "pl_tranmid": MaskedColumn([2454954.1194, 2458370.7836, 0], mask=[0, 0, 1]),
            "pl_trandur": [3.2, 13.1, 1.0],
            "pl_trandep": [0.9, 0.1, 0.0],
        }
    )
    kois = Table(
        {
            "kepid": [6922244, 6922244, 11904151],
            "kepoi_name": ["K00010.01", "K00010.02", "K00072.01"],
            "kepler_name": MaskedColumn(["Kepler-8 b", "", "Kepler-10 b"], mask=[0, 1, 0]),
            "koi_disposition": ["CONFIRMED", "FALSE POSITIVE", "CONFIRMED"],
            "koi_period": [3.5224991, 9.0, 0.8374911],
            "koi_time0bk": [121.1194, 130.0, 131.57513],
            "koi_duration": [3.2, 2.0, 1.8],
            "koi_depth": [9320.0, 50.0, 191.0],
        }
    )
    tois = Table(
        {
            "toi": ["813.01", "813.02"],
            "toipfx": ["813", "813"],
            "tid": [55525572, 55525572],
            "tfopwg_disp": ["CP", "PC"],
            "pl_orbper": MaskedColumn([83.8911, 0.0], mask=[0, 1]),
            "pl_tranmid": [2458370.7836, 2458400.0],
            "pl_trandurh": [13.1, 4.0],
            "pl_trandep": [1250.0, 300.0],
        }
    )
    with star_server() as server:
        server.tables["pscomppars"] = with_errors(planets, PLANETS)
        koi = [f"koi_{name}" for name in ("period", "time0bk", "duration", "depth")]
        server.tables["cumulative"] = with_errors(kois, koi, "_")
        toi = "pl_orbper", "pl_tranmid", "pl_trandurh", "pl_trandep"
        server.tables["toi"] = with_errors(tois, toi)
        monkeypatch.setenv("TPFDASH_EXOPLANET_TAP", f"{server.url}/TAP")
        yield server


@pytest.mark.parametrize("name", ["Kepler-8", "kepler-8 B", " KEPLER-8"])
def test_a_planet_by_its_name_or_its_stars(server, name):
    found = ephemerides(name)
    assert list(found["name"]) == ["Kepler-8 b"] and list(found["disposition"]) == ["confirmed"]
    (known,) = Ephemeris.from_table(found, 2454833.0)
    assert known.period == 3.5224991
    assert known.t0 == pytest.approx(121.1194, abs=1e-6)
    assert known.duration == pytest.approx(3.2 / 24)
    assert known.depth == pytest.approx(0.009)
    assert known.period_err == pytest.approx(3.5224991 * 2e-5)
    assert known.name == "Kepler-8 b"


def test_a_kic_number_asks_for_its_kois(server):
    """In BKJD there, in BJD here."""
    found = ephemerides("KIC 6922244")
    assert list(found["name"]) == ["Kepler-8 b", "K00010.02"]
    assert list(found["disposition"]) == ["confirmed", "false positive"]
    assert found["t0"][0] == pytest.approx(121.1194 + 2454833)
    assert found["depth"][0] == pytest.approx(9320e-6)
    assert len(server.queries()) == 1


@pytest.mark.parametrize(
    "name, names",
    [
        ("KOI-10", ["Kepler-8 b", "K00010.02"]),
        ("koi 10.02", ["K00010.02"]),
        ("K00072.01", ["Kepler-10 b"]),
        ("TOI-813", ["TOI-813 b", "TOI-813.02"]),
        ("TOI 813.02", ["TOI-813.02"]),
        ("TIC 55525572", ["TOI-813 b", "TOI-813.02"]),
    ],
)
def test_candidates_by_name_and_number(server, name, names):
    """A candidate that is a confirmed planet comes once."""
    assert list(ephemerides(name)["name"]) == names


def test_a_candidate_without_a_period_is_told_and_makes_no_ephemeris(server):
    found = ephemerides("TOI-813")
    assert np.isnan(found["period"][1]) and found["duration"][1] * 24 == pytest.approx(4.0)
    assert [each.name for each in Ephemeris.from_table(found, 2457000)] == ["TOI-813 b"]


def test_a_name_is_a_word_and_no_query(server):
    assert list(ephemerides("Barnard's")["name"]) == ["Barnard's b"]
    assert len(ephemerides("x' OR '1' = '1")) == 0


def test_nobody_knows_it(server):
    found = ephemerides("Kepler-9")
    assert len(found) == 0 and "127.0.0.1" in found.meta["source"]
    with pytest.raises(TPFError, match="No row"):
        Ephemeris.from_table(found, 0.0)


def test_a_table_that_a_service_lacks_is_noted(server):
    del server.tables["toi"]
    found = ephemerides("TIC 55525572")
    assert list(found["name"]) == ["TOI-813 b"]
    assert "toi" in " ".join(found.meta["notes"])
    del server.tables["pscomppars"]
    with pytest.raises(TPFError, match="refused"):
        ephemerides("TIC 55525572")


def test_good_answers_are_kept_and_empty_ones_are_not(server):
    for name in ("Kepler-8", "Kepler-8", "Kepler-9", "Kepler-9"):
        ephemerides(name)
    assert len(server.queries()) == 3


@pytest.mark.parametrize("fault", ["html", "broken", "503", "hang", "error 400"])
def test_faults_are_told_in_words(server, fault):
    server.faults["/TAP/sync"] = fault
    with pytest.raises(TPFError, match="the archive at 127.0.0.1"):
        ephemerides("Kepler-8")


def test_columns_that_are_not_there(server):
    server.tables["pscomppars"].remove_column("pl_trandur")
    with pytest.raises(TPFError, match="pl_trandur"):
        ephemerides("Kepler-8")


def test_offline(server, monkeypatch):
    monkeypatch.setenv("TPFDASH_OFFLINE", "1")
    with pytest.raises(TPFError, match="TPFDASH_OFFLINE"):
        ephemerides("Kepler-8")
    assert not server.asked


def test_a_place_has_no_name(server):
    with pytest.raises(TPFError, match="place on the sky"):
        ephemerides("65.489 28.443")
