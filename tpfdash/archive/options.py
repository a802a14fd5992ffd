"""What the command line understands of a search: its options, and which words are files.

Imports nothing that takes time, since `tpfdash --help` needs it; searching is
`tpfdash.archive.command`.
"""

from __future__ import annotations

import argparse
import os
import re
from typing import Any

__all__ = ["add_options", "is_file_word", "options_given"]

#: The options, by what `search` calls them.
_OPTIONS = ("quarter", "campaign", "sector", "cadence", "month", "author", "radius", "cutout_size")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of a search; `--mission` is its own affair."""
    group = parser.add_argument_group("of a target that is looked for in the archive")
    for name, of in (("quarter", "Kepler"), ("campaign", "K2"), ("sector", "TESS")):
        group.add_argument(
            f"--{name}", type=_numbers, metavar="N", help=f"of {of}; N,N for several"
        )
    group.add_argument("--cadence", help="long, short, fast, ffi, or seconds")
    group.add_argument("--month", type=_numbers, metavar="N", help="of a quarter's short cadence")
    group.add_argument("--author", help="Kepler, K2, SPOC, TESS-SPOC, TESScut ...")
    group.add_argument("--radius", type=float, metavar="ARCSEC", help="around the place")
    group.add_argument(
        "--size", dest="cutout_size", type=int, metavar="PIXELS", help="of cutouts (default: 10)"
    )


def options_given(options: argparse.Namespace) -> dict[str, Any]:
    """The options of a search that were given."""
    values = {name: getattr(options, name) for name in _OPTIONS}
    return {name: value for name, value in values.items() if value is not None}


def is_file_word(word: str) -> bool:
    """Whether a word on the command line is a file or a URL, and not a target to look for."""
    return (
        os.path.exists(word)
        or "://" in word
        or "::" in word
        or re.match(r"(mast|tesscut):", word, re.IGNORECASE) is not None
        or os.sep in word
        or re.search(r"\.(fits?|fts|gz|zip|json|npy|txt|csv)$", word, re.IGNORECASE) is not None
    )


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number, nor several") from None
