"""The arithmetic without a browser, beside a plain memory copy of the bytes that it reads.

    python -m tests.benchmarks.kernels [--sizes 20000,117000,1000000] [--repeats N]

The cube is in memory, as in a dashboard; the aperture is the middle 5 x 5 pixels. `copy` copies
as many bytes from one array to another; `of the copy` is the kernel's median over the copy's.
Before each call, of either, the processor's caches are filled with something else, as they are
between two clicks; and where either writes, the memory is there already. What compiles has done so
before. `flux by numpy` is what sums up until then.
"""

import itertools
import time

import numpy as np

from tpfdash.io.open import open_tpf
from tpfdash.photometry import RunningSum, aperture_photometry
from tpfdash.stamp import sums
from tpfdash.stamp.blocks import median_level
from tpfdash.views.raster import fit_range, rasterize
from tpfdash.views.warm import warm_up

from . import harness, inputs

SIZES = [20_000, 117_000, 1_000_000]
CACHES = np.zeros(1 << 26, np.uint8)  # bytes: more than any cache of the machine's should hold


def middle(shape, side=5):
    """The square of `side` pixels in the middle of the stamp."""
    mask = np.zeros(shape, dtype=bool)
    row, col = ((n - side) // 2 for n in shape)
    mask[row : row + side, col : col + side] = True
    return mask


def kernels(path):
    """{name: (function, bytes that it has to read)} on one file."""
    tpf = open_tpf(path)
    tpf = tpf.drop_vars(set(inputs.CUBES[2:]) & set(tpf.data_vars)).load()
    flux_only = tpf.drop_vars("flux_err", errors="ignore")
    mask = middle(tpf["aperture"].shape)
    one_more = mask.copy()
    one_more[0, 0] = True
    ring = ~middle(mask.shape, 7)
    series = tpf.sizes["time"] * 4  # bytes of one pixel's
    n = int(mask.sum())

    running = RunningSum(tpf)
    running.update(mask)
    moved = np.roll(mask, (3, 3), axis=(0, 1))  # most pixels are others: all are added up
    summing = RunningSum(tpf)

    def alternate(running, *masks):
        """A function that makes the sum that of each mask in turn."""
        turns = itertools.cycle(masks)
        return lambda: running.update(next(turns))

    def by_numpy(function):
        def call():
            compiled, sums._compiled = sums._compiled, None
            function()
            sums._compiled = compiled

        return call

    toggle = alternate(running, one_more, mask)
    flux = running.flux()
    clock = tpf["time"].values
    there = np.isfinite(clock) & np.isfinite(flux)
    x, y = clock[there], flux[there]
    ranges = (x[0], x[-1]), fit_range(x, y)
    found = {
        "flux": (alternate(summing, moved, mask), n * series),
        "flux by numpy": (by_numpy(alternate(RunningSum(tpf), moved, mask)), n * series),
        "flux, one pixel toggled": (lambda: (toggle(), running.flux()), series),
        "flux, centroids": (lambda: aperture_photometry(flux_only, mask), n * series),
        "flux, centroids, errors": (lambda: aperture_photometry(tpf, mask), 2 * n * series),
        "background median": (lambda: median_level(tpf, ring), int(ring.sum()) * series),
        "flux range": (lambda: fit_range(x, y), y.nbytes),
        "raster": (lambda: rasterize([(x, y)], *ranges), x.nbytes + y.nbytes),
    }
    if "flux_err" not in tpf:
        del found["flux, centroids, errors"]
    return found


def timed(function, repeats):
    """Milliseconds of each of `repeats` calls, after one that is not counted."""
    function()
    times = []
    for _ in range(repeats):
        CACHES[:] += 1
        began = time.perf_counter()
        function()
        times.append(1000 * (time.perf_counter() - began))
    return times


def copying(size):
    """A function that copies `size` bytes between two arrays that are there already."""
    source, target = np.ones(size, np.uint8), np.zeros(size, np.uint8)
    return lambda: np.copyto(target, source)


def main():
    arguments = harness.parser(__doc__.splitlines()[0], sizes=SIZES, contenders=False).parse_args()
    results, rows = {}, []
    warm_up().join()
    for size in arguments.sizes:
        results[size] = {}
        for name, (function, read) in kernels(inputs.sample(size)).items():
            times = timed(function, arguments.repeats)
            copies = timed(copying(read), arguments.repeats)
            results[size][name] = {"ms": times, "copy_ms": copies, "bytes": read}
            kernel, copy = harness.summarize(times), harness.summarize(copies)
            ratio = kernel.median / copy.median
            cells = (f"{read / 1e6:.2f}", f"{kernel:.2f}", f"{copy:.2f}", f"{ratio:.1f}")
            rows.append((size, name, *cells))
    print(harness.table(("cadences", "kernel", "MB", "ms", "copy ms", "of the copy"), rows))
    harness.write_json(arguments.json, results)


if __name__ == "__main__":
    main()
