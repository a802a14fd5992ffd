"""What differs between Kepler, K2 and TESS: quality flags, aperture bits, clocks, keywords.

Facts only, as one `Mission` a mission; reading them out of a file is `tpfdash.io.tpf.read`, using
them on a cube is `tpfdash.stamp.masks` and `tpfdash.inspector`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tpfdash.errors import TPFError

__all__ = [
    "APERTURE_COLLECTED",
    "APERTURE_OPTIMAL",
    "MISSIONS",
    "Mission",
    "get_mission",
    "time_format",
]

#: Bits of the APERTURE extension that mean the same in every mission: test the bit, never the
#: value, since real files hold 3, 15, 65, 67, 257, 267 ...
APERTURE_COLLECTED = 1
APERTURE_OPTIMAL = 2

_TIME_FORMATS = {2454833.0: "BKJD", 2457000.0: "BTJD"}


@dataclass(frozen=True)
class Mission:
    """The facts of one mission.

    Parameters
    ----------
    name : str
        "Kepler", "K2" or "TESS".
    time_format : str
        The mission's own clock: "BKJD" or "BTJD".
    time_reference : float
        The (barycentric, TDB) Julian date at which that clock reads 0, for files that do not say
        it themselves.
    quality_flags : mapping of int to str
        Value of each QUALITY bit -> its name.
    quality_bitmasks : mapping of str to int
        "none", "default", "hard", "hardest" -> the bits that leave a cadence out.
    aperture_bits : mapping of int to str
        Value of each bit of the APERTURE extension -> its name.
    background_bit : int
        The one of them that marks background pixels; 0 where the mission marks none.
    cadences : mapping of float to str
        Nominal cadence in seconds -> what that mode is called.
    catalog, id_keyword : str
        Catalogue of the target numbers, and the header keyword that holds the number.
    magnitude_keyword, magnitude_band : str
        Header keyword of the catalogue magnitude, and its band.
    epoch_keyword : str
        Header keyword of the observing interval: QUARTER, CAMPAIGN or SECTOR.
    detector_keywords : tuple of str
        Header keywords that name the piece of detector.
    pixel_scale : float
        Nominal size of a pixel on the sky, in arcsec.
    saturation : float
        Where a pixel overflows, about, in e-/s: its full well over one exposure.
    zero_point : float
        Magnitude (`magnitude_band`) of a star of 1 e-/s.
    proper_motion_unit : float
        What PMRA and PMDEC in the headers are in, in mas/yr.
    wcs_accuracy : float
        How near the files' WCS puts a star to where it stands, in pixels: two of three of the files
        that it was tried on, with proper motion and POS_CORR, are no further off.
    rolls : bool
        Whether the pointing rolls to and fro, by a pixel or so within hours.
    """

    name: str
    time_format: str
    time_reference: float
    quality_flags: Mapping[int, str]
    quality_bitmasks: Mapping[str, int]
    aperture_bits: Mapping[int, str]
    background_bit: int
    cadences: Mapping[float, str]
    catalog: str
    id_keyword: str
    magnitude_keyword: str
    magnitude_band: str
    epoch_keyword: str
    detector_keywords: tuple[str, ...]
    pixel_scale: float
    saturation: float
    zero_point: float
    proper_motion_unit: float
    wcs_accuracy: float
    rolls: bool = False

    def __reduce__(self) -> tuple[Callable[[str], Mission], tuple[str]]:
        return get_mission, (self.name,)  # its tables are read-only views, which do not pickle

    def flag_names(self, value: int) -> list[str]:
        """Names of the bits set in a QUALITY value, lowest bit first.

        Parameters
        ----------
        value : int
            One cadence's QUALITY.

        Returns
        -------
        list of str
            Empty for 0. A bit that the mission does not define is named by its number
            ("bit 2097152"), since high-level products reuse the high bits.
        """
        return _bit_names(value, self.quality_flags)

    def aperture_names(self, value: int) -> list[str]:
        """Names of the bits set in a value of the APERTURE extension, lowest bit first."""
        return _bit_names(value, self.aperture_bits)

    def bitmask(self, choice: str | int | None) -> int:
        """The bits that leave a cadence out.

        Parameters
        ----------
        choice : str, int or None
            "none" (or None), "default", "hard", "hardest", or the bits themselves.

        Returns
        -------
        int

        Raises
        ------
        TPFError
            On any other word or type, and on a negative number.
        """
        if choice is None:
            return 0
        if isinstance(choice, str):
            if choice in self.quality_bitmasks:
                return self.quality_bitmasks[choice]
        elif not isinstance(choice, bool):
            try:
                bits = operator.index(choice)
            except TypeError:
                bits = -1
            if bits >= 0:
                return bits
        words = ", ".join(repr(word) for word in self.quality_bitmasks)
        raise TPFError(
            f"{choice!r} is no quality bitmask: it should be one of {words} or a whole number "
            "that is not negative."
        )

    def interval(self, number: int) -> str:
        """What an observing interval is called: "Q1", "C9a" (91 in the files' headers), "S5"."""
        number = int(number)
        if self.name == "K2" and number in _HALVED_CAMPAIGNS:
            return f"C{number // 10}{'ab'[number % 10 - 1]}"
        return f"{self.epoch_keyword[0]}{number}"

    def cadence_type(self, seconds: float) -> str:
        """What a cadence of this length is called, "unknown" where the length is not known.

        A length within 10 % of a nominal one takes its name ("long (29.4 min)", "2 min");
        any other is given in seconds.
        """
        if not seconds > 0:
            return "unknown"
        nominal = min(self.cadences, key=lambda known: abs(known - seconds))
        if abs(nominal - seconds) <= 0.1 * nominal:
            return self.cadences[nominal]
        return f"{seconds:.4g} s"


def _bit_names(value: int, names: Mapping[int, str]) -> list[str]:
    value = operator.index(value) & 0xFFFFFFFF
    bits = (1 << n for n in range(value.bit_length()))
    return [names.get(bit, f"bit {bit}") for bit in bits if value & bit]


# Kepler pipeline, QualityFieldCalculator; Kepler Archive Manual, table 2-3.
_KEPLER_QUALITY = {
    1: "attitude tweak",
    2: "safe mode",
    4: "coarse point",
    8: "Earth point",
    16: "reaction wheel zero crossing",
    32: "desaturation event",
    64: "argabrightening",
    128: "cosmic ray in optimal aperture",
    256: "manual exclude",
    1024: "sudden sensitivity dropout",
    2048: "impulsive outlier",
    4096: "argabrightening on CCD",
    8192: "cosmic ray in collateral data",
    16384: "detector anomaly",
    32768: "no fine point",
    65536: "no data",
    131072: "rolling band in optimal aperture",
    262144: "rolling band in full mask",
    524288: "possible thruster firing",
    1048576: "thruster firing",
}

# TESS Science Data Products Description Document (EXP-TESS-ARC-ICD-TM-0014), table 32.
_TESS_QUALITY = {
    1: "attitude tweak",
    2: "safe mode",
    4: "coarse point",
    8: "Earth point",
    16: "argabrightening",
    32: "desaturation event",
    64: "cosmic ray in optimal aperture",
    128: "manual exclude",
    256: "discontinuity corrected",
    512: "impulsive outlier",
    1024: "cosmic ray in collateral data",
    2048: "stray light (predicted)",
    4096: "scattered light",
    8192: "planet search exclude",
    16384: "bad calibration",
    32768: "insufficient targets for error correction",
}

#: Campaigns of K2 that were observed in two parts, as CAMPAIGN has them (K2 Data Release Notes).
_HALVED_CAMPAIGNS = (91, 92, 101, 102, 111, 112)

_COMMON_APERTURE = {APERTURE_COLLECTED: "collected", APERTURE_OPTIMAL: "optimal aperture"}

_KEPLER: dict[str, Any] = {
    "time_format": "BKJD",
    "time_reference": 2454833.0,
    "quality_flags": MappingProxyType(_KEPLER_QUALITY),
    "quality_bitmasks": MappingProxyType(
        {"none": 0, "default": 1130799, "hard": 1664431, "hardest": 2096639}
    ),
    "aperture_bits": MappingProxyType(
        _COMMON_APERTURE | {4: "flux-weighted centroid", 8: "PRF centroid"}
    ),
    "background_bit": 0,
    "cadences": MappingProxyType({1765.46: "long (29.4 min)", 58.85: "short (58.8 s)"}),
    "id_keyword": "KEPLERID",
    "magnitude_keyword": "KEPMAG",
    "magnitude_band": "Kp",
    "detector_keywords": ("CHANNEL",),
    # Kepler Instrument Handbook: 1.05e6 e- in exposures of 6.02 s.
    "pixel_scale": 3.98,
    "saturation": 1.7e5,
    # Ibid.: 1.74e5 e-/s at Kp 12.
    "zero_point": 25.1,
    "proper_motion_unit": 1000.0,  # KIC and EPIC: arcsec/yr
}

_TESS: dict[str, Any] = {
    "time_format": "BTJD",
    "time_reference": 2457000.0,
    "quality_flags": MappingProxyType(_TESS_QUALITY),
    "quality_bitmasks": MappingProxyType(
        {"none": 0, "default": 17087, "hard": 24319, "hardest": 65535}
    ),
    "aperture_bits": MappingProxyType(
        _COMMON_APERTURE
        | {
            4: "background",
            8: "flux-weighted centroid (unconfirmed)",
            16: "PRF centroid (unconfirmed)",
            32: "CCD output A",
            64: "CCD output B",
            128: "CCD output C",
            256: "CCD output D",
        }
    ),
    "background_bit": 4,
    "cadences": MappingProxyType(
        {
            20.0: "20 s",
            120.0: "2 min",
            200.0: "FFI (200 s)",
            600.0: "FFI (10 min)",
            1800.0: "FFI (30 min)",
        }
    ),
    "id_keyword": "TICID",
    "magnitude_keyword": "TESSMAG",
    "magnitude_band": "Tmag",
    "detector_keywords": ("CAMERA", "CCD"),
    # TESS Instrument Handbook: 2e5 e- in exposures of 2 s.
    "pixel_scale": 21.0,
    "saturation": 1.0e5,
    # TESS Instrument Handbook, section 6.
    "zero_point": 20.44,
    "proper_motion_unit": 1.0,
    "wcs_accuracy": 0.2,
}

#: Every mission by name.
MISSIONS: Mapping[str, Mission] = MappingProxyType(
    {
        mission.name: mission
        for mission in (
            Mission(
                name="Kepler",
                catalog="KIC",
                epoch_keyword="QUARTER",
                wcs_accuracy=0.4,
                **_KEPLER,
            ),
            Mission(
                name="K2",
                catalog="EPIC",
                epoch_keyword="CAMPAIGN",
                rolls=True,
                wcs_accuracy=0.3,
                **_KEPLER,
            ),
            Mission(name="TESS", catalog="TIC", epoch_keyword="SECTOR", **_TESS),
        )
    }
)


def get_mission(name: str) -> Mission:
    """The facts of the mission called `name`, in any case.

    Raises
    ------
    TPFError
        If it is none of Kepler, K2 and TESS.
    """
    for known, mission in MISSIONS.items():
        if known.lower() == str(name).strip().lower():
            return mission
    raise TPFError(f"{name!r} is no mission known here: it should be one of {', '.join(MISSIONS)}.")


def time_format(reference: float) -> str:
    """Name of the clock that reads 0 at the Julian date `reference`.

    "BKJD" (2454833), "BTJD" (2457000), and for any other "BJD - " and the date.
    """
    return _TIME_FORMATS.get(float(reference), f"BJD - {reference:.10g}")
