"""Where a dashboard shows: in a notebook's cell, or else in a browser tab of its own.

Panel's extension is loaded here on the user's behalf, when a display starts in an IPython kernel.
What is displayed is made in `tpfdash.app.dashboard`; the page that the command line serves is
`tpfdash.app.page`.
"""

from __future__ import annotations

import os
import sys

import panel as pn
from bokeh.models import UIElement
from panel.io.notebook import load_notebook, patch_inline_stylesheets

from tpfdash.views.warm import warm_up

__all__ = ["open_tab", "prepare", "settle"]

#: The cell, by its id, that holds the scripts that the page needs.
_loaded_in: list[str | None] = []
#: Cell -> the request that ran it last, and the displays that are in its output.
_shown_in: dict[str, tuple[str, set[str]]] = {}


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
    cell, request = _running_cell()
    if cell is not None and _shown_in.get(cell, (request,))[0] != request:
        # JupyterLab does not tell that the cell's old output has gone.
        for ref in _shown_in.pop(cell)[1]:
            _forget(ref)
    if not _loaded_in and not pn.extension._loaded:
        # Where the page knows widgets only, Panel finds out for itself, but for Voila.
        widgets_only = os.environ.get("SERVER_SOFTWARE", "").startswith("voila")
        pn.extension(inline=True, **({"comms": "ipywidgets"} if widgets_only else {}))
        _loaded_in.append(cell)
        pn.extension._delete_actions.insert(0, _forget)
    elif cell is not None and cell in _loaded_in:
        load_notebook(inline=True)


def _forget(ref: str) -> None:
    """Let go of a display whose output has gone from the page, as after running a cell again.

    Panel closes its plots then, but keeps its document and its comms, and all that hangs on them.
    """
    if ref not in pn.state._views:
        return
    view, root, document, _ = pn.state._views.pop(ref)
    comms = view._comms.pop(ref, ())
    view._cleanup(root)
    document.clear()
    manager = _kernel().comm_manager
    for comm in comms:
        pn.state._comm_manager._comms.pop(comm.id, None)
        manager.targets.pop(comm.id, None)
        if comm._comm:
            manager.unregister_comm(comm._comm)
    if not view._models:
        _drop_result(view)


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


def settle(view, root, changed=None, old_models=None) -> None:
    """A hook for a Panel layout: what Panel does not see to when it shows it in a notebook.

    Style sheets are sent as text, not as addresses: Panel's own care is for those notebooks only
    that do not show it as a widget. And the display is noted with its cell.
    """
    if _kernel() is None:
        return
    ref = root.ref["id"]
    model, _ = (changed or view)._models.get(ref, (None, None))
    for element in model.select({"type": UIElement}) if model is not None else ():
        patch_inline_stylesheets(element)
    cell, request = _running_cell()
    if changed is view and cell is not None:
        _shown_in.setdefault(cell, (request, set()))[1].add(ref)


def open_tab(dashboard: pn.viewable.Viewer) -> None:
    """Where nothing displays results, as in a script or at a plain prompt, show one in a tab.

    The browser is opened on a server of this process, which runs on beside whatever comes next and
    keeps the process alive until Ctrl-C. Does nothing in a notebook or an app.
    """
    if _kernel() is None and pn.state.curdoc is None:
        dashboard.show(title="tpfdash", threaded=True, websocket_compression_level=1)
