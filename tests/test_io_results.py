"""Exported files, read back by lightkurve, astropy, numpy, json and pandas, not by tpfdash."""

import gzip
import io
import json
import os
import socket
import warnings
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
import xarray as xr
from astropy.io import fits
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from tpfdash.errors import TPFError
from tpfdash.io import atomic
from tpfdash.io.apertures import aperture_bytes, read_aperture, write_aperture
from tpfdash.io.lightcurves import lightcurve_bytes, write_lightcurve

ATTRS = {
    "Kepler": {"mission": "Kepler", "quarter": 8, "channel": 56, "id": 8462852},
    "K2": {"mission": "K2", "campaign": 91, "channel": 32, "id": 221312395},
    "TESS": {"mission": "TESS", "sector": 15, "camera": 2, "ccd": 3, "id": 273589987},
}
REFERENCES = {"Kepler": 2454833.0, "K2": 2454833.0, "TESS": 2457000.0}
SHAPE = (4, 5)
CORNER = (127, 224)


def attrs_of(mission):
    return ATTRS[mission] | {
        "product": "TPF",
        "object": f"{mission} target",
        "ra": 301.5644,
        "dec": np.float64(44.4569),
        "magnitude": float("nan"),
        "cadence_type": "long (29.4 min)",
        "time_format": "BTJD" if mission == "TESS" else "BKJD",
        "time_scale": "TDB",
        "time_reference": REFERENCES[mission],
        "source": "/home/someone/data/kplr008462852-2011073133259_lpd-targ.fits.gz",
        "background_subtracted": True,
        "simulated": False,
        "wcs": "",
    }


def make_lightcurve(mission="Kepler", n=50):
    """A light curve with every kind of hole, its values drawn at random."""
    rng = np.random.default_rng(7)
    time = 1000 + np.arange(n) * 0.0204
    time[[3, n - 1]] = np.nan
    flux = rng.normal(5000, 20, n)
    flux[[5, 6]] = np.nan
    quality = np.zeros(n, dtype=np.int32)
    quality[[0, 9]] = 1, 1048576
    aperture = np.zeros(SHAPE, dtype=bool)
    aperture[1:3, 2:4] = True
    background = np.zeros(SHAPE, dtype=bool)
    background[0] = True
    return xr.Dataset(
        {
            "flux": ("time", flux),
            "flux_err": ("time", rng.uniform(1, 2, n)),
            "centroid_row": ("time", rng.normal(128.7, 0.01, n)),
            "centroid_col": ("time", rng.normal(226.2, 0.01, n)),
            "quality": ("time", quality),
            "cadenceno": ("time", np.arange(100, 100 + n, dtype=np.int32)),
        },
        coords=xr.Coordinates({"time": ("time", time)}, indexes={}),
        attrs=attrs_of(mission)
        | {
            "aperture": aperture,
            "background": background,
            "corner": CORNER,
            "quality_bitmask": 1130799,
            "tpfdash_version": "9.8.7",
        },
    )


def make_tpf(mission="Kepler", shape=SHAPE, corner=CORNER):
    return xr.Dataset(
        {"aperture": (("row", "col"), np.ones(shape, dtype=np.int32))},
        coords={
            "row": corner[0] + np.arange(shape[0]),
            "col": corner[1] + np.arange(shape[1]),
        },
        attrs=attrs_of(mission),
    )


def opened(data):
    return fits.open(io.BytesIO(data), memmap=False)


@pytest.fixture
def mask():
    mask = np.zeros(SHAPE, dtype=bool)
    mask[0, 4] = mask[2, 1] = mask[3, 0] = True
    return mask


# Light curves ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mission", ATTRS)
def test_lightkurve_reads_a_fits_light_curve(tmp_path, mission):
    lightkurve = pytest.importorskip("lightkurve")
    made = make_lightcurve(mission)
    path = write_lightcurve(made, tmp_path / "lc.fits")
    read = lightkurve.read(str(path), quality_bitmask="none")
    kind = lightkurve.TessLightCurve if mission == "TESS" else lightkurve.KeplerLightCurve
    assert type(read) is kind
    timed = np.isfinite(made["time"].values)  # lightkurve leaves out cadences without a time
    assert read.time.format == ("btjd" if mission == "TESS" else "bkjd")
    assert read.time.scale == "tdb"
    np.testing.assert_array_equal(read.time.value, made["time"].values[timed])
    for theirs, ours, unit in (
        ("flux", "flux", u.electron / u.s),
        ("flux_err", "flux_err", u.electron / u.s),
        ("centroid_col", "centroid_col", u.pixel),
        ("centroid_row", "centroid_row", u.pixel),
        ("quality", "quality", None),
        ("cadenceno", "cadenceno", None),
    ):
        column = read[theirs]
        assert column.unit == unit
        np.testing.assert_array_equal(np.asarray(column), made[ours].values[timed])
    assert read.meta["MISSION"] == mission
    assert read.meta["TARGETID"] == made.attrs["id"]
    assert read.label == made.attrs["object"]
    assert (read.ra, read.dec) == (301.5644, 44.4569)
    filtered = lightkurve.read(str(path))  # its own choice of quality, made on our column
    assert len(filtered) == timed.sum() - 2 + (mission == "TESS")


@pytest.mark.parametrize("mission", ATTRS)
def test_fits_light_curve_keeps_every_cadence_and_says_where_it_comes_from(mission):
    made = make_lightcurve(mission)
    with opened(lightcurve_bytes(made, "fits")) as hdus:
        for hdu in hdus:
            hdu.verify("exception")
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "LIGHTCURVE", "APERTURE", "BACKGROUND"]
        rows = hdus[1].data
        np.testing.assert_array_equal(rows["TIME"], made["time"].values)
        np.testing.assert_array_equal(rows["FLUX"], made["flux"].values)
        assert rows.columns["TIME"].unit == f"BJD - {REFERENCES[mission]:.0f}, days"
        assert rows.columns["FLUX"].unit == "e-/s"
        assert hdus[1].header["BJDREFI"] + hdus[1].header["BJDREFF"] == REFERENCES[mission]
        assert hdus[1].header["TIMESYS"] == "TDB"
        head = hdus[0].header
        assert head["SRCFILE"] == "kplr008462852-2011073133259_lpd-targ.fits.gz"
        assert head["QBITMASK"] == 1130799
        assert head["TPFDVER"] == "9.8.7" and "9.8.7" in head["CREATOR"]
        assert head["SIMULATD"] is False
        assert head["TELESCOP"] == ("TESS" if mission == "TESS" else "Kepler")
        expected = {
            "Kepler": {"QUARTER": 8, "CHANNEL": 56, "KEPLERID": 8462852},
            "K2": {"CAMPAIGN": 91, "CHANNEL": 32, "KEPLERID": 221312395},
            "TESS": {"SECTOR": 15, "CAMERA": 2, "CCD": 3, "TICID": 273589987},
        }[mission]
        assert {key: head[key] for key in expected} == expected
        assert "KEPMAG" not in head and "TESSMAG" not in head  # NaN is not available
        bits = hdus["APERTURE"].data
        np.testing.assert_array_equal(bits, 1 + 2 * made.attrs["aperture"])
        assert (hdus["APERTURE"].header["CRVAL2P"], hdus["APERTURE"].header["CRVAL1P"]) == CORNER
        np.testing.assert_array_equal(hdus["BACKGROUND"].data, made.attrs["background"])


def test_time_of_another_clock_is_written_in_the_missions_own(tmp_path):
    """Files exist that say Kepler and count from 2457000."""
    lightkurve = pytest.importorskip("lightkurve")
    made = make_lightcurve("Kepler")
    made.attrs["time_reference"] = 2457000.0
    read = lightkurve.read(str(write_lightcurve(made, tmp_path / "lc.fits")), quality_bitmask=0)
    timed = np.isfinite(made["time"].values)
    np.testing.assert_allclose(
        read.time.jd, 2457000 + made["time"].values[timed], rtol=0, atol=1e-8
    )


def test_light_curve_of_a_tesscut(tmp_path):
    """No target, no number, no errors."""
    lightkurve = pytest.importorskip("lightkurve")
    made = make_lightcurve("TESS").drop_vars(["flux_err"])
    made.attrs |= {"product": "TESSCut", "id": "", "object": "", "ra": np.nan, "background": None}
    made.attrs["background_subtracted"] = np.False_
    path = write_lightcurve(made, tmp_path / "cut.fits")
    assert isinstance(lightkurve.read(str(path)), lightkurve.TessLightCurve)
    with fits.open(path) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "LIGHTCURVE", "APERTURE"]
        assert hdus[0].header["BACKAPP"] is False
        assert hdus[0].header["PRODUCT"] == "TESSCut"
        assert "TICID" not in hdus[0].header and "RA_OBJ" not in hdus[0].header


def test_sky_coordinates_go_with_the_aperture():
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crpix, wcs.wcs.crval, wcs.wcs.cdelt = (3, 2), (301.5, 44.4), (-0.0011, 0.0011)
    tpf = make_tpf()
    tpf.attrs["wcs"] = wcs.to_header_string()
    with opened(aperture_bytes(tpf, np.ones(SHAPE, dtype=bool), "fits")) as hdus:
        header = hdus["APERTURE"].header
        assert WCS(header).pixel_to_world_values(2, 1) == pytest.approx((301.5, 44.4))
        assert WCS(header, key="P").pixel_to_world_values(0, 0) == pytest.approx(CORNER[::-1])


def test_ecsv_has_units_and_provenance(tmp_path):
    made = make_lightcurve("TESS")
    read = Table.read(write_lightcurve(made, tmp_path / "lc.ecsv"), format="ascii.ecsv")
    for name in ("time", *made.data_vars):
        np.testing.assert_array_equal(np.asarray(read[name]), made[name].values)
        assert read[name].dtype == made[name].dtype
    assert read["flux"].unit == u.electron / u.s
    assert read["time"].unit == u.day
    assert read["centroid_row"].unit == u.pixel
    assert "BJD - 2457000" in read["time"].description and "TDB" in read["time"].description
    assert read.meta["source"] == "kplr008462852-2011073133259_lpd-targ.fits.gz"
    assert read.meta["quality_bitmask"] == 1130799
    assert read.meta["sector"] == 15 and read.meta["simulated"] is False
    assert read.meta["corner"] == list(CORNER)
    np.testing.assert_array_equal(read.meta["aperture"], made.attrs["aperture"].astype(int))
    np.testing.assert_array_equal(read.meta["background"], made.attrs["background"].astype(int))
    assert "magnitude" not in read.meta


def test_csv_is_read_by_pandas_and_astropy(tmp_path):
    pandas = pytest.importorskip("pandas")
    made = make_lightcurve("K2")
    made["flux_err"] = made["flux_err"].astype(np.float32)
    path = write_lightcurve(made, tmp_path / "lc.csv")
    frame = pandas.read_csv(path, comment="#", dtype=str)  # numbers are read exactly below
    table = Table.read(path, format="ascii.csv", comment="#")
    for name in ("time", *made.data_vars):
        dtype = made[name].dtype
        np.testing.assert_array_equal(frame[name].to_numpy(dtype), made[name].values)
        np.testing.assert_array_equal(np.asarray(table[name], dtype), made[name].values)
    comments = [line for line in path.read_text().splitlines() if line.startswith("#")]
    meta = {key: json.loads(value) for key, value in (c[2:].split(": ", 1) for c in comments)}
    assert meta["source"] == "kplr008462852-2011073133259_lpd-targ.fits.gz"
    assert meta["tpfdash_version"] == "9.8.7" and meta["campaign"] == 91
    assert meta["quality_bitmask"] == 1130799
    np.testing.assert_array_equal(meta["aperture"], made.attrs["aperture"].astype(int))


@pytest.mark.parametrize("format", ["fits", "ecsv", "csv"])
def test_simulated_light_curves_say_so(format):
    made = make_lightcurve()
    made.attrs |= {"simulated": True, "source": "simulated by tpfdash"}
    data = lightcurve_bytes(made, format)
    if format == "fits":
        with opened(data) as hdus:
            assert hdus[0].header["SIMULATD"] is True
    else:
        assert b"simulated: true" in data


@pytest.mark.parametrize("format", ["fits", "ecsv", "csv"])
def test_light_curves_of_injected_events_say_so(format):
    made = make_lightcurve()
    assert b"injected" not in lightcurve_bytes(made, format).lower()
    made.attrs["injected"] = [{"events": []}]
    data = lightcurve_bytes(made, format)
    if format == "fits":
        with opened(data) as hdus:
            assert hdus[0].header["INJECTED"] is True
    else:
        assert b"injected: true" in data


def test_what_was_done_to_a_light_curve_is_written_with_the_raw_flux(tmp_path):
    """By lightkurve, astropy and as text; a line that is too long for a card is there as well."""
    made = make_lightcurve()
    done = (f"flattened: {'windows ' * 12}of 1 d", "outliers removed: 2 cadences")
    made["flux_raw"], made["trend"] = made["flux"].variable, made["flux"].variable * 0 + 7
    made["flux"] = made["flux"] / 2
    made = made.assign_attrs(corrections=done)
    data = lightcurve_bytes(made, "fits")
    with fits.open(io.BytesIO(data)) as hdus:
        history = "".join(hdus[0].header["HISTORY"])
        assert history.replace(" ", "") == "".join(done).replace(" ", "")
        table = hdus["LIGHTCURVE"].data
        np.testing.assert_array_equal(table["RAW_FLUX"], made["flux_raw"])
        np.testing.assert_array_equal(table["TREND"], made["trend"])
        np.testing.assert_array_equal(table["FLUX"], made["flux"])
        assert hdus["LIGHTCURVE"].columns["RAW_FLUX"].unit == "e-/s"
    path = write_lightcurve(made, tmp_path / "lc.fits")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lightkurve

        read = lightkurve.read(path)
    raw, flux = (np.asarray(read[name].value) for name in ("raw_flux", "flux"))
    assert np.nanmedian(raw / flux) == pytest.approx(2)
    table = Table.read(lightcurve_bytes(made, "ecsv").decode(), format="ascii.ecsv")
    assert table.meta["corrections"] == list(done) and table["trend"].unit == u.electron / u.s
    text = lightcurve_bytes(made, "csv").decode()
    assert f"# corrections: {json.dumps(list(done))}" in text.splitlines()


def test_a_light_curve_without_masks_has_no_aperture():
    made = make_lightcurve()
    for name in ("aperture", "background", "corner"):
        del made.attrs[name]
    with opened(lightcurve_bytes(made, "fits")) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "LIGHTCURVE"]


@pytest.mark.parametrize(
    "source, name",
    [
        ("/a/b/x_tp.fits", "x_tp.fits"),
        (r"C:\data\x_tp.fits", "x_tp.fits"),
        ("https://me:secret@host/x_tp.fits?token=abc", "x_tp.fits"),
        ("https://host/api/file?uri=mast:TESS/product/x_tp.fits", "x_tp.fits"),
        ("https://host/api/file?uri=mast%3ATESS%2Fproduct%2Fx_tp.fits&a=1", "x_tp.fits"),
        ("s3://bucket/tess/x_tp.fits", "x_tp.fits"),
        ("uploaded bytes", "uploaded bytes"),
    ],
)
def test_provenance_names_the_file_and_gives_no_folder_host_or_token_away(source, name):
    made = make_lightcurve()
    made.attrs["source"] = source
    with opened(lightcurve_bytes(made, "fits")) as hdus:
        assert hdus[0].header["SRCFILE"] == name


def test_text_that_no_header_can_hold():
    made = make_lightcurve()
    made.attrs |= {"object": "Étoile\nX", "source": "x" * 300 + ".fits"}
    with opened(lightcurve_bytes(made, "fits")) as hdus:
        assert hdus[0].header["OBJECT"] == "?toile?X"
        assert hdus[0].header["SRCFILE"] == made.attrs["source"]
    for format in ("ecsv", "csv"):
        text = lightcurve_bytes(made, format).decode()
        data = [line for line in text.splitlines() if not line.startswith("#")]
        assert len(data) == 51


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda lc: lc["flux"], "no light curve"),
        (lambda lc: lc.drop_vars("flux"), "no light curve"),
        (lambda lc: lc.assign(flux=(("time", "row"), np.zeros((50, 2)))), "flux"),
        (lambda lc: lc.assign_attrs(mission="CoRoT"), "CoRoT"),
        (lambda lc: xr.Dataset(lc.variables), "mission"),
        (lambda lc: lc.assign_attrs(corner=None), "corner"),
    ],
)
@pytest.mark.parametrize("format", ["fits", "ecsv", "csv"])
def test_what_is_no_light_curve_is_refused(change, words, format):
    with pytest.raises(TPFError, match=words):
        lightcurve_bytes(change(make_lightcurve()), format)


def test_unknown_formats_are_refused(tmp_path, mask):
    with pytest.raises(TPFError, match="'fits', 'ecsv', 'csv'"):
        lightcurve_bytes(make_lightcurve(), "xls")
    with pytest.raises(TPFError, match="'fits', 'json', 'npy'"):
        aperture_bytes(make_tpf(), mask, "csv")
    with pytest.raises(TPFError, match=r"\.fits, \.ecsv, \.csv"):
        write_lightcurve(make_lightcurve(), tmp_path / "lc.txt")
    with pytest.raises(TPFError, match=r"\.fits, \.json, \.npy"):
        write_aperture(make_tpf(), mask, tmp_path / "aperture")
    assert not list(tmp_path.iterdir())
    write_lightcurve(make_lightcurve(), tmp_path / "lc.txt", format="csv")
    assert (tmp_path / "lc.txt").read_bytes().startswith(b"# creator")


# Files that appear whole or not at all --------------------------------------------------------


def test_nothing_is_overwritten_unasked(tmp_path):
    path = tmp_path / "lc.csv"
    path.write_text("precious")
    with pytest.raises(TPFError, match="lc.csv exists already"):
        write_lightcurve(make_lightcurve(), path)
    assert path.read_text() == "precious"
    assert write_lightcurve(make_lightcurve(), str(path), overwrite=True) == path
    assert path.read_bytes() == lightcurve_bytes(make_lightcurve(), "csv")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_kept(tmp_path, monkeypatch, links):
    path = tmp_path / "out"
    if not links:
        monkeypatch.setattr(atomic.os, "link", _no_links)

    def write(file):
        file.write(b"ours")
        path.write_bytes(b"theirs")

    with pytest.raises(TPFError, match="exists already"):
        atomic.write_atomically(path, write)
    assert path.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [path]


def _no_links(source, target):
    raise PermissionError(1, "Operation not permitted")


def test_a_file_system_without_hard_links(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic.os, "link", _no_links)
    path = atomic.write_atomically(tmp_path / "out", lambda file: file.write(b"ours"))
    assert path.read_bytes() == b"ours"
    assert list(tmp_path.iterdir()) == [path]

    def fail(source, target):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(atomic.os, "replace", fail)
    with pytest.raises(TPFError, match="Input/output error"):
        atomic.write_atomically(tmp_path / "other", lambda file: file.write(b"ours"))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize(
    "error, raised", [(OSError(28, "No space left"), TPFError), (KeyError("x"), KeyError)]
)
def test_a_failing_write_leaves_nothing(tmp_path, overwrite, error, raised):
    old = tmp_path / "old"
    old.write_text("precious")
    path = old if overwrite else tmp_path / "new"

    def write(file):
        file.write(b"half")
        file.flush()
        raise error

    with pytest.raises(raised):
        atomic.write_atomically(path, write, overwrite=overwrite)
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_text() == "precious"


def test_only_whole_files_are_seen(tmp_path):
    """While a file is being overwritten, its name stands for the old one."""
    path = tmp_path / "out"
    path.write_bytes(b"old")
    seen = []

    def write(file):
        file.write(b"new")
        file.flush()
        seen.append(path.read_bytes())

    atomic.write_atomically(path, write, overwrite=True)
    assert (seen, path.read_bytes()) == ([b"old"], b"new")


def test_links_and_permissions_are_those_of_an_ordinary_file(tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    path = atomic.write_atomically(tmp_path / "new", lambda file: file.write(b"1"))
    assert path.stat().st_mode == plain.stat().st_mode
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(TPFError, match="exists already"):
        atomic.write_atomically(link, lambda file: file.write(b"2"))
    atomic.write_atomically(link, lambda file: file.write(b"2"), overwrite=True)
    assert link.is_symlink() and path.read_bytes() == b"2"


def test_only_regular_files_are_overwritten(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to(os.devnull)
    (tmp_path / "nowhere").symlink_to("gone")
    (tmp_path / "round").symlink_to("round")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(tmp_path)  # the name of a socket has to be short
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
    names = sorted(path.name for path in tmp_path.iterdir())
    for name in names:
        with pytest.raises(TPFError, match=f"{name} is no regular file"):
            atomic.write_atomically(tmp_path / name, lambda file: file.write(b"1"), overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert not os.path.isfile(os.devnull)


@pytest.mark.parametrize(
    "name, words", [(".", "folder"), ("no/lc.csv", "should exist"), ("a\0b.csv", "null")]
)
def test_places_where_nothing_can_be_written(tmp_path, name, words):
    with pytest.raises(TPFError, match=words):
        write_lightcurve(make_lightcurve(), tmp_path / name, format="csv", overwrite=True)
    assert not list(tmp_path.iterdir())


# Apertures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mission", ATTRS)
@pytest.mark.parametrize("format", ["fits", "json", "npy"])
def test_an_aperture_comes_back(tmp_path, mission, format, mask):
    tpf = make_tpf(mission)
    before = aperture_bytes(tpf, mask, format)  # a FITS file's checksum has the second in it
    path = write_aperture(tpf, mask, tmp_path / f"aperture.{format}")
    data = path.read_bytes()
    assert data in (before, aperture_bytes(tpf, mask, format))
    with path.open("rb") as file:
        for source in (path, str(path), data, bytearray(data), io.BytesIO(data), file):
            read = read_aperture(source, tpf)
            assert read.dtype == bool
            np.testing.assert_array_equal(read, mask)
    with pytest.raises(TPFError, match="exists already"):
        write_aperture(tpf, ~mask, path)
    np.testing.assert_array_equal(read_aperture(path, tpf), mask)
    empty = np.zeros(SHAPE, dtype=bool)
    assert not read_aperture(aperture_bytes(tpf, empty, format), tpf).any()


def test_aperture_files_mean_to_others_what_they_mean_to_us(mask):
    tpf = make_tpf("TESS")
    with opened(aperture_bytes(tpf, mask, "fits")) as hdus:
        np.testing.assert_array_equal(hdus["APERTURE"].data & 2 > 0, mask)
        header = hdus["APERTURE"].header
        assert (header["CRPIX1P"], header["CRPIX2P"]) == (1, 1)
        assert (header["CRVAL2P"], header["CRVAL1P"]) == CORNER
        assert hdus[0].header["SECTOR"] == 15
    facts = json.loads(aperture_bytes(tpf, mask, "json"))
    np.testing.assert_array_equal(np.array(facts["mask"], dtype=bool), mask)
    assert facts["corner"] == list(CORNER)
    assert facts["camera"] == 2 and facts["simulated"] is False
    np.testing.assert_array_equal(np.load(io.BytesIO(aperture_bytes(tpf, mask, "npy"))), mask)


@pytest.mark.parametrize("format", ["fits", "json", "npy"])
def test_simulated_apertures_say_so(format, mask):
    tpf = make_tpf()
    tpf.attrs["simulated"] = True
    file = io.BytesIO(aperture_bytes(tpf, mask, format))
    if format == "fits":
        assert fits.open(file)[0].header["SIMULATD"] is True
    elif format == "npy":
        np.load(file)
        assert json.loads(str(np.load(file)))["simulated"] is True
    else:
        assert json.load(file)["simulated"] is True


@pytest.mark.parametrize("format", ["fits", "json", "npy"])
@given(
    shape=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    offset=st.tuples(st.integers(-7, 7), st.integers(-7, 7)),
    bits=st.integers(0, 2**20 - 1),
)
def test_masks_are_laid_on_another_stamp_by_detector_pixel(format, shape, offset, bits):
    mask = np.array([bits >> k & 1 for k in range(20)], dtype=bool).reshape(SHAPE)
    corner = (CORNER[0] + offset[0], CORNER[1] + offset[1])
    stamp = {(corner[0] + r, corner[1] + c) for r in range(shape[0]) for c in range(shape[1])}
    wanted = {(CORNER[0] + int(r), CORNER[1] + int(c)) for r, c in np.argwhere(mask)}
    data = aperture_bytes(make_tpf(), mask, format)
    tpf = make_tpf(shape=shape, corner=corner)
    if wanted <= stamp:
        read = read_aperture(data, tpf)
        assert read.shape == shape
        assert {(corner[0] + int(r), corner[1] + int(c)) for r, c in np.argwhere(read)} == wanted
    else:
        row, col = min(wanted - stamp)
        with pytest.raises(TPFError, match=rf"\({row}, {col}\)"):
            read_aperture(data, tpf)


def test_an_aperture_of_another_detector_is_refused(mask):
    data = aperture_bytes(make_tpf("TESS"), mask, "json")
    other = make_tpf("TESS")
    other.attrs["camera"] = 4
    with pytest.raises(TPFError, match="camera 2.*camera 4"):
        read_aperture(data, other)
    with pytest.raises(TPFError, match="telescope TESS.*telescope Kepler"):
        read_aperture(data, make_tpf("K2"))


def test_the_aperture_of_a_saved_light_curve():
    made = make_lightcurve()
    read = read_aperture(lightcurve_bytes(made, "fits"), make_tpf(shape=(6, 7), corner=(126, 223)))
    np.testing.assert_array_equal(read[1:5, 1:6], made.attrs["aperture"])
    assert read.sum() == made.attrs["aperture"].sum()


def test_a_bare_npy_has_to_have_the_stamps_shape(mask):
    data = io.BytesIO()
    np.save(data, mask)
    np.testing.assert_array_equal(read_aperture(data.getvalue(), make_tpf(corner=(1, 1))), mask)
    with pytest.raises(TPFError, match=r"\(4, 5\).*\(5, 4\)"):
        read_aperture(data.getvalue(), make_tpf(shape=(5, 4)))


def saved(array):
    data = io.BytesIO()
    np.save(data, array)
    return data.getvalue()


def as_json(**facts):
    return json.dumps({"corner": CORNER, "mask": [[0] * 5] * 4} | facts).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"\x1f\x8b garbage",
        gzip.compress(b"garbage", mtime=0),
        b"SIMPLE  =                    T",
        b"\x93NUMPY garbage",
        b"{",
        b"{}",
        b"[[0, 1]]",
        b'{"mask": [[1]]}',
        b'{"a":' * 100_000,
        saved(np.zeros(SHAPE)),
        saved(np.zeros(SHAPE, dtype=int)),
        saved(np.zeros((2, *SHAPE), dtype=bool)),
        saved(np.zeros((3, 3), dtype=bool)),
        saved(np.ones(SHAPE, dtype=bool))[:-3],
        saved(np.ones(SHAPE, dtype=bool)) + b"more",
        as_json(mask=[[0, 1], [1]]),
        as_json(mask=[[0, 2]]),
        as_json(mask=[[0.0, 1.0]]),
        as_json(mask=[["0", "1"]]),
        as_json(mask=[0, 1]),
        as_json(mask="x"),
        as_json(corner=None),
        as_json(corner=[1]),
        as_json(corner=[1.5, 2]),
        as_json(corner=["a", "b"]),
        as_json(corner=[float("nan"), 2]),
    ],
    ids=lambda data: repr(data[:40]),
)
def test_what_is_no_aperture_is_refused(data, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(data)
    for source in (data, path):
        with pytest.raises(TPFError):
            read_aperture(source, make_tpf())


@pytest.mark.parametrize("source", [None, 3, ["a"], io.StringIO("{}"), "no such file", "a\0b", "."])
def test_what_is_no_source_is_refused(source):
    with pytest.raises(TPFError):
        read_aperture(source, make_tpf())


@pytest.mark.parametrize("format", ["fits", "json", "npy"])
@given(data=st.data())
def test_damaged_files_give_a_mask_or_an_error_never_a_crash(format, data):
    whole = bytearray(aperture_bytes(make_tpf(), np.eye(*SHAPE, dtype=bool), format))
    cut = data.draw(st.integers(0, len(whole)))
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read = read_aperture(bytes(whole[:cut]), make_tpf())
        except TPFError:
            return
    assert read.shape == SHAPE and read.dtype == bool


@pytest.mark.parametrize(
    "wrong",
    [np.ones((5, 4)), np.full(SHAPE, 2), np.full(SHAPE, np.nan), "pipeline", None, [[1], [1, 0]]],
    ids=repr,
)
def test_masks_that_do_not_fit_are_not_written(tmp_path, wrong):
    with pytest.raises(TPFError, match=r"aperture mask.*\(4, 5\)"):
        write_aperture(make_tpf(), wrong, tmp_path / "a.json")
    assert not list(tmp_path.iterdir())


def test_masks_of_0_and_1_are_written(mask):
    tpf = make_tpf()
    for value in (mask.astype(int), mask.astype(float), mask.tolist()):
        assert aperture_bytes(tpf, value, "json") == aperture_bytes(tpf, mask, "json")


# Real files -----------------------------------------------------------------------------------


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name, mission, detector, corner, shape, count",
    [
        (
            "kplr006922244-2009166043257_lpd-targ.fits",
            "Kepler",
            {"channel": 3},
            (190, 674),
            (6, 6),
            6,
        ),
        ("ktwo210994964-c04_lpd-targ.fits.gz", "K2", {"channel": 49}, (66, 919), (10, 11), 3),
        ("tess-sip_tpf2.fits", "TESS", {"camera": 2, "ccd": 3}, (884, 1073), (11, 11), 13),
        (
            "hlsp_tess-data-alerts_tess_phot_00025155310-s01_tess_v1_lc.fits",
            "TESS",
            {"camera": 4, "ccd": 1},
            (389, 1619),
            (11, 11),
            9,
        ),
    ],
)
def test_the_aperture_of_a_mission_file(data_file, name, mission, detector, corner, shape, count):
    tpf = make_tpf(mission, shape=shape, corner=corner)
    tpf.attrs |= detector
    path = data_file(name)
    with fits.open(path) as hdus:
        expected = (hdus[2].data & 2) == 2
    assert expected.sum() == count
    for source in (path, Path(path).read_bytes()):
        np.testing.assert_array_equal(read_aperture(source, tpf), expected)
    tpf.attrs |= dict.fromkeys(detector, 99)
    with pytest.raises(TPFError, match="99"):
        read_aperture(path, tpf)


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name, words",
    [
        ("tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits", "no pipeline aperture"),
        ("tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits", "no pipeline aperture"),
        ("tess-sip_lcf2.fits", "no APERTURE"),
        ("test-tpf-kplr-tabby-corrupted.fits", "corrupted.fits"),
        ("test-tpf-tess-pimen-corrupted-at-header.fits", "corrupted-at-header.fits"),
        ("ktwo201907706-c01-first-cadence.fits.gz", "no APERTURE"),
    ],
)
@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyUserWarning")
def test_mission_files_without_an_aperture(data_file, name, words):
    with pytest.raises(TPFError, match=words):
        read_aperture(data_file(name), make_tpf())
