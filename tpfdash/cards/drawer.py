"""The drawer: further cards below the light curve, one at a time, made when it is first opened."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from tpfdash.cards.widgets import CSS, control
from tpfdash.inspector import Inspector
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["Drawer"]

#: Where what was opened lies below the window's edge it is scrolled to, as its plots come, but not
#: where it grows later, when somebody may look at something else.
_PUT_IN_SIGHT = """
const place = Bokeh.index.find_one(cb_obj)?.el
if (place && cb_obj.children.length) {
  const card = place.getRootNode().host
  const observer = new ResizeObserver(() => card.scrollIntoView({ block: "nearest" }))
  observer.observe(place)
  setTimeout(() => observer.disconnect(), 2000)
}
"""

Card = tuple[pn.viewable.Viewable, list[Live]]


class Drawer:
    """A row of names over the card of the one that is pressed; pressed again, it closes.

    Parameters
    ----------
    inspector : Inspector
    cards : dict of str to callable
        Title -> what makes (the card, what is live in it). It is kept up only while in sight.

    Attributes
    ----------
    card : Column
        To be put on the page.
    """

    def __init__(self, inspector: Inspector, cards: dict[str, Callable[[], Card]]):
        self._cards = dict(cards)
        self._made: dict[str, Card] = {}
        self._names = control(
            pn.widgets.CheckButtonGroup,
            "tabs",
            "Open a drawer below; press again to close it.",
            options=list(cards),
            variant="outline",
        )
        self._place = pn.Column(
            css_classes=["tpf-drawer"], sizing_mode="stretch_width", margin=0, visible=False
        )
        self._place.jscallback(children=_PUT_IN_SIGHT)
        self._names.param.watch(guarded(inspector)(self._show), "value")
        self.card = pn.Column(
            self._names,
            self._place,
            css_classes=["card"],
            stylesheets=[CSS],
            margin=0,
            styles={"padding": "6px 12px"},
        )

    def add(self, title: str, make: Callable[[], Card], after: str) -> None:
        """One more card, its name beside another's."""
        titles = [name for name in self._cards if name != title]
        titles.insert(titles.index(after) + 1, title)
        self._cards[title] = make
        self._cards = {name: self._cards[name] for name in titles}
        self._names.options = titles

    @property
    def opened(self) -> str | None:
        """The title of the card that is in sight."""
        return next(iter(self._names.value), None)

    @opened.setter
    def opened(self, title: str | None) -> None:
        self._names.value = [title] if title in self._cards else []

    def _show(self, event) -> None:
        if len(event.new) > 1:
            self._names.value = [name for name in event.new if name not in event.old][-1:]
            return
        for title in event.new:
            if title not in self._made:
                self._made[title] = self._cards[title]()
        for title, (_, lives) in self._made.items():
            for live in lives:
                live.shown = title in event.new
        self._place.scroll_position = 0  # another card is read from its top
        self._place.visible = bool(event.new)
        self._place.objects = [self._made[title][0] for title in event.new]
        others = [name for name in self.card.css_classes if name not in ("tpf-open", "tpf-tall")]
        tall = any("tpf-tall" in one.css_classes for one in self._place.objects)
        self.card.css_classes = [
            *others,
            *["tpf-open"][: self._place.visible],
            *["tpf-tall"][:tall],
        ]
