"""Which periods and which durations boxes are tried with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tpfdash.timeseries.periods import period_grid
from tpfdash.timeseries.prepared import Series

__all__ = ["Grid", "Piece", "pieces_of", "usual_durations"]

#: Durations are tried in steps of this factor: what lies half-way between two loses 8 % of its S/N.
_STEP = 1.4
#: Of a central transit of a star like the Sun: so many days at a period of one day, growing with
#: its cube root (Winn 2010, arXiv:1001.2010, eq. 19); dwarfs and grazing transits are
#: shorter, giants' are longer, by these factors, and eclipses fill up to a share of the period.
_SUN, _SHORTER, _LONGER, _LARGEST_SHARE = 0.075, 0.4, 3.0, 0.2
#: Cadences in the shortest duration, at least.
_FEWEST_CADENCES = 2.0
#: Periods of one stretch of the grid differ by this factor at most, and share their durations.
_OCTAVE = 2.0**0.5
#: Over the whole light curve events drift by this share of the shortest duration at most, for a
#: period half-way between two of the grid.
_DRIFT = 0.25


def usual_durations(period: float, cadence: float) -> np.ndarray:
    """Durations worth trying at a period: float64 array, days, ascending.

    Powers of 1.4 of a day, from 0.4 to 3 times the duration of a central transit of a star like the
    Sun, at least two cadences, and a fifth of the period at most.
    """
    usual = _SUN * period ** (1 / 3)
    low = max(_SHORTER * usual, _FEWEST_CADENCES * cadence)
    high = min(_LONGER * usual, _LARGEST_SHARE * period)
    first, last = (np.log(each) / np.log(_STEP) for each in (low, high))
    powers = np.arange(np.ceil(first), np.floor(last) + 1)
    return _STEP**powers if powers.size else np.array([min(low, 0.5 * period)])


@dataclass(frozen=True)
class Piece:
    """A stretch of periods that share their durations.

    Parameters
    ----------
    low, high : float
        Days.
    durations : float64 array (duration,)
        Days, ascending.
    n : int
        So many periods it takes for events not to drift.
    """

    low: float
    high: float
    durations: np.ndarray
    n: int


def pieces_of(series: Series, low: float, high: float, asked: np.ndarray | None) -> Iterator[Piece]:
    """A range of periods in pieces, ascending; `asked` are the durations, None the usual ones."""
    count = max(1, int(np.ceil(np.log(high / low) / np.log(_OCTAVE))))
    edges = np.geomspace(low, high, count + 1)
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        durations = usual_durations(begin, series.days) if asked is None else asked
        # Half a step of frequency makes events drift by span * period * step / 2.
        step = 2 * _DRIFT * float(durations[0]) / (series.span * end)
        yield Piece(begin, end, durations, int((1 / begin - 1 / end) / step) + 1)


class Grid:
    """All periods, ascending, piece by piece.

    Parameters
    ----------
    pieces : list of Piece
    periods : (min, max)
        Days; the pieces' own.
    factor : float
        So many times fewer periods than the pieces want.
    exactly : int
        So many, equally far apart in frequency, where above 0.
    """

    def __init__(
        self,
        pieces: list[Piece],
        periods: tuple[float, float],
        factor: float = 1.0,
        exactly: int = 0,
    ) -> None:
        self.pieces = pieces
        if exactly:
            self.period = period_grid(*periods, exactly)
        else:
            grids = [period_grid(p.low, p.high, int(p.n / factor) + 1) for p in pieces]
            self.period = np.unique(np.concatenate(grids))
        edges = [piece.low for piece in pieces[1:]]
        self._edges = np.concatenate(
            [[0], np.searchsorted(self.period, edges), [self.period.size]]
        ).astype(int)

    def __iter__(self) -> Iterator[tuple[Piece, np.ndarray, int]]:
        for piece, begin, end in zip(self.pieces, self._edges, self._edges[1:], strict=False):
            if end > begin:
                yield piece, self.period[begin:end], int(begin)

    def drift(self, span: float) -> float:
        """The largest drift between two periods, by the shortest duration."""
        largest = 0.0
        for piece, periods, _ in self:
            if periods.size > 1:
                step = float(np.abs(np.diff(1 / periods)).max())
                largest = max(largest, span * piece.high * step / 2 / float(piece.durations[0]))
        return largest
