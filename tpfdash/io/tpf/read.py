"""Kepler, K2, TESS and TESSCut target pixel files -> one Dataset.

What lives here: which extension and column is what. Where the bytes come from is
`tpfdash.io.fits.stores`, the structure of the file `tpfdash.io.fits.hdus`, reading rows of a table
`tpfdash.io.fits.table`; what the headers say is `tpfdash.io.tpf.read_headers`.
"""

from __future__ import annotations

import math

import numpy as np
import xarray as xr
from xarray.core import indexing

from tpfdash.errors import TPFError
from tpfdash.io.fits.hdus import HDU, find_hdus, image
from tpfdash.io.fits.stores import Store
from tpfdash.io.fits.table import Column, ColumnCube, SparseCube, Table, parse_columns, whole
from tpfdash.io.tpf.read_headers import corner, describe, find_mission

__all__ = ["read_tpf"]

#: Cubes: variable -> column, dtype in memory, units, long name.
_CUBES = {
    "flux": ("FLUX", "f4", "e-/s", "calibrated flux"),
    "flux_err": ("FLUX_ERR", "f4", "e-/s", "error of the calibrated flux"),
    "flux_bkg": ("FLUX_BKG", "f4", "e-/s", "background flux"),
    "flux_bkg_err": ("FLUX_BKG_ERR", "f4", "e-/s", "error of the background flux"),
    "raw_cnts": ("RAW_CNTS", "i4", "count", "raw counts"),
    "cosmic_rays": ("COSMIC_RAYS", "f4", "e-/s", "flux taken off as cosmic rays"),
}

#: Series: variable -> column, dtype in memory, units, long name.
_SERIES = {
    "time": ("TIME", "f8", "d", "time"),
    "quality": ("QUALITY", "i4", "", "quality flags"),
    "cadenceno": ("CADENCENO", "i4", "", "cadence number"),
    "pos_corr1": ("POS_CORR1", "f4", "pixel", "column motion of the target"),
    "pos_corr2": ("POS_CORR2", "f4", "pixel", "row motion of the target"),
    "timecorr": ("TIMECORR", "f4", "d", "barycentric correction"),
}


def read_tpf(store: Store) -> xr.Dataset:
    """Read a target pixel file, its cubes lazily.

    Opening reads the headers, the aperture and the columns with one number a cadence. Each cube
    is read from the store when its values are asked for, in blocks of cadences; its values then
    stay in memory, each pixel's series contiguous.

    Parameters
    ----------
    store : MemoryStore or FileStore
        An uncompressed FITS file.

    Returns
    -------
    xarray.Dataset
        Dims time, row, col; see `tpfdash.open_tpf`. Numbers are as in the file, NaN included;
        a raw count that is missing is -1. A pixel that no cosmic ray was taken off is NaN in
        `cosmic_rays`.

    Raises
    ------
    TPFError
        If it is no target pixel file, or damaged, or truncated.
    """
    hdus = list(find_hdus(store))
    pixels, columns = _pixel_table(hdus)
    aperture_hdu = _aperture_hdu(hdus)
    aperture = image(store, aperture_hdu)
    columns = _usable(store.name, columns, aperture.shape)
    table = Table(store, pixels.offset, columns, pixels.count("NAXIS1"), pixels.count("NAXIS2"))
    if table.rows == 0:
        raise TPFError(f"{store.name} has no cadences: its pixel table should have rows.")
    series = table.read({c: dtype for c, dtype, *_ in _SERIES.values() if c in columns})
    cubes = {
        name: ColumnCube(table, columns[column], dtype)
        for name, (column, dtype, *_) in _CUBES.items()
        if column in columns
    }
    number = columns["FLUX"].number
    row, col = corner(pixels, aperture_hdu, number)
    if series.get("CADENCENO", np.zeros(1)).any():
        if "cosmic_rays" not in cubes:
            cubes |= _listed_cosmic_rays(
                store, hdus, series["CADENCENO"], (row, col), aperture.shape
            )
    else:
        series["CADENCENO"] = np.arange(table.rows, dtype="i4")
    series.setdefault("QUALITY", np.zeros(table.rows, "i4"))

    attrs = describe(find_mission(hdus), hdus[0], pixels, aperture_hdu, number, series["TIME"])
    variables = {
        name: ("time", series[column], _labels(units, long_name))
        for name, (column, _, units, long_name) in _SERIES.items()
        if column in series and name != "time"
    }
    for name, cube in cubes.items():
        variables[name] = (("time", "row", "col"), _lazy(cube), _labels(*_CUBES[name][2:]))
    if "RB_LEVEL" in columns:
        cube = ColumnCube(table, columns["RB_LEVEL"], "f4")
        dims = ("time", "row", "rb_duration")
        variables["rb_level"] = (dims, _lazy(cube), _labels("sigma", "rolling band level"))
        durations = (pixels.get(f"RBTDUR{i + 1}") for i in range(cube.shape[2]))
        attrs["rb_durations"] = tuple(d for d in durations if d is not None)
    bits = whole(aperture, np.dtype("i4"), 0)
    variables["aperture"] = (("row", "col"), bits, _labels("", "bits of the APERTURE extension"))

    clock = {"units": f"BJD - {attrs['time_reference']:.10g}"} | {
        key: attrs[key] for key in ("time_format", "time_scale", "time_reference")
    }
    coords = xr.Coordinates({"time": ("time", series["TIME"], clock)}, indexes={})
    tpf = xr.Dataset(variables, coords=coords, attrs=attrs)
    return tpf.assign_coords(
        row=row + np.arange(aperture.shape[0]), col=col + np.arange(aperture.shape[1])
    )


def _lazy(cube) -> indexing.CopyOnWriteArray:
    """The cube as xarray's own readers wrap theirs: lazy, and kept once it was read."""
    return indexing.CopyOnWriteArray(indexing.MemoryCachedArray(indexing.LazilyIndexedArray(cube)))


def _labels(units: str, long_name: str) -> dict[str, str]:
    return {"units": units, "long_name": long_name} if units else {"long_name": long_name}


def _pixel_table(hdus: list[HDU]) -> tuple[HDU, dict[str, Column]]:
    """The table of images, and its columns."""
    tables = [(hdu, parse_columns(hdu)) for hdu in hdus if hdu.is_table]
    for hdu, columns in tables:
        flux = columns.get("FLUX")
        if flux is not None and (len(flux.shape) == 2 or hdu.name in ("TARGETTABLES", "PIXELS")):
            if "TIME" not in columns:
                raise TPFError(f"{hdu.file} has no TIME column: its pixel table should have one.")
            return hdu, columns
    if any({"TIME", "FLUX", "SAP_FLUX", "PDCSAP_FLUX"} & set(columns) for _, columns in tables):
        raise TPFError(
            f"{hdus[0].file} is a light-curve file: it should be the target pixel file, whose FLUX "
            "is an image at each cadence."
        )
    found = "one extension only" if len(hdus) == 1 else "no table of images"
    raise TPFError(
        f"{hdus[0].file} is not a target pixel file: it has {found}, and should have a pixel table "
        "(TARGETTABLES or PIXELS) and an APERTURE."
    )


def _aperture_hdu(hdus: list[HDU]) -> HDU:
    images = [h for h in hdus[1:] if not h.is_table and h.count("NAXIS") == 2]
    named = [hdu for hdu in images if hdu.name == "APERTURE"]
    if not images:
        raise TPFError(
            f"{hdus[0].file} has no APERTURE extension: a target pixel file should have one after "
            "its pixel table."
        )
    return (named or images)[0]


def _usable(file: str, columns: dict[str, Column], shape: tuple[int, int]) -> dict[str, Column]:
    """The columns that make variables, images in the shape of the stamp even without a TDIM.

    Images that do not fit the stamp are left out (RB_LEVEL is 0 long in several real files), but
    for FLUX, without which there is nothing to show.
    """
    images = {column for column, *_ in _CUBES.values()}
    series = {column for column, *_ in _SERIES.values()}
    flat = (math.prod(shape),) if math.prod(shape) > 1 else ()
    usable = {}
    for name in (images | series | {"RB_LEVEL"}) & set(columns):
        column = columns[name]
        if name in images and column.shape == flat:
            column = column.reshaped(shape)
        cell = column.shape
        if column.dtype.base.kind not in "iuf" or (name in series and cell):
            raise TPFError(
                f"{file} has a column {name} that is not made of numbers, one "
                f"{'a cadence' if name in series else 'a pixel'}, as it should be."
            )
        if name in images:
            keep = cell == shape
        else:
            keep = name in series or (len(cell) == 2 and cell[0] == shape[0] and cell[1] > 0)
        if keep:
            usable[name] = column
    if "FLUX" not in usable or not math.prod(shape):
        found = " x ".join(map(str, columns["FLUX"].shape)) or "single"
        raise TPFError(
            f"{file} contradicts itself: the images of FLUX are {found} pixels and APERTURE is "
            f"{' x '.join(map(str, shape))}, where both should be the rows x columns of one stamp."
        )
    return usable


def _listed_cosmic_rays(
    store: Store,
    hdus: list[HDU],
    cadenceno: np.ndarray,
    corner: tuple[int, int],
    shape: tuple[int, int],
) -> dict[str, SparseCube]:
    """The cube that a TARGET COSMIC RAY extension lists, if it lists any (TESS 20 s)."""
    wanted = {"CADENCENO": "i8", "RAWX": "i8", "RAWY": "i8", "COSMIC_RAY": "f4"}
    hdu = next((h for h in hdus if h.is_table and h.name == "TARGET COSMIC RAY"), None)
    if hdu is None or not (rows := hdu.count("NAXIS2")):
        return {}
    listed = {n: c for n, c in parse_columns(hdu).items() if c.dtype.kind in "iuf"}
    if not set(wanted) <= set(listed):
        return {}
    rays = Table(store, hdu.offset, listed, hdu.count("NAXIS1"), rows).read(wanted)
    row, col = rays["RAWY"] - corner[0], rays["RAWX"] - corner[1]
    order = np.argsort(cadenceno, kind="stable")
    found = np.searchsorted(cadenceno, rays["CADENCENO"], sorter=order)
    time = order[np.minimum(found, len(order) - 1)]
    known = cadenceno[time] == rays["CADENCENO"]
    known &= (row >= 0) & (row < shape[0]) & (col >= 0) & (col < shape[1])
    if not known.any():
        return {}
    cube = (len(cadenceno), *shape)
    index = np.ravel_multi_index((time[known], row[known], col[known]), cube)
    return {"cosmic_rays": SparseCube(cube, index, rays["COSMIC_RAY"][known])}
