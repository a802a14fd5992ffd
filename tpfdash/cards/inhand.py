"""The event in hand of a triage: its pictures, what the pixels say of it, what a person says."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import PurePath
from typing import Any

import panel as pn

from tpfdash.cards.measured import verdict_html
from tpfdash.cards.thumbnails import THUMBNAIL_CSS, curve_svg, image_svg
from tpfdash.cards.triagerows import row_of, target_of
from tpfdash.cards.widgets import CSS, button, control, html, row
from tpfdash.diagnosis.bulk.judged import LONGEST, WORDS
from tpfdash.diagnosis.bulk.pictures import curve_of, image_of
from tpfdash.diagnosis.summary import VERDICT_NAMES
from tpfdash.errors import TPFError
from tpfdash.inspector.derived import follows
from tpfdash.inspector.triage import Walk
from tpfdash.missions import get_mission
from tpfdash.views.difference import MARKS
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live
from tpfdash.views.stamp import APERTURE_COLOR

__all__ = ["JUDGED_BY", "hand_card", "hand_html"]

#: Key -> the word that it says.
JUDGED_BY = {"1": "real", "2": "elsewhere", "3": "artefact", "4": "unsure"}
#: Probabilities from which on a cause is named.
_WORTH_NAMING = 0.01
_WIDTH, _HEIGHT, _SIDE = 460, 190, 204
NO_PICTURE = "No picture in these results: they were made by an older version."
_LOOKS = (
    THUMBNAIL_CSS
    + """
.hand { display: flex; flex-direction: column; gap: 6px; }
.hand .title { display: flex; gap: 4px 12px; align-items: baseline; flex-wrap: wrap; }
.hand .name { font-size: 16px; font-weight: 600; overflow-wrap: anywhere; }
.hand a.open { margin-left: auto; color: var(--accent); font-size: 13px; }
.hand .seen { color: var(--soft); font-size: 12.5px; font-variant-numeric: tabular-nums; }
.hand .curve svg { width: 100%; max-width: 600px; height: auto; }
.hand .beside { display: grid; grid-template-columns: 204px minmax(0, 1fr); gap: 4px 14px; }
.hand .beside svg.thumb { border-radius: 4px; }
.shares { border-collapse: collapse; font-size: 12.5px; width: 100%; }
.shares th { text-align: left; font-weight: 400; padding: 2px 8px 2px 0; white-space: nowrap; }
.shares td { padding: 2px 0; font-variant-numeric: tabular-nums; }
.shares td.bar { width: 50%; }
.shares .fill { height: 8px; border-radius: 2px; background: var(--accent); min-width: 1px; }
.keys { display: flex; flex-wrap: wrap; gap: 0 10px; font-size: 12px; color: var(--soft); }
.keys svg { vertical-align: -2px; margin-right: 3px; }
.verdict { margin: 0 !important; }
"""
)
_ON_BUTTONS = ".bk-btn { padding: 4px 8px !important; }"


def hand_card(
    walk: Walk, link: Callable[[int], str | None] | None = None
) -> tuple[pn.Column, list[Live]]:
    """The card of the event in hand, with buttons and a field for what a person says of it.

    `link`: a row -> the address that opens its file at its window, None where it cannot be opened.
    """
    words = html("", css_classes=["tpf-hand-words"], sizing_mode="stretch_width")
    words.stylesheets = [CSS, _LOOKS]
    buttons = {
        word: button(
            walk,
            f"{key} {word.capitalize()}",
            f"say-{word}",
            lambda word=word: walk.judge("" if walk.judgement(walk.row).word == word else word),
            f"{word.capitalize()}: {WORDS[word]} (key {key}); again: taken back (key 0).",
        )
        for key, word in JUDGED_BY.items()
    }
    for one in buttons.values():
        one.stylesheets = [CSS, _ON_BUTTONS]
    undo = button(walk, "Undo", "undo-word", walk.undo, "Take back what was said last (key u).")
    note = control(
        pn.widgets.TextInput,
        "note",
        "Your note on this event (key n); Enter keeps it.",
        placeholder="a note (n)",
        max_length=LONGEST,
        sizing_mode="stretch_width",
    )
    said_by = html("", css_classes=["tpf-hand-said"], sizing_mode="stretch_width")

    def keep(event):
        if 0 <= walk.row < len(walk.results) and event.new != walk.judgement(walk.row).note:
            walk.note(event.new)

    note.param.watch(guarded(walk)(keep), "value")

    def show(*events):
        opening = "" if link is None or walk.row < 0 else _link_html(link(walk.row))
        words.object = hand_html(walk, opening)

    def tell(*events):
        here = walk.row >= 0
        said = walk.judgement(walk.row)
        event = here and walk.results.verdict[walk.row] >= 0
        for word, one in buttons.items():
            one.param.update(
                button_type="primary" if said.word == word else "default", disabled=not event
            )
        note.param.update(value=said.note, disabled=not here)
        who = " by " + escape(said.who) if said.who else ""
        when = said.when[:16].replace("T", " ")
        told = f"said{who} on {escape(when)} UTC" if said.when and (said.word or said.note) else ""
        said_by.object = f"<div class='note'>{told}</div>" if told else ""

    show()
    tell()
    card = pn.Column(
        row(
            *buttons.values(),
            pn.HSpacer(),
            undo,
            gap=5,
            css_classes=["tpf-bar"],
            stylesheets=[CSS],
            sizing_mode="stretch_width",
        ),
        note,
        words,
        said_by,
        css_classes=["card", "tpf-hand"],
        stylesheets=[CSS],
        sizing_mode="stretch_width",
        margin=0,
        styles={"padding": "10px 14px", "gap": "8px"},
    )
    return card, [Live(walk, show, "row", "version"), Live(walk, tell, "row", "opinions")]


def _link_html(address: str | None) -> str:
    if address is None:
        return "<span class='seen'>its file is not on this machine</span>"
    return (
        f"<a href='{escape(address)}' target='_blank' rel='noopener' class='open' "
        "title='Open the file in the dashboard at this window, in a new tab (key o).'>"
        "Open ↗</a>"
    )


@follows("row", "version")
def hand_html(walk: Walk, opening: str = "") -> str:
    """The event in hand in pictures and words; `opening`: HTML that opens its file."""
    if walk.row < 0:
        return "<div class='note'>No event is in the table.</div>"
    try:
        event = walk.results.event(walk.row)
    except TPFError as error:
        return f"<div class='error' role='alert'>{escape(str(error))}</div>"
    name, file = target_of(walk, walk.row), PurePath(_as_text(event, "source")).name
    seen = [_as_text(event, "mission"), file if file != name else ""]
    title = (
        f"<div class='title'><span class='name'>{escape(name)}</span>"
        f"<span class='seen'>{escape(' · '.join(filter(None, seen)))}</span>{opening}</div>"
    )
    if walk.results.verdict[walk.row] < 0:
        words = escape(_as_text(event, "error"))
        return f"<div class='hand'>{title}<div class='error'>{words}</div></div>"
    sentence = _as_text(event, "sentence")
    verdict = verdict_html(
        event["verdict"],
        float(walk.results.numbers["confidence"][walk.row]),
        f"<div>{escape(sentence[:1].upper() + sentence[1:])}.</div>" if sentence else "",
    )
    return f"<div class='hand'>{title}{verdict}{_pictures(walk, event)}{_findings(event)}</div>"


def _pictures(walk: Walk, event: dict[str, Any]) -> str:
    curve, image = curve_of(event), image_of(event)
    clock = _clock(_as_text(event, "mission"))
    drawn = (
        f"<div class='curve'>"
        f"{curve_svg(curve, _WIDTH, _HEIGHT, words='light curve around the event', clock=clock)}"
        "</div>"
        if curve
        else ""
    )
    if not curve and not image:
        drawn = f"<div class='note'>{NO_PICTURE}</div>"
    words = f"<div>{_shares(event)}{_facts(walk)}</div>"
    if not image:
        return drawn + words
    side = image_svg(image, event, _SIDE, words="difference image")
    return f"{drawn}<div class='beside'>{side}{words}</div>{_legend()}"


def _shares(event: dict[str, Any]) -> str:
    """The probabilities of all causes that are worth naming, likeliest first."""
    known = event.get("probabilities")
    shares = {
        name: float(share)
        for name, share in (known.items() if isinstance(known, dict) else ())
        if name in VERDICT_NAMES and isinstance(share, int | float) and _WORTH_NAMING < share <= 1
    }
    rows = "".join(
        f"<tr><th>{VERDICT_NAMES[name]}</th><td class='bar'><div class='fill' "
        f"style='width: {100 * share:.0f}%'></div></td><td>&nbsp;{share:.2f}</td></tr>"
        for name, share in sorted(shares.items(), key=lambda item: -item[1])
    )
    return f"<table class='shares' title='Probabilities above 1 %'>{rows}</table>" if rows else ""


def _facts(walk: Walk) -> str:
    texts = row_of(walk, walk.row)
    rows = [
        ("Time", texts["time"]),
        ("S/N", texts["snr"]),
        ("Depth", texts["depth"]),
        ("Duration", texts["duration"]),
        ("Offset", f"{texts['offset']} σ" if texts["offset"] else ""),
        ("Why", _as_text(walk.results.event(walk.row), "why")),
    ]
    body = "".join(f"<tr><th>{k}</th><td>{escape(v)}</td></tr>" for k, v in rows if v)
    return f"<table class='facts'>{body}</table>"


def _findings(event: dict[str, Any]) -> str:
    """What was found, where the record has it."""
    found = event.get("findings")
    said = [
        one["sentence"]
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, dict) and isinstance(one.get("sentence"), str)
    ]
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in said)
    return f"<ul class='note'>{items}</ul>" if items else ""


def _legend() -> str:
    def sign(shape: str, color: str) -> str:
        drawn = "".join(
            f"<g stroke='{stroke}' stroke-width='{width}'>{shape}</g>"
            for stroke, width in (("#fff", 4.5), (color, 2.2))
        )
        return f"<svg width='14' height='14' viewBox='0 0 16 16' fill='none'>{drawn}</svg>"

    target = sign("<circle cx='8' cy='8' r='5'/>", MARKS["star"].color)
    place = sign("<path d='M3 3L13 13M13 3L3 13'/>", MARKS["event"].color)
    border = sign("<rect x='3' y='3' width='10' height='10'/>", APERTURE_COLOR)
    return (
        f"<div class='keys'><span>{target}target</span><span>{place}event, 1 σ</span>"
        f"<span>{border}aperture</span><span>red: light is missing; blue: added</span></div>"
    )


def _as_text(event: dict[str, Any], name: str) -> str:
    value = event.get(name)
    return "" if value is None else str(value)


def _clock(mission: str) -> str:
    try:
        return get_mission(mission).time_format
    except (TPFError, KeyError):
        return ""
