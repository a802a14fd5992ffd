"""In whose pages a browser may talk to the server, and what the log says of those refused.

Bokeh refuses in words about an option that is none of ours; what of its own is touched for that is
touched here alone.
"""

from __future__ import annotations

import functools
import logging
import re
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from bokeh.server.views.ws import WSHandler

from tpfdash.errors import TPFError

__all__ = ["LOCAL", "origins", "tell_refusals"]

#: This machine alone can get there.
LOCAL = "127.0.0.1"

_log = logging.getLogger(__name__)

_HOST = re.compile(r"([a-z0-9_]([a-z0-9_.-]{0,252}))(?::(\d{1,5}))?", re.IGNORECASE | re.ASCII)
#: What a browser leaves out of an origin.
_USUAL_PORTS = ("80", "443")
#: How Bokeh's own words on a refusal begin.
_BOKEHS_WORDS = "Refusing websocket connection from Origin"


def origins(address: str, port: int, allowed: Sequence[str] = ()) -> list[str]:
    """The hosts in whose pages a browser may talk to a server that listens on `address`.

    `localhost` and `address`; the names and numbers of this machine where it listens on all; and
    those allowed besides. Pages of any other origin get no answer.

    Parameters
    ----------
    address : str
    port : int
    allowed : sequence of str
        HOST or HOST:PORT, as a browser's address bar has it.

    Raises
    ------
    TPFError
        Where one of those allowed is no such thing.
    """
    hosts = {"localhost", LOCAL, address}
    if address in ("0.0.0.0", "::"):
        name = socket.gethostname()
        hosts |= {name, socket.getfqdn()}
        try:
            hosts |= set(socket.gethostbyname_ex(name)[2])
        except OSError:
            pass  # a machine that does not know its own number
    here = sorted(f"{host}:{port}" for host in hosts if ":" not in host)
    return here + [_allowed(one) for one in allowed]


def _allowed(origin: str) -> str:
    found = _HOST.fullmatch(origin)
    if found is None or int(found[3] or 0) > 65535:
        raise TPFError(
            f"--allow-origin is {origin!r}: it should be HOST or HOST:PORT, as in the address that "
            "the browser shows, without http:// and without what follows the host."
        )
    host, _, port = found.groups()
    return host.lower() if port is None or port in _USUAL_PORTS else f"{host.lower()}:{port}"


def tell_refusals() -> None:
    """Have the log say of each page refused where it was, and which option lets it in.

    And have every page asked where it is: since version 6.6 Tornado lets in each whose origin is
    the host that it asks for, which any site can have made by a name that leads here.
    """
    if not hasattr(WSHandler.check_origin, "__wrapped__"):
        WSHandler.check_origin = _telling(WSHandler.check_origin)
        WSHandler.prepare = _asking(WSHandler.prepare)
        # Not Bokeh's own words on it, which name an option that tpfdash has not.
        logging.getLogger(WSHandler.__module__).addFilter(
            lambda record: not str(record.msg).startswith(_BOKEHS_WORDS)
        )


def _telling(check_origin):
    """`check_origin` of Bokeh's, which decides as before."""

    @functools.wraps(check_origin)
    def check(self, origin):
        if check_origin(self, origin):
            return True
        host = urlsplit(origin).netloc.lower()
        asked = self.request.headers.get("Host", "")
        way = f": to let it in, start tpfdash with --allow-origin {host[:200]}" if host else ""
        _log.error(
            "refused a page of the origin %.200r, which asked the host %.200r%s",
            origin,
            asked,
            way,
            extra={"told": {"event": "refused", "remote": self.request.remote_ip}},
        )
        return False

    return check


def _asking(prepare):
    """`prepare` of Bokeh's, which comes before all else, and an answer to pages not let in."""

    @functools.wraps(prepare)
    async def check(self):
        await prepare(self)
        origin = self.request.headers.get("Origin")
        if origin is not None and not self.check_origin(origin):
            self.set_status(403)
            self.finish("this page may not talk to this server")

    return check
