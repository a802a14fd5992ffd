"""Columns of the regression, and the fit that outliers do not bend."""

import numpy as np
import pytest
from scipy import sparse

from tpfdash.timeseries.design import (
    Hats,
    polynomial,
    robust_fit,
    slow_columns,
    spline,
    varying,
)


def test_slow_columns_follow_a_slow_curve_and_know_gaps():
    times = np.concatenate([np.arange(0, 10, 0.02), np.arange(12, 20, 0.02)])
    slow = slow_columns(times, 1.5)
    curve = np.sin(2 * np.pi * times / 8) + 5 * (times > 11)
    fitted = slow @ np.linalg.lstsq(slow.toarray(), curve, rcond=None)[0]
    assert np.abs(fitted - curve).max() < 6e-3
    np.testing.assert_allclose(slow.sum(axis=1), 1)


def test_a_piece_of_few_cadences_is_a_constant():
    slow = slow_columns(np.array([0, 0.02, 0.04, 5.0]), 1.5).toarray()
    assert slow.tolist() == [[1, 0], [1, 0], [1, 0], [0, 1]]


def test_splines_have_no_constant_and_end_where_places_do():
    rng = np.random.default_rng(1)
    known = rng.uniform(0, 3, 500)
    columns = spline(known, known, 5)
    assert columns.shape == (500, 7)
    np.testing.assert_allclose(columns.mean(axis=0), 0, atol=1e-12)
    both = np.concatenate([columns, np.ones((500, 1))], axis=1)
    assert np.linalg.matrix_rank(both) == 8
    beyond = spline(np.array([-9.0, known.min(), 9.0, known.max()]), known, 5)
    np.testing.assert_array_equal(beyond[[0, 2]], beyond[[1, 3]])
    assert not spline(np.ones(4), np.ones(4), 5).any()


def test_polynomials_span_powers_and_products():
    rng = np.random.default_rng(2)
    places = rng.normal(5, 2, (300, 2))
    columns = polynomial(places, places, 2)
    row, col = places.T
    wanted = 3 + row - 2 * col + 0.5 * row * col + row**2 - 0.1 * col**2
    both = np.concatenate([columns, np.ones((300, 1))], axis=1)
    np.testing.assert_allclose(both @ np.linalg.lstsq(both, wanted, rcond=None)[0], wanted)
    assert polynomial(places, places, 1).shape == (300, 2)


def test_hats_are_straight_lines_between_nodes():
    times = np.linspace(0, 12, 301)
    hats = Hats(times, 4.0)
    np.testing.assert_allclose(hats.nodes, [0, 4, 8, 12])
    made = varying(np.ones((301, 1)), times, hats).toarray()
    for n in range(4):
        np.testing.assert_allclose(made[:, n], np.interp(times, hats.nodes, np.eye(4)[n]))
    assert hats.changes(2).toarray()[0].tolist() == [-1, 0, 1, 0, 0, 0, 0, 0]
    alone = Hats(np.array([1.0, 1.5]), 4.0)
    assert varying(np.full((3, 2), 7.0), np.array([0, 1, 2.0]), alone).toarray().shape == (3, 2)


def test_the_fit_finds_what_was_put_in_whatever_outliers_there_are():
    rng = np.random.default_rng(3)
    times = np.arange(0, 20, 0.02)
    roll = np.abs((times / 0.25) % 1)
    slow = slow_columns(times, 1.5)
    trend = 1 + 0.05 * np.sin(times)
    columns = roll[:, None] - roll.mean()
    hats = Hats(times, 5.0)
    fast = varying(columns, times, hats)
    values = trend * (1 + 0.02 * columns[:, 0]) + rng.normal(0, 1e-3, times.size)
    values[rng.integers(0, times.size, 50)] -= 0.3
    numbers, _ = robust_fit(slow, fast, hats.changes(1), values, multiplied=True)
    np.testing.assert_allclose(numbers, 0.02, atol=5e-4)


@pytest.mark.parametrize("useless", [0, 6])
def test_the_criterion_is_lower_without_useless_columns(useless):
    rng = np.random.default_rng(4)
    times = np.arange(0, 20, 0.02)
    slow, hats = slow_columns(times, 2.0), Hats(times, 50.0)
    column = rng.normal(0, 1, (times.size, 1))
    values = 1 + 0.01 * column[:, 0] + rng.normal(0, 1e-3, times.size)
    more = np.concatenate([column, rng.normal(0, 1, (times.size, 8))], axis=1)

    def criterion(columns):
        fast = varying(columns, times, hats)
        changes = hats.changes(columns.shape[1])
        return robust_fit(slow, fast, changes, values, multiplied=False)[1]

    assert criterion(column) < criterion(more)
    assert criterion(column) < criterion(more[:, 1:]) - 1000  # what is needed is wanted


def test_columns_of_nothing_are_nothing():
    times = np.arange(0, 5, 0.02)
    slow, hats = slow_columns(times, 1.0), Hats(times, 4.0)
    fast = varying(np.zeros((times.size, 3)), times, hats)
    numbers, _ = robust_fit(slow, fast, hats.changes(3), np.ones(times.size), multiplied=True)
    np.testing.assert_allclose(numbers, 0, atol=1e-9)
    assert isinstance(fast, sparse.csr_array)
