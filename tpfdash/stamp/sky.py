"""Between the sky and the detector: where a catalogue position falls on the stamp.

Reading the WCS out of a file is `tpfdash.io`; drawing the position is `tpfdash.views.pixels`.
"""

from __future__ import annotations

import warnings

import numpy as np
import xarray as xr
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS, NoConvergence

__all__ = ["target_position"]


def target_position(tpf: xr.Dataset) -> tuple[float, float] | None:
    """Where the target's catalogue position (RA_OBJ, DEC_OBJ) falls on the detector.

    Parameters
    ----------
    tpf : Dataset
        With attrs `ra`, `dec` (deg, J2000) and `wcs` (a FITS header whose pixels count from the
        stamp's first pixel).

    Returns
    -------
    (row, col) in detector pixels, a pixel's centre at the integer; None where the file has no
    position or no WCS, or the WCS cannot be inverted there. Proper motion is not applied.
    """
    ra, dec, header = (tpf.attrs.get(name) for name in ("ra", "dec", "wcs"))
    if not header or ra is None or dec is None or not np.isfinite([ra, dec]).all():
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        try:
            wcs = WCS(header).celestial
            if wcs.naxis != 2:
                return None
            x, y = wcs.all_world2pix(ra, dec, 0)
        except (ValueError, NoConvergence):  # every error of wcslib is a ValueError
            return None
    if not np.isfinite([x, y]).all():
        return None
    return float(tpf["row"][0] + y), float(tpf["col"][0] + x)
