"""What is measured of the event in the windows, in words and numbers; pictures are elsewhere."""

from __future__ import annotations

from html import escape

import numpy as np

from tpfdash.cards.words import NOT_AVAILABLE
from tpfdash.diagnosis.event import Event
from tpfdash.diagnosis.numbers import signed_with_error, with_error
from tpfdash.diagnosis.windows import as_windows
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows

__all__ = ["HINT", "event_html"]

HINT = "Drag over the light curve, or press w at its first and at its last cadence."

#: From this depth on a reader thinks in per cent.
_PERCENT_FROM = 10_000  # ppm
_OF_SKY_TOO = "of star and sky: FLUX still holds the background"


@follows("windows", "event", "background")
def event_html(inspector: Inspector) -> str:
    """Where the event comes from in a sentence and, below it, its numbers in a table.

    It says how to get an event where no window is set, and what is wrong with one that cannot be
    measured.
    """
    try:
        event = inspector.event()
    except TPFError as error:
        return _note(str(error))
    if event is None:
        return _note(HINT)
    rows = [
        ("Event", event.sign or NOT_AVAILABLE),
        ("Height" if event.sign == "brightening" else "Depth", _depth(inspector, event)),
        ("Duration", _duration(event)),
        ("S/N", _snr(event)),
        ("Time", _time(inspector, event)),
        ("Stacked", _stacked(inspector, event)),
        ("Offset", _offset(event)),
    ]
    body = "".join(
        f"<tr><th>{escape(key)}</th><td>{escape(value)}</td></tr>" for key, value in rows if value
    )
    said = f"<div class='answer'>{_sentence(event.sentence)}</div>"
    return f"<div>{said}<table class='facts'>{body}</table></div>"


def _note(text: str) -> str:
    return f"<div class='note'>{_sentence(text)}</div>"


def _sentence(text: str) -> str:
    """What an error or a measurement says without a capital or a full stop."""
    return escape(text[:1].upper() + text[1:].rstrip(".") + ".")


def _depth(inspector: Inspector, event: Event) -> str:
    if "depth" in event.reasons:
        return f"{NOT_AVAILABLE}: {event.reasons['depth']}"
    unit = f" {event.unit}" if event.unit else ""
    absolute = with_error(abs(event.depth), event.depth_err) + unit
    relative, error = abs(event.depth_ppm), event.depth_ppm_err
    if not np.isfinite(relative):
        return f"{absolute}; relative: {NOT_AVAILABLE}, {event.reasons['relative']}"
    scale, sign = (1e-4, "%") if relative >= _PERCENT_FROM else (1.0, "ppm")
    said = f"{with_error(relative * scale, error * scale)} {sign}"
    if event.unit:
        said += f" ({absolute})"
    if inspector.tpf.attrs.get("background_subtracted") is False and not inspector.background.any():
        said += f", {_OF_SKY_TOO}"
    return said


def _duration(event: Event) -> str:
    hours = event.duration * 24
    if hours < 1:
        length = f"{hours * 60:.1f} min"
    else:
        length = f"{hours:.1f} h" if hours < 48 else f"{event.duration:.1f} d"
    cadences = f"{event.n_cadences:,} cadence" + ("s" if event.n_cadences > 1 else "")
    return f"{length} · {cadences}"


def _snr(event: Event) -> str:
    if np.isfinite(event.snr):
        return f"{event.snr:,.0f}" if event.snr >= 10 else f"{event.snr:.1f}"
    why = event.reasons.get("depth") or event.reasons.get("error")
    return f"{NOT_AVAILABLE}: {why}" if why else NOT_AVAILABLE


def _time(inspector: Inspector, event: Event) -> str:
    """Times to a tenth of a cadence, but no fewer than three decimals."""
    cadence = event.duration * event.n_windows / event.n_cadences
    decimals = int(np.clip(1 - np.floor(np.log10(cadence)), 3, 6)) if cadence > 0 else 3
    clock = str(inspector.tpf.attrs.get("time_format", ""))
    first = f"{event.t0:.{decimals}f} to {event.t1:.{decimals}f} {clock}".strip()
    return f"{first}, the first" if event.n_windows > 1 else first


def _stacked(inspector: Inspector, event: Event) -> str:
    wanted = len(as_windows(inspector.windows))
    if event.n_windows < wanted:
        return f"{event.n_windows} of {wanted} windows: the rest have no usable cadences"
    return f"{wanted} windows" if wanted > 1 else ""


def _offset(event: Event) -> str:
    offset = event.offset
    if offset is None:
        return NOT_AVAILABLE
    both = (
        f"{name} {signed_with_error(value, error)}"
        for name, value, error in zip(("row", "column"), offset.pixels, offset.errors, strict=True)
    )
    scale = offset.pixel_scale
    arcsec = " and ".join(
        signed_with_error(value * scale, error * scale)
        for value, error in zip(offset.pixels, offset.errors, strict=True)
    )
    nominal = f" at the nominal {scale:g} a pixel" if offset.nominal_scale else ""
    return f"{', '.join(both)} pixel ({arcsec} arcsec{nominal})"
