"""The files that the benchmarks open: real ones, and long or tall ones that are simulated.

Simulated files are kept in `harness.scratch()` from one run to the next.
"""

import os
from pathlib import Path

import numpy as np
from astropy.io import fits

from tpfdash.io.tpf.write import write_tpf
from tpfdash.simulate import Transit, simulate_tpf

from .harness import scratch

__all__ = ["bright_pixels", "sample", "simulated"]

REAL = {
    1021: "kplr011904151-2010009091648_lpd-targ.fits",
    1639: "kplr006922244-2009166043257_lpd-targ.fits",
    3470: "ktwo210994964-c04_lpd-targ.fits.gz",
    4573: "kplr005562784-2011271113734_lpd-targ.fits.gz",
    "sirius": "tess2018349182459-s0006-0000000322899250-0126-s_tp.fits",
}
CUBES = ("flux", "flux_err", "flux_bkg", "flux_bkg_err", "raw_cnts")
# The most cadences that get so many of the cubes: one cube of 10 million cadences of 11 x 11
# pixels is 4.8 GB.
CUBES_UP_TO = {200_000: 5, 2_000_000: 2, np.inf: 1}
LONGEST_2_MIN = 30_000  # cadences; longer files have a cadence of 20 s


def sample(size):
    """Path of the file of a size: a number of cadences (real where there is one), or 'sirius'."""
    if size not in REAL:
        cubes = next(n for limit, n in CUBES_UP_TO.items() if size <= limit)
        return simulated(size, cubes=CUBES[:cubes])
    folder = os.environ.get("TPFDASH_TEST_DATA")
    if not folder:
        raise SystemExit("TPFDASH_TEST_DATA names no folder of real target pixel files")
    return Path(folder) / REAL[size]


def simulated(cadences, shape=(11, 11), cubes=CUBES):
    """Path of a TESS file of so many cadences, with noise, transits and a gap; made if not there.

    The `cubes` not named are not in the file.
    """
    path = scratch() / f"simulated-{cadences}x{shape[0]}x{shape[1]}-{len(cubes)}.fits"
    if not path.exists():
        tpf = simulate_tpf(
            "TESS",
            cadence="2 min" if cadences <= LONGEST_2_MIN else "20 s",
            n_cadences=cadences,
            shape=shape,
            events=[Transit(star=0, period=3.0, epoch=1.0, duration=0.15, depth=0.01)],
            gaps=[(cadences // 2, cadences // 2 + cadences // 50)],
            columns=cubes,
        )
        write_tpf(tpf, path)
    return path


def bright_pixels(path, n):
    """`n` (column, row) detector positions of bright pixels, no two close together on the stamp.

    Each has finite flux in most of the file's first hundred cadences. They are what is clicked.
    """
    with fits.open(path) as hdus:
        header = hdus[1].header
        frames = np.array(hdus[1].data[:100]["FLUX"])
        number = hdus[1].columns.names.index("FLUX") + 1
        corner = header[f"1CRV{number}P"], header[f"2CRV{number}P"]
    finite = np.isfinite(frames)
    image = np.where(finite, frames, 0).mean(axis=0)
    image[finite.mean(axis=0) < 0.5] = -np.inf
    apart = np.maximum(1, np.array(image.shape) // 12)
    chosen = []
    for flat in np.argsort(image, axis=None)[::-1]:
        at = np.array(np.unravel_index(flat, image.shape))
        if np.isfinite(image[tuple(at)]) and all((abs(at - c) >= apart).any() for c in chosen):
            chosen.append(at)
        if len(chosen) == n:
            break
    return [(int(corner[0] + col), int(corner[1] + row)) for row, col in chosen]
