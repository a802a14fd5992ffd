"""The extensions of a FITS file: their headers and where their data are.

Only the structure of the file, and the ways in which that can be broken; what the data mean is
`tpfdash.io.tpf.read`, what the headers say of the observation `tpfdash.io.tpf.read_headers`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from astropy.io import fits

from tpfdash.errors import TPFError
from tpfdash.io.fits.stores import Store

__all__ = ["HDU", "find_hdus"]

_BLOCK = 2880
_CARD = 80
_HEADER_BLOCKS = 4096  # no header is longer than this: 11 MB


@dataclass(frozen=True)
class HDU:
    """One header and the place of its data.

    Parameters
    ----------
    header : astropy.io.fits.Header
    offset : int
        Where the data start in the file.
    file : str
        How messages name the file.
    """

    header: fits.Header
    offset: int
    file: str

    @property
    def name(self) -> str:
        """EXTNAME in capitals."""
        return str(self.get("EXTNAME", "")).strip().upper()

    @property
    def is_table(self) -> bool:
        """Whether it is a binary table, and not one that hides a compressed image."""
        xtension = str(self.get("XTENSION", "")).strip()
        return xtension == "BINTABLE" and self.get("ZIMAGE", False) is not True

    def get(self, key: str, default: Any = None) -> Any:
        """A keyword's value; the default where it is absent, blank or unreadable."""
        try:
            value = self.header[key]
        except (KeyError, ValueError, fits.VerifyError):
            return default
        if isinstance(value, fits.card.Undefined) or value is None:
            return default
        return default if isinstance(value, str) and not value.strip() else value

    def number(self, key: str, default: float = math.nan) -> float:
        """A keyword's value where it is a finite number, else the default."""
        value = self.get(key)
        return value if isinstance(value, int | float) and math.isfinite(value) else default

    def count(self, key: str) -> int:
        """A keyword's value where it must be a whole number that is not negative.

        Raises
        ------
        TPFError
            If it is not.
        """
        value = self.get(key)
        if type(value) is not int or value < 0:
            raise TPFError(f"{self.file} has a damaged header: {key} should be a whole number.")
        return value


def find_hdus(store: Store) -> Iterator[HDU]:
    """The extensions of a file, the primary one first. Only headers are read.

    Raises
    ------
    TPFError
        If it is empty, no FITS file, damaged, or shorter than its headers say.
    """
    if store.size == 0:
        raise TPFError(f"{store.name} is empty: it should be a target pixel file.")
    if bytes(store.read(0, min(store.size, 9))) != b"SIMPLE  =":
        raise TPFError(
            f"{store.name} is not a FITS file: it should be a target pixel file, which starts "
            "with SIMPLE."
        )
    offset = 0
    while offset < store.size:
        if offset and bytes(store.read(offset, min(8, store.size - offset))) != b"XTENSION":
            break  # what follows the last extension is padding or none of ours
        hdu = HDU(*_header(store, offset), store.name)
        end = hdu.offset + _data_length(hdu)
        if end > store.size:
            raise _truncated(store, f"should be at least {end} bytes long")
        yield hdu
        offset = -(-end // _BLOCK) * _BLOCK


def _truncated(store: Store, should: str) -> TPFError:
    return TPFError(
        f"{store.name} is truncated: by its headers it {should}, but it ends after {store.size} "
        "bytes; it should be fetched again."
    )


def _header(store: Store, offset: int) -> tuple[fits.Header, int]:
    """The header that starts at `offset`, and where its data start."""
    text = b""
    for _ in range(_HEADER_BLOCKS):
        if offset + len(text) + _BLOCK > store.size:
            raise _truncated(store, "should go on with a header")
        block = bytes(store.read(offset + len(text), _BLOCK))
        text += block
        if any(block.startswith(b"END     ", card) for card in range(0, _BLOCK, _CARD)):
            return fits.Header.fromstring(text.decode("latin-1")), offset + len(text)
    raise TPFError(f"{store.name} has a header without an end: it should have an END card.")


def _data_length(hdu: HDU) -> int:
    """Bytes of data after a header, padding left out (FITS standard 4.0, equations 1 and 2)."""
    axes = hdu.count("NAXIS")
    bits = hdu.get("BITPIX")
    if type(bits) is not int or bits not in (8, 16, 32, 64, -32, -64):
        raise TPFError(f"{hdu.file} has a damaged header: BITPIX should be 8 to 64, not {bits}.")
    if axes == 0:
        return 0
    size = math.prod(hdu.count(f"NAXIS{axis + 1}") for axis in range(axes))
    extra = hdu.count("PCOUNT") if "PCOUNT" in hdu.header else 0
    groups = hdu.count("GCOUNT") if "GCOUNT" in hdu.header else 1
    return abs(bits) // 8 * groups * (extra + size)
