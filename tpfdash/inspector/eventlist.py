"""The list of events: those that were found and the user's own, what is known of each, the ticks.

How they are found is `tpfdash.timeseries.events`; what is said of one is `said`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from typing import Any, SupportsIndex

import param

from tpfdash.errors import TPFError
from tpfdash.inspector.derived import derived
from tpfdash.inspector.said import ListedEvent, Said, Window, listed_event, remarks_on, said_of
from tpfdash.inspector.values import Values
from tpfdash.timeseries.events.found import FoundEvent, FoundEvents
from tpfdash.timeseries.events.measure import unmeasured
from tpfdash.timeseries.transform import function_name

__all__ = ["EventList"]

#: Kinds that a stack cannot have both of: they would take each other off.
_DOWN, _UP = "dip", "brightening"


class EventList(Values):
    """The events of one inspection, numbered in order of time."""

    # -- what follows --------------------------------------------------------------------------

    @derived("events", "marks")
    def listed(self) -> FoundEvents:
        """The events that were found, and the user's own; these as `said` has measured them."""
        found = list(self.events or ())
        known = {event.window for event in found}
        own = [unmeasured(window) for window in self.marks if window not in known]
        every = sorted([*found, *own], key=lambda event: (event.time, event.start))
        return FoundEvents(every, {} if self.events is None else self.events.meta)

    @derived("listed")
    def event_of(self) -> dict[Window | None, int]:
        """Window -> the number of its event in `listed`."""
        return {event.window: n for n, event in enumerate(self.listed)}

    @derived("listed", "said", "remarks")
    def told(self) -> FoundEvents:
        """The list with all that is known of each event: of `ListedEvent`, as it is saved."""
        remarks = remarks_on(self.listed, self.remarks)
        every = []
        for event, remark in zip(self.listed, remarks, strict=True):
            said = self.said.get(event.window)
            measured = event if said is None or said.measured is None else said.measured
            every.append(listed_event(measured, said, remark))
        return FoundEvents(every, self.listed.meta)

    @derived("listed", "event_kind")
    def shown_events(self) -> tuple[int, ...]:
        """The numbers of the events of the kind that is wanted, in order of time."""
        wanted = self.event_kind
        return tuple(n for n, e in enumerate(self.listed) if wanted in ("all", e.kind))

    @derived("shown_events", "told", "event_order")
    def event_rows(self) -> tuple[int, ...]:
        """The same in the order of the list; what is not known comes last."""
        name = self.event_order.removeprefix("-")
        values = {n: _ORDERS[name](self.told[n]) for n in self.shown_events}
        known = [n for n in values if values[n] not in (None, "")]
        ordered = sorted(known, key=values.__getitem__, reverse=self.event_order != name)
        return (*ordered, *(n for n in values if n not in set(known)))

    @derived("listed", "ticked")
    def ticked_events(self) -> tuple[FoundEvent, ...]:
        """The events that are ticked, in order of time."""
        ticked = set(self.ticked)
        return tuple(event for event in self.listed if event.window in ticked)

    @derived("_sum_of_pixels", "good", "corrections", "transform")
    def curve_name(self) -> str:
        """What the light curve is known by, to tell it from another: 16 digits.

        By the kept cadences and what is done to them, whatever windows are left out of that.
        """
        done = self.corrections, self.transform and function_name(self.transform)
        made = blake2b(self._sum_of_pixels[self.good].tobytes(), digest_size=8)
        made.update(repr(done).encode())
        return made.hexdigest()

    # -- gestures ------------------------------------------------------------------------------

    def listed_at(self, k: SupportsIndex) -> FoundEvent:
        """The event of this number of `listed`, from 0."""
        try:
            number = operator.index(k)
        except TypeError:
            raise TPFError(f"an event is {k!r}: it should be a whole number.") from None
        if not 0 <= number < len(self.listed):
            raise TPFError(f"there is no event {k}: it should be one of those that are listed.")
        return self.listed[number]

    def mark_window(self) -> None:
        """List the window as an event of the user's own; nothing where it is listed."""
        if self.window is None:
            raise TPFError("there is no window: it should be set before it is listed.")
        if self.window not in self.event_of:
            self.marks = (*self.marks, self.window)

    def unmark(self, k: SupportsIndex) -> None:
        """Take an event of the user's own off the list, with what was said of it."""
        window = self.listed_at(k).window
        if window not in self.marks:
            raise TPFError(f"event {k} was found: only one of your own can be taken off.")
        with param.parameterized.batch_call_watchers(self):
            self.marks = tuple(each for each in self.marks if each != window)
            self.ticked = tuple(each for each in self.ticked if each != window)
            self.remarks = tuple(each for each in self.remarks if each[:2] != window)
            self.said = {each: said for each, said in self.said.items() if each != window}

    def remark(self, k: SupportsIndex, word: str | None = None, note: str | None = None) -> None:
        """Say in the user's own words what an event is; None: as it was."""
        event = self.listed_at(k)
        at = self.event_of[event.window]
        before = remarks_on(self.listed, self.remarks)[at]
        old_word, old_note = before[2:] if before else ("", "")
        made = (old_word if word is None else word, old_note if note is None else note)
        others = tuple(each for each in self.remarks if each != before)
        self.remarks = (*others, (*event.window, *made)) if any(made) else others

    def tick(self, k: SupportsIndex, on: bool = True) -> None:
        """Tick an event of the list, or take the tick off."""
        window = self.listed_at(k).window
        others = tuple(each for each in self.ticked if each != window)
        self.ticked = (*others, window) if on else others

    def check_stack(self) -> None:
        """Refuse, by a TPFError that says why, where what is ticked is no stack."""
        kinds = {event.kind for event in self.ticked_events}
        if len(self.ticked_events) < 2:
            raise TPFError("two events or more should be ticked to be stacked.")
        if {_DOWN, _UP} <= kinds:
            raise TPFError(
                "dips and brightenings are ticked: they would take each other off in one stack, "
                "which should hold events of one kind."
            )

    # -- what the pixels say -------------------------------------------------------------------

    def keep_said(self, said: dict[Window, Said]) -> None:
        """Keep what was worked out for some windows, of the aperture and the stars as they are."""
        self.said = self.said | said

    @param.depends("answer", watch=True)
    def _keep_answer(self) -> None:
        """The list says what the evidence says."""
        if self.answer is not None and len(self.windows) == 1 and self.window in self.event_of:
            before = self.said.get(self.window)
            measured = before.measured if before is not None else None
            self.keep_said({self.window: said_of(self.answer, measured)})

    def _forget_said(self, *events: Any) -> None:
        """Another aperture, or other stars, have other answers; another light curve other depths.

        Unless they are chosen together.
        """
        changed = {event.name for event in events}
        if "said" in changed or not self.said:
            return
        if changed & {"aperture", "stars"}:
            self.said = {}
        else:
            self.said = {window: replace(said, measured=None) for window, said in self.said.items()}


def _depth(event: FoundEvent) -> float | None:
    """The depth in one unit for all; None where it is not known."""
    relative = event.relative_depth
    return relative if math.isfinite(relative) else _known(event.depth)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


#: What a list is sorted by -> its value, None or "" where it is not known.
_ORDERS: dict[str, Callable[[ListedEvent], Any]] = {
    "time": lambda event: event.time,
    "depth": _depth,
    "snr": lambda event: _known(event.snr),
    "verdict": lambda event: event.verdict and (event.verdict, -event.confidence),
}
