"""Catalogue stars on the detector: places, brightness, images, shares, tables of any catalogue."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table
from starparts import CORNER, IDS, STARS, gaia, stamp

from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.stamp.catalogue import standard_stars
from tpfdash.stamp.masks import pipeline_mask, typical_image
from tpfdash.stamp.pointing import usual_motion
from tpfdash.stamp.prf import GaussianPRF
from tpfdash.stamp.stars import aperture_shares, expected_image, place_stars, shifted

PRF = GaussianPRF([(0.9, 0.7), (0.1, 2.0)])  # of simulated TESS files


@pytest.fixture
def tpf():
    return stamp()


def by_id(stars, number):
    return stars[stars["source_id"] == str(number)][0]


def test_places_are_those_simulated(tpf):
    stars = place_stars(tpf, gaia(tpf))
    assert len(stars) == 5 and (np.diff(stars["magnitude"]) >= 0).all()
    for number, (row, col, *_) in zip(IDS, STARS, strict=True):
        star = by_id(stars, number)
        assert (star["row"], star["col"]) == pytest.approx(np.add((row, col), CORNER), abs=1e-3)
    assert len(place_stars(tpf, gaia(tpf), margin=2)) == 4
    # From the target's catalogue place, which stands where the first star is.
    assert by_id(stars, IDS[0])["distance"] < 0.1
    away = np.hypot(*np.subtract(STARS[1][:2], STARS[0][:2])) * 21
    assert by_id(stars, IDS[1])["distance"] == pytest.approx(away, rel=1e-3)


def test_stars_without_motion_stay_and_are_counted(tpf):
    stars = place_stars(tpf, gaia(tpf))
    assert np.isfinite(stars["row"]).all()
    assert any("1 of 5 stars have no proper motion" in note for note in stars.meta["notes"])
    source = gaia(tpf)
    tpf["time"].values[:] = np.nan
    stars = place_stars(tpf, source)
    assert any("no times" in note for note in stars.meta["notes"])
    assert abs(by_id(stars, IDS[0])["row"] - STARS[0][0] - CORNER[0]) > 0.05  # it has not moved


def test_the_expected_image_is_the_simulated_one():
    tpf = stamp(noise=False, background=0.0, motion=np.full((40, 2), (0.3, -0.2)))
    table = Table(gaia(tpf))
    table["tmag"] = table["phot_g_mean_mag"]  # what was simulated
    image = expected_image(tpf, place_stars(tpf, table), PRF)
    seen = typical_image(tpf)
    assert np.abs(image - seen).max() < 0.01 * seen.max()
    wide = expected_image(tpf, place_stars(tpf, table), PRF, width=1.5)
    assert wide.max() < 0.8 * image.max()


def test_shares_are_those_of_the_light_in_the_aperture():
    tpf = stamp(noise=False, background=0.0)
    stars = place_stars(tpf, gaia(tpf))
    everything = np.ones((11, 11), dtype=bool)
    assert by_id(_with(stars, aperture_shares(tpf, stars, everything, PRF)), IDS[0])["x"] > 0.98
    target = everything & False
    target[4:7, 4:7] = True
    shares = aperture_shares(tpf, stars, target, PRF)
    image = PRF.images((11, 11), 5.0, 5.0)[..., 0]
    assert by_id(_with(stars, shares), IDS[0])["x"] == pytest.approx(image[target].sum(), abs=1e-4)
    assert by_id(_with(stars, shares), IDS[4])["x"] < 1e-9
    off = aperture_shares(tpf, stars, target, PRF, ride=(0.0, 3.0))
    assert by_id(_with(stars, off), IDS[0])["x"] < 0.1
    stars["row"][0] = np.nan
    assert np.isnan(aperture_shares(tpf, stars, target, PRF)[0])
    with pytest.raises(TPFError, match="mask"):
        aperture_shares(tpf, stars, target[:3], PRF)
    with pytest.raises(TPFError, match="place_stars"):
        aperture_shares(tpf, gaia(tpf), target, PRF)


def _with(stars, values):
    made = stars.copy()
    made["x"] = values
    return made


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name", ["tic55525572_s5_tp.fits.gz", "kplr011904151-2010009091648_lpd-targ.fits"]
)
def test_the_flux_expected_of_real_targets_is_theirs(data_file, name):
    """Within 30 %, in an aperture that covers the star; FLFRCSAP is the share that it catches."""
    tpf = open_tpf(data_file(name)).isel(time=slice(0, 300))
    attrs = tpf.attrs
    table = Table({"ra": [attrs["ra"]], "dec": [attrs["dec"]], "magnitude": [attrs["magnitude"]]})
    star = place_stars(tpf, table)[0]
    seen = np.nansum(typical_image(tpf)[pipeline_mask(tpf)])
    assert seen / star["flux"] == pytest.approx(attrs["flfrcsap"] / attrs["crowdsap"], rel=0.3)


def test_shifts_are_whole_and_reversible(tpf):
    stars = place_stars(tpf, gaia(tpf))
    there = shifted(stars, (0.5, -1))
    again = shifted(there, (0.2, 0.1))
    np.testing.assert_allclose(again["row"] - stars["row"], 0.2)
    np.testing.assert_allclose(again["col"] - stars["col"], 0.1)
    assert again.meta["shift"] == (0.2, 0.1) and stars.meta["shift"] == (0.0, 0.0)
    for bad in (None, (1,), (np.nan, 0), "ab"):
        with pytest.raises(TPFError, match="shift"):
            shifted(stars, bad)


def test_an_unusable_wcs_places_nothing(tpf):
    with pytest.raises(TPFError, match="not usable"):
        place_stars(tpf.assign_attrs(wcs=""), gaia(tpf))


def test_places_do_not_depend_on_how_the_file_is_cut(tpf):
    whole = place_stars(tpf, gaia(tpf))
    part = place_stars(tpf.isel(row=slice(2, None), col=slice(1, None)), gaia(tpf))
    np.testing.assert_allclose(part["row"], whole["row"], atol=1e-6)
    assert usual_motion(tpf) == (0.0, 0.0)


# --- tables of any catalogue ----------------------------------------------------------------------


def table(**columns):
    return Table({"ra": [10.0, 11.0], "dec": [1.0, 2.0], "mag": [9.0, 10.0]} | columns)


def test_units_are_converted():
    made = standard_stars(
        Table(
            {
                "RA": [0.5] * u.hourangle,
                "Dec": [0.1] * u.rad,
                "pmRA": [0.02] * u.arcsec / u.yr,
                "pmDEC": [3.0],
                "plx": [0.01] * u.arcsec,
                "Vmag": [9.0],
            }
        )
    )
    assert made["ra"][0] == pytest.approx(7.5) and made["dec"][0] == pytest.approx(5.7296, abs=1e-4)
    assert (made["pmra"][0], made["pmdec"][0]) == pytest.approx((20, 3))
    assert made["parallax"][0] == pytest.approx(10) and made["magnitude"][0] == 9
    with pytest.raises(TPFError, match="'pmRA' should hold numbers.*mas"):
        standard_stars(table(pmRA=[1, 2] * u.kg))


def test_sexagesimal_positions():
    made = standard_stars(
        Table({"RAJ2000": ["04 21 57.4", ""], "DEJ2000": ["+28 26 35.5", ""], "Vmag": [10.0, 11.0]})
    )
    assert made["ra"][0] == pytest.approx(65.489167, abs=1e-5)
    assert made["dec"][0] == pytest.approx(28.443194, abs=1e-5)
    assert np.isnan(made["ra"][1]) and made["epoch"][0] == 2000.0


def test_ids_keep_each_digit():
    number = 2**53 + 1
    for values in (np.array([number, 7]), [str(number), "7"], [f"Gaia DR3 {number}", "Gaia DR3 7"]):
        made = standard_stars(table(source_id=values))
        assert list(made["source_id"]) == [str(number), "7"]
    made = standard_stars(table(source_id=np.array([float(number + 1), 7.0])))
    assert list(made["source_id"]) == ["", "7"]
    assert any("lost its last digits" in note for note in made.meta["notes"])
    assert list(made["name"]) == ["star 1", "7"]
    masked = standard_stars(table(source_id=np.ma.masked_array([number, 7], mask=[False, True])))
    assert list(masked["source_id"]) == [str(number), ""]


def test_vizier_and_sloan_differ_by_a_capital():
    made = standard_stars(
        Table({"RA_ICRS": [1.0], "DE_ICRS": [2.0], "Gmag": [9.0], "gmag": [11.0]})
    )
    assert made["g"][0] == 9.0 and made["epoch"][0] == 2016.0
    made = standard_stars(table(gmag=[11.0, 12.0]))
    assert np.isnan(made["g"]).all() and made["epoch"][0] == 2000.0


def test_what_is_no_position_or_magnitude_is_nan():
    made = standard_stars(
        Table({"ra": [10.0, np.inf], "dec": [95.0, 2.0], "mag": [np.nan, -9999.0]})
    )
    assert np.isnan([made["ra"], made["dec"]]).sum() >= 3
    assert np.isnan(made["magnitude"]).all()
    assert any("no proper motions" in note for note in made.meta["notes"])


def test_an_empty_table_is_one():
    made = standard_stars(table()[:0])
    assert len(made) == 0 and "source_id" in made.colnames
    tpf = stamp()
    assert len(place_stars(tpf, made)) == 0


@pytest.mark.parametrize("bad", [None, "stars", [1, 2]])
def test_what_is_no_table(bad):
    with pytest.raises(TPFError, match="astropy Table"):
        standard_stars(bad)
