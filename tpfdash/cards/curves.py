"""The light curves of the pixels that an event is seen in, drawn small, one below the other."""

from __future__ import annotations

import numpy as np

from tpfdash.cards.words import minus
from tpfdash.inspector import Inspector
from tpfdash.inspector.curves import PixelCurve, pixel_curves
from tpfdash.inspector.derived import follows

__all__ = ["curves_html"]

_WIDTH, _HEIGHT, _MARGIN = 240.0, 40.0, 4.0
#: Points up to which each is drawn, besides the line through them.
_SHOWN = 80


@follows("windows", "answer", "picture")
def curves_html(inspector: Inspector) -> str:
    """The four pixels that change most, each with its row, column and S/N; the window is shaded."""
    answer = inspector.answer
    if answer is None or inspector.picture != "pixels" or not inspector.windows:
        return ""
    window = answer.windows[0]
    curves = pixel_curves(inspector.tpf, window, answer)
    drawn = "".join(_curve_html(curve, window) for curve in curves)
    if not drawn:
        return "<div class='note'>No pixel could be measured.</div>"
    merged = curves[0].cadences
    each = "" if merged == 1 else f", means of {merged} cadences"
    first = ", the first" if len(answer.windows) > 1 else ""
    return (
        f"<div class='curves'>{drawn}<div class='note'>The pixels that change most (row, "
        f"column: S/N; flux){each}; shaded: the window{first}.</div></div>"
    )


def _curve_html(curve: PixelCurve, window: tuple[float, float]) -> str:
    known = np.isfinite(curve.time) & np.isfinite(curve.flux)
    if not known.any():
        return ""
    time, flux = curve.time[known], curve.flux[known]
    x, y = _scaled(time, _WIDTH), _HEIGHT - _scaled(flux, _HEIGHT)
    ends = np.interp(window, (time.min(), time.max()), (_MARGIN, _WIDTH - _MARGIN))
    ends_of_flux = " to ".join(minus(f"{end:,.0f}") for end in (flux.min(), flux.max()))
    words = f"{curve.row}, {curve.col}: {abs(curve.snr):.0f} σ; {ends_of_flux} e⁻/s"
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    dots = "".join(
        f"<circle cx='{a:.1f}' cy='{b:.1f}' r='1.6'/>" for a, b in zip(x, y, strict=True)
    )
    return (
        f"<figure><figcaption>{words}</figcaption><svg viewBox='0 0 {_WIDTH:g} {_HEIGHT:g}' "
        f"preserveAspectRatio='none' role='img' aria-label='flux of pixel {words}'>"
        f"<rect x='{ends[0]:.1f}' y='0' "
        f"width='{max(ends[1] - ends[0], 2):.1f}' height='{_HEIGHT:g}'/>"
        f"<polyline points='{points}'/>{dots}</svg></figure>"
    )


def _scaled(values: np.ndarray, length: float) -> np.ndarray:
    """Values from one margin of a length to the other."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return np.full(values.size, length / 2)
    return np.interp(values, (low, high), (_MARGIN, length - _MARGIN))
