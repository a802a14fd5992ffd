"""What writes the page's state into the browser's address, and the button that copies that.

What is written is `tpfdash.app.address`, and when is `tpfdash.app.visit`.
"""

from __future__ import annotations

from collections.abc import Callable

import param
from panel.custom import JSComponent

__all__ = ["AddressBar", "link_button"]


class AddressBar(JSComponent):
    """The query of the browser's address, in place, and the title of the page.

    No entry of the browser's history is added.

    The parts of the query that have other names stay as they are.
    """

    query = param.String("", doc="What is written, without a '?'.")
    title = param.String("", doc="What the browser's tab is called.")
    names = param.List([], item_type=str, doc="The parts of the query that it takes the place of.")

    _esm = """
    export function render({ model }) {
      const name = (part) => {
        const text = part.split("=")[0]
        try { return decodeURIComponent(text) } catch { return text }
      }
      const write = () => {
        const others = location.search.slice(1).split("&")
          .filter((part) => part && !model.names.includes(name(part)))
        const query = [...others, model.query].filter(Boolean).join("&")
        try {
          history.replaceState(history.state, "",
            location.pathname + (query && "?" + query) + location.hash)
        } catch {}  // a frame whose address is not to be written
      }
      const entitle = () => { document.title = model.title }
      model.on("title", entitle)
      entitle()
      model.on("query", write)
      if (model.query) write()  // it came before this was there
    }
    """

    def __init__(self, **params):
        super().__init__(width=0, height=0, margin=0, **params)


class LinkButton(JSComponent):
    """A button that copies the page's address, once that is up to date."""

    written = param.Integer(0, doc="Goes up when the address is up to date.")

    _esm = """
    export function render({ model }) {
      const button = document.createElement("button")
      button.type = "button"
      button.textContent = "Link"
      button.title = "Copy the address of this page: it opens the same view again."
      const said = (word) => {
        button.textContent = word
        setTimeout(() => { button.textContent = "Link" }, 1500)
      }
      // Where the browser keeps the clipboard to itself (no https), this still works.
      const copy = () => {
        const field = document.createElement("textarea")
        field.value = location.href
        field.style.position = "fixed"
        document.body.append(field)
        field.select()
        const done = document.execCommand("copy")
        field.remove()
        button.focus()
        said(done ? "Copied" : "Copy it above")  // it is in the address bar
      }
      button.addEventListener("click", () => model.send_msg("copy"))
      model.on("written", () => {
        if (!navigator.clipboard) return copy()
        navigator.clipboard.writeText(location.href).then(() => said("Copied"), copy)
      })
      return button
    }
    """
    _stylesheets = [
        """
        button {
          font: inherit; color: inherit; background: none; cursor: pointer; white-space: nowrap;
          border: 1px solid currentColor; border-radius: 6px; padding: 3px 9px;
          font-size: 12px; height: 28px;
        }
        button:hover { background: rgb(128 128 128 / 0.25); }
        button:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
        """
    ]

    def __init__(self, write: Callable[[], None], **params):
        super().__init__(margin=0, **params)
        self._write = write

    def _handle_msg(self, msg) -> None:
        self._write()
        self.written += 1  # after what is written, which is on its way to the page before it


def link_button(write: Callable[[], None], **params) -> LinkButton:
    """The button "Link", found in the page as `tpf-copy-link`.

    Parameters
    ----------
    write : callable
        Brings the address up to date: `Visit.write`.
    """
    return LinkButton(write, css_classes=["tpf-copy-link"], **params)
