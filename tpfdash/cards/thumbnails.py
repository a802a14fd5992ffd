"""The small pictures of a record as SVG: a light curve, and a difference image with its marks.

They are text that is made of numbers alone, and cost no figure.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from tpfdash.cards.words import minus
from tpfdash.diagnosis.bulk.pictures import SmallCurve, SmallImage
from tpfdash.errors import NO_NUMBER
from tpfdash.stamp.geometry import outline
from tpfdash.views.difference import HALO_COLOR, MARKS, error_ellipse
from tpfdash.views.stamp import APERTURE_COLOR, MISSING_COLOR, palette

__all__ = ["THUMBNAIL_CSS", "curve_svg", "image_svg"]

#: How the parts of the drawings look, on any page.
THUMBNAIL_CSS = """
.thumb { display: block; }
.thumb .band { fill: color-mix(in srgb, #ffc247 35%, transparent); }
.thumb .dots { fill: var(--accent); }
.thumb .line { stroke: var(--line); fill: none; }
.thumb text { fill: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.thumb image { image-rendering: pixelated; }
"""
#: From this depth on a reader thinks in per cent.
_PERCENT_FROM = 10_000  # ppm
#: Points of an ellipse that lie further off than this many sides of the image are none of it.
_FAR = 3
#: Places of a light curve outside its event that may leave the picture: of this share of them.
_BEYOND = 2.0


def curve_svg(
    curve: SmallCurve, width: int, height: int, *, words: str, clock: str = "", axes: bool = True
) -> str:
    """A light curve as a drawing; the window is shaded.

    Parameters
    ----------
    curve : SmallCurve
    width, height : int
        Of the drawing, in screen pixels.
    words : str
        What it is, for who cannot see it; it is one of our own.
    clock : str
        What days are counted by: "BKJD".
    axes : bool
        Whether it has axes.
    """
    left, below, above = (58, 34, 8) if axes else (2, 2, 2)
    right = 18 if axes else 2
    flux, unit = _in_units(curve)
    low, high = _range(curve, flux)
    known = np.isfinite(flux)
    x = np.interp(curve.time[known], (curve.start, curve.end), (left, width - right))
    clipped = np.clip(flux[known], low, high)
    y = np.interp(clipped, (low, high), (height - below, above))
    band = np.interp(curve.window, (curve.start, curve.end), (left, width - right))
    radius = 2.1 if axes else 1.4
    dots = "".join(
        f"<circle cx='{a:.1f}' cy='{b:.1f}' r='{radius}'/>" for a, b in zip(x, y, strict=True)
    )
    drawn = [
        f"<rect class='band' x='{band[0]:.1f}' y='{above}' "
        f"width='{max(band[1] - band[0], 1.5):.1f}' height='{height - below - above}'/>"
    ]
    if axes:
        frame = f"M{left} {above}V{height - below}H{width - right}"
        drawn.append(f"<path class='line' d='{frame}'/>")
        for value in _ticks(low, high, 4):
            at = np.interp(value, (low, high), (height - below, above))
            drawn.append(f"<path class='line' d='M{left - 4} {at:.1f}H{left}'/>")
            drawn.append(_text(left - 7, at + 4, _spelled(value, high - low), "end"))
        scale = 24.0 if curve.windows > 1 else 1.0
        start, end = curve.start * scale, curve.end * scale
        for value in _ticks(start, end, 5):
            at = np.interp(value, (start, end), (left, width - right))
            drawn.append(f"<path class='line' d='M{at:.1f} {height - below}v4'/>")
            drawn.append(_text(at, height - below + 16, _spelled(value, end - start, ""), "middle"))
        along = "h from the middle" if curve.windows > 1 else f"d {clock}".strip()
        drawn.append(_text(width - right, height - 4, along, "end"))
        drawn.append(_text(left, height - 4, f"flux: {unit}", "start"))
    drawn.append(f"<g class='dots'>{dots}</g>")
    return _svg(width, height, "".join(drawn), words)


def image_svg(
    image: SmallImage, event: Mapping[str, Any], side: int, *, words: str, marks: bool = True
) -> str:
    """A difference image as a drawing, with the aperture and the places that it is about.

    Parameters
    ----------
    image : SmallImage
    event : mapping
        Of a record: `target`, `position` and `covariance`.
    side : int
        Of the drawing's longer side, in screen pixels.
    words : str
        What it is, for who cannot see it; it is one of our own.
    marks : bool
        Whether the places are marked.
    """
    rows, cols = image.image.shape
    scale = side / max(rows, cols)
    width, height = cols * scale, rows * scale

    def at(row: Any, col: Any) -> tuple[np.ndarray, np.ndarray]:
        """Detector pixels on the drawing: rows go up."""
        x = (np.asarray(col, dtype=float) - image.col + 0.5) * scale
        y = height - (np.asarray(row, dtype=float) - image.row + 0.5) * scale
        return x, y

    drawn = [
        f"<image href='{_png(image.image)}' width='{width:.1f}' height='{height:.1f}' "
        "preserveAspectRatio='none'/>"
    ]
    x0, y0, x1, y1 = outline(image.aperture, image.row, image.col)
    (ax, ay), (bx, by) = at(y0, x0), at(y1, x1)
    border = "".join(
        f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}" for a, b, c, d in zip(ax, ay, bx, by, strict=True)
    )
    drawn.append(_haloed(f"<path d='{border}'/>", APERTURE_COLOR, 2.0 if marks else 1.2))
    if marks:
        target, place = _pair(event.get("target")), _pair(event.get("position"))
        covariance = _square(event.get("covariance"))
        if target is not None:
            drawn.append(_mark("star", *at(*target)))
        if place is not None:
            if covariance is not None:
                x, y = at(*error_ellipse(place, covariance))
                if x.size and np.hypot(np.ptp(x), np.ptp(y)) < _FAR * side:
                    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
                    line = f"<polyline points='{points}'/>"
                    drawn.append(_haloed(line, MARKS["event"].color, 2.0))
            drawn.append(_mark("event", *at(*place)))
    return _svg(width, height, "".join(drawn), words)


# -- parts -----------------------------------------------------------------------------------------


def _svg(width: float, height: float, drawn: str, words: str) -> str:
    return (
        f"<svg class='thumb' viewBox='0 0 {width:.1f} {height:.1f}' width='{width:.1f}' "
        f"height='{height:.1f}' role='img' aria-label='{words}'>{drawn}</svg>"
    )


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'>{minus(words)}</text>"


def _haloed(shape: str, color: str, width: float) -> str:
    return "".join(
        f"<g fill='none' stroke='{stroke}' stroke-width='{wide}'>{shape}</g>"
        for stroke, wide in ((HALO_COLOR, width + 2), (color, width))
    )


def _mark(name: str, x: np.ndarray, y: np.ndarray) -> str:
    shapes = {
        "star": f"<circle cx='{x:.1f}' cy='{y:.1f}' r='8'/>",
        "event": f"<path d='M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10'/>",
    }
    return _haloed(shapes[name], MARKS[name].color, 2.2)


@cache
def _colors() -> np.ndarray:
    """The colours of a difference image, and last that of what was not measured: (257, 4) bytes."""
    known = [(*bytes.fromhex(color[1:]), 255) for color in palette("coolwarm")]
    return np.array([*known, tuple(bytes.fromhex(MISSING_COLOR[1:]))], dtype=np.uint8)


def _png(image: np.ndarray) -> str:
    """An image in colours that are even around 0, as the address of a PNG."""
    largest = np.nanmax(np.abs(image)) if np.isfinite(image).any() else 0.0
    shade = np.nan_to_num(image / (largest or 1.0)) * 127.5 + 127.5
    shade = np.where(np.isfinite(image), np.clip(shade, 0, 255), 256).astype(int)
    file = io.BytesIO()
    Image.fromarray(_colors()[shade[::-1]]).save(file, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _in_units(curve: SmallCurve) -> tuple[np.ndarray, str]:
    if curve.unit != "ppm":
        return curve.flux, "e⁻/s"
    large = np.nanmax(np.abs(curve.flux)) >= _PERCENT_FROM
    return (curve.flux / 1e4, "%") if large else (curve.flux, "ppm")


def _range(curve: SmallCurve, flux: np.ndarray) -> tuple[float, float]:
    """The flux that is in sight: all of the event, and beside it all but what stands far out."""
    inside = (curve.window[0] <= curve.time) & (curve.time <= curve.window[1])
    event, beside = (part[np.isfinite(part)] for part in (flux[inside], flux[~inside]))
    ends = [event.min(), event.max()] if event.size else []
    if beside.size:
        low, high = np.percentile(beside, [_BEYOND, 100 - _BEYOND])
        ends += [low, high]
    low, high = min(ends), max(ends)
    margin = 0.06 * (high - low) or abs(high) * 0.01 or 1.0
    return float(low - margin), float(high + margin)


def _ticks(low: float, high: float, number: int) -> np.ndarray:
    """Round numbers between two, about so many."""
    rough = (high - low) / number
    power = 10.0 ** np.floor(np.log10(rough))
    step = min((power * k for k in (1, 2, 5, 10)), key=lambda each: abs(each - rough))
    return np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step


def _spelled(value: float, span: float, thousands: str = ",") -> str:
    """A tick's number with as many decimals as its neighbours need."""
    decimals = int(np.clip(np.ceil(1 - np.log10(span / 4)) if span else 0, 0, 6))
    text = f"{value + 0.0:{thousands}.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _pair(value: Any) -> tuple[float, float] | None:
    try:
        row, col = map(float, value)
    except NO_NUMBER:
        return None
    return (row, col) if np.isfinite([row, col]).all() else None


def _square(value: Any) -> np.ndarray | None:
    try:
        square = np.array(value, dtype=np.float64)
    except NO_NUMBER:
        return None
    return square if square.shape == (2, 2) and np.isfinite(square).all() else None
