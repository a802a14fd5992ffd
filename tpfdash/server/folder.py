"""A folder of a server of its own, for what its processes share: nobody else can look into it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from tpfdash.errors import TPFError

__all__ = ["METRICS", "count_together", "private_folder", "remove"]

#: The environment variable that names the folder in which several processes count.
METRICS = "PROMETHEUS_MULTIPROC_DIR"


def private_folder() -> Path:
    """A new one.

    Raises
    ------
    TPFError
        Where none can be made.
    """
    try:
        return Path(tempfile.mkdtemp(prefix=f"tpfdash-{os.getpid()}-"))
    except OSError as error:
        raise TPFError(
            f"no temporary folder can be made ({error.strerror}): TMPDIR should name a folder that "
            "can be written to."
        ) from None


def remove(folder: Path) -> None:
    """Take it away with all that is in it, if this is the process that made it."""
    if folder.name.split("-")[1] == str(os.getpid()):
        shutil.rmtree(folder, ignore_errors=True)


def count_together(folder: Path) -> None:
    """Have the processes of a server count in one place, which has to be said before they do."""
    place = folder / "metrics"
    place.mkdir()
    os.environ[METRICS] = str(place)
