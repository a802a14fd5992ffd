"""What a server does not tell a browser: its folders, and where in them its code went wrong.

And what it does not keep of a message that failed. Bokeh and panel-material-ui have no setting for
any of it; what of theirs is touched is touched here alone.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import secrets

import bokeh.io.doc
import panel_material_ui as pmui
from bokeh.server.views.ws import WSHandler

__all__ = ["conceal"]

_log = logging.getLogger(__name__)


def conceal() -> None:
    """Have the servers of this process, those that run already too, keep it to themselves."""
    _forget_folder()
    if not hasattr(WSHandler.send_message, "__wrapped__"):
        WSHandler.send_message = _without_traceback(WSHandler.send_message)
        bokeh.io.doc.patch_curdoc = _let_go(bokeh.io.doc.patch_curdoc)


def _forget_folder() -> None:
    """Take the working folder out of the page's description of components.

    Bokeh describes to every page all components there are, with their defaults. The one that
    chooses files has the folder in which the server was started as its own.
    """
    pmui.FileSelector._data_model.lookup("directory").property._default = ""


def _without_traceback(send):
    """`send_message` of Bokeh's, which sends of an error no more than a number in the log."""

    @functools.wraps(send)
    async def send_message(self, message):
        if message.msgtype == "ERROR":
            number = secrets.token_hex(3)
            told = {"event": "error", "error": number}
            _log.warning(
                "error %s in a browser's message: %r", number, message, extra={"told": told}
            )
            words = f"the server could not do that: its log says why (error {number})"
            message.content.update(text=words, traceback=None)
        await send(self, message)

    return send_message


def _let_go(patch_curdoc):
    """`patch_curdoc` of Bokeh's, which after an error would leave a page the current one for good.

    So it would be for all that is done outside of a page, and an error once that page is gone.
    """
    current = bokeh.io.doc._PATCHED_CURDOCS

    @contextlib.contextmanager
    @functools.wraps(patch_curdoc)
    def patch(document):
        try:
            with patch_curdoc(document):
                yield
        except BaseException:
            # This page's own entry alone: other servers of the process have theirs in there too.
            for place in reversed(range(len(current))):
                if current[place]() is document:
                    del current[place]
                    break
            raise

    return patch
