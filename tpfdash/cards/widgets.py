"""The controls as this dashboard wants them: with a tooltip, a name in the page and one look."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

import panel as pn
import param
from bokeh.models import Tooltip

__all__ = [
    "CSS",
    "button",
    "choice",
    "html",
    "legend",
    "note",
    "plot_pane",
    "readout",
    "row",
    "section",
    "widget",
]

CSS = (Path(__file__).parent / "style.css").read_text()


class Words(pn.pane.HTML):
    """HTML of which a new text is all that is sent when the text changes.

    Panel's own sends its style sheets with it; in a notebook they would be fetched from the
    internet, though it had them already.
    """

    def _update(self, ref, model) -> None:
        model.text = escape(self.object)


def html(text: str, **params) -> pn.pane.HTML:
    """Text of our own making; what comes from outside is escaped by whoever makes the text."""
    return Words(text, **({"stylesheets": [CSS], "margin": 0} | params))


def readout(
    inspector: param.Parameterized, text: Callable[[], str], follows: list[str], tag: str
) -> pn.pane.HTML:
    """A line of facts, `text()`, kept up with params of an Inspector."""
    pane = html(text(), css_classes=[f"tpf-{tag}"], height=36, sizing_mode="stretch_width")

    def read_out(*events):
        pane.object = text()

    inspector.param.watch(read_out, follows, precedence=1)
    return pane


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


def widget(kind: type, parameter: param.Parameter, tag: str, **params):
    """A widget of a param, with the param's doc as its tooltip, found in the page as `tpf-TAG`."""
    defaults = {"margin": 0}
    if "description" in kind.param:  # sliders have none
        defaults["description"] = tip(parameter.doc, kind)
    return kind.from_param(
        parameter, css_classes=[f"tpf-{tag}"], stylesheets=[CSS], **(defaults | params)
    )


def choice(parameter: param.Parameter, tag: str) -> pn.widgets.RadioButtonGroup:
    """A param's few choices side by side."""
    return widget(pn.widgets.RadioButtonGroup, parameter, tag, name="", button_style="outline")


def button(label: str, tag: str, act: Callable[[], None], doc: str) -> pn.widgets.Button:
    """A button that calls `act`, found in the page as `tpf-TAG`."""
    made = pn.widgets.Button(
        name=label,
        description=tip(doc, pn.widgets.Button),
        css_classes=[f"tpf-{tag}"],
        stylesheets=[CSS],
        margin=0,
    )
    made.on_click(lambda event: act())
    return made


def tip(text: str, kind: type) -> str | Tooltip:
    """A tooltip below the control, where its kind lets the place be chosen."""
    if isinstance(kind.param.description, param.String):
        return text
    return Tooltip(content=text, position="bottom")


def plot_pane(plot, tag: str, **params) -> pn.pane.HoloViews:
    """A HoloViews plot, found in the page as `tpf-TAG`, that shares its axes with no other."""
    return pn.pane.HoloViews(
        plot, linked_axes=False, css_classes=[f"tpf-{tag}"], **({"margin": 0} | params)
    )


def row(*objects, gap: int = 4, **params) -> pn.Row:
    """Objects side by side, in the middle of the row's height."""
    styles = {"gap": f"{gap}px", "align-items": "center"}
    return pn.Row(*objects, **({"margin": 0, "styles": styles} | params))
