// Runs in the browser when the mouse comes to a figure: what BokehJS has no property for.
// `least`: screen pixels sideways from which on the movement of a pressed mouse is a drag.

const scrollsBy = (element) => {
  const how = getComputedStyle(element).overflowY
  const root = element === document.scrollingElement
  const may = root ? how !== "hidden" && how !== "clip" : how === "auto" || how === "scroll"
  return may && element.scrollHeight > element.clientHeight + 2
}
const pageScrolls = (inner) => {
  if (window.parent !== window) return true // what is around a frame cannot be seen from in it
  for (let e = inner; e != null; e = e.assignedSlot ?? e.parentNode ?? e.host) {
    if (e instanceof Element && scrollsBy(e)) return true
  }
  return false
}

for (const view of cb_context.index.query((view) => view.model === cb_obj.origin)) {
  const bus = view.canvas?.ui_event_bus
  if (bus == null || bus.tpf_mended) continue
  bus.tpf_mended = true

  const { ui_gestures: gestures, hit_area: area } = bus
  const within = gestures._within_threshold
  gestures._within_threshold = function (pointer) {
    if (pointer.init.pointerType !== "mouse") return within.call(this, pointer) // fingers tremble
    return Math.abs(this._movement(pointer).dx) < least
  }
  gestures._start_timeout = () => {} // a long press is nothing of its own
  area.style.touchAction = "pan-y" // a finger up or down scrolls the page
  // Where the focus is, is shown to who uses the keyboard: not after a click.
  area.addEventListener("focus", () => {
    area.style.outline = area.matches(":focus-visible") ? "" : "none"
  })
  area.addEventListener("keydown", () => { area.style.outline = "" })

  const zoom = bus.on_mouse_wheel
  area.removeEventListener("wheel", zoom)
  area.addEventListener("wheel", (event) => {
    const key = event.ctrlKey || event.metaKey || event.shiftKey
    if (!key && pageScrolls(view.el)) {
      view.notify_about("Ctrl + wheel zooms")
      return
    }
    // With shift, browsers turn the wheel sideways.
    zoom(event.deltaY !== 0 ? event : {
      type: event.type, pageX: event.pageX, pageY: event.pageY, target: event.target,
      deltaY: event.deltaX, deltaMode: event.deltaMode,
      DOM_DELTA_LINE: event.DOM_DELTA_LINE, DOM_DELTA_PAGE: event.DOM_DELTA_PAGE,
      ctrlKey: event.ctrlKey, shiftKey: event.shiftKey, altKey: event.altKey,
      composedPath: () => event.composedPath(),
      preventDefault: () => event.preventDefault(),
      stopPropagation: () => event.stopPropagation(),
    })
  })
}
