"""The gestures: HoloViews' streams of mouse events, of which none is lost, with the shift key.

What a gesture does is decided by the views; here it only gets from Bokeh to Python, in order.
`gestures.js` is what the browser has to do for that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path

import holoviews as hv
import panel as pn
import param
from bokeh.models import CustomJS
from holoviews.plotting.bokeh import callbacks
from holoviews.streams import (
    BoundsXY,
    LinkedStream,
    MouseLeave,
    PlotReset,
    PointerXY,
    Stream,
    Tap,
)

from tpfdash.views.faults import guarded
from tpfdash.views.timing import timed

__all__ = [
    "BoxStream",
    "ClickStream",
    "DragStream",
    "LeaveStream",
    "PointerStream",
    "ResetStream",
    "ZoomStream",
    "borrow_tools",
    "follow",
    "listen",
    "mend",
    "tell_end_of_drag",
]

_MEND = (Path(__file__).parent / "gestures.js").read_text()
# A tool goes on last: to go on, it takes another one off.
_BORROW = """
const pressed = (tool) => lender.toolbar.tools.find((one) => one.type === tool.type)?.active
for (const on of [false, true]) {
  for (const tool of own.toolbar.tools) if (pressed(tool) === on) tool.active = on
}
"""
# The drag of an annotation is a signal of BokehJS', not an event that Python is told of.
_TELL_END = """
if (!mark.tpf_told) {
  mark.tpf_told = true
  mark.pan.connect(([phase]) => { if (phase === "pan:end") mark.tags = [Date.now()] })
}
"""


class ClickStream(Tap):
    """A click on a figure, in its axes; the second of two quick clicks is one too."""

    shift = param.Boolean(False, constant=True, doc="Whether the shift key was down.")


class BoxStream(BoundsXY):
    """A box dragged over a figure, in its axes."""

    shift = param.Boolean(False, constant=True, doc="Whether the shift key was down at its start.")


class DragStream(LinkedStream):
    """Where a drag along a figure's x axis is: at its start, and at each movement up to its end."""

    x = param.Number(None, constant=True, doc="In the axis' units; beside the frame too.")
    starts = param.Boolean(False, constant=True, doc="Whether this is where it was begun.")


class PointerStream(PointerXY):
    """Where the mouse is over a figure, in its axes; beside the frame too."""


class LeaveStream(MouseLeave):
    """Where the mouse has left a figure."""


class ZoomStream(LinkedStream):
    """A figure's x range, each time that the user has changed it.

    Not a RangeX, which HoloViews itself tells of the range with which it builds a figure.
    """

    x_range = param.Tuple(None, length=2, constant=True, doc="(left, right), in the axis' units.")


class ResetStream(PlotReset):
    """The figure's reset tool was used."""


def listen(
    inspector: param.Parameterized, plot: hv.DynamicMap, actions: dict[type[Stream], Callable]
) -> None:
    """Have each of `actions` called, with the stream's contents, at its gesture on `plot`.

    What goes wrong in one is told on the pages that show the Inspector.
    """
    for gesture, act in actions.items():
        act = timed(gesture.__name__.removesuffix("Stream").lower())(act)
        gesture(source=plot).add_subscriber(guarded(inspector)(act))  # the plot keeps its streams


def mend(figure, least: int = 2) -> None:
    """Have the browser lose no drag on a Bokeh figure, and leave the wheel to a page that scrolls.

    By itself BokehJS takes no drag shorter than 6 screen pixels for one, nor one whose button was
    held for 300 ms before the mouse moved; and its wheel tool keeps the page from being scrolled.

    Parameters
    ----------
    least : int
        Screen pixels sideways from which on the movement of a pressed mouse is a drag and no click.
    """
    code = CustomJS(code=_MEND, args={"least": least})
    figure.js_event_callbacks = figure.js_event_callbacks | {"mouseenter": [code]}


def borrow_tools(figure, lender) -> None:
    """Have a Bokeh figure without a toolbar use its tools as another's toolbar says.

    The mouse comes to the figure before it does anything there, and what is pressed on `lender` by
    then is pressed here. After `mend`.
    """
    _on_arrival(figure, CustomJS(code=_BORROW, args={"own": figure, "lender": lender}))


def tell_end_of_drag(figure, mark) -> None:
    """Have the `tags` of an editable annotation change when the user, who dragged it, lets it go.

    Its other properties say by then where that was. After `mend`.
    """
    _on_arrival(figure, CustomJS(code=_TELL_END, args={"mark": mark}))


def _on_arrival(figure, code: CustomJS) -> None:
    """Run this too whenever the mouse comes to a figure."""
    others = figure.js_event_callbacks.get("mouseenter", [])
    figure.js_event_callbacks = figure.js_event_callbacks | {"mouseenter": [*others, code]}


def follow(inspector: param.Parameterized, names: Iterable[str]) -> hv.streams.Params:
    """A stream for a DynamicMap that is to be built anew when one of these params changes.

    `linked`, since HoloViews finds the gestures on a DynamicMap of overlays only if that has a
    linked stream itself.
    """
    return _Followed(inspector, list(names), linked=True)


class _Followed(hv.streams.Params):
    """Params of an Inspector; where the plot cannot be built anew, the old one stays."""

    @classmethod
    def trigger(cls, streams):
        with guarded(streams[0].parameterized):
            super().trigger(streams)


class _EveryEvent:
    """Has a callback of HoloViews' tell its streams of every event, at once.

    By itself it waits for 10 ms or more, and of the events that come meanwhile keeps only the last
    of each kind: three quick shift-clicks would be one. After an error it stays silent. And it is
    called while the page is being answered, when what it changes can only go out one by one.
    """

    def set_callback(self, handle) -> None:
        """Register with Bokeh, in place of what HoloViews registers."""
        for name in self.on_events:
            handle.on_event(name, self.tell)

    def tell(self, event) -> None:
        """Tell the streams of an event of Bokeh's."""
        figure = self.plot_handles.get("plot")
        if figure is None:  # gone since
            return
        found = {
            name: self.resolve_attr_spec(where, event, figure)["value"]
            for name, where in self.attributes.items()
        }
        # What is nowhere is no gesture, whoever sent it.
        if not all(map(_is_finite, found.values())) or self.skip_event(event):
            return
        contents = self._process_msg(found)
        if contents:
            with pn.io.hold(self.plot.document):  # whatever it changes goes out as one batch
                for stream in self.streams:
                    stream.event(**contents)


class _WithShift(_EveryEvent):
    """Tells whether shift was down too, as the last event says that knows of keys."""

    def tell(self, event) -> None:
        if hasattr(event, "modifiers"):
            keys = event.modifiers
            shift = isinstance(keys, dict) and keys.get("shift") is True
            for stream in self.streams:
                stream.update(shift=shift)
        super().tell(event)


class _ClickCallback(_WithShift, callbacks.TapCallback):
    # Bokeh sends a second click within 300 ms, wherever it is, as "doubletap" instead of "tap".
    on_events = ["tap", "doubletap"]


class _BoxCallback(_WithShift, callbacks.BoundsCallback):
    # A selection does not say which keys were down; the start of its drag, which is no box yet,
    # does, and comes first.
    on_events = ["panstart", "selectiongeometry"]


class _DragCallback(_EveryEvent, callbacks.Callback):
    attributes = {"x": "cb_obj.x"}
    models = ["plot"]
    on_events = ["panstart", "pan", "panend"]

    def tell(self, event) -> None:
        for stream in self.streams:
            stream.update(starts=event.event_name == "panstart")
        super().tell(event)


class _PointerCallback(_EveryEvent, callbacks.Callback):
    # Not HoloViews' own, which moves a mouse beside the frame to the frame's edge.
    attributes = callbacks.PointerXYCallback.attributes
    models = ["plot"]
    on_events = ["mousemove"]


class _LeaveCallback(_EveryEvent, callbacks.MouseLeaveCallback):
    pass


class _ZoomCallback(_EveryEvent, callbacks.RangeXCallback):
    pass


class _ResetCallback(_EveryEvent, callbacks.ResetCallback):
    pass


def _is_finite(value) -> bool:
    try:
        return math.isfinite(value)
    except (TypeError, OverflowError):
        return False


# The registry through which HoloViews finds the callback of a stream; it has no public setter.
Stream._callbacks["bokeh"].update(
    {
        ClickStream: _ClickCallback,
        BoxStream: _BoxCallback,
        DragStream: _DragCallback,
        PointerStream: _PointerCallback,
        LeaveStream: _LeaveCallback,
        ZoomStream: _ZoomCallback,
        ResetStream: _ResetCallback,
    }
)
