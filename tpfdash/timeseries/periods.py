"""What searches for periods have in common: grids of periods, peaks that are not each other's."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from tpfdash.errors import NO_NUMBER, TPFError

__all__ = [
    "Progress",
    "check_count",
    "check_periods",
    "harmonic",
    "local_maxima",
    "period_grid",
]

#: Called with what is done and what there is to do, in periods; what it raises stops the search.
Progress = Callable[[int, int], object] | None

#: Ratios of periods that have a name, and how near to one counts, in cycles over the light curve.
_HARMONICS = [Fraction(n, d) for n in range(1, 6) for d in range(1, 6) if n != d]
_NEAR = 0.5


def check_count(value: Any, name: str, least: int = 1) -> int:
    """A whole number of at least so many.

    Raises
    ------
    TPFError
        Where it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise TPFError(f"{name} is {value!r}: it should be a whole number, {least} or more.")
    return int(value)


def check_periods(
    periods: Any, shortest: float, longest: float, span: float
) -> tuple[float, float]:
    """The range of periods to search, in days.

    Parameters
    ----------
    periods : (min, max) or None
        What was asked for.
    shortest, longest : float
        What is taken where None was.
    span : float
        Of the light curve.

    Raises
    ------
    TPFError
        Where these are no two periods, or none that the light curve holds twice.
    """
    if periods is None:
        if shortest >= longest:
            raise TPFError(
                f"The light curve spans {span:.3g} d: it should span more than twice the shortest "
                f"period, {shortest:.3g} d."
            )
        return shortest, longest
    try:
        low, high = (float(each) for each in periods)
    except NO_NUMBER:
        low = high = np.nan
    if not (0 < low < high < np.inf):
        raise TPFError(
            f"periods is {periods!r}: it should be (min, max), two numbers of days above 0."
        )
    if low >= span:
        raise TPFError(
            f"periods begins at {low:.5g} d and the light curve spans {span:.5g} d: it should "
            "begin below that."
        )
    return low, high


def period_grid(low: float, high: float, n: int) -> np.ndarray:
    """So many periods from low to high, equally far apart in frequency, ascending: float64."""
    return 1 / np.linspace(1 / high, 1 / low, max(n, 2))[::-1]


def local_maxima(values: np.ndarray) -> np.ndarray:
    """Where values are higher than both neighbours, or end high: int array, highest first."""
    padded = np.concatenate([[-np.inf], np.where(np.isfinite(values), values, -np.inf), [-np.inf]])
    top = (padded[1:-1] > padded[:-2]) & (padded[1:-1] >= padded[2:]) & np.isfinite(values)
    index = np.flatnonzero(top)
    return index[np.argsort(-values[index], kind="stable")]


def harmonic(period: float, main: float, span: float) -> str:
    """How a period belongs to another: "2 x", "1/2 x", "3/2 x" ...; "" where it does not.

    It does where both keep together to half a cycle over the light curve's span.
    """
    for ratio in sorted(_HARMONICS, key=lambda each: each.numerator + each.denominator):
        if abs(1 / period - 1 / (float(ratio) * main)) * span < _NEAR:
            words = (
                str(ratio.numerator)
                if ratio.denominator == 1
                else f"{ratio.numerator}/{ratio.denominator}"
            )
            return f"{words} \N{MULTIPLICATION SIGN}"
    return ""
