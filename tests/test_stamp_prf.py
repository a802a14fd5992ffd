"""PRFs against the integral of their own profile over fine pixels."""

import os
from pathlib import Path

import numpy as np
import pytest

from tpfdash.errors import TPFError
from tpfdash.stamp.prf import PRF, GaussianPRF, MeasuredPRF, MoffatPRF, as_prf

FINE = 50  # points a pixel


def integrated(density, shape, row, col):
    """A profile summed over fine pixels: float64 (row, col)."""
    y, x = (np.arange(n * FINE) / FINE + 0.5 / FINE - 0.5 for n in shape)
    values = density(y[:, None] - row, x - col)
    return values.reshape(shape[0], FINE, shape[1], FINE).sum(axis=(1, 3)) / FINE**2


def gaussian(sigma):
    return lambda y, x: np.exp(-(y**2 + x**2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)


def moments(image):
    """Sum, mean row and col, variance along rows and columns."""
    rows, cols = np.indices(image.shape)
    total = image.sum()
    row, col = (image * rows).sum() / total, (image * cols).sum() / total
    return (
        total,
        row,
        col,
        (image * (rows - row) ** 2).sum() / total,
        (image * (cols - col) ** 2).sum() / total,
    )


def sampled(sigma=0.9, per_pixel=9, pixels=13):
    """A table of what a pixel holds of a Gaussian."""
    from scipy.special import erf

    n = pixels * per_pixel
    apart = (np.arange(n) - (n - 1) / 2) / per_pixel
    share = np.diff(0.5 * erf(np.stack([apart - 0.5, apart + 0.5]) / (np.sqrt(2) * sigma)), axis=0)[
        0
    ]
    return share[:, None] * share


def test_gaussians_are_integrated_over_each_pixel():
    made = GaussianPRF([(3, 0.6), (1, 1.4)]).images((9, 11), 3.8, 6.2)[..., 0]
    expected = 0.75 * integrated(gaussian(0.6), (9, 11), 3.8, 6.2)
    expected += 0.25 * integrated(gaussian(1.4), (9, 11), 3.8, 6.2)
    np.testing.assert_allclose(made, expected, atol=2e-5)


def test_a_moffat_profile_is_integrated_over_each_pixel():
    prf = MoffatPRF(1.2, beta=3.0, ratio=0.7, angle=90)  # the long axis along the rows' count

    def density(y, x):
        return (2 / (np.pi * 1.2**2 * 0.7)) * (1 + (y / 1.2) ** 2 + (x / 0.84) ** 2) ** -3.0

    made = prf.images((13, 11), 6.3, 4.9)[..., 0]
    np.testing.assert_allclose(made, integrated(density, (13, 11), 6.3, 4.9), atol=5e-5)
    assert prf.images((61, 61), 30, 30).sum() == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("row, col", [(6, 7), (5.63, 7.21), (-0.8, 3.3)])
def test_a_measured_prf_gives_what_it_was_sampled_from(row, col):
    made = MeasuredPRF(sampled(), 9).images((13, 15), row, col)[..., 0]
    expected = GaussianPRF([(1, 0.9)]).images((13, 15), row, col)[..., 0]
    np.testing.assert_allclose(made, expected, atol=2e-5)


PRFS = [GaussianPRF([(1, 0.8)]), MoffatPRF(1.6, 5.0), MeasuredPRF(sampled(0.8), 9)]


@pytest.mark.parametrize("prf", PRFS, ids=lambda prf: type(prf).__name__)
def test_each_prf_keeps_the_light_and_the_place(prf):
    assert isinstance(prf, PRF)
    row, col = np.array([10.0, 9.6, 11.3]), np.array([12.0, 11.7, 10.4])
    made = prf.images((23, 25), row, col)
    assert made.shape == (23, 25, 3) and made.dtype == float
    for number in range(3):
        total, y, x, *_ = moments(made[..., number])
        assert total == pytest.approx(1, abs=2e-3)
        assert (y, x) == pytest.approx((row[number], col[number]), abs=5e-3)  # the wings are cut
    np.testing.assert_allclose(made[..., 1], prf.images((23, 25), 9.6, 11.7)[..., 0], atol=1e-12)


@pytest.mark.parametrize("prf", PRFS, ids=lambda prf: type(prf).__name__)
def test_width_and_blur_widen(prf):
    plain = moments(prf.images((25, 25), 12, 12)[..., 0])
    wide = moments(prf.images((25, 25), 12, 12, 1.25)[..., 0])
    blurred = moments(prf.images((25, 25), 12, 12, 1.0, 0.5, 0.2)[..., 0])
    assert wide[0] == pytest.approx(plain[0], abs=5e-3)
    assert blurred[0] == pytest.approx(plain[0], abs=1e-3)
    # A motion adds its variance, whatever the profile.
    assert blurred[3] - plain[3] == pytest.approx(0.5**2, abs=0.01)
    assert blurred[4] - plain[4] == pytest.approx(0.2**2, abs=0.01)
    assert wide[3] > 1.2 * plain[3]


def test_a_gaussian_as_wide_again_is_another_gaussian():
    made = GaussianPRF([(1, 0.8)]).images((11, 11), 5, 5, 1.5)
    np.testing.assert_allclose(made, GaussianPRF([(1, 1.2)]).images((11, 11), 5, 5))


def test_pairs_are_gaussians_and_prfs_stay_what_they_are():
    assert as_prf([(2, 0.5), (2, 1.0)]) == GaussianPRF([(0.5, 0.5), (0.5, 1.0)])
    assert as_prf(PRFS[1]) is PRFS[1]


def table(path, **changes):
    values = {
        "prf": np.stack([sampled(0.8), sampled(1.2)]).astype("f4"),
        "camera": np.array([1, 1], "i1"),
        "ccd": np.array([2, 2], "i1"),
        "row": np.array([100, 1900], "i2"),
        "col": np.array([100, 100], "i2"),
    } | changes
    np.savez(path, **{name: value for name, value in values.items() if value is not None})
    return path


def test_a_table_of_prfs_is_asked_for_the_nearest(tmp_path):
    path = table(tmp_path / "prf.npz")
    near = MeasuredPRF.from_npz(path, camera=1, ccd=2, row=100, col=100)
    expected = MeasuredPRF(sampled(0.8), 9).images((9, 9), 4, 4)
    np.testing.assert_allclose(near.images((9, 9), 4, 4), expected, atol=1e-5)
    between = MeasuredPRF.from_npz(path, camera=1, ccd=2, row=1000, col=100)
    mean = (sampled(0.8) + sampled(1.2)) / 2
    expected = MeasuredPRF(mean, 9).images((9, 9), 4, 4)
    np.testing.assert_allclose(between.images((9, 9), 4, 4), expected, atol=1e-4)


@pytest.mark.realdata
def test_tess_prfs_are_read():
    folder = os.environ.get("TPFDASH_TEST_DATA")
    path = Path(folder or ".").parent / "prf" / "tess_spoc_prf_sector4.npz"
    if not path.exists():
        pytest.skip("there is no prf/tess_spoc_prf_sector4.npz beside TPFDASH_TEST_DATA")
    prf = MeasuredPRF.from_npz(path, camera=4, ccd=1, row=1000, col=900)
    image = prf.images((15, 15), 7.2, 6.9)[..., 0]
    assert image.sum() == pytest.approx(1, abs=0.01)
    assert np.unravel_index(image.argmax(), image.shape) == (7, 7)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda path: GaussianPRF([]), "pairs"),
        (lambda path: GaussianPRF([(1, -1)]), "positive sigma"),
        (lambda path: as_prf("narrow"), "pairs"),
        (lambda path: as_prf(None), "pairs"),
        (lambda path: as_prf(MoffatPRF), "pairs"),
        (lambda path: MoffatPRF(0), "radius"),
        (lambda path: MoffatPRF(1, beta=1), "beta"),
        (lambda path: MoffatPRF(1, ratio=1.5), "ratio"),
        (lambda path: MoffatPRF("1"), "radius"),
        (lambda path: MeasuredPRF(np.ones((4, 5)), 9), "odd"),
        (lambda path: MeasuredPRF(np.ones(5), 9), "rows and columns"),
        (lambda path: MeasuredPRF("wide", 9), "numbers"),
        (lambda path: MeasuredPRF(np.zeros((5, 5)), 9), "above 0"),
        (lambda path: MeasuredPRF(np.full((5, 5), np.nan), 9), "finite"),
        (lambda path: MeasuredPRF(np.ones((5, 5)), 0), "per_pixel"),
        (lambda path: MeasuredPRF.from_npz(path, camera=1, ccd=1, row=0, col=0), "cannot be read"),
        (
            lambda path: MeasuredPRF.from_npz(
                table(path, camera=None), camera=1, ccd=2, row=0, col=0
            ),
            "cannot be read",
        ),
        (
            lambda path: MeasuredPRF.from_npz(
                table(path, row=np.zeros(3)), camera=1, ccd=2, row=0, col=0
            ),
            "one length",
        ),
        (
            lambda path: MeasuredPRF.from_npz(table(path), camera=1, ccd=3, row=0, col=0),
            "camera 1, CCD 3",
        ),
    ],
)
def test_bad_prfs(tmp_path, make, message):
    with pytest.raises(TPFError, match=message):
        make(tmp_path / "none.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"\x93NUMPY", b"text"])
def test_files_that_hold_no_table_of_prfs(tmp_path, content):
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(TPFError, match="cannot be read"):
        MeasuredPRF.from_npz(path, camera=1, ccd=2, row=0, col=0)


def test_one_array_is_no_table_of_prfs(tmp_path):
    np.save(tmp_path / "one.npy", sampled())
    with pytest.raises(TPFError, match="cannot be read"):
        MeasuredPRF.from_npz(tmp_path / "one.npy", camera=1, ccd=2, row=0, col=0)
