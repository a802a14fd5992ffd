"""How many files are answered in a minute, by one process and by two.

    python -m tests.benchmarks.bulk [--files N] [--rounds N]

Simulated K2 files with transits of two stars; the ratio is of runs that were made in turn.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

import tpfdash
from tpfdash.simulate import Star, Transit, simulate_tpf


def files(folder: Path, count: int) -> list[Path]:
    """Files of 3,000 cadences of 9 x 9 pixels, written there."""
    made = []
    for seed in range(count):
        tpf = simulate_tpf(
            "K2",
            n_cadences=3000,
            shape=(9, 9),
            stars=[Star(4, 4, magnitude=11.5), Star(6.2, 2.1, magnitude=13.5)],
            events=[Transit(seed % 2, 7.3, 3263.9, 0.3, 0.02 + 0.1 * (seed % 2))],
            seed=seed,
        )
        made.append(tpfdash.write_tpf(tpf, folder / f"{seed}.fits"))
    return made


def seconds(paths: list[Path], workers: int) -> float:
    """How long it takes to answer them all, processes' starts included."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        tpfdash.diagnose_many(paths, Path(folder) / "results.jsonl", workers=workers)
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = files(Path(folder), options.files)
        rounds = [[seconds(paths, workers) for workers in (1, 2)] for _ in range(options.rounds)]
    one, two = np.median(rounds, axis=0)
    ratio = np.median([first / second for first, second in rounds])
    print(f"{options.files} files, {options.rounds} rounds, medians")
    print("| processes | seconds | files a minute |\n|---|---|---|")
    for workers, taken in ((1, one), (2, two)):
        print(f"| {workers} | {taken:.1f} | {60 * options.files / taken:.0f} |")
    print(f"two are {ratio:.2f} times as fast as one")


if __name__ == "__main__":
    main()
