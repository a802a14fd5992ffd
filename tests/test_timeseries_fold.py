"""Folded light curves: phases, odd and even, bins, against plain numpy."""

import numpy as np
import pytest
import xarray as xr

import tpfdash
from tpfdash import Ephemeris, TPFError, fold

DAY = 0.0204
N = 1300
TIME = 120 + np.arange(N) * DAY
EVENT = Ephemeris(2.3, 121.0, 0.2)


def curve(odd=0.01, even=0.01, seed=1, sigma=5e-4, slope=0.0):
    inside = EVENT.inside(TIME)
    is_odd = EVENT.epoch(TIME) % 2 == 1
    light = 1 - inside * np.where(is_odd, odd, even)
    light *= 1 + slope * (TIME - 130)
    flux = 3e4 * light * (1 + np.random.default_rng(seed).normal(0, sigma, N))
    flux[10] = np.nan
    return xr.Dataset(
        {"flux": ("time", flux), "flux_err": ("time", np.full(N, 3e4 * sigma))},
        coords={"time": ("time", TIME)},
    )


def test_points_are_in_order_of_phase_and_know_their_cadence():
    lightcurve = curve()
    made = fold(lightcurve, EVENT, detrend=False)
    assert (np.diff(made.phase) >= 0).all() and made.phase.size == N - 1
    assert 10 not in made.cadence and np.unique(made.cadence).size == N - 1
    np.testing.assert_allclose(made.phase, EVENT.phase(TIME[made.cadence]))
    np.testing.assert_array_equal(made.epoch, EVENT.epoch(TIME[made.cadence]))
    np.testing.assert_array_equal(made.odd, made.epoch % 2 == 1)
    flux = lightcurve["flux"].values
    expected = flux[made.cadence] / np.nanmedian(flux)
    np.testing.assert_allclose(made.flux, expected)
    assert np.isnan(made.detrended) and made.relative
    bad = np.arange(N) >= 300
    assert fold(lightcurve, EVENT, good=bad).cadence.min() == 300


def test_bins_are_weighted_means():
    made = fold(curve(), EVENT, bins=50, detrend=False)
    edges = np.linspace(-0.5, 0.5, 51)
    for number in (0, 24, 25, 49):
        inside = (made.phase >= edges[number]) & (made.phase < edges[number + 1])
        weight = made.flux_err[inside] ** -2.0
        mean = weight @ made.flux[inside] / weight.sum()
        assert made.bin_flux[number] == pytest.approx(mean, rel=1e-12)
        assert made.bin_count[number] == inside.sum()
        assert made.bin_phase[number] == pytest.approx((edges[number] + edges[number + 1]) / 2)
        assert made.bin_flux_err[number] >= weight.sum() ** -0.5 * (1 - 1e-12)
    assert made.bin_count.sum() == N - 1
    assert fold(curve(), EVENT).bin_phase.size == pytest.approx(6 * 2.3 / 0.2, abs=1)
    few = fold(curve().isel(time=slice(0, 40)), EVENT, bins=50)  # most phases have no cadence
    assert few.bin_phase.size < 50 and np.isfinite(few.bin_flux).all()


def test_bins_scatter_by_their_errors_away_from_the_events():
    made = fold(curve(), EVENT, bins=60)
    away = np.abs(made.bin_phase) > 0.1
    pulls = (made.bin_flux[away] - 1) / made.bin_flux_err[away]
    assert 0.7 < pulls.std() < 1.4


def test_odd_and_even_are_told_apart():
    pulls = []
    for seed in range(15):
        same = fold(curve(seed=seed), EVENT)
        assert same.depth == pytest.approx(0.01, abs=5 * same.depth_err)
        assert same.odd_even_sigma < 4 and same.n_events == 12
        pulls.append((same.depth - 0.01) / same.depth_err)
        other = fold(curve(odd=0.012, even=0.008, seed=seed), EVENT)
        assert other.depth_odd == pytest.approx(0.012, abs=5 * other.depth_odd_err)
        assert other.depth_even == pytest.approx(0.008, abs=5 * other.depth_even_err)
        difference = other.depth_odd - other.depth_even
        error = np.hypot(other.depth_odd_err, other.depth_even_err)
        assert other.odd_even_sigma == pytest.approx(abs(difference) / error)
        assert other.odd_even_sigma > 8
    assert 0.4 < np.std(pulls) < 1.8


def test_the_trend_is_learned_beside_the_events():
    made = fold(curve(odd=0.2, even=0.2, slope=0.01), EVENT)
    assert made.depth == pytest.approx(0.2, abs=0.002)
    assert made.detrended == pytest.approx(0.75)
    away = np.abs(made.phase) * 2.3 > 0.15
    assert np.abs(made.flux[away] - 1).max() < 0.004


def test_a_sine_has_phases_and_no_depth():
    made = fold(curve(), Ephemeris(2.3, 121.0))
    assert np.isnan([made.depth, made.depth_odd, made.odd_even_sigma, made.detrended]).all()
    assert made.n_events == 0 and made.bin_phase.size == 60


def test_light_about_zero_is_not_divided():
    lightcurve = curve()
    less = lightcurve.assign(flux=lightcurve["flux"] - 3e4)
    made = fold(less, EVENT)
    assert not made.relative
    assert made.depth == pytest.approx(300, rel=0.05)
    assert np.median(made.flux) == pytest.approx(0, abs=5)


def test_events_that_are_not_in_the_light_curve_have_no_depth():
    made = fold(curve(), Ephemeris(400.0, 50.0, 0.2))
    assert made.n_events == 0 and np.isnan([made.depth, made.odd_even_sigma]).all()
    assert made.phase.size == N - 1


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: fold(curve(), 2.3), "float is no ephemeris"),
        (lambda: fold(None, EVENT), "NoneType"),
        (lambda: fold(curve(), EVENT, bins=0), "bins is 0"),
        (lambda: fold(curve(), EVENT, bins=2.5), "bins is 2.5"),
        (lambda: fold(curve(), EVENT, good=np.zeros(N, bool)), "0 cadences"),
    ],
)
def test_what_makes_no_sense(call, words):
    with pytest.raises(TPFError, match=words):
        call()


def test_it_is_public_and_cannot_be_changed():
    assert tpfdash.fold is fold
    with pytest.raises(ValueError):
        fold(curve(), EVENT).flux[0] = 1
