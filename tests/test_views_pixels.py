"""The postage stamp as a Bokeh figure: what is drawn where, and what the colour bar says of it."""

import holoviews as hv
import numpy as np
import pytest
from bokeh.models import Arrow, ColorBar, Image, Scatter

from tpfdash import photometry
from tpfdash.diagnosis.diagnose import Diagnosis
from tpfdash.diagnosis.verdict import VERDICTS
from tpfdash.inspector import Inspector
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.stretch import SCALES, shades
from tpfdash.views.pixels import OUTLINES, PixelView, drawn_marks
from tpfdash.views.stamp import HALO_COLOR, palette

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
    marks = [one for one in shown(tpf).renderers if isinstance(one.glyph, Scatter)]
    away = Inspector(tpf, cadence=3).ride
    assert [one.glyph.line_color for one in marks] == [HALO_COLOR, "white"]
    for one in marks:
        data = one.data_source.data
        assert one.glyph.marker == "cross"
        assert data["row"][0] == pytest.approx(ROW + 2.25 + away[0], abs=1e-4)
        assert data["col"][0] == pytest.approx(COL + 3.75 + away[1], abs=1e-4)


@pytest.mark.parametrize("scale", SCALES)
def test_the_colour_bar_says_which_values_have_its_colours(tpf, scale):
    (bar,) = shown(tpf, scale=scale, limits=(0, 1000)).select({"type": ColorBar})
    assert bar.orientation == "horizontal" and bar.title == "Flux (e⁻/s)"
    labels = bar.major_label_overrides
    assert sorted(labels) == bar.ticker.ticks and len(labels) >= 4
    values = np.array([float(labels[tick].replace(",", "")) for tick in bar.ticker.ticks])
    assert (values[0], values[-1]) == (0, 1000)
    np.testing.assert_allclose(
        shades(values, (0, 1000), SCALES[scale]), bar.ticker.ticks, atol=1e-6
    )


def test_the_colour_bar_keeps_up(tpf):
    view = PixelView(Inspector(tpf, cadence=3, scale="linear", limits=(0, 100)))
    (bar,) = hv.renderer("bokeh").get_plot(view.plot).state.select({"type": ColorBar})
    assert list(bar.major_label_overrides.values()) == ["0", "20", "40", "60", "80", "100"]
    view.inspector.limits = (-3, 3)
    assert list(bar.major_label_overrides.values()) == ["−2", "0", "2"]


def test_a_residual_is_drawn_in_colours_that_go_both_ways(tpf):
    figure = shown(tpf, column="residual")
    (renderer,) = (one for one in figure.renderers if isinstance(one.glyph, Image))
    assert list(renderer.glyph.color_mapper.palette) == list(palette("coolwarm"))
    image = renderer.data_source.data["image"][0]
    assert image.shape == SHAPE and np.isfinite(image).all()


def outlines(figure, color):
    """(halo, line) of what is outlined in a colour: each an Arrow of its own on one source."""
    arrows = figure.select({"type": Arrow})
    (line,) = (one for one in arrows if one.line_color == color)
    (halo,) = (one for one in arrows if one.source is line.source and one is not line)
    return halo, line


def test_outlines_stand_out_from_every_colour(tpf):
    """On the canvas above the image, each on a wider dark line; told apart by their dashes too."""
    figure = shown(tpf, background=np.eye(4, 6, dtype=bool))
    dashes = []
    for style in OUTLINES.values():
        halo, line = outlines(figure, style.color)
        assert halo.level == line.level == "overlay"
        assert halo.line_color == HALO_COLOR and halo.line_width > line.line_width
        assert contrast(style.color, HALO_COLOR) > 4.5
        dashes.append((tuple(line.line_dash), line.line_width))
    assert len(set(dashes)) == len(dashes)


def contrast(one, other):
    """As the WCAG works it out."""

    def luminance(color):
        parts = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        parts = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return parts @ [0.2126, 0.7152, 0.0722]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_an_events_place_and_its_error_are_drawn_on_the_stamp(tpf):
    view = PixelView(Inspector(tpf, cadence=3))
    figure = hv.renderer("bokeh").get_plot(view.plot).state
    _, line = outlines(figure, OUTLINES["event"].color)

    def found(position, covariance=((0.09, 0.0), (0.0, 0.01))):
        shares = dict.fromkeys(VERDICTS, 0.0) | {"neighbour": 1.0}
        return Diagnosis("neighbour", shares, position=position, covariance=covariance)

    assert not line.source.data["x0"] and "event" not in drawn_marks(view.inspector)
    view.inspector.answer = found((ROW + 1.5, COL + 2.0))
    data = {name: np.array(line.source.data[name]) for name in ("x0", "y0", "x1", "y1")}
    arms, ellipse = slice(0, 2), slice(2, None)
    for ends in ("x0", "x1"):
        assert data[ends][arms].mean() == pytest.approx(COL + 2.0)
    assert np.ptp(data["x0"][ellipse]) / 2 == pytest.approx(0.1, rel=0.02)
    assert np.ptp(data["y0"][ellipse]) / 2 == pytest.approx(0.3, rel=0.02)
    assert data["y0"][ellipse].mean() == pytest.approx(ROW + 1.5, abs=0.01)
    assert "event" in drawn_marks(view.inspector)
    view.inspector.answer = found((ROW + 1.5, COL + 2.0), None)  # its error is not known
    assert len(line.source.data["x0"]) == 2
    for nowhere in (found(None), found((ROW - 9.0, COL)), None):
        view.inspector.answer = nowhere
        assert not line.source.data["x0"] and "event" not in drawn_marks(view.inspector)


def test_the_pixel_pointed_at_is_framed(tpf):
    view = PixelView(Inspector(tpf, cadence=3))
    figure = hv.renderer("bokeh").get_plot(view.plot).state
    _, line = outlines(figure, OUTLINES["pointed"].color)
    assert not line.source.data["x0"]
    view.inspector.pointed = (ROW + 1, COL + 4)
    data = line.source.data
    xs, ys = {*data["x0"], *data["x1"]}, {*data["y0"], *data["y1"]}
    assert len(data["x0"]) == 4 and len(xs) == len(ys) == 2
    assert COL + 3.5 < min(xs) < max(xs) < COL + 4.5 and ROW + 0.5 < min(ys) < max(ys) < ROW + 1.5
    view.inspector.pointed = None
    assert not line.source.data["x0"]


@pytest.mark.parametrize(
    ("start", "end", "pixels"),
    [
        ((0.4, 0.4), (2.4, 1.4), np.s_[0:2, 0:3]),  # whose centres are not all in the box
        ((4.6, 3.4), (1.6, 2.3), np.s_[2:4, 2:6]),  # from the far corner
        ((2.1, 1.1), (2.3, 1.4), np.s_[1:2, 2:3]),  # within one pixel
        ((1.8, 1.8), (2.2, 2.2), np.s_[2:3, 2:3]),
        ((-3, 0.6), (0.4, 9), np.s_[1:4, 0:1]),  # beyond the stamp
    ],
)
def test_a_box_takes_from_the_pixel_pressed_to_the_one_released(tpf, start, end, pixels):
    view = PixelView(Inspector(tpf))
    x0, x1 = sorted((COL + start[0], COL + end[0]))
    y0, y1 = sorted((ROW + start[1], ROW + end[1]))
    view._box((x0, y0, x1, y1), shift=False)
    expected = np.zeros(SHAPE, dtype=bool)
    expected[pixels] = True
    np.testing.assert_array_equal(view.inspector.aperture, expected)


def test_the_mouse_over_the_stamp_works_out_no_light_curve(tpf, monkeypatch):
    """With a million cadences that takes seconds, at each click that follows."""
    view = PixelView(Inspector(tpf))
    view.inspector.toggle(ROW + 1, COL + 1)

    def worked_out(*arguments, **wanted):
        raise AssertionError("the whole light curve was asked for")

    monkeypatch.setattr(photometry, "aperture_photometry", worked_out)
    view._hover(x=COL + 2.0, y=ROW + 1.0)
    assert view.inspector.pointed == (ROW + 1, COL + 2)
    view._leave(x=None, y=None)
    assert view.inspector.pointed is None
