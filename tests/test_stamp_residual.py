"""The residual: which cadences one is compared with, and that what moves is seen."""

import time

import dask.array
import numpy as np
import pytest
from test_photometry import Counted, make_tpf

from tpfdash.io import open_tpf
from tpfdash.stamp.columns import column_unit, frame, sample_frames
from tpfdash.stamp.masks import typical_image
from tpfdash.stamp.residual import local_median, reference_cadences


def steady(n=200, shape=(5, 6), days=0.0204, **attrs):
    """A Dataset of unit noise on 100 e-/s, with cadences `days` apart."""
    tpf = make_tpf(np.random.default_rng(4).normal(100, 1, (n, *shape)), **attrs)
    return tpf.assign_coords(time=("time", 100 + days * np.arange(n)))


def test_references_are_near_in_time_but_not_the_nearest():
    tpf = steady()
    np.testing.assert_array_equal(
        reference_cadences(tpf, 50), [*range(38, 49), *range(52, 63)]
    )  # 6 h to each side
    np.testing.assert_array_equal(reference_cadences(tpf, 0), range(2, 13))
    np.testing.assert_array_equal(reference_cadences(tpf, 199), range(187, 198))
    tpf["quality"].values[[40, 41, 55]] = 1, 128, 1 << 20  # of which default keeps 128
    found = reference_cadences(tpf, 50)
    assert 41 in found and not {40, 55} & set(found)


@pytest.mark.parametrize("minutes", [0.33, 2, 10])
def test_in_short_cadences_what_moves_has_left_its_pixels_too(minutes):
    """45 minutes to each side are left out, and 6 hours gone through."""
    tpf = steady(n=3000, shape=(1, 2), days=minutes / 1440)
    away = np.abs(reference_cadences(tpf, 1500) - 1500)
    assert away.size == 24
    assert 44 <= away.min() * minutes <= 60
    assert away.max() == pytest.approx(360 / minutes, rel=0.02)


def test_without_times_cadences_are_half_an_hour():
    tpf = steady()
    expected = reference_cadences(tpf, 50)
    tpf["time"].values[:] = np.nan
    np.testing.assert_array_equal(reference_cadences(tpf, 50), expected)


def test_where_every_cadence_is_flagged_all_count():
    tpf = steady()
    tpf["quality"].values[:] = 1
    assert reference_cadences(tpf, 50).size == 22


def test_of_few_minutes_other_cadences_are_what_there_is():
    tpf = steady(n=5, days=2 / 1440)
    np.testing.assert_array_equal(reference_cadences(tpf, 1), [3, 4])
    assert reference_cadences(steady(n=2), 0).size == 0
    assert np.isnan(local_median(steady(n=2), 0)).all()


def test_the_median_is_of_the_references_pixel_by_pixel():
    tpf = steady()
    flux = tpf["flux"].values
    flux[45, 2, 3] = np.inf
    flux[:, 0, 0] = np.nan
    flux[50, 1, 1] = np.nan
    with pytest.warns(RuntimeWarning):
        expected = np.nanmedian(
            np.where(np.isfinite(flux), flux, np.nan)[reference_cadences(tpf, 50)], axis=0
        )
    np.testing.assert_allclose(local_median(tpf, 50), expected, rtol=1e-6)
    residual = frame(tpf, "residual", 50)
    assert np.isnan(residual[0, 0]) and np.isnan(residual[1, 1])
    np.testing.assert_allclose(residual, flux[50] - expected, atol=1e-4)
    several = frame(tpf, "residual", np.array([3, 50]))
    np.testing.assert_array_equal(several[1], residual)
    assert column_unit(tpf, "residual") == column_unit(tpf, "flux")


def test_a_roll_is_compared_with_the_same_pointing():
    """A star on a 6 h sawtooth: its edges brighten and fade, but not in the residual."""
    n = 400
    roll = (np.arange(n) % 12) / 12 - 0.5
    tpf = steady(n)
    tpf.attrs["mission"] = "K2"
    tpf["flux"].values[:, 2, 3] += 5000 * roll
    nearest = [frame(tpf, "residual", cadence)[2, 3] for cadence in range(100, 300)]
    tpf["pos_corr1"] = "time", roll.astype(np.float32)
    tpf["pos_corr2"] = "time", (roll / 3).astype(np.float32)
    alike = [frame(tpf, "residual", cadence)[2, 3] for cadence in range(100, 300)]
    assert np.std(nearest) > 500 and np.std(alike) < 2
    references = reference_cadences(tpf, 150)
    np.testing.assert_allclose(roll[references], roll[150])
    assert references.size == 16 and np.abs(references - 150).max() <= 98  # 2 days
    assert np.abs(references - 150).min() > 1
    tpf["pos_corr1"].values[150] = np.nan  # where the file does not say: the nearest
    assert np.abs(reference_cadences(tpf, 150) - 150).max() == 12


def test_a_lazy_cube_reads_the_references_alone():
    tpf = steady(n=2000)
    source = Counted(tpf["flux"].values)
    lazy = dask.array.from_array(source, chunks=(10, 5, 6), meta=np.empty(0, np.float32))
    expected = frame(tpf, "residual", 1000)
    tpf = tpf.assign(flux=(("time", "row", "col"), lazy))
    source.read = 0
    np.testing.assert_array_equal(frame(tpf, "residual", 1000), expected)
    assert source.read <= 50 * 30


def quickest(act, times=7):
    took = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        took.append(time.perf_counter() - start)
    return min(took)


@pytest.mark.parametrize(("n", "shape", "limit"), [(20_000, (11, 11), 5e-3)])
def test_it_can_be_played(n, shape, limit):
    tpf = steady(n, shape, days=2 / 1440)
    assert quickest(lambda: frame(tpf, "residual", n // 2)) < limit


@pytest.mark.realdata
def test_it_can_be_played_on_the_largest_stamp(data_file):
    tpf = open_tpf(data_file("tess2018349182459-s0006-0000000322899250-0126-s_tp.fits")).load()
    assert quickest(lambda: frame(tpf, "residual", 5)) < 50e-3


#: Cadence -> stamp (row, col) of the mover: the slow one and the fast one, read off the frames.
MOVERS = {
    1214: (9, 6),
    1215: (9, 6),
    1216: (8, 5),
    1217: (8, 4),
    1218: (8, 3),
    1219: (8, 2),
    2569: (9, 7),
    2570: (7, 2),
    2571: (6, 0),
    2572: (4, 2),
}


@pytest.mark.realdata
def test_what_moves_walks_in_plain_sight(data_file):
    """The brightest pixel of the residual is the mover's, far above the noise of the others.

    And where it is not, no mover is made up: at the cadences before, of the same pixels.
    """
    tpf = open_tpf(data_file("ktwo210994964-c04_lpd-targ.fits.gz"))
    sample = sample_frames(tpf, "residual")
    noise = 1.4826 * np.nanmedian(np.abs(sample))
    for cadence, (row, col) in MOVERS.items():
        residual = frame(tpf, "residual", cadence)
        brightest = np.unravel_index(np.nanargmax(residual), residual.shape)
        assert np.hypot(brightest[0] - row, brightest[1] - col) <= 1.5, cadence
        assert residual[brightest] > 10 * noise, cadence
        apart = np.ones(residual.shape, dtype=bool)  # the fast one is a trail
        apart[max(row - 3, 0) : row + 4, max(col - 7, 0) : col + 8] = False
        calm = np.abs(residual[apart & np.isfinite(residual)])
        assert np.median(calm) < 3 * noise, cadence
        before = frame(tpf, "residual", np.arange(cadence - 40, cadence - 20))[:, row, col]
        assert np.nanmedian(np.abs(before)) < 3 * noise, cadence


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "gain"),
    [("ktwo210994964-c04_lpd-targ.fits.gz", 4), ("ktwo211983544-c18_lpd-targ.fits", 1.2)],
)
def test_a_real_roll_does_not_show(data_file, name, gain):
    """Against the nearest cadences, the tenth of the residuals that is largest, at the star."""
    tpf = open_tpf(data_file(name))
    typical = typical_image(tpf)
    row, col = np.unravel_index(np.nanargmax(typical), typical.shape)
    kept = np.flatnonzero(tpf["quality"].values == 0)
    some = kept[(kept > 200) & (kept < tpf.sizes["time"] - 100)][::9]

    def largest(tpf):
        residuals = [frame(tpf, "residual", int(one))[row, col] for one in some]
        return np.nanpercentile(np.abs(residuals), 90)

    assert largest(tpf) * gain < largest(tpf.drop_vars(["pos_corr1", "pos_corr2"]))


def test_the_cube_stays_as_it_is():
    tpf = steady()
    tpf["flux"] = tpf["flux"].astype(float)
    before = tpf["flux"].values.copy()
    frame(tpf, "residual", 50)
    np.testing.assert_array_equal(tpf["flux"].values, before)


def test_times_of_a_damaged_file_that_hardly_differ():
    """The smallest numbers there are: 6 h are more of them than can be counted."""
    tpf = steady().assign_coords(time=("time", 5e-324 * np.arange(200)))
    found = reference_cadences(tpf, 50)
    assert 50 not in found and np.array_equal(found, np.sort(found))
