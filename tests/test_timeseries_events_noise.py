"""Noise of light curves whose noise is known."""

import numpy as np
import pytest

from tpfdash.timeseries.events.noise import flag_factors, running_scatter, scatter, white_noise


def test_scatter_is_a_gaussians_sigma_whatever_outliers_there_are():
    values = np.random.default_rng(1).normal(0, 3, 100_000)
    assert scatter(values) == pytest.approx(3, rel=0.01)
    values[::50] = 1e6
    assert scatter(values) == pytest.approx(3, rel=0.05)
    assert np.isnan(scatter(values[:0]))


def test_running_scatter_follows():
    rng = np.random.default_rng(2)
    values = rng.normal(0, 1, 9000) * np.where(np.arange(9000) < 4500, 1, 4)
    running = running_scatter(values, 300)
    assert running.shape == values.shape
    assert running[500:4000].mean() == pytest.approx(1, rel=0.03)
    assert running[5000:8500].mean() == pytest.approx(4, rel=0.03)
    short = running_scatter(values[:500], 300)  # one block
    assert (short == short[0]).all()


def test_white_noise_knows_neither_trend_nor_gap():
    rng = np.random.default_rng(3)
    flux = 1e5 + 40 * np.sin(np.arange(6000) / 500) + rng.normal(0, 7, 6000)
    flux[3000:] += 500
    found = white_noise(flux)
    assert found.shape == flux.shape and np.median(found) == pytest.approx(7, rel=0.03)
    assert found.min() > 0.7 * 6.5  # a quiet stretch is partly chance


@pytest.mark.parametrize("n", [1, 2, 3, 50])
@pytest.mark.parametrize("level", [0.0, 1.0, 1e6])
def test_what_does_not_scatter_has_the_noise_of_its_digits(n, level):
    found = white_noise(np.full(n, level))
    assert found.shape == (n,) and (found > 0).all() and (found <= 1e-6 * max(level, 1)).all()


def test_flags_whose_cadences_stand_out_weigh_less():
    rng = np.random.default_rng(4)
    response = rng.normal(0, 1, 4000)
    quality = np.zeros(4000, dtype=np.int64)
    quality[::40] |= 1 << 20  # loud
    quality[7::35] |= 8  # as quiet as all others
    quality[5:10] |= 64  # loud, but too few to know
    response[::40] *= 12
    response[5:10] = 100
    response[0] = np.nan
    factors = flag_factors(response, quality)
    assert 9 < factors[40] < 15 and factors[0] == factors[40]
    assert (factors[quality & (1 << 20) == 0] == 1).all()
