"""Period and fold: periods looked for, clicked, typed or fetched, and all their events together.

The fields and the words are `tpfdash.cards.ephemeris`, the plots `tpfdash.cards.folds`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn
from astropy.table import Table

from tpfdash.archive.ephemerides import ephemerides
from tpfdash.archive.stages import Cancelled
from tpfdash.cards.background import Background, Job
from tpfdash.cards.ephemeris import ephemeris_fields, share_words
from tpfdash.cards.folds import fold_plots
from tpfdash.cards.picks import PickList
from tpfdash.cards.upload import Upload
from tpfdash.cards.widgets import (
    CSS,
    button,
    html,
    put_in_sight,
    row,
)
from tpfdash.cards.words import minus
from tpfdash.diagnosis.numbers import with_error
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.recurring import ephemeris_within
from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.timeseries.ephemeris_tables import table_from_text
from tpfdash.timeseries.periodogram import box_periodogram, sine_periodogram
from tpfdash.timeseries.sine_search import SinePeak
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["offered", "periods_card"]

#: Peaks of a periodogram that are listed.
_PEAKS = 5
#: Bytes of a table of ephemerides.
_LARGEST_TABLE = 2**20
_WHAT = (
    "Find a period in the light curve that is shown, or type one: its events are folded, and the "
    "pixels of all of them together say where they happen."
)
_HEADINGS = {
    "name": ("period", "A peak of the periodogram, or a known ephemeris; pressed, it is taken."),
    "period": ("days", "From one event to the next."),
    "duration": ("duration", "Of an event."),
    "depth": ("depth", "Or the amplitude of a wave."),
    "snr": ("S/N", "Of all its events, or of the wave."),
    "harmonic": ("of the first", "Which multiple of the first peak's period it is."),
}


def periods_card(inspector: Inspector, ask: bool) -> tuple[pn.Column, list[Live]]:
    """The card of an Inspector's ephemeris, and what is live in it.

    Parameters
    ----------
    inspector : Inspector
    ask : bool
        Whether the archive may be asked for known ephemerides.
    """
    periods = _Periods(inspector)
    fields, fields_live = ephemeris_fields(inspector)

    def press(label: str, tag: str, act: Callable[[], None], doc: str) -> pn.widgets.Button:
        return button(inspector, label, tag, act, doc)

    find = [
        press(
            "Find period", "find-period", periods.find_boxes, "Search for dips: box least squares."
        ),
        press("Sine", "find-sine", periods.find_sines, "Search for waves: Lomb-Scargle."),
    ]
    known = [
        press(
            "Known planets",
            "known-planets",
            periods.fetch,
            "Ask the NASA Exoplanet Archive for the target's ephemerides.",
        )
    ]
    table = Upload(
        periods.read,
        periods.say,
        words="Load ephemerides …",
        accept=".csv,.ecsv,.txt,.tsv,.dat",
        hint="A table of known ephemerides: period, t0, duration; CSV, ECSV or text.",
        css_classes=["tpf-load-ephemerides"],
    )
    plots, lives = fold_plots(inspector, periods.pick)
    first = html(f"<div class='note'>{_WHAT}</div>", css_classes=["tpf-periods-words"])

    def show(*events):
        nothing = inspector.ephemeris is None and inspector.periodogram is None
        put_in_sight(first, nothing)

    show()
    card = pn.Column(
        row(*find, fields, gap=6, css_classes=["tpf-bar"], stylesheets=[CSS]),
        first,
        periods.progress,
        plots,
        row(*(known if ask else []), table, gap=8, css_classes=["tpf-bar"], stylesheets=[CSS]),
        periods.list,
        margin=0,
        css_classes=["tpf-tall"],
        sizing_mode="stretch_width",
        styles={"gap": "4px"},
    )
    lives += [fields_live, *periods.lives, Live(inspector, show, "ephemeris", "periodogram")]
    return card, lives  # to which those of the plots come as they are made


def offered(inspector: Inspector) -> list[tuple[Ephemeris, dict[str, str]]]:
    """The ephemerides that can be taken, each with its texts: peaks, then known ones."""
    made = inspector.periodogram
    found = [
        (peak.ephemeris, _peak_row(n, peak, made.relative))
        for n, peak in enumerate(made.peaks(_PEAKS) if made is not None else (), start=1)
    ]
    return found + [
        (known, {"name": known.name or "unnamed", "snr": "", "harmonic": "", **_numbers(known)})
        for known in inspector.known
    ]


def _peak_row(n: int, peak: Any, relative: bool) -> dict[str, str]:
    texts = _numbers(peak.ephemeris, relative)
    if isinstance(peak, SinePeak):
        words = share_words if relative else with_error
        texts["depth"] = words(peak.amplitude, peak.amplitude_err)
    return texts | {
        "name": f"peak {n}",
        "snr": minus(f"{peak.snr:.1f}"),
        "harmonic": peak.harmonic and f"{peak.harmonic} it",
    }


def _numbers(ephemeris: Ephemeris, relative: bool = True) -> dict[str, str]:
    error = ephemeris.period_err
    depth, depth_err = ephemeris.depth, ephemeris.depth_err
    hours = ephemeris.duration * 24
    return {
        "period": with_error(ephemeris.period, error) if error > 0 else f"{ephemeris.period:.7g}",
        "duration": f"{hours:.2f} h" if np.isfinite(hours) else "",
        "depth": (share_words if relative else with_error)(depth, depth_err)
        if np.isfinite(depth)
        else "",
    }


class _Periods:
    """What is searched and fetched for an Inspector, in the background, and the list of it."""

    def __init__(self, inspector: Inspector):
        self._inspector = inspector
        act = guarded(inspector)(self._act)
        self.progress = PickList(act, {}, "period-progress")
        self.list = PickList(act, _HEADINGS, "period-list", follows=False)
        self._background = Background(self.progress)
        self._searched: Any = None  # the light curve
        self._offered: list[Ephemeris] = []
        self._show()
        self.lives = [
            Live(inspector, self._show, "periodogram", "known"),
            Live(inspector, self._mark, "ephemeris"),
        ]

    def find_boxes(self) -> None:
        """Search the light curve as it is now for dips that come again."""
        self._find(box_periodogram)

    def find_sines(self) -> None:
        """Search it for waves."""
        self._find(sine_periodogram)

    def _find(self, search: Callable[..., Any]) -> None:
        curve, good = self._inspector.curve, self._inspector.good

        def work(job: Job) -> Callable[[], None]:
            def progress(done: int, total: int) -> None:
                if job.cancel.is_set():
                    raise Cancelled("Stopped, as asked.")
                job.say(f"searching, {100 * done // max(total, 1)} %", often=True)

            found = search(curve.answer(), good=good, progress=progress)
            job.say("fitting the strongest periods")
            found.peaks(_PEAKS)
            return lambda: self._take(found)

        self._background.start(work)

    def _take(self, found: Any) -> None:
        """A periodogram, and its first peak where that is more than chance makes."""
        changes: dict[str, Any] = {"periodogram": found}
        if found.stands_out:
            changes["ephemeris"] = found.best
        seen = self._inspector.period_range
        if seen is not None and not (seen[0] < found.period[-1] and seen[1] > found.period[0]):
            changes["period_range"] = None
        self._inspector.change(**changes)

    def pick(self, low: float, high: float) -> None:
        """Have the strongest period between two, days, fitted."""
        made = self._inspector.finest

        def work(job: Job) -> Callable[[], None]:
            job.say("fitting the period")
            found = ephemeris_within(made, low, high)
            if found is None:
                raise TPFError(f"About {(low + high) / 2:.5g} d no dip comes again: try a peak.")
            return lambda: self._inspector.change(ephemeris=found)

        if made is not None:
            self._background.start(work)

    def fetch(self) -> None:
        """Ask for the target's known ephemerides."""
        attrs = self._inspector.tpf.attrs
        target = str(attrs.get("object") or "")
        if not target:
            raise TPFError("This file names no target: known ephemerides are found by a name.")
        reference = attrs.get("time_reference")

        def work(job: Job) -> Callable[[], None]:
            found = ephemerides(target, stage=job.say, cancel=job.cancel)
            if not len(found):
                raise TPFError(f"The archive knows no planet or candidate of {target}.")
            found = found.copy()
            pairs = zip(found["name"], found["disposition"], strict=True)
            found["name"] = [f"{name} ({said})" for name, said in pairs]
            return lambda: self._have(Ephemeris.from_table(found, reference))

        self._background.start(work)

    def read(self, name: str, contents: bytes) -> None:
        """Take the ephemerides of a table that was sent."""
        if len(contents) > _LARGEST_TABLE:
            raise TPFError(f"{name} is {len(contents):,} bytes: a table of up to 1 MB can be read.")
        table: Table = table_from_text(contents.decode("utf-8", "replace"))
        reference = self._inspector.tpf.attrs.get("time_reference")
        self._have(Ephemeris.from_table(table, reference))

    def say(self, words: str) -> None:
        """What was wrong with a file."""
        self.progress.error = words

    def _have(self, known: list[Ephemeris]) -> None:
        """Known ephemerides; the first is taken where none is set."""
        first = {} if self._inspector.ephemeris is not None else {"ephemeris": known[0]}
        self._inspector.change(known=known, **first)

    def _act(self, what: str, number: int) -> None:
        if what == "cancel":
            self._background.cancel()
        elif number < len(self._offered):
            self._inspector.ephemeris = self._offered[number]

    def _show(self, *events: Any) -> None:
        rows = offered(self._inspector)
        self._offered = [ephemeris for ephemeris, _ in rows]
        self.list.rows = [texts | {"number": n} for n, (_, texts) in enumerate(rows)]
        self._mark()

    def _mark(self, *events: Any) -> None:
        same = [n for n, one in enumerate(self._offered) if one == self._inspector.ephemeris]
        self.list.chosen = same[0] if same else -1
