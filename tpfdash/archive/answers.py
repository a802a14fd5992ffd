"""Good answers, kept for the life of the process. Nothing that failed or is empty is kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from astropy.table import Table

__all__ = ["Answers"]


class Answers:
    """Tables by what was asked for; handed in and out as copies, from any thread.

    Parameters
    ----------
    most : int
        So many are kept; the one that was not asked for longest goes first.
    """

    def __init__(self, most: int = 32) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Table] = OrderedDict()

    def get(self, question: Hashable) -> Table | None:
        with self._lock:
            kept = self._kept.get(question)
            if kept is None:
                return None
            self._kept.move_to_end(question)
            return kept.copy()

    def keep(self, question: Hashable, answer: Table) -> None:
        if not len(answer):
            return
        with self._lock:
            self._kept[question] = answer.copy()
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()
