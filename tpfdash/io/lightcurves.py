"""Light curves as files: FITS, ECSV and CSV.

Every file says where it comes from (`tpfdash.io.provenance`), and appears whole or not at all
(`tpfdash.io.atomic`). Light curves as objects of other packages are `tpfdash.io.objects`.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import xarray as xr
from astropy.io import fits
from astropy.table import Column, Table

from tpfdash.errors import TPFError
from tpfdash.io.apertures import aperture_bits, choose_format, fits_bytes, format_of, image_hdu
from tpfdash.io.atomic import write_atomically
from tpfdash.io.fits.hdus import printable
from tpfdash.io.provenance import header, mission_of, provenance
from tpfdash.stamp.units import USUAL_FLUX, spelled

__all__ = ["LIGHTCURVE_FORMATS", "lightcurve_bytes", "lightcurve_table", "write_lightcurve"]

#: Variable of a light curve -> (FITS column, its unit as the missions write it, astropy's unit,
#: description), in the order of the columns. TIME's unit and QUALITY's name differ by mission; the
#: light curve says the unit of its flux itself.
_COLUMNS = {
    "time": ("TIME", None, "d", None),
    "cadenceno": ("CADENCENO", None, None, "cadence number"),
    "flux": ("FLUX", None, None, "sum over the aperture"),
    "flux_err": ("FLUX_ERR", None, None, "1-sigma error of flux"),
    "flux_raw": ("RAW_FLUX", None, None, "flux before it was corrected"),
    "trend": ("TREND", None, None, "slow trend that was taken off"),
    "cadences": ("NCADENCE", None, None, "how many cadences a bin holds"),
    "centroid_col": ("MOM_CENTR1", "pixel", "pix", "flux-weighted centroid, detector column"),
    "centroid_row": ("MOM_CENTR2", "pixel", "pix", "flux-weighted centroid, detector row"),
    "quality": ("QUALITY", None, None, "quality flags of the mission"),
}
_FLUXES = ("flux", "flux_err", "flux_raw", "trend")
_KEPLER_NAMES = {"QUALITY": "SAP_QUALITY"}


def lightcurve_bytes(lightcurve: xr.Dataset, format: str) -> bytes:
    """A light curve as the contents of a file; every cadence is kept.

    Parameters
    ----------
    lightcurve : Dataset
        What `aperture_photometry` or `Inspector.lightcurve` gave: `flux` (in the unit of its
        attrs) over `time` (days), and of `flux_err`, `centroid_row`, `centroid_col` (detector
        pixels), `quality` and `cadenceno` what there is, but for a `quality` that the source does
        not have; of one that was corrected `flux_raw`, `trend` and `cadences` too. Its attributes
        `aperture`, `background` and `corner` go into the file where they are given, and the lines
        of `corrections`: as HISTORY in FITS.
    format : {"fits", "ecsv", "csv"}
        "fits" is laid out as the mission's own light curves, which `lightkurve.read` opens as a
        KeplerLightCurve or TessLightCurve: the table, and an image APERTURE with 1 for a pixel
        of the stamp and 2 for one of the aperture; background pixels are 1 in an image
        BACKGROUND. TIME is in the mission's own clock, whatever the clock of the source. "ecsv"
        is an astropy Table with units and meta. "csv" has the same meta as lines that begin with
        "#", a JSON value each. NaN is written as NaN or "nan".

    Raises
    ------
    TPFError
        On another format, and on a Dataset that is no light curve.
    """
    maker = choose_format(format, LIGHTCURVE_FORMATS, "a light curve")
    _check(lightcurve)
    return maker(lightcurve)


def _check(lightcurve: xr.Dataset) -> None:
    if (
        not isinstance(lightcurve, xr.Dataset)
        or not {"time", "flux"} <= lightcurve.variables.keys()
    ):
        raise TPFError(
            "this is no light curve: it should be a Dataset with `flux` over `time`, as "
            "aperture_photometry gives it."
        )
    wrong = [n for n in _COLUMNS if n in lightcurve and lightcurve[n].dims != ("time",)]
    if wrong:
        raise TPFError(f"{', '.join(wrong)} of the light curve should be over `time` alone.")


def write_lightcurve(
    lightcurve: xr.Dataset,
    path: str | os.PathLike,
    *,
    format: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a light curve to a file, whole or not at all.

    Parameters
    ----------
    lightcurve, format
        As for `lightcurve_bytes`; the format is that of the suffix where none is given.
    path : path
    overwrite : bool
        Whether a file that is there may be replaced.

    Returns
    -------
    Path

    Raises
    ------
    TPFError
        As `lightcurve_bytes`; and if the file exists, or cannot be written.
    """
    data = lightcurve_bytes(lightcurve, format or format_of(path, LIGHTCURVE_FORMATS))
    return write_atomically(path, lambda file: file.write(data), overwrite=overwrite)


def _masks(lightcurve: xr.Dataset) -> dict[str, np.ndarray]:
    """The masks that a light curve was made with, by name."""
    masks = {
        name: np.asarray(lightcurve.attrs[name], dtype=bool)
        for name in ("aperture", "background")
        if lightcurve.attrs.get(name) is not None
    }
    if masks and lightcurve.attrs.get("corner") is None:
        raise TPFError(
            "the light curve has masks and no attribute `corner`, the stamp's first pixel."
        )
    return masks


def _meta(lightcurve: xr.Dataset) -> dict:
    """Facts and masks of a light curve, as ECSV and CSV carry them."""
    masks = _masks(lightcurve)
    meta: dict = provenance(lightcurve.attrs)
    if masks:
        meta["corner"] = [int(first) for first in lightcurve.attrs["corner"]]
    if done := _corrections(lightcurve):
        meta["corrections"] = done
    return meta | {name: mask.astype(int).tolist() for name, mask in masks.items()}


def _corrections(lightcurve: xr.Dataset) -> list[str]:
    """What was done to a light curve, a line for each correction."""
    return [str(line) for line in lightcurve.attrs.get("corrections", ())]


def _clock(reference: float, scale: str) -> str:
    return f"BJD - {reference:.10g}, {scale}, barycentric"


def _names(lightcurve: xr.Dataset) -> list[str]:
    """The variables to write: those that there are, but for flags that the source does not have."""
    absent = {"quality"} & set(lightcurve.attrs.get("not_in_file", ()))
    return [name for name in _COLUMNS if name in lightcurve.variables and name not in absent]


def _flux_unit(lightcurve: xr.Dataset, name: str, how: str) -> str | None:
    """The unit of a flux in the spelling of "fits" or "astropy"; None where it is relative."""
    return spelled(lightcurve[name].attrs.get("units", USUAL_FLUX), how) or None


def lightcurve_table(lightcurve: xr.Dataset) -> Table:
    """A light curve as an astropy Table, every cadence kept: units, meta, NaN where it is NaN.

    Raises
    ------
    TPFError
        On a Dataset that is no light curve.
    """
    _check(lightcurve)
    attrs = lightcurve.attrs
    reference = attrs.get("time_reference", mission_of(attrs).time_reference)
    columns = []
    for name in _names(lightcurve):
        _, _, unit, description = _COLUMNS[name]
        if name == "time":
            description = _clock(reference, attrs.get("time_scale", "TDB"))
        if name in _FLUXES:
            unit = _flux_unit(lightcurve, name, "astropy")
        values = lightcurve[name].values
        columns.append(Column(values, name=name, unit=unit, description=description))
    return Table(columns, meta=_meta(lightcurve))


def _lightcurve_ecsv(lightcurve: xr.Dataset) -> bytes:
    text = io.StringIO()
    lightcurve_table(lightcurve).write(text, format="ascii.ecsv")
    return text.getvalue().encode()


def _lightcurve_csv(lightcurve: xr.Dataset) -> bytes:
    table = lightcurve_table(lightcurve)
    meta = {"creator": f"tpfdash {table.meta['tpfdash_version']} lightcurve"} | table.meta
    meta["units"] = {name: str(table[name].unit) for name in table.colnames if table[name].unit}
    lines = [f"# {name}: {json.dumps(value)}" for name, value in meta.items()]
    lines.append(",".join(table.colnames))
    # astype(str) writes the shortest decimal that reads back as the same float32 or float64
    lines.extend(
        map(",".join, zip(*(table[n].data.astype(str) for n in table.colnames), strict=True))
    )
    return ("\n".join(lines) + "\n").encode()


def _lightcurve_fits(lightcurve: xr.Dataset) -> bytes:
    attrs = lightcurve.attrs
    mission = mission_of(attrs)
    names = {} if mission.name == "TESS" else _KEPLER_NAMES
    reference = mission.time_reference
    columns = {}
    for variable in _names(lightcurve):
        name, unit, *_ = _COLUMNS[variable]
        if variable in _FLUXES:
            unit = _flux_unit(lightcurve, variable, "fits")
        columns[names.get(name, name)] = lightcurve[variable].values, unit
    shift = attrs.get("time_reference", reference) - reference
    columns["TIME"] = columns["TIME"][0] + shift, f"BJD - {reference:.0f}, days"
    arrays = [values for values, _ in columns.values()]
    formats = [values.dtype for values in arrays]
    rows = np.rec.fromarrays(arrays, formats=formats, names=list(columns))
    table = fits.BinTableHDU(rows, name="LIGHTCURVE")
    for name, (_, unit) in columns.items():
        table.columns[name].unit = unit
    table.header.extend(
        [
            ("TIMEREF", "SOLARSYSTEM", "barycentric correction applied to times"),
            ("TIMESYS", attrs.get("time_scale", "TDB"), "time system"),
            ("BJDREFI", int(reference), "integer part of BJD reference date"),
            ("BJDREFF", reference % 1, "fraction of the day in BJD reference date"),
            ("TIMEUNIT", "d", "unit of TIME"),
        ]
    )
    masks = _masks(lightcurve)
    images = []
    if "aperture" in masks:
        images.append(
            image_hdu("APERTURE", aperture_bits(masks["aperture"]), attrs, attrs["corner"])
        )
    if "background" in masks:
        background = masks["background"].astype(np.int32)
        images.append(image_hdu("BACKGROUND", background, attrs, attrs["corner"]))
    primary = header(provenance(attrs), "lightcurve")
    for line in _corrections(lightcurve):
        primary.add_history(printable(line))
    return fits_bytes(primary, table, *images)


#: Format (and suffix) of a light curve -> what makes it.
LIGHTCURVE_FORMATS = {"fits": _lightcurve_fits, "ecsv": _lightcurve_ecsv, "csv": _lightcurve_csv}
