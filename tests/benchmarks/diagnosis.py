"""How often the diagnosis is right: injected events of every class, and windows that hold nothing.

    python -m tests.benchmarks.diagnosis [--events N] [--quiet N] [--wide FACTOR] [--seed N]
                                         [--tune] [--json FILE]

Events are injected into real and simulated stamps of all three missions with their flags withheld,
S/N 5 to 50, and with another PRF than the classifier's (see `tests.benchmarks.draws`, which also
says what S/N is). Files and seeds are those to score with, or, with `--tune`, those to tune on;
no file and no seed is both.
"""

import argparse
import collections
import sys
import time

import numpy as np

import tpfdash
from tpfdash.diagnosis.verdict import VERDICTS

from . import draws, harness
from .draws import CLASSES, draw, quiet_window

__all__ = ["draw", "quiet_window"]

SCORING_SEED, TUNING_SEEDS = 1_000_000, 10_000
#: S/N from, to.
FAINT, BRIGHT = 5, 50
BINS = ((5, 10), (10, 20), (20, 50.1))
INCONCLUSIVE = VERDICTS[-1]
#: What neither the target nor a neighbour does.
INSTRUMENTAL = tuple(name for name in CLASSES if name not in ("on_target", "neighbour"))
EDGES = np.linspace(0, 1, 11)  # of the reliability table's confidences


def diagnosed(tpf, window):
    """What is said of a window, in plain values, and how long it took."""
    began = time.perf_counter()
    said = tpfdash.diagnose(tpf, window)
    seconds = time.perf_counter() - began
    position = None if said.position is None else [float(place) for place in said.position]
    return {
        "verdict": str(said.verdict),
        "confidence": float(said.confidence),
        "said_position": position,
        "said_snr": None if said.snr is None else float(said.snr),
        "seconds": seconds,
    }


def by_mission(files):
    """{mission: names of its files}."""
    found = collections.defaultdict(list)
    for name, tpf in files.items():
        found[tpf.attrs["mission"]].append(name)
    return found


def widened(window, factor, tpf, rng):
    """A window so many times as long, somewhere about the same event, within the file."""
    t0, t1 = window
    more = (factor - 1) * (t1 - t0)
    before = rng.uniform(0, more)
    times = tpf["time"].values
    return max(t0 - before, np.nanmin(times)), min(t1 + more - before, np.nanmax(times))


def injected(files, kind, n, seed, wide=1.0):
    """What is said of `n` events of a class, the missions and their files in turn."""
    missions = {m: names for m, names in by_mission(files).items() if kind in draws.classes_of(m)}
    for number in range(n):
        rng = np.random.default_rng([seed, CLASSES.index(kind), number])
        mission = list(missions)[number % len(missions)]
        for turn in range(len(missions[mission])):  # the next file where there is no such event
            name = missions[mission][(number // len(missions) + turn) % len(missions[mission])]
            snr = float(np.exp(rng.uniform(np.log(FAINT), np.log(BRIGHT))))
            try:
                tpf, window, truth = draw(kind, files[name], rng, snr)
            except draws.NotDrawn:
                continue
            if wide > 1:
                window = widened(window, wide, tpf, rng)
            yield {"file": name, "mission": mission, **truth, **diagnosed(tpf, window)}
            break


def quiet(files, n, seed):
    """What is said of `n` windows that hold nothing."""
    names = list(files)
    for number in range(n):
        rng = np.random.default_rng([seed, len(CLASSES), number])
        name = names[number % len(names)]
        try:
            window = quiet_window(files[name], rng)
        except draws.NotDrawn:
            continue
        mission = files[name].attrs["mission"]
        yield {"file": name, "mission": mission, **diagnosed(files[name], window)}


# --- tables ------------------------------------------------------------------------------------


def scores(events):
    """{class: (recall, precision, F1, number)} and the macro F1, of the classes that are there."""
    found = {}
    for kind in CLASSES:
        its = [event for event in events if event["kind"] == kind]
        if not its:
            continue
        right = sum(event["verdict"] == kind for event in its)
        said = sum(event["verdict"] == kind for event in events)
        recall, precision = right / len(its), right / said if said else 0.0
        f1 = 2 * right / (len(its) + said)
        found[kind] = recall, precision, f1, len(its)
    return found, float(np.mean([each[2] for each in found.values()])) if found else np.nan


def share(events, wanted):
    """In how many of the events something holds, as words."""
    n = sum(map(wanted, events))
    return f"{100 * n / len(events):.1f} % ({n} of {len(events)})" if events else "none drawn"


def reliability(events):
    """Rows (confidence from, to, number, mean confidence, share right), calibration error."""
    said = [event for event in events if event["verdict"] != INCONCLUSIVE]
    confidence = np.array([event["confidence"] for event in said])
    right = np.array([event["verdict"] == event["kind"] for event in said])
    bins = np.clip(np.digitize(confidence, EDGES) - 1, 0, EDGES.size - 2)
    rows, error = [], 0.0
    for number in np.unique(bins):
        its = bins == number
        rows.append(
            (
                f"{EDGES[number]:.1f}-{EDGES[number + 1]:.1f}",
                int(its.sum()),
                f"{confidence[its].mean():.3f}",
                f"{right[its].mean():.3f}",
            )
        )
        error += its.mean() * abs(confidence[its].mean() - right[its].mean())
    return rows, float(error)


def short(kind):
    return kind.replace("_", " ")[:12]


def report(events, silent):
    """All that is printed."""
    counts = collections.Counter((event["kind"], event["verdict"]) for event in events)
    strong = [event for event in events if event["snr"] >= 10]
    parts = [
        "Verdicts (columns) on injected events (rows)",
        harness.table(
            ("", *map(short, VERDICTS)),
            [(short(kind), *(counts[kind, v] for v in VERDICTS)) for kind in CLASSES],
        ),
    ]
    groups = {
        f"S/N {low:.0f}-{high:.0f}": [e for e in events if low <= e["snr"] < high]
        for low, high in BINS
    } | {"S/N >= 10": strong}
    groups |= {
        f"{mission}, S/N >= 10": [e for e in strong if e["mission"] == mission]
        for mission in ("Kepler", "K2", "TESS")
    }
    found = {name: scores(its) for name, its in groups.items()}
    rows = []
    for kind in CLASSES:
        cells = [found[name][0].get(kind) for name in groups]
        rows.append(
            (short(kind), *("" if c is None else f"{c[0]:.2f} {c[1]:.2f} ({c[3]})" for c in cells))
        )
    rows.append(("macro F1", *(f"{found[name][1]:.3f}" for name in groups)))
    parts += ["Recall, precision (events)", harness.table(("", *groups), rows)]
    target = [event for event in strong if event["kind"] == "on_target"]
    instrument = [event for event in strong if event["kind"] in INSTRUMENTAL]
    parts += [
        "At S/N >= 10:",
        harness.table(
            ("", ""),
            [
                (
                    "target called instrumental",
                    share(target, lambda e: e["verdict"] in INSTRUMENTAL),
                ),
                ("target called a neighbour", share(target, lambda e: e["verdict"] == "neighbour")),
                (
                    "instrumental called on target",
                    share(instrument, lambda e: e["verdict"] == "on_target"),
                ),
                ("inconclusive", share(strong, lambda e: e["verdict"] == INCONCLUSIVE)),
            ],
        ),
    ]
    verdicts = collections.Counter(each["verdict"] for each in silent)
    parts += [
        f"Quiet windows: given a verdict {share(silent, lambda e: e['verdict'] != INCONCLUSIVE)}",
        harness.table(("verdict", "windows"), verdicts.most_common()),
    ]
    rows, error = reliability(events)
    parts += [
        f"Confidence: expected calibration error {error:.3f}",
        harness.table(("confidence", "events", "mean", "right"), rows),
        "Position against truth, pixels (where the verdict is right)",
        harness.table(("class", "S/N", "events", "median", "90 %"), position_rows(events)),
    ]
    seconds = [each["seconds"] for each in (*events, *silent)]
    parts.append(
        f"Time a call: median {np.median(seconds):.3f} s, 90 % {np.quantile(seconds, 0.9):.3f} s, "
        f"longest {max(seconds):.3f} s"
    )
    return "\n\n".join(parts)


def position_rows(events):
    """(class, S/N, number, median error, 90 % error) in pixels."""
    rows = []
    for kind in ("on_target", "neighbour", "cosmic_ray"):
        for low, high in BINS:
            apart = [
                np.hypot(*np.subtract(event["said_position"], event["position"]))
                for event in events
                if event["kind"] == event["verdict"] == kind
                and low <= event["snr"] < high
                and event["said_position"] is not None
            ]
            if apart:
                middle, most = np.quantile(apart, [0.5, 0.9])
                rows.append(
                    (kind, f"{low:.0f}-{high:.0f}", len(apart), f"{middle:.3f}", f"{most:.3f}")
                )
    return rows


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=200, help="of each class")
    parser.add_argument("--quiet", type=int, default=1000, help="windows that hold nothing")
    parser.add_argument(
        "--wide", type=float, default=1.0, help="make windows so many times too long"
    )
    parser.add_argument("--seed", type=int, help="default: the scoring seed, or 1 with --tune")
    parser.add_argument("--tune", action="store_true", help="files and seeds to tune on")
    parser.add_argument("--json", help="file for every event and what was said of it")
    asked = parser.parse_args()
    if asked.seed is None:
        asked.seed = 1 if asked.tune else SCORING_SEED
    if not (asked.seed < TUNING_SEEDS if asked.tune else asked.seed >= SCORING_SEED):
        parser.error(
            f"the seed is {asked.seed}: it should be below {TUNING_SEEDS} with --tune, and at "
            f"least {SCORING_SEED} without."
        )
    return asked


def main():
    asked = arguments()
    files = draws.tuning_files() if asked.tune else draws.scoring_files()
    events = []
    for kind in CLASSES:
        events += injected(files, kind, asked.events, asked.seed, asked.wide)
        print(f"{kind} done", file=sys.stderr, flush=True)
    silent = list(quiet(files, asked.quiet, asked.seed))
    print(report(events, silent))
    harness.write_json(asked.json, {"seed": asked.seed, "events": events, "quiet": silent})


if __name__ == "__main__":
    main()
