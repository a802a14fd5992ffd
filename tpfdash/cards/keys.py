"""The keys: Panel has no key events in Python, so a small component listens in the page.

What a key does is the Inspector's; the list of them is `tpfdash.cards.helplist`.
"""

from __future__ import annotations

from collections.abc import Callable

import param

from tpfdash.cards.helplist import HELP_JS, KeysWithHelp, help_html
from tpfdash.inspector import Inspector

__all__ = ["GESTURES", "Keys"]

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


class Keys(KeysWithHelp):
    """Has the keys do what they say, while its dashboard is the one in use.

    Silent while an input, a slider or another control that knows the key has the focus. Of
    several dashboards on a page the one that the mouse was last over is in use. Where something
    outside of it has the focus, as in a notebook, it is in use only while the mouse is over it.

    Parameters
    ----------
    inspector : Inspector
    """

    words = param.String(help_html(GESTURES), constant=True)

    _esm = (
        HELP_JS
        + """
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
      const help = helpList(model)

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
    )

    def __init__(self, inspector: Inspector, **params):
        actions: dict[str, Callable[..., None]] = {
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
        super().__init__(inspector, actions, **params)
