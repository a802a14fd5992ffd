"""An aperture mask as it is found in a file, before it is laid on any stamp.

Knows the formats and their faults; where the mask belongs on a stamp, and how masks are written,
is in `tpfdash.io.apertures`.
"""

from __future__ import annotations

import gzip
import io
import json
import os
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from astropy.io import fits

from tpfdash.errors import TPFError
from tpfdash.missions import APERTURE_OPTIMAL

__all__ = ["FoundMask", "read_mask"]

_EXPECTED = (
    "it should be an aperture as FITS, JSON or npy, or a FITS light curve or target pixel file"
)
_DETECTOR = ("channel", "camera", "ccd")


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


def read_mask(source) -> FoundMask:
    """The mask in a path, bytes or binary file; a TPFError where there is none to be had."""
    with _opened(source) as (file, name):
        try:
            start = file.read(10)
            file.seek(0)
            if start[:2] == b"\x1f\x8b":
                with gzip.GzipFile(fileobj=file) as expanded:
                    return _read_fits(io.BytesIO(expanded.read()), name)
            for magic, reader in _READERS.items():
                if start.lstrip().startswith(magic):
                    return reader(file, name)
        except TPFError:
            raise
        except Exception as error:  # whatever a damaged file makes its reader do
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise TPFError(f"{name} cannot be read ({reason}): {_EXPECTED}.") from error
    raise TPFError(f"{name} is of no known kind: {_EXPECTED}.")


@contextmanager
def _opened(source) -> tuple[BinaryIO, str]:
    """A seekable binary file with the contents of `source`, and its name."""
    if isinstance(source, bytes | bytearray | memoryview):
        yield io.BytesIO(source), "the data"
    elif isinstance(source, str | os.PathLike):
        try:
            file = open(source, "rb")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise TPFError(f"{source} cannot be opened ({reason}): {_EXPECTED}.") from error
        with file:
            yield file, os.fspath(source)
    elif hasattr(source, "read"):
        data = source.read()
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TPFError("the file gives text: it should be opened in binary mode.")
        yield io.BytesIO(data), str(getattr(source, "name", "the file"))
    else:
        raise TPFError(f"{type(source).__name__} is no source of an aperture: {_EXPECTED}.")


def _read_fits(file: BinaryIO, name: str) -> FoundMask:
    with fits.open(file, memmap=False) as hdus:
        if "APERTURE" not in hdus:
            raise TPFError(f"{name} has no APERTURE extension: {_EXPECTED}.")
        bits, header, primary = hdus["APERTURE"].data, hdus["APERTURE"].header, hdus[0].header
        if bits is None or bits.ndim != 2 or not np.array_equal(bits, np.floor(bits)):
            raise TPFError(f"{name} has an APERTURE that is no image of whole numbers.")
        mask = bits.astype(np.int64) & APERTURE_OPTIMAL > 0
        ours = str(primary.get("CREATOR", "")).startswith("tpfdash")
        if not ours and not mask.any():
            raise TPFError(
                f"{name} has no pipeline aperture: some pixel of APERTURE should have bit 2."
            )
        known = {key: primary.get(key.upper()) for key in _DETECTOR}
        return FoundMask(
            name,
            mask,
            _fits_corner(header, hdus[1].header),
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


def _corner(axes) -> tuple[int, int]:
    row, col = axes
    if not (float(row).is_integer() and float(col).is_integer()):
        raise ValueError(f"the detector corner {axes} should be two whole numbers")
    return int(row), int(col)


def _detector(facts: Mapping, telescope) -> dict:
    known = {key: facts.get(key) for key in _DETECTOR} | {"telescope": telescope}
    return {key: value for key, value in known.items() if isinstance(value, int | str) and value}


def _from_facts(name: str, mask: np.ndarray, facts: Mapping) -> FoundMask:
    """A mask with what `tpfdash.io.apertures` writes beside it as JSON."""
    mission = facts.get("mission")
    telescope = {"TESS": "TESS", "Kepler": "Kepler", "K2": "Kepler"}.get(mission)
    return FoundMask(name, mask, _corner(facts["corner"]), _detector(facts, telescope))


def _read_json(file: BinaryIO, name: str) -> FoundMask:
    facts = json.loads(file.read())
    if not {"mask", "corner"} <= facts.keys():
        raise TPFError(f"{name} has no `mask` and `corner`: {_EXPECTED}.")
    values = np.asarray(facts["mask"])
    if values.ndim != 2 or values.dtype.kind not in "bi" or not np.isin(values, (0, 1)).all():
        raise TPFError(f"{name} has a `mask` that is not rows of 0 and 1, all of one length.")
    return _from_facts(name, values.astype(bool), facts)


def _read_npy(file: BinaryIO, name: str) -> FoundMask:
    mask = np.load(file, allow_pickle=False)
    if mask.ndim != 2 or mask.dtype != bool:
        raise TPFError(
            f"{name} has {mask.ndim} dimensions of {mask.dtype}: it should be a boolean array "
            "(row, col)."
        )
    if not file.read(1):
        return FoundMask(name, mask)
    file.seek(-1, os.SEEK_CUR)
    return _from_facts(name, mask, json.loads(str(np.load(file, allow_pickle=False))))


#: First bytes of a file -> what reads it.
_READERS = {b"SIMPLE": _read_fits, b"\x93NUMPY": _read_npy, b"{": _read_json}
