"""The stretch of cadences around an event, and the same pattern at quiet places."""

import dask.array
import numpy as np
import pytest
from test_photometry import make_tpf

from tpfdash import open_tpf
from tpfdash.diagnosis.diagnose import diagnose
from tpfdash.diagnosis.reference import Nothing, _closed, stretches

STEP = 0.02
TIME = 100 + STEP * np.arange(1200)


def cube(n=1200, shape=(4, 5), seed=0):
    return np.random.default_rng(seed).normal(100, 3, (n, *shape))


def window(first, last):
    return [(TIME[first] - 0.001, TIME[last] + 0.001)]


def test_a_short_window_is_seen_cadence_by_cadence():
    flux = cube()
    data = stretches(make_tpf(flux), window(500, 505), (2, 2))
    assert data.bin_cadences == 1 and data.window.stop - data.window.start == 6
    first = 500 - data.window.start
    expected = flux[first : first + data.length].reshape(data.length, -1)
    np.testing.assert_allclose(data.event, expected, rtol=1e-6)
    np.testing.assert_array_equal(data.cadences, np.arange(500, 506))
    assert data.region.start < data.window.start and data.region.stop > data.window.stop


def test_a_long_window_is_binned():
    flux = cube()
    data = stretches(make_tpf(flux), window(500, 547), (2, 2))
    assert data.bin_cadences == 4 and data.window.stop - data.window.start == 12
    inside = flux[500:548].reshape(12, 4, -1).mean(axis=1)
    np.testing.assert_allclose(data.event[data.window], inside, rtol=1e-6)
    assert data.bin_days == pytest.approx(4 * STEP)


def test_quiet_places_keep_clear_of_the_window_and_of_gaps():
    flux = cube()
    flux[500:506] += 1000
    tpf = make_tpf(flux)
    time = tpf["time"].values.copy()
    time[800:] += 3
    data = stretches(tpf.assign_coords(time=("time", time)), window(500, 505), (2, 2))
    assert 100 < len(data.quiet) <= 240
    assert np.abs(data.quiet - 100).max() < 30
    spans = data.quiet_cadences[:, None] + np.arange(data.length) - data.window.start
    assert not ((spans < 800).any(axis=1) & (spans >= 800).any(axis=1)).any()
    assert data.independent < len(data.quiet)


def test_places_without_data_tell_no_noise():
    flux = cube()
    everywhere = stretches(make_tpf(flux), window(500, 505), (2, 2))
    gone = flux.copy()
    gone[:250, 2, 2] = np.nan  # closed with a constant it would have no noise
    data = stretches(make_tpf(gone), window(500, 505), (2, 2))
    assert len(data.quiet) < len(everywhere.quiet)
    assert data.independent < everywhere.independent
    scatter, expected = (np.diff(one.quiet, axis=1).std(axis=(0, 1)) for one in (data, everywhere))
    np.testing.assert_allclose(scatter, expected, rtol=0.15)


def test_several_windows_are_their_mean():
    flux = cube()
    both = stretches(make_tpf(flux), window(300, 305) + window(700, 705), (2, 2))
    one, other = (stretches(make_tpf(flux), window(n, n + 5), (2, 2)) for n in (300, 700))
    np.testing.assert_allclose(both.event, (one.event + other.event) / 2, rtol=1e-6)
    assert both.n_windows == 2
    assert np.std(both.quiet) == pytest.approx(np.std(one.quiet) / np.sqrt(2), rel=0.1)


def test_a_large_stamp_is_cut_around_the_target():
    data = stretches(make_tpf(cube(200, (60, 4))), window(100, 102), (30, 2))
    assert set(data.pixels[:, 0]) == set(range(20, 41))


def test_dead_pixels_are_left_out_and_single_gaps_closed():
    flux = cube()
    flux[:, 1, 1] = np.nan
    flux[495, 2, 2] = np.nan
    data = stretches(make_tpf(flux), window(500, 505), (2, 2))
    assert [1, 1] not in data.pixels.tolist() and len(data.pixels) == 19
    assert np.isfinite(data.event).all() and np.isfinite(data.quiet).all()


def test_odd_cadences_do_not_count_in_long_windows():
    flux = cube()
    flux[520:522] += 5000
    data = stretches(make_tpf(flux), window(480, 599), (2, 2))
    assert np.abs(data.event - 100).max() < 10


def test_a_chunked_cube_gives_the_same():
    flux = cube()
    plain = stretches(make_tpf(flux), window(500, 547), (2, 2))
    lazy = make_tpf(flux)
    lazy["flux"] = lazy["flux"].chunk({"time": 100})
    assert isinstance(lazy["flux"].data, dask.array.Array)
    chunked = stretches(lazy, window(500, 547), (2, 2))
    np.testing.assert_allclose(plain.event, chunked.event, rtol=1e-6)
    np.testing.assert_allclose(plain.quiet, chunked.quiet, rtol=1e-6)


@pytest.mark.parametrize(
    ("flux", "ends", "message"),
    [
        (cube(), (-5.0, -4.0), "no cadence"),
        (cube(), (90.0, 1000.0), "too few cadences"),
        (np.full((1200, 4, 5), np.nan), (TIME[500], TIME[505]), "no pixel"),
        (np.zeros((1200, 4, 5)), (TIME[500], TIME[505]), "no cadence"),
    ],
)
def test_where_there_is_nothing_to_measure_it_says_why(flux, ends, message):
    with pytest.raises(Nothing, match=message):
        stretches(make_tpf(flux), [ends], (2, 2))


def test_a_gap_is_crossed_in_a_straight_line():
    values = np.array([[5.0, 7.0], [np.nan, 7.0], [np.nan, np.nan], [2.0, 4.0]])[None]
    closed = _closed(values)
    np.testing.assert_allclose(closed[0, :, 0], [5, 4, 3, 2])
    np.testing.assert_allclose(closed[0, :, 1], [7, 7, 5.5, 4])
    ends = _closed(np.array([[np.nan, 3.0, np.nan], [np.nan] * 3])[..., None])
    np.testing.assert_allclose(ends[..., 0], [[3, 3, 3], [0, 0, 0]])


def test_a_cadence_without_data_in_a_transit_takes_nothing_off_its_depth(data_file):
    tpf = open_tpf(data_file("kplr006922244-2009166043257_lpd-targ.fits"))
    window = 145.69, 145.83
    whole = diagnose(tpf, window)
    gone = tpf.copy(deep=True)
    time = tpf["time"].values
    gone["flux"].values[np.argmin(abs(time - 145.76))] = np.nan
    assert abs(diagnose(gone, window).depth - whole.depth) < 3 * whole.depth_err
