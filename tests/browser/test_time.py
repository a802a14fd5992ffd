"""The gestures on the light curve, and the controls that step the cadence."""

import numpy as np
import pytest

FLAGGED = 1130799  # Kepler's default bitmask


@pytest.fixture
def good(tpf):
    """The cadences that are stepped through at first."""
    return np.flatnonzero((tpf["quality"].values & FLAGGED) == 0)


def middle(board):
    """A flux in the middle of the light curve's axis."""
    return float(np.mean(board.ranges()[1]))


def test_click_seeks_the_cadence_nearest_in_time(board, tpf):
    time, y = tpf["time"].values, middle(board)
    for cadence in (450, 5, 599, 200):  # one of them flagged, and drawn
        board.repaints(lambda c=cadence: board.click("lightcurve", time[c], y), "pixels")
        board.becomes(lambda: board.inspector.cadence, cadence)
        assert board.dashboard.cadence == cadence
    before, after = time[299], time[312]  # no cadence between has a time
    board.click("lightcurve", before + 0.3 * (after - before), y)
    board.becomes(lambda: board.inspector.cadence, 299)
    board.click("lightcurve", before + 0.7 * (after - before), y)
    board.becomes(lambda: board.inspector.cadence, 312)


def test_drag_sets_the_window_and_shows_the_difference_image(board, tpf, good):
    time, y = tpf["time"].values, middle(board)
    # The second eclipse of the neighbour, 0.4 d long.
    t0, t1 = 3264.5 + 3.1 - 0.19, 3264.5 + 3.1 + 0.19
    board.repaints(lambda: board.drag("lightcurve", (t1, y), (t0, y)), "lightcurve")
    board.until(lambda: board.inspector.window is not None, "a window")
    np.testing.assert_allclose(board.inspector.window, (t0, t1), atol=0.02)
    assert board.dashboard.window == board.inspector.window

    inside = np.count_nonzero((time[good] >= t0) & (time[good] <= t1))
    board.until(
        lambda: board.page.evaluate("tpfTest.ready('tpf-difference', 3)"), "three difference images"
    )
    said = board.words("tabs")
    assert f"the mean of the {inside} in it" in said
    assert "centred" in said and "σ" in said
    # It is the neighbour that fades, and it says so: the difference peaks on it.
    found = board.inspector.difference()
    assert (
        np.hypot(*(np.subtract(found.centroid, (tpf["row"][0] + 4.9, tpf["col"][0] + 5.2)))) < 0.5
    )

    board.press("clear-window")
    board.becomes(lambda: board.inspector.window, None)
    board.until(lambda: "Drag over the light curve" in board.words("tabs"), "words again")


def test_a_window_without_cadences_is_told_in_words(board, tpf):
    time, y = tpf["time"].values, middle(board)
    board.drag("lightcurve", (time[299] + 0.05, y), (time[312] - 0.05, y))
    board.until(lambda: board.inspector.window is not None, "a window")
    board.until(lambda: "window" in board.words("tabs") and "Drag" not in board.words("tabs"))
    assert "Traceback" not in board.words("tabs")
    board.drag("lightcurve", (time[100], y), (time[130], y))  # and nothing is broken
    board.until(lambda: "Mean of" in board.words("tabs"), "words on the next window")


def test_a_new_mask_is_outlined_on_the_difference_image(board, tpf):
    time, y = tpf["time"].values, middle(board)
    board.drag("lightcurve", (time[100], y), (time[130], y))
    board.until(lambda: board.page.evaluate("tpfTest.ready('tpf-difference', 3)"), "differences")
    board.repaints(lambda: board.press("all"), "pixels", "difference")


def test_buttons_step_through_the_cadences_that_are_kept(board, good):
    start = board.inspector.cadence
    assert start == good[0]
    board.repaints(lambda: board.press("forward"), "pixels", "lightcurve")
    board.becomes(lambda: board.inspector.cadence, good[1])
    board.press("forward", 15)  # over flagged cadences
    board.becomes(lambda: board.inspector.cadence, good[16])
    assert (np.diff(good[:17]) > 1).any()
    board.press("back", 3)
    board.becomes(lambda: board.inspector.cadence, good[13])
    board.press("back", 15)  # stops at the first
    board.becomes(lambda: board.inspector.cadence, good[0])


def test_arrow_keys_step_one_or_with_shift_ten(board, good):
    board.page.mouse.click(5, 500)  # nothing has the focus
    keyboard = board.page.keyboard
    for _ in range(3):
        keyboard.press("ArrowRight")
    board.becomes(lambda: board.inspector.cadence, good[3])
    keyboard.press("ArrowLeft")
    board.becomes(lambda: board.inspector.cadence, good[2])
    keyboard.press("Shift+ArrowRight")
    board.becomes(lambda: board.inspector.cadence, good[12])
    keyboard.press("Shift+ArrowRight")
    keyboard.press("Shift+ArrowLeft")
    keyboard.press("ArrowLeft")
    board.becomes(lambda: board.inspector.cadence, good[11])
    keyboard.press("Control+ArrowRight")  # the browser's own
    keyboard.press("ArrowRight")
    board.becomes(lambda: board.inspector.cadence, good[12])


def test_arrow_keys_are_silent_while_an_input_has_the_focus(board, good):
    seen = []
    watcher = board.inspector.param.watch(lambda event: seen.append(event.new), "cadence")
    keyboard = board.page.keyboard
    field = board.part("cadence-number", "input")
    field.focus()
    for _ in range(3):
        keyboard.press("ArrowRight")
    field.evaluate("(field) => field.blur()")
    board.part("column", "select").focus()
    keyboard.press("ArrowLeft")
    board.part("column", "select").evaluate("(select) => select.blur()")
    keyboard.press("ArrowRight")
    board.becomes(lambda: seen, [good[1]])
    board.inspector.param.unwatch(watcher)


def test_number_field_goes_to_a_cadence(board, good):
    field = board.part("cadence-number", "input")
    for text, cadence in (("123", 123), ("305", 305), ("0", 0)):  # 305 has no time, but a frame
        field.fill(text)
        field.press("Enter")
        board.becomes(lambda: board.inspector.cadence, cadence)
    board.press("forward")
    board.until(lambda: field.input_value() == str(good[good > 0][0]), "the field follows")
    last = board.inspector.tpf.sizes["time"] - 1
    for text, cadence in (("100000", last), ("-3", 0)):  # there is no such cadence: the nearest
        field.fill(text)
        field.press("Enter")
        board.becomes(lambda: board.inspector.cadence, cadence)
        board.until(lambda c=cadence: field.input_value() == str(c), "the field says so")


def test_slider_is_dragged_by_its_handle(board):
    handle, mouse = board.part("cadence", ".noUi-handle"), board.page.mouse
    track = board.part("cadence", ".noUi-base").bounding_box()
    box = handle.bounding_box()
    seen = []
    watcher = board.inspector.param.watch(lambda event: seen.append(event.new), "cadence")
    y = box["y"] + box["height"] / 2
    before = {figure: board.picture(figure) for figure in ("pixels", "lightcurve")}
    mouse.move(box["x"] + box["width"] / 2, y)
    mouse.down()
    mouse.move(track["x"] + track["width"] / 2, y, steps=10)
    board.until(lambda: abs(board.inspector.cadence - 300) <= 3, "the middle of the file")
    for figure, old in before.items():  # still being dragged
        board.until(lambda f=figure, o=old: board.picture(f) != o, f"a new picture of {figure}")
    mouse.move(track["x"] + track["width"] + 50, y, steps=5)
    mouse.up()
    board.becomes(lambda: board.inspector.cadence, 599)
    assert len(seen) > 1 and (np.diff(seen) > 0).all()
    board.inspector.param.unwatch(watcher)

    handle.focus()
    board.page.keyboard.press("ArrowLeft")  # the slider's own key, and no one else's
    board.becomes(lambda: board.inspector.cadence, 598)


def test_play_goes_on_until_it_is_stopped(board, tpf, good):
    seen = []
    watcher = board.inspector.param.watch(lambda event: seen.append(event.new), "cadence")
    field = board.part("cadence-number", "input")
    field.fill(str(good[-3]))
    field.press("Enter")
    board.until(lambda: seen == [good[-3]], "the last cadence but two")
    seen.clear()
    play = board.part("play", "button")
    play.click()
    board.until(lambda: len(seen) >= 6, "six steps")
    play.click()
    board.press("back")  # comes after the stop: what plays on would go beyond
    board.until(lambda: len(seen) > 1 and seen[-1] < seen[-2], "a step back")
    stopped = board.inspector.cadence
    board.in_session(lambda: None)
    board.page.wait_for_timeout(300)  # three beats in which nothing may happen
    assert board.inspector.cadence == stopped
    np.testing.assert_array_equal(seen[:6], [*good[-2:], *good[:4]])  # from the end to the start
    board.inspector.param.unwatch(watcher)


def test_readout_names_the_current_and_the_hovered_cadence(board, tpf):
    inspector, time = board.inspector, tpf["time"].values

    def says(cadence, where):
        facts = inspector.describe(cadence)
        shown = board.words("readout")
        return where in shown and all(
            one in shown
            for one in (
                f"cadence {facts['cadenceno']}",
                f"{facts['time']:.5f}",
                facts["date"],
                f"quality {facts['quality']}",
                *facts["flags"],
            )
        )

    assert says(inspector.cadence, "current")
    flux = tpf["flux"].values[:, inspector.aperture].sum(axis=1)
    for cadence in (100, 200, 420):
        board.hover("lightcurve", time[cadence], flux[cadence])
        board.becomes(lambda: inspector.hovered, cadence)
        board.until(lambda c=cadence: says(c, "at the mouse"), f"the readout of {cadence}")
        assert f"{flux[cadence]:,.0f}" in board.words("readout")
    board.page.mouse.move(5, 5)
    board.becomes(lambda: inspector.hovered, None)
    board.until(lambda: says(inspector.cadence, "current"), "the current cadence again")
    board.click("lightcurve", time[420], flux[420])
    board.page.mouse.move(5, 5)
    board.until(lambda: says(420, "current"), "the cadence that was clicked")


def test_hover_far_from_any_point_names_none(board, tpf):
    time = tpf["time"].values
    board.hover("lightcurve", time[100], middle(board))
    board.until(lambda: board.inspector.hovered is not None, "a cadence")
    board.hover("lightcurve", float(time[299] + time[312]) / 2, middle(board))
    board.becomes(lambda: board.inspector.hovered, None)


def test_controls_for_which_panel_has_no_tooltip_have_the_browsers(board):
    for name in ("cadence", "play", "show-all", "show-flagged", "normalized"):
        assert board.part(name).get_attribute("title"), name


COUNT_PATCHES = """() => {
  const document = Bokeh.documents[0], apply = document.apply_json_patch
  window.patches = 0
  document.apply_json_patch = function (patch, ...more) {
    if (patch.events.some((event) => event.attr !== "tags")) patches += 1  // or it is a mark
    return apply.call(this, patch, ...more)
  }
}"""


def test_a_slider_is_followed_at_once_and_in_one_batch(board):
    """Panel's own would wait, show the page as busy, and send a message an effect."""
    page, document = board.page, board.session.document
    board.unfold("colors")
    page.evaluate(COUNT_PATCHES)
    waits, put_off = [], document.add_timeout_callback
    document.add_timeout_callback = lambda act, ms: waits.append(ms) or put_off(act, ms)
    for name, key, figures in (
        ("cadence", "PageUp", ("pixels", "lightcurve")),
        ("stretch", "PageDown", ("pixels",)),
    ):
        board.part(name, ".noUi-handle").last.focus()
        for _ in range(3):
            page.evaluate("patches = 0")
            board.repaints(lambda k=key: page.keyboard.press(k), *figures)
            board.in_session(lambda: None)
            assert page.evaluate("patches") == 1
        page.evaluate("document.activeElement.blur()")
    del document.add_timeout_callback
    assert max(waits, default=0) <= 20  # the browser's time to paint, after a value was acted on


def test_the_picture_follows_a_dragged_slider(board):
    """Each frame on the way counts, until the browser has had no time to paint; the last always."""
    seen = []
    watcher = board.inspector.param.watch(lambda event: seen.append(event.new), "cadence")
    box = board.part("cadence", ".noUi-handle").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = board.page.mouse
    mouse.move(x, y)
    mouse.down()
    for step in range(60):
        mouse.move(x + 4 * step, y)
    handle = board.part("cadence", ".noUi-handle")

    def at_the_handle():
        return int(float(handle.get_attribute("aria-valuenow"))) == board.inspector.cadence

    board.until(lambda: len(seen) > 10 and at_the_handle(), "the cadence under the handle")
    mouse.up()
    assert seen == sorted(seen)
    board.until(
        lambda: (
            f"cadence {board.inspector.describe(seen[-1])['cadenceno']}" in board.words("readout")
        ),
        "its readout",
    )
    board.inspector.param.unwatch(watcher)


def test_the_pixel_under_the_mouse_is_named(board, tpf):
    inspector = board.inspector
    row, col = int(tpf["row"][2]), int(tpf["col"][3])
    board.hover("pixels", col + 0.3, row - 0.3)
    board.becomes(lambda: inspector.pointed, (row, col))
    for cadence in (inspector.cadence, 200):
        board.in_session(lambda c=cadence: setattr(inspector, "cadence", c))
        value = float(tpf["flux"][cadence, 2, 3])
        words = f"row {row} column {col} Flux {value:,.1f}"
        board.until(lambda w=words: w in board.words("pixel-readout"), words)
    board.page.mouse.move(5, 5)
    board.becomes(lambda: inspector.pointed, None)
    board.until(lambda: str(row) not in board.words("pixel-readout"), "no pixel")
