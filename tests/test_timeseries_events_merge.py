"""Events that were found in parts."""

import numpy as np
import pytest

from tpfdash.timeseries.events.filters import Filter
from tpfdash.timeseries.events.merge import merged, paired
from tpfdash.timeseries.events.rest import Found, Rest
from tpfdash.timeseries.events.scale import Scale

KINDS = [(kind, n) for kind in ("box", "step") for n in (3, 5, 8, 12, 20)]


def box(start, stop, height, snr):
    error = abs(height) / snr
    return Found(
        "box", start, stop, Filter("box", stop - start), start, height, error, snr, "unclear"
    )


def step(place, height, snr, length=12):
    error = abs(height) / snr
    core = Filter("step", length)
    return Found("step", place - 1, place + 1, core, place, height, error, snr, "step")


def left(flux, *steps):
    """What is left of a light curve, and its scale."""
    rest = Rest(flux, np.ones(flux.size), 40)
    for each in steps:
        rest.take_out(each)
    return rest, Scale(list(Scale.measured(rest.sums(), KINDS)))


def noise():
    return np.random.default_rng(1).normal(0, 1, 2000)


def test_two_opposite_steps_are_one_event():
    flux = noise()
    flux[1000:1030] += 7
    both = step(1000, 7.0, 20), step(1030, -6.5, 19)
    (event,) = paired(*left(flux, *both), both, 40, 6.0)
    assert (event.kind, event.start, event.stop) == ("box", 1000, 1030)
    assert event.height == pytest.approx(7, abs=0.7)
    assert event.snr == pytest.approx(event.height / event.error)


def test_two_that_are_too_far_apart_or_too_unlike_are_two():
    flux = noise()
    flux[1000:1030] += 7
    both = step(1000, 7.0, 20), step(1030, -6.5, 19)
    assert len(paired(*left(flux, *both), both, 20, 6.0)) == 2
    alike = step(1000, 7.0, 20), step(1030, 7.0, 20)
    assert paired(*left(flux, *alike), alike, 40, 6.0) == list(alike)
    unlike = step(1000, 7.0, 20), step(1030, -2.0, 9)
    assert paired(*left(flux, *unlike), unlike, 40, 6.0) == list(unlike)


def test_a_step_that_was_none_goes_with_the_one_that_it_left_behind():
    flux = noise()
    both = step(1000, 2.5, 6.5), step(1003, -2.2, 9)
    assert paired(*left(flux, *both), both, 40, 6.0) == []


def test_of_two_too_near_for_a_level_the_sum_is_left():
    flux = noise()
    flux[1000:] += 9
    flux[1000:1004] += 12
    both = step(1000, 20.0, 30), step(1004, -11.0, 15)
    (event,) = paired(*left(flux, *both), both, 40, 6.0)
    assert event.kind == "step" and 9 - 3 < event.height < 9 + 5


def test_parts_of_an_event_are_no_events():
    whole = box(100, 140, -5.0, 30)
    inside, wing, beside = box(110, 120, 4.0, 8), box(141, 147, -2.0, 10), box(141, 147, 6.0, 20)
    assert merged([inside, whole]) == [whole]
    (event,) = merged([whole, wing])
    assert (event.start, event.stop, event.snr) == (100, 147, 30)
    assert merged([whole, beside]) == [whole, beside]
    faint = box(141, 147, 2.0, 8)
    assert merged([whole, faint]) == [whole]


def test_a_long_event_with_a_short_stronger_one_in_it_stays():
    ray, transit = box(120, 121, 40.0, 40), box(100, 140, -5.0, 30)
    assert merged([transit, ray]) == [ray, transit]
    assert merged([step(300, 5.0, 20), transit]) == [transit, step(300, 5.0, 20)]
