"""Bleeding columns: no charge is lost, and none sits where it does not fit."""

import numpy as np
import pytest

from tpfdash.simulate import Star, Transit, simulate_tpf
from tpfdash.simulate.detector import bleed, to_bleed_ends


def test_charge_that_does_not_fit_goes_to_the_nearest_room_up_and_down():
    light = np.array([[0.0, 10, 190, 20, 0, 5]]).T
    made = bleed(light, 100.0)
    np.testing.assert_allclose(made.T, [[0, 55, 100, 65, 0, 5]])
    light = np.array([[0.0, 80, 190, 90, 0, 5]]).T
    np.testing.assert_allclose(bleed(light, 100.0).T, [[25, 100, 100, 100, 35, 5]])


def test_bleeding_keeps_all_charge_of_each_column():
    rng = np.random.default_rng(1)
    light = rng.uniform(0, 60, size=(60, 7, 30))
    light[30] += rng.exponential(300, size=(7, 30))
    light[33] += rng.exponential(150, size=(7, 30))
    kept = light.copy()
    made = bleed(light, 100.0)
    np.testing.assert_allclose(made.sum(axis=0), light.sum(axis=0), rtol=1e-12)
    assert made.max() <= 100 + 1e-9
    np.testing.assert_array_equal(light, kept)
    assert (made >= np.minimum(light, 100) - 1e-9).all()


def test_what_fits_stays():
    light = np.random.default_rng(2).uniform(0, 100, size=(8, 5, 4))
    np.testing.assert_array_equal(bleed(light, 100.0), light)


def test_a_change_goes_to_the_ends_of_the_full_run():
    full = np.zeros((6, 2), dtype=bool)
    full[2:4, 0] = True
    change = np.arange(12.0).reshape(6, 2)
    made = to_bleed_ends(change, full)
    np.testing.assert_array_equal(made[:, 1], change[:, 1])
    np.testing.assert_array_equal(made[:, 0], [0, 2 + 5, 0, 0, 8 + 5, 10])
    full[4:, 0] = True  # to the stamp's end
    np.testing.assert_array_equal(to_bleed_ends(change, full)[:, 0], [0, 2 + 28, 0, 0, 0, 0])
    assert to_bleed_ends(change, np.zeros((6, 2), dtype=bool)) is change


def test_a_saturated_stars_transit_is_seen_at_the_ends_of_its_bleed():
    arguments = dict(
        n_cadences=60,
        shape=(31, 9),
        stars=[Star(15, 4, flux=3e6)],
        events=[Transit(0, None, 540.1, 0.3, 0.01, 0.0)],
        noise=False,
        background=0,
        motion=np.zeros((60, 2)),
    )
    full = simulate_tpf("Kepler", saturation=1.7e5, **arguments)["flux"].values.astype(float)
    free = simulate_tpf("Kepler", **arguments)["flux"].values.astype(float)
    assert full.max() == pytest.approx(1.7e5)
    np.testing.assert_allclose(full.sum(axis=(1, 2)), free.sum(axis=(1, 2)), rtol=1e-6)
    lost = full[0] - full[29]
    assert lost.sum() == pytest.approx(3e4, rel=2e-3)  # some of the wings are outside
    assert abs(lost[15, 4]) < 1 and lost[:, 4].max() > 5e3
    assert full[0][np.unravel_index(lost.argmax(), lost.shape)] < 1.7e5
