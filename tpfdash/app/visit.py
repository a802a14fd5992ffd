"""One browser's visit to a page: what was chosen on each file, kept in memory and in the address.

The text of an address is `tpfdash.app.address`; the page around it `tpfdash.app.page`. A notebook
has no address, and no visit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

import panel as pn
import xarray as xr

from tpfdash.app.address import FILE, NAMES, encode
from tpfdash.app.dashboard import TPFDashboard
from tpfdash.cards.addressbar import AddressBar
from tpfdash.cards.words import target_name
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.session import choices_of, written_choices
from tpfdash.stamp.target import same_target
from tpfdash.views.live import Live

__all__ = ["Visit", "file_in", "said_in_address"]

#: Seconds after a change before it is in the address, so that it is painted first; and between
#: one writing and the next, however much goes on.
_SOON, _APART = 0.3, 1.0


def said_in_address() -> dict[str, str]:
    """The query of the address that the current page was asked for with, unquoted."""
    return {
        name: values[0].decode("utf-8", "replace")
        for name, values in (pn.state.session_args or {}).items()
        if values
    }


def file_in(said: Mapping[str, str], opened: Mapping[str, xr.Dataset]) -> str:
    """The name of the file that an address wants in view: one of those open, and nothing else.

    The first one, where it names none.

    Raises
    ------
    TPFError
        Where no file of that name is open.
    """
    name = said.get(FILE, next(iter(opened)))
    if name not in opened:
        known = ", ".join(map(repr, list(opened)[:8])) + (" ..." if len(opened) > 8 else "")
        raise TPFError(f"no file {name[:200]!r} is open here: it should be one of {known}.")
    return name


class Visit:
    """What one browser does on the files of a page.

    Parameters
    ----------
    dashboard : TPFDashboard
        Shows the file `name`.
    opened : dict of str to Dataset
        The files that can be gone to.
    name : str
    unnamed : str, optional
        The file that the address names in another way.

    Attributes
    ----------
    bar : AddressBar
        To be put on the page.
    """

    def __init__(
        self,
        dashboard: TPFDashboard,
        opened: Mapping[str, xr.Dataset],
        name: str,
        *,
        unnamed: str | None = None,
    ):
        self.dashboard = dashboard
        self.name = name
        self.bar = AddressBar(names=list(NAMES))
        self._opened = opened
        self._unnamed = unnamed
        self._arrivals: list[Callable[[], None]] = []
        self._left: dict[str, Inspector] = {}
        self._usual: dict[str, dict[str, Any]] = {}
        self._document = pn.state.curdoc
        self._due = False
        self._written = -_APART  # on the clock of time.monotonic
        self._follow()

    def go_to(self, name: str) -> None:
        """Show another file, as it was left, and undo with it, or as it opens.

        Raises
        ------
        TPFError
            Where it cannot be shown; all stays as it is.
        """
        left = copy(self.dashboard.inspector)  # those who watch it are for the view that goes
        before, self.name = self.name, name  # for those who are told while it is opened
        self._left[before] = left
        try:
            self.dashboard.open(self._left.get(name, self._opened[name]))
        except TPFError:
            self.name = before
            del self._left[before]
            raise
        self._left.pop(name, None)
        self._follow()
        self._note()

    def on_arrival(self, act: Callable[[], None]) -> None:
        """Have something done whenever another file is shown, and now."""
        self._arrivals.append(act)
        act()

    def of_target(self) -> list[str]:
        """The names of the open files that are of the target in view, that file's among them."""
        here = self.dashboard.inspector.tpf
        return [name for name, tpf in self._opened.items() if same_target(here, tpf)]

    def inspector_of(self, name: str) -> Inspector:
        """That of an open file: as it is in view, as it was left, or as it opens."""
        if name == self.name:
            return self.dashboard.inspector
        if name not in self._left:
            self._left[name] = Inspector(self._opened[name])
        return self._left[name]

    def write(self) -> None:
        """Bring the address up to date now."""
        self._written = time.monotonic()
        inspector = self.dashboard.inspector
        if self.name not in self._usual:
            self._usual[self.name] = written_choices(Inspector(inspector.tpf))
        self.bar.query = encode(
            written_choices(inspector),
            self._usual[self.name],
            None if self.name == self._unnamed else self.name,
        )

    def _follow(self) -> None:
        inspector = self.dashboard.inspector
        for arrive in self._arrivals:
            arrive()
        self.bar.title = f"{target_name(inspector)} · tpfdash"
        Live(inspector, self._note, *choices_of(type(inspector)), precedence=2)

    def _note(self, *events) -> None:
        """Have the address written soon; a click does not wait for that."""
        if self._due or self._document is None:
            return
        self._due = True
        wait = max(_SOON, self._written + _APART - time.monotonic())
        self._document.add_timeout_callback(self._write_when_due, int(1000 * wait))

    def _write_when_due(self) -> None:
        self._due = False
        self.write()
