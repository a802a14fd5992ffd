"""Box least squares: astropy's numbers, injected periods, what peaks amount to."""

import numpy as np
import pytest
import xarray as xr
from astropy.timeseries import BoxLeastSquares

from tpfdash import Ephemeris, TPFError, box_periodogram
from tpfdash.simulate import Eclipse, Transit
from tpfdash.timeseries.box_grid import usual_durations
from tpfdash.timeseries.prepared import binned

DAY = 0.0204
N = 1300
TIME = 120 + np.arange(N) * DAY


def curve(*events, seed=1, sigma=5e-4, time=TIME):
    """A light curve in which events happen, smeared over the exposure."""
    light = np.ones(time.size)
    for event in events:
        light *= np.mean([event.light(time + o * DAY) for o in np.linspace(-0.4, 0.4, 5)], axis=0)
    flux = 2e4 * light * (1 + np.random.default_rng(seed).normal(0, sigma, time.size))
    return xr.Dataset(
        {"flux": ("time", flux), "flux_err": ("time", np.full(time.size, 2e4 * sigma))},
        coords={"time": ("time", time)},
    )


def test_numbers_are_astropys():
    """On the same light curve and periods, whatever was done to it before."""
    made = box_periodogram(
        curve(Transit(0, 3.1, 121.0, 0.2, 0.002)), periods=(1, 6), durations=[0.1, 0.2, 0.3]
    )
    series = made._series
    model = BoxLeastSquares(series.time, series.flux, series.flux_err)
    found = model.power(made.period, [0.1, 0.2, 0.3], oversample=6)
    np.testing.assert_allclose(made.power, found.power, rtol=1e-9)
    np.testing.assert_allclose(made.depth, found.depth, rtol=1e-9)
    np.testing.assert_allclose(made.t0, found.transit_time, rtol=1e-12)
    np.testing.assert_array_equal(made.duration, found.duration)
    red = np.interp(found.duration, made.durations, made.red_noise)
    np.testing.assert_allclose(made.depth_err, found.depth_err * red, rtol=1e-9)
    np.testing.assert_allclose(made.snr, made.depth / made.depth_err)
    assert list(made.durations) == [0.1, 0.2, 0.3] and made.binned == 1


def test_bins_lose_nothing():
    """Two-minute cadences: the same peaks, binned and not."""
    time = 120 + np.arange(6000) * 120 / 86400
    lightcurve = curve(Transit(0, 1.4, 120.5, 0.1, 0.001), sigma=1e-3, time=time)
    made = box_periodogram(lightcurve, durations=[0.1], periods=(1.2, 1.7))
    assert made.binned == 9  # an eighth of 72 cadences
    series = made._series
    plain = BoxLeastSquares(series.time, series.flux, series.flux_err)
    plain = plain.power(made.period, [0.1], oversample=6)
    assert made.power.max() > 0.97 * plain.power.max()
    assert abs(made.period[made.power.argmax()] - made.period[plain.power.argmax()]) < 2e-3
    rows = binned(series, made.binned)
    assert rows.days <= 0.1 / 8


@pytest.mark.slow
def test_an_injected_period_comes_out_with_errors_that_hold():
    pulls = []
    for seed in range(24):
        rng = np.random.default_rng(seed)
        period, duration = rng.uniform(0.9, 7), rng.uniform(0.12, 0.3)
        event = Transit(0, period, 120 + rng.uniform(0, period), duration, 0.0015, 0.12)
        made = box_periodogram(curve(event, seed=seed))
        best = made.best
        assert best.period == pytest.approx(period, abs=duration * period / 26)
        away = best.phase(event.epoch) * best.period
        pulls.append(
            [
                (best.period - period) / best.period_err,
                away / best.near(event.epoch).t0_err,
                (best.depth - 0.0015) / best.depth_err,
            ]
        )
    pulls = np.array(pulls)
    assert (np.abs(np.median(pulls, axis=0)) < 0.7).all()
    widths = np.quantile(np.abs(pulls), 0.683, axis=0)
    assert (widths > 0.4).all() and (widths < 1.6).all()


def test_the_grid_is_close_enough_and_bounded():
    lightcurve = curve()
    made = box_periodogram(lightcurve, periods=(1, 10))
    assert made.drift <= 0.25
    # Half-way between two periods, over the whole light curve, by the shortest duration there.
    index = np.searchsorted(made.period, 9)
    step = 1 / made.period[index] - 1 / made.period[index + 1]
    drift = np.ptp(TIME) * made.period[index] * step / 2
    assert drift <= 0.25 * usual_durations(7.0, DAY)[0] * 1.1
    few = box_periodogram(lightcurve, periods=(1, 10), max_points=300)
    assert few.period.size <= 310 and few.drift > 0.25
    assert few.period[0] == pytest.approx(1) and few.period[-1] == pytest.approx(10)


def test_zooming_works_it_out_again():
    made = box_periodogram(curve(Transit(0, 3.1, 121.0, 0.2, 0.004)))
    near = made.zoom(3.0, 3.2, 700)
    assert near.period.size == 700 and near.drift < made.drift / 5
    assert near.period[0] == pytest.approx(3.0) and near.period[-1] == pytest.approx(3.2)
    inside = (made.period > 3.0) & (made.period < 3.2)
    assert near.power.max() >= 0.98 * made.power[inside].max()
    assert near.best.period == pytest.approx(made.best.period, abs=3 * made.best.period_err)
    away = made.zoom(4.0, 5.0, 50)  # the fold stays where the eye is
    assert 4.0 <= away.best.period <= 5.0 and away.period.size == 50
    for bad in ((5, 4), (0, 1), (1, np.nan)):
        with pytest.raises(TPFError, match="periods"):
            made.zoom(*bad)
    with pytest.raises(TPFError, match="n is 1"):
        made.zoom(3, 4, 1)


def test_peaks_are_distinct_and_harmonics_named():
    made = box_periodogram(curve(Transit(0, 2.2, 121.0, 0.2, 0.006)))
    peaks = made.peaks(6)
    assert peaks[0].harmonic == "" and peaks[0].ephemeris.period == pytest.approx(2.2, abs=1e-3)
    names = {peak.harmonic for peak in peaks[1:]}
    assert {"2 ×", "3 ×"} <= names
    frequencies = np.sort([1 / peak.ephemeris.period for peak in peaks])
    assert (np.diff(frequencies) * np.ptp(TIME) > 1).all()
    assert made.best == peaks[0].ephemeris
    assert made.sde.argmax() == made.power.argmax() and made.sde.max() > 10


def test_odd_and_even_eclipses_have_the_whole_period():
    event = Eclipse(0, 3.0, 121.0, 0.25, 0.02, 0.3, secondary_depth=0.008)
    best = box_periodogram(curve(event)).best
    assert best.period == pytest.approx(3.0, abs=2e-3)


def test_a_single_event_is_no_period():
    made = box_periodogram(curve(Transit(0, None, 131.0, 0.3, 0.02)))
    assert made.single_event == pytest.approx(131.0, abs=0.05)
    assert (
        made.words == f"A single event, at {made.single_event:.3f} d, stands out: it has no period."
    )
    assert all(peak.strength < 7.1 for peak in made.peaks(3))


def test_two_events_are_a_period():
    made = box_periodogram(curve(Transit(0, 11.0, 125.0, 0.3, 0.004)))
    peak = made.peaks(1)[0]
    assert peak.n_events in (2, 3) and peak.ephemeris.period == pytest.approx(11.0, abs=0.01)


def test_a_spoiled_event_does_not_hide_a_period():
    lightcurve = curve(Transit(0, 2.2, 121.0, 0.2, 0.003))
    flux = lightcurve["flux"].values.copy()
    flux[np.abs(TIME - 132.0) < 0.15] *= 1.02
    made = box_periodogram(lightcurve.assign(flux=("time", flux)))
    assert made.best.period == pytest.approx(2.2, abs=2e-3)


def test_noise_has_no_period_that_stands_out():
    for seed in range(8):
        made = box_periodogram(curve(seed=100 + seed))
        assert made.words.startswith("No period stands out")
        assert made.peaks(1)[0].strength < 7.1


def test_a_click_gives_the_box_there_and_fits_it():
    made = box_periodogram(curve(Transit(0, 3.1, 121.0, 0.2, 0.004)))
    there = made.at(3.11)
    assert abs(there.period - 3.11) <= np.diff(made.period).max() and there.depth > 0
    fitted = made.fit(there)
    assert fitted.period == pytest.approx(3.1, abs=3 * fitted.period_err)
    assert made.fit(Ephemeris(3.1, 121.05, 0.1, 0.003)).duration > 0.17
    assert made.at(5.5).period == pytest.approx(5.5, abs=0.05)
    with pytest.raises(TPFError, match="no duration"):
        made.fit(Ephemeris(3.1, 121.0))


def test_zooming_below_the_durations_is_refused():
    made = box_periodogram(curve(), durations=[0.3], periods=(1, 2))
    with pytest.raises(TPFError, match="longest duration"):
        made.zoom(0.2, 0.5)


def test_results_cannot_be_changed():
    made = box_periodogram(curve(), periods=(2, 3))
    with pytest.raises(ValueError):
        made.power[0] = 1
    with pytest.raises(AttributeError):
        made.power = None
    for n in (0, True, 1.5):
        with pytest.raises(TPFError, match="n is"):
            made.peaks(n)
