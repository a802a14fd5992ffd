"""Starting the server: on which address, for pages of which origin."""

from __future__ import annotations

import socket
from collections.abc import Callable

import panel as pn

from tpfdash.errors import TPFError
from tpfdash.server.conceal import conceal

__all__ = ["LOCAL", "origins", "serve"]

#: This machine alone can get there.
LOCAL = "127.0.0.1"


def serve(build: Callable, *, address: str = LOCAL, port: int = 0, show: bool = True) -> None:
    """Serve the pages that `build()` makes, one for each browser, until the program is stopped.

    Parameters
    ----------
    build : callable
        -> what a page shows.
    address : str
        A name or number of this machine; "0.0.0.0": all of them.
    port : int
        0: any that is free.
    show : bool
        Whether a browser tab is opened.

    Raises
    ------
    TPFError
        Where nothing can listen there.
    """
    if not 0 <= port < 65536:
        raise TPFError(f"--port is {port}: it should be a number from 0 (any) to 65535.")
    port = _free(address, port)
    conceal()
    pn.extension(inline=False)
    pn.serve(
        build,
        address=address,
        port=port,
        websocket_origin=origins(address, port),
        show=show,
        title="tpfdash",
        websocket_compression_level=1,
    )


def origins(address: str, port: int) -> list[str]:
    """The hosts in whose pages a browser may talk to a server that listens on `address`.

    `localhost` and `address`; and the names and numbers of this machine where it listens on all.
    Pages of any other origin get no answer.
    """
    hosts = {"localhost", LOCAL, address}
    if address in ("0.0.0.0", "::"):
        name = socket.gethostname()
        hosts |= {name, socket.getfqdn()}
        try:
            hosts |= set(socket.gethostbyname_ex(name)[2])
        except OSError:
            pass  # a machine that does not know its own number
    return sorted(f"{host}:{port}" for host in hosts if ":" not in host)


def _free(address: str, port: int) -> int:
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
