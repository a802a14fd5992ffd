"""Which pixels and which time the grid of pixels' light curves shows, and how it is moved."""

import numpy as np
import pytest

from tpfdash.inspector import Inspector
from tpfdash.simulate import simulate_tpf


@pytest.fixture(scope="module")
def tpf():
    return simulate_tpf("K2", n_cadences=200, shape=(6, 5), gaps=[(50, 53)], seed=2)


@pytest.fixture(scope="module")
def large():
    return simulate_tpf("K2", n_cadences=30, shape=(40, 12), seed=2)


def first_shown(inspector):
    """Detector pixel of the grid's first cell."""
    row, col, _, _ = inspector.grid_part
    return int(inspector.tpf["row"][row]), int(inspector.tpf["col"][col])


def test_a_small_stamp_is_shown_whole(tpf):
    inspector = Inspector(tpf)
    assert inspector.grid_part == (0, 0, 6, 5)
    inspector.move_grid(3, -2)
    inspector.center_grid()
    assert inspector.grid_part == (0, 0, 6, 5)


def test_of_a_large_one_a_part_around_the_files_aperture(large):
    inspector = Inspector(large)
    row, col, rows, cols = inspector.grid_part
    assert (col, rows, cols) == (0, 15, 12)
    assert inspector.aperture[row : row + rows].sum() == inspector.aperture.sum()
    before = inspector.grid_asked
    inspector.set_aperture("all")
    inspector.toggle(*map(int, (large["row"][0], large["col"][0])))
    assert inspector.grid_asked is before  # an edited mask moves nothing


def test_it_is_moved_no_further_than_the_stamp(large):
    inspector = Inspector(large)
    row, col = first_shown(inspector)
    inspector.move_grid(2, 5)
    assert first_shown(inspector) == inspector.grid_corner == (row + 2, col)
    inspector.move_grid(1000, 0)
    assert inspector.grid_part == (25, 0, 15, 12)
    inspector.move_grid(-1000, 0)
    assert inspector.grid_part == (0, 0, 15, 12)
    mask = np.zeros((40, 12), dtype=bool)
    mask[30, 3] = True
    inspector.aperture = mask
    inspector.center_grid()
    assert inspector.grid_part == (23, 0, 15, 12)


def test_a_corner_near_the_stamps_edge_shows_the_last_part(large):
    corner = int(large["row"][39]), int(large["col"][11])
    assert Inspector(large, grid_corner=corner).grid_part == (25, 0, 15, 12)


def test_the_time_is_all_what_is_in_sight_or_the_window_with_its_sides(tpf):
    time = tpf["time"].values
    everything = np.nanmin(time), np.nanmax(time)
    inspector = Inspector(tpf)
    assert inspector.grid_times == everything
    inspector.time_range = time[20], time[40]
    assert inspector.grid_times == (time[20], time[40])
    inspector.grid_time = "all"
    assert inspector.grid_times == everything
    inspector.grid_time = "window"
    assert inspector.grid_times == (time[20], time[40])  # there is none
    inspector.window = time[100], time[120]
    assert inspector.grid_times == pytest.approx((time[70], time[150]), abs=1e-6)
    inspector.window = time[100], time[100]
    assert inspector.grid_times == pytest.approx((time[94], time[106]), abs=1e-3)


def test_the_curves_are_of_kept_cadences_and_of_all_in_the_window(tpf):
    tpf = tpf.copy(deep=True)
    tpf["quality"].values[:] = 0
    tpf["quality"].values[[10, 30]] = 1 << 15
    time = tpf["time"].values
    inspector = Inspector(tpf, quality_bitmask=1 << 15)
    count = np.isfinite(time).sum()
    assert inspector.grid_asked.answer().cadences == count - 2
    inspector.window = time[28], time[32]
    assert inspector.grid_asked.answer().cadences == count - 1
    assert inspector.grid_asked.answered


def test_a_file_without_times(tpf):
    inspector = Inspector(tpf.assign(time=tpf["time"] * np.nan))
    assert inspector.grid_times == (0, 1) and inspector.grid_asked.answer().cadences == 0
