"""The pixels' light curves in few points, against plain loops over the cube."""

import dask.array
import numpy as np
import pytest
import xarray as xr

from tpfdash.simulate import Eclipse, Star, simulate_tpf
from tpfdash.stamp import blocks
from tpfdash.timeseries.pixel_grid import COLUMNS, pixel_grid

N = 3000
PART = (1, 2, 3, 4)


@pytest.fixture(scope="module")
def tpf():
    """A flat star with noise, a cosmic ray, a lost stretch and a pixel without data."""
    tpf = simulate_tpf(
        "TESS",
        n_cadences=N,
        shape=(5, 7),
        stars=[Star(2.0, 3.0, magnitude=10)],
        events=[Eclipse(0, 50.0, 1683.6, 0.1, 0.2)],
        gaps=[(1500, 1800)],
        seed=8,
    )
    tpf["flux"].values[700, 2, 3] += 1e6
    tpf["flux"].values[900, 2, 3] = np.inf
    tpf["flux"].values[:, 1, 2] = np.nan
    return tpf


def everything(tpf):
    time = tpf["time"].values
    return np.nanmin(time), np.nanmax(time)


def by_hand(tpf, kept, row, col, points):
    """(lowest, highest) flux of a pixel in each of the stretches that hold a cadence."""
    time, flux = tpf["time"].values[kept], tpf["flux"].values[kept, row, col].astype(float)
    edges = np.linspace(time.min(), time.max(), COLUMNS + 1)
    low, high = [], []
    for k in range(COLUMNS):
        last = k == COLUMNS - 1
        here = (time >= edges[k]) & ((time < edges[k + 1]) | last)
        if here.any():
            values = flux[here][np.isfinite(flux[here])]
            low.append(values.min() if values.size else np.nan)
            high.append(values.max() if values.size else np.nan)
    assert len(low) == points
    return low, high


@pytest.mark.parametrize("read", ["in memory", "in small blocks", "lazily"])
def test_lowest_and_highest_of_each_stretch_of_time(tpf, read, monkeypatch):
    if read == "in small blocks":
        monkeypatch.setattr(blocks, "_IN_MEMORY", 12 * 4 * 100)
    if read == "lazily":
        tpf = tpf.assign(flux=tpf["flux"].copy(data=dask.array.from_array(tpf["flux"].values)))
    kept = np.isfinite(tpf["time"].values)
    kept[100:130] = False
    grid = pixel_grid(tpf, PART, everything(tpf), kept)
    assert grid.cadences == kept.sum() and grid.low.shape == (3, 4, grid.time.size)
    for row in range(3):
        for col in range(4):
            low, high = by_hand(tpf, kept, row + PART[0], col + PART[1], grid.time.size)
            np.testing.assert_allclose(grid.low[row, col], low, rtol=1e-6)
            np.testing.assert_allclose(grid.high[row, col], high, rtol=1e-6)


def test_a_gap_breaks_the_curve(tpf):
    kept = np.isfinite(tpf["time"].values)
    grid = pixel_grid(tpf, PART, everything(tpf), kept)
    (gap,) = grid.breaks
    lost = tpf["time"].values[[1499, 1800]]
    assert grid.time[gap] < lost.mean() < grid.time[gap + 1]


def test_few_cadences_are_told_one_by_one(tpf):
    time = tpf["time"].values
    grid = pixel_grid(tpf, PART, (time[200], time[299]), np.isfinite(time))
    np.testing.assert_array_equal(grid.time, time[200:300])
    np.testing.assert_array_equal(grid.low, grid.high)
    pixels = tpf["flux"].values[200:300, 1:4, 2:6].transpose(1, 2, 0)
    np.testing.assert_array_equal(grid.low, pixels)


def test_cadences_out_of_order_are_put_in_order():
    tpf = simulate_tpf("Kepler", n_cadences=40, shape=(3, 3), seed=1)
    turned = tpf.isel(time=np.r_[20:40, :20])
    kept = np.ones(40, dtype=bool)
    one = pixel_grid(tpf, (0, 0, 3, 3), everything(tpf), kept)
    other = pixel_grid(turned, (0, 0, 3, 3), everything(tpf), kept)
    np.testing.assert_array_equal(one.low, other.low)
    np.testing.assert_array_equal(one.time, other.time)


def test_the_scale_fits_the_star_and_its_event_and_no_cosmic_ray(tpf):
    kept = np.isfinite(tpf["time"].values)
    grid = pixel_grid(tpf, PART, everything(tpf), kept)
    flux = tpf["flux"].values[:, 2, 3]
    usual = np.delete(flux[kept], [700, 900])
    floor, ceiling = grid.floor[1, 1], grid.ceiling[1, 1]
    assert floor < usual.min() and usual.max() * 0.99 < ceiling < usual.max() * 1.2
    assert np.isnan(grid.floor[0, 0]) and np.isnan(grid.low[0, 0]).all()
    assert grid.reach == np.nanmax(grid.ceiling - grid.floor)


def test_what_is_in_the_event_is_shown_and_counts_though_it_is_flagged(tpf):
    kept = np.isfinite(tpf["time"].values)
    kept[700] = False
    held = np.zeros(N, dtype=bool)
    without = pixel_grid(tpf, PART, everything(tpf), kept, held)
    assert without.ceiling[1, 1] < 1e6 and without.high[1, 1].max() < 1e6
    held[700] = True
    grid = pixel_grid(tpf, PART, everything(tpf), kept, held)
    assert grid.ceiling[1, 1] > 1e6 and grid.cadences == without.cadences + 1


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_next_to_nothing(tpf, n):
    kept = np.zeros(N, dtype=bool)
    kept[10 : 10 + n] = True
    grid = pixel_grid(tpf, PART, everything(tpf), kept)
    assert grid.cadences == grid.time.size == n and grid.low.shape == (3, 4, n)
    known = np.isfinite(grid.floor)
    assert known.sum() == (11 if n else 0) and (grid.floor < grid.ceiling)[known].all()
    assert np.isfinite(grid.reach) == (n > 0)


def test_flat_light_has_a_scale():
    flux = xr.DataArray(np.full((50, 2, 2), 7.0, np.float32), dims=("time", "row", "col"))
    tpf = simulate_tpf("K2", n_cadences=50, shape=(2, 2), seed=1).assign(flux=flux)
    grid = pixel_grid(tpf, (0, 0, 2, 2), everything(tpf), np.ones(50, dtype=bool))
    assert (grid.floor < 7).all() and (grid.ceiling > 7).all()
