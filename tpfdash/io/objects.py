"""Light curves as objects of other packages: lightkurve's LightCurve and astropy's TimeSeries.

The way in, from lightkurve's target pixel files, is `tpfdash.io.open`; files are written by
`tpfdash.io.lightcurves`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from astropy.time import Time

from tpfdash.errors import TPFError
from tpfdash.io.lightcurves import lightcurve_table
from tpfdash.io.provenance import mission_of

if TYPE_CHECKING:
    from astropy.table import Table
    from astropy.timeseries import TimeSeries
    from lightkurve import LightCurve

__all__ = ["to_lightkurve", "to_timeseries"]


def to_lightkurve(lightcurve: xr.Dataset) -> LightCurve:
    """A light curve as an object of lightkurve, in memory.

    Parameters
    ----------
    lightcurve : Dataset
        What `aperture_photometry` or `Inspector.lightcurve` gave.

    Returns
    -------
    lightkurve.KeplerLightCurve or lightkurve.TessLightCurve
        `time` in the mission's own clock (BKJD or BTJD, TDB); `flux` and `flux_err` in the
        light curve's unit, `centroid_col` and `centroid_row` in detector pixels, `cadenceno` and
        `quality`, unless the source has none. Cadences without a time are left out, as lightkurve
        has no place for them; all others are there, whatever their quality. `meta` has the target
        and the mission in lightkurve's keywords, `APERTURE_MASK`, and the rest of the provenance.

    Raises
    ------
    TPFError
        On a Dataset that is no light curve, and where lightkurve is not installed.
    """
    table, time = _timed(lightcurve)
    try:
        import lightkurve
    except ImportError as error:
        raise TPFError(
            "lightkurve is not installed: to_lightkurve needs it, from "
            '`pip install lightkurve` or `pip install "tpfdash[lightkurve]"`.'
        ) from error
    mission = mission_of(lightcurve.attrs)
    time.format = mission.time_format.lower()  # a format that lightkurve has given astropy
    kind = lightkurve.TessLightCurve if mission.name == "TESS" else lightkurve.KeplerLightCurve
    facts = {name.upper(): value for name, value in table.meta.items()}
    facts |= {
        "TARGETID": facts.pop("ID", None),
        "LABEL": facts.get("OBJECT"),
        "APERTURE_MASK": lightcurve.attrs.get("aperture"),
        "BACKGROUND_MASK": lightcurve.attrs.get("background"),
        "FLUX_ORIGIN": "flux",
    }
    for name in ("APERTURE", "BACKGROUND"):
        facts.pop(name, None)
    columns = {
        name: table[name].quantity if table[name].unit else table[name].data
        for name in table.colnames
    }
    return kind(time=time, data=columns, meta=facts)


def to_timeseries(lightcurve: xr.Dataset) -> TimeSeries:
    """A light curve as an astropy TimeSeries, in memory.

    Parameters
    ----------
    lightcurve : Dataset
        What `aperture_photometry` or `Inspector.lightcurve` gave.

    Returns
    -------
    astropy.timeseries.TimeSeries
        `time` as BJD in TDB; `flux` and `flux_err` in the light curve's unit, `centroid_col` and
        `centroid_row` in detector pixels, `cadenceno` and `quality`. Cadences without a time are
        left out. `meta` has the provenance and the masks as plain Python values, so that it can
        be written to ECSV.

    Raises
    ------
    TPFError
        On a Dataset that is no light curve.
    """
    from astropy.timeseries import TimeSeries

    table, time = _timed(lightcurve)
    series = TimeSeries(time=time)
    for name in table.colnames:
        column = table[name]
        series[name] = column.quantity if column.unit else column.data
        series[name].info.description = column.description
    series.meta.update(table.meta)
    return series


def _timed(lightcurve: xr.Dataset) -> tuple[Table, Time]:
    """The light curve's table without its times, and those; of the cadences that have one."""
    table = lightcurve_table(lightcurve)
    table = table[np.isfinite(table["time"])]
    attrs = lightcurve.attrs
    reference = attrs.get("time_reference", mission_of(attrs).time_reference)
    time = Time(
        reference, table["time"].data, format="jd", scale=attrs.get("time_scale", "TDB").lower()
    )
    table.remove_column("time")
    return table, time
