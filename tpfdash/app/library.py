"""The files that the sessions of a server share, in a bounded part of its memory."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.io import open_tpf

__all__ = ["CACHE_BYTES", "Library"]

_log = logging.getLogger(__name__)

#: Bytes of files that are kept unless told otherwise.
CACHE_BYTES = 2**30

#: What a file is known by: a file that takes its place is another one.
_Key = tuple[str, int, int]


class Library:
    """Opens files, and keeps those used last for whoever comes next.

    A file counts for all that it may take in memory once all of its cubes have been looked at. The
    one that was used least recently goes first; who has it goes on with it, and as long as somebody
    does, whoever asks for it gets the same one. It is safe to use from several threads.

    Parameters
    ----------
    size : int
        Bytes that may be kept; a file that is larger is opened, and not kept.
    open_file : callable
        Path -> Dataset.

    Attributes
    ----------
    nbytes : int
        What is kept now.
    """

    def __init__(
        self, size: int = CACHE_BYTES, open_file: Callable[[Path], xr.Dataset] = open_tpf
    ) -> None:
        self.size = size
        self.nbytes = 0
        self._open = open_file
        self._kept: OrderedDict[_Key, xr.Dataset] = OrderedDict()
        self._held: weakref.WeakValueDictionary[_Key, xr.Dataset] = weakref.WeakValueDictionary()
        self._opening: dict[_Key, threading.Lock] = {}
        self._lock = threading.Lock()

    def open(self, path: str | os.PathLike) -> xr.Dataset:
        """The file as it is on disk now, opened by whoever asked for it first.

        Raises
        ------
        TPFError
            As `open_tpf`.
        """
        key = _key(path)
        with self._lock:
            opening = self._opening.setdefault(key, threading.Lock())
        with opening:  # of several who want the same file, one opens it
            tpf = self._known(key)
            if tpf is None:
                try:
                    tpf = self._open(Path(path))
                finally:
                    with self._lock:
                        self._opening.pop(key, None)
                self._keep(key, tpf)
            else:
                with self._lock:
                    self._opening.pop(key, None)
        return tpf

    def _known(self, key: _Key) -> xr.Dataset | None:
        with self._lock:
            tpf = self._kept.get(key)
            if tpf is None:
                tpf = self._held.get(key)
            if key in self._kept:
                self._kept.move_to_end(key)
        _tell("hit" if tpf is not None else "miss", self.nbytes)
        if tpf is not None and key not in self._kept:
            self._keep(key, tpf)
        return tpf

    def _keep(self, key: _Key, tpf: xr.Dataset) -> None:
        evicted = 0
        with self._lock:
            self._held[key] = tpf
            if tpf.nbytes > self.size or key in self._kept:
                return
            # What the file was before is of no use to anybody who comes.
            for old in [one for one in self._kept if one[0] == key[0]]:
                self.nbytes -= self._kept.pop(old).nbytes
            self._kept[key] = tpf
            self.nbytes += tpf.nbytes
            while self.nbytes > self.size:
                self.nbytes -= self._kept.popitem(last=False)[1].nbytes
                evicted += 1
        for _ in range(evicted):
            _tell("eviction", self.nbytes)
        _tell("kept", self.nbytes)


def _key(path: str | os.PathLike) -> _Key:
    try:
        path = os.path.realpath(path)
        status = os.stat(path)
    except (OSError, ValueError):
        raise TPFError(f"{path} cannot be read: it should be a file.") from None
    return path, status.st_mtime_ns, status.st_size


def _tell(what: str, nbytes: int) -> None:
    _log.debug("cache %s", what, extra={"told": {"event": "cache", "what": what, "bytes": nbytes}})
