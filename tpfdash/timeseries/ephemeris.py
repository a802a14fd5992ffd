"""When something happens again and again: a period, the time of one event, how long it takes.

What a table of known ephemerides calls its columns is `tpfdash.timeseries.ephemeris_tables`;
finding one in a light curve is `tpfdash.timeseries.periodogram`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from numbers import Real
from typing import Any

import numpy as np
from astropy.table import Table
from numpy.typing import ArrayLike

from tpfdash.errors import TPFError
from tpfdash.timeseries.ephemeris_tables import read_rows

__all__ = ["Ephemeris"]

_ERRORS = ("period_err", "t0_err", "duration_err", "depth_err")
#: More events than this in a light curve are a slip of the keyboard.
_MOST_EVENTS = 100_000


@dataclass(frozen=True, eq=False)
class Ephemeris:
    """Times at which something happens: t0 + n * period, for whole numbers n.

    Parameters
    ----------
    period : float
        Days, above 0.
    t0 : float
        The middle of one event, in the light curve's own days (BKJD, BTJD). It may lie outside the
        light curve.
    duration : float
        Days from the first to the last contact, above 0 and below the period; NaN where there is
        none (a sine).
    depth : float
        Share of the light that is lost, in the unit of the light curve that it was measured on;
        NaN where not known.
    period_err, t0_err, duration_err, depth_err : float
        One standard deviation each; NaN where not known.
    name : str

    Raises
    ------
    TPFError
        Where a number is not finite, or one that should be above 0 is not.
    """

    period: float
    t0: float
    duration: float = np.nan
    depth: float = np.nan
    period_err: float = np.nan
    t0_err: float = np.nan
    duration_err: float = np.nan
    depth_err: float = np.nan
    name: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name != "name":
                value = _number(getattr(self, field.name), field.name)
                object.__setattr__(self, field.name, value)
        object.__setattr__(self, "name", str(self.name))
        if not 0 < self.period < np.inf:
            raise TPFError(f"The period is {self.period} d: it should be a number of days above 0.")
        if not np.isfinite(self.t0):
            raise TPFError(
                f"t0 is {self.t0}: it should be the time of one event, in the light curve's days."
            )
        if not (np.isnan(self.duration) or 0 < self.duration < self.period):
            raise TPFError(
                f"The duration is {self.duration} d: it should be above 0 and shorter than the "
                f"period of {self.period} d."
            )
        if np.isinf(self.depth):
            raise TPFError(f"The depth is {self.depth}: it should be a finite number.")
        for name in _ERRORS:
            if getattr(self, name) < 0:
                raise TPFError(f"{name} is {getattr(self, name)}: it should not be below 0.")

    def __eq__(self, other: object) -> bool:
        """Whether all is the same; what is not known is the same as what is not known."""
        return isinstance(other, Ephemeris) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.period, self.t0, self.name))

    def phase(self, time: ArrayLike) -> np.ndarray:
        """How far times are from the nearest event, in periods: float64, -0.5 to below 0.5.

        NaN where the time is.
        """
        turns = (np.asarray(time, dtype=np.float64) - self.t0) / self.period
        phase = turns - np.floor(turns + 0.5)
        return np.where(phase >= 0.5, phase - 1.0, phase)  # of what rounding made of -0.5

    def epoch(self, time: ArrayLike) -> np.ndarray:
        """The number of the event nearest to each time, 0 at t0: float64, NaN where the time is."""
        turns = (np.asarray(time, dtype=np.float64) - self.t0) / self.period
        return np.floor(turns + 0.5)

    def mid_time(self, epoch: ArrayLike) -> np.ndarray:
        """The middle of events by their numbers: float64, days."""
        return self.t0 + self.period * np.asarray(epoch, dtype=np.float64)

    def inside(self, time: ArrayLike) -> np.ndarray:
        """Which times are in an event: bool; False where the time is NaN.

        Raises
        ------
        TPFError
            Without a duration.
        """
        self._need_duration()
        return np.abs(self.phase(time)) * self.period <= self.duration / 2

    def events(self, time: ArrayLike) -> np.ndarray:
        """The numbers of the events that hold any of some times: int64, ascending; 0 is at t0.

        Parameters
        ----------
        time : array (time,)
            In any order; NaN is in no event.

        Raises
        ------
        TPFError
            Without a duration, or where there are more than 100,000 of them.
        """
        time = np.asarray(time, dtype=np.float64).ravel()
        held = np.unique(self.epoch(time[self.inside(time)]))
        if held.size > _MOST_EVENTS:
            raise TPFError(
                f"A period of {self.period} d makes {held.size:,} events in this light curve: it "
                "should be longer."
            )
        return held.astype(np.int64)

    def windows(self, time: ArrayLike) -> list[tuple[float, float]]:
        """From when to when each of `events` is, ascending, as `tpfdash.diagnose` takes them."""
        middles = self.mid_time(self.events(time))
        half = self.duration / 2
        return [(middle - half, middle + half) for middle in middles.tolist()]

    def halved(self) -> Ephemeris:
        """Twice as many events: half the period, from the same t0."""
        return replace(self, period=self.period / 2, period_err=self.period_err / 2)

    def doubled(self) -> Ephemeris:
        """Every other event: twice the period, from the same t0."""
        return replace(self, period=self.period * 2, period_err=self.period_err * 2)

    def moved(self, epochs: int) -> Ephemeris:
        """The same events, counted from another of them.

        Parameters
        ----------
        epochs : int
            How many events later; below 0, earlier. The period's error makes t0's larger by as
            many times as much, as if the two were independent.
        """
        return replace(
            self,
            t0=self.t0 + epochs * self.period,
            t0_err=float(np.hypot(self.t0_err, epochs * self.period_err))
            if epochs
            else self.t0_err,
        )

    def near(self, time: float) -> Ephemeris:
        """The same events, counted from the one nearest to a time."""
        return self.moved(int(self.epoch(time)))

    @classmethod
    def from_table(cls, table: Table, reference: float | None = None) -> list[Ephemeris]:
        """Known ephemerides from a table, one a row.

        Parameters
        ----------
        table : astropy Table, or anything that it can be made of (a DataFrame, a list of dicts)
            Columns as in the NASA Exoplanet Archive's tables (`pl_orbper`, `koi_period` ...), or
            plain ones: `period` in days; `t0`, `epoch` or `tc`; `duration` in its own unit, without
            one in days, or `duration_hours`; `depth`, a share, in its own unit; `name`. Errors are
            `period_err` and so on. Columns that only differ in case are the same.
        reference : float, optional
            The Julian date at which the light curve's clock reads 0, its
            `attrs["time_reference"]`. Times above 2,400,000 are Julian dates, those of `t0_bkjd`,
            `koi_time0bk` and `t0_btjd` are in these clocks; others are taken as they are.

        Returns
        -------
        list of Ephemeris
            Rows without a period or a time are left out.

        Raises
        ------
        TPFError
            Where there is no such column, no row has both, a row makes no sense, or a time needs
            `reference`.
        """
        return [cls(**row) for row in read_rows(table, reference)]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words, for JSON; what is not known is left out."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value
            for name, value in values.items()
            if (value if name == "name" else np.isfinite(value))
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Ephemeris:
        """What `to_dict` gave.

        Raises
        ------
        TPFError
            Where it is none.
        """
        known = {field.name for field in fields(cls)}
        if not isinstance(values, Mapping) or not {"period", "t0"} <= set(values) <= known:
            raise TPFError(
                f"{values!r} is no ephemeris: it should be a mapping with period and t0, and at "
                f"most {', '.join(sorted(known - {'period', 't0'}))}."
            )
        return cls(**values)

    def _need_duration(self) -> None:
        if np.isnan(self.duration):
            raise TPFError("The ephemeris has no duration: give one, in days.")


def _number(value: Any, name: str) -> float:
    """A float; NaN for None."""
    if value is None:
        return np.nan
    if isinstance(value, bool) or not isinstance(value, Real | np.generic):
        raise TPFError(f"{name} is {value!r}: it should be a number.")
    return float(value)
