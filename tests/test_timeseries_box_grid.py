"""Which periods and durations boxes are tried with."""

import numpy as np
import pytest

from tpfdash.timeseries.box_grid import Grid, pieces_of, usual_durations
from tpfdash.timeseries.prepared import Series

DAY = 0.0204


def series(n=1300):
    time = 120 + np.arange(n) * DAY
    return Series(time, time * 0, time * 0 + 1, np.arange(n), DAY, 1, True, 1.0, np.nan, 1.0)


def test_usual_durations_are_steps_within_what_transits_last():
    for period in (0.5, 3.0, 100.0):
        made = usual_durations(period, 120 / 86400)
        np.testing.assert_allclose(made[1:] / made[:-1], 1.4)
        sun = 0.075 * period ** (1 / 3)
        assert made[0] >= 0.4 * sun and made[-1] <= min(3 * sun, period / 5) + 1e-12
    assert usual_durations(0.5, DAY)[0] >= 2 * DAY
    assert usual_durations(0.06, DAY).size == 1


def test_pieces_cover_the_range_and_share_their_durations():
    pieces = list(pieces_of(series(), 0.5, 13.0, None))
    assert pieces[0].low == pytest.approx(0.5) and pieces[-1].high == pytest.approx(13.0)
    for before, after in zip(pieces, pieces[1:], strict=False):
        assert before.high == after.low and after.high / after.low <= 2**0.5 + 1e-9
        assert (before.durations < before.low / 2).all()
    asked = np.array([0.1, 0.2])
    assert all(p.durations is asked for p in pieces_of(series(), 0.5, 13.0, asked))


@pytest.mark.parametrize("factor, exactly", [(1.0, 0), (7.3, 0), (1.0, 500)])
def test_a_grid_is_what_its_pieces_are_together(factor, exactly):
    pieces = list(pieces_of(series(), 0.7, 11.0, None))
    grid = Grid(pieces, (0.7, 11.0), factor, exactly)
    parts = [periods for _, periods, _ in grid]
    np.testing.assert_array_equal(np.concatenate(parts), grid.period)
    assert (np.diff(grid.period) > 0).all()
    for piece, periods, at in grid:
        assert (grid.period[at : at + periods.size] == periods).all()
        assert periods[0] >= piece.low * (1 - 1e-9) and periods[-1] <= piece.high * (1 + 1e-9)
    assert not exactly or grid.period.size == exactly
    wanted = sum(piece.n for piece in pieces)
    assert exactly or grid.period.size == pytest.approx(wanted / factor, rel=0.1)


def test_drift_is_that_of_the_worst_step():
    """Over the light curve, half-way between two periods, by the shortest duration."""
    light = series()
    pieces = list(pieces_of(light, 2.0, 2.5, np.array([0.1])))
    grid = Grid(pieces, (2.0, 2.5), 1.0, 0)
    frequency = 1 / grid.period
    half = np.abs(np.diff(frequency)).max() / 2
    # A period off by half a step: its last event is off by so much against the first.
    off = light.span * 2.5 * half
    assert grid.drift(light.span) == pytest.approx(off / 0.1, rel=1e-6)
    assert grid.drift(light.span) <= 0.25 + 1e-9
