"""Peak memory of a fresh process that opens the largest known stamp and makes one light curve.

    python -m tests.benchmarks.memory [--shape CADENCES,ROWS,COLUMNS] [--json FILE]

The file is as large as alpha Centauri B's, 18,551 cadences of 905 x 11 pixels, with all of its
cubes (3.7 GB). Peaks are resident bytes (VmHWM; ru_maxrss where there is no /proc), imports
included; the goal is 1.5 times the flux cube.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from . import harness, inputs

SHAPE = (18_551, 905, 11)
GOAL = 1.5
MB = 1e6


def peak():
    """Highest resident memory of this process so far, bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would count what the parent had before exec
        line = next(ln for ln in status.read_text().splitlines() if ln.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def opened(path):
    from tpfdash.io.open import open_tpf

    return open_tpf(path)


def only_open(path):
    """Open it and read no cube."""
    return opened(path)


def pipeline(path):
    """aperture_photometry with the pipeline aperture."""
    from tpfdash.photometry import aperture_photometry
    from tpfdash.stamp.masks import pipeline_mask

    tpf = opened(path)
    return aperture_photometry(tpf, pipeline_mask(tpf))


def all_pixels(path):
    """aperture_photometry with all pixels."""
    from tpfdash.photometry import aperture_photometry

    tpf = opened(path)
    return aperture_photometry(tpf, np.ones(tpf["aperture"].shape, dtype=bool))


def inspector(path):
    """What a dashboard holds: an Inspector and its light curve."""
    from tpfdash.inspector import Inspector

    return Inspector(opened(path)).lightcurve


def dashboard(path):
    """The dashboard, drawn: stamp and light curve of the pipeline aperture."""
    import panel as pn

    from tpfdash.app.dashboard import TPFDashboard

    drawn = TPFDashboard(path)
    return drawn, pn.panel(drawn).get_root()


def imports(path):
    """Import the package, no more."""
    import tpfdash.inspector
    import tpfdash.io.open

    return tpfdash


CASES = {f.__name__: f for f in (imports, only_open, pipeline, all_pixels, inspector, dashboard)}


def child(case, path):
    """Run one case in this process; print {"peak": bytes, "seconds": s}."""
    began = time.perf_counter()
    kept = CASES[case](path)
    seconds = time.perf_counter() - began
    print(json.dumps({"peak": peak(), "seconds": seconds, "kept": kept is not None}))


def measure(case, path):
    """Run one case in a fresh process."""
    words = harness.python("-m", "tests.benchmarks.memory", "--child", case, path)
    done = subprocess.run(words, cwd=harness.REPOSITORY, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{case} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=harness.numbers, default=SHAPE, metavar="N,ROWS,COLUMNS")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--child", nargs=2, metavar=("CASE", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return child(*arguments.child)

    cadences, *shape = arguments.shape
    path = inputs.simulated(cadences, tuple(shape))
    cube = 4 * np.prod(arguments.shape)
    results = {case: measure(case, path) for case in CASES}
    rows = [
        (
            case,
            f"{found['seconds']:.1f}",
            f"{found['peak'] / MB:.0f}",
            f"{found['peak'] / cube:.2f}",
            "yes" if found["peak"] <= GOAL * cube else "no",
        )
        for case, found in results.items()
    ]
    print(f"file {path.stat().st_size / MB:.0f} MB, flux cube {cube / MB:.0f} MB")
    print(harness.table(("case", "s", "peak MB", "of the cube", f"at most {GOAL}"), rows))
    harness.write_json(arguments.json, {"cube": cube, "cases": results})


if __name__ == "__main__":
    main()
