"""Where a dashboard shows: in a notebook's cell, or else in a browser tab of its own.

Panel's extension is loaded here on the user's behalf, when a display starts in an IPython kernel.
What is displayed is made in `tpfdash.app.dashboard`; the page that the command line serves is
`tpfdash.app.page`.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache

import panel as pn
from bokeh.model import Model
from bokeh.models import UIElement
from panel.io.notebook import load_notebook, patch_inline_stylesheets
from panel.models.comm_manager import CommManager

from tpfdash.views.warm import warm_up

__all__ = ["inline_stylesheets", "note_display", "open_tab", "prepare"]


@dataclass(frozen=True)
class _Display:
    """A dashboard in a cell's output, and the request to run the cell that put it there."""

    view: pn.viewable.Viewable
    root: Model
    cell: str | None
    request: str


#: The cell, by its id, that holds the scripts that the page needs.
_loaded_in: list[str | None] = []
#: The displays that are in some output, by the id of their root.
_displays: dict[str, _Display] = {}


def _kernel():
    """The Jupyter kernel that this code runs in; None elsewhere."""
    ipython = sys.modules.get("IPython")  # imported already wherever there is a kernel
    return getattr(ipython and ipython.get_ipython(), "kernel", None)


def _running_cell() -> tuple[str | None, str]:
    """The cell that is being run, None where the front end does not say, and the request to."""
    parent = _kernel().get_parent()
    return parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id", "")


def prepare() -> None:
    """Have the cell that is being run load what its page needs to show a dashboard.

    Once a kernel, and again whenever that cell is run again, since its old output goes: whoever
    opens the notebook later finds the scripts in it. They come with the packages and are written
    into the output, so that nothing is fetched from the internet. Outside a notebook, and where
    the user has called `pn.extension` or `hv.extension`, there is nothing to load. Wherever it is,
    what draws long light curves gets ready in the background.
    """
    if pn.state.curdoc is None:
        warm_up()
    else:
        pn.state.onload(warm_up)  # not while the page is being made
    if _kernel() is None or pn.state.curdoc is not None:
        return
    _hear_of_deleted_displays()
    cell, request = _running_cell()
    for ref, display in list(_displays.items()):
        if cell is not None and display.cell == cell and display.request != request:
            # JupyterLab does not tell that the cell's old output has gone, and Panel lets nobody
            # else tell it.
            pn.extension._process_comm_msg({"event_type": "delete", "id": ref})
    # Whether Panel's extension was called is nowhere else to be seen.
    if not _loaded_in and not pn.extension._loaded:
        # Where the page knows widgets only, Panel finds out for itself, but for Voila.
        widgets_only = os.environ.get("SERVER_SOFTWARE", "").startswith("voila")
        pn.extension(inline=True, **({"comms": "ipywidgets"} if widgets_only else {}))
        _loaded_in.append(cell)
    elif cell is not None and cell in _loaded_in:
        load_notebook(inline=True)


@cache
def _hear_of_deleted_displays() -> None:
    pn.extension.add_delete_action(_forget)


def _forget(ref: str) -> None:
    """Let go of a display whose output has gone from the page, as after running a cell again.

    Panel has closed its plots by then, but keeps its document and its comms, and all that hangs on
    them: there is no public way to close those.
    """
    display = _displays.pop(ref, None)
    if display is None:
        return
    # The display's two ways, to the page and back, by the names that they have in the kernel.
    ways = set()
    if document := display.root.document:
        for model in document.roots:
            if isinstance(model, CommManager):
                ways |= {model.comm_id, model.client_comm_id}
        document.clear()
    display.view._comms.pop(ref, None)
    manager = _kernel().comm_manager
    for name in ways:
        pn.state._comm_manager._comms.pop(name, None)
        manager.targets.pop(name, None)
    for comm in [comm for comm in manager.comms.values() if comm.target_name in ways]:
        manager.unregister_comm(comm)
    if not any(other.view is display.view for other in _displays.values()):
        _drop_result(display.view)


def _drop_result(view) -> None:
    """Take a dashboard that is shown nowhere any more out of IPython's `Out`, `_` and the like.

    They would keep it, and its file's pixels, each time that its cell is run again; and IPython's
    history would keep its page's text, half a megabyte.
    """
    ipython = sys.modules["IPython"].get_ipython()

    def is_it(result) -> bool:
        return getattr(result, "_page", None) is view

    outs = ipython.user_ns["_oh"]
    numbers = [number for number, result in outs.items() if is_it(result)]
    pages = getattr(ipython.history_manager, "outputs", {})
    for number in numbers:
        del outs[number]
        pages.pop(number, None)
    for names in (ipython.user_ns, ipython.user_ns_hidden):
        for number in numbers:
            names.pop(f"_{number}", None)
        for name in ("_", "__", "___"):
            if is_it(names.get(name)):
                names[name] = ""
    for name in ("_", "__", "___"):
        if is_it(getattr(ipython.displayhook, name)):
            setattr(ipython.displayhook, name, "")


def inline_stylesheets(view: pn.viewable.Viewable, root: Model) -> None:
    """A hook for a Panel layout: in a notebook, send style sheets as text, not as addresses.

    Panel's own care is for those notebooks only that do not show it as a widget.
    """
    if _kernel() is not None:
        for element in root.select({"type": UIElement}):
            patch_inline_stylesheets(element)


def note_display(view: pn.viewable.Viewable, root: Model) -> None:
    """A hook for a Panel layout: note with its cell that it is displayed, so as to forget it."""
    if _kernel() is not None and pn.state.curdoc is None:
        _displays.setdefault(root.ref["id"], _Display(view, root, *_running_cell()))


def open_tab(dashboard: pn.viewable.Viewer) -> None:
    """Where nothing displays results, as in a script or at a plain prompt, show one in a tab.

    The browser is opened on a server of this process, which runs on beside whatever comes next and
    keeps the process alive until Ctrl-C. Does nothing in a notebook or an app.
    """
    if _kernel() is None and pn.state.curdoc is None:
        dashboard.show(title="tpfdash", threaded=True, websocket_compression_level=1)
