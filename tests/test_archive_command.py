"""`tpfdash find`, and targets on the command line."""

import io
import json
import re

import pytest

from tpfdash import open_tpf
from tpfdash.__main__ import main
from tpfdash.archive.command import Bar
from tpfdash.archive.options import is_file_word


@pytest.fixture
def served(monkeypatch):
    """What the dashboard would be opened on, by name."""
    seen = []
    monkeypatch.setattr("tpfdash.server.serve.serve", lambda build, **options: seen.append(build))
    monkeypatch.setattr("tpfdash.app.page.make_page", lambda opened, root, **more: opened)

    def names():
        return [list(build()) for build in seen]

    return names


def test_find_prints_the_table(stocked, served, capsys):
    assert main(["find", "HL Tau", "--campaign", "13"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert re.split(r"\s{2,}", lines[2])[:6] == [
        "0",
        "EPIC 247589423",
        "K2",
        "C13",
        "long (29.4 min)",
        "K2",
    ]
    assert len({len(line.rstrip()) for line in lines[:2]}) == 1 and len(lines) == 3
    assert err == "" and served() == []


def test_find_takes_a_name_of_several_words(stocked, capsys):
    assert main(["find", "HL", "Tau", "--campaign", "13,14"]) == 0
    assert "EPIC 247589423" in capsys.readouterr().out


def test_find_for_programs(stocked, capsys):
    assert main(["find", "TIC 273589987", "--sector", "15", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["seconds"] for row in rows] == [20.0, 120.0, 1800.0, 1800.0]
    assert rows[1]["uri"].startswith("mast:TESS/product/") and rows[1]["sector"] == 15
    assert rows[3]["size"] is None and rows[0]["quarter"] is None


def test_find_and_download(stocked, capsys):
    words = ["find", "3248033", "--quarter", "4,5", "--mission", "Kepler"]
    assert main([*words, "--download", "0", "--download", "1"]) == 0
    paths = capsys.readouterr().out.splitlines()
    assert [open_tpf(path).sizes["time"] for path in paths] == [50, 50]


def test_find_and_open(stocked, served, capsys):
    assert main(["find", "TIC 273589987", "--sector", "15", "--open", "1", "--no-show"]) == 0
    assert served() == [["tess2019226182529-s0015-0000000273589987-0151-s_tp.fits"]]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("number", ["4", "-1"])
def test_a_row_that_there_is_not(stocked, capsys, number):
    assert main(["find", "TIC 273589987", "--sector", "15", "--open", number]) == 2
    assert f"--open {number} names no row: there are 4" in capsys.readouterr().err


def test_a_target_with_one_match_is_opened(stocked, served, capsys):
    assert main(["KIC 3248033", "--quarter", "4", "--no-show"]) == 0
    assert served() == [["kplr003248033-2010078095331_lpd-targ.fits.gz"]]
    assert main(["RY Tau", "--sector", "19", "--size", "12"]) == 0
    assert stocked.asked("astrocut")[0]["x"] == "12"


def test_a_target_with_several_is_listed(stocked, served, capsys):
    assert main(["KIC 3248033", "--mission", "Kepler"]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 6
    assert "tpfdash find 'KIC 3248033' --open N" in err
    assert served() == []


def test_files_and_targets_side_by_side(stocked, served, archived_files, tmp_path):
    (tmp_path / "HL Tau").write_bytes(archived_files["TESS"].read_bytes())
    assert main([str(archived_files["K2"]), "HL Tau", "--campaign", "13"]) == 0
    (names,) = served()
    assert names == ["K2.fits.gz", "ktwo247589423-c13_lpd-targ.fits.gz"]


def test_a_word_that_is_a_file_is_a_file(stocked, served, archived_files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("HL Tau", "find"):
        (tmp_path / name).write_bytes(archived_files["TESS"].read_bytes())
        assert main([name]) == 0
    assert served() == [["HL Tau"], ["find"]]
    assert not stocked.requests


@pytest.mark.parametrize(
    "word, file",
    [
        ("no-such-file.fits", True),
        ("a.fits.gz", True),
        ("folder/name", True),
        ("https://a/b", True),
        ("s3://bucket/key", True),
        ("mast:TESS/product/x", True),
        ("tesscut:1,2,3,4", True),
        ("HL Tau", False),
        ("3248033", False),
        ("K00157.01", False),
        ("65.489 28.443", False),
    ],
)
def test_words_that_are_files(word, file):
    assert is_file_word(word) is file


@pytest.mark.parametrize(
    "words, said",
    [
        (["find", "Nobody"], "knows no object called 'Nobody'"),
        (["Nobody"], "knows no object called 'Nobody'"),
        (["HL Tau", "--campaign", "4"], "There is instead: K2 C13"),
        (["no-such-file.fits", "--quarter", "4"], "--quarter tells which file of a target"),
        (["find", "HL Tau", "--cadence", "quick"], "cadence='quick'"),
    ],
)
def test_what_goes_wrong_is_one_sentence_on_the_terminal(stocked, served, words, said, capsys):
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and said in err and err.startswith("tpfdash: ") and err.count("\n") == 1


def test_control_c_is_no_traceback(stocked, monkeypatch, capsys):
    def interrupt(*asked, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("tpfdash.archive.command.search", interrupt)
    assert main(["find", "HL Tau"]) == 130
    assert capsys.readouterr().err == "tpfdash: stopped.\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_fills_and_goes(monkeypatch):
    monkeypatch.setattr("tpfdash.archive.command._PERIOD", 0)
    monkeypatch.setenv("COLUMNS", "200")
    terminal = Terminal()
    with Bar("a.fits", terminal) as bar:
        bar.stage("asking for the name")
        for done in (0, 12_000_000, 34_000_000):
            bar.progress(done, 34_000_000)
        bar.progress(5_000_000, None)
    drawn = [text.removesuffix("\x1b[K") for text in terminal.getvalue().split("\r")[1:]]
    assert drawn[0] == "asking for the name ..."
    assert drawn[2] == "a.fits  [########                ] 12 of 34 MB"
    assert drawn[3] == "a.fits  [########################] 34 of 34 MB"
    assert drawn[4] == "a.fits  5.0 MB"
    assert drawn[-1] == ""


def test_the_bar_is_silent_where_nobody_sees_it():
    stream = io.StringIO()
    with Bar("a.fits", stream) as bar:
        bar.stage("asking")
        bar.progress(1, 2)
    assert stream.getvalue() == ""
