"""Depth by aperture: the target's stays, a neighbour's grows with the aperture."""

import numpy as np
import pytest
from eventparts import NEIGHBOURS, QUIET, TRANSIT, two_stars

from tpfdash import diagnose
from tpfdash.diagnosis.depths import depth_by_aperture
from tpfdash.errors import TPFError
from tpfdash.stamp.masks import default_mask, grown, halo


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


@pytest.fixture(scope="module")
def masks(tpf):
    core = np.zeros(tpf["aperture"].shape, dtype=bool)
    core[3, 3:5] = True
    return {"core": core, "grown": grown(core), "halo": halo(core), "more": grown(core, 3)}


def test_a_transit_of_the_target(tpf, masks):
    found = depth_by_aperture(tpf, TRANSIT, masks)
    assert list(found) == list(masks)
    assert [each.pixels for each in found.values()] == [mask.sum() for mask in masks.values()]
    for name in ("core", "grown", "halo"):
        each = found[name]
        assert each.depth_ppm == pytest.approx(10_000, abs=max(5 * each.depth_ppm_err, 600))
    assert found["grown"].depth > found["core"].depth
    parts = found["core"].depth + found["halo"].depth
    assert parts == pytest.approx(found["grown"].depth, rel=1e-6)
    assert found["more"].depth_ppm < 9500  # the neighbour's light is in it


def test_an_eclipse_of_the_neighbour_grows_with_the_aperture(tpf, masks):
    found = depth_by_aperture(tpf, NEIGHBOURS, masks)
    assert found["more"].depth_ppm > 3 * abs(found["core"].depth_ppm)
    assert found["more"].depth_ppm > 10 * found["more"].depth_ppm_err


def test_against_the_diagnosis_and_with_one_at_hand(tpf, masks):
    mask = default_mask(tpf)
    event = diagnose(tpf, TRANSIT, mask)
    own = depth_by_aperture(tpf, TRANSIT, {"own": mask} | masks, found=event)["own"]
    assert (own.depth, own.depth_err, own.level) == (event.depth, event.depth_err, event.level)
    assert own.depth_ppm == event.depth_ppm and own.depth_ppm_err == event.depth_ppm_err


def test_nothing_has_no_depth(tpf, masks):
    found = depth_by_aperture(tpf, QUIET, masks)
    for each in found.values():
        assert abs(each.depth) < 5 * each.depth_err


def test_what_cannot_be_measured_is_nan(tpf, masks):
    empty = np.zeros_like(masks["core"])
    found = depth_by_aperture(tpf, TRANSIT, masks | {"empty": empty})
    assert found["empty"].pixels == 0 and np.isnan(found["empty"].depth)
    outside = depth_by_aperture(tpf, (1.0, 2.0), masks)
    assert all(np.isnan(each.depth_ppm) for each in outside.values())


def test_bad_masks(tpf, masks):
    for bad in ({}, None, [masks["core"]]):
        with pytest.raises(TPFError, match="masks by their names"):
            depth_by_aperture(tpf, TRANSIT, bad)
    with pytest.raises(TPFError, match="the wide mask has shape"):
        depth_by_aperture(tpf, TRANSIT, {"wide": np.ones((2, 2), dtype=bool)})
