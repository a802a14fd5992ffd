"""The files of one target as one: their light curve, a table of them, what is found in all.

The numbers are those of `tpfdash.Segments`; the plot is `tpfdash.views.segments`.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import panel as pn
import xarray as xr

from tpfdash.archive.stages import Cancelled
from tpfdash.cards.alert import fault_alert
from tpfdash.cards.background import Background, Job
from tpfdash.cards.picks import PickList
from tpfdash.cards.widgets import CSS, button, html, plot_pane, put_in_sight, row, widget
from tpfdash.cards.words import minus
from tpfdash.diagnosis.joined import JoinedOffset
from tpfdash.diagnosis.numbers import with_error
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.segments import Segments
from tpfdash.stamp.units import spelled
from tpfdash.timeseries.box_search import BoxPeak
from tpfdash.timeseries.events.found import FoundEvents
from tpfdash.timeseries.periodogram import box_periodogram
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live
from tpfdash.views.segments import SegmentsView

__all__ = ["SegmentsCard"]

#: A light curve that is searched, and which of its cadences are kept.
_Asked = tuple[xr.Dataset, np.ndarray]
_HEADINGS = {
    "name": ("segment", "Pressed, its file is shown."),
    "time": ("time", "From its first to its last cadence, in days of the first one's clock."),
    "cadences": ("cadences", "That its quality choice keeps, of all."),
    "pixels": ("aperture", "Pixels of its aperture."),
    "level": ("level", "Median of its light curve."),
    "scatter": ("scatter", "From one cadence to the next, by the median of their differences."),
}
_STALE = " The light curves have changed since."


class SegmentsCard:
    """The card of several files of one target; it goes on as another of them is shown.

    Parameters
    ----------
    segments : Segments
    go : callable
        Called with (name, cadence) to show a file; the cadence is None for the one that it is at.
    look : callable, optional
        Looks for further files of the target.

    Attributes
    ----------
    card : Column
    """

    def __init__(
        self,
        segments: Segments,
        go: Callable[[str, int | None], None],
        look: Callable[[], None] | None = None,
    ):
        self.segments = segments
        self._go = go
        self._inspector: Inspector | None = None
        self._masks = ""  # what was said of them
        self._found: dict[str, tuple[_Asked, list[str]]] = {}  # in what, and what was said of it
        self.view = SegmentsView(segments, go)
        self.list = PickList(guarded(segments)(self._act), _HEADINGS, "segment-list")
        self.words = html("", css_classes=["tpf-segments-words"], sizing_mode="stretch_width")
        self._progress = PickList(guarded(segments)(self._act), {}, "segments-progress")
        self._background = Background(self._progress)
        self._several = [
            self._controls(),
            plot_pane(self.view.plot, "segments", sizing_mode="stretch_width"),
        ]
        bar = [*self._several[:1], *([self._look(look)] if look else [])]
        self.card = pn.Column(
            fault_alert(segments),
            row(*bar, gap=8, css_classes=["tpf-bar"], stylesheets=[CSS]),
            self._progress,
            self.words,
            self._several[1],
            self.list,
            margin=0,
            sizing_mode="stretch_width",
            styles={"gap": "4px"},
        )
        self._lives = [
            *self.view.lives,
            Live(segments, self._fill, "members", later=True),
            Live(segments, self._say, "members", "rule", later=True),
        ]

    def follow(self, inspector: Inspector) -> list[Live]:
        """Mark the file of this Inspector as the one that is shown; what is live in the card."""
        self._inspector = inspector
        self._masks = ""
        self._fill()
        self._say()
        return [*self._lives, *self.view.follow(inspector)]

    # -- the controls ----------------------------------------------------------------------------

    def _controls(self) -> pn.Row:
        segments = self.segments
        parts = [
            button(
                segments,
                "Find events in all",
                "find-events-in-all",
                self.find_events,
                "Search the light curve of each for dips, brightenings, steps and outliers.",
            ),
            button(
                segments,
                "Find period in all",
                "find-period-in-all",
                self.find_period,
                "Search the stitched light curve for dips that come again, and join what the "
                "pixels of all files say of where they are.",
            ),
            button(
                segments,
                "Masks from this one",
                "masks-from-this",
                self.propose,
                "Give all others the aperture of the file in view, by its place on the sky; each "
                "can undo it.",
            ),
            widget(
                pn.widgets.Select,
                segments.param.rule,
                "stitch-rule",
                label="level by",
                css_classes=["tpf-stitch-rule", "tpf-beside"],
                width=150,
            ),
        ]
        return row(*parts, gap=8, css_classes=["tpf-bar"], stylesheets=[CSS])

    def _look(self, look: Callable[[], None]) -> pn.widgets.Button:
        return button(
            self.segments,
            "Look for others",
            "look-for-others",
            look,
            "Search the archive (MAST) for further files of this target.",
        )

    def _act(self, what: str, number: int) -> None:
        if what == "cancel":
            self._background.cancel()
        elif number < len(self.segments):
            self._go(list(self.segments)[number], None)

    def propose(self) -> None:
        """Give all other files the aperture of the one in view."""
        name = self.segments.name_of(self._inspector.tpf)
        said = self.segments.propose_masks(name)
        self._masks = f"Masks from {name}. " + " ".join(
            f"{other}: {words}" for other, words in said.items()
        )
        self._say()

    # -- what is searched in all -----------------------------------------------------------------

    def find_events(self) -> None:
        """Search each light curve, and give each file its own events."""
        segments, asked = self.segments, self._asked()

        def work(job: Job):
            found = segments.find_events(progress=_progress(job, "searching"))
            return lambda: self._take("events", asked, lambda: self._give_events(found))

        self._background.start(work)

    def find_period(self) -> None:
        """Search the stitched light curve for a period, and measure where its events are."""
        segments, asked = self.segments, self._asked()

        def work(job: Job):
            made = box_periodogram(asked[0], good=asked[1], progress=_progress(job, "periods"))
            job.say("fitting the period")
            if not made.stands_out:
                return lambda: self._take("period", asked, lambda: [made.words])
            job.say("measuring where its events are, file by file")
            peak = made.peaks(1)[0]
            offset = segments.join_offsets(peak.ephemeris)
            return lambda: self._take("period", asked, lambda: self._give_period(peak, offset))

        self._background.start(work)

    def _asked(self) -> _Asked:
        return self.segments.lightcurve, self.segments.good

    def _take(self, what: str, asked: _Asked, give: Callable[[], list[str]]) -> None:
        """Give the files what was found, unless it was found in what is there no more."""
        if not self.segments.is_now(*asked):
            raise TPFError("The light curves have changed meanwhile: search again.")
        self._found[what] = asked, give()
        self._say()

    def _give_events(self, found: dict[str, FoundEvents]) -> list[str]:
        self.segments.give_events(found)
        total = sum(map(len, found.values()))
        each = ", ".join(f"{len(events)} in {name}" for name, events in found.items())
        return [f"{total} event{'s' * (total != 1)} in all: {each}. The drawer Events lists them."]

    def _give_period(self, peak: BoxPeak, offset: JoinedOffset) -> list[str]:
        best = peak.ephemeris
        self.segments.give_ephemeris(best)
        said = (
            f"Period {with_error(best.period, best.period_err)} d, t0 "
            f"{with_error(best.t0, best.t0_err)}, lasting {24 * best.duration:.2g} h: "
            f"{peak.n_events} events, S/N {peak.snr:.0f}."
        )
        alike = offset.agree and len(offset.measured) == len(offset.parts)
        parts = [] if alike else [f"{part.words}." for part in offset.parts]
        return [said, f"From the target: {offset.sentence}.", *parts]

    # -- what is shown ---------------------------------------------------------------------------

    def _fill(self, *events: Any) -> None:
        """The table of the segments, and what only several of them have."""
        segments = self.segments
        self.list.rows = [
            segment_row(n, name, segments.describe(name)) for n, name in enumerate(segments)
        ]
        here = segments.name_of(self._inspector.tpf) if self._inspector is not None else None
        self.list.chosen = list(segments).index(here) if here is not None else -1
        for part in self._several:
            put_in_sight(part, len(segments) > 1)

    def _say(self, *events: Any) -> None:
        """What was done and found, in words."""
        said = [self._masks]
        if len(self.segments) == 1:
            said.append("No other file of this target is open.")
        for asked, (first, *others) in self._found.values():
            said += [first + ("" if self._holds(asked) else _STALE), *others]
        self.words.object = "".join(f"<div class='note'>{escape(one)}</div>" for one in said if one)

    def _holds(self, asked: _Asked) -> bool:
        try:
            return self.segments.is_now(*asked)
        except TPFError:  # there is no light curve any more
            return False


def segment_row(number: int, name: str, facts: dict[str, Any]) -> dict[str, Any]:
    """What `Segments.describe` gives as texts; `number`: of the row in the table."""
    unit = spelled(facts["unit"], "words")
    level, scatter = facts["level"], facts["scatter"]
    return {
        "number": number,
        "name": name,
        "time": minus(f"{facts['begin']:.2f} – {facts['end']:.2f}"),
        "cadences": f"{facts['kept']:,} of {facts['cadences']:,}",
        "pixels": f"{facts['pixels']:,} px",
        "level": minus(f"{level:{',.0f' if abs(level) >= 1000 else '.4g'}} {unit}".strip())
        if np.isfinite(level)
        else "–",
        "scatter": f"{scatter:,.0f} ppm" if np.isfinite(scatter) else "–",
    }


def _progress(job: Job, what: str) -> Callable[[int, int], None]:
    """Tells how far a search is, and ends it where it is wanted no more."""

    def progress(done: int, total: int) -> None:
        if job.cancel.is_set():
            raise Cancelled("Stopped, as asked.")
        job.say(f"{what}, {100 * done // max(total, 1)} %", often=True)

    return progress
