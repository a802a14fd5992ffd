"""The light curve with its controls: quality, display, the step through time, further panels."""

from __future__ import annotations

import panel as pn

from tpfdash.cards.links import link
from tpfdash.cards.transport import transport
from tpfdash.cards.widgets import (
    CSS,
    control,
    html,
    legend,
    plot_pane,
    readout,
    row,
    widget,
)
from tpfdash.cards.words import cadence_html
from tpfdash.inspector import Inspector
from tpfdash.views.lightcurve import LightCurveView
from tpfdash.views.panels import PanelView, available_panels

__all__ = ["lightcurve_card"]

#: The plot has the height that is left in its card, whatever Bokeh was told.
_FILL = ":host > * { height: 100% !important; }"


def lightcurve_card(inspector: Inspector, view: LightCurveView) -> pn.Column:
    """The card of an Inspector's light curve."""
    p = inspector.param
    choose, panels = _panels(inspector)
    return pn.Column(
        row(
            _quality(inspector),
            widget(pn.widgets.Checkbox, p.show_flagged, "show-flagged", label="flagged"),
            widget(pn.widgets.Checkbox, p.normalized, "normalized", label="normalise"),
            widget(pn.widgets.Checkbox, p.show_all, "show-all", label="all points"),
            legend(view.colors),
            pn.HSpacer(),
            *([choose] if choose.options else []),
            gap=10,
            css_classes=["tpf-bar"],
            stylesheets=[CSS],
            sizing_mode="stretch_width",
        ),
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


def _panels(inspector: Inspector) -> tuple[pn.widgets.CheckButtonGroup, pn.Column]:
    """The buttons that unfold panels on the same time axis, and the place for the panels."""
    place = pn.Column(
        css_classes=["tpf-panel-list"], sizing_mode="stretch_width", margin=0, visible=False
    )
    views: dict[str, PanelView] = {}
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
        place.objects = [
            pn.Column(
                row(html(f"<div class='label'>{name}</div>"), legend(views[name].colors), gap=16),
                plot_pane(
                    views[name].plot,
                    f"panel-{name.split()[0].lower()}",
                    sizing_mode="stretch_width",
                ),
                sizing_mode="stretch_width",
                margin=0,
            )
            for name in event.new
        ]
        place.visible = bool(event.new)

    choose.param.watch(show, "value")
    return choose, place
