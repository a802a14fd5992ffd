"""A diagnosis in words: its verdict in a sentence, and all of it as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tpfdash.diagnosis.numbers import days_in_words, signed_with_error, with_error

if TYPE_CHECKING:
    from tpfdash.diagnosis.diagnose import Diagnosis

__all__ = [
    "VERDICT_NAMES",
    "depth_words",
    "duration_words",
    "offset_words",
    "sentence",
    "snr_words",
    "summary",
]

NOT_AVAILABLE = "not available"
#: From this depth on a reader thinks in per cent.
_PERCENT_FROM = 10_000  # ppm

#: Sigma from the target up to which an event on it lies where it should.
_WITHIN = 3.0

#: Verdict -> as a reader sees it.
VERDICT_NAMES = {
    "on_target": "on target",
    "neighbour": "neighbour",
    "moving_object": "moving object",
    "cosmic_ray": "cosmic ray",
    "column_or_row": "column or row",
    "rolling_band": "rolling band",
    "sensitivity_dropout": "sensitivity dropout",
    "pointing": "pointing",
    "systematic": "systematic",
    "background": "background",
    "inconclusive": "cannot tell",
}
#: Verdict -> what changed; those with a place have a sentence of their own.
_SAYS = {
    "moving_object": "something crosses the stamp",
    "cosmic_ray": "a few pixels jump, sharper than a star's image",
    "column_or_row": "a whole column or row changes",
    "rolling_band": "bands of rows change together",
    "sensitivity_dropout": "one or two pixels lose sensitivity",
    "pointing": "the stars move on the detector",
    "systematic": "all stars change alike, or their width does",
    "background": "the light between the stars changes",
}


def sentence(d: Diagnosis) -> str:
    """The verdict in a sentence, without a full stop."""
    if d.verdict == "inconclusive":
        return d.reason or "nothing stands out enough to say what it is"
    said = _SAYS.get(d.verdict) or _placed(d)
    return f"{said}; but {d.reason}" if d.reason else said


def _placed(d: Diagnosis) -> str:
    """What changed and where, for what has a star's shape."""
    if d.offset is None:
        return f"{d.reference} changes" if d.verdict == "on_target" else "another star changes"
    if d.verdict == "on_target":
        sigma = d.offset_sigma
        if not np.isfinite(sigma):
            return f"it is on {d.reference}"
        if sigma <= _WITHIN:
            return f"it is on {d.reference}, {sigma:.1f} σ from it"
        distance, error = _distance(d)
        return (
            f"it is on {d.reference}, though {with_error(distance, error)} pixel from it, "
            f"{sigma:.1f} σ: more than its error explains"
        )
    distance, error = _distance(d)
    return (
        f"another source changes, {with_error(distance, error)} pixel "
        f"({with_error(distance * d.pixel_scale, error * d.pixel_scale)} arcsec) from {d.reference}"
    )


def _distance(d: Diagnosis) -> tuple[float, float]:
    """How far from the target, and its error, in pixels."""
    assert d.offset is not None
    off = np.array(d.offset)
    distance = float(np.hypot(*off))
    if d.covariance is None or not distance:
        return distance, np.nan
    along = off / distance
    return distance, float(np.sqrt(along @ np.array(d.covariance) @ along))


def depth_words(d: Diagnosis, unit: str = "e⁻/s") -> str:
    """How much light is missing, or came, with its error: relative and absolute."""
    if not np.isfinite(d.depth):
        return NOT_AVAILABLE
    absolute = f"{with_error(abs(d.depth), d.depth_err)} {unit}"
    relative, error = abs(d.depth_ppm), d.depth_ppm_err
    if not np.isfinite(relative):
        return absolute
    scale, sign = (1e-4, "%") if relative >= _PERCENT_FROM else (1.0, "ppm")
    return f"{with_error(relative * scale, error * scale)} {sign} ({absolute})"


def duration_words(d: Diagnosis) -> str:
    """How long it takes, in the unit that a reader would take."""
    return days_in_words(d.duration) or NOT_AVAILABLE


def snr_words(d: Diagnosis) -> str:
    """The S/N with as many digits as it bears."""
    if not np.isfinite(d.snr):
        return NOT_AVAILABLE
    return f"{d.snr:,.0f}" if d.snr >= 10 else f"{d.snr:.1f}"


def offset_words(d: Diagnosis) -> str:
    """Row and column from the target, in pixels and arcsec, each with its error."""
    if d.offset is None:
        return NOT_AVAILABLE
    if d.covariance is None:
        distance, _ = _distance(d)
        return f"some {distance:.1f} px ({distance * d.pixel_scale:.0f} arcsec), error not known"
    errors = np.sqrt(np.diag(d.covariance)).tolist()
    pixels, arcsec = (
        [
            signed_with_error(value * k, error * k)
            for value, error in zip(d.offset, errors, strict=True)
        ]
        for k in (1.0, d.pixel_scale)
    )
    return f"row {pixels[0]}, column {pixels[1]} px ({arcsec[0]}, {arcsec[1]} arcsec)"


def summary(d: Diagnosis) -> str:
    """All that is to be known, as lines of text."""
    said = d.sentence
    lines = [
        f"{VERDICT_NAMES[d.verdict]} (confidence {d.confidence:.2f}): {said}.",
        *_others(d),
        f"{'height' if d.depth < 0 else 'depth'}: {depth_words(d)}",
        *_closer(d),
        f"duration: {duration_words(d)}",
        f"S/N: {snr_words(d)}",
        f"offset from {d.reference}: {offset_words(d)}",
    ]
    for title, source in (("pixels", "pixels"), ("flags and side columns", "flags")):
        found = [each for each in d.findings if each.source == source]
        if found:
            lines += ["", f"{title}:"]
            lines += [f"- {each.name}: {each.sentence}" for each in found]
    return "\n".join(lines)


def _closer(d: Diagnosis) -> list[str]:
    """Which part of a window was measured, where it is not all of it."""
    spans = ", ".join(f"{t0:.5f} to {t1:.5f}" for t0, t1 in d.windows)
    return [f"measured where it happens in the window: {spans}"] if d.closer else []


def _others(d: Diagnosis) -> list[str]:
    likely = [
        f"{VERDICT_NAMES[name]} {share:.2f}"
        for name, share in sorted(d.probabilities.items(), key=lambda item: -item[1])
        if share >= 0.01 and name != d.verdict
    ]
    return [f"or else: {', '.join(likely)}"] if likely else []
