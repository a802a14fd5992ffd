"""tpfdash: inspect Kepler, K2 and TESS target pixel files.

The public names, and nothing else. Each is imported when it is first asked for: those that need a
display are not for a machine, or at a speed, that knows none, and `tpfdash.engine` is to be
imported by itself.
"""

from importlib import import_module
from typing import Any

from tpfdash.version import __version__

#: Public name -> the module that has it.
_PLACES = {
    "Diagnosis": "tpfdash.diagnosis.diagnose",
    "Ephemeris": "tpfdash.timeseries.ephemeris",
    "FoundEvents": "tpfdash.timeseries.events.found",
    "Inspector": "tpfdash.inspector",
    "Segments": "tpfdash.inspector.segments",
    "TPFDashboard": "tpfdash.app.dashboard",
    "TPFError": "tpfdash.errors",
    "Triage": "tpfdash.app.triage",
    "aperture_photometry": "tpfdash.photometry",
    "best_aperture": "tpfdash.diagnosis.aperture",
    "box_periodogram": "tpfdash.timeseries.periodogram",
    "corrected": "tpfdash.timeseries.corrections",
    "diagnose": "tpfdash.diagnosis.diagnose",
    "diagnose_many": "tpfdash.diagnosis.bulk",
    "find_crossings": "tpfdash.diagnosis.crossings",
    "find_events": "tpfdash.timeseries.events.find",
    "flatten": "tpfdash.timeseries.flatten",
    "fold": "tpfdash.timeseries.fold",
    "inject": "tpfdash.simulate",
    "interact": "tpfdash.app.interact",
    "judged_table": "tpfdash.diagnosis.bulk",
    "open_tpf": "tpfdash.io",
    "read_aperture": "tpfdash.io",
    "search": "tpfdash.archive.search",
    "search_targetpixelfile": "tpfdash.archive.search",
    "search_tesscut": "tpfdash.archive.search",
    "simulate_tpf": "tpfdash.simulate",
    "sine_image": "tpfdash.diagnosis.variability",
    "sine_periodogram": "tpfdash.timeseries.periodogram",
    "stitch": "tpfdash.timeseries.stitch",
    "to_lightkurve": "tpfdash.io",
    "to_timeseries": "tpfdash.io",
    "write_aperture": "tpfdash.io",
    "write_lightcurve": "tpfdash.io",
    "write_tpf": "tpfdash.io",
}

__all__ = ["__version__", *_PLACES]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'tpfdash' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
