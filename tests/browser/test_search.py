"""Searching the archive from the page: found, fetched, opened, and nobody else kept waiting."""

import numpy as np
import pytest

from tpfdash.app.page import make_page


@pytest.fixture
def page(open_page, stocked, tpf):
    """A page with the search, over an archive of our own."""
    return open_page(lambda: make_page({"short": tpf}))


def ask(board, words):
    field = board.part("search", "input")
    field.fill(words)
    field.press("Enter")


def hits(board, inner=""):
    return board.page.locator(f".tpf-hits {inner}")


def test_from_a_name_to_its_pixels_and_back_by_the_address(page, stocked):
    ask(page, "HL Tau C13")
    button = hits(page, "tbody button")
    button.wait_for()
    assert "EPIC 247589423" in hits(page, "tbody").inner_text()
    before = page.inspector
    button.click()
    page.until(lambda: page.dashboard.inspector is not before, "the file")
    page.shows()
    assert page.dashboard.inspector.tpf.attrs["mission"] == "K2"
    page.until(lambda: not hits(page, "section").is_visible(), "the list goes")
    page.until(lambda: "file=mast:" in page.page.url, "the file's name in the address")
    stocked.fault("file", "status", code=503)  # it is in the cache
    page.page.reload()
    page.until(
        lambda: (
            page.session.dashboards[-1].inspector.tpf.attrs["mission"] == "K2"
            and page.session.dashboards[-1].inspector.tpf.sizes["time"] == 50
        ),
        "the same file",
    )


@pytest.mark.parametrize(
    "words, said", [("Nobody's star", "knows no object"), ("KIC 3248033 Q16", "There is instead")]
)
def test_what_is_not_found_is_said_in_words(page, words, said):
    ask(page, words)
    error = hits(page, ".error")
    page.until(lambda: said in error.inner_text(), said)
    hits(page).get_by_role("button", name="Close").click()
    page.until(lambda: not hits(page, "section").is_visible(), "closed")


def test_a_hanging_archive_is_cancelled_and_keeps_nobody_waiting(page, open_page, stocked, tpf):
    other = open_page(lambda: make_page({"short": tpf}))
    stocked.fault("name", "slow", seconds=30)
    ask(page, "HL Tau")
    page.until(lambda: "name" in hits(page, ".stage").inner_text(), "the stage")
    at = float(tpf["col"][4]), float(tpf["row"][4])
    other.repaints(lambda: other.click("pixels", *at), "pixels", "lightcurve")
    assert other.inspector.aperture.sum() == 1
    page.repaints(lambda: page.click("pixels", *at), "pixels", "lightcurve")
    assert hits(page, ".stage").is_visible()
    hits(page).get_by_role("button", name="Cancel").click()
    page.until(lambda: not hits(page, ".stage").is_visible(), "no stage")
    stocked.mend()
    ask(page, "KIC 3248033 Q4")
    hits(page, "tbody button").wait_for()
    np.testing.assert_array_equal(hits(page, "tbody tr").count(), 1)
