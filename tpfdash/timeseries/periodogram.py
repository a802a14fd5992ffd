"""Which periods a light curve has: box least squares for dips, Lomb-Scargle for waves.

Arguments are checked and the light curve is made ready here; what is found is
`tpfdash.timeseries.box_search` and `tpfdash.timeseries.sine_search`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.timeseries.box_grid import usual_durations
from tpfdash.timeseries.box_search import BoxPeriodogram, search_boxes
from tpfdash.timeseries.periods import Progress, check_count, check_periods
from tpfdash.timeseries.prepared import ready
from tpfdash.timeseries.sine_search import SinePeriodogram, search_sines

__all__ = ["box_periodogram", "sine_periodogram"]

#: Shortest period of boxes where nobody says another, days.
_SHORTEST = 0.5
#: The trend is this many times slower than the longest duration.
_SLOWER = 3.5


def box_periodogram(
    lightcurve: xr.Dataset,
    *,
    periods: tuple[float, float] | None = None,
    durations: Any = None,
    good: np.ndarray | None = None,
    detrend: bool = True,
    max_points: int = 100_000,
    progress: Progress = None,
) -> BoxPeriodogram:
    """Search a light curve for dips that come again: box least squares.

    A slow trend is taken off first (a robust spline, three and a half times slower than the longest
    duration; `BoxPeriodogram.detrended`), single cadences above both neighbours are left out, and
    errors are brought to the scatter from cadence to cadence. Cadences are binned to an eighth of
    the shortest duration or less (`BoxPeriodogram.binned`). The periods are so close that events
    drift by a quarter of the shortest duration at most over the light curve, unless `max_points`
    are fewer (`BoxPeriodogram.drift`).

    Parameters
    ----------
    lightcurve : Dataset
        `time` (days) and `flux`, and `flux_err` where there is one, as
        `tpfdash.aperture_photometry` gives them. NaN in any is left out.
    periods : (min, max), optional
        Days. Default: from 0.5 d to half of the light curve's span, so that two events fit in.
    durations : float or array_like of float, optional
        Days; all are tried at each period. Default: those that a transit of a main-sequence star,
        or an eclipse, may have at the period, in steps of a factor of 1.4.
    good : bool array (time,), optional
        Cadences to keep. Default: those that the mission's default quality bitmask keeps.
    detrend : bool
        Whether to take the trend off; without, the median.
    max_points : int
        Periods, at most.
    progress : callable, optional
        Called with (periods done, periods in all) after every 256 of them (65,536 of waves). What
        it raises stops the search and comes out of it.

    Returns
    -------
    BoxPeriodogram
        Its numbers are those of astropy's BoxLeastSquares on the light curve made ready so.

    Raises
    ------
    TPFError
        Where there is too little light curve, or a period, a duration or `good` makes no sense.
    """
    max_points = check_count(max_points, "max_points", 2)
    plain = ready(lightcurve, good, np.nan)
    low, high = check_periods(periods, _SHORTEST, plain.span / 2, plain.span)
    asked = None if durations is None else _durations(durations, low)
    longest = float((usual_durations(high, plain.days) if asked is None else asked)[-1])
    series = ready(lightcurve, good, _SLOWER * longest) if detrend else plain
    return search_boxes(series, (lightcurve, good), (low, high), asked, max_points, progress)


def sine_periodogram(
    lightcurve: xr.Dataset,
    *,
    periods: tuple[float, float] | None = None,
    good: np.ndarray | None = None,
    detrend: bool = True,
    max_points: int = 500_000,
    progress: Progress = None,
) -> SinePeriodogram:
    """Search a light curve for waves: the Lomb-Scargle periodogram with a floating mean.

    Parameters
    ----------
    lightcurve, good
        As for `box_periodogram`.
    periods : (min, max), optional
        Days. Default: from two cadences to the light curve's span.
    detrend : bool
        Whether to take a cubic over the whole light curve off first; without, the median. Waves
        longer than half of the span lose by it.
    max_points : int
        Frequencies, at most; else eight in 1/span.
    progress : callable, optional
        As for `box_periodogram`.

    Returns
    -------
    SinePeriodogram
        Its power is that of astropy's LombScargle on the light curve made ready so.

    Raises
    ------
    TPFError
        As for `box_periodogram`.
    """
    max_points = check_count(max_points, "max_points", 2)
    series = ready(lightcurve, good, np.nan, rays=False)
    low, high = check_periods(periods, 2 * series.days, series.span, series.span)
    if detrend:
        series = ready(lightcurve, good, series.span, gap=np.inf, rays=False)
    return search_sines(series, (low, high), max_points, progress)


def _durations(durations: Any, shortest_period: float) -> np.ndarray:
    try:
        given = np.atleast_1d(np.asarray(durations, dtype=np.float64))
    except NO_NUMBER:
        given = np.array([])
    made = np.unique(given)
    if given.ndim != 1 or not made.size or not (np.isfinite(made).all() and made[0] > 0):
        raise TPFError(
            f"durations is {durations!r}: it should be one number of days above 0, or several."
        )
    if made[-1] >= shortest_period:
        raise TPFError(
            f"The longest duration is {made[-1]:.5g} d: it should be shorter than the shortest "
            f"period, {shortest_period:.5g} d."
        )
    return made
