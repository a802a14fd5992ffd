"""The whole suite: where the real target pixel files are, and what comes last."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

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
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "TPFDASH_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TPFDASH_CACHE", str(tmp_path / "cache"))
    with ArchiveServer() as server:
        monkeypatch.setenv("TPFDASH_MAST", server.url)
        yield server
