"""The light curves of the pixels that an event is seen in, against the file's own pixels."""

import numpy as np
import pytest
from eventparts import NEIGHBOUR, NEIGHBOURS, TRANSIT, two_stars

from tpfdash.diagnosis.diagnose import diagnose
from tpfdash.inspector.curves import pixel_curves


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


def test_they_are_the_pixels_own_fluxes_about_the_window(tpf):
    found = diagnose(tpf, TRANSIT)
    curves = pixel_curves(tpf, TRANSIT, found)
    assert len(curves) == 4
    strengths = [abs(curve.snr) for curve in curves]
    assert strengths == sorted(strengths, reverse=True)
    assert strengths[0] == np.nanmax(np.abs(found.difference.snr))
    time = tpf["time"].values
    inside = np.flatnonzero((time >= TRANSIT[0]) & (time <= TRANSIT[1]))
    for curve in curves:
        assert curve.cadences == 1
        at = np.searchsorted(time, curve.time)
        np.testing.assert_array_equal(time[at], curve.time)
        pixel = tpf["flux"].sel(row=curve.row, col=curve.col).values
        np.testing.assert_array_equal(pixel[at], curve.flux)
        assert at[0] < inside[0] and at[-1] > inside[-1]


def test_a_neighbours_pixels_are_where_the_neighbour_is(tpf):
    best = pixel_curves(tpf, NEIGHBOURS, diagnose(tpf, NEIGHBOURS), n=1)[0]
    place = best.row - tpf["row"].values[0], best.col - tpf["col"].values[0]
    assert np.hypot(*np.subtract(place, NEIGHBOUR)) < 0.8 and best.snr > 5


def test_of_a_long_window_means_are_shown(tpf):
    window = tuple(tpf["time"].values[[100, 399]])
    curve = pixel_curves(tpf, window, diagnose(tpf, window), n=1)[0]
    assert curve.cadences == 3 and len(curve.time) <= 240
    pixel = tpf["flux"].sel(row=curve.row, col=curve.col).values
    at = int(np.argmin(np.abs(tpf["time"].values - curve.time[1])))
    assert curve.flux[1] == pytest.approx(pixel[at - 1 : at + 2].mean())


def test_where_nothing_was_measured_there_is_none(tpf):
    assert pixel_curves(tpf, (1, 2), diagnose(tpf, (1, 2))) == []
