"""Shapes of events that have one."""

import numpy as np
import pytest

from tpfdash.timeseries.events.shapes import UNCLEAR, UNRESOLVED, shape_at_step, shape_of

SLOT = np.arange(300)
AT = SLOT + 0.5


def shaped(name, length=20, start=140):
    u = (AT - start) / length
    return {
        "box": np.where((u > 0) & (u < 1), 1.0, 0),
        "triangle": np.clip(1 - 2 * np.abs(u - 0.5), 0, 1),
        "decay": np.where(u > 0, np.exp(-np.clip(u, 0, None) * 4), 0),
        "rise": np.where(u < 1, np.exp(-np.clip(1 - u, 0, None) * 4), 0),
        "step": np.where(u > 0, 1.0, 0),
    }[name]


#: The box that each is strongest in, about.
BOXES = {
    "box": (140, 160),
    "triangle": (143, 157),
    "decay": (140, 146),
    "rise": (154, 160),
    "step": (140, 180),
}


@pytest.mark.parametrize("name", list(BOXES))
@pytest.mark.parametrize("sign", [-1, 1])
def test_each_shape_is_told(name, sign):
    start, stop = BOXES[name]
    near = slice(start - 60, stop + 60)
    noise = np.random.default_rng(1).normal(0, 1, 300)
    flux = (sign * 30 * shaped(name) + noise + 0.05 * AT)[near]
    found = shape_of(SLOT[near], flux, np.ones(flux.size), start, stop, 1.0)
    assert found.name == name
    if name == "step":
        assert abs(found.start - 140) <= 1
    else:
        first, last = found.whole()
        assert first <= start + 1 and last >= stop - 1 and last - first < 40


def test_what_is_faint_or_short_is_not_told():
    noise = np.random.default_rng(2).normal(0, 1, 300)
    flux = 1.5 * shaped("triangle") + noise
    near = slice(80, 220)
    assert shape_of(SLOT[near], flux[near], np.ones(140), 143, 157, 1.0).name == UNCLEAR
    short = shape_of(SLOT[near], (30 * shaped("box", 3) + noise)[near], np.ones(140), 140, 143, 1.0)
    assert (short.name, short.whole()) == (UNRESOLVED, (140, 143))


def test_red_noise_makes_it_harder_to_tell():
    flux = 8 * shaped("triangle") + np.random.default_rng(3).normal(0, 1, 300)
    near = slice(80, 220)
    told = [shape_of(SLOT[near], flux[near], np.ones(140), 143, 157, f).name for f in (1.0, 9.0)]
    assert told == ["triangle", UNCLEAR]


@pytest.mark.parametrize(
    "flux, name, start, stop",
    [
        (shaped("step"), "step", 140, 140),
        (shaped("box", 4), "box", 140, 144),
        (shaped("box", 4, 136), "box", 136, 140),
        (shaped("decay", 24), "decay", 140, None),
        (shaped("rise", 24, 116), "rise", None, 140),
    ],
)
def test_what_looks_like_a_step_may_be_something_else(flux, name, start, stop):
    noise = np.random.default_rng(4).normal(0, 1, 300)
    near = slice(80, 200)
    found = shape_at_step(SLOT[near], (25 * flux + noise)[near], np.ones(120), 140, 20)
    assert found.name == name
    assert start is None or found.start == pytest.approx(start, abs=1)
    assert stop is None or found.stop == pytest.approx(stop, abs=1)


def test_a_step_is_put_where_it_is():
    noise = np.random.default_rng(5).normal(0, 1, 300)
    found = shape_at_step(
        SLOT[80:200], (20 * shaped("step") + noise)[80:200], np.ones(120), 143, 20
    )
    assert (found.name, found.start) == ("step", 140)


def test_long_events_are_binned():
    slot = np.arange(9000)
    flux = np.where((slot >= 4000) & (slot < 5000), 3.0, 0)
    flux += np.random.default_rng(6).normal(0, 1, 9000)
    found = shape_of(slot, flux, np.ones(9000), 4000, 5000, 1.0)
    assert found.name == "box" and abs(found.start - 4000) < 130
