"""Typical numbers of the Kepler, K2 and TESS detectors and observing modes, for simulations.

What lives here: data. No file is read by them; what only depends on the mission (flags, clocks,
keywords) is in `tpfdash.missions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tpfdash.missions import MISSIONS
from tpfdash.simulate.scene import Drift, Roll

__all__ = ["DETECTORS", "MODES", "Detector", "Mode"]


@dataclass(frozen=True)
class Detector:
    """Typical numbers of one mission (Kepler Instrument Handbook, TESS Instrument Handbook)."""

    zero_point: float  # magnitude of 1 e-/s
    magnitude: float  # of the star there is when none is given
    background: float  # e-/s a pixel
    prf: tuple[tuple[float, float], ...]  # (weight, sigma in pixels)
    gain: float  # e-/count
    read_noise: float  # e- a read
    corner: tuple[int, int]  # detector (row, col) of the first pixel
    pixel_scale: float  # arcsec
    ra: float
    dec: float
    start: float  # BKJD or BTJD
    where: dict  # attrs that say which interval and piece of detector
    motion: Drift | Roll
    no_data: int  # QUALITY of a gap
    cosmic_ray: int  # QUALITY of a cosmic ray in the optimal aperture
    firing: int  # QUALITY of a thruster firing, or momentum dump


_KEPLER_CCD: dict[str, Any] = dict(
    zero_point=MISSIONS["Kepler"].zero_point,
    magnitude=12.0,
    background=200.0,
    prf=((0.9, 0.6), (0.1, 1.8)),
    gain=110.0,
    read_noise=100.0,
    pixel_scale=3.98,
    no_data=65536 | 2,
    cosmic_ray=128,
    firing=1048576,
)

DETECTORS = {
    "Kepler": Detector(
        corner=(500, 600),
        ra=290.0,
        dec=44.5,
        start=539.5,
        where={"quarter": 6, "channel": 40},
        motion=Drift(0.05, -0.03),
        **_KEPLER_CCD,
    ),
    "K2": Detector(
        corner=(796, 740),
        ra=130.0,
        dec=20.0,
        start=3263.0,
        where={"campaign": 16, "channel": 48},
        motion=Roll(),
        **_KEPLER_CCD,
    ),
    "TESS": Detector(
        zero_point=MISSIONS["TESS"].zero_point,
        magnitude=9.0,
        background=100.0,
        prf=((0.9, 0.7), (0.1, 2.0)),
        gain=5.25,
        read_noise=9.0,
        corner=(884, 600),
        pixel_scale=21.0,
        ra=80.0,
        dec=-60.0,
        start=1683.4,
        where={"sector": 14, "camera": 2, "ccd": 3},
        motion=Drift(0.02, 0.03),
        no_data=2,
        cosmic_ray=64,
        firing=32,
    ),
}


@dataclass(frozen=True)
class Mode:
    """One observing mode: how long a cadence is, how much of it is exposed, what is done to it."""

    seconds: float  # from cadence to cadence
    exposure: float  # s of photons in a cadence
    reads: int
    n_cadences: int  # how long such a file usually is
    first_cadence: int
    counts_offset: int
    repairs_cosmic_rays: bool
    product: str = "TPF"


_LONG: dict[str, Any] = dict(seconds=1765.4628, exposure=1625.346, reads=270, counts_offset=419400)
_SHORT: dict[str, Any] = dict(seconds=58.84876, exposure=54.178, reads=9, counts_offset=219400)

MODES = {
    "Kepler": {
        "long": Mode(**_LONG, n_cadences=4397, first_cadence=21933, repairs_cosmic_rays=True),
        "short": Mode(**_SHORT, n_cadences=43_800, first_cadence=647_140, repairs_cosmic_rays=True),
    },
    "K2": {
        "long": Mode(**_LONG, n_cadences=3894, first_cadence=151_000, repairs_cosmic_rays=False),
        "short": Mode(
            **_SHORT, n_cadences=116_800, first_cadence=4_529_500, repairs_cosmic_rays=False
        ),
    },
    "TESS": {
        "2 min": Mode(120.0, 95.04, 48, 19_000, 420_000, 209_700, False),
        "20 s": Mode(20.0, 19.8, 10, 117_000, 2_520_000, 209_700, True),
        "FFI": Mode(1800.0, 1425.6, 720, 1200, 0, 0, False, product="TESSCut"),
        "FFI 10 min": Mode(600.0, 475.2, 240, 3600, 0, 0, False, product="TESSCut"),
        "FFI 200 s": Mode(200.0, 158.4, 80, 11_800, 0, 0, False, product="TESSCut"),
    },
}
