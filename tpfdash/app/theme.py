"""The page's theme: as the system prefers, until the user chooses."""

from __future__ import annotations

from panel.custom import JSComponent

__all__ = ["SystemTheme"]


class SystemTheme(JSComponent):
    """Has the page that it is on follow the system's preference for dark or light.

    The page takes its theme from its server while it draws itself, so that what it is told then
    is lost: it is told until it has kept it for a second.
    """

    _esm = """
    export function render({ model, view }) {
      const dark = window.matchMedia("(prefers-color-scheme: dark)")
      const page = () => {
        let one = view
        while (one && one.model.class_name !== "Page") one = one.parent
        return one?.model.data
      }
      let kept = 0, timer = null
      const follow = () => {
        const data = page()
        if (data && data.dark_theme === dark.matches) kept += 1
        else if (data) { kept = 0; data.dark_theme = dark.matches }
        if (kept < 5) timer = setTimeout(follow, 200)
      }
      const changed = () => { kept = 0; clearTimeout(timer); follow() }
      follow()
      dark.addEventListener("change", changed)
      model.on("remove", () => {
        clearTimeout(timer)
        dark.removeEventListener("change", changed)
      })
      return document.createElement("div")
    }
    """

    def __init__(self):
        super().__init__(width=0, height=0, margin=0)
