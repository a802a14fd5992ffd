"""Bringing a file of the archive into the cache: whole, checked, or not at all.

Where it belongs is `tpfdash.archive.cache`, how the archive is asked `tpfdash.archive.mast`.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tpfdash.archive.cache import cutout_name, find, folder_of, parse_cutout, row_of_uri
from tpfdash.archive.mast import Mast, host, text, told
from tpfdash.archive.room import check_size, make_room, note_use
from tpfdash.archive.rows import Row
from tpfdash.archive.settings import offline
from tpfdash.archive.stages import Cancel, Stages
from tpfdash.errors import TPFError
from tpfdash.io.fits.hdus import find_hdus
from tpfdash.io.fits.stores import open_path
from tpfdash.io.fits.streams import Stream, is_gzipped

__all__ = ["fetch"]

#: How often a file whose bytes broke off is asked for.
_ATTEMPTS = 2
_PIECE = 2**18
#: Every FITS file is so many bytes long, or a multiple of it.
_BLOCK = 2880
#: A cutout may unpack to so many bytes: 100x100 pixels of a sector with 200 s are half of it.
_UNPACKED_BYTES = 2**32
_GZIP, _FITS, _ZIP = b"\x1f\x8b", b"SIMPLE", b"PK\x03\x04"


class _Broken(Exception):
    """What came is no file, in words; asking again may help."""


def fetch(
    source: Row | str,
    *,
    progress: Callable[[int, int | None], object] | None = None,
    stage: Callable[[str], object] | None = None,
    cancel: Cancel | None = None,
) -> Path:
    """The path of a file of the archive, fetched where it is not in the cache.

    The cache is lightkurve's (or `TPFDASH_CACHE`), in its layout. What is found there is read
    through first, and fetched anew where it is broken. A file has its final name when it is whole
    and has been checked, never before; what was fetched of one that fails or is stopped is gone.

    Parameters
    ----------
    source : Row or str
        A row of a search, a "mast:..." URI, or "tesscut:RA,DEC,SECTOR,SIZE" (deg, pixels).
    progress : callable, optional
        Called with the bytes that have come and those that will, None where nobody says how many.
    stage : callable, optional
        Called with words for what is done: "fetching 12 of 34 MB".
    cancel : threading.Event, optional
        Set, from whichever thread, it stops the download within a piece of the file, or at the
        latest where the network's time-out does.

    Returns
    -------
    Path

    Raises
    ------
    TPFError
        Where the archive cannot be reached, has no such file or gives a broken one, where the
        cache cannot be written to, and, as `Cancelled`, where it was stopped.
    """
    row = row_of_uri(source) if isinstance(source, str) else source
    stages = Stages(stage, cancel, progress)
    stages.check()
    path = find(row)
    fault = "is not there" if path is None else _fault(path)
    if path is not None and fault is None:
        note_use(path)
        return path
    if offline():
        raise TPFError(
            f"{_called(row)} cannot be taken from the cache ({path or folder_of(row)}: {fault}), "
            "and TPFDASH_OFFLINE is set: unset it to fetch the file."
        )
    made = _fetched(row, folder_of(row) if path is None else path.parent, stages)
    if path is not None and path != made:
        path.unlink(missing_ok=True)  # the broken one, which would be found first again
    return made


def _fetched(row: Row, folder: Path, stages: Stages) -> Path:
    """The file of a row, from the archive into a folder."""
    part = folder / f".tpfdash-{uuid.uuid4().hex}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with Mast(stages) as mast:
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    _transfer(row, mast, part)
                    final = folder / _checked(row, part)
                    break
                except _Broken as broken:
                    if attempt == _ATTEMPTS:
                        raise TPFError(
                            f"{_called(row)} came broken from {host(mast.url)} ({broken}), "
                            f"{_ATTEMPTS} times, and was not kept: try again later."
                        ) from None
        stages.check()
        make_room(part)
        os.replace(part, final)
        return final
    except OSError as error:
        raise TPFError(
            f"{_called(row)} cannot be kept in the cache {folder} ({error.strerror or error}): see "
            "that it can be written to, or name another folder in TPFDASH_CACHE."
        ) from error
    finally:
        with suppress(OSError):  # of a folder that is none
            part.unlink(missing_ok=True)


def _transfer(row: Row, mast: Mast, part: Path) -> None:
    """Write what the archive answers into a file; `_Broken` where it ends before it should."""
    if row.is_cutout:
        response = mast.cutout(*parse_cutout(row.uri))
    else:
        response = mast.file(row.uri)
    with response, open(part, "wb") as file:
        announced = response.headers.get("Content-Length", "")
        length = int(announced) if announced.isdecimal() else None
        done = 0
        mast.stages.fetched(0, length or row.size)
        while True:
            start = time.monotonic()
            try:
                # What has come, without waiting for a piece to be full: a slow file can be
                # stopped too.
                piece = response.raw.read1(_PIECE, decode_content=False)
            except Exception as error:
                words = told(error, mast.stages.now, time.monotonic() - start, mast.url)
                if "broke off" in words:
                    raise _Broken(f"it broke off after {done:,} bytes") from None
                raise TPFError(words) from error
            if not piece:
                break
            done += len(piece)
            check_size(done)
            file.write(piece)
            mast.stages.fetched(done, length or row.size)
        if length is not None and done != length:
            raise _Broken(f"{done:,} bytes came of {length:,}")


def _checked(row: Row, part: Path) -> str:
    """What a file that has come is to be called, once it is found to be whole."""
    with open(part, "rb") as file:
        first = file.read(6)
    given = row.file
    if row.is_cutout and first.startswith(_ZIP):
        given = _unpacked(part)
    elif not first.startswith((_GZIP, _FITS)):
        _refuse(row, part)
    fault = _fault(part)
    if fault is not None:
        raise _Broken(fault)
    return cutout_name(row, given, *_detector(part)) if row.is_cutout else given


def _refuse(row: Row, part: Path) -> None:
    """Say of what is no FITS file what it is."""
    if part.stat().st_size == 0:
        raise _Broken("it is empty")
    with open(part, "rb") as file:
        start = file.read(2**16)
    try:
        said = text(json.loads(start.decode()).get("msg"), 300)
    except (AttributeError, RecursionError, ValueError):
        said = ""
    if said:
        raise TPFError(f"{_called(row)} cannot be had: the archive says {said!r}.")
    if start.lstrip()[:1] == b"<":
        raise _Broken("it is a web page, as archives show one during maintenance")
    raise _Broken("it is no FITS file")


def _unpacked(part: Path) -> str:
    """Put the cutout of a zip in the place of the zip; the name that it has there."""
    unpacked = part.with_name(f"{part.name}.fits")
    try:
        with zipfile.ZipFile(part) as archive:
            members = [one for one in archive.infolist() if one.filename.lower().endswith(".fits")]
            if not members:
                raise _Broken("there is no cutout in its zip file")
            member = members[0]
            if member.file_size > _UNPACKED_BYTES:
                raise _Broken("it unpacks to more than a cutout can be")
            with archive.open(member) as source, open(unpacked, "wb") as target:
                shutil.copyfileobj(source, target, _PIECE)
        os.replace(unpacked, part)
    except (EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise _Broken(f"its zip file cannot be read: {error}") from None
    finally:
        unpacked.unlink(missing_ok=True)
    return Path(member.filename.replace("\\", "/")).name


def _fault(path: Path) -> str | None:
    """What is wrong with a file, read through to its end; None where it is whole."""
    try:
        store = open_path(path, "the file")
        if not is_gzipped(store):
            hdus = list(find_hdus(store))
            if store.size % _BLOCK:
                return "the file ends within a block"
        else:
            with store.stream() as file:
                stream = Stream(file, "the file", length=store.size)
                hdus = list(find_hdus(stream))
                stream.finish()
    except TPFError as error:
        return str(error).rstrip(".")
    announced = hdus[0].number("NEXTEND", 1)
    if len(hdus) < 2:
        return "the file has no table of pixels"
    return None if len(hdus) > announced else "the file ends before its last extension"


def _detector(path: Path) -> tuple[int, int]:
    """Camera and CCD of a cutout, 0 where it does not say."""
    store = open_path(path, "the file")
    headers: list[Any] = [hdu.header for hdu in find_hdus(store)]

    def first(key: str) -> int:
        values = (header.get(key) for header in headers)
        return next((value for value in values if isinstance(value, int) and 1 <= value <= 4), 0)

    return first("CAMERA"), first("CCD")


def _called(row: Row) -> str:
    """What messages call the file of a row."""
    if row.is_cutout:
        return f"The cutout {row.uri}"
    return row.file
