"""A glance at a file's headers says what opening it says."""

import gzip

import pytest
from astropy.io import fits

from tpfdash import TPFError, open_tpf, simulate_tpf, write_tpf
from tpfdash.io.tpf.glance import glance
from tpfdash.missions import get_mission

REAL = [
    "kplr006922244-2009166043257_lpd-targ.fits",
    "ktwo221312395-c91_lpd-targ.fits.gz",
    "tess-sip_tpf2.fits",
    "tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits",
    "kadenza_tpf-template.fits.gz",
]


def agrees(path):
    seen, tpf = glance(path), open_tpf(path)
    attrs = tpf.attrs
    mission = get_mission(attrs["mission"])
    number = attrs.get(mission.epoch_keyword.lower())
    assert seen.mission == mission.name
    assert seen.cadences == tpf.sizes["time"]
    assert seen.interval == ("" if number is None else mission.interval(number))
    assert seen.target == (attrs["object"] or seen.target)
    if seen.rows:
        assert (seen.rows, seen.cols) == (tpf.sizes["row"], tpf.sizes["col"])
    if seen.cadence:
        assert seen.cadence == attrs["cadence_type"]
    return seen


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL)
def test_it_agrees_with_what_is_opened(data_file, name):
    agrees(data_file(name))


@pytest.mark.parametrize("mission", ["Kepler", "K2", "TESS"])
def test_of_each_mission(tmp_path, mission):
    path = write_tpf(simulate_tpf(mission, n_cadences=30, shape=(4, 6)), tmp_path / "a.fits")
    seen = agrees(path)
    assert (seen.rows, seen.cols) == (4, 6)
    packed = tmp_path / "a.fits.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert glance(packed) == seen


def test_a_file_without_a_name_has_its_place(tmp_path):
    path = write_tpf(simulate_tpf("TESS", n_cadences=5, shape=(3, 3)), tmp_path / "a.fits")
    with fits.open(path, mode="update") as hdus:
        for key in ("OBJECT", "TICID"):
            for hdu in hdus:
                hdu.header.pop(key, None)
        hdus[0].header["RA_OBJ"], hdus[0].header["DEC_OBJ"] = 65.489205, -28.44321
    assert glance(path).target == "65.4892 -28.4432"


def test_the_data_are_not_read(tmp_path):
    """A file of which the headers alone are there is known."""
    path = write_tpf(simulate_tpf("K2", n_cadences=500, shape=(4, 6)), tmp_path / "a.fits")
    whole = glance(path)
    path.write_bytes(path.read_bytes()[: 2880 * 20])
    assert path.stat().st_size == 2880 * 20 and glance(path) == whole


@pytest.mark.parametrize("contents", [b"", b"no FITS", b"\x1f\x8bno gzip", b"SIMPLE  = " * 99])
def test_what_is_no_such_file_is_refused_in_words(tmp_path, contents):
    path = tmp_path / "a.fits"
    path.write_bytes(contents)
    with pytest.raises(TPFError, match="a.fits"):
        glance(path)
    with pytest.raises(TPFError, match="b.fits"):
        glance(tmp_path / "b.fits")


def test_a_light_curve_is_refused(tmp_path):
    table = fits.BinTableHDU.from_columns(
        [fits.Column("TIME", "D", array=[1.0]), fits.Column("FLUX", "E", array=[1.0])]
    )
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "lc.fits")
    with pytest.raises(TPFError, match="no target pixel file"):
        glance(tmp_path / "lc.fits")
