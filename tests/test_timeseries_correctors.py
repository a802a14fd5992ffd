"""lightkurve's correctors, through ours, against lightkurve by itself."""

import sys
import warnings

import numpy as np
import pytest

import tpfdash
from tpfdash.errors import TPFError
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.masks import default_mask
from tpfdash.timeseries.correctors import lightkurve_corrector


@pytest.fixture(scope="module")
def tpf():
    return simulate_tpf("K2", n_cadences=600, seed=3)


@pytest.fixture(scope="module")
def made(tpf):
    return tpfdash.aperture_photometry(tpf, default_mask(tpf))


@pytest.mark.parametrize("restored", [True, False])
def test_sff_is_lightkurves(made, restored):
    out = lightkurve_corrector("SFF", windows=5, restore_trend=restored)(made)
    good = (made["quality"].values & 1130799) == 0
    good &= np.isfinite(made["time"].values) & np.isfinite(made["flux"].values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lightkurve.correctors import SFFCorrector

        theirs = SFFCorrector(tpfdash.to_lightkurve(made.isel(time=good)))
        theirs = theirs.correct(windows=5, restore_trend=restored)
    level = np.median(made["flux"].values[good]) if theirs.flux.unit == "" else 1
    np.testing.assert_allclose(out["flux"].values[good], theirs.flux.value * level, rtol=1e-6)
    assert np.nanmedian(out["flux"]) == pytest.approx(np.nanmedian(made["flux"]), rel=0.01)
    assert np.isnan(out["flux"].values[~good]).all()
    np.testing.assert_array_equal(out["flux_raw"], made["flux"])
    assert f"SFF, windows=5, restore_trend={restored}" in out.attrs["corrections"][0]


def test_it_can_be_a_transform(tpf):
    correct = lightkurve_corrector("SFF", windows=5)
    inspector = tpfdash.Inspector(tpf, transform=correct)
    assert inspector.lightcurve.attrs["transform"] == "lightkurve_SFF"
    assert np.isfinite(inspector.lightcurve["flux"].values).any()


def test_pld_looks_at_the_pixels(tpf, made, tmp_path):
    path = tpfdash.write_tpf(tpf, tmp_path / "tpf.fits")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lightkurve

        own = lightkurve.read(path, quality_bitmask="none")
        out = lightkurve_corrector("PLD", tpf=own)(made)
    assert np.isfinite(out["flux"].values).sum() > 500


def test_what_lightkurve_cannot_correct_is_said(made):
    with pytest.raises(TPFError, match="SFFCorrector could not correct this light curve"):
        lightkurve_corrector("SFF", windows=5, nonsense=3)(made)


def test_bad_names_and_no_lightkurve(monkeypatch):
    with pytest.raises(TPFError, match="'sff' is no corrector"):
        lightkurve_corrector("sff")
    with pytest.raises(TPFError, match="tpf should be a lightkurve TargetPixelFile"):
        lightkurve_corrector("PLD")
    monkeypatch.setitem(sys.modules, "lightkurve.correctors", None)
    with pytest.raises(TPFError, match="lightkurve is not installed"):
        lightkurve_corrector("SFF")
