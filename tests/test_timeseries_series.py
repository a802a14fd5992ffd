"""What corrections ask of a light curve: kept cadences, order of time, pieces."""

import numpy as np
from lightcurveparts import noisy

from tpfdash.timeseries.series import kept_cadences, pieces, usable


def test_pieces_end_at_gaps():
    times = np.array([0, 0.1, 0.2, 0.8, 0.9, 3.0])
    assert pieces(times) == [slice(0, 3), slice(3, 5), slice(5, 6)]
    assert pieces(times, 1.0) == [slice(0, 5), slice(5, 6)]
    assert pieces(times[:1]) == [slice(0, 1)]


def test_long_cadences_are_no_gaps():
    assert len(pieces(np.arange(10.0))) == 1


def test_usable_cadences_are_in_order_of_time():
    made = noisy(5)
    made["time"].values[:] = [3, 1, np.nan, 2, 0]
    made["flux"].values[4] = np.nan
    assert usable(made).tolist() == [1, 3, 0]
    assert usable(made, np.array([True, False, True, True, True])).tolist() == [3, 0]


def test_each_segment_has_its_missions_flags():
    """32 is a desaturation event in Kepler and TESS, 128 a ray in Kepler and excluded in TESS."""
    made = noisy(4, quality=np.array([32, 128, 128, 0]), segment=np.array([0, 0, 1, 1]))
    assert kept_cadences(made).all()
    assert kept_cadences(made.assign_attrs(mission="Kepler")).tolist() == [False, True, True, True]
    made.attrs["segments"] = ({"mission": "Kepler"}, {"mission": "TESS"})
    assert kept_cadences(made).tolist() == [False, True, False, True]
