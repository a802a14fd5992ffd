"""Which QUALITY bits a pipeline gives to what happens.

What the bits mean is in `tpfdash.missions`. Which kind of event gets which of them, and when, is
this project's reading of their names; a kind that is not here gets none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tpfdash.simulate import artefacts
from tpfdash.simulate.events import Event, View
from tpfdash.simulate.instruments import MODES

__all__ = ["quality_bits", "rolling_band_levels"]

#: Kind -> bit by mission.
_BITS: dict[type[Event], dict[str, int]] = {
    artefacts.AttitudeTweak: {"Kepler": 1, "K2": 1, "TESS": 1},
    # Momentum dumps of the others.
    artefacts.ThrusterFiring: {"Kepler": 32, "K2": 1048576, "TESS": 32},
    # Coarse point; Kepler's says that fine point was lost, too.
    artefacts.Jitter: {"Kepler": 4 | 32768, "K2": 4 | 32768, "TESS": 4},
    artefacts.CosmicRay: {"Kepler": 128, "K2": 128, "TESS": 64},
    artefacts.CollateralRay: {"Kepler": 8192, "K2": 8192, "TESS": 1024},
    # Kepler's other one, 64, is left alone: the light of these is seen in the stamp, on its CCD.
    artefacts.Argabrightening: {"Kepler": 4096, "K2": 4096, "TESS": 16},
    artefacts.ScatteredLight: {"TESS": 4096},
    # TESS has no bit for dropouts, but one for a discontinuity that was corrected.
    artefacts.SensitivityDropout: {"Kepler": 1024, "K2": 1024, "TESS": 256},
}
#: Kinds that count only in the optimal aperture.
_OPTIMAL_ONLY = (artefacts.CosmicRay, artefacts.SensitivityDropout)
_BAND_OPTIMAL, _BAND_ANYWHERE = 131072, 262144
#: Counts a pixel and long cadence that are RB_LEVEL 1, and e- a count. Both are this project's own
#: choice, near enough for a simulation, and so is flagging above level 1: none is read from a
#: handbook.
_BAND_COUNTS, _KEPLER_GAIN = 20.0, 110.0


def quality_bits(
    events: Sequence[Event], view: View, mission: str, optimal: np.ndarray
) -> np.ndarray:
    """The QUALITY bits of the events, int32 (n,).

    Parameters
    ----------
    events : sequence of Event
    view : View
    mission : str
        "Kepler", "K2" or "TESS".
    optimal : bool array (row, col)
        The optimal aperture.
    """
    bits = np.zeros(view.time.size, dtype=np.int32)
    for event in events:
        mask = optimal if isinstance(event, _OPTIMAL_ONLY) else np.ones_like(optimal)
        if event.touches(mask):
            bits[event.flagged(view)] |= _BITS.get(type(event), {}).get(mission, 0)
    levels = rolling_band_levels(events, view, mission)
    if levels is not None:
        seen = levels > 1
        bits[seen[optimal.any(axis=1)].any(axis=0)] |= _BAND_OPTIMAL
        bits[seen.any(axis=0)] |= _BAND_ANYWHERE
    return bits


def rolling_band_levels(events: Sequence[Event], view: View, mission: str) -> np.ndarray | None:
    """RB_LEVEL of the events, float64 (row, n); None where they have none, and for TESS."""
    if mission == "TESS":
        return None
    one = _BAND_COUNTS * _KEPLER_GAIN / MODES[mission]["long"].exposure
    made = None
    for event in events:
        levels = event.levels(view)
        if levels is not None:
            made = np.abs(levels) / one if made is None else np.maximum(made, np.abs(levels) / one)
    return made
