"""Windows of time, and a file's cadences in order of time."""

import numpy as np
import pytest

from tpfdash.diagnosis.windows import as_windows, cadence_length, usable_cadences
from tpfdash.errors import TPFError


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ((5, 3), [(3.0, 5.0)]),
        ([(7, 8), (5, 3)], [(3.0, 5.0), (7.0, 8.0)]),
        (((1, 4), (2, 3)), [(1.0, 4.0)]),
        ([[1, 2], [2, 3], [9, 9]], [(1.0, 3.0), (9.0, 9.0)]),
        (np.array([1.0, 2.0]), [(1.0, 2.0)]),
    ],
)
def test_one_window_or_several_in_order(given, made):
    assert as_windows(given) == made


@pytest.mark.parametrize("given", [(), 5.0, "12", (1, 2, 3), [(1, np.nan)], [(1, 2), 3], None])
def test_what_is_no_window_raises(given):
    with pytest.raises(TPFError, match="two finite numbers"):
        as_windows(given)


def test_usable_cadences_are_those_kept_with_a_time_in_order_of_time():
    time = np.array([3.0, np.nan, 1.0, 2.0])
    good = np.array([True, True, True, False])
    np.testing.assert_array_equal(usable_cadences(time, good), [2, 0])


def test_the_usual_step():
    assert cadence_length(np.array([0.0, 1, 2, 3, 50, 51])) == 1
    assert np.isnan(cadence_length(np.array([4.0])))
    assert np.isnan(cadence_length(np.array([4.0, 4.0])))
