"""Filters against sums written out place by place."""

import numpy as np
import pytest

from tpfdash.timeseries.events.filters import BOTH, LEFT, RIGHT, Filter, Sums, box_response


@pytest.fixture(scope="module")
def data():
    """Flux and weights with gaps and cadences that count for little."""
    rng = np.random.default_rng(1)
    flux, weight = rng.normal(0, 1, 400), rng.uniform(0.3, 2, 400)
    weight[rng.random(400) < 0.1] = 0
    weight[150:190] = 0
    return np.where(weight > 0, flux, 0), weight


def mean_of(flux, weight, start, stop):
    """Share filled, variance, mean time and mean flux of some slots."""
    at = np.arange(max(start, 0), max(min(stop, flux.size), 0))
    w = weight[at]
    if not w.sum():
        return 0, np.inf, np.nan, np.nan
    return (
        (w > 0).sum() / (stop - start),
        1 / w.sum(),
        np.average(at, weights=w),
        np.average(flux[at], weights=w),
    )


def written_out(flux, weight, place, length, flank):
    """Height, error and sides of a box, by its definition."""
    guard, side = length // 8, max(round(length * flank), round(2 * flank) + 1)
    box = mean_of(flux, weight, place, place + length)
    left = mean_of(flux, weight, place - guard - side, place - guard)
    right = mean_of(flux, weight, place + length + guard, place + length + guard + side)
    sides = LEFT * (left[0] >= 0.35) + RIGHT * (right[0] >= 0.35)
    if box[0] < 0.6 or not sides:
        return 0, np.inf, 0
    if sides == BOTH:
        level = np.interp(box[2], [left[2], right[2]], [left[3], right[3]])
        share = (right[2] - box[2]) / (right[2] - left[2])
        return box[3] - level, np.sqrt(box[1] + share**2 * left[1] + (1 - share) ** 2 * right[1]), 3
    one = left if sides == LEFT else right
    return box[3] - one[3], np.sqrt(box[1] + one[1]), sides


@pytest.mark.parametrize("length, flank", [(1, 4.0), (3, 1.5), (17, 0.5), (40, 1.5)])
def test_boxes_are_what_they_are_defined_as(data, length, flank):
    flux, weight = data
    sums = Sums(flux, weight, 400)
    filter = Filter("box", length, flank)
    made = filter.respond(sums, range(0, 400 - length))
    expected = np.array([written_out(*data, n, length, flank) for n in range(400 - length)])
    np.testing.assert_allclose(made.height, expected[:, 0], atol=1e-9)
    np.testing.assert_allclose(made.error, expected[:, 1], atol=1e-9)
    np.testing.assert_array_equal(made.sides, expected[:, 2])
    assert set(np.unique(made.sides)) >= {0, LEFT, RIGHT, BOTH} if length < 40 else True
    some = np.array([3, 90, 250])
    again = filter.respond(sums, some)
    np.testing.assert_array_equal(again.height, made.height[some])
    each = box_response(sums, some, np.full(3, length), flank)
    np.testing.assert_array_equal(each.error, made.error[some])


def test_a_box_may_be_kept_to_one_flank(data):
    sums = Sums(*data, 400)
    both = Filter("box", 5, 1.5).respond(sums, range(20, 140))
    left = Filter("box", 5, 1.5).respond(sums, range(20, 140), LEFT)
    known = both.sides == BOTH
    assert (left.sides[known] == LEFT).all()
    assert not np.allclose(left.height[known], both.height[known])


@pytest.mark.parametrize("filter", [Filter("box", 9, 1.5), Filter("step", 9, 2.0)])
def test_straight_lines_are_nothing(data, filter):
    _, weight = data
    flux = np.where(weight > 0, 3.0 + 0.7 * np.arange(400), 0)
    made = filter.respond(Sums(flux, weight, 400), range(60, 100))
    assert (made.sides == BOTH).all()
    np.testing.assert_allclose(made.height, 0, atol=1e-9)


def test_each_filter_has_the_height_of_its_own_event():
    weight = np.ones(300)
    box = np.where((np.arange(300) >= 100) & (np.arange(300) < 120), -2.0, 0)
    response = Filter("box", 20, 1.5).respond(Sums(box, weight, 200), range(0, 281))
    assert response.height[100] == pytest.approx(-2)
    assert np.abs(response.strength).argmax() == 100
    step = np.where(np.arange(300) >= 150, 5.0, 0) + 0.1 * np.arange(300)
    response = Filter("step", 16, 1.0).respond(Sums(step, weight, 200), range(0, 301))
    assert response.height[150] == pytest.approx(5)


def test_errors_are_those_of_white_noise():
    rng = np.random.default_rng(2)
    weight = rng.uniform(0.2, 2, 200_000)
    flux = rng.normal(0, 1 / np.sqrt(weight))
    sums = Sums(flux, weight, 1000)
    for filter in (Filter("box", 1), Filter("box", 24, 0.5), Filter("step", 10, 2.0)):
        strength = filter.respond(sums, range(1000, 199_000, 7)).strength
        assert strength.std() == pytest.approx(1, rel=0.03)


def test_a_step_in_a_gap_is_not_seen():
    weight = np.ones(300)
    weight[140:150] = 0
    flux = np.where(np.arange(300) >= 145, 5.0, 0) * weight
    response = Filter("step", 40, 1.0).respond(Sums(flux, weight, 300), range(130, 160))
    assert not response.sides[10:21].any()  # within it, or at its ends
    weight[:] = 1
    weight[143:147] = 0  # so much may be missing
    response = Filter("step", 40, 1.0).respond(Sums(flux, weight, 300), range(145, 146))
    assert response.height[0] == pytest.approx(5)


def test_long_series_keep_their_digits():
    n = 1_000_000
    flux = np.full(n, 12345.678)
    flux[-5000] += 1
    response = Filter("box", 1, 4.0).respond(Sums(flux, np.ones(n), 50), range(n - 6000, n - 4000))
    assert response.height[1000] == pytest.approx(1, abs=1e-4)
    assert np.abs(np.delete(response.height, range(980, 1020))).max() < 1e-4
