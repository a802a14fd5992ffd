"""The three images of a difference as Bokeh figures: what is drawn where on the detector."""

import holoviews as hv
import numpy as np
import pytest
from bokeh.models import Image, Scatter
from bokeh.plotting import figure as Figure

from tpfdash.inspector import Inspector
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.views.difference import DIFFERENCE_COLOR, OUTSIDE_COLOR, DifferenceView

ROW, COL = 300, 700
SHAPE = (5, 7)
#: Where the star is, where light is missing in the window, and by how much: indices, e-/s.
STAR, DIP, DEPTH = (1, 5), (3, 2), 80.0
TITLES = ["out of the window", "difference: out − in", "S/N of the difference"]


@pytest.fixture(scope="module")
def tpf():
    """Every pixel has a value of its own, and a noise of 1 e-/s that cancels in even numbers."""
    tpf = simulate_tpf(
        "Kepler",
        n_cadences=160,
        shape=SHAPE,
        corner=(ROW, COL),
        stars=[Star(*STAR, magnitude=12)],
        noise=False,
    )
    flux = np.broadcast_to(level(), (160, *SHAPE)) + np.resize([1.0, -1.0], 160)[:, None, None]
    flux[70:90, *DIP] -= DEPTH
    tpf["flux"].values[:] = flux
    return tpf


def level():
    row, col = np.indices(SHAPE)
    level = 10.0 * row + col
    level[STAR] = 1000
    return level


@pytest.fixture(scope="module")
def figures(tpf):
    """Title -> Bokeh figure."""
    inspector = Inspector(tpf, window=(tpf["time"].values[70], tpf["time"].values[89]))
    inspector.select(ROW + 2, COL + 4)
    layout = DifferenceView(inspector).layout(inspector.difference())
    page = hv.renderer("bokeh").get_plot(layout).state
    return {one.title.text: one for one in page.select({"type": Figure})}


def drawn(figure):
    """{(detector row, column): value} of the image, from where Bokeh puts its cells.

    Bokeh puts the array's row 0 at `y`, and what follows above it.
    """
    (renderer,) = (one for one in figure.renderers if isinstance(one.glyph, Image))
    data = renderer.data_source.data
    image = data["image"][0]
    rows, cols = image.shape
    height, width = data["dh"][0] / rows, data["dw"][0] / cols
    return {
        (data["y"][0] + (i + 0.5) * height, data["x"][0] + (j + 0.5) * width): image[i, j]
        for i, j in np.ndindex(image.shape)
    }


def on_detector(image):
    return {(ROW + i, COL + j): image[i, j] for i, j in np.ndindex(SHAPE)}


def test_each_pixel_is_drawn_at_its_place_on_the_detector(figures):
    assert sorted(figures) == sorted(TITLES)
    missing = np.zeros(SHAPE)
    missing[DIP] = DEPTH
    # Steps of 2 e-/s: a variance of 2, on means of 20 cadences and of twice 20.
    snr = missing / np.sqrt(2 * (1 / 20 + 2 / 20 / 4))
    for title, expected in zip(TITLES, [level(), missing, snr], strict=True):
        found, expected = drawn(figures[title]), on_detector(expected)
        assert found.keys() == expected.keys(), title
        np.testing.assert_allclose(
            [found[place] for place in expected],
            list(expected.values()),
            rtol=0.02,
            atol=0.01,
            err_msg=title,
        )


def test_rows_go_up_and_the_whole_stamp_is_in_sight(figures):
    for figure in figures.values():
        assert (figure.x_range.start, figure.x_range.end) == (COL - 0.5, COL + 6.5)
        assert (figure.y_range.start, figure.y_range.end) == (ROW - 0.5, ROW + 4.5)


def test_centroids_and_target_are_marked_where_they_are(figures):
    expected = {
        ("circle", OUTSIDE_COLOR): STAR,  # of the image out of the window
        ("x", DIFFERENCE_COLOR): DIP,
        ("cross", "white"): STAR,  # the catalogue position
    }
    for figure in figures.values():
        marks = [one for one in figure.renderers if isinstance(one.glyph, Scatter)]
        found = {
            (one.glyph.marker, one.glyph.line_color): (
                one.data_source.data["row"][0] - ROW,
                one.data_source.data["col"][0] - COL,
            )
            for one in marks
        }
        assert found.keys() == expected.keys()
        for mark, place in expected.items():
            np.testing.assert_allclose(found[mark], place, atol=0.1, err_msg=str(mark))


def test_the_aperture_is_outlined_around_its_pixel(figures):
    for title, figure in figures.items():
        (border,) = (one for one in figure.renderers if "x0" in one.data_source.data)
        data = border.data_source.data
        assert (min(data["x0"]), max(data["x1"])) == (COL + 3.5, COL + 4.5), title
        assert (min(data["y0"]), max(data["y1"])) == (ROW + 1.5, ROW + 2.5), title
