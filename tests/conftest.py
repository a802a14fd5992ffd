"""Fixtures of the whole suite: where the real target pixel files are."""

import os
from pathlib import Path

import pytest


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
