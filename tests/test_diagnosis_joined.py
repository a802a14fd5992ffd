"""Offsets of several files, joined on the sky: against the truth of a camera that rolls."""

import numpy as np
import pytest
from segmentparts import DURATION, EAST, NORTH, PERIOD, T0, quarter, rolled

from tpfdash import Ephemeris
from tpfdash.diagnosis.joined import JoinedOffset, SkyOffset, join, join_offsets
from tpfdash.errors import TPFError
from tpfdash.stamp.sky import compass, sky_axes

EVENTS = Ephemeris(PERIOD, T0, DURATION)
TURNS = (0, 90)
NAMES = ("Q6", "Q7")


@pytest.fixture(scope="module")
def quarters():
    return [quarter(6 + n, turn) for n, turn in enumerate(TURNS)]


@pytest.fixture(scope="module")
def joined(quarters):
    return join_offsets(quarters, EVENTS, names=NAMES)


def off(offset, covariance, truth):
    away = np.subtract(offset, truth)
    return float(np.sqrt(away @ np.linalg.solve(np.array(covariance), away)))


@pytest.mark.parametrize("turn", [0, 30, 90, 200])
def test_pixels_are_east_and_north_however_the_camera_is_turned(turn):
    tpf = quarter(6, turn, n=3)
    np.testing.assert_allclose(sky_axes(tpf), rolled(turn), atol=2e-3)
    axes, way = rolled(turn), compass(tpf)
    np.testing.assert_allclose(axes @ np.array(way.north), [0, 3.98], atol=3e-3)
    np.testing.assert_allclose(axes @ np.array(way.east), [3.98, 0], atol=3e-3)


def test_the_joined_offset_is_the_neighbours_and_surer_than_each(joined):
    assert [part.name for part in joined.parts] == list(NAMES)
    for part in joined.parts:
        assert part.n_events >= 3 and off(part.offset, part.covariance, (EAST, NORTH)) < 3.5
    assert off(joined.offset, joined.covariance, (EAST, NORTH)) < 3
    assert np.hypot(*np.subtract(joined.offset, (EAST, NORTH))) < 1
    for axis in range(2):
        errors = [part.covariance[axis][axis] for part in joined.parts]
        assert joined.covariance[axis][axis] < min(errors)
    assert joined.sigma > max(part.sigma for part in joined.parts) > 5
    assert joined.degrees == 2 and joined.agree and joined.chance > 0.01
    assert "Q6, Q7, which agree (chi square" in joined.sentence


def test_windows_say_the_same(quarters, joined):
    windows = [EVENTS.windows(tpf["time"].values) for tpf in quarters]
    made = join_offsets(quarters, windows)
    np.testing.assert_allclose(made.offset, joined.offset, atol=0.3)
    assert [part.name for part in made.parts] == ["file 1", "file 2"]
    one = join_offsets(quarters, [windows[0], []])
    assert one.parts[1].reason == "no event is in it" and one.degrees == 0 and one.agree
    assert one.offset == pytest.approx(one.parts[0].offset) and np.isnan(one.chi_square)


def test_the_ephemeris_is_in_the_clock_of_the_first_file(quarters, joined):
    later = quarters[1]
    moved = later.assign_attrs(time_reference=later.attrs["time_reference"] + 100)
    moved = moved.assign_coords(time=later["time"] - 100)
    made = join_offsets([quarters[0], moved], EVENTS)
    np.testing.assert_allclose(made.offset, joined.offset, atol=1e-6)


def test_the_mean_and_chi_square_by_hand():
    parts = [
        SkyOffset("a", (1.0, 0.0), ((0.04, 0.0), (0.0, 1.0)), 1),
        SkyOffset("b", (2.0, 1.0), ((0.16, 0.0), (0.0, 1.0)), 1),
        SkyOffset("c", reason="nothing"),
    ]
    made = join(parts)
    assert made.offset == pytest.approx(((1 / 0.04 + 2 / 0.16) / (1 / 0.04 + 1 / 0.16), 0.5))
    assert made.covariance[0][0] == pytest.approx(1 / (1 / 0.04 + 1 / 0.16))
    assert made.covariance[1][1] == pytest.approx(0.5)
    assert made.chi_square == pytest.approx(1 / (0.04 + 0.16) + 1 / 2)
    assert made.degrees == 2 and made.chance == pytest.approx(np.exp(-5.5 / 2)) and made.agree
    assert str(made).splitlines()[-1] == "c: nothing"


def test_files_that_disagree_are_said_to():
    small = ((0.01, 0.0), (0.0, 0.01))
    made = join([SkyOffset("a", (0.0, 0.0), small, 1), SkyOffset("b", (3.0, 0.0), small, 1)])
    assert not made.agree and made.chance < 1e-6
    assert "these disagree (chi square 450.0 for 2" in made.sentence
    assert "the mean is no place" in made.sentence


def test_what_was_not_measured_says_why(quarters):
    blind = quarters[0].assign_attrs(wcs="")
    made = join_offsets([blind, quarters[1]], EVENTS, names=NAMES)
    assert made.parts[0].offset is None and "not usable" in made.parts[0].words
    assert made.offset == pytest.approx(made.parts[1].offset) and made.sentence.endswith("from Q7")
    none = join_offsets([blind], Ephemeris(PERIOD, T0 + 500, DURATION).moved(-300))
    assert none.offset is None and "could be measured in no file" in none.sentence
    assert JoinedOffset(()).agree and np.isnan(JoinedOffset(()).sigma)


def test_what_makes_no_sense(quarters):
    with pytest.raises(TPFError, match="no files"):
        join_offsets([], EVENTS)
    with pytest.raises(TPFError, match="names has 1 entries for 2 files"):
        join_offsets(quarters, EVENTS, names=["a"])
    with pytest.raises(TPFError, match="events has 1"):
        join_offsets(quarters, [[(541.0, 541.3)]])
    with pytest.raises(TPFError, match="no duration"):
        join_offsets(quarters, Ephemeris(PERIOD, T0))
