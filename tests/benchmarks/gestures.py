"""The other gestures, measured as clicks are: cadence step and drag, stretch, zoom, hover.

    python -m tests.benchmarks.gestures step|drag|stretch|zoom|hover|all [--sizes ...] [--repeats N]

step      an arrow key on the cadence slider, to the stamp changed, and to the last change of
          stamp or light curve (whose marker may move by less than a pixel)
stretch   a page key on the stretch slider, to the stamp changed
zoom      one notch of the wheel, with Ctrl, on the light curve, in and out, to the light curve
          changed first, and to its last change (a server that draws answers later than the browser
          scales)
hover     the mouse moved to another part of the light curve, to the cadence found there marked
          (not of lightkurve, which marks none)
drag      two seconds on the cadence slider: how many different stamps were painted, the longest
          time without a new one, how long after the last movement the last one came, and whether
          the one then shown is the slider's own (a step forth and back shows the same again)
"""

import contextlib
import time

from . import harness, inputs
from .driving import started

SIZES = [1021, 20_000, 117_000]
DRAG_SECONDS = 2.0
EVENTS_PER_SECOND = 60


def step(page, i):
    return page.press(page.handle("cadence"), "ArrowRight", need=("pixels",))


def stretch(page, i):
    if i == 0:
        page.unfold()
    key = "PageDown" if i % 2 == 0 else "PageUp"
    return page.press(page.handle("stretch"), key, need=("pixels",))


def zoom(page, i):
    if i == 0 and not page.js("activateWheelZoom('lightcurve')"):
        raise LookupError(f"{page.name} has no wheel zoom on its light curve")
    frame = page.js("layout('lightcurve')")
    page.page.mouse.move(frame["left"] + frame["width"] / 2, frame["top"] + frame["height"] / 2)
    page.page.wait_for_timeout(300)
    notch = -120 if i % 2 == 0 else 120
    page.page.keyboard.down("Control")
    try:
        return page.measure(
            lambda: page.page.mouse.wheel(0, notch), start="wheel", need=("lightcurve",)
        )
    finally:
        page.page.keyboard.up("Control")


def hover(page, i):
    frame = page.js("layout('lightcurve')")
    x, y = frame["left"] + frame["width"] * (0.2 + 0.11 * (i % 6)), frame["top"] + 40
    return page.measure(
        lambda: page.page.mouse.move(x, y), start="pointermove", need=("lightcurve",)
    )


def drag(page, i):
    """Drag the cadence handle to and fro for DRAG_SECONDS, at 60 mouse movements a second."""
    handle = page.handle("cadence")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = page.page.mouse
    mouse.move(x, y)
    mouse.down()
    direction = 1 if i % 2 == 0 else -1
    free = harness.FreeMouse(page.page)

    def gesture():
        began = time.perf_counter()
        for k in range(int(DRAG_SECONDS * EVENTS_PER_SECOND)):
            time.sleep(max(0, began + k / EVENTS_PER_SECOND - time.perf_counter()))
            free.drag_to(x + direction * (k + 1), y)

    record = page.measure(
        gesture,
        start="pointermove",
        first=True,
        settle=800,
        need=("pixels",),
        look=["pixels"],  # looking takes time too
    )
    free.close()
    mouse.move(x + direction * DRAG_SECONDS * EVENTS_PER_SECOND, y)
    mouse.up()
    page.page.wait_for_timeout(500)
    shown = page.js("picture('pixels')")
    for key in ("ArrowLeft", "ArrowRight")[::direction]:  # there and back: away from the end first
        page.press(page.handle("cadence"), key, need=("pixels",))
    moments = [0, *(c["visible"] for c in record["changes"]["pixels"])]
    longest = max((b - a for a, b in zip(moments, moments[1:], strict=False)), default=None)
    return record | {
        "fps": len(moments[1:]) / (max(moments[-1], record["last_event"]) / 1000),
        "longest": longest,
        "lag": moments[-1] - record["last_event"],
        "up_to_date": shown == page.js("picture('pixels')"),
    }


GESTURES = {"step": step, "stretch": stretch, "zoom": zoom, "hover": hover, "drag": drag}
IMPOSSIBLE = {("hover", "lightkurve")}
COLUMNS = {
    "fps": ("stamps/s", ".1f"),
    "visible": ("visible ms", ".1f"),
    "settled": ("settled ms", ".1f"),
    "longest": ("longest pause ms", ".0f"),
    "lag": ("lag at the end ms", ".0f"),
    "bytes_down": ("bytes down", ".0f"),
    "frames_down": ("frames down", ".0f"),
}
SHOWN = {name: ("visible", "settled", "bytes_down", "frames_down") for name in GESTURES}
SHOWN["drag"] = ("fps", "longest", "lag", "bytes_down", "frames_down")


def run(chromium, arguments, gesture, size):
    """Records of one gesture on one file: {contender: [record, ...]}."""
    path = inputs.sample(size)
    warm_up = 0 if gesture == "drag" else 2
    repeats = max(1, arguments.repeats // 5) if gesture == "drag" else arguments.repeats
    with contextlib.ExitStack() as stack:
        pages = started(stack, chromium, arguments, size, path)
        pages = [page for page in pages if (gesture, page.name) not in IMPOSSIBLE]
        records = {page.name: [] for page in pages}
        for i in range(warm_up + repeats):
            for page in pages:
                record = GESTURES[gesture](page, i)
                if i >= warm_up:
                    records[page.name].append(record)
    return records


def report(gesture, size, records):
    """One row a contender."""
    for name, found in records.items():
        kept = [r.get("up_to_date", r["done"]) for r in found]
        cells = (
            format(harness.summarize(r[key] for r in found), COLUMNS[key][1])
            for key in SHOWN[gesture]
        )
        yield (size, name, f"{sum(kept)}/{len(kept)}", *cells)


def main():
    parser = harness.parser(__doc__.splitlines()[0], sizes=SIZES)
    parser.add_argument("gesture", choices=[*GESTURES, "all"])
    arguments = parser.parse_args()
    chosen = GESTURES if arguments.gesture == "all" else [arguments.gesture]
    results = {}
    with harness.browser() as chromium:
        for gesture in chosen:
            rows, results[gesture] = [], {}
            for size in arguments.sizes:
                with harness.reported(f"{gesture} {size}"):
                    results[gesture][size] = run(chromium, arguments, gesture, size)
                    rows += report(gesture, size, results[gesture][size])
            kept = "up to date" if gesture == "drag" else "painted"
            headers = ("cadences", "contender", kept, *(COLUMNS[k][0] for k in SHOWN[gesture]))
            print(f"{gesture}\n{harness.table(headers, rows)}\n", flush=True)
    harness.write_json(arguments.json, results)


if __name__ == "__main__":
    main()
