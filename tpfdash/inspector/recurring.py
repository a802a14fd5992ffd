"""What comes again and again in one inspection: its ephemeris, folded, and all events together.

Finding a period is `tpfdash.timeseries.periodogram`, measuring the events' pixels together
`tpfdash.diagnosis.folded`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import param
import xarray as xr

from tpfdash.diagnosis.folded import FoldedImage, folded_image
from tpfdash.diagnosis.variability import SineImage, sine_image
from tpfdash.errors import TPFError
from tpfdash.inspector.corrected import Curve
from tpfdash.inspector.derived import derived, follows
from tpfdash.inspector.question import Once
from tpfdash.inspector.values import Values
from tpfdash.timeseries.box_grid import usual_durations
from tpfdash.timeseries.box_search import BoxPeriodogram
from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.timeseries.fold import Folded, fold
from tpfdash.timeseries.sine_search import SinePeriodogram

__all__ = ["FoldAnswer", "Recurring", "ephemeris_within"]

AnyPeriodogram = BoxPeriodogram | SinePeriodogram

#: Events that are judged together at most.
_JUDGED = 20
#: Periods in sight that are fine enough; with fewer it is worked out anew, at so many.
_FINE = 4000


@dataclass(frozen=True, eq=False)
class FoldAnswer:
    """All events of an ephemeris together.

    Parameters
    ----------
    ephemeris : Ephemeris
    folded : Folded or None
        The light curve; None where it cannot be folded.
    image : FoldedImage, SineImage or None
        Of the pixels: the difference image of all events, or, where the ephemeris has no duration,
        the image of its wave; None where there is no event, or nothing to be measured.
    trouble : str
        Why either is None, in a sentence; "" where neither is.
    """

    ephemeris: Ephemeris
    folded: Folded | None
    image: FoldedImage | SineImage | None
    trouble: str


class Recurring(Values):
    """What follows from an ephemeris and a periodogram, and what is done with them."""

    fold_answer = param.Parameter(
        None,
        doc="What all events of the ephemeris show together, a FoldAnswer, where a page has it "
        "already; of an earlier ephemeris until then. Set by the page.",
    )
    zoom_answer = param.Parameter(
        None,
        doc="(`periodogram`, the same within `period_range` at full resolution) where a page has "
        "it already and the whole one is coarser; else None. Set by the page.",
    )

    # -- what follows ----------------------------------------------------------------------------

    @property
    @follows("ephemeris", "_fold_question")
    def fold_question(self) -> Once[FoldAnswer] | None:
        """What all events show together, to be asked in any thread; None without an ephemeris."""
        return None if self.ephemeris is None else self._fold_question

    @derived("ephemeris", "curve", "good", "aperture")
    def _fold_question(self) -> Once[FoldAnswer]:
        return Once(
            partial(_together, self.tpf, self.curve, self.good, self.aperture, self.ephemeris)
        )

    @property
    @follows("fold_question")
    def folded(self) -> Folded | None:
        """The folded light curve; None without an ephemeris, or where it cannot be folded."""
        return None if self.fold_question is None else self.fold_question.answer().folded

    @property
    @follows("fold_question")
    def folded_image(self) -> FoldedImage | SineImage | None:
        """The image of all events together, or of the wave; None where there is none."""
        return None if self.fold_question is None else self.fold_question.answer().image

    @derived("ephemeris")
    def ephemeris_windows(self) -> tuple[tuple[float, float], ...]:
        """From when to when each event is that holds a cadence; () without a duration."""
        if self.ephemeris is None or np.isnan(self.ephemeris.duration):
            return ()
        return tuple(self.ephemeris.windows(self.time))

    @derived("ephemeris")
    def mid_times(self) -> np.ndarray:
        """The middle of each event between the first and the last cadence: float64 (event,)."""
        span = self.timeline.span
        if self.ephemeris is None or span is None:
            return np.zeros(0)
        first, last = (np.asarray(span) - self.ephemeris.t0) / self.ephemeris.period
        if last - first > self.time.size:  # more than anybody can tell apart
            return np.zeros(0)
        return self.ephemeris.mid_time(np.arange(np.ceil(first), np.floor(last) + 1))

    @derived("periodogram", "period_range")
    def zoom_question(self) -> Once[tuple[AnyPeriodogram, AnyPeriodogram]] | None:
        """What `zoom_answer` is, to be asked in any thread; None where nothing is to be asked."""
        made = self.periodogram
        if made is None or self.period_range is None:
            return None
        low, high = np.clip(self.period_range, made.period[0], made.period[-1]).tolist()
        inside = np.count_nonzero((made.period >= low) & (made.period <= high))
        if low >= high or inside >= min(_FINE, made.period.size):
            return None
        return Once(lambda: (made, made.zoom(low, high, _FINE)))

    @derived("periodogram", "zoom_answer")
    def powers(self) -> tuple[np.ndarray, np.ndarray]:
        """(period, power) of the periodogram, fine where that is known: float64 (period,) each."""
        made = self.periodogram
        if made is None:
            return np.zeros(0), np.zeros(0)
        if self.zoom_answer is None or self.zoom_answer[0] is not made:
            return made.period, made.power
        fine = self.zoom_answer[1]
        low, high = fine.period[[0, -1]]
        before, after = made.period < low, made.period > high
        parts = ((made, before), (fine, slice(None)), (made, after))
        return (
            np.concatenate([one.period[which] for one, which in parts]),
            np.concatenate([one.power[which] for one, which in parts]),
        )

    @property
    @follows("periodogram", "zoom_answer")
    def finest(self) -> AnyPeriodogram | None:
        """The periodogram in sight at the resolution that is known."""
        zoomed = self.zoom_answer
        return zoomed[1] if zoomed and zoomed[0] is self.periodogram else self.periodogram

    # -- gestures --------------------------------------------------------------------------------

    def set_ephemeris(
        self,
        period: float | None = None,
        t0: float | None = None,
        duration: float | None = None,
    ) -> None:
        """Say when events come again, in days; what is not given stays as it is.

        Where nothing is set yet, t0 and duration are those of the window; without one an event is
        at the current cadence, as long as a transit of a star like the Sun usually is.
        """
        before = self.ephemeris
        if before is None:
            if period is None:
                raise TPFError("There is no period yet: give one first, in days.")
            before = self._first_guess(period)
        self.ephemeris = Ephemeris(
            before.period if period is None else period,
            before.t0 if t0 is None else t0,
            before.duration if duration is None else duration,
        )

    def _first_guess(self, period: float) -> Ephemeris:
        if self.window is not None:
            low, high = self.window
            return Ephemeris(period, (low + high) / 2, high - low)
        time = float(self.time[self.cadence])
        span = self.timeline.span or (0.0, 0.0)
        plain = Ephemeris(period, time if np.isfinite(time) else span[0])
        usual = usual_durations(plain.period, self.tpf.attrs.get("cadence_seconds", 60.0) / 86400)
        return replace(plain, duration=float(usual[len(usual) // 2]))

    def halve_period(self) -> None:
        """Twice as many events, from the same t0; nothing without an ephemeris."""
        if self.ephemeris is not None:
            self.ephemeris = self.ephemeris.halved()

    def double_period(self) -> None:
        """Every other event, from the same t0; nothing without an ephemeris."""
        if self.ephemeris is not None:
            self.ephemeris = self.ephemeris.doubled()

    def take_period(self, low: float, high: float) -> None:
        """Have the strongest period from `low` to `high` days that the periodogram knows.

        Raises
        ------
        TPFError
            Where there is no periodogram.
        """
        finest = self.finest
        if finest is None:
            raise TPFError("There is no periodogram yet: find periods first.")
        found = ephemeris_within(finest, low, high)
        if found is not None:
            self.ephemeris = found

    def judge_events(self) -> None:
        """Have the events of the ephemeris, the first 20, as one event's window and its stack.

        Raises
        ------
        TPFError
            Where no event with a duration is in the file.
        """
        windows = self.ephemeris_windows[:_JUDGED]
        if not windows:
            raise TPFError(
                "No event of an ephemeris is in the file: set one first, with a duration."
            )
        with param.parameterized.batch_call_watchers(self):
            self.window = windows[0]
            self.stacked = windows[1:]


def ephemeris_within(made: AnyPeriodogram, low: float, high: float) -> Ephemeris | None:
    """The strongest period of a periodogram within a range, fitted; None where none is a dip.

    Parameters
    ----------
    made : BoxPeriodogram or SinePeriodogram
    low, high : float
        Days. Where the periodogram has no period between them, the nearest is taken.
    """
    near = (made.period >= low) & (made.period <= high)
    if not near.any():
        near = (
            np.abs(made.period - (low + high) / 2) == np.abs(made.period - (low + high) / 2).min()
        )
    period = float(made.period[near][np.argmax(made.power[near])])
    if isinstance(made, SinePeriodogram):
        return made.at(period).ephemeris
    box = made.at(period)
    return None if box is None else made.fit(box)


def _together(
    tpf: xr.Dataset,
    curve: Curve,
    good: np.ndarray,
    aperture: np.ndarray,
    ephemeris: Ephemeris,
) -> FoldAnswer:
    folded: Folded | None = None
    image: FoldedImage | SineImage | None = None
    troubles = []
    try:
        folded = fold(curve.answer(), ephemeris, good=good)
    except TPFError as error:
        troubles.append(str(error))
    try:
        if np.isnan(ephemeris.duration):
            image = sine_image(tpf, 1 / ephemeris.period, aperture, good=good)
        else:
            image = folded_image(tpf, ephemeris, aperture)
    except TPFError as error:
        troubles.append(str(error))
    return FoldAnswer(ephemeris, folded, image, " ".join(dict.fromkeys(troubles)))
