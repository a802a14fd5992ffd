"""The command line: `tpfdash [SOURCE ...]` opens the dashboard in the browser."""

from __future__ import annotations

import argparse
import sys

from tpfdash.errors import TPFError
from tpfdash.version import __version__

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status, 2 on bad input."""
    options = _parser().parse_args(argv)
    try:
        _serve(options)
    except TPFError as error:
        print(f"tpfdash: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tpfdash",
        description="Inspect Kepler, K2 and TESS target pixel files in the browser.",
        epilog="Without a SOURCE a simulated target is shown, and says that it is one.",
    )
    parser.add_argument(
        "sources", nargs="*", metavar="SOURCE", help="a target pixel file: a path or a URL"
    )
    parser.add_argument(
        "--port", type=int, default=0, help="port to serve on (default: a free one)"
    )
    parser.add_argument(
        "--address",
        default="127.0.0.1",
        help="address to listen on (default: %(default)s, this machine alone; 0.0.0.0: all)",
    )
    parser.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="let in a page that the browser has from this host, as from a proxy in front of the "
        "server; may be given more than once",
    )
    parser.add_argument("--no-show", action="store_true", help="do not open a browser tab")
    parser.add_argument(
        "--root", metavar="FOLDER", help="let addresses name files in this folder: ?tpf=NAME"
    )
    parser.add_argument(
        "--mission", help="Kepler, K2 or TESS, of a file that does not say it itself"
    )
    parser.add_argument("--version", action="version", version=f"tpfdash {__version__}")
    return parser


def _serve(options: argparse.Namespace) -> None:
    from pathlib import Path  # Panel takes seconds to import: --help should not wait for it

    from tpfdash.app.page import make_page
    from tpfdash.app.roots import open_sources
    from tpfdash.server.serve import serve

    if options.root is not None and not Path(options.root).is_dir():
        raise TPFError(f"--root is {options.root!r}: it should be a folder that exists.")
    opened = open_sources(options.sources, options.mission)
    serve(
        lambda: make_page(opened, options.root),
        address=options.address,
        port=options.port,
        show=not options.no_show,
        allowed=options.allow_origin,
    )


if __name__ == "__main__":
    sys.exit(main())
