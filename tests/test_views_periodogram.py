"""The periodogram as a Bokeh figure: every peak is in it, it is clicked and zoomed."""

import holoviews as hv
import numpy as np
import pytest
from bokeh.document import Document
from periodparts import EVENTS, PERIOD, repeating

from tpfdash import box_periodogram
from tpfdash.inspector import Inspector
from tpfdash.views.periodogram import PeriodogramView


@pytest.fixture(scope="module")
def tpf():
    return repeating()


@pytest.fixture(scope="module")
def found(tpf):
    return box_periodogram(Inspector(tpf).lightcurve)


@pytest.fixture
def view(tpf, found):
    view = PeriodogramView(
        Inspector(tpf, periodogram=found), lambda *ends: view.picked.append(ends)
    )
    view.picked = []
    view.page = hv.renderer("bokeh").get_plot(view.plot, doc=Document())
    return view


def drawn(view):
    source = view._figures.pages()[0]["curve"].handles["source"]
    return np.asarray(source.data["period"]), np.asarray(source.data["power"])


def test_its_peaks_are_drawn_however_long_it_is(view, found):
    period, power = drawn(view)
    assert period.size <= 1400 < found.period.size and (np.diff(period) > 0).all()
    for top in np.argsort(-found.power)[:20]:
        near = np.abs(np.log(period / found.period[top])) < 0.01
        assert power[near].max() >= found.power[top]
    assert np.isin(found.power.max(), power)
    axis = view.page.state.x_range
    assert (axis.start, axis.end) == pytest.approx((found.period[0], found.period[-1]))


def test_a_click_means_the_periods_about_it(view, found):
    view._click(1.905, 3.0, False)
    ((low, high),) = view.picked
    assert low < PERIOD < high and high / low < 1.1
    view._click(-1.0, 3.0, False)
    assert len(view.picked) == 1


def test_what_is_zoomed_stays_so(view, found):
    view._zoom((1.7, 2.1))
    assert view.inspector.period_range == (1.7, 2.1)
    period, _ = drawn(view)
    assert 1.6 < period.min() <= 1.7 and 2.1 <= period.max() < 2.2
    view.inspector.ephemeris = EVENTS
    view.inspector.halve_period()
    assert view.inspector.period_range == (1.7, 2.1) and view.x_range == (1.7, 2.1)
    view.inspector.zoom_answer = view.inspector.zoom_question.answer()
    assert drawn(view)[0].size > period.size
    view._zoom((0.01, 1000.0))
    assert view.inspector.period_range is None
    view._reset(True)
    axis = view.page.state.x_range
    assert axis.start == pytest.approx(found.period[0])


def test_the_period_and_its_multiples_are_marked(view):
    lines = view._figures.pages()[0]["curve"].handles["lines"]
    assert not any(line.visible for line in lines)
    view.inspector.ephemeris = EVENTS
    assert [line.location for line in lines] == [PERIOD, PERIOD / 2, 2 * PERIOD]
    assert all(line.visible for line in lines)


@pytest.mark.parametrize("ends", [(0.5, 17.0), (0.9, 1.1), (3.52, 3.53), (0.02, 400.0)])
def test_some_round_periods_stand_at_the_axis(view, ends):
    view.inspector.period_range = ends
    ticks = view._ticks()
    assert 2 <= len(ticks) <= 7 and all(ends[0] <= tick <= ends[1] for tick in ticks)


def test_the_line_of_the_period_is_dragged(view):
    inspector, lines = view.inspector, view._figures.pages()[0]["curve"].handles["lines"]
    assert [line.editable for line in lines] == [True, False, False]
    inspector.ephemeris = EVENTS
    inspector.fold_answer = inspector.fold_question.answer()
    lines[0].location = 1.95
    assert inspector.ephemeris.period == 1.95 and inspector.ephemeris.t0 == EVENTS.t0
    assert [line.location for line in lines] == [1.95, 0.975, 3.9]
    # Of what comes while that is folded the last counts.
    for period in (1.96, 1.97):
        lines[0].location = period
        assert inspector.ephemeris.period == 1.95 and lines[0].location == period
    inspector.fold_answer = inspector.fold_question.answer()
    assert inspector.ephemeris.period == 1.97
    assert [line.location for line in lines] == [1.97, 0.985, 3.94]


def test_a_line_dragged_without_a_period_is_none(view):
    view._figures.pages()[0]["curve"].handles["lines"][0].location = 3.0
    assert view.inspector.ephemeris is None
