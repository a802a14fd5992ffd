"""Where stars are when the file was observed: its epoch, and positions moved to it.

Where a position falls on the detector is `tpfdash.stamp.sky`.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from astropy import units
from astropy.coordinates import offset_by
from numpy.typing import ArrayLike

from tpfdash.errors import NO_NUMBER
from tpfdash.missions import get_mission

__all__ = ["HEADER_EPOCH", "moved", "observation_epoch", "proper_motion", "time_reference"]

#: Of RA_OBJ and DEC_OBJ in the missions' files, Julian year.
HEADER_EPOCH = 2000.0
_J2000 = 2451545.0  # JD
_YEAR = 365.25  # d
#: No star is faster, in mas/yr (Barnard's: 10,400): a header that says so means another unit.
_FASTEST = 20_000.0


def observation_epoch(tpf: xr.Dataset, cadence: int | None = None) -> float:
    """The middle of the observation, or one cadence, as a Julian year.

    Parameters
    ----------
    tpf : Dataset
    cadence : int, optional
        The middle of the observation where its TIME is NaN.

    Returns
    -------
    float
        2019.64, say; NaN where the file has no times.
    """
    time = tpf["time"].values
    day = np.nan if cadence is None else time[cadence]
    if not np.isfinite(day):
        known = time[np.isfinite(time)]
        day = (known.min() + known.max()) / 2 if known.size else np.nan
    return HEADER_EPOCH + (float(day) + time_reference(tpf) - _J2000) / _YEAR


def time_reference(tpf: xr.Dataset) -> float:
    """The Julian date at which the clock of a file's times reads 0."""
    usual = get_mission(tpf.attrs["mission"]).time_reference
    return float(tpf.attrs.get("time_reference", usual))


def proper_motion(tpf: xr.Dataset) -> tuple[float, float] | None:
    """The target's proper motion by the headers' PMRA and PMDEC, in mas/yr.

    Returns
    -------
    (in right ascension, the cosine of the declination in it; in declination), or None where it is
    not known. The headers have it in mas/yr for TESS, in arcsec/yr for Kepler and K2; 0 in both,
    as TESSCut and many files of Kepler have it, means that nobody knows, and so does what no star
    does (20 arcsec/yr).
    """
    pair = [tpf.attrs.get(name) for name in ("pmra", "pmdec")]
    try:
        ra, dec = (float(value) for value in pair if value is not None)
    except NO_NUMBER:  # one of them alone leads nowhere
        return None
    if not np.isfinite([ra, dec]).all() or ra == dec == 0:
        return None
    unit = get_mission(tpf.attrs["mission"]).proper_motion_unit
    return (ra * unit, dec * unit) if np.hypot(ra, dec) * unit <= _FASTEST else None


def moved(
    ra: ArrayLike,
    dec: ArrayLike,
    pmra: ArrayLike,
    pmdec: ArrayLike,
    from_epoch: ArrayLike,
    to_epoch: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Positions at another epoch: along a great circle, at the speed of the proper motion.

    Parallax, up to 0.8 arcsec, is left out.

    Parameters
    ----------
    ra, dec : float or arrays (n,)
        deg; NaN where not known.
    pmra, pmdec : float or arrays (n,)
        mas/yr, the cosine of the declination in `pmra`. NaN counts as 0: the star stays where the
        catalogue has it.
    from_epoch : float or array (n,)
        Of the positions, Julian year; what is NaN is not moved.
    to_epoch : float
        NaN moves nothing.

    Returns
    -------
    ra, dec : float64 arrays (n,)
        deg, `ra` within 0 to 360; NaN where the position is, or is none (|dec| > 90).
    """
    values = (np.asarray(value, dtype=np.float64) for value in (ra, dec, pmra, pmdec, from_epoch))
    lon, lat, east, north, epoch = (np.atleast_1d(v) for v in np.broadcast_arrays(*values))
    known = np.isfinite(lon) & (np.abs(lat) <= 90)
    made = np.full((2, lon.size), np.nan)
    years = np.nan_to_num(to_epoch - epoch, nan=0.0)
    east, north = np.nan_to_num(east) * years, np.nan_to_num(north) * years
    with np.errstate(invalid="ignore"):
        lon, lat = offset_by(
            lon[known] * units.deg,
            lat[known] * units.deg,
            np.arctan2(east, north)[known] * units.rad,
            np.hypot(east, north)[known] * units.mas,
        )
    made[0, known], made[1, known] = lon.to_value("deg") % 360, lat.to_value("deg")
    return made[0], made[1]
