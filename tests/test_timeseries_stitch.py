"""Several light curves on one time axis."""

import numpy as np
import pytest
import xarray as xr
from lightcurveparts import lightcurve, noisy

import tpfdash
from tpfdash.errors import TPFError
from tpfdash.timeseries.corrections import Flatten, corrected
from tpfdash.timeseries.stitch import stitch

KEPLER = {
    "mission": "Kepler",
    "time_reference": 2454833.0,
    "time_format": "BKJD",
    "object": "KIC 1",
}
TESS = {"mission": "TESS", "time_reference": 2457000.0, "time_format": "BTJD", "object": "KIC 1"}


def quarter(number, begin, level, n=50, step=0.02, **variables):
    made = noisy(n, level=level, seed=number, step=step, **variables)
    made["time"].values[:] += begin - 100
    return made.assign_attrs(KEPLER, quarter=number)


def test_segments_come_in_order_of_time_each_by_its_median():
    later, first = quarter(3, 300, 2000.0), quarter(1, 100, 500.0, n=80, step=0.001)
    out = stitch([later, first])
    assert out["segment"].values.tolist() == [0] * 80 + [1] * 50
    assert (np.diff(out["time"].values) > 0).all() and "time" not in out.indexes
    for n, each in enumerate((first, later)):
        own = out["segment"].values == n
        median = np.median(each["flux"].values)
        np.testing.assert_allclose(out["flux"].values[own], each["flux"].values / median)
        np.testing.assert_allclose(out["flux_err"].values[own], each["flux_err"].values / median)
        assert out.attrs["segments"][n]["divided_by"] == pytest.approx(median)
    assert [each["name"] for each in out.attrs["segments"]] == ["Q1", "Q3"]
    assert [each["cadences"] for each in out.attrs["segments"]] == [80, 50]
    assert out["flux"].attrs["units"] == ""
    assert out.attrs["object"] == "KIC 1" and "quarter" not in out.attrs
    assert out.attrs["corrections"] == ("stitched: Q1, Q3; each divided by its median",)


def test_rules():
    first, later = quarter(1, 100, 500.0), quarter(2, 300, 2000.0)
    first["flux"].values[0] = 1e5
    for rule, level in (("median", np.median), ("mean", np.mean)):
        out = stitch([first, later], rule)
        own = out["segment"].values == 0
        np.testing.assert_allclose(
            out["flux"].values[own], first["flux"].values / level(first["flux"].values)
        )
    out = stitch([first, later], "level")
    np.testing.assert_array_equal(out["flux"].values[:50], first["flux"].values)
    assert np.median(out["flux"].values[50:]) == pytest.approx(np.median(first["flux"].values))
    assert out["flux"].attrs["units"] == "electron / s"
    plain = stitch([first, later], None)
    np.testing.assert_array_equal(plain["flux"].values[50:], later["flux"].values)

    def largest(segment):
        return segment["flux"].values.max()

    out = stitch([first, later], largest)
    assert out["flux"].values[:50].max() == out["flux"].values[50:].max() == 1
    assert "what largest gives" in out.attrs["corrections"][0]


def test_flagged_cadences_do_not_count_and_stay():
    quality = np.zeros(50, dtype=int)
    quality[:30] = 32
    made = quarter(1, 100, 500.0, quality=quality)
    made["flux"].values[:30] = 1e6
    out = stitch([made])
    assert np.median(out["flux"].values[30:]) == pytest.approx(1)
    assert out.sizes["time"] == 50 and out["quality"].values.tolist() == quality.tolist()
    out = stitch([made], good=[np.arange(50) < 30])
    assert np.median(out["flux"].values[:30]) == pytest.approx(1)


def test_what_only_some_have_is_nan_elsewhere():
    first = quarter(1, 100, 500.0, centroid_row=np.arange(50.0), quality=np.zeros(50, int))
    later = quarter(2, 300, 500.0).drop_vars("flux_err")
    out = stitch([first, later])
    assert np.isnan(out["centroid_row"].values[50:]).all()
    assert np.isnan(out["flux_err"].values[50:]).all()
    assert np.isfinite(out["flux_err"].values[:50]).all()
    assert "quality" not in out


def test_cadences_without_a_time_stay_between_their_neighbours():
    first, later = quarter(1, 100, 500.0), quarter(2, 300, 500.0)
    first["time"].values[[0, 10]] = np.nan
    out = stitch([later, first])
    assert np.isnan(out["time"].values).nonzero()[0].tolist() == [0, 10]
    np.testing.assert_array_equal(out["segment"], [0] * 50 + [1] * 50)


def test_segments_that_overlap_are_woven():
    first, other = quarter(1, 100, 500.0), quarter(2, 100.01, 500.0)
    out = stitch([first, other])
    assert (np.diff(out["time"].values) > 0).all()
    assert out["segment"].values[:4].tolist() == [0, 1, 0, 1]


def test_clocks_are_made_one():
    kepler = quarter(1, 100, 500.0)
    tess = lightcurve(noisy(50)["flux"].values, 1500 + 0.02 * np.arange(50))
    tess.attrs.update(TESS, sector=5)
    out = stitch([tess, kepler])
    later = out["segment"].values == 1
    np.testing.assert_allclose(out["time"].values[later], tess["time"].values + 2167.0)
    assert out.attrs["time_format"] == "BKJD" and out.attrs["clock_changed"] == ("S5",)
    assert "mission" not in out.attrs
    assert [each["mission"] for each in out.attrs["segments"]] == ["Kepler", "TESS"]
    with pytest.raises(TPFError, match="another's is BKJD"):
        stitch([kepler, noisy()])
    other = noisy(50)
    other["time"].values[:] += 50
    assert stitch([noisy(50), other])["segment"].values.max() == 1  # neither clock is known


def test_gaps_stay_and_flatten_knows_them():
    first, later = quarter(1, 100, 500.0, n=400), quarter(2, 120, 500.0, n=400)
    later["flux"].values[:] *= 1 + 0.05 * (later["time"].values - 120)
    flat = corrected(stitch([first, later]), Flatten(2.0))
    for n in (0, 1):
        own = flat["flux"].values[flat["segment"].values == n]
        assert np.median(own) == pytest.approx(1, abs=1e-3) and own.std() < 4e-3
    assert len(flat.attrs["corrections"]) == 2


def test_one_alone_is_stitched_too():
    assert stitch([quarter(1, 100, 500.0)])["segment"].values.max() == 0


def test_what_cannot_be_stitched():
    made = quarter(1, 100, 500.0)
    for bad in ([], None, made):
        with pytest.raises(TPFError, match="list of them"):
            stitch(bad)
    with pytest.raises(TPFError, match="no light curve"):
        stitch([made, "x"])
    for rule in ("max", 3):
        with pytest.raises(TPFError, match=f"rule is {rule!r}"):
            stitch([made], rule)
    with pytest.raises(TPFError, match="level of Q1 is"):
        stitch([made.assign(flux=made["flux"] - 5000)])
    with pytest.raises(TPFError, match="gave 'x'"):
        stitch([made], lambda segment: "x")
    other = quarter(2, 300, 500.0)
    other["flux"].attrs["units"] = "adu"
    with pytest.raises(TPFError, match="different units"):
        stitch([made, other], None)
    assert stitch([made, other])["flux"].attrs["units"] == ""
    with pytest.raises(TPFError, match="good has 1 arrays for 2"):
        stitch([made, made], good=[None])


def test_it_is_public():
    assert tpfdash.stitch is stitch


def test_files_stitched_are_written_as_any_light_curve():
    tpf = tpfdash.simulate_tpf("Kepler", n_cadences=60, seed=1)
    later = tpf.assign_coords(xr.Coordinates({"time": tpf["time"].variable + 90}, indexes={}))
    mask = tpf["aperture"].values & 2 > 0
    out = stitch([tpfdash.aperture_photometry(each, mask) for each in (tpf, later)])
    made = tpfdash.to_lightkurve(out)
    assert len(made) == 120 and np.nanmedian(made.flux.value) == pytest.approx(1, abs=1e-3)
