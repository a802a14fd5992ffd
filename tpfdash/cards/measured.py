"""What the event in the windows is, in words and numbers; checks and pictures are elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np

from tpfdash.diagnosis.diagnose import Diagnosis
from tpfdash.diagnosis.summary import (
    VERDICT_NAMES,
    depth_words,
    duration_words,
    offset_words,
    snr_words,
)
from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows

__all__ = ["HINT", "WAIT", "event_html", "others_words", "verdict_html", "verdict_sign"]

HINT = "Drag over the light curve, or press w at its first and at its last cadence."
WAIT = "Working it out …"

_OF_SKY_TOO = "of star and sky: FLUX still holds the background"
#: From this probability on, what else it may be is worth naming.
_WORTH_NAMING = 0.05

#: Shape of a verdict's sign, in a square of 20 units.
_CIRCLE = "<circle cx='10' cy='10' r='7'/>"
_DIAMOND = "<path d='M10 2L18 10L10 18L2 10Z'/>"
_ARROW = "<path d='M2 10H16M11 4L17 10L11 16' fill='none'/>"
_TRIANGLE = "<path d='M10 3L18 17H2Z'/>"
_QUESTION = "<path d='M6 7a4 4 0 1 1 5.5 3.7Q10 11.4 10 13.5M10 16.5v1' fill='none'/>"
#: Verdict -> (its sign, its class in the style sheet); an instrument's where it is none of these.
_SIGNS = {
    "on_target": (_CIRCLE, "real"),
    "neighbour": (_DIAMOND, "elsewhere"),
    "moving_object": (_ARROW, "elsewhere"),
    "inconclusive": (_QUESTION, "unknown"),
}


@follows("windows", "answer", "background")
def event_html(inspector: Inspector) -> str:
    """The verdict with its confidence and its sentence and, below it, the numbers in a table.

    It says how to get an event where no window is set, and that it is worked out where it is.
    """
    if not inspector.windows:
        return f"<div class='note'>{HINT}</div>"
    answer = inspector.answer
    if answer is None:
        return f"<div class='note' role='status'>{WAIT}</div>"
    rows = [
        ("Height" if answer.depth < 0 else "Depth", _depth(inspector, answer)),
        ("Duration", _duration(inspector, answer)),
        ("S/N", snr_words(answer)),
        ("Time", _time(inspector, answer)),
        ("Stacked", _stacked(answer)),
        ("Offset", offset_words(answer) if answer.offset is not None else ""),
        ("Star", _stars(answer)),
    ]
    body = "".join(
        f"<tr><th>{escape(key)}</th><td>{escape(value)}</td></tr>" for key, value in rows if value
    )
    return f"<div>{_verdict(answer)}<table class='facts'>{body}</table></div>"


def _verdict(answer: Diagnosis) -> str:
    said = answer.sentence
    others = others_words(answer.probabilities, answer.verdict, _WORTH_NAMING)
    return verdict_html(
        answer.verdict,
        answer.confidence,
        f"<div>{escape(said[:1].upper() + said[1:])}.</div>"
        + (f"<div class='note'>Or else: {others}</div>" if others else ""),
    )


def verdict_html(verdict: str, confidence: float, more: str = "") -> str:
    """A verdict as a sign, a word and its probability; `more`: HTML that goes below."""
    sign, kind = verdict_sign(verdict)
    known = verdict != "inconclusive" and np.isfinite(confidence)
    number = (
        f"<span class='number' title='Probability of the verdict'>{confidence:.2f}</span>"
        if known
        else ""
    )
    return (
        f"<div class='verdict {kind}'><div class='word'>{sign}"
        f"<span class='answer'>{VERDICT_NAMES[verdict].capitalize()}</span>{number}</div>"
        f"{more}</div>"
    )


def verdict_sign(verdict: str) -> tuple[str, str]:
    """The sign of a verdict as SVG, and its class in the style sheet."""
    sign, kind = _SIGNS.get(verdict, (_TRIANGLE, "instrument"))
    return f"<svg width='20' height='20' viewBox='0 0 20 20' aria-hidden='true'>{sign}</svg>", kind


def others_words(probabilities: Mapping[str, float], verdict: str, least: float) -> str:
    """What else an event may be, likeliest first, of at least some probability."""
    return ", ".join(
        f"{VERDICT_NAMES[name]} {share:.2f}"
        for name, share in sorted(probabilities.items(), key=lambda item: -item[1])
        if share >= least and name not in (verdict, "inconclusive")
    )


def _depth(inspector: Inspector, answer: Diagnosis) -> str:
    said = depth_words(answer)
    sky = inspector.tpf.attrs.get("background_subtracted") is False
    return f"{said}, {_OF_SKY_TOO}" if sky and np.isfinite(answer.depth_ppm) else said


def _cadences(inspector: Inspector, answer: Diagnosis) -> np.ndarray:
    """Times of the cadences that were measured, ascending."""
    time = inspector.time
    inside = [(time >= t0) & (time <= t1) for t0, t1 in answer.windows]
    return np.sort(time[np.any(inside, axis=0)])


def _duration(inspector: Inspector, answer: Diagnosis) -> str:
    count = _cadences(inspector, answer).size
    return f"{duration_words(answer)} · {count:,} cadence{'s' * (count != 1)}"


def _stars(answer: Diagnosis) -> str:
    """The likeliest of the stars that were given, for what has a place, with probabilities."""
    if answer.offset is None:
        return ""
    likely = sorted(answer.star_probabilities.items(), key=lambda item: -item[1])
    return "; ".join(f"{name} {share:.2f}" for name, share in likely[:3] if share >= 0.01)


def _time(inspector: Inspector, answer: Diagnosis) -> str:
    """Ends of the first window measured, to a tenth of a cadence, but at least three decimals."""
    steps = np.diff(inspector.time[np.isfinite(inspector.time)])
    steps = steps[steps > 0]
    cadence = float(np.median(steps)) if steps.size else 0.0
    decimals = int(np.clip(1 - np.floor(np.log10(cadence)), 3, 6)) if cadence > 0 else 3
    clock = str(inspector.tpf.attrs.get("time_format", ""))
    (t0, t1), *further = answer.windows
    said = f"{t0:.{decimals}f} to {t1:.{decimals}f} {clock}".strip()
    said += ", the first" if further else ""
    return said + ("; part of the window" if answer.closer else "")


def _stacked(answer: Diagnosis) -> str:
    count = len(answer.windows)
    return f"{count} windows" if count > 1 else ""
