"""Results and what people said of them as one table, and as the contents of files."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from astropy.table import Table

from tpfdash.diagnosis.bulk.agreement import BY_CODE, GROUPS
from tpfdash.diagnosis.bulk.judged import Judged, Judgement, judged_path
from tpfdash.diagnosis.bulk.records import event_row, rows_table
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.errors import TPFError

__all__ = ["FORMATS", "joined_table", "judged_table", "judgements_on", "table_bytes"]

FORMATS = ("csv", "ecsv", "json")
#: What a person adds to a row.
_SAID = ("word", "note", "who", "when", "agrees")


def judgements_on(
    results: Results, judged: Judged, sources: Iterable[str] | None = None
) -> dict[int, Judgement]:
    """What is said of each row of some files, or of all; of the rows of which anything is."""
    made: dict[int, Judgement] = {}
    for source in judged.sources if sources is None else sources:
        rows = results.rows_of(source)
        windows = [results.window(row) for row in rows]
        known = [window for window in windows if window is not None]
        of_events = iter(judged.of(source, known))
        for row, window in zip(rows, windows, strict=True):
            said = judged.of_file(source) if window is None else next(of_events)
            if said is not None:
                made[row] = said
    return made


def judged_table(
    path: str | os.PathLike | Results,
    judged: Judged | None = None,
    rows: Iterable[int] | None = None,
) -> Table:
    """Results with what people said of them: a row for each event, and for each file with an error.

    Parameters
    ----------
    path : path or Results
        As `tpfdash triage` takes it.
    judged : Judged, optional
        Default: those kept beside the results.
    rows : iterable of int, optional
        Which rows of `Results`; default: all.

    Returns
    -------
    Table
        Columns as `tpfdash diagnose --out results.ecsv` has them, then `word` ("real", "elsewhere",
        "artefact", "unsure" or ""), `note`, `who`, `when` (UTC) and `agrees` ("yes", "no", or ""
        where either says nothing). Numbers that are not known are NaN, whole numbers -1.

    Raises
    ------
    TPFError
        Where a file cannot be read or holds something else.
    """
    results = path if isinstance(path, Results) else Results(path)
    judged = Judged(judged_path(results.path)) if judged is None else judged
    return joined_table(
        results, judgements_on(results, judged), range(len(results)) if rows is None else rows
    )


def joined_table(results: Results, said: Mapping[int, Judgement], rows: Iterable[int]) -> Table:
    """The same of some rows, with what is said of each."""
    made = []
    for row in rows:
        event = results.event(row)
        on = said.get(row, Judgement())
        agrees = {"agrees": agrees_word(on.word, int(results.verdict[row]))}
        made.append(event_row(event, event) | vars(on) | agrees)
    return rows_table(made, _SAID)


def agrees_word(word: str, verdict: int) -> str:
    """Whether a word and a verdict, by its number, are of one group; "" where one is of none."""
    group = BY_CODE[verdict] if verdict >= 0 else -1
    if word not in GROUPS or group < 0:
        return ""
    return "yes" if GROUPS[group] == word else "no"


def table_bytes(table: Table, format: str) -> bytes:
    """A table as the contents of a file.

    Parameters
    ----------
    table : Table
    format : {"csv", "ecsv", "json"}
        "json": {"meta": {...}, "events": [{...}, ...]}, null for what is not known.

    Raises
    ------
    TPFError
        On another format.
    """
    if format not in FORMATS:
        raise TPFError(
            f"{format!r} is no format of a table: it should be one of "
            f"{', '.join(map(repr, FORMATS))}."
        )
    if format == "json":
        names = table.colnames
        columns = [table[name].tolist() for name in names]
        events = [
            {name: _known(value) for name, value in zip(names, row, strict=True)}
            for row in zip(*columns, strict=True)
        ]
        return json.dumps({"meta": dict(table.meta), "events": events}, indent=1).encode()
    text = io.StringIO()
    table.write(text, format=f"ascii.{format}")
    return text.getvalue().encode()


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value
