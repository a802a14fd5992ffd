"""What happens in the light curve: found on request, listed, gone to, stacked, and said what it is.

How events are found is `tpfdash.timeseries.events`, which are listed `tpfdash.inspector.eventlist`.
"""

from __future__ import annotations

from typing import Any

import panel as pn

from tpfdash.cards.eventrows import HEADINGS, KINDS, LOOKS, SORTS, event_beside, event_row
from tpfdash.cards.files import save_button
from tpfdash.cards.judging import JUDGED, Judging
from tpfdash.cards.picks import PickList
from tpfdash.cards.widgets import CSS, button, control, html, put_in_sight, row, widget
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["events_card", "events_html"]

#: Events that are listed at most, the strongest.
_LISTED = 300

_WHAT = (
    "The light curve that is shown is searched for dips, brightenings, steps and single cadences "
    "that stand out; then the pixels of each say what it is."
)


def events_card(inspector: Inspector) -> tuple[pn.Column, list[Live]]:
    """The card of the events of an Inspector's light curve, and what is live in it."""
    listed = _List(inspector)
    bar, lives = _bar(inspector, listed.judging)
    words = html("", css_classes=["tpf-events-words"])

    def say(*events):
        words.object = events_html(inspector)

    say()
    card = pn.Column(
        bar,
        words,
        listed.table,
        margin=0,
        sizing_mode="stretch_width",
        styles={"gap": "4px"},
    )
    said = Live(inspector, say, "told", "curve_name", "ticked_events", "shown_events")
    return card, [said, *lives, *listed.lives]


def _bar(inspector: Inspector, judging: Judging) -> tuple[pn.Row, list[Live]]:
    """What is pressed and chosen over the list, each in sight where it does anything."""
    find, add, ask, stack, untick = _buttons(inspector, judging)
    saving = _saving(inspector)

    def enable(*events):
        ticked, window = len(inspector.ticked_events), inspector.window
        stack.label = f"Stack {ticked} events"
        put_in_sight(saving, bool(inspector.listed))
        put_in_sight(add, window is not None and window not in inspector.event_of)
        put_in_sight(ask, bool(judging.unsaid))
        put_in_sight(stack, not _why_no_stack(inspector))
        put_in_sight(untick, ticked > 0)

    enable()
    bar = row(find, add, ask, stack, untick, saving, gap=8, css_classes=["tpf-bar"])
    bar.stylesheets = [CSS]
    return bar, [Live(inspector, enable, "told", "ticked_events", "windows")]


def _buttons(inspector: Inspector, judging: Judging) -> list[pn.widgets.Button]:
    """Find, add, ask, stack and untick."""
    wanted = [
        (
            "Find events",
            "find-events",
            judging.find,
            "Search the light curve for dips, brightenings, steps and outliers.",
        ),
        ("Add this window", "mark-window", judging.add, "List the window as one of your own."),
        (
            "Diagnose the rest",
            "diagnose-events",
            judging.ask,
            f"Say what those events are that nobody asked about: of many, the {JUDGED} strongest.",
        ),
        (
            "Stack",
            "stack-events",
            inspector.stack_ticked,
            "Measure the ticked events as one event that happens several times.",
        ),
        ("Untick", "untick-events", lambda: inspector.change(ticked=()), "Take all ticks off."),
    ]
    return [button(inspector, *each) for each in wanted]


def _saving(inspector: Inspector) -> pn.Row:
    """Which events are shown, and the whole list as a file."""
    format = control(
        pn.widgets.Select,
        "events-format",
        "Format of the saved list.",
        options=["csv", "ecsv", "json"],
        width=80,
    )
    save = save_button(
        inspector,
        "events",
        lambda: format.value,
        lambda suffix: inspector.told.to_bytes(suffix),
        label="Save",
    )
    kind = widget(pn.widgets.Select, inspector.param.event_kind, "event-kind", label="", width=110)
    return row(kind, format, save)


def _why_no_stack(inspector: Inspector) -> str:
    try:
        inspector.check_stack()
    except TPFError as error:
        return str(error)
    return ""


@follows("told", "curve_name", "ticked_events", "shown_events")
def events_html(inspector: Inspector) -> str:
    """How many there are, whether they are of the light curve that is shown, and what is ticked."""
    found, listed = inspector.events, inspector.listed
    if found is None and not listed:
        said = [_WHAT]
    else:
        own = len(listed) - len(found or ())
        parts = [] if found is None else [_count(len(found), "event")]
        parts += [_count(own, "mark") + " of your own"] if own else []
        said = [", ".join(parts) if listed else "Nothing stands out."]
        if found and found.meta.get("lightcurve", inspector.curve_name) != inspector.curve_name:
            said[0] += " in the light curve as it was: it has changed since"
        if len(inspector.shown_events) != len(listed):
            said.append(f"{len(inspector.shown_events)} of this kind")
        if len(inspector.shown_events) > _LISTED:
            said.append(f"the {_LISTED} strongest are listed")
    lost = sum(bool(one) for one in inspector.remarks) - sum(
        bool(event.word or event.note) for event in inspector.told
    )
    if lost > 0:
        said.append(f"{_count(lost, 'more remark')} of yours: on what is not listed now")
    if len(inspector.ticked_events) > 1 and (trouble := _why_no_stack(inspector)):
        said.append(trouble.rstrip("."))
    return f"<div class='note'>{'; '.join(said)}</div>"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


class _List:
    """The list of an Inspector's events, and what is worked out for it."""

    def __init__(self, inspector: Inspector):
        self._inspector = inspector
        act = guarded(inspector)(self._act)
        self.table = PickList(act, HEADINGS, "event-list", LOOKS, kinds=KINDS, sorts=SORTS)
        self.judging = Judging(inspector, self.table)
        self._show()
        self.lives = [
            Live(inspector, self._show, "listed"),
            Live(inspector, self._tell, "told", "ticked_events"),
            Live(inspector, self._arrange, "event_rows"),
            Live(inspector, self._mark, "windows"),
        ]

    def _act(self, what: str, number: int, *values: Any) -> None:
        inspector = self._inspector
        match what, values:
            case "cancel", ():
                self.judging.cancel()
            case "sort", (order,):
                inspector.event_order = order
            case _ if number >= len(inspector.listed):
                pass  # a row of a list that has gone
            case "choose", ():
                inspector.go_to_event(number)
            case "tick", (on,):
                inspector.tick(number, on)
            case "type", ("word" | "note" as column, text):
                inspector.remark(number, **{column: text})
            case "drop", ():
                inspector.unmark(number)

    @property
    def _numbers(self) -> list[int]:
        """Of the events that are listed: the strongest, in order of time."""
        listed = self._inspector.listed
        strongest = sorted(range(len(listed)), key=lambda n: listed[n].rank)
        return sorted(strongest[:_LISTED])

    def _show(self, *events: Any) -> None:
        listed = self._inspector.listed
        self._tell()
        self.table.rows = [event_row(n, listed[n]) for n in self._numbers]
        self._arrange()
        self._mark()

    def _tell(self, *events: Any) -> None:
        """What is known of each beside: the rows themselves are not sent again for it."""
        told, ticked = self._inspector.told, set(self._inspector.ticked)
        beside = ((n, event_beside(told[n], told[n].window in ticked)) for n in self._numbers)
        self.table.beside = {str(n): said for n, said in beside if said}

    def _arrange(self, *events: Any) -> None:
        self.table.param.update(
            order=list(self._inspector.event_rows), sorted=self._inspector.event_order
        )

    def _mark(self, *events: Any) -> None:
        """The row whose event is the window, and those that are measured with it."""
        inspector = self._inspector
        at = [inspector.event_of.get(window) for window in inspector.windows]
        together = [n for n in at if n is not None] if len(at) > 1 else []
        chosen = at[0] if at and at[0] is not None else -1
        self.table.param.update(chosen=chosen, together=together)
