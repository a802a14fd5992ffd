"""The files of a page that are of the target in view, as one: their drawer, and their session."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import PurePath

import panel as pn

from tpfdash.app.visit import Visit
from tpfdash.cards.segments import SegmentsCard
from tpfdash.inspector import Inspector
from tpfdash.inspector.segments import Segments
from tpfdash.views.live import Live

__all__ = ["Siblings"]


class Siblings:
    """What a page offers where several files of a target are open, or can be looked for.

    Parameters
    ----------
    visit : Visit
    chooser : Select
        Of the files of the page: whoever goes to one goes through it.
    search : callable, optional
        Called with what to search the archive for, and the names of files that are open.
    """

    def __init__(
        self,
        visit: Visit,
        chooser: pn.widgets.Select,
        search: Callable[[str, Collection[str]], None] | None = None,
    ):
        self._visit = visit
        self._chooser = chooser
        self._search = search
        self._cards: list[SegmentsCard] = []  # one a target
        visit.dashboard.others = self._others

    def arrive(self) -> None:
        """Offer the drawer for the file that is in view now."""
        visit = self._visit
        mission = visit.dashboard.inspector.mission
        if len(visit.of_target()) > 1 or (self._search is not None and self._wanted()):
            visit.dashboard.add_drawer(f"{mission.epoch_keyword.title()}s", self._drawer)

    def _drawer(self) -> tuple[pn.Column, list[Live]]:
        card = self._card()
        return card.card, card.follow(self._visit.dashboard.inspector)

    def _card(self) -> SegmentsCard:
        """The card of the target in view, with the Inspectors as they are now."""
        visit = self._visit
        inspectors = [visit.inspector_of(name) for name in visit.of_target()]
        # One without any time has no place on the time axis.
        inspectors = [each for each in inspectors if each.timeline.span is not None] or inspectors
        here = inspectors[0].tpf
        card = next((one for one in self._cards if one.segments.name_of(here) is not None), None)
        if card is None:
            look = self._look if self._search is not None and self._wanted() else None
            card = SegmentsCard(Segments(inspectors), self._go, look)
            self._cards.append(card)
        for inspector in inspectors:
            card.segments.put(inspector)
        return card

    def _others(self) -> Sequence[Inspector]:
        visit = self._visit
        return [visit.inspector_of(name) for name in visit.of_target() if name != visit.name]

    def _go(self, name: str, cadence: int | None = None) -> None:
        """Show the file of a segment, at a cadence."""
        visit = self._visit
        tpf = self._card().segments[name].tpf
        file = next(one for one in visit.of_target() if visit.inspector_of(one).tpf is tpf)
        self._chooser.value = file  # it tells where a file cannot be shown
        if visit.name == file and cadence is not None:
            visit.dashboard.inspector.go_to_cadence(cadence)

    # -- the archive -----------------------------------------------------------------------------

    def _wanted(self) -> str:
        """What to search for: the target's number, or its place; "" where the file has neither."""
        inspector = self._visit.dashboard.inspector
        attrs = inspector.tpf.attrs
        if attrs.get("simulated"):
            return ""
        if attrs.get("id"):
            return f"{inspector.mission.catalog} {attrs['id']}"
        place = attrs.get("ra"), attrs.get("dec")
        return "" if None in place else "{:.6f} {:+.6f}".format(*place)

    def _look(self) -> None:
        visit = self._visit
        sources = [visit.inspector_of(name).tpf.attrs.get("source") for name in visit.of_target()]
        files = {PurePath(str(source)).name for source in sources if source}
        self._search(self._wanted(), {*visit.of_target(), *files})
