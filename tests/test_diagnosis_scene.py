"""What stands on a stamp: stars, their PRF, the target's share of the light."""

from dataclasses import replace

import numpy as np
import pytest

from tpfdash.diagnosis.scene import see_scene
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.prf import GaussianPRF

TARGET, NEIGHBOUR = (4.3, 3.8), (7.2, 7.4)
SHAPE = (11, 11)


def seen(stars, prf=((1.0, 0.6),), given=None, aperture=None, **changes):
    tpf = simulate_tpf("Kepler", n_cadences=2, shape=SHAPE, stars=stars, noise=False, prf=prf)
    tpf = tpf.assign_attrs(changes)
    if aperture is None:
        aperture = (tpf["aperture"].values & 2) > 0
    pixels = np.argwhere(np.ones(SHAPE, dtype=bool))
    image = tpf["flux"].values.mean(axis=0).ravel().astype(float)
    return see_scene(tpf, image, np.full(image.size, 0.5), pixels, aperture, given), tpf


def test_the_target_and_its_neighbour():
    scene, _ = seen([Star(*TARGET, flux=20_000.0), Star(*NEIGHBOUR, flux=5000.0)])
    np.testing.assert_allclose(scene.places[0], TARGET, atol=0.03)
    np.testing.assert_allclose(scene.places[1], NEIGHBOUR, atol=0.35)
    assert len(scene.places) == 2 and scene.seen and not scene.elsewhere
    assert scene.fluxes[0] == pytest.approx(20_000, rel=0.05)
    own = 20_000 * GaussianPRF([(1.0, 0.6)]).images(SHAPE, *TARGET)[..., 0].ravel()
    bright = own > 50
    np.testing.assert_allclose(scene.target[bright], own[bright], rtol=0.15)


def test_the_prf_takes_the_stars_width():
    for sigma in (0.45, 0.9):
        scene, _ = seen([Star(*TARGET, flux=20_000.0)], prf=((1.0, sigma),))
        image = scene.prf.images(np.array([TARGET]))[0]
        true = GaussianPRF([(1.0, sigma)]).images(SHAPE, *TARGET)[..., 0].ravel()
        assert (image * true).sum() / np.sqrt((image**2).sum() * (true**2).sum()) > 0.99


def test_a_given_prf_stays_as_it_is():
    prf = GaussianPRF([(1.0, 0.7)])
    scene, _ = seen([Star(*TARGET, flux=20_000.0)], given=prf)
    assert scene.prf.prf is prf


def test_a_wide_star_is_not_split_in_two():
    scene, _ = seen([Star(*TARGET, flux=50_000.0)], prf=((0.7, 0.8), (0.3, 2.0)))
    assert len(scene.places) == 1


def test_a_star_that_is_not_the_catalogues_is_said_to_be_another():
    aperture = np.zeros(SHAPE, dtype=bool)
    aperture[6:9, 6:9] = True
    stars = [Star(1.2, 1.3, flux=0.0), Star(*NEIGHBOUR, flux=20_000.0)]
    scene, _ = seen(stars, aperture=aperture)
    assert scene.elsewhere
    np.testing.assert_allclose(scene.star, NEIGHBOUR, atol=0.1)


def test_where_no_star_stands_out_its_image_is_the_models():
    scene, _ = seen([Star(*TARGET, flux=0.0)])
    assert not scene.seen and scene.target.max() > 0


def test_saturated_pixels_and_their_columns():
    scene, _ = seen([Star(5.0, 5.0, flux=2e6)])
    full = scene.full.reshape(SHAPE)
    assert full[5, 5] and full[2:9, 5].all() and not full[:, :3].any()


def test_the_target_lies_between_its_pixels_and_the_catalogue():
    scene, _ = seen([Star(*TARGET, flux=20_000.0)])
    moved = replace(scene, catalogue=scene.star + [0.2, -0.1])
    np.testing.assert_allclose(moved.target_place, scene.star + [0.1, -0.05])
    for without in (replace(scene, catalogue=None), replace(moved, elsewhere=True)):
        np.testing.assert_array_equal(without.target_place, scene.star)
