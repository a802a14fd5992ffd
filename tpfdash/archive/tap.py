"""Table access protocol: one ADQL query, its VOTable as an astropy Table.

Which tables there are is `tpfdash.archive.gaia` and `tpfdash.archive.vsx`.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Any

from astropy.table import Table

from tpfdash.archive.ask import Answer, Stage, ask, in_brief
from tpfdash.archive.stages import Cancel
from tpfdash.errors import TPFError

__all__ = ["QueryRefused", "cone_query", "run_query", "votable"]


class QueryRefused(TPFError):
    """A service that is there, and says that the query is none that it can answer."""


def run_query(
    url: str, query: str, who: str, *, stage: Stage = None, cancel: Cancel | None = None
) -> tuple[Table, bool]:
    """Ask a TAP service, synchronously.

    Parameters
    ----------
    url : str
        Of the service, without "/sync".
    query : str
        ADQL.
    who, stage, cancel
        As for `tpfdash.archive.ask.ask`.

    Returns
    -------
    Table
        With the columns as the service has them; integers stay integers.
    overflow : bool
        Whether the service says that there is more than it gives.

    Raises
    ------
    QueryRefused
        Where the answer's QUERY_STATUS is ERROR, with its words.
    TPFError
        Where there is no answer, or it is no VOTable.
    """
    from pyvo.dal import TAPService  # slow to import

    def send(session: Any) -> Any:
        # In pyvo's own way but for reading: its time-outs are those of the session.
        return TAPService(url, session=session).create_query(query).submit()

    return _results(ask(send, who, stage=stage, cancel=cancel), who)


def _results(answer: Answer, who: str) -> tuple[Table, bool]:
    from pyvo.dal import DALQueryError
    from pyvo.dal.tap import TAPResults

    try:
        parsed = votable(answer.body)
    except Exception as error:  # the parsers' own families
        answer.refuse_error(who)
        raise TPFError(
            f"{who} answered something that is no VOTable, or only a part of one: try again later."
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an overflow, which is told
        try:
            results = TAPResults(parsed)
            status = str(results.query_status).upper()
            return results.to_table(), status == "OVERFLOW"
        except DALQueryError as error:
            reason = in_brief(error)[:300] or "without a reason"
            raise QueryRefused(f"{who} refused the question ({reason}).") from error
        except Exception as error:
            answer.refuse_error(who)
            raise TPFError(f"{who} answered with no table: try again later.") from error


def votable(body: bytes) -> Any:
    """The VOTable in a service's answer, however loosely it keeps to the standard."""
    from astropy.io.votable import parse

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parse(BytesIO(body), verify="ignore")


def cone_query(
    table: str,
    columns: str,
    position: tuple[str, str],
    cone: tuple[float, float, float],
    *,
    most: int,
    magnitude: tuple[str, float] | None = None,
) -> str:
    """ADQL for what lies in a cone.

    Parameters
    ----------
    table, columns : str
        As the service calls them; "*" for all.
    position : (str, str)
        Its columns for right ascension and declination.
    cone : (ra, dec, radius)
        deg.
    most : int
        So many rows at most; with `magnitude`, the brightest.
    magnitude : (column, limit), optional
        Nothing fainter.
    """
    ra, dec, radius = cone
    query = (
        f"SELECT TOP {most} {columns} FROM {table} WHERE 1=CONTAINS(POINT('ICRS', {position[0]}, "
        f"{position[1]}), CIRCLE('ICRS', {ra:.9f}, {dec:.9f}, {radius:.9f}))"
    )
    if magnitude is not None:
        column, limit = magnitude
        query += f" AND {column} <= {limit:.4f} ORDER BY {column}"
    return query
