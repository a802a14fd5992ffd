"""A contender's page, ready for gestures, and what one gesture did: shared by the gestures."""

import functools

from playwright.sync_api import TimeoutError

from . import harness
from .contenders import CONTENDERS

__all__ = ["Page", "entrants", "started"]

APART = 500  # ms between clicks: within 300 ms, Bokeh makes two of them a double click
REST = 1500  # ms after the first paint, for whatever the page still does


def entrants(arguments, size):
    """The contenders asked for, less lightkurve where the file is too long for it."""
    for name in arguments.contenders:
        if name == "lightkurve" and size != "sirius" and size > arguments.lightkurve_up_to:
            continue
        yield CONTENDERS[name]


def started(stack, chromium, arguments, size, path):
    """A Page of every entrant, each on a server of its own, entered into an ExitStack."""
    pages = []
    for contender in entrants(arguments, size):
        words = functools.partial(contender.command, path)
        server = stack.enter_context(harness.Server(contender.name, words)).wait()
        pages.append(Page(stack, chromium, contender, server))
    return pages


class Page:
    """One contender's page on its server, at rest and ready for gestures."""

    def __init__(self, stack, chromium, contender, server):
        self.name = contender.name
        self.server = server
        self.page = harness.open_page(chromium, contender.finders)
        stack.callback(self.page.context.close)
        self.page.goto(server.url)
        try:
            self.page.wait_for_function("tpfbench.ready()")
        except TimeoutError as error:
            there = {which: self.js(f"layout('{which}')") for which in ("pixels", "lightcurve")}
            raise RuntimeError(
                f"{self.name} never showed both figures: {there}\n{server.log_tail()}"
            ) from error
        self.page.wait_for_timeout(REST)

    def js(self, code, argument=None):
        """Evaluate `tpfbench.CODE` in the page, in which `argument` is known by that name."""
        return self.page.evaluate(f"(argument) => tpfbench.{code}", argument)

    def measure(self, gesture, *, need=("pixels", "lightcurve"), **options):
        """Arm the probe, make the gesture, wait until all is quiet: the probe's record.

        Beside what the probe notes (`probe.js`) it holds, in ms after the gesture's event, the
        moments at which the last of the needed figures had its first new picture: `frame`
        (that animation frame began), `painted` (its callbacks had run), `visible` (its pixels
        could be read); all None where a figure never changed. `settled`: the last change of
        either. Then the bytes and frames on the wire.
        """
        self.page.bring_to_front()
        self.js("arm(argument)", {"need": list(need), **options})
        before = self.server.relay.traffic
        gesture()
        record = self.js("result()")
        traffic = self.server.relay.traffic - before
        changes = record["changes"]
        for moment in ("frame", "painted", "visible"):
            firsts = [changes[which][0][moment] for which in need if changes[which]]
            record[moment] = max(firsts) if record["done"] else None
        moments = [change["visible"] for figure in changes.values() for change in figure]
        record["settled"] = max(moments, default=None)
        return record | vars(traffic)

    def click(self, pixel):
        """Click a pixel, (column, row) on the detector."""
        at = self.js("place('pixels', ...argument)", list(pixel))
        self.page.mouse.move(at["x"], at["y"])
        self.page.wait_for_timeout(APART)
        return self.measure(
            lambda: (self.page.mouse.down(), self.page.mouse.up()), start="pointerup"
        )

    def handle(self, slider, index=-1):
        """The element of a slider's handle: 'cadence' or 'stretch'; the last is the upper one."""
        found = self.page.evaluate_handle(
            "([slider, index]) => tpfbench.handles(slider).at(index)", [slider, index]
        ).as_element()
        if found is None:
            raise LookupError(f"{self.name} has no slider handle for {slider}")
        return found

    def unfold(self):
        """Open the part of our own page that the stretch slider is in."""
        for fold in self.page.locator(".tpf-colors button.card-header").all():
            fold.click()
            self.page.wait_for_timeout(300)

    def press(self, handle, key, *, need):
        """Press a key on a slider's handle."""
        handle.focus()
        self.page.wait_for_timeout(200)
        return self.measure(lambda: self.page.keyboard.press(key), start="keydown", need=need)
