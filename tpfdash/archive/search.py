"""What there is of a target in the archive: `search`.

Telling what the target is belongs to `tpfdash.archive.names`, speaking to the archive to
`tpfdash.archive.mast`, and what was found is a `tpfdash.archive.results.SearchResult`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tpfdash.archive.cache import cutout_uri, parse_size
from tpfdash.archive.mast import Mast, number
from tpfdash.archive.names import Target, catalogue_name, parse_target
from tpfdash.archive.products import cutout_cadence, is_safe, known_file, mission_of, sector_year
from tpfdash.archive.results import SearchResult, sort_key
from tpfdash.archive.rows import CUTOUT_AUTHOR, CUTOUT_SIZE, Row
from tpfdash.archive.stages import Cancel, Cancelled, Stages
from tpfdash.archive.wanted import Wanted, parse_wanted
from tpfdash.errors import TPFError
from tpfdash.missions import MISSIONS, get_mission

__all__ = ["search", "search_targetpixelfile", "search_tesscut"]

#: Arcsec around a place or a name's position.
_RADIUS = 2.0
_LARGEST_RADIUS = 3600.0
#: Whose observations have target pixel files; others have light curves alone.
_WITH_PIXELS = ("", "kepler", "k2", "spoc", "tess-spoc")

Place = tuple[float, float]
Observation = Mapping[str, Any]


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
        return _Search(mast, meant, wants, arcsec, size).run()


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


class _Search:
    """One search as it goes on."""

    def __init__(
        self, mast: Mast, target: Target, wants: Wanted, radius: float | None, size: tuple[int, int]
    ):
        self.mast = mast
        self.target = target
        self.wants = wants
        self.radius = radius
        self.size = size
        self.place = target.place
        self.observations: list[Observation] = []
        self.notes: list[str] = []

    def run(self) -> SearchResult:
        cutouts_alone = self.wants.authors == (CUTOUT_AUTHOR.lower(),)
        if not cutouts_alone:
            self._observe()
        every = self._files()
        rows = [row for row in every if self.wants(row)]
        if self.wants.cutouts:
            rows += self._wanted_cutouts(bool(rows))
        if not rows:
            raise TPFError(self._nothing(every))
        return SearchResult(sorted(rows, key=sort_key), self.target.text, self.notes)

    def _observe(self) -> None:
        """Find the target's observations, of every mission: they tell what else there is."""
        if self.target.numbers and self.radius is None:
            names = self.target.archived
            found = self.mast.observations(names=names, missions=tuple(MISSIONS))
            self.observations = [one for one in found if str(one.get("target_name")) in names]
            own = any(mission in self.wants.missions for mission, _ in self.target.numbers)
            if own and self.observations:
                return
        place = self._where()
        if place is not None:
            radius = _RADIUS if self.radius is None else self.radius
            self.observations += self.mast.observations(
                place=place, radius=radius, missions=tuple(MISSIONS)
            )

    def _where(self) -> Place | None:
        """The target's place; None where a number has none, an error where a name has none."""
        if self.place is None:
            places = (
                (number(one.get("s_ra")), number(one.get("s_dec"))) for one in self.observations
            )
            self.place = next((one for one in places if all(map(math.isfinite, one))), None)
        if self.place is None:
            self.place = self._asked()
        return self.place

    def _asked(self) -> Place | None:
        """The place that the archive's resolver has for the name."""
        for name in [catalogue_name(*one) for one in self.target.numbers] or [self.target.text]:
            place = self.mast.place(name)
            if place is not None:
                return place
        if not self.target.numbers:
            raise TPFError(
                f"The archive knows no object called {self.target.text!r}: see how it is spelled, "
                "or search for its place in degrees."
            )
        return None

    def _files(self) -> list[Row]:
        """The target pixel files of those observations that may have one that is wanted."""
        wanted = [one for one in self.observations if self._may_be_wanted(one)]
        by_id = {_key(one.get("obsid", one.get("obsID"))): one for one in wanted}
        by_id.pop("", None)
        if wanted and not by_id:
            raise TPFError(
                "The archive does not say what the observations that it found are called (obsid), "
                "so that their files cannot be asked for: try again later."
            )
        if not by_id:
            return []
        by_name = {str(one.get("obs_id")): one for one in by_id.values()}
        rows: dict[str, Row] = {}
        for product in self.mast.products(list(by_id)):
            ids = (_key(product.get(key)) for key in ("obsID", "parent_obsid", "obsid"))
            of = next((by_id[each] for each in ids if each in by_id), None)
            if of is None:
                of = by_name.get(str(product.get("obs_id")))
            row = self._row(product, of) if of is not None else None
            if row is not None:
                rows.setdefault(row.file, row)
        return list(rows.values())

    def _may_be_wanted(self, one: Observation) -> bool:
        """Whether an observation may have files that are wanted; what it leaves open may."""
        mission = mission_of(one)
        if mission is not None and mission not in self.wants.missions:
            return False
        sequence, intervals = number(one.get("sequence_number")), self.wants.intervals
        if intervals is None or not sequence >= 0 or mission == "Kepler":
            return True
        return any(sequence in (each, each // 10 if each > 90 else each) for each in intervals)

    def _row(self, product: Mapping[str, Any], one: Observation) -> Row | None:
        known = known_file(product, one)
        if known is None:
            return None
        name, file = known
        collection = str(product.get("obs_collection") or one.get("obs_collection") or file.mission)
        obs_id = str(product.get("obs_id") or one.get("obs_id") or "")
        if not (is_safe(collection) and is_safe(obs_id)):
            return None
        ra, dec = number(one.get("s_ra")), number(one.get("s_dec"))
        size = number(product.get("size"))
        named = str(one.get("target_name") or "")
        return Row(
            target=named if file.target is None else catalogue_name(file.mission, file.target),
            mission=file.mission,
            interval=file.interval,
            seconds=file.seconds,
            author=file.author,
            distance=self._distance(one, ra, dec),
            uri=str(product["dataURI"]),
            year=file.year,
            month=file.month,
            size=int(size) if 0 < size < 2**53 else None,
            ra=ra,
            dec=dec,
            collection=collection,
            obs_id=obs_id,
            file=name,
        )

    def _distance(self, one: Observation, ra: float, dec: float) -> float:
        """Arcsec from the place searched; 0 where a number was."""
        if self.place is None:
            return 0.0
        said = number(one.get("distance"))
        return said if said >= 0 else _separation(self.place, (ra, dec))

    def _wanted_cutouts(self, optional: bool) -> list[Row]:
        """The cutouts that are wanted; where files were found they are told, if they fail."""
        try:
            return [row for row in self._cutouts() if self.wants(row)]
        except Cancelled:
            raise
        except TPFError as error:
            if not optional:
                raise
            self.notes.append(f"Cutouts are not listed: {error}")
            return []

    def _cutouts(self) -> list[Row]:
        place = self._where()
        if place is None:
            return []
        sectors = {int(number(one.get("sector"))) for one in self._sectors(place)}
        row = Row(
            target=self.target.text,
            mission="TESS",
            interval=None,
            seconds=math.nan,
            author=CUTOUT_AUTHOR,
            distance=0.0,
            uri="",
            ra=place[0],
            dec=place[1],
        )
        return [
            replace(
                row,
                interval=sector,
                seconds=cutout_cadence(sector),
                uri=cutout_uri(place, sector, self.size),
                year=sector_year(sector),
            )
            for sector in sorted(sectors)
        ]

    def _sectors(self, place: Place) -> list[dict[str, Any]]:
        found = self.mast.sectors(place)
        return [one for one in found if 1 <= number(one.get("sector")) < 10000]

    def _other(self, one: Observation) -> bool:
        """Whether an observation that is not wanted has a target pixel file, most likely."""
        author = str(one.get("provenance_name") or "").lower()
        return author in _WITH_PIXELS and not self._may_be_wanted(one)

    def _nothing(self, every: Sequence[Row]) -> str:
        """Words for that nothing was found, and for what there is instead."""
        asked = self.wants.words()
        words = f"Nothing of {self.target.text!r} was found" + (f" with {asked}" if asked else "")
        instead = _intervals(
            [(row.mission, row.interval) for row in every]
            + [(mission_of(one), _sequence(one)) for one in self.observations if self._other(one)]
        )
        if not self.wants.cutouts or self.wants.intervals is not None:
            try:
                sectors = [row.interval for row in self._cutouts() if row.interval]
            except Cancelled:
                raise
            except TPFError:  # what there may be instead is not worth a second error
                sectors = []
            if sectors:
                instead.append(f"cutouts of TESS S{', S'.join(map(str, sectors))}")
        if instead:
            return f"{words}. There is instead: {'; '.join(instead)}."
        if self.target.numbers and self.place is None:
            return f"{words}: Kepler, K2 and TESS have no target pixel file of it."
        radius = _RADIUS if self.radius is None else self.radius
        return (
            f"{words}: no target pixel file within {radius:g} arcsec, and no cutout. A larger "
            "radius= finds its neighbours."
        )


def _key(obsid: Any) -> str:
    """The number of an observation, which comes as a number or as text."""
    value = number(obsid)
    return str(int(value)) if math.isfinite(value) and value else str(obsid or "")


def _sequence(one: Observation) -> int | None:
    sequence = number(one.get("sequence_number"))
    return int(sequence) if sequence >= 0 else None


def _intervals(found: Iterable[tuple[str | None, int | None]]) -> list[str]:
    """ "Kepler Q1, Q2", "K2 C13": what there is, by mission."""
    known: dict[str, set[int]] = {}
    for mission, interval in found:
        if mission is not None:
            known.setdefault(mission, set()).update(() if interval is None else (interval,))
    words = []
    for mission in (name for name in MISSIONS if name in known):
        halves = {each // 10 for each in known[mission] if mission == "K2" and each > 90}
        named = [get_mission(mission).interval(each) for each in sorted(known[mission] - halves)]
        words.append(f"{mission} {', '.join(named)}".strip())
    return words


def _arcsec(radius: Any) -> float | None:
    """A radius in arcsec."""
    if radius is None:
        return None
    try:
        arcsec = float(radius.to_value("arcsec") if hasattr(radius, "to_value") else radius)
    except (TypeError, ValueError):  # a unit that is no angle's is a ValueError
        arcsec = math.nan
    if isinstance(radius, bool) or not 0 < arcsec <= _LARGEST_RADIUS:
        raise TPFError(
            f"radius={radius!r} is none: it should be arcsec, above 0 and up to "
            f"{_LARGEST_RADIUS:.0f}, or an angle of astropy."
        )
    return arcsec


def _separation(one: Place, other: Place) -> float:
    """Arcsec between two places (haversine formula); NaN where one is not known."""
    (ra, dec), (ra2, dec2) = (tuple(map(math.radians, place)) for place in (one, other))
    half = (
        math.sin((dec2 - dec) / 2) ** 2
        + math.cos(dec) * math.cos(dec2) * math.sin((ra2 - ra) / 2) ** 2
    )
    return math.degrees(2 * math.asin(math.sqrt(min(half, 1.0)))) * 3600
