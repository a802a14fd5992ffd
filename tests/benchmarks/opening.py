"""Opening a file: from the start of the process to the figures on the screen.

    python -m tests.benchmarks.opening [--sizes ...] [--repeats N]

Every repeat is a new server process, imports included; the file is in the system's cache and the
browser runs already. `listening`: the server takes connections. `first`: both figures have
something in their frames. `last`: the last change of either within the two seconds that follow;
where it comes later than `first`, other pictures followed, and `pictures` counts those of the
stamp and the light curve. `page`: `first` for one more page on the warm server.
"""

import functools
import time

from . import harness, inputs
from .driving import entrants

SIZES = [1021, 20_000, 117_000]
WATCH = 2000  # ms without a change before a page counts as complete
COLUMNS = ("listening", "first", "last", "page")


def load(chromium, contender, server):
    """Open a page: the probe's record, with `first` and `last` in s after `server.started`."""
    page = harness.open_page(chromium, contender.finders)
    try:
        page.goto(server.url, wait_until="commit")
        options = {"start": None, "settle": WATCH, "timeout": 300_000}
        page.evaluate("(options) => tpfbench.arm(options)", options)
        record = page.evaluate("tpfbench.result()")
    finally:
        page.context.close()
    if not record["done"]:
        raise RuntimeError(f"{contender.name} never showed both figures\n{server.log_tail()}")
    began = record["wall"] / 1000 - server.started
    firsts = [figure[0]["visible"] for figure in record["changes"].values()]
    lasts = [figure[-1]["visible"] for figure in record["changes"].values()]
    pictures = [len(figure) for figure in record["changes"].values()]
    return record | {
        "began": began,
        "first": began + max(firsts) / 1000,
        "last": began + max(lasts) / 1000,
        "pictures": pictures,
    }


def open_once(chromium, contender, path):
    """One cold start and one more page."""
    with harness.Server(contender.name, functools.partial(contender.command, path)) as server:
        server.wait()
        listening = time.time() - server.started
        before = server.relay.traffic
        cold = load(chromium, contender, server)
        traffic = server.relay.traffic - before
        warm = load(chromium, contender, server)
    page = warm["first"] - warm["began"]
    return cold | vars(traffic) | {"listening": listening, "page": page}


def report(size, records):
    for name, found in records.items():
        later = sum(r["last"] - r["first"] > 0.02 for r in found)
        yield (
            size,
            name,
            *(f"{harness.summarize(r[key] for r in found):.2f}" for key in COLUMNS),
            f"{later}/{len(found)}",
            "+".join(str(n) for n in found[-1]["pictures"]),
            f"{harness.summarize(r['bytes_down'] / 1e6 for r in found):.2f}",
        )


HEADERS = (
    "cadences",
    "contender",
    *(f"{key} s" for key in COLUMNS),
    "changed after first",
    "pictures",
    "MB down",
)


def main():
    arguments = harness.parser(__doc__.splitlines()[0], sizes=SIZES, repeats=3).parse_args()
    results, rows = {}, []
    with harness.browser() as chromium:
        for size in arguments.sizes:
            path = inputs.sample(size)
            chosen = list(entrants(arguments, size))
            results[size] = {contender.name: [] for contender in chosen}
            with harness.reported(size):
                for _ in range(arguments.repeats):
                    for contender in chosen:
                        record = open_once(chromium, contender, path)
                        results[size][contender.name].append(record)
                rows += report(size, results[size])
    print(harness.table(HEADERS, rows))
    harness.write_json(arguments.json, results)


if __name__ == "__main__":
    main()
