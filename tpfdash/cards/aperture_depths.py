"""How deep the event is in each aperture, against the number of pixels, drawn small."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np

from tpfdash.cards.words import minus
from tpfdash.diagnosis.depths import ApertureDepth
from tpfdash.diagnosis.numbers import with_error

__all__ = ["depths_html"]

#: Of the drawing, in screen pixels; and what is left free beside the points for names.
_WIDTH, _HEIGHT, _MARGIN = 220.0, 110.0, 14.0


def depths_html(depths: Mapping[str, ApertureDepth]) -> str:
    """A drawing of depths with their errors, each with its aperture's name; "" of fewer than two.

    Parameters
    ----------
    depths : mapping of str to ApertureDepth
        By the names of the apertures.
    """
    known = {
        name: depth
        for name, depth in depths.items()
        if np.isfinite([depth.depth_ppm, depth.depth_ppm_err]).all()
    }
    if len(known) < 2:
        return ""
    pixels = np.array([depth.pixels for depth in known.values()], dtype=float)
    values = np.array([depth.depth_ppm for depth in known.values()])
    errors = np.array([depth.depth_ppm_err for depth in known.values()])
    low, high = float((values - errors).min()), float((values + errors).max())
    x = _placed(pixels, pixels.min(), pixels.max(), 4 * _MARGIN, _WIDTH - 4 * _MARGIN)
    tops, middles, feet = (
        _placed(each, low, high, _HEIGHT - _MARGIN, _MARGIN)
        for each in (values + errors, values, values - errors)
    )
    marks = "".join(
        f"<path d='M{a:.1f} {top:.1f}V{foot:.1f}'/><circle cx='{a:.1f}' cy='{middle:.1f}' r='3'/>"
        + _name(name, a, middle, left=bool(n % 2))
        for n, (name, a, top, middle, foot) in enumerate(
            zip(known, x, tops, middles, feet, strict=True)
        )
    )
    said = "; ".join(
        f"{name}: {with_error(depth.depth_ppm, depth.depth_ppm_err)} ppm in {depth.pixels} pixels"
        for name, depth in known.items()
    )
    ends = " to ".join(minus(f"{end:,.0f}") for end in (low, high))
    return (
        f"<figure class='depths'><svg width='{_WIDTH:g}' height='{_HEIGHT:g}' role='img' "
        f"aria-label='Depth against pixels. {escape(said, quote=True)}'>{marks}</svg>"
        f"<figcaption>depth, {ends} ppm, against {pixels.min():.0f} to {pixels.max():.0f} pixels"
        "</figcaption></figure>"
    )


def _name(name: str, x: float, y: float, left: bool) -> str:
    """Beside a point; to the left of every other, as several may have as many pixels."""
    place, anchor = (x - 6, "end") if left else (x + 6, "start")
    return (
        f"<text x='{place:.1f}' y='{y + 4:.1f}' text-anchor='{anchor}'>{escape(name[:10])}</text>"
    )


def _placed(values: np.ndarray, low: float, high: float, start: float, end: float) -> np.ndarray:
    """Values on a line of screen pixels; in its middle where all are one."""
    if not high > low:
        return np.full(values.size, (start + end) / 2)
    made: np.ndarray = start + (values - low) / (high - low) * (end - start)
    return made
