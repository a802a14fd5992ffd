"""How much the cache may hold: what was used least recently goes first.

Only where `TPFDASH_CACHE_SIZE` says so, as a server for strangers does: somebody's own cache, which
is lightkurve's too, loses nothing by itself.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from tpfdash.archive.settings import cache_bytes, cache_folder
from tpfdash.errors import TPFError

__all__ = ["check_size", "make_room", "note_use"]

#: Folders of the cache with fetched files, and how those are called that are still coming.
_FOLDERS, _COMING = ("mastDownload", "tesscut"), ".tpfdash-"


def note_use(path: Path) -> None:
    """A file of the cache is used now, whatever its file system keeps of that."""
    if cache_bytes() is not None:
        with suppress(OSError):  # a cache that cannot be written to
            os.utime(path)


def check_size(size: int) -> None:
    """Raise TPFError where a file of so many bytes could not be kept even by itself."""
    most = cache_bytes()
    if most is not None and size > most:
        raise TPFError(
            f"the file has more than the {most / 1e6:,.1f} MB that may be kept of the archive's "
            "files (TPFDASH_CACHE_SIZE)."
        )


def make_room(coming: Path) -> None:
    """Remove what was used least recently, until all files have room with one that is there now.

    Parameters
    ----------
    coming : path
        The file that has come, under the name that it has until it is kept.

    Raises
    ------
    TPFError
        Where it is too large by itself.
    """
    most = cache_bytes()
    if most is None:
        return
    check_size(coming.stat().st_size)
    kept, total = [], 0
    for path in (one for name in _FOLDERS for one in (cache_folder() / name).rglob("*")):
        with suppress(OSError):  # another process removes it
            if path.is_file() and not path.is_symlink():
                state = path.stat()
                total += state.st_size
                if not path.name.startswith(_COMING):
                    kept.append((state.st_mtime, state.st_size, path))
    for _, size, path in sorted(kept):
        if total <= most:
            return
        with suppress(OSError):
            path.unlink()  # who has it open goes on
            total -= size
