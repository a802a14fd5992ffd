"""What a user calls a target -> a catalogue's number, a place on the sky, or a name to ask for.

Pure functions: nothing is asked of anyone here.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.missions import MISSIONS

__all__ = ["Target", "catalogue_name", "parse_target"]

#: Mission -> how the archive writes its targets' numbers. No TIC number is padded.
_ARCHIVED = {"Kepler": "kplr{:09d}", "K2": "ktwo{:09d}", "TESS": "{:d}"}
#: Mission -> the numbers that its catalogue gives: KIC (KSCI-19040), EPIC (KSCI-19082); the TIC
#: takes in both ranges.
_NUMBERS = {
    "Kepler": range(1, 13_161_030),
    "K2": range(200_000_001, 252_090_719),
    "TESS": range(1, 10**11),
}
_PREFIXES = {
    "kic": "Kepler",
    "kplr": "Kepler",
    "epic": "K2",
    "ktwo": "K2",
    "tic": "TESS",
    "tess": "TESS",
}
_ID = re.compile(rf"({'|'.join(_PREFIXES)})[\s_:-]*(\d{{1,16}})", re.IGNORECASE)
_FLOAT = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_DEGREES = re.compile(rf"({_FLOAT})(?:\s*,\s*|\s+)({_FLOAT})")
_SEXAGESIMAL = re.compile(
    r"(\d{1,2}(?:\s*[h:]\s*|\s+)\d{1,2}(?:\s*[m:]\s*|\s+)\d{1,2}(?:\.\d*)?\s*s?)[\s,]*"
    r"([+-]?\s*\d{1,2}(?:\s*[d:°]\s*|\s+)\d{1,2}(?:\s*[m:'′]\s*|\s+)\d{1,2}(?:\.\d*)?\s*[s\"″]?)",
    re.IGNORECASE,
)
_RIGHT = (
    'it should be a name ("HL Tau"), a number ("KIC 3248033", "EPIC 247589423", "TIC 273589987"), '
    'or a place ("65.489 28.443", "04:21:57.4 +28:26:35.6", a SkyCoord)'
)


@dataclass(frozen=True)
class Target:
    """What to search for: one of numbers, a place, or a name.

    Parameters
    ----------
    text : str
        What the user calls it.
    numbers : tuple of (mission, int)
        The catalogue numbers that it may be, by the mission whose catalogue has them.
    place : (ra, dec) or None
        deg, ICRS.
    """

    text: str
    numbers: tuple[tuple[str, int], ...] = ()
    place: tuple[float, float] | None = None

    @property
    def archived(self) -> tuple[str, ...]:
        """What the archive may call it."""
        return tuple(_ARCHIVED[mission].format(number) for mission, number in self.numbers)


def parse_target(
    target: Any,
    *,
    missions: Sequence[str] = tuple(MISSIONS),
) -> Target:
    """Tell a number from a place and from a name.

    Parameters
    ----------
    target : str, int, SkyCoord or (ra, dec)
        A name; a number with its catalogue in any usual spelling ("KIC 3248033", "kplr003248033",
        "tess 273589987"); a bare number; coordinates, in degrees or in hours and degrees.
    missions : sequence of str
        Those that are searched. A bare number is one of each of their catalogues that gives such
        numbers: all of them are meant, since none is more likely than the others.

    Returns
    -------
    Target

    Raises
    ------
    TPFError
        Where it is none of these, or a number or place that there cannot be.
    """
    if isinstance(target, bool):
        raise TPFError(f"{target!r} is no target: {_RIGHT}.")
    try:
        return _numbered(operator.index(target), missions)
    except TypeError:
        pass
    if isinstance(target, str):
        return _parsed(target, missions)
    if hasattr(target, "icrs"):
        return _of_skycoord(target)
    if isinstance(target, Sequence) and len(target) == 2:
        return _placed(" ".join(str(value) for value in target), *target)
    raise TPFError(f"A {type(target).__name__} is no target: {_RIGHT}.")


def catalogue_name(mission: str, number: int) -> str:
    """ "KIC 3248033": a catalogue's number as people write it."""
    return f"{MISSIONS[mission].catalog} {number}"


def _parsed(text: str, missions: Sequence[str]) -> Target:
    text = " ".join(text.split())
    if not text or len(text) > 200 or not text.isprintable():
        raise TPFError(f"{text[:40]!r} is no target: {_RIGHT}.")
    if text.isdecimal():
        return _numbered(int(text), missions)
    if match := _ID.fullmatch(text):
        mission = _PREFIXES[match[1].lower()]
        number = int(match[2])
        if number not in _NUMBERS[mission]:
            raise TPFError(
                f"{text!r} cannot be: the numbers of {MISSIONS[mission].catalog} go from "
                f"{_NUMBERS[mission][0]} to {_NUMBERS[mission][-1]}."
            )
        return Target(catalogue_name(mission, number), ((mission, number),))
    if match := _DEGREES.fullmatch(text):
        return _placed(text, match[1], match[2])
    if match := _SEXAGESIMAL.fullmatch(text):
        from astropy.coordinates import SkyCoord  # slow to import

        try:
            return _of_skycoord(SkyCoord(*match.groups(), unit=("hourangle", "deg")), text)
        except ValueError as error:
            raise TPFError(f"{text!r} is no place on the sky ({error}): {_RIGHT}.") from None
    return Target(text)


def _numbered(number: int, missions: Sequence[str]) -> Target:
    numbers = tuple((name, number) for name in missions if number in _NUMBERS[name])
    if not numbers:
        catalogues = ", ".join(MISSIONS[name].catalog for name in missions)
        raise TPFError(f"{number} is no number of {catalogues}: {_RIGHT}.")
    text = catalogue_name(*numbers[0]) if len(numbers) == 1 else str(number)
    return Target(text, numbers)


def _placed(text: str, ra: Any, dec: Any) -> Target:
    try:
        place = float(ra), float(dec)
    except NO_NUMBER:
        place = math.nan, math.nan
    if not (0 <= place[0] <= 360 and -90 <= place[1] <= 90):
        raise TPFError(
            f"{text!r} is no place on the sky: the right ascension should be 0 to 360 and the "
            "declination -90 to 90 degrees."
        )
    return Target(text, place=place)


def _of_skycoord(place: Any, text: str | None = None) -> Target:
    if getattr(place, "shape", ()) != ():
        raise TPFError(f"The SkyCoord has {len(place)} places: it should be one of them.")
    ra, dec = float(place.icrs.ra.deg), float(place.icrs.dec.deg)
    return _placed(text or f"{ra:.6f} {dec:+.6f}", ra, dec)
