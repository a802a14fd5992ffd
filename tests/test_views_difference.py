"""The picture of a window as a Bokeh figure: what is drawn where on the detector, and patched."""

import holoviews as hv
import numpy as np
import pytest
from bokeh.models import Arrow, ColorBar, HoverTool, Image, Line, Scatter

from tpfdash.diagnosis.diagnose import Diagnosis, EventImages
from tpfdash.diagnosis.verdict import VERDICTS
from tpfdash.inspector import Inspector
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.views.difference import (
    HALO_COLOR,
    IMAGES,
    MARKS,
    DifferenceView,
    error_ellipse,
    has_difference,
    signs_text,
)

ROW, COL = 300, 700
SHAPE = (5, 7)
#: Where the star is, where light is missing in the window, and by how much: indices, e-/s.
STAR, DIP, DEPTH = (1, 5), (3, 2), 80.0
#: Where light is added in another window.
FLARE = (0, 3)


@pytest.fixture
def tpf():
    return simulate_tpf(
        "Kepler",
        n_cadences=5,
        shape=SHAPE,
        corner=(ROW, COL),
        stars=[Star(*STAR, magnitude=12)],
        noise=False,
    )


def level():
    row, col = np.indices(SHAPE)
    level = 10.0 * row + col
    level[STAR] = 1000
    return level


def missing(place=DIP, depth=DEPTH):
    image = np.zeros(SHAPE)
    image[place] = depth
    return image


NOISE = 2.0
COVARIANCE = ((0.09, 0.02), (0.02, 0.04))


def answer(place=DIP, depth=DEPTH, covariance=COVARIANCE, **values):
    """A diagnosis whose images are known."""
    shares = dict.fromkeys(VERDICTS, 0.0) | {"neighbour": 1.0}
    position = None if place is None else (ROW + place[0], COL + place[1])
    found = Diagnosis(
        "neighbour",
        shares,
        position=position,
        offset=None if place is None else tuple(np.subtract(place, STAR)),
        covariance=covariance,
        target=(ROW + STAR[0], COL + STAR[1]),
        **values,
    )
    image = missing(place or DIP, depth)
    vars(found)["difference"] = EventImages(
        image=image,
        error=np.full(SHAPE, NOISE),
        snr=image / NOISE,
        outside=level(),
        model=image / 2,
    )
    return found


DRAWN = {
    "difference": missing(),
    "S/N": missing() / NOISE,
    "expected": missing() / 2,
    "out": level(),
}


@pytest.fixture
def brightening():
    return answer(FLARE, -DEPTH)


@pytest.fixture
def inspector(tpf):
    inspector = Inspector(tpf, window=(1, 2))
    inspector.select(ROW + STAR[0], COL + STAR[1])
    inspector.answer = answer()
    return inspector


@pytest.fixture
def shows():
    """A function: an Inspector -> the Bokeh figure of its window."""
    kept = []

    def show(inspector, **options):
        view = DifferenceView(inspector, **options)
        plot = hv.renderer("bokeh").get_plot(view.plot)
        kept.append((view, plot))
        return plot.state

    return show


def of(figure, glyph):
    """The renderers of a kind of glyph."""
    return [one for one in figure.renderers if isinstance(one.glyph, glyph)]


def drawn(figure):
    """{(detector row, column): value} of the image, from where Bokeh puts its cells.

    Bokeh puts the array's row 0 at `y`, and what follows above it.
    """
    (renderer,) = of(figure, Image)
    data = renderer.data_source.data
    image = data["image"][0]
    rows, cols = image.shape
    height, width = data["dh"][0] / rows, data["dw"][0] / cols
    return {
        (data["y"][0] + (i + 0.5) * height, data["x"][0] + (j + 0.5) * width): image[i, j]
        for i, j in np.ndindex(image.shape)
    }


def assert_draws(figure, expected):
    found = drawn(figure)
    expected = {(ROW + i, COL + j): expected[i, j] for i, j in np.ndindex(SHAPE)}
    assert found.keys() == expected.keys()
    np.testing.assert_allclose(
        [found[place] for place in expected], list(expected.values()), rtol=0.02, atol=0.01
    )


def colors(figure):
    (renderer,) = of(figure, Image)
    return renderer.glyph.color_mapper


def said(figure):
    """The words over the colour bar, and beside the mouse."""
    (bar,), (hover,) = (figure.select({"type": kind}) for kind in (ColorBar, HoverTool))
    return bar.title, hover.tooltips


def marked(figure):
    """{marker: (row, column) indices} of the marks that are somewhere."""
    data = of(figure, Scatter)[0].data_source.data
    marks = zip(data["marker"], data["row"], data["col"], strict=True)
    return {marker: (row - ROW, col - COL) for marker, row, col in marks if np.isfinite(row + col)}


@pytest.mark.parametrize("picture", IMAGES)
def test_each_pixel_is_drawn_at_its_place_on_the_detector(inspector, shows, picture):
    inspector.picture = picture
    assert_draws(shows(inspector), DRAWN[picture])


def test_rows_go_up_and_the_whole_stamp_is_in_sight(inspector, shows):
    figure = shows(inspector)
    assert (figure.x_range.start, figure.x_range.end) == (COL - 0.5, COL + 6.5)
    assert (figure.y_range.start, figure.y_range.end) == (ROW - 0.5, ROW + 4.5)


def test_another_window_and_another_picture_are_put_into_the_same_figure(
    inspector, shows, brightening
):
    figure = shows(inspector)
    models = set(figure.references())
    inspector.answer = brightening
    assert_draws(figure, missing(FLARE, -DEPTH))
    for picture in reversed(IMAGES):
        inspector.picture = picture
        fresh = shows(inspector)
        np.testing.assert_array_equal(list(drawn(figure).values()), list(drawn(fresh).values()))
        assert said(figure) == said(fresh)
        for name in ("low", "high", "palette"):
            ends = [getattr(colors(one), name) for one in (figure, fresh)]
            np.testing.assert_array_equal(*ends, err_msg=name)
    assert set(figure.references()) == models


def test_an_event_with_no_difference_image_leaves_the_figure_for_the_next(inspector, shows):
    figure = shows(inspector)
    nothing = answer()
    vars(nothing)["difference"] = None
    for none in (None, nothing):
        inspector.answer = none
        assert not has_difference(inspector)
        inspector.picture = "out"
        blank = shows(inspector)
        inspector.answer = answer()
        assert has_difference(inspector)
        for one in (figure, blank):
            assert_draws(one, level())
            assert "out of the event" in said(one)[0]
            assert marked(one)
        inspector.picture = "difference"


def test_a_picture_that_is_drawn_elsewhere_leaves_the_difference(inspector, shows):
    inspector.picture = "pixels"
    assert_draws(shows(inspector), missing())


def test_a_view_can_have_a_picture_of_its_own(inspector, shows):
    figure = shows(inspector, picture="S/N")
    inspector.picture = "out"
    assert_draws(figure, missing() / NOISE)


def test_a_check_that_is_open_shows_its_own_footprint(inspector, shows, monkeypatch):
    column = np.zeros(SHAPE)
    column[:, 3] = 7.0
    monkeypatch.setattr(
        Diagnosis, "footprint", lambda self, name: column if name == "smear" else None
    )
    inspector.picture = "expected"
    figure = shows(inspector)
    inspector.check = "smear"
    assert_draws(figure, column)
    inspector.check = "video crosstalk"
    assert_draws(figure, missing() / 2)


def test_colours_are_even_about_0_and_red_is_where_light_is_missing(inspector, shows, brightening):
    figure = shows(inspector)
    for picture in ("difference", "S/N"):
        inspector.picture = picture
        largest = np.abs(DRAWN[picture]).max()
        assert (colors(figure).low, colors(figure).high) == pytest.approx((-largest, largest), 0.02)
        faint, strong = (colors(figure).palette[k] for k in (0, -1))
        red, _, blue = (int(strong[k : k + 2], 16) for k in (1, 3, 5))
        assert red > blue
        red, _, blue = (int(faint[k : k + 2], 16) for k in (1, 3, 5))
        assert blue > red
        for words in ("red: light is missing", "blue: light was added"):
            assert words in signs_text(picture)
    inspector.answer = brightening
    assert colors(figure).low == -colors(figure).high < 0
    inspector.picture = "out"
    assert (colors(figure).low, colors(figure).high) == pytest.approx((0, 1000), abs=400)
    assert signs_text("out") == signs_text("pixels") == ""


def test_what_is_expected_has_the_colours_of_the_difference(inspector, shows):
    ends = []
    for picture in ("difference", "expected"):
        inspector.picture = picture
        mapper = colors(shows(inspector))
        ends.append((mapper.low, mapper.high, mapper.palette))
    assert ends[0] == ends[1]


def test_a_pixel_says_its_row_its_column_and_its_value(inspector, shows):
    figure = shows(inspector)
    units = {"difference": "e⁻/s", "S/N": "σ", "expected": "e⁻/s", "out": "e⁻/s"}
    for picture, unit in units.items():
        inspector.picture = picture
        bar, tooltip = said(figure)
        assert unit in bar
        assert "row $y{0}" in tooltip and "column $x{0}" in tooltip
        assert f"{bar}: @image" in tooltip


def test_centroids_and_target_are_marked_where_they_are(inspector, shows, brightening):
    figure = shows(inspector)
    for found, centre in ((inspector.answer, DIP), (brightening, FLARE)):
        inspector.answer = found
        places = marked(figure)
        expected = {"circle": STAR, "x": centre, "cross": STAR}
        assert places.keys() == expected.keys()
        for mark, place in expected.items():
            np.testing.assert_allclose(places[mark], place, atol=0.1, err_msg=mark)


def test_what_has_no_place_is_not_marked(inspector, shows):
    figure = shows(inspector)
    inspector.answer = answer(None)
    assert marked(figure).keys() == {"circle", "cross"}


def test_a_target_beside_the_stamp_is_not_marked(tpf, shows):
    moved = tpf.assign_coords(row=tpf["row"] + 40)
    moved.attrs |= {"ra": tpf.attrs["ra"] + 0.05}
    inspector = Inspector(moved, window=(1, 2))
    inspector.answer = answer()
    assert "cross" not in marked(shows(inspector))


def luminance(color):
    """Relative luminance of "#rrggbb", as WCAG has it."""
    parts = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_marks_differ_in_shape_and_stand_out_from_every_colour(inspector, shows):
    assert len({mark.marker for mark in MARKS.values()}) == len(MARKS)
    for mark in MARKS.values():
        assert contrast(mark.color, HALO_COLOR) > 4.5
        for picture in IMAGES:
            inspector.picture = picture
            for color in colors(shows(inspector)).palette[::15]:
                assert max(contrast(mark.color, color), contrast(HALO_COLOR, color)) > 3


def test_the_aperture_is_outlined_around_its_pixels_and_follows_it(inspector, shows):
    inspector.select(ROW + 2, COL + 4)
    figure = shows(inspector)
    assert figure.select({"type": Arrow})

    def lengths():
        for arrow in figure.select({"type": Arrow}):
            data = arrow.source.data
            x0, x1, y0, y1 = (np.asarray(data[name]) for name in ("x0", "x1", "y0", "y1"))
            yield float(np.hypot(x1 - x0, y1 - y0).sum())

    data = figure.select({"type": Arrow})[0].source.data
    assert (min(data["x0"]), max(data["x1"])) == (COL + 3.5, COL + 4.5)
    assert (min(data["y0"]), max(data["y1"])) == (ROW + 1.5, ROW + 2.5)
    assert set(lengths()) == {4}
    inspector.set_aperture("all")
    assert set(lengths()) == {24}
    inspector.set_aperture("empty")
    assert set(lengths()) == {0}


# -- how well the centroid is known --------------------------------------------------------------


def test_an_ellipse_is_one_sigma_along_each_of_its_axes():
    covariance = np.array([[0.09, 0.02], [0.02, 0.04]])
    row, col = error_ellipse((300.5, 701.25), covariance)
    offsets = np.stack([row - 300.5, col - 701.25])
    distance = np.einsum("ik,ij,jk->k", offsets, np.linalg.inv(covariance), offsets)
    np.testing.assert_allclose(distance, 1)
    assert (row[0], col[0]) == pytest.approx((row[-1], col[-1]))
    assert row.max() - 300.5 == pytest.approx(0.3, rel=0.01)  # the marginal error of the row
    assert col.max() - 701.25 == pytest.approx(0.2, rel=0.01)


def test_an_ellipse_of_no_width_is_a_line_and_of_no_number_is_none():
    row, col = error_ellipse((3, 4), np.outer([1, 2], [1, 2]))
    np.testing.assert_allclose(col - 4, 2 * (row - 3), atol=1e-6)
    assert [one.size for one in error_ellipse((3, 4), np.full((2, 2), np.nan))] == [0, 0]


def test_the_ellipse_is_drawn_around_the_events_place(inspector, shows):
    figure = shows(inspector)

    def line():
        data = of(figure, Line)[0].data_source.data
        return np.asarray(data["row"]), np.asarray(data["col"])

    row, col = line()
    middle = (row.min() + row.max()) / 2, (col.min() + col.max()) / 2
    assert middle == pytest.approx(inspector.answer.position, abs=0.01)
    assert (np.ptp(row) / 2, np.ptp(col) / 2) == pytest.approx((0.3, 0.2), rel=0.02)
    for unknown in (answer(covariance=None), answer(None)):
        inspector.answer = unknown
        assert line()[0].size == 0


def test_pixels_are_nearly_square_on_a_card_of_any_width():
    """By the borders that the figure keeps for its axes, and its aspect."""
    for shape in ((6, 6), (10, 11), (9, 7), (5, 8)):
        tpf = simulate_tpf("Kepler", n_cadences=5, shape=shape)
        view = DifferenceView(Inspector(tpf))
        figure = hv.renderer("bokeh").get_plot(view.plot).state
        for width in (226, 280, 296, 320):
            inside = width - figure.min_border_left - figure.min_border_right
            high = width / figure.aspect_ratio - figure.min_border_top - 68
            pixel = (inside / shape[1]) / (high / shape[0])
            assert pixel == pytest.approx(1, abs=0.2), (shape, width)
