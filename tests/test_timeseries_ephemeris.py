"""Ephemerides: phases, events and windows against plain arithmetic."""

import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tpfdash
from tpfdash import Ephemeris, TPFError
from tpfdash.diagnosis.windows import as_windows

TIME = np.append(np.arange(100.0, 130.0, 0.02), np.nan)


def test_phases_are_from_the_nearest_event():
    made = Ephemeris(2.0, 101.0).phase([101.0, 101.5, 102.0, 100.5, 99.0, np.nan])
    np.testing.assert_array_equal(made, [0, 0.25, -0.5, -0.25, 0, np.nan])


@given(
    period=st.floats(0.01, 1e4),
    t0=st.floats(-1e5, 1e5),
    time=st.floats(-1e5, 1e5),
)
def test_phase_and_epoch_make_the_time_again(period, t0, time):
    ephemeris = Ephemeris(period, t0)
    phase, epoch = ephemeris.phase(time), ephemeris.epoch(time)
    assert -0.5 <= phase < 0.5 and epoch == round(float(epoch))
    again = ephemeris.mid_time(epoch) + phase * period
    assert again == pytest.approx(time, abs=1e-9 * max(abs(t0), abs(time), period))


@pytest.mark.parametrize("t0", [101.5, 101.5 + 700 * 3.7, 101.5 - 700 * 3.7])
def test_events_are_those_with_cadences_wherever_t0_is(t0):
    ephemeris = Ephemeris(3.7, t0, 0.2)
    gone = TIME[~((TIME > 105.0) & (TIME < 105.6))]  # one of the events is in a gap
    middles = 101.5 + 3.7 * np.array([0, 2, 3, 4, 5, 6, 7])
    np.testing.assert_allclose(ephemeris.mid_time(ephemeris.events(gone)), middles, atol=1e-9)
    windows = ephemeris.windows(gone)
    np.testing.assert_allclose(windows, np.stack([middles - 0.1, middles + 0.1], 1), atol=1e-9)
    assert as_windows(windows) == windows
    assert ephemeris.inside(gone).sum() == sum(
        int(((gone >= begin) & (gone <= end)).sum()) for begin, end in windows
    )


def test_half_and_double_and_another_event():
    ephemeris = Ephemeris(4.0, 10.0, 0.5, period_err=0.01, t0_err=0.03, name="b")
    half, double = ephemeris.halved(), ephemeris.doubled()
    assert (half.period, half.period_err, half.t0, half.duration) == (2.0, 0.005, 10.0, 0.5)
    assert (double.period, double.period_err) == (8.0, 0.02)
    assert half.doubled() == ephemeris
    later = ephemeris.moved(4)
    assert later.t0 == 26.0 and later.t0_err == pytest.approx(0.05) and later.name == "b"
    assert ephemeris.near(25.0) == later
    assert ephemeris.near(11.9) == ephemeris
    with pytest.raises(TPFError, match="shorter than the period"):
        Ephemeris(4.0, 10.0, 2.5).halved()


def test_it_goes_into_json_and_back():
    whole = Ephemeris(3.5, 121.0, 0.1, 0.01, 1e-3, 2e-3, 3e-3, 1e-4, "Kepler-8 b")
    for each in (whole, Ephemeris(3.5, 121.0)):
        assert Ephemeris.from_dict(json.loads(json.dumps(each.to_dict()))) == each
        assert pickle.loads(pickle.dumps(each)) == each
    assert Ephemeris(3.5, 121.0).to_dict() == {"period": 3.5, "t0": 121.0}


@pytest.mark.parametrize("numpy_number", [np.float32(2.0), np.int64(2), np.float64(2)])
def test_numbers_of_numpy_are_numbers(numpy_number):
    made = Ephemeris(numpy_number, numpy_number, None)
    assert made == Ephemeris(2.0, 2.0) and type(made.period) is float


@pytest.mark.parametrize(
    "arguments, words",
    [
        ((0, 1), "period is 0"),
        ((-1, 1), "period"),
        ((np.nan, 1), "period"),
        ((np.inf, 1), "period"),
        (("3", 1), "period is '3'"),
        ((True, 1), "period is True"),
        ((1, np.nan), "t0"),
        ((1, 2, 0), "duration is 0"),
        ((1, 2, 1.0), "shorter than the period"),
        ((1, 2, 0.1, np.inf), "depth"),
        ((1, 2, 0.1, 0.1, -1), "period_err"),
    ],
)
def test_what_is_none(arguments, words):
    with pytest.raises(TPFError, match=words):
        Ephemeris(*arguments)


@pytest.mark.parametrize("values", [{}, {"period": 1}, {"period": 1, "t0": 1, "p": 1}, 3, None])
def test_a_mapping_that_is_none(values):
    with pytest.raises(TPFError, match="no ephemeris"):
        Ephemeris.from_dict(values)


def test_events_need_a_duration_and_an_end():
    with pytest.raises(TPFError, match="no duration"):
        Ephemeris(1.0, 0.0).windows(TIME)
    with pytest.raises(TPFError, match="longer"):
        Ephemeris(1e-6, 0.0, 9e-7).events(np.linspace(0, 1, 200_001))


def test_the_public_name():
    assert tpfdash.Ephemeris is Ephemeris
