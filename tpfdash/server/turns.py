"""How the threads of a server take turns, and those who open its pages."""

from __future__ import annotations

import asyncio
import functools
import sys
import weakref

from panel.io.server import DocHandler

__all__ = ["one_page_a_turn", "short_turns"]

#: Seconds that a thread may go on for while another waits; Python's own are 5 ms.
_TURN = 0.001

#: By loop: what is done once the page that was asked for last has had its turn.
_last: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def short_turns() -> None:
    """Have the loop that serves the pages wait less for the threads that work for them.

    Each time that it has sent something, or numpy was at work for it, it has to wait for its turn:
    beside one thread that diagnoses events, a click of one among 50 users took 40 ms so, and 15
    with shorter turns.
    """
    sys.setswitchinterval(_TURN)


def one_page_a_turn() -> None:
    """Have the servers of this process answer who opens a page one at a time.

    Even a page's shell takes longer than a click, and a loop does all that is due before it looks
    at what has come in: of many who open a page at once, clicks would wait for all. There is no
    public way to have Panel's handler wait.
    """
    if not hasattr(DocHandler.get_session, "in_turn"):
        DocHandler.get_session = _in_turn(DocHandler.get_session)


def _in_turn(get_session):
    """`get_session` of Panel's handler, with which a page begins."""

    @functools.wraps(get_session)
    async def get(self):
        await _turn()
        return await get_session(self)

    get.in_turn = True
    return get


async def _turn() -> None:
    """Wait until the loop has gone round after the one that asked before."""
    loop = asyncio.get_running_loop()
    before, done = _last.get(loop), loop.create_future()
    _last[loop] = done
    try:
        if before is not None:
            await asyncio.shield(before)
    finally:
        loop.call_soon(done.set_result, None)
