"""The colours and shapes of the points: told apart on a light and on a dark page."""

import itertools

import holoviews as hv
import numpy as np
import pytest

from tpfdash.views import kinds
from tpfdash.views.kinds import Kind, code_image, glyph_options, point_size, raster_palette
from tpfdash.views.lightcurve import CURVE_KINDS
from tpfdash.views.panels import _LOOKS

PAGES = ["#ffffff", "#121212", "#1e1e1e"]
ALL = [*CURVE_KINDS, *(Kind("", *look) for look in _LOOKS)]


def rgb(color):
    return np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def luminance(color):
    """As WCAG 2 defines it."""
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", PAGES)
def test_every_colour_and_shade_stands_out_from_the_page(page):
    for color in (kinds.EDGE_COLOR, kinds.CADENCE_COLOR, *(kind.color for kind in ALL)):
        assert contrast(rgb(color), rgb(page)) >= 3, color
    for kind in ALL:
        for shade in raster_palette([kind])[1:-1]:
            alpha = int(shade[7:], 16) / 255
            seen = alpha * rgb(shade) + (1 - alpha) * rgb(page)
            assert contrast(seen, rgb(page)) >= 3, (kind, shade)


def test_kinds_differ_by_shape_too():
    for looks in (CURVE_KINDS, ALL[len(CURVE_KINDS) :]):
        shapes = [
            (glyph_options(kind, 5)["marker"], glyph_options(kind, 5)["fill_color"] is None)
            for kind in looks
        ]
        assert all(one != other for one, other in itertools.combinations(shapes, 2))


def test_points_are_larger_where_they_are_few():
    sizes = [point_size(n) for n in (0, 100, 300, 1000, 2000, 10**6)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == sizes[1] == 7 and sizes[-1] == sizes[-2] == 3


@pytest.mark.parametrize(
    "x_range, y_range",
    [
        ((131.5, 165.0), (34000.0, 35600.0)),
        ((0.0, 1e8), (0.0, 1e12)),
        ((-17.8, 1700.2), (-0.0176, 1.06e16)),
        ((-51090.85, 5160175.8), (-6.0, 3.35e31)),
        ((2457000.0, 2457000.001), (1e-7, 2e-7)),
    ],
)
@pytest.mark.parametrize("shape", [(1, 1), (128, 500)])
def test_an_image_of_codes_lies_where_it_should(x_range, y_range, shape):
    codes = np.zeros(shape, np.uint8)
    codes[0, -1] = 7  # below, on the right
    figure = hv.render(code_image(codes, x_range, y_range))
    source = figure.renderers[0].data_source.data
    (image,), (x,), (y,) = source["image"], source["x"], source["y"]
    width, height = x_range[1] - x_range[0], y_range[1] - y_range[0]
    assert np.array_equal(image, codes)
    assert np.allclose([x, source["dw"][0]], [x_range[0], width], rtol=1e-9, atol=1e-9 * width)
    assert np.allclose([y, source["dh"][0]], [y_range[0], height], rtol=1e-9, atol=1e-9 * height)
