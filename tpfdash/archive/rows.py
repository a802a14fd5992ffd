"""A row of a search: one file of the archive, or one cutout that can be had.

A row knows what it is and where it would be in the cache; getting it there is
`tpfdash.archive.fetch`, and many rows are `tpfdash.archive.results`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tpfdash.archive.stages import Cancel
from tpfdash.missions import get_mission

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CUTOUT_AUTHOR", "CUTOUT_SIZE", "Row"]

#: Who is said to have made a cutout, as lightkurve writes it.
CUTOUT_AUTHOR = "TESScut"
#: Columns and rows of a cutout, where nobody says how many.
CUTOUT_SIZE = (10, 10)


@dataclass(frozen=True)
class Row(os.PathLike):
    """One target pixel file of the archive, or one cutout.

    A row is a path: what opens files, as `open_tpf` and `lightkurve.read` do, opens it, and fetches
    it first where it is not in the cache.

    Parameters
    ----------
    target : str
        "KIC 3248033"; of a cutout, what was searched for.
    mission : str
        "Kepler", "K2" or "TESS".
    interval : int or None
        Quarter, campaign or sector, None where the archive does not say. The halves of the K2
        campaigns 9, 10 and 11 are 91, 92 ..., as in the files.
    seconds : float
        From one cadence to the next; NaN where nobody says.
    author : str
        "Kepler", "K2", "SPOC", "TESS-SPOC", "TESScut" ...
    distance : float
        From the place searched, in arcsec; 0 where a number was searched for.
    uri : str
        "mast:..." or "tesscut:RA,DEC,SECTOR,SIZE", which `open_tpf` opens too.
    year, month : int or None
        Of the observation's start; the month of a quarter, of Kepler's short cadence.
    size : int or None
        Bytes; None of a cutout, which is made when it is asked for.
    ra, dec : float
        deg, NaN where the archive does not say.
    collection, obs_id, file : str
        Where it is in the cache: mastDownload/collection/obs_id/file.
    """

    target: str
    mission: str
    interval: int | None
    seconds: float
    author: str
    distance: float
    uri: str
    year: int | None = None
    month: int | None = None
    size: int | None = None
    ra: float = math.nan
    dec: float = math.nan
    collection: str = ""
    obs_id: str = ""
    file: str = ""

    @property
    def is_cutout(self) -> bool:
        """Whether it is to be cut out of full-frame images."""
        return self.uri.startswith("tesscut:")

    @property
    def quarter(self) -> int | None:
        """Kepler's quarter."""
        return self.interval if self.mission == "Kepler" else None

    @property
    def campaign(self) -> int | None:
        """K2's campaign; both halves of campaign 9 are 9."""
        if self.mission != "K2" or self.interval is None:
            return None
        return self.interval // 10 if self.interval > 90 else self.interval

    @property
    def sector(self) -> int | None:
        """TESS's sector."""
        return self.interval if self.mission == "TESS" else None

    @property
    def when(self) -> str:
        """The interval as people write it: "Q4", "Q4 month 2", "C9a", "S15"."""
        if self.interval is None:
            return ""
        name = get_mission(self.mission).interval(self.interval)
        return f"{name} month {self.month}" if self.month else name

    @property
    def cadence(self) -> str:
        """What the cadence is called: "long (29.4 min)", "2 min", "20 s" ..."""
        return get_mission(self.mission).cadence_type(self.seconds)

    @property
    def cached(self) -> bool:
        """Whether there is a file of it in the cache."""
        from tpfdash.archive.cache import find

        return find(self) is not None

    def resized(self, cutout_size: int | tuple[int, int]) -> Row:
        """The same cutout with another size; a target pixel file has the size that it has.

        Parameters
        ----------
        cutout_size : int or (int, int)
            Pixels, or rows and columns.
        """
        from tpfdash.archive.cache import cutout_uri, parse_cutout, parse_size

        if not self.is_cutout:
            return self
        place, sector, _ = parse_cutout(self.uri)
        return replace(self, uri=cutout_uri(place, sector, parse_size(cutout_size)))

    def download(
        self,
        *,
        cutout_size: int | tuple[int, int] | None = None,
        progress: Callable[[int, int | None], object] | None = None,
        stage: Callable[[str], object] | None = None,
        cancel: Cancel | None = None,
    ) -> Path:
        """The file of this row, fetched where it is not in the cache; as `fetch` does."""
        from tpfdash.archive.fetch import fetch

        row = self if cutout_size is None else self.resized(cutout_size)
        return fetch(row, progress=progress, stage=stage, cancel=cancel)

    def open(self, *, chunks: Any = None, **options: Any) -> xr.Dataset:
        """The Dataset of this row, as `open_tpf` gives it; `options` are those of `download`."""
        from tpfdash.io import open_tpf

        return open_tpf(self.download(**options), chunks=chunks)

    def __fspath__(self) -> str:
        return str(self.download())

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON has it: numbers that nobody says are None."""
        values = {
            "target": self.target,
            "mission": self.mission,
            "quarter": self.quarter,
            "campaign": self.campaign,
            "sector": self.sector,
            "when": self.when,
            "month": self.month,
            "cadence": self.cadence,
            "seconds": self.seconds,
            "author": self.author,
            "year": self.year,
            "distance": self.distance,
            "size": self.size,
            "cached": self.cached,
            "ra": self.ra,
            "dec": self.dec,
            "file": self.file,
            "uri": self.uri,
        }
        unknown = (
            key for key, value in values.items() if isinstance(value, float) and value != value
        )
        return values | dict.fromkeys(unknown)
