"""Why a verdict is what it is, in a few words: what a list of events has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tpfdash.diagnosis.diagnose import Diagnosis
    from tpfdash.diagnosis.findings import Finding

__all__ = ["why"]

#: Finding -> what it has seen, in a word or two.
_SEEN = {
    "steps of single pixels": "single pixels",
    "rows that move together": "whole rows",
    "columns that move together": "whole columns",
    "uniformity": "uniform",
    "likeness to the file's own pointing": "as the pointing",
    "width": "width of the stars",
    "motion": "crosses the stamp",
}
_ARTEFACT, _QUALITY = "artefact: ", "QUALITY "
_MEANT_FOR_STARS = ("on_target", "neighbour")


def why(d: Diagnosis) -> str:
    """The strongest of what speaks for a verdict, "" where nothing is to be said.

    Of a star: how far it is from the target, and how like a star's image; of an artefact: what was
    seen, and the flags that say so too; of what cannot be told: what stood out most.
    """
    if d.verdict == "inconclusive":
        return _undecided(d.reason)
    if d.verdict in _MEANT_FOR_STARS:
        parts = [_offset(d), _likeness(d)]
    else:
        parts = [_strongest(d), _flags(d)]
    return ", ".join(part for part in parts if part)


def _undecided(reason: str) -> str:
    if reason.startswith("nothing"):
        return "nothing stands out"
    said, _, most = reason.partition(": ")
    return f"{most.replace(' sigma', ' σ')}: chance" if most else said


def _offset(d: Diagnosis) -> str:
    sigma = f"{d.offset_sigma:.1f} σ" if np.isfinite(d.offset_sigma) else ""
    if d.verdict == "on_target" or d.offset is None:
        return f"offset {sigma}" if sigma else ""
    pixels = f"offset {float(np.hypot(*d.offset)):.1f} px"
    return f"{pixels} ({sigma})" if sigma else pixels


def _likeness(d: Diagnosis) -> str:
    (value,) = [each.value for each in d.findings if each.name == "likeness to the PRF"] or [np.nan]
    return f"PRF {value:.2f}" if np.isfinite(value) else ""


def _strongest(d: Diagnosis) -> str:
    """What was seen that speaks for it, the strongest."""
    said = [each for each in d.findings if each.source == "pixels" and d.verdict in each.supports]
    if not said:
        return ""
    best = max(said, key=_weight)
    words = _SEEN.get(best.name, best.name.removeprefix(_ARTEFACT))
    return f"{words} {best.significance:.0f} σ" if np.isfinite(best.significance) else words


def _weight(finding: Finding) -> tuple[float, bool]:
    """Artefacts repeat what was seen of their causes."""
    return float(np.nan_to_num(finding.significance)), not finding.name.startswith(_ARTEFACT)


def _flags(d: Diagnosis) -> str:
    """The flags in the window that mean the same."""
    bits = [
        each.name.removeprefix(_QUALITY)
        for each in d.findings
        if each.name.startswith(_QUALITY) and d.verdict in each.supports
    ]
    return f"flag{'s' * (len(bits) > 1)} {' '.join(bits)}" if bits else ""
