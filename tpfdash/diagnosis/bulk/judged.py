"""What people say of the events in a file of results: words and notes, kept beside it at once.

A file of lines of JSON that only ever grows, so that several people may write to it: a line says
what one of them said of one event, and of each event the last word and the last note count.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tpfdash.diagnosis.bulk.records import write_all
from tpfdash.diagnosis.windows import Window, known_of
from tpfdash.errors import NO_NUMBER, TPFError

__all__ = ["WORDS", "Judged", "Judgement", "judged_path"]

#: Word -> what it means; "": none.
WORDS = {
    "": "not judged",
    "real": "on the target",
    "elsewhere": "on another star or object",
    "artefact": "instrumental",
    "unsure": "cannot tell",
}
#: Characters of a note or a name, at most.
LONGEST = 1000
_ENDS = (".jsonl", ".judged.jsonl")


@dataclass(frozen=True)
class Judgement:
    """What is said of one event.

    Parameters
    ----------
    word : str
        One of `WORDS`.
    note : str
    who : str
        Who said the last of it; "" where nobody gave a name.
    when : str
        ISO 8601, UTC.
    """

    word: str = ""
    note: str = ""
    who: str = ""
    when: str = ""


def judged_path(lines: Path) -> Path:
    """Where what is said of the events in a file of lines is kept: results.judged.jsonl."""
    return lines.with_name(lines.name.removesuffix(_ENDS[0]) + _ENDS[1])


class Judged:
    """The words and notes on the events in a file of results.

    Parameters
    ----------
    path : path
        Need not exist yet.

    Attributes
    ----------
    path : Path
    version : int
        Goes up with each line that is taken in.
    unread : int
        Lines that could not be read: cut off when a disk was full, say.

    Raises
    ------
    TPFError
        Where the file cannot be read or holds something else.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        self.version = 0
        self._forget()
        self.update()

    def _forget(self) -> None:
        self._by_source: dict[str, dict[Window | None, Judgement]] = {}
        self._end, self._identity, self._read, self.unread = 0, -1, 0, 0

    def __len__(self) -> int:
        """How many events something was said of."""
        return sum(map(len, self._by_source.values()))

    @property
    def sources(self) -> list[str]:
        """The files of which something was said."""
        return list(self._by_source)

    def of(self, source: str, windows: list[Window]) -> list[Judgement | None]:
        """What is said of the events of a file: in these windows, or in ones mostly the same."""
        known = self._by_source.get(source, {})
        return known_of(windows, {window: one for window, one in known.items() if window})

    def of_file(self, source: str) -> Judgement | None:
        """What is said of a file as a whole."""
        return self._by_source.get(source, {}).get(None)

    def say(
        self,
        source: str,
        window: Window | None,
        *,
        word: str | None = None,
        note: str | None = None,
        who: str = "",
    ) -> None:
        """Add a word or a note, or both, on an event; it is on the disk when this returns.

        Parameters
        ----------
        source : str
        window : (t0, t1) or None
            None: the file as a whole, which has notes alone.
        word : str, optional
            One of `WORDS`; "" takes it back.
        note : str, optional
        who : str

        Raises
        ------
        TPFError
            On another word, a text of more than 1,000 characters, and where the file cannot be
            written.
        """
        if word is not None and word not in WORDS:
            raise TPFError(f"{word!r} is no word for an event: it should be one of {_SPELLED}.")
        if word and window is None:
            raise TPFError("this file has no event: a note may be on it, but no word.")
        for text in (note or "", who):
            if len(text) > LONGEST:
                raise TPFError(
                    f"{text[:40]!r}... has {len(text):,} characters: it should have "
                    f"{LONGEST:,} at most."
                )
        self.update()
        said = {"word": word, "note": note}
        known = self._by_source.get(source, {})
        if window is not None and window not in known:
            # What was said of it by a window a little different is to go on counting.
            (before,) = self.of(source, [window])
            if before is not None:
                said = {name: getattr(before, name) if v is None else v for name, v in said.items()}
        line = {
            "source": source,
            "window": window,
            **{name: value for name, value in said.items() if value is not None},
            "who": who,
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self._append(json.dumps(line).encode() + b"\n")
        self.update()

    def update(self) -> bool:
        """Take in what was said since, by whomever.

        Returns
        -------
        bool
            Whether anything was.

        Raises
        ------
        TPFError
            Where the file cannot be read or holds something else.
        """
        try:
            state = self.path.stat()
        except FileNotFoundError:
            state = None
        except OSError as error:
            raise TPFError(f"{self.path} cannot be read: {error.strerror}.") from error
        gone = state is None and self._read > 0
        if gone or state and (state.st_ino != self._identity or state.st_size < self._end):
            self._forget()
            self.version += 1
        if state is None or state.st_size == self._end:
            return gone
        self._identity = state.st_ino
        try:
            with open(self.path, "rb") as file:
                file.seek(self._end)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._end += len(line)
                    self._take(line)
        except OSError as error:
            raise TPFError(f"{self.path} cannot be read: {error.strerror}.") from error
        if self.unread and not self._read:
            raise TPFError(f"{self.path} holds no judgements: it should be moved away.")
        return True

    def _take(self, line: bytes) -> None:
        read = _as_said(line)
        if read is None:
            self.unread += bool(line.strip())
            return
        self._read += 1
        self.version += 1
        source, window, said = read
        known = self._by_source.setdefault(source, {})
        known[window] = replace(known.get(window, Judgement()), **said)

    def _append(self, line: bytes) -> None:
        """Write a line in one piece, so that those of others stay whole."""
        try:
            with open(self.path, "a+b", buffering=0) as file:
                if file.seek(0, os.SEEK_END):
                    file.seek(-1, os.SEEK_END)
                    if file.read(1) != b"\n":  # what was cut off there is no part of this
                        line = b"\n" + line
                write_all(file, line)
                os.fsync(file.fileno())
        except OSError as error:
            raise TPFError(f"{self.path} cannot be written: {error.strerror}.") from error


_SPELLED = ", ".join(map(repr, WORDS))


def _as_said(line: bytes) -> tuple[str, Window | None, dict[str, str]] | None:
    """A line as (source, window, what is said); None where it is none."""
    try:
        read: Any = json.loads(line)
    except (RecursionError, ValueError):
        return None
    window: Window | None = None
    match read:
        case {"source": str(source), "window": [t0, t1]}:
            try:
                window = float(t0), float(t1)
            except NO_NUMBER:
                return None
        case {"source": str(source), "window": None}:
            pass
        case _:
            return None
    said = _texts(read)
    return None if said is None or said.get("word", "") not in WORDS else (source, window, said)


def _texts(read: Mapping[str, Any]) -> dict[str, str] | None:
    said = {name: read[name] for name in ("word", "note", "who", "when") if name in read}
    return said if all(isinstance(value, str) for value in said.values()) else None
