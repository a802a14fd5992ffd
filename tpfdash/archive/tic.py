"""The TESS Input Catalog: what TESS calls a star, and its Tmag."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.table import Table

from tpfdash.archive.answers import Answers
from tpfdash.archive.ask import Stage, refuse_offline
from tpfdash.archive.mast import Mast
from tpfdash.archive.settings import mast_url
from tpfdash.archive.stages import Cancel, Stages
from tpfdash.errors import NO_NUMBER
from tpfdash.stamp.catalogue import standard_stars
from tpfdash.stamp.epoch import moved
from tpfdash.stamp.stars import tess_magnitude

__all__ = ["name_by_tic", "tic_stars"]

#: Of the TIC's ra and dec (Stassun et al. 2019, AJ 158, 138).
_EPOCH = 2000.0
#: Columns that are taken of the catalogue's 125.
_TAKEN = {"ID": "tic", "pmRA": "pmra", "pmDEC": "pmdec", "plx": "parallax", "GAIAmag": "g"}
_SAME = ("ra", "dec", "Tmag")
#: A star of Gaia and one of the TIC are one if they are so near, in arcsec, and so alike in Tmag.
_APART, _UNLIKE = 2.5, 1.5
_ANSWERS = Answers()


def tic_stars(
    cone: tuple[float, float, float], *, stage: Stage = None, cancel: Cancel | None = None
) -> Table:
    """The TIC's stars in a cone, by MAST.

    Parameters
    ----------
    cone : (ra, dec, radius)
        deg.
    stage, cancel
        As for `tpfdash.archive.ask.ask`.

    Returns
    -------
    Table
        In the columns of `tpfdash.stamp.catalogue.standard_stars`, and `gaia_dr2` (str): the
        catalogue's own is of DR2, so that `source_id` is left empty. It may be empty.

    Raises
    ------
    TPFError
        Offline, or where the archive cannot be reached, fails or says something else.
    """
    refuse_offline("the TIC's stars")
    url, (ra, dec, radius) = mast_url(), cone
    if (kept := _ANSWERS.get((url, cone))) is not None:
        return kept
    with Mast(Stages(stage, cancel)) as mast:
        where = {"ra": ra, "dec": dec, "radius": radius}
        rows = mast.rows("asking for the TIC's stars", "Mast.Catalogs.TIC.Cone", where)
    columns: dict[str, Any] = {
        ours: [row.get(theirs) for row in rows] for theirs, ours in _TAKEN.items()
    } | {name.lower(): [row.get(name) for row in rows] for name in _SAME}
    named = Table({"tic": [_digits(value) for value in columns.pop("tic")]}, dtype=["U20"])
    for name, values in columns.items():
        named[name] = np.array([_number(value) for value in values], dtype=np.float64)
    stars = standard_stars(named, what="The TIC's answer", epoch=_EPOCH)
    stars["gaia_dr2"] = np.array([_digits(row.get("GAIA")) for row in rows], dtype=str)
    stars.meta["source"] = "TIC (MAST)"
    _ANSWERS.keep((url, cone), stars)
    return stars


def _digits(value: Any) -> str:
    """An id to its last digit; a float has lost it if it is large."""
    if value is None or isinstance(value, float) and not abs(value) <= 2**53:
        return ""
    text = str(int(value)) if isinstance(value, int | float) else str(value).strip()
    return text if text.isdigit() else ""


def _number(value: Any) -> float:
    try:
        number = float(value)
    except NO_NUMBER:
        return math.nan
    return number if math.isfinite(number) else math.nan


def name_by_tic(stars: Table, tic: Table) -> int:
    """Give Gaia's stars their numbers in the TIC, and its Tmag.

    The two are one star where the TIC has Gaia's number, or where they are nearest to each other,
    within 2.5 arcsec at epoch 2000 and 1.5 mag.

    Parameters
    ----------
    stars : Table
        Of `tpfdash.stamp.catalogue.standard_stars`; its `tic` and `tmag` are filled in.
    tic : Table
        Of `tic_stars`.

    Returns
    -------
    int
        How many found theirs.
    """
    if not len(stars) or not len(tic):
        return 0
    pairs = _by_number(stars, tic) | _by_place(stars, tic)
    numbers, magnitudes = stars["tic"].astype("U20"), stars["tmag"].copy()
    for star, entry in pairs.items():
        numbers[star], magnitudes[star] = tic["tic"][entry], tic["tmag"][entry]
    stars["tic"], stars["tmag"] = numbers, magnitudes
    return len(pairs)


def _by_number(stars: Table, tic: Table) -> dict[int, int]:
    entries = {number: n for n, number in enumerate(tic["gaia_dr2"]) if number}
    return {n: entries[each] for n, each in enumerate(stars["source_id"]) if each in entries}


def _by_place(stars: Table, tic: Table) -> dict[int, int]:
    """Pairs of those that no number pairs."""
    known = _by_number(stars, tic)
    left = [n for n in range(len(stars)) if n not in known]
    taken = set(known.values())
    entries = np.array([n for n in range(len(tic)) if n not in taken], dtype=int)
    motion = stars["pmra"], stars["pmdec"]
    ra, dec = moved(stars["ra"], stars["dec"], *motion, stars["epoch"], _EPOCH)
    mine = np.array([n for n in left if np.isfinite(ra[n])], dtype=int)
    entries = entries[np.isfinite(tic["ra"][entries] + tic["dec"][entries])]
    if not mine.size or not entries.size:
        return {}
    here = SkyCoord(ra[mine], dec[mine], unit="deg")
    there = SkyCoord(tic["ra"][entries], tic["dec"][entries], unit="deg")
    to, apart, _ = here.match_to_catalog_sky(there)
    back, _, _ = there.match_to_catalog_sky(here)
    expected = tess_magnitude(stars["g"], stars["bp_rp"])[mine]
    unlike = np.abs(expected - tic["tmag"][entries[to]])
    mutual = back[to] == np.arange(mine.size)
    good = mutual & (apart < _APART * units.arcsec) & ~(np.asarray(unlike) > _UNLIKE)
    return {int(mine[n]): int(entries[to[n]]) for n in np.flatnonzero(good)}
