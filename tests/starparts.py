"""Parts of the tests about stars: a simulated stamp, and what Gaia and the TIC would say of it."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table
from astropy.time import Time

from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.sky import to_sky

CORNER = 500, 300
#: row, col on the stamp in the middle of the observation; G, BP - RP; proper motion in mas/yr.
STARS = (
    (5.0, 5.0, 10.5, 0.8, 900.0, -700.0),
    (2.1, 7.8, 12.0, 1.9, np.nan, np.nan),
    (8.4, 2.2, 13.0, np.nan, 5.0, 3.0),
    (9.1, 9.3, 17.5, 1.0, -20.0, 10.0),
    (40.0, 5.0, 9.0, 1.0, 0.0, 0.0),  # far off the stamp
)
IDS = (5937083312263887616, 4583627001381815937, 5348723816842275585, 9007199254740993, 77)
OBSERVED = 2019.6


def stamp(mission="TESS", **arguments):
    """A simulated file whose target is the first star, in the middle of 2019."""
    start = {"TESS": 1680.0}.get(mission, 3844.0)
    return simulate_tpf(
        mission,
        n_cadences=40,
        corner=CORNER,
        start=start,
        stars=[Star(row, col, magnitude=g) for row, col, g, *_ in STARS],
        **{"seed": 2, "motion": np.zeros((40, 2))} | arguments,
    )


def gaia(tpf):
    """gaiadr3.gaia_source as it would have these stars: at 2016.0, by astropy's space motion."""
    time = tpf["time"].values
    middle = Time((time[0] + time[-1]) / 2 + tpf.attrs["time_reference"], format="jd", scale="tdb")
    row, col, g, color, pmra, pmdec = np.array(STARS).T
    ra, dec = to_sky(tpf, row + CORNER[0], col + CORNER[1])
    then = SkyCoord(
        ra * u.deg,
        dec * u.deg,
        pm_ra_cosdec=np.nan_to_num(pmra) * u.mas / u.yr,
        pm_dec=np.nan_to_num(pmdec) * u.mas / u.yr,
        distance=np.full(5, 50) * u.pc,
        obstime=middle,
    ).apply_space_motion(Time(2016.0, format="jyear"))
    table = Table()
    table["source_id"] = np.array(IDS, dtype=np.int64)
    table["ra"], table["dec"], table["ref_epoch"] = then.ra.deg, then.dec.deg, 2016.0
    for name, values in (("pmra", pmra), ("pmdec", pmdec)):
        table[name] = MaskedColumn(values, mask=~np.isfinite(values), unit="mas/yr")
    table["parallax"] = MaskedColumn([20.0, 3.0, 1.0, 0.2, 5.0], unit="mas")
    table["ruwe"] = np.array([1.0, 1.5, 0.9, 1.1, 1.0])
    table["phot_g_mean_mag"] = g
    for name, sign in (("phot_bp_mean_mag", 0.5), ("phot_rp_mean_mag", -0.5)):
        table[name] = MaskedColumn(g + sign * color, mask=~np.isfinite(color))
    table["phot_variable_flag"] = np.array(
        ["VARIABLE", "NOT_AVAILABLE", "CONSTANT", "NOT_AVAILABLE", "NOT_AVAILABLE"]
    )
    table["non_single_star"] = np.array([0, 3, 0, 0, 0], dtype=np.int16)
    return table


def tic(tpf, source):
    """Rows of the TIC for Gaia's stars: at epoch 2000, two of them without Gaia's number."""
    rows = []
    for n, star in enumerate(source):
        years = 2000.0 - 2016.0
        east, north = (float(np.ma.filled(star[c], 0.0)) for c in ("pmra", "pmdec"))
        ra = star["ra"] + years * east / 3.6e6 / np.cos(np.radians(star["dec"]))
        rows.append(
            {
                "ID": 1000 + n,
                "ra": float(ra),
                "dec": float(star["dec"] + years * north / 3.6e6),
                "pmRA": east,
                "pmDEC": north,
                "plx": None,
                "GAIA": str(star["source_id"]) if n % 2 else None,
                "GAIAmag": float(star["phot_g_mean_mag"]),
                "Tmag": float(star["phot_g_mean_mag"]) - 0.5,
            }
        )
    return rows
