"""What a light curve does in windows of one's own, against what was put into it."""

import numpy as np
import pytest
from eventcurves import CADENCE, LEVEL, NOISE, lightcurve, noise

from tpfdash.errors import TPFError
from tpfdash.timeseries.events.find import find_events
from tpfdash.timeseries.events.measure import measure_windows, unmeasured

#: Cadences of a dip, and how deep it is.
DIP, DEPTH = slice(800, 820), 4.0


@pytest.fixture(scope="module")
def curve():
    flux = noise()
    flux[DIP] -= DEPTH
    return lightcurve(flux)


def window(first, last):
    """That holds these cadences."""
    return 100 + CADENCE * (first - 0.5), 100 + CADENCE * (last - 0.5)


def test_a_box_is_measured_as_deep_as_it_is(curve):
    (mark,) = measure_windows(curve, [window(800, 820)])
    assert abs(mark.depth - DEPTH) < 3 * mark.depth_err
    # Of twenty cadences, and of a line through what lies beside them.
    assert NOISE / 20**0.5 < mark.depth_err < 2 * NOISE / 20**0.5
    assert mark.snr == pytest.approx(mark.depth / mark.depth_err)
    level = np.median(curve["flux"].values)
    assert mark.relative_depth == pytest.approx(mark.depth / level)
    assert abs(level - LEVEL) < 1 and np.isnan(mark.flagged)
    assert (mark.kind, mark.rank, mark.shape, mark.cadences) == ("mark", 0, "", 20)
    assert (mark.first, mark.last) == (800, 819) and mark.window == window(800, 820)


def test_it_is_what_find_events_says_of_the_same_window(curve):
    found = find_events(curve)[0]
    (mark,) = measure_windows(curve, [found.window], beside=[found.window])
    assert mark.depth == pytest.approx(found.depth, rel=0.1)
    assert mark.snr == pytest.approx(found.snr, rel=0.15)


def test_where_nothing_happens_it_is_noise(curve):
    marks = measure_windows(curve, [window(n, n + 20) for n in range(100, 700, 60)])
    snr = [mark.snr for mark in marks]
    assert max(snr) < 4 and np.mean(np.square(snr)) < 3


def test_other_events_do_not_count_as_what_lies_beside(curve):
    flux = curve["flux"].values.copy()
    flux[825:850] -= 50
    disturbed = lightcurve(flux)
    own, other = window(800, 820), window(825, 850)
    (alone,) = measure_windows(disturbed, [own])
    (mark,) = measure_windows(disturbed, [own], beside=[own, other])
    assert abs(mark.depth - DEPTH) < 1 < abs(alone.depth - DEPTH)


@pytest.mark.parametrize("ends", [(0.0, 1.0), (100.0, 139.0)])
def test_what_cannot_be_measured_says_so(curve, ends):
    (mark,) = measure_windows(curve, [ends])
    assert np.isnan([mark.depth, mark.snr, mark.relative_depth]).all()
    assert mark.cadences == (0 if ends[0] == 0 else 1951)
    assert unmeasured(ends).window == ends and unmeasured(ends).kind == "mark"


def test_the_file_says_whether_it_is_flagged_and_which_cadences_count(curve):
    quality = np.zeros(2000, dtype=np.int64)
    quality[805:810] = 4
    good = np.ones(2000, dtype=bool)
    good[800:804] = False
    flagged = lightcurve(curve["flux"].values, quality=quality)
    (mark,) = measure_windows(flagged, [window(800, 820)], good=good)
    assert mark.cadences == 16 and mark.flagged == pytest.approx(5 / 16) and mark.first == 804


@pytest.mark.parametrize("windows", [[(1.0,)], [(2.0, 1.0)], [(np.nan, 2.0)], 5, [("a", "b")]])
def test_windows_that_are_none_are_refused(curve, windows):
    with pytest.raises(TPFError, match=r"the windows are .* should be"):
        measure_windows(curve, windows)
    assert len(measure_windows(curve, [])) == 0
