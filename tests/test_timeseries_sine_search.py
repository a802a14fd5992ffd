"""Lomb-Scargle: astropy's numbers, injected waves, what peaks amount to."""

import numpy as np
import pytest
import xarray as xr
from astropy.timeseries import LombScargle

from tpfdash import TPFError, sine_periodogram


def curve(seed=1, n=1500, amplitude=2e-3, period=1.37, crest=100.4, noise=4e-3, even=False):
    rng = np.random.default_rng(seed)
    time = np.linspace(100, 127, n) if even else np.sort(rng.uniform(100, 127, n))
    flux = 1 + amplitude * np.cos(2 * np.pi * (time - crest) / period) + rng.normal(0, noise, n)
    return xr.Dataset(
        {"flux": ("time", flux), "flux_err": ("time", np.full(n, noise))},
        coords={"time": ("time", time)},
    )


def test_numbers_are_astropys():
    made = sine_periodogram(curve(even=True), periods=(0.05, 10), detrend=False)
    series = made._series
    exact = LombScargle(series.time, series.flux, series.flux_err).power(
        1 / made.period, method="cython"
    )
    np.testing.assert_allclose(made.power, exact, atol=2e-3)
    assert made.binned == 1 and np.isnan(made.detrended)
    near = made.zoom(1.36, 1.38, 100)  # few frequencies are worked out exactly
    exact = LombScargle(series.time, series.flux, series.flux_err).power(1 / near.period)
    np.testing.assert_allclose(near.power, exact, rtol=1e-9)


@pytest.mark.slow
def test_a_wave_comes_out_with_errors_that_hold():
    pulls = []
    for seed in range(40):
        rng = np.random.default_rng(1000 + seed)
        period, crest = rng.uniform(0.3, 5), 100 + rng.uniform(0, 0.3)
        made = sine_periodogram(curve(seed, period=period, crest=crest), periods=(0.2, 10))
        (peak,) = made.peaks(1)
        best = peak.ephemeris
        away = best.phase(crest) * best.period
        pulls.append(
            [
                (best.period - period) / best.period_err,
                away / best.near(crest).t0_err,
                (peak.amplitude - 2e-3) / peak.amplitude_err,
            ]
        )
        assert peak.snr > 6 and peak.false_alarm < 1e-6 and np.isnan(best.duration)
    pulls = np.array(pulls)
    assert (np.abs(np.median(pulls, axis=0)) < 0.6).all()
    widths = np.quantile(np.abs(pulls), 0.683, axis=0)
    assert (widths > 0.6).all() and (widths < 1.5).all()


def test_amplitude_is_half_from_trough_to_crest():
    made = sine_periodogram(curve(amplitude=0.01, noise=1e-4, even=True))
    assert made.amplitude.max() == pytest.approx(0.01, rel=0.02)
    assert made.peaks(1)[0].amplitude == pytest.approx(0.01, rel=1e-2)
    assert made.relative


def test_false_alarms_are_astropys():
    made = sine_periodogram(curve(amplitude=0), periods=(0.2, 10))
    series = made._series
    model = LombScargle(series.time, series.flux, series.flux_err)
    expected = model.false_alarm_probability(0.02, minimum_frequency=0.1, maximum_frequency=5)
    assert made.false_alarm(0.02) == pytest.approx(float(expected), rel=1e-6)


def test_noise_has_no_wave_that_stands_out():
    high = [sine_periodogram(curve(seed, amplitude=0), periods=(0.2, 10)) for seed in range(6)]
    assert sum(made.peaks(1)[0].false_alarm < 0.05 for made in high) <= 1
    assert all(made.words.startswith("No wave stands out") for made in high)


def test_peaks_are_distinct_and_harmonics_named():
    lightcurve = curve(amplitude=0.01, noise=1e-3)
    time = lightcurve["time"].values
    more = 0.006 * np.cos(4 * np.pi * time / 1.37) + 0.003 * np.cos(2 * np.pi * time / 3.0)
    made = sine_periodogram(lightcurve.assign(flux=lightcurve["flux"] + ("time", more)[1]))
    first, second, third = made.peaks(3)
    assert first.ephemeris.period == pytest.approx(1.37, abs=2e-3) and first.harmonic == ""
    assert second.ephemeris.period == pytest.approx(0.685, abs=1e-3)
    assert second.harmonic == "1/2 ×" and third.harmonic == ""
    assert made.best == first.ephemeris


def test_bins_only_where_the_shortest_period_allows():
    time = 100 + np.arange(9000) * 120 / 86400
    flux = 1 + 1e-3 * np.cos(2 * np.pi * time / 2.0)
    flux += np.random.default_rng(2).normal(0, 1e-3, time.size)
    lightcurve = xr.Dataset({"flux": ("time", flux)}, coords={"time": ("time", time)})
    assert sine_periodogram(lightcurve).binned == 1
    made = sine_periodogram(lightcurve, periods=(1, 10))
    assert made.binned == 45  # a sixteenth of a day
    assert made.peaks(1)[0].amplitude == pytest.approx(1e-3, rel=0.06)


def test_slow_trends_go_and_waves_of_half_the_span_stay():
    lightcurve = curve(amplitude=0, noise=1e-4)
    time = lightcurve["time"].values
    slope = 0.02 * (time - 113) / 13
    wave = 2e-3 * np.cos(2 * np.pi * time / 13)
    made = sine_periodogram(lightcurve.assign(flux=lightcurve["flux"] + slope + wave))
    assert made.best.period == pytest.approx(13, rel=0.1)
    assert made.peaks(1)[0].amplitude == pytest.approx(2e-3, rel=0.2)


def test_a_flat_light_curve_does_not_vary():
    lightcurve = curve().assign(flux=("time", np.ones(1500)))
    made = sine_periodogram(lightcurve)
    assert np.isfinite(made.power).all()
    assert made.words.startswith(("The light curve does not vary", "No wave"))


def test_what_makes_no_sense():
    made = sine_periodogram(curve(), periods=(1, 2))
    for n in (0, True, 2.5):
        with pytest.raises(TPFError, match="n is"):
            made.peaks(n)
    with pytest.raises(TPFError, match="periods"):
        made.zoom(2, 1)
    with pytest.raises(TPFError, match="n is 1"):
        made.zoom(1, 2, 1)
    with pytest.raises(ValueError):
        made.power[0] = 0
