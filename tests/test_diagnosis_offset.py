"""The offset of an event from its star, its significance, and the sentence on it."""

import numpy as np
import pytest
from scipy import stats

from tpfdash.diagnosis.offset import Offset
from tpfdash.inspector import Inspector
from tpfdash.io import open_tpf


def offset(row, col, error=0.1, **wanted):
    """An event that far off, in pixels, with the same error along both axes unless given."""
    values = {
        "position": (300.0 + row, 500.0 + col),
        "star": (300.0, 500.0),
        "sign": "dimming",
        "covariance": ((error**2, 0.0), (0.0, error**2)),
        "independent": 1e6,
        "snr": 20.0,
        "mixed": False,
        "saturated": False,
        "pixel_scale": 4.0,
        "nominal_scale": False,
    }
    return Offset(**values | wanted)


def test_distance_and_its_error_along_the_offset():
    found = offset(3.0, 4.0, covariance=((0.04, 0.01), (0.01, 0.09)))
    assert found.pixels == pytest.approx((3, 4)) and found.arcsec == pytest.approx((12, 16))
    assert found.distance == pytest.approx(5) and found.errors == pytest.approx((0.2, 0.3))
    along = np.array([0.6, 0.8])
    cov = np.array([[0.04, 0.01], [0.01, 0.09]])
    assert found.distance_err == pytest.approx(np.sqrt(along @ cov @ along))
    assert found.chi2 == pytest.approx(np.array([3, 4]) @ np.linalg.inv(cov) @ [3, 4])
    assert offset(0, 0).distance_err == pytest.approx(0.1)


@pytest.mark.parametrize("chi2", [0.0, 0.5, 2.3, 11.8, 40.0])
def test_sigma_has_the_chance_of_two_dimensions(chi2):
    found = offset(np.sqrt(chi2) * 0.1, 0)
    assert found.sigma == pytest.approx(stats.norm.isf(stats.chi2.sf(chi2, 2) / 2), abs=1e-4)


@pytest.mark.parametrize("m", [10, 25.5, 200])
@pytest.mark.parametrize("chi2", [0.7, 9.0, 60.0])
def test_sigma_is_less_where_the_covariance_is_known_badly(m, chi2):
    found = offset(np.sqrt(chi2) * 0.1, 0, independent=m)
    chance = stats.f.sf(chi2 * (m - 2) / (2 * (m - 1)), 2, m - 2)
    assert found.sigma == pytest.approx(stats.norm.isf(chance / 2), rel=1e-6)


def test_sigma_of_what_is_very_sure_is_a_number():
    assert offset(90.0, 0, independent=1e12).sigma == pytest.approx(900, rel=0.01)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (offset(0.1, 0.0), "consistent with the target, 0.5 sigma"),
        (
            offset(0.85, 0.0),
            "0.85 ± 0.10 pixel (3.4 ± 0.4 arcsec) from the target, 8.2 sigma: another star is "
            "likelier",
        ),
        (
            offset(0.0, -0.2, error=0.02),
            "0.200 ± 0.020 pixel (0.80 ± 0.08 arcsec) from the target, 9.7 sigma: too near to be "
            "told from it in these pixels",
        ),
        (
            offset(0.85, 0.0, mixed=True),
            "0.85 ± 0.10 pixel (3.4 ± 0.4 arcsec) from the target, 8.2 sigma, but more than one "
            "thing happens here",
        ),
        (
            offset(0.85, 0.0, saturated=True),
            "0.85 ± 0.10 pixel (3.4 ± 0.4 arcsec) from the target, 8.2 sigma, but the star is "
            "saturated: what it does shows at the ends of its bleed trails",
        ),
        (
            offset(0.0, 1.85, saturated=True),
            "1.85 ± 0.10 pixel (7.4 ± 0.4 arcsec) from the target, 18 sigma: another star is "
            "likelier",
        ),
        (
            offset(0.0, 1.2, covariance=None, reference="the star in the aperture"),
            "1.200 pixel (4.800 arcsec) from the star in the aperture, with an error that is not "
            "known: so few places",
        ),
    ],
)
def test_sentences(found, said):
    assert found.sentence("so few places") == said


def test_without_an_error_nothing_is_claimed():
    found = offset(1.0, 1.0, covariance=None)
    numbers = [*found.errors, found.distance_err, found.chi2, found.sigma]
    assert np.isnan(numbers).all()


@pytest.mark.realdata
def test_light_at_the_edge_is_no_other_star_where_the_target_varies_by_more(data_file):
    """RY Tau: scattered light moves between the pixels while the star brightens by far more."""
    tpf = open_tpf(data_file("tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits"))
    event = Inspector(tpf, window=(1825.0, 1826.0)).event()
    assert event.snr < 3  # its days all differ by as much
    assert event.offset.mixed and event.sentence.endswith("more than one thing happens here")
