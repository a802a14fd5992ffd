"""Which target a file is of, and what its quarter, campaign or sector is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from tpfdash.missions import get_mission
from tpfdash.stamp.sky import separation

__all__ = ["interval_name", "same_target"]

#: Targets (RA_OBJ, DEC_OBJ) no further apart are one, in arcsec.
_SAME_PLACE = 3.0


def same_target(one: xr.Dataset, other: xr.Dataset) -> bool:
    """Whether two files are of one target: the same number of one catalogue, or the same place.

    The place is that of the headers, at epoch 2000, within 3 arcsec.
    """
    known = [(tpf.attrs.get("mission"), str(tpf.attrs.get("id") or "")) for tpf in (one, other)]
    if known[0] == known[1] and known[0][1]:
        return True
    places = [tpf.attrs.get(name) for tpf in (one, other) for name in ("ra", "dec")]
    if None in places:
        return False
    ra, dec, to_ra, to_dec = np.array(places, dtype=np.float64)
    apart = separation(ra, dec, np.array([to_ra]), np.array([to_dec]))[0]
    return bool(apart <= _SAME_PLACE)  # not so for NaN


def interval_name(attrs: Mapping[str, Any]) -> str | None:
    """The quarter, campaign or sector of a file or a light curve: "Q4"; None where none is said."""
    if "mission" not in attrs:
        return None
    mission = get_mission(attrs["mission"])
    number = attrs.get(mission.epoch_keyword.lower())
    return None if number is None else mission.interval(number)
