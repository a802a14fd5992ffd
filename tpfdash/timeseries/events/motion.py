"""Taking off what the pointing does to the flux: K2's roll, and what else follows POS_CORR."""

from __future__ import annotations

import numpy as np

from tpfdash.timeseries.events.noise import scatter

__all__ = ["without_motion"]

#: Days of a window in which flux and position go together in one way, and cadences at least.
_WINDOW, _FEWEST = 6.0, 100
#: Days from knot to knot of the trend beside it.
_KNOTS = 0.75
#: The scatter has to fall to this share of what it was, with each further curve as well.
_GAIN = 0.93
#: Straight lines and cubics are not asked for more than what lies between these quantiles.
_ENDS = (0.01, 0.99)
#: What is tried: the power of the position along the line, and the places between which the flux
#: may bend; and the cadences that each of those needs.
_CURVES, _CADENCES_A_BEND = ((1, 0), (3, 0), (3, 8), (3, 20)), 10
#: How often it has to go to and fro in a window for more than a straight line.
_PASSES = 8
#: Bends next to each other are held together by so much, by the weight of a cadence.
_STIFF = 0.3
#: Iterations of the robust fit; its weights are Tukey's biweight (Beaton & Tukey 1974).
_ITERATIONS, _TUKEY = 6, 4.685
#: Cadences that a window is fitted on at most.
_POINTS = 3000


def without_motion(
    time: np.ndarray,
    flux: np.ndarray,
    position: np.ndarray,
    calm: np.ndarray | None = None,
    steps: np.ndarray | float = 0.0,
) -> tuple[np.ndarray, float]:
    """Flux with its dependence on the position taken off, where that makes it quieter.

    In windows of 6 days, each overlapping the next by half, flux is fitted robustly as a trend
    (straight lines between knots 0.75 d apart) and a straight line in both directions of the
    position. Where it comes to the same places again and again, a cubic along the line that it
    mostly moves on follows, then straight lines between 8, then between 20 places on it, as
    self-flat-fielding has it (Vanderburg & Johnson 2014). The first is taken where the scatter
    about the fit falls by 7 % in half of the windows, each further one where it falls by another
    7 % in their geometric mean: in all of them or in none, since one beside another that is left
    would make a step.

    Parameters
    ----------
    time, flux : float64 arrays (n,)
        Ascending, finite.
    position : float array (n, 2)
        Pixels; NaN where not known.
    calm : bool array (n,), optional
        The cadences to learn from. Default: all.
    steps : float array (n,), optional
        What is to be taken off the flux before, and stays in what is given.

    Returns
    -------
    flux : float64 array (n,)
    gain : float
        The factor by which the scatter fell in half of the windows; 1 where nothing was taken off.
    """
    known = np.isfinite(position).all(axis=1)
    if np.count_nonzero(known) < _FEWEST or not np.ptp(position[known], axis=0).any():
        return flux, 1.0
    along, across = _line(position, known)
    calm = np.ones(flux.size, dtype=bool) if calm is None else calm
    level = flux - steps
    windows = []
    halves = np.floor((time - time[0]) / (_WINDOW / 2))  # each is in two windows
    for start in time[0] + (np.unique([halves, halves + 1]) - 1) * (_WINDOW / 2):
        inside = slice(*np.searchsorted(time, [start, start + _WINDOW]))
        cadences = np.flatnonzero(known[inside]) + inside.start
        if np.count_nonzero(calm[cadences]) >= _FEWEST:
            its = (array[cadences] for array in (time, level, calm, along, across))
            windows.append(_Window(cadences, start, *its))
    if not windows:
        return flux, 1.0
    noise = np.array([window.fit(None) for window in windows])
    before, best = noise, None
    # Where it never comes back to, what the star does would be taken for what the place does.
    passes = np.median([window.passes for window in windows])
    for curve in _CURVES if passes >= _PASSES else _CURVES[:1]:
        after = np.array([window.fit(curve) for window in windows])
        ratios = _ratios(after, noise)
        # That it matters at all is for most windows to say; how it does, for those that know.
        ratio = np.exp(np.mean(np.log(ratios))) if best else np.median(ratios)
        if ratio < _GAIN:
            noise, best = after, [window.effect for window in windows]
    if best is None:
        return flux, 1.0
    total, weights = np.zeros(flux.size), np.zeros(flux.size)
    for window, effect in zip(windows, best, strict=True):
        # Each counts most in its middle.
        away = np.abs(window.time - window.start - _WINDOW / 2) / (_WINDOW / 2)
        total[window.cadences] += (1 - away + 1e-6) * effect
        weights[window.cadences] += 1 - away + 1e-6
    fitted = np.flatnonzero(weights > 0)
    effect = np.interp(np.arange(flux.size), fitted, total[fitted] / weights[fitted])
    return flux - effect, float(1 / np.median(_ratios(noise, before)))


def _ratios(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """What the noise of each window fell to, as a share; 1 where there was none."""
    loud = (before > 0) & (after > 0)
    return np.where(loud, after, 1) / np.where(loud, before, 1)


def _line(position: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far along and across the line that it mostly moves on, of about unit size."""
    place = position - np.median(position[known], axis=0)
    _, _, axes = np.linalg.svd(place[known], full_matrices=False)
    along, across = (np.where(known[:, None], place, 0) @ axes.T).T
    return along / _size(along[known]), across / _size(across[known])


def _size(values: np.ndarray) -> float:
    return max(scatter(values), 1e-12)


class _Window:
    """Some days, in which flux and position go together in one way."""

    def __init__(
        self,
        cadences: np.ndarray,
        start: float,
        time: np.ndarray,
        flux: np.ndarray,
        calm: np.ndarray,
        along: np.ndarray,
        across: np.ndarray,
    ):
        self.cadences, self.start, self.time = cadences, start, time
        self._along, self._across = along, across
        self._some = np.flatnonzero(calm)
        self._some = self._some[:: -(-self._some.size // _POINTS)]
        self._values = flux[self._some] - np.median(flux[self._some])
        knots = np.arange(time[0], time[-1] + _KNOTS, _KNOTS)
        trend = np.clip(1 - np.abs(time[self._some, None] - knots) / _KNOTS, 0, None)
        self._trend = trend[:, trend.any(axis=0)]
        self.effect = np.zeros(time.size)

    @property
    def passes(self) -> int:
        """How often it goes from the lowest quarter of its places to the highest, or back."""
        low, high = np.quantile(self._along, [0.25, 0.75])
        side = np.where(self._along <= low, -1, np.where(self._along >= high, 1, 0))
        side = side[side != 0]
        return int(np.count_nonzero(np.diff(side)))

    def fit(self, curve: tuple[int, int] | None) -> float:
        """The scatter about the trend, and about what goes with the position: `effect`."""
        trend = self._trend.shape[1]
        if curve is None:
            self._noise = _robust_fit(self._trend, self._values, np.zeros(trend))[1]
            return self._noise
        power, bends = curve
        if bends * _CADENCES_A_BEND > self._values.size:
            return self._noise
        terms = self._terms(power, bends)
        terms = terms - terms[self._some].mean(axis=0)
        columns = np.hstack([self._trend, terms[self._some]])
        loose = np.zeros(columns.shape[1])
        loose[loose.size - bends :] = _STIFF if bends else 0
        solution, self._noise = _robust_fit(columns, self._values, loose)
        self.effect = terms @ solution[trend:]
        return self._noise

    def _terms(self, power: int, bends: int) -> np.ndarray:
        """What the flux may do with the position: float64 (n, columns), those that bend last."""
        x = np.clip(self._along, *np.quantile(self._along, _ENDS))
        if power == 1:  # what moves this little has places that are none
            return np.stack([x, np.clip(self._across, *np.quantile(self._across, _ENDS))], axis=1)
        smooth = [x**n for n in range(1, power + 1)]
        smooth += [self._across, self._along * self._across]
        if not bends:
            return np.stack(smooth, axis=1)
        places = np.quantile(self._along, np.linspace(0, 1, bends))
        return np.hstack([np.stack(smooth, axis=1), _hats(self._along, places)])


def _hats(x: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The share of each place in what lies between it and the next: float64 (x, places)."""
    made = np.zeros((x.size, places.size))
    cell = np.clip(np.searchsorted(places, x, "right") - 1, 0, places.size - 2)
    between = np.maximum(places[cell + 1] - places[cell], 1e-12)
    share = np.clip((x - places[cell]) / between, 0, 1)
    rows = np.arange(x.size)
    made[rows, cell], made[rows, cell + 1] = 1 - share, share
    return made


def _robust_fit(
    columns: np.ndarray, values: np.ndarray, loose: np.ndarray
) -> tuple[np.ndarray, float]:
    """A fit that outliers have no part in, and the scatter about it for its degrees of freedom.

    `loose` says of each column by how much it is to differ little from the next one.
    """
    weights = np.ones(values.size)
    solution, spread = np.zeros(columns.shape[1]), 0.0
    bound = np.diag(loose) - np.diag(loose[:-1], 1)
    ends = np.flatnonzero(loose)
    bound = bound[ends[:-1]] if ends.size else bound[:0]
    held = bound.T @ bound
    for _ in range(_ITERATIONS):
        weighted = columns * weights[:, None]
        normal = columns.T @ weighted + held
        normal[np.diag_indices_from(normal)] += 1e-9 * max(np.trace(normal), 1e-30)
        solution = np.linalg.solve(normal, weighted.T @ values)
        rest = values - columns @ solution
        spread = scatter(rest)
        if not spread > 0:  # whatever is left is rounding
            break
        weights = np.clip(1 - (rest / (_TUKEY * spread)) ** 2, 0, None) ** 2
    free = max(values.size - columns.shape[1], 1)
    return solution, spread * np.sqrt(values.size / free)
