"""Masks: what is accepted as one, the ways to make one, and its outline."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from test_photometry import COL, ROW, make_tpf

from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.geometry import outline, rectangle
from tpfdash.stamp.masks import (
    as_mask,
    default_mask,
    grown,
    halo,
    named_aperture,
    pipeline_mask,
    shrunk,
    threshold_mask,
)


def test_as_mask_copies_and_locks():
    source = np.zeros((2, 3), dtype=bool)
    mask = as_mask(source, (2, 3))
    source[0, 0] = True
    assert mask.dtype == bool and not mask.any()
    with pytest.raises(ValueError):
        mask[0, 0] = True
    np.testing.assert_array_equal(as_mask([[0, 1, 1], [1.0, 0, 0]], (2, 3)).sum(), 3)


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((3, 2), bool),
        np.zeros(6, bool),
        np.full((2, 3), 3),
        np.full((2, 3), np.nan),
        np.full((2, 3), "x"),
        np.full((2, 3), None),
        [[True, False], [True]],
        None,
        True,
        {"a": 1},
    ],
)
def test_as_mask_refuses(bad):
    with pytest.raises(TPFError, match="background mask"):
        as_mask(bad, (2, 3), "background")


def test_pipeline_mask_tests_the_bit():
    tpf = make_tpf(np.ones((1, 2, 3)))
    tpf["aperture"].values[:] = [[0, 1, 3], [65, 267, 14]]  # real values; 267 has bit 2, 65 not
    assert pipeline_mask(tpf).tolist() == [[False, False, True], [False, True, True]]


def test_named_apertures():
    tpf = make_tpf(np.ones((1, 2, 3)))
    assert named_aperture(tpf, "all").all() and not named_aperture(tpf, "empty").any()
    with pytest.raises(TPFError, match="pipelin'.*'pipeline'"):
        named_aperture(tpf, "pipelin")


def test_rectangle_includes_both_ends_in_any_order_and_is_cut_at_the_stamp():
    tpf = make_tpf(np.ones((1, 5, 6)))
    expected = np.zeros((5, 6), dtype=bool)
    expected[1:4, 2:4] = True
    box = (ROW + 1, ROW + 3, COL + 2, COL + 3)
    for ends in (box, (box[1], box[0], *box[2:]), (box[0], box[1], box[3], box[2])):
        np.testing.assert_array_equal(rectangle(tpf, *ends), expected)
    assert rectangle(tpf, -9e9, 9e9, -9e9, 9e9).all()
    assert not rectangle(tpf, ROW - 5, ROW - 1, COL, COL + 5).any()
    for bad in ("x", None, [1, 2], np.nan):
        with pytest.raises(TPFError, match="rectangle"):
            rectangle(tpf, ROW, bad, COL, COL)


@settings(max_examples=200, deadline=None)
@given(hnp.arrays(bool, st.tuples(st.integers(1, 5), st.integers(1, 5))))
def test_outline_is_every_side_between_inside_and_outside_once(mask):
    expected = set()
    for (row, col), inside in np.ndenumerate(mask):
        for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            r, c = row + dr, col + dc
            neighbour = 0 <= r < mask.shape[0] and 0 <= c < mask.shape[1] and mask[r, c]
            if inside and not neighbour:  # the middle of the side between the two
                expected.add((COL + col + dc / 2, ROW + row + dr / 2))
    sides = []
    for x0, y0, x1, y1 in zip(*outline(mask, ROW, COL), strict=True):
        length = round(x1 - x0 + y1 - y0)
        assert (x0 == x1) != (y0 == y1) and length > 0
        along = (np.arange(length) + 0.5) / length
        sides += zip(x0 + along * (x1 - x0), y0 + along * (y1 - y0), strict=True)
    assert len(sides) == len(expected)
    assert set(sides) == expected


def test_outline_joins_straight_sides():
    assert len(outline(np.ones((4, 7), dtype=bool), 0, 0)[0]) == 4


def test_threshold_takes_the_target_and_leaves_the_brighter_neighbour():
    tpf = simulate_tpf(
        "Kepler",
        n_cadences=30,
        shape=(11, 11),
        stars=[Star(2.2, 2.1, flux=2e4), Star(8.0, 7.6, flux=9e4)],
        background=100,
    )
    mask = threshold_mask(tpf)
    assert mask[2, 2] and 3 <= mask.sum() <= 30
    assert not mask[6:, 5:].any()
    tpf["aperture"].values[:] = 1
    np.testing.assert_array_equal(default_mask(tpf), mask)  # where the pipeline has none


def test_threshold_takes_the_middle_where_the_catalogue_position_is_off_the_stamp():
    tpf = simulate_tpf("Kepler", n_cadences=9)
    tpf["flux"].values[:] = np.random.default_rng(0).normal(10, 1, (9, 11, 11))
    tpf["flux"].values[:, 4:7, 5] = 50
    tpf["flux"].values[:, 9:, :3] = 90
    for shift in (0, 1):  # deg: 900 pixels
        tpf.attrs["dec"] += shift
        assert np.flatnonzero(threshold_mask(tpf)).tolist() == [49, 60, 71]


@pytest.mark.parametrize("shape", [(1, 1), (8, 1), (5, 4)])
def test_threshold_of_stamps_without_contrast(shape):
    assert not threshold_mask(make_tpf(np.full((9, *shape), np.nan))).any()
    assert not threshold_mask(make_tpf(np.zeros((9, *shape)))).any()
    assert threshold_mask(make_tpf(np.full((9, *shape), 5.0))).sum() == 1
    one = np.full((9, *shape), 5.0)
    one[:, -1, -1] = 6
    assert np.flatnonzero(threshold_mask(make_tpf(one))).tolist() == [one[0].size - 1]


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name",
    [
        "kplr006922244-2009166043257_lpd-targ.fits",
        "ktwo211983544-c18_lpd-targ.fits",
        "tess-sip_tpf2.fits",
    ],
)
def test_threshold_agrees_with_the_pipeline_on_real_stars(data_file, name):
    """It has the pipeline aperture's brightest pixel and at least half of its pixels."""
    tpf = open_tpf(data_file(name))
    pipeline, threshold = pipeline_mask(tpf), threshold_mask(tpf)
    image = np.nansum(tpf["flux"].values, axis=0)
    assert threshold.flat[np.argmax(np.where(pipeline, image, -np.inf))]
    assert (pipeline & threshold).sum() >= pipeline.sum() / 2


@settings(max_examples=200, deadline=None)
@given(hnp.arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 6))), st.integers(1, 3))
def test_grown_shrunk_and_halo_are_by_steps_over_sides(mask, n):
    """Against the distance over sides, pixel by pixel; none is ever empty in silence."""
    inside, outside = np.argwhere(mask), np.argwhere(~np.pad(mask, n)) - n

    def steps(pixel, others):
        return np.abs(others - pixel).sum(axis=1).min() if len(others) else np.inf

    near = np.array([steps(p, inside) <= n for p in np.ndindex(mask.shape)]).reshape(mask.shape)
    deep = np.array([steps(p, outside) > n for p in np.ndindex(mask.shape)]).reshape(mask.shape)
    for function, expected in ((grown, near), (halo, near & ~mask), (shrunk, deep)):
        if expected.any():
            np.testing.assert_array_equal(function(mask, n), expected)
        else:
            with pytest.raises(TPFError, match="the mask"):
                function(mask, n)


def test_growing_and_shrinking_go_by_whole_steps():
    mask = np.zeros((9, 9), dtype=bool)
    mask[3:6, 3:6] = True
    np.testing.assert_array_equal(shrunk(grown(mask)), mask)
    for bad in (0, -1, 1.0, True, "1", None):
        for function in (grown, shrunk, halo):
            with pytest.raises(TPFError, match="n is .*whole number of pixels"):
                function(mask, bad)
