// A table of files, with a field to search it. Nothing of a file becomes anything but text.
export function render({ model }) {
  const made = (kind, classes, text) => {
    const node = document.createElement(kind)
    if (classes) node.className = classes
    if (text !== undefined) node.textContent = text
    return node
  }
  const PAGE = 100
  let most = PAGE, order = "", due = null

  const section = made("section")
  section.setAttribute("aria-label", "Files")
  const bar = made("div", "bar")
  const field = made("input", "search")
  Object.assign(field, {
    type: "search", maxLength: 200, spellcheck: false, autocomplete: "off",
    placeholder: "Search: target, mission, Q4, C13, S15, file name",
    title: "Search the files of this server: all words have to be there (key: /).",
  })
  field.setAttribute("aria-label", "Search the files of this server")
  const said = made("span", "said")
  said.setAttribute("role", "status")
  bar.append(field, said)

  const ask = () => { clearTimeout(due); model.send_msg([field.value, most, order]) }
  const askSoon = () => { clearTimeout(due); due = setTimeout(ask, 120) }
  field.addEventListener("input", () => { most = PAGE; askSoon() })
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault()
      body.querySelector("a")?.focus()
    } else if (event.key === "Enter") {
      const links = body.querySelectorAll("a")
      if (links.length === 1) links[0].click()
    }
  })

  // -- the table ----------------------------------------------------------------------------------

  const COLUMNS = [
    ["target", "Target", "target"], ["mission", "Mission", "when"], ["when", "When", "when"],
    ["cadence", "Cadence", ""], ["cadences", "Cadences", "cadences", "number"],
    ["stamp", "Pixels", "", "number"], ["size", "Size", "size", "number"],
    ["name", "File", "name", "file"],
  ]
  const scroll = made("div", "scroll"), table = made("table")
  scroll.append(table)
  const head = table.createTHead().insertRow()
  const heads = []
  for (const [name, label, by, classes] of COLUMNS) {
    const cell = made("th", `${name} ${classes ?? ""}`)
    cell.scope = "col"
    if (by) {
      const button = made("button", "", label)
      button.type = "button"
      button.title = `Sort by ${label.toLowerCase()}; once more: the other way round.`
      button.addEventListener("click", () => {
        order = order === by ? `-${by}` : order === `-${by}` ? "" : by
        most = PAGE
        ask()
        mark()
      })
      cell.append(button)
      heads.push([cell, by])
    } else {
      cell.textContent = label
    }
    head.append(cell)
  }
  const mark = () => {
    for (const [cell, by] of heads) {
      const way = order === by ? "ascending" : order === `-${by}` ? "descending" : "none"
      cell.setAttribute("aria-sort", way)
    }
  }
  const body = table.createTBody()
  const more = made("button", "more", "Show more")
  more.type = "button"
  more.title = "Show more of the files that were found."
  more.addEventListener("click", () => { most += 4 * PAGE; ask() })
  const nothing = made("p", "nothing")

  const fill = () => {
    const focused = body.getRootNode().activeElement?.dataset?.name
    const lines = model.rows.map((row) => {
      const line = made("tr")
      for (const [name, , , classes] of COLUMNS) {
        const cell = made("td", `${name} ${classes ?? ""}`)
        if (name === "target") {
          const link = made("a", "", row.target || "no name")
          link.href = `?tpf=${encodeURIComponent(row.name)}`
          link.dataset.name = row.name
          link.title = `Open ${row.name}`
          cell.append(link)
        } else {
          cell.textContent = row[name]
          if (name === "name") cell.title = row.name
        }
        line.append(cell)
      }
      return line
    })
    body.replaceChildren(...lines)
    if (focused) [...body.querySelectorAll("a")].find((a) => a.dataset.name === focused)?.focus()
  }
  const number = new Intl.NumberFormat("en-US")
  const tell = () => {
    const all = `${number.format(model.total)} file${model.total === 1 ? "" : "s"}`
    const some = field.value.trim() ? `${number.format(model.count)} of ${all}` : all
    said.textContent = model.scanning ? `${some}, still looking …` : some
    said.classList.toggle("busy", model.scanning)
    more.hidden = model.count <= model.rows.length
    more.textContent = `Show more of ${number.format(model.count)}`
    scroll.hidden = !model.rows.length
    nothing.hidden = !!model.rows.length
    nothing.textContent = model.scanning ? "Looking through the folders …" :
      model.total ? "No file has all of these words." :
      "There is no target pixel file in the folders that are served here."
  }
  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const links = [...body.querySelectorAll("a")]
    const next = links.indexOf(event.target) + step
    if (next < 0) field.focus()
    else links[Math.min(next, links.length - 1)]?.focus()
  })
  const slash = (event) => {
    const at = event.composedPath()[0]
    if (event.key !== "/" || at.tagName === "INPUT" || at.tagName === "TEXTAREA") return
    event.preventDefault()
    field.focus()
  }
  document.addEventListener("keydown", slash)
  model.on("remove", () => {
    clearTimeout(due)
    document.removeEventListener("keydown", slash)
  })

  section.append(bar, scroll, nothing, more)
  fill()
  tell()
  mark()
  model.on("rows", () => { fill(); tell() })
  for (const name of ["count", "total", "scanning"]) model.on(name, tell)
  return section
}
