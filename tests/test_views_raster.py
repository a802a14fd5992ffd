"""The raster of a long light curve, against points counted one by one and by datashader."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core import event

from tpfdash.views import raster

SHAPE = (30, 90)


def fit(y, **options):
    return raster.fit_range(np.arange(y.size, dtype=float), y, **options)


@pytest.fixture
def cloud():
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-0.2, 1.2, 5000), rng.normal(100, 1, 5000)
    x[::50], y[::70] = np.nan, np.nan
    return x, y


@pytest.fixture(scope="module")
def datashader_is_ready():
    raster.prepare_datashader()


@pytest.mark.parametrize("count", [raster._by_numpy, raster._by_datashader])
def test_both_ways_count_the_points_of_each_cell(cloud, count):
    x, y = cloud
    low, high = (0.0, 98.0), (1.0, 102.0)
    expected, _, _ = np.histogram2d(
        *(values[np.isfinite(x) & np.isfinite(y)] for values in (y, x)),
        bins=SHAPE,
        range=[(low[1], high[1]), (low[0], high[0])],
    )
    found = count(x, y, (low[0], high[0]), (low[1], high[1]), SHAPE)
    assert found.shape == SHAPE
    np.testing.assert_array_equal(found, expected)


ENDS = st.tuples(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6)).map(lambda at: (at[0], sum(at)))


@settings(max_examples=300, deadline=None)
@given(ENDS, ENDS, st.integers(0, 2**32 - 1))
def test_both_ways_put_points_on_the_borders_of_cells_in_the_same_ones(x_range, y_range, seed):
    rng = np.random.default_rng(seed)

    def points(low, high, n):
        borders = low + (high - low) * np.arange(-1, n + 2) / n
        beside = [np.nextafter(borders, side) for side in (-np.inf, np.inf)]
        special = [np.nan, np.inf, -np.inf, low, high, np.nextafter(high, low), 1e300]
        return rng.choice(np.concatenate([borders, *beside, special]), 400)

    x, y = points(*x_range, SHAPE[1]), points(*y_range, SHAPE[0])
    numpy, datashader = (
        count(x, y, x_range, y_range, SHAPE) for count in (raster._by_numpy, raster._by_datashader)
    )
    np.testing.assert_array_equal(numpy, datashader)


def test_the_outermost_points_are_in_the_image(datashader_is_ready):
    ends = np.array([0.0, 1.0])
    for repeats in (1, raster.FEW_POINTS):
        x = np.repeat(ends, repeats)
        found = raster.counts(x, x, (0, 1), (0, 1), SHAPE)
        assert found[0, 0] == found[-1, -1] == repeats
        assert found.sum() == x.size


def test_datashader_counts_many_points_once_it_is_ready(monkeypatch):
    asked = []
    monkeypatch.setattr(raster, "_datashader_is_ready", False)
    monkeypatch.setattr(raster, "_by_datashader", lambda x, *_: asked.append(x.size))
    few, many = (np.zeros(raster.FEW_POINTS + more) for more in (0, 1))
    for x in (few, many):
        raster.counts(x, x, (0, 1), (0, 1), SHAPE)
    assert not asked
    raster.prepare_datashader()
    asked.clear()
    for x in (few, many):
        raster.counts(x, x, (0, 1), (0, 1), SHAPE)
    assert asked == [many.size]


def test_nothing_is_compiled_after_datashader_was_prepared(datashader_is_ready):
    n = raster.FEW_POINTS + 1
    writable, frozen = np.zeros(n), np.zeros(n)
    frozen.flags.writeable = False
    kinds = [writable, frozen, np.zeros(2 * n)[::2], np.zeros(n, np.float32), np.zeros(n, ">f8")]
    with event.install_recorder("numba:compile") as recorded:
        for x in kinds:
            for y in kinds:
                raster.counts(x, y, (0, np.float64(1)), (0.0, 1), (20, 30))
    assert not recorded.buffer


def test_a_single_point_is_a_cell_at_its_place_with_row_0_lowest():
    image = raster.rasterize([(np.array([0.5]), np.array([0.1]))], (0, 1), (0, 1), (10, 10))
    assert image[1, 5] == 1
    assert np.count_nonzero(image) == 1


def test_the_range_is_found_where_hardly_any_triple_is():
    x = np.full(200_000, np.nan)
    x[20_001:20_020] = np.arange(19)  # between the pairs that are looked at first
    low, high = raster.fit_range(x, np.random.default_rng(1).normal(1000, 1, x.size))
    assert 980 < low < 998
    assert 1002 < high < 1020


def test_kinds_have_codes_of_their_own_and_later_ones_lie_on_top():
    point = (np.array([0.5]), np.array([0.5]))
    dense = (np.full(10**5, 0.5), np.full(10**5, 0.5))
    image = raster.rasterize([point, dense], (0, 1), (0, 1), (9, 9))
    assert image.max() == raster.LEVELS + 1 + raster.LEVELS
    assert set(np.unique(image)) == {0, 2 * raster.LEVELS + 1}


def test_the_range_spans_what_lasts_and_not_a_single_outlier():
    rng = np.random.default_rng(1)
    y = rng.normal(1000, 1, 2000)
    y[500:510] = 900  # a dip of ten cadences
    y[1000] = 1e6  # a cosmic ray
    low, high = fit(y)
    assert low < 900
    assert 1003 < high < 1100
    low, high = fit(y, everything=True)
    assert low < 900 and high > 1e6


def test_the_range_of_pure_noise_holds_nearly_every_point():
    y = np.random.default_rng(2).normal(0, 1, 1_000_000)
    low, high = fit(y)
    assert np.mean((y > low) & (y < high)) > 1 - 1e-5
    assert high - low < 20


@pytest.mark.parametrize(
    "y",
    [
        np.full(100, 7.0),
        np.array([3.0]),
        np.r_[np.full(50, np.nan), 1.0, np.full(50, np.nan)],
        np.tile([1.0, np.nan], 40),
        np.zeros(3),
    ],
)
def test_sparse_and_constant_series_have_a_range_around_them(y):
    low, high = fit(y)
    finite = y[np.isfinite(y)]
    assert low < finite.min() and finite.max() < high


def test_nothing_finite_has_no_range():
    assert fit(np.full(20, np.nan)) is None
    assert fit(np.array([])) is None


def test_infinities_of_both_signs_are_no_points():
    """Nor does numpy warn of them, which is an error in these tests."""
    y = np.array([*np.linspace(1.0, 2.0, 200), *[np.inf] * 200])
    x = np.array([*np.arange(200.0), *[-np.inf] * 200])
    assert raster.fit_range(x, y) == raster.fit_range(x[:200], y[:200])
    assert raster.fit_range(np.full(400, -np.inf), np.full(400, np.inf)) is None


def test_points_without_a_time_do_not_count_for_the_range():
    x, y = np.arange(100.0), np.random.default_rng(5).normal(0, 1, 100)
    y[40:60] = 500
    x[40:60] = np.nan
    low, high = raster.fit_range(x, y)
    assert high < 20
    assert raster.fit_range(x, y, everything=True)[1] < 20


X = np.arange(8.0)
Y = np.array([0.0, 5.0, 9.0, np.nan, -7.0, 6.0, np.inf, 0.0])


def test_what_lies_beyond_is_above_or_below_and_in_sight():
    other = np.where(X == 5, X, np.nan)
    mine = np.where(X == 5, np.nan, X)
    above, below = raster.beyond(
        [(mine, Y), (other, Y), (X[:0], Y[:0])], slice(0, 8), (0, 7), (-1, 4)
    )
    assert [list(part) for part in above] == [[1, 2, 5], [5, 9, 6]]
    assert [list(part) for part in below] == [[4], [-7]]
    (cadences, _), _ = raster.beyond([(mine, Y)], slice(1, 3), (1.5, 3), (-1, 4))
    assert list(cadences) == [2]


def test_one_extreme_stands_for_each_column():
    x = np.array([0.1, 0.2, 0.9, 5.5, 9.9, 10.0])
    height = np.array([3.0, 8.0, 1.0, 2.0, 4.0, 7.0])
    assert list(raster.extremes(x, height, (0.0, 10.0), 10)) == [1, 3, 5]
    assert raster.extremes(x[:0], height[:0], (0.0, 10.0), 10).size == 0


def test_a_range_is_widened_to_hold_all_of_an_event_and_no_more():
    flux = np.zeros(60)
    flux[[20, 21, 22]] = 30, 90, 40
    flux[40] = 500
    x = np.arange(60.0)
    for cadence in (20, 21, 22):
        low, high = raster.widened((-1, 1), x, flux, cadence, [])
        assert low == -1 and 90 < high < 100
    for cadence in (19, 23, -1):
        assert raster.widened((-1, 1), x, flux, cadence, []) == (-1, 1)
    assert 500 < raster.widened((-1, 1), x, flux, 40, [])[1] < 540
    assert 90 < raster.widened((-1, 1), x, flux, 5, [slice(10, 30)])[1] < 100
    x[40] = np.nan  # not drawn
    assert raster.widened((-1, 1), x, flux, 40, [slice(39, 42)]) == (-1, 1)
    flux[40], x[40] = 1e38, 40  # nor anything that float32 cannot hold
    assert raster.widened((-1, 1), x, flux, 40, []) == (-1, 1)


def test_a_range_is_widened_for_an_event_at_either_end():
    flux = np.array([-9.0, -8.0, 0.0, 0.0, 7.0])
    x = np.arange(5.0)
    assert raster.widened((-1, 1), x, flux, 1, [])[0] < -9
    assert raster.widened((-1, 1), x, flux, 4, [])[1] > 7


def test_a_window_holds_the_cadences_that_are_kept_and_no_other():
    x, flux = np.arange(9.0), np.zeros(9)
    flux[[4, 5]] = -1500, -3
    kept = np.arange(9) != 4
    low, high = raster.widened((-1, 1), x, flux, -1, [slice(3, 7)], kept)
    assert -4 < low < -3 and high == 1
    assert raster.widened((-1, 1), x, flux, 4, [slice(3, 7)], kept)[0] < -1500  # the current one
