"""The drawer of apertures, in a browser: added, named, compared and chosen by real clicks."""

import numpy as np
import pytest

from tests.browser.test_access import serious
from tpfdash.stamp.masks import grown


@pytest.fixture
def apertures(fresh):
    fresh.tab("Apertures")
    fresh.part("aperture-list", "tbody tr").first.wait_for()
    return fresh


def press(board, what):
    board.part("aperture-list", f"button[aria-label='{what}']").click()


def test_a_second_one_is_made_named_compared_and_chosen(apertures):
    inspector = apertures.inspector
    core = inspector.aperture
    assert not apertures.part("compare").is_visible()
    press(apertures, "Duplicate A")
    apertures.becomes(lambda: list(inspector.apertures), ["A", "B"])
    apertures.repaints(lambda: press(apertures, "Grow B by one pixel"), "pixels")
    apertures.until(lambda: np.array_equal(inspector.apertures["B"], grown(core)), "grown")
    name = apertures.part("aperture-list", "input[aria-label='Name of B']")
    name.fill("wide")
    name.press("Enter")
    apertures.becomes(lambda: list(inspector.apertures), ["A", "wide"])
    assert not serious(apertures.page)
    apertures.repaints(
        lambda: apertures.part("compare", "select").select_option(label="others: stacked"),
        "lightcurve",
    )
    apertures.until(lambda: "wide" in apertures.words("curve-legend"), "the legend")
    press(apertures, "Edit wide")
    apertures.masks_become(aperture=grown(core))
    apertures.until(lambda: apertures.title().startswith("wide: "), "every number follows")
    apertures.press("undo")
    apertures.masks_become(aperture=core)


def test_a_name_that_is_taken_is_told_and_goes(apertures):
    inspector = apertures.inspector
    press(apertures, "Duplicate A")
    name = apertures.part("aperture-list", "input[aria-label='Name of B']")
    name.fill("A")
    name.press("Enter")
    apertures.until(lambda: "twice" in apertures.words("fault"), "what is wrong is said")
    apertures.becomes(
        lambda: apertures.part("aperture-list", "tbody tr:nth-child(2) input").input_value(), "B"
    )
    assert list(inspector.apertures) == ["A", "B"]
