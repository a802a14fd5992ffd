"""Choosing cadences by their quality flags, and what of the light curve is drawn."""

import numpy as np
import pytest

FLAGGED_COLOR = "#e8912d"
MARKED_COLOR = "#c2399f"
#: Kepler's bitmasks.
BITMASKS = {"none": 0, "default": 1130799, "hard": 1664431, "hardest": 2096639}


def kept(tpf, bits):
    return int(np.count_nonzero((tpf["quality"].values & bits) == 0))


def test_every_bitmask_can_be_chosen(board, tpf):
    for word in ("none", "hard", "hardest", "default"):
        board.repaints(lambda w=word: board.select("quality", w), "lightcurve")
        board.becomes(lambda: board.inspector.quality_bitmask, word)
        said = f"{kept(tpf, BITMASKS[word])} of 600 cadences kept"
        board.until(lambda s=said: s in board.title(), said)


def test_single_flags_are_ticked(board, tpf):
    board.tab("Quality flags")
    flags = board.part("flags", "label")
    board.until(lambda: flags.count() == 5, "a tick a flag")
    boxes = {
        int(text.split("(")[1].rstrip(")")): flags.nth(at).locator("input")
        for at, text in enumerate(flags.all_inner_texts())
    }
    assert set(boxes) == {2, 128, 4096, 65536, 1048576}
    assert {bit for bit, box in boxes.items() if box.is_checked()} == {2, 65536, 1048576}
    boxes[4096].click()
    bits = BITMASKS["default"] | 4096
    board.becomes(lambda: board.inspector.quality_bitmask, bits)
    board.until(lambda: board.part("quality", "select").input_value() == "custom", "custom")
    board.until(lambda: f"{kept(tpf, bits)} of 600" in board.title(), "the cadences kept")
    boxes[1048576].click()
    bits &= ~1048576
    board.becomes(lambda: board.inspector.quality_bitmask, bits)
    board.until(lambda: f"{kept(tpf, bits)} of 600" in board.title(), "the cadences kept")
    board.select("quality", "hardest")
    board.until(lambda: all(box.is_checked() for box in boxes.values()), "every tick")
    board.select("quality", "none")
    board.until(lambda: not any(box.is_checked() for box in boxes.values()), "no tick")


def test_a_row_of_the_flag_table_marks_and_seeks(board, tpf):
    board.tab("Quality flags")
    rows = board.part("flag-table", ".slick-row")
    board.until(lambda: rows.count() == 5, "a row a flag")
    assert not board.dots(MARKED_COLOR)
    arga = rows.filter(has_text="4,096").or_(rows.filter(has_text="4096"))
    assert arga.locator(".slick-cell").last.inner_text() == "3"
    arga.click()
    board.becomes(lambda: board.inspector.marked_flag, 4096)
    board.becomes(lambda: board.inspector.cadence, 50)
    board.until(lambda: board.dots(MARKED_COLOR) > 0, "marked points")
    rows.filter(has_text="128").first.click()
    board.becomes(lambda: board.inspector.marked_flag, 128)
    board.becomes(lambda: board.inspector.cadence, 200)


def test_flagged_cadences_are_hidden_and_not_sought(board, tpf):
    assert board.dots(FLAGGED_COLOR) > 0
    flagged = int(np.flatnonzero(tpf["quality"].values & 1048576)[5])
    time, y = tpf["time"].values, float(np.mean(board.ranges()[1]))
    board.part("show-flagged", "input").click()
    board.becomes(lambda: board.inspector.show_flagged, False)
    board.until(lambda: not board.dots(FLAGGED_COLOR), "no flagged point")
    board.click("lightcurve", time[flagged] + 0.001, y)
    board.until(lambda: abs(board.inspector.cadence - flagged) == 1, "the next good cadence")
    board.part("show-flagged", "input").click()
    board.until(lambda: board.dots(FLAGGED_COLOR) > 0, "flagged points")
    board.click("lightcurve", time[flagged], y)
    board.becomes(lambda: board.inspector.cadence, flagged)


def test_normalised_flux_is_one(board, tpf):
    board.part("normalized", "input").click()
    board.becomes(lambda: board.inspector.normalized, True)
    board.until(lambda: board.ranges()[1][1] < 2, "a relative axis")
    low, high = board.ranges()[1]
    assert 0 < low < 1 < high
    board.until(lambda: board.dots("#4285d0") > 100, "points")
    board.press("all")
    board.until(lambda: "56 pixels" in board.title(), "another mask")
    assert board.ranges()[1][1] < 2
    board.click("lightcurve", float(tpf["time"][400]), 1.0)  # the gestures go on
    board.becomes(lambda: board.inspector.cadence, 400)
    board.part("normalized", "input").click()
    board.until(lambda: board.ranges()[1][0] > 1000, "e-/s again")


def test_all_points_can_be_had_in_sight(board, tpf):
    flux = tpf["flux"].values[:, board.inspector.aperture].sum(axis=1)
    timed = np.isfinite(tpf["time"].values) & (tpf["quality"].values & BITMASKS["default"] == 0)
    *others, outlier = np.sort(flux[timed])
    assert outlier > 1.2 * others[-1]
    low, high = board.ranges()[1]
    assert low < others[0] and others[-1] < high < outlier  # the rest is not squashed by it
    board.part("show-all", "input").click()
    board.until(lambda: board.ranges()[1][1] > outlier, "the outlier in sight")
    board.part("show-all", "input").click()
    board.until(lambda: board.ranges()[1][1] < outlier, "the outlier out of sight")


@pytest.mark.parametrize("bits", [0b1000000000])
def test_bits_set_from_python_show_as_custom(board, bits):
    board.in_session(lambda: setattr(board.inspector, "quality_bitmask", bits))
    board.until(lambda: board.part("quality", "select").input_value() == "custom", "custom")
