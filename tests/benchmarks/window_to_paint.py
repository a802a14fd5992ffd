"""From the end of a drag over the light curve to the difference image on the screen.

    python -m tests.benchmarks.window_to_paint [--sizes ...] [--repeats N]

Every repeat is a new page on the same server. `first`: its first window, with which the picture is
built. `next`: another window. `S/N`: another picture of the same window, from its button's release.
`click`: a pixel, to stamp and light curve changed, while the picture is shown; `click before`: the
same before there was a window. Beside the median of what was visible are the bytes of `next`.
"""

import contextlib
import functools

from . import harness, inputs
from .contenders import CONTENDERS
from .driving import APART, Page

SIZES = [1639, 3470]
KEYS = ("first", "next", "S/N", "click before", "click")
#: The windows, as parts of the frame's width; each holds some cadences and is not the whole.
WINDOWS = {"first": (0.30, 0.36), "next": (0.55, 0.63)}


def drag(page, ends):
    """Drag from the one part of the light curve's width to the other."""
    frame = page.js("layout('lightcurve')")
    y = frame["top"] + frame["height"] / 2
    start, end = (frame["left"] + part * frame["width"] for part in ends)
    mouse = page.page.mouse
    mouse.move(start, y)
    mouse.down()
    mouse.move((start + end) / 2, y)
    mouse.move(end, y)
    page.page.wait_for_timeout(APART)
    record = page.measure(mouse.up, start="pointerup", need=("difference",), look=["difference"])
    page.page.wait_for_timeout(APART)
    return record


def press(page, word):
    """Press the button of a picture."""
    page.page.locator(".tpf-picture").get_by_text(word, exact=True).hover()
    mouse = page.page.mouse
    return page.measure(
        lambda: (mouse.down(), mouse.up()),
        start="pointerup",
        need=("difference",),
        look=["difference"],
    )


def visit(stack, chromium, server, pixels):
    """The records of one page."""
    page = Page(stack, chromium, CONTENDERS["tpfdash"], server)
    page.click(pixels[0])
    records = {"click before": page.click(pixels[1])}
    records |= {name: drag(page, ends) for name, ends in WINDOWS.items()}
    records |= {"S/N": press(page, "S/N"), "click": page.click(pixels[2])}
    page.page.context.close()
    return records


def run(chromium, arguments, size):
    """Records of every page: {key: [record, ...]}."""
    path = inputs.sample(size)
    pixels = inputs.bright_pixels(path, 3)
    command = functools.partial(CONTENDERS["tpfdash"].command, path)
    found = {key: [] for key in KEYS}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(harness.Server("tpfdash", command)).wait()
        for _ in range(1 + arguments.repeats):  # the first one imports and compiles
            for key, record in visit(stack, chromium, server, pixels).items():
                found[key].append(record)
    return {key: records[1:] for key, records in found.items()}


def report(size, records):
    """The row of a file."""
    every = [record for found in records.values() for record in found]
    sent = harness.summarize(record["bytes_down"] for record in records["next"])
    return (
        size,
        f"{sum(record['done'] for record in every)}/{len(every)}",
        *(f"{harness.summarize(r['visible'] for r in records[key]):.0f}" for key in KEYS),
        f"{sent:.0f}",
    )


def main():
    parser = harness.parser(__doc__.splitlines()[0], sizes=SIZES, repeats=9, contenders=False)
    arguments = parser.parse_args()
    results, rows = {}, []
    with harness.browser() as chromium:
        for size in arguments.sizes:
            with harness.reported(size):
                results[size] = run(chromium, arguments, size)
                rows.append(report(size, results[size]))
    headers = ("cadences", "painted", *(f"{key} ms" for key in KEYS), "bytes of next")
    print(harness.table(headers, rows))
    harness.write_json(arguments.json, results)


if __name__ == "__main__":
    main()
