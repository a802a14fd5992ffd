"""Which rows a search wants: missions, intervals, cadences, authors, in every spelling.

Words and numbers in, a test of a row out.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tpfdash.archive.rows import CUTOUT_AUTHOR, Row
from tpfdash.errors import TPFError
from tpfdash.missions import MISSIONS, get_mission

__all__ = ["Wanted", "parse_wanted"]

#: Keyword of an interval -> the mission that has it.
_KEYWORDS = {mission.epoch_keyword.lower(): name for name, mission in MISSIONS.items()}
#: Words for cadences -> from and up to so many seconds, as lightkurve has them.
_CADENCES = {"fast": (0.0, 40.0), "short": (40.0, 199.0), "long": (199.0, math.inf)}
_UNITS = {"s": 1.0, "sec": 1.0, "min": 60.0, "m": 60.0}
#: Cadences that are this close are the same one: the archive has 1800 s where 1765.5 are meant.
_CLOSE = 0.05
_ANY = ("any", "all")


@dataclass(frozen=True)
class Wanted:
    """What a search wants of a row; None is anything.

    Parameters
    ----------
    missions : tuple of str
    keyword : str or None
        "quarter", "campaign" or "sector".
    intervals : tuple of int or None
        Its numbers.
    cadences : tuple of (float, float) or None
        Ranges in s.
    frames : bool
        Whether cadences are those of full-frame images alone.
    months : tuple of int or None
    authors : tuple of str or None
        In lower case.
    no_cutouts : bool
        Whether target pixel files alone are wanted.
    """

    missions: tuple[str, ...] = tuple(MISSIONS)
    keyword: str | None = None
    intervals: tuple[int, ...] | None = None
    cadences: tuple[tuple[float, float], ...] | None = None
    frames: bool = False
    months: tuple[int, ...] | None = None
    authors: tuple[str, ...] | None = None
    no_cutouts: bool = False

    def __call__(self, row: Row) -> bool:
        """Whether a row is wanted."""
        return (
            row.mission in self.missions
            and self._of_interval(row)
            and (self.months is None or row.month in self.months)
            and (self.authors is None or row.author.lower() in self.authors)
            and self._of_cadence(row)
        )

    def _of_interval(self, row: Row) -> bool:
        if self.keyword is None or self.intervals is None:
            return True
        return getattr(row, self.keyword) in self.intervals or (
            self.keyword == "campaign" and row.interval in self.intervals
        )

    def _of_cadence(self, row: Row) -> bool:
        if self.frames and row.seconds < 199 or self.frames and row.mission != "TESS":
            return False
        if self.cadences is None:
            return True
        return any(low <= row.seconds < high for low, high in self.cadences)

    @property
    def cutouts(self) -> bool:
        """Whether a cutout may be wanted."""
        return (
            not self.no_cutouts
            and "TESS" in self.missions
            and self.months is None
            and (self.authors is None or CUTOUT_AUTHOR.lower() in self.authors)
            and (self.cadences is None or any(high > 199 for _, high in self.cadences))
        )

    def words(self) -> str:
        """What was asked for beside the target: "campaign 13, short cadence"."""
        parts = []
        if len(self.missions) < len(MISSIONS) and self.keyword is None:
            parts.append(" or ".join(self.missions))
        if self.intervals is not None:
            parts.append(f"{self.keyword} {', '.join(map(str, self.intervals))}")
        if self.months is not None:
            parts.append(f"month {', '.join(map(str, self.months))}")
        if self.cadences is not None or self.frames:
            parts.append("this cadence")
        if self.authors is not None:
            parts.append(f"author {', '.join(self.authors)}")
        return ", ".join(parts)


def parse_wanted(
    *,
    mission: Any = None,
    quarter: Any = None,
    campaign: Any = None,
    sector: Any = None,
    cadence: Any = None,
    month: Any = None,
    author: Any = None,
) -> Wanted:
    """The keywords of a search, each a value or several; None (or "any") is any.

    Raises
    ------
    TPFError
        Where one makes no sense, or two contradict each other.
    """
    missions = tuple(dict.fromkeys(get_mission(name).name for name in _several(mission) or ()))
    asked = {
        name: _whole(name, value, 0 if name != "sector" else 1)
        for name, value in (("quarter", quarter), ("campaign", campaign), ("sector", sector))
        if value is not None
    }
    if len(asked) > 1:
        names = " and ".join(f"{name}=" for name in asked)
        raise TPFError(f"{names} contradict each other: each is of another mission.")
    keyword = next(iter(asked), None)
    if keyword is not None:
        own = _KEYWORDS[keyword]
        if missions and own not in missions:
            raise TPFError(
                f"{keyword}= is of {own}, and mission={mission!r} contradicts it: one of them "
                "should go."
            )
        missions = (own,)
    authors = _several(author)
    if authors is not None and not all(isinstance(one, str) for one in authors):
        raise TPFError(f"author={author!r} is no name: it should be as 'SPOC' is.")
    cadences, frames = _cadences(cadence)
    return Wanted(
        missions or tuple(MISSIONS),
        keyword,
        asked[keyword] if keyword is not None else None,
        cadences,
        frames,
        None if month is None else _whole("month", month, 1),
        None if authors is None else tuple(one.strip().lower() for one in authors),
    )


def _several(value: Any) -> tuple | None:
    """One or several values as a tuple; None where any will do."""
    if value is None:
        return None
    several = (value,) if isinstance(value, str) or not isinstance(value, Iterable) else value
    found = tuple(several)
    if any(isinstance(one, str) and one.strip().lower() in _ANY for one in found):
        return None
    return found


def _whole(name: str, value: Any, least: int) -> tuple[int, ...]:
    """Whole numbers of an interval."""
    found = []
    for one in _several(value) or ():
        try:
            number = int(one) if isinstance(one, str) else operator.index(one)
        except (TypeError, ValueError):
            number = least - 1
        if isinstance(one, bool) or number < least:
            raise TPFError(
                f"{name}={value!r} is no {name}: it should be a whole number from {least} on, or "
                "several."
            )
        found.append(number)
    if not found:
        raise TPFError(f"{name}={value!r} names none: it should be a number, or several.")
    return tuple(found)


def _cadences(value: Any) -> tuple[tuple[tuple[float, float], ...] | None, bool]:
    """Ranges of seconds, and whether they are of full-frame images alone."""
    several = _several(value)
    if several is None:
        return None, False
    found, frames = [], False
    for one in several:
        word = one.strip().lower() if isinstance(one, str) else ""
        if word in _CADENCES:
            found.append(_CADENCES[word])
            continue
        if word == "ffi":
            frames = True
            found.append(_CADENCES["long"])
            continue
        match = re.fullmatch(r"([\d.]+)\s*([a-z]*)", word)
        try:
            seconds = float(match[1]) * _UNITS[match[2] or "s"] if match else float(one)
        except (KeyError, TypeError, ValueError):
            seconds = math.nan
        if not 0 < seconds < math.inf or isinstance(one, bool):
            raise TPFError(
                f"cadence={value!r} is none: it should be 'long', 'short', 'fast' or 'ffi', or a "
                "number of seconds, as 120 and '20 s' are."
            )
        found.append((seconds * (1 - _CLOSE), seconds * (1 + _CLOSE)))
    return tuple(found), frames and len(several) == 1
