"""The light curve of an Inspector follows its corrections, in Python and for a page that waits."""

import copy
import json

import numpy as np
import pytest
import xarray as xr

from tpfdash import aperture_photometry, corrected
from tpfdash.cards.words import cadence_html
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector import corrected as module
from tpfdash.inspector.session import restore, session_of
from tpfdash.io import lightcurve_bytes
from tpfdash.missions import get_mission
from tpfdash.simulate import simulate_tpf
from tpfdash.timeseries.corrections import Bin, Flatten, RemoveOutliers, RemovePointing
from tpfdash.timeseries.scatter import scatter_ppm


@pytest.fixture(scope="module")
def tpf():
    tpf = simulate_tpf("Kepler", n_cadences=400, shape=(4, 5), seed=5)
    tpf["quality"].values[[5, 60]] = 1 << 12, 1 << 7
    tpf["flux"].values[90] *= 1.4
    return tpf


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


def window_of(inspector):
    return float(inspector.time[100]), float(inspector.time[110])


def same(one, other):
    np.testing.assert_array_equal(one["flux"].values, other["flux"].values)
    np.testing.assert_array_equal(one["flux_err"].values, other["flux_err"].values)


@pytest.mark.parametrize(
    "wanted", [[Flatten(2.0)], [RemovePointing(), Flatten(), RemoveOutliers(4.0)]]
)
def test_the_light_curve_is_the_corrected_one_and_the_raw_one_stays(tpf, inspector, wanted):
    raw = aperture_photometry(tpf, inspector.aperture)
    inspector.corrections = wanted
    expected = corrected(raw, wanted, good=inspector.good)
    same(inspector.lightcurve, expected)
    same(inspector.raw_lightcurve, raw)
    assert inspector.lightcurve.attrs["corrections"] == expected.attrs["corrections"]
    np.testing.assert_array_equal(inspector.flux, expected["flux"].values)
    np.testing.assert_array_equal(inspector.raw_flux, raw["flux"].values)
    assert inspector.describe(200)["flux"] == expected["flux"].values[200]
    assert inspector.describe(200)["flux_err"] == expected["flux_err"].values[200]
    np.testing.assert_array_equal(
        inspector.flux_errors(slice(3, 9)), expected["flux_err"].values[3:9]
    )
    inspector.normalized = True
    level = np.nanmedian(expected["flux"].values[inspector.good])
    np.testing.assert_allclose(inspector.flux, expected["flux"].values / level)
    np.testing.assert_allclose(inspector.raw_flux, raw["flux"].values / level)
    inspector.corrections = ()
    same(inspector.lightcurve, raw)


def test_what_is_in_the_windows_is_left_out_of_the_fits(tpf, inspector):
    inspector.corrections = [Flatten(0.5, windows=((1.0, 2.0),)), RemoveOutliers()]
    without = inspector.lightcurve
    inspector.window = window = window_of(inspector)
    windows = ((1.0, 2.0), window)
    wanted = [Flatten(0.5, windows=windows), RemoveOutliers(windows=(window,))]
    raw = aperture_photometry(tpf, inspector.aperture)
    same(inspector.lightcurve, corrected(raw, wanted, good=inspector.good))
    assert inspector.corrections[0].windows == ((1.0, 2.0),)  # the choice is as it was
    inspector.window = None
    assert inspector.lightcurve is not without
    same(inspector.lightcurve, without)


def test_windows_leave_a_light_curve_alone_that_nothing_is_fitted_to(inspector):
    for wanted in ((), (Bin(0.5),)):
        inspector.corrections = wanted
        before = inspector.lightcurve
        inspector.window = window_of(inspector)
        assert inspector.lightcurve is before
        inspector.window = None


def test_bins_lie_beside_the_cadences(tpf, inspector):
    inspector.corrections = [Flatten(), Bin(0.5)]
    raw = aperture_photometry(tpf, inspector.aperture)
    same(inspector.lightcurve, corrected(raw, Flatten(), good=inspector.good))
    same(inspector.binned_lightcurve, corrected(raw, inspector.corrections, good=inspector.good))
    inspector.corrections = [Flatten()]
    assert inspector.binned_lightcurve is None
    inspector.set_aperture("empty")
    inspector.corrections = [Bin()]
    assert inspector.binned_lightcurve is None and not inspector.trouble


def test_the_function_of_the_user_comes_after(inspector):
    inspector.corrections = [Flatten()]
    flat = inspector.lightcurve["flux"].values
    inspector.transform = lambda lightcurve: lightcurve.assign(flux=lightcurve["flux"] * 3)
    good = inspector.good & np.isfinite(inspector.time)
    np.testing.assert_array_equal(inspector.flux[good], 3 * flat[good])


def test_what_cannot_be_corrected_is_said_and_nothing_is_made_up(tpf):
    inspector = Inspector(tpf.isel(time=slice(100, 120)), corrections=[RemovePointing()])
    assert "cadences" in inspector.trouble and np.isnan(inspector.flux).all()
    assert np.isfinite(inspector.raw_flux).any()
    assert b"could not be corrected" in lightcurve_bytes(inspector.lightcurve, "fits")
    assert np.isnan(inspector.scattering.answer()[1])
    inspector.corrections = ()
    assert not inspector.trouble and np.isfinite(inspector.flux).any()


def test_steps_that_are_known_are_not_made_again(inspector, monkeypatch):
    made = []

    def noted(lightcurve, correction, **options):
        made.append(correction)
        return corrected(lightcurve, correction, **options)

    monkeypatch.setattr(module, "corrected", noted)
    first = RemovePointing()
    inspector.corrections = [first]
    one = inspector.lightcurve
    inspector.corrections = [first, Flatten(1.0)]
    both = inspector.lightcurve
    inspector.corrections = [first, Flatten(2.0)]
    assert inspector.lightcurve is not both
    inspector.corrections = [first]
    xr.testing.assert_identical(inspector.lightcurve, one)
    assert made == [first, Flatten(1.0), Flatten(2.0)]
    inspector.set_aperture("all")
    assert inspector.lightcurve is not one and made[3:] == [first]


def test_how_much_the_light_curves_scatter(tpf, inspector):
    assert inspector.scattering is None
    inspector.corrections = [RemoveOutliers(4.0)]
    raw, made = inspector.scattering.answer()
    curve = aperture_photometry(tpf, inspector.aperture)
    assert raw == scatter_ppm(curve, 6, good=inspector.good)
    assert made == scatter_ppm(inspector.lightcurve, 6, good=inspector.good) != raw


# -- switches --------------------------------------------------------------------------------------


def test_a_correction_comes_back_with_the_numbers_that_it_had(inspector):
    inspector.use_corrections(["Bin", "RemovePointing"])
    assert inspector.corrections == (RemovePointing(), Bin())
    inspector.corrections = [RemovePointing(window=3.0), Bin(0.5)]
    inspector.use_corrections(["Bin"])
    inspector.use_corrections(["Flatten", "Bin", "RemovePointing"])
    assert inspector.corrections == (RemovePointing(window=3.0), Flatten(), Bin(0.5))
    inspector.corrections = [RemoveOutliers(), RemovePointing()]  # an order of one's own stays
    inspector.use_corrections(["RemovePointing", "RemoveOutliers"])
    assert inspector.corrections == (RemoveOutliers(), RemovePointing())
    with pytest.raises(TPFError, match="Whiten"):
        inspector.use_corrections(["Whiten"])


def test_sessions_hold_them_and_copies_have_them(tpf, inspector):
    inspector.corrections = [RemovePointing(method="regression", windows=[(3, 2)]), Bin(0.5)]
    written = json.loads(json.dumps(session_of(inspector)))
    other = Inspector(tpf)
    restore(other, written)
    assert other.corrections == inspector.corrections == copy.copy(inspector).corrections
    same(other.lightcurve, inspector.lightcurve)


# -- a page that waits -----------------------------------------------------------------------------


@pytest.fixture
def deferred(inspector, monkeypatch):
    """An Inspector of a page that has every correction worked out meanwhile."""
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    inspector.deferred = True
    return inspector


def test_until_the_page_has_the_corrected_light_curve_it_shows_the_raw_one(deferred):
    raw = deferred.flux
    told = []
    deferred.param.watch(lambda event: told.append(event.name), "corrected")
    deferred.corrections = [Flatten()]
    assert deferred.waiting and not deferred.is_corrected and deferred.flux is raw
    assert not deferred.raw_times.size
    flat = deferred.lightcurve["flux"].values  # whoever asks for it has it
    assert deferred.flux is raw and not np.array_equal(flat, raw, equal_nan=True)
    deferred.corrected = deferred.correction.answer()
    assert told and not deferred.waiting and deferred.flux is flat
    assert deferred.is_corrected and deferred.raw_times.size


def test_for_another_window_it_shows_what_it_has_until_then(deferred):
    deferred.corrections = [Flatten(0.5)]
    deferred.corrected = deferred.correction.answer()
    flat = deferred.flux
    deferred.window = window_of(deferred)
    assert deferred.waiting and deferred.is_corrected and deferred.flux is flat
    deferred.window = None
    assert not deferred.waiting and deferred.is_corrected  # it is known already
    np.testing.assert_array_equal(deferred.flux, flat)
    deferred.set_aperture("all")
    assert deferred.waiting and not deferred.is_corrected
    np.testing.assert_array_equal(deferred.flux, deferred.raw_flux)


def test_what_is_soon_done_is_not_waited_for(inspector):
    inspector.deferred = True
    inspector.corrections = [Flatten()]
    assert not inspector.waiting and inspector.correction is None and inspector.is_corrected


@pytest.mark.parametrize(
    ("mission", "corrections", "n", "long"),
    [
        ("Kepler", [RemovePointing(), Flatten(), RemoveOutliers()], 1_200, False),
        ("Kepler", [RemovePointing()], 4_500, True),
        ("K2", [RemovePointing()], 2_500, True),
        ("K2", [RemovePointing(method="regression")], 2_000, False),
        ("TESS", [Bin()], 117_000, False),
        ("TESS", [Flatten()], 18_000, True),
    ],
)
def test_what_takes_long_is_known_before(mission, corrections, n, long):
    assert (module.seconds(corrections, n, get_mission(mission)) > module._PATIENCE) is long


def test_a_function_that_took_long_is_waited_for_the_next_time(inspector, monkeypatch):
    def doubled(lightcurve):
        return lightcurve.assign(flux=lightcurve["flux"] * 2)

    inspector.deferred = True
    inspector.transform = doubled
    good = inspector.good & np.isfinite(inspector.time)
    np.testing.assert_array_equal(inspector.flux[good], 2 * inspector.raw_flux[good])
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    inspector.set_aperture("all")
    assert inspector.waiting and inspector.flux is inspector.raw_flux
    inspector.corrected = inspector.correction.answer()
    np.testing.assert_array_equal(inspector.flux[good], 2 * inspector.raw_flux[good])


def test_an_outlier_is_told_from_what_is_missing(inspector):
    assert not inspector.is_outlier(90)
    inspector.corrections = [RemoveOutliers()]
    assert inspector.is_outlier(90) and not inspector.is_outlier(91)
    inspector.cadence = 90
    assert "left out: an outlier" in cadence_html(inspector)
