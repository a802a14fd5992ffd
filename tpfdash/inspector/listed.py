"""The apertures of an inspection in a row: what each is called, and whether it is drawn.

Tuples in, tuples out; who holds them is `tpfdash.inspector.apertures`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from string import ascii_uppercase
from typing import Any

import numpy as np

from tpfdash.errors import TPFError
from tpfdash.stamp.masks import as_mask

__all__ = ["BACKGROUND", "MOST", "Listed", "place_of", "unused_name", "with_masks"]

#: So many apertures can be told apart by their lines.
MOST = 12
_LONGEST_NAME = 40
#: The name of the background mask beside them.
BACKGROUND = "background"


@dataclass(frozen=True, eq=False)
class Listed:
    """One aperture of several.

    Parameters
    ----------
    name : str
    mask : bool array (row, col), or None
        None: it is the one being edited, whose mask is the `aperture` of its Inspector.
    hidden : bool
        Whether it is drawn nowhere.
    """

    name: str
    mask: np.ndarray | None
    hidden: bool = False

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Listed):
            return NotImplemented
        if self.mask is None or other.mask is None:
            same = self.mask is other.mask
        else:
            same = np.array_equal(self.mask, other.mask)
        return same and (self.name, self.hidden) == (other.name, other.hidden)

    def __hash__(self) -> int:
        return hash((self.name, self.hidden))


def with_masks(value: Any, shape: tuple[int, ...], name: str) -> tuple[Listed, ...]:
    """What can be taken for apertures in a row, checked, with read-only masks of its own.

    Parameters
    ----------
    value : sequence of Listed, or of (name, mask, hidden)
    shape : (rows, columns) of the stamp
    name : str
        What the errors call it.

    Raises
    ------
    TPFError
        Where it is none; on a name that is twice there, and where not just one is edited.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TPFError(f"{name} is {value!r}: it should be apertures, each a name and a mask.")
    listed = tuple(_one(each, shape, name) for each in value)
    names = [one.name for one in listed]
    twice = [each for each in names if names.count(each) > 1]
    if twice:
        raise TPFError(f"{name} has {twice[0]!r} twice: each aperture should have its own name.")
    edited = [one for one in listed if one.mask is None]
    if len(edited) != 1 or edited[0].hidden:
        raise TPFError(
            f"{name} has {len(edited)} apertures without a mask: it should be one, which is being "
            "edited and not hidden."
        )
    if len(listed) > MOST:
        raise TPFError(f"{name} has {len(listed)} apertures: it should have {MOST} at most.")
    return listed


def _one(value: Any, shape: tuple[int, ...], owner: str) -> Listed:
    try:
        name, mask, hidden = (
            (value.name, value.mask, value.hidden) if isinstance(value, Listed) else value
        )
    except (TypeError, ValueError):
        raise TPFError(f"{owner} has {value!r}: it should be (name, mask, hidden).") from None
    said = name.strip() if isinstance(name, str) else ""
    if not said or not said.isprintable() or len(said) > _LONGEST_NAME:
        raise TPFError(
            f"the aperture's name is {str(name)[:60]!r}: it should be a word or two, of at most "
            f"{_LONGEST_NAME} characters."
        )
    if said == BACKGROUND:
        raise TPFError(f"{said!r} is the background mask: an aperture should have another name.")
    if not isinstance(hidden, bool | np.bool_):
        raise TPFError(f"the aperture {said!r} is hidden: {hidden!r}: it should be True or False.")
    if mask is not None and not _is_kept(mask, shape):
        mask = as_mask(mask, shape, f"{said!r} aperture")
    return Listed(said, mask, bool(hidden))


def _is_kept(mask: Any, shape: tuple[int, ...]) -> bool:
    """Whether a mask is one of ours already, which nobody can change."""
    ours = isinstance(mask, np.ndarray) and mask.dtype == bool and mask.shape == tuple(shape)
    return ours and mask.base is None and not mask.flags.writeable


def place_of(listed: Sequence[Listed], name: str) -> int:
    """Where the aperture of this name is in the row, or a TPFError that names those there are."""
    for place, one in enumerate(listed):
        if one.name == name:
            return place
    names = ", ".join(repr(one.name) for one in listed)
    raise TPFError(f"there is no aperture {name!r}: it should be one of {names}.")


def unused_name(listed: Sequence[Listed], stem: str = "") -> str:
    """A name that no aperture has: a letter, or the stem with a number where that is taken."""
    taken = {one.name for one in listed}
    names = chain([stem] if stem else ascii_uppercase, (f"{stem or 'A'} {n}" for n in count(2)))
    return next(name for name in names if name not in taken)
