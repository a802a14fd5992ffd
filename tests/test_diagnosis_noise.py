"""The noise of a file on an event's time scale: whitened, its quiet places are white."""

import numpy as np
import pytest
from test_photometry import make_tpf

from tpfdash.diagnosis.noise import learn_noise
from tpfdash.diagnosis.reference import stretches

STEP = 0.02
TIME = 100 + STEP * np.arange(3000)
WINDOW = [(TIME[1500] - 0.001, TIME[1505] + 0.001)]


def learned(flux, **columns):
    tpf = make_tpf(flux)
    for name, values in columns.items():
        tpf[name] = ("time", values.astype(np.float32))
    data = stretches(tpf, WINDOW, (2, 2))
    return data, learn_noise(data)


def rolling(seed=0, noise=1.0, n=3000):
    """White noise, and a pattern that goes to and fro with two numbers that are known."""
    rng = np.random.default_rng(seed)
    path = np.stack([np.sin(TIME[:n] * 9), np.cos(TIME[:n] * 5)], axis=1)
    response = rng.normal(0, 20, (2, 4, 5))
    return rng.normal(1000, noise, (n, 4, 5)) + np.tensordot(path, response, 1), path, response


def box(data):
    bins = np.arange(data.length)
    return ((bins >= data.window.start) & (bins < data.window.stop)).astype(float)


def test_the_covariance_is_that_of_the_quiet_places():
    data, noise = learned(rolling()[0])
    filtered = noise.filtered(box(data))
    lower = np.linalg.cholesky(filtered.covariance)
    white = np.linalg.solve(lower, filtered.quiet.T)
    assert np.median((white**2).sum(axis=0)) == pytest.approx(20, rel=0.25)


def test_white_noise_is_known_in_closed_form():
    flux = np.random.default_rng(1).normal(100, 2, (3000, 4, 5))
    data, noise = learned(flux)
    shape = box(data)
    filtered = noise.filtered(shape)
    left = noise.detrend @ shape
    expected = 2 / np.sqrt(left @ left)
    errors = np.sqrt(filtered.covariance.diagonal())
    np.testing.assert_allclose(errors, expected, rtol=0.25)


def test_an_events_image_comes_back():
    flux, *_ = rolling()
    light = np.random.default_rng(2).normal(0, 30, (4, 5))
    flux[1500:1506] += light
    data, noise = learned(flux)
    filtered = noise.filtered(box(data))
    pulls = (filtered.image - light.ravel()) / np.sqrt(filtered.covariance.diagonal())
    assert np.sqrt(np.mean(pulls**2)) < 1.6


def test_the_pointing_is_learned_and_taken_off():
    flux, path, response = rolling()
    data, noise = learned(flux, pos_corr1=path[:, 0], pos_corr2=path[:, 1])
    np.testing.assert_allclose(noise.response, response.reshape(2, -1), atol=1.0)
    assert np.std(noise.event) < 1.2
    _, blind = learned(flux)
    assert not blind.response.any() and np.std(blind.event) > 1.5 * np.std(noise.event)


def test_odd_cadences_inside_a_window_are_mended_if_that_is_asked_for():
    flux = np.random.default_rng(3).normal(100, 1, (3000, 4, 5))
    flux[1503] += 40
    data = stretches(make_tpf(flux), WINDOW, (2, 2))
    mended, plain = learn_noise(data), learn_noise(data, mend=False)
    assert mended.odd.sum() == 1 and not plain.odd.any()
    assert np.abs(mended.event).max() < 6 and np.abs(plain.event).max() > 20


def test_events_elsewhere_in_the_file_are_no_noise():
    flux = np.random.default_rng(4).normal(100, 1, (3000, 4, 5))
    quiet = learned(flux.copy())[1].filtered(box(learned(flux)[0]))
    for first in range(100, 3000, 400):
        flux[first : first + 6] -= 30
    loud_data, loud = learned(flux)
    errors = np.sqrt(loud.filtered(box(loud_data)).covariance.diagonal())
    np.testing.assert_allclose(errors, np.sqrt(quiet.covariance.diagonal()), rtol=0.4)


def test_few_places_leave_white_noise():
    flux = np.random.default_rng(5).normal(100, 2, (40, 4, 5))
    data = stretches(make_tpf(flux), [(TIME[20] - 0.001, TIME[20] + 0.001)], (2, 2))
    noise = learn_noise(data)
    assert np.isfinite(noise.filtered(box(data)).covariance).all()
