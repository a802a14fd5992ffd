"""The arrow keys: Panel has no key events in Python, so a small component listens in the page."""

from __future__ import annotations

from collections.abc import Callable

from panel.custom import JSComponent

__all__ = ["ArrowKeys"]


class ArrowKeys(JSComponent):
    """Tells of the left and right arrow keys, pressed while its dashboard is the one in use.

    Silent while an input, a slider or another control that knows arrow keys has the focus. Of
    several dashboards on a page the one that the mouse was last over is in use. Where something
    outside of it has the focus, as in a notebook, it is in use only while the mouse is over it.

    Parameters
    ----------
    step : callable
        Called with -1 or 1 (-10 or 10 with shift) at each key press.
    """

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
      const enter = () => { window.tpfdashInUse = model.id }
      let listening = null
      const listen = () => {
        const board = dashboard()
        if (!board || listening) return
        listening = board
        board.addEventListener("pointerenter", enter)
      }
      const busy = (target) => target && (
        target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) ||
        ["slider", "spinbutton", "tab", "listbox", "radio"].includes(target.getAttribute?.("role")))
      const press = (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
        if (!by || event.altKey || event.ctrlKey || event.metaKey) return
        const path = event.composedPath()
        if (busy(path[0])) return
        if (window.tpfdashInUse && window.tpfdashInUse !== model.id) return
        // A notebook keeps the focus, and would take the key: be there first, under the mouse.
        const first = event.eventPhase === Event.CAPTURING_PHASE
        const elsewhere = path[0] !== document.body && !path.includes(listening)
        if (elsewhere ? !(first && listening?.matches(":hover")) : first) return
        if (elsewhere) event.stopPropagation()
        event.preventDefault()
        model.send_msg(event.shiftKey ? 10 * by : by)
      }
      window.addEventListener("keydown", press)
      window.addEventListener("keydown", press, true)
      model.on("after_render", listen)
      listen()
      model.on("remove", () => {
        window.removeEventListener("keydown", press)
        window.removeEventListener("keydown", press, true)
        if (window.tpfdashInUse === model.id) window.tpfdashInUse = null
        if (listening) listening.removeEventListener("pointerenter", enter)
      })
    }
    """

    def __init__(self, step: Callable[[int], None], **params):
        super().__init__(width=0, height=0, margin=0, **params)
        self._step = step

    def _handle_msg(self, msg) -> None:
        if msg in (-10, -1, 1, 10):  # whoever sent it
            self._step(msg)
