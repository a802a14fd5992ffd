"""What a server's log says: a line of JSON for each thing that happens.

Whoever tells of something does so by `logging`, with what a program would want to know of it in
`extra={"told": {...}}`; here it gets who it happened to.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

__all__ = ["JSONLines", "join_logs", "keep_log"]

#: Characters of a text that a line holds; a traceback may have more.
_LONGEST, _LONGEST_TRACEBACK = 1000, 20_000
#: Those of other packages who would tell of every request.
_QUIET = ("bokeh", "tornado.access", "panel", "asyncio", "matplotlib")


class JSONLines(logging.Formatter):
    """A record as one line of JSON.

    `time`, `level`, `logger`, `message`; what was told (`event`, `file`, `seconds` ...); `session`,
    a name for the session that is none by which anybody could get into it; `remote`, the address of
    the browser; `traceback`.
    """

    def format(self, record: logging.LogRecord) -> str:
        told = getattr(record, "told", {})
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:_LONGEST],
            "process": record.process,
            **who(),
            **told,
        }
        if "session" in line:
            line["session"] = _alias(line["session"])
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)[-_LONGEST_TRACEBACK:]
        return json.dumps({key: _plain(value) for key, value in line.items()})


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text[: _LONGEST_TRACEBACK if "\n" in text else _LONGEST]


def who() -> dict[str, str]:
    """The session that is at work, and the address of its browser; nothing where there is none."""
    state = sys.modules.get("panel.io.state")  # a log is kept before Panel is there
    context = getattr(state.state.curdoc, "session_context", None) if state is not None else None
    if context is None:
        return {}
    said = {"session": str(context.id)}
    try:
        said["remote"] = str(context.request.remote_ip)
    except AttributeError:  # one that no browser has asked for
        pass
    return said


def _alias(session: str) -> str:
    """A session's name for the log: its own would let whoever reads it into the session."""
    return hashlib.sha256(session.encode()).hexdigest()[:12]


def keep_log(level: int = logging.INFO) -> None:
    """Write all that this process tells to its standard error, in lines of JSON.

    To be called before anything else is imported that may have something to tell.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONLines())
    handler.setLevel(level)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    # All of it, for those who count.
    logging.getLogger("tpfdash").setLevel(logging.DEBUG)


def join_logs() -> None:
    """Have those who keep a log of their own, and tell of every request, tell what matters here.

    To be called once they are imported.
    """
    for name in _QUIET:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)
