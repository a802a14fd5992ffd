"""tpfdash: inspect Kepler, K2 and TESS target pixel files.

The public names, and nothing else. Those that need a display are imported when they are first
asked for, so that the rest can be used on a machine, or at a speed, that knows no display.
"""

from importlib import import_module
from typing import Any

from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.io import (
    open_tpf,
    read_aperture,
    to_lightkurve,
    to_timeseries,
    write_aperture,
    write_lightcurve,
    write_tpf,
)
from tpfdash.photometry import aperture_photometry
from tpfdash.simulate import simulate_tpf
from tpfdash.version import __version__

__all__ = [
    "Inspector",
    "TPFDashboard",
    "TPFError",
    "__version__",
    "aperture_photometry",
    "interact",
    "open_tpf",
    "read_aperture",
    "simulate_tpf",
    "to_lightkurve",
    "to_timeseries",
    "write_aperture",
    "write_lightcurve",
    "write_tpf",
]


_DISPLAYED = {"TPFDashboard": "tpfdash.app.dashboard", "interact": "tpfdash.app.interact"}


def __getattr__(name: str) -> Any:
    if name in _DISPLAYED:
        return getattr(import_module(_DISPLAYED[name]), name)
    raise AttributeError(f"module 'tpfdash' has no attribute {name!r}")
