"""The difference image against simulated truth and against plain numpy."""

import numpy as np
import pytest
from test_photometry import COL, ROW, make_tpf

from tpfdash.diagnosis.difference import difference_image
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
    [((50.0, 60.0), "holds no usable"), ((0.0, 999.0), "no usable cadence beside")],
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
