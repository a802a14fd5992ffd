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
    readout,
    row,
    widget,
)
from tpfdash.cards.words import cadence_html
from tpfdash.inspector import Inspector
from tpfdash.views.lightcurve import LightCurveView
from tpfdash.views.live import Live
from tpfdash.views.overview import OverviewView
from tpfdash.views.panels import PanelView, available_panels

__all__ = ["lightcurve_card"]

#: The plot has the height that is left in its card, whatever Bokeh was told.
_FILL = ":host > * { height: 100% !important; }"


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
            _show_beyond(inspector, view),
            pn.HSpacer(),
            html(legend_html(view.kinds)),
            *([choose] if choose.options else []),
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


def _show_beyond(inspector: Inspector, view: LightCurveView) -> pn.widgets.Button:
    """How many points lie beyond the axis, and a button that has them shown."""

    def show_all():
        inspector.show_all = True

    made = button(inspector, "", "show-beyond", show_all, "Have the flux axis reach every point.")

    def say(*events):
        made.label = f"{view.beyond_text}: show"
        made.visible = bool(view.beyond_text)

    say()
    Live(inspector, say, *view.beyond_follows, precedence=1)
    return made


def _panel_head(inspector: Inspector, view: PanelView) -> pn.pane.HTML:
    """What a panel shows, which points are which, and what cannot be measured."""
    head = html("", sizing_mode="stretch_width")

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
        css_classes=["tpf-panel-list"], sizing_mode="stretch_width", margin=0, visible=False
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
                views[name] = PanelView(inspector, name)
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
                ),
            )
        ]
        place.visible = bool(event.new)

    choose.param.watch(show, "value")
    return choose, place
