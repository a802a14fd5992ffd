"""The table of the quality flags that occur in the file; a row picked in it is a flag marked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import holoviews as hv
from holoviews.streams import Selection1D

from tpfdash.inspector import Inspector
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live
from tpfdash.views.patches import Figures, patch

__all__ = ["QualityView"]

# The table's own sheet is black on white, whatever the page is.
_CSS = """
.slick-header-column, .slick-cell, .slick-row, .slick-viewport, .bk-data-table, .slick-pane {
  background: transparent !important; color: inherit !important; font-size: 12.5px !important;
  border-color: color-mix(in srgb, currentColor 16%, transparent) !important;
}
.slick-row { cursor: pointer; }
.slick-row:hover .slick-cell {
  background: color-mix(in srgb, currentColor 8%, transparent) !important;
}
.slick-cell.bk-cell-select, .slick-cell.selected {
  background: color-mix(in srgb, #c2399f 30%, transparent) !important;
}
"""


class QualityView:
    """The quality flags of an Inspector's file, with counts.

    Picking a row marks the flag's cadences on the light curve and seeks to the next of them.

    Attributes
    ----------
    plot : hv.Table
    """

    def __init__(self, inspector: Inspector, width: int = 460):
        self.inspector = inspector
        self._flags = inspector.flag_counts()
        self._figures = Figures()
        height = min(40 + 25 * max(len(self._flags), 1), 240)
        self.plot = hv.Table(
            [(name, bit, count) for bit, name, count in self._flags] or [("no flag is set", 0, 0)],
            kdims=["flag", "value"],
            vdims=["cadences"],
        ).opts(
            width=width,
            height=height,
            index_position=None,
            hooks=[self._figures.hook("table", self._finish)],
        )
        self._selection = Selection1D(source=self.plot)
        self._selection.add_subscriber(guarded(inspector)(self._pick))
        Live(inspector, self._select, "marked_flag")

    def _pick(self, index):
        bit = self._flags[index[0]][0] if index and 0 <= index[0] < len(self._flags) else 0
        if bit == self.inspector.marked_flag:
            return  # the table tells of what was selected from here too
        self.inspector.marked_flag = bit
        if bit:
            self.inspector.seek_flag(bit)

    def _marked_rows(self) -> list[int]:
        marked = self.inspector.marked_flag
        return [row for row, (bit, *_) in enumerate(self._flags) if bit == marked]

    def _finish(self, plot, element) -> None:
        plot.handles["table"].stylesheets = [_CSS]
        plot.handles["source"].selected.indices = self._marked_rows()

    def _select(self, *events) -> None:
        def change(plots):
            plots["table"].handles["source"].selected.indices = self._marked_rows()

        _within_a_loop(lambda: patch(self._figures, change))


def _within_a_loop(act: Callable[[], None]) -> None:
    """Call `act` where an event loop runs: HoloViews hears of a selection by way of one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:

        async def call():
            act()

        asyncio.run(call())
    else:
        act()
