"""How the archives are spoken to: with time-outs, and again when one is busy.

What is asked for belongs to whoever asks.
"""

from __future__ import annotations

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
_BUSY = (429, 502, 503, 504)


def http_session() -> requests.Session:
    """A session for asking archives: time-outs, patience with a busy server, the usual proxies.

    Returns
    -------
    requests.Session
        A request without a time-out of its own has `TIMEOUTS`. What is answered by 429, 502, 503
        or 504 is asked again, POST too since archives are only read, after the pause that
        Retry-After asks for; the last answer is given as it is. A server that cannot be connected
        to is tried once more. Close it, or use it in a `with`.
    """
    import requests  # slow to import

    session = requests.Session()
    mount(session)
    return session


def mount(session: requests.Session) -> None:
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

    class Adapter(HTTPAdapter):
        """A request that says no time-out has one all the same."""

        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            # requests hands the time-out over by name, None where nobody said one.
            if kwargs.get("timeout") is None:
                kwargs["timeout"] = TIMEOUTS
            return super().send(request, *args, **kwargs)

    patience = Patience(
        total=RETRIES + 1,
        connect=1,
        read=0,
        redirect=5,
        status=RETRIES,
        backoff_factor=PAUSE,
        status_forcelist=_BUSY,
        allowed_methods=None,
        raise_on_status=False,
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter(max_retries=patience))
