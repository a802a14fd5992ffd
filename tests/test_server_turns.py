"""A server's loop does not wait long for its turn, nor do its users for those who open pages."""

import asyncio
import itertools
import sys

from panel.io.server import DocHandler

from tpfdash.server import turns
from tpfdash.server.turns import one_page_a_turn, short_turns


def test_turns_are_shorter_than_pythons_own(request):
    before = sys.getswitchinterval()
    request.addfinalizer(lambda: sys.setswitchinterval(before))
    sys.setswitchinterval(0.005)
    short_turns()
    assert sys.getswitchinterval() < 0.002


class Handler:
    """Of pages, which says when each is begun."""

    def __init__(self, order):
        self.order = order

    async def get_session(self):
        self.order.append(self)
        return self

    get_in_turn = turns._in_turn(get_session)


def test_between_two_pages_the_loop_goes_round():
    async def serve(get):
        loop, order = asyncio.get_running_loop(), []

        def go_round():
            order.append("round")
            loop.call_soon(go_round)

        loop.call_soon(go_round)
        pages = [Handler(order) for _ in range(5)]
        assert await asyncio.gather(*map(get, pages)) == pages
        return [order.index(page) for page in pages]

    at = asyncio.run(serve(Handler.get_session))
    assert at == [at[0] + n for n in range(5)]  # one after the other
    at = asyncio.run(serve(Handler.get_in_turn))
    assert all(later - earlier > 1 for earlier, later in itertools.pairwise(at))


def test_one_that_gives_up_keeps_nobody_waiting():
    async def serve():
        pages = [asyncio.ensure_future(Handler([]).get_in_turn()) for _ in range(4)]
        await asyncio.sleep(0)
        pages[1].cancel()
        done = await asyncio.wait_for(asyncio.gather(*pages, return_exceptions=True), 15)
        return [type(one) for one in done]

    assert asyncio.run(serve()) == [Handler, asyncio.CancelledError, Handler, Handler]


def test_panels_handler_waits_for_its_turn_once(monkeypatch):
    monkeypatch.setattr(DocHandler, "get_session", DocHandler.get_session)
    one_page_a_turn()
    replaced = DocHandler.get_session
    one_page_a_turn()
    assert DocHandler.get_session is replaced and replaced.in_turn
    assert asyncio.iscoroutinefunction(replaced)
