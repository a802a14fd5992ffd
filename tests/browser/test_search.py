"""Searching the archive from the page: found, fetched, opened, and nobody else kept waiting."""

import pytest

from tests.browser.test_access import serious
from tpfdash.app.page import make_page


@pytest.fixture
def board(open_page, stocked, tpf):
    """A page with the search, over an archive of our own."""
    return open_page(lambda: make_page({"short": tpf}))


def ask(board, words):
    field = board.page.locator(".tpf-search input")
    field.fill(words)
    field.press("Enter")


def hits(board, inner=""):
    return board.page.locator(f".tpf-hits {inner}")


def test_from_a_name_to_its_pixels_and_back_by_the_address(board, stocked):
    ask(board, "HL Tau C13")
    button = hits(board, "tbody button")
    button.wait_for()
    assert "EPIC 247589423" in hits(board, "tbody").inner_text()
    assert not serious(board.page)
    before = board.inspector
    button.click()
    board.until(lambda: board.dashboard.inspector is not before, "the file")
    board.shows()
    assert board.dashboard.inspector.tpf.attrs["mission"] == "K2"
    board.until(lambda: not hits(board, "section").is_visible(), "the list goes")
    board.until(lambda: "file=mast:" in board.page.url, "the file's name in the address")
    stocked.fault("file", "status", code=503)  # it is in the cache
    board.page.reload()
    board.until(
        lambda: (
            board.session.dashboards[-1].inspector.tpf.attrs["mission"] == "K2"
            and board.session.dashboards[-1].inspector.tpf.sizes["time"] == 50
        ),
        "the same file",
    )


@pytest.mark.parametrize(
    "words, said", [("Nobody's star", "knows no object"), ("KIC 3248033 Q16", "There is instead")]
)
def test_what_is_not_found_is_said_in_words(board, words, said):
    ask(board, words)
    error = hits(board, ".error")
    board.until(lambda: said in error.inner_text(), said)
    hits(board).get_by_role("button", name="Close").click()
    board.until(lambda: not hits(board, "section").is_visible(), "closed")


def test_a_hanging_archive_is_cancelled_and_keeps_nobody_waiting(board, open_page, stocked, tpf):
    other = open_page(lambda: make_page({"short": tpf}))
    stocked.fault("name", "slow", seconds=30)
    ask(board, "HL Tau")
    board.until(lambda: "name" in hits(board, ".stage").inner_text(), "the stage")
    at = float(tpf["col"][4]), float(tpf["row"][4])
    other.repaints(lambda: other.click("pixels", *at), "pixels", "lightcurve")
    assert other.inspector.aperture.sum() == 1
    board.repaints(lambda: board.click("pixels", *at), "pixels", "lightcurve")
    assert hits(board, ".stage").is_visible()
    hits(board).get_by_role("button", name="Cancel").click()
    board.until(lambda: not hits(board, ".stage").is_visible(), "no stage")
    stocked.mend()
    ask(board, "KIC 3248033 Q4")
    hits(board, "tbody button").wait_for()
    assert hits(board, "tbody tr").count() == 1
