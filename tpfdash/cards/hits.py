"""What a search of the archive found, and how far a download is: a table over the page.

What is searched, fetched and opened is decided by who is told of what was pressed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from tpfdash.cards.background import Progress
from tpfdash.cards.widgets import CSS

__all__ = ["Hits", "rows_of"]

_CSS = """
:host { position: fixed; top: 48px; left: 12px; right: 12px; margin: auto !important;
        max-width: 900px; z-index: 1200; width: auto !important; }
section { background: var(--panel-surface-color, Canvas); color: var(--ink);
  border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 8px 30px rgb(0 0 0 / 0.25);
  padding: 10px 14px; max-height: calc(100vh - 90px); box-sizing: border-box; overflow: auto; }
header { display: flex; align-items: baseline; gap: 12px; }
h2 { font-size: 14px; font-weight: 600; margin: 0; flex: 1; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: 12.5px; font-variant-numeric: tabular-nums;
        width: 100%; margin-top: 6px; }
th, td { text-align: left; padding: 2px 12px 2px 0; border: 0; background: none;
         white-space: nowrap; }
th { font-weight: 400; color: var(--soft); border-bottom: 1px solid var(--line);
     position: sticky; top: -10px; background: var(--panel-surface-color, Canvas); }
.number { text-align: right; }
td:first-child { width: 1px; }
.scroll { overflow-x: auto; }
button { font: inherit; font-size: 12px; font-weight: 500; color: inherit; background: none;
  cursor: pointer; min-height: 24px; border: 1px solid var(--line); border-radius: 6px;
  padding: 1px 10px; }
button:hover { background: color-mix(in srgb, var(--ink) 9%, transparent); }
button:disabled { opacity: 0.4; cursor: default; }
button:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.stage { display: flex; align-items: center; gap: 12px; margin-top: 8px; font-size: 12.5px; }
.stage span { min-width: 14em; }
progress { flex: 1; min-width: 60px; accent-color: #2f6fb7; }
.error { margin-top: 8px; }
.note { margin: 6px 0 0; }
label { display: flex; align-items: center; gap: 8px; margin-top: 8px; font-size: 12.5px; }
input { font: inherit; width: 4.5em; color: inherit; background: transparent; padding: 2px 6px;
        border: 1px solid var(--line); border-radius: 6px; }
"""


def rows_of(found) -> list[dict[str, Any]]:
    """The rows of a `tpfdash.archive` SearchResult as texts, and whether each is a cutout."""
    return [
        {
            "target": row.target,
            "mission": row.mission,
            "when": row.when,
            "cadence": row.cadence,
            "author": row.author,
            "year": "" if row.year is None else str(row.year),
            "distance": "" if row.distance != row.distance else f"{row.distance:.1f}",
            "size": "" if row.size is None else f"{row.size / 1e6:.1f}",
            "cached": "yes" if row.cached else "",
            "cutout": row.is_cutout,
        }
        for row in found
    ]


class Hits(Progress, JSComponent):
    """A table of files that can be opened, the stage that a search is at, and what went wrong.

    Parameters
    ----------
    act : callable
        Called with (what, number, size): "open" with a row's number and the pixels on a side that
        a cutout is to have, "cancel", "close".
    """

    shown = param.Boolean(False, doc="Whether it is on the page.")
    title = param.String("", doc="What was searched for.")
    rows = param.List([], doc="What `rows_of` gives.")
    notes = param.List([], doc="What else there is to know.")

    _esm = """
    export function render({ model }) {
      const made = (kind, classes, text) => {
        const node = document.createElement(kind)
        if (classes) node.className = classes
        if (text) node.textContent = text
        return node
      }
      const press = (label, title, act) => {
        const button = made("button", "", label)
        button.type = "button"
        button.title = title
        button.addEventListener("click", act)
        return button
      }
      const section = made("section")
      section.setAttribute("role", "dialog")
      section.setAttribute("aria-label", "Search of the archive")
      const title = made("h2")
      const close = press("Close", "Close the list (Esc).", () => model.send_msg(["close", 0, 0]))
      const header = made("header")
      header.append(title, close)
      const stage = made("div", "stage")
      stage.setAttribute("role", "status")
      const words = made("span"), bar = made("progress")
      bar.setAttribute("aria-label", "How much has come")
      stage.append(words, bar, press("Cancel", "Stop it.", () => model.send_msg(["cancel", 0, 0])))
      const error = made("div", "error")
      error.setAttribute("role", "alert")
      const notes = made("div")
      const size = made("input")
      Object.assign(size, { type: "number", min: 1, max: 100, value: 10 })
      const sized = made("label", "", "Pixels on each side of a cutout:")
      sized.append(size)
      const scroll = made("div", "scroll"), table = made("table")
      scroll.append(table)
      const columns = [["target"], ["mission"], ["when"], ["cadence"], ["author"],
                       ["year", "number"], ["distance", "number", 'distance (")'],
                       ["size", "number", "size (MB)"], ["cached", "", "in cache"]]
      const head = table.createTHead().insertRow()
      for (const [name, classes, label] of [["open", "", " "], ...columns]) {
        const cell = made("th", classes, label ?? name)
        cell.scope = "col"
        head.append(cell)
      }
      const body = table.createTBody()
      const fill = () => {
        body.replaceChildren()
        for (const [number, row] of model.rows.entries()) {
          const line = body.insertRow()
          const open = press("Open", `Open ${row.target} ${row.when} ${row.cadence}`,
            () => model.send_msg(["open", number, size.valueAsNumber || 10]))
          line.insertCell().append(open)
          for (const [name, classes] of columns) {
            const cell = line.insertCell()
            cell.className = classes ?? ""
            cell.textContent = row[name]
          }
        }
        scroll.hidden = !model.rows.length
        sized.style.display = model.rows.some((row) => row.cutout) ? "" : "none"
      }
      const tell = () => {
        title.textContent = model.title
        words.textContent = model.stage
        stage.style.display = model.stage ? "" : "none"
        if (model.total > 0) {
          bar.max = model.total
          bar.value = model.done
        } else {
          bar.removeAttribute("value")
        }
        for (const button of body.querySelectorAll("button")) button.disabled = !!model.stage
        error.textContent = model.error
        error.hidden = !model.error
        notes.replaceChildren(...model.notes.map((note) => made("p", "note", note)))
      }
      const show = () => {
        section.style.display = model.shown ? "" : "none"
      }
      section.addEventListener("keydown", (event) => {
        if (event.key === "Escape") model.send_msg(["close", 0, 0])
        event.stopPropagation()  // the dashboard's keys are none here
      })
      section.append(header, stage, error, scroll, sized, notes)
      fill()
      tell()
      show()
      model.on("rows", () => { fill(); tell() })
      for (const name of ["title", "stage", "done", "total", "error", "notes"]) {
        model.on(name, tell)
      }
      model.on("shown", show)
      return section
    }
    """

    def __init__(self, act: Callable[[str, int, int], None], **params):
        super().__init__(css_classes=["tpf-hits"], stylesheets=[CSS, _CSS], margin=0, **params)
        self._act = act

    def _handle_msg(self, msg) -> None:
        if (
            isinstance(msg, list)
            and len(msg) == 3
            and msg[0] in ("open", "cancel", "close")
            and all(isinstance(number, int | float) and -1 < number < 1e9 for number in msg[1:])
        ):  # whoever sent it
            self._act(msg[0], *map(int, msg[1:]))
