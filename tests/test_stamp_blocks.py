"""What goes through a cube by blocks of cadences."""

import numpy as np
import pytest

from tpfdash.stamp.blocks import long_median


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1001, 1002])
def test_the_median_of_many_values_is_numpys(n):
    values = np.random.default_rng(n).normal(1000, 10, n)
    assert long_median(values.copy()) == np.median(values)


def test_there_is_no_median_of_nothing():
    assert np.isnan(long_median(np.zeros(0)))
