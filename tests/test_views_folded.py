"""The folded light curve as a Bokeh figure: points, bins, clicks; many points as a raster."""

import holoviews as hv
import numpy as np
import pytest
from bokeh.document import Document
from periodparts import DURATION, EVENTS, PERIOD, T0, repeating

from tpfdash import Ephemeris
from tpfdash.inspector import Inspector
from tpfdash.views import folded
from tpfdash.views.folded import FoldedView
from tpfdash.views.together import TogetherView


@pytest.fixture(scope="module")
def tpf():
    return repeating()


@pytest.fixture
def inspector(tpf):
    inspector = Inspector(tpf, ephemeris=EVENTS)
    inspector.fold_answer = inspector.fold_question.answer()
    return inspector


@pytest.fixture
def view(inspector):
    view = FoldedView(inspector)
    view.page = hv.renderer("bokeh").get_plot(view.plot, doc=Document())
    return view


def drawn(view, name):
    data = view._figures.pages()[0][name].handles["source"].data
    return np.asarray(data["t"]), np.asarray(data["f"])


def marks(view, name):
    return view._figures.pages()[0]["raster"].handles["marks"][name].data


def event_box(view):
    return view._figures.pages()[0]["raster"].handles["event"]


def test_odd_and_even_events_are_drawn_apart_about_the_event(view, inspector):
    time, flux = inspector.time, inspector.lightcurve["flux"].values
    turns = (time - T0) / PERIOD
    number = np.round(turns)
    hours = 24 * PERIOD * (turns - number)
    reach = 2.5 * 24 * DURATION
    for name, which in (("even", number % 2 == 0), ("odd", number % 2 == 1)):
        x, y = drawn(view, name)
        kept = which & inspector.good & np.isfinite(flux) & (np.abs(hours) <= reach)
        np.testing.assert_allclose(np.sort(x), np.sort(hours[kept]), atol=1e-6)
        inside = np.abs(x) < 0.3 * 24 * DURATION
        assert np.median(y[inside]) == pytest.approx(-10_000, rel=0.12)
        assert abs(np.median(y[np.abs(x) > 24 * DURATION])) < 300
    assert view.page.state.yaxis[0].axis_label == "change (ppm)"


def test_bins_have_their_errors_and_the_event_its_strip(view, inspector):
    made = inspector.folded
    bins, bars = marks(view, "bins"), marks(view, "errors")
    seen = np.abs(made.bin_phase) <= 2.5 * DURATION / PERIOD
    np.testing.assert_allclose(bins["f"], (made.bin_flux[seen] - 1) * 1e6)
    np.testing.assert_allclose(bars["f1"] - bars["f"], 2e6 * made.bin_flux_err[seen])
    box = event_box(view)
    assert (box.left, box.right) == pytest.approx((-12 * DURATION, 12 * DURATION)) and box.visible


def test_the_event_is_dragged_and_goes_back_where_it_would_be_none(view, inspector):
    box = event_box(view)
    box.update(left=-0.5, right=1.5)
    assert inspector.ephemeris == EVENTS  # not let go yet
    box.tags = [1]
    moved = inspector.ephemeris
    assert moved.t0 == pytest.approx(T0 + 0.5 / 24) and moved.period == PERIOD
    assert moved.duration == pytest.approx(2 / 24)
    inspector.fold_answer = inspector.fold_question.answer()
    assert (box.left, box.right) == pytest.approx((-1, 1))
    box.update(left=0.7, right=0.7)
    box.tags = [2]
    assert inspector.ephemeris == moved
    assert (box.left, box.right) == pytest.approx((-1, 1))


def test_a_click_on_a_point_goes_to_its_cadence(view, inspector):
    made = inspector.folded
    n = int(np.argmin(made.flux))
    view._click(made.phase[n] * 24 * PERIOD, (made.flux[n] - 1) * 1e6, False)
    assert inspector.cadence == made.cadence[n]
    assert marks(view, "cadence")["t"] == pytest.approx([made.phase[n] * 24 * PERIOD])
    before = inspector.cadence
    (x0, x1), (y0, y1) = view.x_range, view._y_range(made)
    view._click((x0 + x1) / 2, y1 - 0.02 * (y1 - y0), False)
    assert inspector.cadence == before


def test_a_zoom_stays_and_is_taken_back(view, inspector):
    view._zoom((-3.0, 3.0))
    assert inspector.phase_range == pytest.approx((-3 / 24 / PERIOD, 3 / 24 / PERIOD))
    assert np.abs(drawn(view, "even")[0]).max() <= 3.0
    inspector.phase_unit = "periods"
    assert view.x_range == pytest.approx(inspector.phase_range)
    view._reset(True)
    assert inspector.phase_range is None
    inspector.phase_range = (-0.5, 0.5)
    count = sum(drawn(view, name)[0].size for name in ("even", "odd"))
    assert count == inspector.folded.phase.size


def test_many_points_are_a_raster(view, inspector, monkeypatch):
    monkeypatch.setattr(folded, "MOST_POINTS", 50)
    inspector.phase_range = (-0.5, 0.5)
    (codes,) = view._figures.pages()[0]["raster"].handles["source"].data["image"]
    assert codes.shape == (90, 260) and drawn(view, "even")[0].size == 0
    seen = set(np.unique(codes).tolist())
    assert {1, 17} <= seen  # a single point of each kind


def test_a_wave_is_shown_over_all_of_its_period(view, inspector):
    inspector.ephemeris = Ephemeris(PERIOD, T0)
    inspector.fold_answer = inspector.fold_question.answer()
    assert view.phases == (-0.5, 0.5) and not event_box(view).visible


def test_the_image_of_all_events_is_drawn_with_its_place(inspector):
    view = TogetherView(inspector)
    hv.renderer("bokeh").get_plot(view.plot, doc=Document())
    handles = view._figures.pages()[0]["image"].handles
    image = inspector.folded_image
    np.testing.assert_array_equal(handles["source"].data["image"][0], image.difference.image)
    where = handles["marks"].data
    assert (where["row"][1], where["col"][1]) == pytest.approx(image.position)
    inspector.halve_period()
    inspector.fold_answer = inspector.fold_question.answer()
    (drawn,) = handles["source"].data["image"]
    np.testing.assert_array_equal(drawn, inspector.folded_image.difference.image)
    inspector.ephemeris = Ephemeris(PERIOD, T0)
    inspector.fold_answer = inspector.fold_question.answer()
    assert "amplitude" in handles["hover"].tooltips
