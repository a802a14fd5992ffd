"""The folder that fetched files are kept in: lightkurve's, in lightkurve's layout.

`mastDownload/COLLECTION/OBS_ID/FILE` and `tesscut/FILE`, so that each finds what the other fetched.
Looking there asks nobody; bringing files there is `tpfdash.archive.fetch`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tpfdash.archive.mast import number
from tpfdash.archive.products import File, cutout_cadence, is_safe, of_file_name
from tpfdash.archive.rows import CUTOUT_AUTHOR, Row
from tpfdash.archive.settings import cache_folder
from tpfdash.errors import TPFError
from tpfdash.missions import MISSIONS

__all__ = [
    "LARGEST_CUTOUT",
    "cutout_name",
    "cutout_uri",
    "find",
    "folder_of",
    "parse_cutout",
    "parse_size",
    "row_of_uri",
]

#: Pixels along a side; the service makes none that is larger.
LARGEST_CUTOUT = 100
#: Cutouts about places that are this close, in deg, are one and the same: 0.02 of a pixel.
_SAME = 1e-4
_CUTOUT = re.compile(
    r"tess-s(\d{4})-\d-\d_([+-]?\d+\.?\d*)_([+-]?\d+\.?\d*)_(\d+)x(\d+)_astrocut\.fits"
)
#: The first part of a `mast:` URI -> the folder of its collection.
_COLLECTIONS = {"kepler": "Kepler", "k2": "K2", "tess": "TESS", "hlsp": "HLSP"}

Place = tuple[float, float]
Size = tuple[int, int]


def find(row: Row) -> Path | None:
    """The file of a row in the cache, whole or not, or None where there is none."""
    if row.is_cutout:
        return _find_cutout(row)
    exact = folder_of(row) / row.file
    if exact.is_file():
        return exact
    # The folder of a Kepler target carries its quarters too, which a URI alone does not tell.
    folder = cache_folder() / "mastDownload" / row.collection
    known = sorted(folder.glob(f"{row.obs_id.partition('_')[0]}*/{row.file}"))
    return next((path for path in known if path.is_file()), None)


def folder_of(row: Row) -> Path:
    """The folder that the file of a row belongs in."""
    if row.is_cutout:
        return cache_folder() / "tesscut"
    return cache_folder() / "mastDownload" / row.collection / row.obs_id


def _find_cutout(row: Row) -> Path | None:
    (ra, dec), sector, size = parse_cutout(row.uri)
    for path in sorted((cache_folder() / "tesscut").glob(f"tess-s{sector:04d}-*_astrocut.fits")):
        match = _CUTOUT.fullmatch(path.name)
        if (
            match
            and abs(float(match[2]) - ra) < _SAME
            and abs(float(match[3]) - dec) < _SAME
            and (int(match[4]), int(match[5])) == size
        ):
            return path
    return None


def cutout_name(row: Row, given: str, camera: int, ccd: int) -> str:
    """What the file of a cutout is called: as the archive calls it, if that is what it should be.

    Parameters
    ----------
    row : Row
        A cutout's.
    given : str
        The name in the archive's answer.
    camera, ccd : int
        As the file says.
    """
    (ra, dec), sector, (columns, rows) = parse_cutout(row.uri)
    match = _CUTOUT.fullmatch(given)
    if match and int(match[1]) == sector and is_safe(given):
        return given
    return f"tess-s{sector:04d}-{camera}-{ccd}_{ra:.6f}_{dec:.6f}_{columns}x{rows}_astrocut.fits"


def cutout_uri(place: Place, sector: int, size: Size) -> str:
    """A cutout in one word: "tesscut:65.489205,28.44321,19,10"."""
    columns, rows = size
    extent = str(columns) if columns == rows else f"{columns}x{rows}"
    return f"tesscut:{place[0]!r},{place[1]!r},{sector},{extent}"


def parse_cutout(uri: str) -> tuple[Place, int, Size]:
    """The place (deg), the sector and the columns and rows of a cutout.

    Raises
    ------
    TPFError
        Where it is not "tesscut:RA,DEC,SECTOR,SIZE", with a size of "10" or "10x12" (columns by
        rows).
    """
    parts = [part.strip() for part in uri.partition(":")[2].split(",")]
    match = re.fullmatch(r"(\d{1,4})(?:x(\d{1,4}))?", parts[3]) if len(parts) == 4 else None
    ra, dec = (number(part) for part in parts[:2]) if match else (-1.0, 0.0)
    if match and 0 <= ra <= 360 and -90 <= dec <= 90 and re.fullmatch(r"\d{1,4}", parts[2]):
        size = int(match[1]), int(match[2] or match[1])
        if int(parts[2]) >= 1:
            return (ra, dec), int(parts[2]), _allowed(size)
    raise TPFError(
        f"{uri!r} is no cutout: it should be tesscut:RA,DEC,SECTOR,SIZE in degrees and pixels, as "
        "tesscut:65.489205,28.44321,19,10 is."
    )


def parse_size(cutout_size: Any) -> Size:
    """Columns and rows of a cutout: from a number of pixels, or from (rows, columns).

    Raises
    ------
    TPFError
        Where it is neither, or too large.
    """
    both = cutout_size if isinstance(cutout_size, Sequence) else (cutout_size, cutout_size)
    try:
        if isinstance(cutout_size, str) or any(isinstance(side, bool) for side in both):
            raise TypeError
        rows, columns = (operator.index(side) for side in both)
    except (TypeError, ValueError):
        raise TPFError(
            f"cutout_size={cutout_size!r} is no size: it should be a number of pixels, or rows and "
            "columns."
        ) from None
    return _allowed((columns, rows))


def _allowed(size: Size) -> Size:
    if not all(1 <= side <= LARGEST_CUTOUT for side in size):
        raise TPFError(
            f"A cutout of {size[1]} rows and {size[0]} columns cannot be had: each should be 1 to "
            f"{LARGEST_CUTOUT} pixels."
        )
    return size


def row_of_uri(uri: str) -> Row:
    """What a `mast:` or `tesscut:` URI tells of itself, as a row.

    Raises
    ------
    TPFError
        Where it names no file, or is no URI of the archive.
    """
    kind = uri.partition(":")[0].lower()
    if kind == "tesscut":
        place, sector, size = parse_cutout(uri)
        return Row(
            target=f"{place[0]:.6f} {place[1]:+.6f}",
            mission="TESS",
            interval=sector,
            seconds=cutout_cadence(sector),
            author=CUTOUT_AUTHOR,
            distance=0.0,
            uri=cutout_uri(place, sector, size),
            ra=place[0],
            dec=place[1],
        )
    name = uri.replace("\\", "/").rpartition("/")[2]
    first = uri.partition(":")[2].lstrip("/").partition("/")[0].lower()
    collection = _COLLECTIONS.get(first, "")
    file = of_file_name(name)
    if file is None and collection in MISSIONS and re.search(r"\.fits(\.gz)?$", name):
        file = File(collection, None, collection)
    if kind != "mast" or file is None or not is_safe(name) or not collection:
        raise TPFError(
            f"{uri!r} names no target pixel file of the archive: it should be as "
            "mast:TESS/product/tess2019226182529-s0015-0000000273589987-0151-s_tp.fits is."
        )
    return Row(
        target=name,
        mission=file.mission,
        interval=file.interval,
        seconds=file.seconds,
        author=file.author,
        distance=0.0,
        uri=uri,
        year=file.year,
        month=file.month,
        collection=collection,
        obs_id=_obs_id(name),
        file=name,
    )


def _obs_id(name: str) -> str:
    """The observation that a file is of, as the archive makes it up from the file's name."""
    stem = name.removesuffix(".gz").removesuffix(".fits")
    if match := re.fullmatch(r"(kplr\d+)-\d+_([ls])pd-targ", stem):
        return f"{match[1]}_{match[2]}c"  # and a mask of the quarters, which the name does not tell
    if match := re.fullmatch(r"(ktwo\d+-c\d+)_([ls])pd-targ", stem):
        return f"{match[1]}_{match[2]}c"
    return stem if stem.startswith("hlsp_") else stem.removesuffix("_tp").removesuffix("-tp")
