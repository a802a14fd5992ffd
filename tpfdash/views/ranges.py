"""An axis: its ends, finite, in order, and far enough apart, whatever the numbers; its labels.

What an axis should show is decided by whoever draws it.
"""

from __future__ import annotations

from bokeh.models import CustomJSTickFormatter

__all__ = ["axis_range", "tick_labels"]

#: No axis goes further: what a figure works out of its ends has to be finite as well.
_LARGEST = 1e300
#: Ends nearer to each other than this are one number to a figure: of the larger end, and at all.
_NEAREST, _SMALLEST = 1e-9, 1e-30


def axis_range(low: float, high: float, margin: float = 0.0) -> tuple[float, float]:
    """An axis that shows all from `low` to `high`.

    Parameters
    ----------
    low, high : float, low <= high
        Not NaN; what lies beyond 1e300 is not shown.
    margin : float
        What is left free on either side.

    Returns
    -------
    (low, high) : finite and apart; wider than asked for where float64 needs that.
    """
    low, high = (min(max(float(end), -_LARGEST), _LARGEST) for end in (low, high))
    least = max(_NEAREST * max(abs(low), abs(high)), _SMALLEST)
    margin = min(float(margin), _LARGEST)
    if high - low + 2 * margin < least:
        margin = least
    return low - margin, high + margin


# As many decimals as tell the ticks apart; very large and very small numbers with a power of ten.
_LABELS = """
const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : Math.abs(tick) || 1
const largest = Math.max(...ticks.map(Math.abs), step)
const finest = Math.floor(Math.log10(step) + 1e-9), power = Math.floor(Math.log10(largest) + 1e-9)
const short = largest < 1e7 && finest >= -8
const decimals = Math.min(Math.max(0, short ? -finest : power - finest), 12)
const digits = {minimumFractionDigits: decimals, maximumFractionDigits: decimals}
const raised = String(power).replace(/./g, (sign) =>
  "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)])
const label = short || tick === 0
  ? (tick === 0 && !short ? "0" : tick.toLocaleString("en-US", digits))
  : `${(tick / 10 ** power).toFixed(decimals)}\u00d710${raised}`
return label.replaceAll("-", "\u2212")
"""


def tick_labels() -> CustomJSTickFormatter:
    """A formatter of ticks with true minus signs, and a comma between thousands."""
    return CustomJSTickFormatter(code=_LABELS)
