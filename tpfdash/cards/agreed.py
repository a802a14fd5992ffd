"""How far a person's words and the verdicts agree, in tables."""

from __future__ import annotations

from html import escape

import numpy as np
import panel as pn

from tpfdash.cards.widgets import CSS, button, html, put_in_sight, row
from tpfdash.cards.words import minus
from tpfdash.diagnosis.bulk.agreement import GROUPS, Agreement
from tpfdash.inspector.derived import follows
from tpfdash.inspector.triage import Walk
from tpfdash.views.live import Live

__all__ = ["agreed_card", "agreed_html"]

_HEADS = ("on target", "elsewhere", "instrumental", "cannot tell")
_LOOKS = """
.agreed { display: flex; flex-wrap: wrap; gap: 10px 26px; align-items: flex-start; }
.agreed table { border-collapse: collapse; font-size: 12.5px;
  font-variant-numeric: tabular-nums; }
.agreed caption { text-align: left; font-size: 12px; color: var(--soft); padding-bottom: 3px; }
.agreed :is(th, td) { padding: 1px 0 1px 11px; text-align: right; font-weight: 400; }
.agreed :is(th, td):first-child { padding-left: 0; text-align: left; }
.agreed thead th { color: var(--soft); border-bottom: 1px solid var(--line); }
.agreed td.same { font-weight: 600; background: color-mix(in srgb, #2a8a52 16%, transparent); }
.agreed td.other { background: color-mix(in srgb, #b3261e 13%, transparent); }
.agreed td { padding-right: 6px; }
.agreed .share { max-width: 196px; }
.agreed .large { font-size: 22px; font-weight: 600; line-height: 1.2; }
"""


def agreed_card(walk: Walk) -> tuple[pn.Column, list[Live]]:
    """The card of the agreement, and what is live in it."""
    words = html(agreed_html(walk), css_classes=["tpf-agreed"], sizing_mode="stretch_width")
    words.stylesheets = [CSS, _LOOKS]

    def disagreeing():
        walk.said = "disagree"

    show = button(
        walk,
        "Show those that disagree",
        "show-disagreeing",
        disagreeing,
        "Leave only those events in the table whose word and verdict disagree.",
    )

    def say(*events):
        words.object = agreed_html(walk)
        counts = walk.agreement["all"].counts
        put_in_sight(show, bool(counts.sum() > counts.trace()))

    say()
    card = pn.Column(row(show), words, margin=0, sizing_mode="stretch_width", styles={"gap": "8px"})
    return card, [Live(walk, say, "agreement")]


@follows("agreement")
def agreed_html(walk: Walk) -> str:
    """Words by verdicts, the share that agrees with its error and kappa, by mission and S/N."""
    whole, *parts = walk.agreement.items()
    total = whole[1]
    if not total.number + total.undecided.sum() + total.unsure:
        return (
            "<div class='note'>Once events are judged, it is counted here how often a person and "
            "the verdict say the same.</div>"
        )
    return f"<div class='agreed'>{_share(total)}{_counts(total)}{_parts(parts)}</div>"


def _share(one: Agreement) -> str:
    if not one.number:
        return "<div class='note'>No event has both a word and a verdict.</div>"
    kappa = _kappa(one)
    chance = (
        f"Cohen’s κ {kappa}" if kappa else "Cohen’s κ is not defined: one class is all there is"
    )
    return (
        f"<div class='share'><div class='large'>{_percent(one.share)} agree</div>"
        f"<div class='note'>{_interval(one)} (68 %), of {one.number:,}<br>{chance}<br>"
        f"Counted apart: cannot tell, and unsure ({one.unsure:,}).</div></div>"
    )


def _counts(one: Agreement) -> str:
    rows = ""
    for i, word in enumerate(GROUPS):
        cells = "".join(
            f"<td class='{_class(i, j, count)}'>{count:,}</td>"
            for j, count in enumerate(one.counts[i].tolist())
        )
        rows += f"<tr><th scope='row'>{word}</th>{cells}<td>{one.undecided[i]:,}</td></tr>"
    heads = "".join(f"<th scope='col'>{head}</th>" for head in _HEADS)
    return (
        "<table><caption>Your words down, verdicts across</caption>"
        f"<thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _class(i: int, j: int, count: int) -> str:
    return ("same" if i == j else "other") if count else ""


def _parts(parts: list[tuple[str, Agreement]]) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{one.number:,}</td>"
        f"<td>{_percent(one.share)}</td><td>{_interval(one)}</td><td>{_kappa(one) or '–'}</td></tr>"
        for name, one in parts
        if one.number
    )
    if not rows:
        return ""
    heads = "".join(f"<th scope='col'>{head}</th>" for head in ("n", "agree", "68 %", "κ"))
    return (
        "<table><caption>By mission and by S/N</caption>"
        f"<thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _interval(one: Agreement) -> str:
    low, high = one.interval
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def _kappa(one: Agreement) -> str:
    if not np.isfinite(one.kappa):
        return ""
    error = f" ± {one.kappa_err:.2f}" if np.isfinite(one.kappa_err) else ""
    return minus(f"{one.kappa:.2f}{error}")
