"""Light curves made ready: what is kept, how it is binned, what its noise is."""

import numpy as np
import pytest
import xarray as xr

from tpfdash import TPFError, aperture_photometry, simulate_tpf
from tpfdash.timeseries.prepared import binned, ready, red_noise
from tpfdash.timeseries.series import in_order

N = 4000
TIME = 100 + np.arange(N) * 0.01


def curve(flux, error=None, time=TIME, **attrs):
    made = xr.Dataset({"flux": ("time", flux)}, coords={"time": ("time", time)}, attrs=attrs)
    return made if error is None else made.assign(flux_err=("time", np.broadcast_to(error, N)))


def noisy(seed=1, sigma=1e-3):
    return 1 + np.random.default_rng(seed).normal(0, sigma, N)


def test_cadences_that_are_kept_are_in_order_of_time():
    flux, time = noisy(), TIME[::-1].copy()
    flux[7], time[11] = np.nan, np.nan
    good = np.ones(N, dtype=bool)
    good[20:30] = False
    kept = in_order(curve(flux, time=time), good)
    expected = np.setdiff1d(np.arange(N), [7, 11, *range(20, 30)])[::-1]
    np.testing.assert_array_equal(kept, expected)


def test_quality_counts_where_the_mission_is_known():
    tpf = simulate_tpf("TESS", n_cadences=50, shape=(5, 5))
    tpf["quality"].values[[3, 5]] = 128, 64  # manual exclude; cosmic ray, which is not left out
    lightcurve = aperture_photometry(tpf, np.ones((5, 5), bool))
    assert 3 not in in_order(lightcurve, None) and 5 in in_order(lightcurve, None)
    del lightcurve.attrs["mission"]
    assert in_order(lightcurve, None).size == 50


def test_errors_are_brought_to_the_scatter():
    series = ready(curve(1000 * noisy(), 0.25), None, np.nan)
    assert series.error_factor == pytest.approx(4.0, rel=0.05)
    np.testing.assert_allclose(series.flux_err, 1e-3, rtol=0.05)
    without = ready(curve(1000 * noisy()), None, np.nan)
    np.testing.assert_allclose(without.flux_err, 1e-3, rtol=0.05)
    assert np.isnan(without.error_factor) and without.level == pytest.approx(1000, rel=1e-3)


def test_flux_about_zero_has_no_shares():
    series = ready(curve(5 * (noisy() - 1)), None, 5.0)
    assert not series.relative
    np.testing.assert_allclose(series.flux.std(), 5e-3, rtol=0.05)
    assert ready(curve(noisy()), None, 5.0).relative


def test_rays_go_and_dips_stay():
    flux = noisy()
    flux[[500, 900]] += 0.05
    flux[[700, 701, 1200]] -= 0.05
    kept = ready(curve(flux), None, np.nan).cadence
    assert {500, 900}.isdisjoint(kept) and {700, 701, 1200} <= set(kept)
    assert kept.size == N - 2
    assert ready(curve(flux), None, np.nan, rays=False).cadence.size == N


def test_bins_are_weighted_means_and_span_no_gap():
    flux, error = noisy(), np.full(N, 1e-3)
    error[::2] = 2e-3
    time = TIME.copy()
    time[2000:] += 3.03
    series = ready(curve(flux, error, time), None, np.nan, rays=False)
    made = binned(series, 4)
    first = slice(0, 4)
    weight = series.flux_err[first] ** -2.0
    assert made.flux[0] == pytest.approx((weight @ series.flux[first]) / weight.sum())
    assert made.time[0] == pytest.approx((weight @ series.time[first]) / weight.sum())
    assert made.flux_err[0] == pytest.approx(weight.sum() ** -0.5)
    assert np.diff(made.time).min() > 0.02 and (np.diff(made.time) > 0.06).sum() == 1
    total = (made.flux * made.flux_err**-2).sum(), (made.flux_err**-2.0).sum()
    assert total[0] == pytest.approx((series.flux * series.flux_err**-2).sum())
    assert total[1] == pytest.approx((series.flux_err**-2.0).sum())
    assert made.per_bin == 4 and made.days == pytest.approx(0.04)
    assert binned(series, 1) is series


def test_white_noise_is_not_red_and_a_wave_is():
    durations = np.array([0.05, 0.2, 0.8])
    white = ready(curve(noisy(3)), None, np.nan)
    assert (red_noise(white, durations) < 1.15).all()
    wave = ready(curve(noisy(3) + 1e-3 * np.sin(2 * np.pi * TIME / 3)), None, np.nan)
    red = red_noise(wave, durations)
    # The mean of n values of amplitude A has the scatter 0.77 A beside s / sqrt(n).
    n = durations / 0.01
    np.testing.assert_allclose(red, np.sqrt(1 + 0.5 * n), rtol=0.2)
    assert (red_noise(wave, durations, beside=True) < red)[1:].all()


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: ready(None, None, 1.0), "NoneType"),
        (lambda: ready(xr.Dataset({"flux": ("time", TIME)}), None, 1.0), "no `time` over `time`"),
        (lambda: ready(curve(noisy()), np.ones(3, bool), 1.0), r"shape \(3,\)"),
        (lambda: ready(curve(noisy()), np.ones(N), 1.0), "float64"),
        (lambda: ready(curve(noisy() * np.nan), None, 1.0), "0 cadences"),
        (lambda: ready(curve(noisy(), time=TIME.astype("M8[s]")), None, 1.0), "datetime64"),
        (lambda: ready(curve(noisy().astype(str)), None, 1.0), "`flux` .* <U32 values"),
        (lambda: ready(curve(noisy(), time=np.full(N, 3.0)), None, 1.0), "same time"),
    ],
)
def test_what_is_no_light_curve(call, words):
    with pytest.raises(TPFError, match=words):
        call()
