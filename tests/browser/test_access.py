"""Whether everybody can use the page: names of controls, contrast in both themes, the keyboard."""

import io
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from tests.test_app_truth import stars_on
from tpfdash.app.page import error_page, make_page
from tpfdash.errors import TPFError

HERE = Path(__file__).parent
THEMES = ["light", "dark"]
#: What an audit looks at besides: the page as it opens, and drawers of every kind.
AUDITED = (None, "Events", "Apertures", "Period & fold", "Save and load")
#: The contrast that a drawing needs; a text needs more.
_DRAWING = 3.0


@pytest.fixture(scope="module", params=THEMES)
def themed(request, browser, visit, tpf):
    """A page in each theme, as the system prefers it, with two pixels of the screen to one."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        color_scheme=request.param,
        device_scale_factor=2,
        reduced_motion="reduce",
    )
    context.add_init_script(path=HERE / "inpage.js")

    def show(build, **options):
        board = visit(build, context=context, **options)
        board.page.wait_for_function(
            """dark => [...(window.Bokeh?.documents?.[0]?.all_models ?? [])].some(
                (one) => one.class_name === "Page" && one.data.dark_theme === dark)""",
            arg=request.param == "dark",
        )
        return board

    yield show
    context.close()


@pytest.fixture(scope="module")
def dashboard(themed, tpf):
    """With a window, stars, and every panel."""
    board = themed(lambda: make_page({"short": tpf, "again": tpf}))
    low, high = board.inspector.timeline.span
    window = (low + 0.4 * (high - low), low + 0.45 * (high - low))
    board.in_session(lambda: board.inspector.param.update(stars=stars_on(tpf), star=1))
    board.in_session(lambda: setattr(board.inspector, "window", window))
    buttons = board.part("panels", "button")
    for number in range(buttons.count()):
        buttons.nth(number).click()
    board.catches_up()
    return board


def test_all_can_be_read_and_an_audit_finds_nothing_serious(dashboard):
    """As it opens, and with each of its drawers."""
    for title in (None, *dashboard.part("tabs", "button").all_inner_texts()):
        if title is not None:
            dashboard.tab(title)
        dashboard.page.mouse.move(2, 2)
        dashboard.catches_up()
        try:
            assert_readable(dashboard)
            if title in AUDITED and not is_dark(dashboard):  # an audit takes its time
                # Names come a moment after what is new on the page.
                dashboard.until(lambda: not serious(dashboard.page), "nothing serious")
        except AssertionError as error:
            raise AssertionError(f"{title}: {error}; {serious(dashboard.page)}") from None


def is_dark(board):
    return board.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


def serious(page):
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def contrast(one, other):
    """The contrast ratio of two colours, arrays (..., 3) from 0 to 255, after WCAG 2.1."""

    def luminance(color):
        part = np.asarray(color, dtype=float) / 255
        part = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
        return part @ [0.2126, 0.7152, 0.0722]

    light, dark = (
        np.maximum(luminance(one), luminance(other)),
        np.minimum(luminance(one), luminance(other)),
    )
    return (light + 0.05) / (dark + 0.05)


def ink(picture):
    """The strongest contrast in a picture to its commonest colour: that of a text to its ground."""
    colors, count = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
    return contrast(colors, colors[np.argmax(count)]).max()


def unreadable(page, least=4.5):
    page.mouse.move(2, 2)
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    height, width = picture.shape[:2]
    found = {}
    for one in page.evaluate("tpfTest.readable()"):
        left, top, right, bottom = (round(2 * end) for end in one["box"])
        if left < 0 or top < 0 or right > width or bottom > height:
            continue  # further down the page
        part = picture[top:bottom, left:right]
        if ink(part) < (_DRAWING if one["drawing"] else least):
            found[one["name"]] = round(float(ink(part)), 2)
        if one["select"] and ink(picture[top + 8 : bottom - 8, right - 40 : right - 8]) < 3:
            found[one["name"] + ", its arrow"] = 0
    return found


def assert_readable(board):
    """Once everything is in its place: a picture and the boxes are taken one after the other."""
    found = {"not looked at": 0}

    def readable():
        found.clear()
        found.update(unreadable(board.page))
        return not found

    try:
        board.until(readable, "everything readable")
    except AssertionError:
        raise AssertionError(found) from None


def test_an_error_page_can_be_read(themed):
    board = themed(lambda: error_page(TPFError("this file is no good.")), dashboards=0)
    board.page.get_by_text("this file is no good.").wait_for()
    assert_readable(board)
    assert not serious(board.page)
