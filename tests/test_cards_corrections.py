"""The card of corrections: switches and numbers, what is said of them, and what is saved."""

import numpy as np
import pytest
from astropy.table import Table
from cardparts import part, press, words

from tpfdash.cards.corrections import corrections_card, corrections_html
from tpfdash.cards.widgets import is_in_sight
from tpfdash.inspector import Inspector
from tpfdash.inspector import corrected as module
from tpfdash.simulate import simulate_tpf
from tpfdash.timeseries.corrections import Bin, Flatten, RemoveOutliers, RemovePointing
from tpfdash.timeseries.scatter import scatter_ppm
from tpfdash.views.faults import faults_of


@pytest.fixture(scope="module")
def tpf():
    return simulate_tpf("Kepler", n_cadences=300, shape=(4, 5), seed=5)


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def card(inspector):
    return corrections_card(inspector)[0]


def said(inspector):
    return words(corrections_html(inspector))


def test_the_switches_and_the_param_follow_each_other(inspector, card):
    switches = part(card, "corrections")
    assert list(switches.options) == ["pointing", "flatten", "outliers", "bin"]
    switches.value = ["Bin", "Flatten"]
    assert inspector.corrections == (Flatten(), Bin())
    inspector.corrections = [RemovePointing()]
    assert switches.value == ["RemovePointing"]
    switches.value = []
    assert inspector.corrections == ()


def test_each_has_its_numbers_while_it_is_on(inspector, card):
    group = next(
        one for one in card.select() if part(card, "bin-width") in getattr(one, "objects", [])
    )
    assert not group.visible
    inspector.corrections = [RemovePointing(bins=7), Flatten(2.0), RemoveOutliers(), Bin()]
    assert group.visible and part(card, "flatten-window-length").value == 2.0
    part(card, "flatten-window-length").value = 0.5
    part(card, "pointing-method").value = "regression"
    part(card, "pointing-position").value = "centroid"
    part(card, "outliers-sigma").value = 3.0
    part(card, "outliers-keep-dips").value = True
    part(card, "bin-width").value = 0.1
    wanted = RemovePointing(method="regression", position="centroid", bins=7)
    assert inspector.corrections == (wanted, Flatten(0.5), RemoveOutliers(3.0, True), Bin(0.1))
    part(card, "pointing-method").value = ""
    assert inspector.corrections[0].method is None


def test_a_number_that_is_none_goes_from_the_field(inspector, card):
    inspector.corrections = [Flatten(2.0)]
    field = part(card, "flatten-window-length")
    field.value = 0.0
    assert field.value == 2.0 and inspector.corrections == (Flatten(2.0),)
    assert "window_length is 0.0" in faults_of(inspector).words


def test_what_they_do_to_the_scatter_is_said(inspector, card):
    assert "raw light curve stays in sight" in said(inspector)
    inspector.corrections = [RemovePointing(), Flatten()]
    raw, made = (
        scatter_ppm(curve, 6, good=inspector.good)
        for curve in (inspector.raw_lightcurve, inspector.lightcurve)
    )
    assert f"{raw:,.0f} ppm raw, {made:,.0f} ppm corrected" in said(inspector)
    change = f"{raw / made:.1f} times less" if raw >= made else f"{made / raw:.1f} times more"
    assert change in said(inspector)


def test_windows_are_said_to_be_left_out(inspector, card):
    inspector.corrections = [Flatten()]
    time = inspector.time
    inspector.window = time[50], time[60]
    assert "The cadences of the window are left out of what is fitted." in said(inspector)
    inspector.stacked = ((time[80], time[90]),)
    assert "The cadences of the 2 windows" in said(inspector)
    inspector.corrections = [Bin()]
    assert "left out" not in said(inspector)


def test_while_it_is_waited_for_the_card_says_so_and_it_can_be_stopped(inspector, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    monkeypatch.setattr(Inspector, "scattering", None)  # or the scatter would wait for it
    card, _ = corrections_card(inspector)
    inspector.deferred = True
    cancel = part(card, "cancel-corrections")
    assert not is_in_sight(cancel)
    inspector.corrections = [Flatten()]
    assert is_in_sight(cancel)
    assert "Correcting (flatten) … Until then the light curve shown is the raw one" in said(
        inspector
    )
    press(card, "cancel-corrections")
    assert inspector.corrections == () and not is_in_sight(cancel)


def test_trouble_is_said(tpf):
    inspector = Inspector(tpf.isel(time=slice(0, 20)), corrections=[RemovePointing()])
    assert said(inspector) == inspector.trouble != ""


def test_bins_are_saved(inspector, card):
    inspector.corrections = [Bin(0.5)]
    part(card, "bins-format").value = "ecsv"
    save = part(card, "save-bins")
    table = Table.read(save.callback().read().decode().splitlines(), format="ascii.ecsv")
    np.testing.assert_array_equal(table["flux"], inspector.binned_lightcurve["flux"])
    assert "binned" in table.meta["corrections"][0]
