"""A page under test: real mouse and key events on one side, its dashboard in Python on the other.

Nothing here knows what a gesture should do; that is for the tests. How the page is served and what
counts as a fault of it is in `conftest`.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time

import numpy as np
import panel as pn
import param
from playwright.sync_api import TimeoutError

from tpfdash.inspector.inspector import FOLLOWING

__all__ = ["NOT_SET", "PATIENCE", "Board", "Session"]

#: Seconds after which a state that has not come will not come.
PATIENCE = 15

_marks = itertools.count()
#: Params that are no choice.
NOT_SET = ("name", *FOLLOWING)


class Session:
    """What a page shows, on the server.

    Attributes
    ----------
    build : callable
        Makes it.
    document : bokeh Document
    dashboards : list of TPFDashboard
        In the order in which they were made; the page may add to it.
    """

    def __init__(self, build):
        self.build = build
        self.document = None
        self.dashboards: list = []


class Board:
    """An open page with its dashboards.

    Figures are named by the CSS class of their pane, "pixels" for `tpf-pixels`; `nth` counts
    the dashboards on the page. Positions are in the figure's axes.

    Parameters
    ----------
    page : playwright Page
    session : Session
        What the page shows, on the server.
    nth : int
        Which of its dashboards this board drives.
    """

    def __init__(self, page, session: Session, nth: int = 0):
        self.page = page
        self.session = session
        self.nth = nth
        self.start: dict = {}

    @property
    def dashboard(self):
        """The dashboard as Python has it."""
        return self.session.dashboards[self.nth]

    @property
    def inspector(self):
        """Its Inspector."""
        return self.dashboard.inspector

    def in_session(self, act) -> None:
        """Run a function where the page's own callbacks run, and wait until it has."""
        done = threading.Event()

        def run():
            try:
                act()
            finally:
                done.set()

        self.session.document.add_next_tick_callback(run)
        self.until(done.is_set, "the server's next tick")

    def catches_up(self) -> None:
        """Wait until the page has taken in and painted all that the server has changed so far.

        What is still on its way would be taken for the effect of the next gesture.
        """
        mark = None
        if self._served:
            mark = f"mark {next(_marks)}"
            root = self.session.document.roots[0]
            self.in_session(lambda: setattr(root, "tags", [mark]))
        self.page.evaluate("([mark, ms]) => tpfTest.caughtUp(mark, ms)", [mark, 1000 * PATIENCE])

    @property
    def _served(self) -> bool:
        """Whether the page is served by this process, and not by a kernel or a command."""
        return self.session is not None and self.session.document is not None

    def put_back(self) -> None:
        """Give every param of the Inspector the value that it had at `start`."""

        def put_back():
            with param.parameterized.batch_call_watchers(self.inspector):  # as one change
                for name, value in self.start.items():
                    if not self.inspector.param[name].constant and name not in NOT_SET:
                        setattr(self.inspector, name, value)

        self.in_session(put_back)
        self.catches_up()

    # -- waiting ----------------------------------------------------------------------------------

    def until(self, condition, what: str = "") -> None:
        """Wait until `condition()` is true."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"never came: {what or condition}"
            self.page.wait_for_timeout(20)  # lets Playwright go on with its own work

    def becomes(self, get, expected) -> None:
        """Wait until `get()` equals `expected`, as long as it still changes.

        And until all who watch it were told.
        """
        now, deadline = get(), time.monotonic() + PATIENCE
        while not np.array_equal(now, expected) and time.monotonic() < deadline:
            self.page.wait_for_timeout(20)
            before, now = now, get()
            if not np.array_equal(now, before):
                deadline = time.monotonic() + PATIENCE
        np.testing.assert_array_equal(now, expected)
        if self._served:
            self.in_session(lambda: None)

    def masks_become(self, aperture=None, background=None) -> None:
        """Wait until the masks given are those of the Inspector."""
        for name, mask in (("aperture", aperture), ("background", background)):
            if mask is not None:
                self.becomes(lambda name=name: getattr(self.inspector, name), mask)

    def shows(self, dashboards: int = 1) -> None:
        """Wait until so many dashboards have painted both their figures, and the page is there.

        Until it has said so itself, Panel sends it nothing of what Python changes.
        """
        try:
            for figure in ("tpf-pixels", "tpf-lightcurve"):
                self.page.wait_for_function(
                    "([f, n]) => tpfTest.ready(f, n)", arg=[figure, dashboards]
                )
                self.page.wait_for_function("f => tpfTest.still(f)", arg=figure)
        except TimeoutError:
            said = self.page.evaluate("tpfTest.words(document.body)")
            raise AssertionError(f"never painted; the page says: {said[-2000:]}") from None
        if self._served:
            self.until(self._is_there, "the page's word that it is there")

    def _is_there(self) -> bool:
        said = []
        self.in_session(lambda: said.append(pn.state.loaded))
        return said == [True]

    # -- figures ----------------------------------------------------------------------------------

    def look(self, what: str, figure: str, *arguments):
        """What one of the functions of `inpage.js` says of a figure."""
        which = [f"tpf-{figure}", self.nth]
        return self.page.evaluate(
            "([what, arguments]) => tpfTest[what](...arguments)", [what, [which, *arguments]]
        )

    def place(self, figure: str, x: float, y: float) -> tuple[float, float]:
        """Screen coordinates of a position in a figure."""
        return tuple(self.look("place", figure, float(x), float(y)))

    def ranges(self, figure: str = "lightcurve") -> tuple[list, list]:
        """[start, end] of the axes as the browser has them, x and y."""
        frame = self.look("frame", figure)
        return frame["x"], frame["y"]

    def settles(self, figure: str = "lightcurve") -> None:
        """Wait until browser and Python have the same ranges of a figure."""
        model = self.session.document.get_model_by_id(self.look("id", figure))

        def agree():
            there = [[axis.start, axis.end] for axis in (model.x_range, model.y_range)]
            return list(self.ranges(figure)) == there

        self.until(agree, "the same ranges in browser and Python")

    def picture(self, figure: str) -> int:
        """A number that changes with what the figure's canvas shows."""
        return self.look("picture", figure)

    def dots(self, color: str) -> int:
        """How many screen pixels of the light curve have a colour, "#rrggbb"."""
        rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        return self.look("count", "lightcurve", rgb)

    def repaints(self, gesture, *figures: str) -> None:
        """Make a gesture and wait until every one of the figures shows something else for good."""
        self.catches_up()
        before = {figure: self.picture(figure) for figure in figures}
        gesture()
        for figure, old in before.items():
            self.until(lambda f=figure, o=old: self.picture(f) != o, f"a new picture of {figure}")
        self.catches_up()

    # -- the mouse --------------------------------------------------------------------------------

    def click(self, figure: str, x: float, y: float, *, shift: bool = False) -> None:
        """Click at a position."""
        at = self.place(figure, x, y)
        with self.shift(shift):
            self.page.mouse.click(*at)

    def drag(self, figure: str, start, end, *, shift: bool = False) -> None:
        """Press at one position, (x, y), and let go at another."""
        start, end = self.place(figure, *start), self.place(figure, *end)

        with self.shift(shift):
            self.page.mouse.move(*start)
            self.page.mouse.down()
            self.page.mouse.move(*end, steps=5)
            self.page.mouse.up()

    def pull(self, figure: str, x: float, y: float, pixels: int, *, hold: int = 0, steps: int = 5):
        """Drag sideways over so many screen pixels from a position; `hold`: ms before it moves."""
        x, y = map(round, self.place(figure, x, y))
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.wait_for_timeout(hold)
        self.page.mouse.move(x + pixels, y, steps=steps)
        self.page.mouse.up()

    def hover(self, figure: str, x: float, y: float) -> None:
        """Move the mouse to a position."""
        self.page.mouse.move(*self.place(figure, x, y), steps=2)

    def wheel(self, figure: str, x: float, y: float, delta: float) -> None:
        """Turn the mouse wheel at a position, with Ctrl; a negative `delta` zooms in."""
        self.page.mouse.move(*self.place(figure, x, y))
        self.page.keyboard.down("Control")
        self.page.mouse.wheel(0, delta)
        self.page.keyboard.up("Control")

    @contextlib.contextmanager
    def shift(self, down: bool = True):
        """Keep the shift key down, or leave it alone."""
        if down:
            self.page.keyboard.down("Shift")
        try:
            yield
        finally:
            if down:
                self.page.keyboard.up("Shift")

    # -- the controls -----------------------------------------------------------------------------

    def part(self, name: str, inner: str = ""):
        """Locator of what has the CSS class `tpf-NAME`, or of something inside it."""
        dashboard = self.page.locator(".tpf-dashboard").nth(self.nth)
        return dashboard.locator(f".tpf-{name} {inner}".strip())

    def words(self, name: str) -> str:
        """What a part of the page says, in one line."""
        return self.part(name).evaluate("tpfTest.words")

    def title(self) -> str:
        """The words over the light curve."""
        return self.look("title", "lightcurve")

    def press(self, name: str, times: int = 1) -> None:
        """Press a button, as fast as can be."""
        button = self.part(name, "button")
        button.click()
        box = button.bounding_box()
        for _ in range(times - 1):
            self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def choose(self, name: str, label: str) -> None:
        """Press one of a group of buttons."""
        self.part(name).get_by_role("button", name=label, exact=True).click()

    def select(self, name: str, option: str) -> None:
        """Choose an option of a select."""
        self.part(name, "select").select_option(option)

    def unfold(self, name: str) -> None:
        """Open a part that is folded away, if it is."""
        inside = self.part(name, "select").first
        if not inside.is_visible():
            self.part(name, "button.card-header").click()
            self.until(inside.is_visible, f"what is in {name}")
            self.catches_up()

    def tool(self, title: str, figure: str = "lightcurve") -> None:
        """Press the tool of a figure's toolbar whose title begins so."""
        self.part(figure, f'[title^="{title}"]').click()

    def tab(self, title: str, open: bool = True) -> None:
        """Open a drawer, if it is not open; or close it."""
        button = self.part("tabs").get_by_role("button", name=title, exact=True)
        if ("bk-active" in button.get_attribute("class").split()) != open:
            button.click()
            # The names move with the drawer: the next click is not to meet them on their way.
            self.until(lambda: self.part("drawer").is_visible() == open, f"{title}, open: {open}")
            self.catches_up()
