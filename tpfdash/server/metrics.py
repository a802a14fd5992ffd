"""Numbers for Prometheus: sessions, pages, the cache, uploads, errors, and how long gestures take.

They are counted from what is told by `logging` (see `tpfdash.server.logs`), so that nothing below
knows of them. Several processes count in files of one folder, and any of them tells the sum.
"""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from tornado.web import RequestHandler

from tpfdash.server.folder import METRICS

__all__ = ["Metrics", "MetricsHandler"]

_GESTURES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_PAGES = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics(logging.Handler):
    """Counts what it is told."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._registry = CollectorRegistry()
        self.addFilter(lambda record: hasattr(record, "told"))

        def made(kind: type, name: str, words: str, **options):
            return kind(f"tpfdash_{name}", words, registry=self._registry, **options)

        alive = {"multiprocess_mode": "livesum"}
        self._sessions = made(Gauge, "sessions", "Sessions that are open.", **alive)
        self._pages = made(Counter, "pages_opened", "Pages asked for.", labelnames=["kind"])
        self._built = made(
            Histogram, "page_build_seconds", "Time to build a page's dashboard.", buckets=_PAGES
        )
        self._cache_bytes = made(Gauge, "cache_bytes", "Files kept in memory.", **alive)
        self._cache = {
            "hit": made(Counter, "cache_hits", "Files that were open already."),
            "miss": made(Counter, "cache_misses", "Files that had to be opened."),
            "eviction": made(Counter, "cache_evictions", "Files that are kept no more."),
        }
        self._gestures = made(
            Histogram,
            "gesture_seconds",
            "Time from a gesture's arrival to what it changes.",
            labelnames=["gesture"],
            buckets=_GESTURES,
        )
        self._errors = made(Counter, "errors", "Errors told to users.")
        self._refusals = made(Counter, "refusals", "Requests that were refused.")
        self._uploads = made(Counter, "uploads", "Files sent.", labelnames=["result"])
        self._upload_bytes = made(Counter, "upload_bytes", "Bytes of files sent and taken.")

    def emit(self, record: logging.LogRecord) -> None:
        told = record.told  # type: ignore[attr-defined]
        match told.get("event"):
            case "session begins":
                self._sessions.inc()
            case "session ends":
                self._sessions.dec()
            case "opened":
                self._pages.labels(told["kind"]).inc()
            case "built":
                self._built.observe(told["seconds"])
            case "cache":
                self._cache_bytes.set(told["bytes"])
                if told["what"] in self._cache:
                    self._cache[told["what"]].inc()
            case "gesture":
                self._gestures.labels(told["gesture"]).observe(told["seconds"])
            case "error":
                self._errors.inc()
            case "refused":
                self._refusals.inc()
            case "upload":
                self._uploads.labels(told["result"]).inc()
                self._upload_bytes.inc(told["bytes"] if told["result"] == "taken" else 0)

    def text(self) -> bytes:
        """All numbers, in Prometheus' text format."""
        folder = os.environ.get(METRICS)
        if not folder:
            return generate_latest(self._registry)
        _forget_the_dead(folder)
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, path=folder)
        return generate_latest(registry)


def _forget_the_dead(folder: str) -> None:
    """Count no sessions of processes that were killed."""
    for path in Path(folder).glob("gauge_live*_*.db"):
        number = re.search(r"_(\d+)\.db$", path.name)
        if number is not None and not _lives(number[1]):
            multiprocess.mark_process_dead(int(number[1]), folder)


def _lives(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's
    return True


class MetricsHandler(RequestHandler):
    """Tells the numbers."""

    def initialize(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def get(self) -> None:
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.set_header("Cache-Control", "no-store")
        self.write(self._metrics.text())
