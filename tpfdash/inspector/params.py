"""The kinds of params of an Inspector: each refuses a bad value, with a TPFError, as it comes.

What the params mean is `tpfdash.inspector`.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
import param

from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.inspector.listed import with_masks
from tpfdash.inspector.said import WORDS, Said
from tpfdash.stamp.masks import as_mask
from tpfdash.stamp.stars import place_stars
from tpfdash.timeseries.box_search import BoxPeriodogram
from tpfdash.timeseries.corrections import as_corrections, correction_from
from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.timeseries.events.found import FoundEvents
from tpfdash.timeseries.sine_search import SinePeriodogram

__all__ = [
    "Apertures",
    "Choice",
    "Corrections",
    "Ephemerides",
    "FileName",
    "Function",
    "Interval",
    "Intervals",
    "Levels",
    "Mask",
    "Number",
    "Percentiles",
    "Pixel",
    "Periodogram",
    "Periods",
    "Places",
    "Quality",
    "Recurrence",
    "Remarks",
    "SaidOf",
    "Stars",
    "Switch",
    "Text",
    "Whole",
]

_LONGEST_TEXT = 10_000
#: Characters of a note on one event.
_LONGEST_NOTE = 1000


class Mask(param.Parameter):
    """A boolean (row, col) array: copied in, read-only out, silent when it did not change."""

    def __set__(self, obj: Any, value: Any) -> None:
        if obj is not None:
            value = as_mask(value, obj.tpf["aperture"].shape, str(self.name))
            if np.array_equal(value, self.__get__(obj, type(obj))):
                return
        super().__set__(obj, value)


class Apertures(param.Parameter):
    """A tuple of `Listed`, of which one is being edited; silent when it did not change."""

    def __set__(self, obj: Any, value: Any) -> None:
        if obj is not None:
            value = with_masks(value, obj.tpf["aperture"].shape, str(self.name))
            if value == self.__get__(obj, type(obj)):
                return
        super().__set__(obj, value)


class Choice(param.Selector):
    """A Selector whose error is a TPFError that lists the choices."""

    def _validate(self, value: Any) -> None:
        if not isinstance(value, str) or value not in list(self.objects):
            words = ", ".join(repr(word) for word in self.objects)
            raise TPFError(f"{self.name} is {value!r}: it should be one of {words}.")


class Whole(param.Integer):
    """An Integer whose error is a TPFError that says which numbers there are."""

    bounds: tuple[int, int | None]

    def __set__(self, obj: Any, value: Any) -> None:
        super().__set__(obj, int(value) if isinstance(value, np.integer) else value)

    def _validate(self, value: Any) -> None:
        if value is None and self.allow_None:
            return
        low, high = self.bounds
        try:
            inside = operator.index(value) >= low and (high is None or value <= high)
        except TypeError:
            inside = False
        if not inside or isinstance(value, bool):
            last = "" if high is None else f" to {high}"
            raise TPFError(f"{self.name} is {value!r}: it should be a whole number, {low}{last}.")


class Number(param.Number):
    """A Number whose error is a TPFError that says between which it should be."""

    bounds: tuple[float, float]

    def _validate(self, value: Any) -> None:
        low, high = self.bounds
        try:
            inside = low <= float(value) <= high
        except NO_NUMBER:
            inside = False
        if not inside or isinstance(value, bool):
            raise TPFError(f"{self.name} is {value!r}: it should be a number, {low:g} to {high:g}.")


class Stars(param.Parameter):
    """A table of stars, placed on the file's pixels where it is not yet; or None."""

    def __set__(self, obj: Any, value: Any) -> None:
        if obj is not None and value is not None:
            if not {"row", "col", "magnitude", "flux"} <= set(getattr(value, "colnames", ())):
                try:
                    value = place_stars(obj.tpf, value)
                except TPFError as error:
                    raise TPFError(f"{self.name} cannot be drawn: {error}") from None
            value = value.copy()
        super().__set__(obj, value)


class Places(param.Parameter):
    """A table of things on the detector, with their row and col; or None."""

    def __set__(self, obj: Any, value: Any) -> None:
        if value is not None and not {"row", "col"} <= set(getattr(value, "colnames", ())):
            raise TPFError(
                f"{self.name} is a {type(value).__name__}: it should be an astropy Table with row "
                "and col, or None."
            )
        super().__set__(obj, value)


class Events(param.Parameter):
    """What `tpfdash.find_events` found, or None."""

    def __set__(self, obj: Any, value: Any) -> None:
        if value is not None and not isinstance(value, FoundEvents):
            raise TPFError(
                f"{self.name} is a {type(value).__name__}: it should be what tpfdash.find_events "
                "gives, or None."
            )
        super().__set__(obj, value)


class Corrections(param.Parameter):
    """Corrections of a light curve in order, each kind once, as `tpfdash.corrected` takes them.

    What `Correction.to_dict` wrote down will do too. A `Bin` is the last: it makes no cadences.
    """

    def __set__(self, obj: Any, value: Any) -> None:
        try:
            if isinstance(value, tuple | list):
                value = [correction_from(one) if isinstance(one, Mapping) else one for one in value]
            made = as_corrections(value)
        except TPFError as error:
            raise TPFError(f"{self.name} cannot be {value!r}: {error}") from None
        kinds = [type(each) for each in made]
        if len(set(kinds)) < len(kinds) or not all(each.keeps_cadences for each in made[:-1]):
            raise TPFError(
                f"{self.name} is {made!r}: each kind should be there once at most, and Bin be the "
                "last."
            )
        if obj is None or made != self.__get__(obj, type(obj)):
            super().__set__(obj, made)


class Recurrence(param.Parameter):
    """An Ephemeris, or what its `to_dict` gives; or None. Silent when it did not change."""

    def __set__(self, obj: Any, value: Any) -> None:
        if value is not None and not isinstance(value, Ephemeris):
            try:
                value = Ephemeris.from_dict(value)
            except TPFError as error:
                raise TPFError(f"{self.name} cannot be set: {error}") from None
        if obj is None or value != self.__get__(obj, type(obj)):
            super().__set__(obj, value)


class Ephemerides(param.Parameter):
    """Any number of Ephemeris; kept as a tuple."""

    def __set__(self, obj: Any, value: Any) -> None:
        if not isinstance(value, tuple | list) or not all(isinstance(v, Ephemeris) for v in value):
            raise TPFError(
                f"{self.name} is {str(value)[:40]!r}: it should be a list of tpfdash.Ephemeris."
            )
        super().__set__(obj, tuple(value))


class Periodogram(param.Parameter):
    """What a search for periods gave, or None."""

    def __set__(self, obj: Any, value: Any) -> None:
        if value is not None and not isinstance(value, BoxPeriodogram | SinePeriodogram):
            raise TPFError(
                f"{self.name} is a {type(value).__name__}: it should be what "
                "tpfdash.box_periodogram or sine_periodogram gives, or None."
            )
        super().__set__(obj, value)


class Remarks(param.Parameter):
    """The user's own words on events: (t0, t1, word, note) each; kept as a tuple, one a window."""

    def __set__(self, obj: Any, value: Any) -> None:
        try:
            made = {(float(t0), float(t1)): (word, note) for t0, t1, word, note in value}
            right = bool(np.isfinite(list(made)).all()) and all(map(_is_remark, made.values()))
        except NO_NUMBER:
            right = False
        if not right or isinstance(value, str):
            raise TPFError(
                f"{self.name} is {str(value)[:200]}: it should be (t0, t1, word, note) each, the "
                f"word one of {', '.join(map(repr, WORDS))}, the note a text of at most "
                f"{_LONGEST_NOTE:,} characters; or ()."
            )
        super().__set__(obj, tuple((*window, *words) for window, words in made.items()))


def _is_remark(words: tuple[Any, Any]) -> bool:
    word, note = words
    return word in WORDS and isinstance(note, str) and len(note) <= _LONGEST_NOTE


class SaidOf(param.Parameter):
    """Window, (t0, t1), -> `Said`."""

    def __set__(self, obj: Any, value: Any) -> None:
        if not isinstance(value, dict) or not all(isinstance(s, Said) for s in value.values()):
            raise TPFError(
                f"{self.name} is a {type(value).__name__}: it should be a dict of windows and of "
                "what tpfdash.inspector.said.said_of gives."
            )
        super().__set__(obj, dict(value))


class Switch(param.Boolean):
    """A Boolean whose error is a TPFError."""

    def _validate(self, value: Any) -> None:
        if not isinstance(value, bool | np.bool_):
            raise TPFError(f"{self.name} is {value!r}: it should be True or False.")


class Quality(param.Parameter):
    """What `Mission.bitmask` of the owner's mission takes: a word, the bits, or None for "none"."""

    def __set__(self, obj: Any, value: Any) -> None:
        if obj is not None:
            value = "none" if value is None else value
            bits = obj.mission.bitmask(value)
            value = value if isinstance(value, str) else bits
        super().__set__(obj, value)


class Interval(param.Parameter):
    """(low, high), put in order; or None, where that is the default."""

    _right = "two finite numbers, or None"

    def __set__(self, obj: Any, value: Any) -> None:
        super().__set__(
            obj, None if value is None and self.default is None else self._ordered(value)
        )

    def _ordered(self, value: Any) -> tuple[float | None, float | None] | None:
        try:
            low, high = sorted(float(end) for end in value)
        except NO_NUMBER:
            low = high = np.nan
        if isinstance(value, str) or not self._within(low, high):
            raise TPFError(f"{self.name} is {value!r}: it should be {self._right}.")
        return low, high

    def _within(self, low: float, high: float) -> bool:
        return bool(np.isfinite([low, high]).all())


class Periods(Interval):
    """(low, high), both above 0, put in order; or None."""

    _right = "two numbers of days above 0, the second larger; or None"

    def _within(self, low: float, high: float) -> bool:
        return bool(0 < low < high < np.inf)


class Intervals(param.Parameter):
    """Any number of (low, high), each put in order; kept as a tuple of tuples."""

    def __set__(self, obj: Any, value: Any) -> None:
        try:
            ends = np.array([list(each) for each in value], dtype=float).reshape(-1, 2)
            right = len(ends) == len(value) and np.isfinite(ends).all()
        except NO_NUMBER:
            right = False
        if not right or isinstance(value, str):
            raise TPFError(
                f"{self.name} is {value!r}: it should be pairs of finite numbers, each a low and "
                "a high end; or ()."
            )
        super().__set__(obj, tuple((low, high) for low, high in np.sort(ends, axis=1).tolist()))


class Levels(Interval):
    """(low, high), where either may be None; or None."""

    _right = "two numbers, low and high, either of which may be None; or None"

    def _ordered(self, value: Any) -> tuple[float | None, float | None] | None:
        try:
            low, high = (None if end is None else float(end) for end in value)
        except NO_NUMBER:
            low = high = np.nan
        ends = [end for end in (low, high) if end is not None]
        if isinstance(value, str) or not np.isfinite(ends).all() or ends != sorted(set(ends)):
            raise TPFError(f"{self.name} is {value!r}: it should be {self._right}.")
        return (low, high) if ends else None


class Pixel(param.Parameter):
    """(row, col) of a detector pixel on the owner's stamp, or None."""

    def __set__(self, obj: Any, value: Any) -> None:
        if value is not None:
            value = self._on_stamp(obj, value)
        super().__set__(obj, value)

    def _on_stamp(self, obj: Any, value: Any) -> tuple[int, int]:
        try:
            row, col = map(operator.index, value)
            inside = row in obj.tpf["row"].values and col in obj.tpf["col"].values
        except NO_NUMBER:
            inside = False
        if not inside:
            raise TPFError(
                f"{self.name} is {value!r}: it should be the row and the column of a pixel of the "
                "stamp, or None."
            )
        return row, col


class Function(param.Parameter):
    """Something to call, or None."""

    def __set__(self, obj: Any, value: Any) -> None:
        if value is not None and not callable(value):
            raise TPFError(f"{self.name} is {value!r}: it should be a function, or None.")
        super().__set__(obj, value)


class FileName(param.String):
    """The name of a file, without a folder; or ""."""

    def _validate(self, value: Any) -> None:
        if not isinstance(value, str) or set(value) & set("/\\\0"):
            raise TPFError(
                f"{self.name} is {value!r}: it should be the name of a file, without a folder."
            )


class Text(param.String):
    """Words of the user's own, up to 10,000 characters."""

    def _validate(self, value: Any) -> None:
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise TPFError(
                f"{self.name} is {str(value)[:40]!r}: it should be a text of at most "
                f"{_LONGEST_TEXT:,} characters."
            )


class Percentiles(Interval):
    """(low, high) with 0 <= low <= high <= 100."""

    _right = "two percentiles, from 0 to 100"

    def _within(self, low: float, high: float) -> bool:
        return 0 <= low <= high <= 100
