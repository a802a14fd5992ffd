"""The extensions of a FITS file: their headers, where their data are, and images.

Only the structure of the file, and the ways in which that can be broken; what the data mean is
`tpfdash.io.tpf.read`, what the headers say of the observation `tpfdash.io.tpf.read_headers`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits

from tpfdash.errors import TPFError
from tpfdash.io.fits.stores import Store

__all__ = ["HDU", "find_hdus", "image", "printable"]

_BLOCK = 2880
_CARD = 80
#: FITS standard 4.0, section 4.1: printable ASCII, eight letters of a keyword, and a value after
#: "= " but for three. Of the conventions, long texts and HIERARCH are known.
_PRINTABLE = bytes(byte if 32 <= byte < 127 else ord("?") for byte in range(256))
_CARD_FORM = re.compile(
    rb"(?i)(?=.{0,8}= )[A-Z0-9_-]* *=|COMMENT |HISTORY |CONTINUE|END     | {8}|HIERARCH .*="
)
#: No header of a real file comes near these: the longest have some 60 blocks.
_MOST_BLOCKS = 512
_MOST_HDUS = 1000
_MOST_PIXELS = 2**23  # of an image: nearly twice a whole CCD of TESS
#: FITS standard 4.0, section 4.4.1: as many axes, and as large as the numbers of a file's system.
_MOST_AXES = 999
_LARGEST = 2**63
_PAGE = "is a web page, not a FITS file: it should be the file itself, and no page that leads to it"
#: First bytes of what is handed over instead of a FITS file, in small letters -> what to do.
_OTHERS = {
    b"<!doctype html": _PAGE,
    b"<html": _PAGE,
    b"pk\x03\x04": "is a zip archive, not a FITS file: it should be unzipped first",
    b"bzh": "is packed by bzip2: it should be unpacked first, or gzipped",
    b"\xfd7zxz": "is packed by xz: it should be unpacked first, or gzipped",
    b"\x1f\x8b": "is gzipped twice: it should be unpacked once",
}


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
        """A keyword's value; the default where it is absent, blank, infinite or unreadable."""
        try:
            value = self.header[key]
        except (KeyError, ValueError, fits.VerifyError):
            return default
        if isinstance(value, fits.card.Undefined) or value is None:
            return default
        if isinstance(value, float) and not math.isfinite(value):
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
        if type(value) is not int or not 0 <= value < _LARGEST:
            raise TPFError(f"{self.file} has a damaged header: {key} should be a whole number.")
        return value


def find_hdus(store: Store) -> Iterator[HDU]:
    """The extensions of a file, the primary one first. Only headers are read, in their order.

    That an extension's data are all there is found out when the next one is asked for.

    Raises
    ------
    TPFError
        If it is empty, no FITS file, damaged, or shorter than its headers say.
    """
    offset = 0
    for number in range(_MOST_HDUS):
        block = store.up_to(offset, _BLOCK)
        if number and not block.startswith(b"XTENSION"):
            return  # what follows the last extension is padding or none of ours
        if not block:
            raise TPFError(f"{store.name} is empty: it should be a FITS file.")
        if not number and not block.startswith(b"SIMPLE  ="):
            raise TPFError(f"{store.name} {_no_fits(block)}.")
        hdu = HDU(*_header(store, offset, block), store.name)
        end = hdu.offset + _data_length(hdu)
        yield hdu
        if not store.reaches(end):
            raise _truncated(store, f"should be at least {end} bytes long")
        offset = -(-end // _BLOCK) * _BLOCK
    raise TPFError(f"{store.name} is damaged: it should not have {_MOST_HDUS} extensions.")


def _no_fits(block: bytes) -> str:
    """What a file is that does not start as FITS, and what it should be."""
    start = block.lstrip().lower()
    for magic, words in _OTHERS.items():
        if start.startswith(magic):
            return words
    return "is not a FITS file: it should be one, which starts with SIMPLE"


def _truncated(store: Store, should: str) -> TPFError:
    return TPFError(
        f"{store.name} is truncated: by its headers it {should}, but it ends after {store.size} "
        "bytes; it should be fetched again."
    )


def _header(store: Store, offset: int, block: bytes) -> tuple[fits.Header, int]:
    """The header whose first block, at `offset`, is `block`, and where its data start."""
    blocks: list[bytes] = []
    while len(blocks) < _MOST_BLOCKS:
        if len(block) < _BLOCK:
            raise _truncated(store, "should go on with a header")
        blocks.append(block)
        offset += _BLOCK
        if any(block.startswith(b"END     ", card) for card in range(0, _BLOCK, _CARD)):
            return _parsed(b"".join(blocks)), offset
        block = store.up_to(offset, _BLOCK)
    raise TPFError(f"{store.name} has a header without an end: it should have an END card.")


def _parsed(text: bytes) -> fits.Header:
    """The header of a text: what is no letter is a question mark, what is no card left out."""
    text = text.translate(_PRINTABLE)
    cards = (text[at : at + _CARD] for at in range(0, len(text), _CARD))
    cards = (card if _CARD_FORM.match(card) else b" " * _CARD for card in cards)
    return fits.Header.fromstring(b"".join(cards).decode("ascii"))


def printable(text: str) -> str:
    """A text as a FITS header can hold it: printable ASCII, a question mark for all else."""
    return text.encode("ascii", "replace").translate(_PRINTABLE).decode("ascii")


def _data_length(hdu: HDU) -> int:
    """Bytes of data after a header, padding left out (FITS standard 4.0, equations 1 and 2)."""
    axes = hdu.count("NAXIS")
    bits = hdu.get("BITPIX")
    if type(bits) is not int or bits not in (8, 16, 32, 64, -32, -64):
        raise TPFError(
            f"{hdu.file} has a damaged header: BITPIX should be 8, 16, 32, 64, -32 or -64."
        )
    if axes > _MOST_AXES or hdu.get("GCOUNT", 1) != 1:
        raise TPFError(
            f"{hdu.file} has a damaged header: NAXIS should be at most {_MOST_AXES} and GCOUNT 1."
        )
    if axes == 0:
        return 0
    size = math.prod(hdu.count(f"NAXIS{axis + 1}") for axis in range(axes))
    size += hdu.count("PCOUNT") if "PCOUNT" in hdu.header else 0
    length = abs(bits) // 8 * size
    if length >= _LARGEST:
        raise TPFError(f"{hdu.file} has a damaged header: it announces {length:.3g} bytes.")
    return length


def image(store: Store, hdu: HDU) -> np.ndarray:
    """The pixels of an image of two axes: float64 (row, col), BSCALE and BZERO applied.

    Raises
    ------
    TPFError
        If it has another number of axes, or more pixels than any detector.
    """
    if hdu.count("NAXIS") != 2:
        raise TPFError(f"{hdu.file} has an image {hdu.name} that should have two axes.")
    rows, cols = hdu.count("NAXIS2"), hdu.count("NAXIS1")
    if max(rows, cols, rows * cols) > _MOST_PIXELS:
        raise TPFError(f"{hdu.file} has an image {hdu.name} larger than any detector.")
    bits = hdu.get("BITPIX")
    dtype = np.dtype(f">{'f' if bits < 0 else 'i' if bits > 8 else 'u'}{abs(bits) // 8}")
    pixels = np.frombuffer(store.read(hdu.offset, rows * cols * dtype.itemsize), dtype)
    scale, zero = hdu.number("BSCALE", 1), hdu.number("BZERO", 0)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is infinite, or NaN
        return pixels.reshape(rows, cols).astype("f8") * scale + zero
