"""What gets ready in the background, in processes of their own: it happens once in each."""

import os
import subprocess
import sys

import numpy as np
import pytest

from tpfdash.stamp import sums
from tpfdash.views import raster, warm


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_everything_is_ready_once_the_thread_is_done():
    thread = warm.warm_up()
    assert thread.daemon
    assert warm.warm_up() is thread
    thread.join()
    assert sums.compiled_kernel() is not None
    x = np.linspace(0, 1, raster.FEW_POINTS + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raster, "_by_numpy", None)  # is not called
        assert raster.counts(x, x, (0, 1), (0, 1), (9, 9)).sum() == x.size


def test_what_cannot_be_made_ready_is_left_to_numpy(monkeypatch):
    done = []

    def prepare_one():
        raise ImportError("numba is missing")

    monkeypatch.setattr(warm, "compile_kernel", prepare_one)
    monkeypatch.setattr(warm, "prepare_datashader", lambda: done.append(True))
    monkeypatch.setattr(warm, "_threads", {})
    warm.warm_up().join()
    assert done == [True]


def test_importing_starts_nothing():
    done = run(
        "import sys, threading, tpfdash.app.page\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
        "assert 'datashader' not in sys.modules\n"
    )
    assert done.returncode == 0, done.stderr


WAITING = """
import threading
from tpfdash.views import warm
begun = threading.Event()
def wait_for_ever():
    begun.set()
    threading.Event().wait()
warm.compile_kernel = wait_for_ever
warm.warm_up()
begun.wait()
"""


def test_a_process_ends_without_waiting_for_it():
    assert run(WAITING).returncode == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_starts_a_thread_of_its_own():
    done = run(
        WAITING + "import os\n"
        "warm.compile_kernel = lambda: None\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    warm.warm_up().join()\n"
        "    os._exit(7)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7\n"
    )
    assert done.returncode == 0, done.stderr
