"""The gestures on the postage stamp: what each does to the aperture and the background mask."""

import numpy as np
import pytest

EMPTY = "The aperture is empty"


@pytest.fixture
def at(tpf):
    """A function: indices of a pixel -> its (x, y) in the stamp's axes."""
    rows, cols = tpf["row"].values, tpf["col"].values
    return lambda row, col: (float(cols[0] + col), float(rows[0] + row))


def test_click_selects_that_pixel_alone(board, mask, at):
    for pixel in [(2, 3), (6, 7), (0, 0)]:  # the corners too
        board.repaints(lambda p=pixel: board.click("pixels", *at(*p)), "pixels", "lightcurve")
        board.masks_become(mask(pixel))
        assert board.dashboard.aperture is board.inspector.aperture


def test_click_anywhere_within_a_pixel_means_that_pixel(board, mask, at):
    x, y = at(4, 2)
    for dx, dy in [(-0.45, -0.45), (0.45, 0.45), (-0.45, 0.45)]:
        board.click("pixels", x + dx, y + dy)
        board.masks_become(mask((4, 2)))
        board.click("pixels", *at(1, 1))
        board.masks_become(mask((1, 1)))


def test_shift_click_adds_and_takes_off_down_to_the_last_pixel(board, mask, at):
    board.click("pixels", *at(2, 3))
    board.masks_become(mask((2, 3)))
    board.click("pixels", *at(5, 6), shift=True)
    board.masks_become(mask((2, 3), (5, 6)))
    board.click("pixels", *at(2, 3), shift=True)
    board.masks_become(mask((5, 6)))
    assert EMPTY not in board.title()
    board.repaints(lambda: board.click("pixels", *at(5, 6), shift=True), "pixels", "lightcurve")
    board.masks_become(mask())
    board.until(lambda: EMPTY in board.title(), "words about the empty mask")
    board.click("pixels", *at(3, 3), shift=True)  # and nothing is broken
    board.masks_become(mask((3, 3)))
    board.until(lambda: "1 pixel " in board.title(), "words about one pixel")


def test_box_replaces_and_shift_box_adds(board, mask, at):
    board.drag("pixels", at(1.7, 1.7), at(3.3, 4.1))
    board.masks_become(mask(np.s_[2:4, 2:5]))
    board.drag("pixels", at(5.3, 6.2), at(3.6, 4.6), shift=True)  # from the other corner
    board.masks_become(mask(np.s_[2:4, 2:5], np.s_[4:6, 5:7]))
    board.drag("pixels", at(0.4, 0.3), at(1.6, 2.6))  # from the pixel pressed to the one released
    board.masks_become(mask(np.s_[0:3, 0:4]))
    board.drag("pixels", at(5.7, 0.6), at(6.2, 1.4))  # one pixel high
    board.masks_become(mask(np.s_[6:7, 1:2]))
    board.drag("pixels", at(1.7, 1.7), at(3.3, 4.1))
    board.drag("pixels", at(5.3, 6.2), at(3.6, 4.6), shift=True)
    board.masks_become(mask(np.s_[2:4, 2:5], np.s_[4:6, 5:7]))
    board.drag("pixels", at(1.7, 1.7), at(3.3, 3.3), shift=True)  # over what is in: never toggles
    board.click("pixels", *at(6, 0), shift=True)
    board.masks_become(mask(np.s_[2:4, 2:5], np.s_[4:6, 5:7], (6, 0)))
    board.drag("pixels", at(-0.3, -0.3), at(0.4, 1.4))
    board.masks_become(mask(np.s_[0:1, 0:2]))


def test_the_pixel_pointed_at_is_framed_and_nothing_else_painted(board, mask, at):
    board.hover("pixels", *at(1, 1))
    board.becomes(lambda: board.inspector.pointed is None, False)
    board.settles()
    board.page.evaluate(COUNT_PAINTS)
    for pixel in [(2, 3), (4, 4)]:
        x, y = at(*pixel)
        board.repaints(lambda x=x, y=y: board.hover("pixels", x, y), "pixels")
        board.becomes(lambda: board.inspector.pointed, (int(y), int(x)))
    board.repaints(lambda: board.in_session(lambda: board.inspector.point(1, -1)), "pixels")
    assert board.inspector.pointed == (int(y) + 1, int(x) - 1)
    assert board.page.evaluate("paints") == {"pixels": 0, "lightcurve": 0}


def test_modes_without_any_key(board, mask, at):
    board.choose("mode", "add")
    board.becomes(lambda: board.inspector.mode, "add")
    board.press("clear")
    board.masks_become(mask())
    board.click("pixels", *at(1, 1))
    board.masks_become(mask((1, 1)))
    board.drag("pixels", at(1.7, 1.7), at(4.3, 4.3))
    board.masks_become(mask((1, 1), np.s_[2:5, 2:5]))

    board.choose("mode", "remove")
    board.becomes(lambda: board.inspector.mode, "remove")
    board.click("pixels", *at(1, 1))
    board.masks_become(mask(np.s_[2:5, 2:5]))
    board.click("pixels", *at(0, 0))  # not in: stays out
    board.drag("pixels", at(2.7, 2.7), at(5.3, 6.3))
    board.masks_become(mask(np.s_[2:3, 2:5], np.s_[2:5, 2:3]))

    board.choose("mode", "toggle")
    board.becomes(lambda: board.inspector.mode, "toggle")
    board.click("pixels", *at(2, 2))
    board.masks_become(mask(np.s_[2:3, 3:5], np.s_[3:5, 2:3]))
    board.click("pixels", *at(2, 2))
    board.masks_become(mask(np.s_[2:3, 2:5], np.s_[2:5, 2:3]))
    board.drag("pixels", at(1.7, 1.7), at(3.3, 3.3))  # a box in toggle mode adds
    board.masks_become(mask(np.s_[2:3, 2:5], np.s_[2:5, 2:3], (3, 3)))

    board.choose("mode", "replace")
    board.becomes(lambda: board.inspector.mode, "replace")
    board.click("pixels", *at(6, 6))
    board.masks_become(mask((6, 6)))


@pytest.mark.parametrize("mode", ["replace", "add", "remove", "toggle"])
def test_shift_toggles_a_pixel_and_adds_a_box_whatever_the_mode(board, mask, at, mode):
    board.choose("mode", mode)
    board.becomes(lambda: board.inspector.mode, mode)
    board.press("clear")
    board.masks_become(mask())
    board.click("pixels", *at(4, 4), shift=True)
    board.masks_become(mask((4, 4)))
    board.drag("pixels", at(-0.3, -0.3), at(1.3, 2.3), shift=True)
    board.masks_become(mask((4, 4), np.s_[0:2, 0:3]))
    board.click("pixels", *at(4, 4), shift=True)
    board.masks_become(mask(np.s_[0:2, 0:3]))


def test_two_quick_clicks_are_two_clicks(board, mask, at):
    seen = []
    board.inspector.param.watch(lambda event: seen.append(event.new), "aperture")
    places = [board.place("pixels", *at(*pixel)) for pixel in [(1, 1), (5, 6)]]
    for place in places:
        board.page.mouse.click(*place)
    board.masks_become(mask((5, 6)))
    board.becomes(lambda: len(seen), 2)
    assert [one.tolist() for one in seen] == [mask((1, 1)).tolist(), mask((5, 6)).tolist()]


def test_of_quick_shift_clicks_none_is_lost(board, mask, at):
    board.press("clear")
    board.masks_become(mask())
    pixels = [(0, 1), (2, 6), (4, 3), (5, 5), (6, 0)]
    places = [board.place("pixels", *at(*pixel)) for pixel in pixels]
    with board.shift():
        for place in places[:3]:
            board.page.mouse.click(*place)
        board.masks_become(mask(*pixels[:3]))
        for place in places[3:] + places[:1]:  # and one of them off again
            board.page.mouse.click(*place)
    board.masks_become(mask(*pixels[1:]))


def test_two_quick_shift_clicks_on_one_pixel_cancel(board, mask, at):
    board.click("pixels", *at(2, 2))
    board.masks_become(mask((2, 2)))
    places = [board.place("pixels", *at(*pixel)) for pixel in [(3, 3), (3, 3), (5, 5)]]
    with board.shift():
        for place in places:
            board.page.mouse.click(*place)
    board.masks_become(mask((2, 2), (5, 5)))


def test_undo_and_redo_over_many_edits(fresh, mask, at):
    board = fresh
    undo, redo = (board.part(name, "button") for name in ("undo", "redo"))
    assert undo.is_disabled() and redo.is_disabled()
    history = [board.inspector.aperture]
    rows, cols = history[0].shape
    places = {pixel: board.place("pixels", *at(*pixel)) for pixel in np.ndindex(rows, cols)}
    rng = np.random.default_rng(3)
    with board.shift():
        for row, col in zip(rng.integers(rows, size=30), rng.integers(cols, size=30), strict=True):
            history.append(history[-1] ^ mask((row, col)))
            board.page.mouse.click(*places[row, col])
    board.masks_become(history[-1])
    board.until(undo.is_enabled, "undo can be pressed")
    assert redo.is_disabled()

    board.press("undo")
    board.masks_become(history[29])
    board.until(redo.is_enabled, "redo can be pressed")
    board.press("undo", 14)
    board.masks_become(history[15])
    board.press("undo", 15)
    board.masks_become(history[0])
    board.until(undo.is_disabled, "nothing more to undo")
    board.press("redo", 15)
    board.masks_become(history[15])
    board.press("redo", 15)
    board.masks_become(history[30])
    board.until(redo.is_disabled, "nothing more to redo")
    board.press("undo", 10)
    board.masks_become(history[20])
    board.click("pixels", *at(0, 0))  # a new edit: what was undone is gone
    board.masks_become(mask((0, 0)))
    board.until(redo.is_disabled, "nothing to redo after a new edit")


def test_buttons_set_whole_masks(board, tpf, mask):
    pipeline = (tpf["aperture"].values & 2) != 0
    board.press("all")
    board.masks_become(np.ones_like(pipeline))
    board.press("pipeline")
    board.masks_become(pipeline)
    board.repaints(lambda: board.press("clear"), "pixels", "lightcurve")
    board.masks_become(mask())
    board.repaints(lambda: board.press("threshold"), "pixels", "lightcurve")
    board.until(lambda: board.inspector.aperture.any(), "a threshold mask")
    row, col = np.unravel_index(np.nanargmax(tpf["flux"].values[0]), pipeline.shape)
    assert board.inspector.aperture[row, col]
    board.press("undo")
    board.masks_become(mask())


def test_editing_the_background_mask(board, tpf, mask, at):
    before = board.inspector.aperture
    board.choose("editing", "background")
    board.becomes(lambda: board.inspector.editing, "background")
    board.repaints(
        lambda: board.drag("pixels", at(5.7, -0.3), at(6.3, 3.3)), "pixels", "lightcurve"
    )
    background = mask(np.s_[6:7, 0:4])
    board.masks_become(before, background)
    board.click("pixels", *at(0, 7), shift=True)
    background = background | mask((0, 7))
    board.masks_become(before, background)
    board.until(lambda: "background" in board.title(), "words about the background")
    flux = tpf["flux"].values.astype(float)
    level = np.median(flux[:, background], axis=1)
    expected = flux[:, before].sum(axis=1) - before.sum() * level
    np.testing.assert_allclose(board.inspector.lightcurve["flux"], expected, rtol=1e-6)

    board.choose("editing", "aperture")
    board.becomes(lambda: board.inspector.editing, "aperture")
    board.click("pixels", *at(3, 3))
    board.masks_become(mask((3, 3)), background)
    board.press("undo")
    board.press("undo")
    board.masks_become(before, mask(np.s_[6:7, 0:4]))
    board.press("undo")
    board.masks_become(before, mask())


def test_masks_set_from_python_show(board, mask):
    board.repaints(
        lambda: board.inspector.set_aperture(mask((2, 2), (2, 3))), "pixels", "lightcurve"
    )
    board.until(lambda: "2 pixels" in board.title(), "words about two pixels")


COUNT_PAINTS = """() => {
  const within = (element, name) => {
    for (let e = element; e != null; e = e.parentNode ?? e.host) {
      if (e.classList?.contains(name)) return true
    }
    return false
  }
  window.paints = {}
  for (const name of ["pixels", "lightcurve"]) {
    const [view] = [...Bokeh.index.query((view) =>
      view.model.type === "Figure" && view.frame && within(view.el, `tpf-${name}`))]
    const paint = (view._uncounted ??= view._paint_primary)  // the page is one for many tests
    paints[name] = 0
    view._paint_primary = function (...how) { paints[name] += 1; return paint.apply(this, how) }
  }
}"""


def test_a_new_mask_paints_the_light_curve_once_and_the_stamp_not_at_all(board, mask, at):
    """Its outline is on a canvas of its own, over image and axes."""
    board.repaints(lambda: board.click("pixels", *at(1, 1)), "pixels", "lightcurve")
    board.masks_become(mask((1, 1)))
    board.settles()
    board.page.evaluate(COUNT_PAINTS)
    for count, pixel in enumerate([(2, 3), (4, 4), (3, 5)], start=1):
        board.repaints(lambda p=pixel: board.click("pixels", *at(*p)), "pixels", "lightcurve")
        board.masks_become(mask(pixel))
        board.settles()
        assert board.page.evaluate("paints") == {"pixels": 0, "lightcurve": count}
