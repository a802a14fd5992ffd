"""A page opened by hand: one HTTP request and a websocket, with Bokeh's messages as they are.

So that a test can look at all that is sent to a browser, and send what no browser would.
"""

from __future__ import annotations

import contextlib
import html
import itertools
import json
import re
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator

import panel as pn
import websocket

__all__ = ["PATIENCE", "Wire", "answers", "find", "serving", "until"]

PATIENCE = 60  # seconds

_numbers = itertools.count()


class Wire:
    """A browser's side of one session at `http://localhost:PORT/PATH`; a context manager.

    Attributes
    ----------
    page : str
        What the HTTP request gave.
    token : str
        With which it opens its websocket.
    received : list of str
        All text that has come by websocket since.
    """

    def __init__(
        self, port: int, path: str = "/", host: str = "localhost", origin: str | None = None
    ):
        address = f"{host}:{port}{path}"
        with urllib.request.urlopen(f"http://{address}", timeout=PATIENCE) as answer:
            self.page = answer.read().decode()
        self.token = re.search(r'"token":\s*"([^"]+)"', html.unescape(self.page)).group(1)
        base, _, query = address.partition("?")
        self.socket = websocket.create_connection(
            f"ws://{base.rstrip('/')}/ws" + (f"?{query}" if query else ""),
            timeout=PATIENCE,
            subprotocols=["bokeh", self.token],
            origin=origin or f"http://{host}:{port}",
        )
        self.received: list[str] = []
        assert self.read()["msgtype"] == "ACK"

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def close(self) -> None:
        """Go, as a browser tab does that is closed."""
        with contextlib.suppress(OSError, websocket.WebSocketException):
            self.socket.close()

    def read(self) -> dict:
        """The next message: its header's fields, and its `content`."""
        parts = [self._text() for _ in range(3)]
        self.received += parts
        header, _, content = map(json.loads, parts)
        for _ in range(2 * header.get("num_buffers", 0)):
            self.socket.recv()
        return {**header, "content": content}

    def _text(self) -> str:
        fragment = self.socket.recv()
        return fragment if isinstance(fragment, str) else fragment.decode()

    def send(self, kind: str, content: dict) -> str:
        """Send one message, and give its id."""
        ident = f"test-{next(_numbers)}"
        for part in ({"msgid": ident, "msgtype": kind}, {}, content):
            self.socket.send(json.dumps(part))
        return ident

    def ask(self, kind: str, content: dict | None = None) -> dict:
        """Send one message, and give the answer to it; what comes before is read over."""
        ident = self.send(kind, content or {})
        while (answer := self.read()).get("reqid") != ident:
            pass
        return answer

    def pull(self, filled: bool = True) -> dict:
        """The document, as the browser gets it; `filled`: once the page is whole."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            document = self.ask("PULL-DOC-REQ")["content"]["doc"]
            if not filled or _is_whole(document):
                return document
            self.drawn()
            time.sleep(0.02)
        raise AssertionError("the page was never whole")

    def drawn(self) -> None:
        """Say that what was pulled is on the page, as a browser does."""
        ready = {"type": "event", "name": "document_ready", "values": {"type": "map"}}
        self.patch({"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": ready})

    def patch(self, *events: dict) -> dict:
        """Send changes of the document, or events, and give the server's answer."""
        return self.ask("PATCH-DOC", {"events": list(events)})


def _is_whole(document: dict) -> bool:
    """Whether a page is neither an empty shell nor one whose dashboard is still being built."""
    shell = "Opening …" in json.dumps(document, ensure_ascii=False)
    dashboard, card = (any(find(document, f"tpf-{one}")) for one in ("dashboard", "place-evidence"))
    return not shell and (card or not dashboard)


def find(part, word: str) -> Iterator[dict]:
    """The models within a document's JSON that have a CSS class `word`."""
    if isinstance(part, dict):
        if word in part.get("attributes", {}).get("css_classes", ()):
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from find(one, word)


@contextlib.contextmanager
def serving(build: Callable, **options) -> Iterator[int]:
    """A Panel server in a thread, which shows what `build()` gives; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pn.extension(inline=False)
    thread = pn.serve(build, port=port, threaded=True, show=False, **options)
    try:
        until(lambda: answers(port), "a server")
        yield port
    finally:
        thread.stop()


def answers(port: int) -> bool:
    """Whether somebody listens on a port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def until(true: Callable[[], bool], what: str, every: float = 0.02) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(every)
