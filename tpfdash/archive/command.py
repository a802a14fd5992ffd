"""Finding files from the command line: its table and its progress bar.

Its options are `tpfdash.archive.options`; opening the dashboard on what was found is
`tpfdash.__main__`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tpfdash.archive.options import options_given
from tpfdash.archive.results import SearchResult
from tpfdash.archive.rows import Row
from tpfdash.archive.search import search
from tpfdash.archive.stages import megabytes
from tpfdash.errors import TPFError

__all__ = ["Bar", "chosen", "fetch_rows", "find", "table_or_json"]

#: Seconds between two drawings of the bar.
_PERIOD = 0.1


def find(target: str, options: argparse.Namespace) -> SearchResult:
    """Search for a target with the options given, and say on the terminal what is being done."""
    with Bar() as bar:
        return search(target, mission=options.mission, stage=bar.stage, **options_given(options))


def fetch_rows(rows: Sequence[Row]) -> list[Path]:
    """The files of rows, with a bar for those that come from the archive."""
    paths = []
    for row in rows:
        with Bar(row.file or row.uri) as bar:
            paths.append(row.download(progress=bar.progress))
    return paths


def chosen(found: SearchResult, numbers: Sequence[int], option: str) -> list[Row]:
    """The rows with these numbers of the table.

    Raises
    ------
    TPFError
        Where there is no such row.
    """
    for number in numbers:
        if not 0 <= number < len(found):
            raise TPFError(
                f"{option} {number} names no row: there are {len(found)}, counted from 0."
            )
    return [found[number] for number in numbers]


def table_or_json(found: SearchResult, as_json: bool) -> str:
    """What was found, for people or for programs."""
    if as_json:
        return json.dumps([row.to_dict() for row in found], indent=2)
    return str(found)


class Bar:
    """What is done now, on one line of a terminal that it leaves empty; silent elsewhere.

    Parameters
    ----------
    label : str
        What is fetched.
    stream : text file, optional
        Standard error unless given.
    """

    def __init__(self, label: str = "", stream: TextIO | None = None):
        self._label = label
        self._stream = sys.stderr if stream is None else stream
        self._drawn = 0.0
        self._shown = self._stream.isatty()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *error: object) -> None:
        self._draw("")

    def stage(self, words: str) -> None:
        """Show what is being done."""
        self._draw(f"{words} ...")

    def progress(self, done: int, total: int | None) -> None:
        """Show how far a download is; None where nobody says how much there is to come."""
        now = time.monotonic()
        if now - self._drawn < _PERIOD and done != total:
            return
        self._drawn = now
        if not total:
            self._draw(f"{self._label}  {megabytes(done)} MB")
            return
        width = 24
        full = min(width, width * done // total)
        self._draw(
            f"{self._label}  [{'#' * full}{' ' * (width - full)}] "
            f"{megabytes(done)} of {megabytes(total)} MB"
        )

    def _draw(self, text: str) -> None:
        if self._shown:
            width = shutil.get_terminal_size().columns - 1
            # The end of a long line says how far it is.
            self._stream.write(f"\r{text[-width:]}\x1b[K")
            self._stream.flush()
