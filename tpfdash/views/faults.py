"""What goes wrong while somebody works on a page: told in words there, and in full in the log.

An exception in a callback would be seen by nobody, and would keep those that come after it from
being called: the page would stand still while the state went on. So what listens to a gesture, a
widget or a param is called within `guarded`, each by itself. Nothing here needs a display; how the
words look is `tpfdash.cards.alert`.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Iterator

import param

from tpfdash.errors import TPFError

__all__ = ["Faults", "faults_of", "guarded", "tell"]

_log = logging.getLogger(__name__)


class Faults(param.Parameterized):
    """What went wrong last in the display of one Inspector."""

    words = param.String("", doc="A sentence for the page; empty: nothing, or it was dismissed.")


def faults_of(inspector: param.Parameterized) -> Faults:
    """The one Faults of an Inspector, for all pages that show it."""
    return vars(inspector).setdefault("faults", Faults())  # it goes when the Inspector goes


@contextlib.contextmanager
def guarded(inspector: param.Parameterized, *, reraise: bool = False) -> Iterator[None]:
    """Within it, or in a function that it decorates, what is raised is told and goes no further.

    To be used as `with guarded(inspector): ...`, or as `guarded(inspector)(function)`.

    `reraise`: it does go further, to somebody who then keeps it for himself: HoloViews, where a
    plot cannot be built.
    """
    try:
        yield
    except Exception as error:
        tell(inspector, error)
        if reraise:
            raise


def tell(inspector: param.Parameterized, error: BaseException) -> None:
    """Say what went wrong: a TPFError in its own words, anything else as a number in the log.

    The traceback is for the log alone, under the same number.
    """
    number = secrets.token_hex(3)
    bad = _bad_input(error)
    level = logging.ERROR if bad is None else logging.WARNING
    told = {"event": "error", "error": number}
    _log.log(level, "error %s on a page: %s", number, error, exc_info=error, extra={"told": told})
    words = "Something went wrong, and the server's log says what" if bad is None else str(bad)
    faults_of(inspector).words = f"{words.removesuffix('.')} (error {number})."


def _bad_input(error: BaseException | None) -> TPFError | None:
    """The TPFError that `error` is, or comes from: HoloViews raises its own errors over others."""
    while error is not None and not isinstance(error, TPFError):
        error = error.__cause__ or error.__context__
    return error
