// Says on the page whether it still reaches its server, and picks up again when the server is back.
//
// Bokeh can open a lost connection anew, but cannot put a document with arrays in it back on the
// page. So the page is loaded again; its address holds what was chosen.
(() => {
  const LOST = "The connection to the server is lost: trying again ..."
  const SILENT = "The server does not answer: waiting for it ..."
  const BACK = "The server is back: loading the page again ..."
  const host = location.host
  const REFUSED = "This page cannot reach its server, which may not let in pages of " + host +
    ": it should be started with --allow-origin " + host + ", and its log says more."

  const FIRST = 5000  // ms for the page's first connection
  const EVERY = 3000  // ms between two questions whether the server is there
  const PATIENCE = 4000  // ms for an answer
  const AGAIN = 1000  // ms until a question that had no answer is asked again

  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  const visible = () => new Promise((resolve) => {
    const look = () => {
      if (document.hidden) return
      document.removeEventListener("visibilitychange", look)
      resolve()
    }
    document.addEventListener("visibilitychange", look)
    look()
  })

  // -- what is said ------------------------------------------------------------------------------

  let bar = null, cover = null
  const say = (words) => {
    if (!bar) {
      bar = document.createElement("div")
      bar.className = "tpf-connection"
      bar.setAttribute("role", "alert")
      bar.style.cssText = "position:fixed;z-index:2147483647;top:0;left:0;right:0;padding:10px 16px;" +
        "background:#7a1420;color:#fff;border-bottom:1px solid #fff;text-align:center;" +
        "font:600 14px/1.4 system-ui,sans-serif"
      document.body.append(bar)
    }
    if (bar.textContent !== words) bar.textContent = words
  }
  // Nothing on the page can be used: what was done there would go nowhere.
  const rest = () => {
    if (cover) return
    cover = document.createElement("div")
    cover.className = "tpf-at-rest"
    cover.style.cssText = "position:fixed;z-index:2147483646;inset:0;cursor:not-allowed;" +
      "background:rgb(128 128 128 / 0.3);backdrop-filter:grayscale(1)"
    document.body.append(cover)
    for (const part of document.body.children) {
      if (part !== bar && part !== cover) part.inert = true
    }
  }
  const resume = () => {
    bar?.remove()
    cover?.remove()
    bar = cover = null
    for (const part of document.body.children) part.inert = false
  }
  const keys = (event) => { if (cover) event.stopImmediatePropagation() }
  window.addEventListener("keydown", keys, true)

  // -- what is so --------------------------------------------------------------------------------

  // Whether the server "answers" (and not a proxy in its place), is "silent", or "gone".
  const ask = async () => {
    try {
      const options = { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }
      return (await fetch("static/js/bokeh.min.js", options)).status < 500 ? "answers" : "gone"
    } catch (error) {
      return error.name === "TimeoutError" ? "silent" : "gone"
    }
  }
  const answers = async () => await ask() === "answers"

  let lost = false
  const lose = async () => {
    if (lost) return
    lost = true
    say(LOST)
    rest()
    while (!await answers()) await sleep(AGAIN)
    say(BACK)
    await visible()
    location.reload()
  }

  const watch = async () => {
    while (!lost) {
      await sleep(EVERY)
      await visible()
      if (lost || await answers()) continue
      while (!lost && !await answers()) {
        say(SILENT)
        rest()
        await sleep(AGAIN)
      }
      if (!lost) resume()
    }
  }

  const begin = async () => {
    const connected = () => window.Bokeh?.documents.length > 0
    while (!connected()) {
      const end = performance.now() + FIRST
      while (!connected() && performance.now() < end) await sleep(AGAIN / 5)
      if (connected()) break
      // A silent server is at work, maybe on this page: loaded again, it would begin anew.
      const found = await ask()
      if (found === "gone") return lose()
      if (!connected()) say(found === "silent" ? SILENT : REFUSED)
    }
    resume()
    for (const document of Bokeh.documents) document.on_event("connection_lost", lose)
    watch()
  }
  window.addEventListener("load", begin)
})()
