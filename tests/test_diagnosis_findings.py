"""What flags and side columns say of a window, apart from the pixels and against them."""

import numpy as np
import pytest
from eventparts import TRANSIT, two_stars

from tpfdash.diagnosis.diagnose import diagnose


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


@pytest.fixture(scope="module")
def inside(tpf):
    """Which cadences are in the window."""
    time = tpf["time"].values
    return (time >= TRANSIT[0]) & (time <= TRANSIT[1])


def flags(tpf):
    """{name: finding} of what is no pixel, after a check that the verdict is the pixels'."""
    found = diagnose(tpf, TRANSIT)
    assert found.verdict == "on_target"
    return {each.name: each for each in found.findings if each.source == "flags"}


def cube(tpf, level, inside, extra):
    values = np.full(tpf["flux"].shape, level, dtype=np.float32)
    values[inside] += extra
    return tpf["flux"].dims, values


def test_what_the_file_lacks_is_said(tpf):
    bare = tpf.drop_vars(
        [name for name in ("flux_bkg", "cosmic_rays", "pos_corr1", "pos_corr2") if name in tpf]
    )
    said = flags(bare)
    for name in ("RB_LEVEL", "FLUX_BKG", "COSMIC_RAYS", "POS_CORR"):
        assert said[name].sentence.startswith(f"the file has no {name}"), name
        assert not said[name].supports and not said[name].opposes


def test_a_flag_of_all_cadences_is_contradicted_by_the_pixels(tpf, inside):
    odd = tpf.copy(deep=True)
    odd["quality"].values[inside] |= 4096
    found = flags(odd)["QUALITY 4096"]
    assert found.supports == ("background",) and found.opposes == ("on_target",)
    n = int(inside.sum())
    assert found.sentence.startswith(f"{n} of {n} cadences in the window")
    assert found.sentence.endswith("which the pixels contradict: they say on target")
    assert found.value == n


def test_a_flag_of_one_cadence_is_told(tpf, inside):
    odd = tpf.copy(deep=True)
    odd["quality"].values[np.flatnonzero(inside)[2]] |= 4096
    found = flags(odd)["QUALITY 4096"]
    assert found.value == 1 and not found.opposes


@pytest.mark.parametrize(("level", "cause"), [(1.6, True), (0.3, False)])
def test_rolling_band_levels(tpf, inside, level, cause):
    values = np.zeros((tpf.sizes["time"], tpf.sizes["row"], 1), dtype=np.float32)
    values[inside] = level
    found = flags(tpf.assign(rb_level=(("time", "row", "rb_duration"), values)))["RB_LEVEL"]
    assert found.value == pytest.approx(level) and f"reaches {level:g}" in found.sentence
    assert found.supports == (("rolling_band",) if cause else ())
    assert found.opposes == (() if cause else ("rolling_band",))
    values[:] = np.nan
    lacking = tpf.assign(rb_level=(("time", "row", "rb_duration"), values))
    assert "not available in the window" in flags(lacking)["RB_LEVEL"].sentence


def test_a_jump_of_the_background_is_told(tpf, inside):
    rng = np.random.default_rng(1)
    dims, values = cube(tpf, 100.0, inside, 5.0)
    values += rng.normal(0, 0.1, values.shape).astype(np.float32)
    found = flags(tpf.assign(flux_bkg=(dims, values)))["FLUX_BKG"]
    assert found.value == pytest.approx(5, abs=0.2) and found.unit == "e-/s"
    assert found.significance > 5 and found.supports == ("background",)
    steady = tpf.assign(flux_bkg=(dims, values - np.where(inside, 5, 0)[:, None, None]))
    assert flags(steady)["FLUX_BKG"].supports == ()


def test_rays_that_the_pipeline_took_out_are_counted(tpf, inside):
    dims, values = cube(tpf, 0.0, inside, 0.0)
    values[np.flatnonzero(inside)[1], 2, 3] = 500
    values[np.flatnonzero(inside)[3], 4, 4] = 90
    values[0, 0, 0] = 70  # elsewhere
    found = flags(tpf.assign(cosmic_rays=(dims, values)))["COSMIC_RAYS"]
    assert found.value == 2 and "took 2 rays out" in found.sentence


@pytest.mark.parametrize("moved", [0.5, 0.0])
def test_pointing_that_moved_is_told(tpf, inside, moved):
    rng = np.random.default_rng(2)
    path = rng.normal(0, 0.01, (2, tpf.sizes["time"])).astype(np.float32)
    path[0, inside] += moved
    found = flags(tpf.assign(pos_corr1=("time", path[0]), pos_corr2=("time", path[1])))["POS_CORR"]
    assert found.supports == (("pointing",) if moved else ())
    assert found.opposes == (() if moved else ("pointing",))
    assert (found.value > 0.2) == bool(moved) and found.unit == "pixel"
