"""tpfdash as a Panel app: panel serve apps/inspect.py --args FILE ... [--root FOLDER ...].

Without a FILE the files of the folders are listed, or a simulated target is shown where there is no
folder. `--root` lets an address name files in that folder: http://localhost:5006/inspect?tpf=NAME.
With it the archive cannot be searched from the page, unless `--archive` is given too.

`--plugins tpfdash.server.plugin` before `--args` lets visitors upload files, and adds the addresses
/ready and /metrics. Whoever serves strangers has all of that by `tpfdash serve`.
"""

import argparse

import panel as pn

from tpfdash.app.library import CACHE_BYTES
from tpfdash.app.page import error_page
from tpfdash.app.roots import open_sources, without_folders
from tpfdash.app.site import Site
from tpfdash.archive.settings import size_of
from tpfdash.errors import TPFError
from tpfdash.server.conceal import conceal
from tpfdash.server.garbage import collect_at_rest
from tpfdash.server.once import work_out_once
from tpfdash.server.plugin import uploads
from tpfdash.server.turns import one_page_a_turn, short_turns

parser = argparse.ArgumentParser()
parser.add_argument("sources", nargs="*")
parser.add_argument("--root", action="append", default=[])
parser.add_argument("--archive", action="store_true")
parser.add_argument("--cache-size", default=f"{CACHE_BYTES >> 20}M")
options = parser.parse_args()


def make_site() -> Site:
    """What all pages of this process share."""
    opened = open_sources(options.sources) if options.sources or not options.root else None
    return Site(
        options.root,
        opened=opened,
        archive=options.archive or not options.root,
        cache_bytes=size_of(options.cache_size, "--cache-size"),
        uploads=uploads(),
    )


conceal()
short_turns()
one_page_a_turn()
work_out_once()
collect_at_rest()
pn.extension()
try:
    page = pn.state.as_cached("site", make_site).page()
except TPFError as error:
    page = error_page(without_folders(error, *options.sources))
page.servable(title="tpfdash")
