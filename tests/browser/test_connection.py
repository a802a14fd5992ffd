"""A connection that is cut, falls silent, or is refused: the page says so, and picks up again.

The server is a process of its own, and between it and the browser there is a relay to be cut.
"""

import re
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.benchmarks.relay import Relay
from tests.browser.driving import PATIENCE, Board, Session
from tests.test_server_serve import free
from tests.wire import answers, until
from tpfdash.io import write_tpf
from tpfdash.simulate import simulate_tpf

LOST = "The connection to the server is lost: trying again ..."
SILENT = "The server does not answer: waiting for it ..."
#: Seconds within which a page has to say so.
SOON = 8


@pytest.fixture(scope="module")
def path(tmp_path_factory, tpf):
    return write_tpf(tpf, tmp_path_factory.mktemp("served") / "star.fits")


class Command:
    """`tpfdash FILE` on one port, to be ended and started again."""

    def __init__(self, *words):
        self.port = free()
        self.words = words
        self.start()

    def start(self, *words):
        words = [*(words or self.words), "--no-show", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tpfdash", *words], stderr=subprocess.PIPE, text=True
        )
        until(lambda: answers(self.port) or self.process.poll() is not None, "the server")

    def stop(self):
        """End it at once, and give what it said."""
        self.process.kill()
        return self.process.communicate(timeout=PATIENCE)[1]


@pytest.fixture
def relay():
    """A relay whose port is known before that of the server, which has to let it in."""
    relay = Relay(None, renames=True)
    with relay:
        yield relay


@pytest.fixture
def command(path, relay):
    started = Command(str(path), "--allow-origin", f"localhost:{relay.port}")
    relay.target = started.port
    yield started
    assert "Traceback" not in started.stop()


@pytest.fixture
def visit(window):
    """A function: a page by way of a port, whose errors of its own are none."""
    pages, errors = [], []

    def visit(port, query="", before=lambda page: None):
        pages.append(window.new_page())
        before(pages[-1])
        pages[-1].on("pageerror", lambda error: errors.append(str(error)))
        pages[-1].goto(f"http://localhost:{port}/{query}")
        return Board(pages[-1], Session(None))

    yield visit
    for page in pages:
        page.close()
    assert not errors


@pytest.fixture
def board(command, relay, visit, tpf):
    """A page on which a pixel, a cadence and a zoom were chosen, by way of the relay."""
    board = visit(relay.port)
    board.shows()
    x, y = float(tpf["col"][1]), float(tpf["row"][2])
    board.repaints(lambda: board.click("pixels", x, y), "pixels", "lightcurve")
    board.until(lambda: "1 pixel " in board.title(), "one pixel")
    click_on_cadence(board, tpf, 200)
    before = board.ranges()
    board.wheel("lightcurve", float(tpf["time"][210]), np.mean(before[1]), -400)
    board.until(lambda: board.ranges()[0] != before[0], "a zoom")
    # Bokeh's wheel stops in the end, and then the address has all of it.
    board.until(
        lambda: "time_range=" + ",".join(map(str, board.ranges()[0])) in board.page.url,
        "the zoom in the address",
    )
    board.page.mouse.move(2, 2)
    board.until(lambda: "current cadence" in board.words("readout"), "the current cadence")
    board.page.evaluate("window.mark = true")
    return board


def click_on_cadence(board, tpf, cadence):
    board.catches_up()
    board.click("lightcurve", float(tpf["time"][cadence]), np.mean(board.ranges()[1]))
    board.page.mouse.move(2, 2)  # or the words are of what it points at
    number = f"current cadence {int(tpf['cadenceno'][cadence])}"
    board.until(lambda: number in board.words("readout"), f"cadence {number}")


def state(board):
    board.catches_up()
    return board.title(), board.words("readout"), board.ranges()[0], board.page.url


def says(board, words, within=SOON):
    """The bar says so within some seconds."""
    begun = time.monotonic()
    bar = board.page.locator(".tpf-connection")
    board.until(lambda: bar.count() and bar.inner_text() == words, f"the words {words!r}")
    assert time.monotonic() - begun < within
    assert bar.get_attribute("role") == "alert"


def at_rest(board):
    """Neither the mouse nor the keyboard gets at the page."""
    parts = board.page.evaluate(
        """() => [...document.body.children].map((part) =>
          part.inert || ["tpf-connection", "tpf-at-rest"].includes(part.className))"""
    )
    size = board.page.viewport_size
    on_top = board.page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).className",
        [size["width"] / 2, size["height"] / 2],
    )
    return all(parts) and on_top == "tpf-at-rest"


def loaded_anew(board):
    board.page.wait_for_function("!window.mark && document.readyState == 'complete'")
    board.shows()
    assert board.page.locator(".tpf-connection, .tpf-at-rest").count() == 0


def goes_on(board, tpf):
    """It is alive: what is done on it has its effect."""
    click_on_cadence(board, tpf, 205)


def test_a_connection_that_is_cut_is_said_and_comes_back_with_the_state(board, relay, tpf):
    before = state(board)
    relay.cut()
    says(board, LOST)
    assert at_rest(board)
    board.page.keyboard.press("ArrowRight")
    assert state_text(board) == before[:2]
    with board.page.expect_request("**/bokeh.min.js"):
        pass  # it keeps asking
    says(board, LOST)
    relay.mend()
    loaded_anew(board)
    board.until(lambda: state(board) == before, f"{before}")
    goes_on(board, tpf)


def state_text(board):
    return board.title(), board.words("readout")


def test_a_server_that_was_started_again_shows_the_same(board, command, tpf):
    before = state(board)
    assert "Traceback" not in command.stop()
    says(board, LOST)
    assert at_rest(board)
    command.start()
    loaded_anew(board)
    board.until(lambda: state(board) == before, f"{before}")
    goes_on(board, tpf)


def test_a_server_with_another_file_takes_no_state_of_this_one(board, command, tmp_path, relay):
    other = write_tpf(simulate_tpf("K2", n_cadences=700, shape=(7, 8)), tmp_path / "other.fits")
    command.stop()
    says(board, LOST)
    command.start(str(other), "--allow-origin", f"localhost:{relay.port}")
    loaded_anew(board)
    alert = board.page.locator(".tpf-error")
    assert "no file 'star.fits' is open here" in alert.evaluate("tpfTest.words")
    assert "1 pixel " not in board.title()


def test_a_network_that_falls_silent_is_said_and_the_session_goes_on(board, relay, tpf):
    relay.hold()
    says(board, SILENT, within=PATIENCE)
    assert at_rest(board)
    relay.mend()
    board.until(lambda: not board.page.locator(".tpf-connection, .tpf-at-rest").count(), "the page")
    assert board.page.evaluate("window.mark")  # it was not loaded anew
    goes_on(board, tpf)


def test_a_server_that_is_long_at_work_on_the_page_is_waited_for(command, relay, visit):
    """It answers nothing meanwhile; a page that were loaded anew would have it begin once more."""
    asked = []

    def before(page):
        page.on("request", lambda one: asked.append(one.is_navigation_request()))
        page.on("websocket", lambda socket: relay.hold())

    board = visit(relay.port, before=before)
    says(board, SILENT, within=PATIENCE)
    relay.mend()
    board.shows()
    board.until(lambda: not board.page.locator(".tpf-connection").count(), "an end of the words")
    assert asked.count(True) == 1


def test_a_page_whose_connection_is_refused_says_what_mends_it(path, relay, visit):
    command = Command(str(path))
    relay.target = command.port
    try:
        board = visit(relay.port)
        bar = board.page.locator(".tpf-connection")
        bar.wait_for()
        assert f"--allow-origin localhost:{relay.port}" in bar.inner_text()
    finally:
        said = command.stop()
    assert f"--allow-origin localhost:{relay.port}" in said


def luminance(color):
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_words_can_be_read_in_either_theme(board, relay, theme):
    if theme == "dark":
        board.page.get_by_role("button", name="Toggle theme").click()
    relay.cut()
    says(board, LOST)
    style = board.page.locator(".tpf-connection").evaluate(
        """(bar) => {
          const { color, backgroundColor, borderBottomColor, opacity } = getComputedStyle(bar)
          return { color, ground: backgroundColor, border: borderBottomColor, opacity }
        }"""
    )
    page = board.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert style["opacity"] == "1" and contrast(style["color"], style["ground"]) > 4.5
    # It stands out from the page, by its ground or by its border.
    assert max(contrast(page, style["ground"]), contrast(page, style["border"])) > 3
