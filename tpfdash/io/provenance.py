"""Where a result comes from, as plain facts and as the cards of a FITS header.

The facts are the attributes of a Dataset that mean something outside tpfdash; what the results
themselves hold, and the files they go into, are `tpfdash.io.lightcurves` and `.apertures`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from urllib.parse import unquote

import numpy as np
from astropy.io import fits

from tpfdash.errors import TPFError
from tpfdash.io.fits.hdus import printable
from tpfdash.missions import Mission, get_mission
from tpfdash.version import __version__

__all__ = ["corner_cards", "fits_cards", "header", "mission_of", "provenance"]

#: Attributes of a Dataset that go into every file -> FITS keyword and comment. The keywords that
#: differ from mission to mission are added by `fits_cards`.
_CARDS = {
    "mission": ("MISSION", "mission"),
    "product": ("PRODUCT", "kind of target pixel file"),
    "object": ("OBJECT", "target"),
    "ra": ("RA_OBJ", "[deg] right ascension, J2000"),
    "dec": ("DEC_OBJ", "[deg] declination, J2000"),
    "cadence_type": ("CADTYPE", "cadence"),
    "cadence_seconds": ("CADSEC", "[s] time from one cadence to the next"),
    "magnitude_band": ("MAGBAND", "band of the catalogue magnitude"),
    "time_format": ("TIMEFMT", "clock of TIME"),
    "background_subtracted": ("BACKAPP", "background taken off the pixels' FLUX"),
    "quality_bitmask": ("QBITMASK", "QUALITY bits that the user left out"),
    "transform": ("TRANSFRM", "function of the user's applied to the flux"),
    "source": ("SRCFILE", "file that this was made from"),
    "tpfdash_version": ("TPFDVER", "version of tpfdash"),
    "simulated": ("SIMULATD", "simulated data, not an observation"),
    "injected": ("INJECTED", "events were injected into the data"),
}


def mission_of(attrs: Mapping) -> Mission:
    """The mission that a Dataset's attributes name, or a TPFError where they name none."""
    if "mission" not in attrs:
        raise TPFError(
            "the Dataset has no attribute `mission`: it should come from tpfdash.open_tpf."
        )
    return get_mission(attrs["mission"])


def _mission_cards(mission: Mission) -> dict[str, tuple[str, str]]:
    return {
        "id": (mission.id_keyword, f"{mission.catalog} number"),
        "magnitude": (mission.magnitude_keyword, f"[mag] {mission.magnitude_band}"),
    } | {
        keyword.lower(): (keyword, keyword.lower())
        for keyword in (mission.epoch_keyword, *mission.detector_keywords)
    }


def provenance(attrs: Mapping) -> dict[str, bool | int | float | str]:
    """What every exported file says about its origin, as plain Python values.

    Parameters
    ----------
    attrs : mapping
        Attributes of a target pixel file's or a light curve's Dataset.

    Returns
    -------
    dict
        What is empty, NaN or absent in `attrs` is absent, except `simulated`, which every file
        has. `source` is reduced to the file's name: folders, hosts and access tokens stay at
        home.

    Raises
    ------
    TPFError
        If the attributes name no mission.
    """
    mission = mission_of(attrs)
    known = dict(attrs) | {
        "mission": mission.name,
        "source": _file_name(str(attrs.get("source", ""))),
        "tpfdash_version": attrs.get("tpfdash_version", __version__),
        "simulated": bool(attrs.get("simulated", False)),
        "injected": True if attrs.get("injected") else None,
    }
    names = [*_CARDS, *_mission_cards(mission), "time_scale", "time_reference"]
    values = {name: _plain(known.get(name)) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _plain(value: object) -> bool | int | float | str | None:
    if isinstance(value, np.generic):
        value = value.item()
    if value == "" or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, bool | int | float | str) else None


def _file_name(source: str) -> str:
    """The last part of a path or URL, also where a URL carries a path in its query."""
    last = re.split(r"[/\\]", unquote(source))[-1]
    return re.split(r"[?#&]", last)[0]


def fits_cards(facts: Mapping) -> list[tuple]:
    """The facts of `provenance` as (keyword, value, comment) of a FITS header."""
    cards = _CARDS | _mission_cards(get_mission(facts["mission"]))
    return [_card(*cards[name], value) for name, value in facts.items() if name in cards]


def _card(keyword: str, comment: str, value: object) -> tuple:
    """A card of printable ASCII; the comment goes where a long text leaves no room for it."""
    if isinstance(value, str):
        value = printable(value)
        if len(value) + len(comment) > 60:
            comment = ""
    return keyword, value, comment


def header(facts: Mapping, creator: str) -> fits.Header:
    """A primary header with the facts, in the keywords of the mission's own files.

    Parameters
    ----------
    facts : mapping
        What `provenance` returned.
    creator : str
        What wrote the file; lightkurve tells a light curve by the word "lightcurve".
    """
    telescope = "TESS" if facts["mission"] == "TESS" else "Kepler"
    return fits.Header(
        [
            ("ORIGIN", "tpfdash", "not a product of the mission"),
            ("CREATOR", f"tpfdash {facts['tpfdash_version']} {creator}", "what wrote this file"),
            ("TELESCOP", telescope, "telescope"),
            ("INSTRUME", f"{telescope} Photometer", "detector type"),
            ("RADESYS", "ICRS", "reference frame of celestial coordinates"),
            ("EQUINOX", 2000.0, "equinox of celestial coordinate system"),
            *fits_cards(facts),
        ]
    )


def corner_cards(corner: tuple[int, int]) -> list[tuple]:
    """The detector (row, column) of an image's first pixel, as the missions write it.

    As the physical world coordinate system P of the APERTURE extension: axis 1 counts detector
    columns, axis 2 rows.
    """
    row, col = corner
    return [
        ("WCSNAMEP", "PHYSICAL", "detector pixels"),
        ("WCSAXESP", 2, "number of physical axes"),
        ("CTYPE1P", "RAWX", "detector column"),
        ("CUNIT1P", "pixel", "unit"),
        ("CRPIX1P", 1, "reference pixel"),
        ("CRVAL1P", int(col), "detector column of the reference pixel"),
        ("CDELT1P", 1.0, "step"),
        ("CTYPE2P", "RAWY", "detector row"),
        ("CUNIT2P", "pixel", "unit"),
        ("CRPIX2P", 1, "reference pixel"),
        ("CRVAL2P", int(row), "detector row of the reference pixel"),
        ("CDELT2P", 1.0, "step"),
    ]
