"""One cadence or one pixel in plain facts, for a reader; nothing here knows an Inspector."""

from __future__ import annotations

from datetime import datetime, timedelta

import xarray as xr

from tpfdash.errors import NO_NUMBER
from tpfdash.missions import Mission

__all__ = ["cadence_facts", "iso_date", "quality_of"]

_NOON_OF_2000 = 2451545.0  # JD


def cadence_facts(
    tpf: xr.Dataset, mission: Mission, cadence: int, flux: float, flux_err: float
) -> dict[str, object]:
    """What is known of one cadence; see `Inspector.describe`."""
    time = float(tpf.variables["time"].values[cadence])
    quality = quality_of(tpf, cadence)
    return {
        "cadence": int(cadence),
        "cadenceno": int(tpf.variables["cadenceno"].values[cadence]),
        "time": time,
        "date": iso_date(time, tpf.attrs.get("time_reference", mission.time_reference)),
        "flux": float(flux),
        "flux_err": float(flux_err),
        "quality": quality,
        "flags": mission.flag_names(quality or 0),
    }


def quality_of(tpf: xr.Dataset, cadence: int) -> int | None:
    """QUALITY of a cadence; None where the file has no value of it."""
    if "quality_known" in tpf and not tpf.variables["quality_known"].values[cadence]:
        return None
    return int(tpf.variables["quality"].values[cadence])


def iso_date(time: float, reference: float) -> str:
    """The calendar date of a time, to the second.

    A Julian date of TDB has no leap seconds, so that its date is a matter of the calendar alone.

    Parameters
    ----------
    time : float
        Days since `reference`, TDB.
    reference : float
        JD.

    Returns
    -------
    str
        As 2009-05-02T00:54:56, in TDB, of the Gregorian calendar, which is reckoned back beyond
        1582; "" (not available) where the time is no number, or beyond the years 1 to 9999.
    """
    try:
        day = timedelta(days=float(reference) - _NOON_OF_2000)
        # A float64 of days is good to some microseconds: half a millisecond makes up for that.
        date = datetime(2000, 1, 1, 12) + (day + timedelta(days=float(time), microseconds=500))
    except NO_NUMBER:
        return ""
    return date.isoformat(timespec="seconds")
