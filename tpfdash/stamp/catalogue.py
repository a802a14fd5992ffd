"""A table of stars: one set of columns, whatever a catalogue calls them.

Where the table comes from is `tpfdash.archive`; where its stars stand on the detector is
`tpfdash.stamp.stars`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
from astropy import units
from astropy.coordinates import Angle
from astropy.table import Column, MaskedColumn, Table

from tpfdash.errors import NO_NUMBER, TPFError

__all__ = ["COLUMNS", "add_note", "notes", "standard_stars"]

_DEG, _SPEED, _MAS = units.deg, units.mas / units.yr, units.mas
#: Column -> its unit, and other catalogues' names for it, the likeliest first. Case, "_", "-" and
#: blanks do not count, but in names with a capital letter here.
_NUMBERS: Mapping[str, tuple[units.UnitBase | None, tuple[str, ...]]] = MappingProxyType(
    {
        "ra": (_DEG, ("ra", "raicrs", "raj2000", "raobj", "radeg", "rightascension")),
        "dec": (_DEG, ("dec", "deicrs", "dej2000", "decj2000", "decobj", "decdeg", "declination")),
        "epoch": (units.yr, ("epoch", "refepoch")),
        "pmra": (_SPEED, ("pmra", "pmracosdec", "pmrac")),
        "pmdec": (_SPEED, ("pmdec", "pmde")),
        "parallax": (_MAS, ("parallax", "plx")),
        "ruwe": (None, ("ruwe",)),
        "g": (units.mag, ("photgmeanmag", "gaiamag", "Gmag", "g")),
        "bp": (units.mag, ("photbpmeanmag", "bpmag", "bp")),
        "rp": (units.mag, ("photrpmeanmag", "rpmag", "rp")),
        "bp_rp": (units.mag, ("bprp",)),
        "tmag": (units.mag, ("tmag", "tessmag")),
        "kpmag": (units.mag, ("kpmag", "kepmag", "kp", "keplermag")),
        "magnitude": (units.mag, ("magnitude", "mag", "vmag", "rmag")),
    }
)
_TEXTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "name": ("name", "designation", "mainid", "object", "star", "id", "kic", "epic"),
        "source_id": ("sourceid", "Source", "gaiaid", "gaia", "gaiadr3", "dr3name"),
        "tic": ("tic", "ticid"),
    }
)
_TRUTHS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "variable": ("variable", "photvariableflag", "varflag"),
        "binary": ("binary", "nonsinglestar", "nss"),
    }
)
#: The columns of every table of stars, in their order.
COLUMNS = ("name", "source_id", "tic", *_NUMBERS, "variable", "binary")
_MAGNITUDES = ("g", "tmag", "kpmag", "magnitude", "rp", "bp")
#: Names of positions that are of one epoch.
_AT_2000 = ("raj2000", "raobj")
_GAIA_DR3 = 2016.0
#: A float holds every whole number up to this one.
_EXACT = 2**53
_FAINTEST = 60.0  # mag; beyond it there is none


def standard_stars(
    table: Table, *, what: str = "The table", epoch: float | None = None, prefix: str = ""
) -> Table:
    """Any catalogue's table of stars with the columns that this package uses.

    Parameters
    ----------
    table : Table
        With right ascension and declination (deg, or in the unit that they say; text as in
        "04 21 57.4" is hours) and, if there are any, proper motions (mas/yr, the cosine of the
        declination in them), epoch of the positions (Julian year), magnitudes, and so on. It is
        left as it is. Columns whose names say nothing are not taken over.
    what : str
        What a message calls the table.
    epoch : float, optional
        Of the positions, where the table does not say it; else 2016 for a table with Gaia's
        magnitudes, and 2000.
    prefix : str
        Goes before a `source_id` to name a star ("Gaia DR3").

    Returns
    -------
    Table
        `name`, `source_id` and `tic`: str, "" where there is none, each digit as in the catalogue.
        `ra`, `dec` (deg), `epoch` (Julian year), `pmra`, `pmdec` (mas/yr), `parallax` (mas),
        `ruwe`, the magnitudes `g`, `bp`, `rp`, `bp_rp`, `tmag`, `kpmag`, and `magnitude` in a band
        that is none of these: float64, NaN where there is none. `variable` and `binary`: bool,
        masked where not known. What had to be assumed is in `notes`.

    Raises
    ------
    TPFError
        If it is no table, or has no position or no magnitude, or if they are no numbers. The
        message tells which columns were looked for.
    """
    if not isinstance(table, Table):
        raise TPFError(
            f"{what} of stars is a {type(table).__name__}: it should be an astropy Table."
        )
    found = _recognised(table)
    _check(table, found, what)
    made = Table()
    for name in COLUMNS:
        if name in _NUMBERS:
            made[name] = _numbers(table, found.get(name), name, what)
        elif name in _TRUTHS:
            made[name] = _truths(table, found.get(name), name)
        else:
            made[name] = _texts(table, found.get(name))
    made["source_id"] = _numbers_alone(made["source_id"])  # "Gaia DR3 5937083312263887616", too
    made["tic"] = _numbers_alone(made["tic"])
    positions = np.abs(made["dec"]) > 90
    if positions.any():
        made["ra"][positions] = made["dec"][positions] = np.nan
    for name in (*_MAGNITUDES, "bp_rp"):
        made[name][np.abs(made[name]) > _FAINTEST] = np.nan
    color = made["bp"] - made["rp"]
    made["bp_rp"] = np.where(np.isfinite(made["bp_rp"]), made["bp_rp"], color)
    made["name"] = _names(made, prefix)
    made.meta["notes"] = ()
    _date(made, found, epoch, what)
    _tell(table, made, found, what)
    return made


def notes(stars: Table) -> tuple[str, ...]:
    """What is to be known of a table of stars, and what could not be had: a sentence each."""
    return tuple(stars.meta.get("notes", ()))


def add_note(stars: Table, *sentences: str) -> None:
    """Put sentences into `notes`, each once."""
    stars.meta["notes"] = tuple(dict.fromkeys((*notes(stars), *sentences)))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", str(name).lower())


def _recognised(table: Table) -> dict[str, str]:
    """Our column -> the table's."""
    by_plain: dict[str, str] = {}
    for name in table.colnames:
        by_plain.setdefault(_plain(name), name)

    def find(names: Iterable[str]) -> str | None:
        for each in names:
            if each != each.lower():  # VizieR's Gmag is Gaia's, gmag SDSS'
                if each in table.colnames:
                    return each
            elif each in by_plain:
                return by_plain[each]
        return None

    every = {name: names for name, (_, names) in _NUMBERS.items()} | dict(_TEXTS) | dict(_TRUTHS)
    found = {name: column for name, names in every.items() if (column := find(names))}
    if "g" not in found and "bp" in found and "gmag" in by_plain:
        found["g"] = by_plain["gmag"]  # beside BP, from a service that knows no capitals
    return found


def _check(table: Table, found: Mapping[str, str], what: str) -> None:
    has = f"{what} of stars has the columns {', '.join(map(str, table.colnames)) or 'none'}"
    if not {"ra", "dec"} <= found.keys():
        raise TPFError(
            f"{has}: it should have a position, as in ra and dec, RA_ICRS and DE_ICRS, or RAJ2000 "
            "and DEJ2000."
        )
    if not set(_MAGNITUDES) & found.keys():
        raise TPFError(
            f"{has}: it should have a magnitude, as in phot_g_mean_mag, Gmag, Tmag, KEPMAG, mag or "
            "magnitude."
        )


def _numbers(table: Table, column: str | None, name: str, what: str) -> np.ndarray:
    if column is None:
        return np.full(len(table), np.nan)
    values, unit = table[column], _NUMBERS[name][0]
    given = getattr(values, "unit", None)
    try:
        if name in ("ra", "dec") and values.dtype.kind in "USO":
            return _angles(values, name)
        made = np.ma.filled(np.ma.asarray(getattr(values, "value", values), np.float64), np.nan)
        made = np.array(made, dtype=np.float64)
        if given is not None and unit is not None and unit.physical_type != "unknown":
            made = units.Quantity(made, given).to_value(unit)
    except NO_NUMBER:  # units that do not convert are one, too
        raise TPFError(
            f"{what}'s column {column!r} should hold numbers, one a star"
            + (f", in {unit} or what converts to it." if unit is not None else ".")
        ) from None
    if made.ndim != 1:
        raise TPFError(f"{what}'s column {column!r} should hold numbers, one a star.")
    made[~np.isfinite(made)] = np.nan
    return made


def _angles(values: Column, name: str) -> np.ndarray:
    """Positions that are text: degrees as they are, sexagesimal ones in hours or degrees."""
    made = np.full(len(values), np.nan)
    for n, text in enumerate(_texts(Table([values], names=["text"]), "text")):
        if not text:
            continue
        sexagesimal = len(re.split(r"[\s:hdms]+", text.strip())) > 1
        unit = units.hourangle if sexagesimal and name == "ra" else units.deg
        made[n] = Angle(text, unit=unit).to_value("deg")
    return made


def _texts(table: Table, column: str | None) -> np.ndarray:
    """Names and ids as text, whole numbers to their last digit; "" where there is none."""
    if column is None:
        return np.full(len(table), "", dtype="U1")
    values = table[column]
    kind = values.dtype.kind
    gone = np.ma.getmaskarray(np.ma.asarray(values)) if hasattr(values, "mask") else None
    made = []
    for n, value in enumerate(values):
        if gone is not None and np.any(gone[n]) or value is None or value is np.ma.masked:
            made.append("")
        elif isinstance(value, bytes):
            made.append(value.decode("utf-8", "replace").strip())
        elif kind == "f" or isinstance(value, float):
            whole = np.isfinite(value) and abs(value) <= _EXACT and float(value).is_integer()
            made.append(str(int(value)) if whole else "")
        else:
            made.append(str(value).strip())
    return np.array(made or [], dtype=str)


def _numbers_alone(texts: np.ndarray) -> np.ndarray:
    """The digits at the end of each text; "" where there are none."""
    ends = (re.search(r"\d+$", text) for text in texts)
    return np.array([end[0] if end else "" for end in ends], dtype=str)


def _truths(table: Table, column: str | None, name: str) -> MaskedColumn:
    """bool, masked where not known."""
    if column is None:
        return MaskedColumn(np.zeros(len(table), bool), mask=True)
    if table[column].dtype.kind in "fiub":
        raw = np.ma.asarray(table[column])
        numbers = np.ma.filled(raw.astype(np.float64), np.nan)
        return MaskedColumn(np.nan_to_num(numbers) > 0, mask=~np.isfinite(numbers))
    words = np.char.upper(_texts(table, column).astype(str))
    yes = np.isin(words, ("VARIABLE", "TRUE", "YES", "Y", "T", "1"))
    no = np.isin(words, ("CONSTANT", "FALSE", "NO", "N", "F", "0"))
    return MaskedColumn(yes, mask=~(yes | no))


def _names(stars: Table, prefix: str) -> np.ndarray:
    """What each star is called: by its name, its id, or its number in the table."""
    made = []
    for n, star in enumerate(stars):
        name, source, tic = (str(star[each]) for each in ("name", "source_id", "tic"))
        if source and (not name or name == source):
            name = f"{prefix} {source}".strip()
        made.append(name or (f"TIC {tic}" if tic else f"star {n + 1}"))
    return np.array(made, dtype=str)


def _date(made: Table, found: Mapping[str, str], epoch: float | None, what: str) -> None:
    """Fill in the epoch where the table does not say it."""
    unknown = ~np.isfinite(made["epoch"])
    if not unknown.any():
        return
    if epoch is None:
        at_2000 = _plain(found["ra"]) in _AT_2000
        epoch = _GAIA_DR3 if "g" in found and not at_2000 else 2000.0
        if not at_2000:
            add_note(made, f"{what} does not say the epoch of its positions: {epoch:g} is taken.")
    made["epoch"][unknown] = epoch


def _tell(table: Table, made: Table, found: Mapping[str, str], what: str) -> None:
    """Say what was not there to be had."""
    still = int(np.count_nonzero(~np.isfinite(made["pmra"] + made["pmdec"])))
    if not {"pmra", "pmdec"} <= found.keys():
        add_note(made, f"{what} has no proper motions: stars are where it has them.")
    elif still:
        add_note(made, f"{still} of {len(made)} stars have no proper motion: 0 is taken.")
    if "source_id" in found and table[found["source_id"]].dtype.kind == "f":
        if not all(made["source_id"]):
            add_note(
                made,
                f"{what} holds {found['source_id']} as floats, which lost its last digits: it is "
                "left out.",
            )
