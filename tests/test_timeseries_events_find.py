"""Events that were put into light curves, and those of real ones, are found; nothing else is."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from eventcurves import CADENCE, LEVEL, lightcurve, noise

import tpfdash
from tpfdash import TPFError, aperture_photometry, find_events, open_tpf
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.masks import default_mask


def only(found):
    """The one event."""
    assert len(found) == 1, str(found)
    return found[0]


def at(n):
    """When a cadence begins."""
    return 100 + CADENCE * (n - 0.5)


# --- each kind ---------------------------------------------------------------------------------


@pytest.mark.parametrize("sign, kind", [(-1, "dip"), (1, "brightening")])
@pytest.mark.parametrize("n", [2, 5, 12, 40])
def test_a_box_is_one_event(sign, kind, n):
    flux = noise()
    flux[900 : 900 + n] += sign * 15 / np.sqrt(n)
    event = only(find_events(lightcurve(flux)))
    assert event.kind == kind
    assert event.start == pytest.approx(at(900), abs=max(2, n / 4) * CADENCE)
    assert event.end == pytest.approx(at(900 + n), abs=max(2, n / 4) * CADENCE)
    assert event.duration == pytest.approx(event.end - event.start)
    assert event.time == pytest.approx((event.start + event.end) / 2)
    assert abs(event.depth + sign * 15 / np.sqrt(n)) < 4 * event.depth_err
    assert event.depth_err == pytest.approx(1 / np.sqrt(n), rel=0.6)
    assert event.relative_depth == pytest.approx(event.depth / LEVEL, rel=0.01)
    assert event.snr == pytest.approx(abs(event.depth) / event.depth_err)
    assert event.rank == 1 and np.isnan(event.flagged)
    assert event.cadences == event.last - event.first + 1 and abs(event.first - 900) <= max(
        2, n / 4
    )


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_single_cadence_is_an_outlier(sign):
    flux = noise()
    flux[700] += sign * 12
    event = only(find_events(lightcurve(flux)))
    assert (event.kind, event.shape, event.first, event.last) == ("outlier", "unresolved", 700, 700)
    assert event.start == pytest.approx(at(700)) and event.end == pytest.approx(at(701))
    assert event.depth * sign < 0


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_step_is_no_dip(sign):
    flux = noise()
    flux[1200:] += sign * 5
    event = only(find_events(lightcurve(flux)))
    assert (event.kind, event.shape, event.duration) == ("step", "step", 0)
    assert event.time == pytest.approx(at(1200), abs=2 * CADENCE)
    assert event.start == event.time and event.end > event.start
    assert event.depth == pytest.approx(-sign * 5, abs=1)


def test_a_flare_is_one_event_that_decays():
    flux = noise()
    flux[800:] += 60 * np.exp(-np.arange(1200) / 6)
    event = only(find_events(lightcurve(flux)))
    assert (event.kind, event.shape) == ("brightening", "decay")
    assert event.first == 800 and 810 <= event.last <= 840


def test_an_eclipse_is_a_triangle_and_a_transit_a_box():
    flux = noise()
    flux[600:640] -= 20 * (1 - np.abs(np.arange(40) - 19.5) / 20)
    flux[1300:1320] -= 12
    eclipse, transit = find_events(lightcurve(flux))
    assert (eclipse.shape, transit.shape) == ("triangle", "box")
    assert eclipse.cadences == pytest.approx(40, abs=8)
    assert (transit.first, transit.last) == (1300, 1319)
    assert transit.rank == 2 or transit.snr > eclipse.snr


def test_what_lies_close_together_is_told_apart():
    flux = noise()
    for begin, n, height in ((500, 8, -12), (530, 1, 25), (560, 12, 9), (1000, 1, -15)):
        flux[begin : begin + n] += height
    found = find_events(lightcurve(flux))
    assert [event.kind for event in found] == ["dip", "outlier", "brightening", "outlier"]
    np.testing.assert_allclose([event.first for event in found], [500, 530, 560, 1000], atol=2)
    assert sorted(event.rank for event in found) == [1, 2, 3, 4]


def test_only_the_kinds_wanted_are_given_but_all_are_looked_for():
    flux = noise()
    flux[500] += 20
    flux[1200:] -= 6
    assert [event.kind for event in find_events(lightcurve(flux), kinds="step")] == ["step"]
    assert len(find_events(lightcurve(flux), kinds=("dip", "brightening"))) == 0
    assert find_events(lightcurve(flux), kinds="outlier")[0].rank == 1


def test_longest_events_are_those_of_the_durations():
    flux = noise(6000)
    flux[3000:3060] -= 4
    event = only(find_events(lightcurve(flux)))
    assert event.duration == pytest.approx(1.2, abs=0.15)
    short = find_events(lightcurve(flux), durations=[0.02, 0.06])
    assert short.meta["durations"] == pytest.approx([0.02, 0.06])
    assert all(event.kind == "step" for event in short)


# --- what is no event --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_none(seed):
    assert len(find_events(lightcurve(noise(4000, seed=[77, seed])))) == 0


def test_neither_gap_nor_trend_nor_slow_variability_is_one():
    time = 100 + CADENCE * np.arange(4000)
    slow = 30 * np.sin(2 * np.pi * time / 6) + 8 * np.sin(2 * np.pi * time / 2.3) + 3 * (time - 100)
    flux = noise(4000) + slow
    flux[2400:] += 12  # by the time that the gap is over
    kept = np.ones(4000, dtype=bool)
    kept[1000:1150] = kept[2300:2400] = False
    kept[np.random.default_rng(1).integers(0, 4000, 200)] = False
    assert len(find_events(lightcurve(flux[kept], time=time[kept]))) == 0
    holes = np.where(kept, flux, np.nan)
    assert len(find_events(lightcurve(holes, time=time))) == 0


def test_louder_times_are_no_events():
    rng = np.random.default_rng(5)
    flux = LEVEL + rng.normal(0, 1, 4000) * np.where(np.arange(4000) > 2500, 6, 1)
    assert len(find_events(lightcurve(flux))) == 0


def test_simulated_stars_that_do_nothing_have_none():
    for mission in ("Kepler", "K2", "TESS"):
        tpf = simulate_tpf(mission, n_cadences=1500, shape=(7, 7), columns=("flux",), seed=3)
        found = find_events(aperture_photometry(tpf, default_mask(tpf)))
        assert len(found) == 0, str(found)
        assert (found.meta["motion"] == "pos_corr") == (mission == "K2")


def test_the_roll_is_taken_off_by_the_centroid_where_there_is_nothing_better():
    tpf = simulate_tpf("K2", n_cadences=1500, shape=(7, 7), columns=("flux",), seed=4)
    curve = aperture_photometry(tpf, default_mask(tpf))
    curve["flux"].values[700:710] *= 0.985
    event = only(find_events(curve))
    place = np.stack([curve["pos_corr1"].values, curve["pos_corr2"].values], axis=1)
    bare = curve.drop_vars(["pos_corr1", "pos_corr2"])
    given = find_events(bare, motion=place)
    assert given.meta["motion"] == "given" and list(given) == [event]
    centroid = find_events(bare)
    assert centroid.meta["motion"] == "centroid" and centroid.meta["motion_gain"] > 3
    assert any(abs(each.first - 700) < 3 and each.kind == "dip" for each in centroid)
    assert find_events(curve, motion=None).meta["motion"] is None


def test_flags_leave_nothing_out_but_loud_ones_weigh_less():
    rng = np.random.default_rng(6)
    flux, quality = noise(4000), np.zeros(4000, dtype=np.int32)
    fired = np.arange(20, 4000, 40)
    quality[fired] |= 1 << 20
    flux[fired] += rng.normal(0, 12, fired.size)
    flux[2011], quality[2011] = flux[2011] + 15, 64
    event = only(find_events(lightcurve(flux, quality=quality)))
    assert (event.kind, event.first, event.flagged) == ("outlier", 2011, 1)
    assert len(find_events(lightcurve(flux))) > 20
    good = quality == 0
    assert len(find_events(lightcurve(flux, quality=quality), good=good)) == 0


# --- odd light curves --------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 8, 20])
def test_short_light_curves_are_searched_as_far_as_they_go(n):
    assert len(find_events(lightcurve(noise(n)))) == 0


@pytest.mark.parametrize("value", [np.nan, 0.0, 1.0, -5.0, 1e30])
def test_light_curves_that_never_change_have_no_events(value):
    found = find_events(lightcurve(np.full(500, value)))
    assert len(found) == 0 and found.meta["searched"] == (0 if np.isnan(value) else 500)


def test_a_change_of_what_never_changes_is_one():
    flux = np.full(500, 10.0)
    flux[200] = 11
    assert only(find_events(lightcurve(flux))).first == 200


def test_order_does_not_matter_and_nothing_is_changed():
    flux = noise()
    flux[500:520] -= 5
    flux[1500] = np.nan
    time = 100 + CADENCE * np.arange(2000)
    time[1600] = np.nan
    curve = lightcurve(flux, time=time, quality=np.zeros(2000, dtype=np.int32))
    before = curve.copy(deep=True)
    found = find_events(curve)
    xr.testing.assert_identical(curve, before)
    assert list(found) == list(find_events(curve)) and len(found) == 1
    order = np.random.default_rng(1).permutation(2000)
    shuffled = find_events(curve.isel(time=order))
    assert shuffled[0].time == found[0].time and shuffled[0].snr == pytest.approx(found[0].snr)
    again = find_events(curve.isel(time=np.r_[:2000, 300:900]))  # some of them twice
    assert again[0].snr == pytest.approx(found[0].snr)


@pytest.mark.parametrize("scale", [1e-3, 1e6])
def test_units_of_the_flux_do_not_matter(scale):
    flux = noise()
    flux[500:520] -= 5
    one, other = find_events(lightcurve(flux)), find_events(lightcurve(scale * flux))
    assert other[0].snr == pytest.approx(one[0].snr, rel=1e-6)
    assert other[0].depth == pytest.approx(scale * one[0].depth)


def test_flux_about_zero_has_no_relative_depth():
    flux = noise() - LEVEL - 3
    flux[500:520] -= 5
    event = only(find_events(lightcurve(flux)))
    assert np.isnan(event.relative_depth) and event.depth > 0


@pytest.mark.parametrize("cadence", [20 / 86400, 120 / 86400, 0.0204])
def test_any_cadence_will_do(cadence):
    n = 6000
    flux = noise(n)
    flux[3000:3030] -= 4
    time = 1500 + cadence * np.arange(n)
    event = only(find_events(lightcurve(flux, time=time)))
    assert event.time == pytest.approx(time[3000:3030].mean(), abs=4 * cadence)


def test_what_is_found_says_how():
    curve = lightcurve(noise()).assign_attrs(mission="K2", object="EPIC 1", aperture=np.ones(3))
    curve["flux"].attrs["units"] = "electron / s"
    found = find_events(curve, min_snr=6)
    meta = found.meta
    assert meta["min_snr"] == 6 and meta["flux_unit"] == "electron / s" and meta["searched"] == 2000
    assert meta["durations"][0] == pytest.approx(CADENCE) and 1.4 < meta["durations"][-1] < 1.9
    assert meta["object"] == "EPIC 1" and meta["tpfdash_version"] == tpfdash.__version__
    assert isinstance(found, tpfdash.FoundEvents) and pickle.loads(pickle.dumps(found)).meta == meta


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"kinds": "flare"}, "'flare' is no kind"),
        ({"kinds": ()}, "no kind of event is wanted"),
        ({"min_snr": 2}, "min_snr is 2: it should be a number, 3 or more"),
        ({"min_snr": "high"}, "min_snr is 'high'"),
        ({"min_snr": np.nan}, "min_snr is nan"),
        ({"durations": []}, "durations are"),
        ({"durations": [0.1, -1]}, "durations are"),
        ({"durations": "long"}, "durations are 'long'"),
        ({"motion": "roll"}, "motion is 'roll'"),
        ({"motion": np.zeros(3)}, r"motion has float64 values of shape \(3,\)"),
        ({"good": [1, 0]}, "good is an array of int64"),
    ],
)
def test_bad_wishes_are_refused(wrong, words):
    with pytest.raises(TPFError, match=words):
        find_events(lightcurve(noise(300)), **wrong)


def test_no_light_curve_is_refused():
    with pytest.raises(TPFError, match="no light curve"):
        find_events(np.ones(5))


# --- while it works ----------------------------------------------------------------------------


def test_progress_is_told_and_can_end_it():
    told = []
    flux = noise()
    flux[500:520] -= 5
    find_events(lightcurve(flux), progress=lambda *news: told.append(news))
    done = [each[0] for each in told]
    assert done == sorted(done) and done[0] == 0 and len(set(done)) > 20
    assert told[-1][0] == told[-1][1] and len({each[1] for each in told}) == 1

    class Enough(Exception):
        pass

    def stop(done, total):
        if done > total / 4:
            raise Enough

    with pytest.raises(Enough):
        find_events(lightcurve(flux), progress=stop)


def test_it_is_imported_when_asked_for():
    code = (
        "import sys, tpfdash\n"
        "assert 'tpfdash.timeseries' not in sys.modules and 'scipy' not in sys.modules\n"
        "tpfdash.find_events\n"
        "sys.exit(', '.join({'panel', 'holoviews', 'numba', 'astropy.timeseries'} & "
        "sys.modules.keys()) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# --- real ones ---------------------------------------------------------------------------------


def events_of(path, mask=None):
    tpf = open_tpf(path)
    return find_events(aperture_photometry(tpf, default_mask(tpf) if mask is None else mask))


def test_the_single_transit_of_toi_813(data_file):
    found = events_of(data_file("tic55525572_s5_tp.fits.gz"))
    (event,) = (event for event in found if event.start < 1454.67 < event.end)
    assert event.kind == "dip" and 0.35 < event.duration < 0.65
    assert 900e-6 < event.relative_depth < 1600e-6
    # Nothing stands out more but where flags say that it would.
    assert event == max((e for e in found if e.flagged < 0.3), key=lambda e: e.snr)
    assert len(found) <= 12


def test_the_transits_of_kepler_8(data_file):
    found = events_of(data_file("kplr006922244-2009166043257_lpd-targ.fits"))
    times = np.array([event.time for event in found.of_kind("dip")])
    expected = 135.2124 + 3.52254 * np.arange(-1, 9)
    np.testing.assert_allclose(times, expected, atol=0.03)
    for event in found.of_kind("dip"):
        assert 0.006 < event.relative_depth < 0.011 and 0.1 < event.duration < 0.2
    # Beside them the two argabrightenings that show.
    assert [event.first for event in found if event.kind != "dip"] == [986, 1177]


def test_what_crosses_and_lights_up_epic_210994964(data_file):
    path = data_file("ktwo210994964-c04_lpd-targ.fits.gz")
    shape = open_tpf(path)["aperture"].shape
    found = events_of(path, np.ones(shape, dtype=bool))
    holds = {n: [e for e in found if e.first <= n <= e.last] for n in (1119, 2570)}
    (argabrightening,), (mover,) = holds.values()
    assert argabrightening.rank == 1 and argabrightening.depth < 0 and argabrightening.flagged == 1
    assert mover.kind == "brightening" and mover.flagged == 0
    path_of_the_slow_one = np.zeros(shape, dtype=bool)
    path_of_the_slow_one[7:10, 1:8] = True
    found = events_of(path, path_of_the_slow_one)
    (mover,) = (event for event in found if event.first <= 1217 <= event.last)
    assert mover.kind == "brightening" and mover.snr > 7 and mover.flagged < 0.2


def test_the_flare_of_epic_211983544(data_file):
    found = events_of(data_file("ktwo211983544-c18_lpd-targ.fits"))
    (flare,) = found.strongest(1)
    assert flare.kind == "brightening" and flare.flagged == 0
    assert flare.first <= 824 and flare.last >= 825
