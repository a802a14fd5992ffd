"""What is said of a cadence."""

import warnings

import numpy as np
import pytest
from astropy.time import Time

from tpfdash.inspector.describe import iso_date


def test_dates_are_astropys():
    rng = np.random.default_rng(5)
    for reference in (2454833.0, 2457000.0, 0.0, 2400000.5, 2457000.123456789):
        # From the year 1000 to 9990.
        for time in rng.uniform(2086303, 5369600, 300) - reference:
            date = Time(reference, time, format="jd", scale="tdb").isot
            if date[20:] not in ("000", "999"):  # where the two may round another way
                assert iso_date(time, reference) == date[:19]


def test_whole_seconds_are_themselves():
    for second in range(0, 86400, 61):
        expected = np.datetime64("2011-09-29") + np.timedelta64(second, "s")
        assert iso_date(1000 + second / 86400, 2454833.5) == str(expected)


@pytest.mark.parametrize("time", [np.nan, np.inf, -np.inf, 1e10, -1e7, 1e300, -1e300, None, "x"])
@pytest.mark.parametrize("reference", [2454833.0, np.nan, np.inf, 1e300, "x", None])
def test_what_has_no_date(time, reference):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert iso_date(time, reference) == ""
        assert iso_date(1000.0, 1e12) == ""
