"""One question to one service of the web, and its whole answer, or why there is none, in words.

What is asked, and what an answer means, belongs to whoever asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from tpfdash.archive.sessions import LONGEST_ANSWER, http_session
from tpfdash.archive.settings import offline
from tpfdash.archive.stages import Cancel, Stages
from tpfdash.errors import TPFError

__all__ = [
    "Answer",
    "Stage",
    "ask",
    "get",
    "in_brief",
    "refuse_offline",
    "server",
]

#: Called with a few words for what is done now.
Stage = Callable[[str], object] | None
#: Seconds for a whole answer, however steadily it drips, and the most bytes of one.
LONGEST = LONGEST_ANSWER
_LARGEST = 64 * 2**20
_PIECE = 2**16


class Answer:
    """What a service answered.

    Parameters
    ----------
    status : int
        Of HTTP.
    body : bytes
    """

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body

    def refuse_error(self, who: str) -> None:
        """Raise a TPFError where the status is that of an error."""
        if self.status >= 400:
            raise TPFError(f"{who} answered with an error ({self.status}): try again later.")


def refuse_offline(
    what: str, instead: str = "give a table of stars that is on this machine"
) -> None:
    """Raise a TPFError where TPFDASH_OFFLINE says that no network is to be asked."""
    if offline():
        raise TPFError(
            f"TPFDASH_OFFLINE is set, and {what} would have to come from the network: unset it, or "
            f"{instead}."
        )


def server(url: str) -> str:
    """What messages call the server at a URL."""
    return urlsplit(url).netloc.rpartition("@")[2]


def in_brief(error: BaseException) -> str:
    """An error's message without its full stop, to stand within a sentence."""
    return " ".join(str(error).split()).rstrip(".")


def ask(
    send: Callable[[Any], Any], who: str, *, stage: Stage = None, cancel: Cancel | None = None
) -> Answer:
    """Send a request and take its answer.

    Parameters
    ----------
    send : callable
        requests.Session -> requests.Response, with `stream=True`.
    who : str
        "ESA's Gaia archive": as stages and messages call the service.
    stage : callable, optional
        Called with "asking ...".
    cancel : Cancel, optional
        Looked at before the question and between the pieces of the answer.

    Raises
    ------
    TPFError
        Offline; where the service cannot be reached, does not answer in time or breaks off; a
        `Cancelled` when told to stop.
    """
    refuse_offline(f"what {who} knows")
    stages = Stages(stage, cancel)
    stages.say(f"asking {who}")
    start = time.monotonic()
    try:
        with http_session(stages.wait) as session, send(session) as response:
            pieces, size = [], 0
            # As they come: what drips is not waited for until there is much of it.
            while piece := response.raw.read1(_PIECE, decode_content=True):
                stages.check()
                pieces.append(piece)
                size += len(piece)
                if time.monotonic() - start > LONGEST:
                    raise TPFError(f"{who} was not done after {LONGEST:.0f} s: try again later.")
                if size > _LARGEST:
                    raise TPFError(f"{who} answers without end: ask for less.")
            return Answer(response.status_code, b"".join(pieces))
    except TPFError:
        raise
    except Exception as error:  # requests, urllib3 and pyvo have families of them
        raise TPFError(_why(error, who, time.monotonic() - start)) from error


def get(url: str, params: Mapping[str, Any]) -> Callable[[Any], Any]:
    """An address to be looked up, for `ask`."""
    return lambda session: session.get(url, params=dict(params), stream=True)


def _why(error: BaseException, who: str, seconds: float) -> str:
    import requests
    import urllib3

    if isinstance(error, requests.Timeout) or "timed out" in str(error).lower():
        return f"{who} did not answer within {seconds:.0f} s: try again later."
    if isinstance(error, requests.exceptions.ProxyError):
        return f"{who} was not reached, since the proxy did not answer: see HTTPS_PROXY."
    broken = requests.exceptions.ChunkedEncodingError, urllib3.exceptions.ProtocolError
    if isinstance(error, broken):
        return f"{who} broke off its answer: try again."
    if isinstance(error, requests.ConnectionError):
        return f"{who} was not reached: see whether this machine is online."
    return f"{who} could not be asked ({in_brief(error) or type(error).__name__})."
