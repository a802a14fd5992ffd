"""MAST as it is spoken to: the only module that knows what goes over the wire.

Questions in, plain rows of the answers out; what they mean to a user is `tpfdash.archive.rows`. It
is asked through instances of astroquery's own that belong to one search each: their addresses are
set on them, since astroquery takes its from the moment of its import, and their session has
time-outs and patience, since astroquery's has none. Nobody ever logs in.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from tpfdash.archive import sessions
from tpfdash.archive.settings import mast_url, offline
from tpfdash.archive.stages import Stages
from tpfdash.errors import NO_NUMBER, TPFError

if TYPE_CHECKING:
    import requests

__all__ = ["Mast", "host", "number", "text", "told", "whole"]

_T = TypeVar("_T")
#: Seconds for an answer to be worked out, by polling, before the search is given up.
LONGEST_ANSWER = 180.0
#: Seconds to wait for the first bytes of a cutout, which is made when it is asked for; the
#: service's own gateway gives up after 60.
CUTOUT_TIMEOUTS = (5.0, 65.0)
#: Seconds between two polls of an answer that is being worked out, at first and at most.
_FIRST_POLL, _LONGEST_POLL = 0.2, 5.0
_PAGE = 5000
_MOST_PAGES = 100
#: So many observations in one question for their products.
_AT_ONCE = 200


class Mast:
    """The archive, for one search or one download.

    Parameters
    ----------
    stages : Stages, optional
        Told what is asked for, and looked at between requests.

    Every method raises a TPFError that says which step failed, how, and what to do: where the
    archive cannot be reached, does not answer in time, is unwell, says something that is no
    answer, or says that it cannot.
    """

    def __init__(self, stages: Stages | None = None):
        self.stages = stages or Stages()
        self.url = mast_url()
        self._portal: Any = None
        self._session: requests.Session | None = None

    def __enter__(self) -> Mast:
        return self

    def __exit__(self, *error: object) -> None:
        for session in (self._session, getattr(self._portal, "_session", None)):
            if session is not None:
                session.close()

    def place(self, name: str) -> tuple[float, float] | None:
        """Where on the sky something is, (ra, dec) in deg, ICRS; None for a name nobody knows."""
        step = "asking for the name"
        answer = self._ask(
            step, lambda: self._invoke("Mast.Name.Lookup", {"input": name, "format": "json"}, 1)
        )
        found = answer.get("resolvedCoordinate")
        if found is None and "resolvedCoordinate" not in answer:
            self._refuse_error(answer, step)
            raise self._strange(step)
        rows = _dicts(found, answer)
        # Those of this very name first: the sort keeps the archive's own order otherwise.
        rows.sort(key=lambda row: str(row.get("searchString", "")).lower() != name.lower())
        for each in rows:
            ra, dec = number(each.get("ra")), number(each.get("decl", each.get("dec")))
            if 0 <= ra <= 360 and -90 <= dec <= 90:
                return ra, dec
        return None

    def observations(
        self,
        names: Sequence[str] = (),
        place: tuple[float, float] | None = None,
        radius: float = 0.0,
        missions: Sequence[str] = (),
    ) -> list[dict[str, Any]]:
        """The observations with pixels or light curves of targets with these names, or of a place.

        Parameters
        ----------
        names : sequence of str
            As the archive writes them.
        place : (ra, dec), optional
            deg, ICRS.
        radius : float
            Around it, in arcsec.
        missions : sequence of str
        """
        filters: list[dict[str, Any]] = [
            {"paramName": "project", "values": list(missions), "separator": ";"},
            {"paramName": "dataproduct_type", "values": ["cube", "timeseries"]},
        ]
        if names:
            filters.append({"paramName": "target_name", "values": list(names)})
        params: dict[str, Any] = {"columns": "*", "filters": filters}
        service = "Mast.Caom.Filtered"
        if place is not None:
            params["position"] = f"{place[0]!r}, {place[1]!r}, {radius / 3600!r}"
            service = "Mast.Caom.Filtered.Position"
        return self.rows("asking for observations", service, params)

    def products(self, obsids: Sequence[str]) -> list[dict[str, Any]]:
        """The files of observations."""
        found = []
        for start in range(0, len(obsids), _AT_ONCE):
            some = ",".join(obsids[start : start + _AT_ONCE])
            step = "asking for files"
            if len(obsids) > _AT_ONCE:
                step += f" of observation {start + 1} of {len(obsids)} and on"
            found += self.rows(step, "Mast.Caom.Products", {"obsid": some})
        return found

    def rows(self, step: str, service: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All rows that a service of the portal answers with.

        Parameters
        ----------
        step : str
            What it is, as the stages and messages say it: "asking for files".
        service : str
            "Mast.Caom.Products", "Mast.Catalogs.TIC.Cone" ...
        params : mapping
            Its parameters.
        """
        found: list[dict[str, Any]] = []
        for page in range(1, _MOST_PAGES + 1):
            answer = self._ask(step, partial(self._invoke, service, params, page))
            self._refuse_error(answer, step)
            if "data" not in answer:
                raise self._strange(step)
            some = _dicts(answer.get("data"), answer)
            found += some
            paging = answer.get("paging")
            pages = number(paging.get("pagesFiltered")) if isinstance(paging, Mapping) else 1
            if not some or not page < pages:
                break
        return found

    def sectors(self, place: tuple[float, float]) -> list[dict[str, Any]]:
        """The sectors whose full-frame images a place is on."""
        step = "asking for cutouts"
        data = {"ra": place[0], "dec": place[1], "radius": 0.0}
        url = f"{self.url}/tesscut/api/v0.1/sector"
        headers = {"Accept": "application/json"}
        answer = self._ask(
            step, lambda: _object(_checked(self._http().post(url, data=data, headers=headers)))
        )
        if "results" not in answer:
            if answer.get("msg"):  # how it says that it found nothing, at times
                return []
            raise self._strange(step)
        return _dicts(answer["results"], answer)

    def file(self, uri: str) -> requests.Response:
        """The bytes of a product, as an open response to be read and closed."""
        url = f"{self.url}/api/v0.1/Download/file?uri={quote(uri, safe=':/')}"
        return self._stream(url, sessions.TIMEOUTS)

    def cutout(self, place: tuple[float, float], sector: int, size: tuple[int, int]) -> Any:
        """The bytes of a zip with a cutout of so many columns and rows, as an open response."""
        query = f"x={size[0]}&y={size[1]}&units=px&sector={sector}&ra={place[0]!r}&dec={place[1]!r}"
        return self._stream(f"{self.url}/tesscut/api/v0.1/astrocut?{query}", CUTOUT_TIMEOUTS)

    def _stream(self, url: str, waits: tuple[float, float]) -> requests.Response:
        # Content-Length counts what goes over the wire, and a .gz file is kept as it is.
        headers = {"Accept-Encoding": "identity"}
        return self._ask(
            "asking for the file",
            lambda: _checked(self._http().get(url, headers=headers, stream=True, timeout=waits)),
        )

    def _http(self) -> requests.Session:
        if self._session is None:
            self._session = sessions.http_session(self._busy)
        return self._session

    def _invoke(self, service: str, params: Mapping[str, Any], page: int) -> dict[str, Any]:
        """One page of a service's answer, polled until it is there."""
        if self._portal is None:
            self._portal = self._connected()
        connection = self._portal._portal_api_connection
        # What astroquery keeps for the life of the process, and asks for first: how each column is
        # to be shown. Rows are all that is wanted here.
        connection._column_configs = {service: {}}
        connection.TIMEOUT = LONGEST_ANSWER
        responses = self._portal.service_request_async(
            service, dict(params), pagesize=_PAGE, page=page
        )
        return _object(responses[-1])

    def _connected(self) -> Any:
        """An instance of astroquery's client that asks this archive, in our way."""
        from astroquery.mast import MastClass  # slow to import

        portal = MastClass()
        sessions.mount(portal._session, self._busy)
        polls = 0

        def between_polls(response: requests.Response, *args: Any, **kwargs: Any) -> None:
            nonlocal polls
            self.stages.check()
            if len(response.content) < 4096 and b"EXECUTING" in response.content:
                self.stages.wait(min(_FIRST_POLL * 1.5**polls, _LONGEST_POLL))
                polls += 1

        portal._session.hooks["response"].append(between_polls)
        connection = portal._portal_api_connection
        connection.MAST_REQUEST_URL = f"{self.url}/api/v0/invoke"
        connection.COLUMNS_CONFIG_URL = f"{self.url}/portal/Mashup/Mashup.asmx/columnsconfig"
        connection.MAST_DOWNLOAD_URL = f"{self.url}/api/v0.1/Download/file"
        return portal

    def _busy(self, seconds: float) -> None:
        """Let a busy archive have its pause."""
        step = self.stages.now
        if seconds >= 1:
            self.stages.say(f"waiting {seconds:.0f} s for a busy archive")
        self.stages.wait(seconds)
        self.stages.now = step

    def _ask(self, step: str, question: Callable[[], _T]) -> _T:
        """The answer, or the words for why there is none."""
        if offline():
            raise TPFError(
                f"TPFDASH_OFFLINE is set, and {step} needs the archive: unset it, or open a file "
                "that is on this machine."
            )
        self.stages.say(step)
        start = time.monotonic()
        try:
            return question()
        except TPFError:
            raise
        except Exception as error:  # astroquery and requests have five families of them
            seconds = time.monotonic() - start
            raise TPFError(told(error, step, seconds, self.url)) from error

    def _refuse_error(self, answer: Mapping[str, Any], step: str) -> None:
        """A TPFError where the answer says that there was an error."""
        status = str(answer.get("status") or "").upper()
        if "ERR" in status or "FAIL" in status:
            said = text(answer.get("msg"), 300) or "it gives no reason"
            raise TPFError(
                f"{host(self.url)} could not answer while {step} (it says: {said}): try again "
                "later, or ask for less."
            )

    def _strange(self, step: str) -> TPFError:
        return TPFError(_NO_ANSWER.format(host=host(self.url), step=step))


_NO_ANSWER = (
    "{host} answered something else than what was asked for while {step}, as archives do during "
    "maintenance: try again later."
)


def host(url: str) -> str:
    """What messages call the server at a URL."""
    name = urlsplit(url).netloc.rpartition("@")[2]
    return "MAST" if name == "mast.stsci.edu" else f"The archive {name}"


def told(error: BaseException, step: str, seconds: float, url: str) -> str:
    """In words, why an archive gave no answer, and what to do.

    Parameters
    ----------
    error : exception
        Of requests, urllib3 or astroquery.
    step : str
        What was being done: "asking for the name".
    seconds : float
        How long that took.
    url : str
        Of the archive.
    """
    import requests

    name = host(url)
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = f"{error.response.status_code} {error.response.reason or ''}".strip()
        if error.response.status_code == 404:
            return f"{name} has nothing there ({status}), {step}: the file may have been replaced."
        if error.response.status_code in (401, 403):
            return f"{name} does not give that to everybody ({status}), {step}."
        return f"{name} is unwell ({status}, {step}): try again later."
    reasons = [type(each).__name__ for each in _causes(error)]
    if isinstance(error, requests.Timeout | TimeoutError) or any("Timeout" in r for r in reasons):
        if any("ConnectTimeout" in reason for reason in reasons):
            what = "could not be connected to"
        else:
            what = "did not answer"
        return (
            f"{name} {what} within {seconds:.{0 if seconds >= 10 else 1}f} s while {step}: try "
            "again later, or see whether the network is slow."
        )
    if any("Proxy" in reason for reason in reasons):
        return (
            f"{name} was not reached, since the proxy did not answer ({step}): see what "
            "HTTPS_PROXY and HTTP_PROXY say."
        )
    if isinstance(error, requests.exceptions.ChunkedEncodingError) or any(
        reason in ("ProtocolError", "RemoteDisconnected", "IncompleteRead") for reason in reasons
    ):
        return f"{name} broke off its answer while {step}: try again."
    if isinstance(error, requests.ConnectionError):
        return (
            f"{name} was not reached while {step} ({url}): see whether this machine is online, "
            "whether it needs a proxy (HTTPS_PROXY), and what TPFDASH_MAST says."
        )
    return _NO_ANSWER.format(host=name, step=step)


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    """The error, and those behind it."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _checked(response: requests.Response) -> requests.Response:
    try:
        response.raise_for_status()
    except Exception:
        response.close()
        raise
    return response


def _object(response: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer; a ValueError where it is none."""
    answer = json.loads(response.content.decode("utf-8", "replace"))
    if not isinstance(answer, dict):
        raise ValueError("no JSON object")
    return answer


def _dicts(rows: Any, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """An answer's rows by the names of their columns; what is no row is passed over."""
    if not isinstance(rows, list):
        return []
    fields = answer.get("fields")
    names = [
        str(field.get("name")) if isinstance(field, Mapping) else str(field)
        for field in (fields if isinstance(fields, list) else [])
    ]
    found = []
    for row in rows:
        if isinstance(row, dict):
            found.append(row)
        elif isinstance(row, list) and len(row) == len(names):
            found.append(dict(zip(names, row, strict=True)))
    return found


def number(value: Any) -> float:
    """A finite number of an answer, which may come as text; NaN where there is none."""
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except NO_NUMBER:
        return math.nan
    return found if math.isfinite(found) else math.nan


def whole(value: Any, most: int = 9999) -> int | None:
    """A whole number of an answer, from 0 up to `most`; None where there is none."""
    found = number(value)
    return int(found) if 0 <= found <= most and found == int(found) else None


def text(value: Any, most: int = 40) -> str:
    """Words of an answer as a terminal may show them: one line, printable, not too long."""
    line = " ".join(str(value or "").split())
    return "".join(letter for letter in line if letter.isprintable())[:most]
