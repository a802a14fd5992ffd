"""Box least squares: astropy's, on a light curve made ready, with what its peaks amount to.

The question to the user's light curve is put by `tpfdash.timeseries.periodogram.box_periodogram`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import xarray as xr
from scipy.ndimage import median_filter

from tpfdash.errors import TPFError
from tpfdash.timeseries.box_grid import Grid, pieces_of
from tpfdash.timeseries.dip_fit import event_depths, fit_dip
from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.timeseries.periods import (
    Progress,
    check_count,
    check_periods,
    harmonic,
    local_maxima,
)
from tpfdash.timeseries.prepared import Series, binned, ready, red_noise
from tpfdash.timeseries.strength import mean_depth, strength

__all__ = ["BoxPeak", "BoxPeriodogram", "search_boxes"]

#: Bins in the shortest duration: what a bin smears at its edges is then lost in the noise.
_BINS = 8
#: Periods worked on at a time.
_AT_A_TIME = 256
#: astropy's bins in the shortest duration.
_OVERSAMPLE = 6
#: Peaks of the periodogram that are looked at event by event.
_LOOKED_AT = 60
#: Of peaks as strong as the strongest, to this share of it, the one with the highest S/N is first.
_ALIKE = 0.8
#: No trend is learned from so many durations about an event.
_WIDER = 1.5
#: S/N of a period from which it stands out of chance: the threshold of Kepler's planet search
#: (Jenkins et al. 2010, ApJ 713, L87).
_STANDS_OUT = 7.1
#: Periods on each side for the background of the signal detection efficiency.
_BACKGROUND = 200


@dataclass(frozen=True)
class BoxPeak:
    """One period of a box periodogram.

    Parameters
    ----------
    ephemeris : Ephemeris
        With errors; its depth is that of the fit.
    power : float
        Of the periodogram at its top.
    snr : float
        Mean depth of the events over its error, red noise included.
    consistency : float
        Mean square deviation of the events' depths from their mean in units of their errors, with a
        tenth of the depth as an error of its own: about 1 where all are alike. From four events on
        by medians, which an event that is spoiled does not change. NaN with one event.
    strength : float
        S/N of all events but the strongest, over the root of `consistency` where that is above 1;
        from four events on one that is spoiled counts as 3 sigma off the median, and all together
        as 1.3 times the median at most. Peaks are ordered by it
        (the first is the one of highest `snr` among those within a fifth of the strongest): two
        events always have a period, half of a period has events that are not there, and a single
        event has no strength.
    n_events : int
        Events that have half of their cadences or more.
    harmonic : str
        What it is of the first peak: "2 x", "1/2 x" ...; "" where it is none.
    """

    ephemeris: Ephemeris
    power: float
    snr: float
    consistency: float
    strength: float
    n_events: int
    harmonic: str = ""


@dataclass(frozen=True, eq=False)
class BoxPeriodogram:
    """How well boxes of each period explain a light curve.

    Parameters
    ----------
    period : float64 array (period,)
        Days, ascending.
    power : float64 array (period,)
        Gain in ln(likelihood), as astropy's BoxLeastSquares has it (objective "likelihood").
    depth, depth_err : float64 arrays (period,)
        Of the best box, as shares of the light where `relative`, else in its unit; the error is
        of white noise times `red_noise` of its duration.
    duration, t0 : float64 arrays (period,)
        Days; t0 in the light curve's clock, of the first event.
    snr : float64 array (period,)
        `depth` over `depth_err`.
    durations : float64 array (duration,)
        All that were tried, days, ascending.
    red_noise : float64 array (duration,)
        By how much means over each scatter more than white noise lets them; 1 or above.
    drift : float
        Over the light curve, events drift by this share of the shortest duration at most, for a
        period half-way between two of the grid.
    binned : int
        Cadences in a bin, at most; 1: none were binned. Bins are an eighth of the shortest duration
        tried at a period or shorter.
    detrended : float
        Scale in days of the trend that was taken off first; NaN: none was.
    relative : bool
        Whether depths are shares of the light; they are where it is above 0 throughout.
    """

    period: np.ndarray
    power: np.ndarray
    depth: np.ndarray
    depth_err: np.ndarray
    duration: np.ndarray
    t0: np.ndarray
    snr: np.ndarray
    durations: np.ndarray
    red_noise: np.ndarray
    drift: float
    binned: int
    detrended: float
    relative: bool
    _series: Series = field(repr=False)
    _source: tuple[xr.Dataset, np.ndarray | None] = field(repr=False)
    _asked: np.ndarray | None = field(default=None, repr=False)

    @cached_property
    def sde(self) -> np.ndarray:
        """Signal detection efficiency: float64 array (period,).

        The root of twice the power, less its running median over 400 periods, over the scatter of
        that difference (1.4826 times its median absolute value): after Kovacs et al. 2002, A&A 391,
        369, eq. 6, with robust moments and the background taken off.
        """
        root = np.sqrt(2 * np.clip(self.power, 0, None))
        size = min(2 * _BACKGROUND + 1, root.size)
        above = root - median_filter(root, size=size, mode="nearest")
        scatter = 1.4826 * float(np.median(np.abs(above)))
        return above / scatter if scatter > 0 else np.zeros_like(above)

    @cached_property
    def best(self) -> Ephemeris | None:
        """The first of `peaks`, with errors; None where no period has two events with data."""
        peaks = self.peaks(1)
        return peaks[0].ephemeris if peaks else None

    def peaks(self, n: int = 5) -> tuple[BoxPeak, ...]:
        """The strongest periods, each once, at least two of whose events have data.

        Parameters
        ----------
        n : int
            So many at most.

        Raises
        ------
        TPFError
            Where n is no whole number above 0.
        """
        n = check_count(n, "n")
        repeated = [each for each in self._candidates if each.n_events > 1]
        for index in range(len(self._peaks), min(n, len(repeated))):
            fitted = self.fit(repeated[index].ephemeris)
            name = ""
            if self._peaks:
                first = self._peaks[0].ephemeris.period
                name = harmonic(fitted.period, first, self._series.span)
            self._peaks.append(replace(repeated[index], ephemeris=fitted, harmonic=name))
        return tuple(self._peaks[:n])

    @cached_property
    def _peaks(self) -> list[BoxPeak]:
        """Those that were asked for already."""
        return []

    @cached_property
    def single_event(self) -> float:
        """When the single event is that makes the periodogram's highest peak; NaN: it is none.

        It is where the strongest event of that period stands out by itself, by 7.1 sigma, and all
        others together have less than half of its S/N.
        """
        made = self._at(int(np.argmax(self.snr)))
        if made is None:
            return np.nan
        epochs, depth, err = event_depths(self._series, made, self._red(made.duration))
        own = depth / err
        if not own.size or own.max() < _STANDS_OUT:
            return np.nan
        others = np.arange(own.size) != int(np.argmax(own))
        if others.any():
            mean, mean_err = mean_depth(depth[others], err[others])
            if mean / mean_err > own.max() / 2:
                return np.nan
        return float(made.mid_time(epochs[int(np.argmax(own))]))

    @property
    def stands_out(self) -> bool:
        """Whether the first of `peaks` is stronger than chance makes any."""
        peaks = self.peaks(1)
        return bool(peaks) and peaks[0].strength >= _STANDS_OUT

    @property
    def words(self) -> str:
        """What the periodogram says, in a sentence."""
        peaks = self.peaks(1)
        if self.stands_out:
            first = peaks[0]
            return (
                f"The strongest period is {first.ephemeris.period:.5g} d: {first.n_events} events, "
                f"S/N {first.snr:.1f}."
            )
        if np.isfinite(self.single_event):
            return f"A single event, at {self.single_event:.3f} d, stands out: it has no period."
        if not peaks:
            return "No period has two events with data."
        return (
            f"No period stands out: the strongest, {peaks[0].ephemeris.period:.5g} d, has an S/N "
            f"of {peaks[0].strength:.1f}, and chance reaches {_STANDS_OUT}."
        )

    def zoom(
        self, low: float, high: float, n: int = 2000, *, progress: Progress = None
    ) -> BoxPeriodogram:
        """The periodogram from `low` to `high` days, worked out at `n` periods.

        Parameters
        ----------
        low, high : float
            Days.
        n : int
            Periods, equally far apart in frequency.
        progress : callable, optional
            As for `box_periodogram`.

        Raises
        ------
        TPFError
            Where these are no periods, or n is below 2.
        """
        low, high = check_periods((low, high), low, high, self._series.span)
        n = check_count(n, "n", 2)
        if self._asked is not None and self._asked[-1] >= low:
            raise TPFError(
                f"The longest duration is {self._asked[-1]:.5g} d: periods should begin above that."
            )
        return search_boxes(
            self._series, self._source, (low, high), self._asked, n, progress, exactly=n
        )

    def at(self, period: float) -> Ephemeris | None:
        """The best box of the period of the grid that is nearest; None where that is no dip.

        Parameters
        ----------
        period : float
            Days.
        """
        return self._at(int(np.argmin(np.abs(self.period - period))))

    def fit(self, ephemeris: Ephemeris) -> Ephemeris:
        """The ephemeris nearby that fits the cadences best, with errors.

        The trend is taken off anew, learned beside the events; the fit, and what its errors are, is
        `tpfdash.timeseries.dip_fit.fit_dip`.

        Raises
        ------
        TPFError
            Without a duration.
        """
        series = self._series
        lightcurve, good = self._source
        if np.isfinite(series.trend_scale):
            longer = min(_WIDER * ephemeris.duration, 0.5 * ephemeris.period)
            wide = replace(ephemeris, duration=max(longer, ephemeris.duration))
            apart = wide.inside(lightcurve["time"].values)
            series = ready(lightcurve, good, series.trend_scale, apart=apart)
        return fit_dip(series, ephemeris)

    def _at(self, index: int) -> Ephemeris | None:
        """The box of one period of the grid; None where there is no dip."""
        if not self.depth[index] > 0:
            return None
        return Ephemeris(
            self.period[index],
            self.t0[index],
            min(self.duration[index], 0.99 * self.period[index]),
            self.depth[index],
            depth_err=self.depth_err[index],
        )

    def _red(self, duration: float) -> float:
        return float(np.interp(duration, self.durations, self.red_noise))

    @cached_property
    def _candidates(self) -> list[BoxPeak]:
        """Distinct peaks as the grid has them, in order of strength."""
        picked: list[int] = []
        found: list[BoxPeak] = []
        frequency, span = 1 / self.period, self._series.span
        for index in local_maxima(self.snr).tolist():
            box = self._at(index)
            near = np.abs(frequency[picked] - frequency[index]) * span <= 2
            if box is not None and not near.any():
                picked.append(index)
                found.append(self._measured(box, self.power[index]))
            if len(picked) == _LOOKED_AT:
                break
        found.sort(key=lambda peak: -peak.strength)
        if found:  # a multiple of a period has fewer events, and is as strong by chance
            alike = [each for each in found if each.strength >= _ALIKE * found[0].strength]
            first = max(alike, key=lambda each: each.snr)
            found.remove(first)
            found.insert(0, first)
        return found

    def _measured(self, ephemeris: Ephemeris, power: float) -> BoxPeak:
        """What an ephemeris amounts to, event by event."""
        _, depth, err = event_depths(self._series, ephemeris, self._red(ephemeris.duration))
        if not depth.size:
            return BoxPeak(ephemeris, float(power), 0.0, np.nan, 0.0, 0)
        mean, mean_err = mean_depth(depth, err)
        strong, consistency = strength(depth, err)
        return BoxPeak(
            ephemeris, float(power), mean / mean_err, consistency, strong, int(depth.size)
        )


def search_boxes(
    series: Series,
    source: tuple[xr.Dataset, np.ndarray | None],
    periods: tuple[float, float],
    asked: np.ndarray | None,
    max_points: int,
    progress: Progress,
    exactly: int = 0,
) -> BoxPeriodogram:
    """Box least squares over a range of periods.

    Parameters
    ----------
    series : Series
        Cadences about 0.
    source : (Dataset, good)
        What it was made of, for fits with another trend.
    periods : (min, max)
        Days.
    asked : float64 array (duration,) or None
        Durations, days, ascending; None: `usual_durations`.
    max_points : int
        Periods, at most.
    progress : callable or None
    exactly : int
        So many periods, where above 0, whatever they drift by.
    """
    from astropy.timeseries import BoxLeastSquares  # slow to import

    pieces = list(pieces_of(series, *periods, asked))
    wanted = sum(each.n for each in pieces)
    factor = 1.0
    if exactly or wanted > max_points:
        factor = wanted / (exactly or max_points)
    grid = Grid(pieces, periods, factor, exactly)
    total = grid.period.size
    out = {name: np.empty(total) for name in ("power", "depth", "depth_err", "duration", "t0")}
    durations = np.unique(np.concatenate([each.durations for each in pieces]))
    red = red_noise(series, durations)
    most, done = 1, 0
    for piece, periods_of_it, at in grid:
        per_bin = max(1, int(piece.durations[0] / _BINS / series.days))
        some = binned(series, per_bin)
        most = max(most, per_bin)
        model = BoxLeastSquares(some.time, some.flux, some.flux_err)
        for begin in range(0, periods_of_it.size, _AT_A_TIME):
            part = slice(begin, begin + _AT_A_TIME)
            found = model.power(periods_of_it[part], piece.durations, oversample=_OVERSAMPLE)
            where = slice(at + begin, at + begin + found.period.size)
            for name, values in (
                ("power", found.power),
                ("depth", found.depth),
                ("depth_err", found.depth_err),
                ("duration", found.duration),
                ("t0", found.transit_time),
            ):
                out[name][where] = values
            done += found.period.size
            if progress is not None:
                progress(done, total)
    out["depth_err"] = out["depth_err"] * np.interp(out["duration"], durations, red)
    arrays = {"period": grid.period, **out, "snr": out["depth"] / out["depth_err"]}
    for values in (*arrays.values(), durations, red):
        values.flags.writeable = False
    return BoxPeriodogram(
        **arrays,
        durations=durations,
        red_noise=red,
        drift=grid.drift(series.span),
        binned=most,
        detrended=series.trend_scale,
        relative=series.relative,
        _series=series,
        _source=source,
        _asked=asked,
    )
