"""Positions at the epoch of the observation, against astropy's own space motion."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time

from tpfdash.io import open_tpf
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.epoch import moved, observation_epoch, proper_motion


@pytest.mark.parametrize("mission", ["Kepler", "K2", "TESS"])
def test_the_epoch_is_the_middle_of_the_times(mission):
    tpf = simulate_tpf(mission, n_cadences=40)
    zero = {"TESS": 2457000.0}.get(mission, 2454833.0)
    days = tpf["time"].values + zero
    middle = Time((days[0] + days[-1]) / 2, format="jd", scale="tdb")
    assert observation_epoch(tpf) == pytest.approx(middle.jyear, abs=1e-6)
    assert observation_epoch(tpf, 3) == pytest.approx(Time(days[3], format="jd").jyear, abs=1e-6)


def test_the_epoch_where_times_are_missing():
    tpf = simulate_tpf("TESS", n_cadences=5)
    tpf["time"].values[1] = np.nan
    assert observation_epoch(tpf, 1) == observation_epoch(tpf)
    tpf["time"].values[:] = np.nan
    assert np.isnan(observation_epoch(tpf))


@pytest.mark.parametrize(
    ("mission", "pair", "expected"),
    [
        ("TESS", (183.293, 266.019), (183.293, 266.019)),
        ("Kepler", (-0.0165, -0.0092), (-16.5, -9.2)),
        ("K2", (-0.031, 0.0), (-31.0, 0.0)),
        ("TESS", (0.0, 0.0), None),
        ("TESS", (np.nan, 1.0), None),
        ("TESS", (None, 1.0), None),
        ("TESS", ("fast", 1.0), None),
        ("K2", (-31.0, -10.0), None),  # mas/yr, in a file whose headers have arcsec/yr
    ],
)
def test_proper_motion_is_in_mas_a_year(mission, pair, expected):
    tpf = simulate_tpf(mission, n_cadences=2)
    tpf.attrs |= dict(zip(("pmra", "pmdec"), pair, strict=True))
    found = proper_motion(tpf)
    assert found is None if expected is None else found == pytest.approx(expected)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tess-sip_tpf2.fits", (183.293, 266.019)),
        ("ktwo211983544-c18_lpd-targ.fits", (-31.0, -10.0)),  # PMTOTAL: 0.033 arcsec/yr
        ("kplr006922244-2009166043257_lpd-targ.fits", None),
        ("tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits", None),
    ],
)
def test_proper_motion_of_real_files(data_file, name, expected):
    found = proper_motion(open_tpf(data_file(name)))
    assert found is None if expected is None else found == pytest.approx(expected)


def test_moved_as_astropy_moves():
    ra = np.array([10.0, 359.9999, 200.0, 30.0])
    dec = np.array([5.0, -70.0, 89.99, 0.0])
    pmra, pmdec = np.array([3600.0, 5000.0, -2000.0, 0.0]), np.array([-1e3, 800.0, 0.0, 0.0])
    now = SkyCoord(
        ra * u.deg,
        dec * u.deg,
        pm_ra_cosdec=pmra * u.mas / u.yr,
        pm_dec=pmdec * u.mas / u.yr,
        distance=50 * u.pc,
        obstime=Time(2016.0, format="jyear"),
    )
    there = now.apply_space_motion(Time(2019.6, format="jyear"))
    made = SkyCoord(*moved(ra, dec, pmra, pmdec, 2016.0, 2019.6), unit="deg")
    assert made.separation(there).max() < 0.1 * u.mas
    assert (made.ra.deg >= 0).all() and (made.ra.deg < 360).all()
    assert now.separation(made)[0] > 10 * u.arcsec


def test_what_is_not_known_does_not_move_and_stays_nan():
    ra, dec = moved(
        [10, 10, 10, np.nan, 10], [5, 5, 5, 5, 95], [np.nan, 50, 50, 1, 1], [100, np.nan, 0, 1, 1],
        [2016, 2016, np.nan, 2016, 2016], 2026.0
    )  # fmt: skip
    assert dec[0] == pytest.approx(5 + 1000 / 3.6e6, abs=1e-9)
    assert ra[0] == pytest.approx(10, abs=1e-9)
    assert ra[1] > 10 and dec[1] == pytest.approx(5, abs=1e-8)
    assert (ra[2], dec[2]) == pytest.approx((10, 5), abs=1e-12)
    assert np.isnan([ra[3:], dec[3:]]).all()
    ra, dec = moved(10, 5, 50, 50, 2016.0, np.nan)
    assert (ra[0], dec[0]) == pytest.approx((10, 5), abs=1e-12)
