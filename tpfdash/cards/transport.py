"""Going through the cadences: back and on, a slider, a number, play with its speed and range."""

from __future__ import annotations

import weakref

import panel as pn

from tpfdash.cards.links import link
from tpfdash.cards.widgets import CSS, IntSlider, button, control, row
from tpfdash.inspector import Inspector
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["transport"]

#: Cadences a second while playing, by what the menu says.
_SPEEDS = {"2 / s": 2, "5 / s": 5, "10 / s": 10, "20 / s": 20, "40 / s": 40}
_PLAY, _PAUSE = "▶ Play", "⏸ Pause"


def transport(inspector: Inspector) -> pn.Row:
    """The controls that change the current cadence."""
    slider, number = _cadence(inspector)
    return row(
        button(
            inspector, "◀", "back", lambda: inspector.step(-1), "One cadence back (←; shift: 10)."
        ),
        button(
            inspector, "▶", "forward", lambda: inspector.step(1), "One cadence on (→; shift: 10)."
        ),
        *_play(inspector),
        slider,
        number,
        gap=6,
        css_classes=["tpf-transport"],
        stylesheets=[CSS],
        sizing_mode="stretch_width",
    )


def _cadence(inspector: Inspector) -> tuple[pn.widgets.Widget, pn.widgets.Widget]:
    """A slider and a field for the current cadence's index; the field takes the nearest there is.

    They are not made from the param as other widgets are: the links of Panel's took a fifth of the
    server's time for each step of a dragged slider, and left the field with a number that is none.
    """
    last = inspector.tpf.sizes["time"] - 1
    doc = inspector.param.cadence.doc
    slider = control(
        IntSlider,
        "cadence",
        doc,
        value=inspector.cadence,
        start=0,
        end=max(last, 1),
        disabled=last == 0,
        show_value=False,
        sizing_mode="stretch_width",
        min_width=60,
        margin=(0, 10),  # its handle is wider than its bar
    )
    # With ends of its own it would keep what lies beyond them.
    number = control(pn.widgets.IntInput, "cadence-number", doc, value=inspector.cadence, width=92)

    def chosen(number):
        return inspector.cadence if number is None else min(max(number, 0), last)

    for one in (slider, number):
        link(one, inspector, "cadence", chosen=chosen)
    return slider, number


def _play(inspector: Inspector) -> list:
    """A toggle that steps on by itself, how fast, through what, and whether again from the start.

    It goes off by itself at the end, and where there is nothing to go through.
    """
    toggle = control(pn.widgets.Toggle, "play", "Step on by itself.", label=_PLAY, width=78)
    speed = control(
        pn.widgets.Select,
        "play-speed",
        "Cadences a second.",
        options=_SPEEDS,
        value=10,
        width=76,
    )
    through = control(
        pn.widgets.Select,
        "play-range",
        "What is played: every cadence, those in sight, or those of the window.",
        options=["all", "in sight", "window"],
        width=86,
    )
    again = control(
        pn.widgets.Checkbox,
        "play-loop",
        "From the last one go on with the first.",
        label="loop",
        value=True,
    )
    clock = []
    # Panel keeps what was called periodically until the page closes.
    held, button_held = weakref.ref(inspector), weakref.ref(toggle)

    def step():
        inspector = held()
        if inspector is None:
            return
        with guarded(inspector):
            if not inspector.play_on(through.value, again.value):
                button_held().value = False

    @guarded(inspector)
    def play(*events):
        toggle.label = _PAUSE if toggle.value else _PLAY
        while clock:
            clock.pop().stop()
        if toggle.value:
            period = round(1000 / speed.value)
            clock.append(pn.state.add_periodic_callback(step, period=period))

    toggle.param.watch(play, "value")
    speed.param.watch(play, "value")

    def widen(*events):
        if through.value == "window" and inspector.window is None:
            through.value = "all"

    Live(inspector, widen, "window")
    return [toggle, speed, through, again]
