"""The two-way link between a widget and a param of the Inspector, written once."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from tpfdash.inspector import Inspector
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["link"]


def link(
    widget: pn.widgets.Widget,
    inspector: Inspector,
    name: str,
    shown: Callable[[object], object] = lambda value: value,
    chosen: Callable[[object], object] = lambda value: value,
) -> Live:
    """Keep the value of a widget and a param the same, for widgets that no param makes.

    Parameters
    ----------
    widget : Widget
    inspector : Inspector
    name : str
        The param.
    shown : callable
        The param's value -> what the widget shows.
    chosen : callable
        What the user has chosen in the widget -> the param's value.
    """

    def show(*events):
        widget.value = shown(getattr(inspector, name))

    def choose(event):
        try:
            setattr(inspector, name, chosen(event.new))
        finally:
            show()  # what cannot be had goes from the widget

    show()
    widget.param.watch(guarded(inspector)(choose), "value")
    return Live(inspector, show, name)
