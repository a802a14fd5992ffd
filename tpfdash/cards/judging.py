"""Finding events and asking what each is, in a thread, while the page goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from astropy.table import Table

from tpfdash.archive.stages import Cancelled
from tpfdash.cards.background import Background, Job, Progress
from tpfdash.diagnosis.crossings import find_crossings, with_crossings
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.corrected import Curve
from tpfdash.inspector.question import Question
from tpfdash.inspector.said import Said, Window, said_of
from tpfdash.timeseries.events.find import find_events
from tpfdash.timeseries.events.found import MARK, FoundEvent, FoundEvents
from tpfdash.timeseries.events.measure import measure_windows

__all__ = ["JUDGED", "Judging"]

#: Events that are diagnosed at a time, the strongest.
JUDGED = 40


@dataclass(frozen=True)
class _Asked:
    """What an Inspector showed when it was asked about."""

    tpf: xr.Dataset
    aperture: np.ndarray
    stars: Table | None
    curve: Curve
    good: np.ndarray
    name: str

    @classmethod
    def now(cls, inspector: Inspector) -> _Asked:
        i = inspector
        return cls(i.tpf, i.aperture, i.stars, i.curve, i.good, i.curve_name)

    def crossings(self, job: Job) -> Sequence[FoundEvent]:
        """What crosses the stamp; none of a stamp that is too large to be searched."""

        def progress(done: int, total: int) -> None:
            _go_on(job)
            job.say(f"looking for what crosses the stamp, {done} of {total}", often=True)

        try:
            return find_crossings(self.tpf, self.aperture, good=self.good, progress=progress)
        except Cancelled:
            raise
        except TPFError:
            return ()

    def answer(self, window: Window, beside: Sequence[Window] | None) -> Said:
        """What the pixels say of a window; with `beside`, how deep the light curve is in it too."""
        stars = self.stars if self.stars is not None and len(self.stars) else None
        said = said_of(Question(self.tpf, [window], self.aperture, stars).answer())
        if beside is None:
            return said
        others = [each for each in beside if each != window]
        measured = measure_windows(self.curve.answer(), [window], good=self.good, beside=others)
        return replace(said, measured=measured[0])


class Judging:
    """Works out an Inspector's events, and what its pixels say of them.

    Parameters
    ----------
    inspector : Inspector
    shown : Progress
        What shows how far it is.
    """

    def __init__(self, inspector: Inspector, shown: Progress):
        self._inspector = inspector
        self._shown = shown
        self._background = Background(shown)
        self.cancel = self._background.cancel

    @property
    def unsaid(self) -> list[Window]:
        """The windows of which nothing is known yet, marks first, then from the strongest down."""
        i = self._inspector
        told = sorted(i.told, key=lambda event: event.rank)
        return [
            event.window
            for event in told
            if not event.verdict or (event.kind == MARK and i.said[event.window].measured is None)
        ]

    def find(self) -> None:
        """Search the light curve as it is now, then the stamp, then say what each event is."""
        asked = _Asked.now(self._inspector)

        def work(job: Job) -> Callable[[], None]:
            def progress(done: int, total: int) -> None:
                _go_on(job)
                job.say(f"searching, {100 * done // max(total, 1)} %", often=True)

            found = find_events(asked.curve.answer(), good=asked.good, progress=progress)
            named = FoundEvents(found, {**found.meta, "lightcurve": asked.name})
            job.have(lambda: setattr(self._inspector, "events", named))
            crossings = asked.crossings(job)
            every = with_crossings(named, crossings)

            def judge() -> None:
                if crossings:
                    self._inspector.events = every
                self.ask()

            return judge

        self._background.start(work)

    def add(self) -> None:
        """List the window as an event, and say what it is as soon as nothing else is done."""
        self._inspector.mark_window()
        if not self._shown.stage:
            self.ask()

    def ask(self) -> None:
        """Say what the events are of which nothing is known yet, some at a time."""
        inspector, asked = self._inspector, _Asked.now(self._inspector)
        marks, windows = set(inspector.marks), inspector.listed.windows
        todo = self.unsaid[:JUDGED]
        if not todo:
            return

        def work(job: Job) -> Callable[[], None]:
            for done, window in enumerate(todo):
                _go_on(job)
                if inspector.aperture is not asked.aperture or inspector.stars is not asked.stars:
                    break
                job.say(f"looking at the pixels of event {done + 1} of {len(todo)}")
                said = asked.answer(window, windows if window in marks else None)
                job.have(lambda window=window, said=said: self._keep(asked, window, said))
            return self._go_on_with_marks

        self._background.start(work)

    def _keep(self, asked: _Asked, window: Window, said: Said) -> None:
        """Keep an answer, unless it has become one to another question."""
        i = self._inspector
        if i.aperture is asked.aperture and i.stars is asked.stars and window in i.event_of:
            same = i.curve_name == asked.name
            i.keep_said({window: said if same else replace(said, measured=None)})

    def _go_on_with_marks(self) -> None:
        """Those that were added meanwhile."""
        marks = self._inspector.marks
        if any(window in marks and window not in self._inspector.said for window in self.unsaid):
            self.ask()


def _go_on(job: Job) -> None:
    if job.cancel.is_set():
        raise Cancelled("Stopped, as asked.")
