"""From a million cadences to a picture of points: image codes, flux range, what lies beyond.

Arrays in, arrays out; the figure that shows them is `views.timeplot`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

__all__ = [
    "FARTHEST",
    "HEIGHT",
    "LEVELS",
    "WIDTH",
    "beyond",
    "extremes",
    "fit_range",
    "prepare_datashader",
    "rasterize",
    "widened",
]

#: Cells of the raster: about two screen pixels each, as large as a point drawn by itself. Finer
#: ones would take longer to send and to colour, at each change.
WIDTH, HEIGHT = 500, 128
#: Shades of density in each kind of points: few, so that the picture compresses well.
LEVELS = 15
#: Numbers worked on at a time.
_BLOCK = 8192
#: Points in a cell -> its shade: 1 for 1, 2 for 2 and 3, 3 for 4 to 7 ..., since the tenth point in
#: a cell matters more than the thousandth.
_LEVEL = np.minimum(np.frexp(np.arange(1 << LEVELS))[1], LEVELS).astype(np.uint8)
#: A point beyond is drawn nowhere: what is worked out of it has to be a number in float32 too.
FARTHEST = 1e37
#: Cadences that are looked at on either side of one that lies beyond the axis.
_LONGEST_EVENT = 200
_NONE, _NOWHERE = np.zeros(0, dtype=np.intp), np.zeros(0)
#: Up to so many points numpy counts at least as quickly as datashader.
FEW_POINTS = 20_000


def rasterize(
    series: list[tuple[np.ndarray, np.ndarray]],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    shape: tuple[int, int] = (HEIGHT, WIDTH),
) -> np.ndarray:
    """Points of several kinds as one image of codes.

    Parameters
    ----------
    series : list of (x, y)
        One entry a kind, later ones over earlier ones; NaN in either is no point.
    x_range, y_range : (low, high)
    shape : (rows, columns)

    Returns
    -------
    uint8 array (rows, columns), row 0 lowest: 0 where no point is; kind k has the codes from
    k * (LEVELS + 1) + 1 for a single point to k * (LEVELS + 1) + LEVELS for the densest.
    """
    image = np.zeros(shape, dtype=np.uint8)
    for kind, (x, y) in enumerate(series):
        if not x.size:
            continue
        count = counts(x, y, x_range, y_range, shape)
        if not count.any():
            continue
        level = _LEVEL[np.minimum(count, _LEVEL.size - 1)]
        image = np.where(level > 0, level + np.uint8(kind * (LEVELS + 1)), image)
    return image


def counts(x, y, x_range, y_range, shape) -> np.ndarray:
    """How many points lie in each cell: int array (rows, columns), row 0 lowest.

    A point on the border of two cells is in the upper one, and on the outermost border in the last
    one. Datashader counts where there are many points, once `prepare_datashader` has been called;
    numpy the few, and until then. Both count the same.
    """
    count = _by_datashader if _datashader_is_ready and x.size > FEW_POINTS else _by_numpy
    ends = (tuple(map(float, both)) for both in (x_range, y_range))
    return count(_plain(x), _plain(y), *ends, shape)


def _plain(values: np.ndarray) -> np.ndarray:
    """The same numbers as what datashader was compiled for: it would compile anew for others."""
    values = np.ascontiguousarray(values, dtype=np.float64).view()
    values.flags.writeable = False
    return values


_datashader_is_ready = False


def prepare_datashader() -> None:
    """Import datashader and have it compile what counts points: seconds, once a process."""
    global _datashader_is_ready
    some = _plain(np.array([0.5, np.nan]))
    _by_datashader(some, some, (0.0, 1.0), (0.0, 1.0), (HEIGHT, WIDTH))
    _datashader_is_ready = True


def _by_datashader(x, y, x_range, y_range, shape):
    import datashader
    import pandas

    canvas = datashader.Canvas(
        plot_width=shape[1], plot_height=shape[0], x_range=x_range, y_range=y_range
    )
    points = pandas.DataFrame({"x": x, "y": y}, copy=False)
    return canvas.points(points, "x", "y", datashader.count()).values


def _by_numpy(x, y, x_range, y_range, shape):
    there = np.flatnonzero(np.isfinite(x))
    if there.size < x.size / 2:  # few of this kind
        x, y = x[there], y[there]
    rows, columns = shape
    nowhere = rows * columns
    cell = np.empty(x.size, dtype=np.intp)
    for block in _blocks(x.size):
        row, in_height = _bins(y[block], y_range, rows)
        column, in_width = _bins(x[block], x_range, columns)
        cell[block] = np.where(in_height & in_width, row * columns + column, nowhere)
    return np.bincount(cell, minlength=nowhere + 1)[:nowhere].reshape(shape)


def _bins(values, ends, n):
    """The bin of each value, of `n` between two ends, and whether it lies between them at all.

    To the last bit in the way of datashader, so that both put each point in the same cell.
    """
    low, high = ends
    scale = n / (high - low)
    with np.errstate(invalid="ignore", over="ignore"):  # of what is NaN or far away: not inside
        bins = (values * scale + -low * scale).astype(np.intp)
    return np.minimum(bins, n - 1), (values >= low) & (values <= high)


def _blocks(n: int) -> Iterator[slice]:
    """Slices that cover n numbers: what is worked out of one stays in the processor's cache."""
    for start in range(0, n, _BLOCK):
        yield slice(start, min(start + _BLOCK, n))


def fit_range(x: np.ndarray, y: np.ndarray, everything: bool = False) -> tuple[float, float] | None:
    """The range of a flux axis that shows the light curve well.

    It spans every level that three successive cadences reach, widened by five times the scatter
    between successive cadences: a transit or a flare counts, a cosmic ray does not.

    Parameters
    ----------
    x, y : float arrays, in order of time; NaN in either is no point
    everything : bool
        Span all points instead.

    Returns
    -------
    (low, high), low < high; None where there is no point.
    """
    # Of very long ones, every n-th triple of neighbours will do.
    stride = max(1, y.size // 500_000)
    n = max(y.size - 2, 0) // stride * stride
    three = [(x[k : k + n : stride], y[k : k + n : stride]) for k in range(3)]
    lows, highs, triples = [], [], 0
    for block in _blocks(n // stride):
        a, b, c = (
            np.where(np.isfinite(t[block]) & np.isfinite(f[block]), f[block], np.nan)
            for t, f in three
        )
        reached = np.minimum(np.minimum(a, b), c)  # NaN where any of the three is
        triples += np.count_nonzero(np.isfinite(reached))
        highs.append(np.fmax.reduce(reached))
        lows.append(np.fmin.reduce(np.maximum(np.maximum(a, b), c)))
    if everything or triples < 16:
        return _of_all(y[np.isfinite(x) & np.isfinite(y)], everything)
    low, high = float(np.fmin.reduce(lows)), float(np.fmax.reduce(highs))
    return _padded(min(low, high), max(low, high), 5 * _scatter(x, y))


def _scatter(x: np.ndarray, y: np.ndarray) -> float:
    """Standard deviation of y from one point to the next, of some thousand pairs that are there."""
    for stride in (max(1, y.size // 10_000), 1):
        at = np.arange(0, y.size - 1, stride)
        there = at[np.isfinite([x[at], y[at], x[at + 1], y[at + 1]]).all(axis=0)]
        if there.size:
            break
    return 1.4826 * float(np.median(np.abs(y[there] - y[there + 1]))) / np.sqrt(2)


def _of_all(points: np.ndarray, everything: bool) -> tuple[float, float] | None:
    """The range of points that hardly ever have neighbours, or that are all wanted."""
    if not points.size:
        return None
    if everything or points.size < 18:
        return _padded(float(points.min()), float(points.max()), 0.0)
    return fit_range(points, points)  # as neighbours of each other


def _padded(low: float, high: float, margin: float) -> tuple[float, float]:
    pad = max(margin, 0.06 * (high - low)) or 0.01 * abs(high) or 1.0
    return low - pad, high + pad


def beyond(
    series: list[tuple[np.ndarray, np.ndarray]],
    visible: slice,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The points in sight along x that lie above, and those that lie below, the y range.

    Parameters
    ----------
    series : list of (x, y)
        One entry a kind, over all cadences, or of length 0; NaN in either is no point.
    visible : slice
        The cadences that may be within `x_range`.

    Returns
    -------
    [above, below], each (cadence, y): int and float64 arrays, in the order of the kinds.
    """
    found = []
    for is_beyond, end in ((np.greater, y_range[1]), (np.less, y_range[0])):
        cadences, values = [_NONE], [_NOWHERE]
        for x, y in series:
            if not x.size:
                continue
            at = np.flatnonzero(is_beyond(y[visible], end)) + visible.start
            at = at[(x[at] >= x_range[0]) & (x[at] <= x_range[1]) & np.isfinite(y[at])]
            cadences.append(at)
            values.append(y[at])
        found.append((np.concatenate(cadences), np.concatenate(values)))
    return found


def extremes(
    x: np.ndarray, height: np.ndarray, x_range: tuple[float, float], columns: int
) -> np.ndarray:
    """Of points within `x_range`, the indices of the highest one in each of so many columns."""
    column, _ = _bins(x, x_range, columns)
    order = np.lexsort((height, column))
    last = np.r_[np.diff(column[order]) > 0, True][: order.size]
    return order[last]


def widened(
    y_range: tuple[float, float],
    x: np.ndarray,
    y: np.ndarray,
    cadence: int,
    window: list[slice],
    kept: np.ndarray | None = None,
) -> tuple[float, float]:
    """A y range that holds points which have to be seen, no wider than they need.

    Where the cadence lies beyond, those next to it that do so too are held with it, so that the
    axis is one and the same for all of an event that is stepped through.

    Parameters
    ----------
    x, y : float arrays over all cadences, NaN in either is no point
    cadence : int
        The cadence that has to be seen; -1 for none.
    window : list of slice
        The cadences that have to be seen too.
    kept : bool array over all cadences, optional
        Those of the windows that count: one that is left out may lie far off.
    """
    low, high = y_range
    held = [
        y[part][np.isfinite(x[part]) if kept is None else np.isfinite(x[part]) & kept[part]]
        for part in window
    ]
    if cadence >= 0 and np.isfinite(x[cadence]) and not low <= y[cadence] <= high:
        near = slice(max(cadence - _LONGEST_EVENT, 0), cadence + _LONGEST_EVENT + 1)
        side = y[near] > high if y[cadence] > high else y[near] < low
        inside = np.flatnonzero(~(side & np.isfinite(x[near])))  # NaN lies on neither side
        after = int(np.searchsorted(inside, cadence - near.start))
        first = inside[after - 1] + 1 if after else 0
        last = inside[after] if after < inside.size else side.size
        held.append(y[near][first:last])
    reached = np.concatenate([_NOWHERE, *held])
    reached = reached[np.abs(reached) < FARTHEST]  # not so for NaN
    if not reached.size:
        return y_range
    lowest, highest = min(low, float(reached.min())), max(high, float(reached.max()))
    margin = 0.06 * (highest - lowest)
    return (
        lowest - margin if lowest < low else low,
        highest + margin if highest > high else high,
    )
