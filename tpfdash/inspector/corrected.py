"""The light curve with its corrections, worked out once, in whatever thread; no Inspector here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.inspector.question import Once
from tpfdash.missions import Mission
from tpfdash.timeseries.corrections import (
    CORRECTIONS,
    Bin,
    Correction,
    RemovePointing,
    corrected,
)
from tpfdash.timeseries.scatter import scatter_ppm
from tpfdash.timeseries.transform import transformed

__all__ = [
    "SCATTER_HOURS",
    "Curve",
    "Windows",
    "binned",
    "can_protect",
    "each_cadence",
    "in_words",
    "protected",
    "scatters",
    "seconds",
    "switched",
]

Windows = tuple[tuple[float, float], ...]

#: Steps that are remembered for who switches one on again.
_KEPT = 8
#: Length of the means whose scatter a correction is judged by.
SCATTER_HOURS = 6.0
#: Seconds a cadence that corrections take, measured: of the pointing where the spacecraft rolls, of
#: the pointing elsewhere, of others; and so many seconds a click may wait for.
_ROLL, _POINTING, _OTHER, _PATIENCE = 3e-4, 4e-5, 1.4e-5, 0.1


class Curve(Once):
    """An aperture's light curve, corrected, then changed by the user's function.

    Parameters
    ----------
    raw : Once
        Its answer is the light curve as `aperture_photometry` gives it.
    bits : int
        The QUALITY bits that leave a cadence out.
    good : bool array (time,)
        The cadences that the quality choice keeps.
    corrections : tuple of Correction
        Of those that keep the cadences.
    windows : tuple of (t0, t1)
        What happens in them is left out of what is fitted.
    transform : callable or None
        As `tpfdash.timeseries.transform` takes it.
    before : Curve, optional
        The one that was looked at before.

    Attributes
    ----------
    instead : Dataset or None
        The answer for other windows, all else being the same, where it is known.
    """

    def __init__(
        self,
        raw: Once,
        bits: int,
        good: np.ndarray,
        corrections: tuple[Correction, ...],
        windows: Windows,
        transform: Callable[[xr.Dataset], xr.Dataset] | None,
        before: Curve | None = None,
    ):
        self._raw, self._bits, self._good, self._transform = raw, bits, good, transform
        self._corrections = corrections
        self._known: dict[tuple[Correction, ...], _Step] = {}
        self._took = 0.0  # seconds of the user's function
        if before is not None and before._transform is transform:
            self._took = before._took
        self.instead: xr.Dataset | None = None
        if before is not None and before._raw is raw and before._good is good:
            self._known |= list(before._known.items())[-_KEPT:]
            if self.is_like(before):
                self.instead = before.answer() if before.answered else before.instead
        self._steps = self._steps_of(protected(corrections, windows))
        super().__init__(self._make)

    def _make(self) -> xr.Dataset:
        made = _corrected(self._raw.answer(), self._steps[-1:], self._good)
        made = made.assign_attrs(quality_bitmask=self._bits)
        if self._transform is None:
            return made
        began = time.monotonic()
        made = transformed(made, self._good, self._transform)
        self._took = time.monotonic() - began
        return made

    def _steps_of(self, corrections: tuple[Correction, ...]) -> list[_Step]:
        """A step for each correction; of those that are known the same ones."""
        steps: list[_Step] = []
        for n, correction in enumerate(corrections, start=1):
            last = steps[-1] if steps else self._raw
            step = self._known.pop(corrections[:n], None) or _Step(correction, last, self._good)
            self._known[corrections[:n]] = step  # the latest
            steps.append(step)
        return steps

    def takes_long(self, mission: Mission) -> bool:
        """Whether somebody who clicks would notice that it is worked out now.

        The user's function takes as long as it took last.
        """
        to_do = [step.correction for step in self._steps if not step.answered]
        return self._took + seconds(to_do, self._good.size, mission) > _PATIENCE

    def is_like(self, other: Curve) -> bool:
        """Whether another differs at most in the windows that are left out of what is fitted."""
        return (
            self._raw is other._raw
            and self._good is other._good
            and self._transform is other._transform
            and (self._bits, self._corrections) == (other._bits, other._corrections)
        )


class _Step(Once):
    """One correction of what another step, or the photometry, gives."""

    def __init__(self, correction: Correction, before: Once, good: np.ndarray):
        self.correction = correction
        super().__init__(lambda: corrected(before.answer(), correction, good=good))


def _corrected(lightcurve: xr.Dataset, last: list[_Step], good: np.ndarray) -> xr.Dataset:
    """What the last step gives, read-only; without a flux, and with `trouble`, where it cannot."""
    if not last or not np.isfinite(lightcurve["flux"].values[good]).any():
        return lightcurve
    try:
        made = last[0].answer()
    except TPFError as error:
        none = {name: lightcurve[name] * np.nan for name in ("flux", "flux_err")}
        made = lightcurve.assign(none | {"flux_raw": lightcurve["flux"]})
        made.attrs |= {"trouble": str(error), "corrections": (f"could not be corrected: {error}",)}
        for name in none:
            made[name].attrs = lightcurve[name].attrs
    for name in ("flux", "flux_err"):
        made[name].values.flags.writeable = False
    return made


def binned(lightcurve: xr.Dataset, width: Correction, good: np.ndarray) -> xr.Dataset | None:
    """A light curve over the bins of a `Bin`; None where no cadence has a flux."""
    try:
        return width.apply(lightcurve, good)
    except TPFError:
        return None


def each_cadence(corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    """Those that keep a light curve's cadences: all but `Bin`."""
    return tuple(each for each in corrections if each.keeps_cadences)


def can_protect(corrections: Iterable[Correction]) -> bool:
    """Whether any of them can leave windows out of what it fits."""
    return any(hasattr(each, "windows") for each in corrections)


def protected(corrections: tuple[Correction, ...], windows: Windows) -> tuple[Correction, ...]:
    """The same corrections, that leave windows out of what they fit, beside those they name."""
    if not windows:
        return corrections
    return tuple(
        replace(each, windows=(*each.windows, *(one for one in windows if one not in each.windows)))  # type: ignore[type-var]
        if hasattr(each, "windows")
        else each
        for each in corrections
    )


def seconds(corrections: Iterable[Correction], n: int, mission: Mission) -> float:
    """About how long it takes to correct `n` cadences."""
    made = 0.0
    for each in corrections:
        if isinstance(each, RemovePointing):
            rolls = mission.rolls if each.method is None else each.method == "roll"
            made += n * (_ROLL if rolls else _POINTING)
        elif not isinstance(each, Bin):
            made += n * _OTHER
    return made


def scatters(raw: xr.Dataset, made: xr.Dataset, good: np.ndarray) -> tuple[float, float]:
    """The scatter of 6-hour means, (raw, corrected), in ppm; NaN where it cannot be told."""
    found = []
    for lightcurve in (raw, made):
        try:
            found.append(scatter_ppm(lightcurve, SCATTER_HOURS, good=good))
        except TPFError:  # no cadence has a flux
            found.append(np.nan)
    return found[0], found[1]


def switched(
    corrections: tuple[Correction, ...], names: Iterable[str], last: Mapping[str, Correction]
) -> tuple[Correction, ...]:
    """These corrections in place of others.

    Parameters
    ----------
    corrections : tuple of Correction
        Those there are; the ones that stay keep their order and their numbers.
    names : iterable of str
        The keys of `CORRECTIONS` that are wanted.
    last : mapping
        Name -> the correction with the numbers it is to have, where it comes; else the usual ones.
    """
    order, wanted = list(CORRECTIONS), set(names)
    made = [each for each in corrections if type(each).__name__ in wanted]
    there = {type(each).__name__ for each in made}
    for name in order:
        if name in wanted and name not in there:
            at = sum(order.index(type(each).__name__) < order.index(name) for each in made)
            made.insert(at, last.get(name) or CORRECTIONS[name]())
    return tuple(made)


def in_words(corrections: Iterable[Correction]) -> str:
    """What they are called on the page, in order."""
    return ", ".join(each.word for each in corrections)
