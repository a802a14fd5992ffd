"""The way along which stars go to and fro."""

import numpy as np
import pytest

from tpfdash.timeseries.roll import along_path, on_path


def bent(n=2000, seed=1, noise=0.0):
    """Places on a parabola that is turned by 30 degrees, and where along it they are."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, n)
    y = 0.2 * x**2 + rng.normal(0, noise, n) if noise else 0.2 * x**2
    turn = np.radians(30)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    # The length of a parabola, in closed form.
    slope = 0.4 * x
    length = (slope * np.sqrt(1 + slope**2) + np.arcsinh(slope)) / (2 * 0.4)
    return np.stack([x, y], axis=1) @ rotation.T + [5, -3], length


def test_arclength_is_that_of_the_curve():
    places, true = bent()
    length, beside = along_path(places, np.arange(2000))
    if np.corrcoef(length, true)[0, 1] < 0:
        length = length.max() - length
    np.testing.assert_allclose(length - length.mean(), true - true.mean(), atol=3e-3)
    assert np.abs(beside).max() < 3e-3
    assert length.max() - length.min() == pytest.approx(true.max() - true.min(), abs=2e-3)


def test_beside_the_way_is_told():
    places, _ = bent(noise=0.05)
    _, beside = along_path(places, np.arange(2000))
    assert beside.std() == pytest.approx(0.05, rel=0.1)


def test_beyond_the_ends_is_at_the_end():
    places, _ = bent()
    far = np.concatenate([places, [[5 + 50, -3 + 50], [5 - 50, -3 - 50]]])
    length, _ = along_path(far, np.arange(2000))
    assert set(length[-2:]) == {0.0, length.max()}


def test_what_is_off_the_way_is_found():
    places, _ = bent(noise=0.02)
    places[[3, 500]] = [[5, 3], [-687, 0]]
    places[7] = np.nan
    assert np.flatnonzero(~on_path(places)).tolist() == [3, 7, 500]
    assert on_path(np.zeros((10, 2))).all()
    assert not on_path(np.full((4, 2), np.nan)).any()
