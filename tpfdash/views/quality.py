"""The table of the quality flags that occur in the file; a row picked in it is a flag marked."""

from __future__ import annotations

import holoviews as hv
from holoviews.streams import Selection1D

from tpfdash.inspector import Inspector

__all__ = ["QualityView"]


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
        self.plot = hv.Table(
            [(name, bit, count) for bit, name, count in self._flags] or [("no flag is set", 0, 0)],
            kdims=["flag", "value"],
            vdims=["cadences"],
        ).opts(
            width=width, height=min(40 + 25 * max(len(self._flags), 1), 240), index_position=None
        )
        self._selection = Selection1D(source=self.plot)
        self._selection.add_subscriber(self._pick)

    def _pick(self, index):
        bit = self._flags[index[0]][0] if index and self._flags else 0
        self.inspector.marked_flag = bit
        if bit:
            self.inspector.seek_flag(bit)
