"""Target pixel files with known contents: stars, what they do, artefacts, pointing, noise.

What lives here: `simulate_tpf` (in `tpf`), which makes the same Dataset that `tpfdash.open_tpf`
makes from a file, and `inject`, which puts events into one that is there; what can happen (`stars`,
`artefacts`, all listed in `kinds`) and what an event is (`events`); what is seen (`scene`), with
what (`instruments`, `detector`), how that is recorded (`exposure`) and flagged (`flags`); and
ready-made `stories`. Writing a FITS file is `tpfdash.io.tpf.write`, PRFs are `tpfdash.stamp.prf`.

What the model is, and is not: the PRF is the same all over the stamp; light curves are taken at
mid-cadence, with no smearing over the exposure; photon noise is Gaussian; the observer sits at the
barycentre, so that times are evenly spaced and TIMECORR is 0. There is no stellar variability but
what is asked for.
"""

from tpfdash.simulate.artefacts import (
    Argabrightening,
    AttitudeTweak,
    CollateralRay,
    CosmicRay,
    GuidancePattern,
    Jitter,
    MovingObject,
    RollingBand,
    ScatteredLight,
    SensitivityDropout,
    Smear,
    ThermalSlope,
    ThrusterFiring,
    VideoCrosstalk,
)
from tpfdash.simulate.events import Event
from tpfdash.simulate.inject import inject
from tpfdash.simulate.kinds import KINDS
from tpfdash.simulate.observed import ObservedScene, learn_scene
from tpfdash.simulate.scene import Drift, Roll
from tpfdash.simulate.stars import Eclipse, Flare, Pulsation, Star, Transit
from tpfdash.simulate.stories import simulate_blend, simulate_example
from tpfdash.simulate.tpf import simulate_tpf, star_light_curve

__all__ = [
    "KINDS",
    "Argabrightening",
    "AttitudeTweak",
    "CollateralRay",
    "CosmicRay",
    "Drift",
    "Eclipse",
    "Event",
    "Flare",
    "GuidancePattern",
    "Jitter",
    "MovingObject",
    "ObservedScene",
    "Pulsation",
    "Roll",
    "RollingBand",
    "ScatteredLight",
    "SensitivityDropout",
    "Smear",
    "Star",
    "ThermalSlope",
    "ThrusterFiring",
    "Transit",
    "VideoCrosstalk",
    "inject",
    "learn_scene",
    "simulate_blend",
    "simulate_example",
    "simulate_tpf",
    "star_light_curve",
]
