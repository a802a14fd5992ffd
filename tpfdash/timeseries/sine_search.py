"""Lomb-Scargle: astropy's, on a light curve made ready, with what its peaks amount to.

The question to the user's light curve is put by
`tpfdash.timeseries.periodogram.sine_periodogram`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.ndimage import median_filter

from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.timeseries.periods import (
    Progress,
    check_count,
    check_periods,
    harmonic,
    local_maxima,
    period_grid,
)
from tpfdash.timeseries.prepared import Series, binned

__all__ = ["SinePeak", "SinePeriodogram", "search_sines"]

#: Frequencies in 1/span.
_OVERSAMPLE = 8
#: Bins in the shortest period: a wave keeps 99.4 % of its amplitude in the mean over a bin.
_BINS = 16
#: Frequencies worked on at a time.
_AT_A_TIME = 1 << 16
#: Frequencies on each side for the noise about a peak, in 1/span.
_BESIDE = 40
#: S/N of a wave from which it stands out.
_LEAST = 4.0
#: The median of the roots of an exponential's values, over the root of its mean.
_MEDIAN_ROOT = np.sqrt(np.log(2))


@dataclass(frozen=True)
class SinePeak:
    """One wave.

    Parameters
    ----------
    ephemeris : Ephemeris
        Its period, and in t0 the time of a maximum, with errors; it has no duration.
    amplitude, amplitude_err : float
        Half from trough to crest.
    power : float
        Of the periodogram at its top, 0 to 1.
    snr : float
        The amplitude over that of the noise about its frequency (`SinePeriodogram.noise`); 4 is
        the usual limit (Breger et al. 1993, A&A 271, 482).
    false_alarm : float
        Probability that white noise makes as high a peak anywhere in the range (astropy, Baluev
        2008, MNRAS 385, 1279).
    harmonic : str
        What its period is of the first peak's; "" where it is no simple ratio.
    """

    ephemeris: Ephemeris
    amplitude: float
    amplitude_err: float
    power: float
    snr: float
    false_alarm: float
    harmonic: str = ""


@dataclass(frozen=True, eq=False)
class SinePeriodogram:
    """How much of a light curve's variance a wave of each period explains.

    Parameters
    ----------
    period : float64 array (period,)
        Days, ascending; equally far apart in frequency.
    power : float64 array (period,)
        0 to 1, as astropy's LombScargle has it (normalization "standard").
    amplitude : float64 array (period,)
        Half from trough to crest, as a share of the light where `relative`, else in its unit: the
        root of twice the power times the weighted variance, which is exact where the cadences
        cover all phases alike.
    binned : int
        Cadences in a bin; 1: none were binned. Bins are a sixteenth of the shortest period or
        shorter. The power is that of the bins, which have less noise than cadences.
    detrended : float
        Scale in days of the trend that was taken off first; NaN: none was.
    relative : bool
        Whether amplitudes are shares of the light; they are where it is above 0 throughout.
    """

    period: np.ndarray
    power: np.ndarray
    amplitude: np.ndarray
    binned: int
    detrended: float
    relative: bool
    _series: Series = field(repr=False)

    @cached_property
    def noise(self) -> np.ndarray:
        """Amplitude that noise has about each frequency: float64 array (period,).

        The running median of `amplitude` over 80/span of frequency, over 0.8326, which makes it
        the root of the mean square where the noise is Gaussian.
        """
        step = float(np.median(np.abs(np.diff(1 / self.period))))
        size = int(2 * _BESIDE / (step * self._series.span)) + 1
        size = min(size, self.amplitude.size)
        return median_filter(self.amplitude, size=size, mode="nearest") / _MEDIAN_ROOT

    @cached_property
    def best(self) -> Ephemeris | None:
        """Period and time of maximum of the first of `peaks`; None where the power is 0."""
        peaks = self.peaks(1)
        return peaks[0].ephemeris if peaks else None

    def peaks(self, n: int = 5) -> tuple[SinePeak, ...]:
        """The highest peaks, each once: of this periodogram, in which a strong wave has sidelobes.

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
        frequency, span = 1 / self.period, self._series.span
        picked: list[int] = []
        for index in local_maxima(self.power):
            if self.power[index] > 0 and all(
                abs(frequency[index] - frequency[other]) * span > 1.5 for other in picked
            ):
                picked.append(int(index))
            if len(picked) == n:
                break
        made = self._peaks
        for index in picked[len(made) :]:
            peak = self._fitted(index)
            if made:
                name = harmonic(peak.ephemeris.period, made[0].ephemeris.period, span)
                peak = replace(peak, harmonic=name)
            made.append(peak)
        return tuple(made[:n])

    @cached_property
    def _peaks(self) -> list[SinePeak]:
        """Those that were asked for already."""
        return []

    def at(self, period: float) -> SinePeak:
        """The wave at the frequency that fits best near a period, days."""
        return self._fitted(int(np.argmin(np.abs(self.period - period))))

    def false_alarm(self, power: float) -> float:
        """Probability that white noise reaches a power anywhere in the range (Baluev 2008)."""
        made = _model(binned(self._series, self.binned)).false_alarm_probability(
            np.clip(power, 0.0, 1.0),
            minimum_frequency=float(1 / self.period[-1]),
            maximum_frequency=float(1 / self.period[0]),
        )
        return float(np.clip(made, 0.0, 1.0))

    @property
    def stands_out(self) -> bool:
        """Whether the first of `peaks` is more than noise makes."""
        return any(peak.snr >= _LEAST for peak in self.peaks(1))

    @property
    def words(self) -> str:
        """What the periodogram says, in a sentence."""
        peaks = self.peaks(1)
        if not peaks:
            return "The light curve does not vary."
        first = peaks[0]
        said = f"{first.ephemeris.period:.5g} d, amplitude {first.amplitude:.3g}"
        if not self.stands_out:
            return f"No wave stands out: the highest ({said}) has an S/N of {first.snr:.1f}."
        return f"The highest peak is {said}, S/N {first.snr:.1f}."

    def zoom(
        self, low: float, high: float, n: int = 4000, *, progress: Progress = None
    ) -> SinePeriodogram:
        """The periodogram from `low` to `high` days, worked out at `n` frequencies.

        Raises
        ------
        TPFError
            Where these are no periods, or n is below 2.
        """
        low, high = check_periods((low, high), low, high, self._series.span)
        n = check_count(n, "n", 2)
        # The same bins: another power would belong to others.
        return search_sines(self._series, (low, high), n, progress, n, self.binned)

    def _fitted(self, index: int) -> SinePeak:
        """A peak's wave by least squares, with the frequency free.

        Errors are those of the linear model at the best fit, times how much the noise about the
        frequency exceeds white noise of the light curve's own errors, where it does.
        """
        series = self._series
        middle = float(np.average(series.time, weights=series.flux_err**-2.0))
        time, weight = series.time - middle, 1 / series.flux_err
        frequency = float(1 / self.period[index])
        wave, solved, slopes = _wave(time, series.flux, weight, frequency)
        for _ in range(3):
            step = float(solved[3])
            step = float(np.clip(step, -0.25 / series.span, 0.25 / series.span))
            frequency += step
            wave, solved, slopes = _wave(time, series.flux, weight, frequency)
        cos, sin = float(solved[0]), float(solved[1])
        amplitude = float(np.hypot(cos, sin))
        covariance = np.linalg.inv(slopes.T @ slopes)
        white = float(np.sqrt(4 / np.sum(weight**2)))  # root mean square amplitude of white noise
        local = self._local_noise(frequency, index, wave)
        factor = max(1.0, local / white)
        err = np.sqrt(np.clip(covariance.diagonal(), 0, None)) * factor
        # By turning cos and sin to the wave's own phase: the crest moves as the sine part does.
        turn = np.array([cos, sin]) / max(amplitude, 1e-300)
        own = covariance[:2, :2]
        along, across = turn @ own @ turn, np.array([-turn[1], turn[0]])
        phase_err = np.sqrt(across @ own @ across) / max(amplitude, 1e-300) * factor
        crest = np.arctan2(sin, cos) / (2 * np.pi * frequency)
        ephemeris = Ephemeris(
            1 / frequency,
            middle + crest,
            period_err=float(err[3]) / frequency**2,
            t0_err=float(phase_err) / (2 * np.pi * frequency),
        )
        power = float(self.power[index])
        return SinePeak(
            ephemeris,
            amplitude,
            float(np.sqrt(along) * factor),
            power,
            float(amplitude / max(local, 1e-300)),
            self.false_alarm(power),
        )

    def _local_noise(self, frequency: float, index: int, wave: np.ndarray) -> float:
        """Amplitude of the noise about a peak, the peak's own wave taken off."""
        span = self._series.span
        low, high = max(frequency - _BESIDE / span, 1 / span), frequency + _BESIDE / span
        grid = np.arange(low, high, 0.5 / span)
        if grid.size < 8:
            return float(self.noise[index])
        rest = replace(self._series, flux=self._series.flux - wave)
        amplitude = _amplitude(rest, _model(rest).power(grid, method="fast"))
        return float(np.median(amplitude)) / _MEDIAN_ROOT


def search_sines(
    series: Series,
    periods: tuple[float, float],
    max_points: int,
    progress: Progress,
    exactly: int = 0,
    per_bin: int = 0,
) -> SinePeriodogram:
    """Lomb-Scargle over a range of periods.

    Parameters
    ----------
    series : Series
        About 0.
    periods : (min, max)
        Days.
    max_points : int
        Frequencies, at most.
    progress : callable or None
    exactly : int
        So many frequencies, where above 0.
    per_bin : int
        Cadences in a bin, where above 0.
    """
    low, high = periods
    per_bin = per_bin or max(1, int(low / _BINS / series.days))
    some = binned(series, per_bin)
    wanted = int((1 / low - 1 / high) * series.span * _OVERSAMPLE) + 2
    period = period_grid(low, high, exactly or min(wanted, max_points))
    frequency = 1 / period[::-1]
    model = _model(some)
    power = np.empty(period.size)
    for begin in range(0, period.size, _AT_A_TIME):
        part = frequency[begin : begin + _AT_A_TIME]
        power[begin : begin + part.size] = model.power(
            part, method="fast" if part.size > 200 else "auto", assume_regular_frequency=True
        )
        if progress is not None:
            progress(begin + part.size, period.size)
    power = np.clip(power, 0.0, 1.0)[::-1].copy()
    amplitude = _amplitude(some, power)
    for values in (period, power, amplitude):
        values.flags.writeable = False
    return SinePeriodogram(
        period, power, amplitude, per_bin, series.trend_scale, series.relative, series
    )


def _model(series: Series):  # type: ignore[no-untyped-def]
    from astropy.timeseries import LombScargle  # slow to import

    return LombScargle(series.time, series.flux, series.flux_err)


def _amplitude(series: Series, power: np.ndarray) -> np.ndarray:
    """Amplitudes for powers: a wave's variance is half of its amplitude's square."""
    weight = series.flux_err**-2.0
    mean = float(np.average(series.flux, weights=weight))
    variance = float(np.average((series.flux - mean) ** 2, weights=weight))
    return np.sqrt(2 * np.clip(power, 0, None) * variance)


def _wave(
    time: np.ndarray, flux: np.ndarray, weight: np.ndarray, frequency: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best wave (n,); cos, sin, level and the step in frequency; weighed slopes (n, 4)."""
    angle = 2 * np.pi * frequency * time
    cos, sin = np.cos(angle), np.sin(angle)
    three = np.stack([cos, sin, np.ones_like(cos)], axis=1) * weight[:, None]
    first, *_ = np.linalg.lstsq(three, flux * weight, rcond=None)
    by_frequency = 2 * np.pi * time * (first[1] * cos - first[0] * sin) * weight
    slopes = np.column_stack([three, by_frequency])
    solved, *_ = np.linalg.lstsq(slopes, flux * weight, rcond=None)
    wave = first[0] * cos + first[1] * sin
    return wave, np.append(first, solved[3]), slopes
