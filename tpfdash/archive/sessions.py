"""How the archives are spoken to: with time-outs, and again when one is busy.

What is asked for belongs to whoever asks.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

__all__ = ["http_session", "mount"]

#: Seconds to wait for a connection, and for the next bytes of an answer.
TIMEOUTS: tuple[float, float] = (5.0, 30.0)
#: How often a busy server is asked again, and the pause that doubles from one time to the next.
RETRIES = 3
PAUSE = 0.5
#: A server that asks for a longer pause than this (Retry-After) is asked again after it, in s.
LONGEST_PAUSE = 20.0
#: Seconds for the whole of an answer that is not read piece by piece, however steadily it drips.
LONGEST_ANSWER = 75.0
_BUSY = (429, 502, 503, 504)


def http_session(pause: Callable[[float], object] = time.sleep) -> requests.Session:
    """A session for asking archives: time-outs, patience with a busy server, the usual proxies.

    Parameters
    ----------
    pause : callable
        Lets so many seconds pass before a server is asked again, and 0 between the pieces of an
        answer. What it raises ends the waiting.

    Returns
    -------
    requests.Session
        A request without a time-out of its own has `TIMEOUTS`. What is answered by 429, 502, 503
        or 504 is asked again, POST too since archives are only read, after the pause that
        Retry-After asks for; the last answer is given as it is. A server that cannot be connected
        to is tried once more. An answer that drips is given up after `LONGEST_ANSWER`, unless it is
        streamed. Close it, or use it in a `with`.
    """
    import requests  # slow to import

    session = requests.Session()
    mount(session, pause)
    return session


def mount(session: requests.Session, pause: Callable[[float], object] = time.sleep) -> None:
    """Give a session that is there already the same time-outs and patience."""
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry

    class Patience(Retry):
        """Retry-After is honoured up to a limit: urllib3's own is six hours."""

        def get_retry_after(self, response: Any) -> float | None:
            try:
                asked = super().get_retry_after(response)
            except Exception:  # a Retry-After that is neither a number nor a date
                return None
            return None if asked is None else min(asked, LONGEST_PAUSE)

        def sleep(self, response: Any = None) -> None:
            asked = self.get_retry_after(response) if response is not None else None
            pause(asked or self.get_backoff_time())

    class Adapter(HTTPAdapter):
        """A request that says no time-out has one all the same."""

        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            # requests hands the time-out over by name, None where nobody said one.
            if kwargs.get("timeout") is None:
                kwargs["timeout"] = TIMEOUTS
            response = super().send(request, *args, **kwargs)
            if not kwargs.get("stream"):
                response.raw = _whole(response.raw, pause)
            return response

    patience = Patience(
        total=RETRIES + 1,
        connect=1,
        read=False,  # what has begun to answer is not asked again: its time is up
        redirect=5,
        status=RETRIES,
        backoff_factor=PAUSE,
        status_forcelist=_BUSY,
        allowed_methods=None,
        raise_on_status=False,
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter(max_retries=patience))


def _whole(raw: Any, pause: Callable[[float], object]) -> Any:
    """The same answer with all of its body in memory, unpacked."""
    import requests
    from urllib3 import HTTPResponse

    end = time.monotonic() + LONGEST_ANSWER
    body = io.BytesIO()
    # What has come, without waiting for a piece to be full.
    while piece := raw.read1(2**16, decode_content=True):
        body.write(piece)
        pause(0)
        if time.monotonic() > end:
            raw.close()
            raise requests.ReadTimeout("the answer drips")
    body.seek(0)
    packing = ("content-encoding", "content-length", "transfer-encoding")
    headers = {key: value for key, value in raw.headers.items() if key.lower() not in packing}
    return HTTPResponse(
        body, headers, raw.status, reason=raw.reason, version=raw.version, preload_content=False
    )
