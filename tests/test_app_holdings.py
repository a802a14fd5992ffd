"""The list of a server's files: from headers, in a thread, anew only where a file is new."""

import os
import shutil
import threading

import pytest

import tpfdash.app.holdings
from tests.wire import until
from tpfdash import TPFError, simulate_tpf, write_tpf
from tpfdash.app.holdings import Holdings
from tpfdash.app.roots import resolve


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "served"
    (root / "deeper" / ".hidden").mkdir(parents=True)
    for number, mission in enumerate(("Kepler", "K2", "TESS")):
        tpf = simulate_tpf(mission, n_cadences=20 + number, shape=(3, 3))
        tpf.attrs["object"] = f"Star {number}"
        write_tpf(tpf, root / f"{mission}.fits")
    shutil.copy(root / "K2.fits", root / "deeper" / "50% off.fits")
    shutil.copy(root / "K2.fits", root / "deeper" / ".hidden" / "secret.fits")
    shutil.copy(root / "K2.fits", tmp_path / "secret.fits")
    (root / "link.fits").symlink_to(tmp_path / "secret.fits")
    (root / "outside").symlink_to(tmp_path)
    (root / "text.fits").write_text("no FITS")
    (root / "notes.txt").write_text("x")
    os.mkfifo(root / "pipe.txt")
    return root


def scanned(holdings):
    holdings.refresh()
    until(lambda: not holdings.scanning, "the list")
    return holdings


def names(found):
    return [one.name for one in found.holdings]


def test_it_lists_the_files_of_the_folder_and_no_others(root):
    found = scanned(Holdings(root)).find()
    assert names(found) == ["K2.fits", "Kepler.fits", "TESS.fits", "deeper/50% off.fits"]
    assert found.count == found.total == 4 and not found.scanning
    assert all(resolve(name, root).is_file() for name in names(found))


def test_of_several_folders_under_their_names(root, tmp_path):
    roots = [root / "deeper", root]
    found = scanned(Holdings(roots)).find("50%")
    assert names(found) == ["deeper/50% off.fits", "served/deeper/50% off.fits"]
    assert all(resolve(name, roots).is_file() for name in names(found))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("kepler.f", ["Kepler.fits"]),
        ("STAR tEsS", ["TESS.fits"]),
        ("star2", ["TESS.fits"]),
        ("deeper k2", ["deeper/50% off.fits"]),
        ("no such", []),
        ("  ", ["K2.fits", "Kepler.fits", "TESS.fits", "deeper/50% off.fits"]),
        (".*", []),
    ],
)
def test_all_words_have_to_be_there(root, words, expected):
    assert names(scanned(Holdings(root)).find(words)) == expected


@pytest.mark.parametrize(
    ("word", "intervals"),
    [("q1", ["Q1"]), ("C9", ["C9a", "C9b"]), ("c9a", ["C9a"]), ("q", ["Q1", "Q10"]), ("s2", [])],
)
def test_a_quarter_is_that_quarter(root, word, intervals):
    for keyword, number in (("quarter", 1), ("quarter", 10), ("campaign", 91), ("campaign", 92)):
        mission = {"quarter": "Kepler", "campaign": "K2"}[keyword]
        tpf = simulate_tpf(mission, n_cadences=5, shape=(3, 3))
        tpf.attrs[keyword] = number
        write_tpf(tpf, root / "deeper" / f"x{number}.fits")
    found = scanned(Holdings(root / "deeper")).find(word + " x")
    assert [one.about.interval for one in found.holdings] == intervals


def test_it_is_sorted_and_cut(root):
    holdings = scanned(Holdings(root))
    assert names(holdings.find(by="cadences", most=2)) == ["Kepler.fits", "K2.fits"]
    assert names(holdings.find(by="-cadences", most=1)) == ["TESS.fits"]
    assert holdings.find(most=1).count == 4
    assert names(holdings.find(by="no such thing")) == names(holdings.find())


def test_only_what_has_changed_is_looked_at_again(root, monkeypatch):
    looked = []
    glance = tpfdash.app.holdings.glance
    monkeypatch.setattr(
        "tpfdash.app.holdings.glance",
        lambda path: looked.append(os.path.basename(path)) or glance(path),
    )
    holdings = scanned(Holdings(root, fresh=0))
    assert sorted(looked) == sorted(
        ["K2.fits", "Kepler.fits", "TESS.fits", "50% off.fits", "text.fits"]
    )
    looked.clear()
    os.replace(root / "Kepler.fits", root / "K2.fits")
    found = scanned(holdings).find("k2.fits")
    assert looked == ["K2.fits"]
    assert found.total == 3 and found.holdings[0].about.mission == "Kepler"


def test_it_can_be_used_while_it_is_made(root, monkeypatch):
    go_on = threading.Event()
    glance = tpfdash.app.holdings.glance
    monkeypatch.setattr("tpfdash.app.holdings.glance", lambda path: go_on.wait(30) and glance(path))
    holdings, told = Holdings(root), []
    holdings.refresh(lambda: told.append(1))
    assert holdings.find().scanning and holdings.find().total == 0
    go_on.set()
    until(lambda: told, "word that it is there")
    assert holdings.find().total == 4
    holdings.refresh(lambda: told.append(2))  # it is fresh
    assert not holdings.scanning and told == [1]


def test_a_folder_that_is_gone_leaves_an_empty_list(root):
    holdings = Holdings(root, fresh=0)
    shutil.rmtree(root)
    assert scanned(holdings).find().total == 0


def test_a_root_that_is_none_is_refused(tmp_path):
    with pytest.raises(TPFError, match="--root"):
        Holdings(tmp_path / "missing")
