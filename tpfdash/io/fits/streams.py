"""FITS files that come as a stream, gzipped or not: read as far as their headers say, no further.

What is decompressed is looked at while it comes, so that a small file that would unpack to a huge
one, or to no FITS file at all, is refused early. Bytes that have a place already are
`tpfdash.io.fits.stores`.
"""

from __future__ import annotations

import gzip
import io
import tempfile
import zlib
from collections.abc import Callable
from typing import BinaryIO

from tpfdash.errors import TPFError
from tpfdash.io.fits.hdus import find_hdus
from tpfdash.io.fits.stores import COPY_BYTES, FileStore, MemoryStore, Store, reason

__all__ = ["Stream", "expand", "is_gzipped", "spool"]

#: A stream longer than this goes to a temporary file instead of staying in memory.
SPOOL_BYTES = 512 * 2**20
#: What is gzipped may unpack to so many bytes, or to so many times its own length if that is more:
#: real files shrink to a half or a fifth.
UNPACKED_BYTES = 256 * 2**20
_UNPACKED_TIMES = 32
#: So many bytes may follow the last extension of a gzipped file before its end.
_TRAILING_BYTES = 2**20
_GZIP_MAGIC = b"\x1f\x8b"


class Stream(Store):
    """A stream as a store whose bytes can be read once, in order.

    `size` is how many have come so far.

    Parameters
    ----------
    file : binary file
        It need not seek. What is gzipped is unpacked, if it is not too much.
    name : str
        How messages name it.
    keep : callable, optional
        Called with each piece that comes.
    times : int
        What is gzipped may unpack to so many times its own length, or to 256 MB if that is more.
    length : int, optional
        Of the file, where it is known: what headers announce is then refused before it comes.
    """

    gap = float("inf")

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        keep: Callable[[bytes], object] = lambda piece: None,
        times: int = _UNPACKED_TIMES,
        length: int | None = None,
    ):
        self._packed = _Counted(file, name)
        self.is_gzipped = self._packed.peek(2) == _GZIP_MAGIC
        self._file: gzip.GzipFile | None = None
        if self.is_gzipped:  # which seeks only where it is rewound
            self._file = gzip.GzipFile(fileobj=self._packed, mode="rb")  # type: ignore[call-overload]
        self._keep = keep
        self._times = times
        self._length = length
        self.name = name
        self.size = 0

    def up_to(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset` on, or as many as come; nothing before has been read."""
        if not self.reaches(offset):
            return b""
        pieces = []
        while count > 0 and (piece := self._next(count)):
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)

    def read(self, offset: int, count: int) -> bytes:
        data = self.up_to(offset, count)
        if len(data) != count:
            raise TPFError(f"{self.name} ends after {self.size} bytes, where more should be.")
        return data

    def reaches(self, end: int) -> bool:
        """Whether there are bytes up to `end`; they are passed over."""
        if self._length is not None:
            self._allow(end)
        return self._pass(end)

    def _pass(self, end: int) -> bool:
        while self.size < end and self._next(end - self.size):
            pass
        return self.size >= end

    def _allow(self, size: int) -> None:
        """A TPFError where that is more than may be unpacked."""
        length = self._packed.count if self._length is None else self._length
        most = max(UNPACKED_BYTES, self._times * length)
        if self.is_gzipped and size > most:
            raise TPFError(
                f"{self.name} unpacks to more than {most >> 20} MB, which is too much for its "
                "length: it should be given as it is, not gzipped."
            )

    def finish(self) -> None:
        """Read a gzipped stream to its end, where its checksum is.

        Raises
        ------
        TPFError
            If that is wrong, or if the end is far.
        """
        if self.is_gzipped and self._pass(self.size + _TRAILING_BYTES):
            raise TPFError(
                f"{self.name} goes on for more than {_TRAILING_BYTES >> 20} MB after what its "
                "headers announce: it should end there."
            )

    def _next(self, count: int) -> bytes:
        """The next bytes, at most `count`; none at the end."""
        count = min(count, COPY_BYTES)
        if self._file is None:
            piece = self._packed.read(count)
        else:
            try:
                piece = self._file.read(count)
            except TPFError:
                raise
            except (EOFError, OSError, ValueError, zlib.error) as error:
                raise _unreadable(self.name, error) from error
            self._allow(self.size + len(piece))
        self.size += len(piece)
        self._keep(piece)
        return piece


class _Counted:
    """A stream whose first bytes can be looked at, and that counts what was read."""

    def __init__(self, file: BinaryIO, name: str):
        self._file = file
        self._name = name
        self._first = b""
        self.count = 0

    def peek(self, count: int) -> bytes:
        while len(self._first) < count and (piece := self._read(count - len(self._first))):
            self._first += piece
        return self._first

    def read(self, count: int) -> bytes:
        if self._first:
            piece, self._first = self._first[:count], self._first[count:]
        else:
            piece = self._read(count)
        self.count += len(piece)
        return piece

    def _read(self, count: int) -> bytes:
        try:
            piece = self._file.read(count)
        except (EOFError, OSError, TypeError, ValueError, zlib.error) as error:
            raise _unreadable(self._name, error) from error
        if isinstance(piece, str):
            raise TPFError(f"{self._name} gives text: it should be opened in binary mode.")
        return piece or b""


def _unreadable(name: str, error: Exception) -> TPFError:
    return TPFError(f"{name} cannot be read to its end ({reason(error)}).")


def is_gzipped(store: Store) -> bool:
    """Whether it starts as what gzip makes."""
    return store.up_to(0, 2) == _GZIP_MAGIC


def spool(file: BinaryIO, name: str, length: int | None = None) -> Store:
    """The FITS file that a stream holds, in memory or, if it is long, in a temporary file.

    Parameters
    ----------
    file : binary file
        Read by pieces, as far as the headers say; it need not seek. It may be gzipped.
    name : str
        How messages name it.
    length : int, optional
        Of the file, where it is known.

    Raises
    ------
    TPFError
        If it gives text instead of bytes, cannot be read, is no FITS file, ends too early, or is
        gzipped and unpacks to far more than it should.
    """
    kept = _Kept()
    stream = Stream(file, name, kept.add, length=length)
    try:
        for _ in find_hdus(stream):
            pass
        stream.finish()
        return kept.store(name)
    except OSError as error:  # no room left for a temporary file
        raise TPFError(f"{name} cannot be kept ({reason(error)}).") from error


class _Kept:
    """What was read, in memory or, if it is long, in an unnamed temporary file."""

    def __init__(self) -> None:
        self._target: BinaryIO = io.BytesIO()

    def add(self, piece: bytes) -> None:
        memory = self._target
        if isinstance(memory, io.BytesIO) and memory.tell() + len(piece) > SPOOL_BYTES:
            file = tempfile.TemporaryFile()  # noqa: SIM115
            file.write(memory.getbuffer())
            self._target = file
        self._target.write(piece)

    def store(self, name: str) -> Store:
        if isinstance(self._target, io.BytesIO):
            return MemoryStore(self._target.getbuffer(), name)
        self._target.flush()
        return FileStore(self._target, name)


def expand(store: Store) -> Store:
    """The store itself, or the FITS file that it holds where it is gzipped.

    Raises
    ------
    TPFError
        As in `spool`.
    """
    if not is_gzipped(store):
        return store
    with store.stream() as stream:
        return spool(stream, store.name, store.size)
