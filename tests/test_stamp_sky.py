"""Where the catalogue position falls on the stamp, against simulated truth and astropy by hand."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from tpfdash.io import open_tpf
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.sky import target_position


def _header(**cards):
    return fits.Header(cards.items()).tostring()


@pytest.fixture
def tpf():
    return simulate_tpf("TESS", n_cadences=2, stars=[Star(3.3, 6.8, flux=1e4)], corner=(700, 90))


def test_target_is_where_the_simulated_star_is(tpf):
    assert target_position(tpf) == pytest.approx((703.3, 96.8), abs=1e-3)


@pytest.mark.parametrize("name", ["ra", "dec", "wcs"])
@pytest.mark.parametrize("value", [None, np.nan, "absent"])
def test_no_position_without_all_it_takes(tpf, name, value):
    if value == "absent":
        del tpf.attrs[name]
    else:
        tpf.attrs[name] = "" if name == "wcs" else value
    assert target_position(tpf) is None


@pytest.mark.parametrize(
    "wcs",
    [
        _header(CRPIX1=1.0, CRPIX2=2.0),  # pixels only, no sky
        _header(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CDELT1=0.0, CDELT2=0.0),
        _header(CTYPE1="RA---TAN", CTYPE2="DEC--XYZ"),
        _header(CTYPE1="RA---TAN"),
        "not a header",
    ],
)
def test_no_position_where_the_wcs_is_broken(tpf, wcs):
    tpf.attrs["wcs"] = wcs
    assert target_position(tpf) is None


def test_no_position_on_the_far_side_of_the_sky(tpf):
    tpf.attrs.update(ra=(tpf.attrs["ra"] + 180) % 360, dec=-tpf.attrs["dec"])
    assert target_position(tpf) is None


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name",
    ["kplr006922244-2009166043257_lpd-targ.fits", "ktwo211983544-c18_lpd-targ.fits"],
)
def test_position_in_real_files_is_astropys(data_file, name):
    with fits.open(data_file(name)) as hdus:
        target, header = hdus[0].header, hdus["APERTURE"].header  # not where open_tpf takes it
        x, y = WCS(header).all_world2pix(target["RA_OBJ"], target["DEC_OBJ"], 1)
    expected = header["CRVAL2P"] + y - header["CRPIX2P"], header["CRVAL1P"] + x - header["CRPIX1P"]
    assert target_position(open_tpf(data_file(name))) == pytest.approx(expected, abs=1e-3)
