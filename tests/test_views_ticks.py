"""The ticks of events on the light curve and on the strip above it."""

import holoviews as hv
import numpy as np
import pytest
from bokeh.models import GlyphRenderer, Segment, Text, VSpan
from test_app_truth import events_in

from tpfdash.inspector import Inspector
from tpfdash.simulate import simulate_tpf
from tpfdash.views.lightcurve import LightCurveView
from tpfdash.views.overview import OverviewView


@pytest.fixture
def inspector():
    return Inspector(simulate_tpf("Kepler", n_cadences=60, shape=(4, 5), seed=3))


def ticks(figure):
    """The columns of the ticks, which are thicker than the error bars."""
    return next(
        one.data_source.data
        for one in figure.select({"type": GlyphRenderer})
        if isinstance(one.glyph, Segment) and one.glyph.line_width == 2
    )


def numbers(figure):
    return next(
        one.data_source.data
        for one in figure.select({"type": GlyphRenderer})
        if isinstance(one.glyph, Text)
    )


def test_events_have_numbered_ticks_at_the_lower_edge(inspector):
    figure = hv.renderer("bokeh").get_plot(LightCurveView(inspector).plot).state
    assert not len(ticks(figure)["t"])
    inspector.events = found = events_in(inspector.tpf)
    np.testing.assert_allclose(ticks(figure)["t"], [event.time for event in found])
    assert list(numbers(figure)["n"]) == ["1", "2"]
    low, high = figure.y_range.start, figure.y_range.end
    assert np.allclose(ticks(figure)["f"], low) and (np.array(ticks(figure)["f1"]) < high).all()
    inspector.events = None
    assert not len(ticks(figure)["t"]) and not len(numbers(figure)["n"])


def test_ticks_follow_the_axis(inspector):
    figure = hv.renderer("bokeh").get_plot(LightCurveView(inspector).plot).state
    inspector.events = found = events_in(inspector.tpf)
    inspector.time_range = found[1].start - 0.01, found[1].end + 0.01
    np.testing.assert_allclose(ticks(figure)["t"], [found[1].time])
    assert list(numbers(figure)["n"]) == ["2"]
    np.testing.assert_allclose(ticks(figure)["f"], figure.y_range.start)


def test_the_strip_has_them_all(inspector):
    figure = hv.renderer("bokeh").get_plot(OverviewView(inspector).plot).state
    inspector.events = found = events_in(inspector.tpf)
    (spans,) = [
        one.data_source.data
        for one in figure.select({"type": GlyphRenderer})
        if isinstance(one.glyph, VSpan)
    ]
    np.testing.assert_allclose(spans["t"], [event.time for event in found])
