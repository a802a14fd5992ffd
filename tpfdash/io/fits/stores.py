"""Where the bytes of a file are: on disk or in memory.

A store knows its name and size and reads bytes at an offset. What comes as a stream or gzipped is
brought into a store by `tpfdash.io.fits.streams`; what the bytes mean belongs to
`tpfdash.io.fits.table` and `tpfdash.io.tpf.read`, and finding them to `tpfdash.io.open`.
"""

from __future__ import annotations

import io
import os
import stat
import threading
import weakref
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from tpfdash.errors import TPFError

__all__ = ["FileStore", "MemoryStore", "Store", "open_path", "reason"]

_Bytes = TypeVar("_Bytes", bytes, memoryview)

COPY_BYTES = 2**20
#: How a changed file is known by its contents: its start, where the first headers are, and so many
#: pieces of this length spread evenly over all of it, the last at its end.
_START, _PIECES, _PIECE = 2**15, 16, 2**12


class Store:
    """Bytes with a name and a size, read by their place."""

    name: str
    size: int
    gap: float

    def read(self, offset: int, count: int) -> bytes | memoryview:
        """`count` bytes from `offset` on; a TPFError where they are not there."""
        raise NotImplementedError

    def gather(self, offsets: Iterable[int], count: int) -> bytes:
        """`count` bytes from each of `offsets` on, one after the other."""
        raise NotImplementedError

    def stream(self) -> BinaryIO:
        """All of it as a binary file of its own, read from the start."""
        raise NotImplementedError

    def up_to(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset` on, or as many as there are."""
        return bytes(self.read(offset, max(0, min(count, self.size - offset))))

    def reaches(self, end: int) -> bool:
        """Whether there are bytes up to `end`."""
        return end <= self.size


class MemoryStore(Store):
    """Bytes in memory; reads are views and copy nothing.

    Parameters
    ----------
    data : bytes-like
    name : str
        How messages name the data.
    """

    #: Bytes that cost less to read over than to skip: a view costs nothing, so any number.
    gap = float("inf")

    def __init__(self, data: bytes | bytearray | memoryview, name: str):
        self._data = memoryview(data).cast("B")
        self.name = name
        self.size = len(self._data)

    def __reduce__(self) -> tuple:
        return MemoryStore, (bytes(self._data), self.name)

    def __deepcopy__(self, memo: dict) -> MemoryStore:
        return self  # nothing in it changes

    def read(self, offset: int, count: int) -> memoryview:
        return _whole(self._data[offset : offset + count], count, self.name)

    def gather(self, offsets: Iterable[int], count: int) -> bytes:
        return b"".join(self.read(offset, count) for offset in offsets)

    def stream(self) -> BinaryIO:
        return io.BytesIO(self._data)


class FileStore(Store):
    """A file on disk, kept open and read with plain reads.

    Not memory-mapped: the pages of a map count as memory of the process, and a file cut short
    while it is mapped kills it. Reads from several threads do not disturb one another. The file
    is closed when the last array that may read it is gone.

    It stays the file that was opened when another one takes its name. A file that was changed in
    place is refused: one of another size, and one of another time of change whose start or whose
    pieces (16 of 4 kB, evenly spread) are no longer what they were. So a file that was only
    touched, or written again as it was, goes on; a change that misses every piece is not seen.

    Parameters
    ----------
    file : binary file
        Opened for reading; the store owns it from now on.
    name : str
        How messages name the file.
    path : Path, optional
        Where to open it again after pickling. Without one the store cannot be pickled.
    """

    gap = 8192

    def __init__(self, file: BinaryIO, name: str, path: Path | None = None):
        self._file = file
        self._path = path
        self._lock = threading.Lock()
        self.name = name
        weakref.finalize(self, file.close)
        status = os.fstat(file.fileno())
        self.size, self._changed = status.st_size, status.st_mtime_ns
        self._known = self._contents()

    def __reduce__(self) -> tuple:
        if self._path is None:
            raise TypeError(f"{self.name} is in a temporary file and cannot be pickled")
        return open_path, (self._path, self.name)

    def __deepcopy__(self, memo: dict) -> FileStore:
        return self  # nothing in it changes

    def _read_at(self, offset: int, count: int) -> bytes:
        if hasattr(os, "pread"):
            data = os.pread(self._file.fileno(), count, offset)
        else:
            with self._lock:
                self._file.seek(offset)
                data = self._file.read(count)
        return _whole(data, count, self.name)

    def _contents(self) -> int:
        """A checksum of the start and of pieces of what follows."""
        end = self.size
        piece = min(_PIECE, end)
        places = [(0, min(_START, end))]
        places += [((end - piece) * i // _PIECES, piece) for i in range(1, _PIECES + 1)]
        checksum = 0
        for offset, count in places:
            checksum = zlib.crc32(self._read_at(offset, count), checksum)
        return checksum

    def _check(self) -> None:
        status = os.fstat(self._file.fileno())
        if (status.st_size, status.st_mtime_ns) == (self.size, self._changed):
            return
        if status.st_size != self.size or self._contents() != self._known:
            raise TPFError(
                f"{self.name} has changed on disk since it was opened: it should be opened again."
            )
        self._changed = status.st_mtime_ns

    def read(self, offset: int, count: int) -> bytes:
        self._check()
        return self._read_at(offset, count)

    def gather(self, offsets: Iterable[int], count: int) -> bytes:
        self._check()
        return b"".join(self._read_at(int(offset), count) for offset in offsets)

    def stream(self) -> BinaryIO:
        return io.BufferedReader(_Window(self), COPY_BYTES)


def _whole(data: _Bytes, count: int, name: str) -> _Bytes:
    """The bytes, if they are as many as they should be."""
    if len(data) != count:
        raise TPFError(f"{name} is truncated: it gave {len(data)} bytes where {count} should be.")
    return data


class _Window(io.RawIOBase):
    """A raw stream over a FileStore."""

    def __init__(self, store: FileStore):
        self._store = store
        self._offset = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # a Buffer, for which Python 3.11 has no name
        count = min(len(buffer), self._store.size - self._offset)
        buffer[:count] = self._store.read(self._offset, count)
        self._offset += count
        return count


def open_path(path: Path, name: str, should: str = "a target pixel file") -> FileStore:
    """The file at `path`.

    Parameters
    ----------
    path : Path
    name : str
        How messages name what was read.
    should : str
        What messages say that it should be.

    Raises
    ------
    TPFError
        If there is none, or it is a folder, a device or a pipe, or may not be read.
    """
    try:
        kind = os.stat(path).st_mode
        if stat.S_ISDIR(kind):
            raise TPFError(f"{path} is a folder: it should be the path of {should}.")
        if not stat.S_ISREG(kind):  # opening a pipe would wait for whoever writes to it
            raise TPFError(f"{path} is no regular file: it should be the path of {should}.")
        return FileStore(open(path, "rb", buffering=0), name, Path(path).absolute())
    except TPFError:
        raise
    except FileNotFoundError:
        raise TPFError(f"{path} does not exist: it should be the path of {should}.") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        raise TPFError(f"{path} cannot be read ({reason(error)}).") from error


def reason(error: Exception) -> str:
    """Why something could not be read, in a few words that name no folder."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip(" .")
