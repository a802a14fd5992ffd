"""From a million cadences to a picture of points: the image codes and the flux range.

Arrays in, arrays out; the figure that shows them is `views.timeplot`.
"""

from __future__ import annotations

import numpy as np

__all__ = ["LEVELS", "WIDTH", "HEIGHT", "fit_range", "rasterize"]

#: Cells of the raster. It is sent at each change, so it is not as fine as the screen may be.
WIDTH, HEIGHT = 900, 300
#: Shades of density in each kind of points: few, so that the picture compresses well.
LEVELS = 15
#: Up to so many points numpy counts as quickly as datashader.
FEW_POINTS = 200_000


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
    Each point covers a cross of five cells, as large as a point drawn by itself.
    """
    image = np.zeros(shape, dtype=np.uint8)
    for kind, (x, y) in enumerate(series):
        if not x.size:
            continue
        count = counts(x, y, x_range, y_range, shape)
        if not count.any():
            continue
        # Doublings, not counts: the tenth point in a cell matters more than the thousandth.
        level = np.minimum(_doublings(count), LEVELS).astype(np.uint8)
        level = _spread(level)
        image = np.where(level > 0, level + np.uint8(kind * (LEVELS + 1)), image)
    return image


def counts(x, y, x_range, y_range, shape) -> np.ndarray:
    """How many points lie in each cell: int array (rows, columns), row 0 lowest.

    By datashader where there are many points. It takes two seconds to import and to compile, once a
    process, so that the few are counted by numpy, which is as quick for them.
    """
    count = _datashader if x.size > FEW_POINTS else _numpy
    return count(x, y, x_range, y_range, shape)


def _datashader(x, y, x_range, y_range, shape):
    import datashader
    import pandas

    canvas = datashader.Canvas(
        plot_width=shape[1], plot_height=shape[0], x_range=x_range, y_range=y_range
    )
    points = pandas.DataFrame({"x": x, "y": y}, copy=False)
    return canvas.points(points, "x", "y", datashader.count()).values


def _numpy(x, y, x_range, y_range, shape):
    place = []
    for values, (low, high), cells in ((y, y_range, shape[0]), (x, x_range, shape[1])):
        place.append((values - low) * (cells / (high - low)))
    inside = (place[0] >= 0) & (place[0] < shape[0]) & (place[1] >= 0) & (place[1] < shape[1])
    row, column = (one[inside].astype(np.intp) for one in place)
    cells = np.bincount(row * shape[1] + column, minlength=shape[0] * shape[1])
    return cells.reshape(shape)


def _doublings(count: np.ndarray) -> np.ndarray:
    """0 for 0, 1 for 1, 2 for 2 and 3, 3 for 4 to 7 ..."""
    return np.frexp(count.astype(np.float32))[1]


def _spread(level: np.ndarray) -> np.ndarray:
    """Each cell as the largest of itself and its four neighbours."""
    out = level.copy()
    for here, there in (
        (np.s_[1:], np.s_[:-1]),
        (np.s_[:-1], np.s_[1:]),
        (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[:, :-1], np.s_[:, 1:]),
    ):
        np.maximum(out[here], level[there], out=out[here])
    return out


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
    whole, triple = np.ones(n // stride, dtype=bool), []
    for k in range(3):
        whole &= np.isfinite(x[k : k + n : stride]) & np.isfinite(y[k : k + n : stride])
        triple.append(y[k : k + n : stride])
    if everything or np.count_nonzero(whole) < 16:
        return _of_all(y[np.isfinite(x) & np.isfinite(y)], everything)
    a, b, c = triple if whole.all() else (one[whole] for one in triple)
    high = float(np.minimum(np.minimum(a, b), c).max())
    low = float(np.maximum(np.maximum(a, b), c).min())
    some = slice(None, None, max(1, a.size // 10_000))
    scatter = 1.4826 * float(np.median(np.abs(a[some] - b[some]))) / np.sqrt(2)
    return _padded(min(low, high), max(low, high), 5 * scatter)


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
