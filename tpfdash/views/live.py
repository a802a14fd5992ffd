"""What is on the page and follows the Inspector: told of the changes that concern it, in sight."""

from __future__ import annotations

from collections.abc import Callable

from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import params_of
from tpfdash.views.faults import guarded

__all__ = ["Live"]


class Live:
    """A part of the page that is kept up with values of an Inspector while it is in sight.

    Out of sight it only notes that it is behind, and catches up when it is shown again. What goes
    wrong in one part is told on the page and keeps no other part from being brought up to date.

    Parameters
    ----------
    inspector : Inspector
        It keeps the part alive.
    act : callable
        Brings the part up to date. Called with the param events of a change, or with none.
    *values : str
        The params and derived values that the part is made of.
    precedence : int
        Parts of a lower precedence are told first.
    shown : bool
        Whether the part is in sight from the start, and up to date already.
    """

    def __init__(
        self,
        inspector: Inspector,
        act: Callable[..., None],
        *values: str,
        precedence: int = 0,
        shown: bool = True,
    ):
        self._act = guarded(inspector)(act)
        self._shown = shown
        self._behind = not shown
        inspector.param.watch(
            self._changed, list(params_of(type(inspector), *values)), precedence=precedence
        )

    @property
    def shown(self) -> bool:
        """Whether the part is in sight; setting it to True brings the part up to date."""
        return self._shown

    @shown.setter
    def shown(self, value: bool) -> None:
        self._shown = value
        if value and self._behind:
            self._behind = False
            self._act()

    def _changed(self, *events) -> None:
        if self._shown:
            self._act(*events)
        else:
            self._behind = True
