"""Scatter and covariance with outliers among the values."""

import numpy as np
import pytest

from tpfdash.diagnosis.robust import robust_covariance, robust_scatter


def test_scatter_leaves_outliers_out():
    rng = np.random.default_rng(2)
    values = np.concatenate([rng.normal(3, 2, 5000), rng.normal(90, 5, 800), [np.nan]])
    kept, scatter = robust_scatter(values)
    assert scatter == pytest.approx(2, rel=0.05)
    assert kept[:5000].mean() > 0.999 and not kept[5000:].any()
    kept, scatter = robust_scatter(np.full(3, np.nan))
    assert not kept.any() and np.isnan(scatter)


@pytest.mark.parametrize("outliers", [0, 40])
def test_covariance_is_that_of_what_is_no_outlier(outliers):
    rng = np.random.default_rng(3)
    true = np.array([[4.0, 1.5], [1.5, 1.0]])
    moved = rng.multivariate_normal([0, 0], true, 4000)
    moved[:outliers] += 300, -100
    moved[-5:] = np.nan
    np.testing.assert_allclose(robust_covariance(moved), true, rtol=0.1)


def test_covariance_of_what_does_not_move():
    np.testing.assert_array_equal(robust_covariance(np.zeros((9, 2))), np.zeros((2, 2)))
    np.testing.assert_array_equal(robust_covariance(np.full((9, 2), np.nan)), np.zeros((2, 2)))
    along = np.outer(np.linspace(-1, 1, 50), [1.0, 0.0])
    assert np.linalg.eigvalsh(robust_covariance(along)).min() == 0


def test_covariance_of_what_moves_along_a_line():
    steps = np.random.default_rng(5).normal(0, 1, 3000)
    along = np.outer(steps, [3.0, -2.0])
    along[:30] += [40.0, 40.0]
    true = np.outer([3.0, -2.0], [3.0, -2.0])
    np.testing.assert_allclose(robust_covariance(along), true, rtol=0.1)
    assert np.isfinite(robust_covariance(np.outer(steps, [2.0, 2.0]))).all()
