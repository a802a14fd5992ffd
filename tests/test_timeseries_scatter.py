"""Scatter within hours, against lightkurve and white noise."""

import numpy as np
import pytest
from lightcurveparts import lightcurve, noisy

from tpfdash import aperture_photometry, open_tpf, to_lightkurve
from tpfdash.errors import TPFError
from tpfdash.stamp.masks import pipeline_mask
from tpfdash.timeseries.scatter import scatter_ppm, step_scatter_ppm
from tpfdash.timeseries.series import usable


def test_of_white_noise():
    """Means of 13 cadences, less those of some 51."""
    found = [scatter_ppm(noisy(4000, seed=seed), hours=6.24) for seed in range(5)]
    assert np.mean(found) == pytest.approx(1000 * np.sqrt(1 / 13 - 1 / 51), rel=0.08)


def test_transits_and_slow_curves_do_not_count():
    made = noisy(4000)
    quiet = scatter_ppm(made)
    time = made["time"].values
    made["flux"].values[:] *= 1 + 0.03 * np.sin(2 * np.pi * time / 60)
    made["flux"].values[np.abs((time + 2) % 8 - 4) < 0.1] *= 0.9
    assert scatter_ppm(made) == pytest.approx(quiet, rel=0.25)


@pytest.mark.realdata
def test_a_real_star_has_lightkurves_cdpp(data_file):
    tpf = open_tpf(data_file("kplr005562784-2011271113734_lpd-targ.fits.gz"))
    made = aperture_photometry(tpf, pipeline_mask(tpf))
    theirs = float(to_lightkurve(made.isel(time=usable(made))).estimate_cdpp().value)
    assert scatter_ppm(made) == pytest.approx(theirs, rel=0.3)


def test_what_has_no_scatter():
    assert np.isnan(scatter_ppm(noisy(20)))
    assert np.isnan(scatter_ppm(noisy(level=-5.0)))
    assert np.isnan(scatter_ppm(lightcurve([1.0])))
    for bad in (0, "6", np.nan):
        with pytest.raises(TPFError, match="hours is"):
            scatter_ppm(noisy(), bad)


def test_from_one_cadence_to_the_next_it_is_that_of_white_noise():
    made = noisy(4000, level=1000.0, sigma=0.4, seed=2)
    made["flux"].values[:] += 50 * np.sin(np.arange(4000) / 500)
    assert step_scatter_ppm(made) == pytest.approx(400, rel=0.05)
    good = np.arange(4000) < 20
    assert np.isnan(step_scatter_ppm(made, good=good))
    made["flux"].values[:] -= 5000
    assert np.isnan(step_scatter_ppm(made))
