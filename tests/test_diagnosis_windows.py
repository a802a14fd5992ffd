"""Windows of time as cadences, their flanks, and windows that hold nothing."""

import numpy as np
import pytest

from tpfdash.diagnosis.windows import (
    Place,
    as_windows,
    cadence_length,
    places,
    usable_cadences,
)
from tpfdash.errors import TPFError

TIMES = np.arange(100.0)


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


def test_flanks_are_as_long_as_the_window_and_end_where_the_data_do():
    assert places(TIMES, [(40, 44)]) == [Place(35, 40, 45, 50)]
    assert places(TIMES, [(40, 40)]) == [Place(39, 40, 41, 42)]
    assert places(TIMES, [(0, 4)]) == [Place(0, 0, 5, 10)]
    assert places(TIMES, [(97, 99)]) == [Place(94, 97, 100, 100)]
    assert places(TIMES, [(2, 6)])[0].shape == (2, 5, 5)


def test_flanks_hold_no_other_window():
    assert places(TIMES, [(40, 44), (47, 51)]) == [Place(35, 40, 45, 47), Place(45, 47, 52, 57)]


def test_flanks_do_not_reach_across_a_gap():
    times = TIMES + 30 * (TIMES >= 45)
    assert places(times, [(40, 43)]) == [Place(36, 40, 44, 45)]
    assert places(times, [(40, 44)]) == [Place(35, 40, 45, 45)]
    one_lost = np.delete(TIMES, 41)
    assert places(one_lost, [(40, 40)]) == [Place(39, 40, 41, 42)]


def test_a_window_over_a_gap_is_one():
    times = TIMES + 30 * (TIMES >= 45)
    assert places(times, [(43, 76)]) == [Place(39, 43, 47, 51)]


def test_windows_without_cadences_are_left_out_and_raise_if_none_is_left():
    assert places(TIMES, [(20.2, 20.7), (40, 44), (200, 300)]) == [Place(35, 40, 45, 50)]
    with pytest.raises(TPFError, match=r"20.2000 to 20.7000 holds no usable cadence"):
        places(TIMES, [(20.2, 20.7)])
    with pytest.raises(TPFError, match="no usable cadence beside"):
        places(TIMES, [(-1, 200)])
    with pytest.raises(TPFError, match="holds no usable"):
        places(TIMES[:0], [(0, 1)])
