"""The one exception that every bad input raises, and those that tell of no number.

What is bad, and how it is found out, belongs to the module that meets the input.
"""

from __future__ import annotations

__all__ = ["NO_NUMBER", "TPFError"]

#: What Python and numpy raise on what cannot be made a float, or is too large for one.
NO_NUMBER = (TypeError, ValueError, OverflowError)


class TPFError(ValueError):
    """A file, array or choice that tpfdash cannot use.

    The message is one sentence: it names the file or value, says what is wrong with it, and
    what would be right.
    """
