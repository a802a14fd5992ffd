"""Values to shades and back, with numbers worked out by hand."""

import numpy as np
import pytest

from tpfdash.stamp.stretch import SCALES, levels, shades, values_of


@pytest.mark.parametrize("scale", SCALES)
def test_the_ends_are_0_and_1_and_the_way_back_is_the_inverse(scale):
    ends = (-20.0, 380.0)
    np.testing.assert_allclose(shades(np.array(ends), ends, scale), [0, 1])
    np.testing.assert_allclose(shades(np.array([-500.0, 1e30]), ends, scale), [0, 1])
    shade = np.linspace(0, 1, 41)
    values = values_of(shade, ends, scale)
    assert (np.diff(values) > 0).all()
    np.testing.assert_allclose(shades(values, ends, scale), shade, atol=1e-6)
    assert np.isnan(shades(np.array([np.nan]), ends, scale)).all()


@pytest.mark.parametrize(
    ("scale", "shade"),
    [("linear", 0.25), ("sqrt", 0.5), ("log", 0.799776), ("asinh", 0.549402)],
)
def test_a_quarter_of_the_range(scale, shade):
    assert shades(np.array([25.0]), (0, 100), scale)[0] == pytest.approx(shade, abs=1e-5)
    assert values_of(np.array([shade]), (0, 100), scale)[0] == pytest.approx(25, abs=1e-3)


def test_levels():
    values = np.arange(101.0)
    assert levels(values, (1, 95)) == (1, 95)
    assert levels(values, (1, 95), (None, 50.0)) == (1, 50)
    assert levels(values, (1, 95), (7.0, None)) == (7, 95)
    assert levels(np.array([]), (1, 95)) == (0, 1)


@pytest.mark.parametrize("value", [0.0, 5.0, 1e30, -1e30, 3e-40])
def test_levels_of_one_value_are_apart(value):
    low, high = levels(np.full(9, value), (1, 95))
    assert low < high and np.isfinite(1 / (high - low))
