"""Starting the server: on which address, for pages of which origin."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

import panel as pn

from tpfdash.errors import TPFError
from tpfdash.server.conceal import conceal
from tpfdash.server.garbage import collect_at_rest
from tpfdash.server.once import work_out_once
from tpfdash.server.origins import LOCAL, origins, tell_refusals
from tpfdash.server.turns import one_page_a_turn, short_turns

__all__ = ["LOOK_FOR_CLOSED", "free_port", "serve"]

#: Milliseconds between two looks after sessions whose browsers have gone; Bokeh's own are 17 s, in
#: which as many pages are kept as are closed.
LOOK_FOR_CLOSED = 4000


def serve(
    build: Callable | dict[str, Callable],
    *,
    address: str = LOCAL,
    port: int = 0,
    show: bool = True,
    allowed: Sequence[str] = (),
) -> None:
    """Serve the pages that `build()` makes, one for each browser, until the program is stopped.

    Parameters
    ----------
    build : callable, or dict of str to callable
        -> what a page shows; several by their paths, "/" for the first.
    address : str
        A name or number of this machine; "0.0.0.0": all of them.
    port : int
        0: any that is free.
    show : bool
        Whether a browser tab is opened.
    allowed : sequence of str
        Further hosts, HOST or HOST:PORT, in whose pages a browser may talk to the server: those of
        a proxy.

    Raises
    ------
    TPFError
        Where nothing can listen there, or one of those allowed is no host.
    """
    if not 0 <= port < 65536:
        raise TPFError(f"--port is {port}: it should be a number from 0 (any) to 65535.")
    port = free_port(address, port)
    websocket_origin = origins(address, port, allowed)
    conceal()
    tell_refusals()
    short_turns()
    one_page_a_turn()
    work_out_once()
    collect_at_rest()
    pn.extension(inline=False)
    pn.serve(
        build,
        address=address,
        port=port,
        websocket_origin=websocket_origin,
        show=show,
        title="tpfdash",
        websocket_compression_level=1,
        check_unused_sessions_milliseconds=LOOK_FOR_CLOSED,
    )


def free_port(address: str, port: int) -> int:
    """A port on `address` that can be listened on: this one, or any for 0."""
    try:
        family, *_, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise TPFError(
            f"--address is {address!r}: it should be a name or number of this machine, as "
            f"{LOCAL}, or 0.0.0.0 for all of them."
        ) from None
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(place)
            trial.listen()  # where somebody listens there already, this is what fails
        except OSError as error:
            raise TPFError(
                f"port {port} of {address} cannot be served on ({error.strerror}): it should be a "
                "free one, or 0 for any."
            ) from None
        return trial.getsockname()[1]
