"""Where a wave comes from: simulated variables on the target and beside it."""

import numpy as np
import pytest
from astropy.table import Table

import tpfdash
from tpfdash import TPFError, simulate_tpf, sine_image
from tpfdash.simulate import Pulsation, Star

PERIOD = 1.7
TARGET, NEIGHBOUR = (5.1, 4.9), (8.4, 2.3)
STARS = [Star(*TARGET, magnitude=10.5), Star(*NEIGHBOUR, magnitude=12.5)]


def simulated(*events, seed=1, n=5000, **arguments):
    return simulate_tpf(
        "TESS",
        n_cadences=n,
        stars=STARS,
        events=list(events),
        columns=("flux", "flux_err"),
        seed=seed,
        **arguments,
    )


def corner(tpf):
    return np.array([tpf["row"].values[0], tpf["col"].values[0]])


def test_a_target_that_varies():
    tpf = simulated(Pulsation(0, PERIOD, 1684.3, 0.004))
    made = sine_image(tpf, 1 / PERIOD)
    assert made.verdict == "on_target" and made.reason == ""
    assert np.hypot(*made.offset) < 0.08 and made.offset_sigma < 3
    np.testing.assert_allclose(made.position - corner(tpf), TARGET, atol=0.08)
    turns = (made.t0 - 1684.3) / PERIOD
    assert turns - round(turns) == pytest.approx(0, abs=0.02)
    mask = tpf["aperture"].values & 2 > 0
    time = tpf["time"].values
    assert time[0] < made.t0 < time[-1]
    light = tpf["flux"].values[:, mask].sum(axis=1, dtype=float)
    assert made.level == pytest.approx(light.mean(), rel=1e-3)
    assert made.light / made.level == pytest.approx(0.004 * 0.97, rel=0.05)
    assert made.light_err < 0.1 * made.light
    assert made.sentence.startswith("the variation with 1.7 d comes from the target: its place is")
    assert made.quadrature < 2 and made.star_snr > 20


def test_a_neighbour_that_varies():
    """The target's aperture has some of its light; the image says whose it is."""
    tpf = simulated(Pulsation(1, PERIOD, 1684.3, 0.04))
    stars = Table(
        {
            "name": ["target", "other"],
            "row": np.array([TARGET[0], NEIGHBOUR[0]]) + corner(tpf)[0],
            "col": np.array([TARGET[1], NEIGHBOUR[1]]) + corner(tpf)[1],
            "magnitude": [10.5, 12.5],
        }
    )
    made = sine_image(tpf, 1 / PERIOD, stars=stars)
    assert made.verdict == "neighbour"
    np.testing.assert_allclose(made.position - corner(tpf), NEIGHBOUR, atol=0.1)
    assert made.star_probabilities["other"] > 0.95
    assert made.stars[0]["depth"] == pytest.approx(0.04, rel=0.1)
    assert "comes from another star, most likely other" in made.sentence
    row, col = np.unravel_index(np.nanargmax(made.image), made.image.shape)
    assert (row, col) == (8, 2)
    correlation = np.corrcoef(made.image.ravel(), made.model.ravel())[0, 1]
    assert correlation > 0.98


def test_errors_of_places_hold():
    """On the target and beside it, over noise of many kinds."""
    chi2 = []
    for seed in range(16):
        star = seed % 2
        tpf = simulated(Pulsation(star, PERIOD, 1684.0, (0.002, 0.015)[star]), seed=seed, n=3000)
        made = sine_image(tpf, 1 / PERIOD)
        assert made.verdict == ("on_target", "neighbour")[star]
        truth = np.subtract((TARGET, NEIGHBOUR)[star], TARGET)
        off = np.subtract(made.offset, truth)
        chi2.append(off @ np.linalg.solve(np.array(made.covariance), off))
    assert 0.2 < np.median(chi2) < 3  # 1.39 of two Gaussian numbers
    assert np.mean(np.array(chi2) > 9) <= 0.13


def test_two_stars_of_different_phases_are_told():
    tpf = simulated(
        Pulsation(0, PERIOD, 1684.3, 0.004), Pulsation(1, PERIOD, 1684.3 + PERIOD / 4, 0.02)
    )
    made = sine_image(tpf, 1 / PERIOD)
    assert made.quadrature > 2 and "more than one source" in made.reason


def test_noise_comes_from_nowhere():
    tpf = simulated(seed=5)
    verdicts = [sine_image(tpf, f).verdict for f in np.linspace(0.5, 8, 25)]
    assert verdicts.count("inconclusive") >= 24


def test_the_sky_is_no_star():
    """Light that comes and goes all over the stamp."""
    tpf = simulated()
    time = tpf["time"].values
    wave = 3 * np.cos(2 * np.pi * time / PERIOD)
    made = sine_image(tpf.assign(flux=tpf["flux"] + wave[:, None, None].astype("f4")), 1 / PERIOD)
    assert made.verdict == "systematic" and made.position is None
    assert "the background does" in made.sentence


def test_images_are_of_the_stamp():
    tpf = simulated(Pulsation(0, PERIOD, 1684.3, 0.004), shape=(11, 11))
    tpf["flux"].values[:, 2, 3] = np.nan
    made = sine_image(tpf, 1 / PERIOD)
    for image in (made.amplitude, made.phase, made.image, made.snr, made.outside, made.error):
        assert image.shape == (11, 11) and np.isnan(image[2, 3])
        assert np.isfinite(image).sum() == 120
        with pytest.raises(ValueError):
            image[0, 0] = 1
    star = made.snr > 10
    np.testing.assert_allclose(made.phase[star], 0, atol=0.05)
    np.testing.assert_allclose(made.amplitude[star], made.image[star], rtol=0.02)
    np.testing.assert_allclose(made.snr[star], (made.image / made.error)[star])


@pytest.mark.parametrize("frequency", [0, -1, np.nan, np.inf, "1", None, True, [1.0]])
def test_what_is_no_frequency(frequency):
    with pytest.raises(TPFError, match="frequency"):
        sine_image(simulated(n=200), frequency)


def test_other_arguments_that_are_none():
    tpf = simulated(n=600)
    with pytest.raises(TPFError, match="prf"):
        sine_image(tpf, 2.0, prf=3)
    with pytest.raises(TPFError, match="stars"):
        sine_image(tpf, 2.0, stars=Table({"a": [1]}))
    with pytest.raises(TPFError):
        sine_image(tpf, 2.0, np.ones((2, 2), bool))
    assert tpfdash.sine_image is sine_image


@pytest.mark.realdata
def test_a_real_file_answers(data_file):
    """The slow variation of TOI-813 is on a star of its stamp, or said to be none."""
    tpf = tpfdash.open_tpf(data_file("tic55525572_s5_tp.fits.gz"))
    made = sine_image(tpf, 1 / 5.69)
    assert made.verdict in ("on_target", "neighbour", "systematic", "inconclusive")
    assert made.n_cadences > 15_000 and made.binned > 100
