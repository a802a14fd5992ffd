"""The gestures as HoloViews streams: clicks and boxes that carry their shift key, hover, zoom.

What a gesture does is decided by the views; here it only gets from Bokeh to Python, in order and
with none lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import holoviews as hv
import panel as pn
import param
from holoviews.plotting.bokeh.callbacks import Callback
from holoviews.streams import LinkedStream, Stream

from tpfdash.views.faults import guarded

__all__ = ["Box", "Click", "Hover", "Leave", "Reset", "Zoom", "follow", "listen"]


class Click(LinkedStream):
    """A click on a figure, in its axes; the second of two quick clicks is one too."""

    x = param.Number(None, allow_None=True)
    y = param.Number(None, allow_None=True)
    shift = param.Boolean(False)


class Box(LinkedStream):
    """A box dragged over a figure, in its axes; `shift`: the key was down when it began."""

    x0 = param.Number(None, allow_None=True)
    x1 = param.Number(None, allow_None=True)
    y0 = param.Number(None, allow_None=True)
    y1 = param.Number(None, allow_None=True)
    shift = param.Boolean(False)


class Hover(LinkedStream):
    """The mouse is over a figure, in its axes."""

    x = param.Number(None, allow_None=True)
    y = param.Number(None, allow_None=True)


class Leave(LinkedStream):
    """The mouse has left a figure."""


class Zoom(LinkedStream):
    """A figure's x range was changed by the user."""

    x0 = param.Number(None, allow_None=True)
    x1 = param.Number(None, allow_None=True)


class Reset(LinkedStream):
    """The figure's reset tool was used."""


def listen(
    inspector: param.Parameterized, plot: hv.DynamicMap, actions: dict[type[Stream], Callable]
) -> None:
    """Have each of `actions` called, with the stream's contents, at its gesture on `plot`.

    What goes wrong in one is told on the pages that show the Inspector.
    """
    for gesture, act in actions.items():
        gesture(source=plot).add_subscriber(guarded(inspector)(act))  # the plot keeps its streams


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


class _Gesture(Callback):
    """Bokeh events -> one event of a stream, at once.

    HoloViews' own callbacks wait 10 ms, and of the events that arrive while one is being worked
    on they keep only the last of each kind: three quick shift-clicks would be one. They also drop
    the modifier keys. So the method that HoloViews registers with Bokeh is replaced, here alone.
    """

    models = ["plot"]

    def _schedule_event(self, event) -> None:
        contents = self.read(event)
        if contents is not None:
            with pn.io.hold(self.plot.document):  # whatever it changes goes out as one batch
                for stream in self.streams:
                    stream.event(**contents)

    def read(self, event) -> dict | None:
        """What the stream is to be told of a Bokeh event; None: nothing."""
        return {}


class _ClickCallback(_Gesture):
    # Bokeh sends a second click within 300 ms, wherever it is, as "doubletap" instead of "tap".
    on_events = ["tap", "doubletap"]

    def read(self, event):
        return {"x": event.x, "y": event.y, "shift": _shift(event)}


class _BoxCallback(_Gesture):
    # A selection does not say which keys were down; the start of its drag does, and comes first.
    on_events = ["panstart", "selectiongeometry"]
    _shift = False

    def read(self, event):
        if event.event_name == "panstart":
            self._shift = _shift(event)
            return None
        if not event.final or event.geometry["type"] != "rect":
            return None
        return {end: event.geometry[end] for end in ("x0", "x1", "y0", "y1")} | {
            "shift": self._shift
        }


class _HoverCallback(_Gesture):
    on_events = ["mousemove"]

    def read(self, event):
        return {"x": event.x, "y": event.y}


class _LeaveCallback(_Gesture):
    on_events = ["mouseleave"]


class _ZoomCallback(_Gesture):
    on_events = ["rangesupdate"]

    def read(self, event):
        return {"x0": event.x0, "x1": event.x1}


class _ResetCallback(_Gesture):
    on_events = ["reset"]


def _shift(event) -> bool:
    return bool((event.modifiers or {}).get("shift"))


# The registry through which HoloViews finds the callback of a stream; it has no public setter.
Stream._callbacks["bokeh"].update(
    {
        Click: _ClickCallback,
        Box: _BoxCallback,
        Hover: _HoverCallback,
        Leave: _LeaveCallback,
        Zoom: _ZoomCallback,
        Reset: _ResetCallback,
    }
)
