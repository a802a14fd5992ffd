"""The kernel that adds pixels up, against numpy and against exact fractions."""

from fractions import Fraction

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tpfdash.stamp import sums

ANY_SIZE = st.one_of(
    st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf, 2.0**-149, 2.0**100, 2.0**-100]),
    st.floats(width=32),
    st.floats(-1e4, 1e4, width=32),
)


@pytest.fixture(scope="module", autouse=True)
def compiled():
    sums.compile_kernel()
    return sums.compiled_kernel()


def by_numpy(series):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sums, "_compiled", None)
        return sums.pixel_sum(series)


@settings(max_examples=200, deadline=None)
@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2), elements=ANY_SIZE))
def test_kernel_and_numpy_give_the_same_to_the_last_bit(series):
    for ours, theirs in zip(sums.pixel_sum(series), by_numpy(series), strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)


@pytest.mark.parametrize("n", [2047, 2048, 2049, 6000])
@pytest.mark.parametrize("pixels", [0, 1, 2, 5])
def test_a_series_of_any_length_is_added_up_whole(n, pixels):
    series = np.random.default_rng(n).normal(100, 5, (pixels, n)).astype(np.float32)
    series[::2, ::7] = np.nan
    for total, count in (sums.pixel_sum(series), by_numpy(series)):
        np.testing.assert_allclose(total, np.nansum(series, axis=0, dtype=float), rtol=1e-14)
        np.testing.assert_array_equal(count, np.isfinite(series).sum(axis=0))


def test_other_numbers_than_float32_are_left_to_numpy():
    series = np.array([[1 + 2.0**-40, np.nan], [1e300, 7.0]])
    for values in (series, series.astype(">f8")):
        total, count = sums.pixel_sum(values)
        np.testing.assert_array_equal(total, [1e300, 7])
        np.testing.assert_array_equal(count, [2, 1])
    np.testing.assert_array_equal(sums.pixel_sum(np.array([[1.5]], ">f4"))[0], [1.5])


def noted(series, compiled):
    """What the kernel notes of the exponents of one cadence's pixels."""
    arrays = np.empty(1), np.empty(1, np.int32), np.empty(1, np.uint8), np.empty(1, np.uint8)
    cube = np.array(series, dtype=np.float32)[:, None]
    compiled(cube, np.arange(len(cube)), True, False, *arrays)
    return arrays[2:]


@settings(max_examples=300, deadline=None)
@given(st.lists(ANY_SIZE, min_size=1, max_size=9), st.integers(0, 30))
def test_where_the_order_does_not_matter_the_sum_is_exact(values, squeeze):
    # Most lists of any sizes are too unlike: bring these nearer to each other.
    values = np.float32(values)
    with np.errstate(over="ignore", under="ignore"):
        values = np.float32(np.sign(values) * np.abs(values) ** (1 / (1 + squeeze)))
    notes = noted(values, sums.compiled_kernel())
    if sums.order_matters(*notes, len(values)).size:
        return
    there = [float(v) for v in values if np.isfinite(v)]
    total = 0.0
    for value in sorted(there, key=abs):
        total += value
    assert Fraction(total) == sum(map(Fraction, there))


@pytest.mark.parametrize(
    "values, matters",
    [
        ([1e30, 1], True),
        ([1e5, 1e-6], True),
        ([2.0**-149, 1], True),
        ([1e5, 1, 0, np.nan, np.inf], False),
        ([1e30, 1e28], False),
        ([np.nan], False),
        ([0], False),
    ],
)
def test_order_matters_where_sizes_are_too_unlike(values, matters, compiled):
    assert bool(sums.order_matters(*noted(values, compiled), 121).size) == matters


def test_the_kernel_is_compiled_without_a_cache_where_none_can_be_written(monkeypatch):
    asked = []

    def njit(signature, *, nogil, cache=False):
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: "compiled"

    monkeypatch.setattr(numba, "njit", njit)
    monkeypatch.setattr(sums, "_compiled", None)
    sums.compile_kernel()
    assert asked == [True, False]
    assert sums.compiled_kernel() == "compiled"
