"""An ephemeris on the page: fields to type it in, and what its events are in words."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import numpy as np
import panel as pn

from tpfdash.cards.widgets import CSS, button, control, row
from tpfdash.cards.words import minus
from tpfdash.diagnosis.folded import FoldedImage
from tpfdash.diagnosis.numbers import with_error
from tpfdash.diagnosis.variability import SineImage
from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows
from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.timeseries.fold import Folded
from tpfdash.timeseries.sine_search import SinePeriodogram
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = [
    "ephemeris_fields",
    "fold_html",
    "periodogram_html",
    "pixels_html",
    "place_html",
    "share_words",
]

_HOURS = 24.0
#: Sigma up to which events lie where the target does.
_WITHIN = 3.0
#: Share of the light from which a depth is told in per cent.
_PERCENT_FROM = 0.01
#: An arrow of a field moves the last event by this share of the duration.
_NUDGE = 0.1


def ephemeris_fields(inspector: Inspector) -> tuple[pn.Row, Live]:
    """Fields for period, T0 and duration, with half of the period and twice; what is live in it."""
    fields = {
        "period": _field(
            "period", "period (d)", "Days from one event to the next.", "0.00000", 150
        ),
        "t0": _field("t0", "T0", "The middle of one event, in the file's days.", "0.0000", 116),
        "duration": _field(
            "duration", "duration (h)", "Hours from the begin of an event to its end.", "0.00", 134
        ),
    }
    showing: list[bool] = []

    def show(*events):
        ephemeris = inspector.ephemeris
        showing.append(True)
        try:
            for name, scale in (("period", 1.0), ("t0", 1.0), ("duration", _HOURS)):
                value = np.nan if ephemeris is None else getattr(ephemeris, name) * scale
                fields[name].param.update(
                    value=float(value) if np.isfinite(value) else None,
                    step=_step(inspector, name) * scale,
                )
        finally:
            showing.pop()

    def typed(name: str, scale: float) -> Callable:
        @guarded(inspector)
        def take(event):
            if showing:
                return
            try:
                _take(inspector, name, None if event.new is None else event.new / scale)
            finally:
                show()

        return take

    for name, scale in (("period", 1.0), ("t0", 1.0), ("duration", _HOURS)):
        fields[name].param.watch(typed(name, scale), "value")
    half = button(inspector, "÷2", "halve-period", inspector.halve_period, "Half of the period.")
    twice = button(inspector, "×2", "double-period", inspector.double_period, "Twice the period.")
    show()
    made = row(
        *(fields["period"], half, twice, fields["t0"], fields["duration"]),
        gap=5,
        css_classes=["tpf-bar"],
        stylesheets=[CSS],
    )
    return made, Live(inspector, show, "ephemeris")


def _field(name: str, label: str, doc: str, form: str, width: int) -> pn.widgets.Widget:
    made = control(
        pn.widgets.FloatInput, f"ephemeris-{name}", doc, label=label, format=form, width=width
    )
    made.css_classes = [*made.css_classes, "tpf-beside"]
    return made


def _take(inspector: Inspector, name: str, value: float | None) -> None:
    """A field was changed; an empty period is no ephemeris, an empty duration a wave."""
    before = inspector.ephemeris
    if value is not None:
        inspector.set_ephemeris(**{name: value})
    elif name == "period":
        inspector.ephemeris = None
    elif name == "duration" and before is not None:
        inspector.ephemeris = Ephemeris(before.period, before.t0)


def _step(inspector: Inspector, name: str) -> float:
    """Days that an arrow of a field changes its value by."""
    ephemeris, span = inspector.ephemeris, inspector.timeline.span
    if ephemeris is None:
        return 0.1
    known = np.isfinite(ephemeris.duration)
    step = _NUDGE * (ephemeris.duration if known else 0.2 * ephemeris.period)
    if name != "period" or span is None:
        return step
    farthest = max(abs(end - ephemeris.t0) for end in span)
    return step / max(farthest / ephemeris.period, 1.0)


def share_words(value: float, error: float) -> str:
    """A share of the light with its error, in ppm or per cent."""
    if not np.isfinite(value):
        return "not available"
    scale, sign = (100, "%") if abs(value) >= _PERCENT_FROM else (1e6, "ppm")
    return f"{with_error(value * scale, error * scale)} {sign}"


@follows("periodogram")
def periodogram_html(inspector: Inspector) -> str:
    """What the periodogram says, and what was done to the light curve for it."""
    made = inspector.periodogram
    if made is None:
        return ""
    done = [
        f"bins of {made.binned} cadences" if made.binned > 1 else "no cadence binned",
        f"a trend slower than {made.detrended:.2g} d taken off"
        if np.isfinite(made.detrended)
        else "no trend taken off",
    ]
    if not isinstance(made, SinePeriodogram):
        low, high = made.durations[[0, -1]] * _HOURS
        done.append(f"{made.durations.size} durations, {low:.1f} to {high:.1f} h")
    return f"<div class='note'>{escape(minus(made.words))} {'; '.join(done).capitalize()}.</div>"


@follows("fold_answer")
def fold_html(inspector: Inspector) -> str:
    """How deep the events are on the light curve, and the ephemeris with its errors."""
    answer = inspector.fold_answer
    if answer is None:
        return ""
    ephemeris, folded = answer.ephemeris, answer.folded
    said = _depths(folded) if folded is not None else []
    for name, scale, unit in (("period", 1.0, " d"), ("t0", 1.0, ""), ("duration", _HOURS, " h")):
        value, error = getattr(ephemeris, name) * scale, getattr(ephemeris, f"{name}_err") * scale
        if np.isfinite(value) and error > 0:
            said.append(f"{name.replace('t0', 'T0')} {with_error(value, error)}{unit}")
    if ephemeris.name:
        said.append(escape(ephemeris.name))
    return f"<div class='note'>{'; '.join(said)}.</div>" if said else ""


def _depths(folded: Folded) -> list[str]:
    """How deep the events are, all, and odd against even."""
    if not np.isfinite(folded.ephemeris.duration):
        return ["folded without a duration: a wave"]
    if not np.isfinite(folded.depth):
        return ["no event has half of its cadences: their depth is not available"]
    words = share_words if folded.relative else with_error
    events = f"{folded.n_events} event{'s' * (folded.n_events != 1)}"
    said = [
        f"<b>depth {words(folded.depth, folded.depth_err)}</b> "
        f"({minus(f'{folded.depth / folded.depth_err:.1f}')} σ), {events}"
    ]
    if np.isfinite(folded.odd_even_sigma):
        said.append(f"odd and even differ by {folded.odd_even_sigma:.1f} σ")
    return said


@follows("fold_answer")
def place_html(inspector: Inspector) -> str:
    """Where the events happen, in a sentence; or why that cannot be told."""
    answer = inspector.fold_answer
    if answer is None:
        return ""
    image = answer.image
    if image is None:
        said = answer.trouble
    elif isinstance(image, SineImage):
        said = _sentence(image.sentence)
    elif image.difference is None:
        said = f"Nothing could be measured: {image.reason}."
    else:
        said = _where(image)
    return f"<div class='note'><b>{escape(said)}</b></div>"


@follows("fold_answer")
def pixels_html(inspector: Inspector) -> str:
    """How deep the events are on the pixels, and how many could be measured."""
    image = None if inspector.fold_answer is None else inspector.fold_answer.image
    if not isinstance(image, FoldedImage) or image.difference is None:
        return ""
    depth = (
        f"{with_error(image.depth_ppm, image.depth_ppm_err)} ppm"
        if np.isfinite(image.depth_ppm)
        else "not available"
    )
    measured = "" if image.n_events == len(image.windows) else f" of {len(image.windows)}"
    return (
        f"<div class='note'>Depth on the pixels {depth}; "
        f"{image.n_events}{measured} events measured.</div>"
    )


def _where(image: FoldedImage) -> str:
    """On target, or off it and by how much."""
    if image.offset is None or image.covariance is None:
        return "No star's image stands out: the place is not available."
    off = np.array(image.offset)
    away = float(np.hypot(*off))
    along = off / away if away else np.array([1.0, 0.0])
    error = float(np.sqrt(along @ np.array(image.covariance) @ along))
    scale = image.pixel_scale
    distance = (
        f"{with_error(away, error)} px ({with_error(away * scale, error * scale)}″), "
        f"{image.offset_sigma:.1f} σ"
    )
    if image.offset_sigma <= _WITHIN:
        whose = "On target" if image.reference == "the target" else f"On {image.reference}"
        return f"{whose}: {distance} from it."
    return f"Off {image.reference.removeprefix('the ')} by {distance}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
