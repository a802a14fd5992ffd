"""What a record keeps to be looked at: a short light curve and a small image, in few digits.

How they are drawn is for whoever shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from tpfdash.diagnosis.diagnose import Diagnosis
from tpfdash.diagnosis.windows import Window, cadence_length
from tpfdash.errors import NO_NUMBER
from tpfdash.stamp.geometry import corner

__all__ = [
    "SIDE",
    "SmallCurve",
    "SmallImage",
    "curve_of",
    "image_of",
    "small_curve",
    "small_image",
]

#: Points of a light curve, at most.
_POINTS = 60
#: What is shown on each side of a window: so many of its lengths, but some cadences at least.
_BESIDE, _FEWEST = 1.5, 12
#: Pixels along a side of an image, at most.
SIDE = 15
#: Steps between the lowest and the highest number, at least.
_STEPS = 300


def small_curve(lightcurve: xr.Dataset, windows: list[Window]) -> dict[str, Any] | None:
    """The light curve in and around an event's windows, in bins.

    Parameters
    ----------
    lightcurve : Dataset
        Of `aperture_photometry`, with `flux` and `time`.
    windows : list of (t0, t1)
        Of one event, in the light curve's days. Several are laid one over the other, by their
        middles.

    Returns
    -------
    dict or None
        `start` and `end` (days: the bins' outer edges; of several windows from the middle),
        `window` ((t0, t1) on the same axis), `windows` (how many), `flux` (the mean in each bin,
        None where no cadence has a flux) and its `unit`: "ppm" of the light beside the event, or
        the light curve's own less that light, where it is not above 0. None without any flux.
    """
    time, flux = lightcurve["time"].values, lightcurve["flux"].values.astype(np.float64)
    good = np.isfinite(time) & np.isfinite(flux)
    time, flux = time[good], flux[good]
    if not windows or not time.size:
        return None
    middles = np.sort([(t0 + t1) / 2 for t0, t1 in windows])
    half = float(np.median([t1 - t0 for t0, t1 in windows])) / 2
    cadence = cadence_length(np.sort(time))
    cadence = cadence if np.isfinite(cadence) else max(2 * half, 1.0)
    reach = half + max(_BESIDE * 2 * half, _FEWEST * cadence)
    nearest = np.searchsorted((middles[1:] + middles[:-1]) / 2, time)
    after = time - middles[nearest]
    near = np.abs(after) <= reach
    after, flux = after[near], flux[near]
    if not flux.size:
        return None
    beside = np.abs(after) > half
    level = float(np.median(flux[beside] if beside.any() else flux))
    relative = level > 0
    count = int(np.clip(round(2 * reach / cadence), 1, _POINTS))
    bins = np.minimum(((after + reach) / (2 * reach) * count).astype(int), count - 1)
    number = np.bincount(bins, minlength=count)
    total = np.bincount(bins, weights=flux - level, minlength=count)
    with np.errstate(invalid="ignore"):
        mean = total / number
    zero = float(middles[0]) if len(windows) == 1 else 0.0
    return {
        "start": round(zero - reach, 6),
        "end": round(zero + reach, 6),
        "window": [round(zero - half, 6), round(zero + half, 6)],
        "windows": len(windows),
        "flux": few_digits(mean * 1e6 / level if relative else mean),
        "unit": "ppm" if relative else str(lightcurve["flux"].attrs.get("units", "")),
    }


def small_image(
    tpf: xr.Dataset, said: Diagnosis, aperture: np.ndarray, side: int = SIDE
) -> dict[str, Any] | None:
    """The difference image of an event around the aperture.

    Parameters
    ----------
    tpf : Dataset
    said : Diagnosis
        Of this file.
    aperture : bool array (row, col)
    side : int
        Pixels along each side, at most.

    Returns
    -------
    dict or None
        `row` and `col` (of the first pixel, on the detector), `image` (rows of numbers in e-/s, as
        `EventImages.image`, None where not measured), `aperture` (rows of "0" and "1"). None where
        there is no image.
    """
    images = said.difference
    if images is None:
        return None
    row, col = (
        _first(np.flatnonzero(aperture.any(axis=1 - axis)), length, side)
        for axis, length in enumerate(aperture.shape)
    )
    part = slice(row, row + side), slice(col, col + side)
    image = images.image[part]
    first_row, first_col = corner(tpf)
    numbers = few_digits(image.ravel())
    width = image.shape[1]
    return {
        "row": int(first_row) + row,
        "col": int(first_col) + col,
        "image": [numbers[at : at + width] for at in range(0, len(numbers), width)],
        "aperture": ["".join("01"[int(one)] for one in line) for line in aperture[part]],
    }


def _first(inside: np.ndarray, length: int, side: int) -> int:
    """Where a part of `side` pixels begins, of `length`, with what is `inside` in its middle."""
    middle = (inside[0] + inside[-1]) // 2 if inside.size else length // 2
    return int(np.clip(middle - side // 2, 0, max(length - side, 0)))


def few_digits(values: np.ndarray) -> list[float | int | None]:
    """Numbers rounded to a step that their range holds some hundreds of; None for NaN."""
    known = values[np.isfinite(values)]
    spread = float(np.ptp(known)) if known.size else 0.0
    decimals = int(np.ceil(np.log10(_STEPS / spread))) if spread > 0 else 0
    return [
        None
        if not np.isfinite(value)
        else round(float(value), decimals)
        if decimals > 0
        else int(round(float(value), decimals))
        for value in values
    ]


# -- read again ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class SmallCurve:
    """A light curve as `small_curve` makes it: `time` is the middle of each bin, float64 (n,)."""

    time: np.ndarray
    flux: np.ndarray
    start: float
    end: float
    window: Window
    windows: int
    unit: str


@dataclass(frozen=True, eq=False)
class SmallImage:
    """A difference image as `small_image` makes it.

    `image` is float64 (rows, cols), `aperture` bool likewise; `row` and `col` are the detector's of
    the first pixel.
    """

    image: np.ndarray
    aperture: np.ndarray
    row: int
    col: int


def curve_of(event: Mapping[str, Any]) -> SmallCurve | None:
    """The light curve that an event of a record keeps; None where none is, or it is no good."""
    try:
        kept = event["curve"]
        start, end, *window = map(float, (kept["start"], kept["end"], *kept["window"]))
        flux = _numbers(kept["flux"])
        ends = [start, end, *window]
        if len(window) != 2 or flux.ndim != 1 or not np.isfinite(flux).any() or not start < end:
            return None
        if not np.isfinite(ends).all():
            return None
        step = (end - start) / flux.size
        time = start + step * (np.arange(flux.size) + 0.5)
        return SmallCurve(
            time, flux, start, end, (window[0], window[1]), int(kept["windows"]), str(kept["unit"])
        )
    except (KeyError, *NO_NUMBER):
        return None


def image_of(event: Mapping[str, Any]) -> SmallImage | None:
    """The difference image likewise."""
    try:
        kept = event["image"]
        image = _numbers(kept["image"])
        aperture = np.array([[one == "1" for one in line] for line in kept["aperture"]], dtype=bool)
        if image.ndim != 2 or image.shape != aperture.shape or not 0 < image.size <= SIDE**2:
            return None
        return SmallImage(image, aperture, int(kept["row"]), int(kept["col"]))
    except (KeyError, *NO_NUMBER):
        return None


def _numbers(values: Any) -> np.ndarray:
    """Nested lists of numbers and None as an array, NaN for None and what is not finite."""
    array = np.array(values, dtype=np.float64)
    return np.where(np.isfinite(array), array, np.nan)
