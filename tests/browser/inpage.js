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

  // Whether every figure with this class has been where it is for a while.
  const places = new Map()
  const still = (name) => {
    const now = figures(name).map((view) => {
      const box = view.canvas.el.getBoundingClientRect(), inner = view.frame.bbox
      return [box.left, box.top, box.width, box.height, inner.x, inner.width].join(" ")
    }).join()
    if (places.get(name)?.at !== now) places.set(name, { at: now, since: performance.now() })
    return performance.now() - places.get(name).since > 200
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
  // What lies over something else in the page, or is cut off, in words; [] is as it should be.
  //
  // Looked at are texts, controls and whole figures, as far as their scrolling places show them.
  const up = (node) => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null
  const whole = (e) => e.matches(
    ".bk-Figure, .noUi-target, button:not(.bk-spin-btn), input, select, textarea")
  const leaves = () => {
    const found = []
    const collect = (root) => {
      for (const e of root.children) {
        const style = getComputedStyle(e)
        if (["STYLE", "SCRIPT", "LINK"].includes(e.tagName) || style.display === "none" ||
            style.visibility === "hidden" || style.opacity === "0" || e.tagName === "DIALOG") continue
        const text = [...e.childNodes].some(
          (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim())
        if (whole(e) || text) found.push(e)
        if (whole(e)) continue
        if (e.shadowRoot) collect(e.shadowRoot)
        collect(e)
      }
    }
    collect(document.body)
    return found
  }
  const named = (e) => {
    const names = []
    for (let n = e; n && names.length < 3; n = up(n)) {
      const own = [...n.classList].filter((c) => c.startsWith("tpf-"))
      if (own.length) names.push("." + own[0])
    }
    return `${e.tagName.toLowerCase()} "${(e.textContent || "").trim().slice(0, 24)}" in ` +
      names.reverse().join(" ")
  }

  const holds = (outer, node) => {
    for (let e = node; e; e = up(e)) if (e === outer) return true
    return false
  }

  // Every text and every control in sight, with its box: what has to be readable.
  const readable = () => leaves().filter(
    (e) => !e.matches(".bk-Figure, .noUi-target, :disabled, input[type=checkbox], [type=file]")
  ).map((e) => {
    const range = document.createRange()
    range.selectNodeContents(e)
    const { left, top, right, bottom } =
      (whole(e) ? e : range).getBoundingClientRect()
    const x = (left + right) / 2, y = (top + bottom) / 2
    let seen = document.elementFromPoint(x, y)
    for (let n = seen; n; n = n.shadowRoot?.elementFromPoint(x, y)) {
      if (n === seen && n !== document.elementFromPoint(x, y)) break
      seen = n
    }
    return { name: named(e), box: [left, top, right, bottom], select: e.tagName === "SELECT",
             drawing: !e.textContent.trim() && e.querySelector("svg") !== null,
             shown: right - left > 2 && bottom - top > 2 && (holds(e, seen) || holds(seen, e)) }
  }).filter((one) => one.shown)

  const misplaced = () => {
    const found = []
    const boxes = []
    for (const e of leaves()) {
      const range = document.createRange()
      range.selectNodeContents(e)
      const box = whole(e) ? e.getBoundingClientRect() : range.getBoundingClientRect()
      if (box.width < 1 || box.height < 1) continue
      let { left, top, right, bottom } = box
      let shown = true
      for (let n = whole(e) ? up(e) : e; n; n = up(n)) {
        const { overflowX, overflowY } = getComputedStyle(n)
        if (overflowX === "visible" && overflowY === "visible") continue
        if (n === document.body || n === document.documentElement) continue
        const clip = n.getBoundingClientRect()
        const titled = n.title || up(n)?.title
        const sideways = n.classList.contains("scroll")  // a wide table in a narrow drawer
        if (overflowX !== "visible" && !sideways && !titled &&
            (left < clip.left - 1 || right > clip.right + 1)) {
          found.push(`${named(e)} is cut at the side`)
        }
        if (["hidden", "clip"].includes(overflowY) && clip.height > 0 &&
            (top < clip.top - 2 || bottom > clip.bottom + 2) && !titled) {
          found.push(`${named(e)} is cut above or below`)
        }
        left = Math.max(left, clip.left); right = Math.min(right, clip.right)
        top = Math.max(top, clip.top); bottom = Math.min(bottom, clip.bottom)
        if (right - left < 1 || bottom - top < 1) { shown = false; break }
      }
      if (!shown) continue
      if (left < -1 || right > window.innerWidth + 1) found.push(`${named(e)} is beyond the page`)
      boxes.push({ e, left, top, right, bottom })
    }
    for (const [k, a] of boxes.entries()) {
      for (const b of boxes.slice(k + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left)
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
        if (across > 2 && down > 2 && !holds(a.e, b.e) && !holds(b.e, a.e)) {
          found.push(`${named(a.e)} lies over ${named(b.e)}`)
        }
      }
    }
    return found
  }

  // What scrolls up and down by itself, in words, the page included.
  const scrolling = () => {
    const found = []
    const collect = (root) => {
      for (const e of root.children) {
        const page = e === document.scrollingElement
        const may = page || ["auto", "scroll"].includes(getComputedStyle(e).overflowY)
        if (may && e.scrollHeight > e.clientHeight + 1) found.push(`${named(e)} (${e.className}, ${e.scrollHeight} px in ${e.clientHeight})`)
        if (e.shadowRoot) collect(e.shadowRoot)
        collect(e)
      }
    }
    collect(document)
    return found
  }
  return {
    misplaced, readable, scrolling, still, caughtUp, place, frame, id, picture, count, color, colors, title, words,
    ready,
  }
})()
