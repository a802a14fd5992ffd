"""The grid of pixels' light curves as it is drawn: one line, tint, borders, and its gestures."""

import holoviews as hv
import numpy as np
import panel as pn
import pytest
from bokeh.document import Document
from eventparts import TRANSIT, two_stars

from tpfdash.inspector import Inspector
from tpfdash.stamp.geometry import corner
from tpfdash.timeseries.pixel_grid import pixel_grid
from tpfdash.views.asking import Asking
from tpfdash.views.grid import GridView, curve_lines, fullest, tint

hv.extension("bokeh")


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


@pytest.fixture
def inspector(tpf):
    made = Inspector(tpf)
    Asking(made)
    return made


@pytest.fixture
def view(inspector):
    made = GridView(inspector)
    made.root = pn.pane.HoloViews(made.plot).get_root(Document())
    return made


def sources(view, kind="sources"):
    (plots,) = view._figures.pages()
    return {name: dict(source.data) for name, source in plots["tint"].handles[kind].items()}


def curves_of(lines):
    """The pieces of a line between its gaps: list of (x, y)."""
    broken = np.flatnonzero(np.isnan(lines["y"]))
    return [
        (x[np.isfinite(y)], y[np.isfinite(y)])
        for x, y in zip(np.split(lines["x"], broken), np.split(lines["y"], broken), strict=True)
        if np.isfinite(y).any()
    ]


def test_each_curve_is_in_its_cell_and_says_its_pixels_flux(tpf):
    time = tpf["time"].values
    grid = pixel_grid(tpf, (1, 2, 2, 3), (time[10], time[49]), np.isfinite(time))
    pieces = curves_of(curve_lines(grid, 702.0, 201.0))
    assert len(pieces) == 6
    for number, (x, y) in enumerate(pieces):
        row, col = divmod(number, 3)
        assert np.abs(x - 702 - col).max() <= 0.46 + 1e-9
        assert np.abs(y - 201 - row).max() <= 0.42 + 1e-9
        flux = tpf["flux"].values[10:50, row + 1, col + 2].astype(float)
        floor, ceiling = grid.floor[row, col], grid.ceiling[row, col]
        expected = np.clip((flux - floor) / (ceiling - floor) - 0.5, -0.5, 0.5) * 0.84
        np.testing.assert_allclose(y[::2] - 201 - row, expected, atol=1e-6)
        np.testing.assert_allclose(x[::2] - 702 - col, np.linspace(-0.46, 0.46, 40), atol=1e-4)


def test_on_one_scale_a_flux_is_as_high_in_every_cell(tpf):
    time = tpf["time"].values
    grid = pixel_grid(tpf, (0, 0, 4, 4), (time[10], time[49]), np.isfinite(time))
    pieces = curves_of(curve_lines(grid, 0.0, 0.0, grid.reach))
    for number, (_, y) in enumerate(pieces):
        row, col = divmod(number, 4)
        flux = tpf["flux"].values[10:50, row, col].astype(float)
        middle = (grid.floor[row, col] + grid.ceiling[row, col]) / 2
        np.testing.assert_allclose(y[::2] - row, (flux - middle) / grid.reach * 0.84, atol=1e-5)


def test_long_curves_go_up_and_down_and_break_at_gaps(tpf):
    time, kept = tpf["time"].values, np.isfinite(tpf["time"].values)
    kept[150:250] = False
    grid = pixel_grid(tpf, (3, 3, 1, 1), (np.nanmin(time), np.nanmax(time)), kept)
    pieces = curves_of(curve_lines(grid, 0.0, 0.0))
    assert len(pieces) == 2 and sum(x.size for x, _ in pieces) == 2 * grid.time.size
    y = np.concatenate([y for _, y in pieces]) / 0.84 + 0.5
    flux = y * (grid.ceiling - grid.floor) + grid.floor
    inside = (grid.low[0, 0] > grid.floor) & (grid.high[0, 0] < grid.ceiling)
    both = np.sort(flux.reshape(-1, 2)[inside.ravel()], axis=1)
    np.testing.assert_allclose(both[:, 0], grid.low[0, 0][inside.ravel()], rtol=1e-5)
    np.testing.assert_allclose(both[:, 1], grid.high[0, 0][inside.ravel()], rtol=1e-5)


def test_the_tint_is_the_events_snr_in_each_pixel(inspector, view):
    assert np.isnan(sources(view)["tint"]["image"][0]).all()
    assert sources(view)["windows"]["left"] == []
    inspector.window = TRANSIT
    snr = inspector.answer.difference.snr
    drawn = sources(view)["tint"]["image"][0]
    np.testing.assert_allclose(drawn * fullest(inspector), snr)
    assert np.nanmax(np.abs(drawn)) == pytest.approx(1)
    np.testing.assert_array_equal(tint(inspector, (1, 2, 2, 3)), drawn[1:3, 2:5])
    assert len(sources(view)["windows"]["left"]) == snr.shape[1]  # one in each column of cells
    inspector.window = None
    assert np.isnan(sources(view)["tint"]["image"][0]).all()


def test_an_edited_mask_draws_its_border_and_no_curve(inspector, view):
    inspector.window = TRANSIT
    before, borders = sources(view), sources(view, "outlines")
    row, col = corner(inspector.tpf)
    view._click(col, row, False)
    assert inspector.aperture[0, 0]
    after = sources(view)
    assert all(after["curves"][name] is before["curves"][name] for name in "xy")
    assert sources(view, "outlines")["aperture"] != borders["aperture"]
    view._click(col, row, False)
    assert sources(view, "outlines") == borders
    inspector.editing = "background"
    view._click(col + 1, row + 2, False)
    assert inspector.background[2, 1] and inspector.background.sum() == 1


def test_the_mouse_points_at_a_pixel_and_beside_the_cells_at_none(inspector, view):
    row, col = corner(inspector.tpf)
    rows, cols = inspector.aperture.shape
    view._hover(col + 1.4, row + 0.4)
    assert inspector.pointed == (row, col + 1)
    for x, y in ((col - 0.6, row), (col, row + rows - 0.4), (col + cols, row)):
        before = inspector.aperture
        view._hover(x, y)
        view._click(x, y, False)
        assert inspector.pointed is None and inspector.aperture is before
    for edge in (0, 1):  # between two cells, one of which has an even number
        view._hover(col + edge - 0.5, row + edge - 0.5)
        assert inspector.pointed == (row + edge, col + edge)
    view._leave(col, row)
    assert inspector.pointed is None


def test_another_time_another_scale_and_a_zoom_draw_other_curves(inspector, view):
    drawn = [sources(view)["curves"]["y"]]
    time = inspector.time
    for change in (
        {"time_range": (time[10], time[60])},
        {"grid_scale": "same"},
        {"grid_time": "all"},
        {"window": TRANSIT, "grid_time": "window"},
    ):
        inspector.change(**change)
        drawn.append(sources(view)["curves"]["y"])
        assert not np.array_equal(drawn[-1], drawn[-2], equal_nan=True)


def test_a_figure_that_is_made_later_shows_the_same(inspector, view):
    inspector.change(window=TRANSIT, grid_scale="same")
    other = GridView(inspector)
    figure = pn.pane.HoloViews(other.plot).get_root(Document()).children[0]
    one, two = sources(view), sources(other)
    for name, columns in one.items():
        for key, values in columns.items():
            np.testing.assert_array_equal(np.asarray(values), np.asarray(two[name][key]))
    assert figure.y_range.end > figure.y_range.start  # rows go up, as on the stamp
    assert sources(view, "outlines") == sources(other, "outlines")
