"""The card of the pixels' light curves: what it says, and its controls."""

import numpy as np
import pytest
from cardparts import SHAPE, mask, odd_tpf, part, parts, press, put_on_page, words
from eventparts import TRANSIT, two_stars

from tpfdash.cards.grid import cell_html, grid_card, grid_html, grid_text
from tpfdash.inspector import Inspector
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.geometry import corner
from tpfdash.views.asking import Asking


@pytest.fixture(scope="module")
def tpf():
    return odd_tpf()


@pytest.fixture
def inspector(tpf):
    made = Inspector(tpf)
    Asking(made)
    return made


@pytest.fixture
def card(inspector):
    made = grid_card(inspector)[0]
    put_on_page(made)
    return made


def said(card, tag="grid-words"):
    return words(part(card, tag).object)


def test_unit_time_and_scale_are_said(inspector, card, tpf):
    time = tpf["time"].values
    first, last = np.nanmin(time), np.nanmax(time)
    count = np.count_nonzero(inspector.good & np.isfinite(time))
    assert said(card).startswith(f"flux (e⁻/s) · BKJD {first:.3f} to {last:.3f}: {count} cadences")
    assert "own scale" in said(card)
    inspector.change(grid_scale="same", time_range=(time[3], time[9]))
    assert f"BKJD {time[3]:.3f} to {time[9]:.3f}: " in said(card)
    reach = inspector.grid_asked.answer().reach
    height = f"{reach:,.0f}" if reach >= 100 else f"{reach:.3g}"
    assert f"about its own middle, cells {height} e⁻/s high" in said(card)


def test_a_long_curve_is_said_to_be_in_ranges():
    tpf = simulate_tpf("K2", n_cadences=400, shape=(3, 3), seed=1)
    assert "cadences as 60 ranges of flux" in said(grid_card(Inspector(tpf))[0])


def test_no_window_and_no_cadence_are_said(inspector, card):
    inspector.grid_time = "window"
    assert "there is no window" in said(card)
    inspector.time_range = (0.0, 1.0)
    assert said(card).endswith("BKJD 0.000 to 1.000 (there is no window): no cadence there is kept")
    inspector.change(grid_time="in sight", time_range=None)
    assert "window" not in said(card)


def test_before_anything_is_known_that_is_said(inspector):
    assert "worked out" in words(grid_html(inspector, None))
    inspector.pointed = corner(inspector.tpf)
    row, col = inspector.pointed
    assert words(cell_html(inspector, None)) == f"Row {row}, column {col}"


def test_the_pixel_pointed_at_and_its_event():
    tpf = two_stars()
    inspector = Inspector(tpf, window=TRANSIT)
    Asking(inspector)
    card = grid_card(inspector)[0]
    snr = inspector.answer.difference.snr
    at = np.unravel_index(np.nanargmax(np.abs(snr)), snr.shape)
    row, col = inspector.pointed = tuple(np.add(corner(tpf), at).tolist())
    line = said(card, "grid-cell").replace("−", "-")
    assert line.startswith(f"Row {row}, column {col}, S/N {snr[at]:.1f}, ")
    assert "e⁻/s from bottom to top" in line and line.endswith("in the aperture")
    assert f"S/N of the event up to {abs(snr[at]):.0f}: red: light is missing" in said(card)
    assert f"strongest in row {row}, column {col}: S/N {snr[at]:.1f}." in grid_text(inspector)
    inspector.window = None
    assert "S/N" not in said(card) + said(card, "grid-cell") + grid_text(inspector)


def test_an_event_that_could_not_be_measured_is_said(inspector, card):
    inspector.window = (0.0, 1.0)
    assert inspector.answer.difference is None
    assert said(card).endswith("the event could not be measured")


def test_a_pixel_without_flux_says_so(inspector, card):
    row, col = corner(inspector.tpf)
    inspector.pointed = row + 4, col + 5
    assert said(card, "grid-cell") == f"Row {row + 4}, column {col + 5}, no flux"
    inspector.editing = "background"
    inspector.background = mask((4, 5))
    assert said(card, "grid-cell").endswith("no flux, in the background")
    inspector.pointed = None
    assert "adds its pixel to the background" in said(card, "grid-cell")


def test_choices_are_the_inspectors(inspector, card):
    part(card, "grid-time").value = "window"
    part(card, "grid-scale").value = "same"
    assert (inspector.grid_time, inspector.grid_scale) == ("window", "same")
    inspector.change(grid_time="all", grid_scale="own")
    assert (part(card, "grid-time").value, part(card, "grid-scale").value) == ("all", "own")


def test_only_a_large_stamp_is_moved_about(card):
    assert SHAPE < (15, 15) and not parts(card, "grid-up")
    tpf = simulate_tpf("K2", n_cadences=30, shape=(40, 20), seed=2)
    inspector = Inspector(tpf)
    card = grid_card(inspector)[0]
    row, col, _, _ = start = inspector.grid_part
    for tag, place in (
        ("up", (row + 5, col)),
        ("right", (row + 5, min(col + 5, 5))),
        ("down", (row, min(col + 5, 5))),
        ("left", (row, 0)),
    ):
        press(card, f"grid-{tag}")
        assert inspector.grid_part[:2] == place, tag
    first_row, first_col = np.add(corner(tpf), inspector.grid_part[:2])
    rows = f"rows {first_row} to {first_row + 14} and columns {first_col} to {first_col + 14}"
    assert f"in {rows} of 40 × 20 pixels" in said(card) and rows in grid_text(inspector)
    inspector.pointed = tuple(np.add(corner(tpf), (39, 19)).tolist())
    assert said(card, "grid-cell").endswith("not among these cells")
    press(card, "grid-center")
    assert inspector.grid_part == start


def test_out_of_sight_it_is_not_kept_up(inspector, card):
    card, lives = grid_card(inspector)
    for live in lives:
        live.shown = False
    before = said(card)
    inspector.change(time_range=(0.0, 1.0), pointed=corner(inspector.tpf))
    assert said(card) == before
    for live in lives:
        live.shown = True
    assert "no cadence there is kept" in said(card) and "Row" in said(card, "grid-cell")
