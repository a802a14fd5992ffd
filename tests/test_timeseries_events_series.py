"""Cadences in order of time on an even grid."""

import numpy as np
import pytest
import xarray as xr
from eventcurves import CADENCE, lightcurve

from tpfdash.errors import TPFError
from tpfdash.timeseries.events.series import as_series


def test_cadences_come_in_order_each_once():
    curve = lightcurve([5, 1, 2, 9, 3], time=np.array([3.0, 1.0, 2.0, 2.0, 5.0]))
    series = as_series(curve, None, longest_gap=9)
    assert series.index.tolist() == [1, 2, 0, 4]  # of two at 2.0 the first
    assert series.flux.tolist() == [1, 2, 5, 3]
    assert series.cadence == 1 and series.slot.tolist() == [0, 1, 2, 4] and series.size == 5
    assert series.on_grid(series.flux).tolist() == [1, 2, 5, 0, 3]
    assert series.cadences(1, 4) == slice(1, 3) and series.cadences(3, 4) == slice(3, 3)


def test_only_what_is_known_and_wanted_is_searched():
    curve = lightcurve([1, np.nan, 3, 4, 5, np.inf], time=np.array([0, 1, np.nan, 3, 4, 5.0]))
    assert as_series(curve, None, 9).index.tolist() == [0, 3, 4]
    good = np.array([True, True, True, False, True, True])
    assert as_series(curve, good, 9).index.tolist() == [0, 4]


def test_a_long_gap_is_cut():
    time = np.concatenate([np.arange(10), 1e6 + np.arange(10)]) * CADENCE
    series = as_series(lightcurve(np.ones(20), time=time), None, longest_gap=50 * CADENCE)
    assert series.slot[10] - series.slot[9] == 50


def test_two_clocks_make_no_endless_grid():
    time = np.sort(np.concatenate([CADENCE * np.arange(1000), CADENCE * np.arange(1000) + 1e-7]))
    series = as_series(lightcurve(np.ones(2000), time=time), None, longest_gap=4.5)
    assert series.time.size == 2000 and series.size <= 52 * 2000


def test_a_clock_that_drifts_keeps_its_cadences_apart():
    """Barycentric times are up to minutes off an even grid, over many cadences."""
    time = CADENCE * np.arange(5000) + 0.0055 * np.sin(np.arange(5000) / 800)
    series = as_series(lightcurve(np.ones(5000), time=time), None, 1.0)
    np.testing.assert_array_equal(series.slot, np.arange(5000))


@pytest.mark.parametrize("n", [0, 1])
def test_next_to_nothing_is_a_series_too(n):
    series = as_series(lightcurve(np.ones(n)), None, 1.0)
    assert series.size == n and np.isnan(series.cadence)


@pytest.mark.parametrize(
    "curve, good, words",
    [
        (5, None, "no light curve"),
        (xr.Dataset({"flux": ("time", [1.0])}), None, "has no `time`"),
        (lightcurve([1.0, 2]).drop_vars("flux"), None, "has no `flux`"),
        (lightcurve([1.0, 2]).assign(flux=("x", [1.0, 2])), None, "no `flux` over `time`"),
        (lightcurve([1.0, 2], time=np.array(["a", "b"])), None, "`time` .* <U1 values"),
        (lightcurve([1.0, 2]), np.array([1, 0]), "good is an array of int64"),
        (lightcurve([1.0, 2]), np.array([True]), r"good .* shape \(1,\)"),
    ],
)
def test_what_is_no_light_curve_is_refused(curve, good, words):
    with pytest.raises(TPFError, match=words):
        as_series(curve, good, 1.0)
