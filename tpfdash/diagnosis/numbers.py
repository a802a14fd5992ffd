"""Measured numbers in words: as many digits as the error bears. What they mean is elsewhere."""

from __future__ import annotations

import numpy as np

__all__ = ["with_error"]


def with_error(value: float, error: float) -> str:
    """A value and its error, as "9,020 ± 60", "313.5 ± 2.1" or "−0.85 ± 0.10".

    The error has two digits where they are 10 to 35, else one, as the Particle Data Group rounds;
    the value ends at the same place. Without an error, which is NaN or not above 0, the value
    stands alone with four digits.
    """
    if not (np.isfinite(error) and error > 0):
        return _spelled(value, _decimals(abs(value), 4))
    decimals = _decimals(error, 2)
    if round(error, decimals) * 10.0**decimals > 35:
        decimals -= 1
    return f"{_spelled(value, decimals)} ± {_spelled(error, decimals)}"


def _decimals(number: float, digits: int) -> int:
    """How many decimals (fewer than none: tens, hundreds) show so many digits of a number."""
    if not (np.isfinite(number) and number > 0):
        return 0
    return digits - 1 - int(np.floor(np.log10(number)))


def _spelled(number: float, decimals: int) -> str:
    return f"{round(number, decimals):,.{max(decimals, 0)}f}".replace("-", "\N{MINUS SIGN}")
