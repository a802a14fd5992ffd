"""The stars around a target: a catalogue's, named by the TIC, placed on the file's pixels.

`find_stars` asks whoever can be asked, and says what could not be had. Each catalogue is a module
of its own beside this one; where a star falls on the detector is `tpfdash.stamp.stars`.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from astropy.table import Table

from tpfdash.archive.ask import Stage, in_brief
from tpfdash.archive.gaia import MOST, gaia_stars, has_database, offline_stars
from tpfdash.archive.stages import Cancel, Cancelled
from tpfdash.archive.tic import name_by_tic, tic_stars
from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.stamp.catalogue import add_note, standard_stars
from tpfdash.stamp.model import check_tpf
from tpfdash.stamp.sky import cone, sky_state
from tpfdash.stamp.stars import place_stars

__all__ = ["SOURCES", "available_sources", "find_stars", "magnitude_limit", "read_stars"]

#: What `find_stars` may be told to ask; anything else is a table, or the path of one.
SOURCES = ("gaia", "gaiaoffline", "tic")
#: Stars so many magnitudes fainter than the target are of no account, but down to the first of
#: these limits they are shown all the same, and beyond the second never asked for.
_FAINTER, _AT_LEAST, _AT_MOST = 7.0, 18.0, 20.0
#: Stars so many pixels off the stamp's edge are kept: their light may reach it.
_MARGIN = 4.0
_LARGEST_RADIUS = 3600.0  # arcsec


def available_sources() -> tuple[str, ...]:
    """Those of `SOURCES` that this machine can ask: gaiaoffline only where it is installed."""
    return tuple(name for name in SOURCES if name != "gaiaoffline" or has_database())


def find_stars(
    tpf: xr.Dataset,
    *,
    source: str | os.PathLike | Table = "gaia",
    limit: float | None = None,
    radius: float | None = None,
    stage: Stage = None,
    cancel: Cancel | None = None,
) -> Table:
    """The stars on and around a stamp, where they stood in the middle of the observation.

    Parameters
    ----------
    tpf : Dataset
        As `open_tpf` gives it.
    source : str, path or Table
        "gaia": Gaia DR3 by the TAP services of `TPFDASH_GAIA_TAP`, one after the other until one
        answers, then by the database of the package gaiaoffline where that is installed, then the
        TIC alone. "gaiaoffline": that database, no network. "tic": the TESS Input Catalog by MAST.
        A path or an astropy Table: `read_stars`, no network.
    limit : float, optional
        Faintest magnitude, G of Gaia's stars and else the mission's. Default: 7 magnitudes fainter
        than the target, 18 at least and 20 at most.
    radius : float, optional
        Around the middle of the stamp, in arcsec. Default: a cone that holds the stamp, and of it
        the stars within 4 pixels of the stamp's edge.
    stage : callable, optional
        Called with what is being done: "asking ESA's Gaia archive".
    cancel : threading.Event, optional
        Stops the search when it is set.

    Returns
    -------
    Table
        Of `tpfdash.stamp.stars.place_stars`, brightest first: `name`, ids (`source_id`, `tic`: str,
        to their last digit), `ra`, `dec` (deg) at `epoch`, `pmra`, `pmdec` (mas/yr), `parallax`
        (mas), `ruwe`, `g`, `bp`, `rp`, `bp_rp`, `tmag`, `kpmag`, `variable`, `binary`; `row`,
        `col` (detector pixels), `magnitude` in the mission's band, `flux` (e-/s), `distance` from
        the target (arcsec). `meta["source"]` says whose stars they are, `meta["notes"]` what had
        to be assumed and what could not be had, a sentence each. It can be empty.

    Raises
    ------
    TPFError
        Where the file's sky coordinates are not usable; where there are no stars to be had from
        anywhere, offline too: it says what each service said; on a bad `source`, `limit` or
        `radius`.
    """
    check_tpf(tpf)
    state = sky_state(tpf)
    around = cone(tpf, _MARGIN)
    if not state.usable or around is None:
        raise TPFError(f"{state.words[:-1]}, so that no catalogue star can be placed on it.")
    margin: float | None = _MARGIN
    if radius is not None:
        around = (*around[:2], _checked("radius", radius, 0, _LARGEST_RADIUS) / 3600)
        margin = None
    faintest = magnitude_limit(tpf) if limit is None else _checked("limit", limit, -5, 30)
    stars = _stars(tpf, source, around, faintest, stage, cancel)
    if stage is not None:
        stage("placing the stars")
    placed = place_stars(tpf, stars, margin=margin)
    placed = _within(placed, faintest, own_limit=limit is not None)
    placed.meta |= {"limit": faintest, "radius": around[2] * 3600}
    return placed


def magnitude_limit(tpf: xr.Dataset) -> float:
    """How faint stars are looked for where nobody says it."""
    target = tpf.attrs.get("magnitude", np.nan)
    try:
        faintest = float(target) + _FAINTER
    except NO_NUMBER:
        faintest = np.nan
    return float(np.clip(faintest, _AT_LEAST, _AT_MOST)) if np.isfinite(faintest) else _AT_LEAST


def read_stars(table: str | os.PathLike | Table) -> Table:
    """A local table of stars, in the columns that this package uses.

    Parameters
    ----------
    table : path or Table
        In any format that astropy's Table reads: FITS, VOTable, ECSV, CSV, IPAC, fixed width ...
        Columns are recognised by the names that Gaia, VizieR, the TIC and the KIC have for them.

    Returns
    -------
    Table
        Of `tpfdash.stamp.catalogue.standard_stars`; `meta["notes"]` says what it lacks.

    Raises
    ------
    TPFError
        If it cannot be read, or has no position or no magnitude: it says which columns it has, and
        which were looked for.
    """
    if isinstance(table, Table):
        stars = standard_stars(table)
        stars.meta["source"] = "a table"
        return stars
    try:
        path = Path(os.fsdecode(table)).expanduser()
    except TypeError:
        raise TPFError(
            f"stars are in a {type(table).__name__}: it should be an astropy Table, or the path of "
            "a file with one."
        ) from None
    stars = standard_stars(_read(path), what=path.name)
    stars.meta["source"] = path.name
    return stars


def _read(path: Path) -> Table:
    if not path.is_file():
        raise TPFError(f"{path} is no file: it should be a table of stars.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Table.read(path)
        except Exception as first:  # each format has errors of its own
            try:
                return Table.read(path, format="ascii")
            except Exception:
                raise TPFError(
                    f"{path.name} cannot be read as a table ({in_brief(first)[:200]}): it should "
                    "be in a format of astropy's Table, as CSV, ECSV, FITS or VOTable."
                ) from first


def _stars(
    tpf: xr.Dataset,
    source: Any,
    around: tuple[float, float, float],
    faintest: float,
    stage: Stage,
    cancel: Cancel | None,
) -> Table:
    """The stars of a source, as yet without a place."""
    if not isinstance(source, str):  # a Table, compared with a word, would answer by element
        return read_stars(source)
    if source == "gaiaoffline":
        return offline_stars(around, faintest, stage=stage)
    if source == "tic":
        return tic_stars(around, stage=stage, cancel=cancel)
    if source == "gaia":
        return _gaia(tpf, around, faintest, stage, cancel)
    if not Path(source).expanduser().is_file():
        raise TPFError(
            f"{source!r} is no source of stars: it should be one of {', '.join(SOURCES)}, a Table, "
            "or the path of a file that is there."
        )
    return read_stars(source)


def _gaia(
    tpf: xr.Dataset,
    around: tuple[float, float, float],
    faintest: float,
    stage: Stage,
    cancel: Cancel | None,
) -> Table:
    """Gaia's stars, with TESS' numbers for them; whatever of the two can be had."""
    stars: Table | None = None
    refusal: TPFError | None = None
    try:
        stars = gaia_stars(around, faintest, stage=stage, cancel=cancel)
    except Cancelled:
        raise
    except TPFError as error:
        refusal = error
        if has_database():
            try:
                stars = offline_stars(around, faintest, stage=stage)
                add_note(stars, f"{in_brief(refusal)}: gaiaoffline has them.")
            except TPFError as another:
                refusal = TPFError(f"{in_brief(refusal)}; {in_brief(another)}.")
    if tpf.attrs["mission"] != "TESS":
        if stars is None:
            assert refusal is not None
            raise refusal
        return stars
    try:
        tic = tic_stars(around, stage=stage, cancel=cancel)
    except Cancelled:
        raise
    except TPFError as error:
        if stars is None:
            raise TPFError(f"{in_brief(refusal or error)}; {in_brief(error)}.") from error
        add_note(stars, f"No TESS ids, and Tmag worked out from Gaia's: {in_brief(error)}.")
        return stars
    if stars is None:
        add_note(tic, f"The stars are the TIC's: {in_brief(refusal) if refusal else ''}.")
        return tic
    name_by_tic(stars, tic)
    stars.meta["source"] += ", TIC"
    return stars


def _within(stars: Table, faintest: float, *, own_limit: bool) -> Table:
    """Stars down to a limit, 5000 at most; one of unknown magnitude stays."""
    values = np.where(np.isfinite(stars["g"]), stars["g"], stars["magnitude"])
    with np.errstate(invalid="ignore"):
        kept = stars[~(values > faintest)]
    if len(kept) > MOST:
        add_note(kept, f"There are {len(kept)} stars: these are the brightest {MOST}.")
        kept = kept[:MOST]
    if not len(kept):
        more = f", and {len(stars)} fainter ones" if len(stars) and own_limit else ""
        add_note(kept, f"There is no star on or beside the stamp down to {faintest:.1f}{more}.")
    return kept


def _checked(name: str, value: Any, low: float, high: float) -> float:
    try:
        number = float(value)
    except NO_NUMBER:
        number = np.nan
    if isinstance(value, bool) or not low < number <= high:
        raise TPFError(f"{name}={value!r}: it should be a number above {low:g}, up to {high:g}.")
    return number
