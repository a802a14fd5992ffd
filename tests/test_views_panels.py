"""The panels under the light curve against the columns of a real file, read by astropy."""

import holoviews as hv
import numpy as np
import pytest
from astropy.io import fits
from bokeh.models import GlyphRenderer, Scatter

from tpfdash.inspector import Inspector
from tpfdash.io import open_tpf
from tpfdash.views.kinds import EDGE_COLOR
from tpfdash.views.panels import PanelView

pytestmark = pytest.mark.realdata

NAME = "kplr005562784-2011271113734_lpd-targ.fits.gz"
#: A stretch of it that is drawn as points, BKJD: it holds NaN times and flags.
STRETCH = (930.0, 960.0)
LABELS = {
    "Centroid": ("centroid − median (pixel)", "pixel"),
    "Pointing": ("POS_CORR (pixel)", "pixel"),
    "Background": ("FLUX_BKG (e⁻/s)", "e⁻/s"),
    "Rolling band": ("worst RB_LEVEL (σ)", "σ"),
}


@pytest.fixture(scope="module")
def inspector(data_file):
    return Inspector(open_tpf(data_file(NAME)), quality_bitmask="hard", time_range=STRETCH)


@pytest.fixture(scope="module")
def columns(data_file):
    """The columns of the file, its optimal aperture, and which cadences are kept."""
    with fits.open(data_file(NAME)) as hdus:
        table = hdus[1].data
        columns = {
            name: np.array(table[name], dtype=float)
            for name in ("TIME", "FLUX", "FLUX_BKG", "POS_CORR1", "POS_CORR2", "RB_LEVEL")
        }
        columns["aperture"] = hdus[2].data & 2 != 0
        # "hard" of Kepler: what lightkurve leaves out by that name
        kept = (table["QUALITY"] & 1664431 == 0) & np.isfinite(table["TIME"])
    columns["kept"] = kept
    return columns


@pytest.mark.parametrize("name", ["Centroid", "Pointing"])
def test_no_mark_is_cut_where_one_kind_is_above_and_one_below(data_file, name):
    tpf = open_tpf(data_file("kplr006922244-2009166043257_lpd-targ.fits"))
    time = tpf["time"].values
    inspector = Inspector(tpf, cadence=181, time_range=(time[165], time[198]))
    figure = hv.renderer("bokeh").get_plot(PanelView(inspector, name).plot).state
    low, high = figure.y_range.start, figure.y_range.end
    for one in figure.select({"type": GlyphRenderer}):
        if isinstance(one.glyph, Scatter) and one.glyph.line_color != EDGE_COLOR:
            t, f = (np.asarray(one.data_source.data[axis]) for axis in "tf")
            seen = f[(t >= time[165]) & (t <= time[198]) & (f > low) & (f < high)]
            if seen.size:  # in a frame of 32 screen pixels, none nearer to an edge than 3.5
                assert (seen.min() - low) / (high - low) > 3.5 / 32
                assert (high - seen.max()) / (high - low) > 3.5 / 32


def drawn(inspector, name):
    """{kind of points: (time, value)} in the Bokeh figure of a panel, told apart by its legend."""
    view = PanelView(inspector, name)
    figure = hv.renderer("bokeh").get_plot(view.plot).state
    assert (view.label, figure.yaxis.axis_label) == LABELS[name]
    sources = {
        one.glyph.fill_color or one.glyph.line_color: one.data_source.data
        for one in figure.select({"type": GlyphRenderer})
        if isinstance(one.glyph, Scatter)
    }
    sources.pop(EDGE_COLOR)
    series = {kind.name: sources.pop(kind.color) for kind in view.kinds}
    assert not sources
    return {kind: (data["t"], data["f"]) for kind, data in series.items()}


def agree(series, columns, expected):
    first, last = STRETCH
    kept = columns["kept"] & (columns["TIME"] > first) & (columns["TIME"] < last)
    assert 1000 < kept.sum() < 1600
    assert list(series) == list(expected)
    for kind, (time, values) in series.items():
        np.testing.assert_array_equal(time, columns["TIME"][kept], err_msg=kind)
        np.testing.assert_allclose(values, expected[kind][kept], rtol=1e-5, atol=1e-6, err_msg=kind)


def test_pointing_is_pos_corr2_along_the_rows_and_pos_corr1_along_the_columns(inspector, columns):
    expected = {"row": columns["POS_CORR2"], "column": columns["POS_CORR1"]}
    agree(drawn(inspector, "Pointing"), columns, expected)


def test_background_is_the_median_over_the_aperture(inspector, columns):
    behind = columns["FLUX_BKG"][:, columns["aperture"]]
    expected = {"background": np.median(behind, axis=1)}
    agree(drawn(inspector, "Background"), columns, expected)


def test_rolling_band_is_the_worst_row_of_each_duration(inspector, columns):
    level = columns["RB_LEVEL"]  # (cadence, row, duration)
    assert level.shape[2] == 5
    worst = np.where(np.isnan(level), -np.inf, level).max(axis=1)
    worst[np.isneginf(worst)] = np.nan
    names = [f"{length} cadences" for length in (3, 6, 12, 24, 31)]  # RBTDUR1 to 5
    agree(drawn(inspector, "Rolling band"), columns, dict(zip(names, worst.T, strict=True)))


def test_centroid_is_the_mean_place_of_the_flux_less_its_median(inspector, columns):
    flux = columns["FLUX"][:, columns["aperture"]]
    known = np.isfinite(flux).any(axis=1) & columns["kept"]
    expected = {}
    for axis, places in zip(("row", "column"), np.nonzero(columns["aperture"]), strict=True):
        place = np.full(len(flux), np.nan)
        place[known] = np.nansum(flux[known] * places, axis=1) / np.nansum(flux[known], axis=1)
        expected[axis] = place - np.nanmedian(place)
    agree(drawn(inspector, "Centroid"), columns, expected)
