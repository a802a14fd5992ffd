"""Waves pixel by pixel, against what was put in."""

import numpy as np
import pytest
import xarray as xr

from tpfdash import TPFError, simulate_tpf
from tpfdash.diagnosis.reference import pixels_near
from tpfdash.diagnosis.waves import measure_waves
from tpfdash.simulate import Pulsation, Star

FREQUENCY = 1.3
STARS = [Star(4.1, 4.9, magnitude=10.0), Star(8.2, 1.7, magnitude=12.0)]


@pytest.fixture(scope="module")
def plain():
    return simulate_tpf(
        "TESS", n_cadences=5000, stars=STARS, columns=("flux", "flux_err"), seed=3, shape=(11, 9)
    )


def with_wave(tpf, cos, sin, frequency=FREQUENCY):
    """Waves added to the pixels, of amplitudes (row, col), about the middle of the file."""
    time = tpf["time"].values
    angle = 2 * np.pi * frequency * (time - (time[0] + time[-1]) / 2)
    wave = np.cos(angle)[:, None, None] * cos + np.sin(angle)[:, None, None] * sin
    return tpf.assign(flux=tpf["flux"] + wave.astype(np.float32))


def test_amplitudes_of_both_phases_come_back(plain):
    rng = np.random.default_rng(1)
    cos, sin = rng.normal(0, 5, (2, 11, 9))
    pixels = pixels_near((11, 9), (4.0, 4.0))
    made = measure_waves(with_wave(plain, cos, sin), FREQUENCY, pixels, None)
    without = measure_waves(plain, FREQUENCY, pixels, None)
    at = tuple(made.pixels.T)
    err = np.sqrt(made.covariance.diagonal())
    # Means over a bin, and the trend that is fitted along, take a per cent.
    np.testing.assert_allclose(made.cos - without.cos, cos[at], rtol=0.02, atol=0.1)
    np.testing.assert_allclose(made.sin - without.sin, sin[at], rtol=0.02, atol=0.1)
    assert made.binned == int(720 / FREQUENCY / 16) and made.n_cadences == 5000
    pulls = np.concatenate([without.cos, without.sin]) / np.tile(err, 2)
    assert 0.6 < pulls.std() < 1.5
    np.testing.assert_allclose(made.mean, plain["flux"].values.mean(axis=0)[at], rtol=1e-3, atol=2)


def test_a_wave_of_the_pointing_is_none(plain):
    """What POS_CORR explains is taken off."""
    time = plain["time"].values
    ride = 0.02 * np.cos(2 * np.pi * FREQUENCY * time)
    moving = simulate_tpf(
        "TESS",
        n_cadences=5000,
        stars=STARS,
        columns=("flux", "flux_err"),
        seed=3,
        shape=(11, 9),
        motion=np.stack([ride, -ride], axis=1),
    )
    pixels = pixels_near((11, 9), (4.0, 4.0))
    made = measure_waves(moving, FREQUENCY, pixels, None)
    unknown = measure_waves(moving.drop_vars(["pos_corr1", "pos_corr2"]), FREQUENCY, pixels, None)
    assert np.hypot(unknown.cos, unknown.sin).max() > 50
    assert np.hypot(made.cos, made.sin).max() < 6


def test_gaps_nans_and_odd_cadences_do_no_harm(plain):
    cos = np.full((11, 9), 4.0)
    tpf = with_wave(plain, cos, 0 * cos).copy(deep=True)
    flux = tpf["flux"].values
    flux[1000:1600] = np.nan
    flux[1600:] *= 1.01  # another level after the gap
    flux[::50] = np.nan
    flux[[77, 2222]] += 1000
    flux[:, 0, 0] = np.nan
    flux[3000:3003, 5, 5] = np.nan
    made = measure_waves(tpf, FREQUENCY, pixels_near((11, 9), (4.0, 4.0)), None)
    assert len(made.pixels) == 98 and not (made.pixels == 0).all(axis=1).any()
    err = np.sqrt(made.covariance.diagonal())
    assert np.median(np.abs(made.cos - 4.0) / err) < 1.5
    assert np.median(made.cos) == pytest.approx(4.0, abs=0.2)


def test_the_common_phase_is_where_there_is_most_light(plain):
    star = np.exp(-((np.indices((11, 9)) - np.array([4, 5])[:, None, None]) ** 2).sum(axis=0) / 2)
    for angle in (0.3, 2.0, -2.5):
        tpf = with_wave(plain, 80 * np.cos(angle) * star, 80 * np.sin(angle) * star)
        made = measure_waves(tpf, FREQUENCY, pixels_near((11, 9), (4.0, 4.0)), None)
        found = made.common_phase()
        assert np.angle(np.exp(1j * (found - angle))) == pytest.approx(0, abs=0.05)
        inside, across = made.turned(found)
        assert inside.max() == pytest.approx(80, rel=0.05) and np.abs(across).max() < 8


def test_lazy_files_give_the_same(plain):
    pixels = pixels_near((11, 9), (4.0, 4.0))
    whole = measure_waves(plain, FREQUENCY, pixels, None)
    lazy = measure_waves(plain.chunk({"time": 700}), FREQUENCY, pixels, None)
    np.testing.assert_allclose(lazy.cos, whole.cos, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    "frequency, good, words",
    [
        (0.01, None, "one cycle in the observation"),
        (400.0, None, "in two cadences"),
        (1.0, np.zeros(5000, bool), "0 cadences"),
        (1.0, np.ones(3, bool), "good has the shape"),
        (1.0, np.ones(5000), "float64"),
    ],
)
def test_what_makes_no_sense(plain, frequency, good, words):
    with pytest.raises(TPFError, match=words):
        measure_waves(plain, frequency, pixels_near((11, 9), (4.0, 4.0)), good)


def test_pixels_without_data(plain):
    empty = plain.assign(flux=xr.full_like(plain["flux"], np.nan))
    with pytest.raises(TPFError, match="0 pixels"):
        measure_waves(empty, 1.0, pixels_near((11, 9), (4.0, 4.0)), None)


def test_a_pulsation_of_the_simulator_is_seen():
    tpf = simulate_tpf(
        "Kepler", n_cadences=900, shape=(7, 7), events=[Pulsation(0, 0.7, 540.0, 0.01)], seed=1
    )
    made = measure_waves(tpf, 1 / 0.7, pixels_near((7, 7), (3.0, 3.0)), None)
    amplitude = np.hypot(made.cos, made.sin)
    bright = made.mean > 0.2 * made.mean.max()
    np.testing.assert_allclose(amplitude[bright] / made.mean[bright], 0.01, rtol=0.1)
