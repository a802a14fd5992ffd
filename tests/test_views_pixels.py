"""The postage stamp as a Bokeh figure: what is drawn where, and what the colour bar says of it."""

import holoviews as hv
import numpy as np
import pytest
from bokeh.models import ColorBar, Image, Scatter

from tpfdash.inspector import Inspector
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.views.pixels import PixelView

ROW, COL = 884, 600
SHAPE = (4, 6)


@pytest.fixture
def tpf():
    """In cadence 3 every pixel has a value of its own, from 0 to 46."""
    tpf = simulate_tpf(
        "TESS",
        n_cadences=20,
        shape=SHAPE,
        corner=(ROW, COL),
        stars=[Star(2.25, 3.75, magnitude=10)],
    )
    row, col = np.indices(SHAPE)
    tpf["flux"].values[3] = 12 * row + 2 * col
    return tpf


def shown(tpf, **params):
    """The Bokeh figure at cadence 3."""
    view = PixelView(Inspector(tpf, cadence=3, **params))
    return hv.renderer("bokeh").get_plot(view.plot).state


def test_each_pixel_is_drawn_at_its_place_on_the_detector(tpf):
    figure = shown(tpf, scale="linear", limits=(0, 100))
    (renderer,) = (one for one in figure.renderers if isinstance(one.glyph, Image))
    data = renderer.data_source.data
    image = data["image"][0]
    assert image.shape == SHAPE
    assert (data["x"][0], data["y"][0]) == (COL - 0.5, ROW - 0.5)
    assert (data["dw"][0], data["dh"][0]) == (SHAPE[1], SHAPE[0])
    assert figure.y_range.start < figure.y_range.end
    # Bokeh puts the array's row 0 at `y`, the bottom.
    for i, j in np.ndindex(SHAPE):
        assert image[i, j] == pytest.approx((12 * i + 2 * j) / 100, abs=1e-6)


def test_the_target_is_marked_where_its_star_is(tpf):
    (renderer,) = (one for one in shown(tpf).renderers if isinstance(one.glyph, Scatter))
    data = renderer.data_source.data
    assert renderer.glyph.marker == "cross"
    assert data["row"][0] == pytest.approx(ROW + 2.25, abs=1e-4)
    assert data["col"][0] == pytest.approx(COL + 3.75, abs=1e-4)


# The values that have the shades 0, 0.2 ... 1 of limits from 0 to 1000, worked out by hand: of
# sqrt 1000 y^2, of log (1001^y - 1), of asinh 100 sinh(y asinh 10).
LABELS = {
    "linear": [0, 200, 400, 600, 800, 1000],
    "sqrt": [0, 40, 160, 360, 640, 1000],
    "log": [0, 2.982, 14.855, 62.134, 250.39, 1000],
    "asinh": [0, 63.623, 150.82, 293.89, 545.83, 1000],
}


@pytest.mark.parametrize("scale", LABELS)
def test_the_colour_bar_says_which_values_have_its_colours(tpf, scale):
    (bar,) = shown(tpf, scale=scale, limits=(0, 1000)).select({"type": ColorBar})
    labels = {
        float(tick): float(text.replace(",", ""))
        for tick, text in bar.major_label_overrides.items()
    }
    assert sorted(labels) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    found = [labels[tick] for tick in sorted(labels)]
    assert found == pytest.approx(LABELS[scale], rel=0.005, abs=0.5)
