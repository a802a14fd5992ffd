"""A Dataset -> a target pixel file in the mission's own FITS layout.

What lives here: the order of the columns, and the bytes, written by blocks of cadences. Headers
are made in `tpfdash.io.tpf.write_headers`. Reading files is `tpfdash.io.tpf.read`.
"""

from __future__ import annotations

import gzip
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import xarray as xr
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning

from tpfdash.errors import TPFError
from tpfdash.io.atomic import write_atomically
from tpfdash.io.tpf.write_headers import (
    COLUMNS,
    FFI_NAME,
    RAY_TYPE,
    WrittenColumn,
    aperture_header,
    has_ray_table,
    primary_header,
    ray_header,
    table_header,
)
from tpfdash.missions import Mission, get_mission
from tpfdash.stamp.model import check_tpf
from tpfdash.stamp.units import USUAL_FLUX, spelled

__all__ = ["write_tpf"]

_BLOCK_BYTES = 2**24
_TILE = 64  # cadences copied at once: small enough for the CPU's cache
_FITS_BLOCK = 2880
_FLUX_PLACE = 4  # where FLUX is in every file, counted from 0
_TYPES = {"D": ">f8", "E": ">f4", "J": ">i4"}


def write_tpf(tpf: xr.Dataset, path: str | os.PathLike, *, overwrite: bool = False) -> Path:
    """Write a target pixel file in the layout of its mission.

    The file is what lightkurve, astropy and `tpfdash.open_tpf` read: HDUs PRIMARY, TARGETTABLES
    and APERTURE for Kepler and K2; PRIMARY, PIXELS, APERTURE and TARGET COSMIC RAY for TESS;
    PRIMARY, PIXELS, with a (blank) column FFI_FILE, and APERTURE for TESSCut. A block of
    cadences is read and written at a time: a lazy Dataset may be larger than memory.

    Parameters
    ----------
    tpf : xarray.Dataset
        As `open_tpf` or `simulate_tpf` gives it. Needed are `flux`, `aperture`, `time`, `quality`
        and `cadenceno`; the missions' other columns are written where `tpf` has them, each in the
        unit of its attrs, and all else is left out. So is QUALITY where `attrs["not_in_file"]`
        says that its values are none of the file's. Where cubes are
        missing, columns may come in another order than the mission's, with FLUX as the fifth as
        ever.
    path : path
        Compressed if it ends in .gz.
    overwrite : bool
        Whether a file that is there may be replaced.

    Returns
    -------
    Path

    Raises
    ------
    TPFError
        If `tpf` is no such Dataset, if the path exists and may not be replaced, or if it cannot be
        written. There is never half a file.

    Notes
    -----
    Simulated data are marked by SIMULATD = T (in TESS files also by the mission's SIMDATA) and a
    HISTORY that says so.
    """
    check_tpf(tpf)
    mission = get_mission(tpf.attrs["mission"])
    cut = tpf.attrs.get("product") == "TESSCut"
    columns = _columns(tpf, mission)
    layout = _layout(tpf, columns, cut)
    try:
        primary = primary_header(tpf, mission, cut)
        table = table_header(tpf, mission, columns, layout, cut)
        aperture = aperture_header(tpf, mission)
    except ValueError as error:
        raise TPFError(
            f"{path} cannot be written: a header keyword is refused ({error})."
        ) from None

    def write(file: BinaryIO | gzip.GzipFile) -> None:
        file.write(_bytes(primary))
        file.write(_bytes(table))
        rays = []
        for start, records in _blocks(tpf, columns, layout, cut):
            file.write(records.data)
            if has_ray_table(mission, cut):
                rays.append(_rays(tpf, slice(start, start + len(records))))
        file.write(_padding(layout.itemsize * tpf.sizes["time"]))
        bits = tpf["aperture"].values.astype(">i4")
        file.write(_bytes(aperture) + bits.tobytes() + _padding(bits.nbytes))
        if has_ray_table(mission, cut):
            table_of_rays = np.concatenate(rays).astype(RAY_TYPE)  # concatenate makes them native
            unit = spelled(tpf["flux"].attrs.get("units", USUAL_FLUX), "fits")
            file.write(_bytes(ray_header(len(table_of_rays), unit)) + table_of_rays.tobytes())
            file.write(_padding(table_of_rays.nbytes))

    if Path(path).suffix != ".gz":
        return write_atomically(path, write, overwrite=overwrite)

    def compress(file: BinaryIO) -> None:
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=6) as packed:
            write(packed)

    return write_atomically(path, compress, overwrite=overwrite)


def _columns(tpf: xr.Dataset, mission: Mission) -> list[WrittenColumn]:
    """The columns to write, in the order of the file, FLUX always the fifth."""
    there = [column for column in COLUMNS if column.name.lower() in tpf.variables]
    if "quality" in tpf.attrs.get("not_in_file", ()):
        there = [column for column in there if column.name != "QUALITY"]
    elif "quality_known" in tpf:
        there = [c._replace(null=-1) if c.name == "QUALITY" else c for c in there]
    if mission.name == "TESS":
        there = [c for c in there if c.name not in ("COSMIC_RAYS", "RB_LEVEL")]
    place = [column.name for column in there].index("FLUX")
    flux = there.pop(place)
    while place < _FLUX_PLACE:
        later = [i for i, c in enumerate(there) if i >= place and not c.cell]
        if not later:
            raise TPFError(
                "This Dataset has too few columns: one of timecorr, raw_cnts, pos_corr1 and "
                "pos_corr2 is needed, so that FLUX can be the fifth column."
            )
        there.insert(place, there.pop(later[0]))
        place += 1
    there.insert(place, flux)
    return there


def _layout(tpf: xr.Dataset, columns: list[WrittenColumn], cut: bool) -> np.dtype:
    """A row of the table, as on disk."""
    fields = [(c.name, _TYPES[c.code], tuple(tpf.sizes[dim] for dim in c.cell)) for c in columns]
    return np.dtype(fields + [("FFI_FILE", f"S{FFI_NAME}")] * cut)


def _blocks(
    tpf: xr.Dataset, columns: list[WrittenColumn], layout: np.dtype, cut: bool
) -> Iterator[tuple[int, np.ndarray]]:
    """First cadence and records of each block of the table."""
    n = tpf.sizes["time"]
    length = max(1, _BLOCK_BYTES // layout.itemsize)
    numbers = tpf["cadenceno"].values
    ours = cut or "cadenceno" in tpf.attrs.get("not_in_file", ())
    if ours and np.array_equal(numbers, np.arange(n)):
        numbers = np.zeros_like(numbers)  # as TESSCut has it: the row index is not in the file
    for start in range(0, n, length):
        span = slice(start, min(start + length, n))
        records = np.zeros(span.stop - start, layout)
        for column in columns:
            values = tpf[column.name.lower()].variable[span].values
            if column.name == "QUALITY" and column.null is not None:
                values = np.where(tpf["quality_known"].values[span], values, column.null)
            target = records[column.name]
            if column.name == "CADENCENO":
                target[...] = numbers[span]
                continue
            for first in range(0, len(records), _TILE):
                target[first : first + _TILE] = values[first : first + _TILE]
        yield start, records


def _rays(tpf: xr.Dataset, span: slice) -> np.ndarray:
    """The rows of TARGET COSMIC RAY for a span of cadences."""
    if "cosmic_rays" not in tpf:
        return np.zeros(0, RAY_TYPE)
    cube = tpf["cosmic_rays"].variable[span].values
    when, row, col = np.nonzero(np.isfinite(cube) & (cube != 0))
    rays = np.zeros(when.size, RAY_TYPE)
    rays["CADENCENO"] = tpf["cadenceno"].values[span][when]
    rays["RAWX"] = tpf["col"].values[col]
    rays["RAWY"] = tpf["row"].values[row]
    rays["COSMIC_RAY"] = cube[when, row, col]
    return rays


def _bytes(header: fits.Header) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VerifyWarning)  # a comment that has no room is cut
        return header.tostring().encode("ascii")


def _padding(length: int) -> bytes:
    return bytes(-length % _FITS_BLOCK)
