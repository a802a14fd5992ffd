"""Files written in the missions' own layout, read by hand, by astropy, lightkurve and open_tpf."""

import gzip
import os
import tracemalloc
import warnings

import numpy as np
import pytest
import xarray as xr
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tpfdash.errors import TPFError
from tpfdash.io.open import open_tpf
from tpfdash.io.tpf.write import write_tpf
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.sky import target_position

KINDS = [
    ("K2", "long"),
    ("K2", "short"),
    ("Kepler", "long"),
    ("Kepler", "short"),
    ("TESS", "2 min"),
    ("TESS", "20 s"),
    ("TESS", "FFI"),
]

REAL_FILES = [
    "kplr006922244-2009166043257_lpd-targ.fits",
    "kplr005562784-2011271113734_lpd-targ.fits.gz",
    "test-tpf-kplr-tabby-100-cadences.fits",
    "ktwo211983544-c18_lpd-targ.fits",
    "ktwo221312395-c91_lpd-targ.fits.gz",
    "kadenza_tpf-template.fits.gz",
    "tess-sip_tpf2.fits",
    "tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits",
    "tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits",
    "tess2018349182459-s0006-0000000322899250-0126-s_tp.fits",
    "tess25155310-s01-first-cadences_no_target_position.fits.gz",
]


def make(mission="K2", cadence="long", **changes):
    arguments = {"n_cadences": 60, "shape": (6, 8), "cosmic_rays": 20, "gaps": [(20, 23)]}
    return simulate_tpf(mission, cadence=cadence, **arguments | changes)


def assert_same_data(tpf, other, but=()):
    """Every variable and coordinate equal bit for bit, NaN for NaN."""
    assert set(tpf.variables) - set(but) == set(other.variables) - set(but)
    for name in set(tpf.variables) - set(but):
        assert other[name].dims == tpf[name].dims
        assert other[name].dtype == tpf[name].dtype
        np.testing.assert_array_equal(other[name].values, tpf[name].values, err_msg=name)


def assert_same_attrs(tpf, other):
    for key in (set(tpf.attrs) | set(other.attrs)) - {"truth", "source"}:
        expected = tpf.attrs[key]
        if isinstance(expected, float):
            expected = pytest.approx(expected, rel=1e-12, nan_ok=True)
        assert other.attrs[key] == expected, key


@pytest.mark.parametrize("mission, cadence", KINDS)
def test_open_tpf_reads_back_what_was_written(tmp_path, mission, cadence):
    tpf = make(mission, cadence)
    path = write_tpf(tpf, tmp_path / "file.fits")
    again = open_tpf(path)
    assert_same_data(tpf, again)
    assert_same_attrs(tpf, again)


@pytest.mark.parametrize("mission, cadence", KINDS)
def test_lightkurve_reads_the_same(tmp_path, mission, cadence):
    lightkurve = pytest.importorskip("lightkurve")
    tpf = make(mission, cadence)
    path = write_tpf(tpf, tmp_path / "file.fits")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lightkurve.read(path, quality_bitmask="none")
        names = {"TESS": "TessTargetPixelFile"}
        assert type(theirs).__name__ == names.get(mission, "KeplerTargetPixelFile")
        known = theirs.time.value != 0  # what lightkurve makes of NaN
        np.testing.assert_array_equal(theirs.time.value[known], tpf["time"].values[known])
        assert np.isnan(tpf["time"].values[~known]).all()
        assert theirs.time.format == tpf.attrs["time_format"].lower()
        np.testing.assert_array_equal(theirs.flux.value, tpf["flux"].values)
        np.testing.assert_array_equal(theirs.flux_err.value, tpf["flux_err"].values)
        np.testing.assert_array_equal(theirs.flux_bkg.value, tpf["flux_bkg"].values)
        np.testing.assert_array_equal(theirs.quality, tpf["quality"].values)
        np.testing.assert_array_equal(theirs.pos_corr1, tpf["pos_corr1"].values)
        np.testing.assert_array_equal(theirs.pos_corr2, tpf["pos_corr2"].values)
        np.testing.assert_array_equal(theirs.hdu["APERTURE"].data, tpf["aperture"].values)
        assert (theirs.row, theirs.column) == (tpf["row"][0], tpf["col"][0])
        x, y = theirs.wcs.all_world2pix(theirs.ra, theirs.dec, 0)
    target = tpf.attrs["truth"]["stars"][0]
    assert (float(y), float(x)) == pytest.approx((target["row"], target["col"]), abs=1e-6)
    if mission != "TESS":
        assert theirs.mission == mission
        assert theirs.obsmode == f"{cadence} cadence"


EXTENSIONS = {
    "K2": ["PRIMARY", "TARGETTABLES", "APERTURE"],
    "Kepler": ["PRIMARY", "TARGETTABLES", "APERTURE"],
    "TESS": ["PRIMARY", "PIXELS", "APERTURE", "TARGET COSMIC RAY"],
    "TESSCut": ["PRIMARY", "PIXELS", "APERTURE"],
}


@pytest.mark.parametrize("mission, cadence", KINDS)
def test_layout_is_the_missions_own(tmp_path, mission, cadence):
    tpf = make(mission, cadence)
    cut = cadence == "FFI"
    with fits.open(write_tpf(tpf, tmp_path / "file.fits")) as hdus:
        hdus.verify("exception")
        assert [hdu.name for hdu in hdus] == EXTENSIONS["TESSCut" if cut else mission]
        table = hdus[1]
        assert table.columns.names[:8] == [
            "TIME",
            "TIMECORR",
            "CADENCENO",
            "RAW_CNTS",
            "FLUX",
            "FLUX_ERR",
            "FLUX_BKG",
            "FLUX_BKG_ERR",
        ]
        assert table.columns["FLUX"].dim == "(8,6)"
        assert table.columns["RAW_CNTS"].null == -1
        assert (table.header["1CRV5P"], table.header["2CRV5P"]) == (tpf["col"][0], tpf["row"][0])
        assert table.header["BACKAPP"] is not cut
        assert table.header["BJDREFI"] == (2457000 if mission == "TESS" else 2454833)
        assert table.data["FLUX"].dtype.byteorder == ">"
        np.testing.assert_array_equal(table.data["FLUX"], tpf["flux"].values)
        assert ("FFI_FILE" in table.columns.names) is cut
        if cut:
            assert not table.data["CADENCENO"].any()
            assert not table.data["FLUX_BKG"].any()
            assert set(np.unique(hdus["APERTURE"].data)) == {1}
        else:
            np.testing.assert_array_equal(table.data["CADENCENO"], tpf["cadenceno"].values)
            magnitude = hdus[0].header["TESSMAG" if mission == "TESS" else "KEPMAG"]
            assert magnitude == tpf.attrs["magnitude"]
            assert 0.9 < table.header["CROWDSAP"] <= 1
            assert 0.5 < table.header["FLFRCSAP"] < 1


def test_simulated_files_say_so_in_every_place(tmp_path):
    with fits.open(write_tpf(make("TESS", "2 min"), tmp_path / "file.fits")) as hdus:
        assert hdus[0].header["SIMULATD"] is True
        assert hdus[0].header["SIMDATA"] is True
        assert hdus[1].header["SIMULATD"] is True
        assert "SIMULATED" in str(hdus[0].header["HISTORY"])
        assert "Simulated" in hdus[0].header["OBJECT"]


def test_files_from_real_data_do_not_claim_to_be_simulated(tmp_path):
    tpf = make("TESS", "2 min")
    tpf.attrs["simulated"] = False
    with fits.open(write_tpf(tpf, tmp_path / "file.fits")) as hdus:
        assert "SIMULATD" not in hdus[0].header
        assert hdus[0].header["SIMDATA"] is False
        assert "SIMULATED" not in str(hdus[0].header["HISTORY"])


def test_cosmic_rays_of_20_s_files_are_a_list(tmp_path):
    tpf = make("TESS", "20 s", cosmic_rays=100, n_cadences=300)
    rays = tpf["cosmic_rays"].values
    with fits.open(write_tpf(tpf, tmp_path / "file.fits")) as hdus:
        assert "COSMIC_RAYS" not in hdus[1].columns.names
        listed = hdus["TARGET COSMIC RAY"].data
        assert len(listed) == np.isfinite(rays).sum() > 0
        for cadence, x, y, amount in listed:
            at = tpf["cadenceno"].values.tolist().index(cadence)
            assert rays[at, y - int(tpf["row"][0]), x - int(tpf["col"][0])] == amount


def test_a_2_min_file_has_an_empty_list_of_cosmic_rays(tmp_path):
    with fits.open(write_tpf(make("TESS", "2 min"), tmp_path / "file.fits")) as hdus:
        assert len(hdus["TARGET COSMIC RAY"].data) == 0


def test_rolling_band_levels(tmp_path):
    tpf = make("Kepler", "long")
    levels = np.random.default_rng(1).random((60, 6, 3), dtype="f4")
    tpf["rb_level"] = ("time", "row", "rb_duration"), levels
    tpf.attrs["rb_durations"] = (3, 6, 12)
    path = write_tpf(tpf, tmp_path / "file.fits")
    with fits.open(path) as hdus:
        assert hdus[1].columns["RB_LEVEL"].dim == "(3,6)"
        assert [hdus[1].header[f"RBTDUR{i}"] for i in (1, 2, 3)] == [3, 6, 12]
        np.testing.assert_array_equal(hdus[1].data["RB_LEVEL"], levels)
    assert_same_data(tpf, open_tpf(path))
    assert open_tpf(path).attrs["rb_durations"] == (3, 6, 12)


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL_FILES)
def test_real_files_survive_rewriting(tmp_path, data_file, name):
    tpf = open_tpf(data_file(name))
    again = open_tpf(write_tpf(tpf, tmp_path / "file.fits"))
    assert_same_data(tpf, again)
    assert_same_attrs(tpf, again)


@pytest.mark.realdata
def test_rewritten_cubes_equal_the_original_files_own_bytes(tmp_path, data_file):
    original = data_file("test-tpf-kplr-tabby-100-cadences.fits")
    path = write_tpf(open_tpf(original), tmp_path / "file.fits")
    with fits.open(original) as old, fits.open(path) as new:
        assert new[1].columns.names == old[1].columns.names
        for name in old[1].columns.names:
            # RAW_CNTS is compared as stored: a null is not a number
            assert new[1].data[name].tobytes() == old[1].data[name].tobytes(), name


@pytest.mark.parametrize(
    "columns", [("flux",), ("flux", "flux_err"), ("flux", "raw_cnts"), ("flux", "flux_bkg")]
)
def test_fewer_columns_make_a_smaller_file_that_reads_the_same(tmp_path, columns):
    lightkurve = pytest.importorskip("lightkurve")
    tpf = make(columns=columns, cosmic_rays=0)
    path = write_tpf(tpf, tmp_path / "file.fits")
    assert_same_data(tpf, open_tpf(path))
    assert fits.getheader(path, 1)["TTYPE5"] == "FLUX"
    theirs = lightkurve.read(path, quality_bitmask="none")
    np.testing.assert_array_equal(theirs.flux.value, tpf["flux"].values)
    assert (theirs.row, theirs.column) == (tpf["row"][0], tpf["col"][0])
    assert theirs.flux.unit == "electron / s"


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    kind=st.sampled_from(KINDS),
    n=st.integers(1, 70),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 5)),
    seed=st.integers(0, 9),
)
def test_any_shape_comes_back(tmp_path, kind, n, shape, seed):
    tpf = make(*kind, n_cadences=n, shape=shape, gaps=(), seed=seed)
    path = write_tpf(tpf, tmp_path / "any.fits", overwrite=True)
    assert path.stat().st_size % 2880 == 0
    assert_same_data(tpf, open_tpf(path))


@pytest.mark.parametrize("shape", [(1, 1), (8, 1), (1, 7)])
def test_narrow_stamps_in_lightkurve(tmp_path, shape):
    lightkurve = pytest.importorskip("lightkurve")
    tpf = make(shape=shape)
    theirs = lightkurve.read(write_tpf(tpf, tmp_path / "file.fits"), quality_bitmask="none")
    np.testing.assert_array_equal(np.reshape(theirs.flux.value, (60, *shape)), tpf["flux"].values)


def test_part_of_a_stamp_knows_its_own_corner(tmp_path):
    tpf = make().isel(row=slice(2, 5), col=slice(1, 4), time=slice(30, 40))
    again = open_tpf(write_tpf(tpf, tmp_path / "file.fits"))
    assert_same_data(tpf, again)


def test_compressed(tmp_path):
    tpf = make()
    path = write_tpf(tpf, tmp_path / "file.fits.gz")
    plain = write_tpf(tpf, tmp_path / "file.fits")
    assert gzip.decompress(path.read_bytes()) == plain.read_bytes()
    assert_same_data(tpf, open_tpf(path))


def test_lazy_and_chunked_files_can_be_rewritten_in_place(tmp_path):
    tpf = make()
    path = write_tpf(tpf, tmp_path / "file.fits")
    write_tpf(open_tpf(path), path, overwrite=True)
    assert_same_data(tpf, open_tpf(path))
    write_tpf(open_tpf(path, chunks=17), path, overwrite=True)
    assert_same_data(tpf, open_tpf(path))


def test_writing_holds_no_second_copy(tmp_path):
    tpf = make(n_cadences=6000, shape=(40, 40), cosmic_rays=0, columns=("flux", "flux_err"))
    assert tpf.nbytes > 70e6
    tracemalloc.start()
    try:
        write_tpf(tpf, tmp_path / "file.fits")
        assert tracemalloc.get_traced_memory()[1] < 0.75 * tpf.nbytes
    finally:
        tracemalloc.stop()


def test_nothing_is_overwritten_silently(tmp_path):
    path = tmp_path / "file.fits"
    path.write_bytes(b"precious")
    with pytest.raises(TPFError, match="file.fits"):
        write_tpf(make(), path)
    assert path.read_bytes() == b"precious"
    write_tpf(make(), path, overwrite=True)
    assert open_tpf(path).sizes["time"] == 60
    assert os.listdir(tmp_path) == ["file.fits"]


def test_a_failure_half_way_leaves_nothing(tmp_path):
    class Failing(xr.backends.BackendArray):
        shape, dtype = (60, 6, 8), np.dtype("f4")

        def __getitem__(self, key):
            raise OSError("the disk is gone")

    tpf = make()
    broken = xr.core.indexing.LazilyIndexedArray(Failing())
    tpf["flux"] = ("time", "row", "col"), broken
    with pytest.raises(TPFError, match="the disk is gone"):
        write_tpf(tpf, tmp_path / "file.fits")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "spoiled, message",
    [
        (lambda tpf: tpf.drop_vars("flux"), "flux"),
        (lambda tpf: tpf.drop_vars("aperture"), "aperture"),
        (lambda tpf: tpf.drop_vars("quality"), "quality"),
        (lambda tpf: tpf.assign(flux=tpf["quality"]), "flux"),
        (lambda tpf: tpf.assign(quality=tpf["quality"] * 1.0), "whole numbers"),
        (lambda tpf: tpf.isel(col=[0, 2]), "col"),
        (lambda tpf: tpf.isel(time=slice(0, 0)), "no cadences"),
        (lambda tpf: tpf.assign_attrs(mission="Hubble"), "Hubble"),
        (lambda tpf: tpf["flux"], "DataArray"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, spoiled, message):
    with pytest.raises(TPFError, match=message):
        write_tpf(spoiled(make()), tmp_path / "file.fits")
    assert os.listdir(tmp_path) == []


def test_letters_that_no_header_can_hold(tmp_path):
    tpf = simulate_tpf("TESS", n_cadences=5, shape=(3, 3)).assign_attrs(object="α\nCen")
    assert open_tpf(write_tpf(tpf, tmp_path / "a.fits")).attrs["object"] == "??Cen"


def test_missing_attrs_are_missing_keywords(tmp_path):
    tpf = make()
    tpf.attrs = {"mission": "K2"}
    path = write_tpf(tpf, tmp_path / "file.fits")
    with fits.open(path) as hdus:
        hdus.verify("exception")
        assert "RA_OBJ" not in hdus[0].header
        assert "KEPMAG" not in hdus[0].header
    again = open_tpf(path)
    assert_same_data(tpf, again)
    assert np.isnan(again.attrs["ra"]) and again.attrs["wcs"] == ""


def test_the_target_may_be_anywhere_in_the_stamp(tmp_path):
    tpf = make(stars=[Star(1.3, 6.2, magnitude=13.0)])
    again = open_tpf(write_tpf(tpf, tmp_path / "file.fits"))
    row, col = target_position(again)
    assert row == pytest.approx(int(tpf["row"][0]) + 1.3, abs=1e-6)
    assert col == pytest.approx(int(tpf["col"][0]) + 6.2, abs=1e-6)
