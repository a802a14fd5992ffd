"""Where to read more of a star: addresses of SIMBAD, VizieR, the Gaia archive and ExoFOP."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

__all__ = ["star_links"]

_SIMBAD = "https://simbad.cds.unistra.fr/simbad"
_VIZIER = "https://vizier.cds.unistra.fr/viz-bin/VizieR-S"
_GAIA = "https://gea.esac.esa.int/tap-server/tap/sync"
_EXOFOP = "https://exofop.ipac.caltech.edu/tess/target.php"
#: Around a place, where a star has no name that these know.
_RADIUS = 5  # arcsec


def star_links(star: Mapping[str, Any]) -> dict[str, str]:
    """Links for one star.

    Parameters
    ----------
    star : mapping
        A row of `tpfdash.archive.stars.find_stars`, or a dict of its columns: `source_id`, `tic`,
        `ra` and `dec` are looked at.

    Returns
    -------
    dict of str to str
        "SIMBAD", "VizieR", "Gaia" (its row in the archive), "ExoFOP" (a star of the TIC) -> URL,
        those that there are.
    """
    source, tic = (_digits(star, name) for name in ("source_id", "tic"))
    ra, dec = (_number(star, name) for name in ("ra", "dec"))
    made = {}
    if source:
        name = quote_plus(f"Gaia DR3 {source}")
        made["SIMBAD"] = f"{_SIMBAD}/sim-id?Ident={name}"
        made["VizieR"] = f"{_VIZIER}?{name}"
        query = quote_plus(f"SELECT * FROM gaiadr3.gaia_source WHERE source_id={source}")
        made["Gaia"] = f"{_GAIA}?REQUEST=doQuery&LANG=ADQL&FORMAT=json&QUERY={query}"
    elif math.isfinite(ra) and math.isfinite(dec):
        place = quote_plus(f"{ra:.6f} {dec:+.6f}")
        made["SIMBAD"] = f"{_SIMBAD}/sim-coo?Coord={place}&Radius={_RADIUS}&Radius.unit=arcsec"
        made["VizieR"] = f"{_VIZIER[:-2]}?-c={place}&-c.rs={_RADIUS}"
    if tic:
        made["ExoFOP"] = f"{_EXOFOP}?id={tic}"
    return made


def _digits(star: Mapping[str, Any], name: str) -> str:
    try:
        text = str(star[name])
    except (KeyError, ValueError):
        return ""
    return text if text.isdigit() else ""


def _number(star: Mapping[str, Any], name: str) -> float:
    try:
        return float(star[name])
    except (KeyError, TypeError, ValueError):
        return math.nan
