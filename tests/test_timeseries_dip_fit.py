"""Dips fitted to the cadences: slopes against differences, numbers against the truth."""

import numpy as np
import pytest

from tpfdash import Ephemeris
from tpfdash.simulate import Transit
from tpfdash.timeseries.dip_fit import _dip, event_depths, fit_dip
from tpfdash.timeseries.prepared import Series

DAY = 0.0204
TIME = 120 + np.arange(1300) * DAY


def series(flux, sigma, time=TIME):
    n = time.size
    return Series(time, flux, np.full(n, sigma), np.arange(n), DAY, 1, True, 1.0, np.nan, 1.0)


def transits(event, seed, sigma):
    light = np.mean([event.light(TIME + o * DAY) for o in np.linspace(-0.4, 0.4, 5)], axis=0)
    return series(light - 1 + np.random.default_rng(seed).normal(0, sigma, TIME.size), sigma)


def test_slopes_are_the_differences():
    epoch = np.round((TIME - 130) / 2.5)
    model = _dip(TIME - 130, epoch)
    x = np.array([2.5, 0.01, 0.2, 0.03, 0.01, 1e-3])
    _, slopes = model(x)
    for number in range(6):
        step = np.zeros(6)
        step[number] = 1e-6
        difference = (model(x + step)[0] - model(x - step)[0]) / 2e-6
        np.testing.assert_allclose(slopes[:, number], difference, atol=2e-5)


def test_the_fit_finds_the_truth():
    """From a start as a grid gives it."""
    event = Transit(0, 2.61, 121.03, 0.24, 0.01, 0.15)
    made = fit_dip(transits(event, 3, 2e-4), Ephemeris(2.612, 121.01, 0.17, 0.008))
    assert made.period == pytest.approx(2.61, abs=3 * made.period_err)
    assert made.phase(121.03) * 2.61 == pytest.approx(0, abs=3 * made.near(121.03).t0_err)
    assert made.depth == pytest.approx(0.01, abs=4 * made.depth_err)
    assert made.duration == pytest.approx(0.24 + DAY, abs=0.03)  # smeared over an exposure
    assert made.period_err < 3e-4 and made.depth_err < 1e-4
    assert 120 < made.t0 < 147


def test_nothing_to_fit_leaves_the_start():
    start = Ephemeris(2.0, 121.0, 0.1, 0.01)
    few = series(np.zeros(4), 1e-3, TIME[:4])
    assert fit_dip(few, start) == start
    flat = fit_dip(series(np.zeros(TIME.size), 1e-3), start)
    assert np.isfinite([flat.period, flat.t0, flat.duration]).all()


def test_depths_event_by_event():
    flux = np.zeros(TIME.size)
    event = Ephemeris(2.0, 121.0, 0.2)
    number = event.epoch(TIME)
    flux[event.inside(TIME)] = -0.01 - 0.001 * number[event.inside(TIME)]
    made = series(flux, 1e-3)
    epochs, depth, err = event_depths(made, event, red=2.0)
    np.testing.assert_array_equal(epochs, np.arange(0, 13))
    np.testing.assert_allclose(depth, 0.01 + 0.001 * epochs)
    count = np.bincount(number[event.inside(TIME)].astype(int))
    np.testing.assert_allclose(err, 2e-3 / np.sqrt(count))
    gone = np.abs(TIME - 125.03) < 0.07  # most of an event
    kept = Series(*(v[~gone] for v in (made.time, made.flux, made.flux_err, made.cadence)),
                  DAY, 1, True, 1.0, np.nan, 1.0)  # fmt: skip
    assert 2 not in event_depths(kept, event)[0]
    assert event_depths(made, Ephemeris(400.0, 50.0, 0.2))[0].size == 0
