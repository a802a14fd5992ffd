"""Files that change, or are none, while they are open."""

import os

import pytest

from tpfdash.errors import TPFError
from tpfdash.io.fits.stores import MemoryStore, open_path


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "star.fits"
    path.write_bytes(os.urandom(300_000))
    return path


def later(path):
    """Give a file another time of change, whatever the clock's ticks."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))


def test_a_touched_file_goes_on(path):
    store, data = open_path(path, "star"), path.read_bytes()
    later(path)
    assert store.read(100, 1000) == data[100:1100]
    assert store.gather([5, 50], 2) == data[5:7] + data[50:52]


def test_a_file_written_again_as_it_was_goes_on(path):
    store, data = open_path(path, "star"), path.read_bytes()
    path.write_bytes(data)
    later(path)
    assert store.read(0, len(data)) == data


def test_a_file_that_is_replaced_or_removed_stays_what_was_opened(path):
    store, data = open_path(path, "star"), path.read_bytes()
    other = path.with_name("other")
    other.write_bytes(b"short")
    os.replace(other, path)
    assert store.read(0, 10) == data[:10]
    path.unlink()
    assert store.read(0, 10) == data[:10]


@pytest.mark.parametrize("change", ["cut", "emptied", "longer", "start", "middle", "end"])
def test_a_file_changed_in_place_is_refused(path, change):
    store, data = open_path(path, "star"), bytearray(path.read_bytes())
    where = {"start": slice(0, 10), "middle": slice(140_000, 180_000), "end": slice(-10, None)}
    if change in where:
        data[where[change]] = bytes(len(data[where[change]]))
    elif change == "longer":
        data += b"more"
    else:
        data = data[:1000] if change == "cut" else b""
    with open(path, "r+b") as file:
        file.write(data)
        file.truncate()
    later(path)
    for _ in range(2):
        with pytest.raises(TPFError, match="star has changed on disk"):
            store.read(0, 100)
        with pytest.raises(TPFError, match="star has changed on disk"):
            store.gather([0], 100)


def test_files_shorter_than_what_is_looked_at(tmp_path):
    for length in (0, 1, 5000, 40_000):
        path = tmp_path / str(length)
        path.write_bytes(os.urandom(length))
        store = open_path(path, "short")
        later(path)
        assert store.up_to(0, 10**6) == path.read_bytes()


def test_what_is_not_there_is_no_shorter_answer(path):
    for store in (open_path(path, "star"), MemoryStore(bytes(300_000), "star")):
        for offset, count in ((299_999, 2), (300_001, 1), (0, 300_001)):
            with pytest.raises(TPFError, match="star is truncated"):
                store.read(offset, count)
        assert store.up_to(299_999, 2) == store.read(299_999, 1)
        assert store.up_to(400_000, 2) == b""
        assert store.reaches(300_000) and not store.reaches(300_001)


def test_pipes_and_devices_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", os.devnull):
        with pytest.raises(TPFError, match="is no regular file"):
            open_path(path, "star")
