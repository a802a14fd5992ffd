"""What searches for periods have in common."""

import numpy as np
import pytest

from tpfdash.errors import TPFError
from tpfdash.timeseries.periods import check_periods, harmonic, local_maxima, period_grid


def test_a_grid_is_even_in_frequency():
    grid = period_grid(0.5, 10, 101)
    assert grid.size == 101 and grid[0] == pytest.approx(0.5) and grid[-1] == pytest.approx(10)
    np.testing.assert_allclose(np.diff(1 / grid), np.diff(1 / grid)[0])


@pytest.mark.parametrize(
    "period, name",
    [(2.0, ""), (4.0, "2 ×"), (1.001, "1/2 ×"), (3.0, "3/2 ×"), (0.667, "1/3 ×"), (2.9, "")],
)
def test_harmonics_have_names(period, name):
    assert harmonic(period, 2.0, 100.0) == name


def test_harmonics_are_as_sharp_as_the_light_curve_is_long():
    assert harmonic(1.001, 2.0, 100.0) == "1/2 ×" and harmonic(1.001, 2.0, 1000.0) == ""


def test_maxima_are_highest_first():
    values = np.array([3, 1, 2, 2, 1, 5, 0, np.nan, 4.0])
    assert list(local_maxima(values)) == [5, 8, 0, 2]


def test_ranges_of_periods():
    assert check_periods(None, 0.5, 10, 20) == (0.5, 10)
    assert check_periods([1, 30], 0.5, 10, 20) == (1.0, 30.0)


@pytest.mark.parametrize(
    "periods", [(2, 1), (0, 1), (1, np.inf), (np.nan, 1), 3, "ab", (1, 2, 3), (25, 30), (1, 1)]
)
def test_ranges_that_are_none(periods):
    with pytest.raises(TPFError, match="periods"):
        check_periods(periods, 0.5, 10, 20)


def test_a_light_curve_that_is_too_short():
    with pytest.raises(TPFError, match="spans 0.8 d"):
        check_periods(None, 0.5, 0.4, 0.8)
