"""A folder of a server of its own, for what its processes share: nobody else can look into it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

from tpfdash.errors import TPFError

__all__ = ["METRICS", "count_together", "private_folder", "remove"]

#: The environment variable that names the folder in which several processes count.
METRICS = "PROMETHEUS_MULTIPROC_DIR"

#: What is held in a folder as long as any process of its server lives.
_LOCK = ".alive"
_held: list[BinaryIO] = []


def private_folder() -> Path:
    """A new one; those that killed servers of this user have left behind are taken away.

    Raises
    ------
    TPFError
        Where none can be made.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"tpfdash-{os.getpid()}-"))
        lock = open(folder / _LOCK, "wb")  # noqa: SIM115
        fcntl.flock(lock, fcntl.LOCK_SH)  # and with it those that are forked from here on
        _held.append(lock)
    except OSError as error:
        raise TPFError(
            f"no temporary folder can be made ({error.strerror}): TMPDIR should name a folder that "
            "can be written to."
        ) from None
    for old in folder.parent.glob("tpfdash-*-*"):
        if old != folder and _is_left_behind(old):
            shutil.rmtree(old, ignore_errors=True)
    return folder


def _is_left_behind(folder: Path) -> bool:
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return False
        with open(folder / _LOCK, "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # it is none of ours, or held
        return False
    return True


def remove(folder: Path) -> None:
    """Take it away with all that is in it, if this is the process that made it."""
    if folder.name.split("-")[1] == str(os.getpid()):
        shutil.rmtree(folder, ignore_errors=True)


def count_together(folder: Path) -> None:
    """Have the processes of a server count in one place, which has to be said before they do."""
    place = folder / "metrics"
    place.mkdir()
    os.environ[METRICS] = str(place)
