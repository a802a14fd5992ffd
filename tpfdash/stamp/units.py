"""Units of pixels, and of the light curves made of them: read, converted, and spelled.

A unit is spelled three ways: as the missions' files do ("e-/s"), which is what a cube's
`attrs["units"]` holds; as astropy does ("electron / s"), which is what a light curve's holds; and
for a reader ("e⁻/s").
"""

from __future__ import annotations

import re
from functools import cache

from astropy import units as u

__all__ = ["FLUX_UNITS", "USUAL_FLUX", "convert", "spelled"]

#: What the pixels are in where nobody says.
USUAL_FLUX = "e-/s"
_SPELLINGS = {
    "e-/s": {"astropy": "electron / s", "words": "e⁻/s"},
    "e-": {"astropy": "electron", "words": "e⁻"},
    "count/s": {"astropy": "ct / s", "words": "counts/s"},
    "count": {"astropy": "ct", "words": "counts"},
    "adu/s": {"astropy": "adu / s", "words": "ADU/s"},
    "adu": {"astropy": "adu", "words": "ADU"},
    "DN/s": {"astropy": "DN / s", "words": "DN/s"},
    "DN": {"astropy": "DN", "words": "DN"},
}
#: The units that pixels may be in, in the spelling of the missions' files.
FLUX_UNITS = tuple(_SPELLINGS)
#: Spellings that astropy does not know.
_ALIASES = {
    "e": "electron",
    "dn": "DN",
    "cts": "count",
    "cnts": "count",
    "sec": "s",
    "secs": "s",
    "hr": "h",
    "hrs": "h",
}


@cache
def convert(text: str, known: tuple[str, ...]) -> tuple[float, str]:
    """What to multiply numbers in a unit by, and the unit that they are in then.

    Parameters
    ----------
    text : str
        In the spelling of FITS, of astropy, or near to one: "e-/s", "electrons / sec", "E-".
    known : tuple of str
        The units to convert to: the first that is of the same kind is taken.

    Returns
    -------
    factor : float
    unit : str
        One of `known`.

    Raises
    ------
    ValueError
        If it is no unit, or of another kind than all that are known.
    """
    targets = {unit: _parsed(unit) for unit in known}
    for spelling in (text, text.lower()):
        try:
            unit = _parsed(spelling)
        except (ValueError, TypeError):
            continue
        for name, target in targets.items():
            if unit.is_equivalent(target):
                return float(unit.to(target)), name
    raise ValueError(f"{text!r} is none of {', '.join(known)}")


def _parsed(text: str) -> u.UnitBase:
    words = re.sub(r"\be[-⁻](?!\d)", "electron ", text)
    words = re.sub(r"[A-Za-z]+", lambda word: _ALIASES.get(word[0], word[0]), words)
    try:
        return u.Unit(words)
    except ValueError:
        return u.Unit(re.sub(r"([a-z]{2,})s\b", r"\1", words))  # counts, days


def spelled(unit: str, how: str) -> str:
    """A unit of pixels or of a light curve in the spelling of "fits", "astropy" or "words".

    One that is none of `FLUX_UNITS` (a light curve may be relative, or in magnitudes) stays as
    it is.
    """
    try:
        factor, name = convert(unit, FLUX_UNITS)
    except ValueError:
        return unit
    if factor != 1:
        return unit
    return name if how == "fits" else _SPELLINGS[name][how]
