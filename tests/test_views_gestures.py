"""The private parts of HoloViews that carry the gestures: here it shows when they change.

No browser: Bokeh's events are made by hand, as its server makes them of what the page sends.
"""

import holoviews as hv
import param
import pytest
from bokeh.document import Document
from bokeh.events import (
    DoubleTap,
    MouseLeave,
    MouseMove,
    PanStart,
    RangesUpdate,
    Reset,
    SelectionGeometry,
    Tap,
)
from holoviews.plotting.bokeh.callbacks import Callback

from tpfdash.views import gestures

SHIFT = {"shift": True, "ctrl": False, "alt": False}
NO_KEY = {"shift": False, "ctrl": False, "alt": False}


@pytest.fixture
def figure():
    """A Bokeh figure on which every gesture is listened to, and a list of what was told."""
    if hv.Store.current_backend != "bokeh":
        hv.extension("bokeh", logo=False)
    trigger = gestures.follow(hv.streams.Counter(), ["counter"])
    plot = hv.DynamicMap(
        lambda counter: hv.Overlay([hv.Points([(0, 0), (9, 9)])]), [], streams=[trigger]
    )
    heard = []

    def listener(name):
        return lambda **contents: heard.append((name, contents))

    names = ("Click", "Box", "Hover", "Leave", "Zoom", "Reset")
    gestures.listen(
        param.Parameterized(), plot, {getattr(gestures, name): listener(name) for name in names}
    )
    figure = hv.renderer("bokeh").get_plot(plot, doc=Document()).state
    return figure, heard


def geometry(x0, x1, y0, y1, final=True):
    return {
        "geometry": {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1},
        "final": final,
    }


def test_the_method_that_is_replaced_is_the_one_that_bokeh_calls(figure):
    figure, _ = figure
    assert callable(Callback._schedule_event)
    for name in ("tap", "doubletap", "panstart", "selectiongeometry", "reset", "rangesupdate"):
        called = figure._event_callbacks[name]
        assert [one.__func__ for one in called] == [gestures._Gesture._schedule_event]


def test_every_click_is_told_in_order_with_its_key(figure):
    figure, heard = figure
    for kind, x, keys in ((Tap, 1, SHIFT), (DoubleTap, 2, SHIFT), (Tap, 3, NO_KEY), (Tap, 3, None)):
        figure._trigger_event(kind(figure, x=x, y=5, modifiers=keys))
    assert heard == [
        ("Click", {"x": 1, "y": 5, "shift": True}),
        ("Click", {"x": 2, "y": 5, "shift": True}),
        ("Click", {"x": 3, "y": 5, "shift": False}),
        ("Click", {"x": 3, "y": 5, "shift": False}),
    ]


def test_a_box_has_the_key_of_the_start_of_its_drag(figure):
    figure, heard = figure
    for keys in (SHIFT, NO_KEY):
        figure._trigger_event(PanStart(figure, x=0, y=0, modifiers=keys))
        figure._trigger_event(SelectionGeometry(figure, **geometry(0, 1, 0, 1, final=False)))
        figure._trigger_event(SelectionGeometry(figure, **geometry(0, 4, 0, 3)))
    box = {"x0": 0, "x1": 4, "y0": 0, "y1": 3}
    assert heard == [("Box", {**box, "shift": True}), ("Box", {**box, "shift": False})]


def test_hover_zoom_and_reset_are_told(figure):
    figure, heard = figure
    figure._trigger_event(MouseMove(figure, x=1.5, y=2.5))
    figure._trigger_event(MouseLeave(figure, x=0, y=0))
    figure._trigger_event(RangesUpdate(figure, x0=1, x1=2, y0=3, y1=4))
    figure._trigger_event(Reset(figure))
    assert heard == [
        ("Hover", {"x": 1.5, "y": 2.5}),
        ("Leave", {}),
        ("Zoom", {"x0": 1, "x1": 2}),
        ("Reset", {}),
    ]
