"""Bins of time, against astropy and plain sums."""

import numpy as np
import pytest
from astropy import units as u
from astropy.time import Time
from astropy.timeseries import TimeSeries, aggregate_downsample
from lightcurveparts import lightcurve, noisy

from tpfdash.errors import TPFError
from tpfdash.timeseries.binning import bin_lightcurve


def test_means_are_astropys():
    made = noisy(1000)
    out = bin_lightcurve(made, 0.2)
    series = TimeSeries(time=Time(made["time"].values, format="jd", scale="tdb"))
    series["flux"] = made["flux"].values
    start = Time(100 - 1e-6, format="jd", scale="tdb")
    theirs = aggregate_downsample(series, time_bin_size=0.2 * u.day, time_bin_start=start)
    np.testing.assert_allclose(out["flux"], theirs["flux"][: out.sizes["time"]], rtol=1e-12)
    assert (out["cadences"] == 10).all() and out.sizes["time"] == 100
    np.testing.assert_allclose(out["time"][:2], [100.09, 100.29])
    np.testing.assert_allclose(out["flux_err"], 1 / np.sqrt(10))
    assert out["flux"].attrs["units"] == "electron / s"
    assert "time" not in out.indexes


def test_errors_are_those_of_the_means():
    """Of 2,000 bins of white noise the scatter is what the errors say."""
    made = noisy(20_000, seed=3)
    given = bin_lightcurve(made, 0.2)
    found = bin_lightcurve(made.drop_vars("flux_err"), 0.2)
    scatter = given["flux"].values.std()
    assert scatter == pytest.approx(given["flux_err"].values.mean(), rel=0.05)
    assert scatter == pytest.approx(np.sqrt((found["flux_err"].values ** 2).mean()), rel=0.05)
    assert "by the scatter" in found.attrs["corrections"][0]


def test_no_bin_reaches_over_a_gap():
    time = np.concatenate([100 + 0.02 * np.arange(7), 101.03 + 0.02 * np.arange(7)])
    flux = np.repeat([1.0, 5.0], 7)
    out = bin_lightcurve(lightcurve(flux, time), 0.1)
    assert out["flux"].values.tolist() == [1, 1, 5, 5]
    assert out["cadences"].values.tolist() == [5, 2, 5, 2]
    assert bin_lightcurve(lightcurve(flux, time), 2.0)["flux"].values.tolist() == [1, 5]


def test_few_in_a_bin_have_no_scatter():
    out = bin_lightcurve(lightcurve([1.0, 3.0, 2.0, 4.0], [0, 0.1, 1.1, 1.2]), 0.5)
    assert np.isnan(out["flux_err"].values).all()


def test_only_what_is_good_and_known_is_averaged():
    made = noisy(100, quality=np.zeros(100, int), centroid_row=np.arange(100.0))
    made["flux"].values[5] = np.nan
    made["time"].values[6] = np.nan
    good = np.ones(100, dtype=bool)
    good[7] = False
    out = bin_lightcurve(made, 0.2, good=good)
    assert out["cadences"].values[0] == 7
    kept = [0, 1, 2, 3, 4, 8, 9]
    assert out["flux"].values[0] == pytest.approx(made["flux"].values[kept].mean())
    assert out["centroid_row"].values[0] == pytest.approx(np.mean(kept))
    assert "quality" not in out


def test_an_unknown_error_makes_the_bins_unknown():
    made = noisy(100)
    made["flux_err"].values[15] = np.nan
    errors = bin_lightcurve(made, 0.2)["flux_err"].values
    assert np.isnan(errors).nonzero()[0].tolist() == [1]


def test_bins_narrower_than_a_cadence_hold_one_each():
    made = noisy(50)
    out = bin_lightcurve(made, 1e-4)
    np.testing.assert_array_equal(out["flux"], made["flux"])
    np.testing.assert_allclose(out["time"], made["time"])


def test_bad_arguments():
    for bad in (0, -1, np.nan, "1"):
        with pytest.raises(TPFError, match="width is .*days above 0"):
            bin_lightcurve(noisy(), bad)
