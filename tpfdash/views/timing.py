"""How long gestures take: told to whoever counts, and nothing where nobody does."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator

__all__ = ["timed"]

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def timed(gesture: str) -> Iterator[None]:
    """Within it, or in a function that it decorates, a gesture of this name is answered."""
    start = time.perf_counter()
    try:
        yield
    finally:
        if _log.isEnabledFor(logging.DEBUG):
            told = {
                "event": "gesture",
                "gesture": gesture,
                "seconds": time.perf_counter() - start,
            }
            _log.debug("a gesture: %s", gesture, extra={"told": told})
