"""What happens in the light curve: found on request, listed, gone to, and said what it is.

How events are found is `tpfdash.timeseries.events`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn

from tpfdash.archive.stages import Cancelled
from tpfdash.cards.background import Background, Job
from tpfdash.cards.files import save_button
from tpfdash.cards.picks import PickList
from tpfdash.cards.widgets import CSS, button, control, html, put_in_sight, row
from tpfdash.cards.words import minus
from tpfdash.diagnosis.diagnose import Diagnosis
from tpfdash.diagnosis.numbers import with_error
from tpfdash.diagnosis.summary import VERDICT_NAMES
from tpfdash.inspector import Inspector
from tpfdash.inspector.corrected import Curve
from tpfdash.inspector.question import Question
from tpfdash.timeseries.events.find import find_events
from tpfdash.timeseries.events.found import FoundEvent, FoundEvents
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["event_row", "events_card"]

#: Events that are listed at most, and that are diagnosed, the strongest.
_LISTED, _JUDGED = 300, 40
#: Share of its light from which a depth is given in per cent.
_PERCENT_FROM = 0.01

_WHAT = (
    "The light curve that is shown is searched for dips, brightenings, steps and single cadences "
    "that stand out; then the pixels of each say what it is."
)
_HEADINGS = {
    "name": ("event", "Its number, in order of time; pressed, it is the window."),
    "kind": ("kind", "Dip, brightening, step, or outlier (one cadence)."),
    "time": ("time", "Of its middle; of a step, when it happens."),
    "duration": ("duration", "From its begin to its end."),
    "depth": ("depth", "Light that is missing; with a minus: that came."),
    "snr": ("S/N", "Over how far the same box scatters elsewhere in the light curve."),
    "shape": ("shape", "Which fits it best; unclear where two do."),
    "flagged": ("flagged", "Share of its cadences with a quality flag."),
    "verdict": (
        "what it is",
        "By all cadences of its window, flagged ones too, with the confidence of that.",
    ),
}


def events_card(inspector: Inspector) -> tuple[pn.Column, list[Live]]:
    """The card of the events of an Inspector's light curve, and what is live in it."""
    events = _Events(inspector)
    find = button(
        inspector,
        "Find events",
        "find-events",
        events.find,
        "Search the light curve for dips, brightenings, steps and outliers.",
    )
    kind = control(
        pn.widgets.Select,
        "events-format",
        "Format of the saved list.",
        options=["csv", "ecsv", "json"],
        width=90,
    )
    save = save_button(
        inspector,
        "events",
        lambda: kind.value,
        lambda suffix: inspector.events.to_bytes(suffix),
        label="Save",
    )
    saving = row(kind, save)

    def enable(*changes):
        put_in_sight(saving, bool(inspector.events))

    enable()
    card = pn.Column(
        row(find, saving, gap=8, css_classes=["tpf-bar"], stylesheets=[CSS]),
        events.words,
        events.list,
        margin=0,
        sizing_mode="stretch_width",
        styles={"gap": "4px"},
    )
    return card, [Live(inspector, enable, "events"), *events.lives]


def event_row(number: int, event: FoundEvent, verdict: str = "") -> dict[str, Any]:
    """An event as texts; `number`: of the row in the list."""
    return {
        "number": number,
        "name": str(number + 1),
        "kind": event.kind,
        "time": minus(f"{event.time:.4f}"),
        "duration": _duration(event.duration),
        "depth": minus(_depth(event)),
        "snr": f"{event.snr:,.0f}" if event.snr >= 10 else f"{event.snr:.1f}",
        "shape": event.shape if event.kind in ("dip", "brightening") else "",
        "flagged": f"{event.flagged:.0%}" if np.isfinite(event.flagged) else "",
        "verdict": verdict,
    }


def _duration(days: float) -> str:
    if not days > 0:
        return ""
    hours = days * 24
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{days:.1f} d"


def _depth(event: FoundEvent) -> str:
    relative, error = event.relative_depth, event.relative_depth_err
    if not np.isfinite(relative):
        return with_error(event.depth, event.depth_err)
    scale, sign = (100, "%") if abs(relative) >= _PERCENT_FROM else (1e6, "ppm")
    return f"{with_error(relative * scale, error * scale)} {sign}"


class _Events:
    """What is found in an Inspector's light curve, in the background, and its list."""

    def __init__(self, inspector: Inspector):
        self._inspector = inspector
        self.list = PickList(guarded(inspector)(self._act), _HEADINGS, "event-list")
        self.words = html("", css_classes=["tpf-events-words"])
        self._background = Background(self.list)
        self._searched: Curve | None = None
        self._show()
        self.lives = [
            Live(inspector, self._show, "events"),
            Live(inspector, self._compare, "lightcurve"),
            Live(inspector, self._mark, "windows"),
        ]

    def find(self) -> None:
        """Search the light curve as it is now, then say what each event is."""
        inspector = self._inspector
        curve, good, stars = inspector.curve, inspector.good, inspector.stars
        tpf, aperture = inspector.tpf, inspector.aperture

        def work(job: Job):
            def progress(done: int, total: int) -> None:
                if job.cancel.is_set():
                    raise Cancelled("Stopped, as asked.")
                job.say(f"searching, {100 * done // max(total, 1)} %", often=True)

            found = find_events(curve.answer(), good=good, progress=progress)
            job.have(lambda: self._take(found, curve))
            strongest = sorted(range(len(found)), key=lambda n: found[n].rank)[:_JUDGED]
            for done, n in enumerate(strongest):
                if job.cancel.is_set():
                    raise Cancelled("Stopped, as asked.")
                job.say(f"looking at the pixels of event {done + 1} of {len(strongest)}")
                said = Question(tpf, [found[n].window], aperture, stars).answer()
                job.have(lambda n=n, said=said: self._judge(n, said))
            return lambda: None

        self._background.start(work)

    def _take(self, found: FoundEvents, curve: Curve) -> None:
        self._searched = curve
        self._inspector.events = found

    def _show(self, *events: Any) -> None:
        found = self._inspector.events or ()
        self.list.rows = [event_row(n, event) for n, event in enumerate(found[:_LISTED])]
        self._compare()
        self._mark()

    def _judge(self, n: int, said: Diagnosis) -> None:
        rows = list(self.list.rows)
        if n < len(rows):
            sure = "" if said.verdict == "inconclusive" else f" {said.confidence:.2f}"
            rows[n] = rows[n] | {"verdict": VERDICT_NAMES[said.verdict] + sure}
            self.list.rows = rows

    def _act(self, what: str, number: int) -> None:
        if what == "cancel":
            self._background.cancel()
        elif number < len(self._inspector.events or ()):
            self._inspector.go_to_event(number)

    def _mark(self, *events: Any) -> None:
        """The row whose event is the window."""
        windows = self._inspector.windows
        found = enumerate(self._inspector.events or ())
        same = [n for n, event in found if (event.window,) == tuple(windows)]
        self.list.chosen = same[0] if same else -1

    def _compare(self, *events: Any) -> None:
        """Say how many there are, and whether they are of the light curve that is shown."""
        self.words.object = self._said()

    def _said(self) -> str:
        if self._inspector.events is None:
            return f"<div class='note'>{_WHAT}</div>"
        count = len(self._inspector.events)
        said = f"{count} event{'s' * (count != 1)}" if count else "Nothing stands out."
        if count > _LISTED:
            said += f", of which the first {_LISTED} are listed"
        if self._searched is not None and not self._searched.is_like(self._inspector.curve):
            said += " in the light curve as it was: it has changed since"
        return f"<div class='note'>{said}</div>"
