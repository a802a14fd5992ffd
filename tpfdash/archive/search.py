"""What there is of a target in the archive: `search`.

What the keywords mean lives here; the search itself is `tpfdash.archive.finder`, and what it finds
a `tpfdash.archive.results.SearchResult`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tpfdash.archive.cache import parse_size
from tpfdash.archive.finder import Finder
from tpfdash.archive.mast import Mast
from tpfdash.archive.names import parse_target
from tpfdash.archive.results import SearchResult
from tpfdash.archive.rows import CUTOUT_AUTHOR, CUTOUT_SIZE
from tpfdash.archive.stages import Cancel, Stages
from tpfdash.archive.wanted import Wanted, parse_wanted
from tpfdash.errors import NO_NUMBER, TPFError

__all__ = ["search", "search_targetpixelfile", "search_tesscut"]

#: Arcsec around a place.
_LARGEST_RADIUS = 3600.0


def search(
    target: Any,
    *,
    mission: Any = None,
    quarter: Any = None,
    campaign: Any = None,
    sector: Any = None,
    cadence: Any = None,
    month: Any = None,
    author: Any = None,
    radius: Any = None,
    cutout_size: Any = CUTOUT_SIZE,
    stage: Callable[[str], object] | None = None,
    cancel: Cancel | None = None,
) -> SearchResult:
    """The target pixel files of a target in the archive (MAST), and the cutouts of its place.

    Parameters
    ----------
    target : str, int, SkyCoord or (ra, dec)
        A number ("KIC 3248033", "EPIC 247589423", "TIC 273589987" and their other spellings), which
        finds that target alone; a name, which the archive's resolver knows, or a place in degrees
        or in hours and degrees, which find all targets within `radius`. A bare number is a KIC with
        quarter=, an EPIC with campaign=, a TIC with sector=; with none of them all that it may be
        are listed.
    mission : str or several, optional
        "Kepler", "K2", "TESS".
    quarter, campaign, sector : int or several, optional
        One of the three. Campaign 9 is both of its halves, 91 and 92 are one each.
    cadence : str, float or several, optional
        "long" (10, 30 minutes and longer), "short" (1 and 2 minutes), "fast" (20 s), "ffi" (of
        full-frame images), or seconds: 120, "20 s".
    month : int or several, optional
        Of a quarter's short cadence: 1, 2 or 3.
    author : str or several, optional
        "Kepler", "K2", "SPOC", "TESS-SPOC", "TESScut" ...; None or "any": whoever.
    radius : float or Quantity, optional
        Arcsec around the place; 2 unless given. With it a number stands for its place.
    cutout_size : int or (int, int)
        Pixels, or rows and columns, of the cutouts listed; `Row.resized` has others.
    stage : callable, optional
        Called with words for what is done: "asking for the name", "asking for files" ...
    cancel : threading.Event, optional
        Set, from whichever thread, it stops the search before its next request.

    Returns
    -------
    SearchResult
        Sorted by mission, quarter, campaign or sector, cadence and distance. A target observed
        with 20 s and 2 minutes has a row for each.

    Raises
    ------
    TPFError
        Where a keyword makes no sense, nobody knows the name, nothing was observed (it says what
        there is instead), or the archive does not answer; as `Cancelled`, where it was stopped.
    """
    wants = parse_wanted(
        mission=mission,
        quarter=quarter,
        campaign=campaign,
        sector=sector,
        cadence=cadence,
        month=month,
        author=author,
    )
    return _searched(target, wants, radius, cutout_size, Stages(stage, cancel))


def _searched(
    target: Any,
    wants: Wanted,
    radius: Any,
    cutout_size: Any = CUTOUT_SIZE,
    stages: Stages | None = None,
) -> SearchResult:
    arcsec = _arcsec(radius)
    size = parse_size(cutout_size)
    meant = parse_target(target, missions=wants.missions)
    with Mast(stages) as mast:
        return Finder(mast, meant, wants, arcsec, size).run()


def search_targetpixelfile(
    target: Any,
    radius: Any = None,
    exptime: Any = None,
    cadence: Any = None,
    mission: Any = None,
    author: Any = None,
    quarter: Any = None,
    month: Any = None,
    campaign: Any = None,
    sector: Any = None,
    limit: int | None = None,
) -> SearchResult:
    """`search` with the keywords of lightkurve's function of this name: no cutouts.

    Parameters
    ----------
    exptime : str, float or several, optional
        The same as `cadence`.
    limit : int, optional
        Of so many rows at most.

    The others are those of `search`, as is what is returned and raised.
    """
    if exptime is not None and cadence is not None:
        raise TPFError("exptime= and cadence= are the same: one of them should be given.")
    wants = parse_wanted(
        mission=mission,
        quarter=quarter,
        campaign=campaign,
        sector=sector,
        cadence=cadence if exptime is None else exptime,
        month=month,
        author=author,
    )
    return _searched(target, replace(wants, no_cutouts=True), radius)[:limit]


def search_tesscut(
    target: Any, sector: Any = None, *, cutout_size: Any = CUTOUT_SIZE
) -> SearchResult:
    """The cutouts of TESS's full-frame images that can be had of a place; as `search`."""
    return search(
        target, sector=sector, author=CUTOUT_AUTHOR, cutout_size=cutout_size, mission="TESS"
    )


def _arcsec(radius: Any) -> float | None:
    """A radius in arcsec."""
    if radius is None:
        return None
    try:
        arcsec = float(radius.to_value("arcsec") if hasattr(radius, "to_value") else radius)
    except NO_NUMBER:  # a unit that is no angle's is a ValueError
        arcsec = math.nan
    if isinstance(radius, bool) or not 0 < arcsec <= _LARGEST_RADIUS:
        raise TPFError(
            f"radius={radius!r} is none: it should be arcsec, above 0 and up to "
            f"{_LARGEST_RADIUS:.0f}, or an angle of astropy."
        )
    return arcsec
