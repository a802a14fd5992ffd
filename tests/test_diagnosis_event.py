"""An event in numbers: against plain numpy, injected events, and transits of real planets."""

import dask.array
import numpy as np
import pytest
from test_photometry import COL, ROW, make_tpf

from tpfdash.diagnosis.difference import difference_image
from tpfdash.diagnosis.event import measure_event
from tpfdash.diagnosis.quiet import filter_response, robust_scatter
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.io import open_tpf
from tpfdash.missions import get_mission
from tpfdash.photometry import aperture_photometry
from tpfdash.simulate import Roll, Star, Transit, simulate_tpf

STEP = 0.02  # of make_tpf, in days
TIME = 100 + STEP * np.arange(2000)
SHAPE = (9, 9)
#: Width of the stars, in pixels, and of the noise, in e-/s.
WIDTH, NOISE = 0.9, 3.0


def window(first, last):
    """The window that holds the cadences from `first` to `last`."""
    return TIME[first] - 0.001, TIME[last] + 0.001


def star(row, col, flux=3000.0):
    """A star's light on the stamp: float64 array (row, col)."""
    rows, cols = np.indices(SHAPE)
    shape = np.exp(-((rows - row) ** 2 + (cols - col) ** 2) / (2 * WIDTH**2))
    return flux * shape / shape.sum()


#: The target and a fainter neighbour, counted from the stamp's corner.
TARGET, NEIGHBOUR = (4.2, 2.6), (4.4, 6.1)


def scene(n=2000, seed=0):
    """A constant target and its neighbour, with white noise: float64 (time, row, col)."""
    noise = np.random.default_rng(seed).normal(0, NOISE, (n, *SHAPE))
    return noise + star(*TARGET) + star(*NEIGHBOUR, flux=1500.0)


def measured(flux, windows, aperture=None, **wanted):
    """The event of a cube; all pixels within 2 of the target are the aperture."""
    tpf = make_tpf(flux)
    if aperture is None:
        rows, cols = np.indices(SHAPE)
        aperture = np.hypot(rows - TARGET[0], cols - TARGET[1]) < 2
    light = aperture_photometry(tpf, aperture)["flux"].values
    return measure_event(tpf, light, windows, aperture=aperture, **wanted), light


# -- depth, duration, S/N ------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1, -1])
def test_depth_duration_and_snr(factor):
    flux = scene()
    flux[900:912] -= factor * 0.02 * star(*TARGET)
    event, light = measured(flux, window(900, 911)[::-1])
    beside = (light[888:900].mean() + light[912:924].mean()) / 2
    assert event.sign == ("dimming" if factor > 0 else "brightening")
    assert event.level == pytest.approx(beside)
    assert event.depth == pytest.approx(beside - light[900:912].mean())
    assert event.depth_err == pytest.approx(np.std(light[:800]) * np.sqrt(1.5 / 12), rel=0.15)
    assert event.snr == pytest.approx(abs(event.depth) / event.depth_err)
    assert event.depth_ppm == pytest.approx(event.depth / beside * 1e6)
    assert event.depth_ppm_err == pytest.approx(event.depth_err / beside * 1e6)
    assert (event.n_cadences, event.n_windows) == (12, 1)
    assert event.duration == pytest.approx(12 * STEP)
    assert (event.t0, event.t1) == pytest.approx((TIME[900] - STEP / 2, TIME[911] + STEP / 2))
    assert event.middle == pytest.approx((TIME[900] + TIME[911]) / 2)
    assert not event.reasons


def test_injected_depths_come_back_within_their_errors():
    pulls = []
    for seed in range(30):
        flux = scene(600, seed)
        flux[300:306] -= 0.02 * star(*TARGET)
        event, light = measured(flux, window(300, 305))
        rows, cols = np.indices(SHAPE)
        within = np.hypot(rows - TARGET[0], cols - TARGET[1]) < 2
        pulls.append((event.depth - 0.02 * star(*TARGET)[within].sum()) / event.depth_err)
    assert np.mean(np.square(pulls)) == pytest.approx(1, abs=0.6)


def test_one_cadence_has_a_duration():
    event, _ = measured(scene(), window(900, 900))
    assert event.duration == pytest.approx(STEP) and event.n_cadences == 1


def test_several_windows_count_by_their_cadences():
    flux = scene()
    places = [(400, 405), (900, 911), (1500, 1505)]
    for first, last in places:
        flux[first : last + 1] -= 0.02 * star(*TARGET)
    alone = [measured(flux, window(*place))[0] for place in places]
    event, _ = measured(flux, [window(*place) for place in reversed(places)])
    weights = [6, 12, 6]
    assert event.depth == pytest.approx(np.average([one.depth for one in alone], weights=weights))
    assert event.level == pytest.approx(np.average([one.level for one in alone], weights=weights))
    assert event.depth_err == pytest.approx(alone[1].depth_err / np.sqrt(2), rel=0.1)
    assert (event.n_cadences, event.n_windows) == (24, 3)
    assert event.duration == pytest.approx(8 * STEP)
    assert event.t0 == pytest.approx(TIME[400] - STEP / 2)
    assert event.offset.distance_err < 0.8 * alone[1].offset.distance_err


def test_windows_that_overlap_are_one_and_empty_ones_are_left_out():
    flux = scene()
    one, light = measured(flux, window(900, 911))
    many, _ = measured(flux, [window(900, 907), window(905, 911), (1.0, 2.0)])
    assert (many.depth, many.n_windows, many.n_cadences) == (one.depth, 1, 12)


# -- what cannot be measured ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((50.0, 60.0), "holds no usable"),
        ((0.0, 999.0), "no usable cadence beside"),
        ([(50.0, 60.0), (0.0, 1.0)], "holds no usable"),
        ((np.nan, 3.0), "two finite numbers"),
    ],
)
def test_windows_that_hold_nothing_raise(ends, words):
    with pytest.raises(TPFError, match=words):
        measured(scene(200), ends)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("ends", [(0, 5), (194, 199), (3, 8), (0, 0), (199, 199)])
def test_windows_at_the_edge_of_the_data(ends):
    flux = scene(200)
    flux[ends[0] : ends[1] + 1] -= 0.1 * star(*TARGET)
    event, light = measured(flux, window(*ends))
    assert event.depth == pytest.approx(0.1 * 2500, rel=0.2)
    one_sided = ends != (3, 8)
    n = ends[1] - ends[0] + 1
    factor = 2 if one_sided else 1 + (1 / 3 + 1 / 6) * 6 / 4
    assert event.depth_err == pytest.approx(np.std(light[20:180]) * np.sqrt(factor / n), rel=0.35)


@pytest.mark.filterwarnings("error")
def test_a_window_over_a_gap():
    flux = scene()
    flux[900:912] -= 0.02 * star(*TARGET)
    tpf = make_tpf(flux)
    tpf["quality"].values[903:908] = 8
    light = flux.sum(axis=(1, 2))
    event = measure_event(tpf, light, window(900, 911))
    kept = [900, 901, 902, 908, 909, 910, 911]
    beside = (light[893:900].mean() + light[912:919].mean()) / 2
    assert event.n_cadences == 7 and event.duration == pytest.approx(12 * STEP)
    assert event.depth == pytest.approx(beside - light[kept].mean())
    assert event.snr > 5


@pytest.mark.filterwarnings("error")
def test_few_quiet_places_leave_the_errors_out_and_say_so():
    flux = scene(120)
    flux[50:60] -= 0.1 * star(*TARGET)
    event, _ = measured(flux, window(50, 59))
    assert event.depth == pytest.approx(0.1 * 2500, rel=0.2)
    assert np.isnan([event.depth_err, event.snr, event.depth_ppm_err]).all()
    assert "quiet places" in event.reasons["error"]
    assert event.offset.covariance is None and np.isnan(event.offset.sigma)
    assert event.offset.distance < 0.3
    assert event.sentence.endswith("are needed") and "not known" in event.sentence


@pytest.mark.filterwarnings("error")
def test_an_empty_aperture_has_no_depth_but_an_offset():
    flux = scene()
    flux[900:912] -= 0.2 * star(*TARGET)
    event, _ = measured(flux, window(900, 911), np.zeros(SHAPE, dtype=bool))
    assert np.isnan([event.depth, event.depth_err, event.depth_ppm, event.snr]).all()
    assert "no light curve" in event.reasons["depth"]
    assert event.sign == event.offset.sign == "dimming"
    assert event.offset.position == pytest.approx((ROW + TARGET[0], COL + TARGET[1]), abs=0.1)


@pytest.mark.filterwarnings("error")
def test_a_level_of_nothing_has_no_ppm():
    flux = np.random.default_rng(1).normal(0, 1, (2000, *SHAPE))
    flux[900:912] += star(*TARGET, flux=500)
    event, _ = measured(flux - 1, window(900, 911))
    assert event.sign == "brightening" and event.depth < -200
    assert np.isnan([event.depth_ppm, event.depth_ppm_err]).all()
    assert "not above 0" in event.reasons["relative"]


@pytest.mark.filterwarnings("error")
def test_noise_alone_comes_from_nowhere():
    said = []
    for first in range(100, 1900, 100):
        event, _ = measured(scene(), window(first, first + 5))
        said.append(event.sentence)
    assert sum("no pixel stands out" in one for one in said) >= len(said) - 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_files_without_data_or_without_noise(value):
    flux = np.full((300, 3, 3), value)
    tpf = make_tpf(flux)
    aperture = np.ones((3, 3), dtype=bool)
    light = aperture_photometry(tpf, aperture)["flux"].values
    if value == 7:
        event = measure_event(tpf, light, window(100, 109), aperture=aperture)
        assert event.depth == 0 and np.isnan(event.snr) and "no noise" in event.reasons["error"]
        assert event.offset is None and event.reasons["offset"]
    else:
        with pytest.raises(TPFError, match="no usable cadence"):
            measure_event(tpf, light, window(100, 109), aperture=aperture)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 1), (8, 1), (1, 20)])
def test_small_stamps(shape):
    rng = np.random.default_rng(2)
    flux = rng.normal(100, 1, (900, *shape))
    flux[:, 0, 0] += 400
    flux[400:410, 0, 0] -= 40
    tpf = make_tpf(flux)
    event = measure_event(tpf, flux.sum(axis=(1, 2)), window(400, 409))
    assert event.depth == pytest.approx(40, abs=5) and event.snr > 10
    assert event.offset is None or event.offset.distance < 0.5


@pytest.mark.filterwarnings("error")
def test_pixels_without_values_do_not_count():
    flux = scene()
    flux[900:912] -= 0.2 * star(*TARGET)
    flux[:, 7, 7] = np.nan
    flux[905] = np.nan
    flux[300] = 0
    event, light = measured(flux, window(900, 911))
    kept = np.delete(np.arange(900, 912), 5)
    beside = (light[888:900].mean() + light[912:924].mean()) / 2
    assert event.depth == pytest.approx(beside - light[kept].mean())
    assert event.offset.distance < 0.1 and event.n_cadences == 12


# -- offsets -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("source", [TARGET, NEIGHBOUR])
def test_offsets_scatter_by_their_errors(source):
    """About the place of the star that fades, whichever that is."""
    chi2 = []
    for seed in range(40):
        flux = scene(800, seed)
        flux[400:406] -= star(*source, flux=60)
        offset = measured(flux, window(400, 405))[0].offset
        away = np.subtract(offset.position, np.add(source, (ROW, COL)))
        chi2.append(away @ np.linalg.solve(offset.covariance, away))
    assert 0.6 < np.mean(chi2) / 2 < 1.6


def test_an_eclipse_of_the_neighbour_is_not_on_the_target():
    flux = scene()
    flux[900:912] -= 0.05 * star(*NEIGHBOUR, flux=1500.0)
    event, _ = measured(flux, window(900, 911))
    offset = event.offset
    assert offset.sigma > 5 and event.sentence.endswith("another star is likelier")
    assert offset.position == pytest.approx((ROW + NEIGHBOUR[0], COL + NEIGHBOUR[1]), abs=0.3)
    assert offset.star == pytest.approx((ROW + TARGET[0], COL + TARGET[1]), abs=0.1)
    assert "pixel (" in event.sentence and "arcsec) from the target" in event.sentence


def test_the_star_is_that_of_the_aperture():
    flux = scene()
    flux[900:912] -= 0.1 * star(*NEIGHBOUR, flux=1500.0)
    aperture = np.zeros(SHAPE, dtype=bool)
    aperture[4:6, 6:8] = True
    event, _ = measured(flux, window(900, 911), aperture)
    assert event.offset.star == pytest.approx((ROW + NEIGHBOUR[0], COL + NEIGHBOUR[1]), abs=0.2)
    assert event.offset.sigma < 3


def test_a_brightening_beside_a_dimming_is_said_to_be_one():
    flux = scene()
    flux[900:912] += star(1, 7, flux=60)
    event, _ = measured(flux, window(900, 911))
    assert event.snr < 3
    event = type(event)(**{**vars(event), "sign": "dimming"})
    assert event.offset.sign == "brightening"
    assert event.sentence.startswith("a brightening, ")


@pytest.mark.parametrize(("mission", "nominal"), [("Kepler", 3.98), ("K2", 3.98), ("TESS", 21.0)])
def test_arcsec_by_the_files_wcs_or_by_the_missions_nominal_scale(mission, nominal):
    assert get_mission(mission).pixel_scale == nominal
    event = Transit(0, 100.0, 0.0, 0.1 if mission == "TESS" else 0.4, 0.1)
    tpf = simulate_tpf(
        mission,
        n_cadences=600,
        stars=[Star(5.2, 4.8, flux=2e4)],
        events=[event],
        motion=np.zeros((600, 2)),
        start=-2.0 if mission != "TESS" else -0.4,
    )
    light = tpf["flux"].values.sum(axis=(1, 2))
    ends = (-0.2, 0.2) if mission != "TESS" else (-0.05, 0.05)
    with_wcs = measure_event(tpf, light, ends).offset
    assert not with_wcs.nominal_scale
    assert with_wcs.pixel_scale == pytest.approx(nominal, rel=0.03)
    assert with_wcs.reference == "the target"
    del tpf.attrs["wcs"]
    without = measure_event(tpf, light, ends).offset
    assert without.nominal_scale and without.pixel_scale == nominal
    assert without.pixels == with_wcs.pixels


def test_a_star_beside_the_catalogue_position_is_not_called_the_target():
    tpf = simulate_tpf(
        "Kepler",
        n_cadences=400,
        stars=[Star(2.0, 2.0, flux=5e3), Star(8.0, 8.0, flux=2e4)],
        events=[Transit(1, 100.0, 0.0, 0.4, 0.1)],
        motion=np.zeros((400, 2)),
        start=-2.0,
    )
    aperture = np.zeros((11, 11), dtype=bool)
    aperture[7:10, 7:10] = True
    light = tpf["flux"].values.sum(axis=(1, 2))
    event = measure_event(tpf, light, (-0.2, 0.2), aperture=aperture)
    assert event.offset.reference == "the star in the aperture"
    assert "the star in the aperture" in event.sentence


@pytest.mark.filterwarnings("error")
def test_k2_with_roll_and_cosmic_rays():
    tpf = simulate_tpf(
        "K2",
        n_cadences=1500,
        stars=[Star(5.1, 4.7, flux=2e4)],
        motion=Roll(),
        cosmic_rays=5.0,
        seed=4,
    )
    time, inspector = tpf["time"].values, Inspector(tpf)
    tpf["flux"].values[700:703] *= 0.8
    event = measure_event(
        tpf,
        aperture_photometry(tpf, inspector.aperture)["flux"].values,
        (time[700], time[702]),
        inspector.good,
        inspector.aperture,
    )
    assert event.depth_ppm == pytest.approx(2e5, rel=0.1) and event.snr > 20
    assert event.offset.distance < 0.6 and "another star" not in event.sentence


# -- cubes ---------------------------------------------------------------------------------------


def test_a_lazy_cube_gives_the_same_and_is_never_whole_in_memory(monkeypatch):
    flux = scene()
    flux[900:912] -= 0.02 * star(*TARGET)
    event, light = measured(flux, window(900, 911))
    tpf = make_tpf(flux)
    sizes = []

    def noted(block):
        sizes.append(block.nbytes)
        return block

    lazy = tpf.chunk({"time": 64})
    lazy["flux"].data = dask.array.map_blocks(noted, lazy["flux"].data, dtype=np.float32)
    monkeypatch.setattr("tpfdash.diagnosis.quiet._BLOCK", 100 * 81)
    rows, cols = np.indices(SHAPE)
    aperture = np.hypot(rows - TARGET[0], cols - TARGET[1]) < 2
    same = measure_event(lazy, light, window(900, 911), aperture=aperture)
    assert same.depth == event.depth
    np.testing.assert_allclose(same.offset.position, event.offset.position, rtol=1e-9)
    np.testing.assert_allclose(same.offset.covariance, event.offset.covariance, rtol=1e-6)
    assert isinstance(lazy["flux"].data, dask.array.Array)
    assert max(sizes) <= 64 * 81 * 4


def test_a_difference_that_is_there_already_is_used():
    flux = scene()
    flux[900:912] -= 0.02 * star(*TARGET)
    tpf = make_tpf(flux)
    light, ends = flux.sum(axis=(1, 2)), window(900, 911)
    given = measure_event(tpf, light, ends, difference=difference_image(tpf, ends))
    assert given == measure_event(tpf, light, ends)


# -- real files ----------------------------------------------------------------------------------


@pytest.mark.realdata
def test_transits_of_kepler_8_scatter_by_their_errors(data_file):
    """P = 3.52254 d, mid-transit at BKJD 121.12 (Jenkins et al. 2010, ApJ 724, 1108)."""
    inspector = Inspector(open_tpf(data_file("kplr006922244-2009166043257_lpd-targ.fits")))
    time, events = inspector.time, []
    for number in range(3, 13):
        middle = 121.12 + number * 3.52254
        inspector.window = middle - 0.07, middle + 0.07
        inside = inspector.good & (time >= inspector.window[0]) & (time <= inspector.window[1])
        if inside.sum() >= 6:  # the others lie in gaps
            events.append(inspector.event())
    assert len(events) == 9
    assert 0.5 < np.mean([event.offset.chi2 for event in events]) / 2 < 2
    depths = np.array([event.depth_ppm for event in events[1:]])  # of the same cadences each
    errors = np.array([event.depth_ppm_err for event in events[1:]])
    assert np.std(depths, ddof=1) < 2 * errors.mean()
    assert all(event.sentence.startswith("consistent with the target") for event in events)
    assert all(event.snr > 40 for event in events)


@pytest.mark.realdata
def test_the_transit_of_toi_813_is_on_the_target(data_file):
    inspector = Inspector(open_tpf(data_file("tic55525572_s5_tp.fits.gz")))
    for ends in [(1454.45, 1454.89), (1454.40, 1454.94), (1454.50, 1454.84)]:
        inspector.window = ends
        event = inspector.event()
        assert event.sign == "dimming" and event.snr > 5
        assert 800 < event.depth_ppm < 1500
        assert event.sentence.startswith("consistent with the target")


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "n", "depth"),
    [
        ("tic55525572_s5_tp.fits.gz", 390, 1250e-6),
        ("tic55525572_s5_tp.fits.gz", 90, 2000e-6),
        ("ktwo210994964-c04_lpd-targ.fits.gz", 6, 0.5),
        ("kplr005562784-2011271113734_lpd-targ.fits.gz", 8, 0.01),
    ],
)
def test_events_injected_on_real_stars_are_on_the_target(data_file, name, n, depth):
    """At quiet places, by the star's own image beside each."""
    inspector = Inspector(open_tpf(data_file(name)))
    offsets = [
        measure_event(tpf, flux, ends, inspector.good, inspector.aperture).offset
        for tpf, flux, ends in injected(inspector, n, depth, 40)
    ]
    offsets = [offset for offset in offsets if offset]
    assert len(offsets) >= 32
    # Of chi2 with two degrees of freedom the median is 2 ln 2.
    assert 0.2 < np.median([offset.chi2 for offset in offsets]) / (2 * np.log(2)) < 2
    assert np.mean([offset.sigma > 3 for offset in offsets]) < 0.1


@pytest.mark.realdata
def test_a_planet_of_a_saturated_star_is_not_said_to_be_anothers(data_file):
    """A transit of Kepler-10 c, 474 ppm: the star bleeds along its column."""
    inspector = Inspector(open_tpf(data_file("kplr011904151-2010009091648_lpd-targ.fits")))
    inspector.window = inspector.time[618], inspector.time[627]
    event = inspector.event()
    assert event.offset.saturated and event.snr > 5
    assert "another star" not in event.sentence


def injected(inspector, n, depth, count):
    """(file, light curve, window) with the target's light less by `depth` in n cadences."""
    tpf, time, rng = inspector.tpf, inspector.time, np.random.default_rng(0)
    index = np.flatnonzero(inspector.good & np.isfinite(time))
    step = np.median(np.diff(time[index]))
    quiet, _ = robust_scatter(filter_response(inspector.flux[index], (n, n, n)))
    cube = tpf["flux"].values
    while count:
        first = int(rng.integers(n, index.size - 2 * n))
        its = index[first : first + n]
        near = time[index[[first - n, first + 2 * n - 1]]]
        if not quiet[first - n] or np.ptp(near) > 4.5 * n * step:
            continue
        ends = time[its[0]] - step / 4, time[its[-1]] + step / 4
        if measure_event(tpf, inspector.flux, ends, inspector.good, inspector.aperture).offset:
            continue  # the pixels are not as quiet as the light curve
        beside = np.r_[index[first - n : first], index[first + n : first + 2 * n]]
        image = np.nan_to_num(cube[beside].mean(axis=0))
        image = np.clip(image - np.median(image), 0, None)
        peak = np.unravel_index(np.argmax(np.where(inspector.aperture, image, -1)), image.shape)
        away = np.hypot(*(np.indices(image.shape) - np.reshape(peak, (2, 1, 1))))
        changed = cube.copy()
        changed[its] -= np.float32(depth) * np.where(away < 3.2, image, 0).astype(np.float32)
        flux = np.nansum(np.where(inspector.aperture, changed, 0), axis=(1, 2), dtype=float)
        flux[~np.isfinite(inspector.flux)] = np.nan
        count -= 1
        yield tpf.assign(flux=(tpf["flux"].dims, changed)), flux, ends
