"""One search as it goes on: from a target to its rows, by questions to the archive.

What may be asked for is `tpfdash.archive.search`; how the archive is spoken to,
`tpfdash.archive.mast`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tpfdash.archive.cache import cutout_uri
from tpfdash.archive.mast import Mast, number, text, whole
from tpfdash.archive.names import Target, catalogue_name
from tpfdash.archive.products import cutout_cadence, is_safe, known_file, mission_of, sector_year
from tpfdash.archive.results import SearchResult, sort_key
from tpfdash.archive.rows import CUTOUT_AUTHOR, Row
from tpfdash.archive.stages import Cancelled
from tpfdash.archive.wanted import Wanted
from tpfdash.errors import TPFError
from tpfdash.missions import MISSIONS, get_mission

__all__ = ["Finder"]

#: Arcsec around a place or a name's position.
_RADIUS = 2.0
#: Whose observations have target pixel files; others have light curves alone.
_WITH_PIXELS = ("", "kepler", "k2", "spoc", "tess-spoc")

Place = tuple[float, float]
Observation = Mapping[str, Any]


class Finder:
    """One search.

    Parameters
    ----------
    mast : Mast
    target : Target
    wants : Wanted
    radius : float or None
        Arcsec; None: a number is that target alone, and a place has 2.
    size : (int, int)
        Columns and rows of the cutouts.
    """

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
        """Ask, and give what was found; a TPFError where that is nothing."""
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
            self.place = next(
                (one for one in places if 0 <= one[0] <= 360 and -90 <= one[1] <= 90), None
            )
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
        sequence, intervals = whole(one.get("sequence_number")), self.wants.intervals
        if intervals is None or sequence is None or mission == "Kepler":
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
        return Row(
            target=text(one.get("target_name"))
            if file.target is None
            else catalogue_name(file.mission, file.target),
            mission=file.mission,
            interval=file.interval,
            seconds=file.seconds,
            author=file.author,
            distance=self._distance(one, ra, dec),
            uri=str(product["dataURI"]),
            year=file.year,
            month=file.month,
            size=whole(product.get("size"), 2**53) or None,
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
        sectors = {whole(one.get("sector")) or 0 for one in self.mast.sectors(place)} - {0}
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
            + [
                (mission_of(one), whole(one.get("sequence_number")))
                for one in self.observations
                if self._other(one)
            ]
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
    value = whole(obsid, 2**53)
    return str(obsid or "") if value is None else str(value)


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


def _separation(one: Place, other: Place) -> float:
    """Arcsec between two places (haversine formula); NaN where one is not known."""
    (ra, dec), (ra2, dec2) = (tuple(map(math.radians, place)) for place in (one, other))
    half = (
        math.sin((dec2 - dec) / 2) ** 2
        + math.cos(dec) * math.cos(dec2) * math.sin((ra2 - ra) / 2) ** 2
    )
    return math.degrees(2 * math.asin(math.sqrt(min(half, 1.0)))) * 3600
