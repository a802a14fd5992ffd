"""Tables of known ephemerides, as archives and people write them."""

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, Table

from tpfdash import Ephemeris, TPFError
from tpfdash.timeseries.ephemeris_tables import table_from_text

BKJD, BTJD = 2454833.0, 2457000.0


def test_kois():
    table = Table(
        {
            "kepoi_name": ["K00010.01", "K00072.01"],
            "koi_period": [3.52249913, 0.83749026],
            "koi_period_err1": [2e-7, 4e-7],
            "koi_period_err2": [-4e-7, -4e-7],
            "koi_time0bk": [121.119423, 131.574],
            "koi_time0bk_err1": [3e-5, 1e-4],
            "koi_time0bk_err2": [-3e-5, -1e-4],
            "koi_duration": [3.19843, 1.8],
            "koi_depth": [9320.0, 191.0],
        }
    )
    first, second = Ephemeris.from_table(table, BKJD)
    assert first.name == "K00010.01" and second.name == "K00072.01"
    assert (first.period, first.t0) == (3.52249913, 121.119423)
    assert first.period_err == pytest.approx(3e-7) and first.t0_err == pytest.approx(3e-5)
    assert first.duration == pytest.approx(3.19843 / 24)
    assert first.depth == pytest.approx(9320e-6)
    (in_btjd, _) = Ephemeris.from_table(table, BTJD)
    assert in_btjd.t0 == pytest.approx(121.119423 + BKJD - BTJD)


@pytest.mark.parametrize(
    "columns, depth",
    [
        ({"pl_trandur": [3.2], "pl_trandep": [0.93]}, 0.0093),
        ({"pl_trandurh": [3.2], "pl_trandep": [9300.0]}, 0.0093),
    ],
    ids=["planets, in per cent", "TOIs, in ppm"],
)
def test_planets_and_tois_in_bjd(columns, depth):
    table = Table({"PL_NAME": ["b"], "pl_orbper": [3.5], "pl_tranmid": [2454954.1194], **columns})
    (made,) = Ephemeris.from_table(table, BKJD)
    assert made.t0 == pytest.approx(121.1194, abs=1e-6)
    assert made.duration == pytest.approx(3.2 / 24) and made.depth == pytest.approx(depth)
    assert made.name == "b" and np.isnan(made.period_err)


def test_plain_columns_with_units_and_without():
    table = Table({"Period": [84.0, 2.0], "t0": [1.5, 2.5], "duration": [2.0, 0.1]})
    made = Ephemeris.from_table(table)
    assert [(e.period, e.t0, e.duration) for e in made] == [(84.0, 1.5, 2.0), (2.0, 2.5, 0.1)]
    table["Period"].unit, table["duration"].unit = u.hour, u.minute
    made = Ephemeris.from_table(table)
    assert made[0].period == pytest.approx(3.5) and made[0].duration == pytest.approx(2 / 1440)
    assert Ephemeris.from_table([{"period": 2, "epoch": 1, "duration_hours": 12}]) == [
        Ephemeris(2.0, 1.0, 0.5)
    ]
    frame = pd.DataFrame({"period": [2.0], "T0_BTJD": [1300.0], "name": ["x"]})
    assert Ephemeris.from_table(frame, BTJD) == [Ephemeris(2.0, 1300.0, name="x")]


def test_rows_that_lack_something():
    """What is no ephemeris is left out; what is no duration is not known."""
    table = Table(
        {
            "period": MaskedColumn([1.0, 2.0, 3.0, 0.0], mask=[1, 0, 0, 0]),
            "t0": [1.0, np.nan, 3.0, 4.0],
            "duration": MaskedColumn([0.1, 0.1, 0.0, 0.1], mask=[0, 0, 1, 0]),
        }
    )
    assert Ephemeris.from_table(table) == [Ephemeris(3.0, 3.0)]
    with pytest.raises(TPFError, match="No row"):
        Ephemeris.from_table(table[:2])


@pytest.mark.parametrize(
    "table, words",
    [
        (Table({"t0": [1.0]}), "for the period"),
        (Table({"period": [1.0]}), "time of an event"),
        (Table({"period": ["long"], "t0": [1.0]}), "numbers"),
        (Table({"period": [1.0], "t0": [2457000.5]}), "reference"),
        (Table({"period": [1.0], "koi_time0bk": [100.5]}), "reference"),
        (Table({"period": [1.0], "t0": [1.0], "duration": [2.0]}), "shorter than the period"),
        (7, "no table"),
    ],
)
def test_what_is_no_table_of_ephemerides(table, words):
    with pytest.raises(TPFError, match=words):
        Ephemeris.from_table(table)


@pytest.mark.parametrize(
    "text",
    [
        "# from the archive\n# two lines\npl_name,pl_orbper,pl_tranmid\nb,3.5,2454954.1\n",
        "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: name, datatype: string}\n"
        "# - {name: period, unit: h, datatype: float64}\n# - {name: t0, datatype: float64}\n"
        "# schema: astropy-2.0\nname period t0\nb 84.0 121.1\n",
        "name period t0\nb 3.5 121.1\n",
        "name\tperiod\tt0\nb\t3.5\t121.1\n",
        "\ufeffname,period,t0\nb,3.5,121.1\n",
    ],
)
def test_a_table_is_read_from_text(text):
    (made,) = Ephemeris.from_table(table_from_text(text), BKJD)
    assert (made.name, made.period) == ("b", 3.5) and made.t0 == pytest.approx(121.1)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a remark\n"])
def test_text_without_a_table_is_refused(text):
    with pytest.raises(TPFError, match="no table"):
        table_from_text(text)
