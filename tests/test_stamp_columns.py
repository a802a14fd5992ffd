"""Frames of each column, against the file's own numbers."""

import dask.array
import numpy as np
import pytest
from test_photometry import Counted, make_tpf

from tpfdash.io import open_tpf, write_tpf
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.columns import COLUMNS, available_columns, frame, sample_frames


@pytest.fixture
def tpf():
    rng = np.random.default_rng(3)
    tpf = make_tpf(rng.normal(100, 5, (200, 3, 4)), rng.uniform(1, 2, (200, 3, 4)))
    dims = ("time", "row", "col")
    tpf["flux_bkg"] = dims, rng.normal(50, 5, (200, 3, 4)).astype(np.float32)
    tpf["raw_cnts"] = dims, rng.integers(420_000, 430_000, (200, 3, 4)).astype(np.int32)
    rays = np.full((200, 3, 4), np.nan, dtype=np.float32)
    rays[5, 1, 1] = 1000
    tpf["cosmic_rays"] = dims, rays
    tpf.attrs["raw_counts_offset"] = 419_400
    return tpf


def test_columns_are_those_the_file_can_fill(tpf):
    assert available_columns(tpf) == list(COLUMNS)
    assert available_columns(make_tpf(np.ones((2, 2, 2)))) == ["flux"]
    assert available_columns(make_tpf(np.ones((3, 2, 2)))) == ["flux", "residual"]


def test_columns_are_made_of_the_files_numbers(tpf):
    tpf["raw_cnts"].values[5, 0, 0] = -1
    tpf["flux_err"].values[5, 0, 1:] = 0, np.nan, -1
    at = {name: tpf[name].values[5].astype(float) for name in tpf if tpf[name].ndim == 3}
    raw = at["raw_cnts"] - 419_400
    raw[0, 0] = np.nan
    ratio = at["flux"] / np.where(at["flux_err"] > 0, at["flux_err"], np.nan)
    others = tpf["flux"].values[[0, 1, 2, 3, *range(7, 19)]].astype(float)
    seen = at["flux"] + at["flux_bkg"]
    seen[1, 1] += 1000
    expected = {
        "flux": at["flux"],
        "background": at["flux_bkg"],
        "error": at["flux_err"],
        "raw counts": raw,
        "cosmic rays": at["cosmic_rays"],
        "as seen": seen,
        "S/N": ratio,
        # The others up to 6 h away, but for the nearest neighbours.
        "residual": at["flux"] - np.median(others, axis=0),
    }
    assert set(expected) == set(COLUMNS)
    for name, values in expected.items():
        result = frame(tpf, name, 5)
        assert result.dtype == float
        np.testing.assert_allclose(result, values, err_msg=name)
        np.testing.assert_array_equal(frame(tpf, name, np.array([9, 5]))[1], result)


def test_sample_is_spread_over_the_unflagged_cadences(tpf):
    tpf["quality"].values[::2] = 1
    tpf["flux"].values[99] = 0
    index = np.arange(200.0)
    tpf["flux_bkg"].values[:] = index[:, None, None]
    picked = sample_frames(tpf, "background")[:, 0, 0]
    assert picked.size == 64 and (picked % 2 == 1).all()
    assert picked[0] == 1 and picked[-1] == 199 and np.diff(picked).max() <= 4
    tpf["quality"].values[:] = 1
    assert sample_frames(tpf, "background")[-1, 0, 0] == 199  # all are flagged: all count
    assert sample_frames(tpf, "cosmic rays").shape[1:] == (3, 4)


def test_sample_leaves_out_frames_without_data():
    flux = np.ones((10, 2, 2))
    flux[3], flux[4], flux[5, 0] = 0, np.nan, 0
    assert len(sample_frames(make_tpf(flux), "flux")) == 8


def test_one_frame_of_a_lazy_cube_reads_one_frame(tpf):
    source = Counted(tpf["flux"].values)
    lazy = dask.array.from_array(source, chunks=(50, 3, 4), meta=np.empty(0, np.float32))
    tpf = tpf.assign(flux=(("time", "row", "col"), lazy))
    source.read = 0
    np.testing.assert_array_equal(frame(tpf, "flux", 120), source.values[120])
    assert source.read <= 50 * 12


@pytest.mark.parametrize("chunks", [None, {"time": 50}])
def test_frames_of_a_file_that_was_not_read(tmp_path, chunks):
    eager = simulate_tpf("Kepler", n_cadences=130, shape=(4, 3), gaps=[(20, 30)])
    path = tmp_path / "lazy.fits"
    write_tpf(eager, path)
    lazy = open_tpf(path, chunks=chunks)
    for name in ("flux", "background", "error", "raw counts", "S/N"):
        np.testing.assert_array_equal(frame(lazy, name, 77), frame(eager, name, 77), err_msg=name)
        np.testing.assert_array_equal(frame(lazy, name, 25), np.full((4, 3), np.nan))
        np.testing.assert_array_equal(sample_frames(lazy, name), sample_frames(eager, name))
    assert not lazy["flux"].variable._in_memory
