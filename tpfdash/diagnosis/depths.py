"""An event's depth in several apertures: in a larger one it stays, if it is the target's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tpfdash.diagnosis.diagnose import Diagnosis, diagnose
from tpfdash.diagnosis.numbers import DepthInPpm
from tpfdash.diagnosis.windows import Window
from tpfdash.errors import TPFError
from tpfdash.stamp.masks import as_mask

__all__ = ["ApertureDepth", "depth_by_aperture"]


@dataclass(frozen=True)
class ApertureDepth(DepthInPpm):
    """How deep an event is in an aperture. NaN where it could not be measured.

    Parameters
    ----------
    pixels : int
        Of the aperture.
    depth, depth_err : float
        Light missing at the event's height, e-/s; below 0 for a brightening. The error is that of
        the same filter at quiet places of the file.
    level : float
        Light beside the event, e-/s.
    """

    pixels: int
    depth: float
    depth_err: float
    level: float


def depth_by_aperture(
    tpf: xr.Dataset,
    window: Window | list[Window],
    masks: Mapping[str, ArrayLike],
    *,
    found: Diagnosis | None = None,
) -> dict[str, ApertureDepth]:
    """The depth of the window's event in each of several apertures, by one shape in time.

    Parameters
    ----------
    tpf : Dataset
    window : (t0, t1), or several of one event
    masks : mapping of str to bool (row, col)
    found : Diagnosis, optional
        Of this file and window, where there is one already. Default: `diagnose` with the first
        mask.

    Returns
    -------
    dict of str to ApertureDepth, in the order of `masks`; its numbers are NaN where nothing can be
    measured in the window, and where a mask is empty or has a pixel too far from the event to have
    been looked at.

    Raises
    ------
    TPFError
        Where there is no mask, or one is none of this stamp; and as `diagnose`.
    """
    shape = tpf["aperture"].shape
    if not isinstance(masks, Mapping) or not masks:
        raise TPFError(f"masks is {masks!r}: it should be masks by their names, one at least.")
    apertures = {name: as_mask(mask, shape, str(name)) for name, mask in masks.items()}
    if found is None:
        first = next(iter(apertures.values()))
        found = diagnose(tpf, window, first if first.any() else None)
    return {
        name: ApertureDepth(int(np.count_nonzero(mask)), *found.depth_in(mask))
        for name, mask in apertures.items()
    }
