"""The command line: `tpfdash [SOURCE ...]` opens the dashboard, `tpfdash find` looks for files.

`tpfdash diagnose` asks many files what their events are, `tpfdash triage` shows the answers, and
`tpfdash serve` is for many users.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from tpfdash.archive.options import add_options, is_file_word, options_given
from tpfdash.errors import TPFError
from tpfdash.version import __version__

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status, 2 on bad input."""
    words = sys.argv[1:] if argv is None else argv
    command = words[0] if words[:1] and not os.path.exists(words[0]) else ""
    try:
        if command == "find":
            _find(_finder().parse_args(words[1:]))
        elif command == "diagnose":
            # Slow to import, which opening a file should not wait for.
            from tpfdash.diagnosis.bulk.command import parser, run

            run(parser().parse_args(words[1:]))
        elif command == "triage":
            _triage(_triager().parse_args(words[1:]))
        elif command == "serve":
            from tpfdash.server.command import parser, run

            run(parser().parse_args(words[1:]))
        else:
            _open(_parser().parse_args(words))
    except TPFError as error:
        print(f"tpfdash: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # of a search or a download; the server has its own way to stop
        print("tpfdash: stopped.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tpfdash",
        description="Inspect Kepler, K2 and TESS target pixel files in the browser.",
        epilog="Without a SOURCE a simulated target is shown, and says that it is one. "
        "`tpfdash find --help` tells of looking for files in the archive, "
        "`tpfdash diagnose --help` of the events of many files, `tpfdash triage --help` of going "
        "through them, `tpfdash serve --help` of a server for many users.",
    )
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="a target pixel file: a path, a URL, or a target to look for in the archive, as "
        '"KIC 3248033" with --quarter 4 is',
    )
    _add_server(parser)
    _add_page(parser)
    add_options(parser)
    parser.add_argument("--version", action="version", version=f"tpfdash {__version__}")
    return parser


def _finder() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tpfdash find",
        description="List the target pixel files of a target in the archive, and the cutouts of "
        "its place.",
    )
    parser.add_argument(
        "target",
        nargs="+",
        metavar="TARGET",
        help='a name ("HL Tau"), a number ("KIC 3248033"), a place ("65.489 28.443")',
    )
    parser.add_argument("--json", action="store_true", help="list them for programs")
    parser.add_argument(
        "--open", type=int, metavar="N", help="open the dashboard on the row of this number"
    )
    parser.add_argument(
        "--download",
        type=int,
        action="append",
        metavar="N",
        help="fetch the row of this number, and print the path of its file; may be given more than "
        "once",
    )
    add_options(parser)
    _add_server(parser)
    _add_page(parser)
    return parser


def _triager() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tpfdash triage",
        description="Go through the events in the results of `tpfdash diagnose` in the browser, "
        "and say of each what it is. What is said is kept at once, in RESULTS.judged.jsonl beside "
        "them.",
    )
    parser.add_argument(
        "results", metavar="RESULTS", help="a file of results: .jsonl, or a table with it beside it"
    )
    parser.add_argument(
        "--who", default="", metavar="NAME", help="the name that goes with what is said"
    )
    _add_server(parser)
    return parser


def _add_server(parser: argparse.ArgumentParser) -> None:
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


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--root",
        action="append",
        metavar="FOLDER",
        help="let addresses name files in this folder: ?tpf=NAME; may be given more than once",
    )
    parser.add_argument(
        "--catalog",
        metavar="FILE",
        help="a table of stars to draw on the stamp, in any format that astropy reads",
    )
    parser.add_argument(
        "--archive",
        action="store_true",
        help="with --root: let those who open a page search the archive and fetch files from it",
    )
    parser.add_argument(
        "--mission",
        help="Kepler, K2 or TESS: of a file that does not say it itself, or of what to look for",
    )


def _find(options: argparse.Namespace) -> None:
    # Slow to import, which --help should not wait for; so is Panel, below.
    from tpfdash.archive.command import chosen, fetch_rows, find, table_or_json

    found = find(" ".join(options.target), options)
    fetched = chosen(found, options.download or [], "--download")
    opened = chosen(found, [] if options.open is None else [options.open], "--open")
    if not fetched and not opened or options.json:
        print(table_or_json(found, options.json))
    for path in fetch_rows(fetched):
        print(path)
    if opened:
        _serve(fetch_rows(opened), options)


def _open(options: argparse.Namespace) -> None:
    targets = [word for word in options.sources if not is_file_word(word)]
    if options_given(options) and not targets:
        names = ", ".join(f"--{name.replace('cutout_', '')}" for name in options_given(options))
        raise TPFError(
            f"{names} tells which file of a target to look for: a target should be named."
        )
    sources: list[Any] = []
    for word in options.sources:
        if word not in targets:
            sources.append(word)
            continue
        from tpfdash.archive.command import fetch_rows, find

        found = find(word, options)
        try:
            row = found.only()
        except TPFError:  # there are several: which one is meant is the user's to say
            print(found)
            print(
                f"tpfdash: one of these {len(found)} has to be chosen, by --quarter, --sector, "
                f"--cadence ..., or by its number: tpfdash find {word!r} --open N",
                file=sys.stderr,
            )
            return
        sources += fetch_rows([row])
    _serve(sources, options)


def _triage(options: argparse.Namespace) -> None:
    from tpfdash.diagnosis.bulk.command import read_results

    results = read_results(options.results)
    from tpfdash.app.triage import triage_pages
    from tpfdash.server.serve import serve

    serve(
        triage_pages(results, who=options.who),
        address=options.address,
        port=options.port,
        show=not options.no_show,
        allowed=options.allow_origin,
    )


def _serve(sources: Sequence[Any], options: argparse.Namespace) -> None:
    from tpfdash.app.page import make_page
    from tpfdash.app.roots import labelled, open_sources
    from tpfdash.archive.stars import read_stars
    from tpfdash.server.serve import serve

    labelled(options.root)
    catalog = read_stars(options.catalog) if options.catalog else None
    opened = open_sources(sources, options.mission)
    serve(
        lambda: make_page(
            opened,
            options.root,
            archive=options.archive or options.root is None,
            catalog=catalog,
        ),
        address=options.address,
        port=options.port,
        show=not options.no_show,
        allowed=options.allow_origin,
    )


if __name__ == "__main__":
    sys.exit(main())
