"""Known variable stars: the AAVSO's International Variable Star Index, by VizieR's TAP."""

from __future__ import annotations

import os

import numpy as np
import xarray as xr
from astropy.table import Table

from tpfdash.archive.answers import Answers
from tpfdash.archive.ask import Stage, refuse_offline, server
from tpfdash.archive.stages import Cancel
from tpfdash.archive.tap import cone_query, run_query
from tpfdash.errors import TPFError
from tpfdash.stamp.sky import cone, sky_state, to_detector

__all__ = ["known_variables"]

_URL = "https://tapvizier.cds.unistra.fr/TAPVizieR/tap"
_MOST = 2000
_MARGIN = 4.0
_ANSWERS = Answers()
_TEXTS = {"name": "name", "type": "type"}
_NUMBERS = {"period": "period", "brightest": "max", "faintest": "min"}


def known_variables(tpf: xr.Dataset, *, stage: Stage = None, cancel: Cancel | None = None) -> Table:
    """Known variable stars on and beside a stamp.

    Parameters
    ----------
    tpf : Dataset
    stage, cancel
        As for `tpfdash.archive.stars.find_stars`. The service is VizieR, or what the environment
        variable `TPFDASH_VIZIER_TAP` names.

    Returns
    -------
    Table
        `name`, `oid` (VSX' number) and `type` of variability, str; `period` (d), `brightest` and
        `faintest` (mag, in bands of its own; `faintest` may be an amplitude), `ra`, `dec` (deg,
        J2000, without proper motion), `row`, `col` (detector pixels by the WCS), `link`. Within 4
        pixels of the stamp's edge. It can be empty.

    Raises
    ------
    TPFError
        Where the file's sky coordinates are not usable, offline, or without an answer.
    """
    state, around = sky_state(tpf), cone(tpf, _MARGIN)
    if around is None:
        raise TPFError(f"{state.words[:-1]}, so that no variable star can be placed on it.")
    refuse_offline("known variable stars")
    url = (os.environ.get("TPFDASH_VIZIER_TAP", "").strip() or _URL).rstrip("/")
    found = _ANSWERS.get((url, around))
    if found is None:
        who = "VizieR (VSX)" if url == _URL else f"the VSX at {server(url)}"
        query = cone_query('"B/vsx/vsx"', "*", ("RAJ2000", "DEJ2000"), around, most=_MOST)
        table, _ = run_query(url, query, who, stage=stage, cancel=cancel)
        found = _known_columns(table, who)
        _ANSWERS.keep((url, around), found)
    placed = to_detector(tpf, found["ra"], found["dec"])
    assert placed is not None  # the cone says so
    found["row"], found["col"] = placed.T
    rows, cols = tpf["row"].values, tpf["col"].values
    with np.errstate(invalid="ignore"):
        near = (found["row"] >= rows[0] - _MARGIN) & (found["row"] <= rows[-1] + _MARGIN)
        near &= (found["col"] >= cols[0] - _MARGIN) & (found["col"] <= cols[-1] + _MARGIN)
    return found[near]


def _known_columns(table: Table, who: str) -> Table:
    names = {name.lower(): name for name in table.colnames}
    if not {"raj2000", "dej2000", "name"} <= names.keys():
        raise TPFError(
            f"{who} answered with the columns {', '.join(table.colnames)}: they should be Name, "
            "RAJ2000, DEJ2000 ..."
        )
    made = Table()
    for ours, theirs in _TEXTS.items():
        made[ours] = _words(table, names.get(theirs))
    made["oid"] = _words(table, names.get("oid"))
    places = {"ra": "raj2000", "dec": "dej2000"}
    for ours, theirs in (places | _NUMBERS).items():
        made[ours] = _floats(table, names.get(theirs))
    link = "https://www.aavso.org/vsx/index.php?view=detail.top&oid="
    made["link"] = np.array([link + oid if oid else "" for oid in made["oid"]], dtype=str)
    made.meta["source"] = who
    return made


def _words(table: Table, column: str | None) -> np.ndarray:
    if column is None:
        return np.full(len(table), "", dtype="U1")
    masked = np.ma.getmaskarray(np.ma.asarray(table[column]))
    values = zip(table[column], masked, strict=True)
    return np.array(["" if gone else str(value).strip() for value, gone in values], dtype=str)


def _floats(table: Table, column: str | None) -> np.ndarray:
    if column is None:
        return np.full(len(table), np.nan)
    return np.array(np.ma.filled(np.ma.asarray(table[column], np.float64), np.nan))
