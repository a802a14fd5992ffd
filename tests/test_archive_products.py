"""What the names of the archive's files say. Independent truth: the archive's own examples."""

import math

import pytest

from tpfdash.archive.cache import row_of_uri
from tpfdash.archive.products import is_safe, known_file, of_file_name, sector_year


@pytest.mark.parametrize(
    "name, mission, target, author, interval, month, seconds",
    [
        (
            "kplr006922244-2009166043257_lpd-targ.fits.gz",
            "Kepler",
            6922244,
            "Kepler",
            1,
            None,
            1765,
        ),
        ("kplr011904151-2010009091648_lpd-targ.fits", "Kepler", 11904151, "Kepler", 4, None, 1765),
        ("kplr011904151-2010078100744_spd-targ.fits.gz", "Kepler", 11904151, "Kepler", 4, 4, 59),
        ("kplr011904151-2013121191144_spd-targ.fits.gz", "Kepler", 11904151, "Kepler", 17, 1, 59),
        ("ktwo247589423-c13_lpd-targ.fits.gz", "K2", 247589423, "K2", 13, None, 1765),
        ("ktwo221312395-c91_lpd-targ.fits.gz", "K2", 221312395, "K2", 91, None, 1765),
        ("ktwo200006994-c102_spd-targ.fits.gz", "K2", 200006994, "K2", 102, None, 59),
        (
            "tess2019226182529-s0015-0000000273589987-0151-s_tp.fits",
            "TESS",
            273589987,
            "SPOC",
            15,
            None,
            120,
        ),
        (
            "tess2020212050318-s0028-0000000001234567-0190-a_fast-tp.fits",
            "TESS",
            1234567,
            "SPOC",
            28,
            None,
            20,
        ),
    ],
)
def test_names(name, mission, target, author, interval, month, seconds):
    file = of_file_name(name)
    assert (file.mission, file.target, file.author) == (mission, target, author)
    assert (file.interval, file.month, round(file.seconds)) == (interval, month, seconds)


def test_a_high_level_product():
    file = of_file_name("hlsp_tess-spoc_tess_phot_0000000273589987-s0015_tess_v1_tp.fits")
    assert (file.mission, file.target, file.author, file.interval) == (
        "TESS",
        273589987,
        "TESS-SPOC",
        15,
    )
    assert math.isnan(file.seconds)


@pytest.mark.parametrize(
    "name",
    [
        "tess2019226182529-s0015-0000000273589987-0151-s_lc.fits",
        "kplr006922244-2009166043257_llc.fits",
        "hlsp_qlp_tess_ffi_s0015-0000000273589987_tess_v01_llc.fits",
        "tess2019226182529-s0015-0000000273589987-0151-s_tp.fits.exe",
        "x",
        "",
    ],
)
def test_names_of_other_files(name):
    assert of_file_name(name) is None


def test_the_description_goes_before_the_stamp_in_the_name():
    name = "kplr006922244-2009166043257_lpd-targ.fits.gz"
    product = {"dataURI": f"mast:KEPLER/a/{name}", "productFilename": name}
    assert known_file(product, {})[1].interval == 1
    product["description"] = "Target Pixel Long Cadence (TPL) - Q7"
    assert known_file(product, {})[1].interval == 7


@pytest.mark.parametrize(
    "sector, year",
    [(1, 2018), (6, 2018), (7, 2019), (19, 2019), (27, 2020), (56, 2022), (500, None), (0, None)],
)
def test_years_of_sectors(sector, year):
    """Sirius's file of sector 6 was begun on day 349 of 2018, RY Tau's of 19 in November 2019."""
    assert sector_year(sector) == year


@pytest.mark.parametrize(
    "name", ["..", ".hidden", "a/b", "a\\b", "a\0", "", "a" * 300, "-rf", "a..b"]
)
def test_names_that_are_not_safe(name):
    assert not is_safe(name)


@pytest.mark.parametrize(
    "uri, collection, obs_id",
    [
        (
            "mast:TESS/product/tess2019226182529-s0015-0000000273589987-0151-s_tp.fits",
            "TESS",
            "tess2019226182529-s0015-0000000273589987-0151-s",
        ),
        (
            "mast:TESS/product/tess2020212050318-s0028-0000000001234567-0190-a_fast-tp.fits",
            "TESS",
            "tess2020212050318-s0028-0000000001234567-0190-a_fast",
        ),
        (
            "mast:K2/url/missions/k2/target_pixel_files/c13/247500000/89000/"
            "ktwo247589423-c13_lpd-targ.fits.gz",
            "K2",
            "ktwo247589423-c13_lc",
        ),
        (
            "mast:HLSP/tess-spoc/hlsp_tess-spoc_tess_phot_0000000273589987-s0015_tess_v1_tp.fits",
            "HLSP",
            "hlsp_tess-spoc_tess_phot_0000000273589987-s0015_tess_v1_tp",
        ),
    ],
)
def test_where_a_uri_belongs(uri, collection, obs_id):
    row = row_of_uri(uri)
    assert (row.collection, row.obs_id) == (collection, obs_id)


def test_a_file_whose_name_says_nothing_is_what_the_archive_says():
    product = {
        "dataURI": "mast:TESS/product/new-name.fits",
        "productFilename": "new-name.fits",
        "productSubGroupDescription": "TP",
    }
    observation = {
        "project": "TESS",
        "target_name": "273589987",
        "sequence_number": 15,
        "t_exptime": 120,
    }
    name, file = known_file(product, observation)
    assert name == "new-name.fits"
    assert (file.target, file.interval, file.seconds, file.author) == (273589987, 15, 120, "SPOC")
    assert known_file(product | {"productSubGroupDescription": "LC"}, observation) is None
    assert known_file(product | {"productFilename": "new-name.png"}, observation) is None
