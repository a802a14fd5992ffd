"""From pixel values to shades of a colour map, and back: limits, scales, the numbers on a bar.

Numbers only; which colours the shades have is `tpfdash.views.stamp`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tpfdash.stamp.blocks import finite_median

__all__ = [
    "LEVELS_FROM",
    "SCALES",
    "SCALE_NAMES",
    "SKY_SHADE",
    "Content",
    "Scale",
    "color_ticks",
    "content",
    "even_content",
    "limited",
    "percentile_levels",
    "scale_for",
    "shades",
    "values_of",
]

#: Where the ends of the colours come from, in the order of a menu.
LEVELS_FROM = ("auto", "this frame", "percentiles")

#: The shade of the sky under levels fitted to the content: low, with room for noise below it.
SKY_SHADE = 0.15

#: A pixel that stands this many times higher above the sky than the next one is no star's: a
#: star's light falls on its neighbours too, at least a sixth of it even on Kepler's pixels.
_LONELY = 8

#: How many characters of a label fit beside each other on a colour bar.
_CHARACTERS = 42


@dataclass(frozen=True)
class Scale:
    """A way from a value to a shade, both from 0 to 1, and the way back."""

    shade: Callable[[np.ndarray], np.ndarray]
    value: Callable[[np.ndarray], np.ndarray]


#: Name -> scale, in the order of a menu. log tells values 1/1000 of the range apart, asinh 1/10.
SCALES = {
    "log": Scale(
        lambda x: np.log1p(1000 * x) / np.log(1001),
        lambda y: np.expm1(y * np.log(1001)) / 1000,
    ),
    "linear": Scale(lambda x: x, lambda y: y),
    "sqrt": Scale(np.sqrt, np.square),
    "asinh": Scale(
        lambda x: np.arcsinh(10 * x) / np.arcsinh(10),
        lambda y: np.sinh(y * np.arcsinh(10)) / 10,
    ),
}

#: What a user can choose: "auto" is the one of `scale_for` that fits the content.
SCALE_NAMES = ("auto", *SCALES)


@dataclass(frozen=True)
class Content:
    """What is to be seen in a picture, as far as its colours depend on it.

    Parameters
    ----------
    middle : float
        The sky's level; 0 where values go both ways from it.
    grain : float
        The size of what is uneven there: noise and faint structure. Larger than 0.
    low, high : float
        Ends of the colours that fit.
    """

    middle: float
    grain: float
    low: float
    high: float


def content(frames: np.ndarray) -> Content:
    """The content of frames that stand for an observation, or of a single one.

    The picture is the median of the frames, pixel by pixel, so that neither a cosmic ray nor an
    argabrightening counts. The sky is the lower quartile of its pixels, the bright end its
    brightest pixel; but one that stands alone, `_LONELY` times higher than any other, is a bad
    one. Where the sky itself wanders, the colours reach what it does, but for one frame in fifty.

    Parameters
    ----------
    frames : float array (frame, row, col)
        What is not finite does not count.
    """
    values = np.where(np.isfinite(frames), frames, np.nan)
    values = values.reshape(len(frames), frames[0].size if len(frames) else 0)
    picture = finite_median(values) if values.size else np.empty(0)
    there = np.isfinite(picture)
    if not there.any():
        return Content(0.0, 1.0, 0.0, 1.0)
    values, picture = values[:, there], picture[there]
    ordered = np.sort(picture)
    least, sky, half = np.percentile(ordered, (5, 25, 50))
    high = ordered[-1]
    if ordered.size > 2:
        high = min(high, sky + _LONELY * (ordered[-2] - sky))
    with np.errstate(all="ignore"):
        skies = _quartile(values) - sky
        below, above = np.nanpercentile(skies, (2, 98))
        # Noise: how far a faint pixel is from its own median, but for what the whole frame does.
        faint = picture <= half
        noise = 1.4826 * np.nanmedian(np.abs(values[:, faint] - picture[faint] - skies[:, None]))
        grain = max(sky - least, 2 * noise, (above - below) / 10, 1e-6 * abs(sky))
    if not grain > 0 or not np.isfinite(grain):
        grain = 1.0
    high = max(high, sky + 3 * grain)
    low = sky - grain * np.sinh(SKY_SHADE / (1 - SKY_SHADE) * np.arcsinh((high - sky) / grain))
    return Content(
        float(sky), float(grain), float(low + min(below, 0)), float(high + max(above, 0))
    )


def even_content(frames: np.ndarray) -> Content:
    """As `content`, of values that go both ways from 0, which gets the middle of the colours.

    The ends are as far as 999 of 1000 values reach, but at least 10 times the noise.
    """
    values = np.abs(frames[np.isfinite(frames)])
    if not values.any():
        return Content(0.0, 1.0, -1.0, 1.0)
    noise, most = 1.4826 * np.median(values), np.percentile(values, 99.9)
    high = float(max(most, 10 * noise)) or float(values.max())
    return Content(0.0, float(3 * noise) or high / 3, -high, high)


def percentile_levels(values: np.ndarray, percentiles: tuple[float, float]) -> tuple[float, float]:
    """The pixel values at two percentiles, low < high.

    Parameters
    ----------
    values : float array, ascending, none NaN
        Pixel values that stand for all there are.
    percentiles : (low, high), 0 to 100
    """
    if not values.size:
        return 0.0, 1.0
    low, high = (values[round((values.size - 1) * end / 100)] for end in percentiles)
    return _apart(low, high if high > low else values[-1])


def limited(
    ends: tuple[float, float], limits: tuple[float | None, float | None] | None
) -> tuple[float, float]:
    """The ends of the colours, low < high, where a user may have said one or both.

    Parameters
    ----------
    ends : (low, high)
    limits : (low, high), optional
        Values to use instead; None in either: as in `ends`.
    """
    bottom, top = limits or (None, None)
    low, high = (
        end if limit is None else limit for end, limit in zip(ends, (bottom, top), strict=True)
    )
    if top is not None and top <= low:
        low = top - 1
    return _apart(low, high)


def scale_for(name: str, ends: tuple[float, float], fitted: Content) -> Scale:
    """The scale of a name; "auto" is an asinh about the content's middle, as soft as its grain.

    So values near the sky are told apart as on a linear scale, and bright ones as on a
    logarithmic one, below the sky as above it.

    Parameters
    ----------
    name : str
        One of `SCALE_NAMES`.
    ends : (low, high)
        The values that get the shades 0 and 1.
    fitted : Content
    """
    if name in SCALES:
        return SCALES[name]
    bottom, top = ((end - fitted.middle) / fitted.grain for end in ends)
    first, last = np.arcsinh((bottom, top))
    if not last > first:  # too near each other, and too far from the middle
        return SCALES["linear"]
    return Scale(
        lambda x: (np.arcsinh(bottom + x * (top - bottom)) - first) / (last - first),
        lambda y: (np.sinh(first + y * (last - first)) - bottom) / (top - bottom),
    )


def shades(image: np.ndarray, ends: tuple[float, float], scale: Scale) -> np.ndarray:
    """An image as shades from 0 to 1, float32; NaN stays NaN.

    Parameters
    ----------
    image : float array
    ends : (low, high)
        The values that get the shades 0 and 1.
    scale : Scale
    """
    low, high = ends
    shade = scale.shade(np.clip((image - low) / (high - low), 0, 1))
    return np.clip(shade, 0, 1).astype(np.float32)


def values_of(shade: np.ndarray, ends: tuple[float, float], scale: Scale) -> np.ndarray:
    """The pixel values that have these shades: the way back of `shades`."""
    low, high = ends
    return low + (high - low) * scale.value(shade)


def color_ticks(
    ends: tuple[float, float], scale: Scale = SCALES["linear"], most: int = 6
) -> list[tuple[float, str]]:
    """The round numbers that label a colour bar, spread over it: a list of (shade, label).

    In equal steps of 1, 2 or 5 times a power of ten where those are spread well; else 0 and such
    numbers themselves, and then what else is round. No two labels overlap, nor are the same.

    Parameters
    ----------
    ends : (low, high)
        The values at the ends of the bar.
    scale : Scale
        As that of the picture.
    most : int
        How many there are at most.
    """
    low, high = ends
    step = 10.0 ** np.floor(np.log10((high - low) / most))
    for times in (1, 2, 5, 10):
        counts = range(int(np.ceil(low / (times * step))), int(high // (times * step)) + 1)
        if len(counts) <= most:
            break
    steps = [times * step * count for count in counts]
    last = int(np.floor(np.log10(max(abs(low), abs(high)))))
    first = min(last, int(np.floor(np.log10((high - low) / 1e4))))
    decades = [sign * 10.0**power for power in range(first, last + 1) for sign in (1, -1)]
    fifths = [times * decade for times in (2, 5) for decade in decades]
    even = _spread([steps], ends, scale, most)
    gaps = np.diff([0, *(shade for shade, _ in even), 1])
    if len(even) == len(steps) > 2 and gaps.max() <= 0.45:
        return even
    return _spread([[0.0], decades, fifths, steps], ends, scale, most)


def _spread(
    kinds: list[list[float]], ends: tuple[float, float], scale: Scale, most: int
) -> list[tuple[float, str]]:
    """Ticks of the values that have room on the bar, the first kinds first, far from each other."""
    low, high = ends
    found: list[tuple[float, str]] = []
    for kind in kinds:
        values = [value for value in kind if low <= value <= high]
        places = scale.shade((np.array(values) - low) / (high - low))
        left = [
            (float(np.clip(place, 0, 1)), _label(value))
            for place, value in zip(places, values, strict=True)
        ]
        while len(found) < most:
            left = [tick for tick in left if all(_beside(tick, other) for other in found)]
            if not left:
                break
            gaps = [min((abs(shade - there) for there, _ in found), default=0) for shade, _ in left]
            found.append(left[int(np.argmax(gaps))])
    return sorted(found)


def _beside(tick: tuple[float, str], other: tuple[float, str]) -> bool:
    """Whether two labels have room beside each other."""
    (place, text), (there, words) = tick, other
    return abs(place - there) * _CHARACTERS >= (len(text) + len(words)) / 2 + 1.5


def _label(value: float) -> str:
    """A round number for a reader: thousands apart, a true minus sign, powers where it is long."""
    value = float(f"{value:.9g}")  # without what is left of adding up steps
    power = 0 if value == 0 else int(np.floor(np.log10(abs(value))))
    if -5 < power < 7:
        text = f"{value:,.{8 - power}f}".rstrip("0").rstrip(".")
    else:
        raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        text = f"{value / 10.0**power:.9g}×10{raised}"
    return text.replace("-", "−")


def _quartile(values: np.ndarray) -> np.ndarray:
    """The lower quartile of each row's finite values; NaN where it has none."""
    ordered = np.sort(values, axis=1)  # NaN goes last
    count = np.isfinite(values).sum(axis=1)
    at = np.maximum((count - 1) // 4, 0)
    return np.take_along_axis(ordered, at[:, None], axis=1)[:, 0]


def _apart(low: float, high: float) -> tuple[float, float]:
    if high <= low:
        high = low + max(1.0, 1e-6 * abs(low))
    return float(low), float(high)
