"""What depths of single events say together."""

import numpy as np
import pytest

from tpfdash.timeseries.strength import mean_depth, strength

ONE = np.ones(12)


def test_the_mean_is_by_weight():
    depth, err = np.array([1.0, 4.0]), np.array([1.0, 2.0])
    mean, error = mean_depth(depth, err)
    assert mean == pytest.approx((1 + 4 / 4) / 1.25) and error == pytest.approx(1.25**-0.5)


def test_events_that_are_alike_are_as_strong_as_all_but_one():
    strong, consistency = strength(10 * ONE, ONE)
    assert strong == pytest.approx(10 * np.sqrt(11)) and consistency == 0
    assert strength(10 * ONE[:2], ONE[:2])[0] == pytest.approx(10)
    assert strength(10 * ONE[:3], ONE[:3])[0] == pytest.approx(10 * np.sqrt(2))


@pytest.mark.parametrize("n", [2, 3, 4, 5, 12])
def test_a_single_event_has_no_strength(n):
    depth = np.zeros(n)
    depth[0] = 100
    assert strength(depth, np.ones(n))[0] == pytest.approx(0, abs=1e-6)
    assert strength(depth[:1], np.ones(1))[0] == 0


def test_one_event_that_is_spoiled_changes_little():
    depth = 10 * ONE
    for spoiled in (-200.0, 0.0, 300.0):
        depth[5] = spoiled
        assert strength(depth, ONE)[0] > 0.9 * 10 * np.sqrt(11)


@pytest.mark.parametrize("every", [2, 3])
def test_events_that_are_not_there_take_it_away(every):
    """As half and a third of a period have them."""
    depth = np.where(np.arange(12) % every == 0, 20.0, 0.0)
    true = strength(depth[::every], ONE[::every])[0]
    assert strength(depth, ONE)[0] < 0.3 * true


def test_noise_is_consistent():
    rng = np.random.default_rng(1)
    found = [strength(rng.normal(3, 1, 20), np.ones(20)) for _ in range(300)]
    strong, consistency = np.median(found, axis=0)
    assert consistency == pytest.approx(0.9, abs=0.15)  # a tenth of the depth is an error too
    assert strong == pytest.approx(3 * np.sqrt(19), rel=0.12)
