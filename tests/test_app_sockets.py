"""Nothing that a server sends to a browser is held back."""

import gc
import inspect
import socket

import pytest
from bokeh.server.views.ws import WSHandler

from tests.wire import Wire, serving
from tpfdash.app.dashboard import TPFDashboard
from tpfdash.app.page import make_page
from tpfdash.app.sockets import send_at_once
from tpfdash.simulate import simulate_tpf

TPF = simulate_tpf("K2", n_cadences=50, shape=(3, 3))


@pytest.mark.parametrize(
    "build", [lambda: make_page({"a": TPF}), lambda: TPFDashboard(TPF)], ids=["page", "dashboard"]
)
def test_a_connection_does_not_wait_for_what_it_has_sent_to_be_confirmed(build):
    with serving(build) as port, Wire(port):
        sockets = [
            one.ws_connection.stream.socket
            for one in gc.get_objects()
            if isinstance(one, WSHandler) and one.ws_connection is not None
        ]
        (ours,) = (one for one in sockets if one.getsockname()[1] == port)
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_of_bokehs_is_touched_is_as_it_was():
    send_at_once()
    assert inspect.unwrap(WSHandler.open).__qualname__ == "WSHandler.open"
    once = WSHandler.open
    send_at_once()
    assert WSHandler.open is once
