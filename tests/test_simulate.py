"""The simulator against sums by hand: what goes in has to come out of the pixels."""

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from tpfdash.errors import TPFError
from tpfdash.simulate import (
    Drift,
    Eclipse,
    Roll,
    Star,
    Transit,
    exposure,
    simulate_blend,
    simulate_example,
    simulate_tpf,
    star_light_curve,
)

THRUSTER_FIRING = 1048576
NARROW = [(1.0, 0.7)]


def still(mission="Kepler", **arguments):
    """A noiseless file of steady pointing."""
    return simulate_tpf(mission, **{"motion": Drift(), "noise": False} | arguments)


def centroid(tpf):
    """Flux-weighted mean row and column at each cadence, in pixels from the first."""
    flux = tpf["flux"].values.astype(float)
    rows, cols = np.indices(flux.shape[1:])
    total = flux.sum(axis=(1, 2))
    return (flux * rows).sum(axis=(1, 2)) / total, (flux * cols).sum(axis=(1, 2)) / total


# --- stars and events --------------------------------------------------------------------------


def test_a_star_has_the_flux_of_its_magnitude():
    tpf = still(n_cadences=3, shape=(31, 31), stars=[Star(15, 15, magnitude=12.0)])
    # Kepler Instrument Handbook: 1.74e5 e-/s at Kp = 12
    assert tpf["flux"].values.sum(axis=(1, 2)) == pytest.approx(1.74e5, rel=0.01)
    assert tpf.attrs["magnitude"] == 12.0


def test_the_prf_is_a_gaussian_integrated_over_each_pixel():
    tpf = still(n_cadences=1, shape=(7, 9), stars=[Star(2.8, 4.3, flux=1e4)], prf=[(1.0, 0.8)])
    fine = (np.arange(7 * 200) + 0.5) / 200 - 0.5, (np.arange(9 * 200) + 0.5) / 200 - 0.5
    y, x = np.meshgrid(*fine, indexing="ij")
    density = np.exp(-((y - 2.8) ** 2 + (x - 4.3) ** 2) / (2 * 0.8**2)) / (2 * np.pi * 0.8**2)
    expected = 1e4 * density.reshape(7, 200, 9, 200).sum(axis=(1, 3)) / 200**2
    np.testing.assert_allclose(tpf["flux"].values[0], expected, rtol=1e-3, atol=1e-3)


def test_transits_have_the_depth_and_the_times_that_were_asked_for():
    epoch, period, duration, depth = 541.3, 3.7, 0.3, 0.013
    event = Transit(0, period, epoch, duration, depth, ingress=0.2)
    tpf = still(n_cadences=1500, start=540.0, events=[event])
    light = tpf["flux"].values.sum(axis=(1, 2), dtype=float)
    light /= np.median(light)
    time = tpf["time"].values
    assert light.min() == pytest.approx(1 - depth, abs=1e-6)

    inside = np.flatnonzero(light < 1 - 1e-5)
    dips = np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1)
    middles = [np.average(time[dip], weights=1 - light[dip]) for dip in dips]
    expected = epoch + period * np.arange(len(dips))
    assert len(dips) == 8  # 30.6 days
    assert middles == pytest.approx(expected, abs=0.25 * tpf.attrs["cadence_seconds"] / 86400)
    # the area of a trapezoid
    cadence = tpf.attrs["cadence_seconds"] / 86400
    areas = [(1 - light[dip]).sum() * cadence for dip in dips]
    assert areas == pytest.approx(np.full(8, depth * duration * 0.8), rel=0.05)


def test_an_eclipse_takes_its_light_from_its_own_star_alone():
    stars = [Star(3, 3, flux=5e4), Star(9, 9, flux=2e4)]
    event = Eclipse(1, 2.0, 540.5, 0.4, 0.6, secondary_depth=0.1)
    tpf = still(n_cadences=300, shape=(13, 13), start=540.0, stars=stars, events=[event])
    time, flux = tpf["time"].values, tpf["flux"].values.astype(float)
    primary, secondary = (np.argmin(np.abs(time - t)) for t in (540.5, 541.5))
    lost = flux.max(axis=0) - flux[primary]
    rows, cols = np.indices(lost.shape)
    assert (lost * rows).sum() / lost.sum() == pytest.approx(9, abs=0.02)
    assert (lost * cols).sum() / lost.sum() == pytest.approx(9, abs=0.02)
    offset = abs(time[primary] - 540.5)  # a V, sampled beside its tip
    assert lost.sum() / 2e4 == pytest.approx(0.6 * (1 - offset / 0.2), rel=0.02)
    offset = abs(time[secondary] - 541.5)
    assert (flux.max(axis=0) - flux[secondary]).sum() / 2e4 == pytest.approx(
        0.1 * (1 - offset / 0.2), rel=0.02
    )


def test_the_true_light_curve_is_what_the_pixels_add_up_to():
    event = Transit(0, 1.1, 1684.0, 0.2, 0.3)
    tpf = still(
        "TESS", n_cadences=2000, shape=(41, 41), events=[event], gaps=[(100, 110)], columns=["flux"]
    )
    truth = star_light_curve(tpf)
    assert truth.dtype == float
    np.testing.assert_allclose(truth, tpf["flux"].values.sum(axis=(1, 2)), rtol=1e-4)
    assert np.isnan(truth[100:110]).all()


# --- pointing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mission, motion",
    [
        ("K2", Roll(amplitude=0.8, angle=35)),
        ("K2", None),
        ("Kepler", Drift(row=0.4, col=-0.2)),
        ("TESS", None),
    ],
)
def test_centroids_move_as_pos_corr_says(mission, motion):
    tpf = simulate_tpf(
        mission, n_cadences=400, shape=(21, 21), motion=motion, noise=False, prf=NARROW
    )
    row, col = centroid(tpf)
    np.testing.assert_allclose(row - 10, tpf["pos_corr2"].values, atol=2e-4)
    np.testing.assert_allclose(col - 10, tpf["pos_corr1"].values, atol=2e-4)
    assert np.ptp(col) > 0.02


def test_motion_may_be_given_cadence_by_cadence():
    path = np.random.default_rng(3).normal(scale=0.5, size=(50, 2))
    tpf = simulate_tpf("TESS", n_cadences=50, shape=(21, 21), motion=path, noise=False, prf=NARROW)
    row, col = centroid(tpf)
    np.testing.assert_allclose(np.stack([row - 10, col - 10], axis=1), path, atol=2e-4)
    np.testing.assert_array_equal(tpf["pos_corr2"].values, path[:, 0].astype("f4"))


def test_k2_rolls_as_a_sawtooth_with_flagged_firings():
    tpf = simulate_tpf("K2", n_cadences=1200)
    fired = np.flatnonzero(tpf["quality"].values & THRUSTER_FIRING)
    hours = np.diff(tpf["time"].values[fired]) * 24
    assert len(fired) == pytest.approx(1200 * 29.4 / 60 / 5.88, abs=1)
    assert hours == pytest.approx(np.full(len(hours), 5.88), abs=0.5)
    steps = np.diff(tpf["pos_corr1"].values)
    smooth = np.ones(1199, dtype=bool)
    smooth[fired] = smooth[fired - 1] = False
    assert np.ptp(steps[smooth]) < 1e-5  # the same drift all along
    assert steps[smooth].mean() > 0
    before, after = tpf["pos_corr1"].values[fired - 1], tpf["pos_corr1"].values[fired + 1]
    assert (after < before - 0.2).all()  # and back


def test_a_firing_smears_its_cadence():
    tpf = simulate_tpf(
        "K2", n_cadences=100, shape=(21, 21), motion=Roll(0.8, angle=0), noise=False, prf=NARROW
    )
    flux = tpf["flux"].values.astype(float)
    cols = np.arange(21)
    profile = flux.sum(axis=1) / flux.sum(axis=(1, 2))[:, None]
    mean = (profile * cols).sum(axis=1)
    width = (profile * (cols - mean[:, None]) ** 2).sum(axis=1)
    fired = tpf["quality"].values & THRUSTER_FIRING > 0
    # the second moment of a Gaussian in pixels of width 1, and of the two ends of the sawtooth
    assert width[~fired] == pytest.approx(np.full((~fired).sum(), 0.7**2 + 1 / 12), abs=2e-3)
    assert width[fired] == pytest.approx(np.full(fired.sum(), 0.7**2 + 1 / 12 + 0.4**2), abs=2e-3)


@pytest.mark.parametrize("mission", ["Kepler", "TESS"])
def test_steady_missions_have_no_firings(mission):
    assert not simulate_tpf(mission, n_cadences=500)["quality"].values.any()


# --- noise, background, counts -----------------------------------------------------------------

EXPOSURES = {  # seconds of light in a cadence, reads, e- a read
    ("Kepler", "long"): (270 * 6.01980, 270, 100),
    ("Kepler", "short"): (9 * 6.01980, 9, 100),
    ("TESS", "2 min"): (48 * 1.98, 48, 9),
    ("TESS", "20 s"): (10 * 1.98, 10, 9),
    ("TESS", "FFI"): (720 * 1.98, 720, 9),
}


@pytest.mark.parametrize("mission, cadence", EXPOSURES)
def test_noise_is_that_of_photons_and_reads(mission, cadence):
    arguments = {"cadence": cadence, "n_cadences": 4000, "shape": (5, 5), "motion": Drift()}
    noisy = simulate_tpf(mission, **arguments)
    clean = simulate_tpf(mission, noise=False, **arguments)
    seconds, reads, read_noise = EXPOSURES[mission, cadence]
    light = clean["flux"].values.astype(float)
    if cadence != "FFI":  # whose flux still has the background
        light = light + clean["flux_bkg"].values
    electrons = light * seconds
    error = np.sqrt(electrons + reads * read_noise**2) / seconds
    np.testing.assert_allclose(noisy["flux_err"].values, error, rtol=1e-3)

    pull = (noisy["flux"].values - clean["flux"].values) / error
    assert pull.mean() == pytest.approx(0, abs=5 / np.sqrt(pull.size))
    assert pull.std(axis=0) == pytest.approx(np.ones((5, 5)), abs=0.06)
    assert np.abs(np.corrcoef(pull.reshape(4000, 25).T) - np.eye(25)).max() < 0.08


def test_background_is_taken_off_and_told():
    dark, bright = (still(n_cadences=900, background=b) for b in (0, 500))
    np.testing.assert_array_equal(dark["flux"].values, bright["flux"].values)
    assert not dark["flux_bkg"].values.any()
    sky = bright["flux_bkg"].values
    assert sky.mean() == pytest.approx(500, rel=0.05)
    assert 0.05 < np.ptp(sky) / 500 < 0.15
    assert bright.attrs["background_subtracted"] is True


def test_tesscut_keeps_its_background():
    arguments = {"cadence": "FFI", "n_cadences": 5, "gaps": [(2, 3)]}
    dark, bright = (still("TESS", background=b, **arguments) for b in (0, 500))
    more = np.delete(bright["flux"].values - dark["flux"].values, 2, axis=0)
    assert more == pytest.approx(np.full(more.shape, 500), rel=0.06)
    assert not bright["flux_bkg"].values.any()
    assert bright.attrs["background_subtracted"] is False
    assert (bright["aperture"].values == 1).all()
    assert (bright["raw_cnts"].values == -1).all()
    assert bright["cadenceno"].values.tolist() == [0, 1, 2, 3, 4]
    assert bright.attrs["product"] == "TESSCut"


@pytest.mark.parametrize("cadence, seconds", [("long", 1625.346), ("short", 54.178)])
def test_raw_counts_hold_all_the_light(cadence, seconds):
    tpf = simulate_tpf("Kepler", cadence=cadence, n_cadences=200, cosmic_rays=100)
    counts = tpf["raw_cnts"].values - tpf.attrs["raw_counts_offset"]
    seen = tpf["flux"].values + tpf["flux_bkg"].values + np.nan_to_num(tpf["cosmic_rays"].values)
    assert tpf["raw_cnts"].dtype == np.int32
    np.testing.assert_allclose(counts * 110.0 / seconds, seen, atol=0.51 * 110 / seconds, rtol=1e-6)


# --- cosmic rays and gaps ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "mission, cadence, flag", [("Kepler", "long", 128), ("TESS", "20 s", 64), ("K2", "long", None)]
)
def test_cosmic_rays_are_repaired_or_left(mission, cadence, flag):
    arguments = {"cadence": cadence, "n_cadences": 2000, "shape": (9, 9), "motion": Drift()}
    rate = 2 * 86400 / (2000 * 81) / {"long": 1765.46, "20 s": 20}[cadence] * 150
    hit = simulate_tpf(mission, cosmic_rays=rate, **arguments)
    clean = simulate_tpf(mission, **arguments)
    optimal = hit["aperture"].values & 2 > 0
    if flag is None:
        assert "cosmic_rays" not in hit
        rays = hit["flux"].values - clean["flux"].values
        assert not hit["quality"].values.any()
    else:
        np.testing.assert_array_equal(hit["flux"].values, clean["flux"].values)
        assert (np.isnan(hit["cosmic_rays"].values) | (hit["cosmic_rays"].values > 0)).all()
        rays = np.nan_to_num(hit["cosmic_rays"].values)
        struck = (rays[:, optimal] > 0).any(axis=1)
        np.testing.assert_array_equal(hit["quality"].values, np.where(struck, flag, 0))
        assert 0 < struck.sum() < (rays > 0).any(axis=(1, 2)).sum()
    assert (rays > 0).sum() == pytest.approx(300, abs=5 * np.sqrt(300))
    assert "cosmic_rays" not in clean


@pytest.mark.parametrize("mission, flags", [("Kepler", 65538), ("K2", 65538), ("TESS", 2)])
def test_gaps(mission, flags):
    tpf = simulate_tpf(mission, n_cadences=100, gaps=[(10, 15), (50, 51)], cosmic_rays=5)
    gap = np.zeros(100, dtype=bool)
    gap[[10, 11, 12, 13, 14, 50]] = True
    np.testing.assert_array_equal(np.isnan(tpf["time"].values), gap)
    for name in ("flux", "flux_err", "flux_bkg", "flux_bkg_err", "pos_corr1", "pos_corr2"):
        lost = np.isnan(tpf[name].values).reshape(100, -1)
        np.testing.assert_array_equal(lost.all(axis=1), gap)
        np.testing.assert_array_equal(lost.any(axis=1), gap)
    assert (tpf["raw_cnts"].values[gap] == -1).all()
    assert (tpf["quality"].values[gap] == flags).all()
    assert (np.diff(tpf["cadenceno"].values) == 1).all()


# --- aperture ----------------------------------------------------------------------------------


def test_crowding_and_completeness_are_those_of_the_pixels():
    stars = [Star(4, 4, flux=1e5), Star(5, 6.5, flux=6e4)]
    both, target = (still(n_cadences=1, stars=s) for s in (stars, stars[:1]))
    optimal = both["aperture"].values & 2 > 0
    all_light = both["flux"].values[0][optimal].sum()
    its_light = target["flux"].values[0][optimal].sum()
    assert both.attrs["crowdsap"] == pytest.approx(its_light / all_light, rel=1e-5)
    assert both.attrs["flfrcsap"] == pytest.approx(its_light / 1e5, rel=1e-5)
    assert 0.5 < both.attrs["crowdsap"] < 0.99


def test_the_optimal_aperture_beats_its_neighbours():
    tpf = still(n_cadences=1, stars=[Star(4.7, 5.2, magnitude=15)])
    signal = tpf["flux"].values[0].astype(float)
    variance = tpf["flux_err"].values[0].astype(float) ** 2
    optimal = tpf["aperture"].values & 2 > 0

    def quality(mask):
        return signal[mask].sum() / np.sqrt(variance[mask].sum())

    assert 1 < optimal.sum() < optimal.size / 2
    for pixel in np.ndindex(optimal.shape):
        other = optimal.copy()
        other[pixel] ^= True
        assert quality(other) <= quality(optimal) * (1 + 1e-6)


def test_aperture_may_be_given():
    mask = np.zeros((11, 11), dtype=bool)
    mask[2, 3:6] = True
    bits = simulate_tpf("Kepler", n_cadences=2, aperture=mask)["aperture"].values
    np.testing.assert_array_equal(bits, np.where(mask, 3, 1))


def test_tess_aperture_names_its_ccd_outputs():
    tpf = simulate_tpf("TESS", n_cadences=2, shape=(5, 20), corner=(100, 1060))
    bits = tpf["aperture"].values
    # output B ends with column 1068; the file of TIC 273589987 has C at column 1073
    assert (bits[:, :9] & (32 | 64 | 128 | 256) == 64).all()
    assert (bits[:, 9:] & (32 | 64 | 128 | 256) == 128).all()
    assert set(np.unique(bits & 31)) == {1, 3, 5}


# --- seeds, layout, columns --------------------------------------------------------------------


def test_the_same_seed_gives_the_same_data():
    one, two, other = (simulate_tpf(n_cadences=50, cosmic_rays=50, seed=s) for s in (4, 4, 5))
    assert one.identical(two)
    assert not np.array_equal(one["flux"].values, other["flux"].values)
    assert not one.identical(other)


@pytest.mark.parametrize("columns", [("flux",), ["raw_cnts", "flux"], ("flux_err",), ()])
def test_columns_can_be_left_out_and_change_nothing_else(columns):
    everything = simulate_tpf("Kepler", n_cadences=30, cosmic_rays=30)
    some = simulate_tpf("Kepler", n_cadences=30, cosmic_rays=30, columns=columns)
    cubes = {"flux", "flux_err", "flux_bkg", "flux_bkg_err", "raw_cnts"}
    assert set(everything.data_vars) - set(some.data_vars) == cubes - set(columns)
    xr.testing.assert_equal(some, everything[list(some.data_vars)])


def test_blocks_of_cadences_meet_without_a_seam(monkeypatch):
    arguments = {"n_cadences": 100, "events": [Transit(0, 0.7, 3263.1, 0.2, 0.1)], "noise": False}
    whole = simulate_tpf(**arguments, cosmic_rays=30, gaps=[(30, 60)])
    monkeypatch.setattr(exposure, "_BLOCK_VALUES", 121 * 7)
    parts = simulate_tpf(**arguments, cosmic_rays=30, gaps=[(30, 60)])
    for name in whole.data_vars:
        np.testing.assert_allclose(parts[name].values, whole[name].values, rtol=1e-6, err_msg=name)


@settings(max_examples=30, deadline=None)
@given(
    mission=st.sampled_from(["Kepler", "K2", "TESS"]),
    shape=st.one_of(
        st.tuples(st.integers(1, 8), st.integers(1, 8)), st.just((1, 1)), st.just((8, 1))
    ),
    n=st.integers(1, 40),
    seed=st.integers(0, 1000),
)
def test_any_stamp_has_the_agreed_form(mission, shape, n, seed):
    tpf = simulate_tpf(mission, n_cadences=n, shape=shape, seed=seed, cosmic_rays=10)
    assert dict(tpf.sizes) == {"time": n, "row": shape[0], "col": shape[1]}
    assert list(tpf["row"].values) == list(
        range(tpf["row"].values[0], tpf["row"].values[0] + shape[0])
    )
    assert "time" not in tpf.indexes
    for name in ("flux", "flux_err", "flux_bkg", "flux_bkg_err"):
        cube = tpf[name]
        assert cube.dims == ("time", "row", "col") and cube.dtype == np.float32
        assert cube.data.transpose(1, 2, 0).flags.c_contiguous
        assert np.isfinite(cube.values).all()
    for name in ("quality", "cadenceno"):
        assert tpf[name].dtype == np.int32
    assert tpf["aperture"].dtype == np.int32
    assert (tpf["aperture"].values & 2).any()
    assert tpf.attrs["simulated"] is True and "Simulated" in tpf.attrs["object"]


def test_the_truth_is_plain_json():
    tpf = simulate_tpf(
        "Kepler",
        n_cadences=np.int64(5),
        stars=[Star(np.float32(3), np.int16(4), flux=np.float64(10))],
        events=[Eclipse(np.int64(0), np.float32(3), 540, 0.25, 0.5)],
        seed=np.int64(7),
    )
    truth = json.loads(json.dumps(tpf.attrs["truth"]))
    assert truth == tpf.attrs["truth"]
    assert truth["stars"] == [{"row": 3.0, "col": 4.0, "flux": 10.0, "magnitude": None}]
    assert truth["events"][0]["type"] == "Eclipse" and truth["events"][0]["period"] == 3.0
    assert truth["motion"] == {"type": "Drift", "row": 0.05, "col": -0.03}
    assert truth["seed"] == 7


@pytest.mark.parametrize(
    "mission, cadence, seconds, n",
    [
        ("K2", None, 1765.46, 3894),
        ("Kepler", None, 1765.46, 4397),
        ("TESS", None, 120, 19_000),
        ("TESS", "FFI", 1800, 1200),
        ("TESS", "FFI 10 min", 600, 3600),
    ],
)
def test_usual_lengths_and_clocks(mission, cadence, seconds, n):
    tpf = simulate_tpf(mission, cadence=cadence, shape=(1, 1), columns=("flux",))
    assert tpf.sizes["time"] == n
    assert np.diff(tpf["time"].values) * 86400 == pytest.approx(np.full(n - 1, seconds), abs=0.01)
    assert tpf["time"].attrs["time_format"] == ("BTJD" if mission == "TESS" else "BKJD")


# --- the stories -------------------------------------------------------------------------------


def deepest(tpf, period, epoch, duration):
    """Median image in mid-eclipse and out of it, from unflagged cadences."""
    time, good = tpf["time"].values, tpf["quality"].values == 0
    phase = np.abs((time - epoch + period / 2) % period - period / 2)
    flux = tpf["flux"].values.astype(float)
    half = np.abs(phase - period / 2)
    out = good & (phase > duration) & (half > duration)
    return np.median(flux[good & (phase < 0.1 * duration)], 0), np.median(flux[out], 0), flux[out]


def test_the_example_shows_eclipses_of_the_neighbour_above_the_roll():
    tpf = simulate_example()
    assert tpf.sizes["time"] >= 3000 and tpf.attrs["mission"] == "K2"
    assert np.isnan(tpf["time"].values).sum() == 40
    assert (tpf["quality"].values & THRUSTER_FIRING > 0).sum() > 200
    event = tpf.attrs["truth"]["events"][0]
    inside, outside, images = deepest(tpf, event["period"], event["epoch"], event["duration"])
    optimal = tpf["aperture"].values & 2 > 0
    depth = 1 - inside[optimal].sum() / outside[optimal].sum()
    roll = np.ptp(np.percentile(images[:, optimal].sum(axis=1), [1, 99])) / outside[optimal].sum()
    assert 0.03 < depth < 0.06
    assert 0.005 < roll < depth / 2
    neighbour = tpf.attrs["truth"]["stars"][1]
    peak = np.unravel_index(np.argmax(outside - inside), outside.shape)
    assert peak == (round(neighbour["row"]), round(neighbour["col"]))
    assert not optimal[peak]


def test_the_blend_looks_like_a_shallow_transit_of_the_target():
    tpf = simulate_blend()
    event, (target, binary) = (tpf.attrs["truth"][key] for key in ("events", "stars"))
    assert np.hypot(binary["row"] - target["row"], binary["col"] - target["col"]) == pytest.approx(
        4, abs=0.1
    )
    inside, outside, _ = deepest(tpf, event[0]["period"], event[0]["epoch"], event[0]["duration"])
    optimal = tpf["aperture"].values & 2 > 0
    depth = 1 - inside[optimal].sum() / outside[optimal].sum()
    assert 2e-4 < depth < 2e-3  # as a planet's
    lost = outside - inside
    peak = np.unravel_index(np.argmax(lost), lost.shape)
    assert peak == (round(binary["row"]), round(binary["col"]))
    assert not np.isnan(tpf["time"].values).any()


@pytest.mark.parametrize("n", [1, 9, 10, 100])
@pytest.mark.parametrize("story", [simulate_example, simulate_blend])
def test_stories_of_any_length(story, n):
    assert story(n_cadences=n).sizes["time"] == n


# --- bad arguments -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"mission": "Hubble"}, "Hubble"),
        ({"mission": None}, "None"),
        ({"cadence": "2 min"}, "long, short"),
        ({"mission": "TESS", "cadence": "long"}, "20 s"),
        ({"n_cadences": 0}, "n_cadences"),
        ({"n_cadences": -5}, "n_cadences"),
        ({"n_cadences": 10.5}, "n_cadences"),
        ({"shape": (0, 5)}, "shape"),
        ({"shape": 11}, "shape"),
        ({"shape": (3, 4, 5)}, "shape"),
        ({"corner": (1.5, 2)}, "corner"),
        ({"corner": (-1, 2)}, "corner"),
        ({"stars": []}, "at least one Star"),
        ({"stars": [(3, 4)]}, "Star"),
        ({"stars": Star(1, 1, flux=1)}, "list"),
        ({"events": [Transit(1, 2.0, 0.0, 0.1, 0.1)]}, "no star 1"),
        ({"events": [Transit(-1, 2.0, 0.0, 0.1, 0.1)]}, "star"),
        ({"events": [Transit(0.5, 2.0, 0.0, 0.1, 0.1)]}, "star"),
        ({"events": ["transit"]}, "Transits"),
        ({"motion": "roll"}, "motion"),
        ({"motion": np.zeros((3, 2)), "n_cadences": 4}, "motion"),
        ({"motion": np.full((4, 2), np.nan), "n_cadences": 4}, "motion"),
        ({"background": -1}, "background"),
        ({"background": "much"}, "background"),
        ({"cosmic_rays": float("nan")}, "cosmic_rays"),
        ({"gaps": [(5, 5)]}, "gap"),
        ({"gaps": [(-2, 5)]}, "gap"),
        ({"gaps": [(5, 10_000)]}, "gap"),
        ({"gaps": [5]}, "gap"),
        ({"gaps": 5}, "gaps"),
        ({"start": float("inf")}, "start"),
        ({"prf": []}, "prf"),
        ({"prf": [(1, 0)]}, "prf"),
        ({"prf": 0.7}, "prf"),
        ({"aperture": np.ones((2, 2), bool)}, "aperture"),
        ({"aperture": np.full((11, 11), 2)}, "aperture"),
        ({"columns": ("flux", "fluxx")}, "columns"),
        ({"columns": "flux"}, "columns"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(TPFError, match=message):
        simulate_tpf(**{"n_cadences": 20} | arguments)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Star(1, 1),
        lambda: Star(1, 1, flux=5, magnitude=3),
        lambda: Star(1, 1, flux=-5),
        lambda: Star(np.nan, 1, flux=5),
        lambda: Star("1", 1, flux=5),
        lambda: Star(1, 1, magnitude=-1000),
        lambda: Transit(0, -2, 0, 0.1, 0.1),
        lambda: Transit(0, 2, 0, 3, 0.1),
        lambda: Transit(0, 2, np.nan, 0.1, 0.1),
        lambda: Transit(0, 2, 0, 0.1, 1.1),
        lambda: Transit(0, 2, 0, 0.1, 0.1, ingress=0.6),
        lambda: Eclipse(0, 2, 0, 0.1, 0.1, secondary_depth=2),
        lambda: Roll(period=0),
        lambda: Roll(amplitude=np.inf),
        lambda: Drift(row=np.nan),
        lambda: star_light_curve(xr.Dataset()),
        lambda: star_light_curve(simulate_tpf(n_cadences=2), 1),
        lambda: star_light_curve(simulate_tpf(n_cadences=2), -1),
    ],
)
def test_bad_pieces(make):
    with pytest.raises(TPFError):
        make()
