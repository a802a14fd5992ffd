"""What the detector does with too much light: full wells that bleed along their columns.

What lives here: arrays in, arrays out.
"""

from __future__ import annotations

import numpy as np

__all__ = ["bleed", "to_bleed_ends"]


def bleed(light: np.ndarray, full_well: float) -> np.ndarray:
    """Light after what is above the full well has run along the columns.

    Half of what is too much goes up, half down, each to the nearest pixels with room. All of it is
    kept, but for what runs out of the stamp at the ends of a column.

    Parameters
    ----------
    light : float array (row, col, ...)
        e-/s.
    full_well : float
        The most that a pixel holds, in e-/s.

    Returns
    -------
    float array (row, col, ...), a copy, of the same dtype.
    """
    kept = np.minimum(light, full_well)
    over = (light - kept) / 2
    for rows in (range(len(light)), range(len(light) - 1, -1, -1)):
        running = np.zeros_like(light[0])
        for row in rows:
            taken = np.minimum(running, full_well - kept[row])
            kept[row] += taken
            running += over[row] - taken
    return kept


def to_bleed_ends(change: np.ndarray, full: np.ndarray) -> np.ndarray:
    """A small change of the light, where full pixels cannot hold it.

    A run of full pixels of a column passes what it cannot hold to the pixels next to its ends,
    half to each; all to one where the other is outside. (Of a column that is full throughout
    nothing is seen.)

    Parameters
    ----------
    change : float array (row, col, ...)
    full : bool array (row, col)

    Returns
    -------
    float array (row, col, ...), a copy where anything is full.
    """
    if not full.any():
        return change
    made = np.where(full.reshape(full.shape + (1,) * (change.ndim - 2)), 0, change)
    for col in np.flatnonzero(full.any(axis=0)):
        edges = np.diff(np.concatenate([[0], full[:, col].astype(int), [0]]))
        for begin, end in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True):
            ends = [row for row in (begin - 1, end) if 0 <= row < len(full)]
            for row in ends:
                made[row, col] += change[begin:end, col].sum(axis=0) / len(ends)
    return made
