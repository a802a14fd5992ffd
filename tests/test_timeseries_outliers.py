"""Outliers: those that were put in are found, and nothing else is."""

import numpy as np
import pytest
from lightcurveparts import lightcurve, noisy

from tpfdash.errors import TPFError
from tpfdash.timeseries.outliers import without_outliers


def test_what_stands_out_is_left_out_and_raw_stays():
    made = noisy(2000, seed=4)
    made["flux"].values[:] += 30 * np.sin(made["time"].values)
    made["flux"].values[[100, 1500]] += 12
    made["flux"].values[700] -= 12
    out = without_outliers(made, 6.0)
    assert np.flatnonzero(out["outlier"].values).tolist() == [100, 700, 1500]
    assert np.isnan(out["flux"].values).nonzero()[0].tolist() == [100, 700, 1500]
    assert np.isnan(out["flux_err"].values).nonzero()[0].tolist() == [100, 700, 1500]
    np.testing.assert_array_equal(out["flux_raw"], made["flux"])
    assert "3 cadences beyond 6 sigma" in out.attrs["corrections"][0]
    kept = ~out["outlier"].values
    np.testing.assert_array_equal(out["flux"].values[kept], made["flux"].values[kept])


def test_dips_can_be_kept():
    made = noisy(2000, seed=4)
    made["flux"].values[100] += 12
    made["flux"].values[700:706] -= 12
    out = without_outliers(made, 6.0, keep_dips=True)
    assert np.flatnonzero(out["outlier"].values).tolist() == [100]


def test_white_noise_has_the_share_that_a_gaussian_has():
    made = noisy(20_000, seed=7)
    found = without_outliers(made, 3.0, window_length=20.0)["outlier"].values.mean()
    assert found == pytest.approx(0.0027, abs=0.001)


def test_masked_cadences_stay_and_the_trend_does_not_know_them():
    made = noisy()
    mask = np.zeros(1000, dtype=bool)
    mask[300:310] = True
    made["flux"].values[300:310] += 50
    out = without_outliers(made, mask=mask)
    assert not out["outlier"].values.any()


def test_found_again_what_was_found_before_stays_marked():
    made = noisy()
    made["flux"].values[10] += 500
    once = without_outliers(made, 20.0)
    made2 = once.copy(deep=True)
    made2["flux"].values[20] += 30
    assert np.flatnonzero(without_outliers(made2, 8.0)["outlier"].values).tolist() == [10, 20]


def test_a_constant_has_none():
    out = without_outliers(lightcurve(np.full(300, 1 / 3)))
    assert not out["outlier"].values.any()


def test_bad_arguments():
    for bad in (0, -1, np.nan, "3"):
        with pytest.raises(TPFError, match="sigma is .*number of standard deviations"):
            without_outliers(noisy(), bad)
