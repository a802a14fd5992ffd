"""The controls as this dashboard wants them: with a tooltip, a name in the page and one look."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path

import panel as pn
import param
from bokeh.models import Tooltip

from tpfdash.inspector import Inspector
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = [
    "CSS",
    "CheckBoxGroup",
    "Checkbox",
    "IntSlider",
    "RangeSlider",
    "Toggle",
    "button",
    "choice",
    "described",
    "html",
    "legend",
    "note",
    "plot_pane",
    "readout",
    "row",
    "section",
    "tooltip",
    "widget",
]

#: Seconds left to the browser between two pictures while a slider is dragged.
_TIME_TO_PAINT = 0.02

CSS = (Path(__file__).parent / "style.css").read_text()


class Words(pn.pane.HTML):
    """HTML of which a new text is all that is sent when the text changes.

    Panel's own sends its style sheets with it; in a notebook they would be fetched from the
    internet, though it had them already.
    """

    def _update(self, ref, model) -> None:
        model.text = escape(self.object)


class _Titled(param.Parameterized):
    """A control for which Panel has no tooltip: the browser's own serves."""

    html_attributes = param.Dict({}, doc="Attributes of the control's element in the page.")


class _Described(pn.Column):
    """What is in it is a picture to those who cannot see it, with a text."""

    html_attributes = param.Dict({}, doc="Attributes of its element in the page.")


class _Following:
    """A slider that the picture follows while its handle is dragged.

    A value counts at once, its effects go out as one batch, and of the values that come while the
    browser is still given the time to paint, the last one counts. Panel instead waits 50 ms for a
    further value, shows the page as busy, and sends each effect by itself, so that the picture
    would follow 8 times a second. It has no public word for any of this.
    """

    _priority_changes = ["value", "value_throttled"]
    _busy__ignore = ["value", "value_throttled"]
    _free = 0.0  # when the browser has had its time, on the clock of time.monotonic

    def _change_event(self, doc) -> None:
        wait = self._free - time.monotonic()
        if wait > 0 and doc.session_context:
            # What came stays where it is until then, and what comes replaces it.
            doc.add_timeout_callback(partial(self._change_coroutine, doc), math.ceil(1000 * wait))
            return
        with pn.io.hold(doc):
            super()._change_event(doc)
        self._free = time.monotonic() + _TIME_TO_PAINT


class IntSlider(_Following, _Titled, pn.widgets.IntSlider):
    """A slider over whole numbers."""


class RangeSlider(_Following, _Titled, pn.widgets.RangeSlider):
    """A slider with two handles."""


class Checkbox(_Titled, pn.widgets.Checkbox):
    """A box to be ticked."""


class CheckBoxGroup(_Titled, pn.widgets.CheckBoxGroup):
    """Boxes to be ticked, one below the other."""


class Toggle(_Titled, pn.widgets.Toggle):
    """A button that stays pressed."""


def html(text: str, **params) -> pn.pane.HTML:
    """Text of our own making; what comes from outside is escaped by whoever makes the text."""
    return Words(text, **({"stylesheets": [CSS], "margin": 0} | params))


def readout(
    inspector: Inspector, text: Callable[[Inspector], str], tag: str, **params
) -> pn.pane.HTML:
    """Facts in words, `text(inspector)`, kept up with what that says it `follows`."""
    pane = html(text(inspector), css_classes=[f"tpf-{tag}"], **params)

    def read_out(*events):
        pane.object = text(inspector)

    Live(inspector, read_out, *text.inputs, precedence=1)
    return pane


def described(
    inspector: Inspector, pane: pn.viewable.Viewable, text: Callable[[Inspector], str]
) -> pn.Column:
    """A pane as a picture that says what it shows, `text(inspector)`, kept up like a readout."""
    place = _Described(pane, margin=0, sizing_mode="stretch_width")

    def describe(*events):
        place.html_attributes = {"role": "img", "aria-label": text(inspector)}

    describe()
    Live(inspector, describe, *text.inputs, precedence=1)
    return place


def section(title: str) -> pn.pane.HTML:
    """A heading within a card."""
    return html(f"<div class='section'>{title}</div>")


def legend(colors: dict[str, str]) -> pn.pane.HTML:
    """Which kind of points has which colour."""
    keys = "".join(
        f"<span><i style='background:{color}'></i>{name}</span>" for name, color in colors.items()
    )
    return html(f"<div class='legend'>{keys}</div>")


def note(text: str) -> pn.pane.HTML:
    """A remark in small print."""
    return html(f"<div class='note'>{text}</div>")


def widget(kind: type, parameter: param.Parameter, tag: str, **params) -> pn.widgets.Widget:
    """A widget of a param, with the param's doc as its tooltip, found in the page as `tpf-TAG`."""
    defaults = {"margin": 0, "css_classes": [f"tpf-{tag}"], "stylesheets": [CSS]}
    return kind.from_param(parameter, **(defaults | tooltip(kind, parameter.doc) | params))


def choice(parameter: param.Parameter, tag: str) -> pn.widgets.RadioButtonGroup:
    """A param's few choices side by side."""
    return widget(pn.widgets.RadioButtonGroup, parameter, tag, label="", variant="outline")


def button(
    inspector: Inspector, label: str, tag: str, act: Callable[[], None], doc: str
) -> pn.widgets.Button:
    """A button that calls `act`, found in the page as `tpf-TAG`."""
    act = guarded(inspector)(act)
    made = pn.widgets.Button(
        label=label,
        css_classes=[f"tpf-{tag}"],
        stylesheets=[CSS],
        margin=0,
        **tooltip(pn.widgets.Button, doc),
    )
    made.on_click(lambda event: act())
    return made


def tooltip(kind: type, text: str) -> dict:
    """The param that gives a control of this kind a tooltip, below it where that can be chosen."""
    if issubclass(kind, _Titled):
        return {"html_attributes": {"title": text}}
    if isinstance(kind.param.description, param.String):
        return {"description": text}
    return {"description": Tooltip(content=text, position="bottom")}


def plot_pane(plot, tag: str, **params) -> pn.pane.HoloViews:
    """A HoloViews plot, found in the page as `tpf-TAG`, that shares its axes with no other."""
    return pn.pane.HoloViews(
        plot, linked_axes=False, css_classes=[f"tpf-{tag}"], **({"margin": 0} | params)
    )


def row(*objects, gap: int = 4, **params) -> pn.Row:
    """Objects side by side, in the middle of the row's height."""
    styles = {"gap": f"{gap}px", "align-items": "center"}
    return pn.Row(*objects, **({"margin": 0, "styles": styles} | params))
