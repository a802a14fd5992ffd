"""A server's own folder: private, and gone even where the server was killed."""

import os
import stat
import subprocess
import sys

import pytest

from tpfdash import TPFError
from tpfdash.server.folder import private_folder, remove


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


HOLD = """
import os, time
from tpfdash.server.folder import private_folder
folder = private_folder()
(folder / "upload").write_text("x")
forked = os.fork()
print(folder, forked, flush=True) if forked else None
time.sleep(600)
"""


def test_nobody_else_can_look_into_it():
    folder = private_folder()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    remove(folder)
    assert not folder.exists()


def test_what_a_killed_server_left_is_taken_away_once_all_its_processes_are_gone(temporary):
    (temporary / "tpfdash-1-other").mkdir()  # somebody else's, by its looks
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True) as one:
        left, forked = one.stdout.readline().split()
        one.kill()
    try:
        remove(private_folder())
        assert os.path.exists(left)  # one of its processes lives
    finally:
        os.kill(int(forked), 9)
    while os.path.exists(left):
        remove(private_folder())  # until the system has ended that one
    assert [path.name for path in temporary.iterdir()] == ["tpfdash-1-other"]


def test_one_that_is_not_this_process_own_is_not_removed(temporary):
    other = temporary / "tpfdash-1-other"
    other.mkdir()
    remove(other)
    assert other.exists()


def test_where_none_can_be_made_it_says_so(monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/dev/null")
    with pytest.raises(TPFError, match="TMPDIR"):
        private_folder()
