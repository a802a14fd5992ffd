"""Anything a user may hand over -> one Dataset: `open_tpf`.

What lives here: telling a path from a URL, an upload, an HDU list or an object of lightkurve, and
getting at its bytes. What the bytes say is `tpfdash.io.tpf.read`.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import fsspec
import numpy as np
import xarray as xr
from astropy.io import fits
from xarray.backends import BackendEntrypoint

from tpfdash.errors import TPFError
from tpfdash.io.fits.stores import MemoryStore, Store, open_path
from tpfdash.io.fits.streams import expand, spool
from tpfdash.io.tpf.read import read_tpf
from tpfdash.missions import get_mission
from tpfdash.stamp.model import check_tpf

__all__ = ["open_lazily", "open_tpf"]

#: Protocol -> how its file system is told to come without credentials.
_ANONYMOUS: dict[str, Mapping[str, Any]] = {
    "s3": {"anon": True},
    "s3a": {"anon": True},
    "gs": {"token": "anon"},
    "gcs": {"token": "anon"},
    "abfs": {"anon": True},
    "az": {"anon": True},
}

#: What a source may begin with -> what brings it into a file. By their names, since the archive's
#: room stands above this one.
_FETCHED = {
    "mast": "tpfdash.archive.fetch:fetch",
    "tesscut": "tpfdash.archive.fetch:fetch",
}


def open_tpf(source: Any, *, chunks: Any = None, mission: str | None = None) -> xr.Dataset:
    """Open a target pixel file of Kepler, K2 or TESS, or a TESSCut cutout.

    A file on disk is not read but for its headers, its aperture and its columns with one number
    a cadence: a cube is read when its values are asked for. What is gzipped or comes over the
    network is taken whole, into memory or, when it is long, into a temporary file.

    Parameters
    ----------
    source : str, path, bytes, binary file, HDUList, TargetPixelFile, row or Dataset
        A path; a URL or anything that fsspec opens ("https://...", "s3://..."); a file of the
        archive ("mast:...", a row of `tpfdash.search`) or a cutout ("tesscut:RA,DEC,SECTOR,SIZE"
        in degrees and pixels), which is fetched if it is not in the cache; a binary file, read
        from its start if it can seek; the bytes of a file; an HDUList of astropy or a list
        of HDUs; a TargetPixelFile of lightkurve, whose HDUs are taken as they are in memory, so
        that every cadence is there whatever its quality mask; a list of one of these; or a
        Dataset of this kind, which is checked and handed back. Files may be gzipped.
    chunks : int, dict, "auto" or None
        Dask chunks, as in `xarray.Dataset.chunk`; a number is a number of cadences. None (the
        default): no dask.
    mission : {"Kepler", "K2", "TESS"}, optional
        The mission of a file that does not say it. A file that says another one is refused.

    Returns
    -------
    xarray.Dataset
        Dims `time`, `row`, `col`. Variables, those that the file has: `flux`, `flux_err`,
        `flux_bkg`, `flux_bkg_err`, `cosmic_rays` (float32), `raw_cnts` (int32, -1 where there is
        none); `quality`, `cadenceno` (int32, always there: 0 and the row's number where the file
        has none), `pos_corr1`, `pos_corr2` (float32, pixel), `timecorr` (float32, d) over time;
        `rb_level` (time, row, rb_duration); `aperture` (row, col), the raw bits, int32. Coords:
        `time` (float64, days, in the clock that its attrs name; no index, since it may be NaN),
        `row` and `col` (detector pixels, centres at integers).

        Numbers are as in the file: no cadence is dropped, NaN stays NaN, and a frame of zeros
        stays zeros. Each variable's `units` are the file's (TUNIT; e-/s where it says none):
        times are converted to days, rates to those per second. A file in an unknown unit is
        refused.

        The attrs hold what the headers say; what they do not say is NaN, "" or absent. What the
        file lacks is said: `attrs["not_in_file"]` names those of `quality`, `cadenceno` and
        `aperture` whose values are not the file's, and `quality_known` (bool, over time) is there
        where QUALITY has no value at some cadence. Without an APERTURE every pixel that is finite
        at any cadence counts as collected (bit 1), which may take reading the whole FLUX, and
        there is no optimal aperture.

    Raises
    ------
    TPFError
        If it cannot be read, is no target pixel file, is damaged or truncated, or is gzipped and
        unpacks to more than 256 MB and 32 times its length. The message names the file and the
        fault.
    """
    if isinstance(source, xr.Dataset):
        tpf = _of_mission(source, mission)
        check_tpf(tpf)
    else:
        tpf = xr.open_dataset(source, engine=_Backend, mission=mission)
    # An index on times that may be NaN breaks selection, slices and alignment.
    tpf = tpf.drop_indexes("time") if "time" in tpf.xindexes else tpf
    return tpf if chunks is None else _chunked(tpf, chunks)


def open_lazily(
    source: Any, *, drop_variables: Any = None, mission: str | None = None
) -> xr.Dataset:
    """As `open_tpf`, of all but Datasets, for xarray to put its own wrappers round the lazy arrays.

    Until then a cube is read again each time that its values are asked for.
    """
    tpf = read_tpf(expand(_store(source)), mission)
    names = [drop_variables] if isinstance(drop_variables, str) else drop_variables or ()
    return tpf.drop_vars(names, errors="ignore")


class _Backend(BackendEntrypoint):
    """`open_lazily` as xarray calls it."""

    def open_dataset(
        self, filename_or_obj: Any, *, drop_variables: Any = None, mission: str | None = None
    ) -> xr.Dataset:
        return open_lazily(filename_or_obj, drop_variables=drop_variables, mission=mission)


def _of_mission(tpf: xr.Dataset, mission: str | None) -> xr.Dataset:
    """The Dataset, of the mission that the user states where it says none itself."""
    if mission is None:
        return tpf
    name = get_mission(mission).name
    own = tpf.attrs.get("mission", name)
    if own != name:
        raise TPFError(f"The Dataset says that it is of {own}: mission={mission!r} contradicts it.")
    return tpf.assign_attrs(mission=name)


def _chunked(tpf: xr.Dataset, chunks: Any) -> xr.Dataset:
    """The Dataset as dask arrays."""
    wrong = TPFError(
        f"chunks={chunks!r} cannot be used: it should be a number of cadences, at least 1, or what "
        "xarray's Dataset.chunk takes."
    )
    if isinstance(chunks, int | np.integer | float):
        if isinstance(chunks, bool | float) or chunks < 1:
            raise wrong
        chunks = {"time": int(chunks)}
    sizes = chunks.values() if isinstance(chunks, Mapping) else ()
    if any(isinstance(size, int | np.integer) and (size == 0 or size < -1) for size in sizes):
        raise wrong
    try:
        # A token of its own: dask would else pickle and hash what lies behind each variable.
        return tpf.chunk(chunks, token=uuid.uuid4().hex)
    except (TypeError, ValueError) as error:
        raise wrong from error


def _store(source: Any) -> Store:
    """Where the bytes of the source are."""
    if isinstance(source, str) and (fetch := _FETCHED.get(source.partition(":")[0].lower())):
        if not os.path.exists(source):  # a word that is a file is a file
            module, _, function = fetch.partition(":")
            source = getattr(import_module(module), function)(source)
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
    if isinstance(getattr(source, "data", None), list):  # lightkurve's collections
        return _from_list(source.data)
    if isinstance(source, Sequence) and not isinstance(source, str):
        return _from_list(source)
    raise TPFError(
        f"A {type(source).__name__} cannot be opened: the source should be a path, a URL, bytes, a "
        "binary file, an HDUList, a TargetPixelFile of lightkurve or a Dataset."
    )


def _from_list(source: Sequence) -> Store:
    """A list of HDUs is a file; a list of one file is that file."""
    if isinstance(source, fits.HDUList) or any(hasattr(item, "header") for item in source):
        filename = source.filename() if isinstance(source, fits.HDUList) else None
        return _from_hdus(source, _label(filename, "HDUList"))
    if len(source) == 1:
        return _store(source[0])
    kinds = ", ".join(sorted({type(item).__name__ for item in source})) or "nothing"
    raise TPFError(
        f"The source is a list of {len(source)} ({kinds}): it should be one file, as source[0] is."
        if len(source)
        else "The source is an empty list: it should be one file, or a list of its HDUs."
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
        return _fetched(url, name, [{}] if "::" in url else _ways(parts.scheme))
    except TPFError:
        raise
    except Exception as error:  # every file system and its client have errors of their own
        public = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
        raise TPFError(f"{public.geturl()} cannot be fetched ({_reason(error, url)}).") from error


def _fetched(url: str, name: str, ways: Sequence[Mapping[str, Any]]) -> Store:
    """What is at a URL, by the first way that leads to it; else the first one's error."""
    refusals = []
    for options in ways:
        try:
            with fsspec.open(url, "rb", **options) as stream:
                return spool(stream, name)
        except (FileNotFoundError, ImportError):
            raise
        except Exception as error:
            refusals.append(error)
    raise refusals[0]


def _reason(error: BaseException, url: str) -> str:
    """Why a URL gave nothing, in one line that tells no password or key of the URL."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, ImportError) and error.name:
        return f"it needs a package that is not installed: `pip install {error.name}`"
    parts = urlsplit(url)
    text = str(error)
    for private in (url, parts.query, parts.netloc.rpartition("@")[0]):
        text = text.replace(private, "") if private else text
    return " ".join(text.split()).strip(" .:") or type(error).__name__


def _ways(scheme: str) -> list[Mapping[str, Any]]:
    """The options to open a URL with, those to try first first.

    For the web the proxies of the environment, and no waiting for hours. For buckets, most of
    which are public, no credentials; then those that are configured.
    """
    if scheme not in ("http", "https"):
        return [_ANONYMOUS[scheme], {}] if scheme in _ANONYMOUS else [{}]
    from aiohttp import ClientTimeout  # slow to import

    timeout = ClientTimeout(total=None, sock_connect=20, sock_read=60)
    return [{"client_kwargs": {"trust_env": True, "timeout": timeout}}]


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
