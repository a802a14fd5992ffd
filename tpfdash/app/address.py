"""The state of a page as the query of its address, and back: pure text, whoever wrote it.

    ?file=star.fits&cadence=824&window=3264.1,3264.9&aperture=191..192:676..678,193:677

Each choice that is not as a file opens has its param's name. Numbers and words are bare, several
are parted by commas, and what would be misread so is JSON. A mask is rectangles of detector pixels,
rows:columns, or, where that is shorter, `~row:column:ROWSxCOLUMNS:` and the bits of that part in
base64. What the address holds beside that belongs to others, and is left alone.

When it is read and written is `tpfdash.app.visit`; whether the choices are any good is for
`tpfdash.inspector.session`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import numpy as np

from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.params import Mask, Remarks, Text
from tpfdash.inspector.session import choices_of
from tpfdash.io.sessions import SESSION_FORMAT, SESSION_VERSION
from tpfdash.stamp.geometry import rectangles

__all__ = ["FILE", "NAMES", "decode", "encode", "session_in"]

#: What names the file in view among those that are open.
FILE = "file"
#: The choices that are in an address: the user's own words are not for every eye.
_CHOICES = tuple(
    name for name in choices_of() if not isinstance(Inspector.param[name], Text | Remarks)
)
#: All that is read, and written, in an address.
NAMES = (FILE, *_CHOICES)

_MASKS = {name for name in choices_of() if isinstance(Inspector.param[name], Mask)}
_NO_PIXEL = "none"
#: Rectangles are easier to read than bits: up to so many characters they are written.
_READABLE = 120
#: No part of a stamp that bits are written for has a longer side.
_LONGEST_SIDE = 2**16

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_SPAN = r"(-?\d{1,10})(?:\.\.(-?\d{1,10}))?"
_RECTANGLE = re.compile(f"{_SPAN}:{_SPAN}", re.ASCII)
_BITS = re.compile(r"~(-?\d{1,10}):(-?\d{1,10}):(\d{1,5})x(\d{1,5}):([\w-]*)", re.ASCII)
_WORDS = {"true": True, "false": False, "null": None}


def encode(choices: Mapping[str, Any], usual: Mapping[str, Any], file: str | None = None) -> str:
    """The query that names a state.

    Parameters
    ----------
    choices : dict
        As `written_choices` gives them.
    usual : dict
        Those of the file as it opens: what is the same is left out.
    file : str, optional
        The name of the file in view.

    Returns
    -------
    str
        Without a "?"; empty where there is nothing to say.
    """
    said = {} if file is None else {FILE: file}
    for name, value in choices.items():
        if name in _CHOICES and (name not in usual or value != usual[name]):
            said[name] = _mask_text(value) if name in _MASKS else _text(value)
    return "&".join(f"{name}={quote(text, safe=',:~.')}" for name, text in said.items())


def decode(said: Mapping[str, str]) -> dict[str, Any]:
    """The choices in an address, as `written_choices` has them; not yet known to be any good.

    Parameters
    ----------
    said : dict of str to str
        The parts of the query, unquoted; names that are none of ours are passed over.

    Raises
    ------
    TPFError
        Where a part cannot be read.
    """
    return {
        name: _mask(name, said[name]) if name in _MASKS else _value(name, said[name])
        for name in _CHOICES
        if name in said
    }


def session_in(said: Mapping[str, str]) -> dict[str, Any] | None:
    """The choices in an address as a session to be restored; None where it names none."""
    choices = decode(said)
    if not choices:
        return None
    return {"format": SESSION_FORMAT, "version": SESSION_VERSION, "choices": choices}


# -- values ----------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    """A value as text that `_value` reads again."""
    if isinstance(value, list) and len(value) > 1:
        parts = [None if isinstance(one, list | dict) else _bare(one) for one in value]
        if None not in parts:
            return ",".join(map(str, parts))
    elif not isinstance(value, list | dict) and (bare := _bare(value)) is not None:
        return bare
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _bare(value: Any) -> str | None:
    """A number or a word without quotes; None where it would be taken for something else."""
    text = value if isinstance(value, str) else json.dumps(value, allow_nan=False)
    plain = text and text[0] not in '[{"' and "," not in text
    same = plain and _scalar(text)
    return text if plain and type(same) is type(value) and same == value else None


def _value(name: str, text: str) -> Any:
    if text[:1] in ("[", "{", '"'):
        try:
            return json.loads(text)
        except (RecursionError, ValueError):
            raise TPFError(f"{name} is {text[:100]!r} in the address: it is no value.") from None
    parts = [_scalar(part) for part in text.split(",")]
    return parts[0] if len(parts) == 1 else parts


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    return json.loads(text) if _NUMBER.fullmatch(text) else text


# -- masks -----------------------------------------------------------------------------------------


def _mask_text(ends: list[list[int]]) -> str:
    """A mask's rectangles as text that `_mask` reads again."""
    if not ends:
        return _NO_PIXEL
    text = ",".join(f"{_span(row0, row1)}:{_span(col0, col1)}" for row0, row1, col0, col1 in ends)
    if len(text) <= _READABLE:
        return text
    row, last_row, col, last_col = _bounds(ends)
    mask = np.zeros((last_row - row + 1, last_col - col + 1), dtype=bool)
    for row0, row1, col0, col1 in ends:
        mask[row0 - row : row1 - row + 1, col0 - col : col1 - col + 1] = True
    bits = base64.urlsafe_b64encode(np.packbits(mask)).decode().rstrip("=")
    return min(text, f"~{row}:{col}:{mask.shape[0]}x{mask.shape[1]}:{bits}", key=len)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}..{last}"


def _bounds(ends: list[list[int]]) -> tuple[int, int, int, int]:
    row0, row1, col0, col1 = zip(*ends, strict=True)
    return min(row0), max(row1), min(col0), max(col1)


def _mask(name: str, text: str) -> list[list[int]]:
    if text == _NO_PIXEL:
        return []
    bits = _BITS.fullmatch(text)
    found = _from_bits(*bits.groups()) if bits else _from_spans(text)
    if found is None:
        raise TPFError(
            f"{name} is {text[:100]!r} in the address: it should be rows and columns, as "
            f"191..193:676..678, or {_NO_PIXEL}."
        )
    return found


def _from_spans(text: str) -> list[list[int]] | None:
    found = []
    for part in text.split(","):
        spans = _RECTANGLE.fullmatch(part)
        if spans is None:
            return None
        row0, row1, col0, col1 = spans.groups()
        found.append([int(row0), int(row1 or row0), int(col0), int(col1 or col0)])
    return found


def _from_bits(row: str, col: str, rows: str, cols: str, bits: str) -> list[list[int]] | None:
    shape = int(rows), int(cols)
    try:
        data = base64.urlsafe_b64decode(bits + "=" * (-len(bits) % 4))
    except (binascii.Error, ValueError):
        return None
    if max(shape) > _LONGEST_SIDE or len(data) != -(-shape[0] * shape[1] // 8):
        return None
    flat = np.unpackbits(np.frombuffer(data, dtype=np.uint8), count=shape[0] * shape[1])
    return [
        [row0 + int(row), row1 + int(row), col0 + int(col), col1 + int(col)]
        for row0, row1, col0, col1 in rectangles(flat.reshape(shape).astype(bool))
    ]
