const made = (kind, classes, text) => {
  const node = document.createElement(kind)
  if (classes) node.className = classes
  if (text) node.textContent = text
  return node
}

export function render({ model }) {
  const send = (...message) => model.send_msg(message)
  const place = made("div"), stage = made("div", "stage"), words = made("span")
  stage.setAttribute("role", "status")
  const cancel = made("button", "", "Cancel")
  cancel.type = "button"
  cancel.title = "Stop it."
  cancel.addEventListener("click", () => send("cancel", 0))
  stage.append(words, cancel)
  const error = made("div", "error"), scroll = made("div", "scroll"), table = made("table")
  error.setAttribute("role", "alert")
  scroll.append(table)
  const lines = new Map()  // number -> its row, in sight or not
  const kind_of = (column) => {
    const kind = model.kinds[column]
    return Array.isArray(kind) ? "select" : kind || "text"
  }
  const looks = (column) => `${kind_of(column)} c-${column}`

  // -- headings -------------------------------------------------------------------------------
  const sorters = new Map()
  const flipped = (by) => by.startsWith("-") ? by.slice(1) : `-${by}`
  const head = table.createTHead().insertRow()
  for (const [column, heading, meaning] of model.headings) {
    const cell = made("th", looks(column))
    cell.scope = "col"
    cell.title = meaning
    const by = model.sorts[column]
    if (by) {
      const button = made("button", "", heading)
      button.type = "button"
      button.title = `${meaning} Press to sort by it; press again to turn round.`
      button.addEventListener("click", () => {
        send("sort", 0, model.sorted === by ? flipped(by) : by)
      })
      sorters.set(by, button)
      cell.append(button)
    } else if (heading) {
      cell.textContent = heading
    } else {
      cell.setAttribute("aria-label", meaning)
    }
    head.append(cell)
  }
  const sort = () => {
    for (const [by, button] of sorters) {
      const on = model.sorted === by || model.sorted === flipped(by)
      button.setAttribute("aria-pressed", String(on))
      button.dataset.turned = String(on && model.sorted !== by)
      const arrow = on ? (model.sorted.startsWith("-") ? " ↓" : " ↑") : ""
      button.textContent = model.headings.find(([column]) => model.sorts[column] === by)[1] + arrow
    }
  }

  // -- cells ----------------------------------------------------------------------------------
  const body = table.createTBody()
  const cells = {  // kind -> makes what is in a cell; `set` gives it what is known
    pick: (row) => {
      const pick = made("button", "", row.name)
      pick.type = "button"
      pick.title = `Choose ${row.name}`
      pick.addEventListener("click", () => send("choose", row.number))
      return [pick, () => {}]
    },
    tick: (row, column, meaning) => {
      const box = made("input")
      box.type = "checkbox"
      box.setAttribute("aria-label", `${meaning} ${row.name}`)
      box.addEventListener("change", () => send("tick", row.number, box.checked))
      return [box, (value) => { box.checked = Boolean(value) }]
    },
    drop: (row, column, meaning) => {
      const drop = made("button", "", "×")
      drop.type = "button"
      drop.title = meaning
      drop.setAttribute("aria-label", `${meaning} ${row.name}`)
      drop.addEventListener("click", () => send("drop", row.number))
      return [row[column] ? drop : made("span"), () => {}]
    },
    type: (row, column, meaning) => {
      const field = made("input")
      field.type = "text"
      field.maxLength = 1000
      field.placeholder = meaning
      field.setAttribute("aria-label", `${meaning} ${row.name}`)
      field.addEventListener("change", () => send("type", row.number, column, field.value))
      const set = (value) => {
        field.title = value || ""
        if (field !== field.getRootNode().activeElement) field.value = value || ""
      }
      return [field, set]
    },
    select: (row, column, meaning) => {
      const choice = made("select")
      for (const word of model.kinds[column]) choice.append(new Option(word, word))
      choice.options[0].value = ""
      choice.setAttribute("aria-label", `${meaning} ${row.name}`)
      choice.addEventListener("change", () => send("type", row.number, column, choice.value))
      return [choice, (value) => { choice.value = value || "" }]
    },
  }
  const make = (row) => {
    const line = made("tr"), known = {}
    line.dataset.number = row.number
    if (model.whole) {
      line.addEventListener("click", (event) => {
        if (!event.target.closest("button, input, select")) send("choose", row.number)
      })
    }
    for (const [column, , meaning] of model.headings) {
      const cell = made("td", looks(column))
      let set = (value) => { cell.textContent = cell.title = value || "" }
      if (kind_of(column) === "text") {
        set = (value) => { cell.textContent = value || "" }
      } else if (cells[kind_of(column)]) {
        const [node, told] = cells[kind_of(column)](row, column, meaning)
        node.dataset.cell = `${row.number} ${column}`
        cell.append(node)
        set = told
      }
      known[column] = { set, own: row[column], now: undefined }
      line.append(cell)
    }
    return { line, known, pick: line.querySelector("td.pick button") }
  }
  const tell = () => {  // what is known beside; what is the same is left alone
    for (const [number, { known }] of lines) {
      const beside = model.beside[number] || {}
      for (const [column, cell] of Object.entries(known)) {
        const value = column in beside ? beside[column] : cell.own
        if (value !== cell.now) cell.set(cell.now = value)
      }
    }
  }

  // -- rows -----------------------------------------------------------------------------------
  const drawer_of = (node) => {
    while (node && !node.classList?.contains("tpf-drawer")) node = node.parentNode || node.host
    return node
  }
  const show = (line) => {  // in the drawer alone: the page is not to jump
    const drawer = drawer_of(place)
    if (!drawer) return
    const [seen, own] = [drawer.getBoundingClientRect(), line.getBoundingClientRect()]
    const stays = getComputedStyle(head.lastElementChild).position === "sticky"
    const top = seen.top + (stays ? head.offsetHeight : 0)
    if (own.top < top) drawer.scrollTop -= top - own.top
    if (own.bottom > seen.bottom) drawer.scrollTop += own.bottom - seen.bottom
  }
  const mark = (seen = false) => {
    for (const [number, { line, pick }] of lines) {
      const chosen = number === model.chosen
      line.classList.toggle("chosen", chosen)
      line.classList.toggle("together", model.together.includes(number))
      pick?.setAttribute("aria-pressed", String(chosen))
      if (chosen && seen && model.follows && line.isConnected) show(line)
    }
  }
  const arrange = () => {
    const focused = table.getRootNode().activeElement?.dataset?.cell
    const order = model.order || [...lines.keys()]
    body.replaceChildren(...order.filter((n) => lines.has(n)).map((n) => lines.get(n).line))
    table.style.display = lines.size ? "" : "none"
    if (focused) body.querySelector(`[data-cell="${focused}"]`)?.focus()
  }
  const fill = () => {
    lines.clear()
    for (const row of model.rows) lines.set(row.number, make(row))
    tell()
    arrange()
    mark()
  }
  const progress = () => {
    words.textContent = model.stage
    stage.style.display = model.stage ? "" : "none"
    error.textContent = model.error
    error.style.display = model.error ? "" : "none"
  }
  place.append(stage, error, scroll)
  sort()
  fill()
  progress()
  model.on("rows", fill)
  model.on("beside", tell)
  model.on("order", arrange)
  model.on("sorted", sort)
  model.on("chosen", () => mark(true))
  model.on("together", () => mark())
  model.on("stage", progress)
  model.on("error", progress)
  return place
}
