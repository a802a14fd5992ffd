"""The whole suite: where the real target pixel files are, and what comes last."""

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.archive_holdings import stock
from tests.archive_server import ArchiveServer

# How long an example takes is the machine's affair.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def pytest_collection_modifyitems(items):
    """What drives a browser comes last: it leaves an event loop running, and its pages noted."""
    items.sort(key=lambda item: bool({"browser", "notebook"} & set(item.path.parts)))


@pytest.fixture(scope="session")
def data_file():
    """A function from the name of a real file to its path; skips where there are none."""
    folder = os.environ.get("TPFDASH_TEST_DATA")

    def find(name):
        if not folder:
            pytest.skip("TPFDASH_TEST_DATA names no folder of real target pixel files")
        path = Path(folder) / name
        if not path.exists():
            pytest.skip(f"the folder that TPFDASH_TEST_DATA names has no {name}")
        return path

    return find


@pytest.fixture
def archive(monkeypatch, tmp_path):
    """An archive of our own that searches ask, and an empty cache; see archive_server.py."""
    for name in ("HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("TPFDASH_OFFLINE", raising=False)
    monkeypatch.setenv("TPFDASH_CACHE", str(tmp_path / "cache"))
    with ArchiveServer() as server:
        monkeypatch.setenv("TPFDASH_MAST", server.url)
        yield server


@pytest.fixture(scope="session")
def archived_files(tmp_path_factory):
    """A small target pixel file of each mission."""
    from tpfdash import simulate_tpf, write_tpf

    folder = tmp_path_factory.mktemp("archived")
    files = {}
    for mission, shape in (("Kepler", (5, 6)), ("K2", (7, 8)), ("TESS", (11, 9))):
        tpf = simulate_tpf(mission, n_cadences=50, shape=shape)
        files[mission] = write_tpf(tpf, folder / f"{mission}.fits")
        if mission != "TESS":
            packed = folder / f"{mission}.fits.gz"
            packed.write_bytes(gzip.compress(files[mission].read_bytes()))
            files[mission] = packed
    return files


@pytest.fixture
def stocked(archive, archived_files):
    """That archive with files of every mission; see `stock` of archive_holdings.py."""
    return stock(archive, archived_files)


@pytest.fixture
def impatient(monkeypatch):
    """Time-outs and pauses that a test has the time for."""
    monkeypatch.setattr("tpfdash.archive.sessions.TIMEOUTS", (2.0, 0.4))
    monkeypatch.setattr("tpfdash.archive.mast.CUTOUT_TIMEOUTS", (2.0, 0.4))
    monkeypatch.setattr("tpfdash.archive.sessions.PAUSE", 0.01)
    monkeypatch.setattr("tpfdash.archive.mast._FIRST_POLL", 0.01)
