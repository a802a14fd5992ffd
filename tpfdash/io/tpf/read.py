"""Kepler, K2, TESS and TESSCut target pixel files -> one Dataset.

What lives here: which extension and column is what. Where the bytes come from is
`tpfdash.io.fits.stores`, the structure of the file `tpfdash.io.fits.hdus`, reading rows of a table
`tpfdash.io.fits.table`; what the headers say is `tpfdash.io.tpf.read_headers`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr
from astropy.io import fits
from xarray.core import indexing

from tpfdash.errors import TPFError
from tpfdash.io.fits.hdus import HDU, find_hdus, image
from tpfdash.io.fits.stores import Store
from tpfdash.io.fits.table import ColumnCube, SparseCube, Table, TableColumn, parse_columns, whole
from tpfdash.io.tpf.read_headers import describe, find_mission, header_corner, time_unit
from tpfdash.stamp.units import FLUX_UNITS, USUAL_FLUX, convert

__all__ = ["holds_pixels", "read_tpf"]

#: Cubes: variable -> column, dtype in memory, the units it may be in (the missions' own first),
#: long name.
_CUBES = {
    "flux": ("FLUX", "f4", FLUX_UNITS, "calibrated flux"),
    "flux_err": ("FLUX_ERR", "f4", FLUX_UNITS, "error of the calibrated flux"),
    "flux_bkg": ("FLUX_BKG", "f4", FLUX_UNITS, "background flux"),
    "flux_bkg_err": ("FLUX_BKG_ERR", "f4", FLUX_UNITS, "error of the background flux"),
    "raw_cnts": ("RAW_CNTS", "i4", ("count", *FLUX_UNITS), "raw counts"),
    "cosmic_rays": ("COSMIC_RAYS", "f4", FLUX_UNITS, "flux taken off as cosmic rays"),
}
#: The columns that are added to FLUX, or set beside it: in its unit.
_LIKE_FLUX = ("FLUX_ERR", "FLUX_BKG", "FLUX_BKG_ERR", "COSMIC_RAYS")

#: Series: the same, of the columns with one number a cadence.
_SERIES = {
    "time": ("TIME", "f8", ("d",), "time"),
    "quality": ("QUALITY", "f8", (), "quality flags"),
    "cadenceno": ("CADENCENO", "i4", (), "cadence number"),
    "pos_corr1": ("POS_CORR1", "f4", ("pixel",), "column motion of the target"),
    "pos_corr2": ("POS_CORR2", "f4", ("pixel",), "row motion of the target"),
    "timecorr": ("TIMECORR", "f4", ("d",), "barycentric correction"),
}
_DIMS = ("time", "row", "col")
#: Bytes of pixels read at a time where the cube has to be looked through.
_LOOK = 2**23


def read_tpf(store: Store, mission: str | None = None) -> xr.Dataset:
    """Read a target pixel file, its cubes lazily.

    Opening reads the headers, the aperture and the columns with one number a cadence. Each cube
    is read from the store when its values are asked for, in blocks of cadences, each pixel's
    series contiguous.

    Parameters
    ----------
    store : MemoryStore or FileStore
        An uncompressed FITS file.
    mission : str, optional
        The mission, where the file does not say.

    Returns
    -------
    xarray.Dataset
        Dims time, row, col; see `tpfdash.open_tpf`. Numbers are as in the file, NaN included;
        a raw count that is missing is -1. A pixel that no cosmic ray was taken off is NaN in
        `cosmic_rays`.

    Raises
    ------
    TPFError
        If it is no target pixel file, or damaged, or truncated; if a column is in no unit that
        is known here; if the file does not say its mission and `mission` does not either.
    """
    hdus = list(find_hdus(store))
    pixels, columns = _pixel_table(hdus)
    facts = find_mission(hdus, mission)
    aperture_hdu = _aperture_hdu(hdus, columns["FLUX"])
    bits = _bits(store, aperture_hdu)
    shape = _stamp(store.name, columns["FLUX"]) if bits is None else bits.shape
    columns, units = _converted(pixels, _usable(store.name, columns, shape))
    table = Table(store, pixels.offset, columns, pixels.count("NAXIS1"), pixels.count("NAXIS2"))
    if table.rows == 0:
        raise TPFError(f"{store.name} has no cadences: its pixel table should have rows.")
    header = aperture_hdu or HDU(fits.Header(), 0, store.name)
    row, col = header_corner(pixels, header, columns["FLUX"].number)

    series = table.read({c: np.dtype(kind) for c, kind, *_ in _SERIES.values() if c in columns})
    cubes: dict[str, ColumnCube | SparseCube] = {
        name: ColumnCube(table, columns[column], dtype)
        for name, (column, dtype, *_) in _CUBES.items()
        if column in columns
    }
    numbered = "CADENCENO" in series and series["CADENCENO"].any()
    if not numbered:
        series["CADENCENO"] = np.arange(table.rows, dtype="i4")
    elif "cosmic_rays" not in cubes:
        stated = _stated_for_flux(pixels, columns)
        cubes |= _listed_cosmic_rays(store, hdus, series["CADENCENO"], (row, col), shape, stated)
    series["QUALITY"], known = _flags(series.get("QUALITY"), table.rows)
    lacking = {"cadenceno": not numbered, "quality": not known.any(), "aperture": bits is None}
    if bits is None:
        bits = _collected(cubes["flux"])

    attrs = describe(facts, hdus[0], pixels, header, columns, series["TIME"])
    attrs["wcs_corner"] = row, col
    attrs["not_in_file"] = tuple(name for name, lacks in lacking.items() if lacks)
    variables: dict[str, tuple] = {
        name: ("time", series[column], _labels(units.get(column), long_name))
        for name, (column, *_, long_name) in _SERIES.items()
        if column in series
    }
    if not known.all():
        variables["quality_known"] = ("time", known, _labels(None, "whether QUALITY has a value"))
    for name, cube in cubes.items():
        column, *_, long_name = _CUBES[name]
        labels = _labels(units.get(column, units["FLUX"]), long_name)
        variables[name] = (_DIMS, indexing.LazilyIndexedArray(cube), labels)
    if "RB_LEVEL" in columns:
        cube = ColumnCube(table, columns["RB_LEVEL"], "f4")
        labels = _labels("sigma", "rolling band level")
        dims = ("time", "row", "rb_duration")
        variables["rb_level"] = (dims, indexing.LazilyIndexedArray(cube), labels)
        durations = (pixels.get(f"RBTDUR{i + 1}") for i in range(cube.shape[2]))
        attrs["rb_durations"] = tuple(d for d in durations if d is not None)
    labels = _labels(None, "pixels with any flux" if lacking["aperture"] else "bits of APERTURE")
    variables["aperture"] = (("row", "col"), whole(bits, np.dtype("i4"), 0), labels)

    clock = {"units": f"BJD - {attrs['time_reference']:.10g}"} | {
        key: attrs[key] for key in ("time_format", "time_scale", "time_reference")
    }
    time = ("time", variables.pop("time")[1], clock)
    tpf = xr.Dataset(variables, coords=xr.Coordinates({"time": time}, indexes={}), attrs=attrs)
    return tpf.assign_coords(row=row + np.arange(shape[0]), col=col + np.arange(shape[1]))


def _flags(quality: np.ndarray | None, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """QUALITY as whole numbers, 0 where it has no value, and whether it has one."""
    values = np.full(rows, np.nan) if quality is None else quality
    known = np.abs(values) < 2**32  # not so for NaN
    return np.where(known, values, 0).astype("i8").astype("i4"), known


def _labels(units: str | None, long_name: str) -> dict[str, str]:
    return {"units": units, "long_name": long_name} if units else {"long_name": long_name}


def holds_pixels(hdu: HDU, columns: Mapping[str, TableColumn]) -> bool:
    """Whether a table's FLUX has an image at each cadence."""
    flux = columns.get("FLUX")
    named = hdu.name in ("TARGETTABLES", "PIXELS")
    return flux is not None and (len(flux.shape) >= 2 or named)


def _pixel_table(hdus: list[HDU]) -> tuple[HDU, dict[str, TableColumn]]:
    """The table of images, and its columns."""
    tables = [(hdu, parse_columns(hdu)) for hdu in hdus if hdu.is_table]
    for hdu, columns in tables:
        if holds_pixels(hdu, columns):
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


def _aperture_hdu(hdus: list[HDU], flux: TableColumn) -> HDU | None:
    """The image called APERTURE, or else one of the stamp's shape; None where there is neither."""
    images = [hdu for hdu in hdus[1:] if not hdu.is_table and len(_shape(hdu)) == 2]
    named = [hdu for hdu in images if hdu.name == "APERTURE"]
    alike = [hdu for hdu in images if math.prod(_shape(hdu)) == math.prod(flux.shape)]
    return next(iter(named + alike), None)


def _shape(hdu: HDU) -> tuple[int, ...]:
    """(row, col ...) of an image extension, compressed or not."""
    z = "Z" if _is_compressed(hdu) else ""
    return tuple(hdu.count(f"{z}NAXIS{axis}") for axis in range(hdu.count(f"{z}NAXIS"), 0, -1))


def _is_compressed(hdu: HDU) -> bool:
    return hdu.get("ZIMAGE") is True


def _bits(store: Store, hdu: HDU | None) -> np.ndarray | None:
    """The pixels of APERTURE: (row, col), in whatever numbers the file has."""
    if hdu is None:
        return None
    return _decompressed(store, hdu) if _is_compressed(hdu) else image(store, hdu)


def _decompressed(store: Store, hdu: HDU) -> np.ndarray:
    """The pixels of a compressed image, by astropy, as a file of this one extension."""
    length = hdu.count("NAXIS1") * hdu.count("NAXIS2") + hdu.count("PCOUNT")
    parts = fits.PrimaryHDU().header.tostring(), hdu.header.tostring()
    data = bytes(store.read(hdu.offset, length))
    file = "".join(parts).encode("latin-1") + data + bytes(-length % 2880)
    try:
        with fits.open(io.BytesIO(file)) as hdus:
            return np.array(hdus[1].data)
    except Exception as error:  # whatever damaged tiles make astropy meet
        raise TPFError(
            f"{hdu.file} has a compressed {hdu.name or 'image'} that cannot be read ({error}): it "
            "should be uncompressed, or fetched again."
        ) from error


def _collected(flux: ColumnCube | SparseCube) -> np.ndarray:
    """1 for the pixels that are finite at any cadence. Reads on until every pixel was."""
    frames = xr.Variable(_DIMS, indexing.LazilyIndexedArray(flux))
    seen = np.zeros(flux.shape[1:], dtype=bool)
    step = max(1, _LOOK // (seen.size * flux.dtype.itemsize))
    for start in range(0, len(frames), step):
        seen |= np.isfinite(frames[start : start + step].values).any(axis=0)
        if seen.all():
            break
    return seen.astype("i4")


def _stamp(file: str, flux: TableColumn) -> tuple[int, int]:
    """(row, col) of the images of FLUX, by the table alone."""
    shape = flux.shape if len(flux.shape) == 2 else tuple(n for n in flux.shape if n != 1)
    if not shape:
        return 1, 1
    if len(shape) != 2:
        raise TPFError(
            f"{file} does not say how many rows and columns its images have: FLUX should have a "
            "TDIM, or there should be an APERTURE."
        )
    return shape


def _usable(
    file: str, columns: dict[str, TableColumn], shape: tuple[int, int]
) -> dict[str, TableColumn]:
    """The columns that make variables, images in the shape of the stamp whatever their TDIM.

    Images that do not fit the stamp are left out (RB_LEVEL is 0 long in several real files), but
    for FLUX, without which there is nothing to show.
    """
    images = {column for column, *_ in _CUBES.values()}
    series = {column for column, *_ in _SERIES.values()}
    usable = {}
    for name in (images | series | {"RB_LEVEL"}) & set(columns):
        column = columns[name]
        if name in images and _is_flattened(column.shape, shape):
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


def _is_flattened(cell: tuple[int, ...], shape: tuple[int, int]) -> bool:
    """Whether a cell is a stamp in one row of numbers, or with axes that are 1 long besides."""
    if len(cell) == 2 or math.prod(cell) != math.prod(shape):
        return False
    return len(cell) < 2 or [n for n in cell if n != 1] == [n for n in shape if n != 1]


def _converted(
    pixels: HDU, columns: dict[str, TableColumn]
) -> tuple[dict[str, TableColumn], dict[str, str]]:
    """The columns, made to give numbers in units that are known here, and those units."""
    converted, units = dict(columns), {}
    of_flux = _stated_for_flux(pixels, columns)
    for name, _, known, _ in (_CUBES | _SERIES).values():
        if name not in columns or not known:
            continue
        usual = of_flux if name in _LIKE_FLUX else known[0]
        converted[name], units[name] = _in_unit(pixels, columns[name], known, usual)
        if name in _LIKE_FLUX:
            _check_like_flux(pixels.file, name, units[name], units["FLUX"])
    return converted, units


def _stated_for_flux(pixels: HDU, columns: dict[str, TableColumn]) -> str:
    return str(pixels.get(f"TUNIT{columns['FLUX'].number}", USUAL_FLUX))


def _in_unit(
    hdu: HDU, column: TableColumn, known: tuple[str, ...], usual: str
) -> tuple[TableColumn, str]:
    """A column made to give numbers in one of the units that are `known`, and that unit."""
    unit = hdu.get(f"TUNIT{column.number}", usual)
    text = time_unit(hdu, column.number) if column.name == "TIME" else str(unit)
    try:
        factor, unit = convert(text, known)
    except ValueError:
        raise TPFError(
            f"{hdu.file} has its {column.name} in {text!r}: it should be in {' or '.join(known)}."
        ) from None
    if factor == 1:
        return column, unit
    return replace(column, scale=column.scale * factor, zero=column.zero * factor), unit


def _check_like_flux(file: str, name: str, unit: str, of_flux: str) -> None:
    if unit != of_flux:
        raise TPFError(
            f"{file} contradicts itself: {name} is in {unit} and FLUX in {of_flux}, where both "
            "should be in one unit."
        )


def _listed_cosmic_rays(
    store: Store,
    hdus: list[HDU],
    cadenceno: np.ndarray,
    corner: tuple[int, int],
    shape: tuple[int, int],
    of_flux: str,
) -> dict[str, SparseCube]:
    """The cube that a TARGET COSMIC RAY extension lists, if it lists any (TESS 20 s)."""
    kinds = {"CADENCENO": "i8", "RAWX": "i8", "RAWY": "i8", "COSMIC_RAY": "f4"}
    wanted = {name: np.dtype(kind) for name, kind in kinds.items()}
    hdu = next((h for h in hdus if h.is_table and h.name == "TARGET COSMIC RAY"), None)
    if hdu is None or not (rows := hdu.count("NAXIS2")):
        return {}
    listed = {n: c for n, c in parse_columns(hdu).items() if c.dtype.kind in "iuf"}
    if not set(wanted) <= set(listed):
        return {}
    listed["COSMIC_RAY"], unit = _in_unit(hdu, listed["COSMIC_RAY"], FLUX_UNITS, of_flux)
    _check_like_flux(hdu.file, "COSMIC_RAY", unit, convert(of_flux, FLUX_UNITS)[1])
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
