// Runs in the page: where a Bokeh figure is on the screen, and what its canvas shows.
//
// A figure is named by the CSS class of its pane and its place among those with that class.
window.tpfTest = (() => {
  const within = (element, name) => {
    for (let e = element; e != null; e = e.parentNode ?? e.host) {
      if (e.classList?.contains(name)) return true
    }
    return false
  }
  const figures = (name) => {
    if (!window.Bokeh?.index?.query) return []
    const views = [...Bokeh.index.query(
      (view) => view.model.type === "Figure" && view.frame && within(view.el, name))]
    const at = (view) => view.canvas.el.getBoundingClientRect()
    return views.sort((a, b) => at(a).top - at(b).top || at(a).left - at(b).left)
  }
  const figure = ([name, nth]) => {
    const view = figures(name)[nth]
    if (!view) throw new Error(`no figure ${nth} in .${name}`)
    return view
  }
  const corner = (view) => {  // of the canvas on the screen, scrolled to where it can be seen
    let box = view.canvas.el.getBoundingClientRect()
    if (box.top < 0 || box.bottom > window.innerHeight) {
      view.el.scrollIntoView({ block: "center" })
      box = view.canvas.el.getBoundingClientRect()
    }
    return box
  }

  // Data coordinates -> screen coordinates.
  const place = (which, x, y) => {
    const view = figure(which), box = corner(view)
    return [box.left + view.frame.x_scale.compute(x), box.top + view.frame.y_scale.compute(y)]
  }

  // The frame on the screen, and the ranges that it shows.
  const frame = (which) => {
    const view = figure(which), box = corner(view), inner = view.frame.bbox
    const { x_range: x, y_range: y } = view.model
    return {
      left: box.left + inner.x, top: box.top + inner.y, width: inner.width, height: inner.height,
      x: [x.start, x.end], y: [y.start, y.end],
    }
  }

  // The pixels inside the frame, as drawn: RGBA bytes.
  const pixels = (which) => {
    const view = figure(which), inner = view.frame.bbox
    const canvas = document.createElement("canvas")
    const layers = [view.canvas.primary, view.canvas.overlays]
    const ratio = layers[0].pixel_ratio
    canvas.width = Math.round(inner.width * ratio)
    canvas.height = Math.round(inner.height * ratio)
    const context = canvas.getContext("2d", { willReadFrequently: true })
    context.fillStyle = "#fff"
    context.fillRect(0, 0, canvas.width, canvas.height)
    for (const layer of layers) {
      context.drawImage(layer.canvas, inner.x * ratio, inner.y * ratio,
        canvas.width, canvas.height, 0, 0, canvas.width, canvas.height)
    }
    return context.getImageData(0, 0, canvas.width, canvas.height).data
  }

  // A number that tells two pictures apart.
  const picture = (which) => {
    const words = new Uint32Array(pixels(which).buffer)
    let hash = 0x811c9dc5
    for (const word of words) hash = Math.imul(hash ^ word, 0x01000193)
    return hash >>> 0
  }

  // How many pixels have nearly the hue of a colour, however faint on a white ground.
  const count = (which, [red, green, blue]) => {
    const data = pixels(which)
    const ink = [255 - red, 255 - green, 255 - blue], full = Math.max(...ink)
    let found = 0
    for (let i = 0; i < data.length; i += 4) {
      const here = [255 - data[i], 255 - data[i + 1], 255 - data[i + 2]]
      const much = Math.max(...here)
      if (much < 0.25 * full) continue
      if (here.every((one, k) => Math.abs(one / much - ink[k] / full) < 0.15)) found += 1
    }
    return found
  }

  // [red, green, blue] at a place of the frame, in screen pixels from its top left corner.
  const color = (which, x, y) => {
    const ratio = figure(which).canvas.primary.pixel_ratio
    const width = Math.round(figure(which).frame.bbox.width * ratio)
    const at = 4 * (Math.round(y * ratio) * width + Math.round(x * ratio))
    return [...pixels(which).slice(at, at + 3)]
  }

  // How many different colours the frame holds.
  const colors = (which) => new Set(new Uint32Array(pixels(which).buffer)).size

  // Its id, by which Python knows it too.
  const id = (which) => figure(which).model.id

  // The words over a figure.
  const title = (which) => figure(which).model.title.text

  // What an element says to a reader, in one line.
  const words = (element) => {
    const said = []
    const read = (node) => {
      if (node.nodeType === Node.TEXT_NODE) said.push(node.textContent)
      if (node.nodeType !== Node.ELEMENT_NODE) return
      if (["STYLE", "SCRIPT"].includes(node.tagName)) return
      if (node.offsetParent === null && getComputedStyle(node).display === "none") return
      for (const inner of [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes]) read(inner)
    }
    read(element)
    return said.join(" ").split(/\s+/).join(" ").trim()
  }

  // Whether n figures with this class have painted something.
  const ready = (name, n) => {
    const views = figures(name)
    return views.length === n && views.every(
      (view, nth) => view.frame.bbox.width > 1 && colors([name, nth]) > 1)
  }

  // Resolves when a mark, if given, has come, and what came before it is painted. Bokeh paints a
  // figure in the next frame, or 17 ms after it was painted last.
  const caughtUp = async (mark, patience) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const came = () => Bokeh.documents.some(
      (document) => document.roots().some((root) => root.tags.includes(mark)))
    const end = performance.now() + patience
    while (mark != null && !came()) {
      if (performance.now() > end) throw new Error(`${mark} never came`)
      await frame()
    }
    await frame()
    await new Promise((resolve) => setTimeout(resolve, 17))
    await frame()
    await frame()
  }
  return { caughtUp, place, frame, id, picture, count, color, colors, title, words, ready }
})()
