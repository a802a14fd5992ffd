"""The drawer of the pixels' light curves, in a browser: pointed at, clicked, live."""

import numpy as np
import pytest


@pytest.fixture
def grid(board):
    board.tab("Pixel grid")
    board.until(lambda: "cadences" in board.words("grid-words"), "the curves")
    board.part("grid").scroll_into_view_if_needed()
    board.catches_up()
    return board


def middle(tpf):
    """A pixel in the highest rows of the stamp, which the drawer has in sight."""
    return int(tpf["row"][5]), int(tpf["col"][4])


def test_a_cell_is_pointed_at_and_its_pixel_toggled(grid, tpf):
    (row, col), before = middle(tpf), grid.inspector.aperture
    grid.hover("grid", col + 0.3, row)
    grid.becomes(lambda: grid.inspector.pointed, (row, col))
    grid.until(lambda: f"Row {row}, column {col}" in grid.words("grid-cell"), "its line")
    expected = before.copy()
    expected[5, 4] = ~before[5, 4]
    grid.repaints(lambda: grid.click("grid", col, row), "grid", "pixels", "lightcurve")
    grid.masks_become(aperture=expected)
    grid.repaints(lambda: grid.click("grid", col, row), "grid", "pixels", "lightcurve")
    grid.masks_become(aperture=before)


def test_it_follows_the_stamp_the_zoom_and_its_own_controls(grid, tpf):
    row, col = middle(tpf)
    grid.repaints(lambda: grid.click("pixels", col, row, shift=True), "grid")
    time = tpf["time"].values

    def zoom():
        grid.inspector.time_range = time[60], time[200]

    grid.repaints(lambda: grid.in_session(zoom), "grid")
    grid.until(lambda: f"{time[60]:.3f} to" in grid.words("grid-words"), "the time in sight")
    grid.repaints(lambda: grid.choose("grid-time", "all"), "grid")
    grid.until(lambda: f"{np.nanmin(time):.3f} to" in grid.words("grid-words"), "all of the time")
    grid.repaints(lambda: grid.choose("grid-scale", "same"), "grid")
    assert grid.inspector.grid_scale == "same"
