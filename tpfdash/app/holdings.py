"""The target pixel files in the folders that a server serves: a list that can be searched.

A thread reads the first headers of each file, and again only those of files that have changed. The
list can be used meanwhile.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tpfdash.app.roots import Roots, labelled
from tpfdash.errors import TPFError
from tpfdash.io.tpf.glance import Glance, glance

__all__ = ["Found", "Holding", "Holdings"]

_log = logging.getLogger(__name__)

#: What the names of files end in that are looked at.
_ENDINGS = (".fits", ".fit", ".fits.gz", ".fit.gz")
#: Seconds after which somebody who comes has the folders looked through again.
_FRESH = 30.0
#: Files that are listed, and folders that are looked into, at most.
_MOST_FILES, _MOST_FOLDERS = 200_000, 50_000
_INTERVAL = re.compile(r"[qcs]\d{1,3}[ab]?", re.ASCII)
#: Words of a question that count.
_MOST_WORDS = 8


@dataclass(frozen=True)
class Holding:
    """One file: the name by which an address opens it, its bytes, and what its headers say."""

    name: str
    size: int
    about: Glance
    text: str  # what is searched, in small letters


@dataclass(frozen=True)
class Found:
    """What a question finds.

    Parameters
    ----------
    holdings : list of Holding
        The first of them.
    count : int
        How many there are.
    total : int
        Files that are known in all.
    scanning : bool
        Whether there may be more of them: the folders are being looked through.
    """

    holdings: list[Holding]
    count: int
    total: int
    scanning: bool


class Holdings:
    """What is in some folders, and in the folders in them. It is safe to use from several threads.

    Parameters
    ----------
    roots : path, sequence of paths, or None
    fresh : float
        Seconds for which what was found counts as what is there.
    """

    def __init__(self, roots: Roots, fresh: float = _FRESH):
        self._roots = roots
        self._bases = labelled(roots)
        self._fresh = fresh
        self._known: dict[tuple[str, int, int], Holding | None] = {}
        self._listed: list[Holding] = []
        self._looked = -fresh  # on the clock of time.monotonic
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._waiting: list[Callable[[], None]] = []

    @property
    def scanning(self) -> bool:
        """Whether the folders are being looked through now."""
        return self._thread is not None

    def refresh(self, done: Callable[[], None] | None = None) -> None:
        """Have the folders looked through by a thread, if that was not done just now.

        `done` is called once they have been, and every second until then, by that thread.
        """
        with self._lock:
            if self._thread is None:
                if time.monotonic() - self._looked < self._fresh:
                    return
                self._thread = threading.Thread(
                    target=self._scan, name="tpfdash-holdings", daemon=True
                )
                self._thread.start()
            if done is not None:
                self._waiting.append(done)

    def forget(self, done: Callable[[], None]) -> None:
        """Not call what was given to `refresh` any more."""
        with self._lock:
            self._waiting = [one for one in self._waiting if one != done]

    def find(self, words: str = "", most: int = 100, by: str = "") -> Found:
        """The files in which all of these words occur: in the name, the target, the mission ...

        A word as "Q1" means that quarter, and not the tenth.

        Parameters
        ----------
        words : str
        most : int
            How many are wanted.
        by : {"", "target", "when", "cadences", "size", "name"}
            What they are sorted by, with a "-" before it the other way round.
        """
        listed = self._listed
        wanted = words.lower().split()[:_MOST_WORDS]
        found = [one for one in listed if all(_has(one, word) for word in wanted)]
        order = _ORDERS.get(by.removeprefix("-"))
        if order is not None:
            found.sort(key=order, reverse=by.startswith("-"))
        return Found(found[:most], len(found), len(listed), self.scanning)

    def _scan(self) -> None:
        known, listed, told = {}, [], time.monotonic()
        try:
            for name, path, status in self._files():
                key = (path, status.st_mtime_ns, status.st_size)
                if key not in self._known:
                    known[key] = _holding(name, path, status.st_size)
                else:
                    known[key] = self._known[key]
                holding = known[key]
                if holding is not None:
                    listed.append(holding)
                if time.monotonic() - told > 1:
                    told = time.monotonic()
                    if len(listed) > len(self._listed):
                        self._listed = list(listed)
                    self._tell()
        except Exception:  # a list that is old is better than a page that waits for good
            _log.exception("the folders could not be looked through")
        with self._lock:
            self._known, self._listed = known, listed
            self._looked = time.monotonic()
            self._thread = None
            waiting, self._waiting = self._waiting, []
        for act in waiting:
            act()

    def _tell(self) -> None:
        with self._lock:
            waiting = list(self._waiting)
        for act in waiting:
            act()

    def _files(self) -> Iterator[tuple[str, str, os.stat_result]]:
        """(name, path, status) of each file that may be one, in order. No link is followed."""
        files = folders = 0
        for label, base in self._bases.items():
            for folder, inner, names in os.walk(base):
                inner[:] = sorted(one for one in inner if not one.startswith("."))
                folders += 1
                for file in sorted(names):
                    if files >= _MOST_FILES or folders > _MOST_FOLDERS:
                        _log.warning("there are more than %d files: the rest is not listed", files)
                        return
                    path = os.path.join(folder, file)
                    if not file.lower().endswith(_ENDINGS) or os.path.islink(path):
                        continue
                    try:
                        status = os.stat(path)
                        name = (Path(label) / os.path.relpath(path, base)).as_posix()
                        name.encode()  # a name that is no text cannot be in an address
                    except (OSError, ValueError):
                        continue
                    files += 1
                    yield name, path, status


def _has(holding: Holding, word: str) -> bool:
    """Whether a word, in small letters, occurs in what is known of a file."""
    if _INTERVAL.fullmatch(word):  # without its half, which a campaign may have, it means both
        interval = holding.about.interval.lower()
        return interval == word or interval[:-1] == word and not interval[-1:].isdigit()
    return word in holding.text


def _holding(name: str, path: str, size: int) -> Holding | None:
    """The file as it is listed; None where it is no target pixel file."""
    try:
        about = glance(path)
    except TPFError:
        return None
    except Exception:  # whatever a damaged file makes a header's reader raise
        _log.debug("%s could not be looked at", name, exc_info=True)
        return None
    words = (about.target, about.mission, about.interval, about.cadence, name)
    # "KIC 3248033" is found as "kic3248033" too.
    text = " ".join((*words, about.target.replace(" ", ""))).lower()
    return Holding(name, size, about, text)


_ORDERS: dict[str, Callable[[Holding], tuple]] = {
    "target": lambda one: (one.about.target, one.name),
    "when": lambda one: (one.about.mission, len(one.about.interval), one.about.interval, one.name),
    "cadences": lambda one: (one.about.cadences, one.name),
    "size": lambda one: (one.size, one.name),
    "name": lambda one: (one.name,),
}
