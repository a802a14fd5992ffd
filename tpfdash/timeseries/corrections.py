"""Corrections of a light curve as choices that can be kept, written down and applied in order.

What each does is told by its function: `flatten`, `without_outliers`, `without_pointing`,
`bin_lightcurve`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.timeseries.binning import bin_lightcurve
from tpfdash.timeseries.flatten import flatten
from tpfdash.timeseries.outliers import without_outliers
from tpfdash.timeseries.pointing import check_choices, without_pointing
from tpfdash.timeseries.series import BREAK_GAP, check_lightcurve, positive

__all__ = [
    "CORRECTIONS",
    "Bin",
    "Correction",
    "Flatten",
    "RemoveOutliers",
    "RemovePointing",
    "as_corrections",
    "corrected",
    "correction_from",
]

Windows = tuple[tuple[float, float], ...]


class Correction:
    """One step from a light curve to a better one; equal to another of the same numbers.

    `repr` is Python that makes it again, and names only what is not as usual.
    """

    #: What it is called in files.
    label: ClassVar[str]
    #: And on a page, where there is room for one word.
    word: ClassVar[str]
    #: Whether the light curve that comes out has the cadences of the one that goes in.
    keeps_cadences: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for each in fields(self):  # type: ignore[arg-type]  # those that are made are dataclasses
            value = getattr(self, each.name)
            if each.name == "windows":
                object.__setattr__(self, "windows", _as_windows(value))
            elif each.type == "float":
                unit = "standard deviations" if each.name == "sigma" else "days"
                object.__setattr__(self, each.name, positive(value, each.name, unit))
            elif each.type == "bool" and not isinstance(value, bool | np.bool_):
                raise TPFError(f"{each.name} is {value!r}: it should be True or False.")

    def apply(self, lightcurve: xr.Dataset, good: np.ndarray | None = None) -> xr.Dataset:
        """The corrected light curve; `good` is bool (time,), the cadences to learn from."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._arguments()})"

    def __str__(self) -> str:
        """A line of text, for the header of a file."""
        given = self._arguments()
        return f"{self.label}: {given}" if given else self.label

    def _arguments(self) -> str:
        return ", ".join(
            f"{each.name}={getattr(self, each.name)!r}"
            for each in fields(self)  # type: ignore[arg-type]
            if getattr(self, each.name) != each.default
        )

    def to_dict(self) -> dict[str, Any]:
        """Its name and all its numbers, in JSON's types; `correction_from` takes it."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}  # type: ignore[arg-type]
        return {"correction": type(self).__name__} | {
            name: [list(one) for one in value] if isinstance(value, tuple) else value
            for name, value in values.items()
        }


def _as_windows(windows: Any) -> Windows:
    """Windows of time as a tuple of (t0, t1), t0 before t1."""
    try:
        pairs = np.array([tuple(one) for one in windows], dtype=np.float64).reshape(-1, 2)
    except NO_NUMBER:
        pairs = np.full((1, 2), np.nan)
    if not np.isfinite(pairs).all():
        raise TPFError(f"windows is {windows!r}: it should be pairs of times, ((t0, t1), ...).")
    return tuple((t0, t1) for t0, t1 in np.sort(pairs, axis=1).tolist())


def _within(lightcurve: xr.Dataset, windows: Windows) -> np.ndarray | None:
    """The cadences in any of the windows, bool (time,); None where there are no windows."""
    if not windows:
        return None
    time = lightcurve["time"].values
    return np.any([(time >= t0) & (time <= t1) for t0, t1 in windows], axis=0)


@dataclass(frozen=True, repr=False)
class Flatten(Correction):
    """Take the slow trend off: `tpfdash.flatten`.

    Parameters
    ----------
    window_length, break_gap : float
        Days.
    windows : tuple of (t0, t1)
        Times that the trend passes over: of transits, say.
    """

    window_length: float = 1.0
    windows: Windows = ()
    break_gap: float = BREAK_GAP
    label: ClassVar[str] = "Flatten"
    word: ClassVar[str] = "flatten"

    def apply(self, lightcurve: xr.Dataset, good: np.ndarray | None = None) -> xr.Dataset:
        """As `Correction.apply`."""
        return flatten(
            lightcurve,
            self.window_length,
            good=good,
            mask=_within(lightcurve, self.windows),
            break_gap=self.break_gap,
        )


@dataclass(frozen=True, repr=False)
class RemoveOutliers(Correction):
    """Leave outliers out: `tpfdash.timeseries.outliers.without_outliers`.

    Parameters
    ----------
    sigma : float
    keep_dips : bool
    window_length, break_gap : float
        Days.
    windows : tuple of (t0, t1)
        Times at which nothing is an outlier.
    """

    sigma: float = 5.0
    keep_dips: bool = False
    window_length: float = 1.0
    windows: Windows = ()
    break_gap: float = BREAK_GAP
    label: ClassVar[str] = "Remove outliers"
    word: ClassVar[str] = "outliers"

    def apply(self, lightcurve: xr.Dataset, good: np.ndarray | None = None) -> xr.Dataset:
        """As `Correction.apply`."""
        return without_outliers(
            lightcurve,
            self.sigma,
            keep_dips=self.keep_dips,
            window_length=self.window_length,
            good=good,
            mask=_within(lightcurve, self.windows),
            break_gap=self.break_gap,
        )


@dataclass(frozen=True, repr=False)
class RemovePointing(Correction):
    """Take off what goes with the pointing: `tpfdash.timeseries.pointing.without_pointing`.

    Parameters
    ----------
    method : "roll", "regression" or None
    position : "pos_corr", "centroid" or None
    window, timescale, break_gap : float
        Days.
    bins : int or None
    order : int
    windows : tuple of (t0, t1)
        Times that nothing is learned from: of transits, say.
    """

    method: str | None = None
    position: str | None = None
    window: float = 4.0
    timescale: float = 1.5
    bins: int | None = None
    order: int = 2
    windows: Windows = ()
    break_gap: float = BREAK_GAP
    label: ClassVar[str] = "Remove pointing"
    word: ClassVar[str] = "pointing"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choices(self.method, self.position, self.bins, self.order)

    def apply(self, lightcurve: xr.Dataset, good: np.ndarray | None = None) -> xr.Dataset:
        """As `Correction.apply`."""
        return without_pointing(
            lightcurve,
            method=self.method,
            position=self.position,
            window=self.window,
            timescale=self.timescale,
            bins=self.bins,
            order=self.order,
            good=good,
            mask=_within(lightcurve, self.windows),
            break_gap=self.break_gap,
        )


@dataclass(frozen=True, repr=False)
class Bin(Correction):
    """Average over bins of time: `tpfdash.timeseries.binning.bin_lightcurve`.

    Parameters
    ----------
    width, break_gap : float
        Days.
    """

    width: float = 0.25
    break_gap: float = BREAK_GAP
    label: ClassVar[str] = "Bin"
    word: ClassVar[str] = "bin"
    keeps_cadences: ClassVar[bool] = False

    def apply(self, lightcurve: xr.Dataset, good: np.ndarray | None = None) -> xr.Dataset:
        """As `Correction.apply`, but for the cadences, which are bins."""
        return bin_lightcurve(lightcurve, self.width, good=good, break_gap=self.break_gap)


#: Name of a correction -> its class, in the order in which they are usually applied.
CORRECTIONS: dict[str, type[Correction]] = {
    each.__name__: each for each in (RemovePointing, Flatten, RemoveOutliers, Bin)
}


def corrected(
    lightcurve: xr.Dataset,
    corrections: Correction | Iterable[Correction],
    *,
    good: ArrayLike | None = None,
) -> xr.Dataset:
    """A light curve with corrections applied, one after the other.

    Parameters
    ----------
    lightcurve : Dataset
        With `flux` over `time`, as `aperture_photometry` gives it.
    corrections : Correction, or sequence of them
        `Flatten`, `RemoveOutliers`, `RemovePointing` and `Bin` of
        `tpfdash.timeseries.corrections`.
    good : array_like of bool (time,), optional
        The cadences that are learned from, and that bins are made of. Default: those that the
        mission's default quality mask keeps. Others are corrected like these.

    Returns
    -------
    Dataset
        Its `flux` and `flux_err` are corrected; `flux_raw` is the flux that was given; what each
        correction found is beside it (`trend`, `pointing`, `outlier`); attrs["corrections"] has a
        line for each that was applied, in order. Without any correction it is `lightcurve`. With
        `Bin` among them it is over bins, and all but means are gone.

    Raises
    ------
    TPFError
        On what is no light curve or no correction, and where one cannot be applied.
    """
    check_lightcurve(lightcurve)
    kept = None if good is None else np.asarray(good)
    for correction in as_corrections(corrections):
        lightcurve = correction.apply(lightcurve, kept)
        if not correction.keeps_cadences:
            kept = None  # it was made of those that are good
    return lightcurve


def as_corrections(value: Any) -> tuple[Correction, ...]:
    """One correction or several as a tuple, or a TPFError."""
    if isinstance(value, Correction):
        return (value,)
    made = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    for each in made:
        if not isinstance(each, Correction):
            names = ", ".join(CORRECTIONS)
            raise TPFError(f"{each!r} is no correction: it should be one of {names}.")
    return made


def correction_from(written: Mapping[str, Any]) -> Correction:
    """The correction that `Correction.to_dict` wrote down.

    Raises
    ------
    TPFError
        On what is none, and on arguments that it does not have.
    """
    name = written.get("correction") if isinstance(written, Mapping) else None
    if not isinstance(name, str) or name not in CORRECTIONS:
        names = ", ".join(CORRECTIONS)
        raise TPFError(
            f"{written!r} is no correction: it should be a mapping whose `correction` is one of "
            f"{names}."
        )
    kind = CORRECTIONS[name]
    values = {key: value for key, value in written.items() if key != "correction"}
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(map(str, values.keys() - known)):
        raise TPFError(
            f"{kind.__name__} has no {', '.join(unknown)}: it should have some of "
            f"{', '.join(sorted(known))}."
        )
    return kind(**values)
