"""Where the catalogue position falls on the stamp, against simulated truth and astropy by hand."""

import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from tpfdash.errors import TPFError
from tpfdash.io import open_tpf, write_aperture, write_lightcurve, write_tpf
from tpfdash.photometry import aperture_photometry
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.sky import pixel_scale, target_position, wcs_header, wcs_text


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


@pytest.mark.parametrize(("mission", "scale"), [("Kepler", 3.98), ("K2", 3.98), ("TESS", 21.0)])
def test_the_pixel_scale_is_that_of_the_wcs(mission, scale):
    tpf = simulate_tpf(mission, n_cadences=2, corner=(700, 90))
    assert pixel_scale(tpf) == pytest.approx(scale, rel=0.03)
    assert pixel_scale(tpf.isel(row=slice(2, 8))) == pytest.approx(pixel_scale(tpf))


def test_no_pixel_scale_from_a_wcs_that_is_not_to_be_trusted(tpf):
    assert pixel_scale(tpf.assign_attrs(wcs="")) is None
    assert pixel_scale(tpf.assign_attrs(ra=None)) is None
    beside = tpf.attrs["dec"] + 0.5  # deg
    assert pixel_scale(tpf.assign_attrs(dec=beside)) is None
    header = fits.Header.fromstring(tpf.attrs["wcs"])
    for key in ("CDELT1", "CDELT2"):
        header[key] = header.get(key, 1.0) * 3
    assert pixel_scale(tpf.assign_attrs(wcs=header.tostring())) is None


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


# --- a stamp that was cut ------------------------------------------------------------------------

CUTS = [
    {"row": slice(1, None), "col": slice(2, None)},
    {"row": slice(0, 4), "col": slice(3, 4)},
    {"row": [2, 3], "col": slice(-4, None)},
]
REAL = [
    "kplr006922244-2009166043257_lpd-targ.fits",
    "ktwo221312395-c91_lpd-targ.fits.gz",
    "tess-sip_tpf2.fits",
    "tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits",
    "tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits",
]


def sky_of(attrs, first):
    """Sky positions of four detector pixels by the WCS of a stamp."""
    rows, cols = np.array([[0, 5, 9, -3], [1, 2, 20, 4]]) + np.array([[700], [90]])
    wcs = WCS(wcs_header(attrs, first))
    return np.array(wcs.all_pix2world(cols - first[1], rows - first[0], 0))


@pytest.mark.parametrize("cut", CUTS)
def test_a_cut_stamp_has_its_target_where_it_was(tpf, cut):
    part = tpf.isel(cut)
    assert corner(part) != corner(tpf)
    assert target_position(part) == pytest.approx(target_position(tpf), abs=1e-6)
    again = part.isel(col=slice(0, 1))
    assert target_position(again) == pytest.approx(target_position(tpf), abs=1e-6)
    np.testing.assert_allclose(sky_of(part.attrs, corner(part)), sky_of(tpf.attrs, (700, 90)))


@pytest.mark.parametrize("cut", [{"row": [0, 2]}, {"col": slice(None, None, -1)}])
def test_what_is_no_rectangle_has_no_place(tpf, cut):
    with pytest.raises(TPFError, match="consecutive"):
        target_position(tpf.isel(cut))


def test_a_header_of_unknown_corner_counts_from_the_first_pixel(tpf):
    there = target_position(tpf)
    del tpf.attrs["wcs_corner"]
    assert target_position(tpf) == there


def test_every_file_made_from_a_cut_stamp_has_its_own_wcs(tmp_path, tpf):
    part = tpf.isel(CUTS[0])
    mask = np.ones(part["aperture"].shape, bool)
    paths = [tmp_path / f"{name}.fits" for name in ("tpf", "aperture", "lightcurve")]
    write_tpf(part, paths[0])
    write_aperture(part, mask, paths[1])
    write_lightcurve(aperture_photometry(part, mask), paths[2])
    for path in paths:
        with fits.open(path) as hdus:
            header = hdus["APERTURE"].header
            x, y = WCS(header).all_world2pix(tpf.attrs["ra"], tpf.attrs["dec"], 0)
            first = header["CRVAL2P"], header["CRVAL1P"]
        assert first == corner(part)
        assert (first[0] + y, first[1] + x) == pytest.approx((703.3, 96.8), abs=1e-3)


def test_distortion_goes_with_the_cut():
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN-SIP", "DEC--TAN-SIP"
    wcs.wcs.crpix, wcs.wcs.crval, wcs.wcs.cdelt = (3, 4), (80, -60), (-0.006, 0.006)
    header = wcs.to_header()
    header.update({"A_ORDER": 2, "A_2_0": 1e-3, "A_0_2": 2e-3, "B_ORDER": 2, "B_1_1": -1e-3})
    attrs = {"wcs": wcs_text(WCS(header)), "wcs_corner": (700, 90)}
    whole, part = sky_of(attrs, (700, 90)), sky_of(attrs, (703, 92))
    np.testing.assert_allclose(part, whole, rtol=0, atol=1e-10)
    plain = {"wcs": wcs_text(wcs), "wcs_corner": (700, 90)}
    assert abs(sky_of(plain, (700, 90)) - whole).max() > 1e-4


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL)
def test_a_real_file_cut_and_written_keeps_its_sky(tmp_path, data_file, name):
    whole = open_tpf(data_file(name)).isel(time=slice(0, 3))
    part = whole.isel(row=slice(1, None), col=slice(2, None))
    again = open_tpf(write_tpf(part, tmp_path / "part.fits"))
    assert again.attrs["wcs_corner"] == corner(part) == corner(again)
    np.testing.assert_allclose(
        sky_of(again.attrs, corner(again)), sky_of(whole.attrs, corner(whole)), atol=1e-9
    )
    assert target_position(again) == pytest.approx(target_position(whole), abs=1e-6)


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL[:4])
def test_lightkurve_finds_the_target_in_a_cut_stamp(tmp_path, data_file, name):
    lightkurve = pytest.importorskip("lightkurve")
    whole = open_tpf(data_file(name)).isel(time=slice(0, 3))
    path = write_tpf(whole.isel(row=slice(1, None), col=slice(2, None)), tmp_path / "part.fits")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lightkurve.read(path, quality_bitmask="none")
        x, y = theirs.wcs.all_world2pix(whole.attrs["ra"], whole.attrs["dec"], 0)
        place = theirs.row + y, theirs.column + x
        theirs.hdu.close()
    assert place == pytest.approx(target_position(whole), abs=1e-3)
