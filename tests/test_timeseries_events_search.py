"""Events on a grid, with weights and gaps."""

import numpy as np
import pytest

from tpfdash.timeseries.events.search import search

LENGTHS = [1, 2, 3, 4, 5, 7, 9, 12, 16, 21, 28, 36]


def searched(flux, weight=None, min_snr=6.0):
    told = []
    weight = np.ones(flux.size) if weight is None else weight
    found = search(np.where(weight > 0, flux, 0), weight, LENGTHS, min_snr, told.append)
    assert told == sorted(told) and 0 < told[0] and told[-1] < 1
    return found


def noise(n=3000, seed=1):
    return np.random.default_rng(seed).normal(0, 1, n)


@pytest.mark.parametrize("begin", [700, 995, 1402])
def test_events_beside_gaps_are_found(begin):
    flux, weight = noise(), np.ones(3000)
    weight[1010:1400] = 0
    flux[begin : begin + 12] -= 8
    (event,) = searched(flux, weight)
    assert event.kind == "box" and abs(event.start - begin) <= 2
    assert event.height == pytest.approx(-8, abs=1.5)


def test_cadences_that_count_for_less_need_more():
    flux, weight = noise(), np.ones(3000)
    flux[500] = flux[1500] = 12
    weight[1500] = 1 / 25
    (event,) = searched(flux, weight)
    assert (event.start, event.stop) == (500, 501)


def test_a_strong_event_has_no_echo():
    flux = noise()
    flux[1500:1530] -= 3000
    (event,) = searched(flux)
    assert (event.start, event.stop) == (1500, 1530)
    assert event.height == pytest.approx(-3000, abs=2) and event.shape == "box"


def test_a_faint_event_beside_a_strong_one_is_seen():
    flux = noise()
    flux[1500:1530] -= 3000
    flux[1545:1560] += 5
    strong, faint = searched(flux)
    assert faint.height > 0 and abs(faint.start - 1545) <= 4


def test_a_long_event_over_a_wave_is_one_by_its_ends():
    """It is no louder than the wave over that time, but its edges are."""
    at = np.arange(3000)
    flux = noise() + 60 * np.sin(at / 40)
    flux[1500:1530] -= 25
    (event,) = searched(flux)
    assert event.kind == "box" and abs(event.start - 1500) <= 2 and abs(event.stop - 1530) <= 2
    assert event.height == pytest.approx(-25, rel=0.3)


def test_a_step_and_the_way_back_are_two_where_they_are_far_apart():
    flux = noise()
    flux[1000:1800] += 6
    up, down = searched(flux)
    assert up.kind == down.kind == "step" and up.height == pytest.approx(-down.height, abs=2)


def test_what_is_found_reaches_what_is_wanted():
    flux = noise()
    flux[1700:1709] -= 3
    assert len(searched(flux, min_snr=5.0)) == 1 and len(searched(flux, min_snr=12.0)) == 0
