"""The names that controls have for who cannot see them: their tooltips.

Panel gives a tooltip to a control's outer element, which nobody gets to without a mouse. A small
component hands it on to what has the focus inside, whenever something new is on the page.
"""

from __future__ import annotations

from panel.custom import JSComponent

__all__ = ["Names"]


class Names(JSComponent):
    """Names the controls of the layout that it is in, and of the layouts in that."""

    _esm = """
    export function render({ model, el }) {
      const usable = "input, select, textarea, button, [role=slider], [role=progressbar]"
      const watched = new WeakSet()
      const name = (root) => {
        if (!watched.has(root)) {
          watched.add(root)
          observer.observe(root, { childList: true, subtree: true })
        }
        for (const busy of root.querySelectorAll("[role=progressbar]:not([aria-label])")) {
          busy.setAttribute("aria-label", "busy")
        }
        for (const node of root.querySelectorAll("*")) {
          if (!node.shadowRoot) continue
          const place = ["tpf-drawer", "tpf-evidence"].find((one) => node.classList.contains(one))
          if (place && !node.hasAttribute("role")) {  // what may have to be scrolled
            node.tabIndex = 0
            node.setAttribute("role", "region")
            node.setAttribute("aria-label", place.slice(4))
          }
          if (node.title) {
            for (const inner of node.shadowRoot.querySelectorAll(usable)) label(inner, node.title)
          }
          if (!node.classList.contains("tpf-dashboard")) name(node.shadowRoot)  // it has its own
        }
      }
      const label = (inner, title) => {
        const has = (part) => inner.classList.contains(part)
        const said = inner.tagName === "BUTTON" ? inner.textContent.trim() : ""
        if (said || inner.hasAttribute("aria-label")) return
        const beside = inner.tagName === "INPUT" ?
          inner.closest(".bk-input-group")?.textContent.trim() : ""
        inner.setAttribute("aria-label",
          has("bk-spin-btn-down") ? "one less" : has("bk-spin-btn-up") ? "one more" :
          has("noUi-handle-upper") ? `${title} (upper end)` : beside || title)
      }
      let waiting = null
      const changed = () => {
        if (waiting) return
        waiting = setTimeout(() => {
          waiting = null
          name(el.getRootNode().host.getRootNode())
        }, 200)
      }
      const observer = new MutationObserver(changed)
      model.on("after_render", changed)
      model.on("remove", () => { clearTimeout(waiting); observer.disconnect() })
      return document.createElement("div")
    }
    """

    def __init__(self, **params):
        super().__init__(width=0, height=0, margin=0, **params)
