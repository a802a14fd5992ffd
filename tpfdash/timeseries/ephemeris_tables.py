"""What tables of known ephemerides call their columns, in which units and by which clocks.

Tables come in, plain numbers go out; asking an archive for one is `tpfdash.archive.ephemerides`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Table

from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.missions import MISSIONS

__all__ = ["read_rows", "table_from_text"]

_HOUR = 1 / 24
#: What is read -> the columns that may hold it, the first that is there, and what one is in days,
#: or as a share, where the column has no unit. NASA Exoplanet Archive: columns of ps and
#: pscomppars, of cumulative (KOIs), of toi.
_COLUMNS: dict[str, dict[str, float]] = {
    "period": {"period": 1, "pl_orbper": 1, "koi_period": 1, "orbital_period": 1, "per": 1},
    "t0": {
        "t0": 1,
        "pl_tranmid": 1,
        "koi_time0bk": 1,
        "koi_time0": 1,
        "t0_bkjd": 1,
        "t0_btjd": 1,
        "t0_bjd": 1,
        "epoch": 1,
        "tc": 1,
        "transit_time": 1,
        "epoch_time": 1,
    },
    "duration": {
        "duration": 1,
        "duration_days": 1,
        "duration_hours": _HOUR,
        "pl_trandur": _HOUR,
        "pl_trandurh": _HOUR,
        "koi_duration": _HOUR,
        "t14": 1,
    },
    "depth": {"depth": 1, "depth_ppm": 1e-6, "koi_depth": 1e-6, "pl_trandep": 1e-2},
}
_NAMES = ("name", "pl_name", "kepler_name", "kepoi_name", "toidisplay", "toi", "id")
#: Columns of times whose clock is in their names.
_CLOCKS = {
    "koi_time0bk": MISSIONS["Kepler"].time_reference,
    "t0_bkjd": MISSIONS["Kepler"].time_reference,
    "t0_btjd": MISSIONS["TESS"].time_reference,
}
#: Endings of the columns that hold a column's error: one of both sides, or one a side.
_BOTH = ("_err", "_error", "err", "_uncertainty")
_SIDES = (("_err1", "_err2"), ("err1", "err2"))
#: Numbers of days from here on are Julian dates.
_JULIAN = 2_400_000.0


def read_rows(table: Any, reference: float | None) -> list[dict[str, Any]]:
    """The rows of a table as the arguments of `tpfdash.timeseries.ephemeris.Ephemeris`.

    Parameters and errors are those of `Ephemeris.from_table`.
    """
    table = _as_table(table)
    names: dict[str, str] = {}
    for name in table.colnames:
        names.setdefault(name.strip().lower().replace(" ", "_"), name)
    found = {what: next((c for c in some if c in names), "") for what, some in _COLUMNS.items()}
    for what in ("period", "t0"):
        if not found[what]:
            raise TPFError(
                f"The table has the columns {', '.join(table.colnames)}: it should have one for "
                f"the {'period' if what == 'period' else 'time of an event'}, as "
                f"{', '.join(list(_COLUMNS[what])[:4])}."
            )
    if found["depth"] == "pl_trandep" and "pl_trandurh" in names:
        scale_of_depth = 1e-6  # the TOI table's is in ppm, that of ps in per cent
    else:
        scale_of_depth = _COLUMNS["depth"].get(found["depth"], 1.0)
    values: dict[str, np.ndarray] = {}
    for what, column in found.items():
        if column:
            scale = scale_of_depth if what == "depth" else _COLUMNS[what][column]
            values[what] = _numbers(table, names[column], scale, what)
            values[f"{what}_err"] = _errors(table, names, column, scale, what)
    values["t0"] = _own_clock(values["t0"], found["t0"], reference)
    label = next((names[name] for name in _NAMES if name in names), None)
    rows = []
    for number in range(len(table)):
        row: dict[str, Any] = {what: float(some[number]) for what, some in values.items()}
        if np.isfinite([row["period"], row["t0"]]).all() and row["period"] > 0:
            if not row.get("duration", np.nan) > 0:
                row.pop("duration", None)
            row["name"] = "" if label is None else _word(table[label][number])
            rows.append(row)
    if not rows:
        raise TPFError("No row of the table has both a period and the time of an event.")
    return rows


def table_from_text(text: str) -> Table:
    """A table from the text of a file: CSV, ECSV, or columns parted by blanks, tabs or bars.

    Lines that begin with # are remarks, but in ECSV.

    Raises
    ------
    TPFError
        Where it is none.
    """
    lines = text.lstrip("\ufeff").splitlines()
    if lines and lines[0].startswith("# %ECSV"):
        form = "ascii.ecsv"
    else:
        lines = [line for line in lines if line.strip() and not line.startswith("#")]
        form = "ascii.csv" if lines and "," in lines[0] else "ascii"
    try:
        made = Table.read(lines, format=form)
    except Exception as error:  # each format has errors of its own
        raise TPFError(
            "This file is no table: it should be text with a line of column names, as CSV or ECSV."
        ) from error
    return made


def _as_table(table: Any) -> Table:
    if isinstance(table, Table):
        return table
    try:
        if hasattr(table, "to_dict") and hasattr(table, "columns"):
            return Table.from_pandas(table)
        return Table(table)
    except Exception as error:  # it may be anything
        raise TPFError(
            f"A {type(table).__name__} is no table of ephemerides: it should be an astropy Table, "
            "a DataFrame or a list of dicts."
        ) from error


def _numbers(table: Table, name: str, scale: float, what: str) -> np.ndarray:
    """A column as float64, in days or as a share; NaN where it is masked."""
    column = table[name]
    try:
        values = np.array(np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan))
    except NO_NUMBER as error:
        raise TPFError(f"The column {name} should hold numbers.") from error
    unit = getattr(column, "unit", None)
    if unit is None or what == "t0":
        return values * (1.0 if what == "t0" else scale)
    wanted = u.dimensionless_unscaled if what == "depth" else u.day
    try:
        return values * float(u.Unit(unit).to(wanted))
    except (u.UnitsError, ValueError, TypeError):
        return values * scale  # ppm and per cent are no units to every service


def _errors(
    table: Table, names: dict[str, str], column: str, scale: float, what: str
) -> np.ndarray:
    """Errors of a column: of one column, or the mean of those upwards and downwards."""
    for ending in _BOTH:
        if column + ending in names:
            return np.abs(_numbers(table, names[column + ending], scale, f"{what}_err"))
    for sides in _SIDES:
        there = [names[column + side] for side in sides if column + side in names]
        if there:
            each = [np.abs(_numbers(table, name, scale, f"{what}_err")) for name in there]
            known = np.isfinite(each)
            total = np.where(known, each, 0.0).sum(axis=0)
            return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
    return np.full(len(table), np.nan)


def _own_clock(times: np.ndarray, column: str, reference: float | None) -> np.ndarray:
    """Times in the light curve's own clock."""
    julian = times > _JULIAN
    zero = _CLOCKS.get(column)
    if reference is None:
        if julian.any() or zero is not None:
            raise TPFError(
                f"The times in {column} are in another clock than the light curve's: reference "
                "should be the Julian date at which that reads 0 (attrs['time_reference'])."
            )
        return times
    own = times if zero is None else times + (zero - reference)
    return np.where(julian, times - reference, own)


def _word(value: Any) -> str:
    return "" if value is np.ma.masked else str(value).strip()
