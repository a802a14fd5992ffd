"""What was said of many files: lines of JSON that are always whole, and tables of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from astropy.table import Table

from tpfdash.diagnosis.summary import VERDICT_NAMES
from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.io.atomic import write_atomically

__all__ = [
    "LINES",
    "Lines",
    "as_line",
    "as_number",
    "as_record",
    "check_out",
    "check_suffix",
    "event_row",
    "event_window",
    "read_records",
    "records_table",
    "rows_table",
    "write_all",
    "write_table",
]

#: Suffix of a file of results -> how astropy calls its format; lines of JSON have none.
_FORMATS = {".jsonl": None, ".ecsv": "ascii.ecsv", ".parquet": "parquet"}
#: The lines that a table is made of at the end.
LINES = ".jsonl"
#: Columns of a table: of the file, then of each of its events.
_OF_FILE = ("source", "mission", "object", "id", "cadences", "error")
_OF_EVENT = (
    *("kind", "rank", "start", "end", "verdict", "confidence", "depth_ppm", "depth_ppm_err"),
    *("duration", "snr", "offset_arcsec_row", "offset_arcsec_col", "offset_sigma", "sentence"),
)
_WORDS = ("source", "mission", "object", "id", "error", "kind", "verdict", "sentence")
_WHOLE = ("cadences", "rank")
_UNITS = {"start": "d", "end": "d", "duration": "d"} | dict.fromkeys(
    ("offset_arcsec_row", "offset_arcsec_col"), "arcsec"
)


def check_out(path: str | os.PathLike) -> tuple[Path, Path]:
    """Where results and the lines that they are made of are written.

    Returns
    -------
    (results, lines) : two paths, the same for lines of JSON

    Raises
    ------
    TPFError
        Where the suffix is none of .jsonl, .ecsv and .parquet, there is no such folder, or what
        the format needs is not installed.
    """
    path = Path(path)
    check_suffix(path)
    if not path.absolute().parent.is_dir():
        raise TPFError(f"{path} cannot be written: its folder does not exist.")
    if path.suffix == ".parquet":
        try:
            import pyarrow  # noqa: F401  # what astropy writes Parquet with
        except ImportError:
            raise TPFError(
                "Parquet needs pyarrow: pip install 'tpfdash[cluster]', or ask for .ecsv."
            ) from None
    return path, path if path.suffix == LINES else path.with_name(path.name + LINES)


def check_suffix(path: Path) -> None:
    """Raise TPFError where a name is none of a file of results."""
    if path.suffix not in _FORMATS:
        raise TPFError(f"{path} is no file of results: it should end in {', '.join(_FORMATS)}.")


class Lines:
    """A file of records, one a line, that grows by whole lines and is gone on with.

    Parameters
    ----------
    path : path
        May exist already: what is in it is kept, but for a line that was not finished.
    asked : dict
        What is asked of each file: goes into each record.

    Attributes
    ----------
    done : set of str
        The sources that have their line.

    Raises
    ------
    TPFError
        Where the file holds something else, or answers to another question.
    """

    def __init__(self, path: Path, asked: Mapping[str, Any]):
        self.path, self._asked = path, dict(asked)
        self.done: set[str] = set()
        if path.exists():
            for record in read_records(path):
                if record.get("asked") != self._asked:
                    raise TPFError(
                        f"{path} holds the answers to another question ({record.get('asked')}): "
                        "another file should be named, or that one removed."
                    )
                self.done.add(record["source"])

    def __enter__(self) -> Lines:
        whole = _whole_lines(self.path) if self.path.exists() else 0
        try:
            # Not buffered: what cannot be written is known at once.
            self._file: FileIO = open(self.path, "ab", buffering=0)
        except OSError as error:
            raise TPFError(f"{self.path} cannot be written: {error.strerror}.") from error
        self._file.truncate(whole)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, record: Mapping[str, Any]) -> None:
        """Write a record, once for each source.

        Raises
        ------
        TPFError
            Where it cannot be written, as on a full disk; the file's lines are whole all the same.
        """
        if record["source"] in self.done:
            return
        whole = os.fstat(self._file.fileno()).st_size
        try:
            write_all(self._file, as_line({**record, "asked": self._asked}).encode())
        except OSError as error:
            self._file.truncate(whole)
            raise TPFError(
                f"{self.path} cannot be written: {error.strerror}. What is in it is kept, and the "
                "same question goes on from there."
            ) from error
        self.done.add(record["source"])


def write_all(file: FileIO, data: bytes) -> None:
    """Write to a file that is not buffered; OSError where there is room for a part alone."""
    while data:
        data = data[file.write(data) :]


def as_line(record: Mapping[str, Any]) -> str:
    """A record as a line of JSON."""
    return json.dumps(record, allow_nan=False, default=str) + "\n"


def read_records(path: str | os.PathLike) -> Iterator[dict[str, Any]]:
    """The records in a file of lines, one at a time; a line that was not finished is left out.

    Raises
    ------
    TPFError
        Where the file cannot be read or holds something else.
    """
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith("\n"):
                    return
                yield as_record(line, path, number)
    except (OSError, UnicodeDecodeError) as error:
        raise TPFError(f"{path} cannot be read: {error}.") from error


def as_record(line: str | bytes, path: str | os.PathLike, number: int) -> dict[str, Any]:
    """A line of a file of results as a record; `number`: of the line, from 1.

    Raises
    ------
    TPFError
        Where it holds none.
    """
    try:
        record = json.loads(line)
    except (RecursionError, ValueError):
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("source"), str):
        good = False
    elif "error" in record:
        good = isinstance(record["error"], str)
    else:
        events = record.get("events")
        good = isinstance(events, list) and all(map(_is_event, events))
    if not good:
        raise TPFError(f"{path} is no file of results: line {number} holds no record.")
    return record


def _is_event(event: Any) -> bool:
    return isinstance(event, dict) and str(event.get("verdict")) in VERDICT_NAMES


def as_number(value: Any) -> float:
    """A finite number, whoever wrote it; NaN for all else."""
    try:
        number = float(value) if isinstance(value, int | float) else np.nan
    except NO_NUMBER:  # a whole number that is too large
        number = np.nan
    return number if np.isfinite(number) else np.nan


def event_window(event: Mapping[str, Any]) -> tuple[float, float] | None:
    """What an event of a record is told from others by: the window that was asked about."""
    start, end = as_number(event.get("start")), as_number(event.get("end"))
    if not (np.isfinite(start) and np.isfinite(end)):
        windows = event.get("windows")
        first = windows[0] if isinstance(windows, list) and windows else None
        if not isinstance(first, list) or len(first) != 2:
            return None
        start, end = map(as_number, first)
    return (start, end) if np.isfinite(start) and np.isfinite(end) else None


def _whole_lines(path: Path) -> int:
    """Bytes up to the end of the last line that was finished."""
    size = 0
    with open(path, "rb") as file:
        for line in file:
            size += len(line) if line.endswith(b"\n") else 0
    return size


def records_table(path: str | os.PathLike) -> Table:
    """A file of lines as a table: a row for each event, one for a file without events or an error.

    Numbers that are not known are NaN, words "", whole numbers -1.
    """
    return rows_table(
        event_row(record, event)
        for record in read_records(path)
        for event in record.get("events") or [{}]
    )


def rows_table(rows: Iterable[Mapping[str, Any]], words: Sequence[str] = ()) -> Table:
    """Rows of `event_row` as a table; `words`: further columns of texts that they have."""
    from astropy.table import Column

    rows = list(rows)
    table = Table()
    for name in (*_OF_FILE, *_OF_EVENT, *words):
        values = [row.get(name) for row in rows]
        if name in _WORDS or name in words:
            column = Column([str(value or "") for value in values], dtype=str)
        elif name in _WHOLE:
            known = map(as_number, values)
            column = Column([-1 if np.isnan(one) else int(one) for one in known], dtype="int64")
        else:
            column = Column(list(map(as_number, values)), dtype="float64")
        table[name] = column
        table[name].unit = _UNITS.get(name)
    return table


def event_row(record: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """What a table has of an event and of its file, by column; `event`: {} where there is none."""
    offset = event.get("offset_arcsec")
    row, col = offset if isinstance(offset, list) and len(offset) == 2 else (None, None)
    start, end = event_window(event) or (None, None)
    return {
        **{name: record.get(name) for name in _OF_FILE},
        **{name: event.get(name) for name in _OF_EVENT},
        **{"start": start, "end": end, "offset_arcsec_row": row, "offset_arcsec_col": col},
    }


def write_table(lines: Path, out: Path) -> Path:
    """Make the table `out` of a file of lines, whole or not at all."""
    table = records_table(lines)
    form = _FORMATS[out.suffix]
    if form == "parquet":  # astropy writes it to a path alone
        temporary = out.with_name(f".{out.name}.tmp")
        try:
            table.write(temporary, format=form, overwrite=True)
            os.replace(temporary, out)
        finally:
            temporary.unlink(missing_ok=True)
        return out
    from io import StringIO

    text = StringIO()
    table.write(text, format=form)
    return write_atomically(out, lambda file: file.write(text.getvalue().encode()), overwrite=True)
