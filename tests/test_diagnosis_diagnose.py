"""Verdicts: on injected truth, on events of real files, and where nothing can be said."""

import copy
import json
import pickle

import numpy as np
import pytest
from astropy.table import Table
from threadpoolctl import threadpool_info, threadpool_limits

import tpfdash
from tpfdash.diagnosis import diagnose as diagnose_module
from tpfdash.diagnosis.diagnose import diagnose
from tpfdash.diagnosis.verdict import VERDICTS
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.simulate import Eclipse, Star, ThermalSlope, Transit, inject, simulate_tpf
from tpfdash.stamp.prf import GaussianPRF

TARGET, NEIGHBOUR = (5.2, 4.8), (7.4, 7.3)


@pytest.fixture(scope="module")
def steady():
    """A Kepler stamp of two stars on which nothing happens."""
    return simulate_tpf(
        "Kepler",
        n_cadences=900,
        stars=[Star(*TARGET, magnitude=12.5), Star(*NEIGHBOUR, magnitude=14.0)],
        columns=("flux", "flux_err"),
        seed=1,
    )


def changed(tpf, light):
    """A copy with light added: function of (cadence, row, col) indices."""
    when, row, col = np.indices(tpf["flux"].shape)
    made = tpf.copy(deep=True)
    made["flux"] = tpf["flux"] + light(when, row, col).astype(np.float32)
    return made


def star(row, col, at, sigma=0.6):
    shape = np.exp(-((row - at[0]) ** 2 + (col - at[1]) ** 2) / (2 * (sigma**2 + 1 / 12)))
    return shape / (2 * np.pi * (sigma**2 + 1 / 12))


def window(tpf, first, last):
    time = tpf["time"].values
    step = np.nanmedian(np.diff(time))
    return time[first] - 0.3 * step, time[last] + 0.3 * step


def inside(when, first=400, last=409):
    return (when >= first) & (when <= last)


def dropout(when, row, col):
    left = 0.4 + 0.6 * np.exp(-(when - 400) / 5)
    return np.where((when >= 400) & (row == 5) & (col == 5), -3000 * left, 0)


EVENTS = {
    "on_target": lambda t, r, c: -1500 * inside(t) * star(r, c, TARGET),
    "neighbour": lambda t, r, c: -1500 * inside(t) * star(r, c, NEIGHBOUR),
    "moving_object": lambda t, r, c: (
        1500 * inside(t) * star(r, c, (2 + 0.6 * (t - 400), 8 - 0.5 * (t - 400)))
    ),
    "cosmic_ray": lambda t, r, c: 900 * ((t == 400) & (r == 3) & ((c == 4) | (c == 5))),
    "column_or_row": lambda t, r, c: 60 * inside(t) * (c == 2),
    "rolling_band": lambda t, r, c: 40 * inside(t) * np.exp(-((r - 6.5) ** 2) / 2),
    "sensitivity_dropout": dropout,
    "background": lambda t, r, c: 30 * inside(t) * (1 + 0.03 * r),
}
WINDOWS = {"cosmic_ray": (400, 400)}


@pytest.mark.parametrize("verdict", EVENTS)
def test_each_cause_by_its_own_footprint(steady, verdict):
    tpf = changed(steady, EVENTS[verdict])
    found = diagnose(tpf, window(tpf, *WINDOWS.get(verdict, (400, 409))))
    assert found.verdict == verdict
    assert found.confidence > 0.5 and found.snr > 8
    assert set(found.probabilities) == set(VERDICTS)
    assert sum(found.probabilities.values()) == pytest.approx(1)
    pixels = [each for each in found.findings if each.source == "pixels"]
    assert not [each.sentence for each in pixels if verdict in each.opposes]
    own = [each for each in pixels if each.name.startswith("artefact") and each.supports]
    assert {each.supports for each in own} <= {(verdict,)}
    assert verdict == "on_target" or own  # the list of artefacts has it


@pytest.mark.parametrize("wider", [-2, 2])
def test_a_window_may_be_too_wide_or_too_narrow(steady, wider):
    tpf = changed(steady, EVENTS["on_target"])
    found = diagnose(tpf, window(tpf, 400 - wider, 409 + wider))
    assert found.verdict == "on_target"
    assert found.duration == pytest.approx(10 * 0.02043, rel=0.25)


def test_numbers_of_an_event_on_the_target(steady):
    tpf = changed(steady, EVENTS["on_target"])
    found = diagnose(tpf, window(tpf, 400, 409))
    aperture = (tpf["aperture"].values & 2) > 0
    row, col = np.indices(aperture.shape)
    lost = 1500 * star(row, col, TARGET)[aperture].sum()
    assert found.depth == pytest.approx(lost, abs=4 * found.depth_err)
    level = np.median(tpf["flux"].values[:, aperture].sum(axis=1))
    assert found.level == pytest.approx(level, rel=0.01)
    assert found.depth_ppm == pytest.approx(found.depth / found.level * 1e6)
    assert np.hypot(*found.offset) < 0.1 and found.offset_sigma < 3
    scale = found.pixel_scale
    assert found.offset_arcsec == pytest.approx(np.multiply(found.offset, scale))
    assert found.covariance_arcsec[0][1] == pytest.approx(found.covariance[0][1] * scale**2)


def test_a_neighbour_is_found_where_it_is(steady):
    tpf = changed(steady, EVENTS["neighbour"])
    found = diagnose(tpf, window(tpf, 400, 409))
    truth = np.array(NEIGHBOUR) + [tpf["row"].values[0], tpf["col"].values[0]]
    away = np.subtract(found.position, truth)
    assert np.hypot(*away) < 0.15
    assert away @ np.linalg.solve(np.array(found.covariance), away) < 16


def test_the_same_event_again_is_measured_with_it(steady):
    def two(t, r, c):
        return -400 * (inside(t) | inside(t, 600, 609)) * star(r, c, TARGET)

    tpf = changed(steady, two)
    one = diagnose(tpf, window(tpf, 400, 409))
    both = diagnose(tpf, [window(tpf, 400, 409), window(tpf, 600, 609)])
    assert both.verdict == "on_target"
    assert both.depth_err < 0.85 * one.depth_err and both.snr > one.snr


@pytest.mark.parametrize(
    ("magnitude", "shape", "stars"),
    [
        pytest.param(10.7, (9, 7), [(4.1, 2.9)], id="saturated"),
        pytest.param(13.0, (9, 9), [(4.1, 3.2), (4.3, 4.9)], id="two stars seen as one"),
    ],
)
def test_a_change_of_focus_is_no_stars(magnitude, shape, stars):
    tpf = simulate_tpf(
        "Kepler",
        n_cadences=900,
        shape=shape,
        stars=[Star(*place, magnitude=magnitude + n) for n, place in enumerate(stars)],
        saturation=200_000.0,
        columns=("flux", "flux_err"),
        seed=3,
    )
    start = float(tpf["time"].values[400])
    made = inject(tpf, ThermalSlope(start, 0.1, width=0.03), flags=False, seed=3)
    assert diagnose(made, window(made, 400, 410)).verdict == "systematic"
    dims = inject(tpf, Transit(0, None, start + 0.1, 0.2, 0.02, 0.1), flags=False, seed=3)
    assert diagnose(dims, window(dims, 400, 409)).verdict == "on_target"


def test_a_quiet_window_is_inconclusive(steady):
    found = diagnose(steady, window(steady, 300, 309))
    assert found.verdict == "inconclusive" and found.reason
    assert found.position is None and found.offset is None and found.covariance is None


def test_the_right_star_is_the_likeliest(steady):
    tpf = changed(steady, EVENTS["neighbour"])
    first = tpf["row"].values[0], tpf["col"].values[0]
    table = Table(
        {
            "name": ["target", "neighbour", "faint one"],
            "row": np.array([TARGET[0], NEIGHBOUR[0], 2.0]) + first[0],
            "col": np.array([TARGET[1], NEIGHBOUR[1], 2.0]) + first[1],
            "magnitude": [12.5, 14.0, 22.0],
        }
    )
    found = diagnose(tpf, window(tpf, 400, 409), stars=table)
    assert found.stars[0]["name"] == "neighbour"
    assert found.star_probabilities["neighbour"] > 0.95
    assert set(found.star_probabilities) == {*table["name"], "a star not in the catalogue"}
    assert sum(found.star_probabilities.values()) == pytest.approx(1)
    neighbour = 10 ** (0.4 * (25.1 - 14.0))
    assert found.stars[0]["depth"] == pytest.approx(1500 / neighbour, rel=0.2)
    assert 0 < found.exclusion_radius < 4


def test_a_star_cannot_lose_more_light_than_it_has(steady):
    tpf = changed(steady, EVENTS["neighbour"])
    first = tpf["row"].values[0], tpf["col"].values[0]
    table = Table(
        {
            "row": np.array([TARGET[0], NEIGHBOUR[0]]) + first[0],
            "col": np.array([TARGET[1], NEIGHBOUR[1]]) + first[1],
            "mag": [12.5, 19.0],  # a seventh of the light that is lost
        }
    )
    found = diagnose(tpf, window(tpf, 400, 409), stars=table)
    star = {each["name"]: each for each in found.stars}["star 2"]
    assert star["depth"] > 3 and not star["possible"] and star["probability"] == 0


def test_sky_positions_are_placed_by_the_files_own_wcs(steady):
    table = Table({"ra": [290.0], "dec": [44.5], "tmag": [12.5]})
    tpf = changed(steady, EVENTS["on_target"])
    found = diagnose(tpf, window(tpf, 400, 409), stars=table)
    assert found.star_probabilities["star 1"] > 0.95


def test_the_given_prf_is_used(steady):
    asked = []

    class Counted(GaussianPRF):
        def images(self, *args, **kwargs):
            asked.append(args)
            return super().images(*args, **kwargs)

    tpf = changed(steady, EVENTS["on_target"])
    found = diagnose(tpf, window(tpf, 400, 409), prf=Counted([(1.0, 0.6)]))
    assert asked and found.verdict == "on_target"


def test_flags_do_not_change_the_verdict_and_are_told_apart(steady):
    tpf = changed(steady, EVENTS["on_target"])
    flagged = tpf.copy(deep=True)
    flagged["quality"][400:410] = 1048576
    plain, told = (diagnose(each, window(tpf, 400, 409)) for each in (tpf, flagged))
    assert plain.verdict == told.verdict == "on_target"
    assert plain.probabilities == told.probabilities
    (flag,) = [each for each in told.findings if each.name == "QUALITY 1048576"]
    assert flag.source == "flags" and flag.supports == ("pointing",)
    assert "contradict" in flag.sentence
    assert {each.source for each in told.findings} == {"pixels", "flags"}


NAMES = [
    "spacecraft motion", "rolling band", "cosmic rays", "collateral cosmic rays", "smear",
    "sensitivity dropouts", "FGS crosstalk", "video crosstalk", "background eclipsing binary",
    "scattered light and argabrightening", "focus", "safe-mode slope", "thruster firing",
    "moving object", "sweater fuzzy",
]  # fmt: skip


def test_every_artefact_has_its_row(steady):
    found = diagnose(steady, window(steady, 300, 309))
    rows = {f.name: f.sentence for f in found.findings if f.name.startswith("artefact: ")}
    assert set(rows) == {f"artefact: {name}" for name in NAMES}
    assert rows["artefact: smear"] == "not seen in this stamp"
    assert "documented nowhere" in rows["artefact: sweater fuzzy"]


def test_the_next_eclipses_of_a_binary_are_no_noise():
    """Half of all places of the file hold one, or a part of one."""
    tpf = simulate_tpf(
        "K2",
        n_cadences=600,
        shape=(7, 8),
        stars=[Star(3.2, 2.6, magnitude=12), Star(4.9, 5.2, magnitude=13.5)],
        events=[Eclipse(1, 3.1, 3264.5, 0.4, 0.6)],
        seed=1,
    )
    for number in (1, 2):
        middle = 3264.5 + 3.1 * number
        found = diagnose(tpf, (middle - 0.19, middle + 0.19))
        assert found.verdict == "neighbour" and found.confidence > 0.9
        place = np.subtract(found.position, (tpf["row"].values[0], tpf["col"].values[0]))
        assert np.hypot(*(place - (4.9, 5.2))) < 0.3


@pytest.mark.parametrize("cadence", [402, 405, 415])
def test_a_ray_in_a_long_window_is_no_star(steady, cadence):
    """Twenty cadences, of which one holds a ray beside the target: it is not what lasts so long."""
    tpf = changed(steady, lambda t, r, c: 700 * ((t == cadence) & (r == 2) & (c == 7)))
    found = diagnose(tpf, window(tpf, 400, 419))
    assert found.verdict in ("inconclusive", "cosmic_ray")


@pytest.mark.parametrize(
    "window", [(2250.362, 2250.512), (2263.129, 2263.279), (2271.445, 2271.595)]
)
def test_a_real_ray_at_the_edge_of_a_window_is_no_star_nor_a_crossing(data_file, window):
    """In each a pixel of EPIC 210994964 jumps in the cadence just before, and nothing in it."""
    tpf = open_tpf(data_file("ktwo210994964-c04_lpd-targ.fits.gz"))
    assert diagnose(tpf, window).verdict == "inconclusive"


def test_linear_algebra_has_one_thread_meanwhile_and_its_own_afterwards(steady, monkeypatch):
    def threads():
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    seen, measure = [], diagnose_module._measure

    def noted(*arguments):
        seen.append(threads())
        return measure(*arguments)

    monkeypatch.setattr(diagnose_module, "_measure", noted)
    with threadpool_limits(3, user_api="blas"):
        before = threads()
        diagnose(steady, window(steady, 300, 309))
        assert threads() == before and seen == [[1] * len(before)] and before


def test_as_plain_numbers(steady):
    for tpf, ends in ((steady, (300, 309)), (changed(steady, EVENTS["on_target"]), (400, 409))):
        told = diagnose(tpf, window(tpf, *ends)).to_dict()
        assert json.loads(json.dumps(told, allow_nan=False)) == told
        assert len(told["findings"]) > 20


def test_the_images_are_of_the_whole_stamp(steady):
    tpf = changed(steady, EVENTS["on_target"])
    images = diagnose(tpf, window(tpf, 400, 409)).difference
    row, col = np.indices(tpf["aperture"].shape)
    truth = 1500 * star(row, col, TARGET)  # out of the event minus in it
    pulls = (images.image - truth) / images.error
    assert np.sqrt(np.mean(pulls**2)) == pytest.approx(1, abs=0.35)
    np.testing.assert_allclose(images.snr, images.image / images.error)
    assert np.corrcoef(images.model.ravel(), truth.ravel())[0, 1] > 0.98
    np.testing.assert_allclose(images.outside, np.median(tpf["flux"], axis=0), rtol=0.02, atol=25)


# -- bad data and bad arguments --------------------------------------------------------------------


def small(flux, **changes):
    tpf = simulate_tpf("Kepler", n_cadences=len(flux), shape=flux.shape[1:], seed=3)
    tpf = tpf.copy(deep=True)
    tpf["flux"] = tpf["flux"].copy(data=flux.astype(np.float32))
    return tpf.assign(changes)


CUBES = {
    "one pixel": np.random.default_rng(0).normal(100, 1, (300, 1, 1)),
    "all NaN": np.full((300, 5, 5), np.nan),
    "all zero": np.zeros((300, 5, 5)),
    "constant": np.ones((300, 5, 5)),
    "one row": np.random.default_rng(0).normal(100, 1, (300, 1, 7)),
    "one column": np.random.default_rng(0).normal(100, 1, (300, 8, 1)),
    "two pixels": np.random.default_rng(0).normal(100, 1, (300, 1, 2)),
    "few cadences": np.random.default_rng(0).normal(100, 1, (9, 5, 5)),
    "forty cadences": np.random.default_rng(0).normal(100, 1, (40, 5, 5)),
    "negative": np.random.default_rng(0).normal(-100, 1, (300, 5, 5)),
}


@pytest.mark.parametrize("name", CUBES)
@pytest.mark.parametrize("ends", [(0, 0), (4, 5), (3, 30)])
def test_bad_data_are_inconclusive_and_say_why(name, ends):
    tpf = small(CUBES[name])
    last = min(ends[1], tpf.sizes["time"] - 1)
    found = diagnose(tpf, window(tpf, ends[0], last))
    assert found.verdict == "inconclusive"
    assert found.reason
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_file_of_flagged_cadences_is_diagnosed_by_its_pixels(steady):
    tpf = changed(steady, EVENTS["on_target"])
    tpf["quality"][:] = 1
    assert diagnose(tpf, window(tpf, 400, 409)).verdict == "on_target"


def test_a_window_beside_the_file_is_inconclusive(steady):
    found = diagnose(steady, (1.0, 2.0))
    assert found.verdict == "inconclusive" and "no cadence" in found.reason
    assert found.difference is None and np.isnan(found.snr)
    assert json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("gone", [0, 898])
def test_an_event_at_the_edge_of_the_file(steady, gone):
    found = diagnose(steady, window(steady, gone, gone + 1))
    assert found.verdict == "inconclusive" and found.reason and found.to_dict()


class Blind:
    """A PRF of the same share everywhere."""

    def __init__(self, share):
        self.share = share

    def images(self, shape, row, col, width=1.0, blur_row=0.0, blur_col=0.0):
        return np.full((*shape, np.size(row)), self.share)


def test_a_quality_of_all_bits_is_read(steady):
    tpf = changed(steady, EVENTS["on_target"])
    tpf["quality"][400:410] = -1
    found = diagnose(tpf, window(tpf, 400, 409))
    assert sum(each.name.startswith("QUALITY") for each in found.findings) == 32


def test_results_cannot_be_changed_but_copied(steady):
    stars = Table({"row": [505.2], "col": [604.8], "mag": [12.5]})
    tpf = changed(steady, EVENTS["on_target"])
    found = diagnose(tpf, window(tpf, 400, 409), stars=stars)
    with pytest.raises(TypeError):
        found.stars[0]["name"] = "another"
    with pytest.raises(TypeError):
        found.star_probabilities["another"] = 1.0
    again = pickle.loads(pickle.dumps(found))
    assert again.to_dict() == copy.deepcopy(found).to_dict() == found.to_dict()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window": (np.nan, 1)}, "two finite numbers"),
        ({"aperture": np.ones((2, 2), bool)}, "has shape"),
        ({"stars": [1, 2]}, "astropy Table"),
        ({"stars": Table({"ra": [1.0], "dec": [2.0]})}, "magnitude"),
        ({"stars": Table({"ra": [1.0], "mag": [2.0]})}, "row and col"),
        ({"stars": Table({"row": ["a"], "col": [1.0], "mag": [2.0]})}, "numbers"),
        ({"stars": Table({"row": [1.0], "col": [1.0], "mag": [[2.0, 3.0]]})}, "numbers"),
        ({"prf": 0.7}, "images"),
        ({"prf": GaussianPRF}, "images"),
        ({"prf": Blind(np.nan)}, "images"),
        ({"prf": Blind(0.0)}, "images"),
        ({"tpf": 5}, "no target pixel file"),
    ],
)
def test_wrong_arguments_raise(steady, changes, message):
    arguments = {"tpf": steady, "window": window(steady, 300, 309)} | changes
    with pytest.raises(TPFError, match=message):
        tpfdash.diagnose(**arguments)


# -- real files ------------------------------------------------------------------------------------

KEPLER_8 = "kplr006922244-2009166043257_lpd-targ.fits"
KEPLER_10 = "kplr011904151-2010009091648_lpd-targ.fits"
KIC_5562784 = "kplr005562784-2011271113734_lpd-targ.fits.gz"
C4 = "ktwo210994964-c04_lpd-targ.fits.gz"
C18 = "ktwo211983544-c18_lpd-targ.fits"
TOI_813 = "tic55525572_s5_tp.fits.gz"

REAL = [
    *[
        (KEPLER_8, rows, "on_target")
        for rows in (
            (178, 184), (350, 356), (523, 529), (695, 701), (867, 873), (1212, 1218),
            (1385, 1390),
        )
    ],
    (KEPLER_10, (618, 627), "on_target"),
    (C18, (824, 825), "on_target"),
    (C4, (1214, 1219), "moving_object"),
    (C4, (2569, 2571), "moving_object"),
    (C4, (2572, 2572), "cosmic_ray"),
    (KIC_5562784, (2929, 2929), "background"),
    (KIC_5562784, (3281, 3281), "background"),
    (KIC_5562784, (4508, 4508), "background"),
    (C4, (1119, 1119), "background"),
    (KEPLER_8, (986, 986), "background"),
    (KEPLER_8, (1177, 1177), "background"),
    (KEPLER_10, (69, 69), "background"),
    (KIC_5562784, (4357, 4357), "inconclusive"),
    (KEPLER_10, (869, 869), "inconclusive"),
]  # fmt: skip


@pytest.fixture(scope="module")
def real(data_file):
    opened = {}

    def get(name):
        if name not in opened:
            opened[name] = open_tpf(data_file(name)).load()
        return opened[name]

    return get


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "rows", "verdict"), REAL)
def test_events_of_real_files(real, name, rows, verdict):
    tpf = real(name)
    found = diagnose(tpf, window(tpf, *rows))
    assert found.verdict == verdict, dict(found.probabilities)
    if verdict == "on_target":
        assert found.offset_sigma < 3


@pytest.mark.realdata
@pytest.mark.xfail(
    reason="the quarter begins six cadences before it, and light still moves between its pixels: "
    "0.36 pixel along columns, 6 sigma"
)
def test_the_first_transit_of_kepler_8(real):
    tpf = real(KEPLER_8)
    found = diagnose(tpf, window(tpf, 6, 11))
    assert found.verdict == "on_target"
    assert found.offset_sigma < 3


@pytest.mark.realdata
@pytest.mark.parametrize("ends", [(1454.40, 1454.94), (1454.35, 1454.99), (1454.45, 1454.89)])
def test_the_transit_of_toi_813_b(real, ends):
    found = diagnose(real(TOI_813), ends)
    assert found.verdict == "on_target"
    assert found.offset_sigma < 3 and np.hypot(*found.offset) < 0.1
    assert found.depth_ppm == pytest.approx(1250, abs=3 * found.depth_ppm_err)


def steps(tpf):
    """How far each cadence leaves the mean of its neighbours, in units of what is usual.

    Float64 (cadence, row, col); NaN where one of the three has no data.
    """
    flux = tpf["flux"].values.astype(float)
    flux[~np.isfinite(flux).any(axis=(1, 2)) | (flux == 0).all(axis=(1, 2))] = np.nan
    away = np.full(flux.shape, np.nan)
    away[1:-1] = flux[1:-1] - (flux[:-2] + flux[2:]) / 2
    known = np.isfinite(flux).mean(axis=0) > 0.5
    away[:, ~known] = np.nan
    away[:, known] /= np.nanquantile(np.abs(away[:, known]), 0.683, axis=0)
    return away


def spread(rows, n):
    """`n` of them, spread evenly."""
    return rows[np.linspace(0, len(rows) - 1, min(n, len(rows))).round().astype(int)]


@pytest.mark.realdata
@pytest.mark.parametrize("name", [C4, C18])
def test_thruster_firings_of_k2(real, name):
    """Flagged by themselves, with pixels that change by 3 sigma rms or more."""
    tpf = real(name)
    fired = (tpf["quality"].values & 1048576) > 0
    lone = fired.copy()
    lone[1:] &= ~fired[:-1]
    lone[:-1] &= ~fired[1:]
    away = steps(tpf)
    known = np.isfinite(away).any(axis=0)
    size = np.sqrt(np.mean(away[:, known] ** 2, axis=1))
    found = [
        diagnose(tpf, window(tpf, row, row)).verdict
        for row in spread(np.flatnonzero(lone & (size >= 3)), 25)
    ]
    assert found.count("pointing") >= 0.8 * len(found), found
    assert "on_target" not in found


@pytest.mark.realdata
@pytest.mark.parametrize("name", [KEPLER_8, KEPLER_10])
def test_removed_rays_that_are_put_back(real, name):
    """Those of 10 sigma or more, in the order of time."""
    tpf = real(name)
    rays = np.nan_to_num(tpf["cosmic_rays"].values)
    there = np.isfinite(tpf["time"].values) & np.isfinite(steps(tpf)).any(axis=(1, 2))
    flux = tpf["flux"].values
    known = np.isfinite(flux).mean(axis=0) > 0.5
    noise = np.full(known.shape, np.inf)
    noise[known] = np.nanquantile(np.abs(np.diff(flux[:, known], axis=0)), 0.683, axis=0) / 2**0.5
    hit = there & (rays >= 10 * noise).any(axis=(1, 2))
    found = []
    for row in spread(np.flatnonzero(hit), 30):
        made = tpf.copy(deep=True)
        made["flux"][row] += rays[row]
        found.append(diagnose(made, window(made, row, row)).verdict)
    assert found.count("cosmic_ray") >= 0.95 * len(found), found
