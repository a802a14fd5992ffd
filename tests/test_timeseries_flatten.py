"""Flattening: what is slow goes, what is short stays."""

import numpy as np
import pytest
from lightcurveparts import lightcurve, noisy

import tpfdash
from tpfdash.errors import TPFError
from tpfdash.timeseries.flatten import flatten


def varying(n=2000, depth=0.01, seed=2):
    """A star that varies by 4 % over 12 days, with a transit of 0.2 d every 5 days."""
    made = noisy(n, seed=seed)
    time = made["time"].values
    star = 1 + 0.02 * np.sin(2 * np.pi * time / 12)
    dip = np.abs((time - 101.5 + 2.5) % 5 - 2.5) < 0.1
    made["flux"].values[:] *= star * np.where(dip, 1 - depth, 1.0)
    return made, star, dip


def test_the_trend_is_the_stars_and_transits_stay():
    made, star, dip = varying()
    flat = flatten(made, 1.5)
    np.testing.assert_allclose(flat["trend"].values / (1000 * star), 1, atol=3e-3)
    level = np.median(flat["trend"].values)
    np.testing.assert_allclose(flat["flux"], made["flux"] / flat["trend"] * level, rtol=1e-12)
    depth = 1 - flat["flux"].values[dip].mean() / flat["flux"].values[~dip].mean()
    assert depth == pytest.approx(0.01, abs=4e-4)
    np.testing.assert_allclose(flat["flux_err"] / flat["flux"], made["flux_err"] / made["flux"])
    assert flat["flux"].attrs["units"] == flat["trend"].attrs["units"] == "electron / s"


def test_raw_stays_in_sight_and_it_is_said_what_was_done():
    made, *_ = varying()
    twice = flatten(flatten(made, 2.0), 0.5)
    np.testing.assert_array_equal(twice["flux_raw"], made["flux"])
    assert "flux_raw" not in made and "corrections" not in made.attrs
    first, second = twice.attrs["corrections"]
    assert "windows of 2 d" in first and "windows of 0.5 d" in second


def test_a_mask_keeps_a_deep_and_long_dip_out_of_the_trend():
    made, star, _ = varying(depth=0.0)
    time = made["time"].values
    dip = np.abs(time - 115) < 0.5
    made["flux"].values[dip] *= 0.9
    free, masked = flatten(made, 1.0), flatten(made, 1.0, mask=dip)
    assert np.median(masked["flux"].values[dip]) / 1000 == pytest.approx(0.9, abs=3e-3)
    assert np.median(free["flux"].values[dip]) / 1000 > 0.95
    assert "950" in masked.attrs["corrections"][0] or "masked" in masked.attrs["corrections"][0]


def test_cadences_that_are_not_good_are_corrected_by_the_others():
    made, star, _ = varying(depth=0.0)
    good = np.ones(2000, dtype=bool)
    good[500:520] = False
    made["flux"].values[500:520] *= 3
    flat = flatten(made, 1.0, good=good)
    np.testing.assert_allclose(flat["trend"].values[500:520] / (1000 * star[500:520]), 1, atol=3e-3)
    assert flat["flux"].values[505] == pytest.approx(3000, rel=0.02)


def test_flagged_cadences_are_left_out_by_the_missions_default():
    made, *_ = varying(depth=0.0)
    quality = np.zeros(2000, dtype=int)
    quality[300:330] = 32
    made["flux"].values[300:330] = -1e6
    flat = flatten(made.assign(quality=("time", quality)).assign_attrs(mission="TESS"), 0.5)
    assert np.abs(flat["trend"].values / 1000 - 1).max() < 0.05


def test_cadences_without_time_or_flux_stay():
    made, *_ = varying()
    made["time"].values[[3, 900]] = np.nan
    made["flux"].values[[7, 1000]] = np.nan
    flat = flatten(made, 1.0)
    assert flat.sizes["time"] == 2000
    assert np.isnan(flat["flux"].values).nonzero()[0].tolist() == [3, 7, 900, 1000]
    assert np.isnan(flat["trend"].values).nonzero()[0].tolist() == [3, 900]


def test_a_trend_about_zero_is_taken_off():
    made = noisy(level=0.0)
    made["flux"].values[:] += np.linspace(-20, 20, 1000)
    flat = flatten(made, 1.0)
    assert "taken off" in flat.attrs["corrections"][0]
    assert flat["flux"].values.std() == pytest.approx(1.0, abs=0.1)
    np.testing.assert_array_equal(flat["flux_err"], made["flux_err"])


def test_times_out_of_order_make_no_difference():
    made, *_ = varying()
    order = np.random.default_rng(5).permutation(2000)
    shuffled = flatten(made.isel(time=order), 1.0)
    np.testing.assert_allclose(shuffled["flux"].values, flatten(made, 1.0)["flux"].values[order])


@pytest.mark.parametrize("bad", [0, -1, np.nan, np.inf, "1", None, True])
def test_bad_lengths(bad):
    with pytest.raises(TPFError, match="window_length is"):
        flatten(noisy(), bad)
    with pytest.raises(TPFError, match="break_gap is"):
        flatten(noisy(), break_gap=bad)


def test_what_is_no_light_curve_is_refused():
    made = noisy()
    for bad in (None, made["flux"], made.drop_vars("flux"), made.rename(time="cadence")):
        with pytest.raises(TPFError, match="light curve"):
            flatten(bad)
    with pytest.raises(TPFError, match=r"good is an array of bool and shape \(3,\)"):
        flatten(made, good=np.ones(3, dtype=bool))
    with pytest.raises(TPFError, match="mask is an array of int64"):
        flatten(made, mask=np.ones(1000, dtype=int))
    with pytest.raises(TPFError, match="nothing to correct"):
        flatten(made, good=np.zeros(1000, dtype=bool))
    with pytest.raises(TPFError, match="leaves out every cadence"):
        flatten(made, mask=np.ones(1000, dtype=bool))
    with pytest.raises(TPFError, match="nothing to correct"):
        flatten(lightcurve([np.nan] * 5))


def test_it_is_public():
    assert tpfdash.flatten is flatten


@pytest.mark.realdata
def test_a_sector_of_tess_keeps_its_transit(data_file):
    """TOI-813 b, 13 h long: by some 1,250 ppm against the same cadences' own level."""
    tpf = tpfdash.open_tpf(data_file("tic55525572_s5_tp.fits.gz"))
    made = tpfdash.aperture_photometry(tpf, (tpf["aperture"].values & 2) > 0)
    flat = flatten(made, 2.0)
    time, flux = flat["time"].values, flat["flux"].values / np.nanmedian(flat["flux"].values)
    quiet = flat["quality"].values == 0
    inside = quiet & (np.abs(time - 1454.67) < 0.22)
    beside = quiet & (np.abs(time - 1454.67) > 0.35) & (np.abs(time - 1454.67) < 1.0)
    depth = np.nanmedian(flux[beside]) - np.nanmedian(flux[inside])
    assert 900e-6 < depth < 1500e-6
