"""The difference image of all events: against the diagnosis, and the truth."""

import numpy as np
import pytest

from tpfdash import (
    Ephemeris,
    TPFError,
    aperture_photometry,
    box_periodogram,
    diagnose,
    open_tpf,
    simulate_tpf,
)
from tpfdash.diagnosis.folded import folded_image
from tpfdash.simulate import Star, Transit

TARGET, NEIGHBOUR = (5.1, 4.9), (8.4, 2.3)
STARS = [Star(*TARGET, magnitude=10.5), Star(*NEIGHBOUR, magnitude=12.5)]
EVENTS = Ephemeris(1.3, 1684.1, 0.12)


def simulated(star=0, depth=0.004, n=6000, seed=1):
    return simulate_tpf(
        "TESS",
        n_cadences=n,
        stars=STARS,
        events=[Transit(star, EVENTS.period, EVENTS.t0, EVENTS.duration, depth)],
        columns=("flux", "flux_err"),
        seed=seed,
    )


@pytest.fixture(scope="module")
def on_target():
    return simulated()


def test_it_is_what_the_diagnosis_measures(on_target):
    made = folded_image(on_target, EVENTS)
    said = diagnose(on_target, EVENTS.windows(on_target["time"].values))
    assert said.verdict == "on_target"
    assert made.n_events == len(made.windows) == 6
    assert made.windows == said.windows
    np.testing.assert_allclose(made.offset, said.offset, atol=0.03)
    np.testing.assert_allclose(made.target, said.target, atol=1e-6)
    assert made.depth_ppm == pytest.approx(said.depth_ppm, rel=0.25)
    known = np.abs(said.difference.snr) > 5
    ratio = made.difference.image[known] / said.difference.image[known]
    np.testing.assert_allclose(ratio, made.depth / said.depth, rtol=0.15)
    np.testing.assert_allclose(made.difference.outside, said.difference.outside, rtol=1e-6)
    assert made.reason == "" and made.reference == said.reference


def test_the_place_and_the_depth_are_true(on_target):
    made = folded_image(on_target, EVENTS)
    assert np.hypot(*made.offset) < 0.08 and made.offset_sigma < 3
    assert made.depth_ppm == pytest.approx(4000 * 0.97, rel=0.06)  # the neighbour's light
    assert made.snr == pytest.approx(made.depth / made.depth_err)
    off = folded_image(simulated(1, 0.05), EVENTS)
    row, col = np.array(off.position) - [simulated(n=10)["row"].values[0],
                                         simulated(n=10)["col"].values[0]]  # fmt: skip
    assert (row, col) == (pytest.approx(8.4, abs=0.1), pytest.approx(2.3, abs=0.1))
    assert off.offset_sigma > 5
    assert np.unravel_index(np.nanargmax(off.difference.snr), (11, 11)) == (8, 2)


def test_many_events_say_more_than_few(on_target):
    few = folded_image(on_target.isel(time=slice(0, 2500)), EVENTS)
    many = folded_image(on_target, EVENTS)
    assert few.n_events < many.n_events and many.depth_err < few.depth_err


def test_a_wrong_period_is_seen_at_once(on_target):
    wrong = folded_image(on_target, Ephemeris(1.45, 1684.6, 0.12))
    right = folded_image(on_target, EVENTS)
    assert wrong.snr < right.snr / 3


def test_errors_hold_with_many_events():
    """Short periods make many events of few quiet places: depths scatter by their errors."""
    pulls = []
    for seed in range(8):
        tpf = simulated(depth=0.0, n=4000, seed=seed)
        made = folded_image(tpf, Ephemeris(0.41, 1684.0, 0.06))
        assert made.n_events > 9
        pulls.append(made.depth / made.depth_err)
        assert made.position is None
    assert 0.4 < np.sqrt(np.mean(np.square(pulls))) < 1.8


def test_where_nothing_can_be_measured_it_says_why(on_target):
    short = on_target.isel(time=slice(0, 60))
    made = folded_image(short, Ephemeris(0.3, short["time"].values[30], 0.28))
    assert made.difference is None and made.reason and np.isnan(made.depth_ppm)
    assert made.position is None and np.isnan(made.offset_sigma)


def test_what_makes_no_sense(on_target):
    with pytest.raises(TPFError, match="no ephemeris"):
        folded_image(on_target, (1.0, 2.0))
    with pytest.raises(TPFError, match="No event"):
        folded_image(on_target, Ephemeris(500.0, 100.0, 0.1))
    with pytest.raises(TPFError, match="no duration"):
        folded_image(on_target, Ephemeris(1.3, 1684.1))
    with pytest.raises(TPFError, match="prf"):
        folded_image(on_target, EVENTS, prf=1)


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name, most",
    [
        ("kplr006922244-2009166043257_lpd-targ.fits", 0.1),  # Kepler-8
        ("kplr011904151-2010009091648_lpd-targ.fits", 0.3),  # Kepler-10, saturated
    ],
)
def test_real_planets_are_on_their_stars(data_file, name, most):
    """With the ephemeris that the search finds."""
    tpf = open_tpf(data_file(name))
    mask = tpf["aperture"].values & 2 > 0
    made = folded_image(tpf, box_periodogram(aperture_photometry(tpf, mask)).best)
    assert np.hypot(*made.offset) < most
    assert made.n_events >= 8 and made.snr > 15
