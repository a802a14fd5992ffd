"""Quiet places, and what is measured there, against loops in plain numpy."""

import numpy as np
import pytest
from test_photometry import make_tpf

from tpfdash.diagnosis.quiet import (
    filter_response,
    quiet_differences,
    quiet_places,
    robust_covariance,
    robust_scatter,
)
from tpfdash.diagnosis.windows import Place

SHAPES = [(3, 3, 3), (0, 2, 2), (4, 4, 0), (2, 5, 5), (1, 1, 1)]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_filter_is_the_mean_of_the_flanks_less_that_of_the_window(shape):
    flux = np.random.default_rng(1).normal(1e9, 5, 40)
    flux[[7, 20]] = np.nan, np.inf
    before, inside, after = shape
    found = filter_response(flux, shape)
    assert found.size == 40 - sum(shape) + 1
    values = np.where(np.isfinite(flux), flux, np.nan)
    for start, response in enumerate(found):
        parts = np.split(values[start : start + sum(shape)], [before, before + inside])
        if any(part.size and np.isnan(part).all() for part in parts):
            assert np.isnan(response)
        else:
            flanks = [np.nanmean(part) for part in parts[::2] if part.size]
            assert response == pytest.approx(np.mean(flanks) - np.nanmean(parts[1]), abs=1e-5)


def test_the_filter_does_not_fit_into_less():
    assert filter_response(np.ones(4), (2, 2, 2)).size == 0


def test_scatter_leaves_outliers_out():
    rng = np.random.default_rng(2)
    values = np.concatenate([rng.normal(3, 2, 5000), rng.normal(90, 5, 800), [np.nan]])
    kept, scatter = robust_scatter(values)
    assert scatter == pytest.approx(2, rel=0.05)
    assert kept[:5000].mean() > 0.999 and not kept[5000:].any()
    kept, scatter = robust_scatter(np.full(3, np.nan))
    assert not kept.any() and np.isnan(scatter)


@pytest.mark.parametrize("outliers", [0, 40])
def test_covariance_is_that_of_what_is_no_outlier(outliers):
    rng = np.random.default_rng(3)
    true = np.array([[4.0, 1.5], [1.5, 1.0]])
    moved = rng.multivariate_normal([0, 0], true, 4000)
    moved[:outliers] += 300, -100
    moved[-5:] = np.nan
    np.testing.assert_allclose(robust_covariance(moved), true, rtol=0.1)


def test_covariance_of_what_does_not_move():
    np.testing.assert_array_equal(robust_covariance(np.zeros((9, 2))), np.zeros((2, 2)))
    np.testing.assert_array_equal(robust_covariance(np.full((9, 2), np.nan)), np.zeros((2, 2)))
    along = np.outer(np.linspace(-1, 1, 50), [1.0, 0.0])
    assert np.linalg.eigvalsh(robust_covariance(along)).min() == 0


def test_places_keep_clear_of_events_gaps_and_outliers():
    rng = np.random.default_rng(4)
    flux = rng.normal(1000, 1, 2000)
    flux[500:520] -= 50  # another event
    times = np.arange(2000.0) + 30 * (np.arange(2000) >= 1200)
    event = Place(790, 800, 810, 820)
    quiet = quiet_places(times, flux, (10, 10, 10), [event], 25)
    assert 100 <= quiet.starts.size <= 200
    cadences = quiet.starts[:, None] + np.arange(30)
    assert not ((cadences >= 800) & (cadences < 810)).any()
    assert (np.ptp(times[cadences], axis=1) < 45).all()
    responses = filter_response(flux, (10, 10, 10))[quiet.starts]
    assert np.abs(responses).max() < 5 * 0.5
    assert quiet.scatter == pytest.approx(np.sqrt(1.5 / 10), rel=0.15)
    assert quiet.independent == pytest.approx(2000 / 10, rel=0.15)


def test_there_are_few_places_in_a_short_file_or_a_large_stamp():
    times, flux = np.arange(100.0), np.random.default_rng(5).normal(0, 1, 100)
    event = Place(30, 40, 50, 60)
    assert quiet_places(times, flux, (10, 10, 10), [event], 9).independent < 6
    assert quiet_places(times, flux, (40, 40, 40), [event], 9).starts.size == 0
    large = quiet_places(np.arange(9000.0), np.zeros(9000), (1, 1, 1), [event], 20_000)
    assert 1 <= large.starts.size < 100


def test_without_a_light_curve_every_place_clear_of_the_event_counts():
    quiet = quiet_places(np.arange(500.0), np.full(500, np.nan), (1, 1, 1), [Place(1, 2, 3, 4)], 9)
    assert quiet.starts.size == 200 and np.isnan(quiet.scatter)


@pytest.mark.parametrize("chunks", [None, 64])
def test_differences_are_those_of_plain_numpy(chunks, monkeypatch):
    monkeypatch.setattr("tpfdash.diagnosis.quiet._BLOCK", 7 * 12)  # several blocks
    rng = np.random.default_rng(6)
    flux = rng.normal(100, 5, (400, 3, 4)).astype(np.float32)
    flux[:, 2, 3] = np.nan
    flux[50, 1, 1] = np.inf
    flux[60] = 0
    tpf = make_tpf(flux)
    order = np.delete(np.arange(400), [5, 90, 91, 300])
    times = np.arange(order.size, dtype=float)
    quiet = [
        quiet_places(times, flux[order, 0, 0].astype(float), shape, [], 12)
        for shape in ((3, 3, 3), (0, 2, 2))
    ]
    if chunks:
        tpf = tpf.chunk({"time": chunks})
    values = np.where(np.isfinite(flux), flux, np.nan).astype(float)
    values[60] = np.nan
    for its, images in zip(quiet, quiet_differences(tpf, order, quiet), strict=True):
        assert images.shape == (its.starts.size, 3, 4)
        for start, image in zip(its.starts[::7], images[::7], strict=True):
            parts = np.split(values[order[start : start + sum(its.shape)]], np.cumsum(its.shape))
            flanks = [_mean(part) for part in parts[:3:2] if len(part)]
            expected = np.nan_to_num(np.mean(flanks, axis=0) - _mean(parts[1]))
            np.testing.assert_allclose(image, expected, atol=1e-4)


def _mean(part):
    count = np.isfinite(part).sum(axis=0)
    return np.where(count, np.nansum(part, axis=0) / np.maximum(count, 1), np.nan)


def test_differences_at_no_place():
    tpf = make_tpf(np.ones((30, 2, 2)))
    quiet = quiet_places(np.arange(30.0), np.ones(30), (20, 20, 20), [], 4)
    (images,) = quiet_differences(tpf, np.arange(30), [quiet])
    assert images.shape == (0, 2, 2)
