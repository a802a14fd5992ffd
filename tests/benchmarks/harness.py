"""What every benchmark here shares: servers, the browser, statistics, tables.

A contender's server runs as a process of its own. The browser reaches it through a `relay.Relay`,
which counts bytes and websocket frames as they are on the wire (the browser itself only knows the
bytes after decompression). What the page has painted is read by `probe.js`, in the page.

Nothing here knows a contender (`contenders.py`), a gesture or an input file (`inputs.py`), and
nothing here asserts a time.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import websocket

from .relay import Relay

__all__ = [
    "FreeMouse",
    "Server",
    "Summary",
    "browser",
    "free_port",
    "machine",
    "numbers",
    "open_page",
    "parser",
    "python",
    "reported",
    "scratch",
    "summarize",
    "table",
    "write_json",
]

REPOSITORY = Path(__file__).resolve().parents[2]
PROBE = Path(__file__).with_name("probe.js")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


DEBUGGING_PORT = free_port()
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)


# Statistics and tables


@dataclasses.dataclass(frozen=True)
class Summary:
    """Median and quartiles (linear interpolation) of `n` finite values; NaN where none."""

    n: int
    median: float
    q1: float
    q3: float

    def __format__(self, spec):
        if not self.n:
            return "-"
        spec = spec or ".1f"
        return f"{self.median:{spec}} [{self.q1:{spec}}, {self.q3:{spec}}]"

    def __str__(self):
        return f"{self}"


def summarize(values):
    """Summary of an iterable of numbers; None and NaN are left out, not taken for 0."""
    finite = [float(v) for v in values if v is not None and np.isfinite(v)]
    if not finite:
        return Summary(0, np.nan, np.nan, np.nan)
    q1, median, q3 = np.percentile(finite, [25, 50, 75])
    return Summary(len(finite), float(median), float(q1), float(q3))


def table(headers, rows):
    """Rows of anything as one text table: first column left, the others right aligned."""
    cells = [[str(c) for c in row] for row in (headers, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    lines = [
        "  ".join(
            c.ljust(w) if i == 0 else c.rjust(w)
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines)


def _plain(value):
    if dataclasses.is_dataclass(value):
        return dataclasses.asdict(value)
    if isinstance(value, np.generic):
        return value.item()
    return str(value)


def write_json(path, results):
    """`results` with the description of the machine to a JSON file; no path, no file."""
    if path:
        document = {"machine": machine(), "results": results}
        Path(path).write_text(json.dumps(document, indent=1, default=_plain) + "\n")


@contextlib.contextmanager
def reported(what):
    """Say on stderr that `what` is done, or why it failed: the rest of the run goes on."""
    try:
        yield
        print(f"{what} done", file=sys.stderr, flush=True)
    except (RuntimeError, LookupError) as error:
        print(f"{what} failed: {error}", file=sys.stderr, flush=True)


def machine():
    """What a reader needs to know to compare a number: cores, memory, Python, libraries."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {}
    for name in ("bokeh", "panel", "holoviews", "lightkurve", "numpy", "tpfdash"):
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return {
        "cpus": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "load": os.getloadavg()[0],
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        **versions,
    }


# The command line


def parser(description, *, sizes, repeats=10, contenders=True):
    """An ArgumentParser with --sizes, --repeats, --json and what chooses the contenders."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument(
        "--sizes",
        type=numbers,
        default=sizes,
        metavar="N,N,...",
        help=f"cadences, or 'sirius' (default {','.join(map(str, sizes))})",
    )
    result.add_argument("--repeats", type=int, default=repeats, metavar="N")
    result.add_argument("--json", metavar="FILE", help="also write every number to FILE")
    if contenders:
        result.add_argument(
            "--contenders",
            type=lambda text: text.split(","),
            default=["tpfdash", "lightkurve"],
            metavar="NAME,...",
        )
        result.add_argument(
            "--lightkurve-up-to",
            type=int,
            default=117_000,
            metavar="N",
            help="leave lightkurve out above this many cadences (default 117000)",
        )
    return result


def numbers(text):
    """'1021,sirius' -> [1021, 'sirius']; underscores are allowed in numbers."""
    return [int(w) if w.replace("_", "").isdigit() else w for w in text.split(",") if w]


def scratch():
    """The folder of generated files; it outlives the run, since the large ones take minutes."""
    folder = Path(tempfile.gettempdir()) / "tpfdash-benchmarks"
    folder.mkdir(exist_ok=True)
    return folder


# Servers


class Server:
    """A contender's server process behind a relay; a context manager.

    `command` is a function of the port. The page's address goes through the relay; the server is
    told to accept websockets from there. `started` is the wall clock at which the process began.
    """

    def __init__(self, name, command, *, timeout=600):
        self.name = name
        self.timeout = timeout
        self.port = free_port()
        self.command = [str(word) for word in command(self.port)]
        self.log = scratch() / f"server-{name}.log"

    def __enter__(self):
        self._relay = Relay(self.port)
        self.relay = self._relay.__enter__()
        origins = f"127.0.0.1:{self.relay.port},localhost:{self.relay.port}"
        environment = os.environ | {
            "BOKEH_ALLOW_WS_ORIGIN": origins,
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")])
            ),
        }
        with self.log.open("wb") as log:
            self.started = time.time()
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=subprocess.STDOUT, env=environment
            )
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._relay.__exit__()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.relay.port}/"

    @property
    def rss(self):
        """Resident bytes of the process and its children."""
        process = psutil.Process(self.process.pid)
        return sum(p.memory_info().rss for p in [process, *process.children(recursive=True)])

    def wait(self):
        """Wait until the server takes connections (not until it has answered one)."""
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            time.sleep(0.01)
        raise RuntimeError(
            f"{self.name} did not start ({' '.join(self.command)}):\n" + self.log_tail()
        )

    def log_tail(self):
        """The last of what the server has printed."""
        return self.log.read_text(errors="replace")[-2000:]


# The browser


@contextlib.contextmanager
def browser():
    """One headless Chromium for the whole run: the installed one, or Playwright's own."""
    from playwright.sync_api import sync_playwright

    executable = os.environ.get("TPFDASH_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable,
            args=[*CHROMIUM_ARGS, f"--remote-debugging-port={DEBUGGING_PORT}"],
            headless=True,
        )
        try:
            yield chromium
        finally:
            chromium.close()


def open_page(chromium, finders, *, timeout=120):
    """A page with the probe in it, in a context of its own, not yet anywhere.

    `finders` are the contender's JavaScript expressions (see `contenders.Contender`).
    """
    context = chromium.new_context(viewport={"width": 1500, "height": 1100})
    page = context.new_page()
    page.set_default_timeout(timeout * 1000)
    script = PROBE.read_text() + f"\n;window.tpfbench = probe({json.dumps(finders)});"
    page.add_init_script(f"(() => {{ {script} }})()")
    return page


class FreeMouse:
    """Mouse movements sent to a page without waiting until it has taken them in.

    Playwright waits for each, so that a slow page would be moved over more slowly.
    """

    def __init__(self, page):
        session = page.context.new_cdp_session(page)
        target = session.send("Target.getTargetInfo")["targetInfo"]["targetId"]
        session.detach()
        self._socket = websocket.create_connection(
            f"ws://127.0.0.1:{DEBUGGING_PORT}/devtools/page/{target}", suppress_origin=True
        )
        self._sent = 0

    def drag_to(self, x, y):
        """The mouse, its left button down, is at (x, y) now."""
        self._sent += 1
        movement = {"type": "mouseMoved", "x": x, "y": y, "button": "left", "buttons": 1}
        command = {"id": self._sent, "method": "Input.dispatchMouseEvent", "params": movement}
        self._socket.send(json.dumps(command))

    def close(self):
        self._socket.close()


def python(*words):
    """A command line for this interpreter."""
    return [sys.executable, *map(str, words)]
