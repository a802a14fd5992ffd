"""Axes of odd numbers."""

import math
import warnings

import holoviews as hv
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tpfdash.inspector import Inspector
from tpfdash.inspector.timeline import Timeline
from tpfdash.simulate import simulate_tpf
from tpfdash.views.lightcurve import LightCurveView
from tpfdash.views.ranges import axis_range

numbers = st.floats(allow_nan=False)


@given(numbers, numbers, st.floats(0, allow_nan=False))
def test_any_ends_make_an_axis(a, b, margin):
    low, high = axis_range(min(a, b), max(a, b), margin)
    assert math.isfinite(high - low) and math.isfinite(500 / (high - low))
    assert high - low >= 1e-10 * max(abs(low), abs(high)) > 0
    if abs(a) < 1e300 and abs(b) < 1e300:
        assert low <= min(a, b) and high >= max(a, b)


def test_ends_that_are_good_stay():
    assert axis_range(1.0, 2.0) == (1.0, 2.0)
    assert axis_range(1.0, 2.0, 0.5) == (0.5, 2.5)
    assert axis_range(2457000.0, 2457000.02) == (2457000.0, 2457000.02)


TIMES = {
    "all equal": np.full(50, 7.0),
    "huge": np.linspace(1e300, 1.1e300, 50),
    "huge and equal": np.full(50, 1e300),
    "too far apart": np.where(np.arange(50) % 2, 1.7e308, -1.7e308),
    "one outlier": np.where(np.arange(50) == 5, 1e10, np.arange(50.0)),
    "neighbours": np.where(np.arange(50) % 2, np.nextafter(2457000.0, 3e6), 2457000.0),
    "infinite": np.where(np.arange(50) % 2, np.inf, np.arange(50.0)),
    "minus infinite": np.where(np.arange(50) % 2, -np.inf, np.arange(50.0)),
    "none": np.full(50, np.nan),
    "backwards": np.arange(50.0)[::-1].copy(),
}
FLUXES = {
    "usual": None,
    "constant": 0.0,
    "huge": 3e38,
    "tiny": 1e-44,
    "infinite": np.inf,
}


@pytest.mark.parametrize("most", [2000, 0], ids=["points", "raster"])
@pytest.mark.parametrize(
    ("time", "flux"), [(t, "usual") for t in TIMES] + [("one outlier", f) for f in FLUXES]
)
def test_a_light_curve_of_odd_numbers_is_a_picture(time, flux, most, monkeypatch):
    monkeypatch.setattr("tpfdash.views.timeplot.MOST_POINTS", most)
    tpf = simulate_tpf("TESS", n_cadences=50, shape=(3, 3), seed=1)
    tpf = tpf.assign_coords(time=("time", TIMES[time])).drop_indexes("time", errors="ignore")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        if flux != "usual":
            tpf["flux"].values[...] = FLUXES[flux]
        inspector = Inspector(tpf)
        view = LightCurveView(inspector)
        pages = [hv.renderer("bokeh").get_plot(view.plot)]
        inspector.time_range = (5.0, 5.0)
        inspector.describe(5)
    axes = pages[0].state.x_range, pages[0].state.y_range
    assert all(np.isfinite([axis.start, axis.end]).all() and axis.start < axis.end for axis in axes)


def test_an_infinite_time_hides_no_later_cadence():
    timeline = Timeline(np.array([np.nan, 1.0, np.inf, 2.0, -np.inf, 3.0]), np.zeros(6, int))
    np.testing.assert_array_equal(timeline.clock, [np.nan, 1, 1, 2, 2, 3])
    assert timeline.span == (1.0, 3.0)
