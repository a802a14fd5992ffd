"""What is known of an event beside when it is: what its pixels say, and the user's own words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any

from tpfdash.diagnosis.diagnose import Diagnosis
from tpfdash.diagnosis.why import why
from tpfdash.diagnosis.windows import known_of
from tpfdash.timeseries.events.found import FoundEvent

__all__ = ["WORDS", "ListedEvent", "Remark", "Said", "listed_event", "remarks_on", "said_of"]

Window = tuple[float, float]
#: (t0, t1, the user's word, the user's note).
Remark = tuple[float, float, str, str]
#: What a user may call an event; "": nothing yet.
WORDS = ("", "real", "artefact", "unsure")


def _known(default: Any, what: str) -> Any:
    """A field of which a table says what it is."""
    return field(default=default, metadata={"is": what})


@dataclass(frozen=True)
class Said:
    """What the pixels say of an event, in a line.

    Parameters
    ----------
    verdict : str
        As `Diagnosis.verdict`.
    confidence, offset_sigma : float
        Likewise; NaN where not known.
    why : str
        The strongest finding, in a few words.
    measured : FoundEvent or None
        Of a mark: its depth and S/N in the light curve; None of what was found, which has them.
    """

    verdict: str
    confidence: float
    offset_sigma: float
    why: str
    measured: FoundEvent | None = None


@dataclass(frozen=True)
class ListedEvent(FoundEvent):
    """An event with what is known of it: a row of the list, and of the file that it is saved in.

    Parameters
    ----------
    verdict, why : str
        "" where nobody has asked yet.
    confidence, offset_sigma : float
        NaN where not known.
    word : {"", "real", "artefact", "unsure"}
    note : str
        The user's own.
    """

    verdict: str = _known("", "what its pixels say that it is")
    confidence: float = _known(nan, "probability of the verdict")
    offset_sigma: float = _known(nan, "by how many sigma it lies off the target")
    why: str = _known("", "what speaks for the verdict most")
    word: str = _known("", "what the user says that it is")
    note: str = _known("", "the user's")


def said_of(answer: Diagnosis, measured: FoundEvent | None = None) -> Said:
    """A diagnosis, in a line."""
    return Said(answer.verdict, answer.confidence, answer.offset_sigma, why(answer), measured)


def listed_event(event: FoundEvent, said: Said | None, remark: Remark | None) -> ListedEvent:
    """An event with what is known of it."""
    known = {} if said is None else {name: getattr(said, name) for name in _OF_PIXELS}
    word, note = remark[2:] if remark else ("", "")
    return ListedEvent(**vars(event), **known, word=word, note=note)


_OF_PIXELS = ("verdict", "confidence", "offset_sigma", "why")


def remarks_on(events: Sequence[FoundEvent], remarks: Iterable[Remark]) -> list[Remark | None]:
    """The remark on each event: of its own window, or of one that is mostly the same.

    What is found again, in another light curve, may begin or end a cadence later.
    """
    known = {remark[:2]: remark for remark in remarks}
    return known_of([event.window for event in events], known)
