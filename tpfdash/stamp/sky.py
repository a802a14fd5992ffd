"""Between the sky and the detector: a stamp's WCS, its pixels' size, where a position falls.

Reading the WCS out of a file is `tpfdash.io`; drawing the position is `tpfdash.views.pixels`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import xarray as xr
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS, NoConvergence
from astropy.wcs.utils import proj_plane_pixel_area

from tpfdash.missions import get_mission
from tpfdash.stamp.geometry import corner, extent

__all__ = ["pixel_scale", "target_position", "to_detector", "wcs_header", "wcs_text"]

#: A detector pixel, (row, col).
Pixel = tuple[int, int]
#: What a WCS header says that is not of the sky.
_DATES = ("DATE", "MJD")


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

    Parameters
    ----------
    tpf : Dataset
        With attrs `ra` and `dec` (deg, J2000), and the WCS that `wcs_header` takes.

    Returns
    -------
    (row, col) in detector pixels, a pixel's centre at the integer; None where the file has no
    position or no WCS, or the WCS cannot be inverted there. Proper motion is not applied.
    """
    ra, dec = (tpf.attrs.get(name) for name in ("ra", "dec"))
    if ra is None or dec is None or not np.isfinite([ra, dec]).all():
        return None
    return _position(float(ra), float(dec), *_wcs_of(tpf))


@lru_cache(maxsize=64)  # asked for with each gesture, and slow
def _position(
    ra: float, dec: float, text: str, counted_from: Pixel, first: Pixel
) -> tuple[float, float] | None:
    wcs = _sky(text, counted_from, first)
    if wcs is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        try:
            x, y = wcs.all_world2pix(ra, dec, 0)
        except (ValueError, NoConvergence):  # every error of wcslib is a ValueError
            return None
    if not np.isfinite([x, y]).all():
        return None
    return float(first[0] + y), float(first[1] + x)


def to_detector(tpf: xr.Dataset, ra: np.ndarray, dec: np.ndarray) -> np.ndarray | None:
    """Where positions on the sky fall on the detector, by a WCS that can be trusted.

    Parameters
    ----------
    ra, dec : float arrays (n,)
        deg, at the epoch of the observation.

    Returns
    -------
    float64 array (n, 2), (row, col) in detector pixels, NaN where the WCS cannot be inverted; None
    where `pixel_scale` trusts no WCS of this file.
    """
    wcs = _sky(*_wcs_of(tpf))
    if wcs is None or pixel_scale(tpf) is None:
        return None
    placed = np.full((len(ra), 2), np.nan)
    for n, (one_ra, one_dec) in enumerate(zip(ra, dec, strict=True)):
        if np.isfinite([one_ra, one_dec]).all():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AstropyWarning)
                try:
                    x, y = wcs.all_world2pix(one_ra, one_dec, 0)
                except (ValueError, NoConvergence):
                    continue
            placed[n] = float(y), float(x)
    return placed + corner(tpf)


def pixel_scale(tpf: xr.Dataset) -> float | None:
    """Size of a pixel on the sky by the file's own WCS: the square root of its area, in arcsec.

    None where that is not to be trusted: there is no WCS, it puts the target beside the stamp, or
    its pixels are not within a fifth of the mission's nominal ones.
    """
    wcs, target = _sky(*_wcs_of(tpf)), target_position(tpf)
    left, bottom, right, top = extent(tpf)
    if target is None or wcs is None:
        return None
    if not (bottom <= target[0] <= top and left <= target[1] <= right):
        return None
    scale = float(np.sqrt(proj_plane_pixel_area(wcs))) * 3600  # deg
    nominal = get_mission(tpf.attrs["mission"]).pixel_scale
    return scale if abs(scale - nominal) <= nominal / 5 else None


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
