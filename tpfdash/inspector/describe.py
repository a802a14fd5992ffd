"""One cadence or one pixel in plain facts, for a reader; nothing here knows an Inspector."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import xarray as xr
from astropy.time import Time

from tpfdash.missions import Mission

__all__ = ["cadence_facts", "iso_date"]


def cadence_facts(
    tpf: xr.Dataset, mission: Mission, cadence: int, flux: float, flux_err: float
) -> dict[str, object]:
    """What is known of one cadence; see `Inspector.describe`."""
    time = float(tpf.variables["time"].values[cadence])
    quality = int(tpf.variables["quality"].values[cadence])
    return {
        "cadence": int(cadence),
        "cadenceno": int(tpf.variables["cadenceno"].values[cadence]),
        "time": time,
        "date": iso_date(time, tpf.attrs.get("time_reference", mission.time_reference)),
        "flux": float(flux),
        "flux_err": float(flux_err),
        "quality": quality,
        "flags": mission.flag_names(quality),
    }


@lru_cache(maxsize=64)
def iso_date(time: float, reference: float) -> str:
    """The ISO date of a time in days after the Julian date `reference`; "" where it has none."""
    if not np.isfinite(time):
        return ""
    return Time(reference, time, format="jd", scale="tdb").isot[:19]
