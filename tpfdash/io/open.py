"""Anything a user may hand over -> one Dataset: `open_tpf`.

What lives here: telling a path from a URL, an upload, an HDU list or an object of lightkurve, and
getting at its bytes. What the bytes say is `tpfdash.io.tpf.read`.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import fsspec
import numpy as np
import xarray as xr
from astropy.io import fits

from tpfdash.errors import TPFError
from tpfdash.io.fits.stores import MemoryStore, Store, open_path
from tpfdash.io.fits.streams import expand, spool
from tpfdash.io.tpf.read import read_tpf
from tpfdash.missions import get_mission

__all__ = ["open_tpf"]


def open_tpf(source: Any, *, chunks: Any = None) -> xr.Dataset:
    """Open a target pixel file of Kepler, K2 or TESS, or a TESSCut cutout.

    A file on disk is not read but for its headers, its aperture and its columns with one number
    a cadence: a cube is read when its values are asked for. What is gzipped or comes over the
    network is taken whole, into memory or, when it is long, into a temporary file.

    Parameters
    ----------
    source : str, path, bytes, binary file, HDUList, TargetPixelFile or Dataset
        A path; a URL or anything that fsspec opens ("https://...", "s3://..."); a binary file,
        read from its start if it can seek; the bytes of a file; an HDUList of astropy or a list
        of HDUs; a TargetPixelFile of lightkurve, whose HDUs are taken as they are in memory, so
        that every cadence is there whatever its quality mask; or a Dataset of this kind, which
        is checked and handed back. Files may be gzipped.
    chunks : int, dict, "auto" or None
        Dask chunks, as in `xarray.Dataset.chunk`; a number is a number of cadences. None (the
        default): no dask.

    Returns
    -------
    xarray.Dataset
        Dims `time`, `row`, `col`. Variables, those that the file has: `flux`, `flux_err`,
        `flux_bkg`, `flux_bkg_err`, `cosmic_rays` (float32, e-/s), `raw_cnts` (int32, -1 where
        there is none); `quality`, `cadenceno` (int32, always there: 0 and the row's number where
        the file has none), `pos_corr1`, `pos_corr2` (float32, pixel), `timecorr` (float32, d)
        over time; `rb_level` (time, row, rb_duration); `aperture` (row, col), the raw bits,
        int32. Coords: `time` (float64, days, in the clock that its attrs name; no index, since
        it may be NaN), `row` and `col` (detector pixels, centres at integers). Numbers are as in
        the file: no cadence is dropped, NaN stays NaN, and a frame of zeros stays zeros. The
        attrs hold what the headers say; what they do not say is NaN, "" or absent.

    Raises
    ------
    TPFError
        If it cannot be read, is no target pixel file, is damaged or truncated, or is gzipped and
        unpacks to more than 256 MB and 32 times its length. The message names the file and the
        fault.
    """
    if isinstance(source, xr.Dataset):
        tpf = _checked(source)
    else:
        tpf = read_tpf(expand(_store(source)))
    if chunks is None:
        return tpf
    if isinstance(chunks, int | np.integer):
        chunks = {"time": int(chunks)}
    try:
        # A token of its own: dask would else pickle and hash what lies behind each variable.
        return tpf.chunk(chunks, token=uuid.uuid4().hex)
    except (TypeError, ValueError) as error:
        raise TPFError(f"chunks={chunks!r} is no way to part a cube ({error}).") from error


def _store(source: Any) -> Store:
    """Where the bytes of the source are."""
    if isinstance(source, str) and ("://" in source or "::" in source):
        return _from_url(source)
    if isinstance(source, str | os.PathLike):
        path = Path(os.fsdecode(source)).expanduser()
        return open_path(path, path.name)
    if isinstance(source, bytes | bytearray | memoryview):
        return MemoryStore(source, "The data in memory")
    if callable(getattr(source, "read", None)):
        return _from_file(source)
    if isinstance(getattr(source, "hdu", None), fits.HDUList):  # lightkurve
        return _from_hdus(source.hdu, _label(getattr(source, "path", None), "TargetPixelFile"))
    if isinstance(source, Sequence) and not isinstance(source, str):
        filename = source.filename() if isinstance(source, fits.HDUList) else None
        return _from_hdus(source, _label(filename, "HDUList"))
    raise TPFError(
        f"{type(source).__name__} is nothing to open: the source should be a path, a URL, bytes, "
        "a binary file, an HDUList, a TargetPixelFile of lightkurve or a Dataset."
    )


def _label(path: Any, default: str) -> str:
    """The name of a file, as messages and attrs give it."""
    return Path(os.fsdecode(path)).name if path and isinstance(path, str | os.PathLike) else default


def _from_url(url: str) -> Store:
    parts = urlsplit(url.rpartition("::")[2] or url)
    name = unquote(Path(parts.path).name) or parts.hostname or url
    try:
        if parts.scheme == "file" and "::" not in url:
            path = Path(fsspec.core.url_to_fs(url)[1])
            return open_path(path, path.name)
        options = {} if "::" in url else _options(parts.scheme)
        with fsspec.open(url, "rb", **options) as stream:
            return spool(stream, name)
    except TPFError:
        raise
    except Exception as error:  # every file system and its client have errors of their own
        public = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
        raise TPFError(f"{public.geturl()} cannot be fetched ({_reason(error, url)}).") from error


def _reason(error: BaseException, url: str) -> str:
    """Why a URL gave nothing, in one line that tells no password or key of the URL."""
    while error.__cause__ is not None:
        error = error.__cause__
    parts = urlsplit(url)
    text = str(error)
    for private in (url, parts.query, parts.netloc.rpartition("@")[0]):
        text = text.replace(private, "") if private else text
    return " ".join(text.split()).strip(" .:") or type(error).__name__


def _options(scheme: str) -> dict[str, Any]:
    """For the web: the proxies of the environment, and no waiting for hours."""
    if scheme not in ("http", "https"):
        return {}
    from aiohttp import ClientTimeout  # slow to import

    timeout = ClientTimeout(total=None, sock_connect=20, sock_read=60)
    return {"client_kwargs": {"trust_env": True, "timeout": timeout}}


def _from_file(file: BinaryIO) -> Store:
    """An open binary file: one on disk is opened once more, anything else is read to its end."""
    name = getattr(file, "name", None)
    label = _label(name, type(file).__name__)
    try:
        if isinstance(name, str | os.PathLike) and os.path.samestat(
            os.fstat(file.fileno()), os.stat(name)
        ):
            return open_path(Path(os.fsdecode(name)), label)
    except (AttributeError, OSError, TypeError, ValueError):
        pass  # no file on disk, or no longer under its name
    try:
        file.seek(0)
    except (AttributeError, OSError, ValueError):
        pass  # a stream: read on from where it stands
    return spool(file, label)


def _from_hdus(hdus: Sequence, name: str) -> Store:
    """HDUs in memory, written out as they would be on disk."""
    if not hdus:
        raise TPFError(f"{name} is empty: it should be a list of FITS HDUs.")
    try:
        try:
            buffer = _written(hdus)
        except ValueError:  # astropy swaps bytes in place, which the user's array may not allow
            buffer = _written([hdu.copy() for hdu in hdus])
    except Exception as error:  # astropy raises whatever the broken HDU makes it meet
        raise TPFError(
            f"{name} cannot be read: it should be a list of FITS HDUs ({error})."
        ) from error
    return MemoryStore(buffer.getbuffer(), name)


def _written(hdus: Sequence) -> BytesIO:
    buffer = BytesIO()
    fits.HDUList(list(hdus)).writeto(buffer, output_verify="silentfix+ignore")
    return buffer


_NEEDED = {
    "flux": ("time", "row", "col"),
    "aperture": ("row", "col"),
    "quality": ("time",),
    "cadenceno": ("time",),
    "time": ("time",),
    "row": ("row",),
    "col": ("col",),
}


def _checked(tpf: xr.Dataset) -> xr.Dataset:
    """The Dataset, without an index on time, if it follows the data model."""
    for name, dims in _NEEDED.items():
        if name not in tpf.variables:
            raise TPFError(f"The Dataset has no {name}: it should have one over {dims}.")
        if tpf[name].dims != dims:
            raise TPFError(f"The Dataset's {name} should be over {dims}, not {tpf[name].dims}.")
        if tpf[name].dtype.kind not in "iuf":
            raise TPFError(f"The Dataset's {name} should hold real numbers, not {tpf[name].dtype}.")
    if 0 in tpf["flux"].shape:
        raise TPFError(f"The Dataset holds no pixels: its flux is {tpf['flux'].shape}.")
    if "mission" not in tpf.attrs:
        raise TPFError("The Dataset has no attrs['mission']: it should be Kepler, K2 or TESS.")
    get_mission(tpf.attrs["mission"])
    return tpf.drop_indexes("time") if "time" in tpf.xindexes else tpf
