"""An event in numbers: how deep, how long, how sure, and how far from the target.

Each error is what the same measurement gives at quiet places of the same file, so that pointing,
trends and whatever else is in there on the event's time scale is in it. What cannot be measured
is NaN or None, and is said in words. The images are `tpfdash.diagnosis.difference`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from tpfdash.diagnosis.difference import DifferenceImage, difference_image
from tpfdash.diagnosis.numbers import in_ppm
from tpfdash.diagnosis.offset import SIGNIFICANT, Offset, measure_offset
from tpfdash.diagnosis.quiet import (
    QuietPlaces,
    filter_response,
    quiet_differences,
    quiet_places,
)
from tpfdash.diagnosis.windows import (
    Place,
    Shape,
    Window,
    as_windows,
    cadence_length,
    places,
    usable_cadences,
)

__all__ = ["Event", "measure_event"]

#: Without this many quiet places that do not overlap, no error is known.
FEWEST_PLACES = 10


@dataclass(frozen=True)
class Event:
    """What is measured of an event; NaN or None where it cannot be, and `reasons` says why.

    Parameters
    ----------
    sign : str
        "dimming" or "brightening" of the aperture; of the pixels that stand out where the
        aperture has no light curve; "" without either.
    depth, depth_err : float
        Level beside the windows less the mean in them, in `unit`: below 0 for a brightening.
    level : float
        Mean of the flanks, in `unit`.
    unit : str
        Of the light curve.
    duration : float
        Days from the first to the last cadence of a window, half a cadence added on each side;
        the mean of several windows.
    n_cadences, n_windows : int
        Cadences in the windows; windows that hold any and have some beside them.
    t0, t1 : float
        Ends of the first window in time, half a cadence before its first cadence and after its
        last one, in the file's days.
    offset : Offset or None
    reasons : dict
        "depth", "relative", "error", "offset" -> why it is not available.
    """

    sign: str
    depth: float
    depth_err: float
    level: float
    unit: str
    duration: float
    n_cadences: int
    n_windows: int
    t0: float
    t1: float
    offset: Offset | None
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def middle(self) -> float:
        """Middle of the first window in time, in the file's days."""
        return (self.t0 + self.t1) / 2

    @property
    def snr(self) -> float:
        """S/N: the depth over its error, not negative; NaN where either is not known."""
        return abs(self.depth) / self.depth_err

    @property
    def depth_ppm(self) -> float:
        """Depth by the level beside the windows, in ppm; NaN where that level is not above 0."""
        return in_ppm(self.depth, self.level)

    @property
    def depth_ppm_err(self) -> float:
        """Error of `depth_ppm`."""
        return in_ppm(self.depth_err, self.level)

    @property
    def sentence(self) -> str:
        """Where the event comes from, in a sentence without a full stop."""
        if self.offset is None:
            return self.reasons["offset"]
        said = self.offset.sentence(self.reasons.get("error", ""))
        return said if self.offset.sign == self.sign else f"a {self.offset.sign}, {said}"


def measure_event(
    tpf: xr.Dataset,
    flux: np.ndarray,
    windows: Window | Sequence[Window],
    good: np.ndarray | None = None,
    aperture: np.ndarray | None = None,
    *,
    difference: DifferenceImage | None = None,
    unit: str = "e-/s",
) -> Event:
    """Measure an event that is seen in one window, or in several.

    The depth is the response of the filter "mean of two flanks, each as long as the event, less
    the mean in the window" on the light curve, its error the robust scatter of the same filter at
    quiet places of the file. Several windows count by their cadences.

    The offset is that of the difference image's centroid from the star's. The difference images at
    up to 200 quiet places are added to the event's own, one by one, and its centroid measured
    again: the robust covariance of these is that of the offset. It is never taken to be less than
    what the noise from cadence to cadence alone would make it, which counts where the places are
    few. With fewer than 10 that do not overlap, no error is known.

    Parameters
    ----------
    tpf : Dataset
        Lazy cubes are read by blocks of cadences and not kept.
    flux : float array (time,)
        The aperture's light curve; NaN where it has no value.
    windows : (t0, t1), or a sequence of them
        As `tpfdash.diagnosis.difference_image` takes them.
    good : bool array (time,), optional
        Cadences to use; by default those with no quality flag.
    aperture : bool array (row, col), optional
        Where the star's brightest pixel is; all of the stamp by default, and if it is empty.
    difference : DifferenceImage, optional
        That of the same windows and cadences, where it is there already.
    unit : str
        Of `flux`, for a reader.

    Raises
    ------
    TPFError
        Where no window, or the time beside none of them, holds a usable cadence.
    """
    if good is None:
        good = tpf["quality"].values == 0
    order = usable_cadences(tpf["time"].values, good)
    times, flux = tpf["time"].values[order], np.asarray(flux, dtype=np.float64)[order]
    found = places(times, as_windows(windows))
    if difference is None:
        difference = difference_image(tpf, windows, good)
    quiet = {
        shape: quiet_places(times, flux, shape, found, tpf["aperture"].size)
        for shape in dict.fromkeys(place.shape for place in found)
    }
    independent = min(each.independent for each in quiet.values())
    level, depth, depth_err, reasons = _measure_depth(flux, found, quiet, independent)
    noise = None
    if independent >= FEWEST_PLACES:
        images = quiet_differences(tpf, order, list(quiet.values()))
        noise = _joint(found, dict(zip(quiet, images, strict=True)))
    # What the aperture surely does is looked for in the pixels; else whatever is strongest there.
    sure = abs(depth) >= SIGNIFICANT * depth_err
    offset, reason = measure_offset(
        tpf, difference, aperture, np.sign(depth) if sure else 0.0, noise, independent
    )
    if reason:
        reasons["offset"] = reason
    if np.isfinite(depth):
        sign = "dimming" if depth >= 0 else "brightening"
    else:
        sign = offset.sign if offset else ""
    half = cadence_length(times) / 2
    ends = [(times[place.begin] - half, times[place.end - 1] + half) for place in found]
    return Event(
        sign=sign,
        depth=depth,
        depth_err=depth_err,
        level=level,
        unit=unit,
        duration=float(np.mean([t1 - t0 for t0, t1 in ends])),
        n_cadences=sum(place.shape[1] for place in found),
        n_windows=len(found),
        t0=float(ends[0][0]),
        t1=float(ends[0][1]),
        offset=offset,
        reasons=reasons,
    )


def _measure_depth(
    flux: np.ndarray, found: Sequence[Place], quiet: dict[Shape, QuietPlaces], independent: float
) -> tuple[float, float, float, dict[str, str]]:
    """Level, depth and its error, NaN where not available, and what is not available and why."""
    reasons = {}
    level, depth = _level_and_depth(flux, found)
    error = _depth_error(found, quiet)
    if independent < FEWEST_PLACES:
        reasons["error"] = (
            f"this file has room for {int(independent)} quiet places as long as the event, and "
            f"{FEWEST_PLACES} are needed"
        )
    if not np.isfinite(depth):
        reasons["depth"] = "the aperture has no light curve in the window and beside it"
    elif not level > 0:
        reasons["relative"] = "the level beside the window is not above 0"
    if "depth" not in reasons and "error" not in reasons and not error > 0:
        reasons["error"] = "the light curve has no noise at quiet places"
    return level, depth, np.nan if {"depth", "error"} & reasons.keys() else error, reasons


def _level_and_depth(flux: np.ndarray, found: Sequence[Place]) -> tuple[float, float]:
    """Mean level beside the windows and mean depth, both by the cadences of the windows.

    NaN where no window has values in it and on all sides that it has flanks on.
    """
    total = np.zeros(3)
    for place in found:
        inside = flux[place.begin : place.end]
        depth = filter_response(flux[place.before : place.after], place.shape)[0]
        if np.isfinite(depth):
            level = depth + np.mean(inside[np.isfinite(inside)])
            total += place.shape[1] * np.array([level, depth, 1])
    if not total[2]:
        return np.nan, np.nan
    return float(total[0] / total[2]), float(total[1] / total[2])


def _depth_error(found: Sequence[Place], quiet: dict[Shape, QuietPlaces]) -> float:
    """Error of the mean depth of windows, each counting by its cadences."""
    lengths = np.array([place.shape[1] for place in found])
    scatters = np.array([quiet[place.shape].scatter for place in found])
    return float(np.hypot.reduce(lengths * scatters) / lengths.sum())


def _joint(found: Sequence[Place], images: dict[Shape, np.ndarray]) -> np.ndarray:
    """What noise alone gives for all windows together: float64 array (draw, row, col).

    Each draw takes another quiet place for each window.
    """
    draws = np.arange(max(len(each) for each in images.values()))
    total = sum(place.shape[1] for place in found)
    joint = np.zeros((draws.size, *next(iter(images.values())).shape[1:]))
    for number, place in enumerate(found):
        each = images[place.shape]
        joint += (
            place.shape[1] / total * each[(draws + number * len(each) // len(found)) % len(each)]
        )
    return joint
