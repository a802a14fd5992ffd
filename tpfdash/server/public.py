"""A server for strangers: several processes, uploads, readiness, numbers, a log of JSON lines."""

from __future__ import annotations

import logging
import os
import secrets
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import panel as pn
from astropy.table import Table
from bokeh.settings import settings
from tornado.ioloop import PeriodicCallback

from tpfdash.app.library import CACHE_BYTES
from tpfdash.app.site import MOST_SESSIONS, Site
from tpfdash.app.uploads import LARGEST, Uploads
from tpfdash.errors import TPFError
from tpfdash.server.conceal import conceal
from tpfdash.server.folder import count_together, private_folder, remove
from tpfdash.server.garbage import collect_at_rest
from tpfdash.server.logs import join_logs
from tpfdash.server.once import work_out_once
from tpfdash.server.origins import LOCAL, origins, tell_refusals
from tpfdash.server.ready import Readiness, ReadyHandler
from tpfdash.server.serve import LOOK_FOR_CLOSED, free_port
from tpfdash.server.turns import one_page_a_turn, short_turns

__all__ = ["Public", "serve_public"]

_log = logging.getLogger(__name__)

#: Bytes of a request that is no upload.
_LARGEST_REQUEST = 2**20
#: Seconds within which a request's headers, and its body, have to be there.
_HEADERS, _BODY = 60, 60
#: Seconds between two looks after uploads that nobody shows.
_SWEEP = 60
_LOGIN = Path(__file__).parent / "login.html"
#: Milliseconds between two looks whether the process that started this one is there.
_WATCH = 1000
#: Addresses that nobody but this machine can get to.
_LOCAL = {LOCAL, "localhost", "::1"}


@dataclass(frozen=True)
class Public:
    """What a server for strangers is told.

    Parameters
    ----------
    roots : sequence of path
        Folders whose files can be opened, and are listed.
    address : str
    port : int
        0: any that is free.
    allowed : sequence of str
        Further hosts in whose pages a browser may talk to the server.
    prefix : str
        Where all addresses of the server begin, as "/tpf".
    num_procs : int
        Processes that serve; 0: as many as there are processors.
    archive : bool
        Whether the archive can be searched.
    catalog : Table, optional
        Stars to be drawn on every file.
    cache_bytes : int
        Of files kept in memory, by all processes together.
    largest_upload : int
        Bytes of a file that may be sent; 0: none may.
    most_sessions : int
        Pages that each process has open at a time.
    trust_proxy : bool, optional
        Whether X-Forwarded-For and X-Real-IP say who asks. Unless given, where the server listens
        to this machine alone.
    """

    roots: Sequence[str | Path] = ()
    address: str = LOCAL
    port: int = 5006
    allowed: Sequence[str] = ()
    prefix: str = ""
    num_procs: int = 1
    archive: bool = False
    catalog: Table | None = None
    cache_bytes: int = CACHE_BYTES
    largest_upload: int = LARGEST
    most_sessions: int = MOST_SESSIONS
    trust_proxy: bool | None = None


def serve_public(options: Public) -> None:
    """Serve until the program is stopped.

    Who may come in is said by Panel's own environment variables: PANEL_BASIC_AUTH, or
    PANEL_OAUTH_PROVIDER and those that go with it, and PANEL_COOKIE_SECRET.

    Raises
    ------
    TPFError
        Where nothing can listen there, or what is told makes no sense.
    """
    if not 0 <= options.port < 65536:
        raise TPFError(f"--port is {options.port}: it should be a number from 0 (any) to 65535.")
    processes = options.num_procs or os.cpu_count() or 1
    if processes < 0:
        raise TPFError(f"--num-procs is {processes}: it should be a number that is not negative.")
    port = free_port(options.address, options.port)
    allowed = origins(options.address, port, options.allowed)
    folder = private_folder()
    try:
        if processes > 1:  # before anything that counts is imported
            count_together(folder)
        server = _server(options, processes, port, allowed, folder)
        server.start()
        server.io_loop.start()
    finally:
        remove(folder)
    # Threads that compile or fetch something may go on for long: nobody waits for them.
    logging.shutdown()
    os._exit(0)


def _server(options: Public, processes: int, port: int, allowed: list[str], folder: Path) -> Any:
    """The server of this process; where there are several, of each of them from here on."""
    from tpfdash.server.metrics import Metrics, MetricsHandler
    from tpfdash.server.uploads import UploadHandler

    join_logs()
    metrics = Metrics()
    logging.getLogger("tpfdash").addHandler(metrics)
    conceal()
    short_turns()
    one_page_a_turn()
    work_out_once()
    tell_refusals()
    uploads = None
    if options.largest_upload:
        uploads = Uploads(folder / "uploads", largest=options.largest_upload)
    site = Site(
        options.roots,
        archive=options.archive,
        catalog=options.catalog,
        cache_bytes=options.cache_bytes // processes,
        uploads=uploads,
        most_sessions=options.most_sessions,
    )
    readiness = Readiness(site.wrong)
    patterns: list[tuple] = [
        ("/ready", ReadyHandler, {"readiness": readiness}),
        ("/metrics", MetricsHandler, {"metrics": metrics}),
    ]
    if uploads is not None:
        patterns.append(("/upload", UploadHandler, {"uploads": uploads}))
    _say_where(options, port, processes)
    signal.signal(signal.SIGTERM, _stop)
    parent = os.getpid()
    pn.extension(inline=False)
    trusted = options.address in _LOCAL if options.trust_proxy is None else options.trust_proxy
    try:
        server = pn.io.server.get_server(
            site.page,
            address=options.address,
            port=port,
            prefix=options.prefix,
            websocket_origin=allowed,
            num_procs=processes,
            title="tpfdash",
            websocket_compression_level=1,
            check_unused_sessions_milliseconds=LOOK_FOR_CLOSED,
            extra_patterns=patterns,
            use_xheaders=trusted,
            http_server_kwargs={
                "max_body_size": _LARGEST_REQUEST,
                "idle_connection_timeout": _HEADERS,
                "body_timeout": _BODY,
            },
            # Nobody can make up a session: its id is signed, by a key that all processes have.
            secret_key=settings.secret_key_bytes() or secrets.token_hex(32).encode(),
            sign_sessions=True,
            **_who_may_come_in(),
        )
    except OSError as error:
        raise TPFError(f"port {port} cannot be served on ({error.strerror}).") from None
    loop = server.io_loop
    signal.signal(signal.SIGTERM, lambda *_: loop.add_callback_from_signal(loop.stop))
    if os.getpid() != parent:  # one of several: it goes with the one that starts them anew
        watch = PeriodicCallback(lambda: os.getppid() == parent or loop.stop(), _WATCH)
        loop.add_callback(watch.start)
    if uploads is not None:
        sweep = PeriodicCallback(uploads.sweep, 1000 * _SWEEP)
        loop.add_callback(sweep.start)
    loop.add_callback(readiness.prepare)
    loop.add_callback(collect_at_rest)
    loop.add_callback(site.look)
    return server


def _who_may_come_in() -> dict[str, Any]:
    """Panel's options of those who have to log in, by its environment variables."""
    config = pn.config
    if not config.basic_auth and not config.oauth_provider:
        return {}
    # Where none is given, those who are logged in have to do so again after a new start.
    known: dict[str, Any] = {"cookie_secret": config.cookie_secret or secrets.token_hex(32)}
    if config.basic_auth:
        # A page of our own: parts of Panel's are fetched from another server.
        return known | {"basic_auth": config.basic_auth, "login_template": str(_LOGIN)}
    return known | {"oauth_provider": config.oauth_provider}


def _say_where(options: Public, port: int, processes: int) -> None:
    prefix = f"/{options.prefix.strip('/')}/" if options.prefix.strip("/") else "/"
    host = f"[{options.address}]" if ":" in options.address else options.address
    where = f"http://{host}:{port}{prefix}"
    heard = "by this machine alone" if options.address in _LOCAL else "by others, too"
    folders = ", ".join(str(root) for root in options.roots) or "no folder"
    told = {"event": "listening", "url": where, "processes": processes}
    _log.info("serving %s at %s, heard %s", folders, where, heard, extra={"told": told})


def _stop(*_: Any) -> None:
    """End this process in order."""
    raise SystemExit(0)
