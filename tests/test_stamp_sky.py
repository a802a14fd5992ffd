"""Where the catalogue position falls on the stamp, against simulated truth and astropy by hand."""

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS

from tpfdash.errors import TPFError
from tpfdash.io import open_tpf, write_aperture, write_lightcurve, write_tpf
from tpfdash.photometry import aperture_photometry
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.pointing import usual_motion
from tpfdash.stamp.sky import (
    compass,
    cone,
    pixel_scale,
    separation,
    sky_state,
    target_on_sky,
    target_position,
    to_detector,
    to_sky,
    wcs_header,
    wcs_text,
)


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
    tpf = open_tpf(data_file(name))
    tpf.attrs.pop("pmra", None)  # astropy knows nothing of it here
    assert target_position(tpf) == pytest.approx(expected, abs=1e-3)


# Where these stars were fitted on their median frames by an elliptical Gaussian over flat sky,
# in pixels within 2.5 of the brightest, by none of this package's code.
FITTED = {
    "tess-sip_tpf2.fits": (888.902, 1078.376),
    "tess25155310-s01-first-cadences.fits.gz": (393.325, 1623.819),
    "tic55525572_s5_tp.fits.gz": (795.158, 978.663),
}


@pytest.mark.realdata
@pytest.mark.parametrize("name", FITTED)
def test_the_target_is_near_the_star_when_it_has_moved_and_rides(data_file, name):
    tpf = open_tpf(data_file(name))
    place = np.add(target_position(tpf), usual_motion(tpf))
    off = np.hypot(*(place - FITTED[name]))
    assert off < 0.15 and off < sky_state(tpf).accuracy


@pytest.mark.realdata
def test_a_fast_star_is_nearer_with_its_proper_motion(data_file):
    tpf = open_tpf(data_file("tess-sip_tpf2.fits"))
    star = FITTED["tess-sip_tpf2.fits"]
    moved = np.hypot(*np.subtract(target_position(tpf), star))
    still = tpf.assign_attrs(pmra=0.0, pmdec=0.0)
    assert moved < 0.15 < 0.25 < np.hypot(*np.subtract(target_position(still), star))


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits", "row 977 and column 3 of a stamp of 5 x"),
        ("tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits", None),
        ("kplr005562784-2011271113734_lpd-targ.fits.gz", None),
        ("kadenza_tpf-template.fits.gz", None),
    ],
)
def test_the_wcs_of_real_files_is_tested(data_file, name, words):
    state = sky_state(open_tpf(data_file(name)))
    assert state.usable == (words is None)
    assert (words or "as a rule to") in state.words
    assert np.isfinite([state.accuracy, state.scale]).all() == state.usable


@pytest.mark.parametrize(
    ("attrs", "words"),
    [
        ({"wcs": ""}, "no WCS"),
        ({"ra": np.nan}, "no position"),
        ({"dec": -61.0}, "puts the target on row"),
    ],
)
def test_an_unusable_wcs_says_why(tpf, attrs, words):
    state = sky_state(tpf.assign_attrs(attrs))
    assert not state.usable and words in state.words
    none = tpf.assign_attrs(attrs)
    assert to_detector(none, [80.0], [-60.0]) is None and compass(none) is None
    assert cone(none) is None and to_sky(none, [700], [90]) is None


def test_a_target_just_beside_the_stamp_is_no_reason_to_mistrust(tpf):
    part = tpf.isel(row=slice(5, None))  # the target is on row 3.3
    assert sky_state(part).usable
    assert not sky_state(tpf.isel(row=slice(7, None))).usable


def test_there_and_back(tpf):
    rows, cols = np.array([700.0, 703.3, 710.5]), np.array([90.0, 96.8, 100.5])
    ra, dec = to_sky(tpf, rows, cols)
    np.testing.assert_allclose(to_detector(tpf, ra, dec), np.stack([rows, cols], 1), atol=1e-6)
    placed = to_detector(
        tpf, [ra[0], np.nan, (ra[0] + 180) % 360, ra[2]], [dec[0], 0, -dec[0], dec[2]]
    )
    assert np.isfinite(placed).all(axis=1).tolist() == [True, False, False, True]
    np.testing.assert_allclose(placed[[0, 3], 0], rows[[0, 2]], atol=1e-6)


@pytest.mark.parametrize("angle", [0, 35, 200])
def test_north_and_east_lead_there(tpf, angle):
    header = fits.Header.fromstring(tpf.attrs["wcs"])
    sin, cos = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    header.update(PC1_1=cos, PC1_2=-sin, PC2_1=sin, PC2_2=cos)
    tpf.attrs["wcs"] = header.tostring()
    ways = compass(tpf)
    row, col = 705.0, 95.0
    here = SkyCoord(*np.array(to_sky(tpf, [row], [col])).T[0], unit="deg")
    for way, angle in ((ways.north, 0.0), (ways.east, 90.0)):
        assert np.hypot(*way) == pytest.approx(1)
        there = SkyCoord(*np.array(to_sky(tpf, [row + way[0]], [col + way[1]])).T[0], unit="deg")
        assert (here.position_angle(there).deg - angle + 180) % 360 == pytest.approx(180, abs=0.1)


def test_the_cone_holds_the_corners_and_no_more_than_it_must(tpf):
    ra, dec, radius = cone(tpf, margin=2)
    rows, cols = np.repeat([697.5, 712.5], 2), np.tile([87.5, 102.5], 2)
    middle = SkyCoord(ra, dec, unit="deg")
    away = middle.separation(SkyCoord(*to_sky(tpf, rows, cols), unit="deg")).deg
    assert away.max() == pytest.approx(radius, rel=1e-9)
    assert radius == pytest.approx(np.hypot(7.5, 7.5) * 21 / 3600, rel=0.02)
    assert separation(ra, dec, ra, dec + radius) == pytest.approx(radius * 3600)


def test_the_target_moves_from_epoch_2000_to_the_middle_of_the_observation(tpf):
    tpf.attrs |= {"pmra": 500.0, "pmdec": -300.0}
    middle = Time(tpf["time"].values.mean() + 2457000, format="jd", scale="tdb")
    at_2000 = SkyCoord(
        tpf.attrs["ra"] * u.deg,
        tpf.attrs["dec"] * u.deg,
        pm_ra_cosdec=500 * u.mas / u.yr,
        pm_dec=-300 * u.mas / u.yr,
        distance=50 * u.pc,
        obstime=Time("J2000"),
    )
    there = at_2000.apply_space_motion(middle)
    ra, dec = target_on_sky(tpf)
    assert SkyCoord(ra, dec, unit="deg").separation(there).mas < 1
    assert target_position(tpf) != pytest.approx((703.3, 96.8), abs=0.1)


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
        x, y = theirs.wcs.all_world2pix(*target_on_sky(whole), 0)
        place = theirs.row + y, theirs.column + x
        theirs.hdu.close()
    assert place == pytest.approx(target_position(whole), abs=1e-3)
