"""What a file of the archive is, by its name and by what the archive says of it.

Plain rows of answers in, facts out; asking for them is `tpfdash.archive.mast`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tpfdash.archive.mast import number, text, whole
from tpfdash.missions import MISSIONS

__all__ = [
    "File",
    "cutout_cadence",
    "is_safe",
    "known_file",
    "mission_of",
    "of_file_name",
    "sector_year",
]

#: What a name out of an answer may be made of before it becomes one on disk.
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,250}")

_KEPLER = re.compile(r"kplr(\d{9})-(\d{13})_(l|s)pd-targ\.fits(?:\.gz)?")
_K2 = re.compile(r"ktwo(\d{9})-c(\d{2,3})_(l|s)pd-targ\.fits(?:\.gz)?")
_TESS = re.compile(r"tess(\d{13})-s(\d{4})-(\d{16})-\d{4}-[a-z](?:_(fast-tp)|_tp)\.fits(?:\.gz)?")
_HLSP = re.compile(r"hlsp_([a-z0-9-]+?)_(kepler|k2|tess)_.*?(?:_tp|-targ)\.fits(?:\.gz)?")
_HLSP_TESS = re.compile(r"(\d{9,16})-s(\d{2,4})[_-]")

_LONG, _SHORT, _TWO_MINUTES, _FAST = 1765.46, 58.85, 120.0, 20.0

#: What the archive calls kinds of target pixel files -> their cadence in s, where that is one.
_KINDS = {
    "TP": math.nan,
    "TPF": math.nan,
    "LPD-TARG": _LONG,
    "SPD-TARG": _SHORT,
    "FAST-TP": _FAST,
}

#: The day (year and day of the year) in the name of a Kepler file, which is when its last cadence
#: ended -> quarter and month. The long cadence of a quarter ends with its last month (Kepler
#: Archive Manual, KDMC-10008, table of the start stamps; the same as in lightkurve's
#: short_cadence_month_lookup.csv).
_MONTHS: dict[str, tuple[int, int]] = {
    day: (quarter, month + 1)
    for quarter, days in enumerate(
        (
            "2009131",
            "2009166",
            "2009201 2009231 2009259",
            "2009291 2009322 2009350",
            "2010009 2010019 2010049 2010078",
            "2010111 2010140 2010174",
            "2010203 2010234 2010265",
            "2010296 2010326 2010355",
            "2011024 2011053 2011073",
            "2011116 2011145 2011177",
            "2011208 2011240 2011271",
            "2011303 2011334 2012004",
            "2012032 2012060 2012088",
            "2012121 2012151 2012179",
            "2012211 2012242 2012277",
            "2012310 2012341 2013011",
            "2013017 2013065 2013098",
            "2013121 2013131",
        )
    )
    for month, day in enumerate(days.split())
}


@dataclass(frozen=True)
class File:
    """What the name of a target pixel file says; None or NaN where it does not.

    `interval` is as MISSIONS' `interval` takes it: a half of a K2 campaign is 91, not 9.
    """

    mission: str
    target: int | None
    author: str
    interval: int | None = None
    month: int | None = None
    seconds: float = math.nan
    year: int | None = None


def of_file_name(name: str) -> File | None:
    """What a target pixel file's name says; None where it is not the name of one."""
    if match := _KEPLER.fullmatch(name):
        quarter, month = _MONTHS.get(match[2][:7], (None, None))
        short = match[3] == "s"
        return File(
            "Kepler",
            int(match[1]),
            "Kepler",
            quarter,
            month if short else None,
            _SHORT if short else _LONG,
            int(match[2][:4]),
        )
    if match := _K2.fullmatch(name):
        seconds = _SHORT if match[3] == "s" else _LONG
        return File("K2", int(match[1]), "K2", int(match[2]), None, seconds)
    if match := _TESS.fullmatch(name):
        seconds = _FAST if match[4] else _TWO_MINUTES
        return File("TESS", int(match[3]), "SPOC", int(match[2]), None, seconds, int(match[1][:4]))
    if match := _HLSP.fullmatch(name):
        mission = next(known for known in MISSIONS if known.lower() == match[2])
        whose = _HLSP_TESS.search(name) if mission == "TESS" else None
        return File(
            mission,
            int(whose[1]) if whose else None,
            match[1].upper(),
            int(whose[2]) if whose else None,
        )
    return None


def known_file(
    product: Mapping[str, Any], observation: Mapping[str, Any]
) -> tuple[str, File] | None:
    """The name of a product's file, and what it is, by its name and by what the archive says.

    None where it is no target pixel file. What the archive leaves out is taken from the name; the
    folder-like parts of a name are dropped.
    """
    uri = str(product.get("dataURI") or "")
    named = str(product.get("productFilename") or "") or uri
    name = named.replace("\\", "/").rpartition("/")[2]
    file = of_file_name(name) or _described(name, product, observation)
    if file is None or not is_safe(name) or not uri.startswith("mast:"):
        return None
    described = re.search(r"-\s*Q(\d{1,2})\s*$", str(product.get("description") or ""))
    interval = file.interval
    if described and file.mission == "Kepler":
        interval = int(described[1])
    if interval is None:
        interval = whole(observation.get("sequence_number"))
    seconds, exposure = file.seconds, number(observation.get("t_exptime"))
    if math.isnan(seconds) and exposure > 0:
        seconds = exposure
    year, start = file.year, number(observation.get("t_min"))
    if year is None and 40000 < start < 90000:
        year = int(1858.8775 + start / 365.2425)  # MJD counts from 17 November 1858
    author = text(observation.get("provenance_name")) or file.author
    return name, File(file.mission, file.target, author, interval, file.month, seconds, year)


def _described(
    name: str, product: Mapping[str, Any], observation: Mapping[str, Any]
) -> File | None:
    """What a file is whose name does not tell that it is a target pixel file, but the archive."""
    mission = mission_of(observation)
    kind = str(product.get("productSubGroupDescription") or "").upper()
    if mission is None or kind not in _KINDS or re.search(r"\.fits(\.gz)?$", name) is None:
        return None
    digits = re.fullmatch(r"(?:kplr|ktwo)?(\d+)", str(observation.get("target_name") or ""))
    author = "SPOC" if mission == "TESS" else mission
    return File(mission, int(digits[1]) if digits else None, author, seconds=_KINDS[kind])


def mission_of(observation: Mapping[str, Any]) -> str | None:
    """The mission of an observation: Kepler, K2 or TESS, or None for another one."""
    for key in ("project", "obs_collection"):
        said = str(observation.get(key) or "").strip().lower()
        for name in MISSIONS:
            if said == name.lower():
                return name
    return None


def cutout_cadence(sector: int) -> float:
    """How far the full-frame images of a sector are apart, in s.

    1800 in the prime mission (sectors 1-26), 600 in the first extended one (27-55), 200 since
    (TESS Data Release Notes).
    """
    return 1800.0 if sector <= 26 else 600.0 if sector <= 55 else 200.0


#: Year -> the first sector that began in it (TESS Science Support Center, observing sectors).
_FIRST_SECTORS = {
    2018: 1,
    2019: 7,
    2020: 21,
    2021: 34,
    2022: 48,
    2023: 61,
    2024: 74,
    2025: 88,
}
#: Up to here that table is known to go.
_LAST_SECTOR = 99


def sector_year(sector: int) -> int | None:
    """The year that a sector began in; None where that is not known here."""
    if not 1 <= sector <= _LAST_SECTOR:
        return None
    return max(year for year, first in _FIRST_SECTORS.items() if first <= sector)


def is_safe(name: str) -> bool:
    """Whether a name out of an answer may be that of a file or a folder."""
    return bool(_SAFE.fullmatch(name)) and ".." not in name
