"""What comes again: the ephemeris as a choice, what follows from it, and its gestures."""

import copy
import json

import numpy as np
import pytest
from periodparts import DURATION, EVENTS, PERIOD, T0, repeating

from tpfdash import Ephemeris, TPFError, box_periodogram, fold, sine_periodogram
from tpfdash.diagnosis.folded import folded_image
from tpfdash.inspector import Inspector
from tpfdash.inspector.recurring import ephemeris_within
from tpfdash.inspector.session import restore, session_of


@pytest.fixture(scope="module")
def tpf():
    return repeating()


@pytest.fixture(scope="module")
def found(tpf):
    return box_periodogram(Inspector(tpf).lightcurve)


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


def test_the_fold_and_the_image_are_those_of_the_functions(inspector, tpf):
    assert inspector.folded is None and inspector.folded_image is None
    inspector.ephemeris = EVENTS
    expected = fold(inspector.lightcurve, EVENTS, good=inspector.good)
    np.testing.assert_array_equal(inspector.folded.flux, expected.flux)
    image = folded_image(tpf, EVENTS, inspector.aperture)
    np.testing.assert_array_equal(inspector.folded_image.difference.image, image.difference.image)
    before = inspector.folded
    assert inspector.folded is before
    inspector.halve_period()
    assert inspector.folded.ephemeris.period == PERIOD / 2
    inspector.double_period()
    inspector.set_aperture("all")
    assert inspector.folded is not before


def test_what_cannot_be_folded_is_said(inspector):
    inspector.ephemeris = Ephemeris(1000.0, T0 + 500, 0.1)
    answer = inspector.fold_question.answer()
    assert answer.image is None and "No event" in answer.trouble
    assert np.isnan(answer.folded.depth) and not inspector.ephemeris_windows


def test_without_a_duration_the_image_is_that_of_a_wave(inspector):
    inspector.ephemeris = Ephemeris(PERIOD, T0)
    assert inspector.folded_image.frequency == 1 / PERIOD
    assert inspector.ephemeris_windows == ()
    with pytest.raises(TPFError, match="duration"):
        inspector.judge_events()


def test_a_period_alone_is_about_the_window_or_else_the_cadence(inspector):
    with pytest.raises(TPFError, match="no period"):
        inspector.set_ephemeris(t0=T0)
    inspector.set_ephemeris(period=2.5)
    assert inspector.ephemeris.t0 == inspector.time[inspector.cadence]
    assert 0.02 < inspector.ephemeris.duration < 0.3
    inspector.ephemeris = None
    inspector.window = (540.2, 540.4)
    inspector.set_ephemeris(period=2.5)
    made = inspector.ephemeris
    assert (made.t0, made.duration) == pytest.approx((540.3, 0.2))
    inspector.set_ephemeris(duration=0.1)
    assert inspector.ephemeris == Ephemeris(2.5, made.t0, 0.1)
    with pytest.raises(TPFError, match="duration"):
        inspector.set_ephemeris(duration=3.0)
    assert inspector.ephemeris.duration == 0.1


def test_what_was_measured_of_another_period_is_not_kept(inspector):
    inspector.ephemeris = Ephemeris(PERIOD, T0, DURATION, 0.01, 0.001, 0.001, name="known")
    inspector.set_ephemeris(period=2.0)
    assert inspector.ephemeris == Ephemeris(2.0, T0, DURATION)


def test_events_are_judged_together_the_first_twenty(inspector):
    inspector.ephemeris = EVENTS
    inspector.judge_events()
    assert inspector.windows == tuple(EVENTS.windows(inspector.time))
    assert inspector.diagnosis.verdict == "on_target"
    inspector.ephemeris = Ephemeris(0.3, T0, 0.1)
    inspector.judge_events()
    assert len(inspector.windows) == 20
    assert inspector.window == inspector.ephemeris_windows[0]


def test_the_middles_are_those_between_the_first_and_the_last_cadence(inspector):
    assert inspector.mid_times.size == 0
    inspector.ephemeris = EVENTS.moved(-300)
    first, last = np.nanmin(inspector.time), np.nanmax(inspector.time)
    expected = T0 + PERIOD * np.arange(-50, 50)
    expected = expected[(expected >= first) & (expected <= last)]
    np.testing.assert_allclose(inspector.mid_times, expected)
    inspector.ephemeris = Ephemeris(1e-6, T0)
    assert inspector.mid_times.size == 0


def test_a_session_and_a_copy_have_it(inspector, tpf, found):
    inspector.change(ephemeris=EVENTS, period_range=(1.0, 3.0), phase_unit="periods")
    inspector.change(periodogram=found, known=[EVENTS])
    other = Inspector(tpf)
    restore(other, json.loads(json.dumps(session_of(inspector))))
    assert other.ephemeris == EVENTS and np.isnan(other.ephemeris.depth)
    assert other.period_range == (1.0, 3.0) and other.phase_unit == "periods"
    assert other.periodogram is None and other.known == ()
    twin = copy.copy(inspector)
    assert twin.ephemeris == EVENTS and twin.periodogram is found and twin.known == (EVENTS,)


def test_the_same_ephemeris_again_tells_nobody(inspector):
    told = []
    inspector.param.watch(told.append, "ephemeris")
    inspector.ephemeris = EVENTS
    inspector.ephemeris = EVENTS.to_dict()
    inspector.ephemeris = Ephemeris(PERIOD, T0, DURATION)
    assert len(told) == 1


def test_a_period_is_taken_by_the_highest_power_nearby(inspector, found):
    with pytest.raises(TPFError, match="no periodogram"):
        inspector.take_period(1.0, 2.0)
    inspector.periodogram = found
    inspector.take_period(1.8, 2.0)
    assert abs(inspector.ephemeris.period - PERIOD) < 1e-3
    assert inspector.ephemeris.period_err > 0
    inspector.take_period(0.94, 0.96)
    assert abs(inspector.ephemeris.period - PERIOD / 2) < 2e-3
    # Between two periods of the grid the nearest counts.
    assert ephemeris_within(found, 1.9, 1.9 + 1e-9).period == pytest.approx(PERIOD, abs=1e-3)


def test_a_wave_is_taken_likewise(inspector):
    made = sine_periodogram(inspector.lightcurve, periods=(0.3, 5.0))
    best = ephemeris_within(made, 1.8, 2.0)
    assert best.period == pytest.approx(PERIOD, abs=0.03) and np.isnan(best.duration)


def test_a_range_in_sight_is_worked_out_finely(inspector, found):
    inspector.change(periodogram=found, period_range=(1.85, 1.95))
    coarse = np.count_nonzero((found.period > 1.85) & (found.period < 1.95))
    whole, fine = inspector.zoom_question.answer()
    assert whole is found and fine.period.size == 4000 > 10 * coarse
    assert inspector.powers[0] is found.period
    inspector.zoom_answer = whole, fine
    period, power = inspector.powers
    assert period.size == power.size and (np.diff(period) > 0).all()
    assert np.isin(fine.period, period).all() and inspector.finest is fine
    inspector.periodogram = None
    assert inspector.powers[0].size == 0 and inspector.zoom_question is None
