"""How wide a dashboard is, told to its style sheets: they lay it out by that, not by the window.

The browser's own container queries would do without a script, but each click then costs 5 ms more:
inside a container every look at a style, of which Bokeh takes many, makes a new layout first.
"""

from __future__ import annotations

from panel.custom import JSComponent

__all__ = ["Widths"]


class Widths(JSComponent):
    """Gives what is laid out by width the classes `tpf-narrow` and, narrower still, `tpf-slim`.

    It comes first on the page, so that its mend of Bokeh's layout is there before any figure.
    """

    _esm = """
    // A new size on the page has Bokeh measure every figure, also one whose view is there while
    // what is new beside it still fetches its script: that one has no layout yet, and Bokeh stops
    // with an error. It is measured as soon as it has one.
    const figure = Bokeh.Models.get("Plot").prototype.default_view.prototype
    if (!figure.tpf_waits) {
      figure.tpf_waits = true
      for (const name of ["_measure_layout", "_after_layout"]) {
        const act = figure[name]
        figure[name] = function () { if (this.layout != null) act.call(this) }
      }
    }

    const below = { "tpf-narrow": 1150, "tpf-slim": 820 }
    const places = ["heading", "board", "place-curve", "readout", "evidence", "evidence-said",
      "evidence-words", "evidence-picture"]
    const laid_out = places.map((place) => ".tpf-" + place).join()

    export function render({ model, el, view }) {
      const root = el.getRootNode().host.getRootNode()  // the dashboard's
      let wide = 0
      const tell = (within, width) => {
        let changed = false
        added.observe(within, { childList: true })
        for (const node of within.querySelectorAll(laid_out)) {
          for (const [name, limit] of Object.entries(below)) {
            changed ||= node.classList.contains(name) !== width < limit
            node.classList.toggle(name, width < limit)
          }
          changed = tell(node.shadowRoot, width) || changed
        }
        return changed
      }
      const tell_all = () => {
        if (!wide || !tell(root, wide)) return
        requestAnimationFrame(() => view.root.invalidate_layout())
      }
      const added = new MutationObserver(tell_all)  // what is made later is told too
      const observer = new ResizeObserver(([{ contentRect }]) => {
        wide = contentRect.width
        tell_all()
      })
      observer.observe(root.host)
      model.on("remove", () => { observer.disconnect(); added.disconnect() })
      return document.createElement("div")
    }
    """

    def __init__(self, **params):
        super().__init__(width=0, height=0, margin=0, styles={"position": "absolute"}, **params)
