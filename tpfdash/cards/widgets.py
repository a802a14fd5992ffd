"""The controls as this dashboard wants them: with a tooltip, a name in the page and one look."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import cache, partial
from html import escape
from pathlib import Path

import panel as pn
import param

from tpfdash.inspector import Inspector
from tpfdash.views.faults import guarded
from tpfdash.views.kinds import Kind
from tpfdash.views.live import Live
from tpfdash.views.stamp import HALO_COLOR, Outline
from tpfdash.views.timing import timed

__all__ = [
    "CSS",
    "IntSlider",
    "RangeSlider",
    "button",
    "choice",
    "control",
    "copy_button",
    "described",
    "html",
    "legend_html",
    "line_key",
    "note",
    "on_dark",
    "plot_pane",
    "readout",
    "row",
    "section",
    "widget",
]

#: Seconds left to the browser between two pictures while a slider is dragged.
_TIME_TO_PAINT = 0.02

CSS = (Path(__file__).parent / "style.css").read_text()

#: Where the browser keeps the clipboard to itself (no https), the text is marked to be copied.
_COPY = """
const said = (word) => {
  source.label = word
  setTimeout(() => { source.label = "Copy" }, 1500)
}
const mark = () => {
  area.visible = true
  const view = Bokeh.index.query_one((one) => one.model === area)
  view?.input_el?.select()
  said("Marked: press Ctrl+C")
}
if (navigator.clipboard) {
  navigator.clipboard.writeText(area.value).then(() => said("Copied"), mark)
} else {
  mark()
}
"""


class Words(pn.pane.HTML):
    """HTML of which a new text is all that is sent when the text changes.

    Panel's own sends its style sheets with it; in a notebook they would be fetched from the
    internet, though it had them already.
    """

    def _update(self, ref, model) -> None:
        model.text = escape(self.object)


class _Titled(param.Parameterized):
    """A control with attributes of its element in the page."""

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


class IntSlider(_Following, pn.widgets.IntSlider):
    """A slider over whole numbers."""


class RangeSlider(_Following, pn.widgets.RangeSlider):
    """A slider with two handles."""


class _EmptyWhereNone(pn.widgets.FloatInput):
    """A field for a number that is empty where it has none; Panel's own reads "NaN" there."""

    def _process_param_change(self, params):
        empty = [name for name in ("value", "value_throttled") if params.get(name, 0) is None]
        return super()._process_param_change(params) | dict.fromkeys(empty)


@cache
def _titled(kind: type) -> type:
    """The same kind of control, with a tooltip."""
    if kind is pn.widgets.FloatInput:
        kind = _EmptyWhereNone
    return kind if issubclass(kind, _Titled) else type(kind.__name__, (_Titled, kind), {})


def control(kind: type, tag: str, doc: str, **params) -> pn.widgets.Widget:
    """A control with a tooltip, found in the page as `tpf-TAG`.

    Its tooltip is the browser's own, which every kind of control can have, costs the page nothing
    and lies over nothing; for who cannot see it, it is the control's name (`tpfdash.cards.keys`).
    """
    made = {
        "css_classes": [f"tpf-{tag}"],
        "stylesheets": [CSS],
        "margin": 0,
        "html_attributes": {"title": doc},
    }
    return _titled(kind)(**(made | params))


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
    """A pane as a figure that says what it shows, `text(inspector)`, kept up like a readout.

    Not as an image, whose tools nobody would be told of. It is told after what is to be seen.
    """
    place = _Described(pane, margin=0, sizing_mode="stretch_width")

    def describe(*events):
        place.html_attributes = {"role": "figure", "aria-label": text(inspector)}

    describe()
    Live(inspector, describe, *text.inputs, later=True)
    return place


def section(title: str) -> pn.pane.HTML:
    """A heading within a card."""
    return html(f"<div class='section'>{title}</div>")


#: Shape of a kind of points -> the same, in a square of 12 units.
_SIGNS = {
    "dot": "<circle cx='6' cy='6' r='4' fill='{0}' stroke='none'/>",
    "ring": "<circle cx='6' cy='6' r='4'/>",
    "diamond": "<path d='M6 1L10 6L6 11L2 6Z'/>",
    "square": "<rect x='2.5' y='2.5' width='7' height='7'/>",
    "triangle": "<path d='M6 2L10.5 10H1.5Z'/>",
}


def legend_html(kinds: list[Kind], remark: str = "") -> str:
    """Which kind of points has which colour and shape, and what else there is to say of them."""
    keys = "".join(
        "<span><svg width='12' height='12' aria-hidden='true' fill='none' stroke-width='1.6' "
        f"stroke='{kind.color}'>{_SIGNS[kind.shape].format(kind.color)}</svg>{escape(kind.name)}</span>"
        for kind in kinds
    )
    keys += f"<span>{escape(remark)}</span>" if remark else ""
    return f"<div class='legend'>{keys}</div>"


#: Bokeh's names of dashes -> as screen pixels that are drawn and left out.
_DASHES = {"solid": "none", "dashed": "6", "dotted": "2 3"}


def on_dark(drawing: str) -> str:
    """A small SVG drawing, 26 by 14, on a ground as dark as a sky."""
    return (
        "<svg width='26' height='14' aria-hidden='true'><rect width='26' height='14' rx='3' "
        f"fill='{HALO_COLOR}'/>{drawing}</svg>"
    )


def line_key(look: Outline) -> str:
    """An outline as it is drawn on the stamp, for a legend."""
    return on_dark(
        f"<path d='M3 7h20' stroke='{look.color}' stroke-width='{look.width}' "
        f"stroke-dasharray='{_DASHES.get(look.dash, look.dash)}'/>"
    )


def note(text: str) -> pn.pane.HTML:
    """A remark in small print."""
    return html(f"<div class='note'>{text}</div>")


def widget(kind: type, parameter: param.Parameter, tag: str, **params) -> pn.widgets.Widget:
    """A control of a param, with the param's doc as its tooltip, found in the page as `tpf-TAG`."""
    made = {
        "margin": 0,
        "css_classes": [f"tpf-{tag}"],
        "stylesheets": [CSS],
        "html_attributes": {"title": parameter.doc},
    }
    if "description" in kind.param:
        made["description"] = None  # Panel would show the doc once more
    return _titled(kind).from_param(parameter, **(made | params))


def choice(parameter: param.Parameter, tag: str) -> pn.widgets.RadioButtonGroup:
    """A param's few choices side by side."""
    return widget(pn.widgets.RadioButtonGroup, parameter, tag, label="", variant="outline")


def button(
    inspector: Inspector, label: str, tag: str, act: Callable[[], None], doc: str
) -> pn.widgets.Button:
    """A button that calls `act`, found in the page as `tpf-TAG`."""
    act = guarded(inspector)(timed("button")(act))
    made = control(pn.widgets.Button, tag, doc, label=label)
    made.on_click(lambda event: act())
    return made


def copy_button(area: pn.widgets.TextAreaInput, tag: str) -> pn.widgets.Button:
    """A button that copies the text of an area; where the browser will not, it is shown marked."""
    copy = control(pn.widgets.Button, tag, "Copy the text, to be pasted elsewhere.", label="Copy")
    copy.js_on_click(args={"area": area}, code=_COPY)
    return copy


def put_in_sight(part: pn.viewable.Viewable, shown: bool) -> None:
    """Show a part of the page, or hide it, by its own style.

    Panel's `visible` would have Bokeh lay the whole page out anew each time, some 0.1 s in which
    nothing is painted.
    """
    # None, and not a missing entry: Bokeh takes away no style that is missing.
    part.styles = part.styles | {"display": None if shown else "none"}


def is_in_sight(part: pn.viewable.Viewable) -> bool:
    """Whether neither `put_in_sight` nor `visible` hides a part."""
    return part.visible and part.styles.get("display") != "none"


def plot_pane(plot, tag: str, **params) -> pn.pane.HoloViews:
    """A HoloViews plot, found in the page as `tpf-TAG`, that shares its axes with no other."""
    return pn.pane.HoloViews(
        plot, linked_axes=False, css_classes=[f"tpf-{tag}"], **({"margin": 0} | params)
    )


def row(*objects, gap: int = 4, **params) -> pn.Row:
    """Objects side by side, in the middle of the row's height."""
    styles = {"gap": f"{gap}px", "align-items": "center"}
    return pn.Row(*objects, **({"margin": 0, "styles": styles} | params))
