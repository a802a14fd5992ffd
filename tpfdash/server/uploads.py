"""Taking in the files that visitors send, piece by piece as they come.

Who may send is decided as for the websocket: the page's origin has to be one that is let in, its
user one who is logged in. And he needs a ticket of his page. What is kept is decided by
`tpfdash.app.uploads`.
"""

from __future__ import annotations

import asyncio
import logging

from bokeh.server.views.auth_request_handler import AuthRequestHandler
from bokeh.server.views.ws import WSHandler
from tornado.web import stream_request_body

from tpfdash.app.uploads import Incoming, Uploads
from tpfdash.cards.dropzone import TICKET_HEADER
from tpfdash.errors import TPFError

__all__ = ["UploadHandler"]

_log = logging.getLogger(__name__)

#: Seconds that a file may take at least, and bytes that have to come in each of more.
_AT_LEAST, _RATE = 60, 50_000
_LONGEST_NAME = 300
#: Bytes of what is refused that are read before the answer: a proxy that is still sending would
#: take it for a fault of the server's.
_READ_AND_REFUSED = 1_000_000


@stream_request_body
class UploadHandler(AuthRequestHandler):
    """POST upload?name=NAME with a file as its body: {"open": address} or {"error": words}."""

    def initialize(self, uploads: Uploads) -> None:
        self._uploads = uploads
        self._incoming: Incoming | None = None
        self._wrong = ""
        self._refusal: tuple[int, str] | None = None  # for once all has been read
        self._came = 0

    def check_xsrf_cookie(self) -> None:
        """Nothing: origin and ticket are checked, neither of which another site has."""

    async def prepare(self) -> None:
        await super().prepare()
        if self.request.method != "POST":
            return self._refuse(405, "a file should be sent by POST.")
        # The words for the log are those on a refused websocket.
        if not WSHandler.check_origin(self, self.request.headers.get("Origin", "")):
            return self._turn_away(403, "this page may not send files here.")
        if self.current_user is None:
            return self._turn_away(403, "you are not logged in (any more): load the page again.")
        size = self._said_size
        if size is None:
            return self._refuse(411, "the size of the file should be said.")
        try:
            name = self.get_query_argument("name", "")[-_LONGEST_NAME:]
            ticket = self.request.headers.get(TICKET_HEADER, "")
            self._incoming = self._uploads.receive(ticket, name, size)
        except TPFError as error:
            return self._turn_away(413 if size > self._uploads.largest else 400, str(error))
        self.request.connection.set_max_body_size(size)
        self.request.connection.set_body_timeout(_AT_LEAST + size / _RATE)

    @property
    def _said_size(self) -> int | None:
        """Bytes of the file by its headers; None where they do not say."""
        size = self.request.headers.get("Content-Length", "")
        return int(size) if size.isascii() and size.isdigit() and len(size) < 20 else None

    def _turn_away(self, status: int, words: str) -> None:
        """Refuse a file before anything of it is looked at; a small one is read first."""
        size = self._said_size
        if size is None or size > _READ_AND_REFUSED:
            return self._refuse(status, words)
        self.request.connection.set_body_timeout(_AT_LEAST)
        self._wrong, self._refusal = words, (status, words)

    async def data_received(self, piece: bytes) -> None:
        incoming = self._incoming
        if incoming is None or self._wrong:
            return  # what is refused is read to its end: the browser hears of it then
        self._came += len(piece)
        try:
            await asyncio.get_running_loop().run_in_executor(None, incoming.feed, piece)
        except TPFError as error:
            self._wrong = str(error)
            incoming.abandon()

    async def post(self) -> None:
        if self._refusal is not None:
            return self._refuse(*self._refusal)
        incoming = self._incoming
        if not self._wrong:
            try:
                finish = asyncio.get_running_loop().run_in_executor(None, incoming.finish)
                token = await finish
            except TPFError as error:
                self._wrong = str(error)
        if self._wrong:
            return self._refuse(400, self._wrong)
        self.set_status(201)
        self.set_header("Cache-Control", "no-store")
        self.write({"open": f"?upload={token}"})
        self._tell("taken")

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._leave("cut")

    def on_finish(self) -> None:
        self._leave("failed")

    def _leave(self, result: str) -> None:
        """Keep nothing of what has not come to its end."""
        incoming, self._incoming = self._incoming, None
        if incoming is not None and incoming.abandon() and not self._wrong:
            self._tell(result)

    def _refuse(self, status: int, words: str) -> None:
        self._wrong = words
        self._tell("refused")
        self.set_status(status)
        if status != 400 or self._incoming is None:
            self.set_header("Connection", "close")
        self.finish({"error": words})

    def _tell(self, result: str) -> None:
        told = {
            "event": "upload",
            "result": result,
            "bytes": self._came,
            "remote": self.request.remote_ip,
        }
        words = f": {self._wrong}" if self._wrong else ""
        level = logging.INFO if result == "taken" else logging.WARNING
        _log.log(level, "an upload was %s%s", result, words, extra={"told": told})
