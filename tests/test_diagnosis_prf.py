"""The PRF that an event's place is judged by, and that of TESS as a table."""

import os
from pathlib import Path

import numpy as np
import pytest

from tpfdash.diagnosis.prf import EllipticalPRF, OnPixels
from tpfdash.diagnosis.tess_prf import tess_prf
from tpfdash.stamp.prf import PRF, GaussianPRF, MeasuredPRF


def test_it_is_a_prf_and_holds_all_the_light():
    prf = EllipticalPRF(0.6, 0.8, 0.3, 0.2)
    assert isinstance(prf, PRF)
    images = prf.images((31, 31), np.array([15.2, 14.7]), np.array([15.4, 15.0]))
    np.testing.assert_allclose(images.sum(axis=(0, 1)), 1, atol=2e-3)
    row = (np.arange(31)[:, None] * images[..., 0]).sum()
    assert row == pytest.approx(15.2, abs=0.01)


def test_a_round_one_is_close_to_exact_gaussians():
    made = EllipticalPRF(0.6, 0.6, 0.0, 0.1, 3.0).images((9, 9), 4.3, 3.8)
    exact = GaussianPRF([(0.9, 0.6), (0.1, 1.8)]).images((9, 9), 4.3, 3.8)
    np.testing.assert_allclose(made, exact, atol=0.012 * exact.max())


def test_on_some_pixels_only():
    prf = EllipticalPRF(0.6, 0.7)
    pixels = np.array([[3, 4], [3, 6], [5, 5]])
    whole = prf.images((9, 9), 4.1, 5.2)[..., 0]
    np.testing.assert_allclose(
        OnPixels(prf, pixels).images(np.array([[4.1, 5.2]]))[0], whole[tuple(pixels.T)]
    )


def test_there_is_no_tess_prf_beside_its_ccds():
    assert tess_prf(5, 1, 100, 100) is None


@pytest.mark.realdata
@pytest.mark.parametrize(("camera", "ccd"), [(1, 1), (2, 3), (4, 2)])
@pytest.mark.parametrize("place", [(300, 500), (1900, 1900)])
def test_the_table_is_like_the_measured_ones(camera, ccd, place):
    folder = os.environ.get("TPFDASH_TEST_DATA")
    path = Path(folder or "").parent / "prf" / "tess_spoc_prf_sector4.npz"
    if not folder or not path.exists():
        pytest.skip("TPFDASH_TEST_DATA has no measured PRFs beside it")
    measured = MeasuredPRF.from_npz(path, camera=camera, ccd=ccd, row=place[0], col=place[1])
    one = measured.images((11, 11), 5.2, 4.9)[..., 0]
    other = tess_prf(camera, ccd, *place).images((11, 11), 5.2, 4.9)[..., 0]
    assert (one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()) > 0.98
