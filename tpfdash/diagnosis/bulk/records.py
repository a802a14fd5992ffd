"""What was said of many files: lines of JSON that are always whole, and tables of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from astropy.table import Table

from tpfdash.errors import TPFError
from tpfdash.io.atomic import write_atomically

__all__ = ["Lines", "check_out", "read_records", "records_table", "write_table"]

#: Suffix of a file of results -> how astropy calls its format; lines of JSON have none.
_FORMATS = {".jsonl": None, ".ecsv": "ascii.ecsv", ".parquet": "parquet"}
#: The lines that a table is made of at the end.
_LINES = ".jsonl"
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
    if path.suffix not in _FORMATS:
        raise TPFError(f"{path} is no file of results: it should end in {', '.join(_FORMATS)}.")
    if not path.absolute().parent.is_dir():
        raise TPFError(f"{path} cannot be written: its folder does not exist.")
    if path.suffix == ".parquet":
        try:
            import pyarrow  # noqa: F401  # what astropy writes Parquet with
        except ImportError:
            raise TPFError(
                "Parquet needs pyarrow: pip install 'tpfdash[cluster]', or ask for .ecsv."
            ) from None
    return path, path if path.suffix == _LINES else path.with_name(path.name + _LINES)


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
            self._file: TextIO = open(self.path, "a", encoding="utf-8")
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
        """Write a record, once for each source."""
        if record["source"] in self.done:
            return
        self._file.write(as_line({**record, "asked": self._asked}))
        self._file.flush()
        self.done.add(record["source"])


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
                try:
                    record = json.loads(line)
                except ValueError:
                    record = None
                if not isinstance(record, dict) or not isinstance(record.get("source"), str):
                    raise TPFError(f"{path} is no file of results: line {number} holds no record.")
                yield record
    except (OSError, UnicodeDecodeError) as error:
        raise TPFError(f"{path} cannot be read: {error}.") from error


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
    from astropy.table import Column

    rows = [row for record in read_records(path) for row in _rows(record)]
    table = Table()
    for name in (*_OF_FILE, *_OF_EVENT):
        values = [row.get(name) for row in rows]
        if name in _WORDS:
            column = Column([str(value or "") for value in values], dtype=str)
        elif name in _WHOLE:
            column = Column([-1 if value is None else value for value in values], dtype="int64")
        else:
            column = Column([float("nan") if v is None else v for v in values], dtype="float64")
        table[name] = column
        table[name].unit = _UNITS.get(name)
    return table


def _rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    facts = {name: record.get(name) for name in _OF_FILE}
    for event in record.get("events") or [{}]:
        row, col = event.get("offset_arcsec") or (None, None)
        window = (event.get("windows") or [(None, None)])[0]
        yield facts | {
            **{name: event.get(name) for name in _OF_EVENT},
            "start": event.get("start", window[0]),
            "end": event.get("end", window[1]),
            "offset_arcsec_row": row,
            "offset_arcsec_col": col,
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
