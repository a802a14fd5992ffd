"""How much scatter corrections take off real K2 light curves, and how much of a transit they keep.

    python -m tests.benchmarks.corrections [--seed N] [--transits N]

Three files, each with the pipeline's own aperture (a threshold mask where it has none). Beside our
corrections stands lightkurve's SFFCorrector on the same mask, the same cadences, as it comes (its
spline in time is taken off too) and with its spline put back; so that what the star itself does is
treated alike, each is measured once more with our trend of 1 day taken off all of them.

- `ppm`: lightkurve's `estimate_cdpp` over 13 cadences (6.4 h), on cadences that all have, no
  thruster firing and, in EPIC 221312395, no eclipse among them; `falls by` is raw over that.
- `kept`: boxes of 6.5 h, `depth` deep, are put into the light curve at random times; the depth that
  each has after the correction, against the same light curve corrected without it, over `depth`:
  the median, and what nine in ten exceed.

The numbers of the corrections were chosen on other apertures, with other transits (seed 1).

A second table has the seconds of a processor that corrections take: on a real sector of TESS, and
on 117,000 simulated cadences of 20 s (TESS) and of a rolling K2.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
import xarray as xr

from tpfdash import aperture_photometry, corrected, open_tpf, to_lightkurve
from tpfdash.stamp.masks import default_mask
from tpfdash.timeseries.corrections import Bin, Flatten, RemoveOutliers, RemovePointing
from tpfdash.timeseries.correctors import lightkurve_corrector
from tpfdash.timeseries.series import usable

from . import harness

FILES = {
    "EPIC 211983544, C18": "ktwo211983544-c18_lpd-targ.fits",
    "EPIC 210994964, C4": "ktwo210994964-c04_lpd-targ.fits.gz",
    "EPIC 221312395, C9a": "ktwo221312395-c91_lpd-targ.fits.gz",
}
#: Eclipses of a target: period, epoch, half of how long they take, days.
ECLIPSES = {"EPIC 221312395, C9a": (1.61175, 2668.345, 0.22)}
HOURS = 6.5
FIRING = 1 << 19 | 1 << 20
#: Flatten's trend, taken off everything for the second comparison.
ALIKE = Flatten(1.0)


def methods():
    """Name -> a function from a light curve to a corrected one."""
    return {
        "raw": lambda curve: curve,
        "RemovePointing()": lambda curve: corrected(curve, RemovePointing()),
        "RemovePointing(), Flatten()": lambda curve: corrected(
            curve, [RemovePointing(), Flatten()]
        ),
        "lightkurve SFF": lightkurve_corrector("SFF"),
        "lightkurve SFF, trend restored": lightkurve_corrector("SFF", restore_trend=True),
    }


def measured(curve, name):
    """The cadences that scatter is measured on: int array."""
    cadences = usable(curve)
    cadences = cadences[(curve["quality"].values[cadences] & FIRING) == 0]
    cadences = cadences[np.isfinite(curve["centroid_row"].values[cadences])]
    if name in ECLIPSES:
        period, epoch, half = ECLIPSES[name]
        phase = (curve["time"].values[cadences] - epoch + period / 2) % period - period / 2
        cadences = cadences[np.abs(phase) > half]
    return cadences


def cdpp(curve, cadences):
    made = to_lightkurve(curve.isel(time=cadences)).estimate_cdpp(transit_duration=13)
    return float(made.value)


def kept(correct, curve, depth, transits, seed):
    """The share of the depth of each injected transit that is left: float array."""
    time_of = curve["time"].values
    cadences = usable(curve)
    first, last = time_of[cadences[[0, -1]]]
    half = HOURS / 48
    before = correct(curve)["flux"].values
    found = []
    centres = np.random.default_rng(seed).uniform(first + 1, last - 1, transits)
    while len(centres):
        # In one light curve no two are nearer than 5 days.
        own, rest = [], []
        for centre in np.sort(centres):
            (own if not own or centre - own[-1] > 5 else rest).append(centre)
        away = np.min(np.abs(time_of - np.array(own)[:, None]), axis=0)
        injected = curve.copy()
        injected["flux"] = curve["flux"] * np.where(away < half, 1 - depth, 1.0)
        ratio = correct(injected)["flux"].values / before
        for centre in own:
            away = np.abs(time_of - centre)
            inside = (away < half) & np.isfinite(ratio)
            beside = (away > half) & (away < 3 * half) & np.isfinite(ratio)
            if inside.sum() > 3 and beside.sum() > 6:
                found.append((ratio[beside].mean() - ratio[inside].mean()) / depth)
        centres = np.array(rest)
    return np.array(found)


def long_curve(mission, n=117_000):
    """A light curve that rolls, of so many cadences of 20 s."""
    rng = np.random.default_rng(1)
    days = 1400 + np.arange(n) * 20 / 86400
    roll = (days / 0.245) % 1
    values = {
        "flux": 1000 * (1 + 0.02 * roll) + rng.normal(0, 1, n),
        "pos_corr1": roll + rng.normal(0, 0.01, n),
        "pos_corr2": 0.5 * roll + rng.normal(0, 0.01, n),
    }
    made = xr.Dataset({name: ("time", value) for name, value in values.items()})
    made = made.assign_coords(xr.Coordinates({"time": ("time", days)}, indexes={}))
    return made.assign_attrs(mission=mission)


def speed(folder):
    """Rows of the second table."""
    tpf = open_tpf(folder / "tic55525572_s5_tp.fits.gz")
    curves = {"TIC 55525572, S5": aperture_photometry(tpf, default_mask(tpf))}
    curves |= {f"simulated, {name}": long_curve(name) for name in ("TESS", "K2")}
    for name, curve in curves.items():
        row = [name, curve.sizes["time"]]
        for correction in (Flatten(), RemoveOutliers(), RemovePointing(), Bin()):
            corrected(curve, correction)
            began = time.process_time()
            corrected(curve, correction)
            row.append(f"{time.process_time() - began:.2f}")
        yield tuple(row)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--transits", type=int, default=30)
    parser.add_argument("--depth", type=float, default=0.02)
    arguments = parser.parse_args()
    folder = os.environ.get("TPFDASH_TEST_DATA")
    if not folder:
        raise SystemExit("TPFDASH_TEST_DATA names no folder of real target pixel files")
    warnings.simplefilter("ignore")
    rows = []
    for name, file in FILES.items():
        tpf = open_tpf(Path(folder) / file)
        curve = aperture_photometry(tpf, default_mask(tpf))
        curves, seconds = {}, {}
        for method, correct in methods().items():
            began = time.perf_counter()
            curves[method] = correct(curve)
            seconds[method] = time.perf_counter() - began
        cadences = measured(curve, name)
        for each in curves.values():
            cadences = cadences[np.isfinite(each["flux"].values[cadences])]
        raw, raw_alike = (cdpp(each, cadences) for each in (curve, corrected(curve, ALIKE)))
        for method, each in curves.items():
            scatter, alike = cdpp(each, cadences), cdpp(corrected(each, ALIKE), cadences)
            shares = kept(
                methods()[method], curve, arguments.depth, arguments.transits, arguments.seed
            )
            rows.append(
                (
                    name,
                    method,
                    f"{scatter:.0f}",
                    f"{raw / scatter:.2f}",
                    f"{alike:.0f}",
                    f"{raw_alike / alike:.2f}",
                    f"{np.median(shares):.2f}",
                    f"{np.quantile(shares, 0.1):.2f}",
                    f"{seconds[method]:.2f}",
                )
            )
    head = ("file", "method", "ppm", "falls by", "alike", "falls by", "kept", "90 %", "s")
    print(harness.table(head, rows))
    print()
    head = ("file", "cadences", "Flatten", "RemoveOutliers", "RemovePointing", "Bin")
    print(harness.table(head, list(speed(Path(folder)))))


if __name__ == "__main__":
    main()
