"""What S/N a response has, by white noise and by what else there is."""

import numpy as np
import pytest

from tpfdash.timeseries.events.filters import BOTH, Sums
from tpfdash.timeseries.events.scale import Scale

KINDS = [("box", 1), ("box", 8), ("box", 40), ("step", 12)]


def scale_of(flux):
    return Scale(list(Scale.measured(Sums(flux, np.ones(flux.size), 600), KINDS)))


def test_white_noise_is_worth_what_its_weights_say():
    scale = scale_of(np.random.default_rng(1).normal(0, 1, 30_000))
    for one in scale.scaled:
        assert np.median(one.factor) < 1.08
        assert np.abs(one.snr).max() < 6
    assert scale.factor_at("box", 20, 500) == pytest.approx(1, abs=0.1)


def test_red_noise_takes_its_toll_of_the_long_filters():
    rng = np.random.default_rng(2)
    flux = rng.normal(0, 1, 30_000) + 40 * np.sin(np.arange(30_000) / 50)
    scale = scale_of(flux)
    short, _, long, _ = scale.scaled
    assert np.median(short.factor) < 1.5 and np.median(long.factor) > 10
    assert long.filter.flank == 0.5  # the shorter, the less it turns
    for one in scale.scaled:
        assert np.std(one.snr[one.response.sides == BOTH]) < 1.5
    assert scale.factor_at("box", 18, 500) > scale.factor_at("box", 8, 500)
    assert scale.nearest("box", 30).length == 40


def test_where_it_is_loud_is_known():
    rng = np.random.default_rng(3)
    walk = np.cumsum(rng.normal(0, 0.3, 30_000))
    walk -= np.convolve(np.pad(walk, 100, mode="edge"), np.ones(201) / 201, "valid")
    flux = rng.normal(0, 1, 30_000) + np.where(np.arange(30_000) > 15_000, walk, 0)
    scale = scale_of(flux)
    assert scale.factor_at("box", 40, 25_000) > 2 * scale.factor_at("box", 40, 5000)


def test_one_flank_alone_is_worth_less():
    rng = np.random.default_rng(4)
    flux = rng.normal(0, 1, 5000) + 20 * np.sin(np.arange(5000) / 200)
    (box,) = (one for one in scale_of(flux).scaled if one.filter.length == 40)
    assert box.one_sided > 2 * np.median(box.factor)
    assert 0 < box.response.sides[0] < BOTH
    assert abs(box.snr[0]) == pytest.approx(abs(box.response.strength[0]) / box.one_sided, rel=0.01)


def test_filters_with_no_room_say_nothing():
    flux = np.random.default_rng(5).normal(0, 1, 60)
    scale = scale_of(flux)
    assert np.isinf(scale.scaled[2].factor).all() and not scale.scaled[2].snr.any()
    assert np.isinf(scale.factor_at("box", 40, 10))
    assert Scale([]).factor_at("box", 4, 10) == np.inf
