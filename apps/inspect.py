"""The dashboard as a Panel app: panel serve apps/inspect.py --args FILE ... [--root FOLDER].

Without a FILE a simulated target is shown. `--root` lets an address name files in that folder:
http://localhost:5006/inspect?tpf=NAME. With it the archive cannot be searched from the page, unless
`--archive` is given too.
"""

import argparse

import panel as pn

from tpfdash.app.page import error_page, make_page
from tpfdash.app.roots import open_sources, without_folders
from tpfdash.errors import TPFError
from tpfdash.server.conceal import conceal

parser = argparse.ArgumentParser()
parser.add_argument("sources", nargs="*")
parser.add_argument("--root")
parser.add_argument("--archive", action="store_true")
options = parser.parse_args()

conceal()
pn.extension()
try:
    opened = pn.state.as_cached("tpfs", open_sources, sources=tuple(options.sources))
    page = make_page(opened, options.root, archive=options.archive or options.root is None)
except TPFError as error:
    page = error_page(without_folders(error, *options.sources))
page.servable(title="tpfdash")
