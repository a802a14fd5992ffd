"""Box least squares: astropy's, on a light curve made ready, with what its peaks amount to.

The question to the user's light curve is put by `tpfdash.timeseries.periodogram.box_periodogram`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import xarray as xr
from scipy.ndimage import median_filter

from tpfdash.errors import TPFError
from tpfdash.timeseries.dip_fit import event_depths, fit_dip
from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.timeseries.periods import (
    Progress,
    check_periods,
    harmonic,
    local_maxima,
    period_grid,
)
from tpfdash.timeseries.series import Series, binned, ready, red_noise

__all__ = ["BoxPeak", "BoxPeriodogram", "search_boxes", "usual_durations"]

#: Durations are tried in steps of this factor: what lies between two loses 1 % of its S/N.
_STEP = 1.4
#: Of a central transit of a star like the Sun: so many days at a period of one day, growing with
#: its cube root (Winn 2010, in Exoplanets, ed. Seager, eq. 19); dwarfs and grazing transits are
#: shorter, giants' are longer, by these factors, and eclipses fill up to a share of the period.
_SUN, _SHORTER, _LONGER, _LARGEST_SHARE = 0.075, 0.4, 3.0, 0.2
#: Cadences in the shortest duration, at least.
_FEWEST_CADENCES = 2.0
#: Bins in the shortest duration: what a bin smears at its edges is then lost in the noise.
_BINS = 8
#: Periods of one stretch of the grid differ by this factor at most, and share their durations.
_OCTAVE = 2.0**0.5
#: Over the whole light curve events drift by this share of the shortest duration at most, for a
#: period half-way between two of the grid.
_DRIFT = 0.25
#: Periods worked on at a time.
_AT_A_TIME = 256
#: astropy's bins in the shortest duration.
_OVERSAMPLE = 6
#: Peaks of the periodogram that are looked at event by event.
_LOOKED_AT = 60
#: An event's depth may differ from the others' by this share: stars have spots, and boxes no limb.
_UNLIKE = 0.1
#: From so many events on their median tells what is typical. Half of a Gaussian's absolute values
#: are below so many standard deviations.
_MANY, _HALF = 4, 0.6744897501960817
#: An event further from the median than so many sigma counts as if it were at that; the mean of
#: like events is this far above the median at most, but for chance.
_FAR, _ABOVE_MEDIAN = 3.0, 1.3
#: Of peaks as strong as the strongest, to this share of it, the one with the highest S/N is first.
_ALIKE = 0.8
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
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise TPFError(f"n is {n!r}: it should be a whole number of peaks, 1 or more.")
        made: list[BoxPeak] = []
        for peak in [each for each in self._candidates if each.n_events > 1][:n]:
            fitted = self._fitted(peak)
            first = made[0].ephemeris.period if made else None
            name = (
                "" if first is None else harmonic(fitted.ephemeris.period, first, self._series.span)
            )
            made.append(replace(fitted, harmonic=name))
        return tuple(made)

    @cached_property
    def single_event(self) -> float:
        """When the single event is that explains the periodogram's highest peak; NaN: it is none.

        It is where one event of that period holds three quarters of its depth or more.
        """
        at = int(np.argmax(self.snr))
        made = self._at(at)
        epochs, depth, err = event_depths(self._series, made)
        if not epochs.size or not depth.max() > 0:
            return np.nan
        light = np.clip(depth, 0, None) / err**2
        if light.max() < 0.75 * light.sum() and epochs.size > 1:
            return np.nan
        return float(made.mid_time(epochs[int(np.argmax(light))]))

    @property
    def words(self) -> str:
        """What the periodogram says, in a sentence."""
        peaks = self.peaks(1)
        if peaks and peaks[0].strength >= _STANDS_OUT:
            first = peaks[0]
            return (
                f"The strongest period is {first.ephemeris.period:.5g} d: {first.n_events} events, "
                f"S/N {first.snr:.1f}."
            )
        if np.isfinite(self.single_event) and self.snr.max() >= _STANDS_OUT:
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
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 2:
            raise TPFError(f"n is {n!r}: it should be a whole number of periods, 2 or more.")
        # Durations stay those that they were: nothing jumps.
        return search_boxes(
            self._series, self._source, (low, high), self._asked, n, progress, exactly=n
        )

    def _at(self, index: int) -> Ephemeris:
        """The box of one period of the grid."""
        return Ephemeris(
            self.period[index],
            self.t0[index],
            min(self.duration[index], 0.99 * self.period[index]),
            self.depth[index],
            depth_err=self.depth_err[index],
        )

    @cached_property
    def _candidates(self) -> list[BoxPeak]:
        """Distinct peaks as the grid has them, in order of strength."""
        picked: list[int] = []
        frequency, span = 1 / self.period, self._series.span
        for index in local_maxima(self.snr):
            if self.depth[index] > 0 and all(
                abs(frequency[index] - frequency[other]) * span > 2 for other in picked
            ):
                picked.append(int(index))
            if len(picked) == _LOOKED_AT:
                break
        found = [self._measured(self._at(index), self.power[index]) for index in picked]
        found.sort(key=lambda peak: -peak.strength)
        if found:  # a multiple of a period has fewer events, and is as strong by chance
            alike = [each for each in found if each.strength >= _ALIKE * found[0].strength]
            first = max(alike, key=lambda each: each.snr)
            found.remove(first)
            found.insert(0, first)
        return found

    def _measured(self, ephemeris: Ephemeris, power: float) -> BoxPeak:
        """What an ephemeris amounts to, event by event."""
        red = float(np.interp(ephemeris.duration, self.durations, self.red_noise))
        _, depth, err = event_depths(self._series, ephemeris, red)
        if not depth.size:
            return BoxPeak(ephemeris, float(power), 0.0, np.nan, 0.0, 0)
        mean, mean_err = _mean(depth, err)
        strength, consistency = _strength(depth, err)
        return BoxPeak(
            ephemeris, float(power), mean / mean_err, consistency, strength, int(depth.size)
        )

    def _fitted(self, peak: BoxPeak) -> BoxPeak:
        """A peak fitted to the cadences themselves, with a trend that its events do not bend."""
        series = self._series
        lightcurve, good = self._source
        wide = replace(
            peak.ephemeris, duration=min(1.5 * peak.ephemeris.duration, 0.5 * peak.ephemeris.period)
        )
        if np.isfinite(series.trend_scale):
            apart = wide.inside(lightcurve["time"].values)
            series = ready(lightcurve, good, series.trend_scale, apart=apart)
        return replace(peak, ephemeris=fit_dip(series, peak.ephemeris))


def _mean(depth: np.ndarray, err: np.ndarray) -> tuple[float, float]:
    """Mean of depths by their errors, and its error."""
    weight = err**-2.0
    return float(weight @ depth / weight.sum()), float(weight.sum() ** -0.5)


def _strength(depth: np.ndarray, err: np.ndarray) -> tuple[float, float]:
    """Strength and consistency of events' depths, as `BoxPeak` has them."""
    if depth.size < 2:
        return 0.0, np.nan
    others = np.arange(depth.size) != int(np.argmax(depth / err))
    if depth.size < _MANY:
        mean, _ = _mean(depth, err)
        apart = (depth - mean) / np.hypot(err, _UNLIKE * mean)
        consistency = float((apart**2).sum() / (depth.size - 1))
        typical, typical_err = _mean(depth[others], err[others])
    else:
        middle = float(np.median(depth))
        own = np.hypot(err, _UNLIKE * middle)
        consistency = (float(np.median(np.abs(depth - middle) / own)) / _HALF) ** 2
        near = np.clip(depth, middle - _FAR * own, middle + _FAR * own)
        typical, typical_err = _mean(near[others], err[others])
        typical = min(typical, _ABOVE_MEDIAN * middle)
    return typical / typical_err / max(1.0, consistency) ** 0.5, consistency


def usual_durations(period: float, cadence: float) -> np.ndarray:
    """Durations worth trying at a period: float64 array, days, ascending.

    Powers of 1.4 of a day, from 0.4 to 3 times the duration of a central transit of a star like the
    Sun, at least two cadences, and a fifth of the period at most.
    """
    usual = _SUN * period ** (1 / 3)
    low = max(_SHORTER * usual, _FEWEST_CADENCES * cadence)
    high = min(_LONGER * usual, _LARGEST_SHARE * period)
    first, last = (np.log(each) / np.log(_STEP) for each in (low, high))
    powers = np.arange(np.ceil(first), np.floor(last) + 1)
    return _STEP**powers if powers.size else np.array([min(low, 0.5 * period)])


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

    pieces = list(_pieces(series, *periods, asked))
    wanted = sum(each.n for each in pieces)
    factor = 1.0
    if exactly or wanted > max_points:
        factor = wanted / (exactly or max_points)
    grid = _Grid(pieces, periods, factor, exactly)
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


@dataclass(frozen=True)
class _Piece:
    """A stretch of periods that share their durations."""

    low: float
    high: float
    durations: np.ndarray
    n: int


def _pieces(series: Series, low: float, high: float, asked: np.ndarray | None) -> Iterator[_Piece]:
    count = max(1, int(np.ceil(np.log(high / low) / np.log(_OCTAVE))))
    edges = np.geomspace(low, high, count + 1)
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        durations = usual_durations(begin, series.days) if asked is None else asked
        # Half a step of frequency makes events drift by span * period * step / 2.
        step = 2 * _DRIFT * float(durations[0]) / (series.span * end)
        yield _Piece(begin, end, durations, int((1 / begin - 1 / end) / step) + 1)


class _Grid:
    """All periods, ascending, piece by piece."""

    def __init__(
        self, pieces: list[_Piece], periods: tuple[float, float], factor: float, exactly: int
    ) -> None:
        self.pieces = pieces
        if exactly:
            self.period = period_grid(*periods, exactly)
        else:
            grids = [period_grid(p.low, p.high, int(p.n / factor) + 1) for p in pieces]
            self.period = np.unique(np.concatenate(grids))
        edges = [piece.low for piece in pieces[1:]]
        self._edges = np.concatenate(
            [[0], np.searchsorted(self.period, edges), [self.period.size]]
        ).astype(int)

    def __iter__(self) -> Iterator[tuple[_Piece, np.ndarray, int]]:
        for piece, begin, end in zip(self.pieces, self._edges, self._edges[1:], strict=False):
            if end > begin:
                yield piece, self.period[begin:end], int(begin)

    def drift(self, span: float) -> float:
        """The largest drift between two periods, by the shortest duration."""
        largest = 0.0
        for piece, periods, _ in self:
            if periods.size > 1:
                step = float(np.abs(np.diff(1 / periods)).max())
                largest = max(largest, span * piece.high * step / 2 / float(piece.durations[0]))
        return largest
