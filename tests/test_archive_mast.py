"""What an archive may answer: slow, busy, unwell, strange, and how each is told."""

import json
import socket
import threading
import time
from importlib.resources import files

import pytest

from tpfdash import TPFError, search
from tpfdash.archive import mast as wire
from tpfdash.archive import sessions
from tpfdash.archive.mast import Mast
from tpfdash.archive.stages import Cancelled, Stages

pytestmark = pytest.mark.usefixtures("impatient")

STEPS = ("name", "observations", "products")
DOING = {
    "name": "asking for the name",
    "observations": "asking for observations",
    "products": "asking for files",
}
#: Fault, its options -> what is said of it.
FAULTS = [
    ("slow", {"seconds": 30}, "did not answer within"),
    ("status", {"code": 500}, "is unwell (500"),
    ("status", {"code": 503}, "is unwell (503"),
    ("html", {}, "maintenance"),
    ("nothing", {}, "something else than what was asked for"),
    ("text", {"body": b"null"}, "something else"),
    ("text", {"body": b"[]"}, "something else"),
    ("text", {"body": b"{}"}, "something else"),
    ("text", {"body": b'"\xff\xfe'}, "something else"),
    ("drop", {}, "broke off"),
    ("truncated", {}, "broke off"),
    ("error", {"msg": "Timeout in the database"}, "it says: Timeout in the database"),
]


def failing():
    with pytest.raises(TPFError) as caught:
        search("HL Tau", campaign=13)
    words = str(caught.value)
    assert "\n" not in words and words.endswith(".")
    return words


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind, options, said", FAULTS, ids=lambda value: str(value)[:20])
def test_a_fault_is_one_error_that_names_the_step(stocked, step, kind, options, said):
    stocked.fault(step, kind, **options)
    words = failing()
    assert said in words and DOING[step] in words
    assert f"The archive {stocked.url.removeprefix('http://')}" in words
    stocked.mend()
    assert len(search("HL Tau", campaign=13)) == 1


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("code", [429, 502, 503, 504])
def test_a_busy_archive_is_asked_again(stocked, step, code):
    stocked.fault(step, "status", times=2, code=code)
    assert len(search("HL Tau", campaign=13)) == 1
    assert len(stocked.asked(step)) == 3


def test_the_pause_that_it_asks_for_is_kept_up_to_a_limit(stocked, monkeypatch):
    monkeypatch.setattr(sessions, "LONGEST_PAUSE", 1.5)
    stocked.fault("name", "status", times=1, code=503, retry_after=1)
    told, start = [], time.monotonic()
    assert len(search("HL Tau", campaign=13, stage=told.append)) == 1
    assert time.monotonic() - start >= 1
    assert "waiting 1 s for a busy archive" in told
    stocked.fault("name", "status", times=1, code=503, retry_after=100_000)
    search("HL Tau", campaign=13, stage=told.append)
    assert "waiting 2 s for a busy archive" in told
    stocked.fault("name", "status", times=1, code=503, retry_after="soon")
    assert len(search("HL Tau", campaign=13)) == 1


def test_a_pause_ends_when_the_search_is_stopped(stocked):
    stocked.fault("name", "status", code=503, retry_after=20)
    stop, start = threading.Event(), time.monotonic()

    def stage(words):
        if words.startswith("waiting"):
            stop.set()

    with pytest.raises(Cancelled):
        search("HL Tau", campaign=13, cancel=stop, stage=stage)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("step", ["observations", "products"])
def test_an_answer_that_is_worked_out_is_polled_for_with_pauses(stocked, step, monkeypatch):
    waited = []
    monkeypatch.setattr(Stages, "wait", lambda self, seconds: waited.append(seconds))
    stocked.fault(step, "executing", times=3)
    assert len(search("HL Tau", campaign=13)) == 1
    assert len(stocked.asked(step)) == 4
    pauses = [seconds for seconds in waited if seconds]
    assert len(pauses) == 3 and pauses == sorted(pauses)


def test_an_answer_that_is_never_there_is_given_up(stocked, monkeypatch):
    monkeypatch.setattr(wire, "LONGEST_ANSWER", 0.3)
    stocked.fault("products", "executing")
    words = failing()
    assert "did not answer within 0." in words and "while asking for files" in words


def test_polling_is_stopped(stocked):
    stocked.fault("products", "executing")
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    with pytest.raises(Cancelled, match="asking for files"):
        search("HL Tau", campaign=13, cancel=stop)
    timer.join()


@pytest.mark.parametrize("step", STEPS)
def test_an_answer_that_drips_is_given_up(stocked, step, monkeypatch):
    monkeypatch.setattr(sessions, "LONGEST_ANSWER", 0.3)
    stocked.fault(step, "dribble", seconds=0.1, size=1)
    words = failing()
    assert "did not answer within" in words and DOING[step] in words


def test_an_answer_that_drips_is_stopped(stocked):
    stocked.fault("observations", "dribble", seconds=0.1, size=1)
    stop, timer = threading.Event(), None

    def stage(words):
        nonlocal timer
        if words == DOING["observations"]:
            timer = threading.Timer(0.3, stop.set)
            timer.start()

    with pytest.raises(Cancelled, match=DOING["observations"]):
        search("HL Tau", campaign=13, cancel=stop, stage=stage)
    timer.join()


@pytest.mark.parametrize("step", STEPS)
def test_an_empty_answer_is_nothing_found_and_no_fault(stocked, step):
    stocked.fault(step, "empty")
    assert "HL Tau" in failing()


def test_an_archive_that_is_not_there(stocked, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("TPFDASH_MAST", f"http://127.0.0.1:{port}")
    words = failing()
    assert "was not reached while asking for the name" in words and "TPFDASH_MAST" in words


def test_a_proxy_that_is_not_there(stocked, monkeypatch):
    monkeypatch.setenv("TPFDASH_MAST", "http://archive.example")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert "the proxy did not answer" in failing()


@pytest.mark.parametrize(
    "step, fields",
    [
        ("observations", ["t_exptime", "sequence_number", "t_min", "provenance_name", "s_ra"]),
        ("observations", ["distance", "obs_id", "obs_collection", "target_name", "project"]),
        ("observations", ["paging"]),
        ("products", ["size", "description", "productFilename", "productSubGroupDescription"]),
        ("products", ["obs_id", "obs_collection", "type"]),
    ],
)
def test_what_an_answer_leaves_out_is_taken_from_what_it_says(stocked, step, fields):
    whole = search("HL Tau", campaign=13)[0]
    stocked.fault(step, "without", fields=fields)
    (row,) = search("HL Tau", campaign=13)
    assert (row.target, row.when, row.cadence, row.author) == (
        whole.target,
        whole.when,
        whole.cadence,
        whole.author,
    )
    assert row.open().sizes["time"] == 50


def test_a_quarter_that_is_not_described_follows_from_the_files_name(stocked):
    stocked.fault("products", "without", fields=["description"])
    assert [row.when for row in search("KIC 3248033", mission="Kepler")] == [
        "Q4",
        "Q5",
        "Q5 month 1",
        "Q5 month 2",
    ]


def test_observations_without_their_numbers_are_no_nothing(stocked):
    stocked.fault("observations", "without", fields=["obsid"])
    assert "obsid" in failing()


def test_cutouts_that_cannot_be_asked_for_are_told_beside_the_files(stocked):
    stocked.fault("sector", "status", code=500)
    found = search("TIC 273589987", sector=15)
    assert [row.author for row in found] == ["SPOC", "SPOC", "TESS-SPOC"]
    assert "Cutouts are not listed" in str(found) and "500" in found.notes[0]
    with pytest.raises(TPFError, match="unwell .500"):
        search("RY Tau")


def test_numbers_may_come_as_text_and_rows_as_lists():
    fields = [{"name": "obsid"}, {"name": "t_exptime"}]
    assert wire._dicts([["7", 2.0], [1], "x"], {"fields": fields}) == [
        {"obsid": "7", "t_exptime": 2.0}
    ]
    assert wire.number("1800.0") == 1800 and wire.number(None) != wire.number(None)


def test_numbers_and_words_of_answers_cannot_do_harm():
    for wrong in ("inf", 1e400, 10**400, True, [], {}, "", None):
        assert wire.whole(wrong) is None and wire.number(wrong) != wire.number(wrong)
    assert (wire.whole("15"), wire.whole(15.0), wire.whole(1.5), wire.whole(-1)) == (
        15,
        15,
        None,
        None,
    )
    assert wire.text("a\x1b[2J\n b") == "a[2J b" and len(wire.text("a" * 99)) == 40


def test_real_answers_of_the_archive_are_understood(archive):
    """Those that astroquery's own tests have."""
    data = files("astroquery.mast.tests") / "data"
    rows = json.loads((data / "advSearchPos.json").read_text())["data"]
    archive.services["Mast.Caom.Filtered.Position"] = lambda params: rows
    with Mast() as mast:
        found = mast.observations(place=(210.8, 54.3), radius=3, missions=["TESS"])
    assert [row["obs_id"] for row in found] == [row["obs_id"] for row in rows]
    sector = (data / "tess_sector.json").read_bytes()
    archive.routes["/tesscut/api/v0.1/sector"] = lambda *asked: (200, "application/json", sector)
    resolved = (data / "resolver.json").read_bytes()
    known = json.loads(resolved)["resolvedCoordinate"]
    archive.routes["/api/v0/invoke"] = lambda *asked: (200, "application/json", resolved)
    with Mast() as mast:
        assert mast.sectors((1.0, 2.0))[0]["sector"] == "1"
        for name in {row["searchString"] for row in known}:
            first = next(row for row in known if row["searchString"] == name)
            assert mast.place(name.upper()) == (first["ra"], first["decl"])


def test_the_private_parts_of_astroquery_that_are_relied_on():
    from astroquery.mast import MastClass

    connection = MastClass()._portal_api_connection
    assert connection._session is not None and connection._column_configs is not None
    assert connection.MAST_REQUEST_URL.endswith("/api/v0/invoke")
    assert connection.TIMEOUT > 0
