"""The pixels' own light curves with their controls: which time, which scale, which part."""

from __future__ import annotations

from functools import partial

import numpy as np
import panel as pn

from tpfdash.cards.widgets import (
    CSS,
    button,
    choice,
    described,
    html,
    plot_pane,
    row,
)
from tpfdash.cards.words import minus
from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows
from tpfdash.stamp.columns import column_unit
from tpfdash.stamp.geometry import corner
from tpfdash.timeseries.pixel_grid import PixelGrid
from tpfdash.views.difference import has_difference, signs_text
from tpfdash.views.grid import GridView, fullest
from tpfdash.views.live import Live

__all__ = ["cell_html", "grid_card", "grid_html", "grid_text"]

#: In sight while the drawer is scrolled, whose padding is above it.
_STAYS = {
    "position": "sticky",
    "top": "-8px",
    "z-index": "2",
    "background": "var(--panel-surface-color, Canvas)",
}
#: Pixels that a press of an arrow moves a part of a large stamp by.
_STEP = 5
#: Name of a button -> its label, rows and columns, and where that is.
_MOVES = {
    "left": ("←", 0, -_STEP, "lower columns"),
    "down": ("↓", -_STEP, 0, "lower rows"),
    "up": ("↑", _STEP, 0, "higher rows"),
    "right": ("→", 0, _STEP, "higher columns"),
}


def grid_card(inspector: Inspector) -> tuple[pn.Column, list[Live]]:
    """The card of an Inspector's pixels' own light curves, and what is live in it."""
    p, view = inspector.param, GridView(inspector)
    words = html("", css_classes=["tpf-grid-words"], sizing_mode="stretch_width")
    cell = html("", css_classes=["tpf-grid-cell"], sizing_mode="stretch_width", styles=_STAYS)

    def say():
        words.object = grid_html(inspector, view.grid)
        say_cell()

    def say_cell(*events):
        cell.object = cell_html(inspector, view.grid)

    view.drawn = say
    card = pn.Column(
        row(
            html("<div class='label'>Time</div>"),
            choice(p.grid_time, "grid-time"),
            html("<div class='label'>Scale</div>"),
            choice(p.grid_scale, "grid-scale"),
            *_moves(inspector),
            gap=8,
            css_classes=["tpf-bar"],
            stylesheets=[CSS],
        ),
        words,
        cell,
        described(inspector, plot_pane(view.plot, "grid", sizing_mode="stretch_width"), grid_text),
        margin=0,
        css_classes=["tpf-tall"],
        sizing_mode="stretch_width",
        styles={"gap": "4px"},
    )
    say()
    return card, [
        *view.lives,
        Live(inspector, say_cell, "pointed", "editing", "aperture", "background"),
    ]


def _moves(inspector: Inspector) -> list[pn.widgets.Button]:
    """The buttons to another part; none where all of the stamp is shown."""
    if inspector.grid_part[2:] == inspector.tpf["aperture"].shape:
        return []
    return [
        *(
            button(
                inspector,
                label,
                f"grid-{name}",
                partial(inspector.move_grid, rows, cols),
                f"Show the pixels of {where}: {_STEP} further.",
            )
            for name, (label, rows, cols, where) in _MOVES.items()
        ),
        button(
            inspector,
            "To the aperture",
            "grid-center",
            inspector.center_grid,
            "Show the pixels around the aperture.",
        ),
    ]


def grid_html(inspector: Inspector, grid: PixelGrid | None) -> str:
    """What is drawn of the pixels: unit, which they are, time, scale, tint."""
    if grid is None:
        return "<div class='note' role='status'>The curves are worked out …</div>"
    said = (
        _pixels(inspector, grid),
        _time(inspector, grid),
        _scale(inspector, grid) if grid.cadences else "",
        _tint(inspector),
    )
    return f"<div class='note'>{' · '.join(filter(None, said))}</div>"


def _pixels(inspector: Inspector, grid: PixelGrid) -> str:
    tpf = inspector.tpf
    unit = column_unit(tpf, "flux")
    what = f"flux ({unit})" if unit else "flux"
    (first_row, first_col), (row, col, rows, cols) = corner(tpf), grid.part
    all_rows, all_cols = tpf["aperture"].shape
    if (rows, cols) == (all_rows, all_cols):
        return what
    row, col = first_row + row, first_col + col
    return (
        f"{what} in rows {row} to {row + rows - 1} and columns {col} to {col + cols - 1} of "
        f"{all_rows} × {all_cols} pixels"
    )


def _time(inspector: Inspector, grid: PixelGrid) -> str:
    """The stretch of time from the left to the right of a cell, and what it holds."""
    said = " to ".join(minus(f"{end:.3f}") for end in grid.times)
    said = f"{inspector.tpf.attrs.get('time_format', '') or 'day'} {said}"
    if inspector.grid_time == "window" and not inspector.windows:
        said += " (there is no window)"
    if not grid.cadences:
        return f"{said}: no cadence there is kept"
    points = grid.time.size
    ranges = f" as {points} ranges of flux" if points < grid.cadences else ""
    return f"{said}: {grid.cadences:,} cadence{'s' * (grid.cadences != 1)}{ranges}"


def _scale(inspector: Inspector, grid: PixelGrid) -> str:
    if inspector.grid_scale == "own":
        return "each on its own scale"
    if not np.isfinite(grid.reach):
        return ""
    unit = column_unit(inspector.tpf, "flux")
    return f"each about its own middle, cells {_number(grid.reach)} {unit}".rstrip() + " high"


def _tint(inspector: Inspector) -> str:
    if has_difference(inspector):
        return f"S/N of the event up to {fullest(inspector):.0f}: {signs_text('S/N')}"
    measured = inspector.windows and inspector.answer is not None
    return "the event could not be measured" if measured else ""


def cell_html(inspector: Inspector, grid: PixelGrid | None) -> str:
    """The pixel pointed at: where it is, the event in it, its scale."""
    if inspector.pointed is None:
        return (
            "<div class='note'>Point at a cell for its numbers; a click adds its pixel to the "
            f"{inspector.editing}, or takes it off.</div>"
        )
    row, col = inspector.pointed
    said = [f"Row {row}, column {col}"]
    at = tuple(np.subtract(inspector.pointed, corner(inspector.tpf)).tolist())
    if has_difference(inspector):
        snr = inspector.answer.difference.snr[at]
        said.append(f"S/N {minus(f'{snr:.1f}')}" if np.isfinite(snr) else "S/N not available")
    said.append(_ends(inspector, grid, at))
    if getattr(inspector, inspector.editing)[at]:
        said.append(f"in the {inspector.editing}")
    return f"<div class='note'>{', '.join(filter(None, said))}</div>"


def _ends(inspector: Inspector, grid: PixelGrid | None, at: tuple[int, int]) -> str:
    """The flux at the bottom and at the top of a cell, where that is its own scale."""
    if grid is None:
        return ""
    row, col = np.subtract(at, grid.part[:2]).tolist()
    if not (0 <= row < grid.part[2] and 0 <= col < grid.part[3]):
        return "not among these cells"
    floor, ceiling = float(grid.floor[row, col]), float(grid.ceiling[row, col])
    if not np.isfinite(floor):
        return "no flux"
    if inspector.grid_scale == "same":
        middle = (floor + ceiling) / 2
        floor, ceiling = middle - grid.reach / 2, middle + grid.reach / 2
    ends = f"{_number(floor)} to {_number(ceiling)}"
    return f"{ends} {column_unit(inspector.tpf, 'flux')}".rstrip() + " from bottom to top"


def _number(value: float) -> str:
    return minus(f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}")


@follows("grid_part", "answer")
def grid_text(inspector: Inspector) -> str:
    """What the grid shows, for those who cannot see it."""
    (first_row, first_col), (row, col, rows, cols) = corner(inspector.tpf), inspector.grid_part
    row, col = first_row + row, first_col + col
    said = (
        f"The light curves of the pixels in rows {row} to {row + rows - 1} and columns {col} to "
        f"{col + cols - 1}, each in its place on the stamp."
    )
    if has_difference(inspector):
        snr = np.nan_to_num(inspector.answer.difference.snr)
        at = np.unravel_index(np.argmax(np.abs(snr)), snr.shape)
        said += (
            f" The event is strongest in row {first_row + at[0]}, column {first_col + at[1]}: S/N "
            f"{snr[at]:.1f}."
        )
    return said
