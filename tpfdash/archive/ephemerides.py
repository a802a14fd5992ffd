"""Known ephemerides of planets and candidates: the NASA Exoplanet Archive's TAP.

What is made of them is `tpfdash.timeseries.ephemeris`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Table, vstack

from tpfdash.archive.answers import Answers
from tpfdash.archive.ask import Stage, in_brief, refuse_offline, server
from tpfdash.archive.names import Target, parse_target
from tpfdash.archive.settings import exoplanet_tap_url
from tpfdash.archive.stages import Cancel
from tpfdash.archive.tap import QueryRefused, run_query
from tpfdash.errors import TPFError
from tpfdash.missions import MISSIONS

__all__ = ["ephemerides"]

_MOST = 200
_ANSWERS = Answers()
_HOST = "exoplanetarchive.ipac.caltech.edu"
_KOI = re.compile(r"(?:KOI[\s-]*|K(?=0))0*(\d{1,5})(?:\.(\d{1,2}))?", re.IGNORECASE)
_TOI = re.compile(r"TOI[\s-]*0*(\d{1,5})(?:\.(\d{1,2}))?", re.IGNORECASE)
#: Periods nearer than this, relatively, are the same planet in two tables.
_SAME = 1e-3


@dataclass(frozen=True)
class _Known:
    """A table of the archive, and what it calls its columns.

    Parameters
    ----------
    table : str
    name : tuple of str
        Columns with a name, the best first.
    values : mapping of str to (column, factor, offset)
        What it has: days, BJD, shares are value * factor + offset. Errors are in `column` and
        "err1", "err2", after an underscore where `underscore`.
    disposition : str
        Its column; "": all are confirmed.
    """

    table: str
    name: tuple[str, ...]
    values: dict[str, tuple[str, float, float]]
    disposition: str = ""
    underscore: bool = False

    @property
    def columns(self) -> list[str]:
        made = [*self.name, *([self.disposition] if self.disposition else [])]
        for column, _, _ in self.values.values():
            made += [column, *self.errors(column)]
        return made

    def errors(self, column: str) -> list[str]:
        joint = "_" if self.underscore else ""
        return [f"{column}{joint}err{side}" for side in (1, 2)]


_PLANETS = _Known(
    "pscomppars",
    ("pl_name",),
    {
        "period": ("pl_orbper", 1, 0),
        "t0": ("pl_tranmid", 1, 0),
        "duration": ("pl_trandur", 1 / 24, 0),
        "depth": ("pl_trandep", 1e-2, 0),
    },
)
_K2 = _Known("k2pandc", ("pl_name",), _PLANETS.values, "disposition")
_KOIS = _Known(
    "cumulative",
    ("kepler_name", "kepoi_name"),
    {
        "period": ("koi_period", 1, 0),
        "t0": ("koi_time0bk", 1, MISSIONS["Kepler"].time_reference),
        "duration": ("koi_duration", 1 / 24, 0),
        "depth": ("koi_depth", 1e-6, 0),
    },
    "koi_disposition",
    underscore=True,
)
_TOIS = _Known(
    "toi",
    ("toi",),
    {
        "period": ("pl_orbper", 1, 0),
        "t0": ("pl_tranmid", 1, 0),
        "duration": ("pl_trandurh", 1 / 24, 0),
        "depth": ("pl_trandep", 1e-6, 0),
    },
    "tfopwg_disp",
)
#: What the TOI table's dispositions are in words (its documentation).
_WORDS = {
    "CP": "confirmed",
    "KP": "known planet",
    "PC": "candidate",
    "APC": "ambiguous candidate",
    "FP": "false positive",
    "FA": "false alarm",
}


def ephemerides(target: Any, *, stage: Stage = None, cancel: Cancel | None = None) -> Table:
    """Known ephemerides of a star's planets and candidates.

    Parameters
    ----------
    target : str or int
        A star or planet as the archive calls it ("Kepler-8", "TOI-813 b"), a candidate ("KOI-10",
        "K00010.01", "TOI-813.01"), or a number of a catalogue ("KIC 6922244", "TIC 55525572",
        "EPIC 201912552"); a bare number is one of each catalogue that has it.
    stage, cancel
        As for `tpfdash.archive.stars.find_stars`. The service is the NASA Exoplanet Archive's, or
        what the environment variable `TPFDASH_EXOPLANET_TAP` names.

    Returns
    -------
    Table
        `name`; `period`, `period_err` (d), `t0`, `t0_err` (BJD), `duration`, `duration_err` (d),
        `depth`, `depth_err` (share of the light), float64, NaN where not known; `disposition`
        ("confirmed", "candidate", "false positive" ...), `table`: those of the archive. Confirmed
        planets come first; a candidate that is a confirmed planet is left out. It can be empty;
        `meta["notes"]` says what was not answered. `tpfdash.Ephemeris.from_table` reads it.

    Raises
    ------
    TPFError
        Where the target is a place on the sky, offline, or without an answer.
    """
    wanted = parse_target(target)
    if wanted.place is not None:
        raise TPFError(
            f"{wanted.text!r} is a place on the sky: known ephemerides are found by a name "
            '("Kepler-8", "TOI-813") or a number ("KIC 6922244").'
        )
    refuse_offline("known ephemerides", "give a table of them (Ephemeris.from_table)")
    url = exoplanet_tap_url()
    who = "the NASA Exoplanet Archive" if _HOST in url else f"the archive at {server(url)}"
    questions = list(_questions(wanted))
    key = url, tuple((known.table, where) for known, where in questions)
    if (kept := _ANSWERS.get(key)) is not None:
        return kept
    found, refused = [], []
    for known, where in questions:
        query = f"SELECT TOP {_MOST} {', '.join(known.columns)} FROM {known.table} WHERE {where}"
        try:
            table, _ = run_query(url, query, who, stage=stage, cancel=cancel)
        except QueryRefused as error:
            refused.append(error)
            continue
        found.append(_read(table, known, who))
    if not found:
        raise refused[0]
    made = _each_once(vstack(found, metadata_conflicts="silent") if len(found) > 1 else found[0])
    made.meta = {"source": who, "notes": [f"{in_brief(error)}." for error in refused]}
    if not refused:
        _ANSWERS.keep(key, made)
    return made


def _questions(wanted: Target) -> Iterator[tuple[_Known, str]]:
    """Tables to ask, and which of their rows."""
    if match := _KOI.fullmatch(wanted.text):
        star = f"K{int(match[1]):05d}."
        one = f"kepoi_name = '{star}{int(match[2]):02d}'" if match[2] else ""
        yield _KOIS, one or f"kepoi_name LIKE '{star}%'"
        return
    if match := _TOI.fullmatch(wanted.text):
        if match[2]:
            yield _TOIS, f"toi = {int(match[1])}.{int(match[2]):02d}"
        else:
            yield _PLANETS, _named(f"TOI-{int(match[1])}")
            yield _TOIS, f"toipfx = {int(match[1])}"
        return
    for mission, number in wanted.numbers:
        if mission == "Kepler":
            yield _KOIS, f"kepid = {number}"
        elif mission == "K2":
            yield _K2, f"epic_hostname = 'EPIC {number}' AND default_flag = 1"
        else:
            yield _PLANETS, f"tic_id = 'TIC {number}'"
            yield _TOIS, f"tid = {number}"
    if not wanted.numbers:
        yield _PLANETS, _named(wanted.text)


def _named(name: str) -> str:
    quoted = name.lower().replace("'", "''")
    return f"LOWER(hostname) = '{quoted}' OR LOWER(pl_name) = '{quoted}'"


def _read(table: Table, known: _Known, who: str) -> Table:
    """Our columns of an answer."""
    names = {name.lower(): name for name in table.colnames}
    if missing := [name for name in known.columns if name not in names]:
        raise TPFError(
            f"{who} answered without the columns {', '.join(missing)} of {known.table}: try again "
            "later."
        )
    made = Table()
    made["name"] = _words(table, [names[name] for name in known.name], known)
    for what, (column, factor, offset) in known.values.items():
        unit = {"depth": u.dimensionless_unscaled, "t0": None}.get(what, u.day)
        values = _floats(table, names[column]) * factor
        sides = [np.abs(_floats(table, names[each])) * factor for each in known.errors(column)]
        there = np.isfinite(sides)
        total = np.where(there, sides, 0).sum(axis=0)
        error = np.where(there.any(axis=0), total / np.maximum(there.sum(axis=0), 1), np.nan)
        made[what] = u.Quantity(values + offset, unit) if unit is not None else values + offset
        made[f"{what}_err"] = u.Quantity(error, unit) if unit is not None else error
    made["disposition"] = np.full(len(table), "confirmed", dtype="U24")
    if known.disposition:
        said = _words(table, [names[known.disposition]], None)
        made["disposition"] = np.array(
            [_WORDS.get(word, word.lower() or "unknown") for word in said], dtype="U24"
        )
    made["table"] = np.full(len(table), known.table, dtype="U16")
    return Table(made, copy=False)


def _words(table: Table, columns: list[str], known: _Known | None) -> np.ndarray:
    """The first of some columns that has a word, row by row."""
    made = []
    for row in table:
        words = [row[column] for column in columns if row[column] is not np.ma.masked]
        text = next((str(word).strip() for word in words if str(word).strip()), "")
        if known is _TOIS and text and not text.upper().startswith("TOI"):
            text = f"TOI-{text}"
        made.append(text)
    return np.array(made, dtype="U64")


def _floats(table: Table, column: str) -> np.ndarray:
    values = np.ma.asarray(table[column])
    if values.dtype.kind in "OUS":  # some services send numbers as words
        known = ~np.ma.getmaskarray(values)
        made = np.full(len(table), np.nan)
        for index in np.flatnonzero(known):
            try:
                made[index] = float(values[index])
            except ValueError:
                continue
        return made
    return np.array(np.ma.filled(values.astype(np.float64), np.nan))


def _each_once(table: Table) -> Table:
    """Confirmed planets first, and no candidate that is one of them."""
    rank = {"confirmed": 0, "known planet": 0, "false positive": 2, "false alarm": 2}
    order = np.argsort([rank.get(each, 1) for each in table["disposition"]], kind="stable")
    table = table[order]
    periods = np.asarray(table["period"], dtype=np.float64)
    kept = np.ones(len(table), dtype=bool)
    for index, period in enumerate(periods):
        before = periods[:index][kept[:index]]
        with np.errstate(invalid="ignore"):
            kept[index] = not (np.abs(before / period - 1) < _SAME).any()
    return table[kept]
