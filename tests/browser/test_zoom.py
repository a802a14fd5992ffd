"""Zoom and reset, the panels under the light curve, and that no gesture leaves a plot blank."""

import numpy as np
import pytest

from tpfdash.views.ranges import tick_labels

KEPT = "#4285d0"


@pytest.fixture
def times(tpf):
    return tpf["time"].values


def centre(board):
    """The middle of the light curve's axes."""
    x, y = board.ranges()
    return float(np.mean(x)), float(np.mean(y))


def zoom_in(board, x, turns=4):
    """Zoom about a time, and wait until browser and Python agree."""
    for _ in range(turns):
        before = board.ranges()[0]
        board.wheel("lightcurve", x, centre(board)[1], -200)
        board.until(lambda b=before: np.ptp(board.ranges()[0]) < np.ptp(b), "a zoom")
    board.until(
        lambda: (
            board.inspector.time_range is not None
            and np.allclose(board.inspector.time_range, board.ranges()[0])
        ),
        "the zoom in Python",
    )


def fits(board, tpf):
    """Whether the flux axis spans the kept points in sight, and is not much wider."""
    (x0, x1), (y0, y1) = board.ranges()
    good = board.inspector.good & (tpf["time"].values > x0) & (tpf["time"].values < x1)
    flux = tpf["flux"].values[:, board.inspector.aperture].sum(axis=1)[good]
    low, high = np.nanpercentile(flux, [2, 98])
    return y0 < low and high < y1 and y1 - y0 < 5 * max(high - low, 1)


def same_times(board, panel):
    return board.ranges(f"panel-{panel}")[0] == board.ranges()[0]


def test_wheel_zooms_in_time_and_reset_shows_everything(board, tpf, times):
    whole, full = board.ranges(), board.picture("lightcurve")
    dots = board.dots(KEPT)
    assert whole[0][0] < np.nanmin(times) and np.nanmax(times) < whole[0][1]
    zoom_in(board, times[150])
    x0, x1 = board.ranges()[0]
    assert whole[0][0] < x0 < times[150] < x1 < whole[0][1]
    board.until(lambda: fits(board, tpf), "a flux axis that fits")
    board.until(lambda: board.dots(KEPT) > 0, "points")
    board.tool("Reset")
    board.becomes(lambda: board.inspector.time_range, None)
    board.until(lambda: np.allclose(board.ranges(), whole), "the full range")
    board.becomes(lambda: board.picture("lightcurve"), full)
    assert board.dots(KEPT) == dots


def test_reset_is_idle_where_all_is_shown(board):
    whole, full = board.ranges(), board.picture("lightcurve")
    board.tool("Reset")
    board.tool("Reset")
    board.press("forward")
    board.press("back")
    board.becomes(lambda: board.picture("lightcurve"), full)
    assert board.ranges() == whole


def test_a_new_mask_is_drawn_while_zoomed_and_after_reset(board, tpf, times):
    zoom_in(board, times[450])
    sight = board.ranges()[0]
    for press in ("all", "pipeline", "threshold"):
        board.repaints(lambda p=press: board.press(p), "lightcurve")
        board.until(lambda: fits(board, tpf), "a flux axis that fits")
        assert board.dots(KEPT) > 0
        assert board.ranges()[0] == sight
    board.press("all")
    board.until(lambda: fits(board, tpf), "a flux axis that fits")
    board.tool("Reset")
    board.becomes(lambda: board.inspector.time_range, None)
    board.until(lambda: fits(board, tpf), "a flux axis that fits")
    after = board.ranges()
    board.until(lambda: board.dots(KEPT) > 300, "every point")
    board.repaints(lambda: board.press("pipeline"), "pixels", "lightcurve")
    board.until(lambda: fits(board, tpf), "a flux axis that fits")
    assert board.dots(KEPT) > 300 and board.ranges()[0] == after[0]


def test_zoomed_gestures_mean_what_is_in_sight(board, tpf, times):
    zoom_in(board, times[450], turns=6)
    x0, x1 = board.ranges()[0]
    board.click("lightcurve", times[455], centre(board)[1])
    board.becomes(lambda: board.inspector.cadence, 455)
    low, high = x0 + 0.3 * (x1 - x0), x0 + 0.6 * (x1 - x0)
    y = centre(board)[1]
    board.drag("lightcurve", (low, y), (high, y))
    board.until(lambda: board.inspector.window is not None, "a window")
    np.testing.assert_allclose(board.inspector.window, (low, high), atol=(x1 - x0) / 200)


def test_box_zoom_and_pan_are_told_to_python_too(board, times):
    board.tool("Box Zoom")
    y = centre(board)[1]
    board.drag("lightcurve", (times[100], y), (times[200], y))
    board.until(lambda: board.inspector.time_range is not None, "a zoom")
    np.testing.assert_allclose(board.inspector.time_range, (times[100], times[200]), atol=0.02)
    assert board.inspector.window is None
    board.tool("Pan")
    before = board.inspector.time_range
    board.drag("lightcurve", (times[150], y), (times[120], y))
    board.until(lambda: board.inspector.time_range[0] > before[0] + 0.3, "a later stretch")
    board.until(lambda: board.dots(KEPT) > 0, "points")
    board.tool("Box Select")
    board.tool("Reset")
    board.becomes(lambda: board.inspector.time_range, None)


def test_the_stamp_zooms_and_resets(board, tpf, mask):
    (x0, x1), (y0, y1) = board.ranges("pixels")
    full = board.picture("pixels")
    x, y = float(tpf["col"][5]), float(tpf["row"][2])
    board.repaints(lambda: board.wheel("pixels", x, y, -300), "pixels")
    assert np.ptp(board.ranges("pixels")[0]) < x1 - x0
    board.click("pixels", x, y)
    board.masks_become(mask((2, 5)))
    board.press("undo")
    board.tool("Reset", "pixels")
    board.until(lambda: board.ranges("pixels") == ([x0, x1], [y0, y1]), "the whole stamp")
    board.becomes(lambda: board.picture("pixels"), full)


def test_panels_share_the_time_axis_and_follow_the_mask(board, tpf, times):
    names = ("centroid", "pointing", "background")
    for name in names:
        board.choose("panels", name.capitalize())
    for name in names:
        board.until(
            lambda n=name: board.page.evaluate("(n) => tpfTest.ready(n, 1)", f"tpf-panel-{n}"),
            f"the panel {name}",
        )
        board.until(lambda n=name: same_times(board, n), f"the same time axis on {name}")
    x, y = float(tpf["col"][5]), float(tpf["row"][5])
    level = board.ranges("panel-background")[1]
    board.repaints(lambda: board.click("pixels", x, y), "lightcurve", "panel-centroid")
    board.until(lambda: board.ranges("panel-background")[1] != level, "another background")
    zoom_in(board, times[150])
    for name in names:
        board.until(lambda n=name: same_times(board, n), f"the same time axis on {name}")
    # And the other way: a panel is zoomed, dragged over and clicked.
    low, high = board.ranges("panel-pointing")[1]
    before = board.inspector.time_range
    board.wheel("panel-pointing", times[150], (low + high) / 2, -200)
    board.until(lambda: board.inspector.time_range != before, "a further zoom")
    board.until(lambda: same_times(board, "centroid"), "the same time axis")
    board.until(lambda: np.allclose(board.inspector.time_range, board.ranges()[0]), "and above")
    board.pull("panel-pointing", times[150], (low + high) / 2, 30)
    board.until(lambda: board.inspector.window is not None, "a window")
    assert board.part("panel-pointing", '[title^="Reset"]').count() == 0
    board.tool("Reset")
    board.becomes(lambda: board.inspector.time_range, None)
    board.until(lambda: board.ranges()[0][1] > np.nanmax(times), "all of the light curve")
    board.until(lambda: same_times(board, "centroid"), "the same time axis")
    board.click("panel-pointing", times[222], (low + high) / 2)
    board.becomes(lambda: board.inspector.cadence, 222)
    for name in names:
        board.choose("panels", name.capitalize())
        board.until(
            lambda n=name: board.page.evaluate("(n) => tpfTest.ready(n, 0)", f"tpf-panel-{n}"),
            f"no panel {name}",
        )
    board.repaints(lambda: board.press("all"), "pixels", "lightcurve")  # and nothing is broken
    board.choose("panels", "Centroid")  # a panel that comes back shows the mask of now
    board.until(lambda: board.page.evaluate("tpfTest.ready('tpf-panel-centroid', 1)"), "a panel")
    board.choose("panels", "Centroid")


def test_a_panel_is_dragged_with_the_tool_of_the_one_toolbar(board, times):
    board.choose("panels", "Pointing")
    board.until(lambda: board.page.evaluate("tpfTest.ready('tpf-panel-pointing', 1)"), "a panel")
    board.settles("panel-pointing")
    y = float(np.mean(board.ranges("panel-pointing")[1]))
    board.tool("Box Zoom")
    board.drag("panel-pointing", (times[100], y), (times[200], y))
    board.until(lambda: board.inspector.time_range is not None, "a zoom")
    np.testing.assert_allclose(board.inspector.time_range, (times[100], times[200]), atol=0.02)
    board.until(lambda: np.allclose(board.ranges()[0], board.inspector.time_range), "and above")
    board.tool("Pan")
    before = board.inspector.time_range
    y = float(np.mean(board.ranges("panel-pointing")[1]))
    board.drag("panel-pointing", (times[150], y), (times[120], y))
    board.until(lambda: board.inspector.time_range[0] > before[0] + 0.3, "a later stretch")
    assert board.inspector.window is None
    board.tool("Box Select")
    y = float(np.mean(board.ranges("panel-pointing")[1]))
    board.drag("panel-pointing", (times[150], y), (times[160], y))
    board.until(lambda: board.inspector.window is not None, "a window")
    board.choose("panels", "Pointing")


def test_the_wheel_scrolls_a_page_that_can_be_scrolled(board, times):
    page, y = board.page, centre(board)[1]
    whole = board.ranges()
    scrolled = """() => {
      let sum = document.scrollingElement.scrollTop
      const add = (root) => root.querySelectorAll("*").forEach((e) => {
        sum += e.scrollTop
        if (e.shadowRoot) add(e.shadowRoot)
      })
      add(document)
      return sum
    }"""
    size = page.viewport_size
    page.set_viewport_size({"width": size["width"], "height": 500})
    try:
        board.catches_up()
        page.mouse.move(*board.place("lightcurve", times[150], y))
        before = page.evaluate(scrolled)
        page.mouse.wheel(0, -60 if before else 60)
        board.until(lambda: page.evaluate(scrolled) != before, "the page scrolled")
        board.catches_up()
        assert board.inspector.time_range is None and board.ranges()[0] == whole[0]
        zoom_in(board, times[150], turns=1)
    finally:
        page.set_viewport_size(size)
        board.catches_up()


def test_the_wheel_zooms_where_there_is_nothing_to_scroll(board, times):
    page, y = board.page, centre(board)[1]
    size = page.viewport_size
    page.set_viewport_size({"width": size["width"], "height": 2400})
    try:
        board.catches_up()
        page.mouse.move(*board.place("lightcurve", times[150], y))
        page.mouse.wheel(0, -200)
        board.until(lambda: board.inspector.time_range is not None, "a zoom")
        before = board.inspector.time_range
        page.keyboard.down("Shift")  # the browser turns it sideways
        page.mouse.wheel(-200, 0)
        page.keyboard.up("Shift")
        board.until(lambda: board.inspector.time_range != before, "a further zoom")
        assert np.ptp(board.inspector.time_range) < np.ptp(before)
    finally:
        page.set_viewport_size(size)
        board.catches_up()


def test_the_time_axis_goes_no_further_than_the_file(board, times):
    first, last = np.nanmin(times), np.nanmax(times)
    margin = 0.05 * (last - first)
    whole = board.ranges()[0]
    zoom_in(board, times[30], turns=2)
    for _ in range(6):
        board.wheel("lightcurve", times[30], centre(board)[1], 600)
    board.becomes(lambda: board.inspector.time_range, None)
    board.until(lambda: np.allclose(board.ranges()[0], whole), "all of it")
    assert first - margin <= board.ranges()[0][0] and board.ranges()[0][1] <= last + margin
    zoom_in(board, times[150], turns=2)
    board.tool("Pan")
    board.pull("lightcurve", times[150], centre(board)[1], 1200, steps=8)
    board.until(lambda: board.inspector.time_range[0] <= first, "the first cadence")
    assert board.ranges()[0][0] >= first - margin
    board.tool("Box Select")


def test_the_brush_says_what_is_in_sight(board, times):
    whole, full = board.ranges()[0], board.picture("overview")

    def at(part):
        return whole[0] + part * (whole[1] - whole[0])

    y = float(np.mean(board.ranges("overview")[1]))
    board.drag("overview", (at(0.3), y), (at(0.5), y))  # drawn
    board.until(
        lambda: np.allclose(board.inspector.time_range or 0, (at(0.3), at(0.5)), atol=0.05),
        "what was dragged over",
    )
    board.until(lambda: np.allclose(board.ranges()[0], board.inspector.time_range), "it, below")
    board.until(lambda: board.picture("overview") != full, "a brush")
    board.drag("overview", (at(0.4), y), (at(0.6), y))  # moved
    board.until(
        lambda: np.allclose(board.inspector.time_range, (at(0.5), at(0.7)), atol=0.05), "it, later"
    )
    board.drag("overview", (at(0.7), y), (at(0.9), y))  # resized
    board.until(
        lambda: np.allclose(board.inspector.time_range, (at(0.5), at(0.9)), atol=0.05), "more of it"
    )
    board.until(lambda: np.allclose(board.ranges()[0], board.inspector.time_range), "it, below")
    board.tool("Reset")
    board.becomes(lambda: board.inspector.time_range, None)
    board.becomes(lambda: board.picture("overview"), full)


def test_the_axis_goes_along_with_a_step_and_not_with_a_click(board, times):
    board.in_session(lambda: setattr(board.inspector, "time_range", tuple(times[[20, 60]])))
    board.until(lambda: np.allclose(board.ranges()[0], times[[20, 60]]), "the stretch")
    width = np.ptp(times[[20, 60]])
    board.in_session(lambda: setattr(board.inspector, "cadence", 59))
    board.press("forward", 4)
    board.until(lambda: board.ranges()[0][0] > times[20], "a later stretch")
    low, high = board.ranges()[0]
    assert low < times[board.inspector.cadence] < high
    np.testing.assert_allclose(high - low, width)


@pytest.mark.parametrize(
    "ticks, labels",
    [
        ([500, 1000, 1500], ["500", "1,000", "1,500"]),
        ([-0.02, -0.01, 0], ["−0.02", "−0.01", "0.00"]),
        (
            [-5.4e8, -5.35e8, -5.3e8],
            [f"−5.{part}×10⁸" for part in (40, 35, 30)],
        ),
        ([0, 1e-12, 2e-12], ["0", "1×10⁻¹²", "2×10⁻¹²"]),
        ([5], ["5"]),
    ],
)
def test_ticks_are_told_apart_in_few_signs(window, ticks, labels):
    page = window.new_page()
    run = "([code, ticks]) => ticks.map((t) => Function('tick', 'ticks', code)(t, ticks))"
    assert page.evaluate(run, [tick_labels().code, ticks]) == labels
    page.close()
