"""The gestures without a browser, and the parts of HoloViews that carry them.

Bokeh's events are made by hand, as its server makes them of what the page sends.
"""

import asyncio
import inspect
from pathlib import Path

import bokeh
import holoviews as hv
import param
import pytest
from bokeh.document import Document
from bokeh.events import (
    DoubleTap,
    MouseLeave,
    MouseMove,
    Pan,
    PanEnd,
    PanStart,
    RangesUpdate,
    Reset,
    SelectionGeometry,
    Tap,
)
from bokeh.models import BoxSelectTool, TapTool
from holoviews.plotting.bokeh import callbacks
from holoviews.streams import BoundsXY, PointerXY, Stream
from holoviews.streams import Tap as TapStream

from tpfdash import Inspector, simulate_tpf
from tpfdash.views import gestures
from tpfdash.views.lightcurve import LightCurveView
from tpfdash.views.overview import OverviewView
from tpfdash.views.pixels import PixelView

SHIFT = {"shift": True, "ctrl": False, "alt": False}
NO_KEY = {"shift": False, "ctrl": False, "alt": False}
STREAMS = [
    gestures.ClickStream,
    gestures.BoxStream,
    gestures.PointerStream,
    gestures.LeaveStream,
    gestures.ZoomStream,
    gestures.ResetStream,
]


class Page:
    """A plot shown in a document of its own."""

    def __init__(self, plot):
        if hv.Store.current_backend != "bokeh":
            hv.extension("bokeh", logo=False)
        self.plot = hv.renderer("bokeh").get_plot(plot, doc=Document())
        self.figure = self.plot.state
        self.document = self.plot.document
        self.document.add_root(self.figure)

    def send(self, *events):
        """Let events of (kind, contents) come in, as in one message."""
        for kind, contents in events:
            self.document.callbacks.trigger_event(kind(self.figure, **contents))


@pytest.fixture
def heard():
    """What the streams of `shown` have told."""
    return []


@pytest.fixture
def shown(heard):
    """A page on which every gesture is listened to."""
    trigger = gestures.follow(hv.streams.Counter(), ["counter"])
    plot = hv.DynamicMap(
        lambda counter: hv.Overlay([hv.Points([(0, 0), (9, 9)])]).opts(xlim=(0, 9), ylim=(0, 9)),
        streams=[trigger],
    )

    def listener(stream):
        return lambda **contents: heard.append((stream, contents))

    gestures.listen(param.Parameterized(), plot, {stream: listener(stream) for stream in STREAMS})
    return Page(plot)


def geometry(x0, x1, y0, y1, final=True):
    return {"geometry": {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1}, "final": final}


def test_the_streams_are_those_of_holoviews():
    for ours, theirs in zip(STREAMS[:3], (TapStream, BoundsXY, PointerXY), strict=True):
        assert issubclass(ours, theirs)


def test_every_click_is_told_in_order_with_its_key(shown, heard):
    clicks = [(Tap, 1, SHIFT), (DoubleTap, 2, SHIFT), (Tap, 3, SHIFT), (Tap, 3, NO_KEY)]
    clicks += [(Tap, 4, SHIFT), (Tap, 4, None)]
    shown.send(*[(kind, {"x": x, "y": 5, "modifiers": keys}) for kind, x, keys in clicks])
    assert heard == [
        (gestures.ClickStream, {"x": x, "y": 5, "shift": keys == SHIFT}) for _, x, keys in clicks
    ]


def test_a_click_beside_the_frame_is_none(shown, heard):
    shown.send((Tap, {"x": 10, "y": 5, "modifiers": SHIFT}))
    assert heard == []


def test_a_box_has_the_key_of_the_start_of_its_drag(shown, heard):
    for keys in (SHIFT, NO_KEY):
        shown.send(
            (PanStart, {"x": 0, "y": 0, "modifiers": keys}),
            (SelectionGeometry, geometry(0, 1, 0, 1, final=False)),
            (SelectionGeometry, geometry(0, 4, 0, 3)),
        )
    box = (0, 0, 4, 3)
    assert heard == [
        (gestures.BoxStream, {"bounds": box, "shift": True}),
        (gestures.BoxStream, {"bounds": box, "shift": False}),
    ]


def test_pointer_zoom_and_reset_are_told(shown, heard):
    shown.send(
        (MouseMove, {"x": 1.5, "y": 2.5}),
        (MouseMove, {"x": -3, "y": 2.5}),
        (MouseLeave, {"x": 0, "y": 0}),
        (RangesUpdate, {"x0": 1, "x1": 2, "y0": 3, "y1": 4}),
        (RangesUpdate, {"x0": 1, "x1": 3, "y0": 3, "y1": 4}),
        (Reset, {}),
    )
    assert heard == [
        (gestures.PointerStream, {"x": 1.5, "y": 2.5}),
        (gestures.PointerStream, {"x": -3, "y": 2.5}),
        (gestures.LeaveStream, {"x": 0, "y": 0}),
        (gestures.ZoomStream, {"x_range": (1, 2)}),
        (gestures.ZoomStream, {"x_range": (1, 3)}),
        (gestures.ResetStream, {"resetting": True}),
    ]


def test_a_gesture_on_a_figure_that_is_gone_is_none(shown, heard):
    shown.plot.cleanup()
    shown.send((Tap, {"x": 1, "y": 1, "modifiers": NO_KEY}))
    assert heard == []


NO_NUMBERS = [None, "3", float("nan"), float("inf"), [3], {"id": "p1"}, 10**400]


@pytest.mark.parametrize("bad", NO_NUMBERS, ids=lambda bad: str(bad)[:9])
def test_what_is_nowhere_is_no_gesture_and_the_next_one_counts(shown, heard, bad, caplog):
    crafted = [(kind, {"x": bad, "y": 5, "modifiers": SHIFT}) for kind in (Tap, DoubleTap)]
    crafted += [(kind, {"x": 5, "y": bad}) for kind in (MouseMove, MouseLeave)]
    crafted += [
        (RangesUpdate, {"x0": bad, "x1": 3, "y0": 0, "y1": 1}),
        (SelectionGeometry, geometry(0, bad, 0, 3)),
        (SelectionGeometry, {"geometry": bad, "final": True}),
        (Tap, {"x": 5, "y": 5, "modifiers": bad}),
    ]
    shown.send(*crafted)
    assert not caplog.records
    assert [contents for _, contents in heard] == [{"x": 5, "y": 5, "shift": False}]
    shown.send((Tap, {"x": 1, "y": 1, "modifiers": SHIFT}))
    assert heard[-1] == (gestures.ClickStream, {"x": 1, "y": 1, "shift": True})


def test_after_an_error_the_next_gesture_counts_all_the_same(shown, caplog):
    heard = []

    def fail_first(**contents):
        heard.append(contents)
        if len(heard) == 1:
            raise RuntimeError("at the first")

    gestures.listen(param.Parameterized(), shown.plot.hmap, {gestures.ClickStream: fail_first})
    again = Page(shown.plot.hmap)
    clicks = [(Tap, {"x": x, "y": 1, "modifiers": NO_KEY}) for x in (1, 2)]
    again.send(*clicks)
    assert [str(record.exc_info[1]) for record in caplog.records] == ["at the first"]
    assert [click["x"] for click in heard] == [1, 2]


@pytest.fixture
def inspector():
    return Inspector(simulate_tpf("Kepler", n_cadences=60, shape=(5, 6)))


@pytest.mark.parametrize("view", [PixelView, LightCurveView])
@pytest.mark.parametrize("x", [1e300, -1e300, 0, True])
def test_no_number_breaks_a_view(inspector, view, x):
    """What a page sends by mistake or on purpose may be refused; then all goes on as before."""
    shown = Page(view(inspector).plot)
    shown.send(
        (PanStart, {"x": x, "y": x, "modifiers": NO_KEY}),
        *[(SelectionGeometry, geometry(0, x, 0, x)), (SelectionGeometry, geometry(x, x, x, x))],
        *[(kind, {"x": x, "y": x}) for kind in (MouseMove, MouseLeave)],
        (RangesUpdate, {"x0": x, "x1": x, "y0": 0, "y1": 1}),
        (Reset, {}),
    )
    if view is PixelView:
        row, col = int(inspector.tpf["row"][2]), int(inspector.tpf["col"][3])
        shown.send((Tap, {"x": col, "y": row, "modifiers": NO_KEY}))
        assert inspector.aperture.sum() == 1 and inspector.aperture[2, 3]
    else:
        time, low = float(inspector.time[40]), shown.figure.y_range.start
        shown.send((Tap, {"x": time, "y": low, "modifiers": NO_KEY}))
        assert inspector.cadence == 40


@pytest.mark.parametrize("view", [PixelView, LightCurveView])
def test_bokeh_selects_nothing_by_itself(inspector, view):
    """Or what is not selected would fade."""
    figure = Page(view(inspector).plot).figure
    assert not [tool for tool in figure.tools if isinstance(tool, TapTool)]
    (box,) = [tool for tool in figure.tools if isinstance(tool, BoxSelectTool)]
    assert box.renderers == []


def test_a_drag_is_told_from_its_start_to_its_end(heard):
    trigger = gestures.follow(hv.streams.Counter(), ["counter"])
    plot = hv.DynamicMap(
        lambda counter: hv.Overlay([hv.Points([(0, 0), (9, 9)])]), streams=[trigger]
    )
    gestures.listen(
        param.Parameterized(),
        plot,
        {gestures.DragStream: lambda x, starts: heard.append((x, starts))},
    )
    page = Page(plot)
    for _ in range(2):
        page.send(
            (PanStart, {"x": 1, "y": 0}), (Pan, {"x": 2, "y": 0}), (PanEnd, {"x": -4, "y": 0})
        )
    assert heard == 2 * [(1, True), (2, False), (-4, False)]


@pytest.mark.parametrize("view", [LightCurveView, OverviewView])
def test_the_browser_is_told_how_to_lose_no_drag(inspector, view):
    figure = Page(view(inspector).plot).figure
    (code,) = figure.js_event_callbacks["mouseenter"]
    assert code.args == {"least": 2} and "_within_threshold" in code.code


# -- the parts of BokehJS and HoloViews that have no public name, or no promise --------------------


def test_bokehjs_has_the_parts_that_are_mended():
    """As `gestures.js` uses them; that it works is for the tests in a browser."""
    source = (Path(bokeh.__file__).parent / "server/static/js/bokeh.js").read_text()
    for part in (
        "this.ui_gestures = new ui_gestures_1.UIGestures(this.hit_area",
        "this.ui_event_bus = new ui_events_1.UIEventBus(this)",
        "this.on_mouse_wheel = this.on_mouse_wheel.bind(this)",
        'this.hit_area.addEventListener("wheel", this.on_mouse_wheel)',
        "return [...this.pointers.values()].some((ptr) => !this._within_threshold(ptr))",
        "const { dx, dy } = this._movement(ptr)",
        "this._start_timeout()",
        "notify_about(message) {",
    ):
        assert part in source, f"BokehJS has no {part!r} by now: see gestures.js"
    names = {"_within_threshold", "_start_timeout", "on_mouse_wheel", "ui_gestures", "hit_area"}
    small = (Path(bokeh.__file__).parent / "server/static/js/bokeh.min.js").read_text()
    assert all(name in small for name in names)
    for limit in ("move_threshold = 5", "press_threshold = 300"):
        assert limit in source, "BokehJS has other limits by now: is `mend` needed?"


def test_holoviews_finds_callbacks_in_the_registry_that_is_written_to():
    registry = Stream._callbacks["bokeh"]
    assert registry[TapStream] is callbacks.TapCallback, "HoloViews keeps its callbacks elsewhere"
    assert registry[gestures.ClickStream] is gestures._ClickCallback


def test_holoviews_calls_the_method_that_is_replaced():
    base = callbacks.Callback
    for name, arguments in {
        "set_callback": ["self", "handle"],
        "_process_msg": ["self", "msg"],
        "skip_event": ["self", "event"],
        "resolve_attr_spec": ["spec", "cb_obj", "model"],
    }.items():
        found = list(inspect.signature(getattr(base, name)).parameters)
        assert found == arguments, f"Callback.{name} of HoloViews takes {found} by now"
    for ours in Stream._callbacks["bokeh"].values():
        if issubclass(ours, gestures._EveryEvent):
            theirs = ours.__mro__[ours.__mro__.index(gestures._EveryEvent) + 1]
            assert theirs.set_callback is base.set_callback, f"{theirs} has a set_callback by now"


def test_holoviews_own_streams_still_lose_clicks():
    """Where this fails, `_EveryEvent` may have become needless."""
    heard, told = [], asyncio.Event()

    def tell(x, y):
        heard.append(x)
        told.set()

    plot = hv.DynamicMap(
        lambda counter: hv.Overlay([hv.Points([(0, 0), (9, 9)])]),
        streams=[gestures.follow(hv.streams.Counter(), ["counter"])],
    )
    gestures.listen(param.Parameterized(), plot, {TapStream: tell})
    page = Page(plot)

    async def three_clicks():
        for x in (1, 2, 3):
            page.document.callbacks.trigger_event(Tap(page.figure, x=x, y=1, modifiers=NO_KEY))
        await asyncio.wait_for(told.wait(), 10)

    asyncio.run(three_clicks())
    assert heard == [3]
