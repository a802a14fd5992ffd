"""The drawer of corrections, in a browser: switched on, waited for, stopped, taken along."""

import numpy as np
import pytest

from tpfdash.inspector import corrected as module


@pytest.fixture
def corrections(board):
    board.tab("Corrections")
    yield board
    board.tab("Corrections", open=False)


def test_switched_on_with_the_raw_one_in_sight_and_off_again(corrections):
    corrections.choose("corrections", "flatten")
    corrections.until(lambda: "flatten; raw in grey" in corrections.title(), "the title")
    corrections.until(lambda: "6-hour scatter" in corrections.words("corrections-words"), "scatter")
    assert corrections.inspector.is_corrected
    corrections.choose("corrections", "bin")
    corrections.until(lambda: "bins" in corrections.words("curve-legend"), "the legend")
    field = corrections.part("flatten-window-length", "input")
    field.fill("0.5")
    field.press("Enter")
    corrections.until(
        lambda: corrections.inspector.corrections[0].window_length == 0.5, "the number"
    )
    corrections.part("show-raw", "input").click()
    corrections.until(lambda: "grey" not in corrections.title(), "no raw one")
    corrections.choose("corrections", "flatten")
    corrections.choose("corrections", "bin")
    corrections.until(lambda: "flatten" not in corrections.title(), "the title as it was")
    np.testing.assert_array_equal(corrections.inspector.flux, corrections.inspector.raw_flux)


def test_a_click_on_the_stamp_waits_for_no_correction(corrections, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)  # this short file is not waited for otherwise
    inspector = corrections.inspector
    row, col = int(inspector.tpf["row"][2]), int(inspector.tpf["col"][2])
    shown = []
    inspector.param.watch(lambda event: shown.append(inspector.is_corrected), "aperture")
    corrections.choose("corrections", "pointing")
    corrections.until(lambda: "pointing; raw in grey" in corrections.title(), "the title")
    corrections.click("pixels", col, row, shift=True)
    corrections.until(lambda: shown, "the mask")
    assert shown == [False]  # raw until then
    corrections.until(lambda: inspector.is_corrected, "the corrected light curve")
    corrections.until(lambda: "pointing; raw in grey" in corrections.title(), "the title")
