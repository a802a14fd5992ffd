"""The pointing's part of the flux, which is known here."""

import numpy as np
import pytest

from tpfdash import aperture_photometry, open_tpf
from tpfdash.stamp.masks import default_mask
from tpfdash.timeseries.events.motion import without_motion
from tpfdash.timeseries.events.noise import scatter

N = 2000
TIME = 0.0204 * np.arange(N)


@pytest.fixture(scope="module")
def roll():
    """Positions (n, 2) that go to and fro in 6 h along a line, and drift."""
    saw = (np.arange(N) % 12) / 12 - 0.5
    along = saw * (1 + 0.5 * np.sin(TIME / 9)) + 0.02 * TIME / 40
    place = along[:, None] * [0.8, 0.6]
    return place + np.random.default_rng(1).normal(0, 0.002, (N, 2))


def rolled(roll, how):
    """Flux with noise 1 that depends on the position."""
    x = roll @ [0.8, 0.6]
    trend = 30 * np.sin(TIME / 6)
    bent = {"smooth": 60 * x - 90 * x**2, "bumpy": 40 * np.sin(15 * x)}[how]
    return 1e4 + trend + bent + np.random.default_rng(2).normal(0, 1, N)


@pytest.mark.parametrize("how", ["smooth", "bumpy"])
def test_what_goes_with_the_roll_is_taken_off(roll, how):
    flux = rolled(roll, how)
    made, gain = without_motion(TIME, flux, roll)
    assert gain > 5
    assert scatter(np.diff(made)) / np.sqrt(2) < 1.5


def test_what_has_nothing_to_do_with_it_is_left(roll):
    flux = 1e4 + 30 * np.sin(TIME / 6) + np.random.default_rng(3).normal(0, 1, N)
    made, gain = without_motion(TIME, flux, roll)
    assert gain == 1 and made is flux


def test_an_event_keeps_its_depth(roll):
    flux = rolled(roll, "smooth")
    dip = np.zeros(N)
    dip[1000:1010] = -20
    made, _ = without_motion(TIME, flux + dip, roll)
    without, _ = without_motion(TIME, flux, roll)
    assert (made - without)[1000:1010].mean() == pytest.approx(-20, abs=1)
    assert np.abs((made - without)[dip == 0]).max() < 1


def test_events_that_are_known_teach_nothing(roll):
    flux = rolled(roll, "smooth")
    calm, steps = np.ones(N, dtype=bool), np.zeros(N)
    calm[900:960] = False
    steps[1300:] = 400
    event = np.where(calm, 0, -300) + steps
    made, _ = without_motion(TIME, flux + event, roll, calm, steps)
    without, _ = without_motion(TIME, flux, roll)
    assert scatter(made - event - without) < 0.5


def test_missing_positions_take_what_is_beside_them(roll):
    place = roll.copy()
    place[::97] = np.nan
    flux = rolled(roll, "smooth")
    made, _ = without_motion(TIME, flux, place)
    assert np.isfinite(made).all() and scatter(np.diff(made)) / np.sqrt(2) < 1.2


@pytest.mark.parametrize("place", [np.full((N, 2), np.nan), np.zeros((N, 2)), np.ones((N, 2))])
def test_a_star_that_never_moves_is_left(place):
    flux = np.random.default_rng(4).normal(0, 1, N)
    assert without_motion(TIME, flux, place) == (flux, 1.0)


def test_times_far_apart_take_no_longer(roll):
    flux, time = rolled(roll, "smooth"), np.where(np.arange(N) < 1000, TIME, TIME + 1e9)
    made, gain = without_motion(time, flux, roll)
    assert gain > 5 and scatter(np.diff(made)) / np.sqrt(2) < 1.2


def test_flux_that_is_constant_is_left(roll):
    flux = np.full(N, 5.0)
    made, gain = without_motion(TIME, flux, roll)
    assert gain == 1 and (made == flux).all()


@pytest.mark.parametrize(
    "name, least",
    [("ktwo210994964-c04_lpd-targ.fits.gz", 3.5), ("ktwo211983544-c18_lpd-targ.fits", 4)],
)
def test_k2_becomes_quiet(data_file, name, least):
    tpf = open_tpf(data_file(name))
    curve = aperture_photometry(tpf, default_mask(tpf))
    there = np.isfinite(curve["flux"].values) & np.isfinite(curve["time"].values)
    place = np.stack([curve[f"pos_corr{k}"].values[there] for k in (1, 2)], axis=1)
    time, flux = curve["time"].values[there], curve["flux"].values[there]
    made, gain = without_motion(time, flux, place)
    assert gain > least
    # The scatter of means over 6 h, less those beside them.
    means = [x[: x.size // 12 * 12].reshape(-1, 12).mean(axis=1) for x in (flux, made)]
    before, after = (scatter(x[1:-1] - (x[:-2] + x[2:]) / 2) for x in means)
    assert after < before / 2
