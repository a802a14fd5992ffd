"""The corrected light curve on its plot: the raw one below it, bins over it, and in words."""

import holoviews as hv
import numpy as np
import pytest
from bokeh.models import GlyphRenderer, Scatter, Segment

from tpfdash import photometry
from tpfdash.inspector import Inspector
from tpfdash.inspector import corrected as module
from tpfdash.simulate import simulate_tpf
from tpfdash.timeseries.corrections import Bin, Flatten, RemoveOutliers
from tpfdash.views import lightcurve
from tpfdash.views.lightcurve import BINS, RAW, LightCurveView, bins_note, legend_kinds


@pytest.fixture
def inspector():
    tpf = simulate_tpf("Kepler", n_cadences=200, shape=(4, 5), seed=3)
    tpf["flux"].values[90] *= 3
    return Inspector(tpf)


@pytest.fixture
def view(inspector):
    return LightCurveView(inspector)


@pytest.fixture
def figure(view):
    return hv.renderer("bokeh").get_plot(view.plot).state


def points(figure, color, glyph=Scatter):
    """The columns of what is drawn in a colour."""
    return next(
        one.data_source.data
        for one in figure.select({"type": GlyphRenderer})
        if isinstance(one.glyph, glyph)
        and color in (getattr(one.glyph, "fill_color", None), one.glyph.line_color)
        and (glyph is Segment or one.glyph.marker == "circle")
    )


def raw(figure):
    """The raw flux that is drawn: in the source of all that lies below the light curve."""
    columns = next(
        one.data_source.data
        for one in figure.select({"type": GlyphRenderer})
        if "color" in one.data_source.data and "f" in one.data_source.data
    )
    return columns["f"][columns["color"] == int(f"{RAW.color[1:]}ff", 16)]


def title(figure):
    return figure.title.text.splitlines()


def test_the_raw_light_curve_lies_below_the_corrected_one(inspector, figure):
    assert not len(raw(figure)) and len(title(figure)) == 1
    inspector.corrections = [Flatten()]
    good = inspector.good & np.isfinite(inspector.time)
    np.testing.assert_allclose(raw(figure), inspector.raw_flux[good], rtol=1e-6)
    np.testing.assert_allclose(points(figure, "#4285d0")["f"], inspector.flux[good], rtol=1e-6)
    assert title(figure)[1] == "flatten; raw in grey"
    inspector.show_raw = False
    assert not len(raw(figure)) and title(figure)[1] == "flatten"
    inspector.corrections = ()
    assert len(title(figure)) == 1


def test_the_raw_light_curve_is_on_the_axis_and_its_outliers_are_not_marked(
    inspector, figure, view
):
    inspector.corrections = [RemoveOutliers()]
    assert view.beyond == (0, 0)  # the raw one has it still
    inspector.corrections = [Flatten()]
    assert view.beyond[0] == 1
    raw = inspector.raw_flux[inspector.good]
    usual = np.abs(raw - np.nanmedian(raw)) < 0.5 * np.nanmedian(raw)
    assert figure.y_range.start < raw[usual].min() and raw[usual].max() < figure.y_range.end


def test_bins_have_their_errors(inspector, figure):
    assert not len(points(figure, BINS.color)["f"])
    inspector.change(corrections=[Flatten(), Bin(0.25)], normalized=True)
    binned = inspector.binned_lightcurve
    level = np.nanmedian(inspector.lightcurve["flux"].values[inspector.good])
    np.testing.assert_allclose(points(figure, BINS.color)["f"], binned["flux"] / level)
    bars = points(figure, BINS.color, Segment)
    np.testing.assert_allclose(np.subtract(bars["f1"], bars["f"]), 2 * binned["flux_err"] / level)
    inspector.time_range = float(binned["time"][2]) - 0.01, float(binned["time"][4]) + 0.01
    assert len(points(figure, BINS.color)["f"]) == 3


def test_without_corrections_nobody_asks_for_the_whole_light_curve(inspector, figure, monkeypatch):
    """A pixel is added to a running sum; to sum the aperture again takes several times longer."""
    real, asked = photometry.aperture_photometry, []

    def summed(tpf, *args, **kwargs):
        asked.append(tpf.sizes["time"])  # the errors of a few in sight are summed
        return real(tpf, *args, **kwargs)

    inspector.time_range = float(inspector.time[50]), float(inspector.time[60])
    monkeypatch.setattr(photometry, "aperture_photometry", summed)
    inspector.aperture = ~inspector.aperture
    assert bins_note(inspector) == "" and inspector.binned_lightcurve is None
    assert max(asked, default=0) < 20


def test_bins_that_are_too_many_are_told(inspector, figure, monkeypatch):
    monkeypatch.setattr(lightcurve, "MOST_POINTS", 5)
    assert bins_note(inspector) == ""
    inspector.corrections = [Bin(0.25)]
    time = inspector.binned_lightcurve["time"].values
    assert not len(points(figure, BINS.color)["f"])
    assert bins_note(inspector).startswith(f"{time.size} bins in sight are too many")
    inspector.time_range = float(time[2]) - 0.01, float(time[4]) + 0.01
    assert len(points(figure, BINS.color)["f"]) == 3 and bins_note(inspector) == ""


def test_the_legend_has_what_is_drawn(inspector):
    usual = [kind.name for kind in legend_kinds(inspector)]
    inspector.corrections = [Flatten(), Bin()]
    assert [kind.name for kind in legend_kinds(inspector)] == [*usual, "raw", "bins"]
    inspector.show_raw = False
    assert [kind.name for kind in legend_kinds(inspector)] == [*usual, "bins"]


def test_a_window_that_changes_the_corrected_light_curve_has_it_drawn_anew(inspector, figure):
    inspector.corrections = [Flatten(0.5)]
    inspector.window = inspector.time[88], inspector.time[99]
    good = inspector.good & np.isfinite(inspector.time)
    np.testing.assert_allclose(points(figure, "#4285d0")["f"], inspector.flux[good], rtol=1e-6)


def test_it_is_said_what_is_waited_for(inspector, figure, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    inspector.deferred = True
    inspector.corrections = [Flatten()]
    assert title(figure)[1] == "correcting (flatten) …; raw until then"
    assert not len(raw(figure))
    inspector.corrected = inspector.correction.answer()
    assert title(figure)[1] == "flatten; raw in grey" and len(raw(figure))
