"""Files of results as `tpfdash diagnose` writes them, of made-up events."""

from __future__ import annotations

import json

from panel.models.esm import DataEvent

__all__ = ["FILES", "event", "record", "tell", "write_lines"]

_CURVE = {
    **{"start": 9.0, "end": 11.0, "window": [9.8, 10.2], "windows": 1, "unit": "ppm"},
    "flux": [0, 20, -10, None, -900, -920, 5, 0, 12, -3],
}
_IMAGE = {
    **{"row": 190, "col": 670, "aperture": ["000", "011", "010"]},
    "image": [[0, 1, None], [2, 30, 4], [0, 5, 1]],
}


def event(verdict="on_target", start=9.8, end=10.2, snr=20.0, pictures=True, **more):
    """An event of a record."""
    others = {"neighbour": 0.06, "background": 0.004}
    return {
        **{"kind": "dip", "rank": 1, "time": (start + end) / 2, "start": start, "end": end},
        **{"verdict": verdict, "confidence": 0.9, "probabilities": {verdict: 0.936} | others},
        **{"sentence": "it is on the target", "reason": "", "windows": [[start, end]]},
        **{"depth": 9.0, "depth_err": 1.0, "depth_ppm": 900.0, "depth_ppm_err": 50.0},
        **{"duration": end - start, "snr": snr, "position": [191.1, 671.2], "offset": [0.1, 0.2]},
        **{"offset_arcsec": [0.4, 0.8], "covariance": [[0.01, 0.0], [0.0, 0.02]]},
        **{"offset_sigma": 1.7, "target": [191.0, 671.0], "why": "offset 1.7 σ"},
        **({"curve": _CURVE, "image": _IMAGE} if pictures else {}),
    } | more


def record(source, *events, **more):
    """The record of a file."""
    return {
        **{"source": source, "mission": "Kepler", "object": f"KIC {source}", "id": "1"},
        **{"cadences": 100, "found": len(events), "events": list(events), "seconds": 0.1},
        "asked": {"events": "auto", "most": 10, "tpfdash": "0.1.0"},
    } | more


#: Three files with events, one without, one with an error: six rows, the error's being the fourth.
FILES = (
    record("a.fits", event(), event("neighbour", 20.0, 20.5, 8.0)),
    record("b.fits", event("pointing", 3.0, 3.2, 60.0), mission="K2", object="EPIC 7"),
    {"source": "bad.fits", "error": "bad.fits is <b>no</b> target pixel file."},
    record("empty.fits"),
    record(
        "c.fits",
        event("inconclusive", 1.0, 1.5, None, pictures=False, offset_sigma=None, depth_ppm=None),
        event("cosmic_ray", 5.0, 5.02, 12.0),
        mission="TESS",
        object=None,
    ),
)


def write_lines(path, records=FILES, mode="w"):
    """Write records to a file of lines."""
    with open(path, mode) as file:
        file.writelines(json.dumps(one) + "\n" for one in records)
    return path


def tell(component, message):
    """Have a component hear something from its page."""
    component._process_event(DataEvent(model=None, data=message))
