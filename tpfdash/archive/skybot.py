"""Known solar-system objects on the stamp at a cadence's time, by SkyBoT (IMCCE)."""

from __future__ import annotations

import os

import numpy as np
import xarray as xr
from astropy.coordinates import Angle
from astropy.table import Table
from astropy.time import Time

from tpfdash.archive.ask import Stage, ask, get, refuse_offline, server
from tpfdash.archive.stages import Cancel
from tpfdash.archive.tap import votable
from tpfdash.errors import TPFError
from tpfdash.missions import get_mission
from tpfdash.stamp.epoch import time_reference
from tpfdash.stamp.sky import cone, sky_state, to_detector

__all__ = ["solar_system_objects"]

_URL = "https://vo.imcce.fr/webservices/skybot"
#: Codes of the observatories: the spacecraft see parallax.
_PLACES = {"TESS": "C57", "Kepler": "C55", "K2": "C55"}
_MARGIN = 4.0
#: Positions worse than this, in arcsec, are not asked for.
_WORST = 120
#: Our column -> SkyBoT's, in small letters.
_TEXTS = {"name": "name", "number": "num", "class": "class"}
_NUMBERS = {"magnitude": "mv", "error": "errpos", "rate_ra": "dracosdec", "rate_dec": "ddec"}


def solar_system_objects(
    tpf: xr.Dataset, cadence: int, *, stage: Stage = None, cancel: Cancel | None = None
) -> Table:
    """Asteroids, comets and planets on and beside the stamp at one cadence.

    Parameters
    ----------
    tpf : Dataset
    cadence : int
        Index into the file. Its TIME is barycentric: TIMECORR is taken off it where there is one.
    stage, cancel
        As for `tpfdash.archive.stars.find_stars`. The service is IMCCE's, or what the environment
        variable `TPFDASH_SKYBOT` names: a URL without "/skybotconesearch_query.php".

    Returns
    -------
    Table
        `name`, `number` ("" for none), `class`, str; `magnitude` (V), `error` of the position
        (arcsec), `rate_ra` (cosine of the declination in it) and `rate_dec` (arcsec/h), `ra`,
        `dec` (deg, J2000) and `row`, `col` (detector pixels by the WCS). It can be empty.

    Raises
    ------
    TPFError
        Where the file's sky coordinates are not usable, the cadence has no time or is none,
        offline, or without an answer.
    """
    state, around = sky_state(tpf), cone(tpf, _MARGIN)
    if around is None:
        raise TPFError(f"{state.words[:-1]}, so that no moving object can be placed on it.")
    refuse_offline("known solar-system objects")
    at = _utc(tpf, cadence)
    base = (os.environ.get("TPFDASH_SKYBOT", "").strip() or _URL).rstrip("/")
    who = "SkyBoT" if base == _URL else f"the SkyBoT at {server(base)}"
    ra, dec, radius = around
    question = {
        "-ep": f"{at:.6f}",
        "-ra": f"{ra:.6f}",
        "-dec": f"{dec:.6f}",
        "-rd": f"{min(radius, 10.0):.6f}",
        "-loc": _PLACES[get_mission(tpf.attrs["mission"]).name],
        "-mime": "votable",
        "-output": "object",
        "-filter": str(_WORST),
        "-refsys": "EQJ2000",
        "-from": "tpfdash",
    }
    send = get(f"{base}/skybotconesearch_query.php", question)
    answer = ask(send, who, stage=stage, cancel=cancel)
    answer.refuse_error(who)
    found = _objects(answer.body, who)
    placed = to_detector(tpf, found["ra"], found["dec"])
    assert placed is not None  # the cone says so
    found["row"], found["col"] = placed.T
    found.meta |= {"source": who, "jd_utc": at}
    return found


def _utc(tpf: xr.Dataset, cadence: int) -> float:
    """JD (UTC) at which the spacecraft took a cadence."""
    time = tpf["time"].values
    if isinstance(cadence, bool) or not isinstance(cadence, int | np.integer):
        raise TPFError(f"cadence={cadence!r}: it should be an index into the file.")
    if not -time.size <= cadence < time.size:
        raise TPFError(f"cadence={cadence}: the file has {time.size} of them.")
    day = float(time[cadence])
    if not np.isfinite(day):
        raise TPFError(f"Cadence {cadence} has no time: there is no telling what was where then.")
    if "timecorr" in tpf.variables:
        correction = float(tpf["timecorr"].values[cadence])
        day -= correction if abs(correction) < 0.01 else 0.0  # light takes 500 s to the Sun
    return float(Time(time_reference(tpf), day, format="jd", scale="tdb").utc.jd)


def _objects(body: bytes, who: str) -> Table:
    if b"No solar system object" in body:
        return _table(None, who)
    try:
        parsed = votable(body)
    except Exception as error:  # the parsers' own families
        raise TPFError(
            f"{who} answered something that is no VOTable, or only a part of one: try again later."
        ) from error
    infos = [*parsed.infos, *(info for resource in parsed.resources for info in resource.infos)]
    for info in infos:
        if info.name == "QUERY_STATUS" and str(info.value).upper() == "ERROR":
            reason = " ".join(str(info.content or "no reason is given").split())[:200]
            raise TPFError(f"{who} could not answer ({reason}): try again later.")
    tables = list(parsed.iter_tables())
    if not tables or not len(tables[0].array):
        return _table(None, who)
    return _table(tables[0].to_table(use_names_over_ids=True), who)


def _table(theirs: Table | None, who: str) -> Table:
    names = {} if theirs is None else {name.lower(): name for name in theirs.colnames}
    size = 0 if theirs is None else len(theirs)
    if theirs is not None and not {"name", "ra", "dec"} <= names.keys():
        raise TPFError(f"{who} answered with a table that has no Name, RA and DEC.")
    made = Table()

    def values(name: str) -> list:
        return [] if theirs is None or name not in names else list(theirs[names[name]])

    for ours, name in _TEXTS.items():
        words = values(name) or [""] * size
        made[ours] = np.array([_word(value) for value in words], dtype="U64")
    for ours, name in _NUMBERS.items():
        made[ours] = np.array(
            [_number(value) for value in values(name) or [np.nan] * size], dtype=np.float64
        )
    for ours, unit in (("ra", "hourangle"), ("dec", "deg")):
        made[ours] = np.array([_angle(value, unit) for value in values(ours)], dtype=np.float64)
    return made


def _word(value: object) -> str:
    if value is None or value is np.ma.masked:
        return ""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return "" if text.strip() in ("", "-") else text.strip()


def _number(value: object) -> float:
    try:
        return float(_word(value))
    except ValueError:
        return np.nan


def _angle(value: object, unit: str) -> float:
    """A position as it comes: "04 21 57.4", or degrees."""
    text = _word(value)
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(Angle(text, unit=unit).deg)
    except ValueError:
        return np.nan
