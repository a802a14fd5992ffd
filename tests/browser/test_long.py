"""Long light curves, which are drawn as rasters: the same gestures on up to a million cadences."""

import numpy as np
import pytest

from tpfdash.app.page import make_page
from tpfdash.simulate import simulate_tpf

KEPT = "#4285d0"


@pytest.fixture(scope="module", params=[30_000, 117_000, 1_000_000])
def long_tpf(request):
    """A small TESS stamp of many cadences; a third on, one of them stands apart."""
    n = request.param
    tpf = simulate_tpf("TESS", cadence="20 s", n_cadences=n, shape=(5, 5), columns=["flux"], seed=4)
    tpf["flux"].values[n // 3] *= 0.8
    return tpf


@pytest.fixture
def board(open_page, long_tpf):
    return open_page(lambda: make_page({"long": long_tpf}))


def shown(board, tpf):
    """Whether the light curve shows what is in sight: painted, and with an axis that fits."""
    (x0, x1), (y0, y1) = board.ranges()
    time = tpf["time"].values
    # Cadences are in order of time, and none is without.
    some = slice(*np.searchsorted(time, (x0, x1)), max(1, time.size // 20_000))
    flux = tpf["flux"].values[some][:, board.inspector.aperture].sum(axis=1)
    low, high = np.percentile(flux[flux > 0], [2, 98])
    return y0 < low and high < y1 and y1 - y0 < 5 * (high - low) and board.dots(KEPT) > 500


def test_gestures_on_a_long_light_curve(board, long_tpf):
    tpf, inspector = long_tpf, board.inspector
    time, n = tpf["time"].values, long_tpf.sizes["time"]
    assert np.isfinite(time).all()
    whole = board.ranges()
    assert whole[0][0] < time[0] and time[-1] < whole[0][1]
    board.until(lambda: shown(board, tpf), "the light curve")

    def pixel(row, col):
        return float(tpf["col"][0] + col), float(tpf["row"][0] + row)

    # Masks.
    board.repaints(lambda: board.click("pixels", *pixel(2, 2)), "pixels", "lightcurve")
    board.until(lambda: np.argwhere(inspector.aperture).tolist() == [[2, 2]], "one pixel")
    board.until(lambda: shown(board, tpf), "its light curve")
    board.repaints(
        lambda: board.drag("pixels", pixel(0.7, 0.7), pixel(3.3, 3.3)), "pixels", "lightcurve"
    )
    box = np.zeros((5, 5), dtype=bool)
    box[1:4, 1:4] = True
    board.masks_become(box)
    board.until(lambda: shown(board, tpf), "its light curve")
    flux = tpf["flux"].values.astype(float)[:, box].sum(axis=1)

    # Seeking: one screen pixel is many cadences.
    at = n // 4
    board.repaints(
        lambda: board.click("lightcurve", time[at], np.mean(board.ranges()[1])), "pixels"
    )
    a_pixel = np.ptp(whole[0]) / board.look("frame", "lightcurve")["width"]
    board.until(lambda: abs(time[inspector.cadence] - time[at]) <= a_pixel, "the time clicked")

    # Hovering over the raster: the one that stands apart, and one of the crowd.
    board.part("show-all", "input").click()
    board.until(lambda: board.ranges()[1][0] < flux[n // 3], "all points in sight")
    board.hover("lightcurve", time[n // 3], flux[n // 3])
    board.becomes(lambda: inspector.hovered, n // 3)
    board.until(lambda: f"cadence {tpf['cadenceno'].values[n // 3]}" in board.words("readout"))
    assert f"{inspector.describe(n // 3)['time']:.5f}" in board.words("readout")
    board.part("show-all", "input").click()
    board.until(lambda: shown(board, tpf), "the crowd")
    (x0, x1), (y0, y1) = board.ranges()
    frame = board.look("frame", "lightcurve")
    x, y = time[n // 2], float(np.median(flux))
    board.hover("lightcurve", x, y)
    board.until(lambda: inspector.hovered not in (None, n // 3), "one of the crowd")

    def away(cadence):  # in screen pixels
        across = (time[cadence] - x) / (x1 - x0) * frame["width"]
        return np.hypot(across, (flux[cadence] - y) / (y1 - y0) * frame["height"])

    board.until(lambda: away(inspector.hovered) <= np.min(away(slice(None))) + 1.5, "the nearest")

    # Zoom, down to where single points are drawn.
    while np.count_nonzero((time > board.ranges()[0][0]) & (time < board.ranges()[0][1])) > 3000:
        before = board.ranges()[0]
        board.wheel("lightcurve", time[n // 3], np.mean(board.ranges()[1]), -600)
        board.until(lambda b=before: np.ptp(board.ranges()[0]) < np.ptp(b), "a zoom")
    board.until(
        lambda: np.allclose(inspector.time_range or (0, 0), board.ranges()[0]), "it in Python"
    )
    board.until(lambda: shown(board, tpf), "the points in sight")
    near = n // 3 + 40
    a_pixel = np.ptp(board.ranges()[0]) / board.look("frame", "lightcurve")["width"]
    board.click("lightcurve", time[near], np.mean(board.ranges()[1]))
    board.until(lambda: abs(time[inspector.cadence] - time[near]) <= a_pixel, "the time clicked")

    # A new mask while zoomed, then everything again, then another mask.
    board.repaints(lambda: board.press("all"), "pixels", "lightcurve")
    board.until(lambda: shown(board, tpf), "the new light curve")
    board.tool("Reset")
    board.becomes(lambda: inspector.time_range, None)
    board.until(lambda: board.ranges()[0] == whole[0], "all of it")
    board.until(lambda: shown(board, tpf), "all of it, painted")
    board.repaints(lambda: board.press("undo"), "pixels", "lightcurve")
    board.masks_become(box)
    board.until(lambda: shown(board, tpf), "the old light curve")
