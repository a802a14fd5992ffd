"""Dashboards in an app of the user's own, views by themselves, and a report by itself."""

import gc
import runpy
import weakref
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import panel as pn
import pytest

from tests.browser.driving import Board
from tpfdash.app.dashboard import TPFDashboard
from tpfdash.app.report import save_report
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.simulate import simulate_tpf

ROOT = Path(__file__).resolve().parents[2]
KEPT = "#4285d0"


@pytest.fixture(scope="module")
def tess():
    return simulate_tpf("TESS", n_cadences=400, shape=(6, 6), seed=2)


def centre(tpf, row, col):
    """(x, y) on the stamp of a pixel given by its indices."""
    return float(tpf["col"][col]), float(tpf["row"][row])


def told(dashboard):
    events = []
    for name in ("aperture", "cadence", "window", "lightcurve"):
        dashboard.param.watch(events.append, name)
    return events


# -- an app of the user's own ----------------------------------------------------------------------


@pytest.fixture
def embedded(open_page, server, tpf, tess):
    """The two boards of apps/embed.py."""
    make_app = runpy.run_path(str(ROOT / "apps" / "embed.py"))["make_app"]

    def build():
        app, dashboards = make_app(tpf, tess)
        server.current.dashboards[:] = dashboards
        return app

    left = open_page(build, dashboards=2)
    return left, Board(left.page, left.session, 1)


def row(board, name):
    """What the third pane says of a dashboard."""
    return board.page.locator(".news tr", has_text=name).inner_text().split("\t")


def test_watchers_are_told_once_a_gesture_and_the_other_dashboard_nothing(
    embedded, tpf, tess, mask
):
    left, right = embedded
    events = {"left": told(left.dashboard), "right": told(right.dashboard)}
    pictures = {"left": left.picture("pixels"), "right": right.picture("pixels")}

    left.click("pixels", *centre(tpf, 1, 2))
    left.masks_become(mask((1, 2)))
    left.until(lambda: "1 pixels" in row(left, "left")[1], "the news")
    left.becomes(lambda: [event.name for event in events["left"]], ["aperture", "lightcurve"])
    np.testing.assert_array_equal(events["left"][0].new, mask((1, 2)))
    np.testing.assert_array_equal(
        events["left"][1].new["flux"], tpf["flux"].values[:, 1, 2].astype(float)
    )
    assert not events["right"]
    left.until(lambda: left.picture("pixels") != pictures["left"], "the mask on the left")
    assert right.picture("pixels") == pictures["right"]

    right.drag(
        "lightcurve",
        (right.inspector.time[100], right.ranges()[1][0]),
        (
            right.inspector.time[150],
            right.ranges()[1][1],
        ),
    )
    right.until(lambda: right.dashboard.window is not None, "a window on the right")
    right.until(lambda: " to " in row(right, "right")[3], "the news")
    assert [event.name for event in events["right"]] == ["window"]
    assert left.dashboard.window is None and len(events["left"]) == 2

    left.in_session(lambda: setattr(left.dashboard, "cadence", 222))
    left.until(lambda: row(left, "left")[2] == "222", "the news")
    assert [event.name for event in events["left"][2:]] == ["cadence"]
    assert row(left, "right")[2] == str(right.dashboard.cadence) != "222"
    assert len(events["right"]) == 1


def test_a_zoom_of_one_leaves_the_other(embedded):
    left, right = embedded
    before = right.ranges()
    x, y = left.ranges()
    left.wheel("lightcurve", np.mean(x), np.mean(y), -300)
    left.until(lambda: left.ranges()[0] != x, "a zoom")
    assert right.ranges() == before
    assert right.inspector.time_range is None


@pytest.mark.parametrize("name", ["pixels", "light_curve"])
def test_a_view_by_itself(open_page, server, tpf, name):
    tag = name.replace("_", "")

    def build():
        dashboard = TPFDashboard(tpf)
        server.current.dashboards.append(dashboard)
        pane = pn.pane.HoloViews(
            getattr(dashboard, name).plot, css_classes=[f"tpf-{tag}"], width=700
        )
        return pn.Column("# Mine", pane)

    board = open_page(build, dashboards=0)
    board.page.wait_for_function("f => tpfTest.ready(f, 1)", arg=f"tpf-{tag}")
    if name == "pixels":
        board.repaints(lambda: board.click("pixels", *centre(tpf, 3, 4)), "pixels")
        assert board.inspector.aperture.sum() == 1 and board.inspector.aperture[3, 4]
    else:
        assert board.dots(KEPT) > 300
        x, y = board.ranges()
        time = board.inspector.time[123]
        board.repaints(lambda: board.click("lightcurve", time, np.mean(y)), "lightcurve")
        assert board.dashboard.cadence == 123
        board.repaints(
            lambda: board.in_session(lambda: board.inspector.set_aperture("all")), "lightcurve"
        )


# -- another file ----------------------------------------------------------------------------------


def test_open_on_the_page(fresh, tess, tmp_path):
    board = fresh
    dashboard = board.dashboard
    old = [weakref.ref(one) for one in (dashboard.inspector, dashboard.pixels)]
    events = told(dashboard)
    board.choose("play", "▶ Play")
    board.until(lambda: len(events) > 2, "some steps")

    def fail():
        with pytest.raises(TPFError):
            dashboard.open(tmp_path / "none.fits")

    board.in_session(fail)
    board.in_session(lambda: dashboard.open(tess))
    board.until(lambda: "TESS" in board.words("heading"), "the new target")
    board.page.wait_for_function("f => tpfTest.ready(f, 1)", arg="tpf-lightcurve")
    assert not dashboard._page.select(pn.widgets.Toggle)[0].value
    cadence = dashboard.cadence
    seen = len(events)
    board.click("pixels", *centre(tess, 1, 1))
    board.until(lambda: dashboard.aperture.sum() == 1, "the click on the new stamp")
    assert dashboard.aperture[1, 1] and dashboard.cadence == cadence
    board.becomes(lambda: [event.name for event in events[seen:]], ["aperture", "lightcurve"])

    def gone():
        gc.collect()
        return not any(one() for one in old)

    board.until(gone, "the end of the old Inspector and its views")


# -- the report and the scripts --------------------------------------------------------------------


@pytest.mark.parametrize("n", [600, 30_000])
def test_a_report_opens_without_server_and_network(window, tmp_path, n):
    """A short light curve and one that is drawn as a raster, with what was chosen on screen."""
    tpf = simulate_tpf("K2", n_cadences=n, shape=(5, 5), seed=3)
    dashboard = TPFDashboard(tpf, cadence=n // 2)
    dashboard.window = tuple(dashboard.inspector.time[[n // 4, n // 3]])
    dashboard.inspector.set_aperture("all")
    path = dashboard.save(tmp_path / "report.html")
    page = window.new_page()
    faults, asked = [], []
    page.on("console", lambda m: m.type == "error" and faults.append(m.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    try:
        page.goto(path.as_uri())
        for name in ("tpf-pixels", "tpf-lightcurve"):
            page.wait_for_function("f => tpfTest.ready(f, 1)", arg=name)
        look = partial(page.evaluate, "([f, rgb]) => tpfTest.count([f, 0], rgb)")
        assert look(["tpf-lightcurve", [0x42, 0x85, 0xD0]]) > 300  # points
        assert look(["tpf-lightcurve", [0xFF, 0x2D, 0x55]]) > 100  # the bar
        assert look(["tpf-pixels", [0xFF, 0x2D, 0x55]]) > 100  # the mask
        assert page.evaluate("() => tpfTest.colors(['tpf-pixels', 0])") > 5
        words = page.locator("body").inner_text()
        for part in (
            "Simulated K2 target",
            "simulated data",
            "25 pixels",
            "default (1130799)",
            f"{dashboard.window[0]:.5f} to {dashboard.window[1]:.5f}",
            f"cadence {int(tpf['cadenceno'][n // 2])}",
            "by tpfdash 0.1.0",
        ):
            assert part in words, part
    finally:
        page.close()
    assert not faults
    assert [url for url in asked if urlsplit(url).scheme not in ("data", "blob")] == [path.as_uri()]


def test_the_report_is_saved_from_the_page(fresh, tmp_path):
    fresh.tab("Save and load")
    with fresh.page.expect_download() as download:
        fresh.part("save-report", "a").click()
    saved = tmp_path / "saved.html"
    download.value.save_as(saved)
    assert download.value.suggested_filename.endswith("_report.html")
    assert "Simulated K2 target" in saved.read_text()


def test_the_script_follows_the_mask_and_is_copied(fresh, window, mask):
    window.grant_permissions(["clipboard-read", "clipboard-write"])
    fresh.tab("Save and load")
    text = fresh.part("script", "textarea")
    text.wait_for()
    assert "import tpfdash" in text.input_value()
    assert text.bounding_box()["height"] > 150
    fresh.in_session(lambda: setattr(fresh.dashboard, "aperture", mask((2, 3))))
    fresh.until(lambda: "aperture[2, 3] = True" in text.input_value(), "the mask in the script")
    fresh.choose("script-package", "lightkurve")
    fresh.until(lambda: "import lightkurve" in text.input_value(), "the other script")
    fresh.part("copy-script", "button").click()
    fresh.until(
        lambda: fresh.page.evaluate("() => navigator.clipboard.readText()") == text.input_value(),
        "the script in the clipboard",
    )


def test_each_plot_of_a_report_has_room_for_its_data(window, tpf, tmp_path):
    """Nothing there says how high the page is, which plots share on screen."""
    page = window.new_page()
    path = save_report(Inspector(tpf, window=(3267.4, 3267.8)), tmp_path / "report.html")
    page.goto(path.as_uri())
    figures = "[...(window.Bokeh?.index.roots ?? [])].filter((view) => view.frame)"
    heights = f"{figures}.map((view) => view.frame.bbox.height)"
    page.wait_for_function(f"{heights}.length >= 6 && {heights}.every((height) => height >= 50)")
    assert max(page.evaluate(heights)) > 100
    page.close()
