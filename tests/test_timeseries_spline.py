"""The slow part of a light curve, against trends that are known."""

import numpy as np
import pytest

from tpfdash.timeseries.spline import slow_trend

TIME = np.arange(0, 27, 0.02)


def test_a_cubic_is_its_own_trend():
    flux = 1000 + 3 * TIME - 0.2 * TIME**2 + 0.004 * TIME**3
    np.testing.assert_allclose(slow_trend(TIME, flux, 2.0), flux, rtol=1e-6)


def test_noise_outliers_and_dips_do_not_pull_it():
    rng = np.random.default_rng(5)
    slow = 1000 * (1 + 0.01 * np.sin(TIME / 2) + 0.002 * TIME)
    flux = slow * (1 + rng.normal(0, 2e-4, TIME.size))
    flux[np.abs((TIME - 1.3) % 3.1) < 0.15] *= 0.98  # deep dips
    flux[rng.integers(0, TIME.size, 60)] *= 1.05
    away = slow_trend(TIME, flux, 1.5) / slow - 1
    assert np.abs(away).max() < 6e-4


@pytest.mark.parametrize("share, kept", [(0.1, 1.0), (0.3, 0.8)])
def test_what_shallow_dips_keep_of_their_depth(share, kept):
    """Those that the noise hides, which no weight can spare."""
    inside = np.abs((TIME - 1.3 + 1.55) % 3.1 - 1.55) < 0.15
    depths = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        flux = 1 - 3e-4 * inside + rng.normal(0, 3e-4, TIME.size)
        rest = flux / slow_trend(TIME, flux, 0.3 / share)
        depths.append(rest[~inside].mean() - rest[inside].mean())
    assert np.mean(depths) / 3e-4 == pytest.approx(kept, abs=0.04)


def test_levels_on_both_sides_of_a_gap_are_their_own():
    kept = (TIME < 10) | (TIME > 11)
    time = TIME[kept]
    flux = np.where(time < 10, 1000.0, 1100.0)
    np.testing.assert_allclose(slow_trend(time, flux, 3.0), flux, rtol=1e-9)
    assert np.ptp(slow_trend(time, flux, 3.0, gap=np.inf) - flux) > 10


def test_it_crosses_what_is_not_to_be_learned_from():
    flux = 1000 + 2 * TIME
    apart = np.abs(TIME - 13) < 0.7
    with_dip = np.where(apart, flux * 0.9, flux)
    made = slow_trend(TIME, with_dip, 2.0, ~apart)
    np.testing.assert_allclose(made, flux, rtol=1e-4)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 9])
def test_short_pieces_have_a_trend_too(n):
    time = np.append(TIME[:n], TIME[500 : 500 + n])
    made = slow_trend(time, np.full(time.size, 5.0), 2.0)
    np.testing.assert_allclose(made, 5.0)
    assert np.isfinite(slow_trend(time, np.arange(2.0 * n), 2.0, np.zeros(2 * n, bool))).all()
