"""Taking the pointing off: simulated truth, and real files beside lightkurve."""

import numpy as np
import pytest
from lightcurveparts import lightcurve, noisy
from scipy import ndimage

from tpfdash import aperture_photometry, open_tpf, to_lightkurve
from tpfdash.errors import TPFError
from tpfdash.stamp.masks import default_mask
from tpfdash.timeseries.pointing import without_pointing
from tpfdash.timeseries.series import usable


def rolling(n=2000, depth=0.0, sigma=3e-4, seed=1, step=0.0204):
    """A star of K2 that varies by 2 %, rolls by a pixel in 6 h and loses some light by it."""
    rng = np.random.default_rng(seed)
    time = 3000 + step * np.arange(n)
    saw = (time / 0.245) % 1 * (0.8 + 0.2 * np.sin(time / 9))
    col, row = 0.8 * (saw - 0.5), 0.5 * (saw - 0.5) + 0.03 * (saw - 0.5) ** 2
    loss = 0.03 * np.sin(3 * saw) + 0.01 * saw**2
    star = 1 + 0.02 * np.sin(2 * np.pi * time / 7)
    dip = np.abs((time - 3003.2 + 3) % 6 - 3) < 0.13
    flux = 5000 * star * (1 + loss) * np.where(dip, 1 - depth, 1.0)
    flux *= 1 + rng.normal(0, sigma, n)
    made = lightcurve(
        flux,
        time,
        flux_err=np.full(n, 5000 * sigma),
        pos_corr1=col + rng.normal(0, 2e-3, n),
        pos_corr2=row + rng.normal(0, 2e-3, n),
        quality=np.zeros(n, dtype=int),
    )
    return made.assign_attrs(mission="K2"), star, dip


def test_the_roll_goes_and_the_star_stays():
    made, star, _ = rolling()
    out = without_pointing(made)
    left = out["flux"].values / (star * 5000)
    left /= np.median(left)
    assert (made["flux"].values / (star * 5000)).std() > 8e-3
    assert left.std() < 4.5e-4  # the noise: 3e-4
    np.testing.assert_allclose(out["flux"] * out["pointing"], made["flux"], rtol=1e-12)
    np.testing.assert_allclose(out["flux_err"] * out["pointing"], made["flux_err"], rtol=1e-12)
    assert "bins of arclength" in out.attrs["corrections"][0]


@pytest.mark.parametrize("depth", [0.001, 0.02, 0.3])
def test_transits_keep_their_depth(depth):
    (made, _, dip), (without, _, _) = rolling(depth=depth), rolling()
    ratio = without_pointing(made)["flux"].values / without_pointing(without)["flux"].values
    kept = (1 - np.mean(ratio[dip]) / np.mean(ratio[~dip])) / depth
    assert kept == pytest.approx(1, abs=0.06)


def test_masked_transits_keep_all_of_it():
    (made, _, dip), (without, _, _) = rolling(depth=0.001), rolling()
    ratio = (
        without_pointing(made, mask=dip)["flux"].values
        / without_pointing(without, mask=dip)["flux"].values
    )
    assert 1 - np.mean(ratio[dip]) == pytest.approx(0.001, rel=1e-6)


def test_nothing_but_noise_stays_as_it_is():
    made, star, _ = rolling()
    rng = np.random.default_rng(5)
    made["flux"].values[:] = 5000 * star * (1 + rng.normal(0, 3e-4, 2000))
    out = without_pointing(made)
    assert (out["pointing"].values - 1).std() < 1e-4


def test_thruster_firings_are_not_learned_from():
    made, star, _ = rolling()
    fired = np.arange(0, 2000, 12)
    made["flux"].values[fired] *= 1 - 0.02 * np.random.default_rng(2).random(fired.size)
    made["quality"].values[fired] = 1 << 19
    left = without_pointing(made)["flux"].values / star
    quiet = np.setdiff1d(np.arange(2000), fired)
    assert left[quiet].std() / left[quiet].mean() < 5e-4


def test_a_regression_on_tess_pointing():
    rng = np.random.default_rng(7)
    n = 5000
    time = 1400 + np.arange(n) / 720
    jitter = np.cumsum(rng.normal(0, 1, (n, 2)), axis=0)
    jitter -= ndimage.uniform_filter1d(jitter, 300, axis=0, mode="nearest")
    jitter *= 0.02 / jitter.std(axis=0)
    row, col = jitter.T
    star = 1 + 0.01 * np.sin(2 * np.pi * time / 5)
    flux = 2000 * star * (1 + 0.1 * row - 0.2 * col + 2 * row * col + rng.normal(0, 3e-4, n))
    made = lightcurve(flux, time, pos_corr1=col, pos_corr2=row).assign_attrs(mission="TESS")
    left = without_pointing(made)["flux"].values / star
    assert left.std() / left.mean() < 3.6e-4
    first = without_pointing(made, order=1)["flux"].values / star
    assert left.std() < first.std()
    assert (flux / star).std() / flux.mean() > 3e-3
    assert "polynomial of order 2 of POS_CORR" in without_pointing(made).attrs["corrections"][0]


def test_centroids_do_where_there_is_no_pos_corr():
    made, star, _ = rolling()
    centroids = made.rename(pos_corr1="centroid_col", pos_corr2="centroid_row")
    out = without_pointing(centroids)
    left = out["flux"].values / star
    assert left.std() / left.mean() < 5e-4 and "centroids" in out.attrs["corrections"][0]
    zero = centroids.assign(pos_corr1=("time", np.zeros(2000)), pos_corr2=("time", np.zeros(2000)))
    np.testing.assert_array_equal(without_pointing(zero)["flux"], out["flux"])
    lacking = made.copy(deep=True)
    lacking["pos_corr1"].values[:900] = np.nan
    lacking = lacking.assign({name: centroids[name] for name in ("centroid_row", "centroid_col")})
    assert "centroids" in without_pointing(lacking).attrs["corrections"][0]
    some = without_pointing(lacking, position="pos_corr")
    assert (
        np.isnan(some["flux"].values[:900]).all() and np.isfinite(some["flux"].values[900:]).all()
    )


def test_pointings_that_are_none_and_that_were_never_seen():
    made, *_ = rolling()
    made["pos_corr1"].values[50] = -687
    made["pos_corr1"].values[60] = 3.0  # far along the way: as at its end
    made["flux"].values[60] *= 2
    out = without_pointing(made)
    assert np.isnan(out["flux"].values).nonzero()[0].tolist() == [50]
    assert np.nanmax(np.abs(out["pointing"].values - 1)) < 0.1
    assert "without a known pointing, which are NaN: 1" in out.attrs["corrections"][0]


def test_many_cadences_are_fitted_by_means_of_neighbours(monkeypatch):
    made, *_ = rolling(6000, step=0.0204 / 10)
    every = without_pointing(made, bins=10)["pointing"].values
    monkeypatch.setattr("tpfdash.timeseries.pointing._MOST_FITTED", 2100)
    some = without_pointing(made, bins=10)["pointing"].values
    assert np.abs(some - every).std() < 1e-4 and not np.array_equal(some, every)


@pytest.mark.parametrize("method", ["roll", "regression"])
def test_a_star_that_never_moves_stays_as_it_is(method):
    made, *_ = rolling()
    for name in ("pos_corr1", "pos_corr2"):
        made[name].values[:] = 0.1
    out = without_pointing(made, method=method)
    np.testing.assert_allclose(out["flux"], made["flux"], rtol=1e-9)


def test_a_star_on_few_places_can_be_corrected():
    """As where a telescope nods between three."""
    made, star, _ = rolling()
    place = np.arange(2000) // 7 % 3
    made["pos_corr1"].values[:], made["pos_corr2"].values[:] = place * 0.3, place * 0.1
    noise = np.random.default_rng(3).normal(0, 3e-4, 2000)
    made["flux"].values[:] = 5000 * star * (1 + 0.01 * place**2 + noise)
    left = without_pointing(made)["flux"].values / star
    assert left.std() / left.mean() < 5e-4


def test_a_star_about_zero_has_its_share_taken_off():
    made, star, _ = rolling()
    made["flux"].values[:] -= 6000
    out = without_pointing(made)
    assert "taken off" in out.attrs["corrections"][0]
    np.testing.assert_allclose(out["flux"] + out["pointing"], made["flux"])
    left = out["flux"].values - 5000 * star
    assert left.std() < 0.2 * (made["flux"].values - 5000 * star).std()


def test_bad_arguments():
    made, *_ = rolling(200)
    for name, bad in (
        ("method", "sff"),
        ("position", "pos_corr1"),
        ("window", 0),
        ("timescale", "1"),
        ("bins", 0),
        ("bins", 2.5),
        ("order", 3),
        ("order", True),
    ):
        with pytest.raises(TPFError, match=f"{name} is "):
            without_pointing(made, **{name: bad})
    with pytest.raises(TPFError, match="neither POS_CORR nor centroids"):
        without_pointing(noisy())
    with pytest.raises(TPFError, match="no centroids"):
        without_pointing(made, position="centroid")
    with pytest.raises(TPFError, match="only 20 cadences"):
        without_pointing(made.isel(time=slice(20)))


def scatter(made, cadences):
    """lightkurve's 6.5 h scatter, in ppm."""
    return float(to_lightkurve(made.isel(time=cadences)).estimate_cdpp().value)


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name, factor",
    [("ktwo211983544-c18_lpd-targ.fits", 4), ("ktwo210994964-c04_lpd-targ.fits.gz", 7)],
)
def test_the_scatter_of_real_files_falls(data_file, name, factor):
    tpf = open_tpf(data_file(name))
    made = aperture_photometry(tpf, default_mask(tpf))
    cadences = usable(made)
    cadences = cadences[(made["quality"].values[cadences] & (1 << 19)) == 0]
    out = without_pointing(made)
    cadences = cadences[np.isfinite(out["flux"].values[cadences])]
    assert scatter(out, cadences) < scatter(made, cadences) / factor


@pytest.mark.realdata
def test_a_sector_of_tess_loses_nothing(data_file):
    tpf = open_tpf(data_file("tic55525572_s5_tp.fits.gz"))
    made = aperture_photometry(tpf, (tpf["aperture"].values & 2) > 0)
    out = without_pointing(made)
    cadences = usable(out)
    assert cadences.size == usable(made).size
    assert scatter(out, cadences) <= scatter(made, cadences) * 1.02
