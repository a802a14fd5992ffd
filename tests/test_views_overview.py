"""The strip with the whole light curve: its brush, and when it is drawn."""

import holoviews as hv
import numpy as np
import pytest
from bokeh.document import Document
from bokeh.events import Pan, PanEnd, PanStart, Tap

from tpfdash.inspector import Inspector
from tpfdash.simulate import simulate_tpf
from tpfdash.views import overview
from tpfdash.views.overview import OverviewView


@pytest.fixture
def inspector():
    tpf = simulate_tpf("Kepler", n_cadences=3000, shape=(4, 4), seed=2)
    tpf["flux"].values[1000] *= 4
    return Inspector(tpf)


@pytest.fixture
def view(inspector):
    view = OverviewView(inspector)
    view.page = hv.renderer("bokeh").get_plot(view.plot, doc=Document())
    view.page.document.add_root(view.page.state)
    return view


def handles(view):
    return view._figures.pages()[0]["raster"].handles


def source(view, name):
    return handles(view)[name].data


def drag(view, start, *to):
    """Drag from one time over others, as Bokeh tells of it."""
    figure, tell = view.page.state, view.page.document.callbacks.trigger_event
    tell(PanStart(figure, x=start, y=0, modifiers={"shift": False}))
    for x in to:
        tell(Pan(figure, x=x, y=0))
    tell(PanEnd(figure, x=to[-1], y=0))


def brush(view):
    return source(view, "brush")["left"][0], source(view, "brush")["right"][0]


@pytest.fixture
def t(view):
    """The time at a part of the strip's width."""
    first, last = view.full_range
    return lambda part: first + part * (last - first)


def test_at_first_all_is_in_sight(view, inspector):
    first, last = inspector.timeline.span
    assert brush(view)[0] < first < last < brush(view)[1]


def test_a_brush_is_drawn_moved_and_resized(view, inspector, t):
    drag(view, t(0.6), t(0.5), t(0.4))
    np.testing.assert_allclose(inspector.time_range, (t(0.4), t(0.6)))
    assert brush(view) == inspector.time_range
    drag(view, t(0.5), t(0.6), t(0.7))  # inside it: moved
    np.testing.assert_allclose(inspector.time_range, (t(0.6), t(0.8)))
    drag(view, t(0.7), t(3.0))  # no further than the strip goes
    np.testing.assert_allclose(inspector.time_range, (t(0.8), t(1.0)))
    drag(view, t(0.801), t(0.3))  # at an end: that end
    np.testing.assert_allclose(inspector.time_range, (t(0.3), t(1.0)))
    drag(view, t(0.999), t(0.2))  # over the other end
    np.testing.assert_allclose(inspector.time_range, (t(0.2), t(0.3)))
    drag(view, t(0.7), t(0.9))  # beside it: a new one
    np.testing.assert_allclose(inspector.time_range, (t(0.7), t(0.9)))
    drag(view, t(0.2), t(0.2001))  # no stretch worth a plot
    np.testing.assert_allclose(inspector.time_range, (t(0.7), t(0.9)))
    drag(view, t(0.001), t(1.5))  # all but a hair
    assert inspector.time_range is None


def test_a_click_centres_the_brush(view, inspector, t):
    figure = view.page.state
    middle = (figure.y_range.start + figure.y_range.end) / 2

    def click(part):
        view.page.document.callbacks.trigger_event(Tap(figure, x=t(part), y=middle))

    click(0.5)
    assert inspector.time_range is None
    inspector.time_range = (t(0.1), t(0.2))
    click(0.5)
    np.testing.assert_allclose(inspector.time_range, (t(0.45), t(0.55)))
    click(0.99)
    np.testing.assert_allclose(inspector.time_range, (t(0.9), t(1.0)))


def test_every_point_is_in_the_strip(view, inspector):
    """One beyond its y range is at its edge."""
    (codes,) = source(view, "source")["image"]
    assert codes[-1].any()
    np.testing.assert_array_equal(codes[:-2].any(axis=0).sum(), codes.shape[1] - _empty(view))


def _empty(view):
    """Columns of the raster in the margins beside the file's times."""
    (codes,) = source(view, "source")["image"]
    return int((~codes.any(axis=0)).sum())


def test_it_is_drawn_when_the_flux_changes_and_at_no_other_time(view, inspector, monkeypatch):
    drawn = []
    monkeypatch.setattr(overview, "rasterize", lambda *a: drawn.append(1) or np.ones((18, 500)))
    inspector.step(5)
    inspector.time_range = tuple(inspector.time[[200, 900]])
    inspector.window = tuple(inspector.time[[300, 310]])
    inspector.hovered = 7
    inspector.stretch = (3, 90)
    assert not drawn
    assert source(view, "windows")["left"] == [inspector.window[0]]
    assert brush(view) == inspector.time_range
    assert handles(view)["bar"].location == inspector.time[inspector.cadence]
    inspector.set_aperture("all")
    assert len(drawn) == 1
    inspector.quality_bitmask = "none"
    assert len(drawn) == 2


class _Served:
    """A document as a session's server would hold it."""

    session_context = object()

    def __init__(self):
        self.put_off = []

    def add_timeout_callback(self, act, ms):
        self.put_off.append((act, ms))


def test_of_the_movements_that_come_too_quickly_the_last_counts(view, inspector, t, monkeypatch):
    served, shown = _Served(), []
    inspector.param.watch(lambda event: shown.append(event.new), "time_range")
    monkeypatch.setattr(overview, "served_document", lambda: served)
    drag(view, t(0.2), t(0.3), t(0.4), t(0.5), t(0.6))
    assert len(shown) == 1 and len(served.put_off) == 1
    served.put_off.pop()[0]()
    np.testing.assert_allclose(shown, [(t(0.2), t(0.3)), (t(0.2), t(0.6))])
