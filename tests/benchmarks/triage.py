"""Going through many events: opening their index, sorting and filtering, a key to what it shows.

    python -m tests.benchmarks.triage [--events N] [--repeats N]

Results of ten events a file, made up, each with a light curve of 60 points and an image of 11 x 11
pixels. `key` is from the press of a key to the frame in which another row of the table is marked,
in headless Chromium on a server that the command starts; all else is without a browser.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from tests.triageparts import event, record
from tpfdash.diagnosis.bulk.judged import judged_path
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.diagnosis.summary import VERDICT_NAMES
from tpfdash.inspector.triage import Walk

from . import harness

PER_FILE, POINTS, SIDE = 10, 60, 11
#: Waits for the key, then for the frame in which another row is marked.
WATCH = """() => {
  const deep = (root) => {
    for (const node of root.querySelectorAll("*")) {
      const found = node.classList.contains("tpf-triage-table") ? node :
        node.shadowRoot && deep(node.shadowRoot)
      if (found) return found
    }
  }
  const table = deep(document)
  const chosen = () => table.shadowRoot.querySelector("tr.chosen")?.dataset.number
  const before = chosen()
  window.took = new Promise((resolve) => window.addEventListener("keydown", () => {
    const began = performance.now()
    const look = () => chosen() !== before ?
      requestAnimationFrame(() => resolve(performance.now() - began)) : requestAnimationFrame(look)
    look()
  }, { once: true, capture: true }))
}"""


def write(path: Path, events: int) -> Path:
    """Results of so many events."""
    rng = np.random.default_rng(1)
    verdicts = list(VERDICT_NAMES)
    border = {"row": 1, "col": 1, "aperture": ["0" * SIDE] * SIDE}
    with open(path, "w") as file:
        for number in range(events // PER_FILE):
            made = []
            for n in range(PER_FILE):
                one = event(str(rng.choice(verdicts)), 10.0 * n, 10.0 * n + 1, rng.gamma(2, 10))
                flux = rng.integers(-5000, 5000, POINTS).tolist()
                image = rng.integers(-500, 500, (SIDE, SIDE)).tolist()
                one["curve"] = one["curve"] | {"flux": flux}
                one["image"] = border | {"image": image}
                made.append(one)
            file.write(json.dumps(record(f"{number}.fits", *made)) + "\n")
    return path


def took(act) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def here(path: Path, repeats: int) -> dict[str, list[float]]:
    """What -> milliseconds, without a browser."""
    made: dict[str, list[float]] = {}

    def note(name, act):
        made.setdefault(name, []).append(took(act))

    walks = []
    note("opened", lambda: walks.append(Walk(Results(path))))
    (walk,) = walks
    for n in range(repeats):
        note("sorted", lambda n=n: setattr(walk, "order", ("snr", "-snr")[n % 2]))
        note("filtered", lambda n=n: setattr(walk, "said", ("not judged", "all")[n % 2]))
        note("judged", lambda: walk.judge("real"))
        note("a page read", lambda: [walk.results.event(row) for row in walk.page_rows])
        walk.turn(40)
    walk.judged.path.unlink()
    return made


def keys(path: Path, repeats: int) -> dict[str, list[float]]:
    """Key -> milliseconds."""

    def command(port):
        return harness.python("-m", "tpfdash", "triage", path, "--port", port, "--no-show")

    made: dict[str, list[float]] = {}
    with harness.Server("triage", command) as server, harness.browser() as chromium:
        server.wait()
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        page.goto(server.url)
        page.locator(".tpf-triage-table tr.chosen").wait_for(timeout=120_000)
        page.wait_for_timeout(3000)
        for key in ("j", "1", "PageDown") * repeats:
            page.evaluate(WATCH)
            page.keyboard.press(key)
            made.setdefault(f"key {key}", []).append(page.evaluate("window.took"))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    path = write(harness.scratch() / f"triage-{options.events}.jsonl", options.events)
    print(f"{options.events:,} events, {path.stat().st_size / 1e6:.0f} MB")
    measured = here(path, options.repeats) | keys(path, options.repeats)
    judged_path(path).unlink()
    rows = [(name, f"{harness.summarize(times):.0f}") for name, times in measured.items()]
    print(harness.table(("what", "ms"), rows))


if __name__ == "__main__":
    main()
