"""What a server does not tell a browser: its folders, and where in them its code went wrong.

Bokeh and panel-material-ui have no setting for either; what of theirs is touched is touched here
alone.
"""

from __future__ import annotations

import functools
import logging
import secrets

import panel_material_ui as pmui
from bokeh.server.views.ws import WSHandler

__all__ = ["conceal"]

_log = logging.getLogger(__name__)


def conceal() -> None:
    """Have the servers of this process, those that run already too, keep it to themselves."""
    _forget_folder()
    if not hasattr(WSHandler.send_message, "__wrapped__"):
        WSHandler.send_message = _without_traceback(WSHandler.send_message)


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
            _log.warning("error %s in a browser's message: %r", number, message)
            words = f"the server could not do that: its log says why (error {number})"
            message.content.update(text=words, traceback=None)
        await send(self, message)

    return send_message
