"""How many asteroids `find_crossings` finds, and what it finds where there is none.

    python -m tests.benchmarks.crossings [--repeats N] [--seed SEED]

One at a time is put into real files (those named by TPFDASH_TEST_DATA), across a pixel of the stamp
at any time and in any direction; found is one whose window holds that time. Files with asteroids of
their own are searched as they are for those. Simulated files without one give the false ones.
"""

import os
import sys
from pathlib import Path

import numpy as np

from tpfdash import find_crossings, inject, open_tpf, simulate_tpf
from tpfdash.simulate import MovingObject, Star

from . import harness

#: File -> pixels a day, as main-belt asteroids go there, and e-/s.
FILES = {
    "ktwo210994964-c04_lpd-targ.fits.gz": ((20, 60), (30, 60, 120)),
    "ktwo221312395-c91_lpd-targ.fits.gz": ((20, 60), (60, 200, 600)),
    "ktwo211983544-c18_lpd-targ.fits": ((20, 60), (60, 200, 600)),
    "tic55525572_s5_tp.fits.gz": ((5, 40), (10, 40, 100)),
}


def asteroid(tpf, flux, speeds, random):
    """One that crosses the stamp, a pixel or more from its edge."""
    time = tpf["time"].values
    first, last = np.nanmin(time) + 1, np.nanmax(time) - 1
    rows, cols = tpf.sizes["row"], tpf.sizes["col"]
    speed, way = random.uniform(*speeds), random.uniform(0, 2 * np.pi)
    return MovingObject(
        time=random.uniform(first, last),
        row=random.uniform(1, rows - 2),
        col=random.uniform(1, cols - 2),
        d_row=speed * np.sin(way),
        d_col=speed * np.cos(way),
        flux=flux,
    )


def injected(tpf, flux, speeds, random, repeats):
    """How many of `repeats` are found."""
    found = 0
    for _ in range(repeats):
        one = asteroid(tpf, flux, speeds, random)
        events = find_crossings(inject(tpf, one))
        found += any(event.start - 0.05 <= one.time <= event.end + 0.05 for event in events)
    return found


def false_ones(repeats, seed):
    """What is found in so many simulated files of each mission in which nothing moves."""
    count = 0
    for mission in ("Kepler", "K2", "TESS"):
        for n in range(repeats):
            stars = [Star(5, 5, magnitude=12), Star(2, 8, magnitude=15), Star(8, 2, magnitude=14)]
            cadences = 6000 if mission == "TESS" else 1200
            tpf = simulate_tpf(
                mission, n_cadences=cadences, shape=(11, 11), stars=stars, seed=seed + n
            )
            count += len(find_crossings(tpf))
    return count


def main():
    parser = harness.parser(__doc__.splitlines()[0], sizes=[], repeats=10, contenders=False)
    parser.add_argument("--seed", type=int, default=6_000_000)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    folder = Path(os.environ["TPFDASH_TEST_DATA"])
    rows = []
    for name, (speeds, fluxes) in FILES.items():
        tpf = open_tpf(folder / name)
        own = len(find_crossings(tpf))
        for flux in fluxes:
            found = injected(tpf, flux, speeds, random, arguments.repeats)
            rows.append((name, own, flux, f"{found} of {arguments.repeats}"))
        print(f"{name} done", file=sys.stderr, flush=True)
    print(harness.table(("file", "its own", "e-/s", "found"), rows))
    count = false_ones(arguments.repeats, arguments.seed)
    print(f"{count} in {3 * arguments.repeats} simulated files without one")
    harness.write_json(arguments.json, {"rows": rows, "false": count})


if __name__ == "__main__":
    main()
