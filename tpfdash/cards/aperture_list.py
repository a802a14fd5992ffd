"""A table of apertures on the page: each can be named, chosen and changed in its row.

What a press does is decided by who is told of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from tpfdash.cards.background import Progress
from tpfdash.cards.widgets import CSS

__all__ = ["ACTIONS", "ApertureList"]

#: What can be done to an aperture -> (what the button says that it does, its drawing in 16 units).
ACTIONS = {
    "duplicate": ("Duplicate {}", "<path d='M5 5h8v8h-8z M3 11V3h8'/>"),
    "grow": ("Grow {} by one pixel", "<path d='M8 3v10M3 8h10'/>"),
    "shrink": ("Shrink {} by one pixel", "<path d='M3 8h10'/>"),
    "halo": (
        "Add the halo of {}: the pixels around it",
        "<path d='M2.5 2.5h11v11h-11z M6 6h4v4h-4z'/>",
    ),
    "hide": ("Hide {}", "<path d='M1.5 8Q8 1 14.5 8Q8 15 1.5 8Z'/><circle cx='8' cy='8' r='2'/>"),
    "show": ("Show {}", "<path d='M1.5 8Q8 15 14.5 8M4 11l-1 2M8 11.5v2.5M12 11l1 2'/>"),
    "remove": ("Remove {}", "<path d='M4 4l8 8M12 4l-8 8'/>"),
}

_CSS = """
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 12.5px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 0 0 0 11px; height: 25px; border: 0; background: none;
         white-space: nowrap; }
th:nth-child(-n+3), td:nth-child(-n+3) { text-align: left; padding-left: 3px; }
th { font-weight: 400; color: var(--soft); border-bottom: 1px solid var(--line); }
tr.chosen { background: color-mix(in srgb, #ff2d55 18%, transparent); }
tr.hidden td { color: var(--soft); }
button { font: inherit; color: inherit; background: none; cursor: pointer; min-height: 24px;
  border: 1px solid transparent; border-radius: 5px; padding: 1px 3px; }
button:hover:not(:disabled) { background: color-mix(in srgb, var(--ink) 9%, transparent); }
button:disabled { opacity: 0.35; cursor: default; }
button svg { display: block; }
.actions button svg { width: 16px; height: 16px; fill: none; stroke: currentColor;
  stroke-width: 1.4; }
input { font: inherit; width: 6em; color: inherit; background: transparent; padding: 1px 5px;
  border: 1px solid transparent; border-radius: 5px; }
input:hover { border-color: var(--line); }
:is(button, input):focus-visible { outline: 2px solid var(--accent); outline-offset: -1px; }
.fixed { padding: 1px 6px; }
.stage { display: flex; align-items: center; gap: 12px; font-size: 12.5px; }
.stage button { border-color: var(--line); padding: 1px 8px; }
"""


class ApertureList(Progress, JSComponent):
    """A table of apertures, one of them being edited, and what is being worked out for it.

    Parameters
    ----------
    act : callable
        Called with (what, number, text): "choose", "rename" (to the text) or one of `ACTIONS`,
        with the `number` of a row; or "cancel".
    """

    rows = param.List(
        [],
        doc="Of `number`, `name`, `swatch` (a drawing), `chosen`, `hidden`, `actions` (names of "
        "those there are), `named` (whether it can be renamed), and the texts by column.",
    )
    headings = param.List([], doc="(column, heading, meaning) of each column.")

    _actions = param.Dict(ACTIONS)

    _esm = """
    export function render({ model }) {
      const made = (kind, classes, text) => {
        const node = document.createElement(kind)
        if (classes) node.className = classes
        if (text) node.textContent = text
        return node
      }
      const send = (what, number = 0, text = "") => model.send_msg([what, number, text])
      const press = (what, row, title, drawing) => {
        const button = made("button")
        button.type = "button"
        button.title = title
        button.setAttribute("aria-label", title)
        button.dataset.key = `${what} ${row.number}`
        button.innerHTML = drawing
        button.addEventListener("click", () => send(what, row.number))
        return button
      }
      const place = made("div"), stage = made("div", "stage"), words = made("span")
      stage.setAttribute("role", "status")
      const cancel = made("button", "", "Cancel")
      cancel.type = "button"
      cancel.title = "Stop it."
      cancel.addEventListener("click", () => send("cancel"))
      stage.append(words, cancel)
      const error = made("div", "error"), scroll = made("div", "scroll"), table = made("table")
      error.setAttribute("role", "alert")
      scroll.append(table)
      const head = table.createTHead().insertRow(), body = table.createTBody()
      const title = () => {
        head.replaceChildren()
        const all = [["", "", ""], ["", "aperture", "Its name, which can be changed."],
                     ["", "", ""], ...model.headings]
        for (const [, heading, meaning] of all) {
          const cell = made("th", "", heading)
          cell.scope = "col"
          cell.title = meaning
          head.append(cell)
        }
      }
      const named = (row) => {
        if (!row.named) return made("span", "fixed", row.name)
        const input = made("input")
        Object.assign(input, { value: row.name, title: "Its name: type another, then Enter." })
        input.setAttribute("aria-label", `Name of ${row.name}`)
        input.dataset.key = `name ${row.number}`
        input.addEventListener("change", () => {
          send("rename", row.number, input.value)
          input.value = row.name  // until it is told that it is called so
        })
        input.addEventListener("keydown", (event) => {
          if (event.key === "Escape") input.value = row.name
          if (event.key === "Escape" || event.key === "Enter") input.blur()
          event.stopPropagation()  // the dashboard's keys are none here
        })
        return input
      }
      const fill = () => {
        const focused = table.getRootNode().activeElement?.dataset?.key
        body.replaceChildren()
        for (const row of model.rows) {
          const line = body.insertRow()
          line.classList.toggle("chosen", row.chosen)
          line.classList.toggle("hidden", row.hidden)
          const choose = press("choose", row, `Edit ${row.name}`, row.swatch)
          choose.setAttribute("aria-pressed", String(row.chosen))
          line.insertCell().append(choose)
          line.insertCell().append(named(row))
          const actions = line.insertCell()
          actions.className = "actions"
          for (const what of row.actions) {
            const [says, drawing] = model._actions[what]
            const svg = `<svg viewBox="0 0 16 16" aria-hidden="true">${drawing}</svg>`
            actions.append(press(what, row, says.replace("{}", row.name), svg))
          }
          for (const [column] of model.headings) line.insertCell().textContent = row[column] ?? ""
        }
        if (focused) body.querySelector(`[data-key="${focused}"]`)?.focus()
      }
      const tell = () => {
        words.textContent = model.stage
        stage.style.display = model.stage ? "" : "none"
        error.textContent = model.error
        error.style.display = model.error ? "" : "none"
      }
      place.append(stage, error, scroll)
      title()
      fill()
      tell()
      model.on("headings", () => { title(); fill() })
      model.on("rows", fill)
      model.on("stage", tell)
      model.on("error", tell)
      return place
    }
    """

    def __init__(self, act: Callable[[str, int, str], None], **params: Any):
        super().__init__(
            css_classes=["tpf-aperture-list"],
            stylesheets=[CSS, _CSS],
            margin=0,
            styles={"flex": "0 0 auto", "max-width": "100%"},
            **params,
        )
        self._act = act

    def _handle_msg(self, msg: Any) -> None:
        if (
            isinstance(msg, list)
            and len(msg) == 3
            and msg[0] in ("choose", "rename", "cancel", *ACTIONS)
            and isinstance(msg[1], int | float)
            and -1 < msg[1] < len(self.rows)
            and isinstance(msg[2], str)
        ):  # whoever sent it
            self._act(msg[0], int(msg[1]), msg[2])
