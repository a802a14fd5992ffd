"""The page says what a page built anew in the same state would say, whatever was changed before.

Both pages are compared as Bokeh models, down to each text, number, label, file name and column of
data: what a browser is sent, without a browser.
"""

import copy

import numpy as np
import pytest
from astropy.table import Table
from bokeh.document import Document
from bokeh.models import ColumnDataSource, Model

import tpfdash
from tpfdash import Ephemeris
from tpfdash.app.dashboard import TPFDashboard
from tpfdash.inspector import Inspector
from tpfdash.inspector.inspector import FOLLOWING
from tpfdash.inspector.said import Said
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.catalogue import standard_stars
from tpfdash.timeseries.corrections import Bin, Flatten, RemoveOutliers, RemovePointing
from tpfdash.timeseries.events.found import FoundEvent, FoundEvents

#: Bokeh's own book-keeping, which differs from page to page and shows nowhere.
UNSEEN = {
    "id",
    "name",
    "tags",
    "js_event_callbacks",
    "js_property_callbacks",
    "subscribed_events",
    "syncable",
    "bokeh_events",
    "inner_width",
    "inner_height",
    "min_width",  # Panel's guess for a tab that it has not shown yet
    "reset_start",  # where the browser's reset goes until the server has drawn what to show
    "reset_end",
}


def in_sight(thing):
    """Whether neither `visible` nor its style hides a model; what is no model, is."""
    styles = getattr(thing, "styles", {})
    hidden = isinstance(styles, dict) and styles.get("display") == "none"
    return getattr(thing, "visible", True) and not hidden


def seen(thing, done):
    """A Bokeh model, or what is in one, as plain nested data."""
    if isinstance(thing, Model):
        if thing.id in done:
            return f"<{type(thing).__name__} {done[thing.id]}>"
        done[thing.id] = len(done)
        if isinstance(thing, ColumnDataSource):
            data = thing.data
            if "image" in data and data["image"][0].size == 1:
                data = {}  # a raster without a point is left where it was
            values = {"data": data, "selected": list(thing.selected.indices)}
        else:
            values = thing.properties_with_values()
            if not in_sight(thing):
                values = {"visible": False}  # and what it holds is seen by nobody
        return {"is": type(thing).__name__} | {
            name: seen(values[name], done) for name in sorted(values) if name not in UNSEEN
        }
    if isinstance(thing, dict):
        return {str(key): seen(value, done) for key, value in thing.items()}
    if isinstance(thing, list | tuple):  # what is out of sight may not have been made yet
        return [seen(value, done) for value in thing if in_sight(value)]
    if isinstance(thing, np.ndarray):
        return thing.tolist() if thing.dtype != object else [seen(value, done) for value in thing]
    return thing


def is_drawer(model):
    """Whether a Bokeh model is the place for what is in a drawer."""
    return "tpf-drawer" in getattr(model, "css_classes", [])


class Page:
    """A dashboard's page as the server holds it, with every panel unfolded."""

    def __init__(self, inspector):
        self.board = TPFDashboard(inspector.tpf)
        self.board.inspector = inspector
        self.board._show()
        (panels,) = self.board._page.select(
            lambda one: "tpf-panels" in getattr(one, "css_classes", [])
        )
        panels.value = list(panels.options)
        (self.tabs,) = self.board._page.select(
            lambda one: "tpf-tabs" in getattr(one, "css_classes", [])
        )
        self.document = Document()
        self.root = self.board._page.get_root(self.document)
        self.document.add_root(self.root)

    def says(self):
        """What it shows, and each of its drawers."""
        out = {"": seen(self.root, {})}
        (drawer,) = (one for one in self.root.references() if is_drawer(one))
        for title in self.tabs.options:
            self.tabs.value = [title]
            out[title] = seen(drawer, {})
        self.tabs.value = []
        return out


def differences(one, other, path=""):
    """Where two nested data differ: a list of (path, one, other)."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            found
            for key in one.keys() | other.keys()
            for found in differences(one.get(key), other.get(key), f"{path}/{key}")
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            found
            for number, pair in enumerate(zip(one, other, strict=True))
            for found in differences(*pair, f"{path}[{number}]")
        ]
    if one == other or (one != one and other != other):
        return []
    if isinstance(one, float) and isinstance(other, float | int) and np.isclose(one, other, 1e-9):
        return []
    return [(path, one, other)]


def assert_says_what_one_built_anew_says(page):
    twin = copy.deepcopy(page.board.inspector)
    for name in ("pointed", "hovered", "pointed_star"):  # where the mouse is belongs to no copy
        setattr(twin, name, getattr(page.board.inspector, name))
    found = differences(page.says(), Page(twin).says())
    assert not found, "\n".join(f"{path}: {one!r} is {other!r} anew" for path, one, other in found)


@pytest.fixture(scope="module")
def tpf():
    """60 cadences of 4 x 5 pixels; some flagged, one without a time; with a background."""
    tpf = simulate_tpf("K2", n_cadences=60, shape=(4, 5), gaps=[(40, 42)], seed=3)
    tpf["quality"].values[[5, 6, 20]] = 1, 128, 32
    return tpf


def halved(lightcurve):
    return lightcurve.assign(flux=lightcurve["flux"] / 2, flux_err=lightcurve["flux_err"] / 2)


def masked(*pixels):
    mask = np.zeros((4, 5), dtype=bool)
    for pixel in pixels:
        mask[pixel] = True
    return mask


def events_in(tpf):
    """A dip and an outlier."""
    looks = {"depth": 5.0, "depth_err": 1.0, "relative_depth": 0.05, "relative_depth_err": 0.01}
    time = tpf["time"].values[np.isfinite(tpf["time"].values)]
    return FoundEvents(
        [
            FoundEvent(
                rank=n,
                kind=kind,
                time=(t0 + t1) / 2,
                start=t0,
                end=t1,
                duration=t1 - t0,
                snr=7.0 - n,
                shape="box",
                cadences=3,
                flagged=0.0,
                first=0,
                last=3,
                **looks,
            )
            for n, kind, t0, t1 in ((1, "dip", *time[[2, 5]]), (2, "outlier", *time[[8, 9]]))
        ],
        {},
    )


def periodogram_of(tpf):
    """A short one."""
    lightcurve = tpfdash.aperture_photometry(tpf, tpf["aperture"].values > 0)
    return tpfdash.box_periodogram(lightcurve, periods=(0.2, 0.5), max_points=50)


def stars_on(tpf):
    """Three stars on the stamp, as they are placed; their coordinates lead nowhere."""
    row, col = float(tpf["row"][1]), float(tpf["col"][1])
    stars = Table(
        {
            "name": ["a", "b <i>", "c"],
            "ra": [1.0, 2.0, 3.0],
            "dec": [4.0, 5.0, 6.0],
            "magnitude": [12.0, 14.0, 15.0],
            "bp_rp": [0.5, np.nan, 2.0],
        }
    )
    made = standard_stars(stars)
    made["row"], made["col"] = [row, row + 1, row + 1.5], [col, col + 2, col + 0.5]
    made["magnitude"] = stars["magnitude"]
    made["flux"] = 10 ** (-0.4 * (made["magnitude"] - 20.44))
    made["distance"] = [0.1, 5.0, 7.0]
    return made


def changes(tpf):
    """Param -> values that it is set to, one after the other."""
    time, row, col = tpf["time"].values, int(tpf["row"][0]), int(tpf["col"][0])
    return {
        "aperture": [masked((0, 0)), masked()],
        "background": [masked((3, 3), (1, 2))],
        "aperture_list": [
            [("A", masked((1, 1)), False), ("<b>", None, False), ("C", masked((2, 2)), False)],
            [("A", masked((1, 1), (1, 2)), True), ("B", None, False)],
        ],
        "compare": ["stacked", "ratio"],
        "cadence": [5, 41],
        "quality_bitmask": [1, "hardest"],
        "window": [(time[10], time[14]), (0.0, 1.0)],
        "stacked": [((time[20], time[22]),)],
        "time_range": [(time[8], time[30])],
        "column": ["background", "S/N"],
        "scale": ["asinh"],
        "stretch": [(5.0, 80.0)],
        "levels_from": ["this frame", "auto"],
        "limits": [(None, 900.0)],
        "cmap": ["magma"],
        "picture": ["S/N", "pixels", "expected"],
        "check": ["offset", "width"],
        "mode": ["toggle"],
        "editing": ["background"],
        "normalized": [True, False],
        "show_flagged": [False, True],
        "show_all": [True, False],
        "corrections": [[Flatten(0.5)], [RemovePointing(), RemoveOutliers(3.0), Bin(0.2)]],
        "show_raw": [False, True],
        "transform": [halved],
        "flux_range": [lambda lightcurve: (10.0, 99.0)],
        "filename": ["mine.fits"],
        "grid_time": ["window", "all"],
        "grid_scale": ["same"],
        "grid_corner": [(row + 1, col + 1)],
        "notes": ["<b>a star</b>"],
        "stars": [stars_on(tpf)],
        "variables": [stars_on(tpf)[:1]],
        "movers": [stars_on(tpf)[1:2]],
        "star": [1],
        "events": [events_in(tpf)],
        "ephemeris": [Ephemeris(0.4, float(time[12]), 0.08), Ephemeris(0.3, float(time[12]))],
        "periodogram": [periodogram_of(tpf)],
        "period_range": [(0.25, 0.4)],
        "phase_range": [(-0.5, 0.5)],
        "phase_unit": ["periods", "hours"],
        "known": [[Ephemeris(0.5, float(time[3]), 0.1, name="b <i>")]],
        "marks": [((time[24], time[27]),)],
        "remarks": [((time[2], time[5], "real", "<b>mine</b>"),)],
        "said": [{(time[2], time[5]): Said("on_target", 0.9, 0.4, "offset 0.4 σ")}],
        "ticked": [((time[2], time[5]), (time[24], time[27]))],
        "event_kind": ["mark", "all"],
        "event_order": ["-snr"],
        "show_stars": [False],
        "star_limit": [14.5],
        "star_colors": [True],
        "pointed": [(row + 1, col + 2)],
        "hovered": [7],
        "pointed_star": [0],
        "marked_flag": [128],
    }


STATES = {
    "no pixel": {"aperture": masked(), "quality_bitmask": 1},
    "normalised, with a background": {
        "normalized": True,
        "background": masked((0, 0), (0, 1), (3, 4)),
        "hovered": 9,
    },
    "a transform, a window, flagged ones hidden": {
        "transform": halved,
        "window": (3263.3, 3263.5),
        "show_flagged": False,
        "quality_bitmask": "hardest",
        "column": "error",
        "marked_flag": 32,
    },
    "corrected, in bins, a window": {
        "corrections": [Flatten(0.4), Bin(0.1)],
        "window": (3263.3, 3263.5),
        "normalized": True,
    },
}


def test_every_param_is_changed(tpf):
    assert set(changes(tpf)) == set(Inspector.param) - {"name", "tpf", *FOLLOWING}


@pytest.mark.slow
@pytest.mark.slow
def test_after_every_few_changes_the_page_says_what_one_built_anew_would_say(tpf):
    inspector = Inspector(tpf, **STATES["normalised, with a background"])
    page = Page(inspector)
    wanted = changes(tpf)
    for number, (name, values) in enumerate(wanted.items(), 1):
        setattr(inspector, name, values[0])
        if number % 18 and number < len(wanted):  # to build a page takes long
            continue
        try:
            assert_says_what_one_built_anew_says(page)
        except AssertionError as error:
            raise AssertionError(f"after {name} = {values[0]!r}:\n{error}") from None


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_after_many_changes_the_page_says_what_one_built_anew_would_say(tpf, state):
    """Also after those that take back what another has shown, and after an undo."""
    inspector = Inspector(tpf)
    page = Page(inspector)
    inspector.change(**STATES[state])
    done = []
    for name, values in reversed(changes(tpf).items()):
        before = getattr(inspector, name)
        for value in (*values, before):
            setattr(inspector, name, value)
        done.append(name)
        if len(done) % 30 == 0:
            try:
                assert_says_what_one_built_anew_says(page)
            except AssertionError as error:
                raise AssertionError(f"after {done}:\n{error}") from None
    inspector.undo()
    assert_says_what_one_built_anew_says(page)
