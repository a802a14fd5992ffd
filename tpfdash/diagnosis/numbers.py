"""Measured numbers, in ppm and in words: as many digits as the error bears."""

from __future__ import annotations

import numpy as np

__all__ = ["DepthInPpm", "days_in_words", "signed_with_error", "with_error"]

#: Digits of a number that has no error.
_DIGITS = 4


class DepthInPpm:
    """For what has a `depth`, its `depth_err`, and the `level` that it is a part of."""

    depth: float
    depth_err: float
    level: float

    @property
    def depth_ppm(self) -> float:
        """Depth by the level, in ppm; NaN where the level is not above 0."""
        return _in_ppm(self.depth, self.level)

    @property
    def depth_ppm_err(self) -> float:
        """Error of `depth_ppm`."""
        return _in_ppm(self.depth_err, self.level)


def _in_ppm(value: float, level: float) -> float:
    return value / level * 1e6 if level > 0 else np.nan


def with_error(value: float, error: float) -> str:
    """A value and its error, as "9,020 ± 60", "313.5 ± 2.1" or "−0.85 ± 0.10".

    The error has two digits where they are 10 to 35, else one, as the Particle Data Group rounds;
    the value ends at the same place. Without an error, which is NaN or not above 0, the value
    stands alone with four digits.
    """
    decimals = _decimals(value, error)
    if not error > 0:
        return _spelled(value, decimals)
    return f"{_spelled(value, decimals)} ± {_spelled(error, decimals)}"


def signed_with_error(value: float, error: float) -> str:
    """As `with_error`, with a sign before values above 0 too: "+0.85 ± 0.10"."""
    return ("+" if round(value, _decimals(value, error)) > 0 else "") + with_error(value, error)


def days_in_words(days: float) -> str:
    """How long something takes, in the unit that a reader would take: "29 min", "3.4 h", "9.4 d".

    "" of what is not above 0.
    """
    if not days > 0:
        return ""
    hours = days * 24
    if hours < 1:
        return f"{hours * 60:.1f} min" if hours < 0.1 else f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{days:.1f} d"


def _decimals(value: float, error: float) -> int:
    """How many decimals to write; below 0 they are tens, hundreds ..."""
    if not error > 0:
        return _DIGITS - 1 - _power(value)
    decimals = 1 - _power(error)
    return decimals - (round(error * 10.0**decimals) > 35)


def _power(number: float) -> int:
    """The power of ten of a number's first digit; 0 of 0 and of what is not finite."""
    return int(np.floor(np.log10(abs(number)))) if np.isfinite(number) and number else 0


def _spelled(number: float, decimals: int) -> str:
    rounded = round(number, decimals) + 0.0  # no -0
    return f"{rounded:,.{max(decimals, 0)}f}".replace("-", "\N{MINUS SIGN}")
