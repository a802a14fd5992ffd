"""The drawer of several files of one target, in a browser: gone to, and searched together."""

import pytest

from tests.browser.test_access import serious
from tests.segmentparts import quarter
from tpfdash.app.page import make_page


@pytest.fixture
def board(open_page):
    files = {f"q{n}.fits": quarter(n, 90 * (n - 6), n=400, depth=0.2) for n in (6, 7)}
    board = open_page(lambda: make_page(files))
    board.tab("Quarters")
    board.part("segment-list", "tbody tr").nth(1).wait_for()
    return board


def shows(board, number):
    board.until(lambda: board.inspector.tpf.attrs["quarter"] == number, f"quarter {number}")
    board.shows()
    board.until(lambda: chosen(board) == f"Q{number}", "its row is marked")
    assert board.page.locator(".tpf-file select").input_value() == f"q{number}.fits"
    assert board.part("drawer").is_visible()


def chosen(board):
    return board.part("segment-list", "tr.chosen button").inner_text()


def test_a_click_on_a_point_and_a_row_that_is_pressed_show_that_file(board):
    assert not serious(board.page)
    time = quarter(7, n=400, depth=0)["time"].values
    board.click("segments", time[250], 1.0)
    shows(board, 7)
    assert abs(board.inspector.cadence - 250) <= 4  # of 2 screen pixels each
    row = board.part("segment-list").get_by_role("button", name="Q6")
    row.focus()
    board.page.keyboard.press("Enter")
    shows(board, 6)
    board.click("segments", time[100], 1.0)
    shows(board, 7)


def test_what_is_found_in_all_goes_to_each(board):
    said = board.part("segments-words")
    board.press("masks-from-this")
    board.until(lambda: "Masks from Q6" in said.evaluate("tpfTest.words"), "words on the masks")
    board.press("find-events-in-all")
    board.until(lambda: "events in all" in said.evaluate("tpfTest.words"), "the events")
    board.press("find-period-in-all")
    board.until(lambda: "which agree" in said.evaluate("tpfTest.words"), "the period")
    assert "Period 3.1" in said.evaluate("tpfTest.words")
    board.part("segment-list").get_by_role("button", name="Q7").click()
    shows(board, 7)
    assert len(board.inspector.events) >= 2 and board.inspector.can_undo
    assert "which agree" in said.evaluate("tpfTest.words")
