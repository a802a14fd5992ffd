"""The command `tpfdash serve`: what it can be told."""

from __future__ import annotations

import argparse
import os
import re

from tpfdash.archive.settings import cache_folder, size_of
from tpfdash.errors import TPFError

__all__ = ["parser", "run"]


def parser() -> argparse.ArgumentParser:
    """What follows `tpfdash serve`."""
    made = argparse.ArgumentParser(
        prog="tpfdash serve",
        description="Serve the target pixel files of one or several folders to many browsers.",
        epilog="Who has to log in is said by PANEL_BASIC_AUTH (a password, or the path of a JSON "
        "file of users and passwords), or by PANEL_OAUTH_PROVIDER, PANEL_OAUTH_KEY and "
        "PANEL_OAUTH_SECRET; PANEL_COOKIE_SECRET keeps logins valid over a new start.",
    )
    made.add_argument(
        "--root",
        action="append",
        default=[],
        metavar="FOLDER",
        help="a folder whose files are listed and opened, and those in the folders in it; may be "
        "given more than once",
    )
    made.add_argument("--port", type=int, default=5006, help="default: %(default)s; 0: a free one")
    made.add_argument(
        "--address",
        default="127.0.0.1",
        help="address to listen on (default: %(default)s, this machine alone; 0.0.0.0: all)",
    )
    made.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="let in pages that a browser has from this host, as from a proxy in front of the "
        "server; may be given more than once",
    )
    made.add_argument(
        "--prefix", default="", metavar="/PATH", help="where all addresses of the server begin"
    )
    made.add_argument(
        "--num-procs",
        type=int,
        default=1,
        metavar="N",
        help="processes that serve (default: %(default)s; 0: one for each processor)",
    )
    made.add_argument(
        "--cache-size",
        default="1G",
        metavar="BYTES",
        help="memory for files that several sessions share, of all processes together, as 500M or "
        "4G (default: %(default)s)",
    )
    made.add_argument(
        "--upload-size",
        default="256M",
        metavar="BYTES",
        help="the largest file that a visitor may send (default: %(default)s; 0: none)",
    )
    made.add_argument(
        "--max-sessions",
        type=int,
        default=200,
        metavar="N",
        help="pages that each process has open at a time (default: %(default)s)",
    )
    made.add_argument(
        "--archive",
        action="store_true",
        help="let visitors search the archive (MAST) and have files fetched from it",
    )
    made.add_argument(
        "--archive-size",
        default="20G",
        metavar="BYTES",
        help="how much of the archive's files is kept on disk, in a folder of the server's own or "
        "the one that TPFDASH_CACHE names; those used least recently go first (default: "
        "%(default)s)",
    )
    made.add_argument("--catalog", metavar="FILE", help="a table of stars to draw on every file")
    made.add_argument(
        "--trust-proxy",
        action="store_true",
        default=None,
        help="believe X-Forwarded-For and X-Real-IP, which is done where the server listens to "
        "this machine alone",
    )
    return made


def run(options: argparse.Namespace) -> None:
    """Serve, until the program is stopped.

    Raises
    ------
    TPFError
        Where an option makes no sense.
    """
    from tpfdash.server.logs import keep_log

    keep_log()
    # Slow to import, which --help should not wait for.
    from tpfdash.app.roots import labelled
    from tpfdash.archive.stars import read_stars
    from tpfdash.server.public import Public, serve_public

    labelled(options.root)
    if options.max_sessions < 1:
        raise TPFError(f"--max-sessions is {options.max_sessions}: it should be 1 or more.")
    if not re.fullmatch(r"(/?[\w.~-]+)*/?", options.prefix, re.ASCII):
        raise TPFError(f"--prefix is {options.prefix!r}: it should be a path, as /tpf.")
    archive_bytes = size_of(options.archive_size, "--archive-size")
    if options.archive:  # its settings are the environment's, which all processes have
        if not os.environ.get("TPFDASH_CACHE"):
            os.environ["TPFDASH_CACHE"] = str(cache_folder() / "served")
        os.environ["TPFDASH_CACHE_SIZE"] = str(archive_bytes)
    serve_public(
        Public(
            roots=options.root,
            address=options.address,
            port=options.port,
            allowed=options.allow_origin,
            prefix=options.prefix,
            num_procs=options.num_procs,
            archive=options.archive,
            catalog=read_stars(options.catalog) if options.catalog else None,
            cache_bytes=size_of(options.cache_size, "--cache-size"),
            largest_upload=size_of(options.upload_size, "--upload-size"),
            most_sessions=options.max_sessions,
            trust_proxy=options.trust_proxy,
        )
    )
