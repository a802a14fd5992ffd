"""The keys: Panel has no key events in Python, so a small component listens in the page.

It has the list of them too, which `?` shows. What a key does is the Inspector's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

import param
from panel.custom import JSComponent

from tpfdash.cards.widgets import CSS
from tpfdash.inspector import Inspector
from tpfdash.views.faults import guarded

__all__ = ["GESTURES", "HELP_CSS", "Keys", "help_html"]

#: What the keyboard and the mouse do, for a reader.
GESTURES = {
    "Anywhere": [
        ("← →", "one cadence back, on (with Shift: ten)"),
        ("W", "a window at the current cadence; again: up to the then current cadence"),
        ("+ − 0", "zoom in and out of the light curve around the current cadence; show all"),
        ("[ ]", 'the event before, the next one (drawer "Events")'),
        (", .", "move what is in sight of the light curve back and on"),
        ("Ctrl+Z, Ctrl+Y", "take back the last change of a mask; do it again"),
        ("?", "this list"),
    ],
    "On the stamp, when it has the focus": [
        ("← → ↑ ↓", "move the pixel cursor (with Shift: and add its pixel)"),
        ("Space", "add the pixel, or take it off if it is in"),
        ("Enter", "that pixel alone"),
    ],
    "Mouse on the stamp": [
        ("click, drag", "that pixel or that box alone, or as the mode says"),
        ("Shift+click", "add the pixel, or take it off if it is in"),
        ("Shift+drag", "add the box"),
    ],
    'Mouse on the drawer "Pixel grid"': [
        ("click", "add the pixel, or take it off if it is in"),
    ],
    "Mouse on the light curve": [
        ("click", "go to the cadence nearest in time"),
        ("drag", "a window: the event to look at"),
        ("Shift+drag", "one more window of the same event"),
    ],
    'Mouse in the drawer "Period & fold"': [
        ("click on a peak", "take its period"),
        ("click on a point", "go to its cadence"),
        ("drag, wheel", "zoom in; the button in the corner shows all again"),
    ],
}

#: How that list looks.
HELP_CSS = """
dialog {
  color: var(--ink); background: var(--panel-surface-color, Canvas); border: 1px solid var(--line);
  border-radius: 10px; padding: 18px 24px; max-width: 620px; font-size: 13px; line-height: 1.6;
}
dialog::backdrop { background: rgb(0 0 0 / 0.4); }
h2 { font-size: 15px; margin: 0 0 6px 0; }
h3 { font-size: 12.5px; margin: 10px 0 2px 0; color: var(--soft); font-weight: 500; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 18px; margin: 0; }
dt { font-weight: 600; }
dd { margin: 0; }
button { font: inherit; color: inherit; background: none; border: 1px solid var(--line);
         border-radius: 6px; padding: 3px 14px; margin-top: 12px; cursor: pointer; }
button:focus-visible { outline: 2px solid var(--accent); }
"""


def help_html(gestures: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """A list of what keys and the mouse do, by where."""
    parts = ["<h2>Keys and gestures</h2>"]
    for title, lines in gestures.items():
        rows = "".join(f"<dt>{escape(key)}</dt><dd>{escape(does)}</dd>" for key, does in lines)
        parts.append(f"<h3>{escape(title)}</h3><dl>{rows}</dl>")
    return "".join(parts)


class Keys(JSComponent):
    """Has the keys do what they say, while its dashboard is the one in use.

    Silent while an input, a slider or another control that knows the key has the focus. Of
    several dashboards on a page the one that the mouse was last over is in use. Where something
    outside of it has the focus, as in a notebook, it is in use only while the mouse is over it.

    Parameters
    ----------
    inspector : Inspector
    """

    words = param.String(help_html(GESTURES), constant=True, doc="What `?` shows.")
    asked = param.Integer(0, doc="How often it was asked for from Python.")

    _esm = """
    export function render({ model, el }) {
      const dashboard = () => {
        let node = el
        while (node) {
          if (node.classList && node.classList.contains("tpf-dashboard")) return node
          node = node.parentNode || node.host
        }
        return null
      }
      const deep = (root, name) => {
        for (const node of root.querySelectorAll("*")) {
          if (node.classList.contains(name)) return node
          const found = node.shadowRoot && deep(node.shadowRoot, name)
          if (found) return found
        }
        return null
      }
      const help = document.createElement("dialog")
      help.setAttribute("aria-label", "Keys and gestures")
      help.innerHTML = model.words
      const close = document.createElement("button")
      close.textContent = "Close"
      close.addEventListener("click", () => help.close())
      help.append(close)
      help.addEventListener("click", (event) => { if (event.target === help) help.close() })

      const enter = () => { window.tpfdashInUse = model.id }
      let listening = null
      const listen = () => {
        const board = dashboard()
        if (!board || listening) return
        listening = board
        board.addEventListener("pointerenter", enter)
        board.addEventListener("focusin", enter)
      }
      // The stamp takes the focus, so that the arrow keys can move on it.
      const focusable = () => {
        const stamp = listening?.shadowRoot && deep(listening.shadowRoot, "tpf-pixels")
        if (stamp && !stamp.hasAttribute("tabindex")) stamp.tabIndex = 0
      }
      const typed = (target) => target && (target.isContentEditable ||
        ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
      const knowsArrows = (target) => target &&
        ["slider", "spinbutton", "tab", "listbox", "radio"].includes(target.getAttribute?.("role"))
      const command = (event, onStamp) => {
        const { key, shiftKey } = event
        if (event.altKey) return null
        if (event.ctrlKey || event.metaKey) {
          if (key.toLowerCase() === "z") return [shiftKey ? "redo" : "undo"]
          return key.toLowerCase() === "y" ? ["redo"] : null
        }
        const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0],
                     ArrowDown: [-1, 0] }[key]
        if (by && onStamp) return [shiftKey ? "extend" : "point", ...by]
        if (by && by[1]) return ["step", shiftKey ? 10 * by[1] : by[1]]
        if (onStamp && key === " ") return ["toggle"]
        if (onStamp && key === "Enter") return ["select"]
        return { w: ["window"], W: ["window"], "+": ["zoom", 0.5], "=": ["zoom", 0.5],
                 "-": ["zoom", 2], "0": ["zoom", 0], ",": ["pan", -0.5], ".": ["pan", 0.5],
                 "[": ["walk", -1], "]": ["walk", 1],
                 "?": ["help"] }[key] || null
      }
      const press = (event) => {
        focusable()
        const path = event.composedPath()
        // A click gives the stamp the focus too: then the arrows go on to step.
        const onStamp = path.some((node) =>
          node.classList?.contains("tpf-pixels") && node.matches(":focus-visible"))
        const found = command(event, onStamp)
        if (!found || help.open || typed(path[0])) return
        if (["step", "point"].includes(found[0]) && knowsArrows(path[0])) return
        if (window.tpfdashInUse && window.tpfdashInUse !== model.id) return
        // A notebook keeps the focus, and would take the key: be there first, under the mouse.
        const first = event.eventPhase === Event.CAPTURING_PHASE
        const elsewhere = path[0] !== document.body && !path.includes(listening)
        if (elsewhere ? !(first && listening?.matches(":hover")) : first) return
        if (elsewhere) event.stopPropagation()
        event.preventDefault()
        if (found[0] === "help") help.showModal()
        else model.send_msg(found)
      }
      window.addEventListener("keydown", press)
      window.addEventListener("keydown", press, true)
      model.on("after_render", () => { listen(); focusable() })
      listen()
      model.on("asked", () => help.showModal())
      model.on("remove", () => {
        window.removeEventListener("keydown", press)
        window.removeEventListener("keydown", press, true)
        if (window.tpfdashInUse === model.id) window.tpfdashInUse = null
        listening?.removeEventListener("pointerenter", enter)
        listening?.removeEventListener("focusin", enter)
      })
      return help
    }
    """

    def __init__(self, inspector: Inspector, **params):
        super().__init__(width=0, height=0, margin=0, stylesheets=[CSS, HELP_CSS], **params)
        self._actions: dict[str, Callable[..., None]] = {
            "step": inspector.step,
            "undo": inspector.undo,
            "redo": inspector.redo,
            "window": inspector.set_window_here,
            "zoom": inspector.zoom,
            "pan": inspector.pan,
            "walk": inspector.walk,
            "point": inspector.point,
            "extend": lambda *by: (inspector.point(*by), inspector.edit_pointed("add")),
            "toggle": lambda: inspector.edit_pointed("toggle"),
            "select": lambda: inspector.edit_pointed("replace"),
        }
        self._guarded = guarded(inspector)(self._do)

    def show_help(self) -> None:
        """Show the list of keys and gestures."""
        self.asked += 1

    def _do(self, what: str, *numbers: float) -> None:
        self._actions[what](*numbers)

    def _handle_msg(self, msg) -> None:
        match msg:  # whoever sent it
            case [str(what), *numbers] if what in self._actions:
                pass
            case _:
                return
        if len(numbers) <= 2 and all(type(n) in (int, float) and abs(n) <= 10 for n in numbers):
            self._guarded(what, *numbers)
