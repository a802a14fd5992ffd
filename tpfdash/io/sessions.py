"""Sessions as files: what `tpfdash.inspector.session` gives, as JSON, out and back in.

What the choices of a session mean, and whether a file can take them, is not known here.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from tpfdash.errors import TPFError
from tpfdash.io.atomic import write_atomically

__all__ = [
    "LARGEST_SESSION",
    "SESSION_FORMAT",
    "SESSION_VERSION",
    "check_session",
    "read_session",
    "session_bytes",
    "write_session",
]

SESSION_FORMAT = "tpfdash session"
#: Goes up when what is written now would be misread by those who read the version before.
SESSION_VERSION = 1
#: Bytes of a file: some thirty thousand rectangles of a mask.
LARGEST_SESSION = 2**20

_RIGHT = "it should be a session as tpfdash saves it"

SessionSource = str | os.PathLike | bytes | bytearray | BinaryIO


def check_session(session: Any, name: str = "the session") -> dict[str, Any]:
    """The choices in a session, by the names of the Inspector's params.

    Parameters
    ----------
    session : mapping
    name : str
        What messages call it.

    Raises
    ------
    TPFError
        On what is no session, and on one of another version.
    """
    if not isinstance(session, Mapping) or session.get("format") != SESSION_FORMAT:
        raise TPFError(f"{name} is no session: {_RIGHT}.")
    version = session.get("version")
    if isinstance(version, bool) or version != SESSION_VERSION:
        raise TPFError(
            f"{name} is a session of version {str(version)[:20]}: this tpfdash reads version "
            f"{SESSION_VERSION}."
        )
    choices = session.get("choices")
    if not isinstance(choices, Mapping):
        raise TPFError(f"{name} has no choices in it: {_RIGHT}.")
    return dict(choices)


def session_bytes(session: Mapping[str, Any]) -> bytes:
    """A session as the contents of a file: JSON, one line a choice.

    Raises
    ------
    TPFError
        On what is no session, and on one with values that JSON has no word for.
    """
    choices = check_session(session)
    try:
        head = [
            f"  {json.dumps(str(key))}: {json.dumps(value, allow_nan=False)},"
            for key, value in session.items()
            if key != "choices"
        ]
        lines = [
            f"    {json.dumps(str(key))}: {json.dumps(value, allow_nan=False)}"
            for key, value in choices.items()
        ]
    except (RecursionError, TypeError, ValueError) as error:
        raise TPFError(f"the session cannot be written ({error}): {_RIGHT}.") from None
    return "\n".join(["{", *head, '  "choices": {', ",\n".join(lines), "  }", "}", ""]).encode()


def write_session(
    path: str | os.PathLike, session: Mapping[str, Any], *, overwrite: bool = False
) -> Path:
    """Write a session to a file, whole or not at all.

    Parameters
    ----------
    path : path
    session : dict
        As `session_of` gives it.
    overwrite : bool
        Whether a file that is there may be replaced.

    Raises
    ------
    TPFError
        As `session_bytes` and `write_atomically` do.
    """
    data = session_bytes(session)
    return write_atomically(path, lambda file: file.write(data), overwrite=overwrite)


def read_session(source: SessionSource) -> dict[str, Any]:
    """The session in a file.

    Parameters
    ----------
    source : path, bytes or binary file
        What `write_session` wrote, of `LARGEST_SESSION` bytes at most.

    Returns
    -------
    dict
        For `restore`, which finds out whether its choices are any good.

    Raises
    ------
    TPFError
        Where it cannot be read, is too large, is no session or one of another version.
    """
    data, name = _contents(source)
    if len(data) > LARGEST_SESSION:
        raise TPFError(
            f"{name} is too large for a session: it should have at most {LARGEST_SESSION >> 20} MB."
        )
    try:
        session = json.loads(data.decode(), parse_constant=_no_number)
    except (RecursionError, ValueError):
        raise TPFError(f"{name} is no JSON: {_RIGHT}.") from None
    check_session(session, name)
    return session


def _contents(source: SessionSource) -> tuple[bytes, str]:
    """The first bytes of a source, one more than may be, and what messages call it."""
    if isinstance(source, bytes | bytearray):
        return bytes(source), "the data"
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            if not path.is_file():  # a pipe or a device would be waited for
                raise TPFError(f"{path} is no file: it should be a session that was saved.")
            with open(path, "rb") as file:
                return file.read(LARGEST_SESSION + 1), str(path)
        except (OSError, ValueError) as error:
            if isinstance(error, TPFError):
                raise
            reason = getattr(error, "strerror", None) or error
            raise TPFError(f"{str(path)!r} cannot be read ({reason}).") from None
    if not hasattr(source, "read"):
        raise TPFError(f"{type(source).__name__} is no source of a session: {_RIGHT}.")
    name = getattr(source, "name", None)
    name = Path(name).name if name and isinstance(name, str) else "the file"
    contents = io.BytesIO()
    while contents.tell() <= LARGEST_SESSION and (piece := source.read(2**16)):
        if not isinstance(piece, bytes | bytearray):
            raise TPFError(f"{name} gives text: it should be opened in binary mode.")
        contents.write(piece)
    return contents.getvalue(), name


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")
