"""The difference image against simulated truth and against plain numpy."""

import numpy as np
import pytest
from test_photometry import COL, ROW, make_tpf

from tpfdash.diagnosis.difference import centroid_noise, centroids, difference_image
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.simulate import Star, Transit, simulate_tpf

TIME = 100 + 0.02 * np.arange(300)  # of make_tpf


def window(first, last):
    """The window that holds the cadences from `first` to `last`."""
    return TIME[first] - 0.001, TIME[last] + 0.001


@pytest.fixture
def noise():
    rng = np.random.default_rng(11)
    return make_tpf(rng.normal(1000, rng.uniform(1, 10, (1, 9, 9)), (300, 9, 9)))


def test_images_are_means_of_the_window_and_of_as_much_on_either_side(noise):
    noise["flux"].values[140:160] += np.linspace(0, 9, 20)[:, None, None]
    result = difference_image(noise, window(145, 148)[::-1])  # either end first
    flux = noise["flux"].values.astype(float)
    inside = flux[145:149].mean(axis=0)
    outside = (flux[141:145].mean(axis=0) + flux[149:153].mean(axis=0)) / 2
    np.testing.assert_allclose(result.inside, inside, rtol=1e-12)
    np.testing.assert_allclose(result.outside, outside, rtol=1e-12)
    np.testing.assert_allclose(result.image, outside - inside, atol=1e-9)
    assert (result.n_inside, result.n_outside) == (4, 8)


def test_several_windows_count_by_their_cadences(noise):
    windows = [window(200, 205), window(50, 52), window(52, 53)]  # the last two overlap
    result = difference_image(noise, windows)
    flux = noise["flux"].values.astype(float)
    inside = flux[[*range(50, 54), *range(200, 206)]].mean(axis=0)
    one = (flux[46:50].mean(axis=0) + flux[54:58].mean(axis=0)) / 2
    other = (flux[194:200].mean(axis=0) + flux[206:212].mean(axis=0)) / 2
    np.testing.assert_allclose(result.inside, inside, rtol=1e-12)
    np.testing.assert_allclose(result.outside, (4 * one + 6 * other) / 10, rtol=1e-12)
    np.testing.assert_allclose(result.image, (4 * one + 6 * other) / 10 - inside, atol=1e-9)
    assert (result.n_inside, result.n_outside) == (10, 20)


def test_one_window_in_a_list_is_that_window(noise):
    one, listed = (difference_image(noise, each) for each in (window(9, 12), [window(9, 12)]))
    np.testing.assert_array_equal(one.snr, listed.snr)
    assert (one.centroid, one.n_outside) == (listed.centroid, listed.n_outside)


@pytest.mark.parametrize("n", [1, 6])
def test_noise_has_the_snr_of_noise_in_several_windows_too(n):
    rng = np.random.default_rng(n)
    flux = rng.normal(1000, rng.uniform(1, 10, (1, 40, 40)), (300, 40, 40))
    windows = [window(first, first + n - 1) for first in (0, 90, 170, 280)]
    snr = difference_image(make_tpf(flux), windows).snr
    assert abs(snr.mean()) < 0.1 and snr.std() == pytest.approx(1, abs=0.06)


def test_pixels_of_several_windows_count_where_they_have_values(noise):
    flux = noise["flux"].values
    flux[50:53, 3, 3] = np.nan  # in one window
    flux[:, 4, 4] = np.nan
    flux[200:206, 5, 5] = flux[50:53, 5, 5] = np.nan  # in both
    result = difference_image(noise, [window(200, 205), window(50, 52)])
    alone = difference_image(noise, window(200, 205))
    assert result.image[3, 3] == pytest.approx(alone.image[3, 3])
    assert np.isnan(result.image[[4, 5], [4, 5]]).all() and np.isnan(result.image).sum() == 2


def test_windows_that_hold_nothing_are_left_out_of_several(noise):
    noise["flux"].values[50:53] = 0
    result = difference_image(noise, [window(200, 205), (1.0, 2.0), window(50, 52)])
    assert (result.n_inside, result.n_outside) == (6, 12)


@pytest.mark.parametrize("n", [1, 4, 12, 60])
@pytest.mark.parametrize("first", [0, 120])
def test_noise_has_the_snr_of_noise(n, first):
    """A trend under it changes nothing where both sides are there to compare with."""
    rng = np.random.default_rng(n)
    flux = rng.normal(1000, rng.uniform(1, 10, (1, 40, 40)), (300, 40, 40))
    if first:
        flux += np.linspace(0, 30, 300)[:, None, None]
    snr = difference_image(make_tpf(flux), window(first, first + n - 1)).snr
    assert abs(snr.mean()) < 0.1
    assert snr.std() == pytest.approx(1, abs=0.06)
    assert (np.abs(snr) > 3).mean() < 0.01  # 0.0027 if the noise were known exactly


def test_noise_has_no_centroid():
    rng = np.random.default_rng(5)
    tpf = make_tpf(rng.normal(1000, 5, (300, 9, 9)))
    found = [difference_image(tpf, window(k, k + 5)).centroid for k in range(20, 260, 6)]
    assert found.count(None) >= len(found) - 1


@pytest.mark.parametrize(("depth", "snr_sign"), [(0.3, 1), (-0.5, -1)])
def test_centroid_is_on_the_star_that_changed(depth, snr_sign):
    """The target is constant; its neighbour fades, or flares."""
    n, stars = 200, [Star(4.2, 3.8, flux=2e4), Star(7.3, 6.6, flux=6e3)]
    event = [Transit(1, 100.0, 0.0, 0.4, abs(depth))]
    tpf = simulate_tpf(
        "Kepler",
        n_cadences=n,
        shape=(11, 11),
        stars=stars,
        events=event,
        motion=np.zeros((n, 2)),
        start=-2.0,
        corner=(300, 500),
    )
    if depth < 0:  # a brightening is the same dip taken the other way round
        still = simulate_tpf(
            "Kepler", n_cadences=n, stars=stars, motion=np.zeros((n, 2)), noise=False
        )
        tpf["flux"].values[:] = 2 * still["flux"].values - tpf["flux"].values
    result = difference_image(tpf, (-0.2, 0.2))
    assert result.centroid == pytest.approx((307.3, 506.6), abs=0.15)
    assert result.outside_centroid == pytest.approx((304.2, 503.8), abs=0.2)
    assert result.offset == pytest.approx((3.1, 2.8), abs=0.3)
    row, col = np.unravel_index(np.argmax(np.abs(result.snr)), result.snr.shape)
    assert (row, col) in {(7, 6), (7, 7)} and np.sign(result.snr[row, col]) == snr_sign


def test_what_carries_no_data_does_not_count(noise):
    clean = difference_image(noise, window(100, 109))
    flux = noise["flux"].values
    flux[105], flux[90] = np.nan, 0  # in the window, and before it
    flux[:, 2, 3] = np.nan
    flux[100:110, 4, 4] = np.nan
    noise["quality"].values[112] = 1
    noise["time"].values[113] = np.nan
    result = difference_image(noise, window(100, 109))
    assert (result.n_inside, result.n_outside) == (9, 19)
    assert np.isnan(result.image[[2, 4], [3, 4]]).all()
    assert np.isnan(result.image).sum() == 2
    sound = np.isfinite(result.snr)
    assert np.abs(result.snr - clean.snr)[sound].max() < 3  # no frame of 0 among the 1000s
    outside = [*range(91, 100), 110, 111, *range(114, 122)]
    before, after = flux[outside[:9], 0, 0].mean(dtype=float), flux[outside[9:], 0, 0].mean()
    assert result.outside[0, 0] == pytest.approx((before + after) / 2, rel=1e-6)


def test_the_callers_choice_of_cadences_is_used(noise):
    noise["quality"].values[:] = 8
    with pytest.raises(TPFError, match="no usable cadence"):
        difference_image(noise, window(100, 109))
    assert difference_image(noise, window(100, 109), np.ones(300, bool)).n_inside == 10


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((50.0, 60.0), "holds no usable"),
        ((0.0, 999.0), "no usable cadence beside"),
        ([(50.0, 60.0), (2.0, 3.0)], "holds no usable"),
        ((1.0, np.nan), "two finite numbers"),
        ([], "two finite numbers"),
    ],
)
def test_windows_that_compare_nothing_raise(noise, ends, words):
    with pytest.raises(TPFError, match=words):
        difference_image(noise, ends)


@pytest.mark.parametrize("value", [0.0, np.nan])
@pytest.mark.filterwarnings("error")
def test_files_without_data_raise(value):
    with pytest.raises(TPFError, match="no usable cadence"):
        difference_image(make_tpf(np.full((300, 2, 2), value)), window(100, 109))


@pytest.mark.filterwarnings("error")
def test_noiseless_and_one_pixel_stamps():
    flux = np.full((300, 1, 1), 50.0)
    flux[100:110] = 40
    result = difference_image(make_tpf(flux), window(100, 109))
    assert result.image.item() == 10 and result.centroid == (ROW, COL)


def test_blocks_and_lazy_cubes_give_the_same(noise, monkeypatch):
    whole = difference_image(noise, window(100, 140))
    monkeypatch.setattr("tpfdash.diagnosis.difference._BLOCK", 7 * 81)
    for tpf in (noise, noise.chunk({"time": 32})):
        part = difference_image(tpf, window(100, 140))
        np.testing.assert_allclose(part.snr, whole.snr, atol=1e-9)
        assert part.centroid == whole.centroid


def _star(row, col, width=0.8, shape=(11, 13)):
    rows, cols = np.indices(shape)
    return 1e4 * np.exp(-((rows - row) ** 2 + (cols - col) ** 2) / (2 * width**2))


@pytest.mark.parametrize(("width", "off"), [(0.6, 0.07), (0.8, 0.025), (1.2, 0.01)])
def test_centroids_follow_a_star_across_the_border_of_a_pixel(width, off):
    """Without a step; a star narrower than its pixels is a little off, as an event on it is."""
    places = np.stack([np.linspace(4, 6, 41), np.linspace(6.2, 5.1, 41)], axis=1)
    images = np.stack([_star(*place, width) for place in places])
    found = centroids(images, images)
    np.testing.assert_allclose(found, places, atol=off)
    assert np.abs(np.diff(found - places, axis=0)).max() < 0.025


def test_centroids_of_what_has_none():
    images = np.zeros((2, 5, 5))
    images[1] = -1
    assert np.isnan(centroids(images, images)).all()
    with np.errstate(all="raise"):
        assert np.isnan(centroids(np.full((1, 4, 4), np.nan), np.full((1, 4, 4), np.nan))).all()


def test_white_noise_moves_a_centroid_by_its_covariance():
    rng = np.random.default_rng(3)
    star, error = _star(5.3, 6.4), rng.uniform(100, 400, (11, 13))
    images = star + error * rng.normal(size=(3000, 11, 13))
    moved = centroids(images, np.broadcast_to(star, images.shape)) - (5.3, 6.4)
    expected = centroid_noise(star, error, np.array([5.3, 6.4]))
    np.testing.assert_allclose(np.cov(moved.T), expected, rtol=0.15, atol=1e-5)


@pytest.mark.realdata
def test_the_transits_of_kepler_8_come_from_kepler_8(data_file):
    """Jenkins et al. 2010, ApJ 724, 1108: mid-transit at HJD 2454954.1182, period 3.52254 d."""
    tpf = open_tpf(data_file("kplr006922244-2009166043257_lpd-targ.fits"))
    time = tpf["time"].values
    first = 2454954.1182 - 2454833
    number = np.ceil((np.nanmin(time) + 1 - first) / 3.52254)
    middle = first + number * 3.52254
    result = difference_image(tpf, (middle - 0.05, middle + 0.05))
    assert np.nanmax(result.snr) > 20
    assert np.hypot(*result.offset) < 0.15
