"""Each artefact against what plain numpy says that it does to a noiseless stamp."""

import json

import numpy as np
import pytest

from tpfdash.errors import TPFError
from tpfdash.simulate import (
    KINDS,
    Argabrightening,
    AttitudeTweak,
    CollateralRay,
    CosmicRay,
    Drift,
    Eclipse,
    Flare,
    GuidancePattern,
    Jitter,
    MovingObject,
    Pulsation,
    RollingBand,
    ScatteredLight,
    SensitivityDropout,
    Smear,
    Star,
    ThermalSlope,
    ThrusterFiring,
    Transit,
    VideoCrosstalk,
    simulate_tpf,
    star_light_curve,
)

N, SHAPE, START = 120, (13, 15), 540.0
DAY = 1765.4628 / 86400  # a cadence
SIGMA = 0.8
STARS = [Star(6.2, 7.1, flux=1e5), Star(10, 3, flux=1e4)]


def when(cadence):
    return START + cadence * DAY


def simulate(events=(), mission="Kepler", **arguments):
    arguments = {
        "n_cadences": N,
        "shape": SHAPE,
        "start": START,
        "stars": STARS,
        "motion": Drift(),
        "prf": [(1, SIGMA)],
        "background": 100,
        "noise": False,
    } | arguments
    return simulate_tpf(mission, events=events, **arguments)


@pytest.fixture(scope="module")
def quiet():
    return simulate()["flux"].values.astype(float)


def change(event, quiet, **arguments):
    """What an event, or several, changed: float64 (time, row, col)."""
    events = event if isinstance(event, list) else [event]
    return simulate(events, **arguments)["flux"].values.astype(float) - quiet


def changed(difference, least=1e-2):
    return np.flatnonzero(np.abs(difference).max(axis=(1, 2)) > least)


def place(image):
    rows, cols = np.indices(image.shape)
    return np.array([(image * rows).sum(), (image * cols).sum()]) / image.sum()


# --- stars -------------------------------------------------------------------------------------


def test_a_flare_rises_straight_and_decays_exponentially(quiet):
    tpf = simulate([Flare(1, when(50), 0.5, 10 * DAY, 4 * DAY)])
    light = star_light_curve(tpf, 1) / 1e4 - 1
    t = np.arange(N) - 50.0
    expected = 0.5 * np.where(t < 0, np.clip(1 + t / 10, 0, None), np.exp(-t / 4))
    np.testing.assert_allclose(light, expected, atol=3e-5)  # it ends after ten decays
    difference = tpf["flux"].values[50] - quiet[50]
    assert difference.sum() == pytest.approx(5e3, rel=2e-3)
    np.testing.assert_allclose(place(difference), [10, 3], atol=0.02)
    assert (star_light_curve(tpf, 0) == 1e5).all()


def test_a_pulsation_is_a_cosine_of_its_star_alone(quiet):
    difference = change(Pulsation(1, 8 * DAY, when(3), 0.05), quiet)
    crest = difference[11]
    assert crest.sum() == pytest.approx(500, rel=2e-3)
    np.testing.assert_allclose(place(crest), [10, 3], atol=0.02)
    wave = np.cos(2 * np.pi * (np.arange(N) - 3) / 8)
    np.testing.assert_allclose(difference, wave[:, None, None] * crest, atol=0.05)


def test_a_single_event_happens_once():
    events = [Transit(0, None, when(50), 8.5 * DAY, 0.1, 0.0), Eclipse(1, None, when(90), DAY, 1)]
    tpf = simulate(events)
    np.testing.assert_array_equal(np.flatnonzero(star_light_curve(tpf) < 9.9e4), np.arange(46, 55))
    np.testing.assert_array_equal(np.flatnonzero(star_light_curve(tpf, 1) < 9.9e3), [90])


# --- pointing ----------------------------------------------------------------------------------


def test_a_tweak_moves_all_stars_until_it_ends(quiet):
    event = AttitudeTweak(when(40), 0.3, -0.2, stop=when(69))
    tpf = simulate([event], stars=STARS[:1])
    flux = tpf["flux"].values.astype(float)
    for cadence in range(N):
        expected = [6.5, 6.9] if 40 <= cadence < 70 else [6.2, 7.1]
        np.testing.assert_allclose(place(flux[cadence]), expected, atol=2e-3)
    np.testing.assert_allclose(tpf["pos_corr2"].values[[39, 40, 69, 70]], [0, 0.3, 0.3, 0])
    np.testing.assert_allclose(tpf["pos_corr1"].values[[39, 40, 69, 70]], [0, -0.2, -0.2, 0])


def test_pos_corr_may_be_kept_from_knowing():
    tpf = simulate([AttitudeTweak(when(40), 0.3, -0.2, measured=False)])
    assert not tpf["pos_corr1"].values.any() and not tpf["pos_corr2"].values.any()


def test_a_firing_smears_one_cadence_and_leaves_a_step_that_drifts_back():
    event = ThrusterFiring(when(30), 0.0, 0.6, back=20 * DAY)
    flux = simulate([event], stars=STARS[:1])["flux"].values.astype(float)
    cols = np.arange(SHAPE[1])
    profile = flux.sum(axis=1) / flux.sum(axis=(1, 2))[:, None]
    mean = (profile * cols).sum(axis=1)
    width = (profile * (cols - mean[:, None]) ** 2).sum(axis=1) - SIGMA**2 - 1 / 12
    t = np.arange(N) - 30.0
    expected = 0.6 * np.where(t < 0, 0, np.where(t == 0, 0.5, np.clip(1 - t / 20, 0, 1)))
    np.testing.assert_allclose(mean - 7.1, expected, atol=2e-3)
    np.testing.assert_allclose(width, np.where(t == 0, 0.3**2, 0), atol=3e-3)


def test_jitter_blurs_and_wanders():
    event = Jitter(when(30), when(99), blur=0.4, wander=0.2, seed=3)
    tpf = simulate([event], stars=STARS[:1])
    flux = tpf["flux"].values.astype(float)
    rows = np.arange(SHAPE[0])
    profile = flux.sum(axis=2) / flux.sum(axis=(1, 2))[:, None]
    mean = (profile * rows).sum(axis=1)
    width = (profile * (rows - mean[:, None]) ** 2).sum(axis=1) - SIGMA**2 - 1 / 12
    inside = (np.arange(N) >= 30) & (np.arange(N) < 100)
    np.testing.assert_allclose(width, np.where(inside, 0.4**2, 0), atol=0.01)
    assert (mean[inside] - 6.2).std() == pytest.approx(0.2, rel=0.25)
    np.testing.assert_allclose(mean[~inside], 6.2, atol=2e-3)
    np.testing.assert_allclose(tpf["pos_corr2"].values, mean - 6.2, atol=5e-3)


def test_a_thermal_slope_settles_exponentially():
    event = ThermalSlope(when(20), 30 * DAY, width=0.25, sensitivity=-0.02)
    flux = simulate([event], stars=STARS[:1])["flux"].values.astype(float)
    t = np.arange(N) - 20.0
    left = np.where(t >= 0, np.exp(-t / 30), 0)
    np.testing.assert_allclose(flux.sum(axis=(1, 2)), 1e5 * (1 - 0.02 * left), rtol=1e-4)
    rows = np.arange(SHAPE[0])
    profile = flux.sum(axis=2) / flux.sum(axis=(1, 2))[:, None]
    mean = (profile * rows).sum(axis=1)
    width = (profile * (rows - mean[:, None]) ** 2).sum(axis=1) - 1 / 12
    np.testing.assert_allclose(np.sqrt(width), SIGMA * (1 + 0.25 * left), atol=3e-3)


# --- light -------------------------------------------------------------------------------------


def test_a_cosmic_ray_hits_the_named_pixels_in_one_cadence(quiet):
    difference = change(CosmicRay(when(33) + 0.4 * DAY, [(2, 3), (3, 3)], [500, 80]), quiet)
    expected = np.zeros_like(quiet)
    expected[33, 2, 3], expected[33, 3, 3] = 500, 80
    np.testing.assert_allclose(difference, expected, atol=0.01)


@pytest.mark.parametrize("axis, line", [("column", 4), ("row", 12)])
def test_a_collateral_ray_is_the_same_in_the_whole_line(quiet, axis, line):
    difference = change(CollateralRay(when(33), axis, line, -40), quiet)
    expected = np.zeros_like(quiet)
    expected[33, :, line] = -40 if axis == "column" else 0
    if axis == "row":
        expected[33, line] = -40
    np.testing.assert_allclose(difference, expected, atol=0.01)


def test_smear_is_the_same_in_all_rows_for_as_long_as_it_lasts(quiet):
    expected = np.zeros_like(quiet)
    expected[20:31, :, 9] = 25
    np.testing.assert_allclose(change(Smear(when(20), when(30), 9, 25), quiet), expected, atol=0.01)


def test_a_rolling_band_is_the_same_in_all_columns_and_drifts(quiet):
    difference = change(RollingBand(when(20), when(80), 6, 1.2, 50, drift=2.0), quiet)
    assert np.ptp(difference, axis=2).max() < 0.02
    assert set(changed(difference)) <= set(range(20, 81))
    assert difference.max() == pytest.approx(50, rel=0.02)
    rows = np.arange(SHAPE[0])
    for cadence in (35, 50, 65):
        profile = difference[cadence, :, 0]
        middle = (profile * rows).sum() / profile.sum()
        assert middle == pytest.approx(6 + 2.0 * (cadence - 50) * DAY, abs=0.05)


def test_an_argabrightening_lights_all_pixels_at_once(quiet):
    difference = change(Argabrightening(when(20), when(21), 30, tilt_row=0.4), quiet)
    np.testing.assert_array_equal(changed(difference), [20, 21])
    rows = (np.arange(13) - 6) / 13
    expected = np.broadcast_to(30 * (1 + 0.4 * rows[:, None]), SHAPE)
    np.testing.assert_allclose(difference[20], expected, atol=0.01)


def test_scattered_light_is_a_plane_that_comes_and_goes(quiet):
    difference = change(ScatteredLight(when(20), when(60), 30, tilt_col=1.0), quiet)
    level = difference.mean(axis=(1, 2))
    assert level.argmax() == 40 and level[40] == pytest.approx(30, abs=0.01)
    assert (np.diff(level[19:41]) > 0).all() and (np.diff(level[40:62]) < 0).all()
    assert np.abs(np.diff(difference[40], n=2, axis=1)).max() < 0.03


def test_a_moving_object_is_where_it_should_be_in_each_cadence(quiet):
    event = MovingObject(when(60), 6.5, 7.0, 2.0, -1.0, flux=3000)
    difference = change(event, quiet)
    for cadence in range(30, 91, 5):
        days = (cadence - 60) * DAY
        assert difference[cadence].sum() == pytest.approx(3000, rel=0.01)
        np.testing.assert_allclose(
            place(difference[cadence]), [6.5 + 2 * days, 7 - days], atol=0.01
        )


def test_a_fast_object_is_trailed(quiet):
    speed = 1.5 / DAY  # pixels a cadence, in a day
    difference = change(MovingObject(when(60), 6, 7, speed, 0.0, 3000), quiet)[60]
    rows = np.arange(SHAPE[0])
    profile = difference.sum(axis=1) / difference.sum()
    width = (profile * (rows - 6) ** 2).sum() - SIGMA**2 - 1 / 12
    assert width == pytest.approx(1.5**2 / 12, rel=0.02)


def test_a_ghost_moves_and_may_be_negative(quiet):
    difference = change(VideoCrosstalk(when(20), when(60), 4, 9, -200, d_row=3.0), quiet)
    assert changed(difference)[[0, -1]].tolist() == [20, 60]
    assert difference[20].sum() == pytest.approx(-200, rel=0.01)
    np.testing.assert_allclose(place(difference[60]), [4 + 3 * 40 * DAY, 9], atol=0.02)


def test_a_guidance_pattern_repeats_over_the_rows_and_moves(quiet):
    difference = change(GuidancePattern(when(20), when(60), 2, 12, spacing=5, drift=1 / DAY), quiet)
    expected = np.zeros(SHAPE[0])
    expected[[2, 7, 12]] = 12
    np.testing.assert_allclose(difference[20], np.repeat(expected[:, None], 15, 1), atol=0.01)
    expected[:] = 0
    expected[[3, 8]] = 12
    np.testing.assert_allclose(difference[21], np.repeat(expected[:, None], 15, 1), atol=0.01)


# --- pixels ------------------------------------------------------------------------------------


def test_a_dropout_takes_its_pixels_alone_and_recovers_in_part(quiet):
    event = SensitivityDropout(when(30), [(6, 7)], 0.3, recovered=0.6, decay=10 * DAY)
    tpf = simulate([event])
    difference = tpf["flux"].values - quiet
    t = np.arange(N) - 30.0
    lost = np.where(t >= 0, 0.3 * (1 - 0.6 * (1 - np.exp(-t / 10))), 0)
    seen = quiet[:, 6, 7] + tpf["flux_bkg"].values[:, 6, 7]
    np.testing.assert_allclose(difference[:, 6, 7], -lost * seen, atol=0.05)
    difference[:, 6, 7] = 0
    assert np.abs(difference).max() < 0.01


# --- together ----------------------------------------------------------------------------------


def test_events_add_up_in_any_order(quiet):
    events = [
        CosmicRay(when(33), [(2, 3)], 500),
        Flare(0, when(33), 0.1, 0.0, DAY),
        CollateralRay(when(33), "row", 2, 7),
        MovingObject(when(33), 5, 5, 1, 1, 900),
    ]
    one_by_one = sum(change(event, quiet) for event in events)
    np.testing.assert_allclose(change(events, quiet), one_by_one, atol=0.05)
    np.testing.assert_allclose(change(events[::-1], quiet), one_by_one, atol=0.05)


def test_added_light_has_photon_noise():
    event = Argabrightening(when(0), when(N), 5e4)
    tpf = simulate([event], stars=[Star(6, 7, flux=0)], noise=True)
    error = np.sqrt((5e4 + 100) / 1625.346 + 270 * (100 / 1625.346) ** 2)
    assert tpf["flux"].values.std() == pytest.approx(error, rel=0.02)
    np.testing.assert_allclose(tpf["flux_err"].values, error, rtol=2e-3)


ONE_OF_EACH = {
    "Transit": Transit(0, None, 540.0, 0.2, 0.1),
    "Eclipse": Eclipse(0, 2.0, 540.0, 0.2, 0.1),
    "Flare": Flare(0, 540.0, 0.1, 0.01, 0.1),
    "Pulsation": Pulsation(0, 0.7, 540.0, 0.1),
    "AttitudeTweak": AttitudeTweak(540.2, 0.1, 0.1),
    "ThrusterFiring": ThrusterFiring(540.2, 0.1, 0.1),
    "Jitter": Jitter(540.2, 540.4, 0.1),
    "ThermalSlope": ThermalSlope(540.2, 1.0, 0.1),
    "CosmicRay": CosmicRay(540.2, ((1, 2),), 50),
    "CollateralRay": CollateralRay(540.2, "row", 1, 50),
    "Smear": Smear(540.2, 540.4, 1, 50),
    "RollingBand": RollingBand(540.2, 540.4, 1, 1, 50),
    "Argabrightening": Argabrightening(540.2, 540.4, 50),
    "ScatteredLight": ScatteredLight(540.2, 540.4, 50),
    "MovingObject": MovingObject(540.2, 1, 1, 1, 1, 50),
    "VideoCrosstalk": VideoCrosstalk(540.2, 540.4, 1, 1, 50),
    "GuidancePattern": GuidancePattern(540.2, 540.4, 1, 50),
    "SensitivityDropout": SensitivityDropout(540.2, [(1, 2)], 0.5),
}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_comes_back_from_the_truth(name):
    event = ONE_OF_EACH[name]
    truth = json.loads(json.dumps(simulate([event], n_cadences=30).attrs["truth"]["events"]))
    (numbers,) = truth
    assert KINDS[numbers.pop("type")](**numbers) == event


@pytest.mark.parametrize(
    "make",
    [
        lambda: Transit(0, None, np.nan, 0.1, 0.1),
        lambda: Transit(0, None, 0, 0.0, 0.1),
        lambda: Eclipse(0, None, 0, 0.1, 0.1, secondary_depth=0.1),
        lambda: Flare(0, 0, -1, 0, 1),
        lambda: Flare(0, 0, 1, 0, 0),
        lambda: Pulsation(0, 0, 0, 0.1),
        lambda: Pulsation(0, 1, 0, 1.1),
        lambda: Pulsation(0, 1, np.nan, 0.1),
        lambda: AttitudeTweak(0, np.nan, 0),
        lambda: AttitudeTweak(0, 1, 0, stop=-1),
        lambda: AttitudeTweak(0, 1, 0, stop=np.nan),
        lambda: ThrusterFiring(0, 1, 1, back=0),
        lambda: Jitter(1, 0, 0.1),
        lambda: Jitter("now", 1, 0.1),
        lambda: Jitter(None, 1, 0.1),
        lambda: Jitter(0, 1, -0.1),
        lambda: Jitter(0, 1, 0.1, seed=0.5),
        lambda: ThermalSlope(0, 0),
        lambda: ThermalSlope(0, 1, width=-1),
        lambda: CosmicRay(0, [], 1),
        lambda: CosmicRay(0, [(1, 2), (1, 2)], 1),
        lambda: CosmicRay(0, [(1, 2.5)], 1),
        lambda: CosmicRay(0, [(1, np.inf)], 1),
        lambda: CosmicRay(0, 3, 1),
        lambda: CosmicRay(0, [(1, 2)], [1, 2]),
        lambda: CosmicRay(0, [(1, 2)], "much"),
        lambda: CosmicRay("now", [(1, 2)], 1),
        lambda: CollateralRay(0, "diagonal", 1, 1),
        lambda: CollateralRay(0, "row", 1.5, 1),
        lambda: CollateralRay(0, "row", "first", 1),
        lambda: Smear(0, np.inf, 1, 1),
        lambda: Smear(1, 0, 1, 1),
        lambda: Smear(0, 1, 1.5, 1),
        lambda: RollingBand(0, 1, 1, 0, 1),
        lambda: Argabrightening(0, -1, 1),
        lambda: MovingObject(0, 1, 1, 0, 0, 1),
        lambda: MovingObject(0, 1, 1, 1, 0, -1),
        lambda: VideoCrosstalk(0, 1, np.nan, 1, 1),
        lambda: GuidancePattern(0, 1, 1, 1, spacing=1),
        lambda: SensitivityDropout(0, [(1, 1)], 0),
        lambda: SensitivityDropout(0, [(1, 1)], 0.5, recovered=2),
    ],
)
def test_bad_events(make):
    with pytest.raises(TPFError):
        make()


def test_a_path_of_lists_of_different_lengths():
    with pytest.raises(TPFError, match="motion"):
        simulate(motion=[[1], [1, 2]])
