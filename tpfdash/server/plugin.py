"""What `panel serve` lacks, as its plugin: `--plugins tpfdash.server.plugin`.

Uploads, readiness and numbers, at the addresses at which `tpfdash serve` has them.
"""

from __future__ import annotations

import atexit
import logging
from functools import cache
from pathlib import Path
from typing import Any

from tpfdash.app.uploads import Uploads
from tpfdash.server.folder import count_together, private_folder, remove

__all__ = ["uploads"]


@cache
def _folder() -> Path:
    folder = private_folder()
    atexit.register(remove, folder)
    return folder


@cache
def _made() -> Uploads:
    return Uploads(_folder() / "uploads")


def uploads() -> Uploads | None:
    """Where files go that are sent; None where the server does not run with this plugin."""
    return _made() if _routes.cache_info().currsize else None


@cache
def _routes() -> list[tuple]:
    count_together(_folder())
    from tpfdash.server.metrics import Metrics, MetricsHandler
    from tpfdash.server.ready import Readiness, ReadyHandler
    from tpfdash.server.uploads import UploadHandler

    metrics = Metrics()
    logger = logging.getLogger("tpfdash")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(metrics)
    return [
        ("/upload", UploadHandler, {"uploads": _made()}),
        ("/ready", ReadyHandler, {"readiness": Readiness()}),
        ("/metrics", MetricsHandler, {"metrics": metrics}),
    ]


def __getattr__(name: str) -> Any:
    if name == "ROUTES":  # Panel asks for it once, before it starts any process
        return _routes()
    raise AttributeError(name)
