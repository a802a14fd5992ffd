"""How the stars ride over the detector, against simulated truth and fitted stars."""

import numpy as np
import pytest

from tpfdash.io import open_tpf
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.pointing import motion, motion_at, usual_motion


def test_the_stars_ride_as_simulated():
    ride = np.random.default_rng(1).normal(0.3, 0.2, (50, 2))
    tpf = simulate_tpf("TESS", motion=ride, n_cadences=50)
    np.testing.assert_allclose(motion(tpf), ride, atol=1e-6)
    assert motion_at(tpf, 7) == pytest.approx(tuple(ride[7]), abs=1e-6)
    assert usual_motion(tpf) == pytest.approx(np.median(ride, axis=0), abs=1e-6)
    assert usual_motion(tpf.isel(time=[3])) == pytest.approx(ride[3], abs=1e-6)


def test_what_is_no_pointing_is_not_ridden_by():
    tpf = simulate_tpf("K2", motion=np.full((9, 2), 0.25), n_cadences=9)
    tpf["pos_corr1"].values[2] = -687
    tpf["pos_corr2"].values[3] = np.nan
    assert np.isnan(motion(tpf)).all(axis=1).tolist() == [n in (2, 3) for n in range(9)]
    assert motion_at(tpf, 2) == motion_at(tpf, 3) == usual_motion(tpf) == (0.25, 0.25)
    without = tpf.drop_vars("pos_corr1")
    assert motion_at(without, 0) == usual_motion(without) == (0.0, 0.0)
    assert motion(without).shape == (9, 2)


def test_flagged_cadences_are_not_usual():
    ride = np.zeros((9, 2))
    ride[:5] = 1.5
    tpf = simulate_tpf("TESS", motion=ride, n_cadences=9)
    assert usual_motion(tpf) == (1.5, 1.5)
    tpf["quality"].values[:5] = 4
    assert usual_motion(tpf) == (0.0, 0.0)


@pytest.mark.realdata
def test_the_star_of_a_rolling_file_rides_by_pos_corr(data_file):
    """Light-weighted centroids: in step with POS_CORR, the nearer to it the less they miss."""
    tpf = open_tpf(data_file("ktwo211983544-c18_lpd-targ.fits"))
    good = np.flatnonzero(tpf["quality"].values == 0)
    flux = np.nan_to_num(tpf["flux"].values[good].astype(float))
    centroid = (flux.sum(axis=1) * tpf["col"].values).sum(axis=1) / flux.sum(axis=(1, 2))
    ride = motion(tpf, good)[:, 1]
    known = np.isfinite(ride)
    assert np.corrcoef(ride[known], centroid[known])[0, 1] > 0.95
