"""What is measured of each aperture: pixels and flux at once, what takes longer in the background.

How it is measured is `tpfdash.diagnosis.aperture`, `tpfdash.diagnosis.depths` and
`tpfdash.timeseries.scatter`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from tpfdash.cards.background import Background, Job, Progress
from tpfdash.diagnosis.aperture import BestAperture, aperture_numbers
from tpfdash.diagnosis.depths import ApertureDepth, depth_by_aperture
from tpfdash.diagnosis.numbers import with_error
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.timeseries.scatter import scatter_ppm
from tpfdash.views.live import served_document

__all__ = ["HEADINGS", "ApertureNumbers"]

#: Hours of the means whose scatter is given.
_HOURS = 6.5
#: Column -> (heading, what that means).
HEADINGS = {
    "pixels": ("pixels", "How many there are in it."),
    "depth": (
        "depth",
        "Of the event in the window, with its error, by the same shape in time in each.",
    ),
    "share": (
        "target in it",
        "Share of the target's light that is in it, as FLFRCSAP; by a PRF fitted to this file.",
    ),
    "crowd": (
        "is target",
        "Share of the light in it that is the target's, as CROWDSAP; neighbours by the catalogue "
        "where stars were looked up, else by what stands out of the stamp.",
    ),
    "snr": ("S/N", "Of the target's light in it, in one cadence."),
    "scatter": (
        f"{_HOURS:g} h scatter",
        f"Of means over {_HOURS:g} hours, after a trend of a day is taken off: like CDPP.",
    ),
    "flux": ("flux", "Median over the cadences that are kept, less the background, if any."),
}
#: Seconds without a further change before what takes longer is begun: a thread that works hard
#: would keep clicks waiting.
_REST = 0.3
_PENDING, _NOT_MEASURED = "…", "not measurable"


@dataclass(frozen=True)
class _Measured:
    """What takes longer, of one mask; None and NaN where it cannot be measured."""

    numbers: BestAperture | None
    scatter: float


class ApertureNumbers:
    """The numbers of an Inspector's apertures, each worked out once a mask.

    Parameters
    ----------
    inspector : Inspector
    tell : callable
        Called, by the page's loop, when there are new ones.
    """

    #: What they are made of.
    follows = ("apertures", "curve_of", "background", "good", "transform", "stars", "answer")

    def __init__(self, inspector: Inspector, tell: Callable[[], None]):
        self._inspector = inspector
        self._tell = tell
        self._background = Background(Progress())
        self._measured: dict[bytes, _Measured] = {}
        self._of: list[Any] = []
        self._depths: dict[bytes, ApertureDepth] = {}
        self._answer: Any = None

    @property
    def columns(self) -> list[str]:
        """Those of `HEADINGS` that there are now: no depth without a window."""
        return [name for name in HEADINGS if name != "depth" or self._inspector.windows]

    def texts(self, mask: np.ndarray) -> dict[str, str]:
        """What is known of a mask by now, by columns."""
        inspector, key = self._inspector, mask.tobytes()
        _, median = inspector.curve_of(mask)
        unit = inspector.summed_unit
        out = {
            "pixels": f"{int(mask.sum()):,}",
            "flux": f"{median:,.0f} {unit}".strip() if np.isfinite(median) else "none",
        }
        known = self._measured.get(key) if self._is_up_to_date() else None
        if known is None:
            out |= dict.fromkeys(("share", "crowd", "snr", "scatter"), _PENDING)
        else:
            out |= _number_texts(known)
        if inspector.windows:
            depth = self._depths.get(key) if self._answer is inspector.answer else None
            out["depth"] = _PENDING if depth is None else _depth_text(depth)
        return out

    def depths(self) -> dict[str, ApertureDepth]:
        """Name -> depth of the window's event, of those that are known by now."""
        if self._answer is None or self._answer is not self._inspector.answer:
            return {}
        masks = self._inspector.apertures
        known = {name: self._depths.get(mask.tobytes()) for name, mask in masks.items()}
        return {name: depth for name, depth in known.items() if depth is not None}

    def bring_up(self) -> None:
        """Measure what is not known yet, in the background."""
        inspector = self._inspector
        if not self._is_up_to_date():
            self._of, self._measured = self._made_of(), {}
        if self._answer is not inspector.answer:
            self._answer, self._depths = inspector.answer, {}
        masks = {mask.tobytes(): mask for mask in inspector.apertures.values()}
        curves = {
            key: inspector.curve_of(mask)[0]
            for key, mask in masks.items()
            if key not in self._measured
        }
        deep = [key for key in masks if self._answer is not None and key not in self._depths]
        if curves or deep:
            rest = 0.0 if served_document() is None else _REST
            self._background.start(lambda job: self._work(job, rest, masks, curves, deep))

    def _made_of(self) -> list[Any]:
        inspector = self._inspector
        return [inspector.background, inspector.good, inspector.transform, inspector.stars]

    def _is_up_to_date(self) -> bool:
        made_of = self._made_of()
        return len(self._of) == len(made_of) and all(
            one is other for one, other in zip(self._of, made_of, strict=True)
        )

    def _work(self, job: Job, rest: float, masks, curves, deep) -> Callable[[], None]:
        """Depths first, which are quick; then the rest, one mask after the other."""
        inspector, of, answer = self._inspector, self._of, self._answer
        tpf, time = inspector.tpf, inspector.time
        _, good, _, stars = of
        if deep:
            windows = list(answer.windows)
            named = {key.hex(): masks[key] for key in deep}
            found = depth_by_aperture(tpf, windows, named, found=answer)
            depths = {key: found[key.hex()] for key in deep}
            job.have(lambda: self._take(self._depths, depths))
        for key, flux in curves.items():
            if job.cancel.wait(rest):
                break
            rest = 0.0
            lightcurve = xr.Dataset({"flux": ("time", flux)}, coords={"time": time})
            measured = _Measured(_numbers(tpf, masks[key], stars), _scatter(lightcurve, good))
            job.have(lambda key=key, measured=measured: self._take(self._measured, {key: measured}))
        return lambda: None

    def _take(self, kept: dict, found: dict) -> None:
        kept |= found
        self._tell()


def _numbers(tpf: xr.Dataset, mask: np.ndarray, stars: Any) -> BestAperture | None:
    try:
        stars = stars if stars is not None and len(stars) else None
        return aperture_numbers(tpf, mask, stars=stars)
    except TPFError:
        return None


def _scatter(lightcurve: xr.Dataset, good: np.ndarray) -> float:
    try:
        return scatter_ppm(lightcurve, _HOURS, good=good)
    except TPFError:
        return np.nan


def _number_texts(known: _Measured) -> dict[str, str]:
    numbers, scatter = known.numbers, known.scatter
    out = dict.fromkeys(("share", "crowd", "snr"), _NOT_MEASURED)
    if numbers is not None:
        values = {
            "share": (numbers.flfrcsap, ".0%"),
            "crowd": (numbers.crowdsap, ".1%"),
            "snr": (numbers.snr, ",.0f"),
        }
        out |= {name: format(v, how) for name, (v, how) in values.items() if np.isfinite(v)}
    out["scatter"] = f"{scatter:,.0f} ppm" if np.isfinite(scatter) else _NOT_MEASURED
    return out


def _depth_text(depth: ApertureDepth) -> str:
    if not np.isfinite(depth.depth_ppm):
        return _NOT_MEASURED
    return f"{with_error(depth.depth_ppm, depth.depth_ppm_err)} ppm"
