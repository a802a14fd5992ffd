"""A table on the page from which one row is chosen, and that can be waited for.

What runs in the browser is `picks.js`, and how it looks `picks.css`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from tpfdash.cards.background import Progress
from tpfdash.cards.widgets import CSS

__all__ = ["PickList"]

_HERE = Path(__file__).parent
_CSS = (_HERE / "picks.css").read_text()
#: Characters of what may be typed in a row.
_LONGEST = 1000
#: What a browser may tell -> the kinds of value that come with it.
_GESTURES: dict[str, tuple[type, ...]] = {
    "choose": (),
    "cancel": (),
    "drop": (),
    "tick": (bool,),
    "type": (str, str),
    "sort": (str,),
}


class PickList(Progress, JSComponent):
    """A table of which one row is chosen, what is being worked out for it, and what went wrong.

    Parameters
    ----------
    act : callable
        Called with (what, number, ...): "choose" with the `number` of a row, "cancel" with 0; and
        where the columns are of such kinds, "tick" with True or False, "type" with a column and
        what was typed or chosen there, "drop", and "sort" with what of `sorts` was pressed.
    headings : dict
        Column -> (heading, what that means).
    tag : str
        On the page it is `tpf-TAG`.
    looks : str
        A style sheet of its own: the cells of a column are `.c-COLUMN`, in `.scroll`, a container.
    """

    rows = param.List([], doc="Of texts by column, and `number`.")
    beside = param.Dict(
        {}, doc="str(number) -> texts by column, over those of `rows`: they come alone when new."
    )
    order = param.List(None, allow_None=True, doc="Numbers of the rows in sight; None: all.")
    headings = param.List([], doc="(column, heading, meaning) of each column.")
    follows = param.Boolean(True, doc="Whether the drawer is scrolled to the row that is chosen.")
    whole = param.Boolean(False, doc="Whether a press anywhere in a row chooses it.")
    kinds = param.Dict(
        {"name": "pick"},
        doc="Column -> what is in its cells, where it is no short text: pick (the button that "
        "chooses the row), tick, drop, words (a long text), type (a field), or a list of words to "
        "choose from, the first for none.",
    )
    sorts = param.Dict({}, doc="Column -> what `sorted` is by it as it is first pressed.")
    sorted = param.String("", doc="Which of `sorts`, or that with or without a minus.")
    chosen = param.Integer(-1, doc="The number of the row that is chosen; -1: none.")
    together = param.List([], doc="The numbers of the rows that are measured as one.")

    _esm = (_HERE / "picks.js").read_text()

    def __init__(
        self,
        act: Callable[..., None],
        headings: Mapping[str, tuple[str, str]],
        tag: str,
        looks: str = "",
        **params: Any,
    ):
        super().__init__(
            headings=[(name, *words) for name, words in headings.items()],
            css_classes=[f"tpf-{tag}"],
            stylesheets=[CSS, _CSS, looks],
            margin=0,
            sizing_mode="stretch_width",
            **params,
        )
        self._act = act

    @property
    def _gestures(self) -> set[str]:
        """What its columns can tell."""
        kinds = {"type" if isinstance(kind, list) else kind for kind in self.kinds.values()}
        return {"choose", "cancel", *(["sort"] if self.sorts else []), *(kinds & set(_GESTURES))}

    def _handle_msg(self, msg: Any) -> None:
        match msg:  # whoever sent it
            case [str(what), int(number) | float(number), *values] if what in self._gestures:
                right = -1 < number < 1e9 and [type(v) for v in values] == [*_GESTURES[what]]
            case _:
                right = False
        if right and all(len(v) <= _LONGEST for v in values if isinstance(v, str)):
            self._act(what, int(number), *values)
