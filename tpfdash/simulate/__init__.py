"""Target pixel files with known contents: stars, transits, eclipses, pointing, noise.

What lives here: `simulate_tpf` (in `tpf`), which makes the same Dataset that `tpfdash.open_tpf`
makes from a file; what it sees (`scene`), with what (`instruments`), how that is recorded
(`exposure`), and ready-made `stories`. Writing a FITS file is `tpfdash.io.tpf.write`.

What the model is, and is not: the PRF is a sum of circular pixel-integrated Gaussians (a core and
a halo), the same all over the stamp; light curves are taken at mid-cadence, with no smearing over
the exposure; photon noise is Gaussian; the observer sits at the barycentre, so that times are
evenly spaced and TIMECORR is 0. There is no saturation, smear, crosstalk or stellar variability.
"""

from tpfdash.simulate.scene import Drift, Eclipse, Roll, Star, Transit
from tpfdash.simulate.stories import simulate_blend, simulate_example
from tpfdash.simulate.tpf import simulate_tpf, star_light_curve

__all__ = [
    "Drift",
    "Eclipse",
    "Roll",
    "Star",
    "Transit",
    "simulate_blend",
    "simulate_example",
    "simulate_tpf",
    "star_light_curve",
]
