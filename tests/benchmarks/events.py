"""How many events of a light curve are found, each once, and how often noise is called one.

    python -m tests.benchmarks.events [--events N] [--noise N] [--white] [--seed N] [--tune]
                                      [--json FILE]

Boxes, transits, flares, steps and single cadences are put into real light curves, one at a time, at
random times where at least three fifths of their cadences are there and nothing else stands out,
1 cadence to 1.5 d long and of S/N 8 to 50. The S/N is the response of a matched filter with the
event's own shape, less the mean of two flanks each as long as the event, over the robust scatter of
the same filter at all other places of the light curve as it is; that of a step is of the mean after
less the mean before. With `--white` it is over the noise from one cadence to the next, which is
what is left where neither the star nor the pointing does anything.

Files and seeds are those to score with, or, with `--tune`, those to tune on.
"""

import argparse
import collections
import os
import sys
import time
from pathlib import Path

import numpy as np
import xarray as xr
from scipy.signal import fftconvolve

import tpfdash
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.masks import default_mask

from . import harness

SCORING_SEED, TUNING_SEEDS = 1_000_000, 10_000
FILES = {
    True: ("kplr006922244", "ktwo210994964", "tic55525572 first half", "tess-s0001"),
    False: (
        "kplr011904151",
        "kplr005562784",
        "ktwo211983544",
        "ktwo221312395",
        "tess-s0019",
        "tic55525572 second half",
    ),
}
SHAPES = ("box", "transit", "flare", "step", "outlier")
#: What each is to be called, and whether light is missing; None: either.
NAMES = {
    "box": ("dip", "brightening"),
    "transit": ("dip",),
    "flare": ("brightening",),
    "step": ("step",),
    "outlier": ("outlier",),
}
FAINT, BRIGHT = 8, 50
BINS = ((8, 10), (10, 15), (15, 25), (25, 50.1))
LONGEST = 1.5
#: Cadences of a light curve of noise.
NOISE = 4000


def real_lightcurve(name):
    """The light curve of a file's default aperture, or of half of it."""
    folder = os.environ.get("TPFDASH_TEST_DATA")
    if not folder:
        raise SystemExit("TPFDASH_TEST_DATA names no folder of real target pixel files")
    start, _, part = name.partition(" ")
    (path,) = Path(folder).glob(f"{start}*")
    tpf = tpfdash.open_tpf(path)
    half = tpf.sizes["time"] // 2
    kept = {"": slice(None), "first half": slice(None, half), "second half": slice(half, None)}
    tpf = tpf.isel(time=kept[part]).load()
    return tpfdash.aperture_photometry(tpf, default_mask(tpf))


# --- injections --------------------------------------------------------------------------------


class Curve:
    """What drawing events needs of a light curve."""

    def __init__(self, lightcurve):
        self.lightcurve = lightcurve
        self.time, self.flux = lightcurve["time"].values, lightcurve["flux"].values
        self.there = np.isfinite(self.time) & np.isfinite(self.flux)
        t = self.time[self.there]
        self.cadence = float(np.median(np.diff(t)))
        self.span = self.cadence * self.there.sum()
        slot = np.rint((t - t[0]) / self.cadence).astype(int)
        self.slot = slot
        self.grid = np.zeros(slot[-1] + 1)
        self.filled = np.zeros(slot[-1] + 1)
        self.grid[slot] = self.flux[self.there] - np.median(self.flux[self.there])
        self.filled[slot] = 1
        # A gap has the level that lies beside it.
        empty = self.filled == 0
        self.grid[empty] = np.interp(np.flatnonzero(empty), slot, self.grid[slot])
        y = self.flux[self.there]
        self.white = scatter(y[1:-1] - (y[:-2] + y[2:]) / 2) / np.sqrt(1.5)
        self.known = tpfdash.find_events(lightcurve)

    def at(self, slot):
        """The time of a slot."""
        return self.time[self.there][0] + slot * self.cadence


def scatter(values):
    low, high = np.percentile(values, [15.87, 84.13])
    return (high - low) / 2


def template(shape, n, rng):
    """The event over `n` slots, 1 at its most."""
    at = (np.arange(n) + 0.5) / n
    if shape == "transit":
        edge = rng.uniform(0.05, 0.3)
        inside = np.clip(np.minimum(at, 1 - at) / edge, 0, 1)
        if rng.random() < 0.3:  # an eclipse
            inside = np.minimum(at, 1 - at) * 2
        return inside / inside.max()
    if shape == "flare":
        rise = rng.uniform(0.05, 0.2)
        made = np.where(at < rise, at / rise, np.exp(-(at - rise) / ((1 - rise) / 4)))
        return made / made.max()
    return np.ones(n)


def kernel_of(shape, values):
    """A matched filter with two flanks; of a step, one level less the other."""
    n = values.size
    if shape == "step":
        return np.concatenate([-np.ones(n), np.ones(n)]) / n
    kernel = np.concatenate([np.zeros(n), values, np.zeros(n)])
    flanks = np.concatenate([np.ones(n), np.zeros(n), np.ones(n)])
    return kernel - values.sum() * flanks / flanks.sum()


def injected(curve, shape, rng, snr, white):
    """A light curve with an event, and the truth of it; None where there is no room for it."""
    longest = min(LONGEST, curve.span / 12)
    length = np.exp(rng.uniform(np.log(curve.cadence), np.log(longest)))
    n = 1 if shape == "outlier" else max(int(round(length / curve.cadence)), 1)
    if shape in ("flare", "step", "transit"):
        n = max(n, 3)
    values = template(shape, n, rng)
    kernel = kernel_of(shape, values)
    response = fftconvolve(curve.grid, kernel[::-1], mode="valid")
    covered = np.convolve(curve.filled, np.ones(kernel.size), "valid") / kernel.size
    usual = response[covered > 0.9]
    if usual.size < 10:
        return None
    noise = np.sqrt((kernel**2).sum()) * curve.white if white else scatter(usual)
    own = 2 * n if shape == "step" else n
    inside = np.convolve(curve.filled, np.ones(own), "valid") / own
    first = np.arange(response.size) + (0 if shape == "step" else n)
    calm = (inside[first] >= 0.6) & (np.abs(response - np.median(usual)) < 3 * scatter(usual))
    # Nothing that is found without it lies in or beside it.
    busy = np.zeros(curve.grid.size, dtype=bool)
    for event in curve.known:
        ends = (np.array([event.start, event.end]) - curve.at(0)) / curve.cadence
        busy[max(int(ends[0]) - 1, 0) : int(ends[1]) + 3] = True
    calm &= np.convolve(busy, np.ones(own), "valid")[first] == 0
    if not calm.any():
        return None
    start = int(rng.choice(first[calm]))
    if shape == "outlier" and not curve.filled[start]:
        return None
    power = 1.0 if shape == "step" else float(kernel[n : 2 * n] @ values)
    sign = -1 if shape == "transit" else 1 if shape == "flare" else rng.choice([-1, 1])
    height = sign * snr * noise / power
    signal = np.zeros(curve.grid.size)
    if shape == "step":
        start += n
        signal[start:] = height
    else:
        signal[start : start + n] = height * values
    flux = curve.flux.copy()
    flux[curve.there] += signal[curve.slot]
    made = curve.lightcurve.copy()
    made["flux"] = "time", flux, curve.lightcurve["flux"].attrs
    t0, t1 = curve.at(start) - curve.cadence / 2, curve.at(start + n) - curve.cadence / 2
    if shape == "step":
        t1 = t0
    truth = {"shape": shape, "snr": snr, "start": t0, "end": t1, "n": n, "depth": -height}
    return made, truth


def judged(curve, made, truth):
    """What was found of an injected event, and what else that was not there before."""
    began = time.perf_counter()
    found = tpfdash.find_events(made)
    seconds = time.perf_counter() - began
    near = curve.cadence * (max(2, truth["n"] / 4) if truth["shape"] == "step" else 0.5)
    low, high = truth["start"] - near, truth["end"] + near
    here, others = [], 0
    for event in found:
        times = (event.time, event.time) if event.kind == "step" else event.window
        if times[0] < high and times[1] > low:
            here.append(event)
        elif not any(event.start < e.end and event.end > e.start for e in curve.known):
            others += 1
    right = [e for e in here if e.depth * truth["depth"] > 0]
    best = max(right, key=lambda event: event.snr, default=None)
    names = NAMES[truth["shape"]] + (("outlier",) if truth["n"] <= 3 else ())
    made = truth | {
        "found": best is not None,
        "kind": best is not None and best.kind in names,
        "once": len(here) == 1,
        "others": others,
        "seconds": seconds,
    }
    if best is not None:
        middle = (truth["start"] + truth["end"]) / 2
        length = truth["n"] * curve.cadence
        made["time_error"] = (best.time - middle) / length
        made["said_snr"] = best.snr
        if truth["shape"] != "step":
            made["length_ratio"] = best.duration / length
    return made


def injections(curves, n, seed, white):
    """What was found of `n` events of each shape, the files in turn."""
    for number, shape in enumerate(SHAPES):
        for each in range(n):
            rng = np.random.default_rng([seed, number, each])
            for _ in range(10):
                name = list(curves)[rng.integers(len(curves))]
                snr = float(np.exp(rng.uniform(np.log(FAINT), np.log(BRIGHT))))
                if (made := injected(curves[name], shape, rng, snr, white)) is not None:
                    yield {"file": name} | judged(curves[name], *made)
                    break
        print(f"{shape} done", file=sys.stderr, flush=True)


# --- noise -------------------------------------------------------------------------------------


def plain(time, flux):
    return xr.Dataset({"flux": ("time", flux)}, coords=xr.Coordinates({"time": ("time", time)}, {}))


def white_noise(rng, curves):
    return plain(0.0204 * np.arange(NOISE), 1e4 + rng.normal(0, 5, NOISE))


def white_with_gaps(rng, curves):
    """Two gaps, a lost tenth of all cadences, and noise that doubles in a part of it."""
    time = 0.00139 * np.arange(NOISE) + np.where(np.arange(NOISE) > 1500, 1.0, 0)
    kept = rng.random(NOISE) > 0.1
    sigma = np.where(np.arange(NOISE) > 2500, 10.0, 5.0)
    return plain(time[kept], (1e4 + rng.normal(0, 1, NOISE) * sigma)[kept])


def red_noise(rng, curves):
    """White noise, a walk that is drawn back within a day, and a slow wave."""
    cadence = 0.0204
    keep = np.exp(-cadence / 1.0)
    kicks = rng.normal(0, np.sqrt(1 - keep**2), NOISE)
    walk = np.zeros(NOISE)
    for n in range(1, NOISE):
        walk[n] = keep * walk[n - 1] + kicks[n]
    time = cadence * np.arange(NOISE)
    wave = 30 * np.sin(2 * np.pi * time / rng.uniform(8, 20))
    return plain(time, 1e4 + rng.normal(0, 5, NOISE) + 5 * walk + wave)


def simulated(mission):
    """Of a star that does nothing, with the mission's usual motion and flags."""

    def made(rng, curves):
        tpf = simulate_tpf(
            mission,
            n_cadences=NOISE,
            shape=(7, 7),
            columns=("flux",),
            seed=int(rng.integers(1 << 30)),
        )
        return tpfdash.aperture_photometry(tpf, default_mask(tpf))

    return made


def scrambled(rng, curves):
    """What is left of a real light curve without trend and events, upside down and in any order."""
    name = list(curves)[rng.integers(len(curves))]
    curve = curves[name]
    y = curve.grid[curve.filled > 0]
    rest = y[1:-1] - (y[:-2] + y[2:]) / 2
    rest = rest[np.abs(rest) < 4 * scatter(rest)]
    flux = 1e4 - rng.choice(rest, NOISE)
    return plain(0.0204 * np.arange(NOISE), flux)


NOISES = {
    "white": white_noise,
    "white, gaps, louder part": white_with_gaps,
    "white and red": red_noise,
    "simulated Kepler": simulated("Kepler"),
    "simulated K2": simulated("K2"),
    "simulated TESS": simulated("TESS"),
    "real, scrambled": scrambled,
}


def false_alarms(curves, n, seed):
    """{noise: how many events in each of `n` light curves}."""
    found = {}
    for number, (name, make) in enumerate(NOISES.items()):
        found[name] = [
            len(
                tpfdash.find_events(make(np.random.default_rng([seed, 100 + number, each]), curves))
            )
            for each in range(n)
        ]
        print(f"{name} done", file=sys.stderr, flush=True)
    return found


# --- tables ------------------------------------------------------------------------------------


def percent(values):
    values = list(values)
    return f"{100 * np.mean(values):.1f}" if values else ""


def report(events, alarms, known):
    rows = []
    for shape in (*SHAPES, "all"):
        its = [e for e in events if shape in ("all", e["shape"])]
        cells = []
        for low, high in BINS:
            binned = [e for e in its if low <= e["snr"] < high]
            cells.append(f"{percent(e['found'] for e in binned)} ({len(binned)})")
        found = [e for e in its if e["found"]]
        rows.append(
            (
                shape,
                *cells,
                percent(e["found"] for e in its),
                percent(e["once"] for e in found),
                percent(e["kind"] for e in found),
            )
        )
    headings = [f"S/N {low}-{high:.0f}" for low, high in BINS]
    parts = [
        "Injected events found, % (number)",
        harness.table(("", *headings, "all", "once", "kind right"), rows),
    ]
    rows = []
    for name in dict.fromkeys(e["file"] for e in events):
        its = [e for e in events if e["file"] == name]
        rows.append(
            (
                name,
                len(its),
                percent(e["found"] for e in its),
                percent(e["once"] for e in its if e["found"]),
                f"{np.mean([e['others'] for e in its]):.2f}",
                len(known[name]),
            )
        )
    parts += [
        "By light curve (others: events that are neither there without it nor it, an injection)",
        harness.table(("", "events", "found", "once", "others", "found without"), rows),
    ]
    rows = []
    for shape in SHAPES:
        its = [e for e in events if e["shape"] == shape and e["found"]]
        errors = np.abs([e["time_error"] for e in its])
        ratios = [e["length_ratio"] for e in its if "length_ratio" in e]
        rows.append(
            (
                shape,
                f"{np.median(errors):.3f}",
                f"{np.quantile(errors, 0.9):.3f}",
                *([f"{q:.2f}" for q in np.quantile(ratios, [0.1, 0.5, 0.9])] if ratios else "   "),
                f"{np.median([e['said_snr'] / e['snr'] for e in its]):.2f}",
            )
        )
    heads = ("", "time error", "90 %", "length 10 %", "50 %", "90 %", "S/N said")
    parts += [
        "Time error in lengths of the event; its length, and its S/N, over the truth",
        harness.table(heads, rows),
        f"Pure noise of {NOISE} cadences: light curves with an event",
        harness.table(
            ("", "light curves", "with an event, %", "events"),
            [(name, len(n), percent(k > 0 for k in n), sum(n)) for name, n in alarms.items()],
        ),
    ]
    if events:
        seconds = [e["seconds"] for e in events]
        parts.append(f"Seconds a light curve: median {np.median(seconds):.2f}")
    return "\n\n".join(parts)


def speed(n=117_000):
    """Seconds for one light curve of 20 s cadences with a dozen transits and a gap."""
    rng = np.random.default_rng(1)
    time_ = 20 / 86400 * np.arange(n)
    flux = 1e4 + rng.normal(0, 20, n) + 30 * np.sin(time_)
    for begin in np.arange(0.5, 26, 2.2):
        flux[(time_ > begin) & (time_ < begin + 0.2)] -= 20
    flux[rng.integers(0, n, 30)] += 200
    position = np.cumsum(rng.normal(0, 1e-4, (n, 2)), axis=0)
    lightcurve = plain(time_, flux)
    lightcurve = lightcurve.assign(
        {f"pos_corr{k}": ("time", position[:, k - 1].astype(np.float32)) for k in (1, 2)}
    )[{"time": (time_ < 13) | (time_ > 14)}]
    seconds = []
    for _ in range(4):
        began = time.perf_counter(), time.process_time()
        found = tpfdash.find_events(lightcurve)
        seconds.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    return seconds, len(found)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100, help="of each shape")
    parser.add_argument("--noise", type=int, default=40, help="light curves of each noise")
    parser.add_argument("--white", action="store_true", help="S/N over the white noise alone")
    parser.add_argument("--seed", type=int, help="default: the scoring seed, or 1 with --tune")
    parser.add_argument("--tune", action="store_true", help="files and seeds to tune on")
    parser.add_argument("--json", help="file for every event and what was found of it")
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
    curves = {name: Curve(real_lightcurve(name)) for name in FILES[asked.tune]}
    known = {
        name: collections.Counter(event.kind for event in curve.known)
        for name, curve in curves.items()
    }
    events = list(injections(curves, asked.events, asked.seed, asked.white))
    alarms = false_alarms(curves, asked.noise, asked.seed) if asked.noise else {}
    print(report(events, alarms, {name: list(n.elements()) for name, n in known.items()}))
    seconds, n = speed()
    listed = ", ".join(f"{wall:.2f} ({cpu:.2f})" for wall, cpu in seconds)
    print(f"\n117,000 cadences, {n} events: {listed} seconds of the clock (of the processor)")
    harness.write_json(asked.json, {"seed": asked.seed, "events": events, "noise": alarms})


if __name__ == "__main__":
    main()
