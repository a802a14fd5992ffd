"""Between the sky and the detector: a stamp's WCS, whether it is right, where a position falls.

Reading the WCS out of a file is `tpfdash.io`; drawing the position is `tpfdash.views.pixels`. The
stars of a catalogue are `tpfdash.stamp.stars`.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import xarray as xr
from astropy.coordinates import angular_separation
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS, NoConvergence
from astropy.wcs.utils import proj_plane_pixel_area

from tpfdash.missions import get_mission
from tpfdash.stamp.epoch import HEADER_EPOCH, moved, observation_epoch, proper_motion
from tpfdash.stamp.geometry import corner, extent

__all__ = [
    "Compass",
    "SkyState",
    "compass",
    "cone",
    "pixel_scale",
    "separation",
    "sky_axes",
    "sky_state",
    "target_on_sky",
    "target_position",
    "to_detector",
    "to_sky",
    "wcs_header",
    "wcs_text",
]

#: A detector pixel, (row, col).
Pixel = tuple[int, int]
#: What a WCS header says that is not of the sky.
_DATES = ("DATE", "MJD")
#: So many pixels off the stamp's edge the target may lie for the WCS to be believed.
_BESIDE = 2.0
#: A WCS is kept for all who ask, wcslib works in it without Python's lock, and a search for stars
#: is in a thread of its own.
_ONE_AT_A_TIME = threading.RLock()


def wcs_header(attrs: Mapping, corner: tuple[int, int]) -> fits.Header | None:
    """The sky WCS of the stamp that has its first pixel at `corner`, as a FITS header.

    Parameters
    ----------
    attrs : mapping
        Those of a target pixel file's Dataset, or of a light curve made from one: `wcs` is a FITS
        header whose pixels count from the detector pixel `wcs_corner`, (row, col). A Dataset cut
        out of another keeps both as they were. Where `wcs_corner` is absent the header is taken to
        count from `corner`, which is right for a stamp that was never cut.
    corner : (row, col)
        Detector pixel of the stamp's first pixel, as it is now.

    Returns
    -------
    Header or None
        Its pixels count from the stamp's first pixel, as in the missions' files; None where
        there is no WCS.
    """
    if not attrs.get("wcs"):
        return None
    row, col = attrs.get("wcs_corner", corner)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)  # of what is no header
        header = fits.Header.fromstring(attrs["wcs"])
        for key, shift in (("CRPIX1", col - corner[1]), ("CRPIX2", row - corner[0])):
            if shift:  # SIP's polynomials count from CRPIX, and go with it
                header[key] = header.get(key, 0.0) + shift
    return header


def target_position(tpf: xr.Dataset) -> tuple[float, float] | None:
    """Where the target's catalogue position (RA_OBJ, DEC_OBJ) falls on the detector.

    It is moved from epoch 2000 to the middle of the observation by the headers' proper motion,
    where they have one (`tpfdash.stamp.epoch`). The stars' ride over the detector is not in it
    (`tpfdash.stamp.pointing`).

    Parameters
    ----------
    tpf : Dataset
        With attrs `ra` and `dec` (deg, J2000), and the WCS that `wcs_header` takes.

    Returns
    -------
    (row, col) in detector pixels, a pixel's centre at the integer; None where the file has no
    position or no WCS, or the WCS cannot be inverted there.
    """
    sky = target_on_sky(tpf)
    return None if sky is None else _position(*sky, *_wcs_of(tpf))


def target_on_sky(tpf: xr.Dataset) -> tuple[float, float] | None:
    """The target's (RA_OBJ, DEC_OBJ) in the middle of the observation, deg; None without."""
    ra, dec = (tpf.attrs.get(name) for name in ("ra", "dec"))
    if ra is None or dec is None or not np.isfinite([ra, dec]).all():
        return None
    motion = proper_motion(tpf)
    if motion is None:
        return float(ra), float(dec)
    return _moved(float(ra), float(dec), *motion, observation_epoch(tpf))


@lru_cache(maxsize=64)
def _moved(
    ra: float, dec: float, pmra: float, pmdec: float, epoch: float
) -> tuple[float, float] | None:
    (ra,), (dec,) = (value.tolist() for value in moved(ra, dec, pmra, pmdec, HEADER_EPOCH, epoch))
    return (ra, dec) if np.isfinite([ra, dec]).all() else None


@lru_cache(maxsize=64)  # asked for with each gesture, and slow
def _position(
    ra: float, dec: float, text: str, counted_from: Pixel, first: Pixel
) -> tuple[float, float] | None:
    wcs = _sky(text, counted_from, first)
    if wcs is None:
        return None
    row, col = (_placed(wcs, np.array([ra]), np.array([dec]))[0] + first).tolist()
    return (row, col) if np.isfinite([row, col]).all() else None


def _placed(wcs: WCS, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """(row, col) counted from the stamp's first pixel, NaN where there is none: float64 (n, 2)."""
    made = np.full((len(ra), 2), np.nan)
    known = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
    if not known.size:
        return made
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        try:
            x, y = wcs.all_world2pix(ra[known], dec[known], 0)
        except NoConvergence as error:
            x, y = np.array(error.best_solution, dtype=np.float64).T
            for lost in (error.divergent, error.slow_conv):
                if lost is not None:
                    x[lost] = np.nan
        except ValueError:  # every error of wcslib is one: a single star beyond the horizon is, too
            if known.size > 1:
                for one in known:
                    made[one] = _placed(wcs, ra[[one]], dec[[one]])[0]
            return made
    made[known] = np.stack([y, x], axis=1)
    made[~np.isfinite(made).all(axis=1)] = np.nan
    return made


def to_detector(tpf: xr.Dataset, ra: np.ndarray, dec: np.ndarray) -> np.ndarray | None:
    """Where positions on the sky fall on the detector, by a WCS that can be trusted.

    Parameters
    ----------
    ra, dec : float arrays (n,)
        deg, at the epoch of the observation.

    Returns
    -------
    float64 array (n, 2), (row, col) in detector pixels, NaN where the WCS cannot be inverted; None
    where `sky_state` trusts no WCS of this file.
    """
    wcs = _sky(*_wcs_of(tpf))
    if wcs is None or not sky_state(tpf).usable:
        return None
    ra, dec = np.asarray(ra, dtype=np.float64), np.asarray(dec, dtype=np.float64)
    return _placed(wcs, ra, dec) + corner(tpf)


def to_sky(
    tpf: xr.Dataset, row: np.ndarray, col: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Where detector pixels lie on the sky, by a WCS that can be trusted.

    Parameters
    ----------
    row, col : float arrays (n,)
        Detector pixels.

    Returns
    -------
    ra, dec : float64 arrays (n,), deg; or None where `sky_state` trusts no WCS of this file
    """
    wcs = _sky(*_wcs_of(tpf))
    if wcs is None or not sky_state(tpf).usable:
        return None
    first = corner(tpf)
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        ra, dec = wcs.all_pix2world(np.subtract(col, first[1]), np.subtract(row, first[0]), 0)
    return np.asarray(ra), np.asarray(dec)


@dataclass(frozen=True)
class SkyState:
    """Whether a file's sky coordinates can be used, and how well.

    Parameters
    ----------
    usable : bool
    words : str
        A sentence for a reader: how good they are, or why they are not usable.
    accuracy : float
        How near a star is to its place as a rule, in pixels; NaN where they are not usable.
    scale : float
        Size of a pixel on the sky by the WCS, the square root of its area, in arcsec; NaN where
        they are not usable.
    """

    usable: bool
    words: str
    accuracy: float = np.nan
    scale: float = np.nan


def sky_state(tpf: xr.Dataset) -> SkyState:
    """Test the file's WCS by the file itself: it should put the target on the stamp, or beside it.

    Its pixels should be within a fifth of the mission's nominal ones, too. (TESSCut's files of
    sector 1 are known whose WCS puts the target a thousand rows away.)
    """
    mission = get_mission(tpf.attrs["mission"])
    wcs, target = _sky(*_wcs_of(tpf)), target_position(tpf)
    if wcs is None:
        return _unusable("it has no WCS that leads to the sky")
    if target is None:
        why = "its WCS leads nowhere at the target" if target_on_sky(tpf) else "it has no position"
        return _unusable(f"{why} (RA_OBJ, DEC_OBJ), to test its WCS by")
    left, bottom, right, top = extent(tpf)
    row, col = target
    inside = bottom - _BESIDE <= row <= top + _BESIDE and left - _BESIDE <= col <= right + _BESIDE
    if not inside:
        return _unusable(
            f"its WCS puts the target on row {row - bottom + 0.5:.0f} and column "
            f"{col - left + 0.5:.0f} of a stamp of {top - bottom:.0f} x {right - left:.0f}"
        )
    scale = float(np.sqrt(proj_plane_pixel_area(wcs))) * 3600  # deg
    if not abs(scale - mission.pixel_scale) <= mission.pixel_scale / 5:
        return _unusable(
            f"the pixels of its WCS are {scale:.3g} arcsec wide, and those of {mission.name} "
            f"{mission.pixel_scale:.3g}"
        )
    words = (
        f"Stars are placed by the file's WCS, as a rule to {mission.wcs_accuracy:g} pixel "
        f"({mission.wcs_accuracy * scale:.2g} arcsec)."
    )
    return SkyState(True, words, mission.wcs_accuracy, scale)


def _unusable(why: str) -> SkyState:
    return SkyState(False, f"The sky coordinates of this file are not usable: {why}.")


def pixel_scale(tpf: xr.Dataset) -> float | None:
    """Size of a pixel on the sky by the file's own WCS, in arcsec; None where not to be trusted.

    See `sky_state`.
    """
    state = sky_state(tpf)
    return state.scale if state.usable else None


@dataclass(frozen=True)
class Compass:
    """Which way the sky lies on the stamp.

    Parameters
    ----------
    north, east : (row, col)
        Unit vectors along which declination and right ascension grow, in pixels.
    """

    north: tuple[float, float]
    east: tuple[float, float]


def compass(tpf: xr.Dataset) -> Compass | None:
    """North and east in the middle of the stamp; None where no WCS is to be trusted."""
    by_pixel = sky_axes(tpf)
    if by_pixel is None:
        return None
    ways = np.linalg.inv(by_pixel)  # (row, col) by (east, north)
    ways /= np.hypot(*ways)
    (er, nr), (ec, nc) = ways.tolist()
    return Compass(north=(nr, nc), east=(er, ec))


def sky_axes(tpf: xr.Dataset) -> np.ndarray | None:
    """How far a step of one pixel leads on the sky, in the middle of the stamp.

    Returns
    -------
    float64 array (2, 2), arcsec
        (east, north) by (row, col); None where no WCS is to be trusted.
    """
    left, bottom, right, top = extent(tpf)
    row, col = (bottom + top) / 2, (left + right) / 2
    # By the change over a pixel, where a WCS is a plane.
    sky = to_sky(tpf, np.array([row, row + 1, row]), np.array([col, col, col + 1]))
    if sky is None or not np.isfinite(sky).all():
        return None
    ra, dec = sky
    east = ((ra[1:] - ra[0] + 180) % 360 - 180) * np.cos(np.radians(dec[0]))
    by_pixel = 3600 * np.array([east, dec[1:] - dec[0]])
    return by_pixel if abs(np.linalg.det(by_pixel)) > 0 else None


def cone(tpf: xr.Dataset, margin: float = 3.0) -> tuple[float, float, float] | None:
    """The cone on the sky that holds the stamp and some pixels around it.

    Parameters
    ----------
    margin : float
        Pixels beyond the stamp's edges.

    Returns
    -------
    (ra, dec, radius) in deg, or None where no WCS is to be trusted
    """
    left, bottom, right, top = extent(tpf)
    rows = np.array([(bottom + top) / 2, *np.repeat([bottom - margin, top + margin], 2)])
    cols = np.array([(left + right) / 2, *np.tile([left - margin, right + margin], 2)])
    sky = to_sky(tpf, rows, cols)
    if sky is None or not np.isfinite(sky).all():
        return None
    ra, dec = sky
    away = separation(ra[0], dec[0], ra[1:], dec[1:])
    return float(ra[0] % 360), float(dec[0]), float(away.max()) / 3600


def separation(ra: float, dec: float, to_ra: np.ndarray, to_dec: np.ndarray) -> np.ndarray:
    """Distance on the sky in arcsec, of positions in deg: float64 (n,), NaN where one is NaN."""
    apart = angular_separation(*(np.radians(value) for value in (ra, dec, to_ra, to_dec)))
    return np.asarray(np.degrees(apart) * 3600, dtype=np.float64)


def _wcs_of(tpf: xr.Dataset) -> tuple[str, Pixel, Pixel]:
    """All that the stamp's WCS follows from: its text, the pixel it counts from, the first one."""
    first = corner(tpf)
    row, col = tpf.attrs.get("wcs_corner", first)
    return str(tpf.attrs.get("wcs") or ""), (int(row), int(col)), first


@lru_cache(maxsize=8)
def _sky(text: str, counted_from: Pixel, first: Pixel) -> WCS | None:
    """The stamp's WCS from two pixel axes to the sky; its pixels count from the stamp's first."""
    header = wcs_header({"wcs": text, "wcs_corner": counted_from}, first)
    if header is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        try:
            wcs = WCS(header).celestial
        except (ValueError, NoConvergence):
            return None
    return wcs if wcs.naxis == 2 else None


def wcs_text(wcs: WCS) -> str:
    """A WCS as `attrs["wcs"]` holds it: the text of a FITS header.

    Parameters
    ----------
    wcs : astropy.wcs.WCS
        Its pixels count from the stamp's first pixel. An error of astropy's is let through.

    Returns
    -------
    str
        "" where it does not lead from two pixel axes to the sky.
    """
    if wcs.naxis != 2 or not wcs.has_celestial:
        return ""
    sky = wcs.all_pix2world([[0.0, 0.0], [1.0, 1.0]], 0)
    if not np.isfinite(sky).all() or (sky[0] == sky[1]).all():
        return ""
    wcs.wcs.colnum, wcs.wcs.colax = 0, (0, 0)  # an image's keywords, even if a column's were read
    header = wcs.to_header(relax=True)  # SIP is there only if relaxed
    cards = [card for card in header.cards if not card.keyword.startswith(_DATES)]
    return fits.Header(cards).tostring(endcard=True, padding=False)
