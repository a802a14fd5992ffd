"""What the tests of several files of one target share: quarters whose camera was turned."""

import numpy as np
from astropy.wcs import WCS

from tpfdash.simulate import Eclipse, Star, simulate_tpf
from tpfdash.stamp.sky import wcs_text

SCALE = 3.98
#: Eclipses of the star beside the target: period, t0, duration, depth.
PERIOD, T0, DURATION, DEPTH = 3.1, 541.0, 0.3, 0.02
#: Where it is: east and north of the target, arcsec.
EAST, NORTH = 9.0, 6.0


def rolled(turn):
    """(east, north) in arcsec by (row, col) in pixels, of a camera turned by so many degrees."""
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return SCALE * np.array([[0, -1], [1, 0]]) @ np.array([[c, -s], [s, c]])


def quarter(number, turn=0, *, n=600, target=(5.2, 4.9), star=1, depth=DEPTH, **arguments):
    """A quarter of a Kepler target with a star beside it that eclipses.

    Parameters
    ----------
    number : int
        Of the quarter; 6 begins on day 540, each other one 20 days later.
    turn : float
        Degrees that the camera is turned by.
    star : int
        Which star eclipses: 0 is the target.
    """
    axes = rolled(turn)
    beside = np.add(target, np.linalg.solve(axes, [EAST, NORTH]))
    tpf = simulate_tpf(
        "Kepler",
        n_cadences=n,
        start=540.0 + 20.0 * (number - 6),
        stars=[Star(*target, magnitude=12.0), Star(*beside, magnitude=14.5)],
        events=[Eclipse(star, PERIOD, T0, DURATION, depth)] if depth else [],
        columns=("flux", "flux_err"),
        seed=number,
        **arguments,
    )
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crpix = target[1] + 1, target[0] + 1
    wcs.wcs.crval = tpf.attrs["ra"], tpf.attrs["dec"]
    wcs.wcs.cd = axes[:, ::-1] / 3600
    return tpf.assign_attrs(
        wcs=wcs_text(wcs),
        quarter=number,
        id="1",
        object="KIC 1",
        source=f"kplr000000001-q{number}_lpd-targ.fits",
    )
