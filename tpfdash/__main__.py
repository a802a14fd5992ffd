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
    parser.add_argument("--no-show", action="store_true", help="do not open a browser tab")
    parser.add_argument(
        "--root", metavar="FOLDER", help="let addresses name files in this folder: ?tpf=NAME"
    )
    parser.add_argument("--version", action="version", version=f"tpfdash {__version__}")
    return parser


def _serve(options: argparse.Namespace) -> None:
    from pathlib import Path  # Panel takes seconds to import: --help should not wait for it

    import panel as pn

    from tpfdash.app.page import make_page
    from tpfdash.app.roots import open_sources

    if options.root is not None and not Path(options.root).is_dir():
        raise TPFError(f"--root is {options.root!r}: it should be a folder that exists.")
    if not 0 <= options.port < 65536:
        raise TPFError(f"--port is {options.port}: it should be a number from 0 (any) to 65535.")
    opened = open_sources(options.sources)
    pn.extension(inline=False)
    try:
        pn.serve(
            lambda: make_page(opened, options.root),
            port=options.port,
            show=not options.no_show,
            title="tpfdash",
            websocket_compression_level=1,
        )
    except OSError as error:
        raise TPFError(
            f"port {options.port} cannot be served on ({error.strerror}): it should be a free one, "
            "or 0 for any."
        ) from None


if __name__ == "__main__":
    sys.exit(main())
