"""What a target pixel file is, by its first headers alone: for lists of thousands of files."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tpfdash.errors import TPFError
from tpfdash.io.fits.hdus import HDU, find_hdus
from tpfdash.io.fits.stores import reason
from tpfdash.io.fits.streams import Stream
from tpfdash.io.fits.table import parse_columns
from tpfdash.io.tpf.read import holds_pixels
from tpfdash.io.tpf.read_headers import find_mission, read_cadence

__all__ = ["Glance", "glance"]

#: Headers that are looked at for the table of pixels: real files have it in the second.
_MOST_HDUS = 3
#: Letters of what a header says that are kept.
_LONGEST = 80


@dataclass(frozen=True)
class Glance:
    """What the first headers of a target pixel file say.

    Parameters
    ----------
    target : str
        OBJECT, else the catalogue's number, else the place in degrees; "" where the file has none.
    mission : str
    interval : str
        As "Q4", "C13", "S15"; "" where the file does not say.
    cadences : int
    cadence : str
        As "long", "2 min"; "" where the file does not say.
    rows, cols : int
        Of the stamp; 0 where only the data would tell.
    """

    target: str
    mission: str
    interval: str
    cadences: int
    cadence: str
    rows: int
    cols: int


def glance(path: str | os.PathLike) -> Glance:
    """Look at the first headers of a file, gzipped or not; its data are not read.

    Raises
    ------
    TPFError
        If it cannot be read, or is no target pixel file as far as these say.
    """
    name = Path(path).name
    try:
        with open(path, "rb") as file:
            hdus: list[HDU] = []
            for hdu in find_hdus(Stream(file, name)):
                hdus.append(hdu)
                columns = parse_columns(hdu) if hdu.is_table else {}
                if holds_pixels(hdu, columns) and "TIME" in columns:
                    return _described(hdus, columns["FLUX"].shape)
                if len(hdus) == _MOST_HDUS:
                    break
    except OSError as error:
        raise TPFError(f"{name} cannot be read ({reason(error)}).") from error
    raise TPFError(f"{name} is no target pixel file: it should have a table of images.")


def _described(hdus: list[HDU], shape: tuple[int, ...]) -> Glance:
    primary, pixels = hdus[0], hdus[-1]
    mission = find_mission(hdus)
    number = primary.number(mission.id_keyword)
    place = primary.number("RA_OBJ"), primary.number("DEC_OBJ")
    known = "{:.4f} {:+.4f}".format(*place) if all(map(math.isfinite, place)) else ""
    known = f"{mission.catalog} {int(number)}" if math.isfinite(number) else known
    said = primary.get("OBJECT", pixels.get("OBJECT", known))
    interval = primary.number(mission.epoch_keyword, pixels.number(mission.epoch_keyword))
    seconds = read_cadence([pixels, primary], np.empty(0))
    rows, cols = shape[-2:] if len(shape) >= 2 else (0, 0)
    return Glance(
        target=str(said).strip()[:_LONGEST],
        mission=mission.name,
        interval=mission.interval(int(interval)) if math.isfinite(interval) else "",
        cadences=pixels.count("NAXIS2"),
        cadence=mission.cadence_type(seconds) if math.isfinite(seconds) else "",
        rows=int(rows),
        cols=int(cols),
    )
