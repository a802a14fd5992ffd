"""The gestures on the light curve, and the controls that step the cadence."""

import threading

import numpy as np
import pytest

from tpfdash.diagnosis.diagnose import diagnose
from tpfdash.inspector import question
from tpfdash.views import live

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


#: Centre and half the length of an eclipse of the neighbour.
ECLIPSE, HALF = 3264.5 + 3.1, 0.19


def drag(board, t0, t1):
    """Drag a window over the light curve."""
    y = middle(board)
    board.drag("lightcurve", (t0, y), (t1, y))


def painted(board):
    """Whether the picture of the window has painted something."""
    if not board.page.locator(".tpf-difference").is_visible():  # one that is hidden stays painted
        return False
    return board.page.evaluate("tpfTest.ready('tpf-difference', 1)")


def color_at(board, row, col):
    """[red, green, blue] of the picture at a place on the detector, beside any mark."""
    x, y = board.place("difference", col, row)
    frame = board.look("frame", "difference")
    return board.look("color", "difference", x - frame["left"], y - frame["top"])


def test_drag_sets_the_window_and_says_what_the_event_is(board, tpf):
    time = tpf["time"].values
    t0, t1 = ECLIPSE - HALF, ECLIPSE + HALF
    board.repaints(lambda: drag(board, t1, t0), "lightcurve")
    board.until(lambda: board.inspector.window is not None, "a window")
    np.testing.assert_allclose(board.inspector.window, (t0, t1), atol=0.02)
    assert board.dashboard.window == board.inspector.window

    inside = np.count_nonzero((time >= t0) & (time <= t1))
    board.until(lambda: painted(board), "a picture")
    said = board.words("evidence")
    assert f"{inside} cadences" in said and "Neighbour" in said
    assert "ppm" in said and "px (" in said and "arcsec" in said
    # It is the neighbour that fades, and it says so.
    found = board.inspector.diagnosis
    star = tpf["row"].values[0] + 4.9, tpf["col"].values[0] + 5.2
    assert np.hypot(*np.subtract(found.position, star)) < 0.3
    assert board.dashboard.diagnosis is found is board.inspector.answer
    # And its pixel is red, where one far from it is pale.
    red, green, blue = color_at(board, star[0] + 0.3, star[1] + 0.2)
    assert red > 2 * green and red > 2 * blue
    assert min(color_at(board, tpf["row"].values[0], tpf["col"].values[0])) > 200

    board.press("clear-window")
    board.becomes(lambda: board.inspector.window, None)
    board.until(lambda: "Drag over the light curve" in board.words("evidence"), "words again")
    assert not board.page.locator(".tpf-difference").is_visible()
    assert not board.page.locator(".tpf-clear-window").is_visible()


def test_another_window_is_painted_into_the_same_figure(board, tpf):
    drag(board, ECLIPSE - HALF, ECLIPSE + HALF)
    board.until(lambda: painted(board), "a picture")
    figure = board.look("id", "difference")
    place = tpf["row"].values[0] + 5.2, tpf["col"].values[0] + 5.4
    assert color_at(board, *place)[0] > 2 * color_at(board, *place)[2]
    # Before the eclipse, with half of it beside the window: the neighbour is brighter within.
    first = board.inspector.answer
    drag(board, ECLIPSE - 3 * HALF, ECLIPSE - HALF)
    board.until(lambda: board.inspector.answer not in (None, first), "another answer")
    board.until(lambda: painted(board), "a picture")
    board.until(lambda: color_at(board, *place)[2] > 2 * color_at(board, *place)[0], "blue")
    assert board.look("id", "difference") == figure
    board.press("clear-window")
    board.until(lambda: not board.page.locator(".tpf-difference").is_visible(), "no picture")
    drag(board, ECLIPSE - HALF, ECLIPSE + HALF)
    board.until(lambda: board.page.locator(".tpf-difference").is_visible(), "the picture")
    board.until(lambda: color_at(board, *place)[0] > 2 * color_at(board, *place)[2], "red again")
    assert board.look("id", "difference") == figure


def test_the_picture_of_a_window_is_chosen(board):
    drag(board, ECLIPSE - HALF, ECLIPSE + HALF)
    board.until(lambda: painted(board), "a picture")
    assert "light is missing" in board.words("evidence")
    labels = {"S/N": "S/N", "Star": "out", "Model": "expected", "Change": "difference"}
    for label, name in labels.items():
        board.repaints(lambda n=label: board.choose("picture", n), "difference")
        board.becomes(lambda: board.inspector.picture, name)
        wanted = name != "out"
        board.until(lambda w=wanted: ("light is missing" in board.words("evidence")) == w, "signs")
    board.choose("picture", "Pixels")
    board.until(lambda: not board.page.locator(".tpf-difference").is_visible(), "no image")
    board.until(lambda: board.page.locator(".tpf-curves svg").count() == 4, "four curves")
    board.choose("picture", "Change")
    board.until(lambda: board.page.locator(".tpf-difference").is_visible(), "the image again")


def test_a_check_says_what_it_found_and_shows_its_picture(board):
    drag(board, ECLIPSE - HALF, ECLIPSE + HALF)
    board.until(lambda: painted(board), "a picture")
    checks = board.page.locator(".tpf-checks")
    line = checks.locator("button", has_text="offset")
    assert line.get_attribute("aria-expanded") == "false"
    board.repaints(lambda: checks.locator("button", has_text="columns").click(), "difference")
    board.becomes(lambda: board.inspector.check, "columns that move together")
    board.becomes(lambda: board.inspector.picture, "expected")
    board.until(lambda: "model: columns that move together" in board.words("evidence"), "whose")
    line.click()
    board.becomes(
        lambda: (board.inspector.check, board.inspector.picture), ("offset", "difference")
    )
    board.until(lambda: line.get_attribute("aria-expanded") == "true", "an open check")
    assert "arcsec) from the target" in checks.locator("p").inner_text()
    line.press("Enter")  # it kept the focus
    board.becomes(lambda: board.inspector.check, "")
    board.until(lambda: checks.locator("p").count() == 0, "all checks closed")
    artefacts = checks.locator("details", has_text="Artefacts")
    artefacts.locator("summary").click()
    board.until(lambda: artefacts.locator("button").last.is_visible(), "artefacts")
    assert "sweater fuzzy" in artefacts.inner_text()


def test_all_that_was_found_is_copied(board):
    drag(board, ECLIPSE - HALF, ECLIPSE + HALF)
    board.until(lambda: painted(board), "a picture")
    board.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copied = "navigator.clipboard.readText()"
    found = str(board.inspector.diagnosis)

    def copies():  # the text comes after what is to be seen
        board.press("copy-evidence")
        return found in board.page.evaluate(copied)

    board.until(copies, "all of it, copied")
    assert "Simulated data." in board.page.evaluate(copied)
    # Where the browser has no clipboard for it, as without https, it is shown to be copied.
    board.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    text = board.part("evidence-text", "textarea")
    assert not text.is_visible()
    board.press("copy-evidence")
    board.until(text.is_visible, "the text")
    marked = "(area) => area.value.slice(area.selectionStart, area.selectionEnd)"
    board.until(lambda: found in text.evaluate(marked), "all of it, marked")


def test_the_server_answers_while_an_event_is_worked_out(board, monkeypatch):
    """In a thread: the cadence is stepped meanwhile."""
    go_on = threading.Event()

    def slow(*asked):
        assert go_on.wait(30)
        return diagnose(*asked)

    monkeypatch.setattr(question, "diagnose", slow)
    try:
        drag(board, ECLIPSE - HALF, ECLIPSE + HALF)
        board.until(lambda: "Working it out" in board.words("evidence"), "that it works")
        before = board.inspector.cadence
        board.repaints(lambda: board.press("forward"), "pixels", "lightcurve")
        assert board.inspector.cadence > before and board.inspector.answer is None
    finally:
        go_on.set()
    board.until(lambda: "Neighbour" in board.words("evidence"), "the verdict")


#: Screen pixels; from 2 on a drag is one, and most are shorter than BokehJS' own limit twice over.
PULLS = [2, 3, 4, 5, 6, 7, 8, 10, 13, 20, 30, 40]
PULLS = [sign * pixels for pixels in PULLS for sign in (1, -1)] + [3, -4, 5, 11, -25, 39]


def test_no_drag_is_lost_however_short_or_slow(board):
    frame, (x0, x1) = board.look("frame", "lightcurve"), board.ranges()[0]
    a_pixel, y = (x1 - x0) / frame["width"], middle(board)
    assert len(PULLS) == 30
    for number, pixels in enumerate(PULLS):
        start = x0 + (x1 - x0) * (0.1 + 0.8 * ((number * 0.37) % 1))
        left = board.place("lightcurve", start, y)[0]
        start += (round(left) - left) * a_pixel  # the mouse is on whole pixels
        hold = 400 if number % 3 == 2 else 0
        before = board.inspector.window
        board.pull("lightcurve", start, y, pixels, hold=hold, steps=1 + number % 4)
        board.until(lambda b=before: board.inspector.window not in (None, b), f"{pixels} px")
        ends = sorted((start, start + pixels * a_pixel))
        np.testing.assert_allclose(board.inspector.window, ends, atol=a_pixel / 4)
    assert board.inspector.cadence == board.start["cadence"]


def test_a_click_that_trembles_is_a_click(board, tpf):
    y = middle(board)
    for cadence, pixels in ((100, 1), (300 - 40, -1), (500, 0)):
        board.pull("lightcurve", tpf["time"].values[cadence], y, pixels, hold=400)
        board.until(lambda c=cadence: abs(board.inspector.cadence - c) <= 2, "the cadence")
    assert board.inspector.window is None


def test_what_lies_beyond_the_axis_is_reached_from_its_edge(board, tpf):
    """Cadence 77 is half as bright again: a triangle at the top says so."""
    time = tpf["time"].values[77]
    flux = tpf["flux"].values[77][board.inspector.aperture].sum()
    (_, high), width = board.ranges()[1], np.ptp(board.ranges()[1])
    assert high < flux
    board.until(lambda: " above" in board.words("show-beyond"), "a count")
    board.hover("lightcurve", time, high - width / 100)
    board.becomes(lambda: board.inspector.hovered, 77)
    board.repaints(lambda: board.click("lightcurve", time, high - width / 100), "lightcurve")
    board.becomes(lambda: board.inspector.cadence, 77)
    board.until(lambda: board.ranges()[1][1] > flux, "an axis that holds it")
    before = board.words("show-beyond")
    board.press("forward")
    board.until(lambda: board.ranges()[1][1] == high, "the usual axis")
    board.until(lambda: board.words("show-beyond") != before, "another count")
    board.press("show-beyond")
    board.becomes(lambda: board.inspector.show_all, True)
    board.until(lambda: board.ranges()[1][1] > flux, "all of it")


def test_a_window_without_cadences_is_told_in_words(board, tpf):
    time = tpf["time"].values
    drag(board, time[299] + 0.05, time[312] - 0.05)
    board.until(lambda: board.inspector.window is not None, "a window")
    board.until(lambda: "holds no cadence with data" in board.words("evidence"), "words")
    assert "Traceback" not in board.words("evidence")
    assert not board.page.locator(".tpf-difference").is_visible()
    drag(board, time[100], time[130])  # and nothing is broken
    board.until(lambda: "ppm" in board.words("evidence"), "words on the next window")
    board.until(lambda: painted(board), "a picture")


def test_a_new_mask_is_outlined_on_the_difference_image(board, tpf):
    time = tpf["time"].values
    drag(board, time[100], time[130])
    board.until(lambda: painted(board), "a picture")
    board.repaints(lambda: board.press("all"), "pixels", "difference")


@pytest.mark.parametrize("width", [250, 320])
def test_pixels_of_the_picture_are_nearly_square_in_its_place(board, width):
    drag(board, ECLIPSE - HALF, ECLIPSE + HALF)
    board.until(lambda: painted(board), "a picture")
    card = board.page.locator(".tpf-evidence")
    card.evaluate("(card, width) => { card.style.width = `${width}px` }", width)

    def ratio():
        frame = board.look("frame", "difference")
        (x0, x1), (y0, y1) = frame["x"], frame["y"]
        return (frame["width"] / (x1 - x0)) / (frame["height"] / (y1 - y0))

    try:
        board.until(lambda: board.look("frame", "difference")["width"] < width, "its width")
        board.until(lambda: 0.85 < ratio() < 1.18, "square pixels")
        # In a strip that is only so high, the figure is no higher.
        card.evaluate("(card) => card.style.setProperty('--tpf-picture-height', '200px')")
        height = "(figure) => figure.getBoundingClientRect().height"
        figure = board.page.locator(".tpf-difference")
        board.until(lambda: figure.evaluate(height) <= 200.5, "its height")
        board.until(lambda: 0.75 < ratio() < 1.33, "square pixels in a strip")
    finally:
        card.evaluate("(card) => card.removeAttribute('style')")


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
                facts["date"].replace("T", " "),
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
  window.told = []
  document.apply_json_patch = function (patch, ...more) {
    // A mark, the address, and what comes later, for those who cannot see the picture.
    const others = ["tags", "query", "html_attributes"]
    if (patch.events.some((event) => !others.includes(event.attr))) patches += 1
    told.push(patch.events.map((event) => event.attr ?? event.kind).join())
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
            board.catches_up()  # with the end of what was done before, too
            page.evaluate("patches = 0; told = []")
            board.repaints(lambda k=key: page.keyboard.press(k), *figures)
            board.in_session(lambda: None)
            assert page.evaluate("patches") == 1, page.evaluate("told")
        page.evaluate("document.activeElement.blur()")
    del document.add_timeout_callback
    # The address has time, and so has what nobody waits for.
    waits = [ms for ms in waits if ms < 250 and ms != live._AFTER]
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
