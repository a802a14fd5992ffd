"""From the mouse button's release on a pixel to mask and light curve changed on the screen.

    python -m tests.benchmarks.click_to_paint [--sizes 1021,20000,sirius] [--repeats N] [--json F]

Every contender's server opens the same file; one Chromium shows both pages; clicks alternate
between them, on the same pixels. `visible` is when both figures' new pictures could be read back
from their canvases; `settled` when the last change after the click could be. Bytes and websocket
frames are counted on the wire, in both directions, until the page has settled.
"""

import contextlib

from . import harness, inputs
from .driving import started

SIZES = [1021, 4573, 20_000, 117_000, 1_000_000, 10_000_000, "sirius"]
WARM_UP = 2


def run(chromium, arguments, size):
    """Records of every click: {contender: [record, ...]}."""
    path = inputs.sample(size)
    pixels = inputs.bright_pixels(path, 6)
    with contextlib.ExitStack() as stack:
        pages = started(stack, chromium, arguments, size, path)
        records = {page.name: [] for page in pages}
        for i in range(WARM_UP + arguments.repeats):
            for page in pages:
                record = page.click(pixels[i % len(pixels)])
                if i >= WARM_UP:
                    records[page.name].append(record)
    return records


def report(size, records):
    """One row a contender, with the ratio of lightkurve's median to its own."""

    def median(name, key):
        return harness.summarize(r[key] for r in records[name])

    for name, clicks in records.items():
        reference = median("lightkurve", "visible").median if "lightkurve" in records else None
        visible = median(name, "visible")
        yield (
            size,
            name,
            f"{sum(r['done'] for r in clicks)}/{len(clicks)}",
            visible,
            f"{reference / visible.median:.2f}" if reference and visible.n else "-",
            median(name, "settled"),
            f"{median(name, 'bytes_down'):.0f}",
            f"{median(name, 'frames_up').median:.0f}+{median(name, 'frames_down').median:.0f}",
            f"{median(name, 'check_ms').median:.1f}",
        )


HEADERS = (
    "cadences",
    "contender",
    "painted",
    "visible ms",
    "lightkurve/this",
    "settled ms",
    "bytes down",
    "frames up+down",
    "check ms",
)


def main():
    arguments = harness.parser(__doc__.splitlines()[0], sizes=SIZES).parse_args()
    results, rows = {}, []
    with harness.browser() as chromium:
        for size in arguments.sizes:
            with harness.reported(size):
                results[size] = run(chromium, arguments, size)
                rows += report(size, results[size])
    print(harness.table(HEADERS, rows))
    harness.write_json(arguments.json, results)


if __name__ == "__main__":
    main()
