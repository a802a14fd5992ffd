"""One file: its events, and what each is. Plain values in and out, for other processes."""

from __future__ import annotations

import os
import time
from typing import Any, cast

import numpy as np
import xarray as xr

from tpfdash.diagnosis.bulk.pictures import small_curve, small_image
from tpfdash.diagnosis.diagnose import Diagnosis, diagnose, plain
from tpfdash.diagnosis.why import why
from tpfdash.diagnosis.windows import Window
from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.io.open import open_tpf
from tpfdash.photometry import aperture_photometry
from tpfdash.stamp.masks import default_mask
from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.timeseries.events.find import find_events
from tpfdash.timeseries.series import kept_cadences

__all__ = ["Events", "answer", "as_events"]

#: Which events are asked about: "auto", a window, or the transits of an ephemeris as one event.
Events = str | Window | Ephemeris

#: What a record keeps of a Diagnosis.
_KEPT = (
    *("verdict", "confidence", "probabilities", "sentence", "reason", "windows"),
    *("depth", "depth_err", "depth_ppm", "depth_ppm_err", "duration", "snr"),
    *("position", "offset", "offset_arcsec", "covariance", "covariance_arcsec", "offset_sigma"),
    *("target", "reference"),
)
#: And of an event that was found in the light curve.
_FOUND = ("kind", "rank", "time", "start", "end", "shape", "flagged")
_WANTED = '"auto", two times "T0,T1" or an ephemeris "PERIOD,T0,DURATION", in days'


def as_events(events: Any) -> Events:
    """Which events are asked about, of what a user may write.

    Parameters
    ----------
    events : "auto", "T0,T1", "PERIOD,T0,DURATION", (t0, t1) or Ephemeris

    Raises
    ------
    TPFError
        On anything else.
    """
    if isinstance(events, Ephemeris):
        if not events.duration > 0:
            raise TPFError("the ephemeris has no duration: it should have one, for its windows.")
        return events
    if isinstance(events, str):
        if events.strip() == "auto":
            return "auto"
        events = events.split(",")
    try:
        numbers = [float(number) for number in events]
    except NO_NUMBER:
        numbers = []
    if len(numbers) == 2 and numbers[0] < numbers[1]:
        return numbers[0], numbers[1]
    if len(numbers) == 3:
        return Ephemeris(numbers[0], numbers[1], numbers[2])
    raise TPFError(f"events is {events!r}: it should be {_WANTED}.")


def answer(source: str | os.PathLike, events: Events, most: int) -> dict[str, Any]:
    """The events of one file, as plain values that JSON has words for.

    Parameters
    ----------
    source : path or URI
    events : "auto", (t0, t1) or Ephemeris
        "auto": those that `find_events` finds in the light curve of the pipeline's aperture, at the
        cadences that the mission's default quality bitmask keeps.
    most : int
        How many of those are diagnosed, the strongest.

    Returns
    -------
    dict
        `source`, `seconds`; `mission`, `object`, `id`, `cadences`,
        `found` (how many events there are), `events` (a dict for each that was diagnosed, with a
        `curve` and an `image` to be looked at: see `tpfdash.diagnosis.bulk.pictures`); or `error`,
        a sentence, in place of these.
    """
    began = time.perf_counter()
    record: dict[str, Any] = {"source": os.fspath(source)}
    try:
        record |= _answered(open_tpf(source), events, most)
    except TPFError as error:
        record["error"] = str(error)
    except Exception as error:  # a fault of ours in one file is not to stop the others
        record["error"] = f"a fault of tpfdash's: {type(error).__name__}: {error}"
    record["seconds"] = round(time.perf_counter() - began, 3)
    return record


def _answered(tpf: xr.Dataset, events: Events, most: int) -> dict[str, Any]:
    aperture = default_mask(tpf)
    lightcurve = aperture_photometry(tpf, aperture)

    def said_of(windows: Window | list[Window]) -> dict[str, Any]:
        return _kept(tpf, lightcurve, aperture, diagnose(tpf, windows, aperture))

    made = []
    if events == "auto":
        found = find_events(lightcurve, good=kept_cadences(lightcurve))
        count = len(found)
        for event in found.strongest(most):
            facts = event.to_dict()
            made.append({name: facts[name] for name in _FOUND} | said_of(event.window))
    else:
        count = 1
        made.append(said_of(_windows(tpf, events)))
    facts = {name: plain(tpf.attrs.get(name)) for name in ("mission", "object", "id")}
    return facts | {"cadences": int(tpf.sizes["time"]), "found": count, "events": made}


def _windows(tpf: xr.Dataset, events: Events) -> list[Window]:
    if not isinstance(events, Ephemeris):
        return [cast(Window, events)]
    windows = events.windows(tpf["time"].values)
    if not windows:
        raise TPFError("no event of this ephemeris lies in the file.")
    return windows


def _kept(
    tpf: xr.Dataset, lightcurve: xr.Dataset, aperture: np.ndarray, said: Diagnosis
) -> dict[str, Any]:
    whole = said.to_dict()
    return {name: whole[name] for name in _KEPT} | {
        "why": why(said),
        "curve": small_curve(lightcurve, list(said.windows)),
        "image": small_image(tpf, said, aperture),
    }
