"""Sending the browser to another page of the server."""

from __future__ import annotations

import param
from panel.custom import JSComponent

__all__ = ["GoTo"]


class GoTo(JSComponent):
    """Nothing to be seen: once it has an address, the browser goes there."""

    to = param.String("", doc="An address, relative to the page.")

    _esm = """
    export function render({ model }) {
      model.on("to", () => { if (model.to) location.assign(model.to) })
      return document.createElement("div")
    }
    """

    def __init__(self):
        super().__init__(width=0, height=0, margin=0)
