"""The light curve with its controls: quality, display, the step through time, further panels."""

from __future__ import annotations

import weakref

import panel as pn

from tpfdash.cards.links import link
from tpfdash.cards.widgets import (
    CSS,
    Checkbox,
    IntSlider,
    Toggle,
    button,
    html,
    legend,
    plot_pane,
    readout,
    row,
    tooltip,
    widget,
)
from tpfdash.cards.words import cadence_html
from tpfdash.inspector import Inspector
from tpfdash.views.lightcurve import LightCurveView
from tpfdash.views.overview import OverviewView
from tpfdash.views.panels import PanelView, available_panels

__all__ = ["lightcurve_card"]

#: Milliseconds a cadence is shown while playing.
PLAY_PERIOD = 100


def lightcurve_card(inspector: Inspector, view: LightCurveView) -> pn.Column:
    """The card of an Inspector's light curve."""
    p = inspector.param
    choose, panels = _panels(inspector, view)
    return pn.Column(
        row(
            html("<div class='label'>Quality</div>"),
            _quality(inspector),
            widget(Checkbox, p.show_flagged, "show-flagged", label="show flagged"),
            widget(Checkbox, p.normalized, "normalized", label="normalise"),
            widget(Checkbox, p.show_all, "show-all", label="all points"),
            pn.HSpacer(),
            legend(view.colors),
            gap=12,
            sizing_mode="stretch_width",
        ),
        plot_pane(OverviewView(inspector).plot, "overview", sizing_mode="stretch_width"),
        plot_pane(view.plot, "lightcurve", sizing_mode="stretch_width", height=430),
        readout(inspector, cadence_html, "readout", height=36, sizing_mode="stretch_width"),
        _transport(inspector),
        row(html("<div class='label'>Panels</div>"), choose, gap=12, margin=(4, 0)),
        panels,
        sizing_mode="stretch_width",
        css_classes=["card"],
        stylesheets=[CSS],
        styles={"padding": "12px", "gap": "6px", "min-width": "0"},
    )


def _quality(inspector: Inspector) -> pn.widgets.Select:
    """The named bitmasks, and "custom" for bits ticked one by one."""
    words = list(inspector.mission.quality_bitmasks)
    select = pn.widgets.Select(
        options=[*words, "custom"],
        width=110,
        css_classes=["tpf-quality"],
        stylesheets=[CSS],
        margin=0,
        **tooltip(pn.widgets.Select, inspector.param.quality_bitmask.doc),
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


def _transport(inspector: Inspector) -> pn.Row:
    slider, number = _cadence(inspector)
    return row(
        button(
            inspector, "◀", "back", lambda: inspector.step(-1), "One cadence back (←; shift: 10)."
        ),
        button(
            inspector, "▶", "forward", lambda: inspector.step(1), "One cadence on (→; shift: 10)."
        ),
        _play(inspector),
        slider,
        number,
        gap=8,
        sizing_mode="stretch_width",
    )


def _cadence(inspector: Inspector) -> tuple[IntSlider, pn.widgets.IntInput]:
    """A slider and a field for the current cadence's index; the field takes the nearest there is.

    They are not made from the param as other widgets are: the links of Panel's took a fifth of the
    server's time for each step of a dragged slider, and left the field with a number that is none.
    """
    last = inspector.tpf.sizes["time"] - 1
    common = {"value": inspector.cadence, "stylesheets": [CSS], "margin": 0}
    slider = IntSlider(
        start=0,
        end=last,
        show_value=False,
        css_classes=["tpf-cadence"],
        sizing_mode="stretch_width",
        min_width=120,
        **tooltip(IntSlider, inspector.param.cadence.doc),
        **common,
    )
    number = pn.widgets.IntInput(  # with ends of its own it would keep what lies beyond them
        css_classes=["tpf-cadence-number"],
        width=100,
        **tooltip(pn.widgets.IntInput, inspector.param.cadence.doc),
        **common,
    )

    def chosen(number):
        return inspector.cadence if number is None else min(max(number, 0), last)

    for control in (slider, number):
        link(control, inspector, "cadence", chosen=chosen)
    return slider, number


def _play(inspector: Inspector) -> pn.widgets.Toggle:
    """A toggle that steps on by itself, and from the last cadence to the first."""
    toggle = Toggle(
        label="▶ Play",
        width=84,
        css_classes=["tpf-play"],
        stylesheets=[CSS],
        margin=0,
        **tooltip(Toggle, "Step on by itself, and from the last cadence to the first."),
    )
    clock = []
    held = weakref.ref(inspector)  # Panel keeps what was called periodically until the page closes

    def step():
        inspector = held()
        if inspector is None:
            return
        before = inspector.cadence
        inspector.step(1)
        if inspector.cadence == before:
            inspector.step(-inspector.tpf.sizes["time"])

    def play(event):
        toggle.label = "⏸ Pause" if event.new else "▶ Play"
        while clock:
            clock.pop().stop()
        if event.new:
            clock.append(pn.state.add_periodic_callback(step, period=PLAY_PERIOD))

    toggle.param.watch(play, "value")
    return toggle


def _panels(
    inspector: Inspector, light_curve: LightCurveView
) -> tuple[pn.widgets.CheckButtonGroup, pn.Column]:
    """The buttons that unfold panels on the same time axis, and the place for the panels."""
    place = pn.Column(sizing_mode="stretch_width", margin=0)
    views: dict[str, PanelView] = {}
    choose = pn.widgets.CheckButtonGroup(
        options=available_panels(inspector),
        variant="outline",
        css_classes=["tpf-panels"],
        stylesheets=[CSS],
        margin=0,
        **tooltip(pn.widgets.CheckButtonGroup, "Further panels on the same time axis."),
    )

    def show(event):
        for name, view in views.items():
            view.live.shown = name in event.new
        for name in event.new:
            if name not in views:
                views[name] = PanelView(inspector, name)
        below = [light_curve, *(views[name] for name in event.new)]
        for plot in below:
            plot.show_time_axis = plot is below[-1]
        place.objects = [
            pn.Column(
                row(
                    html(f"<div class='label'>{views[name].label}</div>"),
                    legend(views[name].colors),
                    gap=16,
                ),
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

    choose.param.watch(show, "value")
    return choose, place
