"""Where the bytes of a file are: on disk, in memory, or in a temporary file after decompression.

A store knows its name and size and reads bytes at an offset; what the bytes mean belongs to
`tpfdash.io.fits.table` and `tpfdash.io.tpf.read`, and finding the bytes to `tpfdash.io.open`.
"""

from __future__ import annotations

import gzip
import io
import os
import tempfile
import threading
import weakref
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from tpfdash.errors import TPFError

__all__ = ["FileStore", "MemoryStore", "expand", "open_path", "spool"]

#: A stream longer than this goes to a temporary file instead of staying in memory.
SPOOL_BYTES = 512 * 2**20
_COPY_BYTES = 2**20
_GZIP_MAGIC = b"\x1f\x8b"


class MemoryStore:
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

    def __reduce__(self):
        return MemoryStore, (bytes(self._data), self.name)

    def __deepcopy__(self, memo) -> MemoryStore:
        return self  # nothing in it changes

    def read(self, offset: int, count: int) -> memoryview:
        """`count` bytes from `offset` on."""
        return self._data[offset : offset + count]

    def gather(self, offsets: Iterable[int], count: int) -> bytes:
        """`count` bytes from each of `offsets` on, one after the other."""
        return b"".join(self._data[offset : offset + count] for offset in offsets)

    def stream(self) -> BinaryIO:
        """All of it as a binary file."""
        return io.BytesIO(self._data)


class FileStore:
    """A file on disk, kept open and read with plain reads.

    Not memory-mapped: the pages of a map count as memory of the process, and a file cut short
    while it is mapped kills it. Reads from several threads do not disturb one another. The file
    is closed when the last array that may read it is gone.

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
        self._state = self._fstat()
        self.name = name
        self.size = self._state[0]
        weakref.finalize(self, file.close)

    def __reduce__(self):
        if self._path is None:
            raise TypeError(f"{self.name} is in a temporary file and cannot be pickled")
        return open_path, (self._path, self.name)

    def __deepcopy__(self, memo) -> FileStore:
        return self  # nothing in it changes

    def _fstat(self) -> tuple[int, int]:
        status = os.fstat(self._file.fileno())
        return status.st_size, status.st_mtime_ns

    def _read_at(self, offset: int, count: int) -> bytes:
        if hasattr(os, "pread"):
            data = os.pread(self._file.fileno(), count, offset)
        else:
            with self._lock:
                self._file.seek(offset)
                data = self._file.read(count)
        if len(data) != count:
            raise TPFError(f"{self.name} gave {len(data)} bytes where {count} should be.")
        return data

    def _check(self) -> None:
        if self._fstat() != self._state:
            raise TPFError(
                f"{self.name} has changed on disk since it was opened: it should be opened again."
            )

    def read(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset` on.

        Raises
        ------
        TPFError
            If the file has changed since it was opened.
        """
        self._check()
        return self._read_at(offset, count)

    def gather(self, offsets: Iterable[int], count: int) -> bytes:
        """`count` bytes from each of `offsets` on, one after the other."""
        self._check()
        return b"".join(self._read_at(int(offset), count) for offset in offsets)

    def stream(self) -> BinaryIO:
        """All of it as a binary file of its own, read from the start."""
        return io.BufferedReader(_Window(self), _COPY_BYTES)


class _Window(io.RawIOBase):
    """A raw stream over a FileStore."""

    def __init__(self, store: FileStore):
        self._store = store
        self._offset = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = min(len(buffer), self._store.size - self._offset)
        buffer[:count] = self._store.read(self._offset, count)
        self._offset += count
        return count


Store = MemoryStore | FileStore


def open_path(path: Path, name: str) -> FileStore:
    """The file at `path`.

    Raises
    ------
    TPFError
        If there is none, or it is a folder, or may not be read.
    """
    try:
        return FileStore(open(path, "rb", buffering=0), name, Path(path).absolute())
    except FileNotFoundError:
        raise TPFError(
            f"{path} does not exist: it should be the path of a target pixel file."
        ) from None
    except IsADirectoryError:
        raise TPFError(
            f"{path} is a folder: it should be the path of one target pixel file."
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        raise TPFError(f"{path} cannot be read ({_reason(error)}).") from error


def spool(stream: BinaryIO, name: str) -> Store:
    """All of a stream, in memory or, if it is long, in an unnamed temporary file.

    Parameters
    ----------
    stream : binary file
        Read to its end by pieces; it need not seek.
    name : str
        How messages name it.

    Raises
    ------
    TPFError
        If it gives text instead of bytes, cannot be read, or ends too early.
    """
    target: BinaryIO = io.BytesIO()
    try:
        while piece := stream.read(_COPY_BYTES):
            if isinstance(target, io.BytesIO) and target.tell() + len(piece) > SPOOL_BYTES:
                target = _on_disk(target)
            target.write(piece)
    except TypeError as error:
        raise TPFError(f"{name} gives text: it should be opened in binary mode.") from error
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise TPFError(f"{name} cannot be read to its end ({_reason(error)}).") from error
    if isinstance(target, io.BytesIO):
        return MemoryStore(target.getbuffer(), name)
    return FileStore(target, name)


def _on_disk(target: io.BytesIO) -> BinaryIO:
    """What is in memory, in an unnamed temporary file that goes on where it stood."""
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
    file.write(target.getbuffer())
    return file


def expand(store: Store) -> Store:
    """The store itself, or what it holds where it is gzipped.

    Raises
    ------
    TPFError
        If the compressed data are damaged or truncated.
    """
    if bytes(store.read(0, min(store.size, 2))) != _GZIP_MAGIC:
        return store
    with gzip.GzipFile(fileobj=store.stream()) as stream:
        return spool(stream, store.name)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip(" .")
