"""Reading Kepler, K2, TESS and TESSCut files, against astropy's and lightkurve's reading."""

import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.units import Unit
from astropy.wcs import WCS

import tpfdash.io.fits.table
import tpfdash.io.tpf.read
from tests.fitsfiles import REFERENCE, make_hdus, to_bytes
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.io import open_tpf, write_lightcurve, write_tpf
from tpfdash.io.fits.stores import FileStore
from tpfdash.io.lightcurves import lightcurve_table
from tpfdash.photometry import aperture_photometry
from tpfdash.stamp.columns import column_unit
from tpfdash.stamp.masks import default_mask, pipeline_mask

KEPLER = "kplr006922244-2009166043257_lpd-targ.fits"
KEPLER_OLD = "kplr011904151-2010009091648_lpd-targ.fits"
KEPLER_Q10 = "kplr005562784-2011271113734_lpd-targ.fits.gz"
TABBY = "test-tpf-kplr-tabby-100-cadences.fits"
K2_C4 = "ktwo210994964-c04_lpd-targ.fits.gz"
K2_C18 = "ktwo211983544-c18_lpd-targ.fits"
K2_C9A = "ktwo221312395-c91_lpd-targ.fits.gz"
COLUMN = "kadenza_tpf-template.fits.gz"
K2_C8 = "kbackground_test.fits.gz"
CUT_S19 = "tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits"
CUT_S1 = "tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits"
TESS = "tess-sip_tpf2.fits"
TESS_S1 = "tess25155310-s01-first-cadences.fits.gz"
TESS_NO_POSITION = "tess25155310-s01-first-cadences_no_target_position.fits.gz"
SIRIUS = "tess2018349182459-s0006-0000000322899250-0126-s_tp.fits"
GOOD = [
    *(KEPLER, KEPLER_OLD, KEPLER_Q10, TABBY, K2_C4, K2_C18, K2_C9A, COLUMN, K2_C8),
    *(CUT_S19, CUT_S1, TESS, TESS_S1, TESS_NO_POSITION, SIRIUS),
]
BAD = {
    "test-tpf-kplr-tabby-corrupted.fits": "truncated",
    "test-tpf-tess-pimen-corrupted-at-header.fits": "truncated",
    "ktwo201907706-c01-first-cadence.fits.gz": "not a target pixel file",
    "tess-sip_lcf2.fits": "light-curve file",
    "hlsp_tess-data-alerts_tess_phot_00025155310-s01_tess_v1_lc.fits": "light-curve file",
    "README.md": "not a FITS file",
}
CUBES = ["flux", "flux_err", "flux_bkg", "flux_bkg_err", "raw_cnts", "cosmic_rays"]


@pytest.fixture(autouse=True)
def _strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def by_hand(path):
    """Columns and headers as astropy reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(path, memmap=False) as hdus:
            data = hdus[1].data
            columns = {name: np.array(data[name]) for name in data.names if name != "FFI_FILE"}
            return columns, [hdu.header.copy() for hdu in hdus[:3]], np.array(hdus[2].data)


# --- real files ----------------------------------------------------------------------------------


@pytest.mark.realdata
@pytest.mark.parametrize("name", GOOD)
def test_every_number_is_as_astropy_reads_it(data_file, name):
    tpf = open_tpf(data_file(name))
    columns, headers, aperture = by_hand(data_file(name))
    shape = columns["FLUX"].shape
    assert tpf["flux"].shape == shape
    for variable in [*CUBES, "quality", "pos_corr1", "pos_corr2", "timecorr"]:
        column = variable.upper()
        assert (variable in tpf) == (column in columns), variable
        if column in columns:
            np.testing.assert_array_equal(tpf[variable].values, columns[column], err_msg=variable)
            assert tpf[variable].dtype.isnative
    np.testing.assert_array_equal(tpf["time"], columns["TIME"])
    numbers = columns["CADENCENO"] if columns["CADENCENO"].any() else np.arange(shape[0])
    np.testing.assert_array_equal(tpf["cadenceno"], numbers)
    np.testing.assert_array_equal(tpf["aperture"], aperture.astype(int))
    assert tpf["aperture"].dtype == np.int32
    rb_level = columns.get("RB_LEVEL", np.empty((0, 0)))
    assert ("rb_level" in tpf) == (rb_level.size > 0)
    if rb_level.size:
        assert tpf["rb_level"].dims == ("time", "row", "rb_duration")
        np.testing.assert_array_equal(tpf["rb_level"], rb_level)
        assert tpf.attrs["rb_durations"] == (3, 6, 12, 24, 31)
    assert tpf["col"].values.tolist() == [headers[1]["1CRV5P"] + i for i in range(shape[2])]
    assert tpf["row"].values.tolist() == [headers[1]["2CRV5P"] + i for i in range(shape[1])]


@pytest.mark.realdata
@pytest.mark.parametrize("name", [n for n in GOOD if n != CUT_S1])
def test_agrees_with_lightkurve(data_file, name):
    lightkurve = pytest.importorskip("lightkurve")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lightkurve.read(data_file(name), quality_bitmask="none")
        kept = theirs.quality_mask
        corner = theirs.row, theirs.column
        time, flux = theirs.time.value, theirs.flux.value
        reference = theirs.time.format
        theirs.hdu.close()
    ours = open_tpf(data_file(name))
    assert (ours["row"].values[0], ours["col"].values[0]) == corner
    assert ours.attrs["time_format"].lower() == reference
    np.testing.assert_array_equal(np.nan_to_num(ours["time"].values[kept]), time)
    blank = (ours["flux"].values[kept] == 0).all(axis=(1, 2))  # lightkurve makes these NaN
    np.testing.assert_array_equal(ours["flux"].values[kept][~blank], flux[~blank])


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "fault"), BAD.items())
def test_bad_files_say_what_is_wrong(data_file, name, fault):
    with pytest.raises(TPFError, match=fault) as error:
        open_tpf(data_file(name))
    message = str(error.value)
    assert name in message
    assert "should" in message
    assert message.endswith(".") and "\n" not in message


@pytest.mark.realdata
@pytest.mark.parametrize("name", [n for n in GOOD if n != CUT_S1])
def test_target_is_on_the_stamp(data_file, name):
    tpf = open_tpf(data_file(name))
    col, row = WCS(tpf.attrs["wcs"]).world_to_pixel_values(tpf.attrs["ra"], tpf.attrs["dec"])
    assert -0.6 < col < tpf.sizes["col"] - 0.4
    assert -0.6 < row < tpf.sizes["row"] - 0.4


@pytest.mark.realdata
def test_target_is_on_its_star(data_file):
    """Kepler-8's catalogue position is within half a pixel of the light's centre."""
    tpf = open_tpf(data_file(KEPLER))
    col, row = WCS(tpf.attrs["wcs"]).world_to_pixel_values(tpf.attrs["ra"], tpf.attrs["dec"])
    image = np.median(np.nan_to_num(tpf["flux"].values[100:200]), axis=0)
    y, x = np.indices(image.shape)
    assert abs((image * x).sum() / image.sum() - col) < 0.5
    assert abs((image * y).sum() / image.sum() - row) < 0.5


@pytest.mark.realdata
def test_wcs_of_column_five_where_it_makes_no_sense(data_file):
    """The WCS comes from APERTURE, distortion included, and is what that header says."""
    path = data_file(CUT_S1)
    _, headers, _ = by_hand(path)
    assert headers[1]["1CTYP5"] == pytest.approx(2.844834)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = WCS(headers[2]).all_pix2world([[0, 0], [4, 2]], 0)
    text = open_tpf(path).attrs["wcs"]
    np.testing.assert_allclose(WCS(text).all_pix2world([[0, 0], [4, 2]], 0), expected)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            KEPLER,
            {
                **{"mission": "Kepler", "object": "KIC 6922244", "id": 6922244, "quarter": 1},
                **{"channel": 3, "cadence_type": "long (29.4 min)", "product": "TPF"},
                **{"background_subtracted": True, "magnitude": 13.563, "magnitude_band": "Kp"},
                **{"crowdsap": 0.9995, "time_reference": 2454833.0, "time_format": "BKJD"},
                **{"raw_counts_offset": 419400, "ra": 281.28812, "simulated": False},
            },
        ),
        (K2_C9A, {"mission": "K2", "campaign": 91, "background_subtracted": False}),
        (
            TESS,
            {
                **{"mission": "TESS", "id": 273589987, "sector": 15, "camera": 2, "ccd": 3},
                **{"cadence_type": "2 min", "time_reference": 2457000.0, "time_format": "BTJD"},
                **{"background_subtracted": True, "magnitude": 10.24629974, "time_scale": "TDB"},
                **{"raw_counts_offset": 209700, "magnitude_band": "Tmag"},
            },
        ),
        (
            CUT_S19,
            {
                **{"mission": "TESS", "product": "TESSCut", "object": "", "id": "", "sector": 19},
                **{"background_subtracted": False, "cadence_type": "FFI (30 min)"},
            },
        ),
        (CUT_S1, {"product": "TESSCut", "time_reference": 2457000.0, "time_format": "BTJD"}),
        (TESS_NO_POSITION, {"object": "TIC 25155310", "ra": 63.37480890472281}),
    ],
)
def test_attrs(data_file, name, expected):
    attrs = open_tpf(data_file(name)).attrs
    assert {key: attrs[key] for key in expected} == expected
    assert attrs["source"] == name


@pytest.mark.realdata
def test_unknown_numbers_are_nan(data_file):
    assert np.isnan(open_tpf(data_file(COLUMN)).attrs["magnitude"])
    cut = open_tpf(data_file(CUT_S19))
    assert np.isnan(cut.attrs["magnitude"])  # TESSMAG is 0 there, and means nothing
    assert np.isnan(cut.attrs["crowdsap"])
    assert "sector" not in open_tpf(data_file(CUT_S1)).attrs  # SECTOR is blank there


@pytest.mark.realdata
def test_traps_of_real_files(data_file):
    q10 = open_tpf(data_file(KEPLER_Q10))
    assert np.isnan(q10["time"]).sum() == 82
    assert np.isnan(q10["flux"]).all(dim=("row", "col")).sum() == 123
    assert q10["pos_corr1"].min() < -600
    assert "time" not in q10.xindexes
    eight = open_tpf(data_file(KEPLER))
    assert np.isnan(eight["flux"]).all(dim="time").sum() == 1
    assert np.isfinite(eight["cosmic_rays"]).sum() == 259
    c9a = open_tpf(data_file(K2_C9A))
    assert (c9a["flux"] == 0).all(dim=("row", "col")).sum() == 3
    assert np.isnan(c9a["flux_bkg"]).all() and np.isnan(c9a["pos_corr1"]).all()
    assert not (c9a["aperture"].values & 2).any()
    assert open_tpf(data_file(COLUMN))["flux"].shape == (3470, 8, 1)
    assert open_tpf(data_file(SIRIUS))["flux"].shape == (10, 1287, 11)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("tpf_name", "lc_name"),
    [
        (TESS, "tess-sip_lcf2.fits"),
        (TESS_S1, "hlsp_tess-data-alerts_tess_phot_00025155310-s01_tess_v1_lc.fits"),
    ],
)
def test_pipeline_aperture_sums_to_the_pipelines_light_curve(data_file, tpf_name, lc_name):
    tpf = open_tpf(data_file(tpf_name))
    with fits.open(data_file(lc_name)) as hdus:
        time, flux = hdus[1].data["TIME"], hdus[1].data["SAP_FLUX"]
    found = np.array([np.nanargmin(abs(time - t)) for t in tpf["time"].values])
    inside = (tpf["aperture"].values & 2) > 0
    ours = tpf["flux"].values[:, inside].sum(axis=1, dtype="f8")
    np.testing.assert_allclose(ours, flux[found], rtol=3e-7)


# --- files made for the purpose ------------------------------------------------------------------


@pytest.mark.parametrize("mission", REFERENCE)
def test_a_file_made_with_astropy(mission):
    hdus = make_hdus(mission)
    tpf = open_tpf(to_bytes(hdus))
    assert tpf.attrs["mission"] == mission
    assert tpf.attrs["time_reference"] == REFERENCE[mission]
    np.testing.assert_array_equal(tpf["flux"], hdus[1].data["FLUX"])
    np.testing.assert_array_equal(tpf["raw_cnts"], hdus[1].data["RAW_CNTS"])
    np.testing.assert_array_equal(tpf["cadenceno"], 500 + np.arange(7))
    assert tpf["row"].values.tolist() == [300, 301, 302]
    assert tpf["col"].values.tolist() == [700, 701, 702, 703]
    np.testing.assert_allclose(WCS(tpf.attrs["wcs"]).wcs_world2pix(290, 44.5, 0), [1.5, 1.0])


@pytest.mark.parametrize("shape", [(1, 1), (8, 1), (1, 5), (40, 3)])
def test_shapes(shape):
    tpf = open_tpf(to_bytes(make_hdus(shape=shape, n=3)))
    assert tpf["flux"].shape == (3, *shape)
    assert tpf["flux"].values[2, -1, -1] == 2000 + 10 * (shape[0] - 1) + shape[1] - 1
    assert tpf["aperture"].values.max() == 3


def test_one_cadence():
    assert open_tpf(to_bytes(make_hdus(n=1)))["flux"].shape == (1, 3, 4)


def test_clock_comes_from_the_header_not_from_the_telescope():
    tpf = open_tpf(to_bytes(make_hdus("Kepler", pixels={"BJDREFI": 2457000, "BJDREFF": 0.5})))
    assert (tpf.attrs["mission"], tpf.attrs["time_reference"]) == ("Kepler", 2457000.5)
    odd = open_tpf(to_bytes(make_hdus("Kepler", pixels={"BJDREFI": 2457000})))
    assert odd.attrs["time_format"] == "BTJD"
    assert odd["time"].attrs["units"] == "BJD - 2457000"


@pytest.mark.parametrize(
    ("unit", "reference"),
    [("BJD - 2457000, days", 2457000.0), ("BJD - 2454833", 2454833.0), ("d", 2457000.0)],
)
def test_clock_without_bjdrefi(unit, reference):
    hdus = make_hdus("TESS", drop=("BJDREFI", "BJDREFF"), pixels={"TUNIT1": unit})
    assert open_tpf(to_bytes(hdus)).attrs["time_reference"] == reference


def test_headers_that_say_nothing():
    drop = ("OBJECT", "RA_OBJ", "DEC_OBJ", "TIMEDEL", "BACKAPP", "CROWDSAP", "QUALITY", "TIMECORR")
    tpf = open_tpf(to_bytes(make_hdus("TESS", drop=drop)))
    assert tpf.attrs["object"] == "TIC 12345"
    assert np.isnan([tpf.attrs[key] for key in ("ra", "dec", "crowdsap")]).all()
    assert tpf.attrs["cadence_seconds"] == 0.25 * 86400
    assert tpf.attrs["background_subtracted"] is False
    assert tpf["quality"].values.tolist() == [0] * 7
    assert "timecorr" not in tpf


def test_mission_by_the_keywords_that_only_it_has():
    assert open_tpf(to_bytes(make_hdus("TESS", drop=("TELESCOP",)))).attrs["mission"] == "TESS"
    hdus = make_hdus("K2", drop=("MISSION",))
    assert open_tpf(to_bytes(hdus)).attrs["mission"] == "K2"
    with pytest.raises(TPFError, match="Kepler, K2, TESS"):
        open_tpf(to_bytes(make_hdus("TESS", drop=("SECTOR",), primary={"TELESCOP": "CoRoT"})))


def test_no_wcs_at_all():
    hdus = make_hdus(pixels={"1CTYP5": 2.84, "2CTYP5": "DEC--TAN"})
    assert open_tpf(to_bytes(hdus)).attrs["wcs"] == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("2CRPX5", b"1E400"),
        ("1CRVL5", b"-1E400"),
        ("1CDLT5", b"0.0"),
        ("1CTYP5", b"'R\xc4---TAN'"),
        ("2CRVL5", b"1E300"),
    ],
)
def test_a_wcs_that_makes_no_sense_gives_way_to_that_of_the_aperture(key, value):
    hdus = make_hdus()
    sound = open_tpf(to_bytes(hdus)).attrs["wcs"]
    for wanted in ("", sound):
        if wanted:
            hdus[2].header.extend(fits.Header.fromstring(sound).cards, unique=True)
        data = bytearray(to_bytes(hdus))
        at = data.index(key.ljust(8).encode() + b"=")
        data[at + 10 : at + 40] = value.ljust(30)
        assert open_tpf(bytes(data)).attrs["wcs"] == wanted


def test_the_frame_of_the_sky_is_the_files():
    hdus = make_hdus(pixels={"RADESYS": "FK5", "EQUINOX": 1975.0})
    text = open_tpf(to_bytes(hdus)).attrs["wcs"]
    assert (WCS(text).wcs.radesys, WCS(text).wcs.equinox) == ("FK5", 1975.0)


@pytest.mark.parametrize("key", ["2CRV5P", "2CRP5P"])
@pytest.mark.parametrize("value", [1e30, -1e18, 3e9, float("inf")])
def test_a_corner_that_no_detector_has_is_not_taken(key, value):
    data = to_bytes(make_hdus(pixels={"2CRV5P": 300, "2CRP5P": 1}))
    at = data.index(key.encode().ljust(8) + b"=")
    number = "1E400" if np.isinf(value) else f"{value:.1E}"
    data = data[: at + 10] + number.rjust(20).encode() + data[at + 30 :]
    first = 300 if key == "2CRP5P" and np.isinf(value) else 0  # no reference pixel means 1
    assert open_tpf(data)["row"].values[0] == first


def test_no_corner_but_in_the_aperture():
    hdus = make_hdus(drop=("1CRV5P", "2CRV5P"))
    assert open_tpf(to_bytes(hdus))["col"].values[0] == 0
    hdus[2].header.update({"CRVAL1P": 17, "CRVAL2P": 19, "CRPIX1P": 2})
    tpf = open_tpf(to_bytes(hdus))
    assert (tpf["row"].values[0], tpf["col"].values[0]) == (19, 16)


def test_float_aperture_with_nan():
    hdus = make_hdus()
    bits = hdus[2].data.astype("f8")
    bits[0, 0] = np.nan
    hdus[2] = fits.ImageHDU(bits, name="APERTURE")
    aperture = open_tpf(to_bytes(hdus))["aperture"]
    assert aperture.dtype == np.int32
    assert aperture.values[0].tolist() == [0, 1, 1, 1]


def test_cadence_numbers_that_are_all_zero():
    zeros = fits.Column("CADENCENO", "J", array=np.zeros(7))
    tpf = open_tpf(to_bytes(make_hdus(columns={"CADENCENO": zeros})))
    assert tpf["cadenceno"].values.tolist() == list(range(7))


def test_doubles_and_scaled_integers():
    """Simulators write FLUX as they like: it is float32 in memory, and a null is NaN."""
    values = np.arange(84.0).reshape(7, 3, 4)
    double = fits.Column("FLUX", "12D", array=values, dim="(4,3)")
    tpf = open_tpf(to_bytes(make_hdus(columns={"FLUX": double})))
    assert tpf["flux"].dtype == np.float32
    np.testing.assert_array_equal(tpf["flux"], values)

    numbers = np.arange(84).reshape(7, 3, 4)
    whole = fits.Column("FLUX", "12J", array=numbers, dim="(4,3)", null=5)
    hdus = make_hdus(columns={"FLUX": whole}, pixels={"XSCAL5": 0.5, "XZERO5": 10.0})
    data = to_bytes(hdus).replace(b"XSCAL5", b"TSCAL5").replace(b"XZERO5", b"TZERO5")
    tpf = open_tpf(data)
    expected = numbers * 0.5 + 10
    expected[numbers == 5] = np.nan
    np.testing.assert_array_equal(tpf["flux"], expected.astype("f4"))


def test_unsigned_counts():
    """TZERO of an unsigned column."""
    counts = np.arange(84, dtype="u2").reshape(7, 3, 4) + np.uint16(40000)
    column = fits.Column("RAW_CNTS", "12I", array=counts, dim="(4,3)", bzero=32768)
    tpf = open_tpf(to_bytes(make_hdus(columns={"RAW_CNTS": column})))
    np.testing.assert_array_equal(tpf["raw_cnts"], counts)


def test_images_without_dimensions():
    hdus = make_hdus(drop=[f"TDIM{i}" for i in range(20)])
    data = to_bytes(hdus).replace(b"TDIM", b"XDIM")
    np.testing.assert_array_equal(open_tpf(data)["flux"], hdus[1].data["FLUX"])


def test_rolling_band_level_is_rows_by_durations():
    values = np.arange(7 * 3 * 2, dtype="f4").reshape(7, 3, 2)
    level = fits.Column("RB_LEVEL", "6E", array=values, dim="(2,3)")
    hdus = make_hdus(columns={"RB_LEVEL": level}, pixels={"RBTDUR1": 3, "RBTDUR2": 6})
    tpf = open_tpf(to_bytes(hdus))
    assert tpf["rb_level"].dims == ("time", "row", "rb_duration")
    np.testing.assert_array_equal(tpf["rb_level"], values)
    assert tpf.attrs["rb_durations"] == (3, 6)


# --- cosmic rays that are listed (TESS 20 s) -----------------------------------------------------


def with_rays(cadence, rawx, rawy, value, **kwargs):
    columns = [
        fits.Column("CADENCENO", "J", array=cadence),
        fits.Column("RAWX", "I", array=rawx),
        fits.Column("RAWY", "I", array=rawy),
        fits.Column("COSMIC_RAY", "E", array=value),
    ]
    hdus = make_hdus("TESS", **kwargs)
    hdus.append(fits.BinTableHDU.from_columns(columns, name="TARGET COSMIC RAY"))
    return hdus


def test_listed_cosmic_rays():
    """Two on one pixel add up; a cadence, a row and a column that are not there are left out."""
    hdus = with_rays(
        [506, 500, 500, 499, 502, 502],
        [703, 700, 700, 701, 704, 700],
        [302, 300, 300, 301, 300, 299],
        [7.0, 1.0, 2.0, 9.0, 9.0, 9.0],
    )
    tpf = open_tpf(to_bytes(hdus))
    expected = np.full((7, 3, 4), np.nan, "f4")
    expected[6, 2, 3], expected[0, 0, 0] = 7, 3
    rays = tpf["cosmic_rays"]
    assert rays.dims == ("time", "row", "col") and rays.dtype == np.float32
    for key in (np.s_[6], np.s_[:, 2, 3], np.s_[1:4], np.s_[::-2, [2, 0]], np.s_[:, :, ::-1]):
        np.testing.assert_array_equal(rays[key], expected[key])
    np.testing.assert_array_equal(rays, expected)


def test_an_empty_list_of_cosmic_rays_is_none():
    assert "cosmic_rays" not in open_tpf(to_bytes(with_rays([], [], [], [])))


def test_listed_cosmic_rays_make_no_cube_at_opening(tmp_path):
    import tracemalloc

    n = 4000
    hdus = with_rays([510], [705], [305], [1.0], n=n, shape=(12, 12))
    hdus.writeto(tmp_path / "tess.fits")
    del hdus
    tracemalloc.start()
    tpf = open_tpf(tmp_path / "tess.fits")
    frame = tpf["cosmic_rays"][10].values
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert frame[5, 5] == 1
    assert peak < 2.5 * tpf.nbytes / 6 + 16e6  # one read of the table, no cube beside it


# --- laziness, layout, speed ---------------------------------------------------------------------


def reads(monkeypatch):
    """Every (offset, count) that a FileStore reads from now on."""
    seen = []
    plain = FileStore._read_at

    def spy(self, offset, count):
        seen.append((offset, count))
        return plain(self, offset, count)

    monkeypatch.setattr(FileStore, "_read_at", spy)
    return seen


def sparse_file(path, n=20_000, shape=(200, 250)):
    """A file of 20 GB by its size: headers, one real cadence in the middle, and holes."""
    hdus = make_hdus("TESS", n=1, shape=shape)
    few = to_bytes(hdus)
    header = hdus[1].header.copy()
    stride, header["NAXIS2"] = header["NAXIS1"], n
    start, aperture = few.index(b"XTENSION= 'BINTABLE"), few.index(b"XTENSION= 'IMAGE")
    table = start + len(header.tostring())
    with open(path, "wb") as file:
        file.write(few[:start] + header.tostring().encode())
        file.seek(table + (n // 2) * stride)
        file.write(few[table : table + stride])
        file.seek(table + -(-n * stride // 2880) * 2880)
        file.write(few[aperture:])
    return path


def test_a_file_larger_than_memory_opens_and_shows_one_frame(tmp_path, monkeypatch):
    path = sparse_file(tmp_path / "large.fits")
    assert path.stat().st_size > 19e9
    seen = reads(monkeypatch)
    tpf = open_tpf(path)
    assert sum(count for _, count in seen) < 5e6
    assert tpf["flux"].shape == (20_000, 200, 250)
    seen.clear()
    np.testing.assert_array_equal(
        tpf["flux"][10_000].values, 10.0 * np.arange(200)[:, None] + np.arange(250)
    )
    assert tpf["flux"][10_000, 150, 3].item() == 1503
    assert sum(count for _, count in seen) < 3e6
    assert tpf["flux"][9_990:10_010, 150].values[10, 3] == 1503


def test_reads_go_by_blocks(tmp_path, monkeypatch):
    make_hdus(n=5000, shape=(10, 10)).writeto(tmp_path / "a.fits")
    monkeypatch.setattr(tpfdash.io.fits.table, "BLOCK_BYTES", 100_000)
    seen = reads(monkeypatch)
    tpf = open_tpf(tmp_path / "a.fits")
    assert max(count for _, count in seen) <= 100_000
    flux = tpf["flux"].values
    assert max(count for _, count in seen) <= 100_000
    t, r, c = np.ogrid[:5000, :10, :10]
    np.testing.assert_array_equal(flux, (1000.0 * t + 10 * r + c).astype("f4"))


@pytest.mark.parametrize("gap", [0, 8192])
@pytest.mark.parametrize(
    "key",
    [
        *(np.s_[:], np.s_[3], np.s_[-1], np.s_[:, 1, 2], np.s_[:, -1], np.s_[..., 1]),
        *(np.s_[5:2], np.s_[2:50:7], np.s_[::-1], np.s_[[4, 1, 1, 30]], np.s_[40, 2, 3]),
        *(np.s_[[4, 1], 1:, [3, 0]], np.s_[:, [2, 0], ::2], np.s_[[], 1]),
    ],
)
def test_any_part_of_a_lazy_cube(tmp_path, monkeypatch, key, gap):
    """By blocks or by skipping from row to row, the part is what numpy would cut."""
    hdus = make_hdus(n=60)
    hdus.writeto(tmp_path / "a.fits")
    whole = np.array(hdus[1].data["FLUX"])
    monkeypatch.setattr(FileStore, "gap", gap)
    monkeypatch.setattr(tpfdash.io.fits.table, "BLOCK_BYTES", 2000)
    tpf = open_tpf(tmp_path / "a.fits")
    parts = [k for k in (key if isinstance(key, tuple) else (key,))]
    if ... in parts:
        expected = whole[key]
    else:
        expected = whole
        for axis, part in reversed(list(enumerate(parts))):
            part = np.array(part, int) if isinstance(part, list) else part
            expected = expected[(slice(None),) * axis + (part,)]
    np.testing.assert_array_equal(tpf["flux"][key].values, expected)
    np.testing.assert_array_equal(tpf["raw_cnts"][key].values, expected)


def test_each_pixels_series_is_contiguous(tmp_path):
    hdus = make_hdus(n=60)
    hdus.writeto(tmp_path / "a.fits")
    for source in (tmp_path / "a.fits", to_bytes(hdus)):
        tpf = open_tpf(source)
        for cube in (tpf["flux"][10:20].values, tpf["flux"].values, tpf["raw_cnts"].values):
            assert np.moveaxis(cube, 0, -1).flags.c_contiguous
            assert cube.dtype.isnative


def test_a_cube_is_read_once_and_can_be_changed(tmp_path, monkeypatch):
    make_hdus().writeto(tmp_path / "a.fits")
    tpf = open_tpf(tmp_path / "a.fits")
    seen = reads(monkeypatch)
    tpf["flux"].values
    assert seen
    seen.clear()
    tpf["flux"].values
    assert not seen
    tpf["flux"][0] = -1
    assert (tpf["flux"].values[0] == -1).all()
    assert open_tpf(tmp_path / "a.fits")["flux"].values[0, 0, 0] == 0


# --- units ---------------------------------------------------------------------------------------


def in_units(mission="TESS", **units):
    """A file whose columns are in these units."""
    hdus = make_hdus(mission)
    for number, column in enumerate(hdus[1].columns.names, start=1):
        if column in units:
            hdus[1].header[f"TUNIT{number}"] = units[column]
    return hdus


@pytest.mark.parametrize(
    ("unit", "of_pixels", "of_sum", "in_words", "in_fits"),
    [
        (None, "e-/s", "electron / s", "e⁻/s", "e-/s"),
        ("electrons/s", "e-/s", "electron / s", "e⁻/s", "e-/s"),
        ("e-", "e-", "electron", "e⁻", "e-"),
        ("adu/s", "adu/s", "adu / s", "ADU/s", "adu/s"),
        ("counts", "count", "ct", "counts", "count"),
        ("DN", "DN", "DN", "DN", "DN"),
    ],
)
def test_the_unit_of_flux_is_the_files_all_the_way(
    tmp_path, unit, of_pixels, of_sum, in_words, in_fits
):
    tpf = open_tpf(to_bytes(in_units(**{"FLUX": unit} if unit else {})))
    assert tpf["flux"].values[1, 2, 3] == 1023
    for name in ("flux", "flux_err", "flux_bkg", "flux_bkg_err"):  # those that say none: as FLUX
        assert tpf[name].attrs["units"] == of_pixels
    assert column_unit(tpf, "flux") == column_unit(tpf, "error") == in_words
    assert column_unit(tpf, "raw counts") == "counts" and column_unit(tpf, "S/N") == ""
    inspector = Inspector(tpf, aperture="all")
    assert inspector.flux_unit == in_words
    assert inspector.lightcurve["flux"].attrs["units"] == of_sum
    assert lightcurve_table(inspector.lightcurve)["flux"].unit == Unit(of_sum)
    path = write_lightcurve(inspector.lightcurve, tmp_path / "lc.fits")
    with fits.open(path) as hdus:
        units = dict(zip(hdus[1].columns.names, hdus[1].columns.units, strict=True))
    assert units["FLUX"] == units["FLUX_ERR"] == in_fits
    again = open_tpf(write_tpf(tpf, tmp_path / "tpf.fits"))
    assert {name: again[name].attrs.get("units") for name in CUBES if name in tpf} == {
        name: tpf[name].attrs.get("units") for name in CUBES if name in tpf
    }


def test_rates_of_other_times_become_those_per_second():
    tpf = open_tpf(to_bytes(in_units(FLUX="e-/min", FLUX_ERR="e-/h", RAW_CNTS="adu")))
    assert tpf["flux"].attrs["units"] == "e-/s" and tpf["raw_cnts"].attrs["units"] == "adu"
    np.testing.assert_allclose(tpf["flux"].values[1, 2, 3], 1023 / 60, rtol=1e-6)
    np.testing.assert_allclose(tpf["flux_err"].values[1, 2, 3], 1023.5 / 3600, rtol=1e-6)
    np.testing.assert_allclose(tpf["flux_bkg"].values[1, 2, 3], 1024 / 60, rtol=1e-6)
    assert tpf["raw_cnts"].values[1, 2, 3] == 1023


@pytest.mark.parametrize(
    ("unit", "timeunit", "scale"),
    [
        ("BJD-2457000 (TDB), days", "d", 1),
        ("BJD - 2457000, days", "d", 1),
        ("d", None, 1),
        ("s", "d", 1 / 86400),
        ("BJD - 2457000, s", None, 1 / 86400),
        ("min", "d", 1 / 1440),
        ("hours", None, 1 / 24),
        (None, "s", 1 / 86400),
        (None, None, 1),
    ],
)
def test_times_are_converted_to_days(unit, timeunit, scale):
    keywords = {key: value for key, value in {"TIMEUNIT": timeunit}.items() if value}
    hdus = make_hdus("TESS", drop=("TUNIT1", "TIMEDEL"), pixels=keywords)
    if unit:
        hdus[1].header["TUNIT1"] = unit
    tpf = open_tpf(to_bytes(hdus))
    np.testing.assert_allclose(tpf["time"], (100 + 0.25 * np.arange(7)) * scale, rtol=1e-12)
    assert tpf.attrs["cadence_seconds"] == pytest.approx(0.25 * 86400 * scale)
    assert tpf["time"].attrs["units"] == "BJD - 2457000"


def test_the_step_of_time_is_in_the_unit_of_time():
    hdus = make_hdus("TESS", pixels={"TUNIT1": "s", "TIMEUNIT": "s", "TIMEDEL": 120.0})
    assert open_tpf(to_bytes(hdus)).attrs["cadence_seconds"] == pytest.approx(120)


@pytest.mark.parametrize(
    ("unit", "reference"), [("BJD", 0.0), ("MJD", 2400000.5), ("BTJD, d", 2457000.0)]
)
def test_clocks_by_name(unit, reference):
    hdus = make_hdus("Kepler", drop=("BJDREFI", "BJDREFF"), pixels={"TUNIT1": unit})
    assert open_tpf(to_bytes(hdus)).attrs["time_reference"] == reference


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        *(("FLUX", unit) for unit in ("Jy", "furlong", "mag", "d")),
        *(("TIME", unit) for unit in ("e-", "moons", "BJD - 2457000, pixels")),
        *(("RAW_CNTS", "K"), ("POS_CORR1", "arcsec"), ("TIMECORR", "m")),
    ],
)
def test_an_unknown_unit_is_refused(column, unit):
    with pytest.raises(TPFError, match=f"{column} in .*should be in") as error:
        open_tpf(to_bytes(in_units(**{column: unit})))
    assert unit.rpartition(" ")[2] in str(error.value)


def test_listed_cosmic_rays_are_in_the_unit_of_flux():
    def opened(unit, of_flux):
        hdus = with_rays([501], [701], [300], [60.0])
        hdus[1].header["TUNIT5"] = of_flux
        if unit:
            hdus[3].header["TUNIT4"] = unit
        return open_tpf(to_bytes(hdus))["cosmic_rays"]

    for unit, of_flux in (("e-/min", "e-/s"), (None, "e-/min")):
        rays = opened(unit, of_flux)
        assert rays.attrs["units"] == "e-/s" and rays.values[1, 0, 1] == 1
    assert opened("e-/s", "e-/s").values[1, 0, 1] == 60
    with pytest.raises(TPFError, match="COSMIC_RAY is in e-/s and FLUX in e-, where"):
        opened("e-/s", "e-")


def test_cadence_numbers_that_are_ours_are_not_written(tmp_path):
    tpf = open_tpf(to_bytes(make_hdus(drop=("CADENCENO",))))
    assert tpf.attrs["not_in_file"] == ("cadenceno",)
    again = open_tpf(write_tpf(tpf, tmp_path / "a.fits"))
    assert again.attrs["not_in_file"] == ("cadenceno",)
    assert again["cadenceno"].values.tolist() == list(range(7))


def test_columns_that_belong_together_are_in_one_unit():
    with pytest.raises(TPFError, match="FLUX_ERR is in e-/s and FLUX in e-, where both should"):
        open_tpf(to_bytes(in_units(FLUX="e-", FLUX_ERR="e-/s")))


def test_an_error_of_nothing_but_0_is_not_available():
    zeros = fits.Column("FLUX_ERR", "12E", array=np.zeros((7, 3, 4)), dim="(4,3)")
    tpf = open_tpf(to_bytes(make_hdus(columns={"FLUX_ERR": zeros})))
    inspector = Inspector(tpf, aperture="all")
    assert np.isnan(inspector.lightcurve["flux_err"]).all()
    assert np.isnan(inspector.describe(3)["flux_err"])
    assert not {"error", "S/N"} & set(inspector.param.column.objects)


# --- what the file lacks -------------------------------------------------------------------------


def test_no_quality_is_said(tmp_path):
    tpf = open_tpf(to_bytes(make_hdus("TESS", drop=("QUALITY",))))
    assert tpf.attrs["not_in_file"] == ("quality",)
    assert not tpf["quality"].any() and not tpf["quality_known"].any()
    path = write_tpf(tpf, tmp_path / "a.fits")
    with fits.open(path) as hdus:
        assert "QUALITY" not in hdus[1].columns.names
    assert open_tpf(path).attrs["not_in_file"] == ("quality",)
    lightcurve = aperture_photometry(tpf, np.ones((3, 4), bool))
    assert not lightcurve["quality_known"].any()
    assert "quality" not in lightcurve_table(lightcurve).colnames
    with fits.open(write_lightcurve(lightcurve, tmp_path / "lc.fits")) as hdus:
        assert "QUALITY" not in hdus[1].columns.names


@pytest.mark.parametrize(
    "column",
    [
        fits.Column("QUALITY", "J", array=[-99, 1, 128, -99, 0, 16, 32], null=-99),
        fits.Column("QUALITY", "E", array=[np.nan, 1, 128, np.inf, 0, 16, 32]),
        fits.Column("QUALITY", "K", array=[2**40, 1, 128, 2**40, 0, 16, 32], null=2**40),
    ],
)
def test_a_null_quality_has_no_flag_and_says_so(tmp_path, column):
    hdus = make_hdus("TESS", drop=("QUALITY",))
    table = fits.BinTableHDU.from_columns([*hdus[1].columns, column], hdus[1].header)
    tpf = open_tpf(to_bytes([hdus[0], table, hdus[2]]))
    known = [False, True, True, False, True, True, True]
    for source in (tpf, open_tpf(write_tpf(tpf, tmp_path / "a.fits"))):
        assert source["quality"].values.tolist() == [0, 1, 128, 0, 0, 16, 32]
        assert source["quality_known"].values.tolist() == known
        assert source["quality"].dtype == np.int32 and source.attrs["not_in_file"] == ()


@pytest.mark.realdata
@pytest.mark.parametrize("name", GOOD)
def test_real_files_have_their_quality_and_aperture(data_file, name):
    tpf = open_tpf(data_file(name))
    assert "quality_known" not in tpf
    assert tpf.attrs["not_in_file"] == (("cadenceno",) if name == CUT_S19 else ())


def test_without_an_aperture_what_was_collected_counts(tmp_path, monkeypatch):
    hdus = make_hdus("TESS", n=50)
    flux = hdus[1].data["FLUX"]
    flux[:, 0, 1], flux[:, 2, 3], flux[:49, 2, 0] = np.nan, np.inf, np.nan
    del hdus["APERTURE"]
    hdus.writeto(tmp_path / "a.fits")
    expected = [[1, 0, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]]
    for look in (2**23, 500):
        monkeypatch.setattr(tpfdash.io.tpf.read, "_LOOK", look)
        tpf = open_tpf(tmp_path / "a.fits")
        assert tpf["aperture"].values.tolist() == expected
        assert tpf["aperture"].dtype == np.int32 and tpf.attrs["not_in_file"] == ("aperture",)
        assert (tpf["row"].values[0], tpf["col"].values[0]) == (300, 700) and tpf.attrs["wcs"]
    assert not pipeline_mask(tpf).any() and default_mask(tpf).any()


def test_without_an_aperture_reading_ends_when_every_pixel_was_seen(tmp_path, monkeypatch):
    hdus = make_hdus("TESS", n=5000, shape=(10, 10))[:2]
    hdus.writeto(tmp_path / "a.fits")
    monkeypatch.setattr(tpfdash.io.tpf.read, "_LOOK", 100_000)
    seen = reads(monkeypatch)
    assert (open_tpf(tmp_path / "a.fits")["aperture"].values == 1).all()
    table = hdus[1].header["NAXIS1"] * 5000
    assert sum(count for _, count in seen) < 1.2 * table  # once for the columns, and a little


def test_without_an_aperture_the_table_has_to_say_the_shape():
    data = to_bytes(make_hdus("TESS", n=3)[:2])
    data = data.replace(b"TDIM5   = '(4,3)   '", b"TDIM5   = '        '")
    with pytest.raises(TPFError, match="FLUX should have a TDIM"):
        open_tpf(data)


# --- odd, and readable ---------------------------------------------------------------------------


@pytest.mark.parametrize("dim", ["(4,3,1)", "(1,4,3)", "(4,1,3)"])
@pytest.mark.parametrize("with_aperture", [True, False])
def test_images_with_an_axis_too_many(dim, with_aperture):
    hdus = make_hdus(n=3)
    plain = open_tpf(to_bytes(hdus))
    data = to_bytes(hdus if with_aperture else hdus[:2])
    for number in (5, 6):
        card = f"TDIM{number}   = '(4,3)   '"
        assert card.encode() in data
        data = data.replace(card.encode(), card.replace("(4,3)  ", dim).encode())
    tpf = open_tpf(data)
    for name in ("flux", "flux_err", "flux_bkg"):
        np.testing.assert_array_equal(tpf[name].values, plain[name].values)


@pytest.mark.parametrize("kind", ["RICE_1", "GZIP_1", "PLIO_1"])
def test_a_compressed_aperture(kind):
    hdus = make_hdus(n=3, shape=(5, 6))
    packed = fits.CompImageHDU(hdus[2].data, hdus[2].header, name="APERTURE", compression_type=kind)
    packed.header["CRVAL1P"] = 17
    data = to_bytes([*hdus[:2], packed])
    tpf = open_tpf(data)
    np.testing.assert_array_equal(tpf["aperture"], hdus[2].data)
    assert tpf.attrs["not_in_file"] == ()
    damaged = bytearray(data)
    damaged[data.index(b"ZIMAGE") :] = data[data.index(b"ZIMAGE") :].replace(
        b"ZCMPTYPE= '" + kind.encode(), b"ZCMPTYPE= '" + b"X" * len(kind)
    )
    with pytest.raises(TPFError, match="compressed APERTURE that cannot be read"):
        open_tpf(bytes(damaged))


@pytest.mark.parametrize("stated", ["TESS", "tess", "Kepler", "K2"])
def test_the_user_may_say_the_mission_that_the_file_does_not(stated):
    silent = to_bytes(make_hdus("TESS", drop=("TELESCOP", "SECTOR"), primary={"INSTRUME": "X"}))
    with pytest.raises(TPFError, match="mission="):
        open_tpf(silent)
    tpf = open_tpf(silent, mission=stated)
    assert tpf.attrs["mission"].lower() == stated.lower()
    assert open_tpf(tpf, mission=stated) == tpf


def test_the_user_may_not_contradict_the_file():
    tess, kepler = (to_bytes(make_hdus(mission)) for mission in ("TESS", "Kepler"))
    assert open_tpf(tess, mission="TESS").attrs["mission"] == "TESS"
    for data, stated, own in ((tess, "K2", "TESS"), (kepler, "K2", "Kepler")):
        with pytest.raises(TPFError, match=f"is of {own}: mission='K2' should be left out"):
            open_tpf(data, mission=stated)
        with pytest.raises(TPFError, match=f"is of {own}"):
            open_tpf(open_tpf(data), mission=stated)
    telescope_alone = to_bytes(make_hdus("Kepler", drop=("QUARTER",)))
    assert open_tpf(telescope_alone).attrs["mission"] == "Kepler"
    assert open_tpf(telescope_alone, mission="K2").attrs["mission"] == "K2"
    with pytest.raises(TPFError, match="no mission known here"):
        open_tpf(tess, mission="Gaia")
    del (tpf := open_tpf(tess)).attrs["mission"]
    assert open_tpf(tpf, mission="tess").attrs["mission"] == "TESS"


# --- damage --------------------------------------------------------------------------------------


def test_cut_anywhere_it_is_refused_at_opening():
    """A file cut at any multiple of 500 bytes opens as the whole one does, or not at all."""
    data = to_bytes(make_hdus(n=20))
    whole = open_tpf(data)["flux"].values
    opened = []
    for length in range(0, len(data), 500):
        try:
            tpf = open_tpf(data[:length])
        except TPFError as error:
            assert str(error).endswith(".")
        else:
            if "aperture" not in tpf.attrs["not_in_file"]:  # as if it had ended after the table
                opened.append(length)
            np.testing.assert_array_equal(tpf["flux"], whole)
    assert all(length > len(data) - 2880 for length in opened)  # but for the last padding


def test_damaged_headers_never_end_in_another_error():
    """Cards lost, or with another value, or a letter: a TPFError, or harmless."""
    data = to_bytes(with_rays([500, 501], [700, 701], [300, 301], [1.0, 2.0], n=2))
    cards = [
        i
        for i in range(0, len(data), 80)
        if data[i + 8 : i + 9] == b"=" and data[i : i + 8].strip().replace(b"_", b"").isalnum()
    ]
    values = [b"-1", b"0", b"3", b"1000000000000000", b"nan", b"T", b"1e300", b"1.5"]
    values = [v.rjust(20) for v in values] + [v.ljust(20) for v in (b"'x'", b"'0E'", b"'4A'")]
    rng = np.random.default_rng(3)
    refused = 0
    for _ in range(600):
        damaged = bytearray(data)
        for card in rng.choice(cards, size=rng.integers(1, 6)):
            kind = rng.integers(3)
            if kind == 0:
                damaged[card : card + 80] = b" " * 80
            elif kind == 1:
                damaged[card + rng.integers(80)] = rng.integers(32, 127)
            else:
                damaged[card + 10 : card + 30] = values[rng.integers(len(values))]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                open_tpf(bytes(damaged)).load()
            except TPFError:
                refused += 1
    assert 100 < refused < 600


@pytest.mark.parametrize(
    ("hdus", "fault"),
    [
        (make_hdus()[:1], "one extension only"),
        (make_hdus(drop=("FLUX",)), "light-curve file"),
        (make_hdus(drop=("TIME",)), "no TIME column"),
        (make_hdus(n=0), "no cadences"),
        ([fits.PrimaryHDU(np.zeros((3, 3)))], "one extension only"),
        ([*make_hdus()[:2], fits.ImageHDU(np.ones((5, 5)), name="APERTURE")], "contradicts"),
    ],
)
def test_what_is_no_target_pixel_file(hdus, fault):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = to_bytes(hdus)
    with pytest.raises(TPFError, match=fault):
        open_tpf(data)


def test_columns_that_are_not_numbers():
    words = fits.Column("QUALITY", "8A", array=["good"] * 7)
    hdus = make_hdus(drop=("QUALITY",), columns={"WORDS": words})
    with pytest.raises(TPFError, match="QUALITY"):
        open_tpf(to_bytes(hdus).replace(b"'WORDS   '", b"'QUALITY '"))
