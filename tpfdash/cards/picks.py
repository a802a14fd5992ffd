"""A table on the page from which one row is chosen, and that can be waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import param
from panel.custom import JSComponent

from tpfdash.cards.background import Progress
from tpfdash.cards.widgets import CSS

__all__ = ["PickList"]

_CSS = """
table { border-collapse: collapse; font-size: 12.5px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 1px 0 1px 14px; border: 0; background: none;
         white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 4px; }
th { font-weight: 400; color: var(--soft); border-bottom: 1px solid var(--line); }
tr.chosen { background: color-mix(in srgb, #ff2d55 18%, transparent); }
button { font: inherit; color: inherit; background: none; cursor: pointer; min-height: 24px;
  border: 1px solid transparent; border-radius: 5px; padding: 1px 6px; text-align: left; }
button:hover { background: color-mix(in srgb, var(--ink) 9%, transparent); }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.stage { display: flex; align-items: center; gap: 12px; font-size: 12.5px; }
.stage button { border-color: var(--line); }
"""


class PickList(Progress, JSComponent):
    """A table of which one row is chosen, what is being worked out for it, and what went wrong.

    Parameters
    ----------
    act : callable
        Called with (what, number): "choose" with the `number` of a row, or "cancel".
    headings : dict
        Column -> (heading, what that means). The column `name` holds the buttons.
    tag : str
        On the page it is `tpf-TAG`.
    """

    rows = param.List([], doc="Of texts by column, and `number`.")
    headings = param.List([], doc="(column, heading, meaning) of each column.")
    follows = param.Boolean(True, doc="Whether the drawer is scrolled to the row that is chosen.")
    chosen = param.Integer(-1, doc="The number of the row that is chosen; -1: none.")

    _esm = """
    export function render({ model }) {
      const made = (kind, classes, text) => {
        const node = document.createElement(kind)
        if (classes) node.className = classes
        if (text) node.textContent = text
        return node
      }
      const place = made("div"), stage = made("div", "stage"), words = made("span")
      stage.setAttribute("role", "status")
      const cancel = made("button", "", "Cancel")
      cancel.type = "button"
      cancel.title = "Stop it."
      cancel.addEventListener("click", () => model.send_msg(["cancel", 0]))
      stage.append(words, cancel)
      const error = made("div", "error"), table = made("table")
      error.setAttribute("role", "alert")
      const head = table.createTHead().insertRow()
      for (const [, heading, meaning] of model.headings) {
        const cell = made("th", "", heading)
        cell.scope = "col"
        cell.title = meaning
        head.append(cell)
      }
      const body = table.createTBody()
      // In the drawer alone: the page is not to jump.
      const show = (line) => {
        const drawer = drawer_of(place)
        if (!drawer) return
        const [seen, own] = [drawer.getBoundingClientRect(), line.getBoundingClientRect()]
        if (own.top < seen.top) drawer.scrollTop -= seen.top - own.top
        if (own.bottom > seen.bottom) drawer.scrollTop += own.bottom - seen.bottom
      }
      const drawer_of = (node) => {
        while (node && !node.classList?.contains("tpf-drawer")) node = node.parentNode || node.host
        return node
      }
      const mark = (seen = false) => {
        for (const line of body.rows) {
          const chosen = Number(line.dataset.number) === model.chosen
          line.classList.toggle("chosen", chosen)
          line.querySelector("button").setAttribute("aria-pressed", String(chosen))
          if (chosen && seen && model.follows) show(line)
        }
      }
      const fill = () => {
        const focused = table.getRootNode().activeElement?.dataset?.number
        body.replaceChildren()
        for (const row of model.rows) {
          const line = body.insertRow()
          line.dataset.number = row.number
          for (const [name] of model.headings) {
            const cell = line.insertCell()
            if (name !== "name") {
              cell.textContent = row[name]
              continue
            }
            const pick = made("button", "", row.name)
            pick.type = "button"
            pick.title = `Choose ${row.name}`
            pick.dataset.number = row.number
            pick.addEventListener("click", () => model.send_msg(["choose", row.number]))
            cell.append(pick)
          }
        }
        table.style.display = model.rows.length ? "" : "none"
        if (focused) table.querySelector(`button[data-number="${focused}"]`)?.focus()
        mark()
      }
      const tell = () => {
        words.textContent = model.stage
        stage.style.display = model.stage ? "" : "none"
        error.textContent = model.error
        error.style.display = model.error ? "" : "none"
      }
      place.append(stage, error, table)
      fill()
      tell()
      model.on("rows", fill)
      model.on("chosen", () => mark(true))
      model.on("stage", tell)
      model.on("error", tell)
      return place
    }
    """

    def __init__(
        self,
        act: Callable[[str, int], None],
        headings: Mapping[str, tuple[str, str]],
        tag: str,
        **params: Any,
    ):
        super().__init__(
            headings=[(name, *words) for name, words in headings.items()],
            css_classes=[f"tpf-{tag}"],
            stylesheets=[CSS, _CSS],
            margin=0,
            sizing_mode="stretch_width",
            **params,
        )
        self._act = act

    def _handle_msg(self, msg: Any) -> None:
        if (
            isinstance(msg, list)
            and len(msg) == 2
            and msg[0] in ("choose", "cancel")
            and isinstance(msg[1], int | float)
            and -1 < msg[1] < 1e9
        ):  # whoever sent it
            self._act(msg[0], int(msg[1]))
