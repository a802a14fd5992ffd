"""How much the cache may hold: what was used least recently goes first, and no more than has to."""

import os

import pytest

from tpfdash.archive.fetch import fetch
from tpfdash.archive.room import make_room
from tpfdash.archive.settings import cache_bytes, cache_folder, size_of
from tpfdash.errors import TPFError

URI = "mast:TESS/product/tess2019226182529-s0015-0000000273589987-0151-s_tp.fits"


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TPFDASH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TPFDASH_CACHE_SIZE", "1000")
    return tmp_path / "cache"


def put(folder, name, size, used):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (used, used))
    return path


def test_what_was_used_least_recently_goes_and_no_more(folder):
    old = put(folder, "mastDownload/TESS/a/a.fits", 300, 10)
    older = put(folder, "tesscut/b.fits", 300, 5)
    new = put(folder, "mastDownload/K2/c/c.fits", 300, 20)
    others = put(folder, "notes.txt", 5000, 1), put(folder.parent, "beside.fits", 5000, 1)
    coming = put(folder, "tesscut/.tpfdash-1.part", 350, 30)
    elsewhere = put(folder, "tesscut/.tpfdash-2.part", 20, 1)
    make_room(coming)
    assert not older.exists()
    assert all(path.exists() for path in (old, new, coming, elsewhere, *others))


def test_what_is_too_large_by_itself_is_refused_and_removes_nothing(folder):
    old = put(folder, "tesscut/a.fits", 900, 10)
    with pytest.raises(TPFError, match="TPFDASH_CACHE_SIZE"):
        make_room(put(folder, "tesscut/.tpfdash-1.part", 1001, 30))
    assert old.exists()


def test_unless_it_is_said_nothing_goes(folder, monkeypatch):
    monkeypatch.delenv("TPFDASH_CACHE_SIZE")
    assert cache_bytes() is None
    old = put(folder, "tesscut/a.fits", 9000, 10)
    make_room(put(folder, "tesscut/.tpfdash-1.part", 9000, 30))
    assert old.exists()


@pytest.mark.usefixtures("impatient")
def test_a_file_that_is_fetched_makes_room_and_its_use_is_noted(stocked, monkeypatch):
    size = fetch(URI).stat().st_size
    monkeypatch.setenv("TPFDASH_CACHE_SIZE", str(size + 500))
    path = fetch(URI)
    os.utime(path, (5, 5))
    other = put(cache_folder(), "tesscut/a.fits", 400, 10)
    assert fetch(URI) == path and path.stat().st_mtime > 10  # is used again
    path.unlink()
    put(cache_folder(), "tesscut/b.fits", 400, 20)
    fetch(URI)
    assert not other.exists() and (cache_folder() / "tesscut/b.fits").exists()
    path.unlink()
    monkeypatch.setenv("TPFDASH_CACHE_SIZE", str(size - 1))
    with pytest.raises(TPFError, match="more than the .* MB that may be kept"):
        fetch(URI)
    left = [one.name for one in cache_folder().rglob("*") if one.is_file()]
    assert left == ["b.fits"]


@pytest.mark.parametrize("text, bytes", [("500M", 500 << 20), ("1.5 GB", 3 << 29), ("0", 0)])
def test_a_size(text, bytes):
    assert size_of(text, "--size") == bytes


@pytest.mark.parametrize("text", ["", "much", "-1", "1 X", "nan", "1e9", "٣"])
def test_what_is_no_size_is_refused(text, monkeypatch):
    with pytest.raises(TPFError, match="--size is"):
        size_of(text, "--size")
