"""An aperture mask as it is found in a file, before it is laid on any stamp.

Knows the formats and their faults; where the mask belongs on a stamp, and how masks are written,
is in `tpfdash.io.apertures`.
"""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from astropy.io import fits

from tpfdash.errors import TPFError
from tpfdash.io.fits.hdus import find_hdus, image
from tpfdash.io.fits.stores import COPY_BYTES, MemoryStore, Store, open_path
from tpfdash.io.fits.streams import UNPACKED_BYTES, Stream, is_gzipped
from tpfdash.io.fits.table import whole
from tpfdash.missions import APERTURE_OPTIMAL

__all__ = ["FoundMask", "MaskSource", "read_mask"]

MaskSource = str | os.PathLike | bytes | bytearray | memoryview | BinaryIO

_EXPECTED = (
    "it should be an aperture as FITS, JSON or npy, or a FITS light curve or target pixel file"
)
_DETECTOR = ("channel", "camera", "ccd")
#: JSON and npy hold one mask, and no stamp is larger than a CCD. They are taken into memory whole,
#: and JSON becomes a list of numbers there.
_NPY_BYTES, _JSON_BYTES, _JSON_ROWS = 9 * 2**20, 4 * 2**20, 5000
_LARGEST_PIXEL = 2**31  # a detector pixel's number fits into a file's integers


@dataclass(frozen=True)
class FoundMask:
    """A mask, and what its file says about where it lies.

    Parameters
    ----------
    name : str
        How messages name the file.
    mask : bool array (row, col)
    corner : (row, col) of the first detector pixel, or None where the file does not say
    detector : dict
        "telescope", and "channel" or "camera" and "ccd", as far as the file says.
    """

    name: str
    mask: np.ndarray
    corner: tuple[int, int] | None = None
    detector: Mapping = field(default_factory=dict)


def read_mask(source: MaskSource) -> FoundMask:
    """The mask in a path, bytes or binary file.

    No more is read than is needed: of FITS the headers and the image, whatever tables come before
    it. Sizes are looked at before anything is made of them.

    Raises
    ------
    TPFError
        Where there is none to be had, or a file is too large for what it should hold.
    """
    store = _store(source)
    name = store.name
    try:
        start = store.up_to(0, 10)
        if is_gzipped(store):
            with store.stream() as file:
                return _read_fits(Stream(file, name, times=1, length=store.size), name)
        for magic, reader in _READERS.items():
            if start.lstrip().startswith(magic):
                return reader(store, name)
    except TPFError:
        raise
    except Exception as error:  # whatever a damaged file makes its reader do
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TPFError(f"{name} cannot be read ({reason}): {_EXPECTED}.") from error
    raise TPFError(f"{name} is of no known kind: {_EXPECTED}.")


def _store(source: MaskSource) -> Store:
    """Where the bytes of `source` are."""
    if isinstance(source, bytes | bytearray | memoryview):
        return MemoryStore(source, "the data")
    if isinstance(source, str | os.PathLike):
        return open_path(Path(source), os.fspath(source), "an aperture")
    if hasattr(source, "read"):
        name = getattr(source, "name", None)
        name = Path(name).name if name and isinstance(name, str) else "the file"
        return MemoryStore(_all_of(source, name), name)
    raise TPFError(f"{type(source).__name__} is no source of an aperture: {_EXPECTED}.")


def _all_of(file: BinaryIO, name: str) -> bytearray:
    data = bytearray()
    while piece := file.read(COPY_BYTES):
        if isinstance(piece, str):
            raise TPFError(f"{name} gives text: it should be opened in binary mode.")
        data += piece
        _small(len(data), UNPACKED_BYTES, name)
    return data


def _small(size: float, most: int, name: str) -> None:
    if size > most:
        raise TPFError(
            f"{name} is too large for an aperture: it should have at most {most >> 20} MB."
        )


def _read_fits(store: Store, name: str) -> FoundMask:
    headers = []
    for hdu in find_hdus(store):
        headers.append(hdu.header)
        if hdu.name == "APERTURE" and len(headers) > 1:
            break
    else:
        raise TPFError(f"{name} has no APERTURE extension: {_EXPECTED}.")
    bits = None if hdu.is_table or hdu.count("NAXIS") != 2 else image(store, hdu)
    if bits is None or not np.array_equal(bits, np.floor(bits)):
        raise TPFError(f"{name} has an APERTURE that is no image of whole numbers.")
    mask = whole(bits, np.dtype("i8"), 0) & APERTURE_OPTIMAL > 0
    primary = headers[0]
    ours = str(primary.get("CREATOR", "")).startswith("tpfdash")
    if not ours and not mask.any():
        raise TPFError(
            f"{name} has no pipeline aperture: some pixel of APERTURE should have bit 2."
        )
    known = {key: primary.get(key.upper()) for key in _DETECTOR}
    return FoundMask(
        name,
        mask,
        _fits_corner(hdu.header, headers[1]),
        _detector(known, primary.get("TELESCOP")),
    )


def _fits_corner(aperture: fits.Header, table: fits.Header) -> tuple[int, int] | None:
    """The corner from the physical WCS of the image or, in some TESSCuts, of FLUX (column 5)."""
    if "CRVAL1P" in aperture and "CRVAL2P" in aperture:
        axes = [
            aperture[f"CRVAL{n}P"]
            + (1 - aperture.get(f"CRPIX{n}P", 1)) * aperture.get(f"CDELT{n}P", 1)
            for n in (2, 1)
        ]
    elif "1CRV5P" in table and "2CRV5P" in table:
        axes = [table["2CRV5P"], table["1CRV5P"]]
    else:
        return None
    return _corner(axes)


def _corner(axes: Iterable[float]) -> tuple[int, int]:
    row, col = axes
    if not all(float(at).is_integer() and abs(at) < _LARGEST_PIXEL for at in (row, col)):
        raise ValueError("its detector corner should be two whole numbers, of a detector's pixel")
    return int(row), int(col)


def _detector(facts: Mapping, telescope: object) -> dict:
    known = {key: facts.get(key) for key in _DETECTOR} | {"telescope": telescope}
    return {key: value for key, value in known.items() if isinstance(value, int | str) and value}


def _from_facts(name: str, mask: np.ndarray, facts: Mapping) -> FoundMask:
    """A mask with what `tpfdash.io.apertures` writes beside it as JSON."""
    telescopes: dict[str | None, str] = {"TESS": "TESS", "Kepler": "Kepler", "K2": "Kepler"}
    telescope = telescopes.get(facts.get("mission"))
    return FoundMask(name, mask, _corner(facts["corner"]), _detector(facts, telescope))


def _read_json(store: Store, name: str) -> FoundMask:
    _small(store.size, _JSON_BYTES, name)
    text = store.up_to(0, store.size)
    if text.count(b"[") > _JSON_ROWS:
        raise TPFError(f"{name} has too many lists: a mask should have at most {_JSON_ROWS} rows.")
    facts = json.loads(text)
    if not {"mask", "corner"} <= facts.keys():
        raise TPFError(f"{name} has no `mask` and `corner`: {_EXPECTED}.")
    values = np.asarray(facts["mask"])
    if values.ndim != 2 or values.dtype.kind not in "bi" or not np.isin(values, (0, 1)).all():
        raise TPFError(f"{name} has a `mask` that is not rows of 0 and 1, all of one length.")
    return _from_facts(name, values.astype(bool), facts)


def _read_npy(store: Store, name: str) -> FoundMask:
    _small(store.size, _NPY_BYTES, name)
    file = io.BytesIO(store.up_to(0, store.size))
    mask = _npy_array(file, store.size)
    if mask.ndim != 2 or mask.dtype != bool or not mask.size:
        raise TPFError(
            f"{name} has {mask.dtype} values of shape {mask.shape}: it should be a boolean array "
            "(row, col)."
        )
    if file.tell() == store.size:
        return FoundMask(name, mask)
    return _from_facts(name, mask, json.loads(str(_npy_array(file, store.size))))


def _npy_array(file: BinaryIO, size: int) -> np.ndarray:
    """The array that starts where the file stands, if its header announces no more than there is.

    `numpy.load` would set aside whatever the header says.
    """
    start = file.tell()
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, _, dtype = read[version](file)
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize > size - file.tell():
        raise ValueError("its header announces more than there is")
    file.seek(start)
    return np.load(file, allow_pickle=False)


#: First bytes of a file -> what reads it.
_READERS = {b"SIMPLE": _read_fits, b"\x93NUMPY": _read_npy, b"{": _read_json}
