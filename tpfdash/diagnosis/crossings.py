"""`find_crossings`: what crosses a stamp, an asteroid say, found on the pixels wherever it goes.

A light curve shows it only where it touches the aperture. It is looked for as brightness that goes
on from pixel to pixel in a straight line, and has to be called a moving object by `diagnose`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy import ndimage

from tpfdash.diagnosis.diagnose import diagnose
from tpfdash.diagnosis.windows import Window, cadence_length, usable_cadences
from tpfdash.errors import TPFError
from tpfdash.photometry import aperture_photometry
from tpfdash.stamp.masks import as_mask, default_mask
from tpfdash.stamp.model import check_tpf
from tpfdash.timeseries.events.found import CROSSING, FoundEvent, FoundEvents
from tpfdash.timeseries.events.measure import measure_windows
from tpfdash.timeseries.series import as_cadences, kept_cadences
from tpfdash.version import __version__

__all__ = ["find_crossings", "with_crossings"]

#: Cadences are put together up to so many days: an asteroid moves a tenth of a pixel or more in it.
_STEP = 0.02
#: Frames whose median is the pixels' own level at a time: a day of them.
_AROUND = 49
#: Frames times pixels that are searched at most: two arrays of 8 bytes each.
_MOST = 40_000_000
#: How far above their scatter pixels are that may belong to something: with their neighbours.
_THRESHOLD = 4.0
#: A path has so many frames, goes so many pixels, and strays less from a straight line (rms).
_FRAMES, _PATH, _STRAY = 3, 1.5, 0.7
#: And it is as far above the scatter, over all of its frames.
_SNR = 8.0
#: Frames of what stands out together that are looked at: what lasts longer does not move.
_LONGEST = 150
#: Candidates, the strongest, that are diagnosed.
_DIAGNOSED = 40
#: What each pixel's neighbours count, as a star's image has it.
_IMAGE = np.array([[0.5, 1.0, 0.5], [1.0, 2.0, 1.0], [0.5, 1.0, 0.5]])

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class _Path:
    """Something that stands out in successive frames and moves: the first, the last, its S/N."""

    first: int
    last: int
    snr: float


def find_crossings(
    tpf: xr.Dataset,
    aperture: ArrayLike | None = None,
    *,
    good: np.ndarray | None = None,
    progress: Progress | None = None,
) -> FoundEvents:
    """Find what crosses a stamp, whether it touches the aperture or not.

    Each pixel less its own median of a day, over its scatter, with its neighbours as a star's
    image weighs them: what is 4 sigma above that and hangs together in pixels and time is followed.
    What goes 1.5 pixels or more in a straight line through three frames or more, at S/N 8 or above,
    is diagnosed, and given where `diagnose` calls it a moving object.

    Parameters
    ----------
    tpf : Dataset
    aperture : bool array (row, col), optional
        As `diagnose` takes it: what the depths are measured in.
    good : bool array (time,), optional
        The cadences to search. Default: those that the mission's default quality bitmask keeps;
        those without a time never are.
    progress : callable, optional
        Called with how much is done and how much there is to do; what it raises ends the search.

    Returns
    -------
    FoundEvents
        Of the kind "crossing", in order of time, ranked by S/N. Depth, below 0 where there is more
        light, is that of the light curve of the aperture in this window; `snr` that of what crosses
        over all of its pixels and frames.

    Raises
    ------
    TPFError
        Where the stamp has too many pixels and cadences to be searched, or an argument is no good.
    """
    tell = progress or (lambda done, total: None)
    check_tpf(tpf)
    shape = tpf["aperture"].shape
    mask = default_mask(tpf) if aperture is None else as_mask(aperture, shape)
    kept = kept_cadences(tpf) if good is None else as_cadences(good, tpf.sizes["time"], "good")
    rows, cube = _frames(tpf, kept)
    found = sorted(_paths(cube), key=lambda path: -path.snr)[:_DIAGNOSED]
    windows: list[Window] = []
    strengths: list[float] = []
    for done, path in enumerate(found):
        tell(done, len(found))
        window = _window(tpf, rows[path.first], rows[path.last])
        if diagnose(tpf, window, mask).verdict == "moving_object":
            windows.append(window)
            strengths.append(path.snr)
    tell(len(found), len(found))
    measured = measure_windows(aperture_photometry(tpf, mask), windows, good=kept)
    order = np.argsort(np.argsort(-np.array(strengths))) + 1
    events = [
        replace(event, kind=CROSSING, snr=strength, rank=int(rank))
        for event, strength, rank in zip(measured, strengths, order, strict=True)
    ]
    meta = {**measured.meta, "kinds": [CROSSING], "min_snr": _SNR, "tpfdash_version": __version__}
    return FoundEvents(sorted(events, key=lambda event: event.time), meta)


def with_crossings(events: FoundEvents, crossings: Iterable[FoundEvent]) -> FoundEvents:
    """The events of a light curve and what crosses the stamp beside them, ranked together.

    What the light curve shows too is one event, that of the light curve.
    """
    seen = [event.window for event in events]
    every = [*events, *(one for one in crossings if not _is_among(one.window, seen))]
    order = sorted(range(len(every)), key=lambda n: -every[n].snr)
    ranked = [replace(every[n], rank=rank) for rank, n in enumerate(order, 1)]
    return FoundEvents(sorted(ranked, key=lambda event: event.time), events.meta)


def _is_among(window: Window, others: Iterable[Window]) -> bool:
    """Whether half of a window, or of another, lies within the two."""
    t0, t1 = window
    return any(
        2 * (min(t1, end) - max(t0, start)) >= min(t1 - t0, end - start) for start, end in others
    )


def _frames(tpf: xr.Dataset, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The frames to search: float64 (frame, row, col), after their first and last cadence.

    Those are int (frame, 2). Each is the mean of the cadences of 0.02 d; NaN: without a flux.
    """
    at = usable_cadences(tpf["time"].values, kept)
    usual = cadence_length(tpf["time"].values[at])
    each = max(round(_STEP / usual), 1) if usual > 0 else 1
    count = at.size // each
    if count * tpf["aperture"].size > _MOST:
        raise TPFError(
            f"{count:,} frames of {tpf['aperture'].size:,} pixels are too many to be searched for "
            "what crosses them."
        )
    groups = at[: count * each].reshape(count, each)
    cube = np.empty((count, *tpf["aperture"].shape))
    flux = tpf["flux"].variable
    for n, group in enumerate(groups):
        frames = flux[group].values.astype(np.float64)
        seen = np.isfinite(frames)
        with np.errstate(invalid="ignore", divide="ignore"):
            cube[n] = np.where(seen, frames, 0).sum(axis=0) / seen.sum(axis=0)
    return groups[:, [0, -1]], cube


def _standing_out(cube: np.ndarray) -> np.ndarray:
    """How far each pixel, with its neighbours, is above its own level: float64, as the cube."""
    seen = np.isfinite(cube)
    used = seen.mean(axis=0) > 0.5
    level = ndimage.median_filter(np.where(seen, cube, 0), size=(_AROUND, 1, 1), mode="nearest")
    away = np.where(seen & used, cube - level, 0)
    # What all pixels do at once crosses nothing.
    away -= np.where(seen & used, np.median(away[:, used], axis=1)[:, None, None], 0)
    away /= _scatter(away) + 1e-12
    weights = _IMAGE / np.sqrt((_IMAGE**2).sum())
    near = ndimage.convolve(away, weights[None], mode="constant")
    # Neighbours' noise goes together: roll, background.
    return near / max(float(np.mean(_scatter(near)[used])), 1e-12)


def _scatter(values: np.ndarray) -> np.ndarray:
    return 1.4826 * np.median(np.abs(values), axis=0)


def _paths(cube: np.ndarray) -> Iterator[_Path]:
    """What stands out and moves."""
    if len(cube) < _AROUND or not (np.isfinite(cube).mean(axis=0) > 0.5).any():
        return
    standing = _standing_out(cube)
    labels, _ = ndimage.label(standing > _THRESHOLD, structure=np.ones((3, 3, 3)))
    for number, where in enumerate(ndimage.find_objects(labels), 1):
        frames = where[0].stop - where[0].start
        if _FRAMES <= frames <= _LONGEST:
            its = np.where(labels[where] == number, standing[where], 0)
            path = _straight(its)
            if path is not None:
                start = where[0].start
                yield replace(path, first=start + path.first, last=start + path.last)


def _straight(its: np.ndarray) -> _Path | None:
    """The strongest stretch of frames in which something goes in a straight line.

    Parameters
    ----------
    its : float64 array (frame, row, col)
        0 where nothing stands out.
    """
    total = its.sum(axis=(1, 2))
    if not (total > 0).all():  # parts of it touch in no frame of their own
        return None
    row, col = np.indices(its.shape[1:])
    place = np.stack([(its * axis).sum(axis=(1, 2)) / total for axis in (row, col)], axis=1)
    power = its.max(axis=(1, 2)) ** 2
    best = None
    for first in range(len(its) - _FRAMES + 1):
        for last in range(first + _FRAMES - 1, len(its)):
            snr = math.sqrt(power[first : last + 1].sum())
            if snr < _SNR or (best is not None and snr <= best.snr):
                continue
            path, stray = _line(place[first : last + 1])
            if path >= _PATH and stray < _STRAY:
                best = _Path(first, last, snr)
    return best


def _line(place: np.ndarray) -> tuple[float, float]:
    """(length, rms from it) of the straight line through places in successive frames, in pixels."""
    frame = np.arange(len(place)) - (len(place) - 1) / 2
    speed = frame @ place / (frame @ frame)
    left = place - place.mean(axis=0) - np.outer(frame, speed)
    return float(np.hypot(*speed)) * (len(place) - 1), float(np.sqrt((left**2).sum(axis=1).mean()))


def _window(tpf: xr.Dataset, first: np.ndarray, last: np.ndarray) -> Window:
    """From the first to the last cadence."""
    time = tpf["time"].values
    return float(time[first[0]]), float(time[last[1]])
