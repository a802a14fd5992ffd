"""A server in this process, a browser, and pages that fail their test when anything goes wrong.

How a page is driven is in `driving`; what runs inside it is `inpage.js`.
"""

from __future__ import annotations

import itertools
import logging
import shutil
import socket
import traceback
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import numpy as np
import panel as pn
import pytest
from tornado.websocket import WebSocketClosedError

import tpfdash.app.page
from tests.browser.driving import NOT_SET, PATIENCE, Board, Session
from tpfdash.app.dashboard import TPFDashboard
from tpfdash.app.page import make_page
from tpfdash.simulate import Eclipse, Star, simulate_tpf

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
HARMLESS = ("favicon.ico",)


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


# -- the browser --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("there is no Chromium on this machine, which the browser tests drive")
    return browser_type_launch_args | {
        "executable_path": found,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
        ],
    }


@pytest.fixture(scope="session")
def window(browser):
    """A browser context; its pages share a cache."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    context.set_default_timeout(PATIENCE * 1000)
    context.add_init_script(path=HERE / "inpage.js")
    yield context
    context.close()


# -- the server ---------------------------------------------------------------------------------


class Server:
    """A Panel server in a thread. `sessions` says what an address with `?board=KEY` shows."""

    def __init__(self):
        self.sessions: dict[str, Session] = {}
        with socket.socket() as free:
            free.bind(("localhost", 0))
            self.port = free.getsockname()[1]
        pn.extension(inline=False)
        self._thread = pn.serve(
            self._show, port=self.port, threaded=True, show=False, title="tpfdash"
        )

    @property
    def current(self) -> Session:
        """The session that is being served, to be asked for by what it runs."""
        return self.sessions[pn.state.session_args["board"][0].decode()]

    def _show(self):
        self.current.document = pn.state.curdoc
        return self.current.build()

    def stop(self) -> None:
        self._thread.stop()


@pytest.fixture(scope="session")
def server():
    served = Server()

    class Recorded(TPFDashboard):
        def __init__(self, *args, **params):
            super().__init__(*args, **params)
            if "board" in pn.state.session_args:  # not one of another server's
                served.current.dashboards.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tpfdash.app.page, "TPFDashboard", Recorded)
        yield served
    served.stop()


def _of_a_page_that_left(kind, error, trace) -> bool:
    """Whether an error is that a page was closed: while it was sent something, or came in."""
    last = traceback.extract_tb(trace)[-1] if trace else None
    coming = last is not None and last.filename.endswith(("bokeh/server/connection.py",))
    return issubclass(kind, WebSocketClosedError) or (issubclass(kind, AssertionError) and coming)


class Faults(logging.Handler):
    """What went wrong on the pages, in the browser or on the server: to stay empty."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record):
        if record.exc_info is None or not _of_a_page_that_left(*record.exc_info):
            self.found.append(self.format(record))

    def watch(self, page) -> None:
        """Take in a page's errors, and its requests to other machines."""

        def said(message):
            at = message.location.get("url", "")
            if message.type == "error" and not at.endswith(HARMLESS):
                self.found.append(f"console: {message.text} ({at})")

        def asked(request):
            if urlsplit(request.url).scheme not in ("data", "blob"):
                if urlsplit(request.url).hostname != "localhost":
                    self.found.append(f"asked another machine: {request.url}")

        page.on("console", said)
        page.on("pageerror", lambda error: self.found.append(f"page: {error.stack or error}"))
        page.on("request", asked)
        page.on("websocket", asked)


@pytest.fixture(scope="session")
def faults():
    found = Faults()
    logging.getLogger().addHandler(found)
    yield found
    logging.getLogger().removeHandler(found)


@pytest.fixture(autouse=True)
def no_faults(faults):
    """Fail every test during which anything went wrong on a page."""
    faults.found.clear()
    yield
    assert not faults.found, "\n".join(faults.found)


_keys = map(str, itertools.count())


@pytest.fixture(scope="session")
def visit(window, server, faults):
    """A function that opens a page on what a function without arguments builds.

    `dashboards`: how many it shows; `query`: more of the address. Gives the Board of the first.
    """

    def visit(build, *, dashboards: int = 1, context=window, **query) -> Board:
        key = next(_keys)
        session = server.sessions[key] = Session(build)
        page = context.new_page()
        faults.watch(page)
        page.goto(f"http://localhost:{server.port}/?{urlencode({'board': key, **query})}")
        board = Board(page, session)
        if dashboards:
            board.shows(dashboards)
        return board

    return visit


@pytest.fixture
def open_page(visit):
    """As `visit`; the pages are closed after the test."""
    boards = []

    def open_page(*args, **options) -> Board:
        boards.append(visit(*args, **options))
        return boards[-1]

    yield open_page
    for board in boards:
        board.page.close()


# -- what is looked at --------------------------------------------------------------------------


@pytest.fixture(scope="session")
def tpf():
    """A short K2 file: an eclipsing neighbour, a gap without times, flags, and an outlier."""
    tpf = simulate_tpf(
        "K2",
        n_cadences=600,
        shape=(7, 8),
        stars=[Star(3.2, 2.6, magnitude=12), Star(4.9, 5.2, magnitude=13.5)],
        events=[Eclipse(1, 3.1, 3264.5, 0.4, 0.6)],
        gaps=[(300, 312)],
        seed=1,
    )
    # None, default, hard and hardest leave out different cadences: these, and thruster firings.
    tpf["quality"].values[[200, 201]] |= 128
    tpf["quality"].values[[50, 120, 444]] |= 4096
    tpf["flux"].values[77] *= 1.5
    return tpf


@pytest.fixture(scope="module")
def shared(visit, tpf):
    """One page for all tests of a module."""
    board = visit(lambda: make_page({"short": tpf}))
    board.start = {
        name: getattr(board.inspector, name)
        for name in board.inspector.param
        if name not in NOT_SET
    }
    yield board
    board.page.close()


@pytest.fixture
def board(shared):
    """The page over `tpf`, as `tpfdash FILE` opens it, with nothing chosen yet.

    It is the same page throughout a module, put back; what it remembers for undo stays.
    """
    shared.page.mouse.move(2, 2)
    shared.put_back()
    return shared


@pytest.fixture
def fresh(open_page, tpf):
    """A page over `tpf` that nobody has touched."""
    return open_page(lambda: make_page({"short": tpf}))


@pytest.fixture
def mask(tpf):
    """A function: (row, col) indices of single pixels, or slices -> a mask of `tpf`'s stamp."""

    def make(*pixels) -> np.ndarray:
        out = np.zeros(tpf["aperture"].shape, dtype=bool)
        for pixel in pixels:
            out[pixel] = True
        return out

    return make
