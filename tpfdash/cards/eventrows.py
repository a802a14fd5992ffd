"""The rows of the list of events, as texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from tpfdash.cards.words import minus
from tpfdash.diagnosis.numbers import days_in_words, with_error
from tpfdash.diagnosis.summary import VERDICT_NAMES
from tpfdash.inspector.said import WORDS, ListedEvent
from tpfdash.timeseries.events.found import MARK, FoundEvent

__all__ = ["HEADINGS", "KINDS", "LOOKS", "SORTS", "event_beside", "event_row"]

#: Share of its light from which a depth is given in per cent.
_PERCENT_FROM = 0.01

HEADINGS = {
    "tick": ("", "Tick, to stack it with others: event"),
    "name": ("#", "Its number, in order of time; pressed, it is the window."),
    "kind": ("kind", "Dip, brightening, step, outlier (one cadence), or a mark of your own."),
    "time": ("time", "Of its middle; of a step, when it happens."),
    "duration": ("dur", "From its begin to its end."),
    "depth": ("depth", "Light that is missing; with a minus: that came."),
    "snr": ("S/N", "Over how far the same box scatters elsewhere in the light curve."),
    "verdict": (
        "what it is",
        "By all cadences of its window, flagged ones too, with the confidence of that.",
    ),
    "why": ("why", "What speaks for that most."),
    "word": ("yours", "What you say that it is."),
    "note": ("note", "Your note on it."),
    "drop": ("", "Take this mark off the list."),
    "shape": ("shape", "Which fits it best; unclear where two do."),
    "flagged": ("flagged", "Share of its cadences with a quality flag."),
}
KINDS = {
    "name": "pick",
    "tick": "tick",
    "kind": "words",
    "verdict": "words",
    "why": "words",
    "word": ["–", *WORDS[1:]],
    "note": "type",
    "drop": "drop",
}
#: In a drawer of usual width there is just room for all that is asked for most.
LOOKS = """
table { width: 100%; }
:is(th, td) { padding-left: 7px; }
td.type { width: 99%; }
th.c-verdict { min-width: 92px; }
th.c-why { min-width: 136px; }
td.type input[type="text"] { min-width: 76px; }
@container (max-width: 960px) {
  td.words.c-why { max-width: 136px; }
  :is(.c-shape, .c-flagged) { display: none; }
}
"""
#: Column -> how the list is sorted as its heading is first pressed.
SORTS = {"time": "time", "depth": "-depth", "snr": "-snr", "verdict": "verdict"}


def event_row(number: int, event: FoundEvent) -> dict[str, Any]:
    """What does not change of an event; `number`: in the list."""
    return {
        "number": number,
        "name": str(number + 1),
        "kind": event.kind,
        "time": minus(f"{event.time:.4f}"),
        "duration": days_in_words(event.duration),
        "shape": event.shape if event.kind in ("dip", "brightening") else "",
        "drop": MARK if event.kind == MARK else "",
    } | _measured(event)


def event_beside(event: ListedEvent, ticked: bool) -> dict[str, Any]:
    """What changes of it, where there is anything."""
    said = {"why": event.why, "word": event.word, "note": event.note, "tick": ticked}
    if event.verdict:
        sure = "" if event.verdict == "inconclusive" else f" {event.confidence:.2f}"
        said["verdict"] = VERDICT_NAMES[event.verdict] + sure
    if event.kind == MARK:
        said |= _measured(event)
    return {name: value for name, value in said.items() if value}


def _measured(event: FoundEvent) -> dict[str, str]:
    """How deep it is, in words where nobody has measured that."""
    known = np.isfinite(event.snr)
    return {
        "depth": minus(_depth(event)) if known else "not measured",
        "snr": (f"{event.snr:,.0f}" if event.snr >= 10 else f"{event.snr:.1f}") if known else "",
        "flagged": f"{event.flagged:.0%}" if np.isfinite(event.flagged) else "",
    }


def _depth(event: FoundEvent) -> str:
    relative, error = event.relative_depth, event.relative_depth_err
    if not np.isfinite(relative):
        return with_error(event.depth, event.depth_err)
    scale, sign = (100, "%") if abs(relative) >= _PERCENT_FROM else (1e6, "ppm")
    return f"{with_error(relative * scale, error * scale)} {sign}"
