"""Injected events against the truth: what the pixels gain or lose, and what is said about it."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

import tpfdash
from tests.test_simulate_artefacts import ONE_OF_EACH
from tpfdash import inject
from tpfdash.errors import TPFError
from tpfdash.simulate import (
    AttitudeTweak,
    CosmicRay,
    Drift,
    Flare,
    Jitter,
    MovingObject,
    RollingBand,
    ScatteredLight,
    SensitivityDropout,
    Star,
    ThermalSlope,
    Transit,
    learn_scene,
    simulate_tpf,
)
from tpfdash.stamp import blocks
from tpfdash.stamp.prf import MoffatPRF

N, START = 400, 3263.0
DAY = 1765.4628 / 86400
STARS = [Star(5.2, 4.9, flux=4e4), Star(8.1, 1.7, flux=1.5e4)]
PRF = [(1.0, 0.75)]


def make(mission="K2", **arguments):
    arguments = {
        "n_cadences": N,
        "stars": STARS,
        "prf": PRF,
        "start": START,
        "shape": (11, 10),
    } | arguments
    return simulate_tpf(mission, **arguments)


@pytest.fixture(scope="module")
def tpf():
    return make()


def when(cadence):
    return START + cadence * DAY


def difference(after, before):
    """float64 (time, row, col)."""
    return after["flux"].values.astype(float) - before["flux"].values.astype(float)


def changed(values, least=0.0):
    return np.flatnonzero(np.abs(np.nan_to_num(values)).max(axis=(1, 2)) > least)


DIP = Transit(0, None, when(200), 10.5 * DAY, 0.02, 0.0)  # eleven cadences


# --- the target --------------------------------------------------------------------------------


def test_a_transit_takes_its_depth_of_the_targets_light_alone(tpf):
    """Against the same file, simulated with the transit in it, from the same noise."""
    expected = difference(make(events=[DIP], noise=False), make(noise=False))
    lost = difference(inject(tpf, DIP, prf=PRF), tpf)
    np.testing.assert_array_equal(changed(lost), np.arange(195, 206))
    total = lost.sum(axis=(1, 2))[195:206]
    np.testing.assert_allclose(total, -0.02 * 4e4, rtol=0.02)
    # Each cadence where the roll has its star, and the neighbour not at all.
    np.testing.assert_allclose(lost[195:206], expected[195:206], atol=0.015 * 800)
    aperture = tpf["aperture"].values & 2 > 0
    np.testing.assert_allclose(
        lost[:, aperture].sum(axis=1), expected[:, aperture].sum(axis=1), atol=0.02 * 800
    )


def test_the_truth_tells_the_target_and_the_cadences(tpf):
    made = inject(tpf, [DIP, CosmicRay(when(30), [(1, 2)], 500)], prf=PRF, seed=4)
    (truth,) = made.attrs["injected"]
    assert truth["target"]["row"] == pytest.approx(5.2, abs=0.02)
    assert truth["target"]["col"] == pytest.approx(4.9, abs=0.02)
    assert truth["target"]["flux"] == pytest.approx(4e4, rel=0.02)
    assert [event["type"] for event in truth["events"]] == ["Transit", "CosmicRay"]
    assert [event["cadences"] for event in truth["events"]] == [[195, 205], [30, 30]]
    assert truth["events"][0]["depth"] == 0.02 and truth["events"][1]["pixels"] == [[1, 2]]
    assert truth["corner"] == [796, 740] and truth["seed"] == 4 and truth["prf"] == [[1.0, 0.75]]
    twice = inject(made, Flare(0, when(100), 0.1, 0, DAY))
    assert len(twice.attrs["injected"]) == 2 and twice.attrs["injected"][0] == truth


def test_a_saturated_targets_transit_is_seen_at_the_ends_of_its_bleed():
    stars = [Star(7, 4, flux=1.2e6)]
    arguments = dict(n_cadences=150, stars=stars, motion=Drift(), shape=(15, 9), saturation=1.7e5)
    event = Transit(0, None, START + 75 * DAY, 10 * DAY, 0.01, 0.0)
    before = make("Kepler", **arguments)
    lost = difference(before, inject(before, event))[75]
    assert lost.sum() == pytest.approx(1.2e4, rel=0.02)
    full = before["flux"].values[75] > 1.6e5
    assert full.sum() >= 3 and not lost[full].any()
    expected = difference(
        make("Kepler", **arguments, noise=False),
        make("Kepler", **arguments, noise=False, events=[event]),
    )[75]
    assert lost[:, 4].argmax() in np.argsort(expected[:, 4])[-2:]


# --- neighbours, light, pixels -----------------------------------------------------------------


@pytest.mark.parametrize("row, col", [(2.3, 7.4), (-0.9, 4.0)])
def test_a_neighbour_changes_by_the_prf_at_its_place(tpf, row, col):
    event = Transit(Star(row, col, flux=5000), None, when(200), 10.5 * DAY, 0.4, 0.0)
    lost = difference(inject(tpf, event, prf=PRF), tpf)
    expected = difference(
        make(noise=False, motion=Drift(), stars=[Star(row, col, flux=3000)]),
        make(noise=False, motion=Drift(), stars=[Star(row, col, flux=5000)]),
    )[0]
    np.testing.assert_allclose(lost[195:206], np.broadcast_to(expected, (11, 11, 10)), atol=0.01)
    assert changed(lost).size == 11


def test_rays_hit_the_named_pixels_and_objects_go_their_way(tpf):
    ray = difference(inject(tpf, CosmicRay(when(30), [(1, 2), (2, 2)], [5000, 800])), tpf)
    assert [tuple(place) for place in np.argwhere(ray)] == [(30, 1, 2), (30, 2, 2)]
    assert ray[30, 1, 2] == pytest.approx(5000, abs=5 * np.sqrt(5000 / 1625))
    event = MovingObject(when(200), 5.5, 4.5, 3, -2, 1e5)
    light = difference(inject(tpf, event, prf=PRF), tpf)
    rows, cols = np.indices((11, 10))
    for cadence in range(180, 221, 4):
        image, days = light[cadence], (cadence - 200) * DAY
        assert (image * rows).sum() / image.sum() == pytest.approx(5.5 + 3 * days, abs=0.02)
        assert (image * cols).sum() / image.sum() == pytest.approx(4.5 - 2 * days, abs=0.02)


def test_added_light_brings_its_photon_noise():
    before = make(n_cadences=3000)
    event = ScatteredLight(when(0), when(2999), 1e5)
    light = difference(inject(before, event, seed=2), before)
    phase = (np.arange(3000) + 0.5) / 3000
    level = 1e5 * np.sin(np.pi * phase) ** 2
    pull = (light - level[:, None, None]) / np.sqrt(level / 1625.346)[:, None, None]
    assert pull[100:-100].std() == pytest.approx(1, abs=0.02)


def test_light_that_is_lost_leaves_the_noise_that_was_there(tpf):
    one, two = (inject(tpf, DIP, seed=seed) for seed in (1, 2))
    np.testing.assert_array_equal(one["flux"].values, two["flux"].values)


def test_a_dropout_scales_all_that_its_pixel_holds(tpf):
    event = SensitivityDropout(when(300), [(5, 5)], 0.3, recovered=0.0)
    made = inject(tpf, event)
    held = tpf["flux"].values + tpf["flux_bkg"].values
    lost = difference(made, tpf)
    np.testing.assert_allclose(lost[300:, 5, 5], -0.3 * held[300:, 5, 5], rtol=1e-3)
    lost[300:, 5, 5] = 0
    assert not lost.any()


# --- pointing ----------------------------------------------------------------------------------


def test_a_step_within_the_roll_is_learned_from_pos_corr(tpf):
    """Along the roll, from where the file has pointed to where it has: as the truth has it."""
    angle = np.radians(20)
    path = tpf["pos_corr1"].values / np.cos(angle)
    fired = tpf["quality"].values > 0
    begin = next(n for n in range(150, 250) if path[n] < -0.1 and not fired[n : n + 4].any())
    event = AttitudeTweak(when(begin), 0.15 * np.sin(angle), 0.15 * np.cos(angle), when(begin + 2))
    made = inject(tpf, event, prf=PRF)
    assert made.attrs["injected"][0]["pointing"] == "POS_CORR"
    expected = difference(make(events=[event], noise=False), make(noise=False))
    span = slice(begin, begin + 3)
    assert changed(difference(made, tpf)).tolist() == list(range(begin, begin + 3))
    size = np.abs(expected[span]).max()
    np.testing.assert_allclose(difference(made, tpf)[span], expected[span], atol=0.05 * size)
    moved = made["pos_corr1"].values - tpf["pos_corr1"].values
    np.testing.assert_allclose(moved[span], 0.15 * np.cos(angle), atol=1e-6)


@pytest.mark.parametrize(
    "event",
    [
        AttitudeTweak(when(200), 0.4, -0.6),
        Jitter(when(200), when(230), 0.5),
        ThermalSlope(when(200), 0.5, width=0.2),
        ThermalSlope(when(200), 0.5, sensitivity=0.03),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_the_file_never_did_is_what_the_prf_says(tpf, event):
    made = inject(tpf, event, prf=PRF)
    assert made.attrs["injected"][0]["pointing"] in ("PRF", None)
    expected = difference(make(events=[event], noise=False), make(noise=False))
    error = np.abs(difference(made, tpf) - expected)[200:230]
    # The PRF's scene stays at its mean place, where the roll of the file does not.
    assert np.median(error.max(axis=(1, 2))) < 0.15 * np.abs(expected).max()
    assert not difference(made, tpf)[:200].any()


@pytest.mark.parametrize("size", [1e-7, 0.02])
def test_across_a_straight_path_the_prf_says_what_moves(size):
    """A file that only ever pointed along a line teaches nothing of what is beside it."""
    drift = {"mission": "Kepler", "n_cadences": 400, "motion": Drift(0.06, 0.08)}
    before = make(**drift)
    event = AttitudeTweak(when(200), 0.8 * size, -0.6 * size, when(205))
    changes = difference(inject(before, event, prf=PRF), before)[200:206]
    expected = difference(make(events=[event], noise=False, **drift), make(noise=False, **drift))
    # A shift of 1e-7 pixel changes less than float32 can show.
    np.testing.assert_allclose(changes, expected[200:206], atol=0.1 * np.abs(expected).max() + 0.02)


def test_pos_corr_stays_where_it_is_not_to_know(tpf):
    made = inject(tpf, AttitudeTweak(when(200), 0.4, -0.6, measured=False))
    xr.testing.assert_identical(made["pos_corr1"], tpf["pos_corr1"])


# --- flags, side columns, what stays -----------------------------------------------------------

RAY = CosmicRay(when(30), [(5, 5)], 5000)


def test_flags_are_set_or_withheld(tpf):
    made = inject(tpf, RAY)
    expected = tpf["quality"].values.copy()
    expected[30] |= 128
    np.testing.assert_array_equal(made["quality"].values, expected)
    xr.testing.assert_identical(inject(tpf, RAY, flags=False)["quality"], tpf["quality"])


def test_a_known_band_raises_the_levels_that_the_file_has():
    before = make("Kepler", events=[RollingBand(START, START + 0.2, 2, 1, 5)])
    band = RollingBand(when(100), when(160), 6, 0.8, 30)
    made = inject(before, band)
    level, old = (each["rb_level"].values[..., 0] for each in (made, before))
    assert level[130].argmax() == 6 and level[130, 6] == pytest.approx(30 / 1.3536, rel=0.01)
    np.testing.assert_array_equal(level[:90], old[:90])
    hidden = inject(before, RollingBand(when(100), when(160), 6, 0.8, 30, known=False))
    xr.testing.assert_identical(hidden["rb_level"], before["rb_level"])
    assert "rb_level" not in inject(make("Kepler"), band)


@pytest.mark.parametrize("name", ONE_OF_EACH)
@pytest.mark.parametrize("mission", ["Kepler", "K2", "TESS"])
def test_each_kind_goes_into_each_mission_and_leaves_the_input(mission, name):
    before = simulate_tpf(mission, start=539.9, n_cadences=900 if mission == "TESS" else 60)
    kept = before.copy(deep=True)
    one, two = (inject(before, ONE_OF_EACH[name], seed=5) for _ in range(2))
    xr.testing.assert_identical(before, kept)
    xr.testing.assert_identical(one, two)
    assert one["flux"].dtype == np.float32
    assert one["flux"].data.transpose(1, 2, 0).flags.c_contiguous
    assert np.isfinite(one["flux"].values).all() and (one["flux"] != before["flux"]).any()
    assert "injected" not in before.attrs
    tpfdash.Inspector(one)


def test_blocks_of_cadences_meet_without_a_seam(monkeypatch, tpf):
    events = [
        DIP,
        ScatteredLight(when(50), when(300), 500),
        SensitivityDropout(when(9), [(5, 4)], 0.1),
    ]
    whole = inject(tpf, events)
    monkeypatch.setattr(blocks, "_IN_MEMORY", 110 * 4 * 7)
    np.testing.assert_allclose(inject(tpf, events)["flux"].values, whole["flux"].values, rtol=1e-6)


def test_a_lazy_file_gives_the_same(tmp_path, tpf):
    path = tpfdash.write_tpf(tpf, tmp_path / "file.fits")
    lazy = tpfdash.open_tpf(path)
    events = [DIP, Jitter(when(50), when(60), 0.2)]
    one, two = (inject(each, events, prf=PRF) for each in (lazy, tpf))
    np.testing.assert_allclose(one["flux"].values, two["flux"].values, rtol=1e-5, atol=1e-2)


def test_gaps_stay_gaps():
    before = make(gaps=[(190, 200)])
    made = inject(before, DIP)
    assert np.isnan(made["flux"].values[190:200]).all()
    np.testing.assert_array_equal(changed(difference(made, before)), np.arange(200, 206))


def test_a_scene_learned_once_serves_again(tpf):
    scene = learn_scene(tpf, MoffatPRF(1.2))
    lost = difference(inject(tpf, DIP, prf=MoffatPRF(1.2), scene=scene), tpf)
    assert lost.sum() == pytest.approx(-11 * 800, rel=0.05)
    half = dataclasses.replace(scene, share=scene.share / 2)  # it is this scene that is asked
    less = difference(inject(tpf, DIP, prf=MoffatPRF(1.2), scene=half), tpf)
    np.testing.assert_allclose(less, lost / 2, atol=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (8, 1), (1, 6), (3, 3)])
def test_tiny_stamps(shape):
    before = simulate_tpf("K2", n_cadences=40, shape=shape, start=START)
    made = inject(
        before, [Transit(0, None, when(20), 5.5 * DAY, 0.1, 0), AttitudeTweak(when(30), 0.1, 0)]
    )
    assert np.isfinite(made["flux"].values).all()
    assert (difference(made, before)[20].sum() / before["flux"].values[20].sum()) == pytest.approx(
        -0.1, abs=0.02
    )


# --- real files --------------------------------------------------------------------------------


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name, bright",
    [
        ("kplr006922244-2009166043257_lpd-targ.fits", 1),
        ("kplr011904151-2010009091648_lpd-targ.fits", 1),
        ("ktwo211983544-c18_lpd-targ.fits", 1),
        ("ktwo210994964-c04_lpd-targ.fits.gz", 0.6),
        ("tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits", 0.6),
    ],
)
def test_transits_go_into_real_files(data_file, name, bright):
    """The aperture loses the depth, where it holds little but the target's light."""
    before = tpfdash.open_tpf(data_file(name))
    time = before["time"].values
    at = int(np.flatnonzero((before["quality"].values == 0) & np.isfinite(time))[300])
    made = inject(before, Transit(0, None, time[at], 0.15, 0.01, 0.0), flags=False)
    lost = -np.nan_to_num(difference(made, before)[at])
    image = np.nan_to_num(np.median(np.nan_to_num(before["flux"].values[::9]), axis=0))
    mask = before["aperture"].values & 2 > 0
    mask = mask if mask.any() else image > 0.3 * image.max()
    share = lost[mask].sum() / image[mask].sum()
    assert 0.01 * bright * 0.93 < share < 0.0108
    assert (lost >= 0).all()
    assert made.attrs["simulated"] is False and made.attrs["injected"]


@pytest.mark.realdata
def test_an_injected_transit_looks_like_the_real_one(data_file):
    """Kepler-8's own transits, as a difference image, against one that is injected beside them."""
    before = tpfdash.open_tpf(data_file("kplr006922244-2009166043257_lpd-targ.fits"))
    flux = before["flux"].values.astype(float)
    alive = np.isfinite(flux).any(axis=0)
    rows = [(179, 183), (351, 355), (524, 528), (696, 700), (868, 872), (1213, 1217), (1386, 1389)]

    def mean(cadences):
        return np.nanmean(flux[cadences][:, alive], axis=0)

    real = [mean(np.r_[a - 10 : a - 3, b + 4 : b + 11]) - mean(np.r_[a : b + 1]) for a, b in rows]
    time = before["time"].values
    made = inject(before, Transit(0, None, time[1100], 0.1, 0.01, 0.0))
    ours = -difference(made, before)[1100][alive]
    assert np.corrcoef(np.mean(real, axis=0), ours)[0, 1] > 0.995


# --- what is said ------------------------------------------------------------------------------


def test_files_say_that_events_were_injected(tmp_path, tpf):
    made = inject(tpf, DIP)
    made.attrs["simulated"] = False
    back = tpfdash.open_tpf(tpfdash.write_tpf(made, tmp_path / "file.fits"))
    assert back.attrs["injected"] == [{}] and back.attrs["simulated"] is False
    again = inject(back, DIP)
    assert len(again.attrs["injected"]) == 2
    plain = tpfdash.open_tpf(tpfdash.write_tpf(tpf, tmp_path / "plain.fits"))
    assert "injected" not in plain.attrs


# --- bad arguments -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"tpf": 5}, "int"),
        ({"events": []}, "at least one"),
        ({"events": "transit"}, "at least one event"),
        ({"events": [5]}, "at least one event"),
        ({"events": Transit(1, None, when(9), 0.2, 0.1)}, "no star 1"),
        ({"events": Transit(Star(1, 1, magnitude=9), None, when(9), 0.2, 0.1)}, "flux"),
        ({"events": CosmicRay(3000, [(1, 1)], 5)}, "3263.0000"),
        ({"events": CosmicRay(when(9), [(11, 1)], 5)}, "11 x 10"),
        ({"prf": "sharp"}, "prf"),
        ({"seed": -1}, "seed"),
        ({"seed": 0.5}, "seed"),
        ({"scene": 5}, "scene should be"),
    ],
)
def test_bad_arguments(tpf, arguments, message):
    arguments = {"tpf": tpf, "events": DIP} | arguments
    with pytest.raises(TPFError, match=message):
        inject(arguments.pop("tpf"), arguments.pop("events"), **arguments)


def test_a_scene_of_another_file(tpf):
    scene = learn_scene(make(n_cadences=50), PRF)
    with pytest.raises(TPFError, match="scene should be"):
        inject(tpf, DIP, scene=scene)


def test_files_that_show_no_stars(tpf):
    with pytest.raises(TPFError, match="int"):
        learn_scene(5, PRF)
    empty = tpf.assign(flux=tpf["flux"] * np.nan)
    with pytest.raises(TPFError, match="has a value"):
        inject(empty, DIP)
