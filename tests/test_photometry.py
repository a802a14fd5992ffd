"""Photometry against sums written out in plain numpy, cadence by cadence and pixel by pixel."""

import dask.array
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tpfdash.errors import TPFError
from tpfdash.photometry import RunningSum, aperture_photometry
from tpfdash.stamp import sums
from tpfdash.stamp.blocks import median_level, zero_frames

ROW, COL = 512, 37


def make_tpf(flux, flux_err=None, quality=None, **attrs):
    """A Dataset as `open_tpf` gives it, of the arrays given (time, row, col)."""
    flux = np.asarray(flux, dtype=np.float32)
    n, rows, cols = flux.shape
    cubes = {"flux": flux} | ({} if flux_err is None else {"flux_err": np.float32(flux_err)})
    quality = np.zeros(n, dtype=np.int32) if quality is None else quality
    tpf = xr.Dataset(
        {name: (("time", "row", "col"), cube) for name, cube in cubes.items()}
        | {
            "quality": ("time", quality),
            "cadenceno": ("time", np.arange(n) + 1000),
            "aperture": (("row", "col"), np.ones((rows, cols), dtype=np.int32)),
        },
        coords=xr.Coordinates({"time": ("time", 100 + 0.02 * np.arange(n))}, indexes={}),
        attrs={"mission": "Kepler"} | attrs,
    )
    return tpf.assign_coords(row=ROW + np.arange(rows), col=COL + np.arange(cols))


def oracle(tpf, aperture, background=None):
    """flux, flux_err, centroid_row, centroid_col by loops over cadences and pixels."""
    out = np.full((4, tpf.sizes["time"]), np.nan)
    for i, frame in enumerate(tpf["flux"].values.astype(float)):
        finite = np.isfinite(frame)
        if finite.any() and not frame[finite].any():
            continue  # all 0: no data
        if background is not None:
            frame = frame - np.median(frame[background & finite])
        rows, cols = np.nonzero(aperture & finite)
        if not rows.size:
            continue
        values = frame[rows, cols]
        out[0, i] = values.sum()
        if "flux_err" in tpf:
            errors = tpf["flux_err"].values[i][rows, cols].astype(float)
            if np.isfinite(errors).any():
                out[1, i] = np.sqrt(np.nansum(errors**2))
        out[2, i] = ((rows + ROW) * values).sum() / values.sum()
        out[3, i] = ((cols + COL) * values).sum() / values.sum()
    return dict(zip(("flux", "flux_err", "centroid_row", "centroid_col"), out, strict=True))


@pytest.fixture
def tpf():
    """60 cadences of 5x4 with a NaN pixel, a NaN frame, a frame of zeros and a half NaN one."""
    rng = np.random.default_rng(1)
    flux = rng.normal(100, 5, (60, 5, 4))
    flux[:, 4, 0] = np.nan
    flux[7] = np.nan
    flux[9] = np.where(np.isnan(flux[9]), np.nan, 0)
    flux[11, :3] = np.nan
    error = rng.uniform(1, 2, flux.shape)
    error[13] = np.nan
    return make_tpf(flux, error)


@pytest.fixture
def aperture():
    mask = np.zeros((5, 4), dtype=bool)
    mask[1:3, 1:3] = mask[4, 0] = True
    return mask


@pytest.fixture
def background():
    mask = np.zeros((5, 4), dtype=bool)
    mask[[0, 0, 3, 4], [0, 1, 3, 0]] = True
    return mask


def assert_same(lightcurve, expected):
    for name, values in expected.items():
        np.testing.assert_allclose(lightcurve[name].values, values, rtol=1e-12, err_msg=name)


def test_photometry_is_the_sum_over_finite_pixels(tpf, aperture):
    lightcurve = aperture_photometry(tpf, aperture)
    assert_same(lightcurve, oracle(tpf, aperture))
    assert np.flatnonzero(np.isnan(lightcurve["flux"])).tolist() == [7, 9, 11]
    assert np.flatnonzero(np.isnan(lightcurve["flux_err"])).tolist() == [7, 9, 11, 13]


def test_background_is_the_median_of_its_finite_pixels(tpf, aperture, background):
    tpf["flux"].values[20][background] = np.nan  # no finite background: no flux
    lightcurve = aperture_photometry(tpf, aperture, background=background)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning):
        expected = oracle(tpf, aperture, background)
    expected["flux_err"][20] = np.nan
    assert_same(lightcurve, expected)
    assert np.isnan(lightcurve["flux"].values[20])


def test_empty_mask_is_nan_and_an_empty_background_takes_nothing_off(tpf, aperture):
    nothing = np.zeros_like(aperture)
    assert np.isnan(aperture_photometry(tpf, nothing).to_array()[:4]).all()
    assert_same(aperture_photometry(tpf, aperture, background=nothing), oracle(tpf, aperture))


def test_flux_err_is_nan_where_the_file_gives_none(tpf, aperture):
    assert np.isnan(aperture_photometry(tpf.drop_vars("flux_err"), aperture)["flux_err"]).all()


def test_lightcurve_keeps_every_cadence_and_says_where_it_is_from(tpf, aperture, background):
    tpf.attrs["object"] = "KIC 1"
    tpf["time"].values[3] = np.nan
    lightcurve = aperture_photometry(tpf, aperture, background=background)
    assert lightcurve.sizes == {"time": 60}
    assert set(lightcurve.coords) == {"time"} and not lightcurve.indexes
    for name in ("time", "quality", "cadenceno"):
        np.testing.assert_array_equal(lightcurve[name], tpf[name])
    attrs = lightcurve.attrs
    assert attrs["corner"] == (ROW, COL) and attrs["object"] == "KIC 1"
    np.testing.assert_array_equal(attrs["aperture"], aperture)
    np.testing.assert_array_equal(attrs["background"], background)
    assert "aperture" not in tpf.attrs
    assert aperture_photometry(tpf, aperture).attrs["background"] is None


@pytest.mark.parametrize(
    "bad", [np.ones((4, 5), bool), np.full((5, 4), 2), np.full((5, 4), np.nan), "all", None, 1]
)
def test_a_mask_that_is_none_raises(tpf, bad):
    with pytest.raises(TPFError, match="aperture mask"):
        aperture_photometry(tpf, bad)


@pytest.mark.parametrize("layout", ["time last", "chunked in time", "chunked in space"])
def test_any_layout_of_the_cube_gives_the_same(tpf, aperture, background, layout):
    if layout == "time last":
        other = tpf.copy()
        for name in ("flux", "flux_err"):
            base = np.ascontiguousarray(tpf[name].values.transpose(1, 2, 0))
            other[name] = (("time", "row", "col"), base.transpose(2, 0, 1))
    else:
        other = tpf.chunk({"time": 7} if layout == "chunked in time" else {"row": 2, "col": 3})
    expected = aperture_photometry(tpf, aperture, background=background)
    xr.testing.assert_allclose(
        aperture_photometry(other, aperture, background=background).drop_attrs(),
        expected.drop_attrs(),
        rtol=1e-12,
    )
    assert layout == "time last" or other["flux"].chunks  # still lazy


def test_blocks_join_up(tpf, aperture, background, monkeypatch):
    expected = aperture_photometry(tpf, aperture, background=background)
    monkeypatch.setattr("tpfdash.stamp.blocks._IN_MEMORY", 256)
    blocked = aperture_photometry(tpf, aperture, background=background)
    xr.testing.assert_equal(blocked, expected)
    np.testing.assert_array_equal(np.flatnonzero(zero_frames(tpf)), [9])
    running = RunningSum(tpf)
    running.update(aperture)
    level = median_level(tpf, background)
    np.testing.assert_allclose(running.flux(level), expected["flux"], rtol=1e-12)


class Counted:
    """Stands in for a lazy array and counts the values that are read of it."""

    def __init__(self, values):
        self.values, self.read = values, 0
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim

    def __getitem__(self, key):
        part = self.values[key]
        self.read += part.size
        return part


def test_a_lazy_cube_is_read_once(tpf, aperture, background):
    source = Counted(tpf["flux"].values)
    lazy = tpf.assign(
        flux=(("time", "row", "col"), dask.array.from_array(source, chunks=(20, 5, 4), meta=0.0))
    )
    source.read = 0
    aperture_photometry(lazy.drop_vars("flux_err"), aperture, background=background)
    assert source.read == source.values.size


_VALUES = st.one_of(
    st.sampled_from([0.0, np.nan, np.inf, -np.inf, 2.0**100, -(2.0**100), 2.0**-100]),
    st.floats(-1e6, 1e6, width=32),
    st.floats(-(2.0**100), 2.0**100, width=32),
)
_PIXELS = hnp.arrays(np.float32, (6, 3, 3), elements=_VALUES)
_MASKS = hnp.arrays(bool, (3, 3))
_TOGGLES = st.lists(st.integers(0, 8), max_size=2)  # pixels that change


@pytest.fixture(params=["kernel", "numpy", "no contiguous series"])
def way(request, monkeypatch):
    """Each way that a sum is kept up to date; gives what makes the cube fit for it."""
    sums.compile_kernel()
    if request.param == "numpy":
        monkeypatch.setattr(sums, "_compiled", None)
    return (lambda tpf: tpf) if request.param == "no contiguous series" else contiguous


def contiguous(tpf):
    """The same with each pixel's series contiguous, as `open_tpf` has it in memory."""
    series = np.ascontiguousarray(tpf["flux"].values.transpose(1, 2, 0))
    return tpf.assign(flux=(("time", "row", "col"), series.transpose(2, 0, 1)))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_PIXELS, st.lists(_MASKS | _TOGGLES, min_size=1, max_size=12), st.none() | _MASKS)
def test_running_sum_is_aperture_photometrys_whatever_was_added_and_taken_off(
    way, flux, edits, background
):
    tpf = way(make_tpf(flux))
    if background is not None and not background.any():
        background = None
    level = None if background is None else median_level(tpf, background)
    running = RunningSum(tpf)
    for edit in edits:
        mask = edit
        if isinstance(edit, list):
            mask = running.mask.copy()
            mask.flat[edit] ^= True
        running.update(mask)
        expected = aperture_photometry(tpf, mask, background=background)["flux"]
        np.testing.assert_array_equal(running.flux(level), expected)
        np.testing.assert_array_equal(running.mask, mask)


@pytest.mark.parametrize("share", [0.01, 1])
def test_a_huge_pixel_leaves_nothing_behind(share):
    """Where a few cadences have one, and where all have."""
    sums.compile_kernel()
    flux = np.random.default_rng(4).normal(100, 5, (5000, 3, 3))
    flux[: int(share * 5000), 0, 0] = 1e30
    tpf = contiguous(make_tpf(flux))
    mask = np.zeros((3, 3), dtype=bool)
    mask[1:] = True
    running = RunningSum(tpf)
    running.update(mask)
    alone = running.flux()
    for _ in range(2):
        mask[0, 0] ^= True
        running.update(mask)
        np.testing.assert_array_equal(running.flux(), aperture_photometry(tpf, mask)["flux"])
    np.testing.assert_array_equal(running.flux(), alone)
    np.testing.assert_allclose(alone, flux[:, 1:].sum(axis=(1, 2)), rtol=1e-6)


def test_a_toggle_reads_only_the_pixels_that_change(monkeypatch):
    sums.compile_kernel()
    compiled, added = sums.compiled_kernel(), []

    def noting(cube, pixels, *rest):
        added.append(pixels.tolist())
        compiled(cube, pixels, *rest)

    monkeypatch.setattr(sums, "_compiled", noting)
    flux = np.random.default_rng(4).normal(100, 5, (50, 3, 3))
    running = RunningSum(contiguous(make_tpf(flux)))
    mask = np.zeros((3, 3), dtype=bool)
    mask[1:] = True
    running.update(mask)
    added.clear()
    mask[0, 0], mask[2, 2] = True, False
    running.update(mask)
    assert added == [[0], [8]]


def test_a_kernel_that_comes_later_is_used_from_then_on(monkeypatch):
    sums.compile_kernel()
    compiled = sums.compiled_kernel()
    monkeypatch.setattr(sums, "_compiled", None)
    tpf = contiguous(make_tpf(np.random.default_rng(4).normal(100, 5, (50, 3, 3))))
    running = RunningSum(tpf)
    mask = np.ones((3, 3), dtype=bool)
    for pixel in range(4):
        running.update(mask)
        np.testing.assert_array_equal(running.flux(), aperture_photometry(tpf, mask)["flux"])
        mask.flat[pixel] = False
        if pixel == 1:
            monkeypatch.setattr(sums, "_compiled", compiled)
