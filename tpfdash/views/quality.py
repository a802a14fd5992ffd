"""The table of the quality flags that occur in the file; a row picked in it is a flag marked."""

from __future__ import annotations

import holoviews as hv
from holoviews.streams import Selection1D

from tpfdash.inspector import Inspector
from tpfdash.views.faults import guarded

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
        height = min(40 + 25 * max(len(self._flags), 1), 240)
        self.plot = hv.Table(
            [(name, bit, count) for bit, name, count in self._flags] or [("no flag is set", 0, 0)],
            kdims=["flag", "value"],
            vdims=["cadences"],
        ).opts(width=width, height=height, index_position=None, hooks=[_restyle])
        self._selection = Selection1D(source=self.plot)
        self._selection.add_subscriber(guarded(inspector)(self._pick))

    def _pick(self, index):
        bit = self._flags[index[0]][0] if index and self._flags else 0
        self.inspector.marked_flag = bit
        if bit:
            self.inspector.seek_flag(bit)


def _restyle(plot, element) -> None:
    plot.handles["table"].stylesheets = [_CSS]
