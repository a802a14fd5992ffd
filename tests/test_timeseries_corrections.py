"""Corrections as choices: applied in order, written down, read again, run as a script."""

import json

import numpy as np
import pytest
import xarray as xr
from lightcurveparts import noisy

import tpfdash
from tpfdash.errors import TPFError
from tpfdash.timeseries.corrections import (
    CORRECTIONS,
    Bin,
    Flatten,
    RemoveOutliers,
    RemovePointing,
    as_corrections,
    corrected,
    correction_from,
)
from tpfdash.timeseries.flatten import flatten
from tpfdash.timeseries.outliers import without_outliers

SOME = (
    RemovePointing(bins=7, windows=((3, 2), (5, 6))),
    Flatten(2, windows=[(100, 101)]),
    RemoveOutliers(4, keep_dips=True),
    Bin(0.5),
)


def wavy():
    made = noisy(2000, seed=6)
    made["flux"].values[:] *= 1 + 0.05 * np.sin(made["time"].values)
    made["flux"].values[77] *= 1.2
    return made


def test_they_are_applied_in_order():
    made = wavy()
    out = corrected(made, [Flatten(2.0), RemoveOutliers(6.0)])
    by_hand = without_outliers(flatten(made, 2.0), 6.0)
    xr.testing.assert_identical(out, by_hand)
    np.testing.assert_array_equal(out["flux_raw"], made["flux"])
    assert [line.split(":")[0] for line in out.attrs["corrections"]] == [
        "flattened",
        "outliers removed",
    ]
    assert corrected(made, []) is made
    xr.testing.assert_identical(corrected(made, Flatten(2.0)), flatten(made, 2.0))


def test_good_reaches_each_of_them_and_ends_with_bins():
    made = wavy()
    good = np.ones(2000, dtype=bool)
    good[:1000] = False
    out = corrected(made, [Flatten(2.0), Bin(0.2), RemoveOutliers(6.0)], good=good)
    assert out.sizes["time"] == 100 and out["time"].values[0] > 119
    assert len(out.attrs["corrections"]) == 3


@pytest.mark.parametrize("correction", SOME, ids=lambda each: type(each).__name__)
def test_they_are_written_down_and_read_again(correction):
    written = json.loads(json.dumps(correction.to_dict()))
    assert correction_from(written) == correction
    assert eval(repr(correction), dict(CORRECTIONS)) == correction
    assert hash(correction) == hash(correction_from(written))
    assert correction != CORRECTIONS[type(correction).__name__]()
    assert "\n" not in str(correction) and str(correction).startswith(correction.label)


def test_repr_names_what_is_not_as_usual():
    assert repr(Flatten()) == "Flatten()"
    assert repr(Flatten(2)) == "Flatten(window_length=2.0)"
    assert str(Flatten()) == "Flatten" and str(Bin(0.5)) == "Bin: width=0.5"
    assert RemovePointing(windows=((3, 2),)).windows == ((2.0, 3.0),)


def test_windows_are_passed_over():
    made = wavy()
    time = made["time"].values
    dip = (time > 110) & (time < 110.8)
    made["flux"].values[dip] *= 0.9
    out = corrected(made, Flatten(1.0, windows=((110, 110.8),)))
    xr.testing.assert_identical(out, flatten(made, 1.0, mask=(time >= 110) & (time <= 110.8)))


def test_only_bins_have_other_cadences():
    assert {name for name, kind in CORRECTIONS.items() if not kind.keeps_cadences} == {"Bin"}


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Flatten(0), "window_length is 0"),
        (lambda: Flatten(break_gap=None), "break_gap is None"),
        (lambda: Flatten(windows=(1, 2)), "windows is"),
        (lambda: Flatten(windows=((1, np.nan),)), "windows is"),
        (lambda: RemoveOutliers("5"), "sigma is '5'"),
        (lambda: RemovePointing(method="pld"), "method is 'pld'"),
        (lambda: RemovePointing(order=0), "order is 0"),
        (lambda: Bin(-1), "width is -1"),
        (lambda: as_corrections("Flatten"), "no correction"),
        (lambda: as_corrections([Flatten]), "no correction"),
        (lambda: correction_from({"correction": "Smooth"}), "one of RemovePointing, Flatten"),
        (lambda: correction_from(["Flatten"]), "no correction"),
        (lambda: correction_from({"correction": "Bin", "length": 1}), "Bin has no length"),
        (lambda: correction_from({"correction": "Bin", "width": 0}), "width is 0"),
        (lambda: corrected("x", Flatten()), "no light curve"),
    ],
)
def test_what_is_wrong_is_refused_at_once(make, words):
    with pytest.raises(TPFError, match=words):
        make()


def test_it_is_public():
    assert tpfdash.corrected is corrected
