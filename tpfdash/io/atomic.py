"""Files that appear whole or not at all.

What goes into them belongs to whoever calls.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tpfdash.errors import TPFError

__all__ = ["write_atomically"]


def write_atomically(
    path: str | os.PathLike, write: Callable[[BinaryIO], object], *, overwrite: bool = False
) -> Path:
    """Let `write` fill a temporary file in the same folder, and give that the name `path`.

    Whoever looks at `path` sees the old file or the new one, never a part of it. Without
    `overwrite` a file that another program puts there in the meantime is kept too. Whatever goes
    wrong, the temporary file is gone afterwards.

    Parameters
    ----------
    path : path
        A symbolic link is followed when it is overwritten.
    write : callable
        Called with the temporary file, open for writing bytes.
    overwrite : bool
        Whether a file that is there may be replaced.

    Returns
    -------
    Path

    Raises
    ------
    TPFError
        If `path` exists and may not be replaced, is no regular file (but a folder, a device, a
        pipe, a link that leads nowhere), lies in a folder that does not exist, or cannot be
        written. What `write` raises, other than an OSError, comes through.
    """
    path = Path(path)
    _check(path, overwrite)
    target = Path(os.path.realpath(path)) if overwrite else path
    temporary = target.with_name(f".tpfdash-{uuid.uuid4().hex}.tmp")
    try:
        try:
            with open(temporary, "xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            if overwrite:
                os.replace(temporary, target)
            else:
                _name_new(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        raise TPFError(f"{path} cannot be written ({error.strerror or error}).") from error
    return path


def _check(path: Path, overwrite: bool) -> None:
    if "\0" in str(path):
        raise TPFError(f"{str(path)!r} has a null character: it should be the path of a file.")
    if path.is_dir():
        raise TPFError(f"{path} is a folder: it should be the path of a file.")
    if not path.parent.is_dir():
        raise TPFError(f"{path} cannot be written: its folder {path.parent} should exist.")
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise _taken(path)
    if not path.is_file():  # replaced by name, a device or a pipe would be gone for everybody
        raise TPFError(f"{path} is no regular file: it should be another path.")


def _taken(path: Path) -> TPFError:
    return TPFError(
        f"{path} exists already: it should be another path, or overwrite=True should be given."
    )


def _name_new(temporary: Path, target: Path) -> None:
    """Give a finished file its name, or FileExistsError where the name is taken by now."""
    try:
        os.link(temporary, target)  # unlike a rename, never replaces
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: claim the name first
        open(target, "xb").close()
        try:
            os.replace(temporary, target)
        except OSError:
            target.unlink(missing_ok=True)
            raise
