"""The drawer: further cards below the light curve, one at a time, made when it is first opened."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from tpfdash.cards.widgets import CSS, control
from tpfdash.inspector import Inspector
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["drawer"]

Card = tuple[pn.viewable.Viewable, list[Live]]


def drawer(inspector: Inspector, cards: dict[str, Callable[[], Card]]) -> pn.Column:
    """A row of names over the card of the one that is pressed; pressed again, it closes.

    Parameters
    ----------
    inspector : Inspector
    cards : dict of str to callable
        Title -> what makes (the card, what is live in it). It is kept up only while in sight.
    """
    made: dict[str, Card] = {}
    names = control(
        pn.widgets.CheckButtonGroup,
        "tabs",
        "Open a drawer below; press again to close it.",
        options=list(cards),
        variant="outline",
    )
    place = pn.Column(
        css_classes=["tpf-drawer"], sizing_mode="stretch_width", margin=0, visible=False
    )

    @guarded(inspector)
    def show(event):
        if len(event.new) > 1:
            names.value = [name for name in event.new if name not in event.old][-1:]
            return
        for title in event.new:
            if title not in made:
                made[title] = cards[title]()
        for title, (_, lives) in made.items():
            for live in lives:
                live.shown = title in event.new
        place.objects = [made[title][0] for title in event.new]
        place.visible = bool(event.new)
        others = [name for name in card.css_classes if name not in ("tpf-open", "tpf-tall")]
        tall = any("tpf-tall" in one.css_classes for one in place.objects)
        card.css_classes = [*others, *["tpf-open"][: place.visible], *["tpf-tall"][:tall]]

    names.param.watch(show, "value")
    card = pn.Column(
        names,
        place,
        css_classes=["card"],
        stylesheets=[CSS],
        margin=0,
        styles={"padding": "6px 12px"},
    )
    return card
