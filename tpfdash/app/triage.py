"""Triage: the events in the results of many files, gone through and judged; and its pages.

What can be chosen and said is `tpfdash.inspector.triage`; how it looks is `tpfdash.cards`; here
they are put together. A page of the server's own opens a file of the results in the dashboard.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from tpfdash.app.address import encode
from tpfdash.app.dashboard import TPFDashboard
from tpfdash.app.notebook import inline_stylesheets, note_display, prepare
from tpfdash.app.page import error_page, make_page, page_around, tell_faults
from tpfdash.app.release import Column
from tpfdash.app.roots import open_sources, without_folders
from tpfdash.app.visit import said_in_address
from tpfdash.app.widths import Widths
from tpfdash.cards.addressbar import AddressBar
from tpfdash.cards.agreed import agreed_card
from tpfdash.cards.alert import fault_alert
from tpfdash.cards.drawer import Drawer
from tpfdash.cards.gallery import gallery_card
from tpfdash.cards.inhand import hand_card
from tpfdash.cards.names import Names
from tpfdash.cards.triagekeys import TriageKeys
from tpfdash.cards.triagesave import save_card
from tpfdash.cards.triagetable import table_card
from tpfdash.cards.widgets import CSS, button, control, html, row, widget
from tpfdash.diagnosis.bulk.judged import LONGEST, Judged, judged_path
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.errors import TPFError
from tpfdash.inspector.triage import Walk
from tpfdash.views.faults import guarded, tell
from tpfdash.views.live import Live, served_document

__all__ = ["Triage", "triage_pages"]

_BOARD = (Path(__file__).parent / "triage.css").read_text()
#: A page's triage has the height of the window, less that of what is above it.
_MAIN = ":host { --tpf-height: calc(100vh - 98px); min-width: 0 !important; }"
#: What an address says of a triage, besides the event in hand, by its number in the results.
_ADDRESSED = ("order", "verdict", "said", "mission", "snr_from", "snr_to", "text")
_EVENT = "event"
#: What names a file of the results in an address: the number of its line.
_LINE = "line"
#: Path of the page that opens such a file, beside that of the triage.
_FILE = "file"
#: Windows of one event that an address holds, at most.
_WINDOWS = 20
#: Milliseconds between two looks at what others have written.
_LOOK = 5000


class Triage(pn.viewable.Viewer):
    """A table of the events in a file of results, the one in hand, and what a person says of each.

    Parameters
    ----------
    results : path or Results
        What `tpfdash diagnose` or `tpfdash.diagnose_many` has written, or writes still: lines of
        JSON (.jsonl), or a table with those beside it.
    judged : Judged, optional
        Where what is said is kept. Default: `results.judged.jsonl`, beside the results.
    link : callable, optional
        The number of a row -> the address that opens its file, or None.
    **params
        Params of the `Walk`: order, verdict, said, snr_from, who ...

    Attributes
    ----------
    walk : Walk
        All the state: what is in the table, what is in hand, what is said.

    Raises
    ------
    TPFError
        Where the results cannot be read or a param is no good.
    """

    def __init__(
        self,
        results: str | os.PathLike | Results,
        *,
        judged: Judged | None = None,
        link: Callable[[int], str | None] | None = None,
        **params,
    ):
        results = results if isinstance(results, Results) else Results(results)
        self.walk = walk = Walk(results, judged, **params)
        super().__init__()
        self._keys = TriageKeys(walk)
        cards = {
            "table": table_card(walk)[0],
            "hand": hand_card(walk, link)[0],
            "drawer": self._make_drawer(),
        }
        for place, card in cards.items():
            card.css_classes = [*card.css_classes, f"tpf-place-{place}"]
            card.stylesheets = [CSS, _BOARD]
        self._page = Column(
            Widths(),
            fault_alert(walk),
            self._heading(),
            pn.Column(
                *cards.values(),
                css_classes=["tpf-board"],
                stylesheets=[CSS, _BOARD],
                sizing_mode="stretch_width",
                margin=0,
            ),
            self._keys,
            Names(),
            css_classes=["tpf-triage"],
            stylesheets=[CSS, _BOARD],
            sizing_mode="stretch_width",
            margin=0,
            hooks=[inline_stylesheets, note_display],
        )

    def dashboard(self, **params) -> TPFDashboard:
        """The dashboard over the file of the event in hand, with its window set.

        Parameters
        ----------
        **params
            Params of the `Inspector`.

        Raises
        ------
        TPFError
            Where none is in hand, and where its file is not on this machine or cannot be opened.
        """
        walk = self.walk
        path = walk.results.path_of(int(walk.results.file[walk.row])) if walk.row >= 0 else None
        if path is None:
            raise TPFError("the file of the event in hand is not on this machine.")
        return TPFDashboard(path, **_choices(walk.results, walk.row) | params)

    def look(self) -> None:
        """Take in what others have said, and say whether there are more results to be read."""
        walk = self.walk
        walk.judged.update()
        walk.catch_up()
        self._again.label = "Read again: there is more" if walk.results.has_grown else "Read again"

    def __panel__(self):
        prepare()
        return self._page

    def _heading(self) -> pn.Row:
        walk = self.walk
        name = (
            f"<div class='heading'><span class='name'>{escape(walk.results.path.name)}</span></div>"
        )

        def read():
            walk.read_again()
            self._again.label = "Read again"

        self._again = button(
            walk, "Read again", "read-again", read, "Take in what was written to the file since."
        )
        who = widget(
            pn.widgets.TextInput,
            walk.param.who,
            "who",
            label="",
            placeholder="your name",
            width=130,
            max_length=LONGEST,
        )
        keys = control(pn.widgets.Button, "help", "Keys (?).", label="?")
        keys.on_click(lambda event: self._keys.show_help())
        return row(
            html(name),
            self._again,
            pn.HSpacer(),
            who,
            keys,
            gap=10,
            sizing_mode="stretch_width",
            styles={"gap": "10px", "align-items": "center", "padding-bottom": "6px"},
        )

    def _make_drawer(self) -> pn.Column:
        walk = self.walk
        drawer = Drawer(
            walk,
            {
                "Pictures": lambda: gallery_card(walk),
                "Agreement": lambda: agreed_card(walk),
                "Save": lambda: (save_card(walk), []),
            },
        )
        drawer.opened = "Pictures"
        return drawer.card


def triage_pages(results: Results, *, who: str = "") -> dict[str, Callable]:
    """The pages of a server over some results, by their paths: the triage, and a file of them.

    Whoever opens one sees what all others say. Of the files on the disk an address opens those that
    the results name, by the numbers of their lines, and no other.

    Raises
    ------
    TPFError
        Where what is kept beside the results cannot be read.
    """
    judged = Judged(judged_path(results.path))

    def link(row: int) -> str | None:
        number = int(results.file[row])
        if results.path_of(number) is None:
            return None
        query = encode(_choices(results, row), {})
        return f"{_FILE}?{_LINE}={number + 1}" + (f"&{query}" if query else "")

    def page() -> pmui.Page:
        return _page(lambda: Triage(results, judged=judged, link=link, who=who))

    return {"/": page, f"/{_FILE}": lambda: _file_page(results)}


def _page(make: Callable[[], Triage]) -> pmui.Page:
    try:
        triage = make()
    except TPFError as error:
        return error_page(error)
    tell_faults(triage, lambda shown: shown.walk)
    walk = triage.walk
    _follow_address(walk, said_in_address())
    if served_document() is not None:
        pn.state.add_periodic_callback(guarded(walk)(triage.look), period=_LOOK)
    main = pn.Column(
        triage,
        _address_bar(walk),
        sizing_mode="stretch_width",
        margin=(4, 8, 8, 8),
        stylesheets=[_MAIN],
    )
    return page_around(main, [])


def _follow_address(walk: Walk, said: Mapping[str, str]) -> None:
    """Choose what an address says; what cannot be followed is told on the page."""
    choices: dict[str, Any] = {name: said[name] for name in _ADDRESSED if name in said}
    try:
        for name in ("snr_from", "snr_to"):
            if name in choices:
                choices[name] = _as_number(name, choices[name])
        walk.param.update(**choices)
    except TPFError as error:
        tell(walk, TPFError(f"The address was not followed: {error}"))
    number = said.get(_EVENT, "")
    if number.isascii() and number.isdigit() and len(number) < 12:
        row = int(number) - 1
        if row in walk.rows:
            walk.row = row


def _as_number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise TPFError(f"{name} is {text[:40]!r}: it should be a number.")
    return number


def _address_bar(walk: Walk) -> AddressBar:
    """What keeps the page's address up to date: loaded again, it goes on where it was."""
    bar = AddressBar(names=[*_ADDRESSED, _EVENT])
    bar.title = f"{walk.results.path.name} · tpfdash"

    def write(*events):
        said = {name: getattr(walk, name) for name in _ADDRESSED}
        usual = {name: walk.param[name].default for name in _ADDRESSED}
        query = {name: value for name, value in said.items() if value != usual[name]}
        bar.query = urlencode(query | ({_EVENT: walk.row + 1} if walk.row >= 0 else {}))

    Live(walk, write, *_ADDRESSED, "row", later=True)
    return bar


def _file_page(results: Results) -> pmui.Page:
    """The dashboard over the file of the results that the address names by its line."""
    line = said_in_address().get(_LINE, "")
    number = int(line) - 1 if line.isascii() and line.isdigit() and len(line) < 12 else -1
    path = results.path_of(number) if 0 <= number < results.files else None
    if path is None:
        return error_page(TPFError(f"no file of the results is on this machine as {line[:20]!r}."))
    try:
        opened = open_sources([path])
    except TPFError as error:
        return error_page(without_folders(error, path))
    return make_page(opened, archive=False)


def _choices(results: Results, row: int) -> dict:
    """What an Inspector is to choose to look at the event of a row."""
    window = results.window(row)
    if window is None:
        return {}
    windows = results.event(row).get("windows")
    several = windows if isinstance(windows, list) and len(windows) > 1 else []
    further = [one for one in several[1:_WINDOWS] if isinstance(one, list) and len(one) == 2]
    return {"window": list(window)} | ({"stacked": further} if further else {})
