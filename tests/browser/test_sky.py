"""The stars on the stamp, in a browser: found, chosen on the stamp and in the list, hidden."""

import numpy as np
import pytest

from tests.browser.test_access import serious
from tests.tap_server import star_server
from tests.test_archive_stars import gaia, stamp
from tpfdash.app.page import make_page


@pytest.fixture
def sky(monkeypatch, open_page):
    """A page with its drawer of stars open, and a service of our own that knows them."""
    tpf = stamp()
    with star_server() as server:
        server.tables["gaiadr3.gaia_source"] = gaia(tpf)
        monkeypatch.setenv("TPFDASH_GAIA_TAP", f"{server.url}/tap")
        monkeypatch.setenv("TPFDASH_MAST", server.url)
        board = open_page(lambda: make_page({"stars": tpf}))
        board.server = server
        board.tab("Sky")
        yield board


def found(board):
    board.press("find-stars")
    board.until(lambda: board.inspector.stars is not None, "the stars")
    board.part("star-list", "tbody tr").first.wait_for()
    return board.inspector.stars


def test_found_listed_and_chosen_on_the_stamp(sky):
    stars = found(sky)
    assert sky.part("star-list", "tbody tr").count() == len(sky.inspector.seen_stars)
    assert not serious(sky.page)
    aperture = sky.inspector.aperture
    star = int(sky.inspector.seen_stars[0])
    at = float(stars["col"][star]), float(stars["row"][star])
    sky.repaints(lambda: sky.click("pixels", *at), "pixels")
    sky.becomes(lambda: sky.inspector.star, star)
    assert sky.inspector.aperture is aperture  # a dot is no pixel
    sky.until(
        lambda: str(stars["source_id"][star]) in sky.words("star"), "its id, to the last digit"
    )
    button = sky.part("star-list", "tr.chosen button")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    sky.becomes(lambda: sky.inspector.star, None)


def test_pixels_beside_the_dots_are_still_taken(sky):
    stars = found(sky)
    rows, cols = (sky.inspector.tpf[name].values for name in ("row", "col"))
    far = max(
        ((row, col) for row in rows for col in cols),
        key=lambda at: np.hypot(stars["row"] - at[0], stars["col"] - at[1]).min(),
    )
    sky.click("pixels", float(far[1]), float(far[0]))
    sky.until(lambda: sky.inspector.aperture.sum() == 1, "one pixel")
    assert sky.inspector.star is None


def test_layers_are_hidden_and_shown_again(sky):
    found(sky)
    with_stars = sky.picture("pixels")
    sky.repaints(lambda: sky.part("show-stars", "input").click(), "pixels")
    assert sky.picture("pixels") != with_stars
    sky.repaints(lambda: sky.part("show-stars", "input").click(), "pixels")
    sky.becomes(lambda: sky.picture("pixels"), with_stars)


def test_who_does_not_answer_is_said_and_the_page_goes_on(sky):
    sky.server.faults["/tap/sync"] = "hang"
    sky.press("find-stars")
    stage = sky.part("star-list", ".stage")
    sky.until(lambda: "Gaia" in stage.inner_text(), "who is asked")
    at = float(sky.inspector.tpf["col"][0]), float(sky.inspector.tpf["row"][0])
    sky.repaints(lambda: sky.click("pixels", *at), "pixels", "lightcurve")
    stage.get_by_role("button", name="Cancel").click()
    sky.until(lambda: not stage.is_visible(), "no stage")
    assert sky.inspector.stars is None
