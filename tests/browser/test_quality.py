"""Choosing cadences by their quality flags, and what of the light curve is drawn."""

import numpy as np
import pytest

FLAGGED_COLOR = "#c96a00"
MARKED_COLOR = "#c84aa8"
#: Kepler's bitmasks.
BITMASKS = {"none": 0, "default": 1130799, "hard": 1664431, "hardest": 2096639}


def kept(tpf, bits):
    return int(np.count_nonzero((tpf["quality"].values & bits) == 0))


def test_every_bitmask_can_be_chosen(board, tpf):
    for word in ("none", "hard", "hardest", "default"):
        board.repaints(lambda w=word: board.select("quality", f"quality: {w}"), "lightcurve")
        board.becomes(lambda: board.inspector.quality_bitmask, word)
        said = f"{kept(tpf, BITMASKS[word])} of 600 cadences kept"
        board.until(lambda s=said: s in board.title(), said)


def row_of(board, bit):
    """The row of a flag in the table of flags."""
    return board.part("flags", f"tr[data-bit='{bit}']")


def test_single_flags_are_ticked(board, tpf):
    board.tab("Flags")
    rows = board.part("flags", "tbody tr")
    board.until(lambda: rows.count() == 5, "a row a flag")

    def ticked():
        bits = (int(rows.nth(at).get_attribute("data-bit")) for at in range(rows.count()))
        return {bit for bit in bits if row_of(board, bit).locator("input").is_checked()}

    board.until(lambda: ticked() == {2, 65536, 1048576}, "the default")
    row_of(board, 4096).locator("input").click()
    bits = BITMASKS["default"] | 4096
    board.becomes(lambda: board.inspector.quality_bitmask, bits)
    board.until(
        lambda: board.part("quality", "select").input_value() == "quality: custom", "custom"
    )
    board.until(lambda: f"{kept(tpf, bits)} of 600" in board.title(), "the cadences kept")
    row_of(board, 1048576).locator("input").press("Space")  # the keyboard does it too
    bits &= ~1048576
    board.becomes(lambda: board.inspector.quality_bitmask, bits)
    board.until(lambda: f"{kept(tpf, bits)} of 600" in board.title(), "the cadences kept")
    board.select("quality", "quality: hardest")
    board.until(lambda: len(ticked()) == 5, "every tick")
    board.select("quality", "quality: none")
    board.until(lambda: not ticked(), "no tick")


def test_a_row_of_the_flag_table_marks_and_seeks(board, tpf):
    board.tab("Flags")
    arga = row_of(board, 4096)
    arga.wait_for()
    assert not board.dots(MARKED_COLOR)
    assert "3" in arga.inner_text().split("\n")[0]
    for cadence in (50, 120, 444, 50):  # picked again, it goes on
        arga.locator(".pick").click()
        board.becomes(lambda: board.inspector.cadence, cadence)
    assert board.inspector.marked_flag == 4096
    board.until(lambda: board.dots(MARKED_COLOR) > 0, "marked points")
    arga.locator(".previous").click()
    board.becomes(lambda: board.inspector.cadence, 444)
    row_of(board, 128).locator(".next").click()
    board.becomes(lambda: board.inspector.marked_flag, 128)
    board.becomes(lambda: board.inspector.cadence, 200)
    board.until(lambda: row_of(board, 128).get_attribute("class") == "marked", "the marked row")


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
    board.until(
        lambda: board.part("quality", "select").input_value() == "quality: custom", "custom"
    )
