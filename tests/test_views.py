"""The views without a browser: what they hand to Bokeh, and how often."""

from collections import Counter

import holoviews as hv
import numpy as np
import pytest
from bokeh.document import Document
from bokeh.models import Arrow, ColorBar, Span

from tpfdash import Inspector, simulate_tpf
from tpfdash.stamp.stretch import SCALE_NAMES
from tpfdash.views import lightcurve, pixels, timeplot
from tpfdash.views.lightcurve import LightCurveView
from tpfdash.views.panels import PanelView, available_panels
from tpfdash.views.patches import set_columns
from tpfdash.views.pixels import PixelView, palette
from tpfdash.views.stamp import stamp_aspect
from tpfdash.views.timeplot import MOST_POINTS


def inspected(n_cadences=400, **params):
    tpf = simulate_tpf("Kepler", n_cadences=n_cadences, shape=(5, 6), gaps=[(50, 60)])
    tpf["quality"][7:9] = 128
    tpf["quality"][20] = 2
    return Inspector(tpf, quality_bitmask="hardest", **params)


def shown(view):
    """The Bokeh figure of a view, in a document of its own."""
    plot = hv.renderer("bokeh").get_plot(view.plot, doc=Document())
    plot.document.add_root(plot.state)
    return plot


def source(view, name):
    return view._figures.pages()[0][name].handles["source"].data


GESTURES = {
    "a pixel": (lambda i: i.toggle(*corner(i)), 1),
    "undo": (lambda i: i.undo(), 1),
    "background": (lambda i: setattr(i, "background", ~i.aperture), 1),
    "a step": (lambda i: i.step(1), 0),
    "hover": (lambda i: setattr(i, "hovered", 9), 0),
    "window": (lambda i: setattr(i, "window", tuple(i.time[[10, 15]])), 0),
    "pointing": (lambda i: i.point(0, 1), 0),
    "stretch": (lambda i: setattr(i, "stretch", (3, 90)), 0),
    "levels": (lambda i: setattr(i, "levels_from", "this frame"), 0),
    "scale": (lambda i: setattr(i, "scale", "linear"), 0),
    "zoom": (lambda i: setattr(i, "time_range", tuple(i.time[[100, 20_000]])), 1),
    "reset": (lambda i: setattr(i, "time_range", None), 1),
    "quality": (lambda i: setattr(i, "quality_bitmask", "none"), 1),
    "all points": (lambda i: setattr(i, "show_all", True), 1),
}


def corner(inspector):
    return int(inspector.tpf["row"][0]), int(inspector.tpf["col"][0])


def test_a_gesture_draws_each_plot_at_most_once(monkeypatch):
    inspector = inspected(n_cadences=30_000)
    stamp, curve = PixelView(inspector), LightCurveView(inspector)
    plots = [shown(stamp), shown(curve)]
    rasters, changes, changed = [], Counter(), set()
    rasterize = timeplot.rasterize
    monkeypatch.setattr(timeplot, "rasterize", lambda *a: rasters.append(a) or rasterize(*a))

    def counted(source, **columns):
        before = {name: id(column) for name, column in source.data.items()}
        set_columns(source, **columns)
        if before != {name: id(column) for name, column in source.data.items()}:
            changes.update([source.id])

    for module in (pixels, timeplot, lightcurve):
        monkeypatch.setattr(module, "set_columns", counted)
    for name, (act, expected) in GESTURES.items():
        rasters.clear()
        changes.clear()
        act(inspector)
        assert len(rasters) == expected, name
        assert changes and max(changes.values()) == 1, (name, changes)
        changed |= changes.keys()
    assert changed <= {model.id for plot in plots for model in plot.state.references()}


@pytest.mark.parametrize("n", [400, MOST_POINTS + 1000])
def test_patches_leave_what_building_anew_would_show(n):
    """The two ways to a picture, patching and building, are the same functions of the state."""
    inspector = inspected(n)
    views = [PixelView(inspector), LightCurveView(inspector), PanelView(inspector, "Centroid")]
    kept = [shown(view) for view in views]
    inspector.toggle(*corner(inspector))
    inspector.cadence = 33
    inspector.window = tuple(inspector.time[[100, 110]])
    inspector.quality_bitmask = "none"
    inspector.marked_flag = 128
    inspector.stretch = (5, 80)
    inspector.time_range = tuple(inspector.time[[20, n - 30]])
    fresh = [PixelView(inspector), LightCurveView(inspector), PanelView(inspector, "Centroid")]
    kept += [shown(view) for view in fresh]
    for old, new in zip(views, fresh, strict=True):
        for name in new._figures.pages()[0]:
            patched, built = source(old, name), source(new, name)
            assert set(patched) == set(built)
            if name == "raster" and n <= MOST_POINTS:
                continue  # blank in both, and so left where it was
            for column in built:
                np.testing.assert_allclose(
                    np.asarray(patched[column], dtype=float),
                    np.asarray(built[column], dtype=float),
                    err_msg=f"{name} {column}",
                )
    for old, new in zip(kept[:3], kept[3:], strict=True):
        for axis in ("x_range", "y_range"):
            ends = [(getattr(p.state, axis).start, getattr(p.state, axis).end) for p in (old, new)]
            np.testing.assert_allclose(*ends)


def test_points_are_the_light_curve_and_flagged_ones_are_apart():
    inspector = inspected()
    view = LightCurveView(inspector)
    plot = shown(view)
    good = inspector.good & np.isfinite(inspector.time) & np.isfinite(inspector.flux)
    kept = source(view, "kept")
    finite = np.isfinite(kept["f"])
    np.testing.assert_array_equal(kept["t"][finite], inspector.time[good])
    np.testing.assert_allclose(kept["f"][finite], inspector.flux[good], rtol=1e-6)
    assert inspector.time[7] in source(view, "flagged")["t"]
    inspector.show_flagged = False
    assert len(source(view, "flagged")["t"]) == 0
    inspector.show_flagged = True
    inspector.marked_flag = 128
    np.testing.assert_array_equal(source(view, "marked")["t"], inspector.time[7:9])
    assert plot.state.title.text.startswith(f"{inspector.aperture.sum()} pixel")


def test_an_empty_mask_is_said_in_words_and_the_next_one_shows():
    inspector = inspected()
    view = LightCurveView(inspector)
    plot = shown(view)
    inspector.set_aperture("empty")
    assert "empty" in plot.state.title.text
    assert not np.isfinite(source(view, "kept")["f"]).any()
    inspector.set_aperture("all")
    flux = inspector.flux[inspector.good]
    assert plot.state.y_range.start < np.nanmedian(flux) < plot.state.y_range.end


def test_a_file_without_times_is_said_in_words():
    tpf = simulate_tpf("Kepler", n_cadences=30, shape=(3, 3))
    tpf["time"].values[:] = np.nan
    plot = shown(LightCurveView(Inspector(tpf)))
    assert plot.state.title.text.startswith("No cadence of this file has a time")


def test_the_cadence_bar_is_gone_where_the_cadence_has_no_time():
    inspector = inspected()
    view = LightCurveView(inspector)
    plot = shown(view)
    (bar,) = plot.state.select({"type": Span})
    assert bar.visible and bar.location == inspector.time[inspector.cadence]
    inspector.cadence = int(np.flatnonzero(~np.isfinite(inspector.time))[0])
    assert not bar.visible
    inspector.cadence = 5
    assert bar.visible and bar.location == inspector.time[5]


@pytest.mark.parametrize("scale", SCALE_NAMES)
def test_the_colour_bar_is_labelled_with_true_values(scale):
    """A pixel with the value of a label has the colour that the label is at."""
    inspector = inspected(scale=scale)
    view = PixelView(inspector)
    plot = shown(view)
    values, shades = inspector.frame().ravel(), source(view, "image")["image"][0].ravel()
    (bar,) = plot.state.select({"type": ColorBar})
    labels = bar.major_label_overrides
    ticks = np.array(sorted(float(tick) for tick in labels))
    numbers = np.array([float(labels[tick].replace(",", "").replace("−", "-")) for tick in ticks])
    inside = (shades > 0) & (shades < 1)
    assert inside.sum() > 5 and len(labels) > 1
    # What has a value between those of two labels has a colour between those at the labels.
    np.testing.assert_array_equal(
        np.searchsorted(numbers, values[inside]), np.searchsorted(ticks, shades[inside])
    )
    assert np.all(np.diff(shades[inside][np.argsort(values[inside])]) >= 0)


def test_the_colour_bar_names_the_column():
    inspector = inspected()
    view = PixelView(inspector)
    plot = shown(view)
    for column, title in {"background": "Background (e⁻/s)", "S/N": "Signal to noise"}.items():
        inspector.column = column
        (bar,) = plot.state.select({"type": ColorBar})
        assert bar.title == title


def test_a_new_mask_leaves_the_canvas_of_image_and_axes_alone():
    """The outlines are drawn on the canvas over it, each once, whatever else is built anew."""
    inspector = inspected()
    view = PixelView(inspector)
    plot = shown(view)
    for column in ("background", "flux"):
        inspector.column = column
    arrows = [model for model in plot.state.center if isinstance(model, Arrow)]
    assert len(arrows) == 2 * (len(pixels.OUTLINES) + 1)  # a line on a wider dark one
    assert {arrow.level for arrow in arrows} == {"overlay"}
    handles = view._figures.pages()[0]["image"].handles
    sources = handles["outlines"] | {"others": handles["others"]}
    inspector.set_aperture("all")
    n_rows, n_cols = inspector.aperture.shape
    lengths = np.subtract(sources["aperture"].data["x1"], sources["aperture"].data["x0"])
    assert sorted(lengths) == [0, 0, n_cols, n_cols]
    assert {arrow.source.id for arrow in arrows} == {one.id for one in sources.values()}


def test_a_panel_that_is_not_shown_is_not_drawn(monkeypatch):
    inspector = inspected()
    assert "Centroid" in available_panels(inspector)
    view = PanelView(inspector, "Centroid")
    _page = shown(view)
    before = source(view, "row")["f"].copy()
    view.live.shown = False
    inspector.toggle(*corner(inspector))
    np.testing.assert_array_equal(source(view, "row")["f"], before)
    view.live.shown = True
    assert not np.array_equal(source(view, "row")["f"], before, equal_nan=True)


@pytest.mark.parametrize("shape", [(11, 11), (6, 6), (10, 11), (5, 7), (9, 8), (4, 5)])
@pytest.mark.parametrize("width", [286, 350, 414])
def test_the_pixels_of_a_fluid_stamp_are_near_square(shape, width):
    """As wide as in cards of 312 to 440 px; 68 and 140 px are beside it, and above and below."""
    frame = width - 68, width / stamp_aspect(shape) - 140
    side, height = frame[0] / shape[1], frame[1] / shape[0]
    assert side / height == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("shape", [(8, 1), (1287, 11), (1, 1), (1, 90), (11, 1287)])
def test_a_long_stamp_is_neither_high_nor_flat(shape):
    assert 0.7 < stamp_aspect(shape) < 1.7


@pytest.mark.parametrize(
    ("rows", "cols", "note"),
    [
        ([2], [1, 2, 3], "row: not measurable (one-row aperture)"),
        ([1, 2, 3], [2], "column: not measurable (one-column aperture)"),
        ([2], [2], "row and column: not measurable (one-pixel aperture)"),
        ([1, 2], [2, 3], ""),
        ([], [], ""),
    ],
)
def test_a_centroid_that_cannot_move_is_said_to_be_none(rows, cols, note):
    """And is not drawn as a line at 0, which would set the axis."""
    inspector = inspected()
    view = PanelView(inspector, "Centroid")
    page = shown(view)
    mask = np.zeros_like(inspector.aperture)
    mask[np.ix_(np.array(rows, int), np.array(cols, int))] = True
    inspector.set_aperture(mask)
    assert view.note == note
    assert (note in page.state.html_attributes["aria-label"]) or not note
    for axis, lines in (("row", rows), ("column", cols)):
        assert np.isfinite(source(view, axis)["f"]).any() == (len(lines) > 1)
    public = inspector.lightcurve["centroid_row"].values  # stays as it is
    assert np.isfinite(public).any() == bool(rows)


def test_panels_of_other_quantities_have_nothing_to_note():
    inspector = inspected(aperture=np.eye(5, 6, dtype=bool))
    for name in available_panels(inspector):
        assert PanelView(inspector, name).note == ""


def test_every_colour_map_has_256_colours():
    for name in Inspector.param.cmap.objects:
        if name == "auto":
            continue
        colors = palette(name)
        assert len(colors) == 256
        assert all(len(color) == 7 and color.startswith("#") for color in colors)
