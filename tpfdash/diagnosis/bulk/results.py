"""The events in a file of results: what a table shows of each, and where in the file the rest is.

A record is read when somebody looks at it: what is in memory grows by some 80 bytes an event.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tpfdash.diagnosis.bulk.records import (
    LINES,
    as_number,
    as_record,
    check_suffix,
    event_window,
)
from tpfdash.diagnosis.summary import VERDICT_NAMES
from tpfdash.errors import TPFError

__all__ = ["CODES", "NUMBERS", "Results", "lines_of"]

#: Verdict -> its number in the index.
CODES = {name: code for code, name in enumerate(VERDICT_NAMES)}
#: Numbers that the index holds of each event, NaN where not known.
NUMBERS = (
    *("time", "start", "end", "confidence", "snr", "depth_ppm", "duration"),
    "offset_sigma",
)
#: Texts that it holds of each file.
_TEXTS = ("source", "object", "mission", "error")
#: Records that are kept once they were read.
_KEPT = 64

Record = dict[str, Any]


def lines_of(path: str | os.PathLike) -> Path:
    """The file of lines that results are in: itself, or what a table of them was made of.

    Raises
    ------
    TPFError
        Where it is no file of results, or there are no such lines.
    """
    path = Path(path)
    check_suffix(path)
    if path.suffix == LINES:
        if not path.is_file():
            raise TPFError(f"{path} cannot be read: there is no such file.")
        return path
    lines = path.with_name(path.name + LINES)
    if not lines.is_file():
        raise TPFError(
            f"{path} is a table alone: the lines that it was made of, {lines.name}, should be "
            "beside it."
        )
    return lines


class Results:
    """An index of the events in a file of results that may still be written to.

    Parameters
    ----------
    path : path
        Lines of JSON as `tpfdash diagnose` writes them; or the .ecsv or .parquet made of such
        lines, with those beside it.
    progress : callable, optional
        Called with (bytes read, bytes in all) as they are read.

    Attributes
    ----------
    path : Path
        Of the lines.
    version : int
        Goes up whenever rows have come.
    file : int32 array (rows,)
        The number of each row's file, from 0, in the order of the lines.
    verdict : int8 array (rows,)
        Its number in `CODES`; -1: the file has an error, and no event.
    numbers : dict of str to float64 array (rows,)
        `NUMBERS`: days, ppm, sigma; `start` and `end` are the window's.

    Raises
    ------
    TPFError
        Where it cannot be read or holds something else.
    """

    def __init__(self, path: str | os.PathLike, progress: Callable[[int, int], None] | None = None):
        self.path = lines_of(path)
        self.version = 0
        self._lock = threading.Lock()  # a table that is saved is read in a thread
        self._forget()
        self.update(progress)

    def _forget(self) -> None:
        self._end, self._identity = 0, -1
        self._offsets: list[int] = []
        self._texts: dict[str, list[str]] = {name: [] for name in _TEXTS}
        self._first = [0]  # the first row of each file, and the end of the last one's
        self._number_of: dict[str, int] = {}
        self._records: dict[int, Record] = {}
        self.file = np.zeros(0, dtype=np.int32)
        self.verdict = np.zeros(0, dtype=np.int8)
        self.numbers = {name: np.zeros(0) for name in NUMBERS}

    def __len__(self) -> int:
        """How many rows: one for each event, and for each file with an error."""
        return len(self.verdict)

    @property
    def files(self) -> int:
        """How many files have their line."""
        return len(self._offsets)

    @property
    def errors(self) -> int:
        """How many of them have an error."""
        return sum(map(bool, self._texts["error"]))

    @property
    def has_grown(self) -> bool:
        """Whether the file holds more than was read, or is another one by now."""
        state = self._state()
        return state.st_size != self._end or state.st_ino != self._identity

    def texts(self, name: str) -> Sequence[str]:
        """The `source`, `object`, `mission` or `error` of each file, "" where there is none."""
        return self._texts[name]

    def text(self, name: str, row: int) -> str:
        """The same of a row's file."""
        return self._texts[name][self.file[row]]

    def window(self, row: int) -> tuple[float, float] | None:
        """What the event of a row is told from others by; None of a file with an error."""
        ends = float(self.numbers["start"][row]), float(self.numbers["end"][row])
        return ends if np.isfinite(ends).all() else None

    def rows_of(self, source: str) -> range:
        """The rows of a file by its name."""
        number = self._number_of.get(source)
        return range(0) if number is None else range(self._first[number], self._first[number + 1])

    # -- reading ----------------------------------------------------------------------------------

    def update(self, progress: Callable[[int, int], None] | None = None) -> bool:
        """Take in the lines that have come since; all anew where the file is another one.

        Returns
        -------
        bool
            Whether any have.

        Raises
        ------
        TPFError
            Where a line holds no record; what was read before stays.
        """
        state = self._state()
        if state.st_ino != self._identity or state.st_size < self._end:
            self._forget()
            self._identity = state.st_ino
        came = _Came()
        try:
            with open(self.path, "rb") as file:
                file.seek(self._end)
                offset = self._end
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    number = len(self._offsets) + len(came.offsets) + 1
                    came.add(as_record(line, self.path, number), offset)
                    offset += len(line)
                    if progress is not None:
                        progress(offset, state.st_size)
        except OSError as error:
            raise TPFError(f"{self.path} cannot be read: {error.strerror}.") from error
        if not came.offsets and self.version:
            return False
        first = len(self)
        self.file = np.append(self.file, np.array(came.files, dtype=np.int32) + self.files)
        self.verdict = np.append(self.verdict, np.array(came.verdicts, dtype=np.int8))
        for name, column in self.numbers.items():
            self.numbers[name] = np.append(column, np.array(came.numbers[name], dtype=np.float64))
        self._number_of |= {name: self.files + n for n, name in enumerate(came.texts["source"])}
        self._offsets += came.offsets
        for name, texts in came.texts.items():
            self._texts[name] += texts
        self._first += [first + one for one in came.ends]
        self._end = offset
        self.version += 1
        return True

    def record(self, number: int) -> Record:
        """The record of a file by its number.

        Raises
        ------
        TPFError
            Where it is not there any more.
        """
        record = self._records.get(number)
        if record is None:
            record = self._read(number)
            with self._lock:
                while len(self._records) >= _KEPT:
                    del self._records[next(iter(self._records))]
                self._records[number] = record
        return record

    def _read(self, number: int) -> Record:
        try:
            with open(self.path, "rb") as file:
                file.seek(self._offsets[number])
                record = as_record(file.readline(), self.path, number + 1)
        except OSError as error:
            raise TPFError(f"{self.path} cannot be read: {error.strerror}.") from error
        if record["source"] != self._texts["source"][number]:
            raise TPFError(f"{self.path} has changed since it was read: read it again.")
        return record

    def event(self, row: int) -> Record:
        """All that is known of a row: of its event, and `source`, `object` ... of its file."""
        number = int(self.file[row])
        record = self.record(number)
        facts = {name: value for name, value in record.items() if name not in ("events", "asked")}
        events = record.get("events") or []
        nth = row - self._first[number]
        return facts | (events[nth] if nth < len(events) else {})

    def path_of(self, number: int) -> Path | None:
        """A file by its number, where it is on this machine: as named, or beside the results."""
        source = self._texts["source"][number]
        try:
            for path in (Path(source), self.path.parent / source):
                if path.is_file():
                    return path
        except (OSError, ValueError):  # a name that can be no file's
            pass
        return None

    def _state(self) -> os.stat_result:
        try:
            return self.path.stat()
        except OSError as error:
            raise TPFError(f"{self.path} cannot be read: {error.strerror}.") from error


class _Came:
    """What some lines hold, before it is among the rest."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.ends: list[int] = []
        self.files: list[int] = []
        self.verdicts: list[int] = []
        self.texts: dict[str, list[str]] = {name: [] for name in _TEXTS}
        self.numbers: dict[str, list[float]] = {name: [] for name in NUMBERS}

    def add(self, record: Record, offset: int) -> None:
        number = len(self.offsets)
        self.offsets.append(offset)
        for name, texts in self.texts.items():
            value = record.get(name)
            texts.append("" if value is None else str(value))
        events = [{}] if "error" in record else record["events"]
        for event in events:
            self.files.append(number)
            self.verdicts.append(CODES[event["verdict"]] if event else -1)
            window = event_window(event)
            known = event
            if window is not None:
                known = {"time": sum(window) / 2, **event, "start": window[0], "end": window[1]}
            for name, column in self.numbers.items():
                column.append(as_number(known.get(name)))
        self.ends.append(len(self.files))
