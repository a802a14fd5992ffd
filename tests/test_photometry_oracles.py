"""Aperture photometry of real files against SPOC's, lightkurve's and plain numpy's.

Nothing here is computed by tpfdash on both sides: the pixels of the plain numpy reference are
read by astropy.
"""

import functools
import warnings

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tpfdash.io import open_tpf
from tpfdash.photometry import aperture_photometry

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.filterwarnings("ignore::astropy.units.UnitsWarning"),
]

READABLE = [
    "kplr006922244-2009166043257_lpd-targ.fits",
    "kplr011904151-2010009091648_lpd-targ.fits",
    "kplr005562784-2011271113734_lpd-targ.fits.gz",
    "test-tpf-kplr-tabby-100-cadences.fits",
    "ktwo210994964-c04_lpd-targ.fits.gz",
    "ktwo211983544-c18_lpd-targ.fits",
    "ktwo221312395-c91_lpd-targ.fits.gz",
    "kadenza_tpf-template.fits.gz",
    "kbackground_test.fits.gz",
    "tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits",
    "tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits",
    "tess-sip_tpf2.fits",
    "tess25155310-s01-first-cadences.fits.gz",
    "tess25155310-s01-first-cadences_no_target_position.fits.gz",
    "tess2018349182459-s0006-0000000322899250-0126-s_tp.fits",
]
ORACLES = [
    ("tess-sip_tpf2.fits", "tess-sip_lcf2.fits", 100),
    (
        "tess25155310-s01-first-cadences.fits.gz",
        "hlsp_tess-data-alerts_tess_phot_00025155310-s01_tess_v1_lc.fits",
        5,
    ),
]
real_files = pytest.mark.parametrize("name", READABLE)
few = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@functools.cache
def read(path):
    """The Dataset in memory, and flux, flux_err, first row and column as astropy reads them."""
    tpf = open_tpf(path)
    for name in ("flux", "flux_err"):
        tpf[name].load()
    with fits.open(path, memmap=False) as hdus:
        flux, error = (hdus[1].data[name].astype(float) for name in ("FLUX", "FLUX_ERR"))
        header = hdus[1].header
    return tpf, flux, error, header["2CRV5P"], header["1CRV5P"]


@functools.cache
def read_lightkurve(path):
    lightkurve = pytest.importorskip("lightkurve")
    return lightkurve.read(str(path), quality_bitmask="none")


def draw_mask(shape, seed, share):
    """Any mask, from one pixel to all of them."""
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < share
    mask[tuple(rng.integers(shape))] = True
    return mask


masks = {"seed": st.integers(0, 2**32 - 1), "share": st.sampled_from([0, 0.1, 0.3, 0.6, 1])}


def expect(flux, error, mask, row0, col0, background=None):
    """flux, flux_err, centroid_row, centroid_col, cadence by cadence, in plain numpy."""
    rows, cols = np.nonzero(mask)
    out = np.full((4, len(flux)), np.nan)
    for k, (image, sigma) in enumerate(zip(flux, error, strict=True)):
        values, errors = image[mask], sigma[mask]
        if background is not None:
            sky = image[background]
            values = values - (np.median(sky[~np.isnan(sky)]) if (~np.isnan(sky)).any() else np.nan)
        good = ~np.isnan(values)
        if not good.any() or (np.nan_to_num(image) == 0).all():
            continue
        total = values[good].sum()
        out[0, k] = total
        if (~np.isnan(errors)).any():
            out[1, k] = np.sqrt((errors[good & ~np.isnan(errors)] ** 2).sum())
        if total != 0:
            out[2, k] = ((row0 + rows[good]) * values[good]).sum() / total
            out[3, k] = ((col0 + cols[good]) * values[good]).sum() / total
    return out


@pytest.mark.parametrize("pixels, lightcurve, count", ORACLES)
def test_pipeline_aperture_gives_the_sap_flux_of_spoc(data_file, pixels, lightcurve, count):
    tpf = open_tpf(data_file(pixels))
    ours = aperture_photometry(tpf, (tpf["aperture"].values & 2) == 2)
    with fits.open(data_file(lightcurve)) as hdus:
        rows = hdus[1].data[: tpf.sizes["time"]]
        np.testing.assert_allclose(tpf["time"], rows["TIME"], rtol=0, atol=1e-9)
        assert np.isfinite(rows["SAP_FLUX"]).sum() == count
        np.testing.assert_allclose(ours["flux"], rows["SAP_FLUX"], rtol=1e-6)
        for axis, column in (("centroid_col", "MOM_CENTR1"), ("centroid_row", "MOM_CENTR2")):
            np.testing.assert_allclose(ours[axis], rows[column], rtol=0, atol=1e-6)


@real_files
@few
@given(**masks)
def test_any_mask_gives_what_lightkurve_gives(data_file, name, seed, share):
    path = data_file(name)
    tpf, flux, error, *_ = read(path)
    theirs = read_lightkurve(path)
    kept = theirs.quality_mask
    mask = draw_mask(flux.shape[1:], seed, share)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = theirs.to_lightcurve(aperture_mask=mask)
    ours = aperture_photometry(tpf, mask).isel(time=kept)
    assert len(reference) == ours.sizes["time"]
    # lightkurve adds up in float32: the rounding grows with the pixels' sizes and their number
    size = np.nansum(np.abs(flux[kept][:, mask]), axis=1)
    rounding = 2**-23 * max(8, mask.sum() ** 0.5) * size
    expected = np.asarray(reference.flux.value, dtype=float)
    np.testing.assert_array_equal(np.isnan(ours["flux"]), np.isnan(expected))
    known = np.isfinite(expected)
    assert (np.abs(ours["flux"].values - expected)[known] <= rounding[known]).all()
    np.testing.assert_allclose(
        ours["flux_err"].values[known], reference.flux_err.value[known], rtol=1e-5
    )
    noise = np.where(np.isfinite(ours["flux_err"]), ours["flux_err"], np.sqrt(size))
    bright = known & (expected > 10 * noise)
    for axis in ("centroid_row", "centroid_col"):
        np.testing.assert_allclose(
            ours[axis].values[bright], reference[axis].value[bright], rtol=0, atol=2e-3
        )


@real_files
@few
@given(**masks, with_background=st.booleans())
def test_any_masks_give_what_plain_numpy_gives(data_file, name, seed, share, with_background):
    tpf, flux, error, row0, col0 = read(data_file(name))
    mask = draw_mask(flux.shape[1:], seed, share)
    background = draw_mask(flux.shape[1:], seed + 1, 0.3) if with_background else None
    cadences = slice(None, None, max(1, len(flux) // 150))
    ours = aperture_photometry(tpf, mask, background=background).isel(time=cadences)
    expected = expect(flux[cadences], error[cadences], mask, row0, col0, background)
    for values, axis in zip(
        expected, ("flux", "flux_err", "centroid_row", "centroid_col"), strict=True
    ):
        scale = np.nansum(np.abs(flux[cadences][:, mask]), axis=1)
        tolerance = 1e-9 * (scale if axis == "flux" else 1 + np.nan_to_num(np.abs(values)))
        if axis.startswith("centroid"):  # a sum near 0 amplifies the rounding of its pixels
            with np.errstate(divide="ignore", invalid="ignore"):
                tolerance = tolerance * np.maximum(1, scale / np.abs(expected[0]))
        np.testing.assert_array_equal(np.isnan(ours[axis]), np.isnan(values))
        known = np.isfinite(values)
        assert (np.abs(ours[axis].values - values)[known] <= tolerance[known]).all(), axis


@real_files
def test_a_cube_still_on_disk_gives_the_same(data_file, name):
    path = data_file(name)
    tpf, flux, *_ = read(path)
    mask = draw_mask(flux.shape[1:], 5, 0.4)
    background = ~mask if not mask.all() else None
    ours = aperture_photometry(open_tpf(path), mask, background=background)
    loaded = aperture_photometry(tpf, mask, background=background)
    for axis in ("flux", "flux_err", "centroid_row", "centroid_col"):
        np.testing.assert_allclose(ours[axis], loaded[axis], rtol=1e-12)


def test_frames_that_are_all_zero_carry_no_data(data_file):
    path = data_file("ktwo221312395-c91_lpd-targ.fits.gz")
    tpf, flux, *_ = read(path)
    empty = (np.nan_to_num(flux) == 0).all(axis=(1, 2)) & np.isfinite(flux).any(axis=(1, 2))
    assert empty.sum() == 3
    ours = aperture_photometry(tpf, np.ones(flux.shape[1:], dtype=bool))
    for axis in ("flux", "flux_err", "centroid_row", "centroid_col"):
        assert np.isnan(ours[axis].values[empty]).all()
    assert np.isfinite(ours["flux"].values[~empty & np.isfinite(flux).any(axis=(1, 2))]).all()


@real_files
def test_every_cadence_is_kept(data_file, name):
    path = data_file(name)
    with fits.open(path, memmap=False) as hdus:
        rows = hdus[1].data
        ours = aperture_photometry(open_tpf(path), np.ones(rows["FLUX"].shape[1:], dtype=bool))
        assert ours.sizes == {"time": len(rows)}
        np.testing.assert_array_equal(ours["time"], rows["TIME"])
        np.testing.assert_array_equal(ours["quality"], rows["QUALITY"])
