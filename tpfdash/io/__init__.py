"""Files, URLs, uploads and objects -> one Dataset, and results back out.

Nothing here knows of an Inspector or of a display.
"""

from tpfdash.io.apertures import aperture_bytes, read_aperture, write_aperture
from tpfdash.io.lightcurves import lightcurve_bytes, write_lightcurve
from tpfdash.io.objects import to_lightkurve, to_timeseries
from tpfdash.io.open import open_tpf
from tpfdash.io.tpf.write import write_tpf

__all__ = [
    "aperture_bytes",
    "lightcurve_bytes",
    "open_tpf",
    "read_aperture",
    "to_lightkurve",
    "to_timeseries",
    "write_aperture",
    "write_lightcurve",
    "write_tpf",
]
