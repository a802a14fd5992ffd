"""The page's theme: as the system prefers, until the user chooses."""

from __future__ import annotations

import panel_material_ui as pmui
from panel.custom import JSComponent

__all__ = ["SystemTheme"]


class SystemTheme(JSComponent):
    """Has a page follow the system's preference for dark or light, when it opens and later.

    Parameters
    ----------
    page : pmui.Page
    """

    _esm = """
    export function render({ model }) {
      const dark = window.matchMedia("(prefers-color-scheme: dark)")
      const tell = () => model.send_msg(dark.matches)
      // The page says on the root element which theme it has, once it has drawn itself; what it is
      // told before that it forgets.
      const root = document.documentElement
      const drawn = new MutationObserver(() => start())
      const start = () => {
        if (!/\\b(light|dark)\\b/.test(root.className)) return
        drawn.disconnect()
        if (dark.matches) setTimeout(tell)
      }
      drawn.observe(root, { attributes: true })
      start()
      dark.addEventListener("change", tell)
      model.on("remove", () => {
        drawn.disconnect()
        dark.removeEventListener("change", tell)
      })
      return document.createElement("div")
    }
    """

    def __init__(self, page: pmui.Page):
        super().__init__(width=0, height=0, margin=0)
        self._page = page

    def _handle_msg(self, msg) -> None:
        if isinstance(msg, bool):
            self._page.dark_theme = msg
