"""Which files are of one target, and what their quarters are called."""

import pytest
import xarray as xr

from tpfdash.stamp.target import interval_name, same_target


def file(mission="Kepler", id="1", ra=290.0, dec=44.5):
    return xr.Dataset(attrs={"mission": mission, "id": id, "ra": ra, "dec": dec})


@pytest.mark.parametrize(
    "other, same",
    [
        (file(), True),
        (file(ra=10.0), True),  # the number says it
        (file(id="2", ra=10.0), False),
        (file(mission="K2", ra=10.0), False),  # another catalogue's 1
        (file(mission="TESS", id="9", dec=44.5 + 2.9 / 3600), True),
        (file(mission="TESS", id="9", dec=44.5 + 3.1 / 3600), False),
        (file(mission="TESS", id="9", ra=290.0 + 3.5 / 3600), True),  # degrees are shorter up there
        (file(id="", ra=None, dec=None), False),
        (file(id="", ra=float("nan")), False),
    ],
)
def test_one_target(other, same):
    assert same_target(file(), other) is same
    assert same_target(other, file()) is same


def test_names():
    assert interval_name({"mission": "Kepler", "quarter": 4}) == "Q4"
    assert interval_name({"mission": "K2", "campaign": 91}) == "C9a"
    assert interval_name({"mission": "TESS"}) is None and interval_name({}) is None
