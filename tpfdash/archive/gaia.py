"""Gaia DR3's stars in a cone: by TAP from one of several services, or from a database on disk."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from urllib.parse import urlsplit

from astropy.table import Table

from tpfdash.archive.answers import Answers
from tpfdash.archive.ask import Stage, in_brief, refuse_offline, server
from tpfdash.archive.settings import gaia_tap_urls
from tpfdash.archive.stages import Cancel, Cancelled
from tpfdash.archive.tap import QueryRefused, cone_query, run_query
from tpfdash.errors import TPFError
from tpfdash.stamp.catalogue import add_note, standard_stars

__all__ = ["MOST", "gaia_stars", "has_database", "offline_stars"]

#: So many stars at most: the brightest.
MOST = 5000
_EPOCH = 2016.0  # of DR3
_PREFIX = "Gaia DR3"
_Cone = tuple[float, float, float]


@dataclass(frozen=True)
class _Dialect:
    """What a service calls Gaia DR3 and its columns."""

    table: str
    columns: str
    position: tuple[str, str]
    magnitude: str


_ESA = _Dialect(
    "gaiadr3.gaia_source",
    "source_id, ra, dec, ref_epoch, pmra, pmdec, parallax, ruwe, phot_g_mean_mag, "
    "phot_bp_mean_mag, phot_rp_mean_mag, phot_variable_flag, non_single_star",
    ("ra", "dec"),
    "phot_g_mean_mag",
)
# The same table where it has been kept in part.
_IN_PART = _Dialect(_ESA.table, "*", _ESA.position, _ESA.magnitude)
# Of these two all columns are asked for: which of them a service has is its affair, and those
# that are there are recognised by their names.
_GAVO = _Dialect("gaia.dr3lite", "*", ("ra", "dec"), "phot_g_mean_mag")
_VIZIER = _Dialect('"I/355/gaiadr3"', "*", ("RA_ICRS", "DE_ICRS"), "Gmag")
#: Part of a host's name -> who it is, and what it speaks. Any other is taken to speak like ESA's.
_KNOWN = {
    "esac.esa.int": ("ESA's Gaia archive", _ESA),
    "g-vo.org": ("GAVO", _GAVO),
    "unistra.fr": ("VizieR", _VIZIER),
    "u-strasbg.fr": ("VizieR", _VIZIER),
}
_ANSWERS = Answers()


def gaia_stars(
    cone: _Cone, limit: float, *, stage: Stage = None, cancel: Cancel | None = None
) -> Table:
    """Gaia DR3's stars in a cone, by the first TAP service that has an answer.

    Parameters
    ----------
    cone : (ra, dec, radius)
        deg.
    limit : float
        Faintest G magnitude.
    stage, cancel
        As for `tpfdash.archive.ask.ask`.

    Returns
    -------
    Table
        In the columns of `tpfdash.stamp.catalogue.standard_stars`, the brightest 5000 at most;
        `meta["source"]` says who answered, `notes` what the others said. It may be empty, where
        every service that answers says so. A good answer is kept for the life of the process.

    Raises
    ------
    TPFError
        Offline, or where no service of `TPFDASH_GAIA_TAP` answers: it says what each said.
    """
    refuse_offline("Gaia's stars")
    urls = gaia_tap_urls()
    if (kept := _ANSWERS.get((urls, cone, limit))) is not None:
        return kept
    troubles: list[str] = []
    empty: Table | None = None
    for url in urls:
        try:
            stars = _from_service(url, cone, limit, stage, cancel)
        except Cancelled:
            raise
        except TPFError as error:
            troubles.append(in_brief(error))
            continue
        if len(stars):
            add_note(stars, *(f"{trouble}." for trouble in troubles))
            if not troubles:
                _ANSWERS.keep((urls, cone, limit), stars)
            return stars
        empty = stars if empty is None else empty
    if empty is not None:
        add_note(empty, *(f"{trouble}." for trouble in troubles))
        add_note(empty, f"{empty.meta['source']} lists no star here down to G = {limit:.1f}.")
        return empty
    raise TPFError(f"Gaia's stars could not be had: {'; '.join(troubles)}.")


def _from_service(
    url: str, cone: _Cone, limit: float, stage: Stage, cancel: Cancel | None
) -> Table:
    host = urlsplit(url).hostname or ""
    who, own = next(
        (known for part, known in _KNOWN.items() if host.endswith(part)),
        (f"the Gaia service at {server(url)}", None),
    )
    refusal: TPFError | None = None
    for dialect in (own,) if own is not None else (_ESA, _IN_PART, _GAVO, _VIZIER):
        query = cone_query(
            dialect.table,
            dialect.columns,
            dialect.position,
            cone,
            most=MOST,
            magnitude=(dialect.magnitude, limit),
        )
        try:
            table, overflow = run_query(url, query, who, stage=stage, cancel=cancel)
        except QueryRefused as error:  # it may know the table by another name
            refusal = refusal or error
            continue
        stars = standard_stars(table, what=f"The answer of {who}", epoch=_EPOCH, prefix=_PREFIX)
        stars.meta["source"] = f"Gaia DR3 ({who})"
        if overflow or len(stars) >= MOST:
            add_note(stars, f"There are more stars: these are the brightest {len(stars)}.")
        return stars
    assert refusal is not None
    raise refusal


def has_database() -> bool:
    """Whether the package gaiaoffline is installed here."""
    return importlib.util.find_spec("gaiaoffline") is not None


def offline_stars(cone: _Cone, limit: float, *, stage: Stage = None) -> Table:
    """Gaia DR3's stars in a cone by the database of the package gaiaoffline.

    Parameters, and the Table, are those of `gaia_stars`.

    Raises
    ------
    TPFError
        Where the package is not installed, or its database has not been made or is broken.
    """
    if not has_database():
        raise TPFError(
            "gaiaoffline is not installed: `pip install gaiaoffline`, and let it build its "
            "database of Gaia's stars."
        )
    if stage is not None:
        stage("looking into gaiaoffline's database")
    try:
        client = importlib.import_module("gaiaoffline").Gaia
        with client(magnitude_limit=(-3.0, float(limit)), photometry_output="mag") as gaia:
            table = Table.from_pandas(gaia.conesearch(*cone))
    except Exception as error:  # of sqlite, of pandas, of its own
        raise TPFError(
            f"gaiaoffline's database could not be read ({in_brief(error)[:200]}): see whether it "
            "has been built."
        ) from error
    stars = standard_stars(table, what="gaiaoffline's answer", epoch=_EPOCH, prefix=_PREFIX)
    stars.sort("g")
    stars.meta["source"] = "Gaia DR3 (gaiaoffline)"
    return stars[:MOST]
