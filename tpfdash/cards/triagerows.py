"""The rows of a triage's table, and the filters over it, as texts."""

from __future__ import annotations

from html import escape
from pathlib import PurePath
from typing import Any

import numpy as np

from tpfdash.cards.words import minus
from tpfdash.diagnosis.bulk.joined import agrees_word
from tpfdash.diagnosis.bulk.judged import WORDS
from tpfdash.diagnosis.bulk.results import CODES
from tpfdash.diagnosis.numbers import days_in_words
from tpfdash.diagnosis.summary import VERDICT_NAMES
from tpfdash.inspector.derived import follows
from tpfdash.inspector.triage import SAID, Walk

__all__ = [
    "HEADINGS",
    "KINDS",
    "LOOKS",
    "SAID_NAMES",
    "SORTS",
    "VERDICT_CHOICES",
    "count_html",
    "row_beside",
    "row_of",
    "target_of",
]

#: Share of its light from which a depth is given in per cent.
_PERCENT_FROM = 10_000  # ppm

HEADINGS = {
    "name": ("target", "The target of the file; pressed, the event is the one in hand."),
    "mission": ("mission", "Kepler, K2 or TESS."),
    "time": ("time", "Of its middle, in days on the mission's own clock."),
    "verdict": ("what it is", "What the pixels say that it is."),
    "confidence": ("conf", "The probability of that."),
    "snr": ("S/N", "Of the event in the light curve, or of its pixels beside the target."),
    "depth": ("depth", "Light that is missing; with a minus: that came."),
    "duration": ("dur", "How long it takes."),
    "offset": ("off, σ", "By how many sigma it lies off the target."),
    "word": ("yours", "What you say that it is."),
    "agrees": ("", "Whether your word and the verdict agree."),
    "note": ("note", "Your note on it."),
}
KINDS = {
    "name": "pick",
    "mission": "words",
    "verdict": "words",
    "word": ["–", *(word for word in WORDS if word)],
    "note": "type",
}
#: Column -> how the table is sorted as its heading is first pressed.
SORTS = {
    "name": "target",
    "mission": "mission",
    "time": "time",
    "verdict": "verdict",
    "confidence": "-confidence",
    "snr": "-snr",
    "depth": "-depth",
    "duration": "-duration",
    "offset": "-offset",
    "word": "word",
    "note": "note",
}
LOOKS = """
.scroll { overflow: visible; }
table { width: 100%; }
tr { cursor: pointer; }
:is(th, td) { padding-left: 8px; }
th { position: sticky; top: 0; z-index: 2; background: var(--panel-surface-color, Canvas); }
th:is(.pick) { z-index: 3; }
td.words.c-verdict { max-width: 170px; }
td.c-name button { max-width: 168px; overflow: hidden; text-overflow: ellipsis; }
td.type { width: 99%; }
td.type input[type="text"] { min-width: 70px; }
td select { width: 84px; }
:is(th, td).c-agrees { padding-left: 0; text-align: left; min-width: 14px; }
tbody tr:hover { background: color-mix(in srgb, var(--ink) 5%, transparent); }
tbody tr.chosen { background: var(--tint); }
@container (max-width: 900px) { .c-mission { display: none; } }
@container (max-width: 760px) { .c-duration { display: none; } }
@container (max-width: 640px) { :is(.c-offset, .c-depth) { display: none; } }
"""

#: What a filter of verdicts calls each choice -> the choice.
VERDICT_CHOICES = {
    "all verdicts": "all",
    "all elsewhere": "elsewhere",
    "all artefacts": "artefact",
    **{VERDICT_NAMES[name]: name for name in CODES},
    "files with an error": "error",
}
#: And that of words.
SAID_NAMES = {
    "judged or not": "all",
    **{one: one for one in SAID if one not in ("all", "agree", "disagree")},
    "agree with verdict": "agree",
    "disagree with verdict": "disagree",
}


def target_of(walk: Walk, row: int) -> str:
    """What a row's target is called: as the file says, or by the file's own name."""
    return walk.results.text("object", row) or PurePath(walk.results.text("source", row)).name


def row_of(walk: Walk, row: int) -> dict[str, Any]:
    """What does not change of a row."""
    results = walk.results
    known = {name: float(column[row]) for name, column in results.numbers.items()}
    code = int(results.verdict[row])
    return {
        "number": row,
        "name": target_of(walk, row),
        "mission": results.text("mission", row),
        "time": minus(_number(known["time"], ".3f")),
        "verdict": VERDICT_NAMES[_NAMES[code]] if code >= 0 else results.text("error", row),
        "confidence": _number(known["confidence"], ".2f"),
        "snr": _number(known["snr"], ",.0f" if known["snr"] >= 10 else ".1f"),
        "depth": minus(_depth(known["depth_ppm"])),
        "duration": days_in_words(known["duration"]),
        "offset": _number(known["offset_sigma"], ".1f"),
    }


def row_beside(walk: Walk, row: int) -> dict[str, str]:
    """What is said of it, where anything is."""
    said = walk.judgement(row)
    signs = {"yes": "=", "no": "≠", "": ""}
    agrees = signs[agrees_word(said.word, int(walk.results.verdict[row]))]
    beside = {"word": said.word, "note": said.note, "agrees": agrees}
    return {name: value for name, value in beside.items() if value}


@follows("rows", "opinions", "version")
def count_html(walk: Walk) -> str:
    """How much there is, how much of it the filters leave, and how much was judged."""
    results = walk.results
    events = int((results.verdict >= 0).sum())
    judged = int(((walk.words > 0) & (results.verdict >= 0)).sum())
    parts = [f"{events:,} events in {results.files:,} files"]
    if results.errors:
        parts.append(f"{results.errors:,} with an error")
    parts.append(f"{judged:,} judged")
    if len(walk.rows) != events:
        parts.insert(0, f"<b>{len(walk.rows):,} in the table</b>")
    if walk.judged.unread:
        parts.append(f"{walk.judged.unread:,} lines of {escape(walk.judged.path.name)} not read")
    return f"<div class='note' role='status'>{' · '.join(parts)}</div>"


_NAMES = list(CODES)


def _number(value: float, form: str) -> str:
    return format(value, form) if np.isfinite(value) else ""


def _depth(ppm: float) -> str:
    if not np.isfinite(ppm):
        return ""
    return f"{ppm / 1e4:,.2f} %" if abs(ppm) >= _PERCENT_FROM else f"{ppm:,.0f} ppm"
