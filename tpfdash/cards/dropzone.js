// A place to drop a file, or to choose one; it is sent by HTTP, and its progress is shown.
export function render({ model }) {
  const made = (kind, classes, text) => {
    const node = document.createElement(kind)
    if (classes) node.className = classes
    if (text !== undefined) node.textContent = text
    return node
  }
  const MB = 2 ** 20
  const size = (bytes) => `${(bytes / MB).toFixed(1)} MB`

  const zone = made("section")
  zone.setAttribute("aria-label", "Open a file of your own")
  const picture = made("div", "picture")
  picture.innerHTML = `<svg width="34" height="34" viewBox="0 0 34 34" aria-hidden="true"
    fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"
    stroke-linejoin="round"><path d="M17 22V7M11 13l6-6 6 6M5 22v6h24v-6"/></svg>`
  const title = made("div", "title", "Drop a target pixel file here")
  const field = made("input")
  Object.assign(field, { type: "file", accept: ".fits,.fit,.gz", tabIndex: -1, hidden: true })
  const choose = made("button", "choose", "Choose a file")
  choose.type = "button"
  choose.title = "Choose a target pixel file of your own, FITS, plain or gzipped."
  choose.addEventListener("click", () => field.click())
  const note = made("p", "note", `FITS or FITS.gz, up to ${Math.round(model.largest / MB)} MB. ` +
    "Only you can see it, and it is gone once you close its page.")
  const stage = made("div", "stage")
  stage.hidden = true
  const words = made("div", "words")
  words.setAttribute("role", "status")
  const bar = made("progress")
  bar.max = 1
  bar.setAttribute("aria-label", "How much has been sent")
  const cancel = made("button", "cancel", "Cancel")
  cancel.type = "button"
  cancel.title = "Send no more of it."
  stage.append(words, bar, cancel)
  const error = made("div", "error")
  error.setAttribute("role", "alert")
  error.hidden = true
  zone.append(picture, title, choose, field, note, stage, error)

  const fail = (text) => {
    request = null
    stage.hidden = true
    choose.disabled = false
    error.textContent = text
    error.hidden = false
  }
  let request = null, waiting = null

  const send = (file) => {
    const name = file.name
    request = new XMLHttpRequest()
    const own = request
    own.open("POST", `${model.url}?name=${encodeURIComponent(name.slice(-200))}`)
    own.setRequestHeader(model.header, model.ticket)
    own.setRequestHeader("Content-Type", "application/octet-stream")
    own.responseType = "json"
    own.upload.addEventListener("progress", (event) => {
      bar.value = event.total ? event.loaded / event.total : 0
      words.textContent = event.loaded < event.total ?
        `${name}: ${size(event.loaded)} of ${size(event.total)}` : `${name}: being checked …`
    })
    own.addEventListener("load", () => {
      if (own.status === 201 && own.response?.open) {
        words.textContent = `${name}: opening …`
        location.assign(own.response.open)
      } else {
        fail(own.response?.error ?? (own.status === 413 ?
          `${name} has ${size(file.size)}, which is more than this server takes.` :
          `${name} was not taken: the server, or a proxy before it, said ${own.status}.`))
      }
    })
    own.addEventListener("error", () => fail(`${name} could not be sent: the connection was cut.`))
    own.addEventListener("abort", () => fail(`${name} was not sent.`))
    cancel.onclick = () => own.abort()
    own.send(file)
  }
  const take = (files) => {
    if (request || !files.length) return
    error.hidden = true
    const file = files[0]
    if (files.length > 1) return fail("One file at a time can be opened here.")
    if (file.size > model.largest) {
      return fail(`${file.name} has ${size(file.size)}: a file of up to ` +
        `${Math.round(model.largest / MB)} MB can be uploaded.`)
    }
    choose.disabled = true
    stage.hidden = false
    bar.value = 0
    words.textContent = `${file.name}: ${size(0)} of ${size(file.size)}`
    if (model.ticket) return send(file)
    waiting = file
    model.send_msg("ticket")
  }
  model.on("ticket", () => {
    const file = waiting
    waiting = null
    if (file && model.ticket) send(file)
  })
  field.addEventListener("change", () => { take(field.files); field.value = "" })

  // -- dropped anywhere on the page ---------------------------------------------------------------

  let inside = 0
  const holds = (event) => event.dataTransfer?.types.includes("Files")
  const on = {
    dragenter: (event) => { if (holds(event)) { inside += 1; zone.classList.add("over") } },
    dragleave: (event) => {
      if (holds(event) && --inside <= 0) { inside = 0; zone.classList.remove("over") }
    },
    dragover: (event) => { if (holds(event)) event.preventDefault() },
    drop: (event) => {
      inside = 0
      zone.classList.remove("over")
      if (!holds(event)) return
      event.preventDefault()
      take(event.dataTransfer.files)
    },
  }
  for (const [name, act] of Object.entries(on)) window.addEventListener(name, act)
  model.on("remove", () => {
    for (const [name, act] of Object.entries(on)) window.removeEventListener(name, act)
    request?.abort()
  })
  return zone
}
