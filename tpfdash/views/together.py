"""The image of all events of an ephemeris together, small."""

from __future__ import annotations

from tpfdash.diagnosis.variability import SineImage
from tpfdash.inspector import Inspector
from tpfdash.stamp.columns import column_unit
from tpfdash.views.difference import DifferenceView

__all__ = ["TogetherView"]


class TogetherView(DifferenceView):
    """The image of all events of an Inspector's `fold_answer` together, small, with their place."""

    _of = ("fold_answer",)
    _width, _borders = 190, (38, 6, 4, 24)
    _colorbar = False

    def __init__(self, inspector: Inspector):
        super().__init__(inspector, "difference")

    @property
    def answer(self):
        """The image of all events, or of the wave; None where there is none."""
        answer = self.inspector.fold_answer
        return None if answer is None else answer.image

    def _footprint(self) -> None:
        return None

    def _label(self) -> str:
        if isinstance(self.answer, SineImage):
            return f"amplitude ({column_unit(self.inspector.tpf, 'flux')})"
        return super()._label()
