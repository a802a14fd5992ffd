"""Periods: how often injected ones are found, whether errors hold, and how long it takes.

    python -m tests.benchmarks.periods [--injections N] [--seed N] [--repeats N] [--json FILE]

Transits are multiplied into real light curves (pipeline apertures, real events cut out) and a
simulated one; S/N, 7 to 50, is that of a box of their duration in the red noise that the light
curve has on that scale. Settings were chosen with seeds below 10,000 on the files marked so. Times
are of one processor, the median of some repeats; lightkurve's are of the same light curve in the
same run, with its own default periods, and its data as they are.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import xarray as xr

import tpfdash
from tpfdash import Ephemeris, box_periodogram, fold, sine_periodogram
from tpfdash.diagnosis.folded import folded_image
from tpfdash.simulate import Pulsation, Star, Transit, simulate_tpf
from tpfdash.stamp.masks import default_mask
from tpfdash.timeseries.prepared import ready, red_noise

from . import harness

SEED = 1_000_000
#: S/N from, to.
BINS = ((7, 10), (10, 15), (15, 25), (25, 50))
#: Name -> file, and what is in it: (period, t0, duration) of its planet, or one event's times.
CURVES = {
    "Kepler-10 (LC)": ("kplr011904151-2010009091648_lpd-targ.fits", (0.8374911, 362.7228, 0.12)),
    "EPIC 210994964 (K2 C4)": ("ktwo210994964-c04_lpd-targ.fits.gz", None),
    "TIC 55525572 (2 min) *": ("tic55525572_s5_tp.fits.gz", (1e4, 1454.67, 0.8)),
    "Kepler-8 (LC) *": ("kplr006922244-2009166043257_lpd-targ.fits", (3.52250, 145.7769, 0.2)),
}
SIMULATED = "simulated sector (2 min)"


def real(name):
    """Path of a real file."""
    folder = os.environ.get("TPFDASH_TEST_DATA")
    if not folder:
        raise SystemExit("TPFDASH_TEST_DATA names no folder of real target pixel files")
    return Path(folder) / name


def curve_of(name):
    """A light curve in which nothing happens, and which of its cadences count."""
    if name == SIMULATED:
        rng = np.random.default_rng(7)
        times = 1300 + np.arange(19_000) * 120 / 86400
        flux = 2e4 * (1 + rng.normal(0, 1e-3, times.size) + 0.003 * np.sin(times / 3))
        flux[9000:9700] = np.nan
        made = xr.Dataset({"flux": ("time", flux)}, coords={"time": ("time", times)})
        return made, np.ones(times.size, bool)
    path, known = CURVES[name]
    tpf = tpfdash.open_tpf(real(path))
    made = tpfdash.aperture_photometry(tpf, default_mask(tpf))
    if known is not None:
        gone = Ephemeris(*known).inside(made["time"].values)
        made = made.assign(flux=made["flux"].where(~xr.DataArray(gone, dims="time")))
    bits = 17087 if tpf.attrs["mission"] == "TESS" else 1130799
    return made, (made["quality"].values & bits) == 0


def drawn(curve, good, rng):
    """A light curve with a transit in it, its ephemeris, S/N."""
    times = curve["time"].values
    series = ready(curve, good, 1.5)
    longest = min(8.0, series.span / 3)
    period = float(np.exp(rng.uniform(np.log(0.7), np.log(longest))))
    duration = float(0.075 * period ** (1 / 3) * rng.uniform(0.5, 1.6))
    truth = Ephemeris(period, float(series.time[0] + rng.uniform(0, period)), duration)
    snr = float(np.exp(rng.uniform(np.log(BINS[0][0]), np.log(BINS[-1][1]))))
    weight = (series.flux_err[truth.inside(series.time)] ** -2.0).sum()
    depth = snr * float(red_noise(series, np.array([duration]))[0]) / np.sqrt(weight)
    event = Transit(0, period, truth.t0, duration, min(depth, 1.0), 0.12)
    at = np.linspace(-0.5, 0.5, 7) * series.days
    light = np.mean([event.light(np.nan_to_num(times) + offset) for offset in at], axis=0)
    return curve.assign(flux=curve["flux"] * ("time", light)[1]), truth, depth, snr


def recovered(name, n, seed):
    """What is found of `n` injections: dicts."""
    curve, good = curve_of(name)
    found = []
    for number in range(n):
        rng = np.random.default_rng([seed, number])
        made, truth, depth, snr = drawn(curve, good, rng)
        search = box_periodogram(made, good=good)
        peaks = search.peaks(1)
        best = peaks[0].ephemeris if peaks else None
        found.append({"snr": snr, "found": False, "harmonic": False, "stands": False})
        if best is None:
            continue
        span = np.nanmax(made["time"].values) - np.nanmin(made["time"].values)
        drift = abs(1 / best.period - 1 / truth.period) * span
        near = drift * truth.period < truth.duration
        ratios = (0.5, 2, 1 / 3, 3, 1.5)
        each = found[-1]
        each["found"] = bool(near)
        each["harmonic"] = any(
            abs(1 / best.period - 1 / (ratio * truth.period)) * span < 0.3 for ratio in ratios
        )
        each["stands"] = bool(peaks[0].strength >= 7.1)
        if near:
            each["pulls"] = [
                (best.period - truth.period) / best.period_err,
                float(best.phase(truth.t0)) * best.period / best.near(truth.t0).t0_err,
                (best.depth - depth) / best.depth_err,
            ]
            each["depth"] = best.depth / depth
    return found


def recovery_rows(name, found):
    for low, high in BINS:
        its = [each for each in found if low <= each["snr"] < high]
        if not its:
            continue
        pulls = np.array([each["pulls"] for each in its if "pulls" in each]).reshape(-1, 3)
        widths = ["-"] * 3
        if len(pulls) > 5:
            widths = [f"{w:.2f}" for w in np.quantile(np.abs(pulls), 0.683, axis=0)]
        ratios = [each["depth"] for each in its if "depth" in each]
        yield (
            name,
            f"{low}-{high}",
            len(its),
            f"{100 * np.mean([each['found'] for each in its]):.0f} %",
            f"{100 * np.mean([each['harmonic'] for each in its]):.0f} %",
            f"{100 * np.mean([each['found'] and each['stands'] for each in its]):.0f} %",
            *widths,
            f"{np.median(ratios):.2f}" if ratios else "-",
        )


def false_periods(n, seed):
    """How often noise is said to have a period, and a wave."""
    boxes = waves = 0
    for number in range(n):
        rng = np.random.default_rng([seed, 77, number])
        times = 1300 + np.arange(4000) * 600 / 86400
        made = xr.Dataset(
            {"flux": ("time", 1 + rng.normal(0, 1e-3, times.size))}, coords={"time": times}
        )
        boxes += box_periodogram(made).words.startswith("The strongest")
        waves += sine_periodogram(made).words.startswith("The highest")
    return boxes, waves


def planets():
    """(name, period in the literature, period found, error)."""
    rows = []
    for name, (path, _), true in (
        ("Kepler-8 b", CURVES["Kepler-8 (LC) *"], 3.52249913),
        ("Kepler-10 b", CURVES["Kepler-10 (LC)"], 0.83749026),
    ):
        tpf = tpfdash.open_tpf(real(path))
        best = box_periodogram(tpfdash.aperture_photometry(tpf, default_mask(tpf))).best
        image = folded_image(tpf, best)
        away = float(np.hypot(*image.offset))
        rows.append(
            (
                name,
                f"{true:.5f}",
                f"{best.period:.5f} +- {best.period_err:.5f}",
                f"{abs(best.period - true):.1e}",
                f"{best.depth * 1e6:,.0f} +- {best.depth_err * 1e6:,.0f}",
                f"{away:.3f} ({image.offset_sigma:.1f} sigma)",
            )
        )
    return rows


def places(n, seed):
    """How far the place of a simulated variable is from the truth, and by how many sigma."""
    found = []
    for number in range(n):
        rng = np.random.default_rng([seed, 5, number])
        target = 5 + rng.uniform(-0.3, 0.3, 2)
        away = rng.uniform(3, 4.5) * np.array([np.cos(a := rng.uniform(0, 2 * np.pi)), np.sin(a)])
        star, period = int(rng.integers(2)), float(np.exp(rng.uniform(np.log(0.2), np.log(2))))
        amplitude = float(np.exp(rng.uniform(np.log(3e-5), np.log(1e-3)))) * (1, 6)[star]
        stars = [Star(*target, magnitude=10.5), Star(*(target + away), magnitude=12.5)]
        tpf = simulate_tpf(
            "TESS",
            n_cadences=6000,
            stars=stars,
            events=[Pulsation(star, period, 1684.0, amplitude)],
            columns=("flux", "flux_err"),
            seed=number,
        )
        made = tpfdash.sine_image(tpf, 1 / period)
        right = made.verdict == ("on_target", "neighbour")[star]
        off = np.nan
        sigma = np.nan
        if made.offset is not None:
            error = np.subtract(made.offset, star * away)
            off = float(np.hypot(*error))
            sigma = float(np.sqrt(error @ np.linalg.solve(np.array(made.covariance), error)))
        found.append((made.star_snr, right, made.verdict == "inconclusive", off, sigma))
    return np.array(found, dtype=float)


def seconds(work, repeats):
    """The median processor time that some work takes, and what it gave."""
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        made = work()
        taken.append(time.process_time() - began)
    return float(np.median(taken)), made


def timed(repeats):
    """Rows (cadences, what, seconds)."""
    rows = []
    for name in ("Kepler-8 (LC) *", "TIC 55525572 (2 min) *"):
        tpf = tpfdash.open_tpf(real(CURVES[name][0]))
        curve = tpfdash.aperture_photometry(tpf, default_mask(tpf))
        n = f"{curve.sizes['time']:,}"
        first, made = seconds(lambda curve=curve: box_periodogram(curve), repeats)
        rows.append((n, f"box periodogram, {made.period.size:,} periods", f"{first:.2f}"))
        best, _ = seconds(lambda curve=curve: box_periodogram(curve).best, repeats)
        rows.append((n, "the same with the best period, fitted", f"{best:.2f}"))
        waves, made = seconds(lambda curve=curve: sine_periodogram(curve), repeats)
        rows.append((n, f"sine periodogram, {made.period.size:,} periods", f"{waves:.2f}"))
        lk = tpfdash.to_lightkurve(curve).remove_nans().normalize()
        theirs, made = seconds(lambda lk=lk: lk.to_periodogram(method="bls"), 1)
        size = made.period.size
        rows.append((n, f"lightkurve, bls, {size:,} periods", f"{theirs:.2f}"))
    return rows


def folded(repeats):
    """Rows (file, events, fold, image, diagnosis): seconds after a changed period."""
    kepler = tpfdash.open_tpf(real(CURVES["Kepler-8 (LC) *"][0]))
    sector = simulate_tpf(
        "TESS",
        n_cadences=18_944,
        events=[Transit(0, 1.3, 1690.0, 0.1, 0.002)],
        columns=("flux", "flux_err"),
    )
    rows = []
    for name, tpf, ephemeris in (
        ("Kepler-8, 1,639", kepler, Ephemeris(3.5225, 145.7769, 0.145)),
        ("simulated, 18,944", sector, Ephemeris(1.3, 1690.0, 0.1)),
        ("simulated, 18,944", sector, Ephemeris(5.2, 1690.0, 0.1)),
    ):
        curve = tpfdash.aperture_photometry(tpf, default_mask(tpf))
        n = len(ephemeris.windows(tpf["time"].values))
        one, _ = seconds(lambda c=curve, e=ephemeris: fold(c, e), repeats)
        two, _ = seconds(lambda t=tpf, e=ephemeris: folded_image(t, e), repeats)
        windows = ephemeris.windows(tpf["time"].values)
        three, _ = seconds(lambda t=tpf, w=windows: tpfdash.diagnose(t, w), repeats)
        rows.append((name, n, f"{one:.3f}", f"{two:.3f}", f"{one + two:.3f}", f"{three:.3f}"))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--injections", type=int, default=60, help="into each light curve")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", help="file for every injection and what was found")
    asked = parser.parse_args()
    print("Real planets, with default settings")
    headers = ("", "period", "found, d", "off, d", "depth, ppm", "image off the target, px")
    print(harness.table(headers, planets()), flush=True)
    print("\nTime of one processor, s")
    print(harness.table(("cadences", "", "s"), timed(asked.repeats)), flush=True)
    print("\nAfter a changed period, s of one processor")
    headers = ("file, cadences", "events", "fold", "image", "both", "diagnosis")
    print(harness.table(headers, folded(asked.repeats)), flush=True)
    every = {}
    rows = []
    for name in (SIMULATED, *CURVES):
        every[name] = recovered(name, asked.injections, asked.seed)
        rows += recovery_rows(name, every[name])
    rows += recovery_rows("all", [each for some in every.values() for each in some])
    print("\nInjected transits (*: settings were chosen on this file, with other seeds)")
    print("Pulls: half-width that 68.3 % are within, in units of the errors given; 1 is right")
    headers = (
        "light curve",
        "S/N",
        "n",
        "found",
        "harmonic",
        "said",
        "pull P",
        "pull t0",
        "pull depth",
        "depth/true",
    )
    print(harness.table(headers, rows), flush=True)
    n = max(asked.injections, 20)
    boxes, waves = false_periods(n, asked.seed)
    print(f"\nWhite noise, 4,000 cadences: a period said in {boxes}, a wave in {waves} of {n}")
    found = places(asked.injections, asked.seed)
    rows = []
    for low, high in ((0, 6), (6, 10), (10, 20), (20, 1e9)):
        its = found[(found[:, 0] >= low) & (found[:, 0] < high)]
        if not len(its):
            continue
        known = its[np.isfinite(its[:, 3])]
        cells = ["-"] * 3
        if len(known):
            middle, most = np.quantile(known[:, 3], [0.5, 0.9])
            cells = [f"{middle:.3f}", f"{most:.3f}", f"{100 * (known[:, 4] > 3).mean():.0f} %"]
        right, silent = (f"{100 * its[:, column].mean():.0f} %" for column in (1, 2))
        rows.append((f"{low}-{high:g}", len(its), right, silent, *cells))
    print("\nPlace of a variable, on the target or 3 to 4.5 pixels off; position error in pixels")
    print(
        harness.table(
            ("S/N", "n", "right", "inconclusive", "median", "90 %", "beyond 3 sigma"), rows
        )
    )
    harness.write_json(asked.json, {"seed": asked.seed, "injections": every})


if __name__ == "__main__":
    main()
