"""The running trend, against astropy window by window, and where its windows are cut."""

import numpy as np
import pytest
from astropy.stats import biweight_location

from tpfdash.timeseries.trend import ITERATIONS, TUNING, running_trend


def series(n=400, seed=1, step=0.02):
    rng = np.random.default_rng(seed)
    times = 100 + step * np.arange(n)
    flux = 1000 + 5 * np.sin(times) + rng.normal(0, 1, n)
    flux[rng.integers(0, n, n // 20)] += 40
    return times, flux


def by_astropy(away, values):
    """The biweight location less a line, found anew with the weights of the one before."""
    half = values.size // 2
    run = np.median(away[half:]) - np.median(away[:half])
    values = values - (np.median(values[half:]) - np.median(values[:half])) / run * away
    level = np.median(values)
    for _ in range(ITERATIONS):
        level = biweight_location(values, c=TUNING, M=np.array(level))
    return level


def test_each_window_is_astropys_biweight():
    times, flux = series()
    window = 0.5
    trend = running_trend(times, flux, window)
    for n in range(13, 387, 7):
        inside = np.abs(times - times[n]) <= window / 2 + 1e-9
        assert inside.sum() == 25
        assert trend.level[n] == pytest.approx(
            by_astropy(times[inside] - times[n], flux[inside]), rel=1e-9
        )
        scatter = 1.4826 * np.median(np.abs(flux - trend.level)[inside])
        assert trend.scatter[n] == pytest.approx(scatter, rel=1e-9)


def test_long_windows_are_moved_on_in_steps_that_lose_nothing():
    times, flux = series(n=3000, step=0.001)
    window = 0.5
    trend = running_trend(times, flux, window)
    exact = []
    for n in range(260, 2740, 83):
        away = times - times[n]
        inside = np.abs(away) <= window / 2 + 1e-9
        exact.append(by_astropy(away[inside], flux[inside]))
    np.testing.assert_allclose(
        trend.level[260:2740:83], exact, atol=0.02
    )  # noise of a window: 0.06


def test_a_straight_line_is_its_own_trend_to_its_ends():
    times, _ = series()
    line = 1000 + 3 * (times - times[0])
    np.testing.assert_allclose(running_trend(times, line, 1.0).level, line, rtol=1e-12)
    noisy = line + np.random.default_rng(3).normal(0, 1, line.size)
    noisy[[2, 5, -4]] += 50
    away = running_trend(times, noisy, 2.0).level - line
    assert np.abs(away).max() < 1.0  # a window that is cut in half: 0.14, or 0.28 at its end


def test_no_window_reaches_over_a_gap():
    times, _ = series()
    times[200:] += 0.6
    step = np.where(np.arange(400) < 200, 1000.0, 2000.0)
    np.testing.assert_allclose(running_trend(times, step, 1.0).level, step)
    bridged = running_trend(times, step, 3.0, break_gap=0.7).level
    assert np.abs(bridged - step)[190:210].max() > 100


def test_masked_cadences_do_not_count_and_are_passed_over():
    times, _ = series()
    flux = 1000 + 2 * (times - times[0])
    dip = (times > 103) & (times < 103.9)
    trend = running_trend(times, np.where(dip, 0.0, flux), 0.5, kept=~dip).level
    np.testing.assert_allclose(trend[~dip], flux[~dip], rtol=1e-6)
    np.testing.assert_allclose(trend[dip], flux[dip], rtol=1e-3)
    # A dip at the very end: the trend stays as it was.
    end = times > times[-1] - 0.5
    trend = running_trend(times, np.where(end, 0.0, flux), 0.5, kept=~end).level
    assert np.abs(trend[end] / flux[end] - 1).max() < 2e-3


def test_other_times_lie_on_lines_between():
    times, flux = series()
    at = np.array([50.0, times[10] + 0.005, 500.0])
    trend, own = running_trend(times, flux, 0.5, at=at), running_trend(times, flux, 0.5)
    assert trend.level[0] == own.level[0] and trend.level[2] == own.level[-1]
    assert trend.level[1] == pytest.approx(0.75 * own.level[10] + 0.25 * own.level[11])


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_few_cadences_have_a_trend(n):
    times = 100 + 0.02 * np.arange(n)
    trend = running_trend(times, np.full(n, 7.0), 1.0)
    np.testing.assert_allclose(trend.level, 7.0)
    np.testing.assert_allclose(trend.scatter, 0.0, atol=1e-12)


def test_without_a_cadence_there_is_no_trend():
    times, flux = series(n=10)
    trend = running_trend(times, flux, 1.0, kept=np.zeros(10, dtype=bool))
    assert np.isnan(trend.level).all() and np.isnan(trend.scatter).all()
