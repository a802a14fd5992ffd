"""Objects of lightkurve and astropy, in and out, without the disk."""

import gzip
import sys
import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.timeseries import TimeSeries

import tpfdash
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf, to_lightkurve, to_timeseries
from tpfdash.photometry import aperture_photometry
from tpfdash.simulate import simulate_tpf

REAL = [
    "kplr006922244-2009166043257_lpd-targ.fits",
    "ktwo210994964-c04_lpd-targ.fits.gz",
    "tess-sip_tpf2.fits",
    "tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits",
]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def lk():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lightkurve
    return lightkurve


@pytest.fixture
def disk():
    """The names of the files that are opened while `disk.on` is true."""

    class Disk(list):
        on = False

    found = Disk()

    def hook(event, arguments):
        if found.on and event == "open":
            found.append(arguments[0])

    sys.addaudithook(hook)
    yield found
    found.on = False


@pytest.fixture(params=["Kepler", "K2", "TESS"])
def simulated(request):
    tpf = simulate_tpf(request.param, n_cadences=80, shape=(5, 6), gaps=[(20, 23)], seed=3)
    tpf["quality"].values[5] = 128
    return tpf


def timed(tpf):
    return np.isfinite(tpf["time"].values)


def test_lightkurve_light_curve_has_every_column(lk, simulated):
    ours = aperture_photometry(simulated, simulated["aperture"].values & 2 > 0)
    theirs = to_lightkurve(ours)
    keep = timed(simulated)
    assert 0 < keep.sum() < keep.size
    mission = simulated.attrs["mission"]
    assert type(theirs) is (lk.TessLightCurve if mission == "TESS" else lk.KeplerLightCurve)
    assert theirs.time.format == ("btjd" if mission == "TESS" else "bkjd")
    assert theirs.time.scale == "tdb"
    np.testing.assert_allclose(theirs.time.value, ours["time"].values[keep], rtol=0, atol=1e-9)
    for name, unit in {
        "flux": "electron / s",
        "flux_err": "electron / s",
        "centroid_col": "pix",
        "centroid_row": "pix",
    }.items():
        np.testing.assert_array_equal(theirs[name].value, ours[name].values[keep])
        assert theirs[name].unit == unit
    for name in ("quality", "cadenceno"):
        np.testing.assert_array_equal(theirs[name], ours[name].values[keep])
    np.testing.assert_array_equal(theirs.meta["APERTURE_MASK"], ours.attrs["aperture"])
    assert theirs.meta["MISSION"] == mission
    assert theirs.meta["LABEL"] == simulated.attrs["object"]
    assert theirs.meta["SIMULATED"]
    # It is a light curve that lightkurve can go on with.
    assert np.nanmedian(theirs.normalize().flux.value) == pytest.approx(1)
    assert len(theirs.bin(time_bin_size=0.1)) > 1


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL)
def test_there_and_back_with_lightkurves_own_photometry(lk, data_file, disk, name):
    path = data_file(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = type(lk.read(path))(
            fits.HDUList.fromstring(fits_bytes(path)), quality_bitmask="none"
        )
        mask = theirs.create_threshold_mask()
        expected = theirs.to_lightcurve(aperture_mask=mask)
        [(hdu.header, hdu.data) for hdu in theirs.hdu]  # read what astropy reads late
        disk.on = True
        tpf = open_tpf(theirs)
        ours = to_lightkurve(aperture_photometry(tpf, mask))
        series = to_timeseries(aperture_photometry(tpf, mask))
        disk.on = False
    assert not [one for one in disk if not str(one).endswith((".py", ".pyc"))]
    assert type(ours) is type(expected)
    expected = expected[np.isin(expected.cadenceno, ours.cadenceno)]
    if not (ours.cadenceno == 0).all():
        rows = np.isin(ours.cadenceno, expected.cadenceno)
        ours, series = ours[rows], series[rows]
    np.testing.assert_allclose(ours.flux.value, expected.flux.value, rtol=3e-6)
    np.testing.assert_allclose(ours.time.value, expected.time.value, rtol=0, atol=1e-9)
    np.testing.assert_allclose(series.time.jd, expected.time.jd, rtol=0, atol=1e-8)
    np.testing.assert_array_equal(ours.quality, expected.quality)
    for key in ("OBJECT", "RA", "DEC", "QUARTER", "CAMPAIGN", "SECTOR"):
        if key in ours.meta and key in expected.meta:
            assert ours.meta[key] == pytest.approx(expected.meta[key])


def fits_bytes(path):
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def test_time_series_has_units_and_goes_through_ecsv(tmp_path, simulated):
    background = np.zeros((5, 6), dtype=bool)
    background[0] = True
    ours = aperture_photometry(
        simulated, simulated["aperture"].values & 2 > 0, background=background
    )
    series = to_timeseries(ours)
    assert type(series) is TimeSeries
    keep = timed(simulated)
    reference = 2457000 if simulated.attrs["mission"] == "TESS" else 2454833
    np.testing.assert_allclose(
        series.time.tdb.jd - reference, ours["time"].values[keep], rtol=0, atol=1e-8
    )
    assert str(series["flux"].unit) == str(series["flux_err"].unit) == "electron / s"
    assert str(series["centroid_row"].unit) == "pix"
    np.testing.assert_array_equal(series["flux"].value, ours["flux"].values[keep])
    series.write(tmp_path / "series.ecsv")
    back = Table.read(tmp_path / "series.ecsv")
    np.testing.assert_array_equal(back.meta["background"], background)
    assert back.meta["simulated"] is True


def test_time_is_in_the_missions_clock_whatever_the_files(lk, simulated):
    """Files exist that say Kepler and count from another day."""
    other = simulated.assign_coords(time=simulated["time"] - 100)
    other.attrs["time_reference"] = simulated.attrs["time_reference"] + 100
    mask = simulated["aperture"].values & 2 > 0
    a, b = (to_lightkurve(aperture_photometry(tpf, mask)) for tpf in (simulated, other))
    np.testing.assert_allclose(a.time.value, b.time.value, rtol=0, atol=1e-9)


@pytest.mark.parametrize("make", [to_lightkurve, to_timeseries])
def test_what_is_no_light_curve(make, simulated):
    for wrong in (simulated, "flux", simulated[["quality"]]):
        with pytest.raises(TPFError, match="light curve"):
            make(wrong)


def test_without_lightkurve_it_says_what_to_install(monkeypatch, simulated):
    monkeypatch.setitem(sys.modules, "lightkurve", None)
    lightcurve = aperture_photometry(simulated, simulated["aperture"].values & 2 > 0)
    with pytest.raises(TPFError, match="lightkurve is not installed.*pip install lightkurve"):
        to_lightkurve(lightcurve)
    assert len(to_timeseries(lightcurve)) == timed(simulated).sum()


def test_both_are_public():
    assert tpfdash.to_lightkurve is to_lightkurve
    assert tpfdash.to_timeseries is to_timeseries
