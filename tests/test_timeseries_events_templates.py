"""Shapes against their definitions."""

import numpy as np

from tpfdash.timeseries.events.templates import joined, slopes, steps, trapezoids

AT = np.linspace(-5, 15, 401)


def test_steps_are_0_and_then_1():
    made = steps(AT, np.array([0.0, 3.0]))
    assert made.name == ["step"] * 2 and made.start.tolist() == made.stop.tolist() == [0, 3]
    np.testing.assert_array_equal(made.values, [AT > 0, AT > 3])


def test_trapezoids_have_their_width_where_they_are_half_as_high():
    made = trapezoids(AT, "box", np.array([5.0, 5.0]), np.array([4.0, 4.0]), np.array([0.0, 2.0]))
    np.testing.assert_array_equal(made.values[0], np.abs(AT - 5) < 2)
    np.testing.assert_allclose(
        made.values[1], np.interp(AT, [2, 4, 6, 8], [0, 1, 1, 0]), atol=1e-12
    )
    assert made.start.tolist() == [3, 2] and made.stop.tolist() == [7, 8]


def test_slopes_rise_and_decay_and_the_reverse():
    made = slopes(AT, [1.0], [2.0], [0.5], mirror=4.0)
    assert made.name == ["decay", "rise"]
    after = np.clip(AT - 3, 0, None)
    expected = np.where(AT < 3, np.clip((AT - 1) / 2, 0, 1), np.exp(-after / 0.5))
    np.testing.assert_allclose(made.values[0], expected)
    np.testing.assert_allclose(made.values[1], np.interp(8 - AT, AT, expected), atol=1e-9)
    assert made.start.tolist() == [1, 3.5] and made.stop.tolist() == [4.5, 7]
    sudden = slopes(AT, [1.0], [0.0], [0.5], mirror=4.0)
    assert not sudden.values[0][AT < 1].any() and sudden.values[0].max() > 0.9


def test_joined_are_one_after_the_other():
    both = joined(steps(AT, np.zeros(1)), slopes(AT, [0.0], [1.0], [1.0], 0.0))
    assert both.name == ["step", "decay", "rise"] and both.values.shape == (3, AT.size)
