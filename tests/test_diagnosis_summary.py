"""A diagnosis in words: each verdict has its sentence, each number its error and its unit."""

import numpy as np
import pytest

from tpfdash.diagnosis.diagnose import Diagnosis
from tpfdash.diagnosis.summary import (
    VERDICT_NAMES,
    depth_words,
    duration_words,
    offset_words,
    snr_words,
)
from tpfdash.diagnosis.verdict import VERDICTS


def made(verdict="on_target", **values):
    shares = dict.fromkeys(VERDICTS, 0.0) | {verdict: 0.9, "systematic": 0.1}
    values = {"covariance": ((0.0025, 0.0), (0.0, 0.01)), "pixel_scale": 4.0} | values
    return Diagnosis(verdict, shares | {verdict: 0.9}, **values)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_each_verdict_has_a_name_and_a_sentence(verdict):
    found = made(verdict, reason="too few cadences" if verdict == "inconclusive" else "")
    assert VERDICT_NAMES[verdict] and found.sentence and not found.sentence.endswith(".")
    assert str(found).startswith(f"{VERDICT_NAMES[verdict]} (confidence 0.90): {found.sentence}.")


def test_the_place_is_in_the_sentence():
    assert made(offset=(0.03, 0.04)).sentence == "it is on the target, 0.7 σ from it"
    assert made(offset=(0.0, 0.0), covariance=None).sentence == "it is on the target"
    assert made(offset=(0.0, 0.4)).sentence == (
        "it is on the target, though 0.40 ± 0.10 pixel from it, 4.0 σ: more than its error explains"
    )
    away = made("neighbour", offset=(3.0, 4.0), reference="the star in the aperture")
    assert away.sentence == (
        "another source changes, 5.00 ± 0.09 pixel (20.00 ± 0.34 arcsec) from the star in the "
        "aperture"
    )
    assert made("neighbour", reason="more than one thing happens here", offset=None).sentence == (
        "another star changes; but more than one thing happens here"
    )


def test_depths_have_the_unit_that_a_reader_would_take():
    assert depth_words(made(depth=90.2, depth_err=0.6, level=1e4)) == (
        "9,020 ± 60 ppm (90.2 ± 0.6 e⁻/s)"
    )
    assert depth_words(made(depth=-902.0, depth_err=3.2, level=1e4)).startswith("9.020 ± 0.032 %")
    assert depth_words(made(depth=2.0, depth_err=0.1, level=-1.0)) == "2.00 ± 0.10 e⁻/s"
    assert depth_words(made()) == "not available"


@pytest.mark.parametrize(
    ("days", "said"),
    [(2 / 1440, "2.0 min"), (1 / 24, "1.0 h"), (1.99, "47.8 h"), (2.5, "2.5 d")],
)
def test_durations(days, said):
    assert duration_words(made(duration=days)) == said
    assert duration_words(made()) == "not available"


def test_offsets_are_in_pixels_and_arcsec_with_errors():
    assert offset_words(made(offset=(0.03, -0.5))) == (
        "row +0.03 ± 0.05, column −0.50 ± 0.10 px (+0.12 ± 0.20, −2.0 ± 0.4 arcsec)"
    )
    assert offset_words(made(offset=None)) == "not available"
    rough = made("moving_object", offset=(4.377, -1.297), covariance=None)
    assert offset_words(rough) == "some 4.6 px (18 arcsec), error not known"


def test_a_high_snr_has_no_decimals():
    assert [snr_words(made(snr=snr)) for snr in (9.04, 41.2, np.nan)] == [
        "9.0",
        "41",
        "not available",
    ]


def test_what_else_it_may_be_is_named():
    assert "or else: systematic 0.10" in str(made())
