"""What a search or a download is at, told to whoever waits for it, and how it is told to stop.

Showing it belongs to the terminal or the page.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from tpfdash.errors import TPFError

__all__ = ["Cancel", "Cancelled", "Stages"]


class Cancelled(TPFError):
    """A search or a download that was told to stop, and has."""


class Cancel(Protocol):
    """What tells to stop: a `threading.Event`, set from any thread, or anything alike."""

    def is_set(self) -> bool: ...


class Stages:
    """What is being done, for a callback, and whether it is still wanted.

    Parameters
    ----------
    stage : callable, optional
        Called with what is done now, in words: "asking for the name", "fetching 12 of 34 MB".
    cancel : Cancel, optional
        Looked at between requests, and between the pieces of a file.
    progress : callable, optional
        Called with the bytes that have come and those that will, None where nobody says how many.
    """

    def __init__(
        self,
        stage: Callable[[str], object] | None = None,
        cancel: Cancel | None = None,
        progress: Callable[[int, int | None], object] | None = None,
    ):
        self._stage = stage
        self._cancel = cancel
        self._progress = progress
        self.now = "starting"

    def say(self, words: str) -> None:
        """Go on to another stage.

        Raises
        ------
        Cancelled
            Where nobody wants it any more.
        """
        self.check()
        self.now = words
        if self._stage is not None:
            self._stage(words)

    def fetched(self, done: int, total: int | None) -> None:
        """So many bytes of a file have come."""
        if self._progress is not None:
            self._progress(done, total)
        whole = f" of {megabytes(total)}" if total else ""
        unit = "" if total else " MB"
        words = f"fetching {megabytes(done)}{unit}{whole}" + (" MB" if total else "")
        if words == self.now:
            self.check()
        else:
            self.say(words)

    def check(self) -> None:
        """A `Cancelled` where nobody wants it any more."""
        if self._cancel is not None and self._cancel.is_set():
            raise Cancelled(f"Stopped while {self.now}, as asked.")

    def wait(self, seconds: float) -> None:
        """Let time pass, and stop as soon as nobody wants it any more."""
        end = time.monotonic() + seconds
        wait: Any = getattr(self._cancel, "wait", None)
        self.check()
        while (left := end - time.monotonic()) > 0:
            (wait or time.sleep)(min(left, 0.1))
            self.check()


def megabytes(count: int | None) -> str:
    """Bytes as megabytes, with a digit behind the point where there are few."""
    mega = (count or 0) / 1e6
    return f"{mega:.0f}" if mega >= 10 else f"{mega:.1f}"
