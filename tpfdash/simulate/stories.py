"""Ready-made simulated files, each with a story to find out.

What lives here: arguments of `simulate_tpf`, and nothing that it cannot do.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from tpfdash.simulate.instruments import DETECTORS
from tpfdash.simulate.scene import Roll
from tpfdash.simulate.stars import Eclipse, Star
from tpfdash.simulate.tpf import simulate_tpf

__all__ = ["simulate_blend", "simulate_example"]


def simulate_example(*, n_cadences: int = 3264, seed: int = 5) -> xr.Dataset:
    """The K2 file that `tpfdash` opens when it is given nothing: an eclipsing neighbour.

    The target is constant. Its neighbour, three pixels off and half as bright, eclipses every
    4.1 d, and enough of its light falls into the generous pipeline aperture for the eclipses to
    show above the sawtooth of the roll. A third star is faint.
    """
    start = DETECTORS["K2"].start
    aperture = np.zeros((11, 11), dtype=bool)
    aperture[3:7, 2:8] = True
    return simulate_tpf(
        "K2",
        n_cadences=n_cadences,
        shape=(11, 11),
        stars=[
            Star(4.9, 4.6, magnitude=12.2),
            Star(7.2, 6.0, magnitude=13.0),
            Star(1.2, 8.9, magnitude=15.2),
        ],
        events=[Eclipse(1, 4.1, start + 2.3, 0.35, 0.7, secondary_depth=0.25)],
        motion=Roll(amplitude=0.2),
        aperture=aperture,
        cosmic_rays=0.05,
        gaps=[(n_cadences // 2, n_cadences // 2 + min(40, n_cadences // 10))]
        if n_cadences >= 10
        else (),
        seed=seed,
    )


def simulate_blend(*, n_cadences: int = 4397, seed: int = 6) -> xr.Dataset:
    """A Kepler quarter whose target seems to have a planet: an eclipsing binary four pixels off.

    The story of KOI 6.01: the pointing is steady, the target constant, and the halo of the
    eclipsing binary puts a shallow dip into the target's aperture.
    """
    start = DETECTORS["Kepler"].start
    return simulate_tpf(
        "Kepler",
        n_cadences=n_cadences,
        shape=(9, 11),
        stars=[Star(4.0, 3.1, magnitude=12.1), Star(4.3, 7.1, magnitude=12.9)],
        events=[Eclipse(1, 1.334, start + 0.7, 0.16, 0.4, secondary_depth=0.02)],
        cosmic_rays=0.05,
        seed=seed,
    )
