"""The light curve with its controls: quality, display, the step through time, further panels."""

from __future__ import annotations

import panel as pn

from tpfdash.cards.links import link
from tpfdash.cards.transport import transport
from tpfdash.cards.widgets import (
    CSS,
    button,
    control,
    html,
    legend_html,
    plot_pane,
    put_in_sight,
    readout,
    row,
    widget,
)
from tpfdash.cards.words import cadence_html
from tpfdash.inspector import Inspector
from tpfdash.inspector.choices import COMPARISONS
from tpfdash.inspector.corrected import each_cadence
from tpfdash.inspector.derived import follows
from tpfdash.views.apertures import compared_kinds, compared_note
from tpfdash.views.lightcurve import LightCurveView, bins_note, legend_kinds
from tpfdash.views.live import Live
from tpfdash.views.overview import OverviewView
from tpfdash.views.panels import PanelView, available_panels

__all__ = ["lightcurve_card"]

#: The plot has the height that is left in its card, whatever Bokeh was told.
_FILL = ":host > * { height: 100% !important; }"
#: Screen pixels that a panel, the words over it, and the time axis below the last have at least.
_PANEL, _WORDS, _TIME_AXIS = 40, 18, 44
#: So many panels have that; more of them are scrolled where there is no height for all.
_AT_ONCE = 3
#: The panels share what height there is for them.
_SHARE = f"""
:host {{ min-height: 0; overflow: hidden auto; }}
[class*="tpf-panel-"] {{
  flex: 1 0 {_PANEL}px !important; min-height: {_PANEL}px; height: auto !important; contain: size;
}}
[class*="tpf-panel-"]:last-child {{
  flex-basis: {_PANEL + _TIME_AXIS}px !important; min-height: {_PANEL + _TIME_AXIS}px;
}}
.tpf-words {{ flex: none !important; height: {_WORDS}px; }}
"""


def lightcurve_card(inspector: Inspector, view: LightCurveView) -> pn.Column:
    """The card of an Inspector's light curve."""
    p = inspector.param
    choose, panels = _panels(inspector, view)
    return pn.Column(
        row(
            _quality(inspector),
            widget(pn.widgets.Checkbox, p.show_flagged, "show-flagged", label="flagged"),
            widget(pn.widgets.Checkbox, p.normalized, "normalized", label="normalise"),
            widget(pn.widgets.Checkbox, p.show_all, "show-all", label="all points"),
            _show_raw(inspector),
            _show_beyond(inspector, view),
            _compare(inspector),
            row(
                readout(inspector, _legend, "curve-legend"),
                pn.HSpacer(),
                *([choose] if choose.options else []),
                css_classes=["tpf-bar"],
                stylesheets=[CSS],
                # As wide as what is left beside the others, or below them in a line of its own.
                styles={"gap": "10px", "align-items": "center", "flex": "1 1 500px"},
            ),
            gap=10,
            css_classes=["tpf-bar"],
            stylesheets=[CSS],
            sizing_mode="stretch_width",
        ),
        plot_pane(OverviewView(inspector).plot, "overview", sizing_mode="stretch_width"),
        plot_pane(view.plot, "lightcurve", sizing_mode="stretch_width", stylesheets=[_FILL]),
        panels,
        readout(inspector, cadence_html, "readout", sizing_mode="stretch_width"),
        transport(inspector),
        css_classes=["card"],
        stylesheets=[CSS],
        sizing_mode="stretch_width",
        margin=0,
        styles={"padding": "8px 12px", "gap": "6px"},
    )


def _quality(inspector: Inspector) -> pn.widgets.Select:
    """The named bitmasks, and "custom" for bits ticked one by one."""
    words = list(inspector.mission.quality_bitmasks)
    select = control(
        pn.widgets.Select,
        "quality",
        inspector.param.quality_bitmask.doc,
        options={f"quality: {word}": word for word in [*words, "custom"]},
        width=140,
    )

    def chosen(word):
        if word != "custom":
            return word
        now = inspector.quality_bitmask
        return inspector.quality_bits if now in words else now

    link(
        select,
        inspector,
        "quality_bitmask",
        shown=lambda bitmask: bitmask if bitmask in words else "custom",
        chosen=chosen,
    )
    return select


def _show_raw(inspector: Inspector) -> pn.widgets.Checkbox:
    """The switch of the raw light curve, there while another is drawn."""
    made = widget(pn.widgets.Checkbox, inspector.param.show_raw, "show-raw", label="raw")

    def show(*events):
        put_in_sight(made, bool(each_cadence(inspector.corrections)))

    show()
    Live(inspector, show, "corrections")
    return made


@follows(*legend_kinds.inputs, *bins_note.inputs, *compared_kinds.inputs, *compared_note.inputs)
def _legend(inspector: Inspector) -> str:
    """Which points are which cadences and, where they are drawn, which apertures'."""
    kinds = [*legend_kinds(inspector), *compared_kinds(inspector)]
    return legend_html(
        kinds, "; ".join(filter(None, [bins_note(inspector), compared_note(inspector)]))
    )


def _compare(inspector: Inspector) -> pn.widgets.Select:
    """How other apertures' light curves are drawn; there once there is another."""
    select = control(
        pn.widgets.Select,
        "compare",
        inspector.param.compare.doc,
        options={f"others: {word}": word for word in COMPARISONS},
        width=175,
    )
    link(select, inspector, "compare")

    def show(*events):
        put_in_sight(select, len(inspector.aperture_list) > 1)

    show()
    Live(inspector, show, "aperture_list")
    return select


def _show_beyond(inspector: Inspector, view: LightCurveView) -> pn.widgets.Button:
    """How many points lie beyond the axis, and a button that has them shown."""

    def show_all():
        inspector.show_all = True

    made = button(inspector, "", "show-beyond", show_all, "Have the flux axis reach every point.")

    def say(*events):
        made.label = f"{view.beyond_text}: show"
        put_in_sight(made, bool(view.beyond_text))

    say()
    Live(inspector, say, *view.beyond_follows, precedence=1)
    return made


def _panel_head(inspector: Inspector, view: PanelView) -> pn.pane.HTML:
    """What a panel shows, which points are which, and what cannot be measured."""
    head = html("", css_classes=["tpf-words"], sizing_mode="stretch_width")

    def say(*events):
        head.object = (
            f"<div class='panel'><span class='label'>{view.label}</span>"
            f"{legend_html(view.kinds)}<span>{view.note}</span></div>"
        )

    say()
    Live(inspector, say, "aperture")
    return head


def _panels(
    inspector: Inspector, light_curve: LightCurveView
) -> tuple[pn.widgets.CheckButtonGroup, pn.Column]:
    """The buttons that unfold panels on the same time axis, and the place for the panels."""
    place = pn.Column(
        css_classes=["tpf-panel-list"],
        stylesheets=[_SHARE],
        sizing_mode="stretch_width",
        margin=0,
        visible=False,
    )
    views: dict[str, PanelView] = {}
    heads: dict[str, pn.pane.HTML] = {}
    choose = control(
        pn.widgets.CheckButtonGroup,
        "panels",
        "Further panels on the same time axis.",
        options=available_panels(inspector),
        variant="outline",
    )

    def show(event):
        for name, view in views.items():
            view.live.shown = name in event.new
        for name in event.new:
            if name not in views:
                views[name] = PanelView(inspector, name, light_curve)
                heads[name] = _panel_head(inspector, views[name])
        below = [light_curve, *(views[name] for name in event.new)]
        for plot in below:
            plot.show_time_axis = plot is below[-1]
        place.objects = [
            part
            for name in event.new
            for part in (
                heads[name],
                plot_pane(
                    views[name].plot,
                    f"panel-{name.split()[0].lower()}",
                    sizing_mode="stretch_width",
                    stylesheets=[_FILL],
                ),
            )
        ]
        shown = len(event.new)
        least = min(shown, _AT_ONCE) * (_PANEL + _WORDS) + _TIME_AXIS
        place.styles = {"flex": f"{shown} 0 {least}px"}
        place.visible = shown > 0

    choose.param.watch(show, "value")
    return choose, place
