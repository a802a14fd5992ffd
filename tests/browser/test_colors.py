"""What the stamp shows and in which colours: stretch, scale, colour map and column."""

import numpy as np
import pytest


@pytest.fixture
def drag(board):
    """A function: drag something of the stretch slider by so many percent."""
    board.unfold("colors")

    def drag(part, percent, release=True):
        box = board.part("stretch", part).bounding_box()
        track = board.part("stretch", ".noUi-base").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        board.page.mouse.move(x, y)
        board.page.mouse.down()
        board.page.mouse.move(x + percent / 100 * track["width"], y, steps=6)
        board.page.mouse.up()

    return drag


def stretch_is(board, low, high):
    board.until(
        lambda: np.allclose(board.inspector.stretch, (low, high), atol=0.7),
        f"a stretch of {low} to {high} %",
    )


def test_low_alone_high_alone_and_both_together(board, drag):
    stretch_is(board, 1, 95)
    assert board.inspector.levels_from == "auto"
    board.repaints(lambda: drag(".noUi-handle-lower", 30), "pixels")
    board.becomes(lambda: board.inspector.levels_from, "percentiles")
    stretch_is(board, 31, 95)
    assert board.inspector.stretch[1] == 95
    board.repaints(lambda: drag(".noUi-handle-upper", -25), "pixels")
    stretch_is(board, 31, 70)
    low, high = board.inspector.stretch
    board.repaints(lambda: drag(".noUi-connect", 20), "pixels")
    stretch_is(board, 51, 90)
    after = board.inspector.stretch
    assert after[1] - after[0] == pytest.approx(high - low, abs=0.11)


def test_the_ends_of_the_slider_can_meet(board, drag):
    drag(".noUi-handle-lower", 99)  # on to the other handle
    board.until(lambda: board.inspector.stretch[0] > 90, "a low end near the high one")
    low, high = board.inspector.stretch
    assert low <= high
    assert board.look("colors", "pixels") > 1


def test_colours_follow_the_stretch(board, tpf, drag):
    """The colour bar's ends are the percentiles of the pixels."""
    drag(".noUi-handle-lower", 40)
    stretch_is(board, 41, 95)
    low, high = board.inspector.levels()
    values = tpf["flux"].values
    values = values[np.isfinite(values)]
    for level, percent in zip((low, high), board.inspector.stretch, strict=True):
        assert np.percentile(values, percent - 3) <= level <= np.percentile(values, percent + 3)


def test_levels_can_be_chosen(board, tpf):
    inspector = board.inspector
    board.in_session(lambda: setattr(inspector, "cadence", 40))
    pictures = {}
    for option in ("this frame", "percentiles", "auto"):
        board.repaints(lambda o=option: board.select("levels-from", o), "pixels")
        board.becomes(lambda: inspector.levels_from, option)
        pictures[option] = board.picture("pixels")
    assert len(set(pictures.values())) == 3


def test_every_scale_and_colour_map_can_be_chosen(board):
    inspector = board.inspector
    board.unfold("colors")
    for name in ("scale", "cmap"):
        options = [*inspector.param[name].objects]
        if name == "cmap":
            options.remove("auto")  # one of the others
        pictures = {}
        for option in options[1:] + options[:1]:
            board.repaints(lambda n=name, o=option: board.select(n, o), "pixels")
            board.becomes(lambda n=name: getattr(inspector, n), option)
            board.until(lambda: board.look("colors", "pixels") > 5, "more than a few colours")
            pictures[option] = board.picture("pixels")
        assert len(set(pictures.values())) == len(options)


def test_every_column_of_the_file_can_be_shown(board, tpf):
    options = board.part("column", "option").all_inner_texts()
    assert {"flux", "background", "raw counts", "error", "residual", "S/N"} <= set(options)
    for option in options[1:] + options[:1]:
        board.repaints(lambda o=option: board.select("column", o), "pixels")
        board.becomes(lambda: board.inspector.column, option)


def test_gestures_go_on_after_the_stamp_was_rebuilt(board, tpf, mask):
    board.unfold("colors")
    x, y = float(tpf["col"][2]), float(tpf["row"][4])
    for name, option in (("cmap", "gray"), ("scale", "linear"), ("column", "background")):
        board.repaints(lambda n=name, o=option: board.select(n, o), "pixels")
        board.repaints(lambda: board.click("pixels", x, y), "pixels", "lightcurve")
        board.masks_become(mask((4, 2)))
        board.repaints(lambda: board.press("clear"), "pixels", "lightcurve")
