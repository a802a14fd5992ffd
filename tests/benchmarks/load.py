"""What many users at once cost a server, and each other.

    python -m tests.benchmarks.load [use|opening|churn ...] [--users 50] [--json FILE]

Each user is a websocket client that speaks Bokeh's protocol, with no browser behind it: it says
what a browser would, and reads all that comes.

- use: USERS sessions at once, each with a gesture about every two seconds for a minute: pixels are
  toggled, cadences stepped to, the light curve is zoomed, and now and then a window set, which is
  diagnosed, and again with each pixel that is toggled then. Milliseconds from the
  gesture to the server's answer with all that it changes; memory a session.
- opening: OPENING pages are opened at once while one user toggles pixels on and on. Seconds until
  the last page is whole, the server's processor time a page, and the time of those toggles.
- churn: sessions are opened and closed, CHURN in all. Memory after the first 50, and at the end.
"""

import collections
import contextlib
import functools
import random
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import psutil

from tests.wire import Wire, find

from . import harness, inputs
from .contenders import CONTENDERS

PARTS = ("use", "opening", "churn")
SIZES = [20_000]
MB = 1e6
#: Seconds that `use` lasts, and between two gestures of a user in the mean.
LASTING, THINKING = 60, 2.0
#: Seconds after which a session whose browser has gone is gone too, and looked after.
GONE = 45
#: Share of the gestures.
MIX = {"toggle": 0.4, "step": 0.4, "zoom": 0.15, "window": 0.05}


class User:
    """One session, and what can be done in it."""

    def __init__(self, address, pixels, seed=0):
        port, origin = address
        self._random = random.Random(seed)
        self._pixels = pixels
        self.wire = Wire(port, host="127.0.0.1", origin=origin)
        document = [self.wire.pull(filled=False)]
        self.wire.drawn()
        while not any(find(document, "tpf-place-evidence")):  # the card that comes last
            document.append(self.wire.read()["content"])
        self.wire.received.clear()
        self._cadence = next(find(document, "tpf-cadence"))["id"]
        self._figures = figures(document)

    def close(self):
        self.wire.close()

    def do(self, gesture):
        """Make a gesture; seconds until all of its answer is there."""
        events = getattr(self, f"_{gesture}")()
        began = time.perf_counter()
        answer = self.wire.patch(*events)
        took = time.perf_counter() - began
        self.wire.received.clear()
        if answer["msgtype"] != "OK":
            raise RuntimeError(f"{gesture}: {answer['content']}")
        return took

    def _toggle(self):
        x, y = self._random.choice(self._pixels)
        return [event("tap", self._figures["pixels"], x=x, y=y, sx=1, sy=1, modifiers=None)]

    def _step(self):
        new = self._random.randrange(1, 10_000)
        return [
            {"kind": "ModelChanged", "model": {"id": self._cadence}, "attr": "value", "new": new}
        ]

    def _ends(self):
        low, high = self._figures["times"]
        start = self._random.uniform(low, high - (high - low) / 4)
        return start, start + (high - low) / 5

    def _zoom(self):
        x0, x1 = self._ends()
        return [event("rangesupdate", self._figures["curve"], x0=x0, x1=x1, y0=0.0, y1=1.0)]

    def _window(self):
        x0, x1 = self._ends()
        box = {"type": "rect", "x0": x0, "x1": x0 + (x1 - x0) / 40, "y0": 0.0, "y1": 1.0}
        geometry = {"type": "map", "entries": list(map(list, box.items()))}
        return [event("selectiongeometry", self._figures["curve"], geometry=geometry, final=True)]


def event(name, figure, **values):
    """One of Bokeh's events as a browser sends it."""
    entries = [["model", {"id": figure}], *map(list, values.items())]
    values = {"type": "map", "entries": entries}
    data = {"type": "event", "name": name, "values": values}
    return {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": data}


def figures(document):
    """What is needed of a page's document: {"pixels": id, "curve": id, "times": what it shows}."""
    (pixels,), (curve,) = (find(document, f"tpf-{name}") for name in ("pixels", "lightcurve"))
    shown = curve["attributes"]["x_range"]["attributes"]
    return {
        "pixels": pixels["id"],
        "curve": curve["id"],
        "times": (shown["start"], shown["end"]),
    }


@contextlib.contextmanager
def served(path):
    """A server of one file: ((its port, an origin that it lets in), its process)."""
    words = functools.partial(CONTENDERS["tpfdash"].command, path)
    with harness.Server("load", words) as running:
        running.wait()
        yield (running.port, running.url.rstrip("/")), psutil.Process(running.process.pid)


# -- the parts -------------------------------------------------------------------------------------


def use(arguments, path, pixels):
    """Many users at work: {"gesture": [seconds], ...}, errors, MB a session."""
    took, errors, lock = collections.defaultdict(list), [], threading.Lock()
    with served(path) as (address, process):
        first = User(address, pixels)
        for gesture in MIX:  # what is made once for all
            first.do(gesture)
        time.sleep(3)
        before = process.memory_info().rss
        users = [User(address, pixels, seed) for seed in range(arguments.users)]
        end = time.monotonic() + LASTING

        def work(seed, user):
            choose = random.Random(1000 + seed)
            try:
                while time.monotonic() < end:
                    time.sleep(choose.expovariate(1 / THINKING))
                    gesture = choose.choices(list(MIX), MIX.values())[0]
                    seconds = user.do(gesture)
                    with lock:
                        took[gesture].append(seconds)
            except Exception as error:
                errors.append(repr(error))

        run_together([functools.partial(work, *pair) for pair in enumerate(users)])
        resident = process.memory_info().rss
        for user in [first, *users]:
            user.close()
    return {
        "took": took,
        "errors": errors,
        "MB a session": (resident - before) / MB / arguments.users,
    }


def opening(arguments, path, pixels):
    """Many pages at once, beside one user: seconds of its toggles and until each page is whole."""
    with served(path) as (address, process):
        user = User(address, pixels)
        alone = [user.do("toggle") for _ in range(20)]
        toggles, over = [], threading.Event()

        def toggle():
            while not over.is_set():
                toggles.append(user.do("toggle"))
                time.sleep(0.1)

        busy = process.cpu_times()
        toggling = threading.Thread(target=toggle)
        toggling.start()
        # From another process: to read a page takes as long as the server takes for it.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as others:
            wholes = others.submit(open_pages, address, pixels, arguments.opening).result()
        over.set()
        toggling.join()
        used = process.cpu_times()
        user.close()
    spent = used.user + used.system - busy.user - busy.system - sum(alone) * len(toggles) / 20
    return {
        "alone": alone,
        "toggles": toggles,
        "wholes": wholes,
        "server s a page": spent / arguments.opening,
    }


def open_pages(address, pixels, count):
    """Open pages at once; the seconds until each is whole."""
    wholes = []

    def open_one():
        began = time.perf_counter()
        User(address, pixels).close()
        wholes.append(time.perf_counter() - began)

    run_together([open_one] * count)
    return wholes


def churn(arguments, path, pixels):
    """Sessions opened and closed: MB after the first 50, and after all."""
    resident = {}
    with served(path) as (address, process):
        for count in range(1, arguments.churn + 1):
            user = User(address, pixels, count)
            user.do("toggle")
            user.close()
            if count in (50, arguments.churn) or count % 250 == 0:
                time.sleep(GONE)
                resident[count] = process.memory_info().rss / MB
                print(f"{count} sessions: {resident[count]:.0f} MB", file=sys.stderr, flush=True)
    return resident


def run_together(acts):
    """Run functions in threads, and wait for all."""
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    arguments = parser().parse_args()
    path = inputs.sample(arguments.sizes[0])
    pixels = inputs.bright_pixels(path, 6)
    results = {}
    for part in arguments.parts or PARTS:
        with harness.reported(part):
            results[part] = {"use": use, "opening": opening, "churn": churn}[part](
                arguments, path, pixels
            )
            print(told(part, results[part]), flush=True)
    harness.write_json(arguments.json, results)


def parser():
    made = harness.parser(__doc__.splitlines()[0], sizes=SIZES, contenders=False)
    made.add_argument("parts", nargs="*", choices=[[], *PARTS], help="default: all")
    made.add_argument("--users", type=int, default=50, metavar="N")
    made.add_argument("--opening", type=int, default=25, metavar="N")
    made.add_argument("--churn", type=int, default=1000, metavar="N")
    return made


def told(part, found):
    """The results of a part as a table."""
    if part == "use":
        rows = [timed(gesture, took) for gesture, took in sorted(found["took"].items())]
        words = f"{found['MB a session']:.1f} MB a session, {len(found['errors'])} errors"
        return f"{harness.table(TIMED, rows)}\n{words} {found['errors'][:3] or ''}"
    if part == "opening":
        rows = [
            timed("toggle, alone", found["alone"]),
            timed("toggle, meanwhile", found["toggles"]),
            timed("a page, whole", found["wholes"]),
        ]
        return (
            f"{harness.table(TIMED, rows)}\n{found['server s a page']:.2f} s of the server a page"
        )
    return harness.table(("sessions", "MB"), [(n, f"{mb:.0f}") for n, mb in found.items()])


TIMED = ("ms", "n", "median", "95 %", "longest")


def timed(name, seconds):
    median, high, longest = 1000 * np.percentile(seconds, (50, 95, 100))
    return name, len(seconds), *(f"{value:.0f}" for value in (median, high, longest))


if __name__ == "__main__":
    main()
