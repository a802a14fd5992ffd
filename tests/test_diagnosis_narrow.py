"""Windows that are drawn too wide: the part that holds the event is found, or none is."""

import numpy as np
import pytest
from eventparts import QUIET, TRANSIT, two_stars

from tpfdash import open_tpf
from tpfdash.diagnosis.diagnose import diagnose
from tpfdash.diagnosis.narrow import narrowed
from tpfdash.stamp.masks import default_mask, pipeline_mask

#: Times of the first transits of Kepler-8 b in quarter 1, and half of how long they take, days.
KEPLER_8 = (135.19, 138.71, 142.23, 145.76, 149.28, 152.80, 156.33, 159.85, 163.37)
HALF = 0.07


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


def wider(window, by):
    """A window with so many days more on both sides."""
    return window[0] - by, window[1] + by


@pytest.mark.parametrize("by", [0.2, 0.5, 1.0])
def test_the_event_of_a_wide_window_is_found(tpf, by):
    ((t0, t1),) = narrowed(tpf, [wider(TRANSIT, by)], default_mask(tpf))
    cadence = np.median(np.diff(tpf["time"].values))
    assert abs(t0 - TRANSIT[0]) < 3 * cadence and abs(t1 - TRANSIT[1]) < 3 * cadence


def test_a_window_that_fits_is_left(tpf):
    assert narrowed(tpf, [TRANSIT], default_mask(tpf)) is None


def test_where_nothing_happens_nothing_is_found(tpf):
    for by in (0.0, 0.3, 0.6):
        assert narrowed(tpf, [wider(QUIET, by)], default_mask(tpf)) is None


def test_noise_is_no_event():
    tpf = two_stars()
    rng = np.random.default_rng(5)
    tpf["flux"].values[:] = 1000 + rng.normal(0, 3, tpf["flux"].shape)
    time = tpf["time"].values
    for start in rng.uniform(time[0], time[-1] - 2, 200):
        assert narrowed(tpf, [(start, start + 1.5)], default_mask(tpf)) is None


@pytest.mark.parametrize("n", [4, 5, 6, 8, 12, 30])
@pytest.mark.parametrize("level", [999.0, 1000.0, 1000.2, 1001.0])
def test_light_that_never_changes_holds_no_event(n, level):
    tpf = two_stars().isel(time=slice(0, n)).copy(deep=True)
    tpf["flux"].values[:] = level
    time = tpf["time"].values
    for mask in (default_mask(tpf), np.eye(*tpf["flux"].shape[1:], dtype=bool)):
        assert narrowed(tpf, [(time[0], time[-1])], mask) is None


def test_of_two_events_none_is_chosen(tpf):
    twice = tpf.copy(deep=True)
    time = twice["time"].values
    again = (time >= TRANSIT[1] + 0.6) & (time <= 2 * TRANSIT[1] - TRANSIT[0] + 0.6)
    inside = np.flatnonzero((time >= TRANSIT[0]) & (time <= TRANSIT[1]))
    twice["flux"].values[np.flatnonzero(again)[: inside.size]] = twice["flux"].values[
        inside[: again.sum()]
    ]
    assert narrowed(twice, [wider(TRANSIT, 1.3)], default_mask(twice)) is None


def test_what_fills_its_window_with_a_ray_in_it_is_left(tpf):
    hit = tpf.copy(deep=True)
    time = hit["time"].values
    inside = np.flatnonzero((time >= TRANSIT[0]) & (time <= TRANSIT[1]))
    hit["flux"].values[inside[inside.size // 2]] *= 1.5
    assert narrowed(hit, [TRANSIT], default_mask(hit)) is None


def test_windows_that_hold_nothing_more_stay_beside_those_that_do(tpf):
    found = narrowed(tpf, [QUIET, wider(TRANSIT, 0.5)], default_mask(tpf))
    assert found[0] == QUIET and found[1][0] > TRANSIT[0] - 0.1


def test_no_aperture_no_light_curve(tpf):
    assert narrowed(tpf, [wider(TRANSIT, 0.5)], np.zeros((2, 2), dtype=bool)) is None


def test_the_answer_says_what_it_measured(tpf):
    window = wider(TRANSIT, 0.5)
    found = diagnose(tpf, window)
    assert found.verdict == diagnose(tpf, TRANSIT).verdict and found.closer
    ((t0, t1),) = found.windows
    assert window[0] < t0 < t1 < window[1]
    assert f"{t0:.5f} to {t1:.5f}" in str(found)
    assert found.to_dict()["windows"] == [[t0, t1]] and found.to_dict()["closer"] is True


def test_what_is_measured_as_asked_is_said_too(tpf):
    found = diagnose(tpf, TRANSIT)
    assert found.windows == (TRANSIT,) and not found.closer
    assert diagnose(tpf, (0.0, 1.0)).windows == ((0.0, 1.0),)  # beside the data


@pytest.mark.parametrize("before, after", [(0.1, 0.1), (0.4, 0.1), (0.3, 0.7), (0.5, 0.5)])
def test_real_transits_in_windows_of_any_width(data_file, before, after):
    tpf = open_tpf(data_file("kplr006922244-2009166043257_lpd-targ.fits"))
    aperture = pipeline_mask(tpf)
    for middle in KEPLER_8:
        found = diagnose(tpf, (middle - HALF - before, middle + HALF + after), aperture)
        assert found.verdict == "on_target"
        assert 280 < found.depth < 400  # e-/s: 0.9 % of 35,000
