"""The quality flags that occur in the file: counted, marked, gone through, and left out."""

from __future__ import annotations

import panel as pn
import param
from panel.custom import JSComponent

from tpfdash.cards.widgets import CSS, note
from tpfdash.inspector import Inspector
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["FlagTable", "flags_card"]

_CSS = """
table { border-collapse: collapse; font-size: 12.5px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 1px 14px 1px 4px; border: 0; background: none; }
th { font-weight: 400; color: var(--soft); border-bottom: 1px solid var(--line); }
td.number, th.number { text-align: right; }
tr.marked { background: color-mix(in srgb, #c84aa8 22%, transparent); }
tr.marked td:first-child { box-shadow: inset 3px 0 #c84aa8; }
button {
  font: inherit; color: inherit; background: none; cursor: pointer; min-height: 24px;
  border: 1px solid transparent; border-radius: 5px; padding: 1px 8px; text-align: left;
}
button:hover { background: color-mix(in srgb, var(--ink) 9%, transparent); }
.go { border-color: var(--line); }
button:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
input { margin: 0 !important; }
"""


class FlagTable(JSComponent):
    """A table with a row for each quality flag; what is done in it is told to Python.

    Panel's own tables have no controls in their rows that a keyboard gets to.

    Parameters
    ----------
    rows : list of dict
        `bit`, `name`, `count` and `left_out` of each flag.
    marked : int
        The bit whose row is marked; 0: none.
    act : callable
        Called with (what, bit): "mark", "previous", "next", "leave out" or "keep".
    """

    rows = param.List([], doc="What the table shows.")
    marked = param.Integer(0, doc="The marked row's bit.")

    _esm = """
    export function render({ model }) {
      const table = document.createElement("table")
      const cell = (row, kind, content, classes = "") => {
        const made = document.createElement(kind)
        made.className = classes
        made.append(content)
        row.append(made)
        return made
      }
      const button = (label, title, what, bit, classes) => {
        const made = document.createElement("button")
        made.type = "button"
        made.textContent = label
        made.title = title
        made.className = classes
        if (label.length === 1) made.setAttribute("aria-label", title)
        made.addEventListener("click", () => model.send_msg([what, bit]))
        return made
      }
      const head = table.createTHead().insertRow()
      for (const [name, classes] of [["leave out", ""], ["flag", ""], ["value", "number"],
                                     ["cadences", "number"], ["go to", ""]]) {
        cell(head, "th", name, classes).scope = "col"
      }
      const body = table.createTBody()
      const mark = () => {
        for (const row of body.rows) {
          const marked = Number(row.dataset.bit) === model.marked
          row.classList.toggle("marked", marked)
          row.querySelector("[aria-pressed]").setAttribute("aria-pressed", String(marked))
        }
      }
      const fill = () => {
        const focused = table.getRootNode().activeElement?.dataset?.key
        body.replaceChildren()
        for (const { bit, name, count, left_out } of model.rows) {
          const row = body.insertRow()
          row.dataset.bit = bit
          const tick = document.createElement("input")
          tick.type = "checkbox"
          tick.checked = left_out
          tick.title = `Leave out the cadences with the flag ${name}`
          tick.setAttribute("aria-label", tick.title)
          tick.addEventListener("change", () =>
            model.send_msg([tick.checked ? "leave out" : "keep", bit]))
          cell(row, "td", tick)
          const pick = button(name, `Mark ${name} on the light curve, and go to the next`,
                              "mark", bit, "pick")
          pick.setAttribute("aria-pressed", "false")
          cell(row, "td", pick)
          cell(row, "td", String(bit), "number")
          cell(row, "td", count.toLocaleString("en"), "number")
          const go = cell(row, "td", button("‹", `Previous cadence with ${name}`, "previous",
                                            bit, "go previous"))
          go.append(" ", button("›", `Next cadence with ${name}`, "next", bit, "go next"))
          for (const one of row.querySelectorAll("input, button")) {
            one.dataset.key = `${bit} ${one.className}`
          }
        }
        if (focused) table.querySelector(`[data-key="${focused}"]`)?.focus()
        mark()
      }
      fill()
      model.on("rows", fill)
      model.on("marked", mark)
      return table
    }
    """

    def __init__(self, act, **params):
        super().__init__(margin=0, **params)
        self._act = act

    def _handle_msg(self, msg) -> None:
        known = {row["bit"] for row in self.rows}
        if isinstance(msg, list) and len(msg) == 2 and msg[1] in known:  # whoever sent it
            self._act(*msg)


def flags_card(inspector: Inspector) -> tuple[pn.Column, list[Live]]:
    """The card of an Inspector's quality flags, and what is live in it."""
    counts = inspector.flag_counts()

    def rows() -> list[dict]:
        bits = inspector.quality_bits
        return [
            {"bit": bit, "name": name, "count": count, "left_out": bool(bit & bits)}
            for bit, name, count in counts
        ]

    def go(bit: int, back: bool = False) -> None:
        inspector.marked_flag = bit
        inspector.seek_flag(bit, back)

    def choose(bits: int) -> None:
        words = inspector.mission.quality_bitmasks
        inspector.quality_bitmask = next((w for w in words if words[w] == bits), bits)

    # Bits that do not occur in this file stay as they are.
    actions = {
        "mark": go,
        "next": go,
        "previous": lambda bit: go(bit, back=True),
        "leave out": lambda bit: choose(inspector.quality_bits | bit),
        "keep": lambda bit: choose(inspector.quality_bits & ~bit),
    }

    @guarded(inspector)
    def act(what, bit):
        if what in actions:
            actions[what](bit)

    table = FlagTable(act, rows=rows(), css_classes=["tpf-flags"], stylesheets=[CSS, _CSS])

    def show(*events):
        table.param.update(rows=rows(), marked=inspector.marked_flag)

    show()
    unknown = (
        int((~inspector.tpf["quality_known"].values).sum())
        if ("quality_known" in inspector.tpf)
        else 0
    )
    words = (
        "A flag's name marks its cadences on the light curve and goes to the next of them."
        if counts
        else "No cadence of this file has a quality flag."
    )
    if unknown:
        words += f" {unknown:,} cadences have no QUALITY."
    card = pn.Column(
        note(words), *([table] if counts else []), margin=0, sizing_mode="stretch_width"
    )
    return card, [Live(inspector, show, "quality_bits", "marked_flag")]
