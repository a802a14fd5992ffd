"""The small pictures of a record: right numbers, few digits, and what is no good is none."""

import copy
import json

import numpy as np
import pytest
import xarray as xr

import tpfdash
from tests.triageparts import event
from tpfdash.diagnosis.bulk.answer import answer
from tpfdash.diagnosis.bulk.pictures import (
    SIDE,
    curve_of,
    few_digits,
    image_of,
    small_curve,
    small_image,
)
from tpfdash.simulate import Star, Transit, simulate_tpf


def lightcurve(flux, step=0.02, start=100.0):
    time = start + step * np.arange(len(flux))
    return xr.Dataset(
        {"flux": ("time", np.asarray(flux, dtype=float), {"units": "e-/s"})},
        coords={"time": time},
    )


def test_a_dip_in_ppm_of_the_light_beside_it():
    flux = np.full(500, 2000.0)
    flux[240:260] -= 3.0
    made = small_curve(lightcurve(flux), [(104.79, 105.19)])
    kept = curve_of({"curve": json.loads(json.dumps(made))})
    inside = (kept.window[0] < kept.time) & (kept.time < kept.window[1])
    assert made["unit"] == "ppm" and len(kept.flux) <= 60
    np.testing.assert_allclose(kept.window, (104.79, 105.19))
    np.testing.assert_allclose(np.nanmedian(kept.flux[inside]), -1500)
    np.testing.assert_allclose(np.nanmedian(kept.flux[~inside]), 0)
    # One and a half windows on each side.
    np.testing.assert_allclose((kept.start, kept.end), (104.99 - 0.8, 104.99 + 0.8), atol=1e-6)


def test_the_mean_of_each_bin():
    rng = np.random.default_rng(1)
    flux = 1000 + rng.normal(size=2000)
    curve = lightcurve(flux, step=0.00101)
    kept = curve_of({"curve": small_curve(curve, [(100.9, 101.1)])})
    assert len(kept.flux) == 60
    time = curve["time"].values
    edges = np.linspace(100.6, 101.4, 61)
    number, total = (np.histogram(time, edges, weights=w)[0] for w in (None, flux))
    beside = (np.abs(time - 101) > 0.1) & (np.abs(time - 101) <= 0.4)
    level = np.median(flux[beside])
    np.testing.assert_allclose(kept.time, (edges[1:] + edges[:-1]) / 2)
    np.testing.assert_allclose(kept.flux, (total / number / level - 1) * 1e6, atol=6)


def test_bins_without_a_cadence_are_not_known_and_flux_below_0_is_in_its_own_unit():
    flux = np.full(200, -5.0)
    flux[100:104] = np.nan
    made = small_curve(lightcurve(flux), [(101.8, 102.3)])
    assert made["unit"] == "e-/s" and None in made["flux"]
    assert {value for value in made["flux"] if value is not None} == {0}


def test_several_windows_lie_over_each_other():
    flux = np.full(1000, 100.0)
    for at in (200, 500, 800):
        flux[at - 5 : at + 6] -= 1.0
    windows = [(100 + 0.02 * (at - 6), 100 + 0.02 * (at + 6)) for at in (200, 500, 800)]
    kept = curve_of({"curve": small_curve(lightcurve(flux), windows)})
    assert kept.windows == 3
    np.testing.assert_allclose(kept.window, (-0.12, 0.12))
    np.testing.assert_allclose(kept.flux[np.abs(kept.time) < 0.08], -10_000, rtol=0.01)
    np.testing.assert_allclose(kept.flux[np.abs(kept.time) > 0.2], 0, atol=10)


@pytest.mark.parametrize("windows", [[], [(900.0, 901.0)]])
def test_without_flux_there_is_no_curve(windows):
    assert small_curve(lightcurve(np.full(50, 3.0)), windows) is None
    assert small_curve(lightcurve(np.full(50, np.nan)), [(100.2, 100.4)]) is None


def test_an_image_is_that_of_the_diagnosis_around_the_aperture():
    tpf = simulate_tpf(
        "K2",
        n_cadences=300,
        shape=(18, 20),
        stars=[Star(12, 15, magnitude=11)],
        events=[Transit(0, 9.0, 3266.0, 0.3, 0.02)],
        motion=np.zeros((300, 2)),
        seed=2,
    )
    said = tpfdash.diagnose(tpf, (3265.85, 3266.15))
    aperture = np.zeros((18, 20), dtype=bool)
    aperture[11:14, 14:17] = True
    made = json.loads(json.dumps(small_image(tpf, said, aperture), allow_nan=False))
    kept = image_of({"image": made})
    assert kept.image.shape == kept.aperture.shape == (SIDE, SIDE)
    row, col = kept.row - int(tpf["row"][0]), kept.col - int(tpf["col"][0])
    assert (row, col) == (3, 5)  # as far as the stamp goes
    part = slice(row, row + SIDE), slice(col, col + SIDE)
    np.testing.assert_array_equal(kept.aperture, aperture[part])
    whole = said.difference.image[part]
    np.testing.assert_array_equal(np.isnan(kept.image), np.isnan(whole))
    np.testing.assert_allclose(kept.image, whole, atol=np.nanmax(np.abs(whole)) / 100)
    # Where the light is missing most is where the target is.
    at = np.unravel_index(np.nanargmax(kept.image), kept.image.shape)
    assert (at[0] + kept.row, at[1] + kept.col) == tuple(np.round(said.target).astype(int))


def test_what_could_not_be_measured_has_no_image():
    tpf = simulate_tpf("K2", n_cadences=60, shape=(3, 3), stars=[Star(1, 1, magnitude=11)])
    said = tpfdash.diagnose(tpf, (1.0, 2.0))
    assert said.difference is None
    assert small_image(tpf, said, np.ones((3, 3), dtype=bool)) is None


def test_a_records_event_has_both(tmp_path):
    tpf = simulate_tpf(
        "TESS",
        n_cadences=900,
        shape=(5, 5),
        stars=[Star(2, 2, magnitude=9)],
        events=[Transit(0, 0.5, 1410.3, 0.05, 0.02)],
        seed=1,
    )
    t0 = float(np.nanmin(tpf["time"])) + 0.3
    path = tpfdash.write_tpf(tpf, tmp_path / "a.fits")
    record = json.loads(json.dumps(answer(path, (t0, t0 + 0.06), 1), allow_nan=False))
    (said,) = record["events"]
    assert curve_of(said) is not None and image_of(said) is not None
    assert len(json.dumps(said["curve"])) < 700 and len(json.dumps(said["image"])) < 1800
    assert said["why"] is not None and {"target", "covariance"} <= said.keys()


def test_numbers_have_as_many_digits_as_can_be_seen():
    assert few_digits(np.array([0.0, 123.456, np.nan, -1000.7])) == [0, 123, None, -1001]
    assert few_digits(np.array([0.0, 0.0123456, 0.03])) == [0.0, 0.0123, 0.03]
    assert few_digits(np.array([0.0, 123456.0, 987654.0])) == [0, 123000, 988000]
    assert few_digits(np.array([np.nan])) == [None] and few_digits(np.array([7.0])) == [7]


BAD = [
    ("curve", None),
    ("curve", "text"),
    ("curve", {"start": "x"}),
    ("curve", {"start": 2.0, "end": 1.0}),
    ("curve", {"flux": []}),
    ("curve", {"flux": [[1, 2], [3]]}),
    ("curve", {"flux": [None, None]}),
    ("curve", {"flux": "<script>"}),
    ("curve", {"window": [1]}),
    ("curve", {"end": float("inf")}),
    ("image", None),
    ("image", []),
    ("image", {"image": [[1, 2], [3]]}),
    ("image", {"image": [[0.0] * 100] * 100, "aperture": ["0" * 100] * 100}),
    ("image", {"aperture": ["00", "00"]}),
    ("image", {"aperture": 5}),
    ("image", {"row": "<b>"}),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_picture_that_is_no_good_is_none(name, value):
    read = {"curve": curve_of, "image": image_of}[name]
    good = event()
    assert read(good) is not None and read({}) is None
    bad = copy.deepcopy(good)
    bad[name] = bad[name] | value if isinstance(value, dict) else value
    assert read(bad) is None
