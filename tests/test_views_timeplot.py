"""What lies beyond the y axis of a plot against time: seen, counted, reached; and its windows."""

import holoviews as hv
import numpy as np
import pytest
from bokeh.document import Document

from tpfdash.inspector import Inspector
from tpfdash.io import open_tpf
from tpfdash.simulate import simulate_tpf
from tpfdash.views import timeplot
from tpfdash.views.lightcurve import LightCurveView
from tpfdash.views.panels import PanelView

OUTLIERS = {77: 1.5, 78: 1.8, 150: 0.5, 220: 1.6}


@pytest.fixture
def tpf():
    """400 cadences, of which some stand apart: two next to each other, and one flagged."""
    tpf = simulate_tpf("Kepler", n_cadences=400, shape=(5, 6), seed=2)
    for cadence, factor in OUTLIERS.items():
        tpf["flux"].values[cadence] *= factor
    tpf["quality"].values[220] = 1
    return tpf


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def view(inspector):
    view = LightCurveView(inspector)
    view.page = hv.renderer("bokeh").get_plot(view.plot, doc=Document())
    return view


def source(view, name):
    return view._figures.pages()[0]["raster"].handles["marks"][name].data


def y_range(view):
    axis = view.page.state.y_range
    return axis.start, axis.end


def marked(view, inspector):
    """The cadences with a triangle at the upper and at the lower edge."""
    return [
        [int(np.flatnonzero(inspector.time == t)[0]) for t in source(view, side)["t"]]
        for side in ("above", "below")
    ]


def test_points_beyond_the_axis_are_counted_and_marked_at_its_edges(view, inspector):
    low, high = y_range(view)
    assert view.beyond == (3, 1) and view.beyond_text == "3 above, 1 below"
    above, below = marked(view, inspector)
    assert 78 in above and 220 in above and below == [150]  # flagged ones too
    for side in ("above", "below"):
        assert all(low < f < high for f in source(view, side)["f"])
    inspector.show_flagged = False
    assert view.beyond == (2, 1)
    inspector.show_all = True
    assert view.beyond == (0, 0) and view.beyond_text == ""
    assert marked(view, inspector) == [[], []]
    assert view.beyond_text == ""


def test_the_axis_grows_for_the_current_cadence_and_for_nothing_else(view, inspector, monkeypatch):
    usual = y_range(view)
    drawn = []
    picture = view._picture
    monkeypatch.setattr(view, "_picture", lambda: drawn.append(1) or picture())
    for cadence in (75, 76):
        inspector.cadence = cadence
        assert y_range(view) == usual and not drawn
    inspector.cadence = 77
    grown = y_range(view)
    assert grown[0] == usual[0] and grown[1] > inspector.flux[78]  # all of the event
    assert len(drawn) == 1
    inspector.cadence = 78
    assert y_range(view) == grown and len(drawn) == 1
    inspector.cadence = 79
    assert y_range(view) == usual and len(drawn) == 2
    inspector.cadence = 150
    assert usual[0] > inspector.flux[150] > y_range(view)[0]
    inspector.cadence = 220  # flagged, and drawn
    assert y_range(view)[1] > inspector.flux[220]
    inspector.show_flagged = False
    assert y_range(view) == usual
    inspector.cadence = 78
    inspector.time_range = tuple(inspector.time[[200, 300]])  # it is not in sight
    assert y_range(view)[1] < inspector.flux[78]


def test_the_points_in_a_window_are_inside(view, inspector):
    usual = y_range(view)
    inspector.window = tuple(inspector.time[[100, 120]])
    assert y_range(view) == usual
    inspector.window = tuple(inspector.time[[78, 120]])  # the ends are in it
    assert y_range(view)[1] > inspector.flux[78]
    assert view.beyond == (0, 1)
    inspector.window = None
    assert y_range(view) == usual


def test_an_axis_that_was_asked_for_stays(tpf):
    inspector = Inspector(tpf, flux_range=lambda lightcurve: (1.0, 2.0), cadence=78)
    view = LightCurveView(inspector)
    view.page = hv.renderer("bokeh").get_plot(view.plot, doc=Document())
    assert y_range(view) == (1.0, 2.0)
    assert view.beyond == (400, 0)


def test_a_mark_at_the_edge_is_hovered_and_clicked(view, inspector):
    low, high = y_range(view)
    time = inspector.time
    near = time[78] + (time[79] - time[78]) / 3
    view._hover(near, high - 0.01 * (high - low))
    assert inspector.hovered == 78
    (ring,) = source(view, "hovered")["f"]
    assert ring == source(view, "above")["f"][0]  # round the mark
    view._hover(time[150], low)
    assert inspector.hovered == 150
    view._hover(time[78], (low + high) / 2)
    assert inspector.hovered != 78
    view._click(near, high - 0.01 * (high - low), False)
    assert inspector.cadence == 78
    view._click(time[79], (low + high) / 2, False)  # in the middle the nearest in time
    assert inspector.cadence == 79


def test_a_ring_is_round_its_point_again_when_the_axis_has_grown(view, inspector):
    inspector.hovered = inspector.cadence = 78
    assert source(view, "hovered")["f"] == [inspector.flux[78]]


def test_marks_are_no_closer_than_can_be_told_apart():
    tpf = simulate_tpf("TESS", n_cadences=30_000, shape=(3, 3), seed=1)
    tpf["flux"].values[1::40] *= 3
    inspector = Inspector(tpf)
    view = LightCurveView(inspector)
    _page = hv.renderer("bokeh").get_plot(view.plot, doc=Document())
    above, below = view.beyond
    assert above + below > 700
    assert 50 < len(source(view, "above")["t"]) <= 900 / 8 + 1


def test_points_have_their_error_bars_where_they_are_few(view, inspector):
    assert len(source(view, "errors")["t"]) == 0
    sizes = [view._figures.pages()[0]["kept"].handles["glyph"].size]
    inspector.time_range = tuple(inspector.time[[100, 180]])
    sizes.append(view._figures.pages()[0]["kept"].handles["glyph"].size)
    assert sizes[1] > sizes[0]
    bars = source(view, "errors")
    np.testing.assert_array_equal(bars["t"], bars["t1"])
    at = np.searchsorted(inspector.time, bars["t"])
    assert at[0] <= 100 and at[-1] >= 179
    np.testing.assert_allclose((bars["f"] + bars["f1"]) / 2, inspector.flux[at])
    errors = inspector.lightcurve["flux_err"].values[at]
    np.testing.assert_allclose((bars["f1"] - bars["f"]) / 2, errors)


def test_errors_are_worked_out_only_where_they_are_drawn(view, inspector, monkeypatch):
    asked = []
    errors = type(inspector).flux_errors
    monkeypatch.setattr(
        type(inspector), "flux_errors", lambda self, part: asked.append(part) or errors(self, part)
    )
    inspector.set_aperture("all")
    inspector.normalized = True
    assert asked == []
    inspector.time_range = tuple(inspector.time[[100, 180]])
    assert len(asked) == 1 and asked[0].stop - asked[0].start < 90


def test_the_real_flare_is_in_the_plot(data_file):
    """EPIC 211983544: 1,451 and 2,058 e-/s, where the others end at some 870."""
    inspector = Inspector(open_tpf(data_file("ktwo211983544-c18_lpd-targ.fits")))
    view = LightCurveView(inspector)
    view.page = hv.renderer("bokeh").get_plot(view.plot, doc=Document())
    np.testing.assert_allclose(inspector.flux[[824, 825]], (1451, 2058), atol=1)
    assert y_range(view)[1] < 900 and view.beyond[0] >= 2
    assert 825 in marked(view, inspector)[0]
    inspector.cadence = 824
    assert y_range(view)[1] > 2058
    inspector.time_range = tuple(inspector.time[[800, 850]])
    assert y_range(view)[1] > 2058


test_the_real_flare_is_in_the_plot = pytest.mark.realdata(test_the_real_flare_is_in_the_plot)


def test_the_time_axis_can_be_left_to_a_plot_below(view, inspector):
    panel = PanelView(inspector, "Centroid")
    panel.show_time_axis = False
    page = hv.renderer("bokeh").get_plot(panel.plot, doc=Document())
    assert not page.state.xaxis[0].visible
    panel.show_time_axis = True
    assert page.state.xaxis[0].visible
    assert page.state.toolbar_location is None
    view.show_time_axis = False
    assert not view.page.state.xaxis[0].visible
    assert view.page.state.min_border_left == page.state.min_border_left


def test_the_time_axis_ends_with_the_file(view, inspector):
    axis, (first, last) = view.page.state.x_range, inspector.timeline.span
    margin = 0.05 * (last - first)
    assert first - margin <= axis.bounds[0] < first < last < axis.bounds[1] <= last + margin
    inspector.time_range = (first - 30, last)  # from Python, any may be chosen
    assert axis.bounds[0] <= axis.start == first - 30


def test_the_plot_is_told_in_words(view, inspector):
    said = view.page.state.html_attributes["aria-label"]
    assert "flux (e⁻/s)" in said and "BKJD" in said and "400 cadences kept" in said
    inspector.set_aperture("empty")
    assert "empty" in view.page.state.html_attributes["aria-label"]


@pytest.mark.parametrize("kind", [LightCurveView, lambda i: PanelView(i, "Centroid")])
def test_a_drag_with_shift_adds_a_window_and_each_is_a_span(inspector, kind):
    view = kind(inspector)
    view._box((1.0, 0.0, 2.0, 9.0), False)
    view._box((3.0, 0.0, 4.0, 9.0), True)
    assert inspector.windows == ((3.0, 4.0), (1.0, 2.0))
    spans = timeplot.window_spans(inspector)
    assert spans == {"left": [3.0, 1.0], "right": [4.0, 2.0]}
    view._box((5.0, 0.0, 6.0, 9.0), False)
    assert inspector.windows == ((5.0, 6.0),)


def test_what_changed_while_no_page_showed_it_is_on_the_first_that_does(inspector):
    view = LightCurveView(inspector)
    view.plot[()]  # made, and not shown yet
    inspector.hovered = 78
    inspector.set_aperture("all")
    view.page = hv.renderer("bokeh").get_plot(view.plot, doc=Document())
    assert source(view, "hovered")["t"] == [inspector.time[78]]
    inspector.hovered = 79
    inspector.set_aperture("pipeline")
    assert source(view, "hovered")["t"] == [inspector.time[79]]
