"""The table of a triage: filters over it, a page of its rows, and what turns the pages."""

from __future__ import annotations

from typing import Any

import panel as pn

from tpfdash.cards.picks import PickList
from tpfdash.cards.triagerows import (
    HEADINGS,
    KINDS,
    LOOKS,
    SAID_NAMES,
    SORTS,
    VERDICT_CHOICES,
    count_html,
    row_beside,
    row_of,
)
from tpfdash.cards.widgets import CSS, button, html, put_in_sight, readout, row, widget
from tpfdash.inspector.triage import ORDERS, Walk
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["table_card"]


def table_card(walk: Walk) -> tuple[pn.Column, list[Live]]:
    """The card with the table, and what is live in it."""
    act = guarded(walk)(lambda *gesture: _act(walk, *gesture))
    table = PickList(act, HEADINGS, "triage-table", LOOKS, kinds=KINDS, sorts=SORTS, whole=True)

    def fill(*events):
        table.param.update(beside=_beside(walk), rows=[row_of(walk, one) for one in walk.page_rows])
        mark()

    def tell(*events):
        table.beside = _beside(walk)

    def mark(*events):
        table.chosen = walk.row

    def sort(*events):
        table.sorted = walk.order

    fill()
    sort()
    pager, pager_live = _pager(walk)
    place = pn.Column(
        table,
        css_classes=["tpf-drawer", "tpf-triage-rows"],
        sizing_mode="stretch_width",
        margin=0,
    )
    card = pn.Column(
        _filters(walk),
        place,
        row(
            readout(walk, count_html, "triage-count"),
            pn.HSpacer(),
            pager,
            css_classes=["tpf-bar"],
            stylesheets=[CSS],
            sizing_mode="stretch_width",
        ),
        css_classes=["card", "tpf-triage-card"],
        stylesheets=[CSS],
        sizing_mode="stretch_width",
        margin=0,
        styles={"padding": "8px 12px", "gap": "6px"},
    )
    return card, [
        Live(walk, fill, "page_rows", "version"),
        Live(walk, tell, "opinions"),
        Live(walk, mark, "row", precedence=1),
        Live(walk, sort, "order"),
        pager_live,
    ]


def _act(walk: Walk, what: str, number: int, *values: Any) -> None:
    """What was done in the table."""
    match what, values:
        case "sort", (order,):
            if order.removeprefix("-") in ORDERS:
                walk.order = order
        case _ if number >= len(walk.results):
            pass  # a row of a table that has gone
        case "choose", ():
            walk.row = number
        case "type", ("word", word):
            walk.say(number, word=word)
        case "type", ("note", note):
            walk.say(number, note=note)


def _beside(walk: Walk) -> dict[str, dict[str, str]]:
    beside = {str(one): row_beside(walk, one) for one in walk.page_rows}
    return {one: said for one, said in beside.items() if said}


def _filters(walk: Walk) -> pn.Row:
    """What chooses among the rows."""
    of = walk.param
    select = pn.widgets.Select
    missions = {"all missions": "", **{name: name for name in walk.missions}}
    mission = widget(select, of.mission, "of-mission", label="", width=112, options=missions)

    def list_missions(*events):
        options = {"all missions": "", **{name: name for name in walk.missions}}
        if options != mission.options:
            mission.options = options
        put_in_sight(mission, len(options) > 2)

    list_missions()
    Live(walk, list_missions, "version")

    def beside(parameter, tag: str, label: str) -> pn.widgets.Widget:
        made = widget(pn.widgets.FloatInput, parameter, tag, label=label, width=92, step=5)
        made.css_classes = [*made.css_classes, "tpf-beside"]
        return made

    snr_from = beside(of.snr_from, "snr-from", "S/N")
    snr_from.width = 100
    parts = [
        widget(
            pn.widgets.TextInput,
            of.text,
            "of-text",
            label="",
            placeholder="target or file",
            width=118,
        ),
        widget(select, of.verdict, "of-verdict", label="", width=142, options=VERDICT_CHOICES),
        widget(select, of.said, "of-word", label="", width=158, options=SAID_NAMES),
        mission,
        snr_from,
        beside(of.snr_to, "snr-to", "to"),
        button(walk, "All", "of-all", lambda: _all(walk), "Take all filters off."),
    ]
    bar = row(*parts, gap=7, css_classes=["tpf-bar"], sizing_mode="stretch_width")
    bar.stylesheets = [CSS]
    return bar


def _all(walk: Walk) -> None:
    names = ("verdict", "said", "mission", "snr_from", "snr_to", "text")
    walk.param.update(**{name: walk.param[name].default for name in names})


def _pager(walk: Walk) -> tuple[pn.Row, Live]:
    back = button(walk, "‹", "page-back", lambda: walk.turn(-1), "The page before (PgUp).")
    on = button(walk, "›", "page-on", lambda: walk.turn(1), "The next page (PgDn).")
    where = html("", css_classes=["tpf-page"])

    def say(*events):
        where.object = (
            f"<div class='label' style='white-space: nowrap'>page {walk.page + 1:,} of "
            f"{walk.pages:,}</div>"
        )
        back.disabled, on.disabled = walk.page == 0, walk.page + 1 >= walk.pages

    say()
    return row(back, where, on, gap=6), Live(walk, say, "page_rows")
