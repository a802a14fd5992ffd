"""A page's search of the archive, without a browser; nobody serves it, so that it waits."""

import pytest

from tpfdash import TPFError
from tpfdash.app import finding as finding_module
from tpfdash.app.finding import Finding, is_archived, parse_words
from tpfdash.app.page import make_page
from tpfdash.cards import background
from tpfdash.simulate import simulate_tpf


@pytest.fixture
def added():
    return []


@pytest.fixture
def finding(stocked, added):
    return Finding(lambda uri, tpf: added.append((uri, tpf)))


@pytest.mark.parametrize(
    "words, target, keywords",
    [
        ("KIC 3248033 Q4", "KIC 3248033", {"quarter": 4}),
        (" HL Tau C13 ", "HL Tau", {"campaign": 13}),
        ("TIC 273589987 S15", "TIC 273589987", {"sector": 15}),
        ("HL Tau", "HL Tau", {}),
        ("65.489 28.443", "65.489 28.443", {}),
        ("S15", "S15", {}),
        ("a q4", "a q4", {}),
        ("", "", {}),
    ],
)
def test_what_is_typed_is_a_target_and_an_interval(words, target, keywords):
    assert parse_words(words) == (target, keywords)


@pytest.mark.parametrize("name", ["mast:K2/url/a.fits", "tesscut:65.4,28.4,19,10"])
def test_names_of_the_archive_are_told_from_others(name):
    assert is_archived(name) and not is_archived(f"./{name}") and not is_archived("a.fits")


def test_what_is_found_is_listed_and_opened(finding, added):
    finding.search("KIC 3248033 Q4")
    hits = finding.hits
    assert hits.shown and not hits.error and not hits.stage
    assert [(row["target"], row["when"], row["cached"]) for row in hits.rows] == [
        ("KIC 3248033", "Q4", "")
    ]
    hits._handle_msg(["open", 0, 10])
    ((uri, tpf),) = added
    assert is_archived(uri) and tpf.attrs["mission"] == "Kepler" and not hits.shown
    finding.search("KIC 3248033 Q4")
    assert hits.rows[0]["cached"] == "yes"


def test_a_cutout_has_the_size_that_is_wanted(finding, added):
    finding.search("RY Tau")
    (number,) = [n for n, row in enumerate(finding.hits.rows) if row["when"] == "S19"]
    assert finding.hits.rows[number]["cutout"]
    finding.hits._handle_msg(["open", number, 9.0])
    ((uri, _),) = added
    assert uri.startswith("tesscut:65.489") and uri.endswith((",19,9", ",19,9x9"))


def test_what_is_open_already_is_not_offered(finding):
    finding.search("KIC 3248033")
    several = finding.hits.rows
    first = finding._found[0]
    for open_already in (first.uri, first.file):
        finding.search("KIC 3248033", {open_already, "another.fits"})
        assert finding.hits.rows == several[1:] and len(several) > 1
        assert finding.hits.notes[-1] == "Files that are open already are not listed."
    finding.search("KIC 3248033")
    assert "are not listed" not in " ".join(finding.hits.notes)


@pytest.mark.parametrize("size", [0, 1000])
def test_a_size_that_is_none_is_said(finding, added, size):
    finding.search("RY Tau")
    finding.hits._handle_msg(["open", 0, size])
    assert finding.hits.error and not added


@pytest.mark.parametrize(
    "words, said", [("Nobody's star", "knows no object"), ("KIC 3248033 Q16", "quarter 16")]
)
def test_what_goes_wrong_is_said(finding, words, said):
    finding.search(words)
    assert said in finding.hits.error and not finding.hits.rows and not finding.hits.stage
    finding.search("HL Tau")
    assert not finding.hits.error and finding.hits.rows


def test_an_error_that_is_none_of_ours_shows_no_traceback(finding, monkeypatch, caplog):
    monkeypatch.setattr(finding_module, "search", lambda *args, **keywords: 1 / 0)
    finding.search("HL Tau")
    assert finding.hits.error == "This failed: the server's log says why."
    assert "ZeroDivisionError" in caplog.text


def test_a_broken_file_is_said_and_kept_nowhere(finding, stocked, added, tmp_path):
    stocked.fault("file", "truncated")
    finding.search("KIC 3248033 Q4")
    finding.hits._handle_msg(["open", 0, 10])
    assert finding.hits.error and not added
    assert not list((tmp_path / "cache").rglob("*.fits*"))


@pytest.mark.parametrize("message", [["open", 99, 10], ["open", -1, 10], ["drop", 0, 0], "open", 3])
def test_messages_of_no_sense_do_nothing(finding, added, message):
    finding.search("HL Tau")
    finding.hits._handle_msg(message)
    assert not added and finding.hits.shown


def test_closed_it_is_gone(finding):
    finding.search("HL Tau")
    finding.hits._handle_msg(["close", 0, 0])
    assert not finding.hits.shown


def test_so_many_at_once_and_no_more(finding, monkeypatch):
    monkeypatch.setattr(background._free, "acquire", lambda blocking: False)
    finding.search("HL Tau")
    assert "try again" in finding.hits.error and not finding.hits.stage


def test_nothing_typed_is_no_search(finding):
    finding.search("  ")
    assert not finding.hits.shown


@pytest.mark.parametrize(
    "root, archive, there", [(None, None, True), (".", None, False), (".", True, True)]
)
def test_a_page_has_it_unless_a_folder_is_served(root, archive, there):
    tpf = simulate_tpf("K2", n_cadences=50, shape=(4, 4))
    page = make_page({"a": tpf}, root, archive=archive)
    found = [one for one in page.select() if "tpf-search" in getattr(one, "css_classes", [])]
    assert bool(found) == there


def test_an_error_of_the_page_is_said(stocked):
    def refuse(uri, tpf):
        raise TPFError("No.")

    finding = Finding(refuse)
    finding.search("HL Tau")
    finding.hits._handle_msg(["open", 0, 10])
    assert finding.hits.error == "No." and finding.hits.shown
