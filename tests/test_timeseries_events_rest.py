"""A light curve as events are taken out of it."""

import numpy as np

from tpfdash.timeseries.events.filters import Filter
from tpfdash.timeseries.events.rest import Found, Rest, filled


def box(start, stop, kind="box", **changes):
    core = Filter(kind, stop - start if kind == "box" else 20)
    values = {"height": 3.0, "error": 0.3, "snr": 10.0, "shape": "box"} | changes
    return Found(kind, start, stop, core, start if kind == "box" else start + 1, **values)


def test_boxes_are_left_out_with_what_is_beside_them():
    flux, weight = np.arange(200.0), np.ones(200)
    rest = Rest(flux, weight, 20)
    rest.take_out(box(50, 66))
    assert np.flatnonzero(rest.weight == 0).tolist() == list(range(48, 68))
    assert weight.all() and (rest.flux == flux).all()
    back = rest.put_back(50, 66)
    assert np.flatnonzero(back == 0).tolist() == [48, 49, 66, 67] and not rest.weight[50]


def test_steps_are_levelled():
    rest = Rest(np.where(np.arange(200) >= 100, 3.0, 0), np.ones(200), 20)
    rest.take_out(box(99, 101, "step"))
    assert not rest.flux.any()
    assert np.flatnonzero(rest.weight == 0).tolist() == [98, 99, 100, 101]
    response = Filter("box", 10).respond(rest.sums(), range(0, 190))
    assert not response.height.any()


def test_an_event_that_is_seen_by_an_edge_is_as_long_as_it_is():
    assert box(50, 66).length == 16
    edge = Found("box", 50, 90, Filter("step", 5), 50, 1.0, 0.1, 10.0, "decay")
    assert edge.length == 40


def test_filled_slots():
    weight = np.array([0, 1, 1, 0, 2, 0])
    assert filled(weight, -5, 3).tolist() == [1, 2] and filled(weight, 2, 99).tolist() == [2, 4]
    assert filled(weight, -9, -3).size == 0
