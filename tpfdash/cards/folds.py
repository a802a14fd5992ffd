"""Periodogram, folded light curve and image of all events beside each other, with their words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn

from tpfdash.cards.ephemeris import fold_html, periodogram_html, pixels_html, place_html
from tpfdash.cards.widgets import (
    CSS,
    button,
    choice,
    html,
    legend_html,
    plot_pane,
    put_in_sight,
    readout,
    row,
)
from tpfdash.inspector import Inspector
from tpfdash.views.asking import Asking
from tpfdash.views.folded import FOLD_KINDS, FoldedView
from tpfdash.views.live import Live
from tpfdash.views.periodogram import PeriodogramView
from tpfdash.views.together import TogetherView

__all__ = ["fold_plots"]

#: The plots side by side, each with its words below it.
_GRID = """
:host { display: grid !important; gap: 2px 10px; min-width: 0 !important;
  flex: none !important; max-height: none !important; grid-auto-rows: max-content;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1.25fr) minmax(0, 170px); align-items: start; }
:host > * { min-width: 0 !important; }
"""
#: Small print, of which more is in sight.
_SMALL = ".note { font-size: 12px; line-height: 1.3; }"
_HEIGHT = 146
_ALL_PHASES = (-0.5, 0.5)
#: How much is seen of what belongs to an ephemeris that is no more.
_FADED = "0.45"


def fold_plots(
    inspector: Inspector, pick: Callable[[float, float], None]
) -> tuple[pn.Column, list[Live]]:
    """The three plots, each made once there is something in it, and what is live in them.

    Parameters
    ----------
    inspector : Inspector
    pick : callable
        Called with (low, high), days, of a click on the periodogram.
    """
    lives = [
        live
        for question, answer in (
            ("zoom_question", "zoom_answer"),
            ("fold_question", "fold_answer"),
        )
        for live in Asking(inspector, question, answer, "").lives
    ]

    plots = [
        _slot(inspector, lives, "periodogram", lambda: PeriodogramView(inspector, pick)),
        _slot(inspector, lives, "folded", lambda: FoldedView(inspector)),
        _slot(inspector, lives, "together", lambda: TogetherView(inspector)),
    ]
    words = [_below(parts) for parts in _words(inspector)]
    for n, part in enumerate([*plots, *words]):
        part.styles = part.styles | {"grid-column": str(n % 3 + 1)}

    def fade(*events):
        question = inspector.fold_question
        stale = question is not None and not question.answered
        for part in words[1:]:
            put_in_sight(part, question is not None)
        for part in (*plots[1:], *words[1:]):
            part.styles = part.styles | {"opacity": _FADED if stale else None}

    fade()
    lives += [
        Live(inspector, fade, "fold_question", later=True),
        Live(inspector, fade, "fold_answer"),
    ]
    grid = pn.Column(
        *plots,
        *words,
        css_classes=["tpf-period-plots"],
        stylesheets=[CSS, _GRID],
        sizing_mode="stretch_width",
        margin=0,
    )
    return grid, lives


def _slot(inspector: Inspector, lives: list[Live], tag: str, make: Callable[[], Any]) -> pn.Column:
    """A place for a plot, that is made when there is first something in it."""
    place = pn.Column(
        margin=0,
        sizing_mode="stretch_width",
        styles={"--tpf-picture-height": f"{_HEIGHT}px"},
        **({} if tag == "together" else {"height": _HEIGHT}),
    )
    sizing = "stretch_width" if tag == "together" else "stretch_both"

    def show(*events):
        there = _there(inspector, tag)
        put_in_sight(place, there)
        if there and not place.objects:
            view = make()
            lives.extend(view.lives)
            place.objects = [plot_pane(view.plot, tag, sizing_mode=sizing)]

    show()
    lives.append(Live(inspector, show, "periodogram", "fold_answer"))
    return place


def _there(inspector: Inspector, tag: str) -> bool:
    """Whether there is anything in a plot."""
    answer = inspector.fold_answer
    if tag == "periodogram":
        return inspector.periodogram is not None
    if tag == "folded":
        return answer is not None and answer.folded is not None
    return answer is not None and answer.image is not None and answer.image.difference is not None


def _below(parts: list) -> pn.Column:
    return pn.Column(*parts, margin=0, sizing_mode="stretch_width")


def _words(inspector: Inspector) -> list[list]:
    """What stands below each plot."""
    power, fold, place, pixels = (
        readout(inspector, text, tag, sizing_mode="stretch_width", stylesheets=[CSS, _SMALL])
        for text, tag in (
            (periodogram_html, "periodogram-words"),
            (fold_html, "fold-words"),
            (place_html, "place-words"),
            (pixels_html, "pixels-words"),
        )
    )
    judge = button(
        inspector,
        "Judge these events",
        "judge-events",
        inspector.judge_events,
        "Have the evidence say what these events are, all (up to 20) together.",
    )
    return [[power], [fold, _fold_bar(inspector)], [place, judge, pixels]]


def _fold_bar(inspector: Inspector) -> pn.Row:
    """What the folded light curve is drawn against, and what its points are."""

    def all_phases():
        inspector.phase_range = None if inspector.phase_range == _ALL_PHASES else _ALL_PHASES

    return row(
        choice(inspector.param.phase_unit, "phase-unit"),
        button(inspector, "All phases", "all-phases", all_phases, "All of them; again: the event."),
        html(legend_html(FOLD_KINDS)),
        gap=8,
        css_classes=["tpf-bar"],
        stylesheets=[CSS],
    )
