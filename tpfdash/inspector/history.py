"""Undo and redo over named masks; how a mask is made or shown is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["MaskHistory"]

#: Masks, and tuples of what can be compared.
Masks = Mapping[str, Any]


class MaskHistory:
    """The states that some named masks have been in, and which of them is now.

    Parameters
    ----------
    masks : mapping of str to bool array, or to a tuple of what can be compared
        The first state. Arrays are kept as they are: nobody should change them.
    """

    def __init__(self, masks: Masks):
        self._states = [dict(masks)]
        self._now = 0

    @property
    def can_undo(self) -> bool:
        """Whether there is a state before the present one."""
        return self._now > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a state that was taken back."""
        return self._now < len(self._states) - 1

    def record(self, masks: Masks) -> None:
        """Make this the present state, and forget those taken back; nothing if it is so already."""
        present = self._states[self._now]
        if all(np.array_equal(mask, present[name]) for name, mask in masks.items()):
            return
        self._states[self._now + 1 :] = [dict(masks)]
        self._now += 1

    def undo(self) -> Masks:
        """Go back one state and give it; the first one where there is none before."""
        self._now = max(self._now - 1, 0)
        return self._states[self._now]

    def redo(self) -> Masks:
        """Go on one state and give it; the last one where there is none after."""
        self._now = min(self._now + 1, len(self._states) - 1)
        return self._states[self._now]

    def copy(self) -> MaskHistory:
        """A history of its own, with the same states."""
        made = MaskHistory(self._states[0])
        made._states, made._now = list(self._states), self._now
        return made
