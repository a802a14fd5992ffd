"""What the headers of a target pixel file say of the observation: attrs, clock, corner, WCS.

The structure of the file is `tpfdash.io.fits.hdus`; its variables are made in
`tpfdash.io.tpf.read`.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from tpfdash.errors import TPFError
from tpfdash.io.fits.hdus import HDU
from tpfdash.io.fits.table import TableColumn
from tpfdash.missions import MISSIONS, Mission, get_mission, time_format
from tpfdash.stamp.geometry import LARGEST_PIXEL
from tpfdash.stamp.sky import wcs_text
from tpfdash.stamp.units import convert

__all__ = ["describe", "find_mission", "header_corner", "read_cadence", "time_unit"]


#: Words for a clock in the unit of TIME -> the JD at which it reads 0.
_CLOCKS = {
    "JD": 0.0,
    "BJD": 0.0,
    "MJD": 2400000.5,
    "BMJD": 2400000.5,
    **{mission.time_format: mission.time_reference for mission in MISSIONS.values()},
}
_SCALES = re.compile(r"\b(TDB|TT|UTC|TAI)\b", re.I)
_CLOCK = re.compile(rf"\b(?P<name>{'|'.join(_CLOCKS)})\b(\s*-\s*(?P<zero>[\d.]+\d))?", re.I)


def find_mission(hdus: Sequence[HDU], stated: str | None = None) -> Mission:
    """By MISSION, else by TELESCOP, else by the keyword that only one mission has.

    Parameters
    ----------
    hdus : sequence of HDU
    stated : str, optional
        The mission by the user's word. It counts where the headers name none; and where they
        name a telescope alone, which is Kepler in K2 too, it may be either.

    Raises
    ------
    TPFError
        If the headers name none of Kepler, K2 and TESS and nor does the user, or another one.
    """
    names = {name.upper(): mission for name, mission in MISSIONS.items()}
    named = [_named(hdus, key, names) for key in ("MISSION", "TELESCOP")]
    seen = [m for m in MISSIONS.values() if any(m.epoch_keyword in hdu.header for hdu in hdus)]
    found = next((mission for mission in (*named, *seen) if mission), None)
    if found is MISSIONS["Kepler"] and MISSIONS["K2"] in seen:
        found = MISSIONS["K2"]  # TELESCOP says Kepler in both
    if stated is None:
        if found:
            return found
        raise TPFError(
            f"{hdus[0].file} does not say its mission: TELESCOP or MISSION should be one of "
            f"{', '.join(MISSIONS)}; or say it by mission=, as in open_tpf(source, "
            'mission="TESS").'
        )
    mission = get_mission(stated)
    telescope_alone = named[0] is None and not seen and mission.name in ("Kepler", "K2")
    if found in (None, mission) or found is MISSIONS["Kepler"] and telescope_alone:
        return mission
    raise TPFError(
        f"{hdus[0].file} says that it is of {found.name}: mission={stated!r} should be left out."
    )


def _named(hdus: Sequence[HDU], key: str, names: dict[str, Mission]) -> Mission | None:
    """The mission that a keyword names, in the first header where it names any."""
    words = (str(hdu.get(key, "")).strip().upper() for hdu in hdus)
    return next((names[word] for word in words if word in names), None)


def _first(hdus: Sequence[HDU], key: str, default: float = math.nan) -> float:
    """The first finite number among the headers' values."""
    numbers = (hdu.number(key) for hdu in hdus)
    return next((n for n in numbers if math.isfinite(n)), default)


def time_unit(pixels: HDU, number: int) -> str:
    """The unit of the column TIME, without the words for its clock: by TUNITn, else TIMEUNIT."""
    text = _CLOCK.sub("", str(pixels.get(f"TUNIT{number}", "")))
    words = _SCALES.sub("", text).strip(" ,;()[]")
    return words or str(pixels.get("TIMEUNIT", "d"))


def _time_reference(mission: Mission, hdus: Sequence[HDU], number: int) -> float:
    """JD at which the clock reads 0: by BJDREFI and BJDREFF, TIME's unit, or the mission."""
    whole = _first(hdus, "BJDREFI")
    if math.isfinite(whole):
        return float(whole + _first(hdus, "BJDREFF", 0.0))
    clock = _CLOCK.search(str(hdus[0].get(f"TUNIT{number}", "")))
    if clock is None:
        return mission.time_reference
    return float(clock["zero"] or _CLOCKS[clock["name"].upper()])


def read_cadence(hdus: Sequence[HDU], time: np.ndarray) -> float:
    """Seconds from one cadence to the next: TIMEDEL, else the median step of the times."""
    days = _first(hdus, "TIMEDEL", 0.0)
    if days > 0:
        try:
            return days * convert(str(hdus[0].get("TIMEUNIT", "d")), ("s",))[0]
        except ValueError:
            pass  # a unit that nobody knows: the times will tell
    steps = np.diff(time[np.isfinite(time)])
    return float(np.median(steps)) * 86400 if len(steps) else math.nan


def describe(
    mission: Mission,
    primary: HDU,
    pixels: HDU,
    aperture: HDU,
    columns: Mapping[str, TableColumn],
    time: np.ndarray,
) -> dict[str, Any]:
    """The attrs of the Dataset.

    Parameters
    ----------
    mission : Mission
    primary, pixels, aperture : HDU
        Without an APERTURE, one with an empty header.
    columns : mapping of str to TableColumn
        Of the pixel table; TIME and FLUX are needed.
    time : array (time,) of float
        In days.

    Returns
    -------
    dict
        A number that the file does not give is NaN, a word "", and where and when it was observed,
        how fast the target moves (PMRA, PMDEC, as in the file), how hot (TEFF, K) and how large
        (RADIUS, solar radii) it is are absent.
    """
    target, data = (primary, pixels), (pixels, primary)
    words = str(primary.get("CREATOR", "")).lower()
    cut = "astrocut" in words or "ffiexporter" in words or _has_column(pixels, "FFI_FILE")
    number = _first(target, mission.id_keyword)
    identity = int(number) if math.isfinite(number) else ""
    catalogued = f"{mission.catalog} {identity}" if identity != "" else ""
    reference = _time_reference(mission, data, columns["TIME"].number)
    seconds = read_cadence(data, time)
    attrs: dict[str, Any] = {
        "mission": mission.name,
        "product": "TESSCut" if cut else "TPF",
        "object": str(primary.get("OBJECT", pixels.get("OBJECT", catalogued))).strip(),
        "id": identity,
        "ra": float(_first(target, "RA_OBJ")),
        "dec": float(_first(target, "DEC_OBJ")),
    }
    for key in (
        "PMRA",
        "PMDEC",
        "TEFF",
        "RADIUS",
        mission.epoch_keyword,
        *mission.detector_keywords,
    ):
        if math.isfinite(number := _first(target, key)):
            attrs[key.lower()] = number
    # Kepler's offset is by cadence type; TESS has one. It is in RAW_CNTS, not in FLUX.
    offset_keyword = "SCFXDOFF" if 0 < seconds < 600 else "LCFXDOFF"
    if any(header.get("INJECTED") is True for header in data):
        attrs["injected"] = [{}]  # a file says that there was an injection, not of what
    return attrs | {
        "cadence_type": mission.cadence_type(seconds),
        "cadence_seconds": seconds,
        "wcs": _wcs(pixels, aperture, columns["FLUX"].number),
        "source": primary.file,
        "background_subtracted": bool(_first(data, "BACKAPP", 0)),
        "magnitude": math.nan if cut else float(_first(target, mission.magnitude_keyword)),
        "magnitude_band": mission.magnitude_band,
        "crowdsap": float(_first(data, "CROWDSAP")),
        "flfrcsap": float(_first(data, "FLFRCSAP")),
        "time_format": time_format(reference),
        "time_scale": "TDB",
        "time_reference": reference,
        "raw_counts_offset": int(_first(data, offset_keyword, _first(data, "FXDOFF", 0))),
        "simulated": any(h.get(k) is True for h in data for k in ("SIMULATD", "SIMDATA")),
    }


def _has_column(hdu: HDU, name: str) -> bool:
    return any(hdu.get(f"TTYPE{i + 1}") == name for i in range(hdu.count("TFIELDS")))


def header_corner(pixels: HDU, aperture: HDU, column: int) -> tuple[int, int]:
    """Detector (row, col) of the stamp's first pixel; 0 where the file does not say."""

    def along(axis: int) -> int:
        keywords = (
            (pixels, f"{axis}CRV{column}P", f"{axis}CRP{column}P"),
            (aperture, f"CRVAL{axis}P", f"CRPIX{axis}P"),
        )
        for hdu, reference, pixel in keywords:
            first = hdu.number(reference) - hdu.number(pixel, 1) + 1
            if abs(first) < LARGEST_PIXEL:  # not so for NaN
                return round(first)
        return 0

    return along(2), along(1)


def _wcs(pixels: HDU, aperture: HDU, column: int) -> str:
    """The sky WCS of the stamp, as the text of a FITS header; "" where the file has none.

    In the keywords of the FLUX column or, where those make no sense (a TESSCut file is known
    whose 1CTYP5 is 2.84), in the header of APERTURE.
    """
    readers = (
        lambda: WCS(_of_column(pixels, aperture, column), keysel=["binary"], colsel=[column]),
        lambda: WCS(aperture.header),
    )
    for read in readers:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if text := wcs_text(read()):
                    return text
        except Exception:  # damaged cards, and wcslib's family of errors, which are not public
            continue
    return ""


def _of_column(pixels: HDU, aperture: HDU, column: int) -> fits.Header:
    """The cards that say where a column's images lie. (To parse a whole header takes long.)"""
    mine = re.compile(rf"\d*[A-Z]+{column}[A-Z]?$")
    header = fits.Header([card for card in pixels.header.cards if mine.match(card.keyword)])
    for key in ("RADESYS", "EQUINOX"):  # of the whole file, which a table's WCS does not look at
        value = pixels.get(key, aperture.get(key))
        if value is not None:
            header.setdefault(f"{key[:4]}{column}", value)
    return header
