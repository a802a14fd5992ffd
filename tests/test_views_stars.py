"""Catalogue stars on the stamp: where, how large, in which colours, and what a click does."""

import holoviews as hv
import numpy as np
import pytest
from bokeh.models import GlyphRenderer, Scatter
from test_app_truth import stars_on

from tpfdash import TPFDashboard
from tpfdash.inspector import Inspector
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.stars import shifted
from tpfdash.views.pixels import PixelView
from tpfdash.views.stars import star_sizes


@pytest.fixture(scope="module")
def tpf():
    return simulate_tpf("K2", n_cadences=60, shape=(4, 5), seed=3)


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def view(inspector):
    return PixelView(inspector)


@pytest.fixture
def figure(view):
    return hv.renderer("bokeh").get_plot(view.plot).state


def dots(figure, size="size"):
    """The columns of the stars' dots; None where nothing is drawn."""
    for one in figure.select({"type": GlyphRenderer}):
        glyph = one.glyph
        if isinstance(glyph, Scatter) and glyph.size == size and glyph.fill_color == "color":
            return one.data_source.data if one.visible else None
    return None


def test_without_stars_nothing_is_drawn_for_them(inspector, figure):
    before = len(figure.renderers)
    inspector.show_stars = False
    inspector.show_stars = True
    assert dots(figure) is None and len(figure.renderers) == before


def test_dots_are_where_the_stars_are_and_ride_with_the_pointing(tpf, inspector, figure):
    inspector.stars = stars_on(tpf)
    for cadence in (3, 40):
        inspector.cadence = cadence
        away = tpf["pos_corr2"].values[cadence], tpf["pos_corr1"].values[cadence]
        assert np.abs(away).max() > 0.01  # or it would say nothing
        for name, more in zip(("row", "col"), away, strict=True):
            expected = np.asarray(inspector.stars[name]) + more
            np.testing.assert_allclose(dots(figure)[name], expected, atol=1e-6)


def test_the_limit_leaves_out_faint_ones_and_none_whose_magnitude_is_not_known(
    tpf, inspector, figure
):
    stars = stars_on(tpf)
    stars["magnitude"][2] = np.nan
    inspector.stars = stars
    inspector.star_limit = 13.0
    assert len(dots(figure)["row"]) == 2
    inspector.show_stars = False
    assert dots(figure) is None
    inspector.show_stars = True
    inspector.stars = None
    assert dots(figure) is None


def test_brighter_is_larger():
    sizes = star_sizes(np.array([10.0, 12.0, 30.0, np.nan]))
    assert sizes[0] > sizes[1] > sizes[2] == sizes[3] > 0
    assert star_sizes(np.array([np.nan])).size == 1 and not star_sizes(np.zeros(0)).size


def test_hot_is_blue_and_cool_is_red(tpf, inspector, figure):
    inspector.stars = stars_on(tpf)
    assert set(dots(figure)["color"]) == {"#ffffff"}
    inspector.star_colors = True
    hot, unknown, cool = dots(figure)["color"]

    def red(color):
        return int(color[1:3], 16) - int(color[5:7], 16)

    assert red(hot) < 0 < red(cool) and abs(red(unknown)) < 60


def test_a_click_on_a_star_chooses_it_and_one_beside_it_the_pixel(tpf, inspector, view):
    inspector.stars = stars_on(tpf)
    row, col = (
        float(inspector.stars[name][1]) + away
        for name, away in zip(("row", "col"), inspector.ride, strict=True)
    )
    before = inspector.aperture
    view._click(x=col + 0.1, y=row - 0.1, shift=False)
    assert inspector.star == 1 and inspector.aperture is before
    view._hover(x=col, y=row)
    assert inspector.pointed_star == 1
    view._leave(x=0, y=0)
    assert inspector.pointed_star is None
    inspector.show_stars = False
    view._click(x=col + 0.1, y=row - 0.1, shift=False)
    assert inspector.aperture.sum() == 1


def test_another_table_forgets_which_star_was_chosen(tpf, inspector):
    inspector.stars, inspector.star = stars_on(tpf), 2
    inspector.stars = stars_on(tpf)[:1]
    assert inspector.star is None


def test_stars_are_the_dashboards_too(tpf):
    dashboard = TPFDashboard(tpf)
    told = []
    dashboard.param.watch(told.append, "stars")
    dashboard.stars = stars_on(tpf)
    assert len(dashboard.inspector.stars) == 3 and len(told) == 1
    assert TPFDashboard(tpf, stars=stars_on(tpf)).stars["name"][1] == "b <i>"


def test_the_targets_mark_is_moved_with_the_catalogue(tpf, inspector, figure):
    def crosses():
        return [
            (one.data_source.data["row"][0], one.data_source.data["col"][0])
            for one in figure.select({"type": GlyphRenderer})
            if isinstance(one.glyph, Scatter) and one.glyph.marker == "cross"
        ]

    before = np.array(crosses())
    assert len(before)
    inspector.stars = shifted(stars_on(tpf), (0.25, -0.5))
    np.testing.assert_allclose(crosses(), before + [0.25, -0.5])
    inspector.stars = shifted(inspector.stars, (0, 0))
    np.testing.assert_allclose(crosses(), before)
