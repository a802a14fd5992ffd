"""What one more open page costs the server in memory.

    python -m tests.benchmarks.sessions [--sizes ...] [--repeats PAGES]

Resident memory of the server process once a page has been open and clicked in, for one page and
then for PAGES more; the growth a page is the slope between them.
"""

import contextlib
import functools

from . import harness, inputs
from .driving import Page, entrants

SIZES = [1021, 20_000, 117_000]
MB = 1e6


def run(chromium, arguments, contender, path):
    """Bytes resident: {"start": with no page, "pages": [after each page]}."""
    pixels = inputs.bright_pixels(path, 2)
    with contextlib.ExitStack() as stack:
        words = functools.partial(contender.command, path)
        server = stack.enter_context(harness.Server(contender.name, words)).wait()
        resident = {"start": server.rss, "pages": []}
        for _ in range(1 + arguments.repeats):
            page = Page(stack, chromium, contender, server)
            for pixel in pixels:
                page.click(pixel)
            resident["pages"].append(server.rss)
    return resident


def main():
    arguments = harness.parser(__doc__.splitlines()[0], sizes=SIZES, repeats=4).parse_args()
    results, rows = {}, []
    with harness.browser() as chromium:
        for size in arguments.sizes:
            path = inputs.sample(size)
            results[size] = {}
            for contender in entrants(arguments, size):
                with harness.reported(f"{contender.name} {size}"):
                    found = run(chromium, arguments, contender, path)
                    results[size][contender.name] = found
                    first, *_, last = found["pages"]
                    growth = (last - first) / arguments.repeats
                    cells = (found["start"], first, last, growth)
                    rows.append((size, contender.name, *(f"{value / MB:.1f}" for value in cells)))
    pages = f"MB with {1 + arguments.repeats} pages"
    headers = ("cadences", "contender", "MB before", "MB with 1 page", pages, "MB a page more")
    print(harness.table(headers, rows))
    harness.write_json(arguments.json, results)


if __name__ == "__main__":
    main()
