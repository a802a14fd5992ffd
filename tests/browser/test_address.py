"""The state of a page is in its address: it comes back after a reload, and goes with a link."""

import time
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from tpfdash.app.page import make_page
from tpfdash.simulate import simulate_tpf


@pytest.fixture(scope="module")
def other():
    return simulate_tpf("TESS", n_cadences=300, shape=(5, 6), seed=2)


@pytest.fixture
def two(open_page, tpf, other):
    """A page with two files to choose between."""
    return open_page(lambda: make_page({"one": tpf, "other": other}))


def said(board):
    """The parts of the page's address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(board.page.url).query).items()}


def says(board, **parts):
    """Wait until the address says so."""
    board.until(
        lambda: {name: said(board).get(name) for name in parts} == parts, f"{parts} in the address"
    )


def reload(board):
    """Load the page anew; its new dashboard takes the place of the old one."""
    before = len(board.session.dashboards)
    board.page.reload()
    board.until(lambda: len(board.session.dashboards) == before + 1, "a new dashboard")
    board.nth = 0
    board.session.dashboards[:] = board.session.dashboards[-1:]
    board.shows()


def go(board, address):
    board.session.dashboards.clear()
    board.page.goto(address)


def choose_much(board, tpf):
    """An aperture, a cadence, a window and a zoom, by the mouse; and a colour map."""
    x, y = float(tpf["col"][1]), float(tpf["row"][2])
    board.repaints(lambda: board.click("pixels", x, y), "pixels", "lightcurve")
    board.until(lambda: board.inspector.aperture.sum() == 1, "one pixel")
    board.settles()
    board.click("lightcurve", float(tpf["time"][200]), np.mean(board.ranges()[1]))
    board.becomes(lambda: board.inspector.cadence, 200)
    before = board.ranges()
    board.wheel("lightcurve", float(tpf["time"][210]), np.mean(before[1]), -400)
    board.until(lambda: board.inspector.time_range is not None, "a zoom")
    board.settles()
    board.unfold("colors")
    board.select("cmap", "magma")
    board.becomes(lambda: board.inspector.cmap, "magma")
    window = float(tpf["time"][150]), float(tpf["time"][160])
    board.in_session(lambda: setattr(board.inspector, "window", window))


def test_a_page_as_it_opens_has_nothing_to_say(fresh):
    fresh.catches_up()
    assert set(said(fresh)) == {"board"}


def test_what_is_chosen_is_in_the_address_and_comes_back(fresh, tpf):
    board = fresh
    entries = board.page.evaluate("history.length")
    choose_much(board, tpf)
    row, col = int(tpf["row"][2]), int(tpf["col"][1])
    says(board, aperture=f"{row}:{col}", cadence="200", cmap="magma", file="short")
    says(board, window=f"{tpf['time'].values[150]},{tpf['time'].values[160]}")
    assert board.page.evaluate("history.length") == entries
    before, ranges = board.dashboard.session(), board.ranges()
    says(board, time_range=",".join(map(str, before["choices"]["time_range"])))
    reload(board)
    assert board.dashboard.session() == before
    board.until(lambda: board.ranges()[0] == ranges[0], "the zoom")
    assert "1 pixel " in board.title()


def test_a_link_opens_the_same_view_in_another_browser(fresh, tpf, browser, server):
    board = fresh
    choose_much(board, tpf)
    says(board, window=f"{tpf['time'].values[150]},{tpf['time'].values[160]}")
    before = board.dashboard.session()
    context = browser.new_context()
    board.session.dashboards.clear()
    page = context.new_page()
    page.goto(board.page.url)
    board.until(lambda: board.session.dashboards, "another browser's page")
    assert board.dashboard.session() == before
    context.close()


@pytest.fixture
def clipboard(window):
    """Leave to read and write it."""
    window.grant_permissions(["clipboard-read", "clipboard-write"])
    yield
    window.clear_permissions()


def test_the_link_is_copied(clipboard, fresh, tpf):
    board = fresh
    copied = "navigator.clipboard.readText()"
    board.click("lightcurve", float(tpf["time"][200]), np.mean(board.ranges()[1]))
    board.becomes(lambda: board.inspector.cadence, 200)
    link = board.page.locator(".tpf-copy-link button")
    link.click()  # what was just done is in it
    board.until(lambda: link.inner_text() == "Copied", "the word")
    address = board.page.evaluate(copied)
    assert "cadence=200" in address and address == board.page.url
    # Without a clipboard of the browser's, as without https, it is copied too.
    board.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    board.until(lambda: link.inner_text() == "Link", "the button as it was")
    link.click()
    board.until(lambda: link.inner_text() == "Copied", "the word")


def test_while_it_plays_the_address_is_written_once_a_second_at_most(fresh):
    board = fresh
    board.page.evaluate(
        """() => {
          window.writings = []
          const replace = history.replaceState
          history.replaceState = (...all) => {
            writings.push(performance.now())
            replace.apply(history, all)
          }
        }"""
    )
    steps, end = 0, time.monotonic() + 4
    while time.monotonic() < end:
        board.in_session(lambda: board.inspector.step(1))
        steps += 1
    says(board, cadence=str(board.inspector.cadence))
    at = board.page.evaluate("writings")
    assert steps > 20
    assert 3 <= len(at) <= 6
    assert min(np.diff(at)) > 700


def test_each_file_is_left_and_found_again_with_its_state(two, tpf, other):
    board = two
    chooser = board.page.locator(".tpf-file select")
    choose_much(board, tpf)
    before = board.dashboard.session()
    chooser.select_option("other")
    board.until(lambda: board.inspector.tpf.attrs["mission"] == "TESS", "the other file")
    assert board.inspector.window is None and board.inspector.time_range is None
    board.in_session(lambda: setattr(board.inspector, "cadence", 33))
    says(board, file="other", cadence="33", window=None, aperture=None, cmap="magma")
    chooser.select_option("one")
    board.until(lambda: board.inspector.tpf.attrs["mission"] == "K2", "the first file")
    assert board.dashboard.session() == before
    board.shows()
    board.until(
        lambda: board.ranges()[0] == list(before["choices"]["time_range"]), "the zoom on the page"
    )
    says(board, file="one", cadence="200", cmap="magma")
    board.press("undo")  # what was done before can be undone
    board.until(lambda: board.inspector.aperture.sum() > 1, "the mask of before")
    chooser.select_option("other")
    board.until(lambda: board.inspector.tpf.attrs["mission"] == "TESS", "the other file again")
    assert board.inspector.cadence == 33
    says(board, file="other", cadence="33")
    reload(board)
    assert board.inspector.tpf.attrs["mission"] == "TESS" and board.inspector.cadence == 33
    assert chooser.input_value() == "other"
    chooser.select_option("one")
    board.until(lambda: board.inspector.tpf.attrs["mission"] == "K2", "the first file")
    assert board.inspector.cmap == "magma"


BAD = [
    ("cadence", "100000", "cadence is 100000"),
    ("file", "../secret.fits", "no file '../secret.fits' is open"),
    ("scale", "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
]


@pytest.mark.parametrize(("name", "text", "words"), BAD, ids=[name for name, *_ in BAD])
def test_a_bad_address_is_told_in_words_and_the_file_is_shown(open_page, tpf, name, text, words):
    board = open_page(lambda: make_page({"one": tpf}), **{"cmap": "gray", name: text})
    said_there = board.page.locator(".tpf-error").evaluate("tpfTest.words")
    assert "address was not followed" in said_there and words in said_there
    assert "Traceback" not in said_there and len(said_there) < 800
    assert board.inspector.cmap == "auto"  # all or nothing
    board.press("all")  # and the page works
    board.until(lambda: board.inspector.aperture.all(), "all pixels")
    says(board, file="one", cmap=None)


def test_parts_of_others_stay_in_the_address(fresh):
    board = fresh
    go(board, f"{board.page.url}&token=a%2Fb%20c&cadence=5&%E0%A4%A#there")
    board.shows()
    assert board.inspector.cadence == 5
    board.in_session(lambda: setattr(board.inspector, "cadence", 6))
    says(board, cadence="6")
    assert "token=a%2Fb%20c&%E0%A4%A&file=short&cadence=6#there" in board.page.url
