"""A server for strangers in this process or in its own, and what a browser would send to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

from tests.test_server_serve import free
from tests.wire import PATIENCE, Wire, answers, find, serving, until
from tpfdash.app.site import Site
from tpfdash.cards.dropzone import TICKET_HEADER
from tpfdash.server.conceal import conceal
from tpfdash.server.metrics import Metrics, MetricsHandler
from tpfdash.server.origins import tell_refusals
from tpfdash.server.ready import Readiness, ReadyHandler
from tpfdash.server.uploads import UploadHandler

__all__ = ["Command", "get", "open_site", "post", "ticket_of", "words_of"]


@contextlib.contextmanager
def open_site(site: Site, **options) -> Iterator[int]:
    """The site on a server of this process, whose sessions end soon after they are left."""
    conceal()
    tell_refusals()
    metrics = Metrics()
    logger = logging.getLogger("tpfdash")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(metrics)
    patterns = [
        ("/ready", ReadyHandler, {"readiness": Readiness(site.wrong)}),
        ("/metrics", MetricsHandler, {"metrics": metrics}),
    ]
    if site.uploads is not None:
        patterns.append(("/upload", UploadHandler, {"uploads": site.uploads}))
    soon = {"check_unused_sessions_milliseconds": 100, "unused_session_lifetime_milliseconds": 300}
    try:
        with serving(site.page, extra_patterns=patterns, **{**soon, **options}) as port:
            yield port
    finally:
        logger.removeHandler(metrics)
        logger.setLevel(level)


def words_of(wire: Wire) -> str:
    """What a page says that shows no dashboard: its alert."""
    document = wire.pull()
    (alert,) = find(document, "tpf-error")
    return re.sub(r"&lt;.*?&gt;", "", alert["attributes"]["text"])


def ticket_of(wire: Wire) -> str:
    """The ticket that a page gets when its user sends a file."""
    (zone,) = find(wire.pull(), "tpf-dropzone")
    values = {"type": "map", "entries": [["model", {"id": zone["id"]}], ["data", "ticket"]]}
    event = {"type": "event", "name": "data_event", "values": values}
    answer = wire.patch({"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event})
    assert answer["msgtype"] == "OK"
    tickets: list[str] = []

    def come() -> bool:
        tickets[:] = re.findall(r'"ticket": "([\w-]+)"', json.dumps(wire.pull()))
        return bool(tickets)

    until(come, "a ticket")
    return tickets[0]


def post(
    port: int,
    contents: bytes,
    name: str = "star.fits",
    ticket: str = "",
    headers: dict[str, str | None] | None = None,
    path: str = "/upload",
) -> tuple[int, dict]:
    """Send a file as a page does; the status, and what the server says.

    `headers`: in place of a page's own; None: without it.
    """
    own = {"Origin": f"http://localhost:{port}", TICKET_HEADER: ticket, **(headers or {})}
    connection = http.client.HTTPConnection("localhost", port, timeout=PATIENCE)
    with contextlib.closing(connection):
        given = {key: value for key, value in own.items() if value is not None}
        target = f"{path}?name={urllib.request.quote(name)}"
        try:
            connection.request("POST", target, contents, given)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was refused before all of it was there
        answer = connection.getresponse()
        said = answer.read()
    return answer.status, json.loads(said) if said.startswith(b"{") else {"text": said}


def get(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and text of an address."""
    request = urllib.request.Request(f"http://localhost:{port}{path}", headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Command:
    """`tpfdash serve` on a free port, in a process of its own; a context manager.

    Attributes
    ----------
    port : int
    process : Popen
    """

    def __init__(self, *words: str, environment: dict[str, str] | None = None, prefix: str = ""):
        self.port = free()
        self.prefix = prefix
        line = [sys.executable, "-m", "tpfdash", "serve", "--port", str(self.port), *words]
        if prefix:
            line += ["--prefix", prefix]
        self.process = subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )

    def __enter__(self) -> Command:
        ended = self.process.poll
        until(lambda: answers(self.port) or ended() is not None, "the server")
        until(lambda: ended() is not None or self.is_ready(), "readiness", every=0.1)
        return self

    def __exit__(self, *error) -> None:
        self.stop()

    def is_ready(self) -> bool:
        """Whether it can build pages."""
        return get(self.port, f"{self.prefix}/ready")[0] == 200

    def stop(self) -> list[dict]:
        """End it as systemd does, and give the lines of its log."""
        self.process.terminate()
        try:
            said = self.process.communicate(timeout=PATIENCE)[0]
        except ValueError:  # it was stopped before
            return self.log
        self.log = [json.loads(line) for line in said.splitlines()]
        return self.log
