"""All that a user has chosen in one inspection, as plain data, and back into an Inspector.

Which params those are is not listed: they are all that can be written down, so that a new one
comes along by itself. How a session becomes a file is `tpfdash.io.sessions`, how it becomes an
address `tpfdash.app.address`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from pathlib import PurePath
from typing import Any

import numpy as np
import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.inspector import LOOKED_UP, NOT_COPIED
from tpfdash.inspector.params import Apertures, Function, Mask
from tpfdash.io.sessions import SESSION_FORMAT, SESSION_VERSION, check_session
from tpfdash.stamp.geometry import corner, rectangles
from tpfdash.stamp.target import interval_name
from tpfdash.timeseries.corrections import Correction
from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.version import __version__

__all__ = ["choices_of", "restore", "restore_all", "session_of", "written", "written_choices"]

#: Facts of a file that have to be the same where a session is restored -> how they are called.
_SAME = {
    "mission": "mission",
    "id": "target",
    "interval": "quarter, campaign or sector",
    "corner": "first detector pixel (row, column)",
    "shape": "stamp (rows, columns)",
    "cadences": "number of cadences",
    "cadenceno": "cadence numbers, first and last,",
}
_LONGEST_MESSAGE = 500


def choices_of(owner: type[Inspector] = Inspector) -> tuple[str, ...]:
    """The names of the params that a session holds.

    All of them, but for functions, where the mouse is, what was looked up in a catalogue, and what
    follows from the rest.
    """
    return tuple(
        name
        for name in owner.param
        if name not in (*NOT_COPIED, *LOOKED_UP) and not isinstance(owner.param[name], Function)
    )


def session_of(inspector: Inspector, others: Iterable[Inspector] = ()) -> dict[str, Any]:
    """What the user has chosen, and on which file: plain data that JSON has words for.

    Parameters
    ----------
    inspector : Inspector
    others : sequence of Inspector
        Of further files of the same target.

    Returns
    -------
    dict
        `format`, `version` (int), `tpfdash` (the version of the package); `file`: what `restore`
        knows the file by; `choices`: the value of each param. A mask is a list of rectangles of
        detector pixels, [first row, last row, first column, last column], both ends included;
        an aperture of several is [name, mask, hidden]; a tuple is a list. `others`, where there are
        any: a list of their sessions.
    """
    made = {
        "format": SESSION_FORMAT,
        "version": SESSION_VERSION,
        "tpfdash": __version__,
        "file": _identity(inspector.tpf),
        "choices": written_choices(inspector),
    }
    further = [session_of(other) for other in others]
    return made | {"others": further} if further else made


def written_choices(inspector: Inspector) -> dict[str, Any]:
    """The `choices` of `session_of`."""
    return {name: written(inspector, name) for name in choices_of(type(inspector))}


def written(inspector: Inspector, name: str) -> Any:
    """One choice as `session_of` has it."""
    value, kind = getattr(inspector, name), inspector.param[name]
    if isinstance(kind, Apertures):
        tpf = inspector.tpf
        masks = [one.mask if one.mask is None else _rectangles(tpf, one.mask) for one in value]
        return [[one.name, mask, one.hidden] for one, mask in zip(value, masks, strict=True)]
    return _rectangles(inspector.tpf, value) if isinstance(kind, Mask) else _plain(value)


def _rectangles(tpf: xr.Dataset, mask: np.ndarray) -> list[list[int]]:
    row, col = corner(tpf)
    return [
        [row0 + row, row1 + row, col0 + col, col1 + col]
        for row0, row1, col0, col1 in rectangles(mask)
    ]


def restore(inspector: Inspector, session: Mapping[str, Any]) -> tuple[str, ...]:
    """Choose what a session holds, all of it or nothing.

    Those who watch are told of one change (of a second one, where a choice that is restored would
    have taken back another). Masks can be undone. What the session does not name stays as it is.

    Parameters
    ----------
    inspector : Inspector
    session : dict
        As `session_of` gives it, or `read_session`. Without a `file` it is taken for one of this
        file. Its `others` are passed over.

    Returns
    -------
    tuple of str
        The choices that this version does not know, and leaves alone.

    Raises
    ------
    TPFError
        Where it is no session, of another version or another file, or holds a value that is no
        good here; the inspector is then as it was.
    """
    values, unknown = _checked(inspector, session)
    _choose(inspector, values)
    return unknown


def restore_all(inspectors: Sequence[Inspector], session: Mapping[str, Any]) -> tuple[str, ...]:
    """Choose what a session of several files holds, for those that are open: all of it or nothing.

    Parameters
    ----------
    inspectors : sequence of Inspector
        The first is the one in view: it takes a session without a `file`.
    session : dict
        As `session_of` gives it, with `others`.

    Returns
    -------
    tuple of str
        What was left alone: choices that this version does not know, files that are not open.

    Raises
    ------
    TPFError
        As `restore`, and where none of the session's files is among these.
    """
    check_session(session)
    others = session.get("others", [])
    if not isinstance(others, list | tuple):
        raise TPFError(f"the session's others are {str(others)[:100]!r}: they should be sessions.")
    wanted: list[tuple[Inspector, dict[str, Any]]] = []
    left: list[str] = []
    for one in (session, *others):
        check_session(one)
        fitting = [each for each in inspectors if _is_of(one.get("file"), each.tpf)]
        if fitting:
            values, unknown = _checked(fitting[0], one)
            wanted.append((fitting[0], values))
            left += unknown
        else:
            left.append(f"{str(one['file'].get('source', ''))[:100] or 'a file'} (not open here)")
    if not wanted:
        _checked(inspectors[0], session)  # says what is different
    for each, values in wanted:
        _choose(each, values)
    return tuple(dict.fromkeys(left))


def _is_of(file: Any, tpf: xr.Dataset) -> bool:
    """Whether a session is of a file; one that is of no file is of any."""
    here = _identity(tpf)
    if not isinstance(file, Mapping):
        return True
    return all(file[key] == here[key] for key in _SAME if key in file)


def _checked(
    inspector: Inspector, session: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The choices of a session as the params take them, and those that are not known."""
    choices = check_session(session)
    try:
        if session.get("file") is not None:
            _check_file(session["file"], inspector.tpf)
        known = choices_of(type(inspector))
        values = {name: _value(inspector, name, choices[name]) for name in known if name in choices}
        _choose(copy(inspector), values)  # what is no good is refused here
    except TPFError as error:  # it may quote a value of any length
        words = str(error)
        if len(words) <= _LONGEST_MESSAGE:
            raise
        raise TPFError(f"{words[: _LONGEST_MESSAGE - 4]} ...") from None
    return values, tuple(str(name) for name in choices if name not in known)


def _choose(inspector: Inspector, values: dict[str, Any]) -> None:
    inspector.change(**values)
    # A change may take back another choice, as a stretch does with limits.
    inspector.change(
        **{
            name: value
            for name, value in values.items()
            if not np.array_equal(getattr(inspector, name), value)
        }
    )


def _plain(value: Any) -> Any:
    """A param's value in JSON's types."""
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, Correction):
        return value.to_dict()
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, Ephemeris):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return value


def _value(inspector: Inspector, name: str, written: Any) -> Any:
    """What `written` wrote, as the param takes it."""
    kind = inspector.param[name]
    if isinstance(kind, Mask):
        return _mask(inspector.tpf, name, written)
    if isinstance(kind, Apertures):
        return _apertures(inspector.tpf, name, written)
    return _tuples(written)


def _apertures(tpf: xr.Dataset, name: str, written: Any) -> list[tuple]:
    if not isinstance(written, list | tuple) or not all(
        isinstance(one, list | tuple) and len(one) == 3 for one in written
    ):
        raise TPFError(
            f"{name} is {written!r}: it should be a list of apertures, each its name, its "
            "rectangles, and whether it is hidden."
        )
    return [
        (each, None if mask is None else _mask(tpf, f"{name}, {str(each)!r},", mask), hidden)
        for each, mask, hidden in written
    ]


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, tuple | list) else value


def _mask(tpf: xr.Dataset, name: str, written: Any) -> np.ndarray:
    shape = tpf["aperture"].shape
    row, col = corner(tpf)
    mask = np.zeros(shape, dtype=bool)
    if not isinstance(written, list | tuple):
        raise TPFError(f"{name} is {written!r}: it should be a list of rectangles.")
    for ends in written:
        if (
            not isinstance(ends, list | tuple)
            or len(ends) != 4
            or not all(isinstance(end, int) and not isinstance(end, bool) for end in ends)
        ):
            raise TPFError(
                f"{name} has the rectangle {ends!r}: it should be first row, last row, first "
                "column and last column."
            )
        row0, row1, col0, col1 = ends[0] - row, ends[1] - row, ends[2] - col, ends[3] - col
        if not (0 <= row0 <= row1 < shape[0] and 0 <= col0 <= col1 < shape[1]):
            raise TPFError(
                f"{name} has the rectangle {ends!r} (first row, last row, first column, last "
                f"column): it should lie within rows {row} to {row + shape[0] - 1} and columns "
                f"{col} to {col + shape[1] - 1}."
            )
        mask[row0 : row1 + 1, col0 : col1 + 1] = True
    return mask


def _identity(tpf: xr.Dataset) -> dict[str, Any]:
    """What a file is known by; the names of its target and its source are for readers."""
    attrs = tpf.attrs
    numbers = tpf.variables["cadenceno"].values
    return _plain(
        {
            "object": str(attrs.get("object") or ""),
            "source": PurePath(str(attrs.get("source") or "")).name,
            "mission": str(attrs.get("mission") or ""),
            "id": str(attrs.get("id") or ""),
            "interval": interval_name(attrs) or "",
            "corner": corner(tpf),
            "shape": tpf["aperture"].shape,
            "cadences": tpf.sizes["time"],
            "cadenceno": (int(numbers[0]), int(numbers[-1])),
        }
    )


def _check_file(file: Any, tpf: xr.Dataset) -> None:
    """Refuse a session of another file."""
    if not isinstance(file, Mapping):
        raise TPFError(f"the session's file is {file!r}: it should be what the file is known by.")
    here = _identity(tpf)
    for key, words in _SAME.items():
        if key in file and file[key] != here[key]:
            raise TPFError(
                f"the session is of another file, {str(file.get('source', '')) or 'without a name'}"
                f": its {words} is {file[key]!r}, and that of this file {here[key]!r}."
            )
